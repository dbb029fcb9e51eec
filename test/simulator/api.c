/*
 * api.c
 *		The endpoints: who may ask, what may be asked, and the answer.
 *
 * The order of the refusals is the order in which a gateway and an API behind
 * it would see them: client, token, quota, realm, address, Accept, scope,
 * parameters, vehicle.
 */
#include "sim.h"

#include <ctype.h>
#include <strings.h>

typedef struct Call
{
	Request    *r;
	Vehicle    *v;
	Trip	   *t;
	const char *id;				/* the last id of the path */
	unsigned	ext;
	unsigned	groups;
	double		min_km,
				max_km,
				min_s,
				max_s;
	unsigned	states;
} Call;

typedef struct Endpoint
{
	const char *pattern;		/* {v}: a vehicle, {t}: a trip, {x}: any id */
	const char *params;			/* each between blanks */
	int			page_max;		/* 0 = no pageSize; the page is 60 then */
	unsigned	required;
	bool		geo;
	void		(*answer) (Call *c);
} Endpoint;

void
answer_header(Request *r, const char *name, const char *value)
{
	buf_printf(&r->headers, "%s: %s\n", name, value);
}

void
answer_error(Request *r, int status, int code, const char *message)
{
	static uint64_t serial = 0;
	char		uuid[33];
	char		date[40];

	hex_id(uuid, 32, 8, ++serial, 0);
	format_date(date, sim_now());
	date[19] = '\0';
	r->status = status;
	r->content_type = "application/json;charset=UTF-8";
	r->body.len = 0;
	buf_printf(&r->body, "{\"code\":%d,\"uuid\":\"%.8s-%.4s-4%.3s-a%.3s-%.12s\",\"message\":", code,
			   uuid, uuid + 8, uuid + 13, uuid + 17, uuid + 20);
	buf_json_str(&r->body, message);
	buf_printf(&r->body, ",\"timestamp\":\"%s.000Z\"}", date);
}

void
answer_gateway(Request *r, int status, const char *title, const char *info)
{
	r->status = status;
	r->content_type = "application/json";
	r->body.len = 0;
	buf_printf(&r->body, "{\"httpCode\":\"%d\",\"httpMessage\":\"%s\",\"moreInformation\":\"%s\"}",
			   status, title, info);
}

static void
bad_parameter(Request *r, const char *name)
{
	char		message[200];

	snprintf(message, sizeof(message), "Bad Request: invalid value for %.100s.", name);
	answer_error(r, 400, 40000, message);
}

static void
not_found(Request *r, const char *what)
{
	char		message[200];

	snprintf(message, sizeof(message), "Not Found: %s", what);
	answer_error(r, 404, 40400, message);
}

/* ---- documents ---- */

static void
answer_user(Call *c)
{
	render_user(&c->r->body, request_param(c->r, "country"));
}

static void
vehicle_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	Call	   *c = ctx;

	render_vehicle(b, &world.vehicles[row], c->ext, request_param(r, "country"),
				   request_param(r, "locale"), r->scopes);
}

static void
answer_vehicles(Call *c)
{
	Selection	sel = {0};
	const char *prefix = request_param(c->r, "vinPrefix");

	for (size_t i = 0; i < world.nvehicles; i++)
		if (prefix == NULL || strncmp(world.vehicles[i].vin, prefix, strlen(prefix)) == 0)
			selection_add(&sel, (uint32_t) i);
	page_render(c->r, "/user/vehicles", "vehicles", &sel, "vehicle", vehicle_row, c);
	selection_free(&sel);
}

static void
answer_vehicle(Call *c)
{
	vehicle_row(&c->r->body, c->r, c, c->v->number);
}

static void
answer_status(Call *c)
{
	if (c->v->silent)
		not_found(c->r, "We didn't find the status for this vehicle.");
	else
		render_status(&c->r->body, c->v, c->r->scopes);
}

static void
answer_last_position(Call *c)
{
	if (c->v->silent || c->v->privacy)
		not_found(c->r, "No position was found.");
	else
		render_last_position(&c->r->body, c->v);
}

