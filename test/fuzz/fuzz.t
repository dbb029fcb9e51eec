#!/bin/bash
#
# fuzz.t
#	What answers hold, and other text of unknown quality, through the code that
#	reads it: libFuzzer in a backend, with AddressSanitizer and
#	UndefinedBehaviorSanitizer, in databases of several encodings.  First every
#	file of inputs/, then for $FUZZ_SECONDS (script/test --fuzz) what comes of
#	them and of the simulator's answers.  See README.md.
#
#	simulator: --vehicles 6 --days 3

. test/harness/tap.sh

FUZZ=$ROOT/test/fuzz
OUT=$RUN/results/test_fuzz_fuzz_t
CORPUS=$OUT/corpus
SECONDS_ALL=${FUZZ_SECONDS:-60}

# name, encoding, locale, and its share of the time
DATABASES='utf8 UTF8 C.UTF-8 7
latin1 LATIN1 C 1
euc_jp EUC_JP C 1
sql_ascii SQL_ASCII C 1'
SHARES=10

fuzzer_is_there || skip_all 'clang or its runtime is missing, which script/bootstrap installs'

# ---- the module, the databases ----

prepare_databases()
{
	local name encoding locale share

	start_cluster fuzz
	while read -r name encoding locale share; do
		q "CREATE DATABASE $name TEMPLATE template0 ENCODING '$encoding' LOCALE '$locale'"
		"$PG_BINDIR/psql" -Xq -d "$name" -f "$FUZZ/setup.psql" || return
	done <<<"$DATABASES"
	stop_cluster fuzz
}

# ---- seeds ----

# seed LETTER[1] PATH: an answer of the simulator, behind the two bytes that
# choose: the shape, and 1 where the answer is one object of a collection.  A
# car may lack what is asked for: no seed.
seed()
{
	local letter=${1%1} choice=4 file

	[ "$1" = "$letter" ] || choice=5
	file=$CORPUS/seed$((SEEDS += 1))
	if curl -fsS -H "Authorization: Bearer $SIM_TOKEN" -H 'x-introspect-realm: clientsB2CPeugeot' \
		-o "$file.body" "$SIM_URL$2$([[ $2 = *\?* ]] && echo '&' || echo '?')client_id=$SIM_CLIENT_ID" 2>/dev/null
	then
		{ printf '%s%s' "$letter" "$choice"; cat "$file.body"; } >"$file"
	fi
	rm -f "$file.body"
}

make_seeds()
{
	local id trip letter

	SEEDS=0
	seed A /user
	seed V '/user/vehicles?pageSize=2&extension=branding&extension=pictures&extension=onboardCapabilities'
	while read -r id trip; do
		for letter in S Q; do seed $letter "/user/vehicles/$id/status"; done
		seed P "/user/vehicles/$id/lastPosition"
		seed N "/user/vehicles/$id/maintenance"
		seed M "/user/vehicles/$id/telemetry?pageSize=2&extension=location&extension=maintenance"
		for letter in T U F; do seed $letter "/user/vehicles/$id/trips?pageSize=2"; done
		seed L "/user/vehicles/$id/alerts?pageSize=3"
		seed R "/user/vehicles/$id/alarms?pageSize=3"
		seed C "/user/vehicles/$id/collisions?pageSize=3"
		seed T1 "/user/vehicles/$id/trips/$trip"
		seed W "/user/vehicles/$id/trips/$trip/wayPoints"
	done < <(sim world | jq -r '.vehicles[] | "\(.vehicle.id) \(.trips[0].id // "none")"')
}

# ---- running it ----

