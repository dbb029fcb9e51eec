/*
 * remote_bodies.c
 *		What may be sent to a vehicle: a body names one kind of remote, and each
 *		kind has its own members.
 */
#include "commands.h"

static const Field door[] = {
	{.name = "state", .kind = F_WORD, .required = true, .words = "Locked|Unlocked"},
	{.name = "forced", .kind = F_BOOL},
	{0}
};

static const Field horn[] = {
	{.name = "state", .kind = F_WORD, .required = true, .words = "Activated|Unactivated"},
	{0}
};

static const Field lights[] = {
	{.name = "on", .kind = F_BOOL, .required = true},
	{0}
};

static const Field wake_up[] = {
	{.name = "action", .kind = F_WORD, .words = "WakeUp"},
	{0}
};

static const Field occurence[] = {
	{.name = "day", .kind = F_WORD, .required = true, .list = true, .least = 1, .words = DAYS},
	{0}
};

static const Field charging_program[] = {
	{.name = "start", .kind = F_CLOCK, .required = true},
	{.name = "end", .kind = F_CLOCK},
	{.name = "occurence", .kind = F_OBJECT, .members = occurence},
	{.name = "enabled", .kind = F_BOOL},
	{0}
};

static const Field schedule[] = {
	{.name = "nextDelayedTime", .kind = F_DATE},
	{.name = "programs", .kind = F_OBJECT, .list = true, .least = 1, .members = charging_program},
	{0}
};

static const Field preferences[] = {
	{.name = "level", .kind = F_WORD, .words = "Level1|Level2|Level3|Level4|Level5"},
	{.name = "type", .kind = F_WORD, .words = "Partial|Full"},
	{0}
};

static const Field charging[] = {
	{.name = "immediate", .kind = F_BOOL},
	{.name = "schedule", .kind = F_OBJECT, .members = schedule},
	{.name = "preferences", .kind = F_OBJECT, .members = preferences},
	{.name = "nextDelayedTime", .kind = F_DATE},
	{0}
};

static const Field program[] = {
	{.name = "slot", .kind = F_INT, .required = true, .min = 1, .max = 4},
	{.name = "actionsType", .kind = F_WORD, .words = "Set|Delete"},
	{.name = "enabled", .kind = F_BOOL},
	{.name = "start", .kind = F_CLOCK},
	{.name = "occurence", .kind = F_OBJECT, .members = occurence},
	{.name = "recurrence", .kind = F_WORD, .words = "None|Daily"},
	{0}
};

static const Field air_conditioning[] = {
	{.name = "immediate", .kind = F_BOOL},
	{.name = "programs", .kind = F_OBJECT, .list = true, .least = 1, .members = program},
	{0}
};

static const Field preconditioning[] = {
	{.name = "airConditioning", .kind = F_OBJECT, .required = true, .members = air_conditioning},
	{0}
};

static const Field point[] = {
	{.name = "type", .kind = F_WORD, .required = true, .words = "Point"},
	{.name = "coordinates", .kind = F_NUMBER, .required = true, .list = true, .least = 2, .most = 3},
	{0}
};

static const Field navigation[] = {
	{.name = "positions", .kind = F_OBJECT, .required = true, .list = true, .least = 1, .most = 10, .members = point},
	{.name = "driverApproval", .kind = F_BOOL},
	{0}
};

static const Field around[] = {
	{.name = "label", .kind = F_TEXT},
	{.name = "attributes", .kind = F_OBJECT, .list = true, .members = attributes_any},
	{.name = "callbackAttributes", .kind = F_OBJECT, .members = callback_attributes},
	{.name = "door", .kind = F_OBJECT, .members = door},
	{.name = "horn", .kind = F_OBJECT, .members = horn},
	{.name = "lights", .kind = F_OBJECT, .members = lights},
	{.name = "wakeUp", .kind = F_OBJECT, .members = wake_up},
	{.name = "charging", .kind = F_OBJECT, .members = charging},
	{.name = "preconditioning", .kind = F_OBJECT, .members = preconditioning},
	{.name = "navigation", .kind = F_OBJECT, .members = navigation},
	{0}
};

/* ---- what members say to each other ---- */

