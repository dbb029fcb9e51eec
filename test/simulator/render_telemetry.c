/*
 * render_telemetry.c
 *		A telemetry message, printed from its index.
 *
 * The speed of a page of 2000 of them rests on this file: constant text is
 * copied, numbers are printed by buf_fix, nothing is formatted by printf.
 */
#include "sim.h"

#define G_ENVIRONMENT	0x0001
#define G_PRIVACY		0x0002
#define G_ADAS			0x0004
#define G_BATTERY		0x0008
#define G_DOORS			0x0010
#define G_ENERGIES		0x0020
#define G_ENGINES		0x0040
#define G_IGNITION		0x0080
#define G_LIGHTS		0x0100
#define G_SAFETY		0x0200
#define G_TRANSMISSION	0x0400
#define G_ALARM_STATUS	0x0800
#define G_ALARM_TRIGGER	0x1000
#define G_WIPERS		0x2000
#define G_OTHER			0x4000	/* powertrain, odometer, kinetic, drivingBehavior */
#define G_VEHICLE		0x7ffc

/* The bits of a value of the parameter type; 0 when there is none such. */
unsigned
telemetry_group(const char *name)
{
	static const struct
	{
		const char *name;
		unsigned	bits;
	}			groups[] = {
		{"environment", G_ENVIRONMENT}, {"privacy", G_PRIVACY}, {"vehicle", G_VEHICLE},
		{"vehicle.adas", G_ADAS}, {"vehicle.battery", G_BATTERY},
		{"vehicle.doorsState", G_DOORS}, {"vehicle.energies", G_ENERGIES},
		{"vehicle.engines", G_ENGINES}, {"vehicle.ignition", G_IGNITION},
		{"vehicle.lightingSystem", G_LIGHTS}, {"vehicle.safety", G_SAFETY},
		{"vehicle.transmission", G_TRANSMISSION}, {"vehicle.alarm.status", G_ALARM_STATUS},
		{"vehicle.alarm.trigger", G_ALARM_TRIGGER}, {"vehicle.wipingBlades", G_WIPERS},
	};

	for (size_t i = 0; i < lengthof(groups); i++)
		if (strcmp(groups[i].name, name) == 0)
			return groups[i].bits;
	return 0;
}

/* What message i says anything about. */
unsigned
telemetry_groups_of(const Vehicle *v, int64_t i)
{
	unsigned	g = G_PRIVACY | G_ENERGIES | G_ENGINES | G_IGNITION | G_SAFETY | G_DOORS |
		G_ALARM_STATUS | G_OTHER;

	if (i % 10 != 9)
		g |= G_ENVIRONMENT;
	if (i % 8 != 7)
		g |= G_ADAS;
	if (i % 5 != 4)
		g |= G_BATTERY;
	if (i % 6 != 5)
		g |= G_LIGHTS;
	if (v->motor != MOTOR_ELECTRIC || i % 7 != 3)
		g |= G_TRANSMISSION;
	if (i % 97 == 5)
		g |= G_ALARM_TRIGGER;
	if (i % 3 != 1)
		g |= G_WIPERS;
	return g;
}

static void
group_environment(Buf *b, const State *s)
{
	int			hour = (int) (s->t % 86400 / 3600);

	LIT(b, ",\"environment\":{\"luminosity\":{\"day\":");
	buf_str(b, hour >= 7 && hour < 18 ? "true" : "false");
	LIT(b, "},\"air\":{\"temp\":");
	buf_fix(b, (double) (s->t / 3600 % 24) - 3.5, 1);
	LIT(b, "}}");
}

static void
group_engines(Buf *b, const Vehicle *v, const State *s)
{
	bool		running = s->speed > 0;

	LIT(b, "\"engines\":[");
	if (has_fuel(v) && v->motor != MOTOR_HYDROGEN)
	{
		LIT(b, "{\"type\":\"Thermic\",\"speed\":");
		buf_fix(b, running ? 900 + s->speed * 3 : 0, 1);
		LIT(b, ",\"extension\":{\"thermic\":{\"coolant\":{\"level\":");
		buf_int(b, 90 - s->t % 5);
		LIT(b, ",\"temp\":");
		buf_fix(b, running ? 88.5 : 21, 1);
		LIT(b, "},\"oil\":{\"level\":");
		buf_int(b, 80 - s->t % 3);
		LIT(b, ",\"temp\":");
		buf_fix(b, running ? 95.5 : 22, 1);
		LIT(b, "},\"air\":{\"temp\":12.0}}}}");
	}
	if (has_electric(v))
	{
		if (v->motor == MOTOR_HYBRID)
			LIT(b, ",");
		LIT(b, "{\"type\":\"Electric\",\"speed\":");
		buf_fix(b, running ? s->speed * 6 : -2, 1);
		LIT(b, "}");
	}
	LIT(b, "]");
}

