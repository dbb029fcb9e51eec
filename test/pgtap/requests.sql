-- What a WHERE asks of the API, and that the answer is the same as if nothing
-- had been pushed down.
-- simulator: --vehicles 4 --days 6
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';

--
-- The vehicle
--
\set all '/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60\n/user/vehicles/{2}/trips?pageSize=60\n/user/vehicles/{3}/trips?pageSize=60\n/user/vehicles/{4}/trips?pageSize=60'
\set first '/user/vehicles/{1}/trips?pageSize=60'
\set two '/user/vehicles/{1}/trips?pageSize=60\n/user/vehicles/{3}/trips?pageSize=60'
\set listed '/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60'
SELECT pushes('SELECT vehicle_id, id FROM cars.trips', :'all', 'no condition');
SELECT pushes('SELECT vehicle_id, id FROM cars.trips WHERE ' || condition, expected, condition)
FROM (VALUES
	('#vehicle_id = {1}', :'first'),
	('{1} = #vehicle_id', :'first'),
	('#vehicle_id = {1}::varchar', :'first'),
	('#vehicle_id = (''x'' || {1})::text OR #vehicle_id = {1} AND distance_km > 5', '/user/vehicles/x{1}/trips?pageSize=60 403'),
	('#vehicle_id IN ({1}, {3})', :'two'),
	('#vehicle_id IN ({1}, {3}, {1})', :'two'),
	('#vehicle_id = ANY (ARRAY[{3}, NULL, {1}])', :'two'),
	('#vehicle_id = ANY (string_to_array({3} || '','' || {1}, '',''))', :'two'),
	('#vehicle_id = {1} OR #vehicle_id = {3}', :'two'),
	('(#vehicle_id = {1} AND distance_km > 5) OR #vehicle_id = {3}', :'two'),
	('#vehicle_id IN ({1}, {2}) AND #vehicle_id IN ({4}, {1})', :'first'),
	('#vehicle_id = {1} AND #vehicle_id <> {2}', :'first'),
	('#vehicle_id = {1} OR distance_km > 30', :'all'),
	('#vehicle_id <> {1}', :'all'),
	('#vehicle_id NOT IN ({1}, {2})', :'all'),
	('NOT (#vehicle_id = {1})', :'all'),
	('#vehicle_id >= {1} AND #vehicle_id <= {1}', :'all'),
	('#vehicle_id LIKE left({1}, 20) || ''%''', :'all'),
	('#vehicle_id IS NOT NULL', :'all'),
	('#vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1)', :'first'),
	('#vehicle_id IN (SELECT id FROM sim_vehicle WHERE n = 1)', :'first'),
	('#vehicle_id = ANY (ARRAY(SELECT id FROM sim_vehicle WHERE n IN (1, 3)))', :'two'),
	('#vin = {vin1}', :'listed'),
	('#vin = {vin1} AND #vehicle_id = {1}', :'listed'),
	('#vin = {vin1} AND #vehicle_id IN ({1}, {2})', :'listed'),
	('#vin = ANY (ARRAY[{vin1}, ''nowhere''])', :'listed'),
	('#vin IN ({vin1}, {vin1})', :'listed'),
	('#vin LIKE ''%1''', :'all'),
	('#vin NOT LIKE ''VR3%''', :'all'),
	('#vin LIKE ''VR3%'' AND #vin = {vin1}', :'listed'),
	('#vin = {vin1} OR #vin LIKE ''VR3UHZKXZPT000001%''', :'listed'),
	('#vin LIKE {vin1}', replace(:'listed', '?', '?vinPrefix=VR3UHZKXZPT000001&'))
) AS t (condition, expected);
SELECT * FROM finish();
