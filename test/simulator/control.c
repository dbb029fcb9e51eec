/*
 * control.c
 *		The control endpoint, /_sim/...: configuration, faults, log, counters
 *		and the whole world.  It needs no token and is in no log.
 */
#include "commands.h"

void
control_json(Request *r, json_t *doc)
{
	char	   *dump = json_dumps(doc, JSON_INDENT(1) | JSON_REAL_PRECISION(15));

	r->status = 200;
	r->content_type = "application/json";
	buf_str(&r->body, dump ? dump : "null");
	LIT(&r->body, "\n");
	free(dump);
	json_decref(doc);
}

void
control_refuse(Request *r, int status, const char *why)
{
	json_t	   *doc = json_pack("{s:s}", "error", why);

	control_json(r, doc);
	r->status = status;
}

json_t *
control_upload(Request *r)
{
	json_error_t error;
	char		why[300];
	json_t	   *doc = json_loadb(r->upload.data ? r->upload.data : "", r->upload.len, 0, &error);

	if (doc == NULL)
	{
		snprintf(why, sizeof(why), "not JSON: %s", error.text);
		control_refuse(r, 400, why);
	}
	return doc;
}

static void
config_post(Request *r)
{
	json_t	   *doc = control_upload(r);
	char		err[300];

	if (doc == NULL)
		return;
	if (config_set_json(doc, err, sizeof(err)))
		control_json(r, config_json());
	else
		control_refuse(r, 400, err);
	json_decref(doc);
}

static void
config_get(Request *r)
{
	control_json(r, config_json());
}

static void
counters_clear(void)
{
	int64_t		open = counters.open_connections;
	int64_t		numbers = counters.connections;
	int64_t		under_way = counters.under_way;

	memset(&counters, 0, sizeof(counters));
	/* connections keep their numbers, and the open ones are still open */
	counters.open_connections = open;
	counters.under_way = under_way;
	counters.connections = numbers;
}

static void
reset_post(Request *r)
{
	config_reset();
	oauth_reset();
	oauth_throttle_clear();
	faults_clear();
	commands_reset();
	log_clear();
	counters_clear();
	control_json(r, config_json());
}

static void
faults_get(Request *r)
{
	control_json(r, faults_json());
}

static void
faults_post(Request *r)
{
	json_t	   *doc = control_upload(r);
	json_t	   *rule;
	size_t		i;
	char		err[300];
	bool		ok = true;

	if (doc == NULL)
		return;
	if (json_is_array(doc))
	{
		json_array_foreach(doc, i, rule)
			ok = ok && faults_add(rule, err, sizeof(err));
	}
	else
		ok = faults_add(doc, err, sizeof(err));
	if (ok)
		control_json(r, faults_json());
	else
		control_refuse(r, 400, err);
	json_decref(doc);
}

static void
faults_delete(Request *r)
{
	faults_clear();
	control_json(r, faults_json());
}

static bool
param_is(const Request *r, const char *name, const char *value)
{
	const char *v = request_param(r, name);

	return v && strcmp(v, value) == 0;
}

static void
log_get(Request *r)
{
	r->status = 200;
	if (param_is(r, "format", "text"))
	{
		r->content_type = "text/plain;charset=UTF-8";
		log_text(&r->body, param_is(r, "ids", "short"), param_is(r, "bodies", "yes"));
	}
	else
	{
		r->content_type = "application/json";
		log_json(&r->body);
	}
}

static void
log_delete(Request *r)
{
	log_clear();
	r->status = 204;
}

static void
oauth_get(Request *r)
{
	control_json(r, oauth_json());
}

static void
oauth_post(Request *r)
{
	json_t	   *doc = control_upload(r);
	json_t	   *answer;
	char		err[300];

	if (doc == NULL)
		return;
	answer = oauth_control(doc, err, sizeof(err));
	if (answer)
		control_json(r, answer);
	else
		control_refuse(r, 400, err);
	json_decref(doc);
}

static void
stats_get(Request *r)
{
	json_t	   *by_status = json_object();
	char		name[8];

	for (size_t i = 0; i < lengthof(counters.by_status); i++)
	{
		if (counters.by_status[i] == 0)
			continue;
		snprintf(name, sizeof(name), "%zu", i);
		json_object_set_new(by_status, name, json_integer(counters.by_status[i]));
	}
	control_json(r, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
		"requests", (json_int_t) counters.requests,
		"oauth_requests", (json_int_t) counters.oauth_requests,
		"bytes", (json_int_t) counters.bytes,
		"connections", (json_int_t) counters.connections,
		"open_connections", (json_int_t) counters.open_connections,
		"tls_connections", (json_int_t) counters.tls_connections,
		"tls_handshakes", (json_int_t) counters.tls_handshakes,
		"under_way", (json_int_t) counters.under_way,
		"most_at_once", (json_int_t) counters.most_at_once,
		"by_status", by_status));
}

/* ---- the world ---- */

typedef void (*WorldRow) (Buf *b, const Vehicle *v, size_t i);

static void
world_trip(Buf *b, const Vehicle *v, size_t i)
{
	render_trip(b, v, &v->trips[i], ~0u);
}

static void
world_alert(Buf *b, const Vehicle *v, size_t i)
{
	render_alert(b, v, &v->alerts[i], ~0u);
}

