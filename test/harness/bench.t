#!/bin/bash
#
# bench.t
#	script/bench does what it says, in small: each case is measured and has its
#	line in the table.  How fast it is, is not tested.

. test/harness/tap.sh

table=$(script/bench --quick) || { diag "$table"; exit 1; }

# the rows of the table, their fields separated by tabs
rows=$(grep '^| ' <<<"$table" | tail -n +3 | sed 's/^| *//; s/ *|$//; s/ *| */\t/g')

is "$(cut -f1 <<<"$rows" | uniq)" "$(script/bench --list)" 'every case has its lines, in order'
is "$(awk -F'\t' 'NF != 7' <<<"$rows")" '' 'all with seven fields'
is "$(awk -F'\t' '$3 !~ /^[+-]?[0-9]+(\.[0-9]+)?( (us|ms|s|MB|rows\/s))?$/' <<<"$rows")" '' 'and a value of ours'
is "$(awk -F'\t' '$5 != "" && $5 !~ /^[0-9.]+( \([0-9.]+ to [0-9.]+\))?$/' <<<"$rows")" '' 'ratios are numbers'
is "$(awk -F'\t' '($6 == "") != ($7 == "") || $7 !~ /^(|reached|\*\*missed\*\*)$/' <<<"$rows")" '' \
	'what has a limit has a verdict'
# these depend on no clock
is "$(awk -F'\t' '$1 ~ /^(requests|connections|memory)$/ { print $7 }' <<<"$rows" | sort -u)" reached \
	'requests, connections and memory are as they should be'
like "$table" "$(awk -F'\t' '$7 == "reached"' <<<"$rows" | wc -l) of $(awk -F'\t' '$7 != ""' <<<"$rows" | wc -l) figures reached" \
	'the last line counts them'

done_testing
