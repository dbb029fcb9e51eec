--
-- Options: what is accepted, what is refused, and in which words.
--
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on

-- Runs a statement; returns 'ok', or the error with its SQLSTATE.  Detail and
-- hint are shown by the statements that fail in the open.
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	detail text;
BEGIN
	EXECUTE statement;
	RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || said || coalesce(' | ' || nullif(detail, ''), '');
END $$;

-- The same for one option of a server, mapping, table or column; leaves nothing.
CREATE FUNCTION pg_temp.try(kind text, name text, value text, more text DEFAULT '') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	options text := format('OPTIONS (%s%I %L)', more, name, value);
	said text := pg_temp.try(CASE kind
		WHEN 'server' THEN 'CREATE SERVER opt_tmp FOREIGN DATA WRAPPER stellantis_fdw ' || options
		WHEN 'mapping' THEN 'CREATE USER MAPPING FOR PUBLIC SERVER opt ' || options
		WHEN 'table' THEN 'CREATE FOREIGN TABLE opt_tmp () SERVER opt ' || options
		WHEN 'column' THEN format('CREATE FOREIGN TABLE opt_tmp (a jsonb %s) SERVER opt OPTIONS (resource %L)', options, 'status')
		END);
BEGIN
	IF said = 'ok' THEN
		EXECUTE CASE kind
			WHEN 'server' THEN 'DROP SERVER opt_tmp'
			WHEN 'mapping' THEN 'DROP USER MAPPING FOR PUBLIC SERVER opt'
			ELSE 'DROP FOREIGN TABLE opt_tmp' END;
	END IF;
	RETURN said;
END $$;

--
-- All of them at once
--
CREATE SERVER opt FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (
	brand 'peugeot', base_url 'https://api.groupe-psa.com/connectedcar/v4/', auth_url 'https://idpcvs.peugeot.com/am/oauth2',
	realm 'clientsB2CPeugeot', client_id '0a1b-2c', locale 'fr-FR', proxy 'http://proxy.example.com:3128',
	ca_file '/etc/stellantis/ca.pem', cert_file '/etc/stellantis/client.pem', key_file '/etc/stellantis/client.key',
	connect_timeout '5 s', request_timeout '2min', concurrency '16', retries '0', max_retry_wait '90',
	max_response_bytes '32MB', requests_per_second '2.5', requests_per_day '100000', request_cost '500',
	cache_ttl '1min', callback_url 'https://hooks.example.com/cars', on_vehicle_error 'warn', refresh 'off');
CREATE USER MAPPING FOR PUBLIC SERVER opt OPTIONS (
	access_token 'a-1', refresh_token 'r-1', token_expires_at '2026-01-31 12:00:00+00', scope 'data:trip data:position',
	client_secret 's 1', key_password 'k 1', callback_id 'c-1', refreshed_at '2026-01-31T11:00:00Z',
	refresh_error 'invalid_grant: grant is invalid');
DROP USER MAPPING FOR PUBLIC SERVER opt;
CREATE FOREIGN TABLE opt_table (a jsonb OPTIONS (field ''), b text OPTIONS (field '/a~1b/0/c~0d')) SERVER opt OPTIONS (
	resource 'trips', account 'the family', cache_ttl '0', page_size '60', time_slack '2 days 03:00',
	consumption_unit 'spec', max_speed_unit 'm/s');
DROP FOREIGN TABLE opt_table;
-- the wrapper has none
ALTER FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (ADD brand 'ds');
\echo :LAST_ERROR_SQLSTATE

