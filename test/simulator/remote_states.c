/*
 * remote_states.c
 *		What becomes of a remote action: the states it goes through, and when.
 *
 * All of them are settled when it is posted: by a rule made for it, by the knobs
 * remote_states and remote_outcome, or, "auto", by how the vehicle is and what
 * was sent to it before.
 */
#include "commands.h"

#include <ctype.h>

#define MAX_STATES 16

/* What is remembered of a vehicle, whoever asks. */
typedef struct Car
{
	char		id[191];
	int64_t		awake_until_ms;
	int			month;			/* of the world's clock, that wakeups are of */
	int64_t		wakeups;
	int64_t    *posts;			/* when; machine clock */
	size_t		nposts;
	struct
	{
		const RemoteKind *kind;
		bool		on;
	}			reached[4];		/* what it was brought to */
	size_t		nreached;
} Car;

static Car **cars;
static size_t ncars;
static json_t *rules;			/* for the next actions */

static Car *
car_of(const char *vehicle)
{
	Car		   *car;

	for (size_t i = 0; i < ncars; i++)
		if (strcmp(cars[i]->id, vehicle) == 0)
			return cars[i];
	car = sim_alloc(sizeof(Car));
	snprintf(car->id, sizeof(car->id), "%s", vehicle);
	cars = realloc(cars, (ncars + 1) * sizeof(Car *));
	if (cars == NULL)
		abort();
	return cars[ncars++] = car;
}

void
action_states_reset(void)
{
	for (size_t i = 0; i < ncars; i++)
	{
		free(cars[i]->posts);
		free(cars[i]);
	}
	free(cars);
	cars = NULL;
	ncars = 0;
	json_decref(rules);
	rules = NULL;
}

/* ---- states as text ---- */

static size_t
word(const char *s, char *out, size_t size)
{
	size_t		n = 0;

	while (isalnum((unsigned char) s[n]))
		n++;
	if (n == 0 || n >= size)
		return 0;
	memcpy(out, s, n);
	out[n] = '\0';
	return n;
}

/* STATUS[:CAUSE][/FEEDBACK], or None; where it ends, or NULL. */
static const char *
state_parse(const char *s, ActionState *out)
{
	size_t		n = word(s, out->status, sizeof(out->status));

	out->cause[0] = out->feedback[0] = '\0';
	if (n == 0)
		return NULL;
	s += n;
	if (*s == ':')
	{
		n = word(++s, out->cause, sizeof(out->cause));
		s += n;
	}
	if (n > 0 && *s == '/')
	{
		n = word(++s, out->feedback, sizeof(out->feedback));
		s += n;
	}
	if (strcmp(out->status, "None") == 0)
		out->status[0] = '\0';
	return n > 0 ? s : NULL;
}

static bool
states_parse(const char *s, ActionState *out, size_t *n)
{
	for (*n = 0; *n < MAX_STATES; s++)
	{
		s = state_parse(s, &out[(*n)++]);
		if (s == NULL || *s == '\0')
			return s != NULL;
		if (*s != ',')
			return false;
	}
	return false;
}

bool
states_right(const char *text)
{
	ActionState states[MAX_STATES];
	size_t		n;

	return *text == '\0' || states_parse(text, states, &n);
}

bool
outcome_right(const char *text)
{
	ActionState s;
	const char *end = state_parse(text, &s);

	return end && *end == '\0' &&
		(strcmp(text, "auto") == 0 || strcmp(text, "Never") == 0 || state_final(&s));
}

bool
state_final(const ActionState *s)
{
	return word_in("Success|AlreadyDone|Failed", s->status, strlen(s->status));
}

bool
action_done(const Action *a)
{
	return state_final(&a->states[a->at]);
}

/* ---- what a vehicle makes of an action by itself ---- */

static bool
is_asleep(const Car *car, const Vehicle *v)
{
	if (config.remote_asleep != ASLEEP_AUTO)
		return config.remote_asleep == ASLEEP_YES;
	return !v->driving && car->awake_until_ms <= machine_ms();
}

static bool
same_in_progress(const Action *a)
{
	const Action *other;

	for (size_t i = 0; (other = action_at(i)) != NULL; i++)
		if (other != a && other->states && other->kind == a->kind && strcmp(other->vehicle, a->vehicle) == 0 &&
			!action_done(other))
			return true;
	return false;
}

/* True: too many have come in the window, this one with them. */
static bool
too_many_posts(Car *car)
{
	int64_t		now = machine_ms();
	size_t		old = 0;

	while (old < car->nposts && car->posts[old] <= now - config.remote_window * 1000)
		old++;
	if (old > 0)
		memmove(car->posts, car->posts + old, (car->nposts - old) * sizeof(int64_t));
	car->nposts -= old;
	car->posts = realloc(car->posts, (car->nposts + 1) * sizeof(int64_t));
	if (car->posts == NULL)
		abort();
	car->posts[car->nposts++] = now;
	return config.remote_limit > 0 && (int64_t) car->nposts > config.remote_limit;
}

