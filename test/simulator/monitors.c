/*
 * monitors.c
 *		Monitors: what is to be watched of a vehicle, and told to a callback.
 */
#include "commands.h"

#define MONITOR_LIMIT	5		/* per vehicle, client and user */

static Monitor **monitors;
static size_t nmonitors;

/* ---- bodies ---- */

static const Field center[] = {
	{.name = "longitude", .kind = F_NUMBER, .required = true, .min = -180, .max = 180},
	{.name = "latitude", .kind = F_NUMBER, .required = true, .min = -90, .max = 90},
	{0}
};

static const Field place[] = {
	{.name = "radius", .kind = F_INT, .required = true, .min = 1, .max = 20000},
	{.name = "center", .kind = F_OBJECT, .required = true, .members = center},
	{0}
};

static const Field zone[] = {
	{.name = "transition", .kind = F_WORD, .required = true, .words = "In|Out"},
	{.name = "place", .kind = F_OBJECT, .required = true, .members = place},
	{0}
};

static const Field occurence[] = {
	{.name = "day", .kind = F_WORD, .list = true, .words = DAYS},
	{.name = "week", .kind = F_INT, .list = true, .min = 1, .max = 53},
	{0}
};

static const Field times[] = {
	{.name = "start", .kind = F_START, .required = true},
	{.name = "recurrence", .kind = F_WORD, .words = "None|Daily"},
	{.name = "duration", .kind = F_SPAN},
	{.name = "occurence", .kind = F_OBJECT, .members = occurence},
	{0}
};

static const Field time_trigger[] = {
	{.name = "times", .kind = F_OBJECT, .required = true, .list = true, .least = 1, .members = times},
	{.name = "timeZone", .kind = F_NAME},
	{0}
};

#define OPERATORS "equalsTo|greaterThan|lowerThan|includedIn|onChange"
#define OPERANDS \
	"vehicle.alert|vehicle.odometer|vehicle.powertrain.status|vehicle.engines.thermic.oil.temp|" \
	"vehicle.energy.electric.level|vehicle.energy.electric.autonomy|vehicle.energy.fuel.level|vehicle.energy.fuel.autonomy|" \
	"vehicle.autonomy|vehicle.energy.charging.status|vehicle.energy.charging.plugged|vehicle.energy.charging.type|" \
	"vehicle.doorsState.lockedState|vehicle.doorsState.opening|vehicle.kinetic.moving|vehicle.kinetic.speed|" \
	"vehicle.trip.start|vehicle.trip.stop|vehicle.trip.duration|vehicle.trip.distance|vehicle.trip.state|" \
	"vehicle.safety.beltWarning|environment.air.temp|privacy.state|vehicle.drivingBehavior.mode|" \
	"vehicle.safety.autoECallTriggering|vehicle.preconditioning.airConditioning|vehicle.alarm.trigger.type|" \
	"vehicle.alarm.status.activation"

static const Field previous[] = {
	{.name = "value", .kind = F_NAME, .required = true, .list = true, .least = 1},
	{.name = "op", .kind = F_WORD, .required = true, .words = OPERATORS},
	{0}
};

static const Field data[] = {
	{.name = "data", .kind = F_WORD, .required = true, .words = OPERANDS},
	{.name = "op", .kind = F_WORD, .required = true, .words = OPERATORS},
	{.name = "value", .kind = F_NAME, .list = true},
	{.name = "previous", .kind = F_OBJECT, .members = previous},
	{0}
};

static const Field trigger[] = {
	{.name = "name", .kind = F_NAME, .required = true},
	{.name = "zone", .kind = F_OBJECT, .members = zone},
	{.name = "time", .kind = F_OBJECT, .members = time_trigger},
	{.name = "data", .kind = F_OBJECT, .members = data},
	{0}
};

static const Field trigger_param[] = {
	{.name = "triggers", .kind = F_OBJECT, .required = true, .list = true, .least = 1, .most = 5, .members = trigger},
	{.name = "boolExp", .kind = F_NAME, .required = true},
	{0}
};