--
-- Names
--
ALTER SERVER opt OPTIONS (ADD client_idd 'x');
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER opt OPTIONS (ADD "BRAND" 'x');
ALTER SERVER opt OPTIONS (ADD quite_another 'x');
ALTER SERVER opt OPTIONS (ADD page_size '10');
CREATE USER MAPPING FOR PUBLIC SERVER opt OPTIONS (acces_token 'hush-hush');
\echo :LAST_ERROR_SQLSTATE
CREATE USER MAPPING FOR PUBLIC SERVER opt OPTIONS (base_url 'https://api.groupe-psa.com');
CREATE USER MAPPING FOR PUBLIC SERVER opt OPTIONS (cache_ttl '1');
CREATE FOREIGN TABLE opt_table () SERVER opt OPTIONS (resource 'trips', pagesize '10');
CREATE FOREIGN TABLE opt_table (a text OPTIONS (feild '/a')) SERVER opt OPTIONS (resource 'trips');
CREATE FOREIGN TABLE opt_table (a text OPTIONS (resource 'trips')) SERVER opt OPTIONS (resource 'trips');
-- secrets belong to the user mapping, and are not repeated
ALTER SERVER opt OPTIONS (ADD access_token 'hush-hush');
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER opt OPTIONS (ADD acces_token 'hush-hush');
CREATE FOREIGN TABLE opt_table () SERVER opt OPTIONS (resource 'trips', client_secret 'hush-hush');
CREATE FOREIGN TABLE opt_table (a text OPTIONS (refresh_token 'hush-hush')) SERVER opt OPTIONS (resource 'trips');
SELECT kind || ' ' || name || ': ' || pg_temp.try(kind, name, 'hush-hush')
  FROM unnest(ARRAY['server', 'table', 'column']) WITH ORDINALITY k (kind, k),
	   unnest(ARRAY['access_token', 'refresh_token', 'client_secret', 'key_password']) WITH ORDINALITY n (name, n)
 ORDER BY k, n;
-- twice: PostgreSQL's own check, and ours for a direct call
CREATE SERVER opt_tmp FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'ds', brand 'opel');
SELECT stellantis.stellantis_fdw_validator(ARRAY['brand=ds', 'brand=opel'], 'pg_foreign_server'::regclass);
-- catalogs without options, and options without a value
SELECT stellantis.stellantis_fdw_validator(ARRAY['brand=ds'], 'pg_class'::regclass);
SELECT stellantis.stellantis_fdw_validator(ARRAY[]::text[], 'pg_class'::regclass);
SELECT stellantis.stellantis_fdw_validator(ARRAY['brand'], 'pg_foreign_server'::regclass);

--
-- Values
--
-- choices
ALTER SERVER opt OPTIONS (SET brand 'Peugot');
\echo :LAST_ERROR_SQLSTATE
SELECT name || ' ' || value || ': ' || pg_temp.try('server', name, value)
  FROM (VALUES ('brand', 'peugeot'), ('brand', 'citroen'), ('brand', 'ds'), ('brand', 'opel'), ('brand', 'vauxhall'),
			   ('brand', 'fiat'), ('brand', ''),
			   ('on_vehicle_error', 'error'), ('on_vehicle_error', 'warn'), ('on_vehicle_error', 'ignore'),
			   ('refresh', 'on'), ('refresh', 'off'), ('refresh', 'false'), ('refresh', 'maybe')) v (name, value);

-- durations
ALTER SERVER opt OPTIONS (SET connect_timeout 'soon');
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER opt OPTIONS (SET connect_timeout '2 h');
\echo :LAST_ERROR_SQLSTATE
SELECT name || ' ' || value || ': ' || pg_temp.try('server', name, value)
  FROM (VALUES ('connect_timeout', '0'), ('connect_timeout', '1'), ('connect_timeout', '0.5'), ('connect_timeout', '500ms'),
			   ('connect_timeout', '30 s'), ('connect_timeout', '1min'), ('connect_timeout', '1 minute'),
			   ('connect_timeout', '00:00:10'), ('connect_timeout', 'PT10S'), ('connect_timeout', '-1'),
			   ('connect_timeout', '-1 minute'), ('connect_timeout', '1 month'), ('connect_timeout', '10 S'),
			   ('connect_timeout', 'nan'), ('connect_timeout', 'inf'), ('connect_timeout', ''),
			   ('request_timeout', '1 d'), ('request_timeout', '2 days'),
			   ('max_retry_wait', '0'), ('max_retry_wait', '25h')) v (name, value);

-- sizes
ALTER SERVER opt OPTIONS (SET max_response_bytes '64 megs');
\echo :LAST_ERROR_SQLSTATE
SELECT value || ': ' || pg_temp.try('server', 'max_response_bytes', value)
  FROM unnest(ARRAY['64MB', '1024', '1kB', '1GB', '0', '-1', '1TB', '64mb', 'much', 'inf']) value;

-- numbers
ALTER SERVER opt OPTIONS (SET concurrency 'many');
\echo :LAST_ERROR_SQLSTATE
SELECT name || ' ' || value || ': ' || pg_temp.try('server', name, value)
  FROM (VALUES ('concurrency', '1'), ('concurrency', '64'), ('concurrency', '0'), ('concurrency', '65'),
			   ('concurrency', '2.5'), ('concurrency', '8 s'), ('concurrency', '99999999999999999999'),
			   ('retries', '0'), ('retries', '-1'), ('retries', '21'),
			   ('requests_per_second', '0.5'), ('requests_per_second', '-1'), ('requests_per_second', 'NaN'),
			   ('request_cost', '0'), ('request_cost', '1e3'), ('request_cost', 'cheap')) v (name, value);

