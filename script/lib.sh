# shellcheck shell=bash
#
# lib.sh
#	What script/* and test/harness/* share.  To be sourced by bash with
#	"set -euo pipefail".
#
# A run of script/test, script/demo or script/bench happens in a directory of
# its own, $RUN: a copy of the sources, a copy of the PostgreSQL installation
# (so that nothing is installed into the system's), clusters, simulators.
# Everything in it belongs to one unprivileged user, and every process of the
# run carries $RUN in its environment, which is how cleanup() finds them.
# Two runs share nothing, not even when they start in the same checkout.

ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)

# The directory of this run; empty before enter_run().
RUN=${STELLANTIS_RUN:-}

LOG=/dev/null
STEP=
STEP_OFFSET=0
STEP_DOTS=
STEP_OUT=
STEP_ERR=

# ---- talking ----

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

now_ms()
{
	local t=${EPOCHREALTIME/[.,]/}

	printf '%s' "${t%???}"
}

seconds()
{
	printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100))
}

# step TITLE COMMAND...: one line, a dot every five seconds, the time it took.
# The command's output goes to the log, which on_exit() shows if it fails.  The
# command is not run in a condition: "set -e" must keep working within it.  Where
# it exits, the EXIT trap runs with its output: hence the copies of ours.
step()
{
	local start

	exec {STEP_OUT}>&1 {STEP_ERR}>&2
	STEP=$1
	shift
	start=$(now_ms)
	STEP_OFFSET=0
	[ "$LOG" = /dev/null ] || STEP_OFFSET=$(wc -c <"$LOG")
	printf '  %-58s ' "$STEP"
	while sleep 5 >/dev/null 2>&1; do printf '.'; done &
	STEP_DOTS=$!
	"$@" >>"$LOG" 2>&1 </dev/null
	exec {STEP_OUT}>&- {STEP_ERR}>&-
	stop_dots
	printf ' %s\n' "$(seconds $(($(now_ms) - start)))"
	STEP=
}

stop_dots()
{
	[ -n "$STEP_DOTS" ] || return 0
	kill "$STEP_DOTS" 2>/dev/null || :
	wait "$STEP_DOTS" 2>/dev/null || :
	STEP_DOTS=
}

# First thing in an EXIT trap: says which step failed, and shows its output.
show_failed_step()
{
	stop_dots
	[ -n "$STEP" ] || return 0
	exec 1>&"$STEP_OUT" 2>&"$STEP_ERR"
	printf ' failed\n'
	if [ "$LOG" != /dev/null ] && [ -f "$LOG" ]; then
		tail -c "+$((STEP_OFFSET + 1))" "$LOG" | tail -n 60 | sed 's/^/    | /' >&2
	fi
	STEP=
}

# ---- which PostgreSQL ----

# Prints the pg_config to use, or nothing: $PG_CONFIG, else the newest
# PostgreSQL of the system that has its headers.
find_pg_config()
{
	local found

	if [ -n "${PG_CONFIG:-}" ]; then
		command -v "$PG_CONFIG" || :
		return
	fi
	found=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/pg_config' 2>/dev/null |
		sort -V | tail -n 1)
	[ -n "$found" ] || found=$(command -v pg_config || :)
	printf '%s\n' "$found"
}

# ---- a run's directory, its beginning and its end ----

# A directory for all: short (a socket's path has at most 107 bytes), on a file
# system that runs programs.
make_run_dir()
{
	local base dir

	for base in /tmp /var/tmp; do
		dir=$(mktemp -d "$base/stellantis.XXXXXX" 2>/dev/null) || continue
		printf '#!/bin/sh\n' >"$dir/probe"
		chmod 755 "$dir" "$dir/probe"
		if "$dir/probe" 2>/dev/null; then
			rm "$dir/probe"
			printf '%s\n' "$dir"
			return 0
		fi
		rm -rf "$dir"
	done
	die "neither /tmp nor /var/tmp lets programs run from it"
}

# Not by git, which may be missing, or refuse another user's checkout.  Others
# may be editing: a file that changes meanwhile (status 1) is no failure.
copy_sources()
{
	mkdir -p "$1"
	{
		tar -C "$ROOT" --exclude=./.git --exclude=./build --exclude=./results \
			--exclude=./tmp_check --exclude='*.o' --exclude='*.so' --exclude='*.bc' \
			--exclude=.deps --exclude=stellantis_simulator -cf - . || [ $? = 1 ]
	} | tar -C "$1" --no-same-owner -xf -
}

