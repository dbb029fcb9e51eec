--
-- Every column of account and vehicles, against the simulator's world.
-- simulator: --vehicles 6 --days 3
--
\i test/setup.psql
\i test/regress.psql
SELECT sim.load_world();

SELECT * FROM sim.compare('cars.account', '{email}', $$
	SELECT sim.t(doc, '$.email'), sim.t(doc, '$.firstName'), sim.t(doc, '$.lastName'),
		   sim.d(doc, '$.createdAt'), sim.d(doc, '$.updatedAt')
	  FROM sim.account $$);
SELECT * FROM cars.account;

-- jsonb forgets the order of members, which remote_capabilities keeps
SELECT * FROM sim.compare('(SELECT id, vin, brand, label, motorization, picture_urls, data_capabilities,
		ARRAY(SELECT unnest(remote_capabilities) ORDER BY 1) AS remote_capabilities, created_at, updated_at
		FROM cars.vehicles) AS v', '{id}', $$
	SELECT id, vin, sim.t(v, '$._embedded.extension.branding.brand'), sim.t(v, '$._embedded.extension.branding.label'),
		   sim.t(v, '$.motorization'),
		   sim.l(v, '$._embedded.extension.pictures', '$._embedded.extension.pictures[*]'),
		   sim.l(v, '$._embedded.extension.onboardCapabilities.data', '$._embedded.extension.onboardCapabilities.data[*]'),
		   ARRAY(SELECT key FROM jsonb_each(v #> '{_embedded,extension,onboardCapabilities,remote}')
				  WHERE value ->> 'supported' = 'true' ORDER BY 1),
		   sim.d(v, '$.createdAt'), sim.d(v, '$.updatedAt')
	  FROM sim.world, LATERAL (SELECT doc -> 'vehicle' AS v) AS x $$);
\x on
SELECT left(id, 8) AS id, vin, brand, label, motorization, picture_urls, data_capabilities, remote_capabilities, created_at, updated_at
  FROM cars.vehicles ORDER BY vin;
