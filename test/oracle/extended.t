#!/bin/bash
#
# The extended protocol, as drivers of applications use it (psql has no
# parameters before version 16): extended.pgbench against the foreign and the
# plain tables, with parameters that name something, nothing, and nonsense.
# simulator: --accounts 2 --vehicles 6 --days 16 --telemetry 120 --now 2026-04-03T12:00:00Z

. test/harness/tap.sh

[ -x "$PG_BINDIR/pgbench" ] || skip_all 'there is no pgbench'
"$PG_BINDIR/psql" -Xq -v ON_ERROR_STOP=1 -f test/setup.psql -f test/regress.psql -f test/oracle/local.psql -f test/oracle/fixtures.psql
q 'CREATE TABLE work.said (side text, statement int, n bigint, value text)' >/dev/null

options=$PGOPTIONS

# ask MODE TIMES NAME=VALUE...: the statements, of both sides, as often
ask()
{
	local side variable
	local -a variables=()

	for variable in "${@:3}"; do variables+=(-D "$variable"); done
	q 'TRUNCATE work.said' >/dev/null
	for side in near cars; do
		PGOPTIONS="$options -c search_path=$side,public -c TimeZone=UTC" "$PG_BINDIR/pgbench" -n -M "$1" -t "$2" \
			-D "side=$side" "${variables[@]}" -f test/oracle/extended.pgbench >"$RUN/tmp/pgbench.$$" 2>&1 ||
			diag "$(cat "$RUN/tmp/pgbench.$$")"
	done
}

# said TIMES NAME: both sides have said the same, all of it, and not nothing
said()
{
	is "$(q "SELECT statement, n, value, count(*) FILTER (WHERE side = 'near') AS near, count(*) FILTER (WHERE side = 'cars') AS cars
			   FROM work.said GROUP BY 1, 2, 3 HAVING count(*) FILTER (WHERE side = 'near') <> $1 OR count(*) FILTER (WHERE side = 'cars') <> $1 ORDER BY 1")" '' "$2: the same"
	is "$(q "SELECT count(DISTINCT (side, statement)) FROM work.said")" 28 "$2: all of it"
}

name()
{
	q "SELECT local.named('$1')"
}

v1=$(name v1)
v2=$(name v2)
trip=$(name trip)
for mode in extended prepared; do
	ask "$mode" 7 "v=$v1" "w=$v2" vin=VR3UHZKXZPT000001 pattern=VR3% low=2026-03-25 'high=2026-04-01 12:00:00+02' "trip=$trip" n=7 name=Bo
	said 7 "$mode: what is there"
	is "$(q "SELECT count(*) FROM work.said WHERE n = 0")" 0 "$mode: all of it"
	ask "$mode" 7 v=nobody "w=$v2" vin=nowhere pattern=% low=-infinity high=infinity trip=nobody n=0 name=Di
	said 7 "$mode: what is not there"
	ask "$mode" 7 v=.. w=. vin=. pattern=_ low=2026-04-01 high=2026-03-01 trip=. n=3 name=-
	said 7 "$mode: what cannot be"
done
done_testing
