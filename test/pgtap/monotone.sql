-- Conditions on a function of the time column: the range that is sent holds
-- every moment that satisfies the condition, wherever clocks change, and is no
-- longer than it need be.
-- simulator: --vehicles 3 --days 20 --telemetry 400
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';

--
-- What the commonest shapes ask
--
SELECT pushes('SELECT recorded_at FROM cars.telemetry WHERE #vehicle_id = {1} AND ' || replace(condition, '#c', '#recorded_at'),
			  '/user/vehicles/{1}/telemetry?timestamps=' || range || '&pageSize=2000', condition)
FROM (VALUES
	('#c::date = ''2026-02-20''', '2026-02-19T23:59:59Z/2026-02-21T00:00:01Z'),
	('CAST(#c AS date) BETWEEN ''2026-02-20'' AND ''2026-02-22''', '2026-02-19T23:59:59Z/2026-02-23T00:00:01Z'),
	('#c::date IN (''2026-02-20'', ''2026-02-24'')', '2026-02-19T23:59:59Z/2026-02-21T00:00:01Z&timestamps=2026-02-23T23:59:59Z/2026-02-25T00:00:01Z'),
	('date_trunc(''month'', #c) = ''2026-02-01''', '2026-01-31T23:59:59Z/2026-03-01T00:00:01Z'),
	('date_trunc(''week'', #c) >= ''2026-02-18''', '2026-02-22T23:59:59Z/open'),
	('date_trunc(''day'', #c, ''Europe/Paris'') = ''2026-02-19 23:00+00''', '2026-02-19T22:59:59Z/2026-02-20T23:00:01Z'),
	('date_trunc(''hour'', #c) < ''2026-02-20 10:00''', '/2026-02-20T11:00:01Z'),
	('#c AT TIME ZONE ''Europe/Paris'' >= ''2026-02-20''', '2026-02-19T22:59:59Z/open'),
	('timezone(''Europe/Paris'', #c) < timestamp ''2026-02-20''', '/2026-02-19T23:00:01Z'),
	('date_trunc(''day'', #c AT TIME ZONE ''Europe/Paris'') = timestamp ''2026-02-20''', '2026-02-19T22:59:59Z/2026-02-20T23:00:01Z'),
	('date_trunc(''day'', #c AT TIME ZONE ''Europe/Paris'') AT TIME ZONE ''Europe/Paris'' = ''2026-02-19 23:00+00''', '2026-02-19T22:59:59Z/2026-02-20T23:00:01Z'),
	('(#c AT TIME ZONE ''Europe/Paris'')::date = ''2026-02-20''', '2026-02-19T22:59:59Z/2026-02-20T23:00:01Z'),
	('extract(year FROM #c) = 2026', '2025-12-31T23:59:59Z/2027-01-01T00:00:01Z'),
	('extract(year FROM #c) > 2025', '2025-12-31T23:59:59Z/open'),
	('date_part(''year'', #c) BETWEEN 2025 AND 2026', '2024-12-31T23:59:59Z/2027-01-01T00:00:01Z'),
	('CAST(extract(year FROM #c) AS integer) IN (2026, 2030)', '2025-12-31T23:59:59Z/2027-01-01T00:00:01Z&timestamps=2029-12-31T23:59:59Z/2031-01-01T00:00:01Z'),
	('extract(epoch FROM #c) >= 1771581600', '2026-02-20T09:59:59Z/open'),
	('#c + interval ''1 hour'' > ''2026-02-20 10:00''', '2026-02-20T08:59:59Z/open'),
	('#c - interval ''1 day'' <= ''2026-02-20 10:00''', '/2026-02-21T10:00:01Z'),
	('interval ''1 hour'' + #c > ''2026-02-20 10:00''', '2026-02-20T08:59:59Z/open'),
	('timestamptz ''2026-02-21'' - #c < interval ''2 days''', '2026-02-18T23:59:59Z/open'),
	('date ''2026-02-21'' - #c::date <= 2', '2026-02-18T23:59:59Z/open'),
	('#c::timestamp >= ''2026-02-20 10:00''', '2026-02-20T09:59:59Z/open'),
	('date_bin(''6 hours'', #c, ''2026-01-01'') = ''2026-02-20 06:00''', '2026-02-20T05:59:59Z/2026-02-20T12:00:01Z'),
	('(#c::date = ''2026-02-20'' OR #c::date = ''2026-02-24'')', '2026-02-19T23:59:59Z/2026-02-21T00:00:01Z&timestamps=2026-02-23T23:59:59Z/2026-02-25T00:00:01Z')
) AS t (condition, range);