# backend DATABASE NAME ARGUMENT...: libFuzzer with these arguments, in a backend
# that is alone with the cluster; what it says is in $OUT/NAME.
backend()
{
	local database=$1 name=$2 argument list=

	for argument in -print_final_stats=1 -timeout=250 -report_slow_units=250 -rss_limit_mb=2048 -max_len=8192 \
		"-artifact_prefix=$OUT/found.$name." "${@:3}"; do
		list+=", '$argument'"
	done
	{
		echo "CREATE OR REPLACE FUNCTION stellantis_fuzz(VARIADIC text[]) RETURNS int4 LANGUAGE c STRICT AS '$FUZZ/stellantis_fdw_fuzz.so', 'stellantis_fuzz'"
		echo "SELECT stellantis_fuzz(${list#, })"
	} >"$OUT/$name.sql"
	with_sanitizer nice "$PG_BINDIR/postgres" --single -D "$RUN/cluster/fuzz/data" -c log_min_messages=warning \
		-c timezone=UTC -c datestyle=iso -c restart_after_crash=off "$database" \
		<"$OUT/$name.sql" >"$OUT/$name.out" 2>&1 || :
}

# What a run of a backend says; fails unless it has come to its end.
judge()
{
	local name=$1 file

	if grep -aq '^stat::number_of_executed_units' "$OUT/$name.out" &&
		! grep -aqE 'FINDING:|runtime error:|ERROR: (AddressSanitizer|libFuzzer)' "$OUT/$name.out" &&
		[ -z "$(find "$OUT" -name "found.$name.*" -print -quit)" ]; then
		return 0
	fi
	diag "$(grep -avE '^#[0-9]+|/bin/postgres\+|^INFO: |^0x[0-9a-f]+,|^stat::|fuzzer::' "$OUT/$name.out" |
		cat -v | cut -c 1-400 | tail -n 50)"
	for file in "$OUT/found.$name."*; do
		[ -f "$file" ] || continue
		diag "the input, to be saved as a file in test/fuzz/inputs:"
		diag "base64 -d >test/fuzz/inputs/NAME <<<$(base64 -w 0 "$file")"
		diag "$(cat -v "$file" | cut -c 1-2000)"
	done
	return 1
}

executions()
{
	sed -n 's/^stat::number_of_executed_units: *//p' "$OUT/$1.out" | head -n 1
}

# Edges reached, and all that there are in the files that are fuzzed.  (Most of
# the rest lead to a sanitizer's report, or to the network.)
edges()
{
	printf '%s of %s' "$(grep -ao 'cov: [0-9]*' "$OUT/$1.out" | sed 's/.* //' | sort -n | tail -n 1)" \
		"$(sed -n 's/.*modules.*(\([0-9]*\) inline.*/\1/p' "$OUT/$1.out" | head -n 1)"
}

# The inputs that are kept, and then as long as there is time.
run_databases()
{
	local name encoding locale share seconds

	while read -r name encoding locale share; do
		backend "$name" "kept-$name" -runs=0 "$FUZZ/inputs"
		ok "$encoding: every input that is kept" judge "kept-$name"
	done <<<"$DATABASES"
	[ "$SECONDS_ALL" -gt 0 ] || return 0
	while read -r name encoding locale share; do
		# 0 would be for ever
		seconds=$((SECONDS_ALL * share / SHARES))
		seconds=$((seconds > 0 ? seconds : 1))
		backend "$name" "$name" -max_total_time=$seconds "$CORPUS" "$FUZZ/inputs"
		ok "$encoding: $seconds s of fuzzing" judge "$name"
		printf 'fuzz: %s, %d s: %s executions, %s edges\n' "$encoding" $seconds \
			"$(executions "$name")" "$(edges "$name")" >>"$RUN/notes"
	done <<<"$DATABASES"
}

mkdir -p "$CORPUS"
build_fuzzer >"$OUT/build" 2>&1 || diag "$(tail -n 40 "$OUT/build")"
ok 'the module is built' test -f "$FUZZ/stellantis_fdw_fuzz.so"
if [ -f "$FUZZ/stellantis_fdw_fuzz.so" ]; then
	prepare_databases
	make_seeds
	ok 'the simulator gives seeds' [ "$(find "$CORPUS" -type f | wc -l)" -gt 40 ]
	run_databases
fi
done_testing
