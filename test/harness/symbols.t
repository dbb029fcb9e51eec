#!/bin/bash
#
# symbols.t
#	Names of functions: a library that calls one of its own by the name of one of
#	PostgreSQL's would reach that, versions of symbols or not.  (libjansson that
#	cmake has built is such a library: json_object.)

. test/harness/tap.sh

[ -z "${SANITIZED:-}" ] || skip_all 'the sanitizers bring libraries of their own'

module=$("$PG_CONFIG" --pkglibdir)/stellantis_fdw.so

defined()
{
	nm -D --defined-only "$1" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u
}

# What the dynamic linker looks up for a library.
looked_up()
{
	readelf -rW "$1" | awk '$5 != "" { sub(/@.*/, "", $5); print $5 }' | sort -u
}

# libc and PostgreSQL are made for each other
mapfile -t libraries < <(ldd "$module" | awk '$3 ~ /^\// && $1 !~ /^libc\./ { print $3 }')
ok 'there are libraries' [ "${#libraries[@]}" -gt 0 ]
taken=$(for library in "${libraries[@]}"; do
	comm -12 <(looked_up "$library") <(defined "$library") | comm -12 - <(defined "$PG_BINDIR/postgres") |
		sed "s|^|${library##*/}: |"
done)
is "$taken" '' 'none calls a function of its own by a name that PostgreSQL has'
is "$(defined "$module" | grep -vE '^(pg_finfo_)?stellantis_|^_PG_init$|^Pg_magic_func$')" '' 'the module shows what PostgreSQL must see alone'

done_testing
