/*
 * world.c
 *		The vehicles and their trips, made from a seed.
 *
 * A vehicle lives from a fixed origin day on; every day's trips depend on the
 * seed, the vehicle and the day alone.  So a longer history, more vehicles or
 * a later clock add to the world without changing what was there, and the
 * odometer, the levels and the positions of two worlds agree.
 */
#include "sim.h"

#include <math.h>

#define HOUR	3600
#define DAY		86400
#define ORIGIN	days_from_civil(2024, 1, 1)

/* Every so many days a vehicle's special days come again. */
#define CYCLE	15

/* The first six vehicles are these, in this order; the others repeat some. */
const Model models[] = {
	{"VR3UHZKXZPT", "Peugeot", "e-208", "clientsB2CPeugeot", MOTOR_ELECTRIC, 46000, 165, 0, 290, 0},
	{"VR3UHZKXZPT", "Peugeot", "3008 Hybrid", "clientsB2CPeugeot", MOTOR_HYBRID, 12500, 190, 620, 55, 680},
	{"VF7SXHNSSNT", "Citro\xc3\xabn", "C3 \xc3\x89lys\xc3\xa9" "e", "clientsB2CCitroen", MOTOR_THERMIC, 0, 0, 560, 0, 720},
	{"W0VVHYDROPT", "Opel", "Vivaro-e Hydrogen", "clientsB2COpel", MOTOR_HYDROGEN, 10500, 60, 110, 45, 380},
	{"VR1ABCDSSNT", "DS", "DS 5", "clientsB2CDS", MOTOR_THERMIC, 0, 0, 690, 0, 800},
	{"W0VZTSXZPNT", "Vauxhall", "Grandland", "clientsB2CVauxhall", MOTOR_HYBRID, 13200, 200, 650, 50, 640},
};

World		world;

/* splitmix64 over four words: all the world's chance. */
uint64_t
sim_hash(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t	in[4] = {a, b, c, d};
	uint64_t	h = 0x9e3779b97f4a7c15u;

	for (int i = 0; i < 4; i++)
	{
		h ^= in[i] + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
		h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
		h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
		h ^= h >> 31;
	}
	return h;
}

int
pick(uint64_t hash, int n)
{
	return (int) ((hash >> 11) % (uint64_t) n);
}

/* n hex digits and a zero. */
void
hex_id(char *out, size_t n, uint64_t a, uint64_t b, uint64_t c)
{
	static const char hex[] = "0123456789abcdef";
	uint64_t	h = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (i % 16 == 0)
			h = sim_hash((uint64_t) config.seed ^ a << 56, b, c, i);
		out[i] = hex[h & 15];
		h >>= 4;
	}
	out[n] = '\0';
}

bool
has_electric(const Vehicle *v)
{
	return v->motor != MOTOR_THERMIC;
}

bool
has_fuel(const Vehicle *v)
{
	return v->motor != MOTOR_ELECTRIC;
}

static Trip *
trip_add(Vehicle *v)
{
	if ((v->ntrips & (v->ntrips - 1)) == 0)
	{
		v->trips = realloc(v->trips, (v->ntrips ? v->ntrips * 2 : 1) * sizeof(Trip));
		if (v->trips == NULL)
			abort();
	}
	memset(&v->trips[v->ntrips], 0, sizeof(Trip));
	return &v->trips[v->ntrips++];
}

static void
block_add(Vehicle *v, int64_t start, int step, int count, int trip, int prev)
{
	TelBlock   *b;

	if ((v->nblocks & (v->nblocks - 1)) == 0)
	{
		v->blocks = realloc(v->blocks, (v->nblocks ? v->nblocks * 2 : 1) * sizeof(TelBlock));
		if (v->blocks == NULL)
			abort();
	}
	b = &v->blocks[v->nblocks++];
	*b = (TelBlock) {start, step, count, (int) v->ntel, trip, prev};
	v->ntel += count;
}