static void
answer_maintenance(Call *c)
{
	if (c->v->silent)
		not_found(c->r, "Maintenance not found for given vehicle");
	else
		render_maintenance(&c->r->body, c->v);
}

/* ---- collections ---- */

/* The path below the base, as links say it. */
static char *
collection_path(Call *c, const char *tail)
{
	Buf			b = {0};

	buf_printf(&b, "/user/vehicles/%s", c->v->id);
	if (c->t)
		buf_printf(&b, "/trips/%s", c->t->id);
	buf_printf(&b, "/%s", tail);
	return b.data;
}

static void
answer_page(Call *c, const char *tail, const char *key, Selection *sel, const char *what, RowRender row)
{
	char	   *path = collection_path(c, tail);

	page_render(c->r, path, key, sel, what, row, c);
	selection_free(sel);
	free(path);
}

/*
 * Which date is meant is a knob.  A record that lacks the date compared is in
 * no range; contained wants every date that there is.
 */
static bool
dated_in(Request *r, int64_t kind, int64_t start, int64_t stop, int64_t created)
{
	if (!r->ranged)
		return true;
	switch (kind)
	{
		case DATE_STARTED:
			return start && query_ranges_hold(r, start);
		case DATE_STOPPED:
			return stop && query_ranges_hold(r, stop);
		case DATE_CREATED:
			return query_ranges_hold(r, created);
		case DATE_OVERLAP:
			return query_ranges_overlap(r, start ? start : stop, stop ? stop : INT64_MAX / 1000);
		default:
			return (!start || query_ranges_hold(r, start)) && (!stop || query_ranges_hold(r, stop)) &&
				query_ranges_hold(r, created);
	}
}

static bool
trip_wanted(Call *c, const Trip *t)
{
	double		km = (double) t->distance / 10;
	double		s = (double) (t->stop - t->start);
	unsigned	state = (t->flags & TRIP_FAULTS) ? (t->flags & TRIP_FAULTS) : 1;

	return km >= c->min_km && km <= c->max_km && s >= c->min_s && s <= c->max_s &&
		(c->states == 0 || (c->states & state)) &&
		dated_in(c->r, config.trip_date, (t->flags & TRIP_NO_START) ? 0 : t->start, t->stop, t->created);
}

static void
trip_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	Call	   *c = ctx;

	render_trip(b, c->v, &c->v->trips[row], r->scopes);
}

static void
answer_trips(Call *c)
{
	Selection	sel = {0};

	for (size_t i = 0; i < c->v->ntrips; i++)
		if (trip_wanted(c, &c->v->trips[i]))
			selection_add(&sel, (uint32_t) i);
	answer_page(c, "trips", "trips", &sel, "trip", trip_row);
}

static void
answer_trip(Call *c)
{
	render_trip(&c->r->body, c->v, c->t, c->r->scopes);
}

static void
waypoint_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	Call	   *c = ctx;

	(void) r;
	render_waypoint(b, c->v, c->t, (int) row);
}

static void
answer_waypoints(Call *c)
{
	Selection	all = {0};
	Selection	sel = {0};
	const char *tolerance = request_param(c->r, "tolerance");
	int			n = waypoint_count(c->t);
	State		s;

	if (tolerance)
		tolerance_select(c->v, c->t, strtod(tolerance, NULL), &all);
	for (int64_t i = 0; i < (tolerance ? all.count : n); i++)
	{
		int			row = tolerance ? (int) all.rows[i] : (int) i;

		waypoint_at(c->v, c->t, row, &s);
		if (query_ranges_hold(c->r, s.t))
			selection_add(&sel, (uint32_t) row);
	}
	selection_free(&all);
	answer_page(c, "wayPoints", "positions", &sel, "position", waypoint_row);
}

static bool
event_on_trip(const Call *c, const Event *e)
{
	int			n;

	if (c->t == NULL)
		return true;
	n = (int) (c->t - c->v->trips);
	return e->trip[0] == n || e->trip[1] == n;
}