static int64_t
wakeups_this_month(Car *car)
{
	int			y,
				m,
				d;

	civil_from_days(sim_now() / 86400, &y, &m, &d);
	if (car->month != y * 12 + m)
		car->wakeups = 0;
	car->month = y * 12 + m;
	return car->wakeups;
}

/* Whether an action leaves a lasting state behind, and which. */
static bool
lasting(const Action *a, bool *on)
{
	json_t	   *body = json_object_get(a->body, a->kind->key);
	json_t	   *air = json_object_get(body, "airConditioning");
	json_t	   *v = json_object_get(body, "on");

	if (strcmp(a->kind->key, "door") == 0)
	{
		*on = strcmp(json_string_value(json_object_get(body, "state")), "Locked") == 0;
		return true;
	}
	if (strcmp(a->kind->key, "charging") == 0)
		v = json_object_size(body) == 1 ? json_object_get(body, "immediate") : NULL;
	else if (air)
		v = json_object_size(air) == 1 ? json_object_get(air, "immediate") : NULL;
	*on = json_is_true(v);
	return v != NULL;
}

static bool
already_done(const Car *car, const Action *a)
{
	bool		on;

	if (!lasting(a, &on))
		return false;
	for (size_t i = 0; i < car->nreached; i++)
		if (car->reached[i].kind == a->kind)
			return car->reached[i].on == on;
	return false;
}

static void
reach(Car *car, const Action *a)
{
	bool		on;
	size_t		i;

	if (!lasting(a, &on))
		return;
	for (i = 0; i < car->nreached && car->reached[i].kind != a->kind; i++)
		;
	if (i == lengthof(car->reached))
		return;
	car->reached[i].kind = a->kind;
	car->reached[i].on = on;
	car->nreached += i == car->nreached;
}

static bool
is_forced(const Action *a)
{
	return json_is_true(json_object_get(json_object_get(a->body, "door"), "forced"));
}

static const char *
by_itself(const Action *a, Car *car, const Vehicle *v, bool too_many)
{
	if (!remote_supported(v, a->kind->capability))
		return "Failed:MissingRights";
	if (same_in_progress(a))
		return "Failed:SameActionInProgress";
	if (too_many)
		return "Failed:TooManyRequestInShortTime";
	if (config.wakeup_quota >= 0 && is_asleep(car, v) && wakeups_this_month(car) >= config.wakeup_quota)
		return "Failed:TooManyWakeUpsOverMonth";
	if (already_done(car, a))
		return "AlreadyDone";
	return is_forced(a) ? "Success/NoCIDBlacklisted" : "Success";
}

/* ---- the order of states ---- */

static void
add(Action *a, const char *text)
{
	(void) state_parse(text, &a->states[a->nstates++]);
}

/* Refused by a check, it never was accepted. */
static bool
found_early(const char *cause)
{
	return word_in("MissingRights|SameActionInProgress|TooManyWakeUpsOverMonth|VehicleBatteryChargeTooLow|"
				   "TooManyRequestInShortTime|TooManyRequestSent", cause, strlen(cause));
}

/* Navigation says neither that it was accepted nor that the vehicle is woken. */
static void
order_of(Action *a, const char *outcome, bool asleep)
{
	ActionState last = {0};
	bool		navigation = strcmp(a->kind->key, "navigation") == 0;
	bool		silent;

	(void) state_parse(outcome, &last);
	silent = !navigation && strcmp(last.cause, "VehicleConnectionTimeout") == 0;
	if (!found_early(last.cause))
	{
		add(a, navigation ? "None" : "Accepted");
		if (silent || (asleep && !navigation))
			add(a, "WakingUpVehicle");
		if (!silent)
			add(a, "SentToVehicle");
	}
	if (strcmp(outcome, "Never") != 0)
		add(a, outcome);
}

static bool
rule_is_for(json_t *rule, const Action *a)
{
	const char *vin = json_string_value(json_object_get(rule, "vin"));
	const char *type = json_string_value(json_object_get(rule, "type"));

	return (vin == NULL || strcmp(vin, a->vin) == 0) &&
		(type == NULL || strcmp(type, a->kind->type) == 0 || strcmp(type, a->kind->key) == 0);
}

/* The first that is for this action, which is used up (to be released); or NULL. */
static json_t *
rule_take(const Action *a)
{
	size_t		i;
	json_t	   *rule;

	json_array_foreach(rules, i, rule)
	{
		if (!rule_is_for(rule, a))
			continue;
		json_incref(rule);
		json_array_remove(rules, i);
		return rule;
	}
	return NULL;
}

