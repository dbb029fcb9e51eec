# shellcheck shell=bash
# SC2034: script/bench sets and reads the rest.  SC2154: it sets BENCH.
# shellcheck disable=SC2034,SC2154
#
# cases.sh
#	The cases of script/bench.  Each is a function case_NAME, which starts the
#	simulator that it needs, takes samples of ours and of what ours is held
#	against in turn, and says by row() how they become a line of the table
#	(bench/report.pl tells the fields).  Those that compare one way to ask with
#	another are in bench/questions.sh.

# How many; few for --quick.
if [ -n "${QUICK:-}" ]; then
	MANY_VEHICLES=12
	TELEMETRY=4000
	MILLION=16000
	PAGES=10
	ENDS=3
	CHURN=20
	EXPORT=2000
	SMALL=20
	FLEET=30
	DAYS=100
else
	MANY_VEHICLES=64
	TELEMETRY=200000
	MILLION=1000000
	PAGES=100
	ENDS=200
	CHURN=1000
	EXPORT=50000
	SMALL=1000
	FLEET=500
	DAYS=400
fi

LATENCY=50

list_cases()
{
	sed -n 's/^case_\([a-z_]*\)()$/\1/p' "$ROOT/bench/cases.sh" "$ROOT/bench/questions.sh"
}

# ---- what they are made of ----

build_bench()
{
	local cc=${CC:-gcc}
	local -a flags curl

	flags=(-O2 -Wall -Wextra -Werror)
	read -ra curl < <(pkg-config --cflags --libs libcurl jansson)
	"$cc" "${flags[@]}" -o "$BENCH/fetch" bench/fetch.c "${curl[@]}"
	"$cc" "${flags[@]}" -o "$BENCH/client" bench/client.c -I"$("$PG_CONFIG" --includedir)" \
		-L"$("$PG_CONFIG" --libdir)" -lpq
	"$cc" "${flags[@]}" -o "$BENCH/silent_port" test/harness/silent_port.c
	"$cc" "${flags[@]}" -shared -fPIC -o "$BENCH/slow_names.so" test/harness/slow_names.c
	: >"$BENCH/samples"
	: >"$BENCH/rows"
}

# The tables ask no simulator yet: each case has one of its own.
make_tables()
{
	start_simulator bench_tables
	"$PG_BINDIR/psql" -Xq -v ON_ERROR_STOP=1 -f test/setup.psql
	q "ALTER DATABASE postgres SET stellantis_fdw.max_requests = 1000000"
	stop_simulator bench_tables
}

run_case()
{
	"case_$1"
	clean_up_cases
}

