/*
 * option_def.c
 *	  The options as data.  The validator, the readers and the hints are derived
 *	  from it.  An option that was ever released stays here, so that a dump can
 *	  be restored.
 */
#include "postgres.h"

#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "option_def.h"

const OptionContext option_contexts[] = {
	{ForeignServerRelationId, ON_SERVER, "a server",
	"CREATE or ALTER SERVER"},
	{UserMappingRelationId, ON_MAPPING, "a user mapping",
	"CREATE or ALTER USER MAPPING"},
	{ForeignTableRelationId, ON_TABLE, "a foreign table",
	"CREATE or ALTER FOREIGN TABLE"},
	{AttributeRelationId, ON_COLUMN, "a column",
	"CREATE FOREIGN TABLE or ALTER FOREIGN TABLE ... ALTER COLUMN"},
};
const int	option_ncontexts = lengthof(option_contexts);

static const Brand brands[] = {
	{"peugeot", "clientsB2CPeugeot", "https://idpcvs.peugeot.com/am/oauth2"},
	{"citroen", "clientsB2CCitroen", "https://idpcvs.citroen.com/am/oauth2"},
	{"ds", "clientsB2CDS", "https://idpcvs.driveds.com/am/oauth2"},
	{"opel", "clientsB2COpel", "https://idpcvs.opel.com/am/oauth2"},
	{"vauxhall", "clientsB2CVauxhall", "https://idpcvs.vauxhall.co.uk/am/oauth2"},
};

static const char *const brand_choices[] = {"peugeot", "citroen", "ds", "opel", "vauxhall", NULL};
static const char *const vehicle_error_choices[] = {"error", "warn", NULL};
static const char *const consumption_choices[] = {"observed", "spec", NULL};
static const char *const speed_choices[] = {"km/h", "m/s", NULL};
static const char *const position_choices[] = {"lastPosition", "status", NULL};

#define MINUTE	(60 * 1000.0)
#define HOUR	(60 * MINUTE)
#define DAY		(24 * HOUR)
#define KB		1024.0
#define GB		(KB * KB * KB)

#define NOT_COUNTED		"This version does not count requests per day."
#define NOT_KEPT		"This version keeps nothing between statements."

