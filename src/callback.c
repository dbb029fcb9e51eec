/*
 * callback.c
 *	  Callbacks: create_callback() and its kin, and which one a command takes.
 *
 * The choice is stored nowhere: each statement makes it again, so that it is
 * right whoever has created, paused or deleted callbacks meanwhile.
 */
#include "postgres.h"

#include "argument.h"
#include "callback.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "option_value.h"
#include "server.h"
#include "form.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "words.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_create_callback(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_pause_callback(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_resume_callback(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_delete_callback(PG_FUNCTION_ARGS);

#define TYPES "Remote|Monitor"

/* An event says of which vehicle it is by this alone. */
#define DEFAULT_ATTRIBUTES "[{\"type\":\"Body\",\"key\":\"vin\",\"value\":\"$vin\"}]"

/* The label of one that is made because a command needs one. */
#define OUR_LABEL "stellantis_fdw"

#define LOOK "The foreign table callbacks shows whether it was."

/* What a path that names nothing has named. */
#define NEW_UNKNOWN "this address"

/*
 * Heavyweight lock of a mapping, by its "objsubid" in pg_locks (token_job.h has
 * others): of two commands that find no callback, one makes it.
 */
#define LOCK_CALLBACK	3

/* ---- which there are ---- */

static void
add_callback(const Datum *values, const bool *nulls, void *arg)
{
	List	  **list = arg;
	Callback   *callback = palloc0(sizeof(Callback));

	callback->id = TextDatumGetCString(values[0]);
	callback->status = nulls[1] ? NULL : TextDatumGetCString(values[1]);
	callback->takes_remote = nulls[2];
	if (!nulls[2])
	{
		Datum	   *types;
		bool	   *type_nulls;
		int			n;

		deconstruct_array(DatumGetArrayTypeP(values[2]), TEXTOID, -1, false, TYPALIGN_INT,
						  &types, &type_nulls, &n);
		for (int i = 0; i < n; i++)
			if (!type_nulls[i] && strcmp(TextDatumGetCString(types[i]), "Remote") == 0)
				callback->takes_remote = true;
	}
	*list = lappend(*list, callback);
}

static int
by_id(const ListCell *a, const ListCell *b)
{
	return strcmp(((const Callback *) lfirst(a))->id, ((const Callback *) lfirst(b))->id);
}

bool
callback_list(Command *command, List **list)
{
	static const DecodeColumn columns[] = {TEXT_MEMBER("id|callbackId"), TEXT_MEMBER("status"),
	LIST_MEMBER("subscribe.type[]")};
	const char *action = command->action;
	bool		is_whole;

	*list = NIL;
	command->action = "list the callbacks";
	is_whole = command_list(command, "/user/callbacks", NULL, "callbacks", columns, lengthof(columns),
							add_callback, list);
	command->action = action;
	list_sort(*list, by_id);
	return is_whole;
}

bool
callback_serves(const Callback *callback)
{
	return callback->takes_remote && callback->status != NULL && strcmp(callback->status, "Running") == 0;
}

/* ---- the choice ---- */

/* The first that will do; or NULL, and one that would if it ran, or NULL. */
static const char *
first_running(Command *command, const char **paused)
{
	List	   *callbacks;
	ListCell   *lc;

	*paused = NULL;
	(void) callback_list(command, &callbacks);
	foreach(lc, callbacks)
	{
		const Callback *callback = lfirst(lc);

		if (callback_serves(callback))
			return callback->id;
		if (*paused == NULL && callback->takes_remote)
			*paused = callback->id;
	}
	return NULL;
}

const char *
callback_known(const Command *command)
{
	return command->account->callback_id != NULL ? command->account->callback_id :
		command_recall(command, FACT_CALLBACK, "");
}

