/*
 * catalog.c
 *	  The resources of the API and their columns, as data.
 *
 * A table's columns stand in the order in which it is imported.  What a status
 * and a telemetry message have in common, and positions wherever they occur,
 * are macros, so that each is written once.  The path language is described in
 * catalog.h; what commands leave behind is in catalog_remote.c.
 */
#include "postgres.h"

#include <math.h>

#include "catalog.h"
#include "catalog_column.h"

/* The last segment of a link. */
#define TRIP_ID \
	TEXT("trip_id", "_links.trip.href", "id of the trip", .conversion = CONV_LAST_SEGMENT, \
		 .null_when = "it belongs to no trip")

/*
 * Positions are GeoJSON features: longitude comes first, the altitude may be
 * missing.  P is the path of the feature with its final dot.  The variable
 * arguments go into each column.
 */
#define NO_FIX	.null_when = "the car had no fix, or its privacy mode hides it"

#define COORDINATES(prefix, P, what, ...) \
	MEASURE(prefix "latitude", P "geometry.coordinates[1]", "degrees", "latitude " what " (WGS 84)", \
			NO_FIX, __VA_ARGS__), \
	MEASURE(prefix "longitude", P "geometry.coordinates[0]", "degrees", "longitude " what " (WGS 84)", \
			NO_FIX, __VA_ARGS__)

#define POSITION_COLUMNS(P, ...) \
	COORDINATES("", P, "of the position", __VA_ARGS__), \
	MEASURE("altitude_m", P "geometry.coordinates[2]", "m", "altitude", \
			.null_when = "only longitude and latitude are sent", __VA_ARGS__), \
	MEASURE("heading_deg", P "properties.heading", "degrees", "heading, clockwise from north", __VA_ARGS__), \
	INTEGER("signal_quality", P "properties.signalQuality", "quality of the satellite signal, 0 to 9", __VA_ARGS__), \
	TEXT("position_type", P "properties.type", "how the position was found: Acquire, Estimated", __VA_ARGS__), \
	TEXT("fix_status", P "properties.fixStatus", "fix: 2D, 3D", \
		 .null_when = "position_type is not Acquire", __VA_ARGS__)

#define POSITION_TIME(P)	P "properties.createdAt|" P "properties.updatedAt"

#define POSITION_SCOPE		.scope = "data:position"

/*
 * Twins: "energies" replaces "energy", whose members are at its top level or,
 * as the vendor's specification has it, laid out as in "energies".  V is the
 * path of the group with its final dot.
 */
#define ENERGY(V, type, f) \
	V "energies[type=" type "]." f "|" V "energy[type=" type "]." f
#define NEW_ELECTRIC(V, f) \
	V "energies[type=Electric].extension.electric." f
#define OLD_ELECTRIC(V, f) \
	V "energy[type=Electric].extension.electric." f "|" V "energy[type=Electric]." f
#define ELECTRIC(V, f) \
	NEW_ELECTRIC(V, f) "|" OLD_ELECTRIC(V, f)
#define FUEL(V, f) \
	V "energies[type=Fuel].extension.fuel." f "|" V "energy[type=Fuel].extension.fuel." f
#define ENERGY_TIME(type) \
	"energies[type=" type "].createdAt|energies[type=" type "].updatedAt|" \
	"energy[type=" type "].createdAt|energy[type=" type "].updatedAt"
#define ENGINE(V, f) \
	V "engines[type=Thermic?]." f
#define AIR_CONDITIONING(f) \
	"preconditioning.airConditioning." f "|preconditionning.airConditioning." f

#define NOT_ELECTRIC	.null_when = "the car has no traction battery"
#define NOT_FUEL		.null_when = "the car burns no fuel"

/*
 * The measures of a status and of a telemetry message.  AT makes a time column
 * with its comma, or nothing: in telemetry one time stands for all.
 */
#define WITH_TIME(n, p, m)		TIME(n, p, m),
#define WITHOUT_TIME(n, p, m)

#define MOTION_COLUMNS(V, AT) \
	TEXT("ignition", V "ignition.type", "ignition: Stop, StartUp, Start"), \
	AT("ignition_at", V "ignition.createdAt", "time of ignition") \
	TEXT("powertrain_status", V "powertrain.status", \
		 "powertrain: NotRunning, Starting, Running, Stopping, Stopped"), \
	AT("powertrain_at", V "powertrain.createdAt", "time of powertrain_status") \
	FLAG("moving", V "kinetic.moving", "whether the car moves"), \
	MEASURE("speed_kmh", V "kinetic.speed", "km/h", "speed"), \
	MEASURE("acceleration_mps2", V "kinetic.acceleration", "m/s2", "acceleration"), \
	AT("kinetic_at", V "kinetic.createdAt", "time of moving, speed_kmh and acceleration_mps2") \
	MEASURE("odometer_km", V "odometer.mileage", "km", "odometer"), \
	AT("odometer_at", V "odometer.createdAt", "time of odometer_km")