# enter_run SCRIPT ARGUMENT...: first call: copies the sources and replaces
# this process by the copied script, as an unprivileged user, in a clean
# environment (no PG* of the caller's: no cluster but ours is ever reached; no
# proxies; no MAKEFLAGS).  There the script's first argument is --inside, and
# it calls adopt_run().
enter_run()
{
	local script=$1 dir user=
	local -a become=() keep=()
	local name

	shift
	umask 022
	dir=$(make_run_dir)
	# shellcheck disable=SC2064
	trap "rm -rf '$dir'" EXIT
	copy_sources "$dir/src"
	mkdir "$dir/tmp"
	if [ "$(id -u)" = 0 ]; then
		# initdb refuses root
		user=postgres
		id "$user" >/dev/null 2>&1 || user=nobody
		chown -R "$user:$(id -g "$user")" "$dir"
		become=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --init-groups)
	fi
	for name in CC COPT PG_CONFIG TERM COLUMNS PAGER CI SOAK SEED FAULTS RANDOM_VERBOSE RANDOM_FAILURES RANDOM_SHRUNK ORACLE_ONLY; do
		[ -z "${!name:-}" ] || keep+=("$name=${!name}")
	done
	cd "$dir/src" || exit
	exec "${become[@]}" env -i "${keep[@]}" PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" \
		HOME="$dir/tmp" TMPDIR="$dir/tmp" LANG=C.UTF-8 USER="${user:-$(id -un)}" \
		STELLANTIS_RUN="$dir" bash "$dir/src/$script" --inside "$@"
}

adopt_run()
{
	[ "$ROOT" = "$RUN/src" ] || die "--inside is not for you"
	LOG=$RUN/log
	: >"$LOG"
	trap on_exit EXIT
	# without it, bash forgets an interrupt that its child survives
	trap 'exit 130' INT
	# A SIGKILL runs no trap: this process outlives us and cleans up then.
	# shellcheck disable=SC2016
	setsid bash -c '. script/lib.sh; tail --pid="$1" -f /dev/null; cleanup' guard $$ \
		>/dev/null 2>&1 </dev/null &
	disown
	find_run_postgres
}

on_exit()
{
	local status=$?

	trap '' HUP INT TERM
	show_failed_step
	cleanup
	exit "$status"
}