static void
no_callback(const Command *command, const char *paused)
{
	const char *server = command->account->server_name;

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("server \"%s\" has no running callback for remote actions", server),
			 errdetail("The API takes a command only by way of a callback, to which it tells what becomes of it.  Nothing has been sent to the vehicle."),
			 paused != NULL ?
			 errhint("Resume the one that there is with SELECT stellantis.resume_callback(%s).",
					 quote_literal_cstr(command_shown(command, paused))) :
			 errhint("Create one with stellantis.create_callback, or set the option callback_url of server \"%s\".", server)));
}

static const char *create(Command *command, const char *label, const char *target,
						  const char *types, const char *attributes);

/* Where callback_url says; what is said of it is not what is said of the command. */
static const char *
create_ours(Command *command)
{
	Command		words = *command;
	const char *id;

	command->action = "create a callback";
	command->scope = NULL;
	command->look = LOOK;
	command->advice = psprintf("Check the option callback_url of server \"%s\".",
							   command->account->server_name);
	command->unknown = NEW_UNKNOWN;
	id = create(command, OUR_LABEL, command->account->callback_url, NULL, DEFAULT_ATTRIBUTES);
	command->action = words.action;
	command->scope = words.scope;
	command->look = words.look;
	command->advice = words.advice;
	command->unknown = words.unknown;
	return id;
}

/* One at a time; another session may have done it meanwhile. */
static const char *
create_needed(Command *command, const char **paused)
{
	const char *id;
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, UserMappingRelationId, command->account->umid,
					   LOCK_CALLBACK);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
	id = first_running(command, paused);
	if (id == NULL)
		id = create_ours(command);
	LockRelease(&tag, ExclusiveLock, false);
	return id;
}

const char *
callback_choose(Command *command)
{
	const char *paused;
	const char *id = callback_known(command);

	if (id != NULL)
		return id;
	id = first_running(command, &paused);
	if (id == NULL && command->account->callback_url != NULL)
		id = create_needed(command, &paused);
	if (id == NULL)
		no_callback(command, paused);
	command_remember(command, FACT_CALLBACK, "", id);
	return id;
}

/* ---- create_callback ---- */

/* Sends it, and gives its id.  "types" and "attributes" are JSON, or NULL. */
static const char *
create(Command *command, const char *label, const char *target, const char *types,
	   const char *attributes)
{
	StringInfoData body;

	initStringInfo(&body);
	appendStringInfoString(&body, "{\"label\":");
	append_json_text(&body, label);
	if (types != NULL)
		appendStringInfo(&body, ",\"type\":%s", types);
	appendStringInfoString(&body, ",\"callback\":{\"webhook\":{\"target\":");
	append_json_text(&body, target);
	appendStringInfoString(&body, ",\"name\":");
	append_json_text(&body, label);
	if (attributes != NULL)
		appendStringInfo(&body, ",\"attributes\":%s", attributes);
	appendStringInfoString(&body, "}}}");

	command_forget(FACT_CALLBACK);
	return command_made(command, command_send(command, "POST", "/user/callbacks", body.data),
						"callback", "callbackId|id", "_links.callback.href|_links.self.href");
}

/* What an address must be: as the option callback_url. */
static char *
target_argument(FunctionCallInfo fcinfo, int argument)
{
	char	   *target = required_argument(fcinfo, argument, "target");
	UrlParts	url;
	const char *wrong = url_parse(target, &url);

	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"target\" is no address to which events can be pushed"),
				 errdetail_internal("%s", wrong),
				 errhint("Give the https address of your webhook; what is to follow it as a query are attributes of type Query.")));
	if (url.plain && !superuser() && !host_is_allowed(&url))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for plain http in argument \"target\""),
				 errdetail("Events tell where a car is and what it does."),
				 errhint("Use https, or ask a superuser to add \"%s\" to stellantis_fdw.allowed_hosts.",
						 host_entry(&url))));
	return target;
}

static const Form attribute_form[] = {
	{"type", FORM_WORD,.required = true,.words = "Header|Body|Query"},
	{"key", FORM_TEXT,.required = true},
	{"value", FORM_TEXT,.required = true},
	{NULL}
};

