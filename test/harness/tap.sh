# shellcheck shell=bash
#
# tap.sh
#	For test/harness/*.t: the functions of script/lib.sh (q, start_cluster,
#	start_simulator, ...) and TAP.  Begin with
#		#!/bin/bash
#		. test/harness/tap.sh
#	and end with done_testing.  A failed command ends the file, as a failure.

set -euo pipefail
# shellcheck source=script/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../script/lib.sh"

TAP_COUNT=0

diag()
{
	printf '# %s\n' "${*//$'\n'/$'\n'# }"
}

pass()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	printf 'ok %d - %s\n' "$TAP_COUNT" "$1"
}

fail()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	printf 'not ok %d - %s\n' "$TAP_COUNT" "$1"
}

# ok NAME COMMAND...: the command succeeds
ok()
{
	if "${@:2}"; then pass "$1"; else fail "$1"; fi
}

# is HAVE WANT NAME
is()
{
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "have: $1"
		diag "want: $2"
	fi
}

# like TEXT REGEX NAME
like()
{
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3"
		diag "have: $1"
		diag "want it to match: $2"
	fi
}

unlike()
{
	if [[ $1 =~ $2 ]]; then
		fail "$3"
		diag "have: $1"
		diag "want it not to match: $2"
	else
		pass "$3"
	fi
}

# skip_all REASON: the file has no tests here
skip_all()
{
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

done_testing()
{
	printf '1..%d\n' "$TAP_COUNT"
}

# cars: the extension, a server "sim" and the tables in schema cars, in $PGDATABASE
cars()
{
	"$PG_BINDIR/psql" -Xq -v ON_ERROR_STOP=1 -f "$ROOT/test/setup.psql"
}

# sim PATH [JSON]: GET, or POST of JSON, to the simulator's control endpoint
sim()
{
	curl -fsS ${2+-H 'Content-Type: application/json' --data-binary "$2"} "$SIM_CONTROL/$1"
}
