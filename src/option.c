/*
 * option.c
 *	  The validator, and the readers of what it has accepted.
 *
 * What options there are is in option_def.c, what each may be in
 * option_check.c.  The validator touches neither network nor files.
 */
#include "postgres.h"

#include <math.h>

#include "access/reloptions.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "option.h"
#include "option_def.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/varlena.h"
#include "words.h"

extern PGDLLEXPORT Datum stellantis_fdw_validator(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(stellantis_fdw_validator);

/* ------------------------------------------------------------------------
 * Names
 * ------------------------------------------------------------------------
 */

/*
 * Nearest is by edit distance, without regard to case.  As in PostgreSQL,
 * beyond 4 edits or half of the name there is no likeness.
 */
const char *
closest_match(const char *name, const char *const *candidates, int ncandidates)
{
	const char *closest = NULL;
	int			length = strlen(name);
	int			limit = Min(4, length / 2);
	char	   *lower;

	if (length >= NAMEDATALEN)
		return NULL;
	lower = asc_tolower(name, length);

	for (int i = 0; i < ncandidates; i++)
	{
		int			candidate_length = strlen(candidates[i]);
		char	   *candidate = asc_tolower(candidates[i], candidate_length);
		int			distance;

		distance = varstr_levenshtein_less_equal(lower, length,
												 candidate, candidate_length,
												 1, 1, 1, limit, true);
		if (distance <= limit)
		{
			closest = candidates[i];
			limit = distance - 1;
		}
		pfree(candidate);
		if (limit < 0)
			break;
	}
	pfree(lower);
	return closest;
}

/* Fills "names", of room for all options, with those of the contexts. */
static int
option_names(int contexts, const char **names)
{
	int			count = 0;

	for (int i = 0; i < option_ndefs; i++)
	{
		if (option_defs[i].contexts & contexts)
			names[count++] = option_defs[i].name;
	}
	return count;
}

/* Appends where an option belongs, and the statements that set it. */
static void
append_right_place(StringInfo buf, const OptionDef *def)
{
	int			found = 0;

	appendStringInfo(buf, "\"%s\" is an option of ", def->name);
	for (int i = 0; i < option_ncontexts; i++)
	{
		if (def->contexts & option_contexts[i].bit)
			appendStringInfo(buf, "%s%s", found++ > 0 ? " or " : "",
							 option_contexts[i].noun);
	}
	appendStringInfoString(buf, ": use ");
	found = 0;
	for (int i = 0; i < option_ncontexts; i++)
	{
		if (def->contexts & option_contexts[i].bit)
			appendStringInfo(buf, "%s%s", found++ > 0 ? ", " : "",
							 option_contexts[i].statement);
	}
	appendStringInfoString(buf, ".  ");
}

/* Raises: no such option here.  "context" is NULL where there are none. */
static void
refuse_option(const char *name, const OptionContext *context)
{
	const char **names = palloc(sizeof(char *) * option_ndefs);
	int			count = context ? option_names(context->bit, names) : 0;
	const OptionDef *elsewhere = find_option(name, ~0);
	const char *closest = closest_match(name, names, count);
	StringInfoData hint;

	initStringInfo(&hint);
	if (elsewhere != NULL)
		append_right_place(&hint, elsewhere);
	else if (closest != NULL)
		appendStringInfo(&hint, "Perhaps you meant the option \"%s\".  ", closest);
	else
	{
		const char **all = palloc(sizeof(char *) * option_ndefs);

		closest = closest_match(name, all, option_names(~0, all));
		if (closest != NULL)
		{
			appendStringInfo(&hint, "Perhaps you meant the option \"%s\".  ", closest);
			append_right_place(&hint, find_option(closest, ~0));
		}
	}

	if (count > 0)
	{
		appendStringInfo(&hint, "Valid options of %s are: %s.", context->noun,
						 words_joined(names, count));
	}
	else
		appendStringInfoString(&hint, "There are no valid options in this context.");

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 elsewhere != NULL && elsewhere->secret ?
			 errdetail("It is a secret, and options that stand here can be read by every user of the database.") : 0,
			 errhint("%s", hint.data)));
}

/* ------------------------------------------------------------------------
 * The validator
 * ------------------------------------------------------------------------
 */

/* The given value of an option, or NULL. */
static const char *
given_value(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *elem = lfirst(lc);

		if (strcmp(elem->defname, name) == 0)
			return defGetString(elem);
	}
	return NULL;
}