/* What a trip uses up; v holds the odometer and the levels before it. */
static void
trip_burn(Vehicle *v, Trip *t)
{
	const Model *m = &models[v->model];
	double		km = (double) t->distance / 10;
	double		elec_km;

	t->share = v->motor == MOTOR_HYBRID ? (v->elec > 300 ? 0.6 : 0.2) : 1;
	elec_km = km * t->share;
	t->wh = has_electric(v) ? floor(elec_km * m->wh_km) : 0;
	t->cl = has_fuel(v) ? floor((km - (v->motor == MOTOR_HYBRID ? elec_km : 0)) * m->cl_km100 * 10) / 1000 : 0;
	t->odometer = v->odometer;
	t->elec[0] = v->elec;
	t->fuel[0] = v->fuel;
	t->elec[1] = has_electric(v) ? v->elec - (int) (t->wh * 1000 / m->battery) : 0;
	t->fuel[1] = has_fuel(v) ? v->fuel - (int) (km * 1000 / m->range_fuel * (v->motor == MOTOR_HYBRID ? 1 - t->share : 1)) : 0;
	if (t->elec[1] < 80)
		t->elec[1] = has_electric(v) ? (v->elec < 80 ? v->elec : 80) : 0;
	if (t->fuel[1] < 60)
		t->fuel[1] = has_fuel(v) ? (v->fuel < 60 ? v->fuel : 60) : 0;
	v->odometer += t->distance;
	v->elec = t->elec[1];
	v->fuel = t->fuel[1];
}

/* Where a trip leads: out and back home by turns. */
static void
trip_place(const Vehicle *v, Trip *t, uint64_t h, int leg)
{
	double		away = (double) t->distance / 10 * 0.8;
	double		bearing = (double) pick(h, 360) * M_PI / 180;
	double		lat = v->home_lat + away / 111.2 * cos(bearing);
	double		lon = v->home_lon + away / (111.2 * cos(v->home_lat * M_PI / 180)) * sin(bearing);

	t->lat[0] = t->lat[1] = v->home_lat;
	t->lon[0] = t->lon[1] = v->home_lon;
	if (leg < 2)
	{
		t->lat[1 - leg] = lat;
		t->lon[1 - leg] = lon;
	}
}

/* What is special about the k-th trip of a day. */
static unsigned
trip_specials(const Vehicle *v, int64_t day, int k)
{
	unsigned	flags = v->privacy ? TRIP_NO_POSITION : 0;

	switch ((day + 4 * v->number) % CYCLE)
	{
		case 0:
			return flags | (k == 0 ? TRIP_LATE : 0);
		case 5:
			return flags | (k == 1 ? TRIP_NO_START : 0);
		case 6:
			return flags | (k == 0 ? TRIP_DATA_LACKING : 0);
		case 7:
			return flags | (k == 1 ? TRIP_UNFINISHED | TRIP_NOT_DONE : 0);
		case 8:
			return flags | (k == 0 ? TRIP_UNSTARTED | TRIP_DATA_LACKING | TRIP_NO_POSITION : 0);
		case 9:
			return flags | TRIP_NO_CONSUMPTION | TRIP_NO_MAXSPEED;
		case 10:
			return flags | (k == 0 ? TRIP_NULL_POSITION : 0);
		case 12:
			return flags | (k == 0 ? TRIP_END_IS_START : 0);
		default:
			return flags;
	}
}

/* Only what lies in the world's days is kept; the rest made the odometer. */
static void
trip_keep(Vehicle *v, const Trip *t, int64_t begin)
{
	Trip	   *kept;
	int			prev = (int) v->ntrips - 1;

	if (t->start < begin || v->silent)
		return;
	kept = trip_add(v);
	*kept = *t;
	hex_id(kept->id, 128, 2, (uint64_t) v->number, (uint64_t) t->start);
	kept->tel_first = (int) v->ntel;
	kept->tel_count = (int) ((t->stop - t->start) / 60) + 1;
	block_add(v, t->start, 60, kept->tel_count, (int) v->ntrips - 1, prev);
}