-- what is no bound: it is not known, says nothing, or may be another value each time
SELECT asks('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND ' || condition,
			'/user/vehicles/{1}/telemetry?pageSize=2000', 'no bound: ' || condition)
FROM (VALUES
	('recorded_at::date = ''infinity'''),
	('date_trunc(''month'', recorded_at) > ''-infinity'''),
	('date_trunc(''century'', recorded_at) = ''2001-01-01'''),
	('extract(month FROM recorded_at) = 2'),
	('extract(dow FROM recorded_at) = 2'),
	('extract(year FROM recorded_at) <> 2026'),
	('extract(year FROM recorded_at) < ''NaN'''),
	('date_trunc(''day'', recorded_at) <> ''2026-02-20'''),
	('to_char(recorded_at, ''YYYY'') = ''2026'''),
	('recorded_at + interval ''1 hour'' * round(random()) > ''2026-02-20'''),
	('recorded_at - interval ''4000 years'' < ''2026-02-20'''),
	('recorded_at::date > date ''2026-02-20'' - (odometer_km * 0)::int'),
	('recorded_at + odometer_km * interval ''1 second'' > ''2026-02-20'''),
	('recorded_at::date = date ''2026-02-20'' - (random() * 0)::int'),
	('extract(epoch FROM recorded_at) < 1e300'),
	('date_bin(''1 hour'', recorded_at, ''2026-01-01'') < ''infinity''')
) AS t (condition);

-- what cannot be asks nothing
SELECT asks_nothing('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND ' || condition, condition)
FROM (VALUES
	('recorded_at::date = (SELECT NULL::date)'),
	('recorded_at::date = ANY ((SELECT NULL::date[])::date[])'),
	('recorded_at::date = ANY (''{NULL}''::date[])'),
	('date_trunc((SELECT NULL), recorded_at) = ''2026-02-01'''),
	('recorded_at AT TIME ZONE (SELECT NULL) > ''2026-02-01'''),
	('recorded_at + (SELECT NULL::interval) > ''2026-02-01'''),
	('date_trunc(''month'', recorded_at) = ''2026-02-02'''),
	('date_trunc(''day'', recorded_at)::timestamp = timestamp ''2026-02-02 00:00:00.000001'''),
	('extract(year FROM recorded_at) = 2025.5'),
	('extract(year FROM recorded_at)::int > 2025 AND date_part(''year'', recorded_at) < 2026'),
	('recorded_at AT TIME ZONE ''Europe/Paris'' BETWEEN ''2026-03-29 02:00'' AND ''2026-03-29 02:59''')
) AS t (condition);

-- functions' other arguments are known before the scan
PREPARE truncated (text, timestamptz, text) AS
	SELECT count(*) FROM cars.telemetry WHERE vin = 'VR3UHZKXZPT000001' AND date_trunc($1, recorded_at, $3) = $2;
