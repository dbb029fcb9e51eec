/*
 * commands.h
 *		What the side that commands shares: callbacks, monitors, remote actions,
 *		and the events that are pushed.
 *
 * Everything here is guarded by sim_lock.  Objects are never freed before a
 * reset: one that was deleted only says so, so that its number stays its own.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "api.h"
#include "schema.h"

#define ID_LEN	48

/* Bound to a client and a user. */
typedef struct Callback
{
	int64_t		number;			/* from 1, in the order of creation */
	char		id[ID_LEN];
	char		client[64];
	int64_t		account;
	json_t	   *subscribe;		/* as it came */
	const char *status;			/* Running, Paused, Failed */
	bool		deleted;
} Callback;

typedef struct Monitor
{
	int64_t		number;
	char		id[ID_LEN];
	Callback   *callback;
	char		vehicle[191];
	char		vin[18];
	json_t	   *param;			/* as it came */
	const char *status;
	int64_t		created;
	int64_t		updated;
	bool		deleted;
} Monitor;

/* What an action is at a time; without a status: it has none yet. */
typedef struct ActionState
{
	char		status[32];
	char		cause[48];
	char		feedback[32];
} ActionState;

typedef struct RemoteKind
{
	const char *key;			/* in the body */
	const char *type;
	const char *capability;
	unsigned	scope;
	const char *scope_name;
	bool		(*right) (json_t *body, char *err, size_t errlen);	/* NULL = the fields say it all */
} RemoteKind;

typedef struct Action
{
	int64_t		number;
	char		id[ID_LEN];
	Callback   *callback;
	char		vehicle[191];
	char		vin[18];
	const RemoteKind *kind;
	json_t	   *body;			/* as it came */
	ActionState *states;		/* what it goes through */
	size_t		nstates;
	size_t		at;
	int64_t		due_ms;			/* of the next state; INT64_MAX = not by the clock */
	int64_t		posted;			/* on the world's clock, seconds */
	int64_t		reads;			/* how often its state was asked */
	int64_t		reads_wanted;	/* before the last state comes */
} Action;

typedef enum RemoteAdvance
{
	ADVANCE_CLOCK, ADVANCE_READS, ADVANCE_CONTROL
} RemoteAdvance;

typedef enum RemoteAsleep
{
	ASLEEP_AUTO, ASLEEP_YES, ASLEEP_NO
} RemoteAsleep;

/* ---- attributes.c: what a callback, a monitor or a remote adds to events ---- */

extern const Field attributes_webhook[];
extern const Field attributes_websocket[];
extern const Field attributes_pushnotif[];
extern const Field attributes_any[];
extern const Field callback_attributes[];
extern bool attributes_safe(json_t *list, const char *where, char *err, size_t errlen);
extern void secrets_of(json_t *doc);
extern json_t *attributes_resolve(const Callback *cb, json_t *own, const Monitor *m, const Action *a);
extern bool target_loopback(const char *target);

/* ---- callbacks.c ---- */

extern bool callback_right(json_t *doc, char *err, size_t errlen);
extern Callback *callback_new(const char *client, int64_t account, json_t *subscribe);
extern Callback *callback_of(const Request *r, const char *id);
extern Callback *callback_named(const char *id);
extern size_t callback_number(const char *id);
extern bool callback_takes(const Callback *cb, const char *type);
extern const char *callback_kind(const Callback *cb);
extern json_t *callbacks_json(void);
extern void callbacks_reset(void);
extern void answer_callbacks(Call *c);
extern void answer_callback(Call *c);
extern void answer_callback_post(Call *c);
extern void answer_callback_put(Call *c);
extern void answer_callback_delete(Call *c);
extern void answer_callback_status(Call *c);

/* ---- monitors.c, boolexp.c ---- */