static void
electric_row(Buf *b, const Vehicle *v, const State *s, int64_t salt)
{
	const Model *m = &models[v->model];

	LIT(b, "{\"type\":\"Electric\",\"subType\":\"ElectricEnergy\",\"level\":");
	buf_fix(b, (double) s->elec / 10, salt % 2 ? 1 : s->elec % 10 ? 1 : 0);
	LIT(b, ",\"autonomy\":");
	buf_int(b, (int64_t) s->elec * m->range_elec / 1000);
	LIT(b, ",\"extension\":{\"electric\":{\"battery\":{\"load\":{\"capacity\":");
	buf_int(b, m->battery);
	LIT(b, ",\"residual\":");
	buf_int(b, (int64_t) m->battery * s->elec / 1000);
	LIT(b, "},\"health\":{\"capacity\":97,\"resistance\":91}},\"charging\":{\"plugged\":");
	if (s->charging)
		LIT(b, "true,\"status\":\"InProgress\",\"remainingTime\":\"PT2H55M\",\"chargingRate\":20,"
			"\"chargingPowerLevel\":\"Level3\",\"chargingMode\":\"Slow\","
			"\"nextDelayedTime\":\"PT23H30M\",\"type\":\"Full\"}}}}");
	else
		LIT(b, "false,\"status\":\"Disconnected\",\"chargingRate\":0,\"chargingMode\":\"No\","
			"\"nextDelayedTime\":\"PT0S\",\"schedule\":[]}}}}");
}

static void
fuel_row(Buf *b, const Vehicle *v, const State *s)
{
	const Model *m = &models[v->model];

	if (v->motor == MOTOR_HYDROGEN)
		LIT(b, "{\"type\":\"Fuel\",\"subType\":\"Hydrogen\",\"level\":");
	else
		LIT(b, "{\"type\":\"Fuel\",\"subType\":\"FossilEnergy\",\"level\":");
	buf_fix(b, (double) s->fuel / 10, 1);
	LIT(b, ",\"autonomy\":");
	buf_int(b, (int64_t) s->fuel * m->range_fuel / 1000);
	LIT(b, ",\"extension\":{\"fuel\":{\"consumptions\":{\"total\":");
	buf_fix(b, (double) s->odometer * m->cl_km100 / 1000, 2);
	LIT(b, ",\"instant\":");
	buf_fix(b, s->speed > 0 ? (double) m->cl_km100 / 100 : 0, 1);
	LIT(b, "}}}}");
}

static void
group_energies(Buf *b, const Vehicle *v, const State *s, int64_t i)
{
	bool		electric_first = v->model == 5;

	LIT(b, ",\"energies\":[");
	if (has_electric(v) && electric_first)
		electric_row(b, v, s, i);
	if (v->number == 0)
		LIT(b, "{\"type\":\"Fuel\",\"subType\":\"FossilEnergy\",\"level\":0}");
	if (has_fuel(v))
	{
		if (has_electric(v) && electric_first)
			LIT(b, ",");
		fuel_row(b, v, s);
	}
	if (has_electric(v) && !electric_first)
	{
		if (has_fuel(v) || v->number == 0)
			LIT(b, ",");
		electric_row(b, v, s, i);
	}
	LIT(b, "]");
}

static void
group_adas(Buf *b, const State *s, int64_t i)
{
	LIT(b, ",\"adas\":{\"parkAssist\":{\"front\":[\"Wait\"");
	if (i % 12 == 2)
		LIT(b, ",\"Active\"");
	LIT(b, "],\"rear\":[\"Wait\"]},\"accr\":\"StandBy\",\"lvv\":");
	buf_str(b, i % 9 ? "false" : "true");
	LIT(b, ",\"rvv\":\"Off\",\"aebs\":\"off\",\"afil\":\"Off\",\"artiv\":\"Unavailable\",\"bsm\":\"Active\","
		"\"esp\":true,\"abs\":false,\"fse\":false,\"sli\":");
	buf_int(b, s->speed > 500 ? 90 : 50);
	LIT(b, ",\"rlka\":\"Authorized\",\"llka\":\"Authorized\",\"rgi\":\"");
	buf_str(b, i % 11 ? "None" : "Up");
	LIT(b, "\"}");
}