#define ELECTRIC_COLUMNS(V, AT) \
	MEASURE("electric_level_pct", ENERGY(V, "Electric", "level"), "%", \
			"level of the traction battery", NOT_ELECTRIC), \
	MEASURE("electric_autonomy_km", ENERGY(V, "Electric", "autonomy"), "km", \
			"range left on the traction battery", NOT_ELECTRIC), \
	AT("electric_at", ENERGY_TIME("Electric"), "time of the electric_, battery_ and charging_ columns") \
	MEASURE("battery_capacity_wh", \
			NEW_ELECTRIC(V, "battery.load.capacity") "|" NEW_ELECTRIC(V, "battery.capacity") "|" \
			OLD_ELECTRIC(V, "battery.load.capacity") "|" OLD_ELECTRIC(V, "battery.capacity"), \
			"Wh", "capacity of the traction battery", NOT_ELECTRIC), \
	MEASURE("battery_residual_wh", ELECTRIC(V, "battery.load.residual"), "Wh", \
			"energy left in the traction battery, not proportional to its level", NOT_ELECTRIC), \
	MEASURE("battery_health_pct", ELECTRIC(V, "battery.health.capacity"), "%", \
			"health of the traction battery, by capacity; 0 also means unknown", NOT_ELECTRIC), \
	MEASURE("battery_resistance_pct", ELECTRIC(V, "battery.health.resistance"), "%", \
			"health of the traction battery, by resistance; 0 also means unknown", NOT_ELECTRIC), \
	FLAG("charging_plugged", ELECTRIC(V, "charging.plugged"), "whether the charging cable is plugged in", \
		 NOT_ELECTRIC), \
	TEXT("charging_status", ELECTRIC(V, "charging.status"), \
		 "charging: Disconnected, InProgress, Failure, Stopped, Finished", NOT_ELECTRIC), \
	TEXT("charging_mode", ELECTRIC(V, "charging.chargingMode"), "mode of charging: No, Slow, Quick", \
		 NOT_ELECTRIC), \
	TEXT("charging_type", ELECTRIC(V, "charging.type"), "extent of charging: Partial, Full", \
		 NOT_ELECTRIC), \
	MEASURE("charging_rate_kmh", ELECTRIC(V, "charging.chargingRate"), "km/h", \
			"range gained per hour of charging", NOT_ELECTRIC), \
	TEXT("charging_power_level", ELECTRIC(V, "charging.chargingPowerLevel"), \
		 "power of charging: Level1 to Level5", NOT_ELECTRIC), \
	DURATION("charging_remaining", ELECTRIC(V, "charging.remainingTime"), "time left until charged", \
			 .null_when = "the car is not charging"), \
	DURATION("charging_next_time", ELECTRIC(V, "charging.nextDelayedTime"), \
			 "clock time at which delayed charging starts, as an interval from midnight", NOT_ELECTRIC)

#define FUEL_COLUMNS(V, AT) \
	TEXT("fuel_kind", ENERGY(V, "Fuel", "subType"), \
		 "kind of fuel: FossilEnergy, Hydrogen (then litres are kilograms)", NOT_FUEL), \
	MEASURE("fuel_level_pct", ENERGY(V, "Fuel", "level"), "%", \
			"level of the tank; an electric car may send 0", NOT_FUEL), \
	MEASURE("fuel_autonomy_km", ENERGY(V, "Fuel", "autonomy"), "km", \
			"range left on fuel", NOT_FUEL), \
	MEASURE("fuel_instant_l_per_100km", FUEL(V, "consumptions.instant"), "L/100 km", \
			"momentary consumption (kilograms for hydrogen, see fuel_kind)", NOT_FUEL), \
	SCALED("fuel_total_l", FUEL(V, "consumptions.total"), 1, 100, "L", \
		   "fuel used since the car was built (kilograms for hydrogen, see fuel_kind)", NOT_FUEL), \
	AT("fuel_at", ENERGY_TIME("Fuel"), "time of the fuel_ columns")