static void
settle(Action *a, const Vehicle *v)
{
	Car		   *car = car_of(a->vehicle);
	bool		too_many = too_many_posts(car);
	json_t	   *rule = rule_take(a);
	const char *states = rule ? json_string_value(json_object_get(rule, "states")) : config.remote_states;
	const char *outcome = rule ? json_string_value(json_object_get(rule, "outcome")) : config.remote_outcome;

	if (states && *states)
		(void) states_parse(states, a->states, &a->nstates);
	else
	{
		if (outcome == NULL || strcmp(outcome, "auto") == 0)
			outcome = by_itself(a, car, v, too_many);
		order_of(a, outcome, is_asleep(car, v));
	}
	json_decref(rule);
	(void) wakeups_this_month(car);
	for (size_t i = 0; i < a->nstates; i++)
		car->wakeups += strcmp(a->states[i].status, "WakingUpVehicle") == 0;
}

/* ---- on their way ---- */

static void
enter(Action *a)
{
	const ActionState *s = &a->states[a->at];
	Car		   *car = car_of(a->vehicle);

	if (strcmp(s->status, "SentToVehicle") == 0 || strcmp(s->status, "Success") == 0 || strcmp(s->status, "AlreadyDone") == 0)
		car->awake_until_ms = machine_ms() + config.remote_awake_ms;
	if (strcmp(s->status, "Success") == 0)
		reach(car, a);
	if (*s->status)
		push_remote_event(a);
}

void
action_begin(Action *a, const Vehicle *v)
{
	/* one more, that it may be finished by hand */
	a->states = sim_alloc((MAX_STATES + 1) * sizeof(ActionState));
	settle(a, v);
	a->reads_wanted = config.remote_reads;
	a->due_ms = config.remote_advance == ADVANCE_CLOCK ? machine_ms() + config.remote_step_ms : INT64_MAX;
	enter(a);
	courier_wake();
}

/* The last state may have to wait until the action was read often enough. */
static bool
may_go_on(const Action *a)
{
	return a->at + 1 < a->nstates && (!state_final(&a->states[a->at + 1]) || a->reads >= a->reads_wanted);
}

static void
go_on(Action *a)
{
	a->at++;
	if (a->due_ms != INT64_MAX)
		a->due_ms += config.remote_step_ms;
	enter(a);
}

/* Its state was told. */
void
action_read(Action *a)
{
	a->reads++;
	if (config.remote_advance == ADVANCE_READS && a->due_ms == INT64_MAX && may_go_on(a))
		go_on(a);
	courier_wake();
}

/* So many states further, whatever else it would wait for; n < 0: to the end. */
void
action_go_on(Action *a, int64_t n)
{
	for (; n != 0 && a->at + 1 < a->nstates; n--)
		go_on(a);
	courier_wake();
}

/* Ends now, and so. */
bool
action_finish(Action *a, const char *outcome)
{
	ActionState last;

	if (!outcome_right(outcome) || state_parse(outcome, &last) == NULL || !state_final(&last) || action_done(a))
		return false;
	a->states[a->at + 1] = last;
	a->nstates = a->at + 2;
	action_go_on(a, -1);
	return true;
}

/* What is due by now has happened. */
void
actions_advance(void)
{
	int64_t		now = machine_ms();
	Action	   *a;

	for (size_t i = 0; (a = action_at(i)) != NULL; i++)
		while (a->due_ms <= now && may_go_on(a))
			go_on(a);
}

/* When the next state is due. */
int64_t
actions_due(void)
{
	int64_t		due = INT64_MAX;
	const Action *a;

	for (size_t i = 0; (a = action_at(i)) != NULL; i++)
		if (a->due_ms < due && may_go_on(a))
			due = a->due_ms;
	return due;
}

/* ---- rules by hand ---- */

static bool
rule_right(json_t *rule)
{
	const char *name;
	json_t	   *v;

	if (json_is_string(rule))
		return outcome_right(json_string_value(rule));
	if (!json_is_object(rule))
		return false;
	json_object_foreach(rule, name, v)
	{
		if (!json_is_string(v) || !word_in("outcome|states|vin|type", name, strlen(name)))
			return false;
		if (strcmp(name, "outcome") == 0 && !outcome_right(json_string_value(v)))
			return false;
		if (strcmp(name, "states") == 0 && !states_right(json_string_value(v)))
			return false;
	}
	return true;
}

bool
action_rules_add(json_t *list, char *err, size_t errlen)
{
	size_t		i;
	json_t	   *rule;

	json_array_foreach(list, i, rule)
		if (!rule_right(rule))
			return schema_fail(err, errlen, "next", "outcomes are wanted, or objects of outcome, states, vin, type");
	if (!json_is_array(list))
		return schema_fail(err, errlen, "next", "a list is wanted");
	if (rules == NULL)
		rules = json_array();
	json_array_foreach(list, i, rule)
		json_array_append_new(rules, json_is_string(rule) ? json_pack("{s:O}", "outcome", rule) : json_incref(rule));
	return true;
}

json_t *
action_rules_json(void)
{
	return rules ? json_incref(rules) : json_array();
}