/* The resource of a foreign table; raises when there is none. */
static const Resource *
resource_of(List *options)
{
	const OptionDef *def = find_option("resource", ON_TABLE);
	const char *name = given_value(options, "resource");

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("option \"resource\" is missing"),
				 errdetail("It says which resource of the API the foreign table shows."),
				 errhint("%s", option_hint(def))));
	return check_resource(def, name);
}

/* True if some column of the resource has the unit that the option changes. */
static bool
has_unit(const Resource *resource, UnitOption unit)
{
	for (int i = 0; i < resource->ncolumns; i++)
	{
		if (resource->columns[i].unit_option == unit)
			return true;
	}
	return false;
}

/* True if a table option means something for a resource. */
static bool
option_applies(const char *name, const Resource *resource)
{
	if (strcmp(name, "page_size") == 0)
		return resource->max_page_size > 0;
	if (strcmp(name, "time_slack") == 0)
		return resource->time_column != NULL;
	if (strcmp(name, "consumption_unit") == 0)
		return has_unit(resource, UNIT_CONSUMPTION);
	if (strcmp(name, "max_speed_unit") == 0)
		return has_unit(resource, UNIT_MAX_SPEED);
	if (strcmp(name, "source") == 0)
		return strcmp(resource->name, "positions") == 0;
	return true;
}

/* Raises: the table's resource knows no such option. */
static void
refuse_for_resource(const char *name, const Resource *resource)
{
	const char **names = palloc(sizeof(char *) * catalog_nresources);
	int			count = 0;

	for (int i = 0; i < catalog_nresources; i++)
	{
		if (option_applies(name, catalog_resources[i]))
			names[count++] = catalog_resources[i]->name;
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("option \"%s\" does not apply to resource \"%s\"", name, resource->name),
			 errhint("Resources that take it are: %s.", words_joined(names, count))));
}

/* What the options of a foreign table must be together. */
static void
check_table(List *options)
{
	const Resource *resource = resource_of(options);
	const char *page_size = given_value(options, "page_size");
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *elem = lfirst(lc);

		if (!option_applies(elem->defname, resource))
			refuse_for_resource(elem->defname, resource);
	}
	if (page_size != NULL &&
		number_of(find_option("page_size", ON_TABLE), page_size) > resource->max_page_size)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is outside the valid range for option \"%s\" (%d .. %d)",
						page_size, "page_size", 1, resource->max_page_size),
				 errdetail("The API's pages of \"%s\" have at most %d rows.",
						   resource->name, resource->max_page_size)));
}

/* CREATE and ALTER refuse duplicates themselves; a direct call does not. */
static void
check_duplicates(List *options)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		const char *name = ((DefElem *) lfirst(lc))->defname;
		ListCell   *other;

		for_each_cell(other, options, lnext(options, lc))
		{
			if (strcmp(((DefElem *) lfirst(other))->defname, name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_OBJECT),
						 errmsg("option \"%s\" provided more than once", name)));
		}
	}
}

/* Says which options have no effect yet. */
static void
notice_unused(List *options, const OptionContext *context)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		const OptionDef *def = find_option(((DefElem *) lfirst(lc))->defname, context->bit);

		if (def->unused != NULL)
			ereport(NOTICE,
					(errmsg("option \"%s\" has no effect yet", def->name),
					 errdetail("%s", def->unused)));
	}
}

/*
 * VALIDATOR of the foreign data wrapper: all options that an object will
 * have, and the catalog that it lives in.
 */
Datum
stellantis_fdw_validator(PG_FUNCTION_ARGS)
{
	List	   *options;
	const OptionContext *context;
	ListCell   *lc;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_VOID();
	options = untransformRelOptions(PG_GETARG_DATUM(0));
	context = find_context(PG_GETARG_OID(1));

	foreach(lc, options)
	{
		DefElem    *elem = lfirst(lc);
		const OptionDef *def = NULL;

		if (context != NULL)
			def = find_option(elem->defname, context->bit);
		if (def == NULL)
			refuse_option(elem->defname, context);
		check_value(def, defGetString(elem));
		check_privilege(def, defGetString(elem));
	}
	if (context == NULL)
		PG_RETURN_VOID();

	check_duplicates(options);
	if (context->bit == ON_TABLE)
		check_table(options);
	notice_unused(options, context);

	PG_RETURN_VOID();
}