static void
alert_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	Call	   *c = ctx;

	render_alert(b, c->v, &c->v->alerts[row], r->scopes);
}

static void
answer_alerts(Call *c)
{
	Selection	sel = {0};

	for (size_t i = 0; i < c->v->nalerts; i++)
	{
		const Event *e = &c->v->alerts[i];

		if (event_on_trip(c, e) && dated_in(c->r, config.alert_date, e->start, e->end, e->created))
			selection_add(&sel, (uint32_t) i);
	}
	answer_page(c, "alerts", "alerts", &sel, "alert", alert_row);
}

static void
answer_alert(Call *c)
{
	Event	   *e = event_by_id(c->v->alerts, c->v->nalerts, c->id);

	if (e == NULL || !event_on_trip(c, e))
		not_found(c->r, "No alert was found.");
	else
		render_alert(&c->r->body, c->v, e, c->r->scopes);
}

static void
alarm_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	Call	   *c = ctx;

	(void) r;
	render_alarm(b, c->v, &c->v->alarms[row]);
}

static void
answer_alarms(Call *c)
{
	Selection	sel = {0};

	for (size_t i = 0; i < c->v->nalarms; i++)
	{
		const Event *e = &c->v->alarms[i];
		unsigned	kind = e->type < 0 ? 1 : 2;

		if ((c->states == 0 || (c->states & kind)) && query_ranges_hold(c->r, e->created))
			selection_add(&sel, (uint32_t) i);
	}
	answer_page(c, "alarms", "alarms", &sel, "alarm", alarm_row);
}

static void
answer_alarm(Call *c)
{
	Event	   *e = event_by_id(c->v->alarms, c->v->nalarms, c->id);

	if (e == NULL)
		not_found(c->r, "No alarm was found.");
	else
		render_alarm(&c->r->body, c->v, e);
}

static void
collision_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	Call	   *c = ctx;

	(void) r;
	render_collision(b, c->v, &c->v->collisions[row]);
}

static void
answer_collisions(Call *c)
{
	Selection	sel = {0};

	for (size_t i = 0; i < c->v->ncollisions; i++)
	{
		const Event *e = &c->v->collisions[i];

		if (event_on_trip(c, e) && query_ranges_hold(c->r, e->created))
			selection_add(&sel, (uint32_t) i);
	}
	answer_page(c, "collisions", "Collisions", &sel, "collision", collision_row);
}

static void
answer_collision(Call *c)
{
	Event	   *e = event_by_id(c->v->collisions, c->v->ncollisions, c->id);

	if (e == NULL || !event_on_trip(c, e))
		not_found(c->r, "No collision was found.");
	else
		render_collision(&c->r->body, c->v, e);
}

/* ---- telemetry ---- */

static void
telemetry_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	Call	   *c = ctx;

	render_telemetry(b, c->v, row, c->groups, c->ext, r->scopes);
}

static int64_t
floor_seconds(int64_t ms)
{
	return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
}

/* A range of time is a run of messages: they are in the order of time. */
static void
telemetry_range(Call *c, Selection *sel, const Range *g, int64_t first, int64_t end)
{
	int64_t		lo = first;
	int64_t		hi = end;
	bool		open = config.bounds == BOUNDS_EXCLUSIVE;

	if (g->from != INT64_MIN)
		lo = tel_lower_bound(c->v, open ? floor_seconds(g->from) + 1 : floor_seconds(g->from + 999));
	hi = tel_lower_bound(c->v, config.bounds == BOUNDS_INCLUSIVE ? floor_seconds(g->to) + 1 :
						 floor_seconds(g->to + 999));
	lo = lo < first ? first : lo;
	hi = hi > end ? end : hi;
	selection_add_run(sel, lo, hi - lo);
}

