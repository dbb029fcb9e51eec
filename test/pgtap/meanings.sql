-- The API does not say which date of a trip or an alert it compares, whether
-- bounds belong to a range, in what order it lists, or how it answers when
-- there is nothing.  Whatever it does, the answer is the same.
-- simulator: --vehicles 3 --days 10 --telemetry 200
\ir setup.psql
SELECT plan(22);
SET TimeZone = 'UTC';
SET stellantis_fdw.max_requests = 1000000;

CREATE TABLE knob (name text, setting text[]);
INSERT INTO knob VALUES
	('bounds', '{inclusive,exclusive,half_open}'),
	('order', '{asc,desc,shuffled}'),
	('empty', '{404,200}'),
	('trip_date', '{startedAt,stoppedAt,createdAt,overlap,contained}'),
	('alert_date', '{startedAt,endAt,createdAt,overlap,contained}');

-- The server's ways, as knobs: all combinations of the named ones.
CREATE FUNCTION ways(VARIADIC names text[]) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF names = '{}' THEN
		RETURN NEXT '{}'::jsonb;
		RETURN;
	END IF;
	RETURN QUERY SELECT w || jsonb_build_object(k.name, s)
		FROM knob AS k, unnest(k.setting) AS s, ways(VARIADIC names[2:]) AS w WHERE k.name = names[1];
END $$;

-- Tests: under all of them each query answers what it would with nothing pushed down.
CREATE FUNCTION same_under(all_ways jsonb[], VARIADIC queries text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	want jsonb[];
	failed text[] := array_fill(''::text, ARRAY[cardinality(queries)]);
	way jsonb;
BEGIN
	PERFORM tap.sim_reset();
	FOR i IN 1 .. cardinality(queries) LOOP
		want[i] := to_jsonb(tap.rows_of(tap.unmark(queries[i], false)));
	END LOOP;
	FOREACH way IN ARRAY all_ways LOOP
		PERFORM tap.sim_config(way);
		FOR i IN 1 .. cardinality(queries) LOOP
			IF to_jsonb(tap.rows_of(tap.unmark(queries[i], true))) <> want[i] THEN
				failed[i] := failed[i] || E'\n' || way::text;
			END IF;
		END LOOP;
	END LOOP;
	PERFORM tap.sim_reset();
	FOR i IN 1 .. cardinality(queries) LOOP
		RETURN NEXT tap.ok(failed[i] = '' AND want[i] <> '[]', queries[i]) ||
			CASE WHEN failed[i] <> '' THEN E'\n' || tap.diag('other rows under:' || failed[i]) ELSE '' END;
	END LOOP;
END $$;

-- an event at either end of the range, and one within a long trip
SELECT vin AS vin1, started_at AS start1, stopped_at AS stop1 FROM cars.trips WHERE duration > interval '1 day' LIMIT 1 \gset
SELECT started_at AS late1, stopped_at AS late2 FROM cars.trips WHERE created_at > stopped_at + interval '1 day' LIMIT 1 \gset
SELECT min(started_at) AS alert1, max(started_at) AS alert2 FROM cars.alerts WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 2) \gset
SELECT max(started_at) AS lasting FROM cars.alerts WHERE ended_at IS NULL \gset
SELECT min(created_at) AS alarm1, max(created_at) AS alarm2 FROM cars.alarms \gset
SELECT min(created_at) AS collision1, max(created_at) AS collision2 FROM cars.collisions \gset
SELECT min(recorded_at) AS telemetry1, max(recorded_at) AS telemetry2 FROM cars.telemetry \gset
SELECT min(recorded_at) AS waypoint1, max(recorded_at) AS waypoint2 FROM cars.waypoints WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 2) \gset
SELECT isnt(:'start1'::text, NULL, 'there is a trip of more than a day');
SELECT isnt(:'late1'::text, NULL, 'there is a trip that was uploaded late');

SELECT same_under(ARRAY(SELECT ways('bounds', 'order', 'empty', 'trip_date')),
	format('SELECT id FROM cars.trips WHERE #started_at >= %L AND #started_at <= %L', :'start1', :'start1'),
	format('SELECT id FROM cars.trips WHERE #started_at > %L AND #started_at < %L', :'start1'::timestamptz - interval '1 s', :'stop1'),
	format('SELECT id FROM cars.trips WHERE #started_at = %L', :'late1'),
	format('SELECT id FROM cars.trips WHERE #started_at BETWEEN %L AND %L', :'late1', :'late2'),
	format('SELECT id FROM cars.trips WHERE #started_at < %L', :'stop1'),
	format('SELECT id FROM cars.trips WHERE #started_at >= %L', :'start1'),
	format('SELECT id FROM cars.trips WHERE #started_at >= %L AND #stopped_at <= %L', :'start1', :'stop1'));

SELECT same_under(ARRAY(SELECT ways('bounds', 'order', 'empty', 'alert_date')),
	format('SELECT id FROM cars.alerts WHERE #started_at BETWEEN %L AND %L', :'alert1', :'alert2'),
	format('SELECT id FROM cars.alerts WHERE #started_at = %L', :'alert1'),
	format('SELECT id FROM cars.alerts WHERE #started_at <= %L', :'alert1'),
	-- one that lasts has no end to compare
	format('SELECT id FROM cars.alerts WHERE #started_at >= %L', :'lasting'));

SELECT same_under(ARRAY(SELECT ways('bounds', 'order', 'empty')),
	format('SELECT id FROM cars.alarms WHERE #created_at BETWEEN %L AND %L', :'alarm1', :'alarm1'),
	format('SELECT id FROM cars.alarms WHERE #created_at > %L AND #created_at <= %L', :'alarm1', :'alarm2'),
	format('SELECT id FROM cars.collisions WHERE #created_at BETWEEN %L AND %L', :'collision1', :'collision2'),
	format('SELECT id FROM cars.collisions WHERE #created_at = %L', :'collision2'),
	format('SELECT recorded_at FROM cars.telemetry WHERE #recorded_at BETWEEN %L AND %L', :'telemetry1', :'telemetry2'),
	format('SELECT recorded_at FROM cars.telemetry WHERE #recorded_at = %L', :'telemetry1'),
	format('SELECT recorded_at FROM cars.telemetry WHERE #recorded_at > %L AND #recorded_at <= %L', :'telemetry1', :'telemetry2'));

-- waypoints ask the trips around the range, so both matter
SELECT same_under(ARRAY(SELECT ways('bounds', 'order', 'empty', 'trip_date')),
	format('SELECT trip_id, recorded_at FROM cars.waypoints WHERE #vehicle_id = {2} AND #recorded_at BETWEEN %L AND %L', :'waypoint2', :'waypoint2'),
	format('SELECT trip_id, recorded_at FROM cars.waypoints WHERE #vin = %L AND #recorded_at BETWEEN %L AND %L', :'vin1',
		   :'start1'::timestamptz + interval '20 h', :'start1'::timestamptz + interval '21 h'));
SELECT * FROM finish();
