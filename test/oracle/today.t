#!/usr/bin/perl
#
# A world whose clock is the machine's: what is read in windows that widen
# backwards from now.
# simulator: --accounts 2 --vehicles 6 --days 40 --telemetry 160 --now real

use strict;
use warnings;
use lib 'test/oracle';
use Oracle;

Oracle->new('test/oracle/queries/newest.sql')->run('exclusive', 0, 403, 8);