const OptionDef option_defs[] = {
	/* SERVER: whose cars, and which application asks */

	/* sets the default realm and OAuth host */
	{"brand", ON_SERVER, KIND_CHOICE,.choices = brand_choices},
	/* application's client id, sent with every request; issued by the vendor */
	{"client_id", ON_SERVER, KIND_TOKEN},
	/* header x-introspect-realm; default the brand's */
	{"realm", ON_SERVER, KIND_TOKEN},
	/* language of labels, e.g. "fr-FR"; default the API's */
	{"locale", ON_SERVER, KIND_TOKEN},

	/* SERVER: where, and how securely */

	/* what the endpoints' paths are appended to; default the partner host */
	{"base_url", ON_SERVER, KIND_URL, "https://api-cert.groupe-psa.com/connectedcar/v4"},
	/* what "/authorize", "/access_token", "/token/revoke" are appended to; default the brand's */
	{"auth_url", ON_SERVER, KIND_URL},
	/* default none: the environment's proxy is ignored */
	{"proxy", ON_SERVER, KIND_PROXY},
	/* PEM of the authorities to trust; default the system's */
	{"ca_file", ON_SERVER, KIND_FILE},
	/* PEM of the client certificate that api-cert asks for */
	{"cert_file", ON_SERVER, KIND_FILE},
	/* PEM of its private key, unless cert_file holds that too */
	{"key_file", ON_SERVER, KIND_FILE},
	/* where the API is to push events: told to the API, never connected to */
	{"callback_url", ON_SERVER, KIND_CALLBACK},

	/* SERVER: how patiently; 0 = no limit, as for statement_timeout */

	/* name resolution, TCP and TLS together */
	{"connect_timeout", ON_SERVER, KIND_DURATION, "10 s", 0, HOUR},
	/* one attempt, counting only the time that is spent waiting */
	{"request_timeout", ON_SERVER, KIND_DURATION, "60 s", 0, DAY},
	/* a Retry-After beyond this fails at once; 0 = any does */
	{"max_retry_wait", ON_SERVER, KIND_DURATION, "60 s", 0, DAY},
	/* repeats of a GET after its first attempt */
	{"retries", ON_SERVER, KIND_INTEGER, "3", 0, 20},
	/* body after decompression; a full page of telemetry is about 6 MB */
	{"max_response_bytes", ON_SERVER, KIND_SIZE, "64MB", KB, GB},
	/* what a scan does when one vehicle of several fails */
	{"on_vehicle_error", ON_SERVER, KIND_CHOICE, "error",.choices = vehicle_error_choices},

	/* SERVER: how much */

	/* requests of a scan under way at once */
	{"concurrency", ON_SERVER, KIND_INTEGER, "8", 1, 64},
	/* 0 = no limit; the vendor's depends on the subscription (headers X-RateLimit-*) */
	{"requests_per_second", ON_SERVER, KIND_REAL, "0", 0, 10000},
	{"requests_per_day", ON_SERVER, KIND_INTEGER, "0", 0, 1e9,.unused = NOT_COUNTED},
	/* what the planner takes a request for, in its cost units: about 50 ms */
	{"request_cost", ON_SERVER, KIND_REAL, "1000", 0, 1e9},
	/* how long a collection is kept; default by resource; 0 = off */
	{"cache_ttl", ON_SERVER | ON_TABLE, KIND_DURATION, NULL, 0, 7 * DAY,.unused = NOT_KEPT},
	/* off: tokens are not refreshed (a clone would rotate them away) */
	{"refresh", ON_SERVER, KIND_BOOLEAN, "on"},

	/* USER MAPPING: the consent of one owner */

	{"access_token", ON_MAPPING, KIND_TOKEN,.secret = true},
	{"refresh_token", ON_MAPPING, KIND_TOKEN,.secret = true},
	/* of the application: in the mapping because a server's options are public */
	{"client_secret", ON_MAPPING, KIND_TEXT,.secret = true},
	/* passphrase of the private key */
	{"key_password", ON_MAPPING, KIND_TEXT,.secret = true},
	/* timestamptz's text; written at each refresh */
	{"token_expires_at", ON_MAPPING, KIND_TIMESTAMP},
	/* scopes as granted, as the token answer says them */
	{"scope", ON_MAPPING, KIND_ANY},
	/* a callback belongs to application and owner: for remote actions */
	{"callback_id", ON_MAPPING, KIND_TOKEN},
	/* written by the refresh alone */
	{"refreshed_at", ON_MAPPING, KIND_TIMESTAMP},
	{"refresh_error", ON_MAPPING, KIND_ANY},
	/* which tokens that error concerns, and until when no refresh is tried */
	{"refresh_blocked", ON_MAPPING, KIND_ANY},

	/* FOREIGN TABLE */

	{"resource", ON_TABLE, KIND_RESOURCE},
	/* constant value of the column "account" */
	{"account", ON_TABLE, KIND_TEXT},
	/* rows per page; default the endpoint's maximum, which is the limit (telemetry's is the largest) */
	{"page_size", ON_TABLE, KIND_INTEGER, NULL, 1, 2000},
	/* widens both ends of the time range that is sent; default by resource */
	{"time_slack", ON_TABLE, KIND_DURATION, NULL, 0, 366 * DAY},
	/* what trips send: centilitres and watt-hours as observed, or L and kWh as specified */
	{"consumption_unit", ON_TABLE, KIND_CHOICE, "observed",.choices = consumption_choices},
	/* what trips send as maxSpeed: owners disagree */
	{"max_speed_unit", ON_TABLE, KIND_CHOICE, "km/h",.choices = speed_choices},
	/* of positions: the vendor deprecates lastPosition, but it stands alone with its scope */
	{"source", ON_TABLE, KIND_CHOICE, "lastPosition",.choices = position_choices},

	/* COLUMN */

	/* pointer into the row's JSON, for what the catalog does not name; "" is the whole */
	{"field", ON_COLUMN, KIND_POINTER},
};
const int	option_ndefs = lengthof(option_defs);

const OptionDef *
find_option(const char *name, int contexts)
{
	for (int i = 0; i < option_ndefs; i++)
	{
		if ((option_defs[i].contexts & contexts) != 0 &&
			strcmp(option_defs[i].name, name) == 0)
			return &option_defs[i];
	}
	return NULL;
}

const OptionContext *
find_context(Oid catalog)
{
	for (int i = 0; i < option_ncontexts; i++)
	{
		if (option_contexts[i].catalog == catalog)
			return &option_contexts[i];
	}
	return NULL;
}

const Brand *
find_brand(const char *name)
{
	for (int i = 0; i < lengthof(brands); i++)
	{
		if (name != NULL && strcmp(brands[i].name, name) == 0)
			return &brands[i];
	}
	return NULL;
}