static bool
charging_right(json_t *body, char *err, size_t errlen)
{
	json_t	   *wanted = json_object_get(body, "preferences");
	json_t	   *when = json_object_get(body, "schedule");

	if (json_object_size(body) == 0)
		return schema_fail(err, errlen, "charging", "one of immediate|schedule|preferences is wanted");
	if (wanted && json_object_size(body) > 1)
		return schema_fail(err, errlen, "charging.preferences", "is to be alone");
	if (wanted && json_object_size(wanted) == 0)
		return schema_fail(err, errlen, "charging.preferences", "one of level|type is wanted");
	return when == NULL || schema_one_of(when, "nextDelayedTime|programs", "charging.schedule", err, errlen) != NULL;
}

static bool
preconditioning_right(json_t *body, char *err, size_t errlen)
{
	static const char *const set[] = {"enabled", "start", "occurence"};
	json_t	   *programs = json_object_get(json_object_get(body, "airConditioning"), "programs");
	size_t		i;
	json_t	   *one;
	char		where[80];

	json_array_foreach(programs, i, one)
	{
		const char *type = json_string_value(json_object_get(one, "actionsType"));

		if (type && strcmp(type, "Delete") == 0)
			continue;
		for (size_t k = 0; k < lengthof(set); k++)
		{
			if (json_object_get(one, set[k]))
				continue;
			snprintf(where, sizeof(where), "preconditioning.airConditioning.programs[%zu].%s", i, set[k]);
			return schema_fail(err, errlen, where, "missing");
		}
	}
	return true;
}

static bool
within(json_t *list, size_t i, double limit)
{
	double		v = json_number_value(json_array_get(list, i));

	return v >= -limit && v <= limit;
}

/* Longitude first. */
static bool
navigation_right(json_t *body, char *err, size_t errlen)
{
	size_t		i;
	json_t	   *one;
	char		where[60];

	json_array_foreach(json_object_get(body, "positions"), i, one)
	{
		json_t	   *at = json_object_get(one, "coordinates");

		if (within(at, 0, 180) && within(at, 1, 90))
			continue;
		snprintf(where, sizeof(where), "navigation.positions[%zu].coordinates", i);
		return schema_fail(err, errlen, where, "longitude and latitude are wanted");
	}
	return true;
}

/* ---- the kinds ---- */

static const RemoteKind kinds[] = {
	{"door", "Doors", "door", SCOPE_DOOR, "remote:door:write", NULL},
	{"horn", "Horn", "horn", SCOPE_HORN, "remote:horn:write", NULL},
	{"lights", "Lights", "lights", SCOPE_LIGHTS, "remote:lights:write", NULL},
	{"wakeUp", "WakeUp", "wakeup", SCOPE_WAKEUP, "remote:wakeup:write", NULL},
	{"charging", "ElectricBatteryChargingRequest", "charging", SCOPE_CHARGING, "remote:charging:write", charging_right},
	{"preconditioning", "ThermalPreconditioning", "preconditioning", SCOPE_PRECONDITIONING,
	"remote:preconditioning:write", preconditioning_right},
	{"navigation", "Navigation", "navigation", SCOPE_NAVIGATION, "remote:navigation:write", navigation_right},
};

/* Which remote a body is; NULL and why, when it is none or several. */
const RemoteKind *
remote_kind_of(json_t *doc, char *err, size_t errlen)
{
	const char *key = schema_one_of(doc, "door|horn|lights|wakeUp|charging|preconditioning|navigation", "", err, errlen);

	for (size_t i = 0; key && i < lengthof(kinds); i++)
		if (strcmp(kinds[i].key, key) == 0)
			return &kinds[i];
	return NULL;
}

bool
remote_right(const RemoteKind *kind, json_t *doc, char *err, size_t errlen)
{
	json_t	   *more = json_object_get(doc, "callbackAttributes");
	const char *how = NULL;

	if (!schema_check(doc, around, "", err, errlen) ||
		!attributes_safe(json_object_get(doc, "attributes"), "attributes", err, errlen))
		return false;
	if (more && ((how = schema_one_of(more, "webhook|websocket|pushnotif", "callbackAttributes", err, errlen)) == NULL ||
				 !attributes_safe(json_object_get(more, how), "callbackAttributes", err, errlen)))
		return false;
	return kind->right == NULL || kind->right(json_object_get(doc, kind->key), err, errlen);
}