static const Field subscribe_param[] = {
	{.name = "refreshEvent", .kind = F_INT, .min = 60, .max = 1e9},
	{.name = "callbackAttributes", .kind = F_OBJECT, .members = callback_attributes},
	{0}
};

static const Field parameter[] = {
	{.name = "label", .kind = F_NAME, .required = true},
	{.name = "subscribeParam", .kind = F_OBJECT, .members = subscribe_param},
	{.name = "attributes", .kind = F_OBJECT, .list = true, .members = attributes_any},
	{.name = "extendedEventParam", .kind = F_NAME, .list = true},
	{.name = "triggerParam", .kind = F_OBJECT, .required = true, .members = trigger_param},
	{0}
};

static bool
extension_known(const char *s)
{
	static const char telemetry[] = "vehicle.telemetry";
	static const char known[] =
		"vehicle.doorsState|vehicle.status|vehicle.maintenance|vehicle.position|vehicle.telemetry|"
		"vehicle.alerts|vehicle.alarm|vehicle.trip";

	if (strncmp(s, telemetry, sizeof(telemetry) - 1) == 0 && s[sizeof(telemetry) - 1] == '.')
		return telemetry_group(s + sizeof(telemetry)) != 0;
	return word_in(known, s, strlen(s));
}

/* Letters, perhaps one of . and _, perhaps digits. */
static bool
name_right(const char *s)
{
	size_t		n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	s += n;
	if (n > 0 && (*s == '.' || *s == '_'))
		s++;
	return n > 0 && s[strspn(s, "0123456789")] == '\0';
}

static bool
is_number(const char *s)
{
	char	   *end;

	(void) strtod(s, &end);
	return *s && *end == '\0' && strspn(s, "+-.0123456789eE") == strlen(s);
}

/* How many values an operator takes, and of what kind. */
static bool
operation_right(json_t *doc, const char *where, char *err, size_t errlen)
{
	const char *op = json_string_value(json_object_get(doc, "op"));
	json_t	   *value = json_object_get(doc, "value");
	size_t		n = json_array_size(value);

	if (strcmp(op, "onChange") == 0)
		return true;
	if (strcmp(op, "includedIn") == 0)
		return n > 0 || schema_fail(err, errlen, where, "includedIn wants values");
	if (n != 1)
		return schema_fail(err, errlen, where, "the operator wants one value");
	return strcmp(op, "equalsTo") == 0 || is_number(json_string_value(json_array_get(value, 0))) ||
		schema_fail(err, errlen, where, "the operator wants a number");
}

static bool
zone_known(const char *name)
{
	return name == NULL || (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/") == strlen(name) &&
							(strchr(name, '/') || strcmp(name, "UTC") == 0 || strcmp(name, "GMT") == 0));
}

static bool
trigger_right(json_t *triggers, size_t n, char *err, size_t errlen)
{
	json_t	   *t = json_array_get(triggers, n);
	json_t	   *d = json_object_get(t, "data");
	const char *name = json_string_value(json_object_get(t, "name"));
	char		where[60];

	snprintf(where, sizeof(where), "triggerParam.triggers[%zu]", n);
	if (!name_right(name))
		return schema_fail(err, errlen, where, "the name wants letters, and then digits");
	for (size_t i = 0; i < n; i++)
		if (json_equal(json_object_get(json_array_get(triggers, i), "name"), json_object_get(t, "name")))
			return schema_fail(err, errlen, where, "the name is another trigger's, too");
	if (schema_one_of(t, "zone|time|data", where, err, errlen) == NULL)
		return false;
	if (!zone_known(json_string_value(json_object_get(json_object_get(t, "time"), "timeZone"))))
		return schema_fail(err, errlen, where, "an unknown time zone");
	if (d == NULL)
		return true;
	return operation_right(d, where, err, errlen) &&
		(json_object_get(d, "previous") == NULL || operation_right(json_object_get(d, "previous"), where, err, errlen));
}

