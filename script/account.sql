CREATE SERVER peugeot FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot', client_id '...',
  cert_file '/etc/stellantis/client.pem', key_file '/etc/stellantis/client.key', ca_file '/etc/stellantis/ca.pem');
-- docs/account.md tells how to keep the secret out of history and logs
CREATE USER MAPPING FOR CURRENT_USER SERVER peugeot OPTIONS (client_secret '...');
-- open this address, consent, and copy the one where the browser ends
SELECT stellantis.authorize_url('peugeot', 'https://your.example.com/callback');
SELECT stellantis.enroll('https://your.example.com/callback?...', 'peugeot');
CREATE SCHEMA cars;
IMPORT FOREIGN SCHEMA stellantis FROM SERVER peugeot INTO cars;
SELECT vin, started_at, distance_km, electric_kwh_per_100km FROM cars.trips WHERE started_at >= now() - interval '7 days';