static void
group_transmission(Buf *b, const Vehicle *v, const State *s, int64_t i)
{
	static const char ratios[] = "12345678";

	LIT(b, ",\"transmission\":{\"gearbox\":{\"mode\":{\"automatic\":true,\"sport\":");
	buf_str(b, i % 13 ? "false" : "true");
	LIT(b, ",\"snow\":false},\"ratio\":\"");
	if (s->speed == 0)
		LIT(b, "Neutral\"}}");
	else
	{
		LIT(b, "Ratio");
		buf_put(b, ratios + (v->motor == MOTOR_ELECTRIC ? 0 : s->speed / 150 % 8), 1);
		LIT(b, "\"}}");
	}
}

static void
group_lights(Buf *b, int64_t i)
{
	LIT(b, ",\"lightingSystem\":{\"turn\":[{\"direction\":\"Left\",\"position\":\"Front\",\"status\":\"");
	buf_str(b, i % 4 ? "Off" : "On");
	LIT(b, "\"},{\"direction\":\"Right\",\"position\":\"Front\",\"status\":\"Off\"}],\"fog\":[");
	if (i % 5 == 0)
		LIT(b, "{\"direction\":\"Left\",\"position\":\"Rear\",\"status\":\"On\"}");
	LIT(b, "]}");
}

static void
group_doors(Buf *b, const State *s)
{
	LIT(b, ",\"doorsState\":{\"lockedStates\":[\"Locked\"],\"opening\":["
		"{\"identifier\":\"Driver\",\"state\":\"");
	buf_str(b, s->speed == 0 && s->trip >= 0 ? "Open" : "Closed");
	LIT(b, "\"},{\"identifier\":\"Trunk\",\"state\":\"Closed\"}]}");
}

static void
group_alarm(Buf *b, const Vehicle *v, const State *s, unsigned g)
{
	LIT(b, ",\"alarm\":{");
	if (g & G_ALARM_STATUS)
	{
		LIT(b, "\"status\":{\"activation\":\"");
		buf_str(b, s->trip >= 0 ? "Inactive" : "Active");
		LIT(b, "\"}");
	}
	if (g & G_ALARM_TRIGGER)
	{
		if (g & G_ALARM_STATUS)
			LIT(b, ",");
		LIT(b, "\"trigger\":{\"type\":\"VolumetricBreakIn\",\"startAt\":");
		buf_time(b, s->t - 5);
		if (s->known && !v->privacy)
		{
			LIT(b, ",\"position\":");
			render_position(b, s->lat, s->lon, s->alt, s->t, s->heading, 7, 3);
		}
		LIT(b, "}");
	}
	LIT(b, "}");
}

static void
group_other(Buf *b, const State *s, int64_t i)
{
	static const char *const modes[] = {"Normal", "Eco", "Sport", "Comfort"};

	LIT(b, ",\"powertrain\":{\"status\":\"");
	buf_str(b, s->trip >= 0 && s->speed > 0 ? "Running" : "Stopped");
	LIT(b, "\"},\"odometer\":{\"mileage\":");
	buf_fix(b, (double) s->odometer / 10, i % 2 ? 1 : s->odometer % 10 ? 1 : 0);
	LIT(b, "},\"kinetic\":{\"acceleration\":");
	buf_fix(b, (double) s->accel / 10, 1);
	LIT(b, ",\"speed\":");
	buf_fix(b, (double) s->speed / 10, 1);
	LIT(b, ",\"moving\":");
	buf_str(b, s->speed > 0 ? "true" : "false");
	LIT(b, "},\"drivingBehavior\":{\"mode\":\"");
	buf_str(b, modes[i % 4]);
	LIT(b, "\"}");
}

