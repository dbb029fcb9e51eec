#!/bin/bash
#
# steps.t
#	A step of a script that fails says why, however it ends.

. test/harness/tap.sh

# What a script says whose only step is that function, and its status.
step_said()
{
	local status=0

	# shellcheck disable=SC2016
	bash -euo pipefail -c '. script/lib.sh
		fails() { echo "before it failed"; false; }
		dies() { echo "before it died"; die "what is missing"; }
		goes() { echo "all is well"; }
		LOG=$2
		: >"$LOG"
		trap show_failed_step EXIT
		step "the step" "$1"
		echo "and then"' script "$1" "$RUN/steps.log" 2>&1 || status=$?
	echo "status $status"
	rm -f "$RUN/steps.log"
}

like "$(step_said fails)" $'^  the step  .* failed\n    \\| before it failed\nstatus 1$' 'one that fails'
like "$(step_said dies)" $'^  the step  .* failed\n    \\| before it died\n    \\| script: what is missing\nstatus 1$' 'one that dies'
like "$(step_said goes)" $'^  the step  .* [0-9.]+ s\nand then\nstatus 0$' 'one that goes well'

done_testing
