/*
 * api.c
 *		The endpoints and their answers.
 *
 * The order of the refusals is the order in which a gateway and an API behind
 * it would see them: client, token, quota, realm, address, Accept, scope,
 * parameters, vehicle.
 */
#include "commands.h"

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
	render_user(&c->r->body, request_param(c->r, "country"), c->r->account);
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
		if (account_has(c->r->account, &world.vehicles[i]) &&
			(prefix == NULL || strncmp(world.vehicles[i].vin, prefix, strlen(prefix)) == 0))
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
 * Which date is meant is a knob.  A record without a start is in no range of
 * starts; one without a stop lasts, and its stop so far is now; contained wants
 * every date that there is.
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
			return query_ranges_hold(r, stop ? stop : sim_now());
		case DATE_CREATED:
			return query_ranges_hold(r, created);
		case DATE_OVERLAP:
			return query_ranges_overlap(r, start ? start : stop, stop ? stop : INT64_MAX / 1000);
		default:
			return (!start || query_ranges_hold(r, start)) && (!stop || query_ranges_hold(r, stop)) &&
				query_ranges_hold(r, created);
	}
}

/* Bounds that are not given, which are 0 and very large, leave out nothing. */
static bool
min_max_holds(double x, double min, double max)
{
	return (config.min_max == BOUNDS_EXCLUSIVE && min > 0 ? x > min : x >= min) &&
		(config.min_max == BOUNDS_INCLUSIVE ? x <= max : x < max);
}

static bool
trip_wanted(Call *c, const Trip *t)
{
	double		km = (double) t->distance / 10;
	double		s = (double) (t->stop - t->start);
	unsigned	state = (t->flags & TRIP_FAULTS) ? (t->flags & TRIP_FAULTS) : 1;

	return min_max_holds(km, c->min_km, c->max_km) && min_max_holds(s, c->min_s, c->max_s) &&
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

static Event *
event_of(Vehicle *v, const char *id, size_t list, size_t n)
{
	return event_by_id(*(Event **) ((char *) v + list), *(size_t *) ((char *) v + n), id);
}

/* The event of the path's id, of the path's vehicle or (any_vehicle) of another. */
static Event *
event_asked(Call *c, size_t list, size_t n)
{
	Event	   *e = event_of(c->v, c->id, list, n);

	for (size_t i = 0; e == NULL && config.any_vehicle && i < world.nvehicles; i++)
	{
		e = event_of(&world.vehicles[i], c->id, list, n);
		if (e != NULL)
			c->v = &world.vehicles[i];
	}
	return e;
}

/* The same of the path's trip. */
static Trip *
trip_asked(Call *c, const char *id)
{
	Trip	   *t = trip_by_id(c->v, id);

	for (size_t i = 0; t == NULL && config.any_vehicle && i < world.nvehicles; i++)
	{
		t = trip_by_id(&world.vehicles[i], id);
		if (t != NULL)
			c->v = &world.vehicles[i];
	}
	return t;
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
	Event	   *e = event_asked(c, offsetof(Vehicle, alerts), offsetof(Vehicle, nalerts));

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
	Event	   *e = event_asked(c, offsetof(Vehicle, alarms), offsetof(Vehicle, nalarms));

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
	Event	   *e = event_asked(c, offsetof(Vehicle, collisions), offsetof(Vehicle, ncollisions));

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
	{"user/vehicles/{v}/trips/{t}/wayPoints", " indexRange pageToken timestamps tolerance ", 0,
	R_TRIP | SCOPE_POSITION, false, answer_waypoints},
	{"user/vehicles/{v}/trips/{t}/telemetry", PAGED "timestamps type extension ", 2000, R_TRIP, false, answer_telemetry},
	{"user/vehicles/{v}/trips/{t}/alerts", PAGED "timestamps locale ", 60, R_TRIP | SCOPE_ALERT, false, answer_alerts},
	{"user/vehicles/{v}/trips/{t}/alerts/{x}", " locale ", 0, R_TRIP | SCOPE_ALERT, false, answer_alert},
	{"user/vehicles/{v}/trips/{t}/collisions", PAGED "timestamps ", 60, R_TRIP | SCOPE_COLLISION, false, answer_collisions},
	{"user/vehicles/{v}/trips/{t}/collisions/{x}", " ", 0, R_TRIP | SCOPE_COLLISION, false, answer_collision},
};

bool
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

void
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
		c->t = trip_asked(c, r->segments[4]);
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

	if (!access_granted(r))
		return;
	if (r->nsegments >= 3)
		c.v = vehicle_by_id(r->segments[2]);
	if (c.v && !account_has(r->account, c.v))
		c.v = NULL;
	if (!access_realm(r, c.v))
		return;
	if (e == NULL && command_answer(&c))
		return;
	if (e == NULL)
		answer_gateway(r, 404, "Not Found", "No resources match requested URI");
	else if (strcmp(r->method, "GET") != 0)
		answer_gateway(r, 405, "Method Not Allowed", "The method is not allowed for the requested URL");
	else if (!access_accept(r, e->geo))
		answer_gateway(r, 406, "Not Acceptable", "The Accept header is not supported by this resource");
	else
		endpoint_answer(&c, e);
}
