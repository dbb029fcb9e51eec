/*
 * option.h
 *	  Options: what may stand where, their values, and the validator.
 */
#ifndef STELLANTIS_OPTION_H
#define STELLANTIS_OPTION_H

#include "postgres.h"

#include "catalog.h"
#include "nodes/pg_list.h"
#include "utils/guc.h"

/* See option_def.c for the options' meanings, units and defaults. */
typedef struct ServerOptions
{
	const char *base_url;
	const char *auth_url;		/* NULL when neither auth_url nor brand is given */
	const char *realm;			/* NULL when neither realm nor brand is given */
	const char *client_id;		/* NULL when missing */
	const char *locale;
	const char *callback_url;
	const char *proxy;
	const char *ca_file;
	const char *cert_file;
	const char *key_file;
	int			connect_timeout_ms;
	int			request_timeout_ms;
	int			concurrency;
	int			retries;
	int			max_retry_wait_ms;
	int64		max_response_bytes;
	double		requests_per_second;
	double		request_cost;	/* planner's cost units */
	bool		warn_on_vehicle_error;
	bool		refresh_off;
} ServerOptions;

typedef struct MappingOptions
{
	const char *access_token;
	const char *client_secret;
	const char *refresh_token;
	const char *key_password;
	const char *callback_id;
	const char *scope;
	const char *token_expires_at;
	const char *refreshed_at;
	const char *refresh_error;
	const char *refresh_blocked;
} MappingOptions;

typedef struct TableOptions
{
	const Resource *resource;	/* never NULL: options_of_table() raises */
	const char *account;		/* or NULL */
	int			page_size;		/* the endpoint's maximum when not given */
	int64		time_slack_us;	/* -1 when not given */
	bool		consumption_as_spec;
	bool		max_speed_in_mps;
} TableOptions;

/* Is of a range of time only the beginning sent? */
static inline bool
sends_no_end(const TableOptions *table)
{
	return table->resource->lower_bound_only && table->time_slack_us < 0;
}

/* Read option lists that the validator has accepted; strings are not copied. */
extern void options_of_server(List *options, ServerOptions *result);
extern void options_of_mapping(List *options, MappingOptions *result);
extern void options_of_table(Oid relid, TableOptions *result);

/* The column option "field" of a column, or NULL. */
extern const char *option_of_column(Oid relid, AttrNumber attnum);

/*
 * The candidate nearest to "name", or NULL when none is near: for hints.
 */
extern const char *closest_match(const char *name, const char *const *candidates,
								 int ncandidates);

/* GUC stellantis_fdw.allowed_hosts */
extern char *allowed_hosts;
extern bool check_allowed_hosts(char **newval, void **extra, GucSource source);

#endif							/* STELLANTIS_OPTION_H */