static void
telemetry_of_types(Call *c, Selection *sel)
{
	Selection	out = {0};

	for (size_t k = 0; k < sel->nruns; k++)
		for (int64_t i = sel->runs[k].first; i < sel->runs[k].first + sel->runs[k].count; i++)
			if (telemetry_groups_of(c->v, i) & c->groups)
				selection_add(&out, (uint32_t) i);
	selection_free(sel);
	*sel = out;
}

static void
answer_telemetry(Call *c)
{
	Selection	sel = {0};
	int64_t		first = 0;
	int64_t		end = c->v->ntel;

	if (c->t)
	{
		first = tel_lower_bound(c->v, c->t->start);
		end = tel_lower_bound(c->v, c->t->stop + 1);
	}
	if (!c->r->ranged)
		selection_add_run(&sel, first, end - first);
	for (size_t i = 0; i < c->r->nranges; i++)
		telemetry_range(c, &sel, &c->r->ranges[i], first, end);
	if (c->groups != GROUP_ALL)
		telemetry_of_types(c, &sel);
	answer_page(c, "telemetry", "telemetries", &sel, "telemetry", telemetry_row);
}

/* ---- the table ---- */

#define R_TRIP	SCOPE_TRIP
#define PAGED	" indexRange pageSize pageToken "

static const Endpoint endpoints[] = {
	{"user", " country ", 0, 0, false, answer_user},
	{"user/vehicles", PAGED "locale extension vinPrefix country ", 60, 0, false, answer_vehicles},
	{"user/vehicles/{v}", " locale extension country ", 0, 0, false, answer_vehicle},
	{"user/vehicles/{v}/status", " locale profile ", 0, 0, false, answer_status},
	{"user/vehicles/{v}/lastPosition", " ", 0, SCOPE_POSITION, true, answer_last_position},
	{"user/vehicles/{v}/telemetry", PAGED "timestamps type extension ", 2000, 0, false, answer_telemetry},
	{"user/vehicles/{v}/maintenance", " ", 0, SCOPE_TELEMETRY, false, answer_maintenance},
	{"user/vehicles/{v}/alerts", PAGED "timestamps locale ", 60, SCOPE_ALERT, false, answer_alerts},
	{"user/vehicles/{v}/alerts/{x}", " locale ", 0, SCOPE_ALERT, false, answer_alert},
	{"user/vehicles/{v}/alarms", PAGED "timestamps type ", 60, SCOPE_TELEMETRY, false, answer_alarms},
	{"user/vehicles/{v}/alarms/{x}", " ", 0, SCOPE_TELEMETRY, false, answer_alarm},
	{"user/vehicles/{v}/collisions", PAGED "timestamps ", 60, SCOPE_COLLISION, false, answer_collisions},
	{"user/vehicles/{v}/collisions/{x}", " ", 0, SCOPE_COLLISION, false, answer_collision},
	{"user/vehicles/{v}/trips", PAGED "timestamps distance duration states ", 60, R_TRIP, false, answer_trips},
	{"user/vehicles/{v}/trips/{t}", " ", 0, R_TRIP, false, answer_trip},
	{"user/vehicles/{v}/trips/{t}/wayPoints", " indexRange pageToken timestamps tolerance ", 0, R_TRIP | SCOPE_POSITION, false, answer_waypoints},
	{"user/vehicles/{v}/trips/{t}/telemetry", PAGED "timestamps type extension ", 2000, R_TRIP, false, answer_telemetry},
	{"user/vehicles/{v}/trips/{t}/alerts", PAGED "timestamps locale ", 60, R_TRIP | SCOPE_ALERT, false, answer_alerts},
	{"user/vehicles/{v}/trips/{t}/alerts/{x}", " locale ", 0, R_TRIP | SCOPE_ALERT, false, answer_alert},
	{"user/vehicles/{v}/trips/{t}/collisions", PAGED "timestamps ", 60, R_TRIP | SCOPE_COLLISION, false, answer_collisions},
	{"user/vehicles/{v}/trips/{t}/collisions/{x}", " ", 0, R_TRIP | SCOPE_COLLISION, false, answer_collision},
};