static void
trip_dates(Trip *t, uint64_t h, int64_t now)
{
	t->created = t->stop;
	if (t->flags & TRIP_LATE)
	{
		t->created = t->stop + (2 + pick(h, 4)) * DAY + 1800;
		/* not uploaded yet: then it was not late */
		if (t->created > now)
		{
			t->created = t->stop;
			t->flags &= ~(unsigned) TRIP_LATE;
		}
	}
	t->updated = t->created + (pick(h, 3) == 0 ? 900 : 0);
	if (t->updated > now)
		t->updated = t->created;
}

/* The car is filled and charged before its day begins. */
static void
morning(Vehicle *v, int64_t day)
{
	uint64_t	h = sim_hash((uint64_t) config.seed, (uint64_t) v->number, (uint64_t) day, 7);

	if (has_electric(v) && v->elec < 850)
		v->elec = 850 + pick(h, 16) * 10;
	if (has_fuel(v) && v->fuel < 350)
		v->fuel = 950 + pick(h >> 8, 5) * 10;
}

static void
one_trip(Vehicle *v, int64_t day, int k, int64_t start, int minutes, int64_t tenths,
		 int leg, unsigned flags, int64_t begin, int64_t now)
{
	uint64_t	h = sim_hash((uint64_t) config.seed, (uint64_t) v->number, (uint64_t) day, (uint64_t) (100 + k));
	Trip		t = {0};

	t.start = start;
	t.stop = start + minutes * 60 + pick(h, 60);
	t.distance = tenths;
	t.flags = flags;
	if (t.stop > now)
		return;
	trip_burn(v, &t);
	/* out and back are the same road, so both legs share their bearing */
	trip_place(v, &t, sim_hash((uint64_t) config.seed, (uint64_t) v->number, (uint64_t) day, (uint64_t) (10 + k / 2)), leg);
	trip_dates(&t, h, now);
	trip_keep(v, &t, begin);
}

/* The trips of one day; true when the next day is taken by a long one. */
static bool
one_day(Vehicle *v, int64_t day, int64_t begin, int64_t now)
{
	static const int hours[] = {7, 11, 15, 19};
	uint64_t	h = sim_hash((uint64_t) config.seed, (uint64_t) v->number, (uint64_t) day, 1);
	int			special = (int) ((day + 4 * v->number) % CYCLE);
	int			n = pick(h, 3) == 0 ? 4 : 2;

	morning(v, day);
	if (special == 11)
		return false;
	if (special == 2)
	{
		if (day * DAY + 40 * HOUR > now)
			return true;
		one_trip(v, day, 0, day * DAY + 8 * HOUR + pick(h, 3000), (26 + pick(h, 10)) * 60,
				 6000 + pick(h, 3000), 2, TRIP_LONG | (v->privacy ? TRIP_NO_POSITION : 0), begin, now);
		return true;
	}
	for (int k = 0; k < n; k++)
	{
		/* and their length */
		uint64_t	leg = sim_hash((uint64_t) config.seed, (uint64_t) v->number, (uint64_t) day, (uint64_t) (10 + k / 2));
		int64_t		tenths = 31 + pick(leg, 420);
		int			minutes = (int) (tenths * 60 / 450) + 4 + pick(h >> (8 + k), 9);
		int64_t		start = day * DAY + hours[k] * HOUR + pick(sim_hash(leg, (uint64_t) k, 0, 0), 7000);

		one_trip(v, day, k, start, minutes, tenths, k % 2, trip_specials(v, day, k), begin, now);
	}
	return false;
}

/* One car is under way now, one has a last trip dated ahead of the clock. */
static void
last_trip(Vehicle *v, int64_t begin, int64_t now)
{
	Trip		t = {0};
	bool		ahead = v->number == 2;

	if (v->silent || v->number > 2 || v->number == 0)
		return;
	if (v->ntrips > 0 && v->trips[v->ntrips - 1].stop > now - 40 * 60)
		return;
	t.start = ahead ? now + 50 * 60 : now - 25 * 60;
	t.stop = ahead ? now + 95 * 60 : now - 30;
	t.distance = ahead ? 312 : 187;
	t.flags = ahead ? 0 : TRIP_NOT_DONE;
	trip_burn(v, &t);
	t.lat[0] = v->ntrips ? v->trips[v->ntrips - 1].lat[1] : v->home_lat;
	t.lon[0] = v->ntrips ? v->trips[v->ntrips - 1].lon[1] : v->home_lon;
	t.lat[1] = t.lat[0] + 0.07;
	t.lon[1] = t.lon[0] + 0.09;
	t.created = t.updated = ahead ? now : t.stop;
	v->driving = !ahead;
	trip_keep(v, &t, begin);
}