#define BODY_COLUMNS(V, AT) \
	MEASURE("battery_12v_pct", V "battery.voltage", "%", \
			"state of the 12 V battery; the API calls it voltage"), \
	AT("battery_12v_at", V "battery.createdAt", "time of battery_12v_pct") \
	MEASURE("oil_level_pct", ENGINE(V, "extension.thermic.oil.level"), "%", "level of the engine's oil"), \
	MEASURE("oil_temp_c", ENGINE(V, "extension.thermic.oil.temp") "|" ENGINE(V, "oil.temp"), \
			"degrees Celsius", "temperature of the engine's oil"), \
	MEASURE("coolant_level_pct", ENGINE(V, "extension.thermic.coolant.level"), "%", "level of the coolant"), \
	MEASURE("coolant_temp_c", ENGINE(V, "extension.thermic.coolant.temp"), "degrees Celsius", \
			"temperature of the coolant"), \
	MEASURE("engine_speed_rpm", ENGINE(V, "speed"), "rpm", \
			"speed of the combustion engine, or of the only one"), \
	LIST("doors_locked", V "doorsState.lockedStates[]", \
		 "locks: Locked, Unlocked, SuperLocked, TrunkLocked, ..."), \
	LIST("doors_open", V "doorsState.opening[state=Open].identifier", \
		 "what is open: Driver, Passenger, RearLeft, RearRight, Trunk, RearWindow, RoofWindow"), \
	AT("doors_at", V "doorsState.createdAt", "time of doors_locked and doors_open") \
	LIST("belts_unfastened", V "safety.beltStatus[belt=Omission].id", \
		 "seats whose belt should be fastened and is not: Driver, Passenger"), \
	TEXT("ecall_triggering", V "safety.autoECallTriggering", \
		 "automatic emergency call: NotDetected, Detected, ShockDetectionUnabled"), \
	AT("safety_at", V "safety.createdAt", "time of belts_unfastened and ecall_triggering")

#define PRECONDITIONING_COLUMNS \
	TEXT("preconditioning_status", AIR_CONDITIONING("status"), \
		 "preconditioning: Enabled, Disabled, Finished, Failure"), \
	TEXT("preconditioning_starting_cause", AIR_CONDITIONING("startingCause"), \
		 "why preconditioning runs: Immediate, Scheduled"), \
	TEXT("preconditioning_failure_cause", AIR_CONDITIONING("failureCause"), \
		 "why preconditioning failed: LowBattery, DoorOpened, NotParked, ...", \
		 .null_when = "it did not fail"), \
	TIME("preconditioning_at", AIR_CONDITIONING("createdAt"), "time of the preconditioning_ columns")

/* Environment and privacy are not below "vehicle" in telemetry either. */
#define SURROUNDINGS_COLUMNS(V, AT) \
	MEASURE("air_temp_c", "environment.air.temp", "degrees Celsius", "temperature of the air outside"), \
	FLAG("daylight", "environment.luminosity.day", "whether it is day"), \
	AT("environment_at", "environment.air.createdAt|environment.luminosity.createdAt", \
	   "time of air_temp_c, else of daylight") \
	TEXT("driving_mode", V "drivingBehavior.mode", "driving mode: Normal, Sport, Eco, Hybrid, ZEV, ..."), \
	LIST("turn_lights_on", V "lightingSystem.turn[status=On].position+direction", \
		 "turn signals that are on: FrontLeft, FrontRight, RearLeft, RearRight"), \
	LIST("fog_lights_on", V "lightingSystem.fog[status=On].position+direction", \
		 "fog lights that are on: FrontLeft, FrontRight, RearLeft, RearRight"), \
	TEXT("alarm_activation", V "alarm.status.activation", "anti-theft alarm: Active, Inactive"), \
	AT("alarm_activation_at", V "alarm.status.createdAt", "time of alarm_activation") \
	TEXT("alarm_trigger", V "alarm.trigger.type", \
		 "what set the alarm off: NoBreakIn, HoodDoorBreakIn, VehicleLifting, ...", \
		 .null_when = "nothing is reported"), \
	AT("alarm_trigger_at", V "alarm.trigger.startAt", "when the alarm was set off") \
	TEXT("privacy", "privacy.state", "privacy mode of the car: None, Geolocation, Full"), \
	AT("privacy_at", "privacy.createdAt", "time of privacy")

#define MAINTENANCE_COLUMNS(P, ...) \
	MEASURE("days_before_maintenance", P "daysBeforeMaintenance", "days", \
			"days left until maintenance is due, negative when overdue", __VA_ARGS__), \
	MEASURE("km_before_maintenance", P "mileageBeforeMaintenance", "km", \
			"distance left until maintenance is due, negative when overdue", __VA_ARGS__)

