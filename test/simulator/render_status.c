/*
 * render_status.c
 *		The present state of a vehicle, every group with its own date.
 *
 * The cars differ on purpose: one charges, one drives, one speaks the old
 * dialect only, so that every field is somewhere and nowhere.
 */
#include "sim.h"

/* ,"name":{"createdAt":"...", and the caller goes on */
static void
group(Buf *b, const char *name, int64_t t)
{
	buf_printf(b, ",\"%s\":{\"createdAt\":", name);
	buf_time(b, t);
}

static void
charging(Buf *b, const Vehicle *v, bool old)
{
	bool		now = v->number % 6 == 0;

	buf_printf(b, "\"charging\":{\"plugged\":%s,\"status\":\"%s\",", now ? "true" : "false",
			   now ? "InProgress" : "Disconnected");
	if (now)
		LIT(b, "\"remainingTime\":\"PT2H55M\",\"chargingPowerLevel\":\"Level2\",\"type\":\"Full\",");
	buf_printf(b, "\"chargingRate\":%d,\"chargingMode\":\"%s\",\"nextDelayedTime\":\"%s\"",
			   now ? 20 : 0, now ? "Slow" : "No", now ? "PT23H30M" : "PT0S");
	/* a list where the specification promises an object */
	if (!old)
		LIT(b, ",\"schedule\":[]");
	LIT(b, "}");
}

static void
electric(Buf *b, const Vehicle *v, const State *s, bool old)
{
	const Model *m = &models[v->model];
	int			residual = (int) ((int64_t) m->battery * s->elec / 1000);

	LIT(b, "{\"createdAt\":");
	buf_time(b, s->t);
	if (old)
	{
		LIT(b, ",\"updatedAt\":");
		buf_time(b, s->t);
	}
	LIT(b, ",\"type\":\"Electric\"");
	if (!old)
		LIT(b, ",\"subType\":\"ElectricEnergy\"");
	LIT(b, ",\"level\":");
	buf_fix(b, (double) s->elec / 10, 1);
	buf_printf(b, ",\"autonomy\":%d,", (int) ((int64_t) s->elec * m->range_elec / 1000));
	if (!old)
		LIT(b, "\"extension\":{\"electric\":{");
	LIT(b, "\"battery\":{");
	if (v->number == 1)
		buf_printf(b, "\"capacity\":%d.0", m->battery);
	else
	{
		LIT(b, "\"load\":{\"createdAt\":");
		buf_time(b, s->t);
		buf_printf(b, ",\"capacity\":%d,\"residual\":%d}", m->battery, residual);
	}
	if (v->number != 3)
		LIT(b, ",\"health\":{\"capacity\":97,\"resistance\":91}");
	LIT(b, "},");
	charging(b, v, old);
	buf_str(b, old ? "}" : "}}}");
}

static void
fuel(Buf *b, const Vehicle *v, const State *s, bool old)
{
	const Model *m = &models[v->model];
	double		instant = v->driving ? (double) m->cl_km100 / 100 : 0;

	LIT(b, "{\"createdAt\":");
	buf_time(b, s->t);
	if (old)
	{
		LIT(b, ",\"updatedAt\":");
		buf_time(b, s->t);
	}
	LIT(b, ",\"type\":\"Fuel\"");
	if (!old)
		buf_printf(b, ",\"subType\":\"%s\"", v->motor == MOTOR_HYDROGEN ? "Hydrogen" : "FossilEnergy");
	LIT(b, ",\"level\":");
	buf_fix(b, (double) s->fuel / 10, s->fuel % 10 ? 1 : 0);
	buf_printf(b, ",\"autonomy\":%d", (int) ((int64_t) s->fuel * m->range_fuel / 1000));
	if (old)
		LIT(b, ",\"consumption\":");
	else
	{
		LIT(b, ",\"extension\":{\"fuel\":{\"consumptions\":{\"total\":");
		buf_fix(b, (double) s->odometer * m->cl_km100 / 1000, 2);
		LIT(b, ",\"instant\":");
	}
	buf_fix(b, instant, 1);
	buf_str(b, old ? "}" : "}}}}");
}

static void
energy_list(Buf *b, const Vehicle *v, const State *s, bool old)
{
	const char *comma = "";

	buf_str(b, old ? ",\"energy\":[" : ",\"energies\":[");
	if (v->number == 0)
	{
		buf_str(b, old ? "{\"createdAt\":\"2023-04-11T09:20:00Z\",\"type\":\"Fuel\",\"level\":0}" :
				"{\"createdAt\":\"2023-04-11T09:20:00Z\",\"type\":\"Fuel\",\"subType\":\"FossilEnergy\",\"level\":0}");
		comma = ",";
	}
	for (int pass = 0; pass < 2; pass++)
	{
		bool		elec = (pass == 0) == (v->model == 5);

		if (!(elec ? has_electric(v) : has_fuel(v)))
			continue;
		buf_str(b, comma);
		if (elec)
			electric(b, v, s, old);
		else
			fuel(b, v, s, old);
		comma = ",";
	}
	LIT(b, "]");
}

