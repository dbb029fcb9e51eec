/*
 * render.c
 *		The documents of an account: user, vehicle, position, maintenance.
 */
#include "sim.h"

/* "name":{"href":"https://.../user/vehicles/ID<tail>"} */
void
link_to(Buf *b, const char *name, const Vehicle *v, const char *tail)
{
	LIT(b, "\"");
	buf_str(b, name);
	LIT(b, "\":{\"href\":\"");
	buf_put(b, v->href, v->href_len);
	buf_str(b, tail);
	LIT(b, "\"}");
}

static void
vehicle_links(Buf *b, const Vehicle *v)
{
	static const char *const below[] = {
		"collisions", "alarms", "alerts", "trips", "lastPosition", "telemetry",
		"maintenance", "status"
	};

	LIT(b, "\"_links\":{");
	for (size_t i = 0; i < lengthof(below); i++)
	{
		char		tail[32];

		snprintf(tail, sizeof(tail), "/%s", below[i]);
		link_to(b, below[i], v, tail);
		LIT(b, ",");
	}
	LIT(b, "\"callbacks\":{\"href\":\"" SIM_HREF "/user/callbacks\"},"
		"\"user\":{\"href\":\"" SIM_HREF "/user\"},");
	link_to(b, "self", v, "");
	LIT(b, ",\"remotes\":{\"href\":\"");
	buf_put(b, v->href, v->href_len);
	LIT(b, "/callbacks/{cbid}/remotes\",\"templated\":true},\"monitors\":{\"href\":\"");
	buf_put(b, v->href, v->href_len);
	LIT(b, "/callbacks/{cbid}/monitors\",\"templated\":true}}");
}

void
render_user(Buf *b, const char *country, int64_t account)
{
	bool		any = false;

	LIT(b, "{\"_links\":{\"self\":{\"href\":\"" SIM_HREF "/user\"},"
		"\"vehicles\":{\"href\":\"" SIM_HREF "/user/vehicles\"}},"
		"\"createdAt\":\"2023-04-11T09:10:02Z\",\"updatedAt\":\"2026-01-20T07:45:31.250Z\",\"email\":\"");
	if (account > 0)
		buf_printf(b, "owner%lld@example.com", (long long) account);
	else
		LIT(b, "zo\xc3\xab.martin@example.com");
	LIT(b, "\",\"firstName\":\"Zo\xc3\xab\",\"lastName\":\"Martin\",\"_embedded\":{\"vehicles\":[");
	for (size_t i = 0; i < world.nvehicles; i++)
	{
		const Vehicle *v = &world.vehicles[i];

		if (!account_has(account, v))
			continue;
		if (any)
			LIT(b, ",");
		any = true;
		LIT(b, "{");
		vehicle_links(b, v);
		/* here the brand is one letter */
		buf_printf(b, ",\"id\":\"%s\",\"vin\":\"%s\",\"brand\":\"%c\"", v->id, v->vin,
				   models[v->model].brand[0]);
		if (country)
			buf_printf(b, ",\"callCenter\":{\"stolen\":{\"countryCode\":\"%s\",\"phoneNumber\":\"+56 2 5555 0100\"}}", country);
		LIT(b, "}");
	}
	LIT(b, "]}}");
}

static void
pictures(Buf *b, const Vehicle *v)
{
	buf_printf(b, "\"pictures\":[\"https://pictures.example.com/render?version=%s&view=001\","
			   "\"https://pictures.example.com/render?version=%s&view=002\"]", v->vin, v->vin);
}

static void
label(Buf *b, const Vehicle *v, const char *locale)
{
	const Model *m = &models[v->model];

	/* a label that depends on the language, so that locale shows */
	buf_printf(b, "\"brand\":\"%s\",\"label\":\"%s%s\"", m->brand, m->label,
			   locale && strncmp(locale, "fr", 2) == 0 ? " (v\xc3\xa9hicule)" : "");
}

/* Whether a car can be told to do that. */
bool
remote_supported(const Vehicle *v, const char *name)
{
	if (strcmp(name, "preconditioning") == 0 || strcmp(name, "charging") == 0)
		return has_electric(v);
	if (strcmp(name, "navigation") == 0)
		return v->number == 1;
	return v->number != 4;
}