extern bool boolexp_right(const char *text, json_t *triggers, const char **why);
extern Monitor *monitor_of(const Call *c, const char *id);
extern Monitor *monitor_named(const char *id);
extern size_t monitor_number(const char *id);
extern void monitors_of_deleted(const Callback *cb);
extern json_t *monitors_json(const Callback *cb);
extern void monitors_reset(void);
extern void answer_monitors(Call *c);
extern void answer_monitor(Call *c);
extern void answer_monitor_post(Call *c);
extern void answer_monitor_put(Call *c);
extern void answer_monitor_delete(Call *c);
extern void answer_monitor_status(Call *c);

/* ---- remote_bodies.c: what each kind of remote may say ---- */

extern const RemoteKind *remote_kind_of(json_t *doc, char *err, size_t errlen);
extern bool remote_right(const RemoteKind *kind, json_t *doc, char *err, size_t errlen);

/* ---- remotes.c, remote_states.c ---- */

extern Action *action_of(const Call *c, const char *id);
extern Action *action_named(const char *id);
extern size_t action_number(const char *id);
extern Action *action_at(size_t i);
extern void actions_reset(void);
extern json_t *actions_json(void);
extern void answer_remotes(Call *c);
extern void answer_remote(Call *c);
extern void answer_remote_post(Call *c);

extern bool states_right(const char *text);
extern bool outcome_right(const char *text);
extern bool state_final(const ActionState *s);
extern bool action_done(const Action *a);
extern void action_begin(Action *a, const Vehicle *v);
extern void action_read(Action *a);
extern void action_go_on(Action *a, int64_t n);
extern bool action_finish(Action *a, const char *outcome);
extern void actions_advance(void);
extern int64_t actions_due(void);
extern bool action_rules_add(json_t *list, char *err, size_t errlen);
extern json_t *action_rules_json(void);
extern void action_states_reset(void);

/* ---- pushes.c: events and their way to the webhook; courier.c: who brings them ---- */

typedef enum PushState
{
	PUSH_WAITING, PUSH_DELIVERED, PUSH_GIVEN_UP, PUSH_DROPPED
} PushState;

typedef struct Push
{
	int64_t		serial;
	Callback   *callback;
	char	   *url;
	json_t	   *headers;		/* [[name, value], ...] */
	json_t	   *body;			/* an event, or an array of them */
	PushState	state;
	const char *why;			/* it was dropped */
	json_t	   *attempts;		/* [{status, error, at_ms}, ...] */
	int64_t		born_ms;
	int64_t		due_ms;
	bool		collecting;		/* a batch that may still grow */
	bool		under_way;
} Push;

extern void push_remote_event(Action *a);
extern void push_event(Callback *cb, json_t *event, json_t *attributes, bool batch);
extern void push_batch(Callback *cb, json_t *events);
extern json_t *event_new(const Callback *cb, const char *type, int64_t date, json_t *attributes);
extern Push *push_next(int64_t now, int64_t *due);
extern void push_result(int64_t serial, int status, const char *error);
extern void pushes_of_deleted(const Callback *cb);
extern json_t *pushes_json(void);
extern void pushes_text(Buf *b);
extern bool push_again(json_t *which, char *err, size_t errlen);
extern void pushes_reset(void);
extern bool courier_start(void);
extern void courier_wake(void);
extern void courier_end(void);

/* ---- commands.c ---- */

extern bool command_answer(Call *c);
extern void commands_reset(void);
extern void body_wrong(Request *r, const char *why);
extern void buf_json(Buf *b, json_t *doc);
extern size_t command_number(const char *kind, const char *id);

/* ---- control.c, commands_control.c ---- */

extern void control_json(Request *r, json_t *doc);
extern void control_refuse(Request *r, int status, const char *why);
extern json_t *control_upload(Request *r);
extern void callbacks_get(Request *r);
extern void callbacks_post(Request *r);
extern void remotes_get(Request *r);
extern void remotes_post(Request *r);
extern void events_post(Request *r);
extern void deliveries_get(Request *r);
extern void deliveries_post(Request *r);
extern void deliveries_delete(Request *r);
extern bool hook_mine(const Request *r);
extern void hook_answer(Request *r);
extern void hook_reset(void);

#endif