SET plan_cache_mode = force_generic_plan;
SELECT sim_clear();
EXECUTE truncated('month', '2026-01-31 23:00+00', 'Europe/Paris') \g /dev/null
SELECT asked(E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/telemetry?timestamps=2026-01-31T22:59:59Z/2026-02-28T23:00:01Z&pageSize=2000', 'parameters of a generic plan');
SELECT sim_clear();
EXECUTE truncated('day', '2026-02-10', 'Asia/Kolkata') \g /dev/null
SELECT asked('', 'the same with others: never at midnight');
RESET plan_cache_mode;
SELECT throws_ok('SELECT count(*) FROM cars.telemetry WHERE date_trunc(''fortnight'', recorded_at) = ''2026-02-10''', '22023', NULL, 'an unknown unit is PostgreSQL''s to refuse');
SELECT throws_ok('SELECT count(*) FROM cars.telemetry WHERE recorded_at AT TIME ZONE ''Nowhere/Land'' > ''2026-02-10''', '22023', NULL, 'so is an unknown time zone');
SELECT same_rows('SELECT t.id, m.recorded_at FROM cars.trips AS t, LATERAL (SELECT recorded_at FROM cars.telemetry AS w WHERE w.vehicle_id = t.vehicle_id AND date_trunc(''hour'', #w.recorded_at) = date_trunc(''hour'', t.started_at) OFFSET 0) AS m WHERE t.vehicle_id = {1}',
				 'from row to row another operand');
SELECT same_rows('SELECT id FROM cars.trips WHERE #vehicle_id = {1} AND #started_at::date >= ''2026-02-20''', 'trips');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND started_at::date BETWEEN ''2026-02-20'' AND ''2026-02-22''',
			'/user/vehicles/{1}/trips?timestamps=2026-02-19T00:00:00Z/open&pageSize=60', 'trips: the day before, and no end');

--
-- Every function, near every change of a clock
--

-- An unknown vehicle costs one request, and its name says which condition it was.
SELECT sim_config('{"unknown_vehicle": 404, "log_limit": 200000}');
CREATE FOREIGN TABLE moments (vehicle_id text, created_at timestamptz) SERVER sim OPTIONS (resource 'alarms', time_slack '0');
SET stellantis_fdw.max_requests = 1000000;
CREATE TABLE moment (c timestamptz);
CREATE TABLE condition (n serial, function text, condition text, excess interval, asked tstzmultirange);

-- The functions, and how much too long the range may be at either end: where a
-- local time has another offset within days, or months do not add up.
CREATE TABLE function (expression text, type text, excess interval DEFAULT '0');
INSERT INTO function (expression, type) VALUES
	('c::date', 'date'), ('c::timestamp', 'timestamp'), ('c AT TIME ZONE {zone}', 'timestamp'),
	('c AT TIME ZONE ''Asia/Kathmandu''', 'timestamp'), ('c AT TIME ZONE ''EST''', 'timestamp'),
	('(c AT TIME ZONE {zone})::date', 'date'),
	('date_trunc(''day'', c)', 'timestamptz'),
	('date_trunc(''week'', c)', 'timestamptz'), ('date_trunc(''month'', c)', 'timestamptz'), ('date_trunc(''quarter'', c)', 'timestamptz'),
	('date_trunc(''year'', c)', 'timestamptz'), ('date_trunc(''day'', c, {zone})', 'timestamptz'),
	('date_trunc(''day'', c AT TIME ZONE {zone})', 'timestamp'), ('date_trunc(''hour'', c::timestamp)', 'timestamp'),
	('date_trunc(''day'', c AT TIME ZONE {zone}) AT TIME ZONE {zone}', 'timestamptz'),
	('date_trunc(''month'', c::date)', 'timestamptz'),
	('extract(year FROM c)', 'numeric'), ('extract(year FROM c AT TIME ZONE {zone})', 'numeric'), ('extract(year FROM c::date)::int', 'int'),
	('date_part(''year'', c)', 'float8'), ('extract(epoch FROM c)', 'numeric'), ('extract(epoch FROM c::timestamp)', 'numeric'),
	('date_part(''epoch'', c)', 'float8'),
	('c + interval ''1 hour''', 'timestamptz'), ('c - interval ''90 min''', 'timestamptz'), ('c::timestamp - interval ''2 hours''', 'timestamp'),
	('interval ''00:00:00.000001'' + c', 'timestamptz'),
	('timestamptz {other} - c', 'interval'), ('c - timestamptz {other}', 'interval'), ('c::date - {other}::date', 'int'), ('{other}::date - c::date', 'int'),
	('timestamp {other} - c::timestamp', 'interval');
