/*
 * motion.c
 *		Where a vehicle is, and how it is, at any instant of its trips; and
 *		the instants at which it speaks (telemetry, way points).
 *
 * Nothing here is stored: a message is computed from its index, so that a
 * million of them cost no memory.
 */
#include "sim.h"

#include <math.h>

/* The road bends once and wriggles, so that simplifying it has work to do. */
static void
place_on_road(const Trip *t, double f, State *s)
{
	double		dlat = t->lat[1] - t->lat[0];
	double		dlon = t->lon[1] - t->lon[0];
	double		bend = 0.15 * sin(M_PI * f) + 0.01 * sin(14 * M_PI * f);

	if (t->flags & TRIP_LONG)
	{
		/* a round tour that ends where it began */
		s->lat = t->lat[0] + 1.2 * sin(2 * M_PI * f) + 0.01 * sin(40 * M_PI * f);
		s->lon = t->lon[0] + 1.2 * (1 - cos(2 * M_PI * f));
		s->heading = (int) (360 * f) % 360;
		return;
	}
	s->lat = t->lat[0] + dlat * f - dlon * bend;
	s->lon = t->lon[0] + dlon * f + dlat * bend;
	s->heading = (int) (atan2(dlon, dlat) * 180 / M_PI + 360 + 30 * cos(14 * M_PI * f)) % 360;
}

static void
state_driving(const Trip *t, int64_t when, State *s)
{
	double		dur = t->stop > t->start ? (double) (t->stop - t->start) : 1;
	double		f = (double) (when - t->start) / dur;
	double		mean = (double) t->distance / dur * 3600;
	int64_t		minute = (when - t->start) / 60;

	s->odometer = t->odometer + (int64_t) floor((double) t->distance * f);
	s->elec = t->elec[0] - (int) ((t->elec[0] - t->elec[1]) * f);
	s->fuel = t->fuel[0] - (int) ((t->fuel[0] - t->fuel[1]) * f);
	place_on_road(t, f, s);
	s->known = (t->flags & TRIP_NO_POSITION) == 0;
	if (when > t->start && when < t->stop)
	{
		s->speed = (int) (mean * (1 + 0.35 * sin((double) minute * 1.7)));
		s->accel = (int) (minute % 13) - 6;
	}
}

/* Parked: a car that will leave with more than it came with is charging. */
static void
state_parked(const Vehicle *v, int64_t when, int prev, State *s)
{
	const Trip *p = prev >= 0 ? &v->trips[prev] : NULL;
	const Trip *n = (size_t) (prev + 1) < v->ntrips ? &v->trips[prev + 1] : NULL;

	s->lat = p ? p->lat[1] : n ? n->lat[0] : v->home_lat;
	s->lon = p ? p->lon[1] : n ? n->lon[0] : v->home_lon;
	s->odometer = p ? p->odometer + p->distance : n ? n->odometer : v->odometer;
	s->elec = p ? p->elec[1] : n ? n->elec[0] : v->elec;
	s->fuel = p ? p->fuel[1] : n ? n->fuel[0] : v->fuel;
	s->known = !v->privacy;
	s->heading = 90;
	if (p && n && n->elec[0] > p->elec[1] && n->start > p->stop)
	{
		double		f = (double) (when - p->stop) / (double) (n->start - p->stop);

		s->elec += (int) ((n->elec[0] - p->elec[1]) * f);
		s->charging = true;
	}
}

/* trip < 0 means parked after the trip prev. */
void
state_at(const Vehicle *v, int64_t t, int trip, int prev, State *s)
{
	memset(s, 0, sizeof(*s));
	s->t = t;
	s->trip = trip;
	s->alt = 40 + (v->number * 17) % 200;
	if (trip >= 0)
		state_driving(&v->trips[trip], t, s);
	else
		state_parked(v, t, prev, s);
}

/* The last trip that began at or before t, or -1. */
static int
trip_before(const Vehicle *v, int64_t t)
{
	size_t		lo = 0;
	size_t		hi = v->ntrips;

	while (lo < hi)
	{
		size_t		mid = (lo + hi) / 2;

		if (v->trips[mid].start <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (int) lo - 1;
}

static const TelBlock *
block_of(const Vehicle *v, int64_t i)
{
	size_t		lo = 0;
	size_t		hi = v->nblocks;

	while (lo + 1 < hi)
	{
		size_t		mid = (lo + hi) / 2;

		if (v->blocks[mid].first <= i)
			lo = mid;
		else
			hi = mid;
	}
	return &v->blocks[lo];
}

/* When message i was sent, on which trip (or -1) and after which. */
int64_t
tel_time(const Vehicle *v, int64_t i, int *trip, int *prev)
{
	int64_t		t;

	if (config.telemetry >= 0)
	{
		t = world.begin + (int64_t) ((double) (world.now - world.begin) * (double) i / (double) v->ntel);
		*prev = trip_before(v, t);
		*trip = *prev >= 0 && v->trips[*prev].stop >= t ? *prev : -1;
	}
	else
	{
		const TelBlock *b = block_of(v, i);

		t = b->start + (i - b->first) * b->step;
		*trip = b->trip;
		*prev = b->prev;
	}
	return t;
}

/* The first message at or after t. */
int64_t
tel_lower_bound(const Vehicle *v, int64_t t)
{
	int64_t		lo = 0;
	int64_t		hi = v->ntel;
	int			trip,
				prev;

	while (lo < hi)
	{
		int64_t		mid = lo + (hi - lo) / 2;

		if (tel_time(v, mid, &trip, &prev) < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* One point a minute and one at the end; none where positions are hidden. */
int
waypoint_count(const Trip *t)
{
	if (t->flags & TRIP_NO_POSITION)
		return 0;
	return (int) ((t->stop - t->start + 59) / 60) + 1;
}

void
waypoint_at(const Vehicle *v, const Trip *t, int i, State *s)
{
	int64_t		when = t->start + (int64_t) i * 60;

	if (when > t->stop)
		when = t->stop;
	state_at(v, when, (int) (t - v->trips), -1, s);
}
