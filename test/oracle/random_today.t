#!/usr/bin/perl
#
# random_today.t
#	As random.t, in a world whose clock is the machine's: windows that widen
#	backwards from now find something at once.  So what a query asks for depends
#	on the day, too: what has failed may not fail tomorrow.
# simulator: --accounts 2 --days 17 --telemetry 100 --now real

use strict;
use warnings;

$ENV{RANDOM_TEST} //= '100@today';
do './test/oracle/random.t' or die $@ || "random.t: $!\n";
