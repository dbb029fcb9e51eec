# shellcheck shell=bash
# SC2034, SC2154: as in bench/cases.sh
# shellcheck disable=SC2034,SC2154
#
# questions.sh
#	Cases of script/bench (bench/cases.sh has the others, and what they are
#	made of) that compare two ways of asking the same: what the extension
#	makes of a query, and what it would cost without, or written by hand.

# versus NAME SQL SQL: samples of wall times and requests of ours and the other,
# in turn; both must have the same answer.
versus()
{
	local i line

	[ "$(field value "$(ours run "$2")")" = "$(field value "$(ours run "$3")")" ] ||
		broken "these differ: $2 -- $3"
	for ((i = 0; i < $(at_most 3); i++)); do
		one_way "$1.ours" "$2"
		one_way "$1.other" "$3"
	done
}

# one_way NAME SQL: a sample of its wall time, and of its requests
one_way()
{
	local line

	sim_post reset
	line=$(ours run "$2")
	sample "$1" "$(field wall "$line")"
	sample "$1.requests" "$(requests_sent)"
}

# both TITLE NAME LIMIT LIMIT: a row of wall times, and one of requests
both()
{
	row "$1: wall" "$2.ours" "$2.other" us median "$3"
	row "$1: requests" "$2.ours.requests" "$2.other.requests" '' max "$4"
}

# The first rows as one value, whichever way they are found.
newest_ten()
{
	printf '%s' "SELECT md5(string_agg(id, ',' ORDER BY started_at, id)) FROM
		(SELECT id, started_at FROM cars.trips ORDER BY $1 DESC NULLS LAST LIMIT 10) AS newest"
}

case_newest()
{
	world --vehicles "$MANY_VEHICLES" --days "$DAYS" --now real --latency-ms "$LATENCY"
	# an expression is sorted here, and hides the column
	versus newest "$(newest_ten started_at)" "$(newest_ten "(started_at + interval '0')")"
	both "the last 10 trips of $MANY_VEHICLES vehicles, $DAYS days of history, against reading all" newest 'ratio 0.5' $((MANY_VEHICLES + 3))
}

# What a dashboard shows of a car, and of all.
panels()
{
	printf '%s\n' \
		'SELECT count(*)::text FROM cars.vehicles' \
		'SELECT round(avg(odometer_km)::numeric, 3)::text FROM cars.status' \
		'SELECT count(*)::text FROM cars.status WHERE electric_level_pct < 50' \
		'SELECT min(fuel_level_pct)::text FROM cars.status' \
		'SELECT max(battery_12v_pct)::text FROM cars.status' \
		"SELECT string_agg(vin, ',' ORDER BY vin) FROM cars.status WHERE odometer_km > 10000" \
		"SELECT sum(distance_km)::numeric(12, 1)::text FROM cars.trips WHERE vehicle_id = '$ID' AND started_at >= date_trunc('day', now()) - interval '30 days'" \
		"SELECT count(*)::text FROM cars.trips WHERE vehicle_id = '$ID' AND started_at >= date_trunc('day', now()) - interval '30 days'" \
		"SELECT max(max_speed_kmh)::text FROM cars.trips WHERE vehicle_id = '$ID' AND started_at >= date_trunc('day', now()) - interval '30 days'" \
		"SELECT max(stopped_at)::text FROM cars.trips WHERE vehicle_id = '$ID' AND started_at >= date_trunc('day', now()) - interval '30 days'" \
		"SELECT count(*)::text FROM cars.alerts WHERE vehicle_id = '$ID' AND active" \
		"SELECT string_agg(DISTINCT type, ',') FROM cars.alerts WHERE vehicle_id = '$ID'"
}

# The panels as the lines of one statement.
case_dashboard()
{
	local i panel whole='' total line

	world --vehicles 20 --days "$DAYS" --now real --latency-ms "$LATENCY"
	while read -r panel; do
		whole+="${whole:+ UNION ALL }SELECT ($panel) AS value"
	done < <(panels)
	for ((i = 0; i < $(at_most 3); i++)); do
		one_way dashboard.ours "SELECT md5(string_agg(value, '|')) FROM ($whole) AS panels"
		sim_post reset
		total=0
		while read -r panel; do
			line=$(ours run "$panel")
			total=$((total + $(field wall "$line")))
		done < <(panels)
		sample dashboard.other $total
		sample dashboard.other.requests "$(requests_sent)"
	done
	both "a dashboard of 12 panels for 20 vehicles as one statement, against 12 statements" dashboard 'ratio 0.5' 'ratio 0.5'
}

# Joins of a local table with the status of $FLEET vehicles: few of them, and
# most.  The best that one can write by hand names the vehicles.
case_join()
{
	local few=2 most=$((FLEET * 4 / 5)) some
	local -a wall requests

	# few come one after the other; of most, the rest is asked in vain
	wall[few]=- requests[few]='ratio 1'
	wall[most]='ratio 1.4' requests[most]='ratio 1.4'
	world --vehicles "$FLEET" --days 1 --telemetry 0 --latency-ms "$LATENCY"
	q 'CREATE TABLE fleet AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM cars.vehicles' -c 'ANALYZE fleet'
	for some in $few $most; do
		versus "join.$some" \
			"SELECT count(s.odometer_km) FROM fleet AS f JOIN cars.status AS s ON s.vehicle_id = f.id WHERE f.n <= $some" \
			"SELECT count(odometer_km) FROM cars.status WHERE vehicle_id = ANY (ARRAY(SELECT id FROM fleet WHERE n <= $some))"
		both "a join with $some of $FLEET vehicles, against naming them" "join.$some" "${wall[$some]}" "${requests[$some]}"
	done
	q 'DROP TABLE fleet'
}

# UNION ALL of the same question to 8 accounts, against that to one of them.
case_accounts()
{
	local accounts=8 cars=4 i all='' one line

	world --vehicles $((accounts * cars)) --accounts $accounts --latency-ms "$LATENCY"
	for ((i = 1; i <= accounts; i++)); do
		q "CREATE SERVER account_$i FOREIGN DATA WRAPPER stellantis_fdw
				OPTIONS (brand 'peugeot', client_id '$SIM_CLIENT_ID', base_url '$SIM_URL')" \
			-c "CREATE USER MAPPING FOR CURRENT_USER SERVER account_$i OPTIONS (access_token '$SIM_TOKEN-$i')" \
			-c "CREATE SCHEMA account_$i" \
			-c "IMPORT FOREIGN SCHEMA stellantis LIMIT TO (status) FROM SERVER account_$i INTO account_$i"
		one="SELECT vehicle_id, odometer_km FROM account_$i.status"
		all+="${all:+ UNION ALL }$one"
	done
	one="SELECT count(odometer_km) FROM ($one) AS one"
	all="SELECT count(odometer_km) FROM ($all) AS accounts"
	# some cars have no status
	[ "$(q "$all")" = "$(q 'SELECT count(odometer_km) FROM cars.status')" ] || broken 'cars are missing, or come twice'
	for ((i = 0; i < RUNS; i++)); do
		one_way accounts.ours "$all"
		one_way accounts.other "$one"
	done
	both "UNION ALL of $accounts accounts of $cars cars, $LATENCY ms latency, against one of them" accounts 'ratio 1.2' -
}