-- URLs
ALTER SERVER opt OPTIONS (SET base_url 'ftp://api.groupe-psa.com');
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER opt OPTIONS (SET proxy 'http://user:hush-hush@proxy.example.com:3128');
SELECT value || ': ' || pg_temp.try('server', 'base_url', value)
  FROM unnest(ARRAY['https://api.groupe-psa.com', 'https://api.groupe-psa.com/', 'HTTPS://API.groupe-psa.com/x//',
					'http://127.0.0.1:8080/connectedcar/v4', 'https://[::1]:8443/x', 'api.groupe-psa.com', '', 'https://',
					'https:///api.groupe-psa.com', 'https:api.groupe-psa.com', 'file:///etc/passwd', 'https://host:99999/',
					'https://host:0/', 'https://host:x/', 'https://host/?a=b', 'https://host/?', 'https://host/#a', 'https://host/a b',
					'https://@host/', 'https://host\@other/', 'https://hôte/', E'https://host/\nX: y']) value;
SELECT name || ' ' || value || ': ' || pg_temp.try('server', name, value)
  FROM (VALUES ('auth_url', 'https://idpcvs.opel.com/am/oauth2'), ('auth_url', 'idpcvs.opel.com'),
			   ('proxy', 'https://proxy.example.com:443'), ('proxy', 'http://proxy.example.com:3128/'),
			   ('proxy', 'http://proxy.example.com'), ('proxy', 'http://proxy.example.com:3128/x'),
			   ('proxy', 'socks5://proxy.example.com:1080'), ('proxy', 'proxy.example.com:3128'),
			   ('callback_url', 'https://hooks.example.com/cars'), ('callback_url', 'mailto:me@example.com')) v (name, value);

-- files: absolute, and not looked at
ALTER SERVER opt OPTIONS (SET key_file '../client.key');
\echo :LAST_ERROR_SQLSTATE
SELECT name || ': ' || pg_temp.try('server', name, '/no/such/file') || ', ' || pg_temp.try('server', name, '-----BEGIN PRIVATE KEY-----')
  FROM unnest(ARRAY['ca_file', 'cert_file', 'key_file']) name;

-- text that goes into headers
CREATE USER MAPPING FOR PUBLIC SERVER opt OPTIONS (access_token E'hush-hush\r\nX-Evil: 1');
\echo :LAST_ERROR_SQLSTATE
SELECT kind || ' ' || name || ': ' || pg_temp.try(kind, name, 'plain-1_~.') || ', ' || pg_temp.try(kind, name, '') || ', '
	   || pg_temp.try(kind, name, 'two words') || ', ' || pg_temp.try(kind, name, 'é')
  FROM (VALUES ('server', 'client_id'), ('server', 'realm'), ('server', 'locale'),
			   ('mapping', 'access_token'), ('mapping', 'refresh_token'), ('mapping', 'callback_id')) v (kind, name);
SELECT name || ': ' || pg_temp.try('mapping', name, 'two words') || ', ' || pg_temp.try('mapping', name, '') || ', '
	   || pg_temp.try('mapping', name, E'two\nlines')
  FROM unnest(ARRAY['client_secret', 'key_password', 'scope', 'refresh_error']) name;
SELECT name || ': ' || pg_temp.try('mapping', name, '2026-01-31 12:00:00+00') || ', ' || pg_temp.try('mapping', name, 'hush-hush')
	   || ', ' || pg_temp.try('mapping', name, '')
  FROM unnest(ARRAY['token_expires_at', 'refreshed_at']) name;
-- the same for all who read them
SET datestyle = 'SQL, DMY';
SELECT value || ': ' || pg_temp.try('mapping', 'token_expires_at', value)
  FROM unnest(ARRAY['2026-01-31T12:00:00Z', '2026-01-31 12:00:00.5+05:30', '2026-01-31 12:00-03', '31/01/2026 12:00:00+00', '2026-01-31 12:00:00',
					'2026-01-31+00', '2026-13-31 12:00:00+00', 'tomorrow', 'now', 'infinity']) value;
RESET datestyle;

-- pointers
SELECT '"' || value || '": ' || pg_temp.try('column', 'field', value)
  FROM unnest(ARRAY['', '/', '/a/b/0', '/a~0b~1c', 'a', '/a~', '/a~2', '$.a']) value;

