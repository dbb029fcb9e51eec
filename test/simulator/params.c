/*
 * params.c
 *		The parameters of an endpoint: which it takes, their limits, and what
 *		they say.  Whatever is not right is refused.
 */
#include "api.h"

#include <ctype.h>

static void
bad_parameter(Request *r, const char *name)
{
	char		message[200];

	snprintf(message, sizeof(message), "Bad Request: invalid value for %.100s.", name);
	answer_error(r, 400, 40000, message);
}

/* Every parameter is one of the endpoint's. */
bool
params_known(Request *r, const Endpoint *e)
{
	char		name[40];
	char		message[200];

	for (size_t i = 0; i < r->nparams; i++)
	{
		const char *p = r->params[i].name;

		if (strcmp(p, "client_id") == 0)
			continue;
		snprintf(name, sizeof(name), " %.36s ", p);
		if (*p && strlen(p) < 36 && strchr(p, ' ') == NULL && strstr(e->params, name))
			continue;
		snprintf(message, sizeof(message), "Bad Request: Invalid parameter: %.80s", p);
		answer_error(r, 400, 40000, message);
		return false;
	}
	return true;
}

static bool
locale_right(const char *s)
{
	size_t		n = 0;

	while (isalnum((unsigned char) s[n]))
		n++;
	if (n == 0)
		return false;
	if (s[n] == '\0')
		return true;
	if (s[n] != '-')
		return false;
	s += n + 1;
	for (n = 0; isalnum((unsigned char) s[n]); n++)
		;
	return n > 0 && s[n] == '\0';
}

/* The value of an array parameter, as a bit; 0 when there is none such. */
static unsigned
array_bit(const Call *c, const char *name, const char *value)
{
	static const struct
	{
		const char *name;
		const char *value;
		unsigned	bit;
	}			bits[] = {
		{"extension", "branding", EXT_BRANDING}, {"extension", "pictures", EXT_PICTURES},
		{"extension", "onboardCapabilities", EXT_CAPABILITIES},
		{"extension", "location", EXT_LOCATION}, {"extension", "maintenance", EXT_MAINTENANCE},
		{"states", "Nominal", 1}, {"states", "Unstarted", TRIP_UNSTARTED},
		{"states", "DataLacking", TRIP_DATA_LACKING}, {"states", "Unfinished", TRIP_UNFINISHED},
		{"types", "Remote", 1}, {"types", "Monitor", 2},
		{"type", "vehicle.alarm.status", 1}, {"type", "vehicle.alarm.trigger", 2},
	};
	const char *last = c->r->segments[c->r->nsegments - 1];
	bool		telemetry = strcmp(last, "telemetry") == 0;

	if (telemetry && strcmp(name, "type") == 0)
		return telemetry_group(value);
	for (size_t i = 0; i < lengthof(bits); i++)
		if (strcmp(bits[i].name, name) == 0 && strcmp(bits[i].value, value) == 0 &&
			(strcmp(name, "extension") != 0 || (bits[i].bit >= EXT_LOCATION) == telemetry))
			return bits[i].bit;
	return 0;
}

static bool
arrays_read(Call *c)
{
	Request    *r = c->r;
	unsigned	groups = 0;
	bool		telemetry = strcmp(r->segments[r->nsegments - 1], "telemetry") == 0;

	for (size_t i = 0; i < r->nparams; i++)
	{
		const char *name = r->params[i].name;
		unsigned	bit;

		if (strcmp(name, "extension") != 0 && strcmp(name, "states") != 0 && strcmp(name, "type") != 0 &&
			strcmp(name, "types") != 0)
			continue;
		bit = array_bit(c, name, r->params[i].value);
		if (bit == 0)
		{
			bad_parameter(r, name);
			return false;
		}
		if (strcmp(name, "extension") == 0)
			c->ext |= bit;
		else if (telemetry)
			groups |= bit;
		else
			c->states |= bit;
	}
	c->groups = groups ? groups : GROUP_ALL;
	return true;
}

static bool
scalar_right(Call *c, const Endpoint *e, const char *name, const char *value)
{
	Request    *r = c->r;
	char	   *end;
	double		km;

	if (strcmp(name, "indexRange") == 0)
		return query_index_range(r, value);
	if (strcmp(name, "pageSize") == 0)
		return r->from_token || query_int(value, 1, e->page_max, &r->page_size);
	if (strcmp(name, "distance") == 0)
		return query_min_max(value, true, &c->min_km, &c->max_km);
	if (strcmp(name, "duration") == 0)
		return query_min_max(value, false, &c->min_s, &c->max_s);
	if (strcmp(name, "locale") == 0)
		return locale_right(value);
	if (strcmp(name, "country") == 0)
		return strcmp(value, "CL") == 0 || strcmp(value, "BR") == 0 || strcmp(value, "AR") == 0;
	if (strcmp(name, "tolerance") == 0)
	{
		km = strtod(value, &end);
		return isdigit((unsigned char) *value) && *end == '\0' && km >= 0 && km < 1e6;
	}
	return true;
}

/* Every value is within its limits; they are left in the call. */
bool
params_read(Call *c, const Endpoint *e)
{
	Request    *r = c->r;
	const char *why;

	for (size_t i = 0; i < r->nparams; i++)
		if (!scalar_right(c, e, r->params[i].name, r->params[i].value))
		{
			bad_parameter(r, r->params[i].name);
			return false;
		}
	if (!r->from_token && config.page_size > 0 && r->page_size > config.page_size)
		r->page_size = config.page_size;
	if (!query_timestamps(r, &why))
	{
		answer_error(r, 400, 40000, why);
		return false;
	}
	return arrays_read(c);
}

/* A token brings back the first page's parameters, which are read instead. */
bool
token_read_in(Call *c)
{
	Request    *r = c->r;
	const char *token = request_param(r, "pageToken");
	Buf			path = {0};
	char	   *copy;
	bool		ok;

	if (token == NULL)
	{
		request_take_filters(r, NULL);
		return true;
	}
	copy = sim_strdup(token);
	for (int i = 0; i < r->nsegments; i++)
		buf_printf(&path, "/%s", r->segments[i]);
	ok = page_token_open(r, copy, path.data);
	if (!ok)
		bad_parameter(r, "pageToken");
	free(copy);
	buf_free(&path);
	return ok;
}
