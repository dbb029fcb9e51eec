/*
 * render_trip.c
 *		The documents of what happened: trips, way points, alerts, alarms,
 *		collisions.
 */
#include "sim.h"

static void
trip_position(Buf *b, const Trip *t, int end)
{
	bool		null = (t->flags & TRIP_NULL_POSITION) && end == 0;

	buf_printf(b, ",\"%s\":", end ? "stopPosition" : "startPosition");
	render_position(b, t->lat[end], t->lon[end], 0, 0, null ? -1 : end ? 212 : 12, -1, null ? -1 : 0);
}

static void
level(Buf *b, const char *type, const char *sub, int tenths, int range)
{
	buf_printf(b, "{\"type\":\"%s\",\"subType\":\"%s\",\"level\":", type, sub);
	/* 82 and 82.0 are the same and both are sent */
	buf_fix(b, (double) tenths / 10, tenths % 20 == 0 ? 0 : 1);
	LIT(b, ",\"autonomy\":");
	buf_int(b, (int64_t) tenths * range / 1000);
	LIT(b, "}");
}

/* A hybrid lists its two energies in either order. */
static void
trip_energies(Buf *b, const Vehicle *v, const Trip *t, int end)
{
	const Model *m = &models[v->model];
	int			from = (t->flags & TRIP_END_IS_START) ? 0 : end;
	const char *fossil = v->motor == MOTOR_HYDROGEN ? "Hydrogen" : "FossilEnergy";
	bool		electric_first = v->model == 5 || (t->start / 86400) % 4 == 0;

	buf_printf(b, ",\"%s\":[", end ? "endEnergies" : "startEnergies");
	for (int pass = 0, n = 0; pass < 2; pass++)
	{
		bool		electric = (pass == 0) == electric_first;

		if (!(electric ? has_electric(v) : has_fuel(v)))
			continue;
		if (n++)
			LIT(b, ",");
		if (electric)
			level(b, "Electric", "ElectricEnergy", t->elec[from], m->range_elec);
		else
			level(b, "Fuel", fossil, t->fuel[from], m->range_fuel);
	}
	LIT(b, "]");
}

/* cL and Wh; the means are per 100 km. */
static void
trip_consumption(Buf *b, const Vehicle *v, const Trip *t)
{
	double		km = (double) t->distance / 10;
	bool		first = true;

	LIT(b, ",\"energyConsumptions\":[");
	if (t->flags & TRIP_NO_CONSUMPTION)
	{
		LIT(b, "]");
		return;
	}
	if (has_fuel(v))
	{
		buf_printf(b, "{\"type\":\"Fuel\",\"subType\":\"%s\",\"consumption\":",
				   v->motor == MOTOR_HYDROGEN ? "Hydrogen" : "FossilEnergy");
		buf_fix(b, t->cl, 3);
		LIT(b, ",\"avgConsumption\":");
		buf_fix(b, km > 0 ? t->cl / km * 100 : 0, 3);
		LIT(b, "}");
		first = false;
	}
	if (has_electric(v))
	{
		if (!first)
			LIT(b, ",");
		LIT(b, "{\"type\":\"Electric\",\"subType\":\"ElectricEnergy\",\"consumption\":");
		buf_fix(b, t->wh, 1);
		LIT(b, ",\"avgConsumption\":");
		buf_fix(b, km > 0 ? t->wh / km * 100 : 0, 1);
		LIT(b, "}");
	}
	LIT(b, "]");
}

static void
segment(Buf *b, const char *propulsion, double share, double km)
{
	buf_printf(b, "{\"propulsion\":\"%s\",\"percent\":", propulsion);
	buf_fix(b, share * 100, 1);
	LIT(b, ",\"distance\":");
	buf_fix(b, km, 1);
	LIT(b, "}");
}

/* A hybrid's electric way comes in two pieces, which are to be summed. */
static void
trip_segments(Buf *b, const Vehicle *v, const Trip *t)
{
	double		km = (double) t->distance / 10;
	double		piece = (double) ((int64_t) ((double) t->distance * t->share / 2)) / 10;

	LIT(b, ",\"segments\":[");
	if (v->motor == MOTOR_THERMIC)
		segment(b, "Thermal", 1, km);
	else if (v->motor != MOTOR_HYBRID)
		segment(b, "Electric", 1, km);
	else
	{
		segment(b, "Electric", piece / km, piece);
		LIT(b, ",");
		segment(b, (t->start / 60) % 2 ? "Thermal" : "Hybrid", 1 - 2 * piece / km, km - 2 * piece);
		LIT(b, ",");
		segment(b, "Electric", piece / km, piece);
	}
	LIT(b, "]");
}