static const CatalogColumn account_columns[] = {
	TEXT("email", "email", "e-mail address of the account"),
	TEXT("first_name", "firstName", "first name of its owner"),
	TEXT("last_name", "lastName", "last name of its owner"),
	CREATED_AT("when the account was created"),
	UPDATED_AT("when the account last changed"),
};

#define VEHICLE_EXTENSION "_embedded.extension."

static const CatalogColumn vehicles_columns[] = {
	TEXT("id", "id", "id of the vehicle: vehicle_id of the other tables"),
	TEXT("vin", "vin", "vehicle identification number"),
	TEXT("brand", VEHICLE_EXTENSION "branding.brand|brand", "brand, as the API writes it",
		 .extensions = EXT_BRANDING),
	TEXT("label", VEHICLE_EXTENSION "branding.label|label", "name of the model",
		 .extensions = EXT_BRANDING),
	TEXT("motorization", "motorization", "drive: Electric, Hybrid, Thermic, Hydrogen"),
	LIST("picture_urls", VEHICLE_EXTENSION "pictures[]|pictures[]", "addresses of pictures of the car",
		 .extensions = EXT_PICTURES),
	LIST("data_capabilities", VEHICLE_EXTENSION "onboardCapabilities.data[]",
		 "groups of data that the car can produce", .extensions = EXT_CAPABILITIES),
	KEYS("remote_capabilities", VEHICLE_EXTENSION "onboardCapabilities.remote{supported}",
		 "remote commands that the car supports: door, horn, lights, charging, ...",
		 .extensions = EXT_CAPABILITIES),
	CREATED_AT("when the vehicle was added to the account"),
	UPDATED_AT("when the vehicle's record last changed"),
};

static const CatalogColumn status_columns[] = {
	VEHICLE_COLUMNS,
	CREATED_AT("when the status was made"),
	UPDATED_AT("when the status last changed"),
	MOTION_COLUMNS("", WITH_TIME)
	ELECTRIC_COLUMNS("", WITH_TIME),
	FUEL_COLUMNS("", WITH_TIME)
	BODY_COLUMNS("", WITH_TIME)
	PRECONDITIONING_COLUMNS,
	SURROUNDINGS_COLUMNS("", WITH_TIME)
	POSITION_COLUMNS("lastPosition.", POSITION_SCOPE),
	TIME("position_at", POSITION_TIME("lastPosition."), "time of the position", POSITION_SCOPE),
};

static const CatalogColumn positions_columns[] = {
	VEHICLE_COLUMNS,
	TIME("recorded_at", POSITION_TIME(""), "time of the position"),
	POSITION_COLUMNS(""),
};

#define TELEMETRY_LOCATION "_embedded.extension.location."
#define AT_LOCATION POSITION_SCOPE, .extensions = EXT_LOCATION