INSERT INTO function VALUES
	('c::timestamp(3)', 'timestamp', '2 hours'),
	('date_trunc(''hour'', c)', 'timestamptz', '1 hour'), ('date_trunc(''minute'', c)', 'timestamptz', '1 min'), ('c::timestamptz(0)', 'timestamptz', '1 s'),
	('date_bin(''7 min'', c, {other})', 'timestamptz', '7 min'), ('c AT TIME ZONE ''MSK''', 'timestamp', '30 hours'),
	('c + interval ''1 day''', 'timestamptz', '2 hours'), ('c - interval ''1 day''', 'timestamptz', '2 hours'),
	('c::date + interval ''36 hours''', 'timestamp', '2 hours'), ('c::timestamp::timestamptz', 'timestamptz', '2 hours'),
	('c + interval ''1 month''', 'timestamptz', '5 days'), ('c - interval ''1 month''', 'timestamptz', '5 days'),
	('c - interval ''2 mons -3 days 04:05''', 'timestamptz', '5 days'), ('c::date - interval ''1 mon''', 'timestamp', '5 days'),
	('date_trunc(''hour'', c + interval ''1 day'')', 'timestamptz', '2 hours'),
	('(c::timestamp + interval ''1 month'')::date', 'date', '5 days');

-- Where a clock changes; a day may be in vain where it does so at midnight.
CREATE TABLE change (zone text, at timestamptz, excess interval DEFAULT '0');
INSERT INTO change (zone, at) VALUES
	('America/New_York', '2026-03-08 07:00Z'), ('America/New_York', '2025-11-02 06:00Z'),
	('Europe/Paris', '2026-03-29 01:00Z'), ('Europe/Paris', '2025-10-26 01:00Z'), ('Europe/Paris', '2025-12-31 23:00Z'),
	('Asia/Kolkata', '2026-02-28 18:30Z'), ('Australia/Lord_Howe', '2026-04-04 15:00Z'), ('Australia/Lord_Howe', '2025-10-04 15:30Z'),
	('Pacific/Apia', '2011-09-24 14:00Z'),
	('Africa/Casablanca', '2026-02-15 02:00Z'), ('Africa/Casablanca', '2026-03-22 02:00Z'),
	('America/Havana', '2026-03-08 05:00Z'), ('Antarctica/Troll', '2026-03-29 01:00Z'), ('UTC', '2026-01-31 00:00Z');
INSERT INTO change VALUES
	('Pacific/Apia', '2011-12-30 10:00Z', '1 day'), ('America/Havana', '2025-11-02 05:00Z', '1 day');

-- The ranges that were asked for each condition: none where there was no request.
CREATE FUNCTION pg_temp.note_ranges() RETURNS void LANGUAGE sql AS $$
	WITH log AS MATERIALIZED (
		SELECT substring(line from '/vehicles/c(\d+)/')::int AS n, m[1] AS range
		FROM unnest(tap.sim('', '/log?format=text')) AS line, regexp_matches(line, 'timestamps=([^& ]+)', 'g') AS m)
	UPDATE condition SET asked = coalesce(ranges.asked, '{}')
	FROM condition AS c LEFT JOIN (
		SELECT n, range_agg(tstzrange(nullif(split_part(range, '/', 1), '')::timestamptz, split_part(range, '/', 2)::timestamptz, '[]')) AS asked
		FROM log GROUP BY n) AS ranges USING (n)
	WHERE c.n = condition.n
$$;

-- Makes the conditions on a function near a change: all operators, and what the
-- function gives there and a little beside. Asks them.
CREATE FUNCTION pg_temp.ask_near(change change, f function) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	expression text := replace(replace(f.expression, '{zone}', quote_literal(change.zone)),
							   '{other}', quote_literal(to_char(change.at AT TIME ZONE change.zone, 'YYYY-MM-DD HH24:MI')));
	beside text := CASE WHEN f.type IN ('timestamp', 'timestamptz', 'interval') THEN 'interval ''17 min''' ELSE '1' END;
	operands text[];
	r record;