static bool
pattern_fits(const char *pattern, const Request *r)
{
	int			i = 0;

	for (;; i++)
	{
		size_t		n = strcspn(pattern, "/");

		if (i >= r->nsegments)
			return false;
		if (*pattern == '{' ? *r->segments[i] == '\0' :
			strlen(r->segments[i]) != n || strncmp(r->segments[i], pattern, n) != 0)
			return false;
		if (pattern[n] == '\0')
			return i + 1 == r->nsegments;
		pattern += n + 1;
	}
}

static const Endpoint *
endpoint_find(const Request *r)
{
	for (size_t i = 0; r->nsegments > 0 && i < lengthof(endpoints); i++)
		if (pattern_fits(endpoints[i].pattern, r))
			return &endpoints[i];
	return NULL;
}

/* ---- who asks ---- */

static bool
client_known(Request *r)
{
	const char *client = request_param(r, "client_id");

	if (client != NULL && (config.client_id[0] == '\0' || strcmp(client, config.client_id) == 0))
		return true;
	answer_gateway(r, 401, "Unauthorized", "Invalid client id or secret.");
	return false;
}

static bool
token_valid(Request *r)
{
	const char *a = r->authorization;

	if (a == NULL || strncasecmp(a, "Bearer ", 7) != 0)
	{
		answer_gateway(r, 401, "Unauthorized", "Cannot pass the security checks that are required by the target API or operation, Enable debug headers for more details.");
		return false;
	}
	for (size_t i = 0; i < config.ntokens; i++)
	{
		Token	   *t = &config.tokens[i];

		if (strcmp(t->value, a + 7) != 0)
			continue;
		if ((t->expires_ms && t->expires_ms <= machine_ms()) || t->requests_left == 0)
			break;
		if (t->requests_left > 0)
			t->requests_left--;
		r->scopes = t->scopes;
		return true;
	}
	answer_gateway(r, 401, "Unauthorized", "Token is invalid");
	return false;
}

static bool
realm_right(Request *r, const Vehicle *v)
{
	static const char *const realms[] = {
		"clientsB2CPeugeot", "clientsB2CCitroen", "clientsB2CDS", "clientsB2COpel", "clientsB2CVauxhall"
	};
	bool		known = false;
	const char *want = config.realm;

	for (size_t i = 0; r->realm && i < lengthof(realms); i++)
		known = known || strcmp(r->realm, realms[i]) == 0;
	if (strcmp(want, "brand") == 0)
		want = v ? models[v->model].realm : "";
	if (r->realm && *want && strcmp(want, r->realm) == 0)
		return true;
	if (!known)
	{
		answer_gateway(r, 401, "Unauthorized", r->realm ? "Invalid realm" : "Missing realm");
		return false;
	}
	if (*want == '\0')
		return true;
	if (config.realm_status == 0)
		answer_gateway(r, 401, "Unauthorized", "Invalid realm");
	else
		answer_error(r, 403, 40300, "Forbidden: the realm is not that of the vehicle.");
	return false;
}

/* ---- quota ---- */

static void
quota_refuse(Request *r, int64_t wait)
{
	char		text[24];

	if (config.retry_after >= 0)
		wait = config.retry_after;
	snprintf(text, sizeof(text), "%lld", (long long) wait);
	answer_gateway(r, 429, "Too Many Requests", "Rate Limit exceeded");
	answer_header(r, "Retry-After", text);
	answer_header(r, "X-RateLimit-Reset", text);
}

static int64_t
left_of(int64_t quota, int64_t used)
{
	return used >= quota ? 0 : quota - used;
}