static void
preconditioning(Buf *b, const Vehicle *v, const char *name, int64_t t)
{
	buf_printf(b, ",\"%s\":{\"airConditioning\":{\"createdAt\":", name);
	buf_time(b, t);
	if (v->number % 6 == 3)
		LIT(b, ",\"status\":\"Failure\",\"startingCause\":\"Immediate\",\"failureCause\":\"DoorOpened\"");
	else if (v->number % 6 == 1)
		LIT(b, ",\"status\":\"Enabled\",\"startingCause\":\"Scheduled\"");
	else
		LIT(b, ",\"status\":\"Disabled\"");
	LIT(b, ",\"programs\":[{\"enabled\":true,\"slot\":1,\"recurrence\":\"Daily\",\"start\":\"PT6H45M\","
		"\"occurence\":{\"day\":[\"Mon\",\"Tue\",\"Wed\",\"Thu\",\"Fri\"]}},"
		"{\"enabled\":false,\"slot\":2,\"recurrence\":\"Daily\",\"start\":\"PT0S\"},"
		"{\"enabled\":false,\"slot\":3,\"recurrence\":\"Daily\",\"start\":\"PT0S\"},"
		"{\"enabled\":false,\"slot\":4,\"recurrence\":\"Daily\",\"start\":\"PT0S\"}]}}");
}

static void
engines(Buf *b, const Vehicle *v, int64_t t)
{
	const char *comma = "";

	LIT(b, ",\"engines\":[");
	if (v->model == 5 || v->motor == MOTOR_ELECTRIC || v->motor == MOTOR_HYDROGEN)
	{
		buf_printf(b, "{\"type\":\"Electric\",\"speed\":%s,\"gmpStatus\":\"Stopped\"}", v->number ? "-2.0" : "0.0");
		comma = ",";
	}
	if (v->motor == MOTOR_THERMIC || v->motor == MOTOR_HYBRID)
	{
		buf_str(b, comma);
		LIT(b, "{\"createdAt\":");
		buf_time(b, t);
		buf_printf(b, ",\"type\":\"Thermic\",\"speed\":%s", v->driving ? "1480.0" : "0.0");
		if (v->number == 1)
			LIT(b, ",\"oil\":{\"temp\":93.0},\"extension\":{\"thermic\":{\"coolant\":{\"level\":88,\"temp\":90.5}}}}");
		else
			LIT(b, ",\"extension\":{\"thermic\":{\"coolant\":{\"temp\":71.0},"
				"\"oil\":{\"level\":80,\"temp\":64.5},\"air\":{\"temp\":12.0}}}}");
		comma = ",";
	}
	if (v->motor == MOTOR_HYBRID && v->model != 5)
		LIT(b, ",{\"type\":\"Electric\",\"speed\":1480.0}");
	LIT(b, "]");
}

static void
doors_lights_belts(Buf *b, const Vehicle *v, int64_t t)
{
	const char *open = v->number % 6 == 1 ? "Open" : "Closed";

	if (v->number % 6 != 3)
	{
		group(b, "doorsState", t);
		buf_printf(b, ",\"lockedStates\":[%s],\"opening\":[{\"identifier\":\"Trunk\",\"state\":\"%s\"},"
				   "{\"identifier\":\"Driver\",\"state\":\"%s\"},{\"identifier\":\"RearRight\",\"state\":\"Closed\"}]}",
				   v->driving ? "" : "\"Locked\",\"RearDoorsLocked\"", open, open);
		group(b, "lightingSystem", t);
		buf_printf(b, ",\"turn\":[{\"direction\":\"Right\",\"position\":\"Front\",\"status\":\"Off\"},"
				   "{\"direction\":\"Left\",\"position\":\"Front\",\"status\":\"%s\"}],"
				   "\"fog\":[{\"direction\":\"Left\",\"position\":\"Rear\",\"status\":\"%s\"}]}",
				   v->driving ? "On" : "Off", v->number % 6 == 2 ? "On" : "Off");
	}
	if (v->number % 6 != 2)
	{
		group(b, "safety", t);
		buf_printf(b, ",\"beltStatus\":[{\"belt\":\"Normal\",\"id\":\"Driver\"},{\"belt\":\"%s\",\"id\":\"Passenger\"}],"
				   "\"autoECallTriggering\":\"NotDetected\"}", v->driving ? "Omission" : "Normal");
	}
}