BEGIN
	EXECUTE format('SELECT array_agg(DISTINCT format(''%%L::%s'', v)) FROM (SELECT %s + o * (%s) AS v FROM unnest(ARRAY[$1 - interval ''30 min'', $1, $1, $1 + interval ''31 h''], ''{0,0,1,0}''::int[]) AS i (c, o)) AS v',
				   f.type, expression, beside) USING change.at INTO operands;
	-- operators of two types
	IF f.type IN ('timestamp', 'date') THEN
		operands := operands || format('%L::timestamptz', change.at) || format('%L::timestamptz', change.at - interval '30 min') || format('%L::date', (change.at AT TIME ZONE change.zone)::date);
	END IF;
	FOR r IN INSERT INTO condition (function, condition, excess)
			SELECT f.expression, c, f.excess + change.excess +
				-- where a local time is read as another than it was
				CASE WHEN f.type <> 'timestamptz' AND c ~ '::timestamptz$' THEN interval '2 h' ELSE '0' END
			FROM (SELECT format('%s %s %s', expression, op, o) AS c FROM unnest(operands) AS o, unnest('{<,<=,=,>=,>}'::text[]) AS op
				  UNION ALL SELECT format('%s IN (%s)', expression, array_to_string(operands[1:3], ', '))
				  UNION ALL SELECT format('%s BETWEEN %s AND %s', expression, operands[1], operands[2])) AS c
			RETURNING n, condition LOOP
		-- an open end would be sent as a day ahead of the clock of this machine
		EXECUTE format('SELECT FROM moments WHERE vehicle_id = ''c%s'' AND created_at < ''2100-01-01'' AND %s', r.n, regexp_replace(r.condition, '\mc\M', 'created_at', 'g'));
	END LOOP;
END $$;

-- What is wrong with what was asked for a condition, by evaluating it.
CREATE FUNCTION pg_temp.fault_of(change change, condition condition) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	excess interval := condition.excess + interval '20 min';	-- moments are a quarter of an hour apart
	low timestamptz := coalesce(lower(condition.asked), '-infinity');
	high timestamptz := coalesce(upper(condition.asked), 'infinity');
	missing timestamptz;
	first timestamptz;
	last timestamptz;
BEGIN
	EXECUTE format('SELECT min(c) FILTER (WHERE NOT c <@ $1), min(c), max(c) FROM moment WHERE %s', condition.condition) USING condition.asked INTO missing, first, last;
	RETURN CASE WHEN missing IS NOT NULL THEN format('%s: %s is not in %s', condition.condition, missing, condition.asked)
		-- only near the change are there enough moments to know where a condition begins to hold
		WHEN abs(extract(epoch FROM first - change.at)) < 48 * 3600 AND low < first - excess THEN
			format('%s: from %s on, and not from %s', condition.condition, first, low)
		WHEN abs(extract(epoch FROM last - change.at)) < 48 * 3600 AND high > last + excess THEN
			format('%s: until %s, and not until %s', condition.condition, last, high) END;
END $$;

-- Each quarter of an hour nearby, and what is next to it; some days and months further away.
CREATE FUNCTION pg_temp.moments_near(at timestamptz) RETURNS void LANGUAGE sql AS $$
	DELETE FROM moment;
	INSERT INTO moment
		SELECT at + i * interval '15 min' FROM generate_series(-200, 200) AS i UNION
		SELECT at + i * interval '1 h' + m FROM generate_series(-27, 27) AS i, unnest('{-1 us,1 us}'::interval[]) AS m UNION
		SELECT at + i * interval '24 h' + m FROM generate_series(-40, 40) AS i, unnest('{-1 us,1 us}'::interval[]) AS m UNION
		SELECT at + i * interval '720 h' FROM generate_series(-15, 15) AS i
$$;

CREATE FUNCTION pg_temp.all_hold(change change) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	f function;
	r record;
BEGIN
	PERFORM pg_temp.moments_near(change.at);
	DELETE FROM condition;
	PERFORM tap.sim_clear();
	PERFORM set_config('TimeZone', change.zone, false);
	FOR f IN SELECT * FROM function LOOP
		PERFORM pg_temp.ask_near(change, f);
	END LOOP;
	PERFORM pg_temp.note_ranges();
	FOR r IN SELECT function, min(pg_temp.fault_of(change, c)) AS fault FROM condition AS c GROUP BY function ORDER BY min(n) LOOP
		RETURN NEXT tap.is(r.fault, NULL, format('%s near %s in %s', r.function, change.at, change.zone));
	END LOOP;
	PERFORM set_config('TimeZone', 'UTC', false);
END $$;
SELECT pg_temp.all_hold(change) FROM change;
SELECT * FROM finish();