# Processes of this run, less ourselves.  The grep finds itself, too, but is
# gone when its findings are looked at.
run_processes()
{
	local files file pid

	files=$(grep -lszFx "STELLANTIS_RUN=$RUN" /proc/[0-9]*/environ || :)
	for file in $files; do
		pid=${file#/proc/}
		pid=${pid%/environ}
		if [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] && kill -0 "$pid" 2>/dev/null; then
			printf '%s\n' "$pid"
		fi
	done
}

# Ends every process of the run (the servers by an immediate shutdown) and
# removes its directory.
cleanup()
{
	local file pid i

	[ -n "$RUN" ] && [ -d "$RUN" ] || return 0
	cd /
	for file in "$RUN"/cluster/*/data/postmaster.pid; do
		[ ! -f "$file" ] || kill -QUIT "$(head -n 1 "$file")" 2>/dev/null || :
	done
	for pid in $(run_processes); do kill -TERM "$pid" 2>/dev/null || :; done
	for ((i = 0; i < 60; i++)); do
		[ -n "$(run_processes)" ] || break
		sleep 0.05
	done
	for pid in $(run_processes); do kill -KILL "$pid" 2>/dev/null || :; done
	rm -rf "$RUN" 2>/dev/null || { sleep 1; rm -rf "$RUN"; }
}

# ---- a PostgreSQL of our own ----

# PostgreSQL finds its files relative to the program that runs.  So a copy of
# the programs, with links to all else in the same layout, is an installation
# of its own, and the copied pg_config says so: "make install" with it writes
# there and nowhere else.  Takes some 0.1 s and 15 MB.
overlay_postgres()
{
	local pg_config bindir share lib include server

	pg_config=$(find_pg_config)
	[ -n "$pg_config" ] || die "no pg_config found: run script/bootstrap"
	bindir=$("$pg_config" --bindir)
	share=$("$pg_config" --sharedir)
	lib=$("$pg_config" --pkglibdir)
	include=$("$pg_config" --includedir)
	server=$("$pg_config" --includedir-server)
	mkdir -p "$RUN/pg$bindir"
	# copies, not links: what a link points to would be found instead
	cp -RL "$bindir/." "$RUN/pg$bindir"
	[ -x "$RUN/pg$bindir/pg_config" ] || cp -L "$pg_config" "$RUN/pg$bindir/pg_config"
	link_entries "$share" extension
	link_entries "$share/extension"
	link_entries "$lib" bitcode
	mkdir -p "$RUN/pg$lib/bitcode"
	link_whole "$include"
	link_whole "$server"
	# a released version on this machine must not stand in for ours
	rm -rf "$RUN/pg$share"/extension/stellantis_fdw* "$RUN/pg$lib"/stellantis_fdw*
	printf '%s\n' "$RUN/pg$bindir" >"$RUN/bindir"
	find_run_postgres
	"$PG_CONFIG" --version
}

link_entries()
{
	mkdir -p "$RUN/pg$1"
	find "$1" -mindepth 1 -maxdepth 1 ! -name "${2:-/}" -print0 |
		xargs -0 -r ln -sf -t "$RUN/pg$1"
}

link_whole()
{
	[ -e "$RUN/pg$1" ] && return 0
	mkdir -p "$(dirname "$RUN/pg$1")"
	ln -s "$1" "$RUN/pg$1"
}

find_run_postgres()
{
	[ -f "$RUN/bindir" ] || return 0
	PG_BINDIR=$(cat "$RUN/bindir")
	PG_CONFIG=$PG_BINDIR/pg_config
	export PG_BINDIR PG_CONFIG
	case ":$PATH:" in
		*":$PG_BINDIR:"*) ;;
		*) PATH=$PG_BINDIR:$PATH ;;
	esac
}

# Bitcode is left out: it doubles the time, and script/lint compiles with
# clang.
build_extension()
{
	make -C "$ROOT" -s -j"$(nproc)" PG_CONFIG="$PG_CONFIG" with_llvm=no "$@" all
	make -C "$ROOT" -s PG_CONFIG="$PG_CONFIG" with_llvm=no "$@" install
}

# ---- sanitizers ----

# A library of clang's runtime, by the middle of its name and its end.
clang_runtime()
{
	local file

	command -v clang >/dev/null || return 1
	file=$(clang -print-file-name="libclang_rt.$1-$(uname -m).$2")
	[ -f "$file" ] && printf '%s\n' "$file"
}

# Is there what the fuzzer needs?
fuzzer_is_there()
{
	clang_runtime asan so >/dev/null && clang_runtime fuzzer_no_main a >/dev/null
}

# What must be loaded before a PostgreSQL that knows of no sanitizers.
sanitizer_preload()
{
	printf '%s %s\n' "$(clang_runtime asan so)" "$ROOT/test/fuzz/first.so"
}

# Findings end the process.  PostgreSQL frees little at its end, and asks for
# memory that there may not be.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:allocator_may_return_null=1:quarantine_size_mb=16:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1

# with_sanitizer COMMAND...: at addresses that are not random, where that can
# be: the runtime wants a large range of them to be free.
with_sanitizer()
{
	local -a fixed=()

	if setarch "$(uname -m)" -R true 2>/dev/null; then fixed=(setarch "$(uname -m)" -R); fi
	"${fixed[@]}" env LD_PRELOAD="$(sanitizer_preload) ${LD_PRELOAD:-}" "$@"
}

# The extension with AddressSanitizer and UndefinedBehaviorSanitizer; every
# cluster that start_cluster starts from here on has their runtime.
build_extension_sanitized()
{
	make -C "$ROOT/test/fuzz" -s first.so
	build_extension CC=clang COPT="-O1 -fno-omit-frame-pointer -shared-libsan \
-fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -include $ROOT/test/fuzz/guard.h \
-Wno-missing-prototypes -Wno-unknown-warning-option -Wno-unused-command-line-argument -Wno-ignored-attributes -Wno-ignored-optimization-argument"
}

build_fuzzer()
{
	make -C "$ROOT/test/fuzz" -s -j"$(nproc)" PG_CONFIG="$PG_CONFIG"
}

build_simulator()
{
	make -C "$ROOT/test/simulator" -s -j"$(nproc)" "$@"
}

# ---- clusters ----

# start_cluster NAME [SETTING=VALUE...]: a cluster that only its socket
# reaches, and the environment to connect to it as superuser postgres.
start_cluster()
{
	local dir=$RUN/cluster/$1 setting

	mkdir -p "$dir"
	"$PG_BINDIR/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
		--no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log"; return 1; }
	cat >>"$dir/data/postgresql.conf" <<-CONF
		listen_addresses = ''
		unix_socket_directories = '$dir'
		port = 5432
		fsync = off
		full_page_writes = off
		shared_buffers = 32MB
		max_connections = 100
		max_worker_processes = 32
		timezone = 'UTC'
		log_timezone = 'UTC'
		lc_messages = 'C'
		log_min_messages = debug1
		# the statements of the tests name secrets: PostgreSQL shall not log
		# them, so that whatever secret is in the log is the extension's doing
		log_min_error_statement = panic
		log_line_prefix = '%m [%p] %b %a '
	CONF
	for setting in "${@:2}"; do
		printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}"
	done >>"$dir/data/postgresql.conf"
	run_cluster "$1" || { cat "$dir/log" >&2; return 1; }
	use_cluster "$1"
}

# run_cluster NAME: one whose data is there: new, stopped, crashed or a copy
run_cluster()
{
	local dir=$RUN/cluster/$1
	local -a sanitized=()

	[ -z "${SANITIZED:-}" ] || sanitized=(with_sanitizer)
	"${sanitized[@]}" "$PG_BINDIR/pg_ctl" -D "$dir/data" -l "$dir/log" -s -w -t 60 start >&2 </dev/null
}

use_cluster()
{
	export PGHOST=$RUN/cluster/$1 PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
}

# stop_cluster NAME [smart|fast|immediate]
stop_cluster()
{
	"$PG_BINDIR/pg_ctl" -D "$RUN/cluster/$1/data" -s -w -m "${2:-fast}" stop
}

# q SQL [ARGUMENT...]: bare rows; an error ends it with a status.
q()
{
	"$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 -c "$@"
}

# ---- simulators ----

# start_simulator NAME [ARGUMENT...]: a simulator, and in the environment where
# it is and what it lets in.  SQL sees the same as current_setting('test.sim_url')
# and so on.
start_simulator()
{
	local dir=$RUN/simulator/$1 i

	mkdir -p "$dir"
	rm -f "$dir/ready"
	"$ROOT/test/simulator/stellantis_simulator" --port 0 --ready-file "$dir/ready" \
		--secrets-file "$RUN/secrets" "${@:2}" \
		>"$dir/log" 2>&1 </dev/null &
	printf '%s\n' $! >"$dir/pid"
	for ((i = 0; i < 500; i++)); do
		[ ! -s "$dir/ready" ] || break
		kill -0 "$(cat "$dir/pid")" 2>/dev/null || break
		sleep 0.02
	done
	[ -s "$dir/ready" ] || { cat "$dir/log" >&2; say "the simulator does not start" >&2; return 1; }
	use_simulator "$1"
}

use_simulator()
{
	read -r SIM_PORT SIM_TLS_PORT <"$RUN/simulator/$1/ready"
	export SIM_PORT SIM_TLS_PORT
	export SIM_HOST=http://127.0.0.1:$SIM_PORT
	export SIM_URL=$SIM_HOST/connectedcar/v4
	export SIM_AUTH_URL=$SIM_HOST/am/oauth2
	export SIM_CONTROL=$SIM_HOST/_sim
	export SIM_TOKEN=sim-access-token
	export SIM_CLIENT_ID=sim-client
	export PGOPTIONS="-c test.sim_url=$SIM_URL -c test.sim_auth_url=$SIM_AUTH_URL \
-c test.sim_control=$SIM_CONTROL -c test.sim_token=$SIM_TOKEN -c test.sim_client_id=$SIM_CLIENT_ID"
}

stop_simulator()
{
	local pid

	pid=$(cat "$RUN/simulator/$1/pid")
	kill "$pid" 2>/dev/null || :
	while kill -0 "$pid" 2>/dev/null; do
		wait "$pid" 2>/dev/null || sleep 0.02
	done
}
