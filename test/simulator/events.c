/*
 * events.c
 *		What happens to a vehicle on and beside its trips: alerts, alarms,
 *		collisions.
 */
#include "sim.h"

#define KIND_ALERT		3
#define KIND_ALARM		4
#define KIND_COLLISION	5

static Event *
event_add(Event **list, size_t *n, Vehicle *v, int kind, int64_t start)
{
	Event	   *e;

	if ((*n & (*n - 1)) == 0)
	{
		*list = realloc(*list, (*n ? *n * 2 : 1) * sizeof(Event));
		if (*list == NULL)
			abort();
	}
	e = &(*list)[(*n)++];
	memset(e, 0, sizeof(*e));
	e->start = e->created = e->updated = start;
	e->trip[0] = e->trip[1] = -1;
	hex_id(e->id, kind == KIND_ALARM ? 96 : 128, (uint64_t) kind, (uint64_t) v->number,
		   (uint64_t) start);
	return e;
}

static void
event_place(Event *e, const Vehicle *v, int trip, int prev)
{
	State		s;

	state_at(v, e->start, trip, prev, &s);
	e->has_position = s.known;
	e->lat = s.lat;
	e->lon = s.lon;
}

/* A fault seen on the road; it goes out on the next trip, if there was one. */
static void
alert_on_trip(Vehicle *v, int i, uint64_t h)
{
	const Trip *t = &v->trips[i];
	Event	   *e = event_add(&v->alerts, &v->nalerts, v, KIND_ALERT, t->start + (t->stop - t->start) / 3);

	e->type = pick(h >> 3, 12);
	e->variant = pick(h >> 9, 3);
	e->trip[0] = i;
	if ((size_t) i + 1 < v->ntrips && v->trips[i + 1].start + 60 <= world.now)
	{
		e->trip[1] = i + 1;
		e->end = e->updated = v->trips[i + 1].start + 60;
	}
	if (pick(h >> 20, 4) == 0 && e->start + 2 * 86400 <= world.now)
	{
		e->created = e->start + 2 * 86400;
		if (e->updated < e->created)
			e->updated = e->created;
	}
	event_place(e, v, i, -1);
}

static void
alert_parked(Vehicle *v, int i, uint64_t h)
{
	Event	   *e = event_add(&v->alerts, &v->nalerts, v, KIND_ALERT, v->trips[i].stop + 1200);

	e->type = 12 + pick(h >> 3, 4);
	e->variant = pick(h >> 9, 3);
	e->end = e->start + 5400;
	if (e->end > world.now)
		e->end = 0;
	e->updated = e->end ? e->end : e->start;
	event_place(e, v, -1, i);
}

/* The owner locks the car: armed, and disarmed before it leaves. */
static void
alarms_parked(Vehicle *v, int i, uint64_t h)
{
	const Trip *t = &v->trips[i];
	bool		next = (size_t) i + 1 < v->ntrips;
	int64_t		until = next ? v->trips[i + 1].start : world.now;
	Event	   *e = event_add(&v->alarms, &v->nalarms, v, KIND_ALARM, t->stop + 40);

	e->type = -1;
	e->variant = 1;
	if (pick(h >> 5, 2) == 0 && t->stop + 3600 < until)
	{
		e = event_add(&v->alarms, &v->nalarms, v, KIND_ALARM, t->stop + 1800);
		e->type = pick(h >> 13, 14);
		e->created = e->start + 6;
		event_place(e, v, -1, i);
	}
	if (next && until <= world.now)
	{
		e = event_add(&v->alarms, &v->nalarms, v, KIND_ALARM, until - 20);
		e->type = -1;
	}
}

static void
collision_add(Vehicle *v, int i, bool on_trip, uint64_t h)
{
	const Trip *t = &v->trips[i];
	int64_t		when = on_trip ? t->start + (t->stop - t->start) / 2 : t->stop + 900;
	Event	   *e = event_add(&v->collisions, &v->ncollisions, v, KIND_COLLISION, when);

	e->variant = pick(h >> 5, 6);
	e->trip[0] = on_trip ? i : -1;
	if (pick(h >> 11, 3) == 0)
		e->updated += 3600;
}

static int
event_compare(const void *a, const void *b)
{
	const Event *x = a;
	const Event *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return strcmp(x->id, y->id);
}

void
events_make(Vehicle *v)
{
	for (size_t i = 0; i < v->ntrips; i++)
	{
		uint64_t	h = sim_hash((uint64_t) config.seed, (uint64_t) v->number, (uint64_t) v->trips[i].start, 5);

		if (pick(h, 4) == 0 && v->trips[i].stop <= world.now)
			alert_on_trip(v, (int) i, h);
		/* what follows happens after the trip, so it needs some time since */
		if (v->trips[i].stop + 2000 > world.now)
			continue;
		if (pick(h, 9) == 1)
			alert_parked(v, (int) i, h);
		if (pick(h, 5) == 2)
			alarms_parked(v, (int) i, h);
		if (pick(h, 10) == 3)
			collision_add(v, (int) i, true, h);
		if (pick(h, 14) == 4)
			collision_add(v, (int) i, false, h);
	}
	qsort(v->alerts, v->nalerts, sizeof(Event), event_compare);
	qsort(v->alarms, v->nalarms, sizeof(Event), event_compare);
	qsort(v->collisions, v->ncollisions, sizeof(Event), event_compare);
}