--
-- Tables
--
CREATE FOREIGN TABLE opt_table () SERVER opt;
\echo :LAST_ERROR_SQLSTATE
CREATE FOREIGN TABLE opt_table () SERVER opt OPTIONS (resource 'trip');
\echo :LAST_ERROR_SQLSTATE
CREATE FOREIGN TABLE opt_table () SERVER opt OPTIONS (resource 'garage');
SELECT value || ': ' || pg_temp.try('table', 'resource', value)
  FROM unnest(ARRAY['account', 'vehicles', 'status', 'positions', 'telemetry', 'trips', 'waypoints', 'alerts', 'alarms',
					'collisions', 'maintenance', 'callbacks', 'monitors', 'remote_actions', 'Trips', '']) value;
-- all options of the table are judged together
CREATE FOREIGN TABLE opt_table () SERVER opt OPTIONS (resource 'telemetry', page_size '2000');
ALTER FOREIGN TABLE opt_table OPTIONS (DROP resource);
ALTER FOREIGN TABLE opt_table OPTIONS (SET resource 'trips');
\echo :LAST_ERROR_SQLSTATE
ALTER FOREIGN TABLE opt_table OPTIONS (SET resource 'trips', SET page_size '60');
ALTER FOREIGN TABLE opt_table OPTIONS (SET resource 'status');
\echo :LAST_ERROR_SQLSTATE
DROP FOREIGN TABLE opt_table;
SELECT resource || ' ' || name || ' ' || value || ': ' || pg_temp.try('table', name, value, format('resource %L, ', resource))
  FROM (VALUES ('trips', 'page_size', '1'), ('trips', 'page_size', '0'), ('trips', 'page_size', 'all'),
			   ('trips', 'time_slack', '0'), ('trips', 'time_slack', '90'), ('trips', 'time_slack', '2 days'), ('trips', 'time_slack', '7d'),
			   ('trips', 'time_slack', '1 month'), ('trips', 'time_slack', '-1 day'), ('trips', 'time_slack', '367 days'),
			   ('trips', 'time_slack', 'some'), ('vehicles', 'time_slack', '1 day'),
			   ('trips', 'consumption_unit', 'observed'), ('trips', 'consumption_unit', 'spec'), ('trips', 'consumption_unit', 'gallon'),
			   ('trips', 'max_speed_unit', 'km/h'), ('trips', 'max_speed_unit', 'm/s'), ('trips', 'max_speed_unit', 'mph'),
			   ('status', 'max_speed_unit', 'm/s'),
			   ('positions', 'source', 'lastPosition'), ('positions', 'source', 'status'), ('positions', 'source', 'lastposition'),
			   ('trips', 'source', 'status'),
			   ('trips', 'account', 'Müller & Söhne'), ('trips', 'account', '')) v (resource, name, value);
-- no effect yet
CREATE FOREIGN TABLE opt_table () SERVER opt OPTIONS (resource 'trips', cache_ttl '5min');
DROP FOREIGN TABLE opt_table;

--
-- Who may
--
CREATE ROLE regress_stellantis_owner;
GRANT USAGE ON FOREIGN DATA WRAPPER stellantis_fdw TO regress_stellantis_owner;
SET ROLE regress_stellantis_owner;
CREATE SERVER opt_mine FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'opel', client_id 'x',
	base_url 'https://API-cert.groupe-psa.com/connectedcar/v4', auth_url 'https://idpcvs.vauxhall.co.uk:443/am/oauth2',
	callback_url 'https://hooks.example.com/cars');
ALTER SERVER opt_mine OPTIONS (SET base_url 'https://example.com/v4');
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER opt_mine OPTIONS (ADD ca_file '/etc/passwd');
\echo :LAST_ERROR_SQLSTATE
SELECT name || ' ' || value || ': ' || pg_temp.try('server', name, value)
  FROM (VALUES ('base_url', 'https://api.groupe-psa.com'), ('base_url', 'http://api.groupe-psa.com'),
			   ('base_url', 'https://api.groupe-psa.com:8443'), ('base_url', 'https://api.groupe-psa.com.example.com'),
			   ('base_url', 'https://x.api.groupe-psa.com'), ('base_url', 'https://api.groupe-psa.com\@example.com'),
			   ('base_url', 'http://localhost:8008'), ('base_url', 'https://127.0.0.1'), ('base_url', 'http://[::1]/'),
			   ('auth_url', 'https://idpcvs.citroen.com/am/oauth2'), ('auth_url', 'https://idpcvs.example.com/am/oauth2'),
			   ('proxy', 'https://proxy.example.com:443'), ('proxy', 'http://127.0.0.1:3128'),
			   ('callback_url', 'http://hooks.example.com/cars'), ('key_file', '/x'), ('cert_file', '/x')) v (name, value);