/* The day is one window from its first request on, the burst a true second. */
static bool
quota_left(Request *r)
{
	static int64_t day_began = 0;
	static int64_t second = 0;
	static int64_t in_second = 0;
	int64_t		now = machine_ms();

	if (counters.quota_used == 0 || now - day_began > 86400000)
	{
		day_began = now;
		counters.quota_used = 0;
	}
	if (now / 1000 != second)
	{
		second = now / 1000;
		in_second = 0;
	}
	counters.quota_used++;
	in_second++;
	buf_printf(&r->headers, "X-RateLimit-Limit-1: %lld\nX-RateLimit-Remaining-1: %lld\n"
			   "X-RateLimit-Limit-2: %lld\nX-RateLimit-Remaining-2: %lld\n",
			   (long long) config.quota_day, (long long) left_of(config.quota_day, counters.quota_used),
			   (long long) config.quota_second, (long long) left_of(config.quota_second, in_second));
	if (config.enforce_second && in_second > config.quota_second)
		quota_refuse(r, 1);
	else if (config.enforce_day && counters.quota_used > config.quota_day)
		quota_refuse(r, (day_began + 86400000 - now) / 1000);
	else
		return true;
	return false;
}

/* ---- what is asked ---- */

static bool
one_of(const char *accept, size_t n, const char *type)
{
	return strlen(type) == n && strncasecmp(accept, type, n) == 0;
}

static bool
accept_right(const Request *r, bool geo)
{
	const char *a = r->accept;

	if (a == NULL)
		return true;
	while (*a)
	{
		size_t		n;

		a += strspn(a, " ,");
		n = strcspn(a, ",; ");
		if (one_of(a, n, "*/*") || one_of(a, n, "application/*"))
			return true;
		if (geo ? one_of(a, n, "application/vnd.geo+json") :
			one_of(a, n, "application/hal+json") || one_of(a, n, "application/json"))
			return true;
		a += strcspn(a, ",");
	}
	return false;
}

static bool
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

		if (strcmp(name, "extension") != 0 && strcmp(name, "states") != 0 && strcmp(name, "type") != 0)
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

static bool
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
static bool
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

static void
unknown_vehicle(Request *r)
{
	if (config.unknown_vehicle == 0)
		answer_error(r, 400, 40000, "Bad Request: invalid vehicle id.");
	else if (config.unknown_vehicle == 1)
		answer_error(r, 403, 40300, "Forbidden: the vehicle is not reachable with this account.");
	else
		answer_error(r, 404, 40400, "Not Found: No vehicle found");
}

static void
endpoint_answer(Call *c, const Endpoint *e)
{
	Request    *r = c->r;

	if ((e->required & ~r->scopes) != 0)
	{
		answer_error(r, 403, 40300, "Forbidden: a scope is missing.");
		return;
	}
	if (!params_known(r, e))
		return;
	r->clock = sim_now();
	r->page_size = 60;
	c->max_km = c->max_s = 1e18;
	if (!token_read_in(c) || !params_read(c, e))
		return;
	if (strstr(e->pattern, "{v}") && c->v == NULL)
	{
		unknown_vehicle(r);
		return;
	}
	if (strstr(e->pattern, "{t}"))
	{
		c->t = trip_by_id(c->v, r->segments[4]);
		if (c->t == NULL)
		{
			not_found(r, "No trip was found.");
			return;
		}
	}
	c->id = r->segments[r->nsegments - 1];
	r->status = 200;
	r->content_type = e->geo ? "application/vnd.geo+json;charset=UTF-8" : "application/hal+json;charset=UTF-8";
	e->answer(c);
}

void
api_answer(Request *r)
{
	const Endpoint *e = endpoint_find(r);
	Call		c = {.r = r};

	if (!client_known(r) || !token_valid(r) || !quota_left(r))
		return;
	if (r->nsegments >= 3)
		c.v = vehicle_by_id(r->segments[2]);
	if (!realm_right(r, c.v))
		return;
	if (e == NULL)
		answer_gateway(r, 404, "Not Found", "No resources match requested URI");
	else if (strcmp(r->method, "GET") != 0)
		answer_gateway(r, 405, "Method Not Allowed", "The method is not allowed for the requested URL");
	else if (!accept_right(r, e->geo))
		answer_gateway(r, 406, "Not Acceptable", "The Accept header is not supported by this resource");
	else
		endpoint_answer(&c, e);
}
