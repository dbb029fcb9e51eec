/*
 * option_check.c
 *	  Checks one option: is its value well formed, and may the user set it.
 *
 * A value is repeated in a message only where its kind says that it cannot be
 * a secret, even when put in the wrong place.
 */
#include "postgres.h"

#include "decode.h"
#include "miscadmin.h"
#include "option.h"
#include "option_def.h"
#include "option_value.h"
#include "utils/builtins.h"
#include "words.h"

static bool
is_number(const OptionDef *def)
{
	return def->kind >= KIND_INTEGER;
}

/* True if the value may be repeated in a message. */
static bool
may_be_shown(const OptionDef *def)
{
	switch (def->kind)
	{
		case KIND_POINTER:
		case KIND_BOOLEAN:
		case KIND_CHOICE:
		case KIND_RESOURCE:
			return true;
		default:
			return is_number(def);
	}
}

/* Raises: the value is not what the option takes. */
static void
refuse_value(const OptionDef *def, const char *value, const char *reason)
{
	const char *hint = option_hint(def);

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_STRING_FORMAT),
			 may_be_shown(def) ?
			 errmsg("invalid value for option \"%s\": \"%s\"", def->name, value) :
			 errmsg("invalid value for option \"%s\"", def->name),
			 reason != NULL ? errdetail("%s", reason) : 0,
			 hint != NULL ? errhint("%s", hint) : 0));
}

/* Raises: out of range.  The bounds are shown in the unit of a number alone. */
static void
refuse_number(const OptionDef *def, const char *value)
{
	double		scale = def->kind == KIND_DURATION ? 1000.0 : 1.0;
	const char *unit = def->kind == KIND_DURATION ? " s" :
		def->kind == KIND_SIZE ? " B" : "";
	const char *hint = option_hint(def);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is outside the valid range for option \"%s\" (%.12g%s .. %.12g%s)",
					value, def->name, def->min / scale, unit, def->max / scale, unit),
			 hint != NULL ? errhint("%s", hint) : 0));
}

/* The value of a numeric option, in the unit of its kind; raises. */
double
number_of(const OptionDef *def, const char *value)
{
	const char *reason;
	double		number = 0;

	if (def->kind == KIND_INTEGER)
		reason = integer_parse(value, &number);
	else if (def->kind == KIND_REAL)
		reason = real_parse(value, &number);
	else if (def->kind == KIND_DURATION)
		reason = duration_parse(value, &number);
	else
		reason = size_parse(value, &number);
	if (reason != NULL)
		refuse_value(def, value, reason);

	/* written so that a NaN is refused too */
	if (!(number >= def->min && number <= def->max))
		refuse_number(def, value);
	return number;
}

/* The names of all resources; palloc'd. */
static const char **
resource_names(void)
{
	const char **names = palloc(sizeof(char *) * catalog_nresources);

	for (int i = 0; i < catalog_nresources; i++)
		names[i] = catalog_resources[i]->name;
	return names;
}

static int
count_choices(const OptionDef *def)
{
	int			count = 0;

	while (def->choices[count] != NULL)
		count++;
	return count;
}

const char *
option_hint(const OptionDef *def)
{
	switch (def->kind)
	{
		case KIND_FILE:
			return "Write the path of a PEM file on the database server, from the root.";
		case KIND_URL:
			return "Write \"https://host/path\", without a query.";
		case KIND_PROXY:
			return "Write \"https://host:port\" or \"http://host:port\".";
		case KIND_CALLBACK:
			return "Write \"https://host/path\", without a query.";
		case KIND_TIMESTAMP:
			return "Write \"2026-01-31 12:00:00+00\".";
		case KIND_POINTER:
			return "A JSON pointer (RFC 6901) is empty or begins with \"/\", and has \"~\" only as \"~0\" or \"~1\".";
		case KIND_BOOLEAN:
			return "Valid values are \"on\" and \"off\".";
		case KIND_DURATION:
			return "A duration is a number with \"us\", \"ms\", \"s\", \"min\", \"h\" or \"d\", or an interval of days and less; a number alone is seconds.";
		case KIND_SIZE:
			return "A size is a number with \"B\", \"kB\", \"MB\", \"GB\" or \"TB\"; a number alone is bytes.";
		case KIND_CHOICE:
			return psprintf("Valid values are: %s.", words_joined(def->choices, count_choices(def)));
		case KIND_RESOURCE:
			return psprintf("Resources are: %s.", words_joined(resource_names(), catalog_nresources));
		default:
			return NULL;
	}
}