static void
vehicle_groups(Buf *b, const Vehicle *v, const State *s, int64_t i, unsigned g)
{
	size_t		mark;

	LIT(b, ",\"vehicle\":{");
	mark = b->len;
	if (g & G_ENGINES)
		group_engines(b, v, s);
	if (g & G_ENERGIES)
		group_energies(b, v, s, i);
	if (g & G_TRANSMISSION)
		group_transmission(b, v, s, i);
	if (g & G_ADAS)
		group_adas(b, s, i);
	if (g & G_LIGHTS)
		group_lights(b, i);
	if (g & G_IGNITION)
	{
		LIT(b, ",\"ignition\":{\"type\":\"");
		buf_str(b, s->trip >= 0 ? "Start\"}" : "Stop\"}");
	}
	if (g & G_DOORS)
		group_doors(b, s);
	if (g & G_BATTERY)
	{
		LIT(b, ",\"battery\":{\"voltage\":");
		buf_fix(b, 63.5 + (double) (i % 71) / 2, 1);
		LIT(b, "}");
	}
	if (g & G_SAFETY)
	{
		LIT(b, ",\"safety\":{\"beltStatus\":[{\"belt\":\"Normal\",\"id\":\"Driver\"},{\"belt\":\"");
		buf_str(b, i % 3 ? "Normal" : "Omission");
		LIT(b, "\",\"id\":\"Passenger\"}],\"autoECallTriggering\":\"NotDetected\"}");
	}
	if (g & G_WIPERS)
		buf_str(b, i % 2 ? ",\"wipingBlades\":{\"active\":false}" : ",\"wipingBlades\":{\"active\":true,\"speed\":\"Low\"}");
	if (g & G_OTHER)
		group_other(b, s, i);
	if (g & (G_ALARM_STATUS | G_ALARM_TRIGGER))
		group_alarm(b, v, s, g);
	LIT(b, "}");
	/* the first group brought its comma along */
	if (b->data[mark] == ',')
	{
		memmove(b->data + mark, b->data + mark + 1, b->len - mark);
		b->len--;
	}
}

static void
message_extensions(Buf *b, const Vehicle *v, const State *s, int64_t i, unsigned ext, unsigned scopes)
{
	bool		location = (ext & EXT_LOCATION) && (scopes & SCOPE_POSITION) && s->known && !v->privacy;

	LIT(b, ",\"_embedded\":{\"extension\":{");
	if (location)
	{
		LIT(b, "\"location\":");
		if (i % 29 == 28)
			render_position(b, 0, 0, 0, s->t, -1, -1, -1);
		else
			render_position(b, s->lat, s->lon, s->alt, i % 2 ? s->t : 0, s->heading, 8, i % 7 == 3 ? -1 : 3);
	}
	if ((ext & EXT_MAINTENANCE) && (scopes & SCOPE_TELEMETRY))
	{
		if (location)
			LIT(b, ",");
		LIT(b, "\"maintenance\":{\"createdAt\":");
		buf_time(b, s->t);
		LIT(b, ",\"daysBeforeMaintenance\":");
		buf_int(b, 212 - s->t / 86400 % 300);
		LIT(b, ",\"mileageBeforeMaintenance\":");
		buf_fix(b, 20000 - (double) (s->odometer % 200000) / 10, 1);
		LIT(b, "}");
	}
	LIT(b, "}}");
}

void
render_telemetry(Buf *b, const Vehicle *v, int64_t i, unsigned groups, unsigned ext, unsigned scopes)
{
	unsigned	g = telemetry_groups_of(v, i) & groups;
	State		s;
	int			trip,
				prev;
	int64_t		t = tel_time(v, i, &trip, &prev);

	state_at(v, t, trip, prev, &s);
	LIT(b, "{\"_links\":{");
	link_to(b, "self", v, "/telemetry");
	LIT(b, ",");
	link_to(b, "vehicle", v, "");
	if (trip >= 0)
	{
		LIT(b, ",\"trip\":{\"href\":\"");
		buf_put(b, v->href, v->href_len);
		LIT(b, "/trips/");
		buf_put(b, v->trips[trip].id, 128);
		LIT(b, "\"}");
	}
	LIT(b, "},\"createdAt\":");
	buf_time(b, t);
	if (scopes & SCOPE_TELEMETRY)
	{
		if (g & G_PRIVACY)
			buf_str(b, v->privacy ? ",\"privacy\":{\"state\":\"Full\"}" : ",\"privacy\":{\"state\":\"None\"}");
		if (g & G_ENVIRONMENT)
			group_environment(b, &s);
		if (g & G_VEHICLE)
			vehicle_groups(b, v, &s, i, g);
	}
	if (ext)
		message_extensions(b, v, &s, i, ext, scopes);
	LIT(b, "}");
}