static bool
monitor_right(json_t *doc, char *err, size_t errlen)
{
	json_t	   *triggers;
	json_t	   *more;
	const char *why;
	const char *kind;
	size_t		i;
	json_t	   *one;

	if (!schema_check(doc, parameter, "", err, errlen))
		return false;
	json_array_foreach(json_object_get(doc, "extendedEventParam"), i, one)
		if (!extension_known(json_string_value(one)))
			return schema_fail(err, errlen, "extendedEventParam", "an unknown event");
	if (!attributes_safe(json_object_get(doc, "attributes"), "attributes", err, errlen))
		return false;
	more = json_object_get(json_object_get(doc, "subscribeParam"), "callbackAttributes");
	if (more && (kind = schema_one_of(more, "webhook|websocket|pushnotif", "subscribeParam.callbackAttributes", err, errlen)) == NULL)
		return false;
	if (more && !attributes_safe(json_object_get(more, kind), "subscribeParam.callbackAttributes", err, errlen))
		return false;
	triggers = json_object_get(json_object_get(doc, "triggerParam"), "triggers");
	for (i = 0; i < json_array_size(triggers); i++)
		if (!trigger_right(triggers, i, err, errlen))
			return false;
	return boolexp_right(json_string_value(json_object_get(json_object_get(doc, "triggerParam"), "boolExp")), triggers, &why) ||
		schema_fail(err, errlen, "triggerParam.boolExp", why);
}

/* ---- the store ---- */

static Monitor *
monitor_new(const Call *c)
{
	Monitor    *m = sim_alloc(sizeof(Monitor));
	char		hex[38];

	m->number = (int64_t) nmonitors + 1;
	hex_id(hex, 37, 21, (uint64_t) m->number, 0);
	snprintf(m->id, sizeof(m->id), "%sm%04lld", hex, (long long) m->number);
	m->callback = c->callback;
	memcpy(m->vehicle, c->v->id, sizeof(m->vehicle));
	memcpy(m->vin, c->v->vin, sizeof(m->vin));
	m->param = json_incref(c->doc);
	m->status = "Running";
	m->created = m->updated = sim_now();
	monitors = realloc(monitors, (nmonitors + 1) * sizeof(Monitor *));
	if (monitors == NULL)
		abort();
	monitors[nmonitors++] = m;
	return m;
}

static void
monitor_free(Monitor *m)
{
	json_decref(m->param);
	free(m);
}

void
monitors_reset(void)
{
	for (size_t i = 0; i < nmonitors; i++)
		monitor_free(monitors[i]);
	free(monitors);
	monitors = NULL;
	nmonitors = 0;
}

void
monitors_of_deleted(const Callback *cb)
{
	for (size_t i = 0; i < nmonitors; i++)
		if (monitors[i]->callback == cb)
			monitors[i]->deleted = true;
}

static bool
is_here(const Call *c, const Monitor *m)
{
	return !m->deleted && m->callback == c->callback && strcmp(m->vehicle, c->v->id) == 0;
}

Monitor *
monitor_of(const Call *c, const char *id)
{
	for (size_t i = 0; i < nmonitors; i++)
		if (strcmp(monitors[i]->id, id) == 0 && is_here(c, monitors[i]))
			return monitors[i];
	return NULL;
}

size_t
monitor_number(const char *id)
{
	for (size_t i = 0; i < nmonitors; i++)
		if (strcmp(monitors[i]->id, id) == 0)
			return i + 1;
	return 0;
}

/* By its id, or as the log calls it: monitor2. */
Monitor *
monitor_named(const char *id)
{
	size_t		n = monitor_number(id);
	char		name[32];

	for (size_t i = 0; i < nmonitors && n == 0; i++)
	{
		snprintf(name, sizeof(name), "monitor%zu", i + 1);
		if (strcmp(name, id) == 0)
			n = i + 1;
	}
	return n ? monitors[n - 1] : NULL;
}

/* Over all callbacks of the same client and user. */
static int
monitors_of_vehicle(const Call *c)
{
	int			n = 0;

	for (size_t i = 0; i < nmonitors; i++)
		n += !monitors[i]->deleted && strcmp(monitors[i]->vehicle, c->v->id) == 0 &&
			monitors[i]->callback->account == c->callback->account &&
			strcmp(monitors[i]->callback->client, c->callback->client) == 0;
	return n;
}