/* ------------------------------------------------------------------------
 * Readers
 * ------------------------------------------------------------------------
 */

/* The value of an option, given or default; NULL when there is neither. */
static const char *
text_value(List *options, int context, const char *name)
{
	const char *value = given_value(options, name);

	return value ? value : find_option(name, context)->initial;
}

/* The same of a number, which must have a value. */
static double
number_value(List *options, int context, const char *name)
{
	return number_of(find_option(name, context), text_value(options, context, name));
}

/* A duration that an int of milliseconds holds; rounded up, as 0 means none. */
static int
milliseconds_value(List *options, const char *name)
{
	return (int) ceil(number_value(options, ON_SERVER, name));
}

void
options_of_server(List *options, ServerOptions *result)
{
	const Brand *brand = find_brand(given_value(options, "brand"));
	bool		refresh = true;

	memset(result, 0, sizeof(ServerOptions));
	result->base_url = text_value(options, ON_SERVER, "base_url");
	result->auth_url = given_value(options, "auth_url");
	if (result->auth_url == NULL && brand != NULL)
		result->auth_url = brand->auth_url;
	result->realm = given_value(options, "realm");
	if (result->realm == NULL && brand != NULL)
		result->realm = brand->realm;
	result->client_id = given_value(options, "client_id");
	result->locale = given_value(options, "locale");
	result->callback_url = given_value(options, "callback_url");
	result->proxy = given_value(options, "proxy");
	result->ca_file = given_value(options, "ca_file");
	result->cert_file = given_value(options, "cert_file");
	result->key_file = given_value(options, "key_file");

	result->connect_timeout_ms = milliseconds_value(options, "connect_timeout");
	result->request_timeout_ms = milliseconds_value(options, "request_timeout");
	result->max_retry_wait_ms = milliseconds_value(options, "max_retry_wait");
	result->retries = (int) number_value(options, ON_SERVER, "retries");
	result->max_response_bytes = (int64) number_value(options, ON_SERVER, "max_response_bytes");
	result->concurrency = (int) number_value(options, ON_SERVER, "concurrency");
	result->requests_per_second = number_value(options, ON_SERVER, "requests_per_second");
	result->request_cost = number_value(options, ON_SERVER, "request_cost");
	result->warn_on_vehicle_error =
		strcmp(text_value(options, ON_SERVER, "on_vehicle_error"), "warn") == 0;
	(void) parse_bool(text_value(options, ON_SERVER, "refresh"), &refresh);
	result->refresh_off = !refresh;
}

void
options_of_mapping(List *options, MappingOptions *result)
{
	result->access_token = given_value(options, "access_token");
	result->refresh_token = given_value(options, "refresh_token");
	result->client_secret = given_value(options, "client_secret");
	result->key_password = given_value(options, "key_password");
	result->callback_id = given_value(options, "callback_id");
	result->scope = given_value(options, "scope");
	result->token_expires_at = given_value(options, "token_expires_at");
	result->refreshed_at = given_value(options, "refreshed_at");
	result->refresh_error = given_value(options, "refresh_error");
	result->refresh_blocked = given_value(options, "refresh_blocked");
}

void
options_of_table(Oid relid, TableOptions *result)
{
	List	   *options = GetForeignTable(relid)->options;

	memset(result, 0, sizeof(TableOptions));
	result->resource = resource_of(options);
	if (strcmp(result->resource->name, "positions") == 0 &&
		strcmp(text_value(options, ON_TABLE, "source"), "status") == 0)
		result->resource = &catalog_positions_of_status;
	result->account = given_value(options, "account");

	result->page_size = result->resource->max_page_size;
	if (given_value(options, "page_size") != NULL)
		result->page_size = (int) number_value(options, ON_TABLE, "page_size");
	result->time_slack_us = -1;
	if (given_value(options, "time_slack") != NULL)
		result->time_slack_us =
			(int64) rint(number_value(options, ON_TABLE, "time_slack") * 1000.0);
	result->consumption_as_spec =
		strcmp(text_value(options, ON_TABLE, "consumption_unit"), "spec") == 0;
	result->max_speed_in_mps =
		strcmp(text_value(options, ON_TABLE, "max_speed_unit"), "m/s") == 0;
}

const char *
option_of_column(Oid relid, AttrNumber attnum)
{
	return given_value(GetForeignColumnOptions(relid, attnum), "field");
}