/* A detail that names the candidate nearest to a value, or NULL. */
static const char *
likely_value(const char *value, const char *const *candidates, int count)
{
	const char *closest = closest_match(value, candidates, count);

	return closest ? psprintf("Perhaps you meant \"%s\".", closest) : NULL;
}

static void
check_choice(const OptionDef *def, const char *value)
{
	int			count = count_choices(def);

	for (int i = 0; i < count; i++)
	{
		if (strcmp(def->choices[i], value) == 0)
			return;
	}
	refuse_value(def, value, likely_value(value, def->choices, count));
}

const Resource *
check_resource(const OptionDef *def, const char *value)
{
	const Resource *resource = catalog_resource(value);

	if (resource == NULL)
		refuse_value(def, value,
					 likely_value(value, resource_names(), catalog_nresources));
	return resource;
}

/* Parses the value of a URL option; raises. */
static void
check_url(const OptionDef *def, const char *value, UrlParts *parts)
{
	const char *reason = url_parse(value, parts);

	/* without one, libcurl would take 1080 */
	if (reason == NULL && def->kind == KIND_PROXY && !parts->has_port)
		reason = "The URL has no port.";
	if (reason == NULL && def->kind == KIND_PROXY && parts->has_path)
		reason = "The URL has a path.";
	if (reason != NULL)
		refuse_value(def, value, reason);
}

/* Raises unless the value is well formed. */
void
check_value(const OptionDef *def, const char *value)
{
	const char *reason = NULL;
	bool		boolean;
	UrlParts	parts;

	switch (def->kind)
	{
		case KIND_ANY:
			return;
		case KIND_TEXT:
			reason = text_check(value);
			break;
		case KIND_TOKEN:
			reason = token_check(value);
			break;
		case KIND_FILE:
			reason = file_check(value);
			break;
		case KIND_URL:
		case KIND_PROXY:
		case KIND_CALLBACK:
			check_url(def, value, &parts);
			return;
		case KIND_TIMESTAMP:
			reason = timestamp_check(value);
			break;
		case KIND_POINTER:
			if (!json_pointer_is_valid(value))
				reason = "The value is not a JSON pointer.";
			break;
		case KIND_BOOLEAN:
			if (!parse_bool(value, &boolean))
				reason = "The value is not a truth value.";
			break;
		case KIND_CHOICE:
			check_choice(def, value);
			return;
		case KIND_RESOURCE:
			check_resource(def, value);
			return;
		case KIND_INTEGER:
		case KIND_REAL:
		case KIND_DURATION:
		case KIND_SIZE:
			number_of(def, value);
			return;
	}
	if (reason != NULL)
		refuse_value(def, value, reason);
}

/* ------------------------------------------------------------------------
 * Privileges
 * ------------------------------------------------------------------------
 */

/*
 * Raises when the value takes more than owning the server.
 *
 * As in postgres_fdw, the validator sees all options that the server will
 * have and not which of them change: so the owner of a server for which a
 * superuser has set a file or a foreign host cannot alter its options at all,
 * short of dropping that one.  That is as it should be: otherwise the owner
 * could lend the superuser's certificate to requests of his own making.
 */
void
check_privilege(const OptionDef *def, const char *value)
{
	UrlParts	url;

	if (superuser())
		return;

	if (def->kind == KIND_FILE)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for option \"%s\"", def->name),
				 errdetail("Only a superuser may set, or alter a server that has, an option that names a file."),
				 errhint("Ask a superuser to make the change, or drop the option.")));

	if (def->kind != KIND_URL && def->kind != KIND_PROXY && def->kind != KIND_CALLBACK)
		return;
	check_url(def, value, &url);

	/* nothing is sent to a callback by us: only that it is not in clear counts */
	if (def->kind == KIND_CALLBACK && !url.plain)
		return;
	if (host_is_built_in(&url) || host_is_allowed(&url))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for option \"%s\"", def->name),
			 errdetail("Only a superuser may set, or alter a server that has, a host beyond those of the vendor, or plain http."),
			 errhint("Ask a superuser to make the change, or to add \"%s\" to stellantis_fdw.allowed_hosts.",
					 host_entry(&url))));
}