-- the list is a superuser's, and each entry is checked
SET stellantis_fdw.allowed_hosts = 'example.com';
RESET ROLE;
SET stellantis_fdw.allowed_hosts = 'example.com, https://';
\echo :LAST_ERROR_SQLSTATE
SET stellantis_fdw.allowed_hosts = '*.example.com';
SET stellantis_fdw.allowed_hosts = 'example.com/path';
SET stellantis_fdw.allowed_hosts = 'user@example.com';
SET stellantis_fdw.allowed_hosts = 'example.com,,example.org';
SET stellantis_fdw.allowed_hosts = 'Example.com', 'http://127.0.0.1:8080', 'http://clear.example.com', 'https://[::1]:8443';
SHOW stellantis_fdw.allowed_hosts;
SET ROLE regress_stellantis_owner;
SELECT name || ' ' || value || ': ' || pg_temp.try('server', name, value)
  FROM (VALUES ('base_url', 'https://example.com/v4'), ('base_url', 'https://EXAMPLE.com:8443/v4'), ('base_url', 'http://example.com/v4'),
			   ('base_url', 'http://127.0.0.1:8080/v4'), ('base_url', 'http://127.0.0.1:8081/v4'), ('base_url', 'http://127.0.0.1/v4'),
			   ('base_url', 'https://127.0.0.1:8080/v4'), ('base_url', 'http://localhost:8080/v4'),
			   ('base_url', 'https://[::1]:8443/'), ('base_url', 'https://[::1]/'), ('proxy', 'http://clear.example.com:3128'),
			   ('callback_url', 'http://clear.example.com/'), ('base_url', 'https://clear.example.com/'), ('ca_file', '/x')) v (name, value);
-- what a superuser has set stays; until it is dropped, nothing else can change
RESET ROLE;
RESET stellantis_fdw.allowed_hosts;
ALTER SERVER opt_mine OPTIONS (ADD cert_file '/etc/stellantis/client.pem');
SET ROLE regress_stellantis_owner;
ALTER SERVER opt_mine OPTIONS (ADD locale 'de-DE');
\echo :LAST_ERROR_SQLSTATE
CREATE USER MAPPING FOR CURRENT_USER SERVER opt_mine OPTIONS (access_token 'a-2');
ALTER SERVER opt_mine OPTIONS (DROP cert_file);
ALTER SERVER opt_mine OPTIONS (ADD locale 'de-DE');
DROP SERVER opt_mine CASCADE;
RESET ROLE;

--
-- What a scan misses, said before anything is sent
--
CREATE SERVER opt_bare FOREIGN DATA WRAPPER stellantis_fdw;
CREATE FOREIGN TABLE opt_table (vin text) SERVER opt_bare OPTIONS (resource 'vehicles');
GRANT SELECT ON opt_table TO regress_stellantis_owner;
SET ROLE regress_stellantis_owner;
SELECT * FROM opt_table;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
CREATE USER MAPPING FOR PUBLIC SERVER opt_bare OPTIONS (refresh_token 'r-1');
SELECT * FROM opt_table;
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER opt_bare OPTIONS (ADD client_id 'x');
SELECT * FROM opt_table;
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER opt_bare OPTIONS (ADD brand 'ds', ADD key_file '/etc/stellantis/client.key');
SELECT * FROM opt_table;
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER opt_bare OPTIONS (DROP key_file);
SELECT * FROM opt_table;
\echo :LAST_ERROR_SQLSTATE
-- a role's own mapping comes before PUBLIC's
CREATE USER MAPPING FOR regress_stellantis_owner SERVER opt_bare;
SET ROLE regress_stellantis_owner;
SELECT * FROM opt_table;
RESET ROLE;
DROP FOREIGN TABLE opt_table;
DROP USER MAPPING FOR regress_stellantis_owner SERVER opt_bare;
DROP USER MAPPING FOR PUBLIC SERVER opt_bare;
DROP SERVER opt_bare;

DROP OWNED BY regress_stellantis_owner;
DROP ROLE regress_stellantis_owner;
DROP SERVER opt;
