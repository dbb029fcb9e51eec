/*
 * request.c
 *	  What goes over the wire: addresses, parameters, headers of a GET.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "request.h"

void
request_escaped(StringInfo url, const char *text)
{
	char	   *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);

	appendStringInfoString(url, http_escape(utf8));
}

void
request_path(StringInfo url, const char *endpoint, const char *vehicle_id,
			 const char *trip_id, const char *callback_id, const char *object_id)
{
	const struct
	{
		const char *place;
		const char *id;
	}			ids[] = {{"{id}", vehicle_id}, {"{tid}", trip_id}, {"{cbid}", callback_id},
	{"{rid}", object_id}};

	while (*endpoint != '\0')
	{
		int			i = 0;

		while (i < lengthof(ids) && strncmp(endpoint, ids[i].place, strlen(ids[i].place)) != 0)
			i++;
		if (i == lengthof(ids))
			appendStringInfoChar(url, *endpoint++);
		else
		{
			request_escaped(url, ids[i].id);
			endpoint += strlen(ids[i].place);
		}
	}
}

void
request_param(StringInfo url, const char *name, const char *value)
{
	appendStringInfo(url, "%c%s=", strchr(url->data, '?') == NULL ? '?' : '&', name);
	request_escaped(url, value);
}

void
request_param_int(StringInfo url, const char *name, int value)
{
	request_param(url, name, psprintf("%d", value));
}

void
request_param_extensions(StringInfo url, uint32 extensions)
{
	for (int i = 0; i < CATALOG_NEXTENSIONS; i++)
		if (extensions & (1U << i))
			request_param(url, "extension", catalog_extensions[i]);
}

const char **
request_headers(const Account *account, const char *accept)
{
	const char **headers = palloc0(sizeof(char *) * 4);
	int			n = 0;

	headers[n++] = psprintf("x-introspect-realm: %s", account->realm);
	headers[n++] = psprintf("Accept: %s", accept);
	if (account->access_token != NULL)
		headers[n++] = psprintf("Authorization: Bearer %s", account->access_token);
	return headers;
}

bool
request_id_is_possible(const char *id)
{
	return id[0] != '\0' && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}