static char *
attributes_argument(FunctionCallInfo fcinfo, int argument)
{
	StringInfoData out;

	if (PG_ARGISNULL(argument))
		return DEFAULT_ATTRIBUTES;
	initStringInfo(&out);
	form_write_list(&out, PG_GETARG_JSONB_P(argument), "attributes", attribute_form, 1, 0);
	return out.data;
}

/* Shorter ones would strike out what is no secret at all. */
#define SHORTEST_SECRET	8

/*
 * By the value of an attribute a webhook knows who calls it: what the API says
 * of such a body may have it.  Those that begin with $ stand for something else.
 */
static const char *const *
attribute_secrets(FunctionCallInfo fcinfo, int argument)
{
	Jsonb	   *list;
	const char **secrets;
	int			n = 0;

	if (PG_ARGISNULL(argument))
		return NULL;
	list = PG_GETARG_JSONB_P(argument);
	secrets = palloc0(sizeof(char *) * (JB_ROOT_COUNT(list) + 1));
	for (int i = 0; i < JB_ROOT_COUNT(list); i++)
	{
		JsonbContainer *attribute = getIthJsonbValueFromContainer(&list->root, i)->val.binary.data;
		JsonbValue *value = getKeyJsonValueFromContainer(attribute, "value", strlen("value"), NULL);

		if (value->val.string.len >= SHORTEST_SECRET && value->val.string.val[0] != '$')
			secrets[n++] = pnstrdup(value->val.string.val, value->val.string.len);
	}
	return secrets;
}

PG_FUNCTION_INFO_V1(stellantis_create_callback);

/* create_callback(label, target, types, attributes, server): returns its id. */
Datum
stellantis_create_callback(PG_FUNCTION_ARGS)
{
	char	   *label = label_argument(fcinfo, 0, "label");
	char	   *target = target_argument(fcinfo, 1);
	char	   *types = words_argument(fcinfo, 2, "types", TYPES);
	char	   *attributes = attributes_argument(fcinfo, 3);
	Command    *command;

	command_prevent("create_callback()");
	command = command_begin(server_argument(fcinfo, 4));
	command->action = "create a callback";
	command->look = LOOK;
	command->unknown = NEW_UNKNOWN;
	command->secrets = attribute_secrets(fcinfo, 3);
	PG_RETURN_TEXT_P(cstring_to_text(create(command, label, target, types, attributes)));
}

/* ---- pause, resume, delete ---- */

/* Another status, or (NULL) no callback any more. */
static void
change(FunctionCallInfo fcinfo, const char *function, const char *verb, const char *status)
{
	char	   *id = id_argument(fcinfo, 0, "callback_id");
	Command    *command;

	command_prevent(function);
	command = command_begin(server_argument(fcinfo, 1));
	command->action = psprintf("%s callback \"%s\"", verb, id);
	command->look = "The foreign table callbacks shows how it is.";
	command->unknown = "the callback";
	command_forget(FACT_CALLBACK);
	if (status != NULL)
		(void) command_send(command, "PUT", command_path("user", "callbacks", id, "status"),
							psprintf("{\"status\":\"%s\"}", status));
	else
		(void) command_send(command, "DELETE", command_path("user", "callbacks", id), NULL);
}

PG_FUNCTION_INFO_V1(stellantis_pause_callback);

/* pause_callback(callback_id, server) */
Datum
stellantis_pause_callback(PG_FUNCTION_ARGS)
{
	change(fcinfo, "pause_callback()", "pause", "Paused");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(stellantis_resume_callback);

/* resume_callback(callback_id, server) */
Datum
stellantis_resume_callback(PG_FUNCTION_ARGS)
{
	change(fcinfo, "resume_callback()", "resume", "Running");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(stellantis_delete_callback);

/* delete_callback(callback_id, server): its monitors go with it. */
Datum
stellantis_delete_callback(PG_FUNCTION_ARGS)
{
	change(fcinfo, "delete_callback()", "delete", NULL);
	PG_RETURN_VOID();
}
