#!/usr/bin/perl
#
# A world in which clocks are put back: in Paris, Beirut, Cairo, Havana and New York.
# simulator: --accounts 2 --vehicles 6 --days 16 --telemetry 768 --now 2025-11-04T00:00:00Z

use strict;
use warnings;
use lib 'test/oracle';
use Oracle;

Oracle->new('test/oracle/autumn/clocks.sql')->run('half_open', 0, 404, 4);