static const CatalogColumn telemetry_columns[] = {
	VEHICLE_COLUMNS,
	TIME("recorded_at", "createdAt", "time of the message and of all it says"),
	TRIP_ID,
	MOTION_COLUMNS("vehicle.", WITHOUT_TIME)
	ELECTRIC_COLUMNS("vehicle.", WITHOUT_TIME),
	FUEL_COLUMNS("vehicle.", WITHOUT_TIME)
	BODY_COLUMNS("vehicle.", WITHOUT_TIME)
	SURROUNDINGS_COLUMNS("vehicle.", WITHOUT_TIME)
	KEYS("gearbox_modes", "vehicle.transmission.gearbox.mode{}",
		 "modes of the gearbox that are on: automatic, sport, snow, sequential, semiManual"),
	TEXT("gearbox_ratio", "vehicle.transmission.gearbox.ratio", "gear: Ratio1 to Ratio8, Neutral, Reverse"),
	FLAG("wipers_active", "vehicle.wipingBlades.active", "whether the wipers are on"),
	TEXT("wipers_speed", "vehicle.wipingBlades.speed", "speed of the wipers: Low, High",
		 .null_when = "the wipers are off"),
	LIST("park_assist_front", "vehicle.adas.parkAssist.front[]",
		 "parking assistance in front: Active, Wait, DriverInhibition, OutOfService, Fault"),
	LIST("park_assist_rear", "vehicle.adas.parkAssist.rear[]",
		 "parking assistance behind: as in front, and TrailerInhibition"),
	TEXT("adas_accr", "vehicle.adas.accr", "adaptive cruise control: Activated, StandBy, Hold, Off, Fault, ..."),
	FLAG("adas_lvv", "vehicle.adas.lvv", "speed limiter"),
	TEXT("adas_rvv", "vehicle.adas.rvv", "cruise control: Off, Deactivated, BestFitInProgress, ..."),
	TEXT("adas_aebs", "vehicle.adas.aebs", "lamp of automatic emergency braking: off, Fixed, OnFlashing"),
	TEXT("adas_afil", "vehicle.adas.afil",
		 "lamp of lane departure warning: Off, OnFixed, FlashingWarning, FlashingFault"),
	TEXT("adas_artiv", "vehicle.adas.artiv", "distance alert: NotSelected, Selected, Unavailable"),
	TEXT("adas_bsm", "vehicle.adas.bsm", "blind spot monitoring: Active, Inactive, Disabled, Fault"),
	FLAG("adas_esp", "vehicle.adas.esp", "electronic stability programme (ESP)"),
	FLAG("adas_abs", "vehicle.adas.abs", "anti-lock braking (ABS)"),
	FLAG("adas_fse", "vehicle.adas.fse", "electric parking brake (FSE)"),
	MEASURE("adas_sli_kmh", "vehicle.adas.sli", "km/h", "speed limit that the car recognized"),
	TEXT("adas_rlka", "vehicle.adas.rlka",
		 "lane keeping, right: NotSelected, NotAuthorized, Authorized, CorrectionInProgress"),
	TEXT("adas_llka", "vehicle.adas.llka", "lane keeping, left: as adas_rlka"),
	TEXT("adas_rgi", "vehicle.adas.rgi", "gear recommendation: None, Up, Down, UpDown"),
	POSITION_COLUMNS(TELEMETRY_LOCATION, AT_LOCATION),
	TIME("position_at", POSITION_TIME(TELEMETRY_LOCATION), "time of the position", AT_LOCATION),
	MAINTENANCE_COLUMNS("_embedded.extension.maintenance.", .extensions = EXT_MAINTENANCE),
};

/* A level or range at the start and the end of a trip. */
#define TRIP_ENERGY(name, type, f, u, what) \
	MEASURE("start_" name, "startEnergies[type=" type "]." f, u, what " at the start"), \
	MEASURE("stop_" name, "endEnergies[type=" type "]." f, u, what " at the end")

#define TRIP_DISTANCE(name, propulsion, what) \
	MEASURE(name, "segments[propulsion=" propulsion "].distance", "km", "distance driven " what, \
			.conversion = CONV_SUM)

static const CatalogColumn trips_columns[] = {
	VEHICLE_COLUMNS,
	TEXT("id", "id", "id of the trip: trip_id of the other tables"),
	TIME("started_at", "startedAt", "start of the trip"),
	TIME("stopped_at", "stoppedAt", "end of the trip; while it is not done, its last update"),
	UNSCALED("duration", INTERVALOID, "duration", "duration of the trip", .conversion = CONV_SECONDS,
			 .filter = FILTER_DURATION, .parameter = "duration"),
	MEASURE("distance_km", "distance", "km", "distance driven",
			.filter = FILTER_DISTANCE, .parameter = "distance"),
	MEASURE("start_odometer_km", "startMileage", "km", "odometer at the start; 0 may be a filler"),
	SCALED("avg_speed_kmh", "kinetic.avgSpeed", 18, 5, "km/h", "average speed"),
	MEASURE("max_speed_kmh", "kinetic.maxSpeed", "km/h",
			"highest speed, often 0", .unit_option = UNIT_MAX_SPEED),
	COORDINATES("start_", "startPosition.", "of the start", POSITION_SCOPE),
	COORDINATES("stop_", "stopPosition.", "of the end", POSITION_SCOPE),
	TRIP_ENERGY("electric_level_pct", "Electric", "level", "%", "level of the traction battery"),
	TRIP_ENERGY("electric_autonomy_km", "Electric", "autonomy", "km", "range left on the traction battery"),
	TRIP_ENERGY("fuel_level_pct", "Fuel", "level", "%", "level of the tank"),
	TRIP_ENERGY("fuel_autonomy_km", "Fuel", "autonomy", "km", "range left on fuel"),
	SCALED("electric_consumption_kwh", "energyConsumptions[type=Electric].consumption", 1, 1000, "kWh",
		   "electric energy used", .unit_option = UNIT_CONSUMPTION),
	SCALED("electric_kwh_per_100km", "energyConsumptions[type=Electric].avgConsumption", 1, 1000,
		   "kWh/100 km", "average electric consumption"),
	SCALED("fuel_consumption_l", "energyConsumptions[type=Fuel].consumption", 1, 100, "L",
		   "fuel used (kilograms for hydrogen)", .unit_option = UNIT_CONSUMPTION),
	SCALED("fuel_l_per_100km", "energyConsumptions[type=Fuel].avgConsumption", 1, 100, "L/100 km",
		   "average consumption of fuel (kilograms for hydrogen)"),
	TRIP_DISTANCE("electric_distance_km", "Electric", "electrically"),
	TRIP_DISTANCE("thermal_distance_km", "Thermal", "on the combustion engine"),
	TRIP_DISTANCE("hybrid_distance_km", "Hybrid", "on both together"),
	FLAG("done", "done", "whether the trip is finished"),
	LIST("faults", "faults[].fault", "what is wrong with the record: Unstarted, DataLacking, Unfinished"),
	LIST("fault_causes", "faults[].cause",
		 "causes, one for each of faults: GeoPrivacy, FullPrivacy, Connection"),
	CREATED_AT("when the record was made"),
	UPDATED_AT("when the record last changed"),
};