static void
trip_faults(Buf *b, const Trip *t)
{
	const char *comma = "";

	if (!(t->flags & TRIP_FAULTS))
		return;
	LIT(b, ",\"faults\":[");
	if (t->flags & TRIP_UNSTARTED)
	{
		LIT(b, "{\"fault\":\"Unstarted\",\"cause\":\"GeoPrivacy\"}");
		comma = ",";
	}
	if (t->flags & TRIP_UNFINISHED)
	{
		buf_str(b, comma);
		LIT(b, "{\"fault\":\"Unfinished\"}");
		comma = ",";
	}
	if (t->flags & TRIP_DATA_LACKING)
	{
		buf_str(b, comma);
		LIT(b, "{\"fault\":\"DataLacking\",\"cause\":\"Connection\"}");
	}
	LIT(b, "]");
}

static void
trip_links(Buf *b, const Vehicle *v, const Trip *t)
{
	static const char *const below[] = {"alerts", "collisions", "wayPoints"};
	char		tail[200];

	LIT(b, ",\"_links\":{");
	for (size_t i = 0; i < lengthof(below); i++)
	{
		snprintf(tail, sizeof(tail), "/trips/%s/%s", t->id, below[i]);
		link_to(b, below[i], v, tail);
		LIT(b, ",");
	}
	snprintf(tail, sizeof(tail), "/trips/%s", t->id);
	link_to(b, "self", v, tail);
	LIT(b, ",");
	link_to(b, "vehicle", v, "");
	LIT(b, "}");
}

static void
trip_numbers(Buf *b, const Trip *t)
{
	double		seconds = (double) (t->stop - t->start);
	double		mean = seconds > 0 ? (double) t->distance * 100 / seconds : 0;

	LIT(b, ",\"kinetic\":{\"avgSpeed\":");
	buf_fix(b, mean, 2);
	LIT(b, ",\"maxSpeed\":");
	buf_fix(b, (t->flags & TRIP_NO_MAXSPEED) ? 0 : mean * 3.6 * 1.5, 1);
	LIT(b, "},\"startMileage\":");
	buf_fix(b, (double) t->odometer / 10, 1);
}

void
render_trip(Buf *b, const Vehicle *v, const Trip *t, unsigned scopes)
{
	char		date[40];

	LIT(b, "{\"id\":\"");
	buf_str(b, t->id);
	LIT(b, "\"");
	if (!(t->flags & TRIP_NO_START))
	{
		LIT(b, ",\"startedAt\":");
		buf_time(b, t->start);
	}
	LIT(b, ",\"stoppedAt\":");
	buf_time(b, t->stop);
	LIT(b, ",\"duration\":");
	buf_int(b, t->stop - t->start);
	LIT(b, ",\"distance\":");
	buf_fix(b, (double) t->distance / 10, t->distance % 20 == 0 ? 0 : 1);
	LIT(b, ",\"createdAt\":");
	buf_time(b, t->created);
	format_date(date, t->updated);
	date[19] = '\0';
	/* the same date in another of its forms now and then */
	if (t->created % 7 == 0)
		buf_printf(b, ",\"updatedAt\":\"%s.000+0000\"", date);
	else
		buf_printf(b, ",\"updatedAt\":\"%sZ\"", date);
	if ((scopes & SCOPE_POSITION) && !(t->flags & TRIP_NO_POSITION))
	{
		trip_position(b, t, 0);
		trip_position(b, t, 1);
	}
	buf_str(b, (t->flags & TRIP_NOT_DONE) ? ",\"done\":false" : ",\"done\":true");
	trip_energies(b, v, t, 0);
	trip_energies(b, v, t, 1);
	trip_consumption(b, v, t);
	trip_numbers(b, t);
	trip_links(b, v, t);
	trip_segments(b, v, t);
	trip_faults(b, t);
	LIT(b, "}");
}

/* Every seventh point is estimated, every twenty-third has no place. */
void
render_waypoint(Buf *b, const Vehicle *v, const Trip *t, int i)
{
	State		s;

	waypoint_at(v, t, i, &s);
	if (i % 23 == 22)
		render_position(b, 0, 0, 0, s.t, -1, -1, -1);
	else if (i % 7 == 3)
		render_position(b, s.lat, s.lon, s.alt, s.t, s.heading, -1, -1);
	else
		render_position(b, s.lat, s.lon, s.alt + i % 5, s.t, s.heading, i % 10, i % 11 == 5 ? 2 : 3);
}

static const char *const alert_types[] = {
	"LeftFrontTireUnderInflated", "AddWasherFluid", "EngineTemperatureFailure", "FuelLevelLow",
	"RiskOfIce", "ReplaceBrakePads", "CoolantLevellow", "EngineFault", "RightRearTirePuncture",
	"AbsBrakingSystemFault", "ParticleFilterFull", "DrivingAssistanceSensorBlind",
	"TrunkOrHoodOpen", "LeftFrontDoorOpen", "ReplaceTheRemoteControlBattery", "RearWindowOpen"
};
static const char *const severities[] = {"Information", "Warning", "Critical"};

static void
event_position(Buf *b, const Event *e, int64_t t)
{
	render_position(b, e->lat, e->lon, 37, t, 55, 9, 3);
}