static void
alarm(Buf *b, const Vehicle *v, int64_t t)
{
	LIT(b, ",\"alarm\":{\"status\":{\"createdAt\":");
	buf_time(b, t);
	buf_printf(b, ",\"activation\":\"%s\"}", v->driving ? "Inactive" : "Active");
	if (v->number % 6 == 0)
	{
		LIT(b, ",\"trigger\":{\"createdAt\":");
		buf_time(b, t - 4000);
		LIT(b, ",\"type\":\"FrontLeftDoorBreakIn\",\"startAt\":");
		buf_time(b, t - 4006);
		LIT(b, "}");
	}
	LIT(b, "}");
}

static void
measures(Buf *b, const Vehicle *v, const State *s, int64_t parked)
{
	bool		driving = v->driving;

	group(b, "ignition", parked);
	buf_printf(b, ",\"type\":\"%s\"}", driving ? "Start" : "Stop");
	engines(b, v, parked);
	group(b, "powertrain", parked);
	buf_printf(b, ",\"status\":\"%s\"}", driving ? "Running" : "Stopped");
	group(b, "battery", s->t);
	buf_printf(b, ",\"voltage\":%s}", v->number % 2 ? "90" : "87.5");
	group(b, "privacy", s->t);
	buf_printf(b, ",\"state\":\"%s\"}", v->privacy ? "Full" : "None");
	group(b, "service", parked);
	buf_printf(b, ",\"type\":\"%s\"}", v->motor == MOTOR_ELECTRIC ? "Electric" : v->motor == MOTOR_HYBRID ? "Hybrid" : "Unknown");
	doors_lights_belts(b, v, parked);
	LIT(b, ",\"environment\":{\"luminosity\":{\"createdAt\":");
	buf_time(b, s->t - 60);
	LIT(b, ",\"day\":true}");
	if (v->number % 6 != 3)
	{
		LIT(b, ",\"air\":{\"createdAt\":");
		buf_time(b, s->t);
		LIT(b, ",\"temp\":4.5}");
	}
	LIT(b, "}");
	group(b, "drivingBehavior", parked);
	buf_printf(b, ",\"mode\":\"%s\"}", v->motor == MOTOR_HYBRID ? "Hybrid" : "Eco");
	group(b, "odometer", s->t);
	LIT(b, ",\"mileage\":");
	buf_fix(b, (double) s->odometer / 10, 1);
	LIT(b, "}");
	group(b, "kinetic", parked);
	buf_str(b, driving ? ",\"moving\":true,\"speed\":58.4,\"acceleration\":0.3}" :
			v->number % 6 == 2 ? ",\"moving\":false}" : ",\"moving\":false,\"speed\":0.0}");
	alarm(b, v, s->t);
}

/* Twins: the new names, both, or the old ones alone. */
static void
twins(Buf *b, const Vehicle *v, const State *s)
{
	bool		new_only = v->number % 6 == 1 || v->number % 6 == 5;
	bool		old_only = v->number % 6 == 3;

	if (!old_only)
		energy_list(b, v, s, false);
	if (!new_only)
		energy_list(b, v, s, true);
	if (v->motor == MOTOR_THERMIC)
		return;
	if (!old_only)
		preconditioning(b, v, "preconditioning", s->t);
	if (!new_only)
		preconditioning(b, v, "preconditionning", s->t);
}

void
render_status(Buf *b, const Vehicle *v, unsigned scopes)
{
	const Trip *last = v->ntrips ? &v->trips[v->ntrips - 1] : NULL;
	int64_t		parked = last && last->stop < world.now ? last->stop : world.now - 600;
	State		s;

	state_at(v, world.now - 40, -1, (int) v->ntrips - 1, &s);
	LIT(b, "{\"createdAt\":");
	buf_time(b, s.t);
	LIT(b, ",\"updatedAt\":");
	buf_time(b, s.t);
	if ((scopes & SCOPE_POSITION) && !v->privacy)
	{
		LIT(b, ",\"lastPosition\":");
		render_last_position(b, v);
	}
	if (scopes & SCOPE_TELEMETRY)
		measures(b, v, &s, parked);
	LIT(b, ",\"_links\":{");
	link_to(b, "self", v, "/status?profile=endUser");
	LIT(b, ",");
	link_to(b, v->number % 2 ? "vehicles" : "vehicle", v, "");
	LIT(b, "}");
	if (scopes & SCOPE_TELEMETRY)
		twins(b, v, &s);
	LIT(b, "}");
}