static void
capability(Buf *b, const Vehicle *v, const char *name, const char *parameters)
{
	bool		supported = remote_supported(v, name);

	buf_printf(b, "\"%s\":{\"supported\":%s,\"scopeName\":\"remote:%s:write\"%s%s}", name,
			   supported ? "true" : "false", name, supported && *parameters ? ",\"parameters\":" : "",
			   supported ? parameters : "");
}

static void
capabilities(Buf *b, const Vehicle *v, unsigned scopes)
{
	static const char *const plain[] = {"door", "horn", "lights", "wakeup", "navigation"};

	LIT(b, "\"onboardCapabilities\":{\"data\":[");
	if (v->number != 4)
		LIT(b, "\"data:telemetry\",\"data:telemetry:environment\",\"data:telemetry:privacy\","
			"\"data:telemetry:vehicle\",\"data:telemetry:vehicle:energies\","
			"\"data:telemetry:vehicle:odometer\",\"data:telemetry:vehicle:kinetic\","
			"\"data:trip\",\"data:alert\",\"data:collision\"");
	if (v->number != 4 && !v->privacy)
		LIT(b, ",\"data:position\"");
	if (v->motor == MOTOR_ELECTRIC && (scopes & SCOPE_PNC))
		LIT(b, ",\"data:vehicle:devices:pnc\"");
	LIT(b, "],\"remote\":{");
	capability(b, v, "preconditioning", "{\"programs\":{\"size\":4},\"immediate\":true}");
	LIT(b, ",");
	capability(b, v, "charging", "{\"immediate\":{\"start\":true,\"stop\":true},\"schedule\":{\"programs\":"
			   "{\"supported\":false,\"size\":0},\"nextDelayedTime\":true},"
			   "\"preferences\":{\"level\":false,\"type\":true}}");
	for (size_t i = 0; i < lengthof(plain); i++)
	{
		LIT(b, ",");
		capability(b, v, plain[i], "");
	}
	LIT(b, "}}");
}

static void
extensions(Buf *b, const Vehicle *v, unsigned ext, const char *locale, unsigned scopes)
{
	const char *comma = "";

	LIT(b, ",\"_embedded\":{\"extension\":{");
	if (ext & EXT_BRANDING)
	{
		LIT(b, "\"branding\":{");
		label(b, v, locale);
		LIT(b, "}");
		comma = ",";
	}
	if (ext & EXT_PICTURES)
	{
		buf_str(b, comma);
		pictures(b, v);
		comma = ",";
	}
	if (ext & EXT_CAPABILITIES)
	{
		buf_str(b, comma);
		capabilities(b, v, scopes);
	}
	LIT(b, "}}");
}

/*
 * The deprecated fields at the root are still sent for some cars and not for
 * others, and the old ones date themselves in the old way.
 */
void
render_vehicle(Buf *b, const Vehicle *v, unsigned ext, const char *country,
			   const char *locale, unsigned scopes)
{
	static const char *const motors[] = {"Electric", "Hybrid", "Thermic", "Hydrogen"};

	LIT(b, "{");
	vehicle_links(b, v);
	buf_printf(b, ",\"id\":\"%s\",\"vin\":\"%s\",\"motorization\":\"%s\"", v->id, v->vin, motors[v->motor]);
	if (v->number == 4)
		LIT(b, ",\"createdAt\":\"2017-08-10T13:46:39.652+0000\"");
	else
		LIT(b, ",\"createdAt\":\"2023-04-11T09:12:44Z\",\"updatedAt\":\"2026-02-03T18:20:05Z\"");
	if (v->number % 3 != 1)
	{
		LIT(b, ",");
		label(b, v, NULL);
	}
	if (v->number % 3 == 0)
	{
		LIT(b, ",");
		pictures(b, v);
	}
	if (country)
		buf_printf(b, ",\"callCenter\":{\"stolen\":{\"countryCode\":\"%s\",\"phoneNumber\":\"+56 2 5555 0100\"}}", country);
	if (ext)
		extensions(b, v, ext, locale, scopes);
	LIT(b, "}");
}

