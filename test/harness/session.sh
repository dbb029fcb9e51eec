# shellcheck shell=bash
# SC2034: the tests use what is set here.
# shellcheck disable=SC2034
#
# session.sh
#	After tap.sh: psql sessions that stay open, several at once; what a backend
#	holds; and small programs in C.  A session is known by a name of one word.

WORK=$(mktemp -d "$RUN/tmp/XXXXXX")
BACKGROUND=()
trap 'kill "${BACKGROUND[@]}" 2>/dev/null || :' EXIT

declare -A SESSION_IN SESSION_OUT SESSION_PSQL SESSION_MARK BACKEND

# What the session said last, line by line; the SQLSTATE of its last statement,
# or of the error that ended it; and when all of it was here, in microseconds.
SAID=
SQLSTATE=
SAID_AT=0

now_us()
{
	printf '%s' "${EPOCHREALTIME/[.,]/}"
}

# open_session NAME [PSQL-ARGUMENT...]: BACKEND[NAME] is its process.
open_session()
{
	local name=$1 in out

	rm -f "$WORK/$name.in" "$WORK/$name.out"
	mkfifo "$WORK/$name.in" "$WORK/$name.out"
	"$PG_BINDIR/psql" -XAtq -v VERBOSITY=verbose -v ON_ERROR_STOP=0 "${@:2}" \
		<"$WORK/$name.in" >"$WORK/$name.out" 2>&1 &
	SESSION_PSQL[$name]=$!
	exec {in}>"$WORK/$name.in" {out}<"$WORK/$name.out"
	SESSION_MARK[$name]=0
	SESSION_IN[$name]=$in
	SESSION_OUT[$name]=$out
	run "$name" 'SELECT pg_backend_pid();'
	BACKEND[$name]=$SAID
}

# send NAME SQL...: without waiting for what comes of it.
send()
{
	SESSION_MARK[$1]=$((SESSION_MARK[$1] + 1))
	printf '%s\n' "${@:2}" "\\warn END ${SESSION_MARK[$1]} :SQLSTATE" >&"${SESSION_IN[$1]}"
}

# await NAME [SECONDS]: what the session says to all that was sent to it, in
# SAID, SQLSTATE (of the last statement, or of what made the transaction fail)
# and SAID_AT.  Returns 1 if it has ended, 2 after SECONDS (60).
await()
{
	local line until status=0

	until=$((SECONDS + ${2:-60}))
	SAID=
	SQLSTATE=
	while :; do
		if ! IFS= read -r -t $((until > SECONDS ? until - SECONDS : 1)) line <&"${SESSION_OUT[$1]}"; then
			[ "$SECONDS" -lt "$until" ] && status=1 || status=2
			break
		fi
		if [[ $line =~ ^END\ ([0-9]+)\ (.*) ]]; then
			SQLSTATE=${BASH_REMATCH[2]}
			[ "${BASH_REMATCH[1]}" != "${SESSION_MARK[$1]}" ] || break
		else
			SAID+=${SAID:+$'\n'}$line
		fi
	done
	SAID_AT=$(now_us)
	if [ "$SQLSTATE" = 25P02 ] && [[ $SAID =~ ERROR:\ \ ([0-9A-Z]{5}): ]]; then
		SQLSTATE=${BASH_REMATCH[1]}
	fi
	if [ $status != 0 ]; then
		SQLSTATE=
		if [[ $SAID =~ FATAL:\ \ ([0-9A-Z]{5}): ]]; then SQLSTATE=${BASH_REMATCH[1]}; fi
	fi
	return $status
}

# run NAME SQL...: both of these; an error of SQL's is no failure.
run()
{
	send "$@"
	await "$1" || :
}

close_session()
{
	local in=${SESSION_IN[$1]} out=${SESSION_OUT[$1]}

	# later children have inherited the pipe, so that closing it does not end it
	(printf '%s\n' '\q' >&"$in") 2>/dev/null || :
	exec {in}>&- {out}<&-
	wait "${SESSION_PSQL[$1]}" 2>/dev/null || :
	unset "SESSION_MARK[$1]" "SESSION_IN[$1]" "SESSION_OUT[$1]" "SESSION_PSQL[$1]" "BACKEND[$1]"
}

# wait_for WHAT COMMAND...: tries for 10 seconds; then the file has failed
wait_for()
{
	local i

	for ((i = 0; i < 500; i++)); do
		if "${@:2}"; then return 0; fi
		sleep 0.02
	done
	diag "waited in vain for $1"
	return 1
}

# Has the process ended?  (A zombie has.)
gone()
{
	[[ ! -r /proc/$1/stat || $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) != [!ZX]* ]]
}

# Is the backend in a wait of the extension?  Before PostgreSQL 17 such waits
# have no names.
waiting()
{
	[ "$(q "SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1")" = Extension ]
}

descriptors()
{
	find "/proc/$1/fd" -mindepth 1 -printf . | wc -c
}

# status_kb PID FIELD: of /proc/PID/status, RssAnon or VmHWM or the like
status_kb()
{
	awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

# background COMMAND...: until this file ends; its process is BACKGROUND[-1]
background()
{
	"$@" >>"$WORK/background" 2>&1 </dev/null &
	BACKGROUND+=($!)
}

# compile SOURCE [FLAG...]: a program or, with -shared, a library; in $COMPILED
compile()
{
	COMPILED=$WORK/$(basename "$1" .c)
	"${CC:-gcc}" -O1 -Wall -Wextra -Werror -o "$COMPILED" "$1" "${@:2}"
}

# wait_for_file FILE: that a program writes when it is ready, at once and whole
wait_for_file()
{
	wait_for "$1" test -s "$1"
}

# ---- the simulator ----

# fault MATCH FAULT [MEMBERS]: for ever, unless MEMBERS ('"times": 1') differ
fault()
{
	sim faults "{\"match\": \"$1\", \"times\": -1, ${3:+$3, }\"fault\": $2}" >/dev/null
}

heal()
{
	curl -fsS -o "$WORK/heal" -X DELETE "$SIM_CONTROL/faults"
}

forget_log()
{
	curl -fsS -o "$WORK/forget" -X DELETE "$SIM_CONTROL/log"
}

# Requests so far.
asked()
{
	sim 'log?format=text' | wc -l
}

# The ids of vehicle N.
vehicle_id()
{
	sim world | jq -r ".vehicles[$1 - 1].vehicle.id"
}

# How many requests were under way at once.
most_at_once()
{
	sim log | jq '[.[] | {t: .start_ms, d: 1}, {t: (.end_ms // 1e15), d: -1}] | sort_by(.t, .d)
		| reduce .[] as $e ({n: 0, max: 0}; .n += $e.d | .max = ([.max, .n] | max)) | .max'
}