# What a case left running, also when it has failed.
clean_up_cases()
{
	local file

	for file in "$RUN"/simulator/bench_*/pid "$BENCH"/*.pid; do
		[ ! -f "$file" ] || kill "$(cat "$file")" 2>/dev/null || :
		rm -f "$file"
	done
}

clean_up_clusters()
{
	local name

	for name in bench bench_cancel; do
		[ ! -f "$RUN/cluster/$name/data/postmaster.pid" ] || stop_cluster "$name" immediate
	done
}

# world ARGUMENT...: the case's simulator
world()
{
	start_simulator "bench_$CASE" "$@"
	q "ALTER SERVER sim OPTIONS (SET base_url '$SIM_URL')"
	ID=$(sim_get world | jq -r '.vehicles[0].vehicle.id')
}

sim_get()
{
	curl -fsS "$SIM_CONTROL/$1"
}

# How many since the log was cleared, less what loads the library.
requests_sent()
{
	sim_get 'log?format=text' | grep -vcE '/user(\?| )' || :
}

# sim_post PATH [JSON]
sim_post()
{
	curl -fsS -o "$BENCH/answer" -H 'Content-Type: application/json' --data-binary "${2:-}" "$SIM_CONTROL/$1"
}

# The extension, its library loaded and the catalogs read.
ours()
{
	"$BENCH/client" -w 'SELECT count(*) FROM cars.account' "$@"
}

# libcurl alone; ACCEPT says what
raw()
{
	"$BENCH/fetch" -H "Authorization: Bearer $SIM_TOKEN" -H 'x-introspect-realm: clientsB2CPeugeot' \
		-H "Accept: ${ACCEPT:-application/hal+json}" "$@"
}

# address PATH[?PARAMETER]: with the client id
address()
{
	local sign='?'

	case $1 in *\?*) sign='&' ;; esac
	printf '%s%s%sclient_id=%s' "$SIM_URL" "$1" "$sign" "$SIM_CLIENT_ID"
}

# broken MESSAGE: the benchmark itself is.  Not die: within a step its words
# would be lost.
broken()
{
	printf '%s\n' "$1"
	return 1
}

# field NAME LINE: of "NAME=VALUE ..."
field()
{
	[[ " $2" =~ \ $1=([^ ]*) ]] && printf '%s' "${BASH_REMATCH[1]}"
}

# sample NAME VALUE
sample()
{
	[[ $2 =~ ^-?[0-9.]+$ ]] || broken "no value of $1: \"$2\""
	printf '%s %s\n' "$@" >>"$BENCH/samples"
}

# row TITLE OURS AGAINST UNIT STATISTIC TO-REACH
row()
{
	local IFS=$'\t'

	printf '%s\n' "$CASE"$'\t'"$*" >>"$BENCH/rows"
}

# The same was fetched: as many requests, as many bytes (uncompressed, since
# dates within differ).  Also warms up both.
# same_work OURS... -- RAW...
same_work()
{
	local -a one=()
	local have want

	while [ "$1" != -- ]; do one+=("$1"); shift; done
	shift
	sim_post reset
	sim_post config '{"gzip": false}'
	raw "$@" >/dev/null
	want=$(sim_get stats | jq -c '[.requests, .bytes]')
	sim_post reset
	sim_post config '{"gzip": false}'
	ours "${one[@]}" >/dev/null
	# less what loads the library
	have=$(sim_get log | jq -c 'map(select(.path | endswith("/user") | not)) | [length, (map(.bytes) | add)]')
	sim_post reset
	[ "$have" = "$want" ] || broken "ours fetches [requests, bytes] $have, libcurl $want"
}

# at_most N: the runs of a case that takes seconds
at_most()
{
	printf '%s' $((RUNS < $1 ? RUNS : $1))
}

# fault MATCH FAULT: instead of any other
fault()
{
	curl -fsS -o "$BENCH/answer" -X DELETE "$SIM_CONTROL/faults"
	sim_post faults "{\"match\": \"$1\", \"times\": -1, \"fault\": $2}"
}

# count(x) of every column of a table, or of those named
counts()
{
	q "SELECT string_agg(format('count(%I)', attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = '$1'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'vin'"
}

# ---- waiting for the API: as fast as it allows ----

# race NAME SQL RAW...: samples NAME.ours and NAME.raw of wall times, and of CPU;
# how many requests it takes, in REQUESTS
race()
{
	local name=$1 sql=$2 i line

	same_work run "$sql" -- "${@:3}"
	for ((i = 0; i < RUNS; i++)); do
		line=$(ours run "$sql")
		sample "$name.ours" "$(field wall "$line")"
		sample "$name.ours.cpu" "$(field cpu "$line")"
		line=$(raw "${@:3}")
		sample "$name.raw" "$(field wall "$line")"
		sample "$name.raw.cpu" "$(field cpu "$line")"
	done
	REQUESTS=$(field requests "$line")
}

case_vehicles()
{
	world --vehicles $MANY_VEHICLES --latency-ms $LATENCY
	race vehicles "SELECT count(distance_km) FROM cars.trips WHERE started_at >= '2026-02-17'" \
		--gzip --listing "$(address '/user/vehicles?pageSize=60')" \
		--each "$(address '/user/vehicles/{id}/trips?timestamps=2026-02-16T00:00:00Z/2036-01-01T00:00:00Z&pageSize=60')"
	row "$MANY_VEHICLES vehicles, one page each, $LATENCY ms latency, concurrency 8: wall against libcurl" \
		vehicles.ours vehicles.raw us median 'ratio 1.05'
}

case_pages()
{
	world --vehicles $MANY_VEHICLES --latency-ms $LATENCY --page-size 20
	race pages 'SELECT count(distance_km) FROM cars.trips' \
		--gzip --listing "$(address '/user/vehicles?pageSize=60')" \
		--each "$(address '/user/vehicles/{id}/trips?pageSize=60')"
	row "all trips of $MANY_VEHICLES vehicles, many pages each, $LATENCY ms latency: wall against libcurl" \
		pages.ours pages.raw us median -
}

case_first_row()
{
	local i line sql first

	world --vehicles 1 --telemetry $((2000 * PAGES)) --latency-ms $LATENCY
	sql="SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = '$ID'"
	first=$(address "/user/vehicles/$ID/telemetry?pageSize=2000")
	for ((i = 0; i < RUNS + 1; i++)); do
		line=$(ours first "$sql")
		# the first time the simulator makes the page
		[ $i = 0 ] || sample first_row.ours "$(field wall "$line")"
		line=$(raw --gzip --first --warm "$(address '/user')" "$first")
		[ $i = 0 ] || sample first_row.raw "$(field wall "$line")"
	done
	row "first row of $PAGES pages of 2000 messages, $LATENCY ms latency: wall against the first request" \
		first_row.ours first_row.raw us median 'ratio 1.2'
}

# ---- CPU ----

case_telemetry()
{
	local i line all two all_url two_url

	world --vehicles 1 --telemetry $TELEMETRY
	all="SELECT $(counts cars.telemetry) FROM cars.telemetry WHERE vehicle_id = '$ID'"
	two="SELECT count(recorded_at), count(speed_kmh) FROM cars.telemetry WHERE vehicle_id = '$ID'"
	two_url=$(address "/user/vehicles/$ID/telemetry?pageSize=2000")
	all_url=$(address "/user/vehicles/$ID/telemetry?extension=location&extension=maintenance&pageSize=2000")
	same_work run "$all" -- --gzip "$all_url"
	same_work run "$two" -- --gzip "$two_url"
	for ((i = 0; i < $(at_most 3); i++)); do
		line=$(ours run "$all")
		sample telemetry.all "$(field cpu "$line")"
		sample telemetry.all.wall "$(field wall "$line")"
		line=$(raw --gzip --parse "$all_url")
		sample telemetry.all.jansson "$(field parse "$line")"
		sample telemetry.all.libcurl "$(field cpu "$line")"
		line=$(ours run "$two")
		sample telemetry.two "$(field cpu "$line")"
		sample telemetry.two.wall "$(field wall "$line")"
		line=$(raw --gzip --parse "$two_url")
		sample telemetry.two.jansson "$(field parse "$line")"
		sample telemetry.two.libcurl "$(field cpu "$line")"
	done
	row "$TELEMETRY telemetry rows, count() of every column: backend CPU against jansson's parse alone" \
		telemetry.all telemetry.all.jansson us median 'ratio 0.4'
	row "the same, against libcurl with jansson as a whole" telemetry.all telemetry.all.libcurl us median -
	row "$TELEMETRY telemetry rows, count() of 2 columns: backend CPU against jansson's parse alone" \
		telemetry.two telemetry.two.jansson us median 'ratio 0.25'
	row "the same, against libcurl with jansson as a whole" telemetry.two telemetry.two.libcurl us median -
}

case_gzip()
{
	local i line sql gzip

	world --vehicles 1 --telemetry $EXPORT
	sql="SELECT count(recorded_at), count(speed_kmh) FROM cars.telemetry WHERE vehicle_id = '$ID'"
	ours run "$sql" >/dev/null
	for ((i = 0; i < RUNS; i++)); do
		for gzip in true false; do
			sim_post config "{\"gzip\": $gzip}"
			line=$(ours run "$sql")
			sample gzip.$gzip "$(field cpu "$line")"
			line=$(raw --gzip "$(address "/user/vehicles/$ID/telemetry?pageSize=2000")")
			sample gzip.$gzip.raw "$(field cpu "$line")"
		done
	done
	row "$EXPORT telemetry rows, 2 columns: backend CPU with gzip against that without" gzip.true gzip.false us median -
	row "the same of libcurl alone" gzip.true.raw gzip.false.raw us median -
}

case_request()
{
	world --vehicles $MANY_VEHICLES --page-size 1
	race request "SELECT count(distance_km) FROM cars.trips WHERE started_at >= '2026-02-22'" \
		--gzip --listing "$(address '/user/vehicles?pageSize=60')" \
		--each "$(address '/user/vehicles/{id}/trips?timestamps=2026-02-21T00:00:00Z/2036-01-01T00:00:00Z&pageSize=60')"
	row "$REQUESTS requests of one trip each, no latency: backend CPU against libcurl's" \
		request.ours.cpu request.raw.cpu us median -
	row "the same: wall against libcurl" request.ours request.raw us median -
}

case_small()
{
	local i line url ACCEPT=application/vnd.geo+json

	world
	url=$(address "/user/vehicles/$ID/lastPosition")
	for ((i = 0; i < RUNS; i++)); do
		line=$(ours repeat $SMALL "SELECT latitude, longitude FROM cars.positions WHERE vehicle_id = '$ID'")
		sample small.ours $(($(field wall "$line") / SMALL))
		line=$(raw --gzip --first --concurrency 1 --repeat $SMALL --warm "$url" "$url")
		sample small.raw $(($(field wall "$line") / SMALL))
	done
	row 'a car'\''s last position, again and again in a session: wall of one query against one of libcurl'\''s requests' \
		small.ours small.raw us median -
}

# ---- memory ----

# peak VEHICLES MB
peak()
{
	local line

	world --vehicles "$1" --telemetry $((MILLION / $1))
	line=$(ours run 'SELECT count(recorded_at), count(speed_kmh) FROM cars.telemetry')
	[ "$(field value "$line")" = $MILLION ] || broken "$MILLION rows are $line"
	sample "memory.$1" "$(field peak "$line")"
	row "$MILLION telemetry rows of $1 vehicle(s): peak memory of the backend above idle" \
		"memory.$1" - kB max $(($2 * 1024))
	stop_simulator "bench_$CASE"
}

case_memory()
{
	peak 1 24
	peak 8 64
}

# ---- requests and connections ----

# requests TITLE FEWEST SQL
requests()
{
	local name=requests.$2.${#1}

	sim_post reset
	q "$3" >/dev/null
	sample "$name" "$(sim_get 'log?format=text' | wc -l)"
	row "requests sent: $1" "$name" - '' max "$2"
}

case_requests()
{
	local half

	world
	requests "the odometers of 6 cars" 7 'SELECT vin, odometer_km FROM cars.status'
	requests "one car's, by id" 1 "SELECT odometer_km FROM cars.status WHERE vehicle_id = '$ID'"
	requests "one car's, by VIN" 2 "SELECT odometer_km FROM cars.status WHERE vin = 'VR3UHZKXZPT000001'"
	requests "the electric cars' only, by a join" 2 \
		"SELECT v.label, s.odometer_km FROM cars.vehicles v JOIN cars.status s ON s.vehicle_id = v.id WHERE v.motorization = 'Electric'"
	requests "3 trips of a car with LIMIT" 1 "SELECT id FROM cars.trips WHERE vehicle_id = '$ID' LIMIT 3"
	half="SELECT avg(speed_kmh) FROM cars.telemetry WHERE vehicle_id = '$ID' AND recorded_at BETWEEN '2026-02-28 07:00' AND '2026-02-28 08:00'"
	requests "the telemetry of an hour" 1 "$half"
	requests "a range that is empty" 0 "SELECT count(*) FROM cars.trips WHERE started_at > now() AND started_at < now() - interval '1 day'"
}

# One that is its own authority, in CA.
certificate()
{
	CA=$BENCH/ca.pem
	[ -s "$CA" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bench \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$BENCH/ca.key" -out "$CA"
}

case_connections()
{
	local i after

	certificate
	world --vehicles 20 --page-size 10 --tls-port 0 --tls-cert "$CA" --tls-key "$BENCH/ca.key"
	q "ALTER SERVER sim OPTIONS (SET base_url 'https://127.0.0.1:$SIM_TLS_PORT/connectedcar/v4', ADD ca_file '$CA')"
	for ((i = 0; i < 25; i++)); do
		printf '%s;\n' 'SELECT count(*) FROM cars.positions' "SELECT count(*) FROM cars.trips WHERE vehicle_id = '$ID'" \
			'SELECT * FROM cars.vehicles LIMIT 1' "SELECT 1 FROM cars.status WHERE vin = 'VR3UHZKXZPT000001'"
	done >"$BENCH/hundred.sql"
	sim_post reset
	"$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 -o /dev/null -f "$BENCH/hundred.sql"
	after=$(sim_get stats)
	sample connections "$(jq .tls_connections <<<"$after")"
	sample handshakes "$(jq .tls_handshakes <<<"$after")"
	row "connections of 100 queries in a session, $(jq .requests <<<"$after") requests" connections - '' max 8
	row "their TLS handshakes" handshakes - '' max 8
	q "ALTER SERVER sim OPTIONS (DROP ca_file)"
}

# ---- ending ----

case_cancelled()
{
	local line

	world --vehicles 20 --page-size 10 --latency-ms 10
	line=$(ours churn $CHURN 40 'SELECT count(id) FROM cars.trips')
	sample cancelled.descriptors "$(field descriptors "$line")"
	sample cancelled.kb "$(field kb "$line")"
	row "after $CHURN scans cancelled at any moment: descriptors more than before" \
		cancelled.descriptors - '' max 0
	row "after the same: memory more than before" cancelled.kb - +kB max 'within 1024'
}

# silent NAME [MODE]: a port that says nothing, in PORT
silent()
{
	local i

	"$BENCH/silent_port" "$BENCH/$1" "${@:2}" &
	printf '%s\n' $! >"$BENCH/$1.pid"
	for ((i = 0; i < 250; i++)); do
		[ ! -s "$BENCH/$1" ] || break
		sleep 0.02
	done
	PORT=$(cat "$BENCH/$1")
}

# ends KIND SQL HOW...: ENDS times each
ends()
{
	local how took

	for how in "${@:3}"; do
		ours end $ENDS "$how" "$2" >"$BENCH/ends"
		while read -r took; do sample "end.$1.$how" "$took"; done <"$BENCH/ends"
	done
}

# ends_of KIND TITLE SQL: in each way, beside the same of pg_sleep()
ends_of()
{
	local how

	ends "$1" "$3" cancel timeout terminate
	for how in cancel timeout terminate; do
		row "$how while $2: p99, against that of pg_sleep()" "end.$1.$how" "end.sleep.$how" us p99 20000
	done
}

# In a cluster that has a slow name server.  Every kind has a server of its own,
# or meets the fault of its table.
case_cancel()
{
	local url trips

	LD_PRELOAD=$BENCH/slow_names.so start_cluster bench_cancel
	make_tables
	world
	trips="SELECT count(*) FROM cars.trips WHERE vehicle_id = '$ID'"
	ends sleep 'SELECT pg_sleep(60)' cancel timeout terminate first
	ends_of dns 'resolving the name' "SELECT count(*) FROM $(other dns "http://api.slow.test:$SIM_PORT").account"
	silent packed full
	ends_of connect 'connecting' "SELECT count(*) FROM $(other packed "http://127.0.0.1:$PORT").account"
	silent mute many
	certificate
	ends_of tls 'in the TLS handshake' "SELECT count(*) FROM $(other mute "https://127.0.0.1:$PORT" "ca_file '$CA'").account"
	ends system "SELECT count(*) FROM $(other system "https://127.0.0.1:$PORT").account" first
	row "cancel at any moment of a session's first HTTPS connection, authorities of the system: p99, against that of pg_sleep()" \
		end.system.first end.sleep.first us p99 20000
	fault /trips '{"kind": "stall", "ms": -1}'
	ends_of answer 'no answer comes' "$trips"
	fault /trips '{"kind": "stall_body", "bytes": 100, "ms": -1}'
	ends_of body 'the body has stalled' "$trips"
	fault /trips '{"kind": "status", "status": 503, "headers": {"Retry-After": 30}}'
	ends_of backoff 'pausing before a retry' "$trips"
	stop_cluster bench_cancel immediate
	use_cluster bench
}

# other NAME URL [OPTIONS]: another server with its tables, in a schema of that
# name, which is printed
other()
{
	q "CREATE SERVER $1 FOREIGN DATA WRAPPER stellantis_fdw
			OPTIONS (brand 'peugeot', client_id '$SIM_CLIENT_ID', base_url '$2/connectedcar/v4'${3:+, $3})" \
		-c "CREATE USER MAPPING FOR CURRENT_USER SERVER $1 OPTIONS (access_token '$SIM_TOKEN')" \
		-c "CREATE SCHEMA $1" \
		-c "IMPORT FOREIGN SCHEMA stellantis FROM SERVER $1 INTO $1"
	printf '%s' "$1"
}

# ---- planning ----

# five_tables SCHEMA: a join of them
five_tables()
{
	printf '%s' "SELECT v.vin, count(*) FROM $1.vehicles v JOIN $1.status s ON s.vehicle_id = v.id
		  JOIN $1.trips t ON t.vehicle_id = v.id
		  JOIN $1.waypoints w ON w.vehicle_id = t.vehicle_id AND w.trip_id = t.id
		  JOIN $1.alerts a ON a.vehicle_id = v.id
		 WHERE v.motorization = 'Electric' AND t.started_at >= '2026-02-20' GROUP BY v.vin"
}

# plan_times SCHEMA NAME: planning them in a warm session, as PostgreSQL itself
# measures it
plan_times()
{
	local i

	for ((i = 0; i < 40; i++)); do
		printf 'EXPLAIN (SUMMARY, COSTS OFF) %s;\n' "$(five_tables "$1")"
	done >"$BENCH/plan.sql"
	"$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 -f "$BENCH/plan.sql" |
		sed -n 's/^Planning Time: \(.*\) ms$/\1/p' | tail -n +11 | awk '{ print $1 * 1000 }' >"$BENCH/times"
	while read -r i; do sample "$2" "$i"; done <"$BENCH/times"
}

case_planning()
{
	local i table

	world
	q 'CREATE SCHEMA local'
	for table in vehicles status trips waypoints alerts; do
		q "CREATE TABLE local.$table (LIKE cars.$table)"
	done
	sim_post reset
	for ((i = 0; i < RUNS; i++)); do
		plan_times cars planning.ours
		plan_times local planning.local
		for table in cars local; do
			sample "explain.$table" $(($(field wall "$(ours repeat 100 "EXPLAIN $(five_tables $table)")") / 100))
		done
	done
	sample planning.requests "$(requests_sent)"
	row 'planning a join of 5 tables: against local tables' planning.ours planning.local us median 1000
	row 'EXPLAIN of it, as a client waits for it: against local tables' explain.cars explain.local us median -
	row 'requests sent by EXPLAIN of it' planning.requests - '' max 0
	q 'DROP SCHEMA local CASCADE' 2>>"$LOG"
}

# ---- what one would do instead ----

EXPORTED=(recorded_at=createdAt latitude=_embedded.extension.location.geometry.coordinates.1
	longitude=_embedded.extension.location.geometry.coordinates.0 speed_kmh=vehicle.kinetic.speed
	odometer_km=vehicle.odometer.mileage moving=vehicle.kinetic.moving ignition=vehicle.ignition.type
	air_temp_c=environment.air.temp battery_12v_pct=vehicle.battery.voltage
	powertrain_status=vehicle.powertrain.status driving_mode=vehicle.drivingBehavior.mode privacy=privacy.state)

has_python()
{
	/usr/bin/python3 -c 'import psycopg2, requests' 2>/dev/null
}

case_export()
{
	local i columns select url took

	world --vehicles 1 --telemetry $EXPORT
	columns=$(printf '%s, ' "${EXPORTED[@]%%=*}")
	select="SELECT ${columns%, } FROM cars.telemetry WHERE vehicle_id = '$ID'"
	url=$(address "/user/vehicles/$ID/telemetry?extension=location&pageSize=2000")
	q "CREATE UNLOGGED TABLE ours AS $select LIMIT 0" -c 'CREATE UNLOGGED TABLE theirs (LIKE ours)'
	same_work run "COPY ($select) TO '$BENCH/export'" -- --gzip "$url"
	for ((i = 0; i < $(at_most 3); i++)); do
		q 'TRUNCATE ours, theirs'
		took=$(field wall "$(ours run "COPY ($select) TO '$BENCH/export'")")
		sample export.file "$took"
		sample export.rate $((EXPORT * 1000000 / took))
		sample export.jansson "$(field wall "$(raw --gzip --parse "$url")")"
		sample export.table "$(field wall "$(ours run "INSERT INTO ours $select")")"
		if has_python; then
			took=$(now_ms)
			/usr/bin/python3 bench/export.py "$url" "$SIM_TOKEN" theirs "${EXPORTED[@]}"
			sample export.python $((($(now_ms) - took) * 1000))
			[ "$(q 'SELECT count(*) FROM (SELECT * FROM ours EXCEPT ALL SELECT * FROM theirs) AS t')" = 0 ] ||
				broken 'the Python script has other rows'
		fi
	done
	row "$EXPORT telemetry rows, 12 columns, into a table: wall against a Python script with COPY" \
		export.table export.python us median -
	row 'the same to a file by COPY: wall against libcurl with jansson, which only parses' export.file export.jansson us median -
	row 'the same in rows a second' export.rate - rows/s median -
	q 'DROP TABLE ours, theirs'
}