static const CatalogColumn waypoints_columns[] = {
	VEHICLE_COLUMNS,
	TEXT("trip_id", "/user/vehicles/{id}/trips: id", "id of the trip", .source = SRC_TRIP_ID),
	TIME("recorded_at", POSITION_TIME(""), "time of the position"),
	POSITION_COLUMNS(""),
	MEASURE("tolerance_km", "query parameter tolerance", "km",
			"simplification asked for: WHERE tolerance_km = 0.05 leaves out points that stray less",
			.source = SRC_TOLERANCE, .null_when = "the query does not set it with ="),
};

static const CatalogColumn alerts_columns[] = {
	VEHICLE_COLUMNS,
	TEXT("id", "id", "id of the alert"),
	TEXT("type", "type", "what it is about: LeftFrontTireUnderInflated, FuelLevelLow, EngineFault, ..."),
	TEXT("severity", "severity", "severity: Information, Warning, Critical"),
	FLAG("active", "active", "whether it lasts"),
	TIME("started_at", "startedAt", "when it began"),
	TIME("ended_at", "endAt", "when it ended", .null_when = "it lasts"),
	COORDINATES("start_", "startPosition.", "where it began", POSITION_SCOPE),
	COORDINATES("end_", "endPosition.", "where it ended", POSITION_SCOPE),
	UNSCALED("trip_ids", TEXTARRAYOID, "_links.trips[].href", "ids of the trips in which it lasted",
			 .conversion = CONV_LIST_LAST_SEGMENT),
	CREATED_AT("when the record was made"),
	UPDATED_AT("when the record last changed"),
};

static const char *const alarm_kinds[] = {
	"status", "vehicle.alarm.status",
	"trigger", "vehicle.alarm.trigger",
	NULL
};

static const CatalogColumn alarms_columns[] = {
	VEHICLE_COLUMNS,
	TEXT("id", "id", "id of the event"),
	TEXT("kind", "status|trigger", "what it is: status (switched on or off), trigger (set off)",
		 .conversion = CONV_PRESENCE,
		 .filter = FILTER_KIND, .parameter = "type", .words = alarm_kinds),
	TEXT("activation", "status.activation", "alarm: Active, Inactive", .null_when = "kind is trigger"),
	TEXT("trigger_type", "trigger.type", "what set it off: FrontLeftDoorBreakIn, VehicleLifting, ...",
		 .null_when = "kind is status"),
	TIME("created_at", "status.createdAt|trigger.createdAt", "when the event was recorded"),
	TIME("started_at", "trigger.startAt", "when the alarm was set off", .null_when = "kind is status"),
	COORDINATES("", "trigger.position.", "of the car", POSITION_SCOPE),
};

static const CatalogColumn collisions_columns[] = {
	VEHICLE_COLUMNS,
	TEXT("id", "id", "id of the collision"),
	CREATED_AT("when it was recorded: the only date of the event"),
	TRIP_ID,
	LIST("sides", "details[].side", "sides that were hit: Front, Rear, Lateral"),
	LIST("severities", "details[].severity", "severity, one for each of sides: Minimal, Minor, Major"),
	FLAG("tipped_over", "tippedOver", "whether the car tipped over",
		 .null_when = "the car has no such sensor"),
	FLAG("pedestrian", "pedestrian", "whether a pedestrian was hit",
		 .null_when = "the car has no such sensor"),
	UPDATED_AT("when the record last changed"),
};

