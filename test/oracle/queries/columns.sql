-- Every column of every table: selected with all others and alone, compared,
-- sorted by.

--- every column of account at once
--! asks /user
SELECT * FROM account;

--- every column of account alone
--! once
SELECT local.each_column('account', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM account $q$) \gexec

--- every column of account compared
--! once
SELECT local.each_column('account', $q$
	SELECT '{c}', (SELECT count(*) FROM account WHERE {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM account WHERE {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM account WHERE {c} IS NULL) AS nothing $q$) \gexec

--- the rows of account sorted by every column
--! once
--! ordered
SELECT local.each_column('account', $q$
	SELECT '{c}', {c} FROM account ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of vehicles at once
--! asks /user/vehicles?extension=branding&extension=pictures&extension=onboardCapabilities&pageSize=60
SELECT * FROM vehicles;

--- every column of vehicles alone
--! once
SELECT local.each_column('vehicles', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM vehicles $q$) \gexec

--- every column of vehicles compared
--! once
SELECT local.each_column('vehicles', $q$
	SELECT '{c}', (SELECT count(*) FROM vehicles WHERE {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM vehicles WHERE {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM vehicles WHERE {c} IS NULL) AS nothing $q$) \gexec

--- the rows of vehicles sorted by every column
--! once
--! ordered
SELECT local.each_column('vehicles', $q$
	SELECT '{c}', {c} FROM vehicles ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of status at once
--! requests 7
SELECT * FROM status;

--- every column of status alone
--! once
SELECT local.each_column('status', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM status WHERE vehicle_id IN ({v1}, {v2}) $q$) \gexec

--- every column of status compared
--! once
SELECT local.each_column('status', $q$
	SELECT '{c}', (SELECT count(*) FROM status WHERE vehicle_id IN ({v1}, {v2}) AND {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM status WHERE vehicle_id IN ({v1}, {v2}) AND {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM status WHERE vehicle_id IN ({v1}, {v2}) AND {c} IS NULL) AS nothing $q$) \gexec

--- the rows of status sorted by every column
--! once
--! ordered
SELECT local.each_column('status', $q$
	SELECT '{c}', {c} FROM status WHERE vehicle_id IN ({v1}, {v2}) ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of positions at once
--! requests 7
SELECT * FROM positions;

--- every column of positions alone
--! once
SELECT local.each_column('positions', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM positions $q$) \gexec

--- every column of positions compared
--! once
SELECT local.each_column('positions', $q$
	SELECT '{c}', (SELECT count(*) FROM positions WHERE {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM positions WHERE {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM positions WHERE {c} IS NULL) AS nothing $q$) \gexec

--- the rows of positions sorted by every column
--! once
--! ordered
SELECT local.each_column('positions', $q$
	SELECT '{c}', {c} FROM positions ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of telemetry at once
--! requests 7
SELECT right(vin, 1), recorded_at, md5(telemetry::text) FROM telemetry;

--- every column of telemetry at once, to be read
--! requests 2
SELECT * FROM telemetry WHERE vehicle_id = :'v1' AND trip_id IS NOT NULL;

--- every column of telemetry alone
--! once
SELECT local.each_column('telemetry', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM telemetry WHERE vehicle_id = {v2} AND recorded_at < '2026-03-28' $q$) \gexec

--- every column of telemetry compared
--! once
SELECT local.each_column('telemetry', $q$
	SELECT '{c}', (SELECT count(*) FROM telemetry WHERE vehicle_id = {v2} AND recorded_at < '2026-03-28' AND {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM telemetry WHERE vehicle_id = {v2} AND recorded_at < '2026-03-28' AND {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM telemetry WHERE vehicle_id = {v2} AND recorded_at < '2026-03-28' AND {c} IS NULL) AS nothing $q$) \gexec

--- the rows of telemetry sorted by every column
--! once
--! ordered
SELECT local.each_column('telemetry', $q$
	SELECT '{c}', {c} FROM telemetry WHERE vehicle_id = {v2} AND recorded_at < '2026-03-28' ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of trips at once
--! requests 7
SELECT * FROM trips;

--- every column of trips alone
--! once
SELECT local.each_column('trips', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM trips WHERE vehicle_id IN ({v1}, {v2}) $q$) \gexec

--- every column of trips compared
--! once
SELECT local.each_column('trips', $q$
	SELECT '{c}', (SELECT count(*) FROM trips WHERE vehicle_id IN ({v1}, {v2}) AND {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM trips WHERE vehicle_id IN ({v1}, {v2}) AND {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM trips WHERE vehicle_id IN ({v1}, {v2}) AND {c} IS NULL) AS nothing $q$) \gexec

--- the rows of trips sorted by every column
--! once
--! ordered
SELECT local.each_column('trips', $q$
	SELECT '{c}', {c} FROM trips WHERE vehicle_id IN ({v1}, {v2}) ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of waypoints at once
SELECT * FROM waypoints WHERE vehicle_id = :'v1' AND recorded_at < '2026-03-21';

--- every column of waypoints alone
--! once
SELECT local.each_column('waypoints', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM waypoints WHERE vehicle_id = {v1} AND trip_id = {trip} $q$) \gexec

--- every column of waypoints compared
--! once
SELECT local.each_column('waypoints', $q$
	SELECT '{c}', (SELECT count(*) FROM waypoints WHERE vehicle_id = {v1} AND trip_id = {trip} AND {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM waypoints WHERE vehicle_id = {v1} AND trip_id = {trip} AND {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM waypoints WHERE vehicle_id = {v1} AND trip_id = {trip} AND {c} IS NULL) AS nothing $q$) \gexec

--- the rows of waypoints sorted by every column
--! once
--! ordered
SELECT local.each_column('waypoints', $q$
	SELECT '{c}', {c} FROM waypoints WHERE vehicle_id = {v1} AND trip_id = {trip} ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of alerts at once
--! requests 7
SELECT * FROM alerts;

--- every column of alerts alone
--! once
SELECT local.each_column('alerts', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM alerts WHERE vehicle_id IN ({v2}, {v4}) $q$) \gexec

--- every column of alerts compared
--! once
SELECT local.each_column('alerts', $q$
	SELECT '{c}', (SELECT count(*) FROM alerts WHERE vehicle_id IN ({v2}, {v4}) AND {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM alerts WHERE vehicle_id IN ({v2}, {v4}) AND {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM alerts WHERE vehicle_id IN ({v2}, {v4}) AND {c} IS NULL) AS nothing $q$) \gexec

--- the rows of alerts sorted by every column
--! once
--! ordered
SELECT local.each_column('alerts', $q$
	SELECT '{c}', {c} FROM alerts WHERE vehicle_id IN ({v2}, {v4}) ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of alarms at once
--! requests 7
SELECT * FROM alarms;

--- every column of alarms alone
--! once
SELECT local.each_column('alarms', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM alarms WHERE vehicle_id IN ({v2}, {v4}) $q$) \gexec

--- every column of alarms compared
--! once
SELECT local.each_column('alarms', $q$
	SELECT '{c}', (SELECT count(*) FROM alarms WHERE vehicle_id IN ({v2}, {v4}) AND {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM alarms WHERE vehicle_id IN ({v2}, {v4}) AND {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM alarms WHERE vehicle_id IN ({v2}, {v4}) AND {c} IS NULL) AS nothing $q$) \gexec

--- the rows of alarms sorted by every column
--! once
--! ordered
SELECT local.each_column('alarms', $q$
	SELECT '{c}', {c} FROM alarms WHERE vehicle_id IN ({v2}, {v4}) ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of collisions at once
--! requests 7
SELECT * FROM collisions;

--- every column of collisions alone
--! once
SELECT local.each_column('collisions', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM collisions WHERE vehicle_id IN ({v2}, {v4}) $q$) \gexec

--- every column of collisions compared
--! once
SELECT local.each_column('collisions', $q$
	SELECT '{c}', (SELECT count(*) FROM collisions WHERE vehicle_id IN ({v2}, {v4}) AND {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM collisions WHERE vehicle_id IN ({v2}, {v4}) AND {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM collisions WHERE vehicle_id IN ({v2}, {v4}) AND {c} IS NULL) AS nothing $q$) \gexec

--- the rows of collisions sorted by every column
--! once
--! ordered
SELECT local.each_column('collisions', $q$
	SELECT '{c}', {c} FROM collisions WHERE vehicle_id IN ({v2}, {v4}) ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec

--- every column of maintenance at once
--! requests 7
SELECT * FROM maintenance;

--- every column of maintenance alone
--! once
SELECT local.each_column('maintenance', $q$
	SELECT '{c}', count({c}), md5(string_agg({c}::text, ',' ORDER BY {c}::text COLLATE "C"))
	  FROM maintenance $q$) \gexec

--- every column of maintenance compared
--! once
SELECT local.each_column('maintenance', $q$
	SELECT '{c}', (SELECT count(*) FROM maintenance WHERE {c} = {v}::{t}) AS equal,
		   (SELECT count(*) FROM maintenance WHERE {c} <> {v}::{t}) AS other,
		   (SELECT count(*) FROM maintenance WHERE {c} IS NULL) AS nothing $q$) \gexec

--- the rows of maintenance sorted by every column
--! once
--! ordered
SELECT local.each_column('maintenance', $q$
	SELECT '{c}', {c} FROM maintenance ORDER BY {c} DESC NULLS LAST LIMIT 7 $q$) \gexec