static void
alert_links(Buf *b, const Vehicle *v, const Event *e)
{
	char		tail[200];

	snprintf(tail, sizeof(tail), "/alerts/%s", e->id);
	LIT(b, "{\"_links\":{");
	link_to(b, "self", v, tail);
	LIT(b, ",");
	link_to(b, "vehicle", v, "");
	LIT(b, ",");
	link_to(b, "position", v, "/lastPosition");
	LIT(b, ",\"trips\":[");
	for (int i = 0; i < 2 && e->trip[i] >= 0; i++)
		buf_printf(b, "%s{\"href\":\"%s/trips/%s\"}", i ? "," : "", v->href, v->trips[e->trip[i]].id);
	LIT(b, "]}");
}

void
render_alert(Buf *b, const Vehicle *v, const Event *e, unsigned scopes)
{
	alert_links(b, v, e);
	buf_printf(b, ",\"id\":\"%s\",\"active\":%s,\"type\":\"%s\"", e->id, e->end ? "false" : "true",
			   alert_types[e->type]);
	if (e->type % 5 != 4)
		buf_printf(b, ",\"severity\":\"%s\"", severities[e->variant]);
	LIT(b, ",\"startedAt\":");
	buf_time(b, e->start);
	LIT(b, ",\"createdAt\":");
	buf_time(b, e->created);
	LIT(b, ",\"updatedAt\":");
	buf_time(b, e->updated);
	/* the same date in another of its forms now and then */
	if (e->updated % 5 == 0)
	{
		b->len -= 2;
		LIT(b, ".000Z\"");
	}
	if (e->end)
	{
		LIT(b, ",\"endAt\":");
		buf_time(b, e->end);
	}
	if ((scopes & SCOPE_POSITION) && e->has_position)
	{
		LIT(b, ",\"startPosition\":");
		event_position(b, e, e->start);
		if (e->end)
		{
			LIT(b, ",\"endPosition\":");
			event_position(b, e, e->end);
		}
	}
	LIT(b, "}");
}

void
render_alarm(Buf *b, const Vehicle *v, const Event *e)
{
	static const char *const types[] = {
		"NoBreakIn", "FrontRightDoorBreakIn", "FrontLeftDoorBreakIn", "RearRightFrontDoorBreakIn",
		"RearLeftFrontDoorBreakIn", "HoodDoorBreakIn", "TrunkDoorBreakIn", "BackliteDoorBreakIn",
		"RoofBreakIn", "VolumetricBreakIn", "VehicleLifting", "ElectricalsystemBreakIn",
		"KeyLearning", "UnauthenticatedStartup"
	};

	(void) v;
	buf_printf(b, "{\"id\":\"%s\",", e->id);
	if (e->type < 0)
	{
		LIT(b, "\"status\":{\"createdAt\":");
		buf_time(b, e->created);
		buf_str(b, e->variant ? ",\"activation\":\"Active\"}}" : ",\"activation\":\"Inactive\"}}");
		return;
	}
	LIT(b, "\"trigger\":{\"createdAt\":");
	buf_time(b, e->created);
	buf_printf(b, ",\"type\":\"%s\",\"startAt\":", types[e->type]);
	buf_time(b, e->start);
	if (e->has_position)
	{
		LIT(b, ",\"position\":");
		event_position(b, e, e->start);
	}
	LIT(b, "}}");
}

void
render_collision(Buf *b, const Vehicle *v, const Event *e)
{
	static const char *const details[] = {
		"[{\"side\":\"Front\",\"severity\":\"Minor\"},{\"side\":\"Lateral\"}]",
		"[{\"side\":\"Rear\",\"severity\":\"Minimal\"}]",
		"[{\"side\":\"Lateral\",\"severity\":\"Major\"}]",
		"[]",
		"[{\"side\":\"Front\",\"severity\":\"Major\"}]",
		"[{\"side\":\"Rear\"}]"
	};
	char		tail[200];

	LIT(b, "{\"_links\":{");
	snprintf(tail, sizeof(tail), "/collisions/%s", e->id);
	link_to(b, "self", v, tail);
	LIT(b, ",");
	link_to(b, "vehicle", v, "");
	if (e->trip[0] >= 0)
	{
		LIT(b, ",");
		snprintf(tail, sizeof(tail), "/trips/%s", v->trips[e->trip[0]].id);
		link_to(b, "trip", v, tail);
	}
	buf_printf(b, "},\"id\":\"%s\",\"createdAt\":", e->id);
	buf_time(b, e->created);
	LIT(b, ",\"updatedAt\":");
	buf_time(b, e->updated);
	if (e->variant != 5)
		buf_printf(b, ",\"details\":%s", details[e->variant]);
	if (e->variant % 2 == 0)
		buf_printf(b, ",\"tippedOver\":%s,\"pedestrian\":%s", e->variant == 4 ? "true" : "false",
				   e->variant == 2 ? "true" : "false");
	LIT(b, "}");
}