/*
 * t 0: no date, two coordinates (trips); fix -1: estimated, 0: no fix known;
 * a heading below 0: the coordinates are null.
 */
void
render_position(Buf *b, double lat, double lon, double alt, int64_t t,
				int heading, int quality, int fix)
{
	LIT(b, "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[");
	if (heading < 0)
	{
		if (t)
			LIT(b, "null,null,null");
		else
			LIT(b, "null,null");
	}
	else
	{
		buf_fix(b, lon, 5);
		LIT(b, ",");
		buf_fix(b, lat, 5);
		if (t)
		{
			LIT(b, ",");
			buf_fix(b, alt, (int) alt % 2);
		}
	}
	LIT(b, "]},\"properties\":{");
	if (t)
	{
		LIT(b, "\"createdAt\":");
		buf_time(b, t);
		LIT(b, ",");
	}
	if (heading >= 0)
	{
		LIT(b, "\"heading\":");
		buf_int(b, heading);
		LIT(b, ",");
	}
	if (quality >= 0)
	{
		LIT(b, "\"signalQuality\":");
		buf_int(b, quality);
		LIT(b, ",");
	}
	if (fix < 0)
		LIT(b, "\"type\":\"Estimated\"}}");
	else if (fix == 0)
		LIT(b, "\"type\":\"Acquire\"}}");
	else
		buf_printf(b, "\"type\":\"Acquire\",\"fixStatus\":\"%dD\"}}", fix);
}

/* Where the car is now: at the end of its last trip. */
void
render_last_position(Buf *b, const Vehicle *v)
{
	const Trip *t = v->ntrips ? &v->trips[v->ntrips - 1] : NULL;
	double		lat = t ? t->lat[1] : v->home_lat;
	double		lon = t ? t->lon[1] : v->home_lon;
	int64_t		when = t ? t->stop : world.now - 86400;

	if (when > world.now)
		when = world.now;
	if (v->number == 3)
		render_position(b, 0, 0, 0, when, -1, -1, -1);
	else if (v->number == 2)
		render_position(b, lat, lon, 175, when, 90, 8, -1);
	else
		render_position(b, lat, lon, 41, when, 212, 9, 3);
}

static void
text_date(char *out, int64_t t)
{
	static const char *const names[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
	};
	int			y,
				m,
				d;
	int64_t		day = t / 86400;
	int			s = (int) (t % 86400);

	civil_from_days(day, &y, &m, &d);
	snprintf(out, 40, "%s %s %02d %02d:%02d:%02d GMT %d", names[day % 7], months[m - 1], d,
			 s / 3600, s / 60 % 60, s % 60, y);
}

/* Some lack a date, some lack a counter, one says its date in words. */
void
render_maintenance(Buf *b, const Vehicle *v)
{
	int64_t		when = world.now - 3600 * (v->number % 7 + 1);
	char		words[40];

	LIT(b, "{");
	if (v->number % 6 != 2)
	{
		LIT(b, "\"createdAt\":");
		buf_time(b, when);
		LIT(b, ",");
	}
	text_date(words, when);
	if (v->number % 6 == 3)
		buf_printf(b, "\"updatedAt\":\"%s\",", words);
	else if (v->number % 6 != 1)
	{
		LIT(b, "\"updatedAt\":");
		buf_time(b, when);
		LIT(b, ",");
	}
	LIT(b, "\"_links\":{");
	link_to(b, "self", v, "/maintenance");
	LIT(b, ",");
	link_to(b, v->number % 2 ? "vehicle" : "vehicles", v, "");
	LIT(b, ",");
	link_to(b, "alerts", v, "/alerts");
	LIT(b, "}");
	if (v->number % 6 == 2)
		LIT(b, ",\"daysBeforeMaintenance\":-12,\"mileageBeforeMaintenance\":-340.5");
	else
	{
		if (v->number % 6 != 5)
			buf_printf(b, ",\"daysBeforeMaintenance\":%d", 212 - v->number);
		if (v->number % 6 != 3)
		{
			LIT(b, ",\"mileageBeforeMaintenance\":");
			buf_fix(b, 20000 - (double) (v->odometer % 200000) / 10, 1);
		}
	}
	LIT(b, "}");
}