static const CatalogColumn maintenance_columns[] = {
	VEHICLE_COLUMNS,
	MAINTENANCE_COLUMNS(""),
	CREATED_AT("when the counters were made"),
	UPDATED_AT("when the counters last changed"),
};

static const Resource account_resource = {
	.name = "account",
	.parent = PARENT_ACCOUNT,
	.shape = SHAPE_OBJECT,
	.endpoint = "/user",
	.accept = HAL,
	.rows_per_parent = 1,
	.meaning = "the account whose vehicles are the other tables",
	COLUMNS(account_columns)
};

static const Resource vehicles_resource = {
	.name = "vehicles",
	.parent = PARENT_ACCOUNT,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/vehicles",
	.object_endpoint = "/user/vehicles/{id}",
	.rows_key = "vehicles",
	.accept = HAL,
	.has_id = true,
	.lists_vehicles = true,
	.takes_locale = true,
	.max_page_size = 60,
	.rows_per_parent = 10,
	.meaning = "vehicles of the account",
	COLUMNS(vehicles_columns)
};

static const Resource status_resource = {
	.name = "status",
	.parent = PARENT_VEHICLE,
	.shape = SHAPE_OBJECT,
	.endpoint = "/user/vehicles/{id}/status",
	.accept = HAL,
	.scopes = "data:telemetry",
	.answers_without = true,
	.optional_scopes = "data:position",
	.rows_per_parent = 1,
	.meaning = "last known state of each vehicle; every group of columns has a time of its own",
	COLUMNS(status_columns)
};

static const Resource positions_resource = {
	.name = "positions",
	.parent = PARENT_VEHICLE,
	.shape = SHAPE_OBJECT,
	.endpoint = "/user/vehicles/{id}/lastPosition",
	.accept = "application/vnd.geo+json",
	.scopes = "data:position",
	.rows_per_parent = 1,
	.meaning = "last known position of each vehicle",
	COLUMNS(positions_columns)
};

const Resource catalog_positions_of_status = {
	.name = "positions",
	.parent = PARENT_VEHICLE,
	.shape = SHAPE_OBJECT,
	.endpoint = "/user/vehicles/{id}/status",
	.row_pointer = "lastPosition",
	.accept = HAL,
	.scopes = "data:position",
	.rows_per_parent = 1,
	.meaning = "last known position of each vehicle, read from its status",
	COLUMNS(positions_columns)
};

static const Resource telemetry_resource = {
	.name = "telemetry",
	.parent = PARENT_VEHICLE,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/vehicles/{id}/telemetry",
	.trip_endpoint = "/user/vehicles/{id}/trips/{tid}/telemetry",
	.trip_column = "trip_id",
	.trip_scopes = "data:trip,data:telemetry",
	.rows_key = "telemetries",
	.accept = HAL,
	.scopes = "data:telemetry",
	.answers_without = true,
	.optional_scopes = "data:position",
	.time_column = "recorded_at",
	.max_page_size = 2000,
	.rows_per_parent = 5000,
	.rows_per_day = 200,
	.meaning = "messages that the vehicles sent while driving",
	COLUMNS(telemetry_columns)
};

static const Resource trips_resource = {
	.name = "trips",
	.parent = PARENT_VEHICLE,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/vehicles/{id}/trips",
	.object_endpoint = "/user/vehicles/{id}/trips/{rid}",
	.rows_key = "trips",
	.accept = HAL,
	.scopes = "data:trip",
	.optional_scopes = "data:position",
	.time_column = "started_at",
	.lower_bound_only = true,
	.has_id = true,
	.max_page_size = 60,
	.rows_per_parent = 200,
	.rows_per_day = 3,
	.meaning = "trips of the vehicles",
	COLUMNS(trips_columns)
};

static const Resource waypoints_resource = {
	.name = "waypoints",
	.parent = PARENT_TRIP,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/vehicles/{id}/trips/{tid}/wayPoints",
	.rows_key = "positions",
	.accept = HAL,
	.scopes = "data:trip,data:position",
	.time_column = "recorded_at",
	.max_page_size = 0,
	.rows_per_parent = 100,
	.rows_per_day = 300,
	.meaning = "positions along each trip",
	COLUMNS(waypoints_columns)
};

