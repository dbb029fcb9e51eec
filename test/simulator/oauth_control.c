/*
 * oauth_control.c
 *		/_sim/oauth: enrolments shown, made, expired and revoked by hand.
 */
#include "oauth.h"

static bool
fail(char *err, size_t errlen, const char *why)
{
	snprintf(err, errlen, "%s", why);
	return false;
}

/* Names in an array or a string; what is not given is every data scope. */
static bool
scopes_given(json_t *value, unsigned *scopes, char *err, size_t errlen)
{
	size_t		i;
	json_t	   *item;

	*scopes = SCOPE_DATA;
	if (value == NULL)
		return true;
	*scopes = 0;
	if (json_is_string(value))
		*scopes = scopes_parse(json_string_value(value));
	json_array_foreach(value, i, item)
		if (json_is_string(item))
			*scopes |= scopes_parse(json_string_value(item));
	return *scopes != 0 || fail(err, errlen, "\"scopes\" wants names of scopes, \"all\" or \"everything\"");
}

/* A value that may be given, and then is not that of another token. */
static bool
value_given(json_t *obj, const char *key, const char **value, char *err, size_t errlen)
{
	json_t	   *v = json_object_get(obj, key);
	Family	   *f;
	bool		spent;

	*value = NULL;
	if (v == NULL || json_is_null(v))
		return true;
	if (!json_is_string(v) || json_string_length(v) == 0)
		return fail(err, errlen, "a token wants to be a string");
	*value = json_string_value(v);
	if (family_by_refresh(*value, &spent) || access_by_value(*value, &f))
		return fail(err, errlen, "there is such a token already");
	return true;
}

/* {"access_token": null}: none is issued. */
static json_t *
enrol(json_t *obj, char *err, size_t errlen)
{
	json_t	   *access = json_object_get(obj, "access_token");
	json_t	   *in = json_object_get(obj, "expires_in");
	json_t	   *left = json_object_get(obj, "requests_left");
	const char *refresh_value;
	const char *access_value;
	unsigned	scopes;
	Family	   *f;
	Access	   *a;

	if (!scopes_given(json_object_get(obj, "scopes"), &scopes, err, errlen) ||
		!value_given(obj, "refresh_token", &refresh_value, err, errlen) ||
		!value_given(obj, "access_token", &access_value, err, errlen))
		return NULL;
	f = family_new(scopes, refresh_value);
	if (!json_is_null(access))
	{
		a = family_issue(f, scopes, access_value);
		if (json_is_integer(in))
			a->expires_ms = machine_ms() + json_integer_value(in) * 1000;
		if (json_is_integer(left))
			a->requests_left = json_integer_value(left);
	}
	return family_json(f);
}

/* {"expire": true}, or one access token. */
static bool
expire(json_t *what, char *err, size_t errlen)
{
	Family	   *f;
	Access	   *a;

	if (json_is_true(what))
	{
		grants_expire();
		return true;
	}
	a = json_is_string(what) ? access_by_value(json_string_value(what), &f) : NULL;
	if (a == NULL)
		return fail(err, errlen, "\"expire\" wants true, or an access token");
	a->expires_ms = machine_ms();
	return true;
}

/* {"revoke": true}, a family's number, or a token of it. */
static bool
revoke(json_t *what, char *err, size_t errlen)
{
	Family	   *f = NULL;
	bool		spent;

	if (json_is_true(what))
	{
		grants_revoke_all("control");
		return true;
	}
	if (json_is_integer(what))
		f = family_by_id(json_integer_value(what));
	else if (json_is_string(what))
	{
		f = family_by_refresh(json_string_value(what), &spent);
		if (f == NULL)
			(void) access_by_value(json_string_value(what), &f);
	}
	if (f == NULL)
		return fail(err, errlen, "\"revoke\" wants true, the number of a family, or a token of it");
	family_revoke(f, "control");
	return true;
}

/* What is asked for is done; the answer, or NULL and why not. */
json_t *
oauth_control(json_t *obj, char *err, size_t errlen)
{
	static const char *const members[] = {
		"scopes", "refresh_token", "access_token", "expires_in", "requests_left", "expire", "revoke"
	};
	const char *key;
	json_t	   *value;
	size_t		i;

	if (!json_is_object(obj))
	{
		fail(err, errlen, "an object is wanted");
		return NULL;
	}
	json_object_foreach(obj, key, value)
	{
		for (i = 0; i < lengthof(members) && strcmp(members[i], key) != 0; i++)
			;
		if (i == lengthof(members))
		{
			snprintf(err, errlen, "unknown member \"%.40s\"", key);
			return NULL;
		}
	}
	if (json_object_get(obj, "expire"))
		return expire(json_object_get(obj, "expire"), err, errlen) ? grants_json() : NULL;
	if (json_object_get(obj, "revoke"))
		return revoke(json_object_get(obj, "revoke"), err, errlen) ? grants_json() : NULL;
	return enrol(obj, err, errlen);
}

json_t *
oauth_json(void)
{
	return grants_json();
}
