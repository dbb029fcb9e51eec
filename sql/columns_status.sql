--
-- Every column of status, positions and maintenance, against the simulator's world.
-- simulator: --vehicles 12 --days 3
--
\i test/setup.psql
\i test/regress.psql
SELECT sim.load_world();

SELECT * FROM sim.compare('cars.status', '{vehicle_id}', $$
	SELECT id, vin, sim.d(s, '$.createdAt') AS created_at, sim.d(s, '$.updatedAt') AS updated_at,
		   sim.t(s, '$.ignition.type') AS ignition,
		   sim.d(s, '$.ignition.createdAt') AS ignition_at,
		   sim.t(s, '$.powertrain.status') AS powertrain_status,
		   sim.d(s, '$.powertrain.createdAt') AS powertrain_at,
		   sim.b(s, '$.kinetic.moving') AS moving,
		   sim.f(s, '$.kinetic.speed') AS speed_kmh,
		   sim.f(s, '$.kinetic.acceleration') AS acceleration_mps2,
		   sim.d(s, '$.kinetic.createdAt') AS kinetic_at,
		   sim.f(s, '$.odometer.mileage') AS odometer_km,
		   sim.d(s, '$.odometer.createdAt') AS odometer_at,
		   (sim.energy(s, 'Electric', 'level') #>> '{}')::float8 AS electric_level_pct,
		   (sim.energy(s, 'Electric', 'autonomy') #>> '{}')::float8 AS electric_autonomy_km,
		   (sim.energy(s, 'Electric', 'createdAt', 'updatedAt') #>> '{}')::timestamptz AS electric_at,
		   (sim.electric(s, 'battery.load.capacity', 'battery.capacity') #>> '{}')::float8 AS battery_capacity_wh,
		   (sim.electric(s, 'battery.load.residual') #>> '{}')::float8 AS battery_residual_wh,
		   (sim.electric(s, 'battery.health.capacity') #>> '{}')::float8 AS battery_health_pct,
		   (sim.electric(s, 'battery.health.resistance') #>> '{}')::float8 AS battery_resistance_pct,
		   (sim.electric(s, 'charging.plugged') #>> '{}')::boolean AS charging_plugged,
		   (sim.electric(s, 'charging.status') #>> '{}')::text AS charging_status,
		   (sim.electric(s, 'charging.chargingMode') #>> '{}')::text AS charging_mode,
		   (sim.electric(s, 'charging.type') #>> '{}')::text AS charging_type,
		   (sim.electric(s, 'charging.chargingRate') #>> '{}')::float8 AS charging_rate_kmh,
		   (sim.electric(s, 'charging.chargingPowerLevel') #>> '{}')::text AS charging_power_level,
		   (sim.electric(s, 'charging.remainingTime') #>> '{}')::interval AS charging_remaining,
		   (sim.electric(s, 'charging.nextDelayedTime') #>> '{}')::interval AS charging_next_time,
		   (sim.energy(s, 'Fuel', 'subType') #>> '{}')::text AS fuel_kind,
		   (sim.energy(s, 'Fuel', 'level') #>> '{}')::float8 AS fuel_level_pct,
		   (sim.energy(s, 'Fuel', 'autonomy') #>> '{}')::float8 AS fuel_autonomy_km,
		   (sim.energy(s, 'Fuel', 'extension.fuel.consumptions.instant') #>> '{}')::float8 AS fuel_instant_l_per_100km,
		   ((sim.energy(s, 'Fuel', 'extension.fuel.consumptions.total') #>> '{}')::numeric / 100)::float8 AS fuel_total_l,
		   (sim.energy(s, 'Fuel', 'createdAt', 'updatedAt') #>> '{}')::timestamptz AS fuel_at,
		   sim.f(s, '$.battery.voltage') AS battery_12v_pct,
		   sim.d(s, '$.battery.createdAt') AS battery_12v_at,
		   sim.f(sim.engine(s), '$.extension.thermic.oil.level') AS oil_level_pct,
		   sim.f(sim.engine(s), '$.extension.thermic.oil.temp', '$.oil.temp') AS oil_temp_c,
		   sim.f(sim.engine(s), '$.extension.thermic.coolant.level') AS coolant_level_pct,
		   sim.f(sim.engine(s), '$.extension.thermic.coolant.temp') AS coolant_temp_c,
		   sim.f(sim.engine(s), '$.speed') AS engine_speed_rpm,
		   sim.l(s, '$.doorsState.lockedStates', '$.doorsState.lockedStates[*]') AS doors_locked,
		   sim.l(s, '$.doorsState.opening', '$.doorsState.opening[*] ? (@.state == "Open").identifier') AS doors_open,
		   sim.d(s, '$.doorsState.createdAt') AS doors_at,
		   sim.l(s, '$.safety.beltStatus', '$.safety.beltStatus[*] ? (@.belt == "Omission").id') AS belts_unfastened,
		   sim.t(s, '$.safety.autoECallTriggering') AS ecall_triggering,
		   sim.d(s, '$.safety.createdAt') AS safety_at,
		   sim.t(s, '$.preconditioning.airConditioning.status', '$.preconditionning.airConditioning.status') AS preconditioning_status,
		   sim.t(s, '$.preconditioning.airConditioning.startingCause', '$.preconditionning.airConditioning.startingCause') AS preconditioning_starting_cause,
		   sim.t(s, '$.preconditioning.airConditioning.failureCause', '$.preconditionning.airConditioning.failureCause') AS preconditioning_failure_cause,
		   sim.d(s, '$.preconditioning.airConditioning.createdAt', '$.preconditionning.airConditioning.createdAt') AS preconditioning_at,
		   sim.f(s, '$.environment.air.temp') AS air_temp_c,
		   sim.b(s, '$.environment.luminosity.day') AS daylight,
		   sim.d(s, '$.environment.air.createdAt', '$.environment.luminosity.createdAt') AS environment_at,
		   sim.t(s, '$.drivingBehavior.mode') AS driving_mode,
		   CASE WHEN s #> '{lightingSystem,turn}' IS NOT NULL THEN ARRAY(SELECT (e ->> 'position') || (e ->> 'direction') FROM jsonb_array_elements(s #> '{lightingSystem,turn}') WITH ORDINALITY AS q(e, n) WHERE e ->> 'status' = 'On' ORDER BY n) END AS turn_lights_on,
		   CASE WHEN s #> '{lightingSystem,fog}' IS NOT NULL THEN ARRAY(SELECT (e ->> 'position') || (e ->> 'direction') FROM jsonb_array_elements(s #> '{lightingSystem,fog}') WITH ORDINALITY AS q(e, n) WHERE e ->> 'status' = 'On' ORDER BY n) END AS fog_lights_on,
		   sim.t(s, '$.alarm.status.activation') AS alarm_activation,
		   sim.d(s, '$.alarm.status.createdAt') AS alarm_activation_at,
		   sim.t(s, '$.alarm.trigger.type') AS alarm_trigger,
		   sim.d(s, '$.alarm.trigger.startAt') AS alarm_trigger_at,
		   sim.t(s, '$.privacy.state') AS privacy,
		   sim.d(s, '$.privacy.createdAt') AS privacy_at,
		   sim.f(p, '$.geometry.coordinates[1]') AS latitude,
		   sim.f(p, '$.geometry.coordinates[0]') AS longitude,
		   sim.f(p, '$.geometry.coordinates[2]') AS altitude_m,
		   sim.f(p, '$.properties.heading') AS heading_deg,
		   sim.i(p, '$.properties.signalQuality') AS signal_quality,
		   sim.t(p, '$.properties.type') AS position_type,
		   sim.t(p, '$.properties.fixStatus') AS fix_status,
		   sim.d(p, '$.properties.createdAt', '$.properties.updatedAt') AS position_at
	  FROM sim.world, LATERAL (SELECT doc -> 'status' AS s, doc #> '{status,lastPosition}' AS p) AS x
	 WHERE jsonb_typeof(s) = 'object' $$);

SELECT * FROM sim.compare('cars.positions', '{vehicle_id}', $$
	SELECT id, vin, sim.d(p, '$.properties.createdAt', '$.properties.updatedAt') AS recorded_at,
		   sim.f(p, '$.geometry.coordinates[1]') AS latitude,
		   sim.f(p, '$.geometry.coordinates[0]') AS longitude,
		   sim.f(p, '$.geometry.coordinates[2]') AS altitude_m,
		   sim.f(p, '$.properties.heading') AS heading_deg,
		   sim.i(p, '$.properties.signalQuality') AS signal_quality,
		   sim.t(p, '$.properties.type') AS position_type,
		   sim.t(p, '$.properties.fixStatus') AS fix_status
	  FROM sim.world, LATERAL (SELECT doc -> 'lastPosition' AS p) AS x
	 WHERE jsonb_typeof(p) = 'object' $$);
-- the same table, read from another place
CREATE FOREIGN TABLE positions_of_status (vehicle_id text, vin text, recorded_at timestamptz, latitude float8, longitude float8,
	altitude_m float8, heading_deg float8, signal_quality int, position_type text, fix_status text)
	SERVER sim OPTIONS (resource 'positions', source 'status');
SELECT * FROM sim.compare('positions_of_status', '{vehicle_id}', $$
	SELECT id, vin, sim.d(p, '$.properties.createdAt', '$.properties.updatedAt') AS recorded_at,
		   sim.f(p, '$.geometry.coordinates[1]') AS latitude,
		   sim.f(p, '$.geometry.coordinates[0]') AS longitude,
		   sim.f(p, '$.geometry.coordinates[2]') AS altitude_m,
		   sim.f(p, '$.properties.heading') AS heading_deg,
		   sim.i(p, '$.properties.signalQuality') AS signal_quality,
		   sim.t(p, '$.properties.type') AS position_type,
		   sim.t(p, '$.properties.fixStatus') AS fix_status
	  FROM sim.world, LATERAL (SELECT doc #> '{status,lastPosition}' AS p) AS x
	 WHERE jsonb_typeof(p) = 'object' $$);

SELECT * FROM sim.compare('cars.maintenance', '{vehicle_id}', $$
	SELECT id, vin, sim.f(m, '$.daysBeforeMaintenance'), sim.f(m, '$.mileageBeforeMaintenance'),
		   sim.d(m, '$.createdAt'), sim.d(m, '$.updatedAt')
	  FROM sim.world, LATERAL (SELECT doc -> 'maintenance' AS m) AS x
	 WHERE jsonb_typeof(m) = 'object' $$);

-- what it looks like: an electric car that charges, a hybrid on the road, a
-- hydrogen car with the old names only
\x on
-- (without the ids, which are long)
ALTER FOREIGN TABLE cars.status ALTER vehicle_id OPTIONS (ADD field '/none');
SELECT * FROM cars.status WHERE vin IN ('VR3UHZKXZPT000001', 'VR3UHZKXZPT000002', 'W0VVHYDROPT000004') ORDER BY vin;
\x off
SELECT vin, recorded_at, latitude, longitude, altitude_m, heading_deg, signal_quality, position_type, fix_status
  FROM cars.positions ORDER BY vin LIMIT 5;
SELECT vin, days_before_maintenance, km_before_maintenance, created_at, updated_at FROM cars.maintenance ORDER BY vin;