static const Resource alerts_resource = {
	.name = "alerts",
	.parent = PARENT_VEHICLE,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/vehicles/{id}/alerts",
	.object_endpoint = "/user/vehicles/{id}/alerts/{rid}",
	.trip_endpoint = "/user/vehicles/{id}/trips/{tid}/alerts",
	.trip_column = "trip_ids",
	.trip_scopes = "data:trip,data:alert",
	.rows_key = "alerts",
	.accept = HAL,
	.scopes = "data:alert",
	.of_events = true,
	.optional_scopes = "data:position",
	.time_column = "started_at",
	.lower_bound_only = true,
	.has_id = true,
	.max_page_size = 60,
	.rows_per_parent = 20,
	.rows_per_day = 0.05,
	.meaning = "faults and warnings that the vehicles showed",
	COLUMNS(alerts_columns)
};

static const Resource alarms_resource = {
	.name = "alarms",
	.parent = PARENT_VEHICLE,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/vehicles/{id}/alarms",
	.object_endpoint = "/user/vehicles/{id}/alarms/{rid}",
	.rows_key = "alarms",
	.accept = HAL,
	.scopes = "data:telemetry",
	.capability = "data:telemetry:vehicle:alarm",
	.of_events = true,
	.optional_scopes = "data:position",
	.time_column = "created_at",
	.has_id = true,
	.max_page_size = 60,
	.rows_per_parent = 10,
	.rows_per_day = 0.02,
	.meaning = "events of the anti-theft alarm",
	COLUMNS(alarms_columns)
};

static const Resource collisions_resource = {
	.name = "collisions",
	.parent = PARENT_VEHICLE,
	.shape = SHAPE_COLLECTION,
	.endpoint = "/user/vehicles/{id}/collisions",
	.object_endpoint = "/user/vehicles/{id}/collisions/{rid}",
	.trip_endpoint = "/user/vehicles/{id}/trips/{tid}/collisions",
	.trip_column = "trip_id",
	.trip_scopes = "data:trip,data:collision",
	.rows_key = "collisions",
	.accept = HAL,
	.scopes = "data:collision",
	.of_events = true,
	.time_column = "created_at",
	.has_id = true,
	.max_page_size = 60,
	.rows_per_parent = 1,
	.rows_per_day = 0.001,
	.meaning = "collisions that the vehicles detected",
	COLUMNS(collisions_columns)
};

static const Resource maintenance_resource = {
	.name = "maintenance",
	.parent = PARENT_VEHICLE,
	.shape = SHAPE_OBJECT,
	.endpoint = "/user/vehicles/{id}/maintenance",
	.accept = HAL,
	.scopes = "data:telemetry",
	.capability = "data:telemetry:vehicle:maintenance",
	.rows_per_parent = 1,
	.meaning = "what is left until each vehicle's next maintenance",
	COLUMNS(maintenance_columns)
};

const Resource *const catalog_resources[] = {
	&account_resource,
	&vehicles_resource,
	&status_resource,
	&positions_resource,
	&telemetry_resource,
	&trips_resource,
	&waypoints_resource,
	&alerts_resource,
	&alarms_resource,
	&collisions_resource,
	&maintenance_resource,
	&catalog_callbacks,
	&catalog_monitors,
	&catalog_remote_actions
};
const int	catalog_nresources = lengthof(catalog_resources);

const CatalogColumn catalog_account_column =
TEXT("account", "table option account", "name of the account, the same in every row", .source = SRC_ACCOUNT);

const char *const catalog_extensions[] = {
	"branding", "pictures", "onboardCapabilities", "location", "maintenance"
};
StaticAssertDecl(lengthof(catalog_extensions) == CATALOG_NEXTENSIONS,
				 "every EXT_ bit needs its word");

const char *const catalog_scopes[] = {
	"data:trip", "data:position", "data:telemetry", "data:alert", "data:collision"
};
const int	catalog_nscopes = lengthof(catalog_scopes);

const Resource *
catalog_resource(const char *name)
{
	for (int i = 0; i < catalog_nresources; i++)
	{
		if (strcmp(catalog_resources[i]->name, name) == 0)
			return catalog_resources[i];
	}
	return NULL;
}

const CatalogColumn *
catalog_column(const Resource *resource, const char *name)
{
	for (int i = 0; i < resource->ncolumns; i++)
	{
		if (strcmp(resource->columns[i].name, name) == 0)
			return &resource->columns[i];
	}
	return NULL;
}

int
catalog_most_ids(const Resource *resource, int page_size)
{
	return page_size > 0 ? Max((int) ceil(resource->rows_per_parent / page_size), 1) : 1;
}