json_t *
monitors_json(const Callback *cb)
{
	json_t	   *list = json_array();

	for (size_t i = 0; i < nmonitors; i++)
	{
		const Monitor *m = monitors[i];

		if (m->callback == cb)
			json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:b, s:O}",
				"number", (json_int_t) m->number, "id", m->id, "vin", m->vin,
				"status", m->status, "deleted", m->deleted, "monitor", m->param));
	}
	return list;
}

/* ---- answers ---- */

static void
monitor_link(Buf *b, const char *name, const Monitor *m)
{
	buf_printf(b, "{\"_links\":{\"%s\":{\"href\":\"" SIM_HREF "/user/vehicles/%s/callbacks/%s/monitors/%s\"}}",
			   name, m->vehicle, m->callback->id, m->id);
}

static void
monitor_dates(Buf *b, const char *status, int64_t created, int64_t updated)
{
	buf_printf(b, ",\"status\":\"%s\",\"createdAt\":", status);
	buf_time(b, created);
	LIT(b, ",\"updatedAt\":");
	buf_time(b, updated);
	LIT(b, "}");
}

static void
monitor_render(Buf *b, const Monitor *m)
{
	monitor_link(b, "self", m);
	buf_printf(b, ",\"monitorId\":\"%s\",\"monitor\":", m->id);
	buf_json(b, m->param);
	monitor_dates(b, m->status, m->created, m->updated);
}

static void
monitor_ref(Request *r, const Monitor *m, const char *status)
{
	r->status = 202;
	monitor_link(&r->body, "monitor", m);
	buf_printf(&r->body, ",\"monitorId\":\"%s\"", m->id);
	monitor_dates(&r->body, status, m->created, sim_now());
}

static void
monitor_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	(void) r;
	(void) ctx;
	monitor_render(b, monitors[row]);
}

void
answer_monitors(Call *c)
{
	Selection	sel = {0};
	Buf			path = {0};

	for (size_t i = 0; i < nmonitors; i++)
		if (is_here(c, monitors[i]))
			selection_add(&sel, (uint32_t) i);
	buf_printf(&path, "/user/vehicles/%s/callbacks/%s/monitors", c->v->id, c->callback->id);
	page_render(c->r, path.data, "monitors", &sel, "monitor", monitor_row, c);
	selection_free(&sel);
	buf_free(&path);
}

void
answer_monitor(Call *c)
{
	monitor_render(&c->r->body, c->monitor);
}

void
answer_monitor_post(Call *c)
{
	char		err[300];
	Monitor    *m;

	if (!callback_takes(c->callback, "Monitor"))
		body_wrong(c->r, "the callback is not for monitors");
	else if (!monitor_right(c->doc, err, sizeof(err)))
		body_wrong(c->r, err);
	else if (monitors_of_vehicle(c) >= MONITOR_LIMIT)
		body_wrong(c->r, "the vehicle has 5 monitors, which is the limit");
	else
	{
		m = monitor_new(c);
		monitor_ref(c->r, m, m->status);
		if (c->r->idle)
			monitor_free(monitors[--nmonitors]);
	}
}

void
answer_monitor_put(Call *c)
{
	char		err[300];

	if (!monitor_right(c->doc, err, sizeof(err)))
	{
		body_wrong(c->r, err);
		return;
	}
	monitor_ref(c->r, c->monitor, c->monitor->status);
	if (c->r->idle)
		return;
	json_decref(c->monitor->param);
	c->monitor->param = json_incref(c->doc);
	c->monitor->updated = sim_now();
}

void
answer_monitor_delete(Call *c)
{
	c->r->status = 204;
	c->r->content_type = NULL;
	if (!c->r->idle)
		c->monitor->deleted = true;
}

void
answer_monitor_status(Call *c)
{
	const char *said = strcmp(json_string_value(json_object_get(c->doc, "status")), "Paused") == 0 ? "Paused" : "Running";

	monitor_ref(c->r, c->monitor, said);
	if (c->r->idle)
		return;
	c->monitor->status = said;
	c->monitor->updated = sim_now();
}