/* A parked car speaks twice in the night, unless it is on the road then. */
static void
night(Vehicle *v, int64_t day, int64_t begin, int64_t now, bool on_the_road)
{
	int64_t		t = day * DAY + 2 * HOUR;

	if (on_the_road || v->silent || t < begin || t + 3 * HOUR > now)
		return;
	block_add(v, t, 2 * HOUR, 2, -1, (int) v->ntrips - 1);
}

static void
vehicle_live(Vehicle *v, int64_t begin, int64_t now)
{
	int64_t		first = ORIGIN;
	bool		on_the_road = false;

	while (first * DAY > begin - 3 * DAY)
		first -= 366;
	v->odometer = 10000 + pick(sim_hash((uint64_t) config.seed, (uint64_t) v->number, 3, 0), 400000);
	v->elec = has_electric(v) ? 900 : 0;
	v->fuel = has_fuel(v) ? 900 : 0;
	for (int64_t day = first; day * DAY <= now; day++)
	{
		night(v, day, begin, now, on_the_road);
		if (on_the_road)
			on_the_road = false;
		else
			on_the_road = one_day(v, day, begin, now);
	}
	last_trip(v, begin, now);
	if (config.telemetry >= 0)
		v->ntel = config.telemetry;
}

static int
model_of(int number)
{
	static const int others[] = {0, 1, 2, 3, 0, 1};

	return number < 6 ? number : others[number % 6];
}

static void
vehicle_make(Vehicle *v, int number)
{
	uint64_t	h = sim_hash((uint64_t) config.seed, (uint64_t) number, 2, 0);
	Buf			href = {0};

	v->number = number;
	v->model = model_of(number);
	v->motor = models[v->model].motor;
	v->silent = number == 4;
	v->privacy = number == 5;
	hex_id(v->id, 190, 1, (uint64_t) number, 0);
	snprintf(v->vin, sizeof(v->vin), "%s%06d", models[v->model].vin, (number + 1) % 1000000);
	buf_printf(&href, SIM_HREF "/user/vehicles/%s", v->id);
	v->href = href.data;
	v->href_len = href.len;
	v->home_lat = 43.5 + (double) pick(h, 5500000) / 1e6;
	v->home_lon = 0.5 + (double) pick(h >> 7, 5500000) / 1e6;
	vehicle_live(v, world.begin, world.now);
	events_make(v);
}

void
world_free(void)
{
	for (size_t i = 0; i < world.nvehicles; i++)
	{
		Vehicle    *v = &world.vehicles[i];

		free(v->href);
		free(v->trips);
		free(v->blocks);
		free(v->alerts);
		free(v->alarms);
		free(v->collisions);
	}
	free(world.vehicles);
	memset(&world, 0, sizeof(world));
}

void
world_make(void)
{
	world_free();
	world.now = sim_now();
	world.begin = (world.now / DAY - config.days) * DAY;
	world.nvehicles = (size_t) config.vehicles;
	world.vehicles = sim_alloc(world.nvehicles * sizeof(Vehicle));
	for (size_t i = 0; i < world.nvehicles; i++)
		vehicle_make(&world.vehicles[i], (int) i);
	gzip_cache_clear();
}

Vehicle *
vehicle_by_id(const char *id)
{
	for (size_t i = 0; i < world.nvehicles; i++)
		if (strcmp(world.vehicles[i].id, id) == 0)
			return &world.vehicles[i];
	return NULL;
}

Trip *
trip_by_id(Vehicle *v, const char *id)
{
	for (size_t i = 0; i < v->ntrips; i++)
		if (strcmp(v->trips[i].id, id) == 0)
			return &v->trips[i];
	return NULL;
}

Event *
event_by_id(Event *list, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].id, id) == 0)
			return &list[i];
	return NULL;
}
