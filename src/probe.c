/*
 * probe.c
 *	  Single requests of the functions that ask how things stand.
 */
#include "postgres.h"

#include "pace.h"
#include "probe.h"
#include "request.h"
#include "utils/builtins.h"

Probe *
probe_create(const Account *account, bool patient)
{
	Probe	   *probe = palloc0(sizeof(Probe));

	probe->account = account;
	probe->http = account->http;
	if (!patient)
	{
		probe->http.retries = 0;
		probe->http.fresh = true;
	}
	probe->group = http_group_create(CurrentMemoryContext, &probe->http, pace_admit,
									 &probe->account);
	return probe;
}

void
probe_ask(Probe *probe, const Resource *resource, const char *vehicle_id, uint32 extensions,
		  const char *token, bool one, void *tag)
{
	StringInfoData url;

	initStringInfo(&url);
	appendStringInfoString(&url, probe->account->base_url);
	request_path(&url, resource->endpoint, vehicle_id, NULL, NULL, NULL);
	request_param_extensions(&url, extensions);
	if (resource->max_page_size > 0)
		request_param_int(&url, "pageSize", one ? 1 : resource->max_page_size);
	request_param(&url, "client_id", probe->account->client_id);
	if (token != NULL)
		request_param(&url, "pageToken", token);
	http_get(probe->group, url.data, request_headers(probe->account, resource->accept), tag);
}

HttpRequest *
probe_wait(Probe *probe)
{
	return http_wait(probe->group);
}

bool
probe_has_content(const HttpAnswer *answer)
{
	return answer->outcome == HTTP_ANSWERED && answer->status == 200 &&
		strstr(answer->content_type, "json") != NULL;
}

bool
probe_is_empty(const Resource *resource, const HttpAnswer *answer)
{
	Decoder    *decoder;
	PageEnvelope envelope;

	if (resource->shape != SHAPE_COLLECTION)
		return false;
	decoder = decoder_create(NULL, 0, resource->rows_key, NULL);
	return decode_begin(decoder, answer->body, answer->body_len, &envelope) == DECODE_ROW &&
		decode_row(decoder, NULL, NULL) == DECODE_END;
}

/* The catalog's own column of vehicles, as the decoder wants it. */
static DecodeColumn
vehicles_column(const char *name)
{
	const CatalogColumn *column = catalog_column(catalog_resource("vehicles"), name);
	DecodeColumn result = {.type = column->type,.conversion = column->conversion,
		.paths = column->paths,.scale_num = 1,.scale_den = 1};

	return result;
}

const Fault *
probe_vehicles(Probe *probe, const HttpAnswer *answer, ProbeVehicle use, void *arg, char **next)
{
	const Resource *resource = catalog_resource("vehicles");
	FaultContext context = {.resource = resource,.server_name = probe->account->server_name,
	.secrets = probe->account->secrets};
	DecodeColumn columns[] = {vehicles_column("id"), vehicles_column("vin"),
	vehicles_column("data_capabilities")};
	Decoder    *decoder = decoder_create(columns, lengthof(columns), resource->rows_key, NULL);
	PageEnvelope envelope;
	Datum		values[lengthof(columns)];
	bool		nulls[lengthof(columns)];
	DecodeResult result = decode_begin(decoder, answer->body, answer->body_len, &envelope);

	while (result == DECODE_ROW)
	{
		result = decode_row(decoder, values, nulls);
		if (result == DECODE_ROW && !nulls[0])
			use(TextDatumGetCString(values[0]), nulls[1] ? NULL : TextDatumGetCString(values[1]),
				values[2], nulls[2], arg);
	}
	*next = envelope.next_token;
	if (result == DECODE_BROKEN)
		return fault_of_content(&context, "the answer is not the JSON document that it should be",
								decoder_error(decoder));
	return NULL;
}

bool
scope_granted(const char *scopes, const char *scope)
{
	size_t		length = strlen(scope);

	while (*scopes != '\0')
	{
		size_t		n = strcspn(scopes, " ,");

		if (n == length && strncmp(scopes, scope, n) == 0)
			return true;
		scopes += n + strspn(scopes + n, " ,");
	}
	return false;
}
