/*
 * catalog_remote.c
 *	  The tables of what commands make: callbacks, and the monitors and remote
 *	  actions below a vehicle and a callback.
 *
 * A callback's answer holds what only its owner should know: the values of the
 * attributes that go with each event (an Authorization header, a token of the
 * query), and the tokens of devices.  No column shows them, and an address is
 * shown without what may be a password in it.
 */
#include "postgres.h"

#include "catalog_column.h"

static const CatalogColumn callbacks_columns[] = {
	TEXT("id", "id|callbackId", "id of the callback: callback_id of the other tables"),
	TEXT("label", "label|subscribe.label", "name that it was given"),
	LIST("types", "subscribe.type[]", "events that it is told of: Remote, Monitor",
		 .null_when = "it is told of both"),
	TEXT("kind", "subscribe.callback.webhook|subscribe.callback.websocket|subscribe.callback.pushnotif",
		 "how it is told: webhook, websocket, pushnotif", .conversion = CONV_PRESENCE),
	TEXT("target", "subscribe.callback.webhook.target|subscribe.callback.websocket.target",
		 "address to which events are sent, without user, password, query and fragment",
		 .conversion = CONV_ADDRESS, .null_when = "kind is pushnotif"),
	TEXT("status", "status", "whether events are sent: Running, Paused, Failed"),
};

/* The first columns of what lies below a vehicle and a callback. */
#define CALLBACK_COLUMNS \
	VEHICLE_COLUMNS, \
	TEXT("callback_id", "/user/callbacks: id", "id of the callback", .source = SRC_CALLBACK_ID)

static const CatalogColumn monitors_columns[] = {
	CALLBACK_COLUMNS,
	TEXT("id", "monitorId", "id of the monitor"),
	TEXT("label", "monitor.label", "name that it was given"),
	TEXT("bool_exp", "monitor.triggerParam.boolExp",
		 "when it fires: names of triggers with &, |, ! and parentheses"),
	JSON("triggers", "monitor.triggerParam.triggers",
		 "its triggers: an array of objects with a name and one of zone, time, data"),
	TEXT("status", "status", "whether it fires: Running, Paused, Failed"),
	CREATED_AT("when it was created"),
	UPDATED_AT("when it last changed"),
};

static const CatalogColumn remote_actions_columns[] = {
	CALLBACK_COLUMNS,
	TEXT("id", "remoteActionId", "id of the remote action, as the command returned it"),
	TEXT("type", "type", "what it is: Doors, Horn, Lights, WakeUp, ThermalPreconditioning, ..."),
	TEXT("status", "status",
		 "how far it is: Accepted, WakingUpVehicle, SentToVehicle, ...; at the end Success, AlreadyDone, Failed",
		 .null_when = "nothing is known yet"),
	TEXT("failure_cause", "failureCause", "why it failed: VehicleConnectionTimeout, DoorsOpen, ...",
		 .null_when = "status is not Failed"),
	TEXT("feedback_detail", "feedbackDetail",
		 "of a lock by force: NoCIDBlacklisted, CIDBlacklisted"),
};

const Resource catalog_callbacks = {
	.name = "callbacks",
	.parent = PARENT_ACCOUNT,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/callbacks",
	.object_endpoint = "/user/callbacks/{rid}",
	.rows_key = "callbacks",
	.accept = HAL,
	.of_commands = true,
	.has_id = true,
	.max_page_size = 60,
	.rows_per_parent = 2,
	.meaning = "where the API sends events: a command and a monitor need one",
	COLUMNS(callbacks_columns)
};

const Resource catalog_monitors = {
	.name = "monitors",
	.parent = PARENT_CALLBACK,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/vehicles/{id}/callbacks/{cbid}/monitors",
	.object_endpoint = "/user/vehicles/{id}/callbacks/{cbid}/monitors/{rid}",
	.rows_key = "monitors",
	.accept = HAL,
	.of_commands = true,
	.has_id = true,
	.max_page_size = 60,
	.rows_per_parent = 2,
	.meaning = "what the API watches of the vehicles, to send an event when it happens",
	COLUMNS(monitors_columns)
};

const Resource catalog_remote_actions = {
	.name = "remote_actions",
	.parent = PARENT_CALLBACK,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/vehicles/{id}/callbacks/{cbid}/remotes",
	.object_endpoint = "/user/vehicles/{id}/callbacks/{cbid}/remotes/{rid}",
	.rows_key = "remoteActions",
	.accept = HAL,
	.any_scope = "remote:door:write,remote:preconditioning:write,remote:horn:write,"
	"remote:charging:write,remote:lights:write,remote:wakeup:write,remote:navigation:write",
	.of_commands = true,
	.has_id = true,
	.max_page_size = 60,
	.rows_per_parent = 20,
	.meaning = "commands that were sent to the vehicles, and what became of them",
	COLUMNS(remote_actions_columns)
};
