/*
 * commands.c
 *		The endpoints that change something: callbacks, monitors, remotes; and
 *		what their answers have in common.
 *
 * A fault may want a request answered as ever without its being carried out
 * (Request.idle): then what is answered is made up, and nothing changes.
 */
#include "commands.h"

#include <strings.h>

/* Below which object an endpoint is. */
#define IN_VEHICLE	0x1
#define IN_CALLBACK	0x2
#define IN_MONITOR	0x4
#define IN_ACTION	0x8

typedef struct Command
{
	const char *method;
	const char *pattern;		/* as in api.c; {c}: a callback, {m}: a monitor, {r}: an action */
	const char *params;
	unsigned	in;
	const Field *body;			/* what is checked beforehand; NULL = none is read */
	void		(*answer) (Call *c);
} Command;

#define CALLBACKS	"user/callbacks"
#define CALLBACK	"user/callbacks/{c}"
#define BELOW		"user/vehicles/{v}/callbacks/{c}/"
#define IN_BOTH		(IN_VEHICLE | IN_CALLBACK)
#define PAGED		" indexRange pageSize pageToken "

/* An object whose members are checked later. */
static const Field any_body[] = {{0}};

static const Field status_body[] = {
	{.name = "status", .kind = F_WORD, .required = true, .words = "Running|Paused"},
	{0}
};

static const Command commands[] = {
	{"GET", CALLBACKS, PAGED "types ", 0, NULL, answer_callbacks},
	{"POST", CALLBACKS, " ", 0, any_body, answer_callback_post},
	{"GET", CALLBACK, " ", IN_CALLBACK, NULL, answer_callback},
	{"PUT", CALLBACK, " ", IN_CALLBACK, any_body, answer_callback_put},
	{"DELETE", CALLBACK, " ", IN_CALLBACK, NULL, answer_callback_delete},
	{"PUT", CALLBACK "/status", " ", IN_CALLBACK, status_body, answer_callback_status},
	{"GET", BELOW "monitors", PAGED, IN_BOTH, NULL, answer_monitors},
	{"POST", BELOW "monitors", " ", IN_BOTH, any_body, answer_monitor_post},
	{"GET", BELOW "monitors/{m}", " ", IN_BOTH | IN_MONITOR, NULL, answer_monitor},
	{"PUT", BELOW "monitors/{m}", " ", IN_BOTH | IN_MONITOR, any_body, answer_monitor_put},
	{"DELETE", BELOW "monitors/{m}", " ", IN_BOTH | IN_MONITOR, NULL, answer_monitor_delete},
	{"PUT", BELOW "monitors/{m}/status", " ", IN_BOTH | IN_MONITOR, status_body, answer_monitor_status},
	{"GET", BELOW "remotes", PAGED, IN_BOTH, NULL, answer_remotes},
	{"POST", BELOW "remotes", " ", IN_BOTH, any_body, answer_remote_post},
	{"GET", BELOW "remotes/{r}", " ", IN_BOTH | IN_ACTION, NULL, answer_remote},
};

/* ---- answers ---- */

static void
not_found(Request *r, const char *what)
{
	char		message[100];

	snprintf(message, sizeof(message), "Not Found: No %s was found.", what);
	answer_error(r, 404, 40400, message);
}

void
body_wrong(Request *r, const char *why)
{
	char		message[400];

	snprintf(message, sizeof(message), "Bad Request: %s.", why);
	answer_error(r, 400, 40000, message);
}

/* Short numbers stay short. */
void
buf_json(Buf *b, json_t *doc)
{
	char	   *dump = json_dumps(doc, JSON_COMPACT | JSON_REAL_PRECISION(15));

	buf_str(b, dump ? dump : "null");
	free(dump);
}

/* The number of an object in the order of creation; 0 = unknown. */
size_t
command_number(const char *kind, const char *id)
{
	if (strcmp(kind, "callbacks") == 0)
		return callback_number(id);
	if (strcmp(kind, "monitors") == 0)
		return monitor_number(id);
	return strcmp(kind, "remotes") == 0 ? action_number(id) : 0;
}

/* As it is at the start: nothing is there. */
void
commands_reset(void)
{
	pushes_reset();
	actions_reset();
	monitors_reset();
	callbacks_reset();
	hook_reset();
}

/* ---- what a request has to have ---- */

static bool
json_said(const Request *r)
{
	static const char *const types[] = {"application/json", "application/hal+json"};
	size_t		n = r->upload_type ? strcspn(r->upload_type, "; ") : 0;

	for (size_t i = 0; i < lengthof(types); i++)
		if (strlen(types[i]) == n && strncasecmp(r->upload_type, types[i], n) == 0)
			return true;
	return false;
}

static bool
body_read(Call *c, const Field *fields)
{
	Request    *r = c->r;
	json_error_t error;
	char		err[300];

	if (!json_said(r))
	{
		answer_gateway(r, 415, "Unsupported Media Type", "The Content-Type header is not supported by this resource");
		return false;
	}
	c->doc = json_loadb(r->upload.data ? r->upload.data : "", r->upload.len, JSON_REJECT_DUPLICATES, &error);
	if (c->doc)
		secrets_of(c->doc);
	if (!json_is_object(c->doc))
		body_wrong(r, "the body is no JSON object");
	else if (fields != any_body && !schema_check(c->doc, fields, "", err, sizeof(err)))
		body_wrong(r, err);
	else
		return true;
	return false;
}

/* Every object in the path is the requester's. */
static bool
objects_found(Call *c, unsigned in)
{
	Request    *r = c->r;

	if (in & IN_CALLBACK)
	{
		c->callback = callback_of(r, r->segments[in & IN_VEHICLE ? 4 : 2]);
		if (c->callback == NULL)
		{
			not_found(r, "callback");
			return false;
		}
	}
	if (in & IN_MONITOR)
		c->monitor = monitor_of(c, r->segments[6]);
	if (in & IN_ACTION)
		c->action = action_of(c, r->segments[6]);
	if ((in & IN_MONITOR) && c->monitor == NULL)
		not_found(r, "monitor");
	else if ((in & IN_ACTION) && c->action == NULL)
		not_found(r, "remote action");
	else
		return true;
	return false;
}

static void
carry_out(Call *c, const Command *cmd)
{
	Request    *r = c->r;
	Endpoint	e = {.pattern = cmd->pattern, .params = cmd->params, .page_max = 60};

	if (!params_known(r, &e))
		return;
	r->clock = sim_now();
	r->page_size = 60;
	if (!token_read_in(c) || !params_read(c, &e))
		return;
	if ((cmd->in & IN_VEHICLE) && c->v == NULL)
	{
		unknown_vehicle(r);
		return;
	}
	actions_advance();
	if (!objects_found(c, cmd->in) || (cmd->body && !body_read(c, cmd->body)))
		return;
	r->status = 200;
	r->content_type = "application/hal+json;charset=UTF-8";
	cmd->answer(c);
}

/* False: the path is none of these. */
bool
command_answer(Call *c)
{
	Request    *r = c->r;
	bool		known = false;

	for (size_t i = 0; i < lengthof(commands); i++)
	{
		const Command *cmd = &commands[i];

		if (!pattern_fits(cmd->pattern, r))
			continue;
		known = true;
		if (strcmp(cmd->method, r->method) != 0)
			continue;
		if (access_accept(r, false))
			carry_out(c, cmd);
		else
			answer_gateway(r, 406, "Not Acceptable", "The Accept header is not supported by this resource");
		json_decref(c->doc);
		return true;
	}
	if (known)
		answer_gateway(r, 405, "Method Not Allowed", "The method is not allowed for the requested URL");
	return known;
}