static void
world_alarm(Buf *b, const Vehicle *v, size_t i)
{
	render_alarm(b, v, &v->alarms[i]);
}

static void
world_collision(Buf *b, const Vehicle *v, size_t i)
{
	render_collision(b, v, &v->collisions[i]);
}

static void
world_message(Buf *b, const Vehicle *v, size_t i)
{
	render_telemetry(b, v, (int64_t) i, GROUP_ALL, EXT_LOCATION | EXT_MAINTENANCE, ~0u);
}

static void
world_list(Buf *b, const char *name, const Vehicle *v, size_t n, WorldRow row)
{
	buf_printf(b, ",\n\"%s\":[", name);
	for (size_t i = 0; i < n; i++)
	{
		if (i)
			LIT(b, ",\n");
		row(b, v, i);
	}
	LIT(b, "]");
}

static void
world_waypoints(Buf *b, const Vehicle *v)
{
	LIT(b, ",\n\"wayPoints\":{");
	for (size_t t = 0; t < v->ntrips; t++)
	{
		buf_printf(b, "%s\"%s\":[", t ? ",\n" : "", v->trips[t].id);
		for (int i = 0; i < waypoint_count(&v->trips[t]); i++)
		{
			if (i)
				LIT(b, ",");
			render_waypoint(b, v, &v->trips[t], i);
		}
		LIT(b, "]");
	}
	LIT(b, "}");
}

static void
world_vehicle(Buf *b, const Vehicle *v, const char *include)
{
	LIT(b, "{\"vehicle\":");
	render_vehicle(b, v, EXT_BRANDING | EXT_PICTURES | EXT_CAPABILITIES, NULL, NULL, ~0u);
	LIT(b, ",\n\"status\":");
	if (v->silent)
		LIT(b, "null,\"maintenance\":null");
	else
	{
		render_status(b, v, ~0u);
		LIT(b, ",\n\"maintenance\":");
		render_maintenance(b, v);
	}
	LIT(b, ",\n\"lastPosition\":");
	if (v->silent || v->privacy)
		LIT(b, "null");
	else
		render_last_position(b, v);
	world_list(b, "trips", v, v->ntrips, world_trip);
	world_list(b, "alerts", v, v->nalerts, world_alert);
	world_list(b, "alarms", v, v->nalarms, world_alarm);
	world_list(b, "collisions", v, v->ncollisions, world_collision);
	buf_printf(b, ",\n\"telemetryCount\":%lld", (long long) v->ntel);
	if (strstr(include, "telemetry"))
		world_list(b, "telemetry", v, (size_t) v->ntel, world_message);
	if (strstr(include, "wayPoints"))
		world_waypoints(b, v);
	LIT(b, "}");
}

/* Millions of messages are asked for by name only. */
static void
world_get(Request *r)
{
	const char *include = request_param(r, "include");
	const char *vin = request_param(r, "vin");
	Buf		   *b = &r->body;
	bool		any = false;

	r->status = 200;
	r->content_type = "application/json";
	LIT(b, "{\"now\":");
	buf_time(b, sim_now());
	LIT(b, ",\"user\":");
	render_user(b, NULL, 0);
	LIT(b, ",\"vehicles\":[");
	for (size_t i = 0; i < world.nvehicles; i++)
	{
		if (vin && strcmp(vin, world.vehicles[i].vin) != 0)
			continue;
		buf_str(b, any ? ",\n" : "\n");
		world_vehicle(b, &world.vehicles[i], include ? include : "");
		any = true;
	}
	LIT(b, "]}\n");
}

/* ---- */

void
control_answer(Request *r)
{
	static const struct
	{
		const char *method;
		const char *path;
		void		(*answer) (Request *r);
	}			routes[] = {
		{"GET", "/_sim/config", config_get},
		{"POST", "/_sim/config", config_post},
		{"POST", "/_sim/reset", reset_post},
		{"GET", "/_sim/faults", faults_get},
		{"POST", "/_sim/faults", faults_post},
		{"DELETE", "/_sim/faults", faults_delete},
		{"GET", "/_sim/log", log_get},
		{"DELETE", "/_sim/log", log_delete},
		{"GET", "/_sim/oauth", oauth_get},
		{"POST", "/_sim/oauth", oauth_post},
		{"GET", "/_sim/callbacks", callbacks_get},
		{"POST", "/_sim/callbacks", callbacks_post},
		{"GET", "/_sim/remotes", remotes_get},
		{"POST", "/_sim/remotes", remotes_post},
		{"POST", "/_sim/events", events_post},
		{"GET", "/_sim/deliveries", deliveries_get},
		{"POST", "/_sim/deliveries", deliveries_post},
		{"DELETE", "/_sim/deliveries", deliveries_delete},
		{"GET", "/_sim/stats", stats_get},
		{"GET", "/_sim/world", world_get},
	};
	bool		path_known = false;

	actions_advance();
	if (hook_mine(r))
	{
		hook_answer(r);
		return;
	}
	for (size_t i = 0; i < lengthof(routes); i++)
	{
		if (strcmp(routes[i].path, r->path) != 0)
			continue;
		path_known = true;
		if (strcmp(routes[i].method, r->method) == 0)
		{
			routes[i].answer(r);
			return;
		}
	}
	control_refuse(r, path_known ? 405 : 404, path_known ? "no such method here" : "no such control endpoint");
}
