/*
 * hook.c
 *		/_sim/hook: a webhook for those who have none.  It keeps what is posted
 *		to it, and answers as it was told to.
 */
#include "commands.h"

#define HOOK	"/_sim/hook"

static json_t *received;
static json_t *answers;			/* statuses; the last one stays */
static size_t answered;

void
hook_reset(void)
{
	json_decref(received);
	json_decref(answers);
	received = answers = NULL;
	answered = 0;
}

/* It has any number of names: /_sim/hook/NAME. */
bool
hook_mine(const Request *r)
{
	size_t		n = sizeof(HOOK) - 1;

	return strncmp(r->path, HOOK, n) == 0 && (r->path[n] == '\0' || r->path[n] == '/');
}

/* The status of the next answer; 0: the connection is closed without one. */
static int
next_answer(void)
{
	size_t		n = json_array_size(answers);

	if (n == 0)
		return 200;
	return (int) json_integer_value(json_array_get(answers, answered < n ? answered++ : n - 1));
}

static void
take(Request *r)
{
	json_t	   *query = json_array();
	json_t	   *body = json_loadb(r->upload.data ? r->upload.data : "", r->upload.len, 0, NULL);
	int			status = next_answer();

	for (size_t i = 0; i < r->nparams; i++)
		json_array_append_new(query, json_pack("[s, s]", r->params[i].name, r->params[i].value));
	if (received == NULL)
		received = json_array();
	json_array_append_new(received, json_pack("{s:s, s:o, s:O, s:o, s:i}", "path", r->path, "query", query,
											  "headers", r->all_headers, "body", body ? body : json_null(), "answer", status));
	r->status = status ? status : 200;
	if (status != 0)
		return;
	r->delivery = sim_alloc(sizeof(Delivery));
	r->delivery->drop = true;
	r->delivery->reset_after = r->delivery->truncate_after = r->delivery->stall_after = -1;
}

/* [500, 0, 204] */
static void
tell(Request *r)
{
	json_t	   *doc = control_upload(r);
	size_t		i;
	json_t	   *one;
	bool		right = json_is_array(doc);

	if (doc == NULL)
		return;
	json_array_foreach(doc, i, one)
		right = right && json_is_integer(one) && (json_integer_value(one) == 0 ||
												  (json_integer_value(one) >= 200 && json_integer_value(one) <= 599));
	if (!right)
	{
		control_refuse(r, 400, "a list of statuses is wanted, 0 for none");
		json_decref(doc);
		return;
	}
	json_decref(answers);
	answers = doc;
	answered = 0;
	control_json(r, json_incref(doc));
}

void
hook_answer(Request *r)
{
	if (strcmp(r->method, "POST") == 0)
		take(r);
	else if (strcmp(r->method, "GET") == 0)
		control_json(r, received ? json_incref(received) : json_array());
	else if (strcmp(r->method, "PUT") == 0)
		tell(r);
	else if (strcmp(r->method, "DELETE") == 0)
	{
		hook_reset();
		r->status = 204;
	}
	else
		control_refuse(r, 405, "no such method here");
}
