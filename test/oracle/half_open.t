#!/usr/bin/perl
#
# The battery against an API whose ranges have their beginning and not their end, in pages of 13.
# simulator: --accounts 2 --vehicles 6 --days 16 --telemetry 120 --now 2026-04-03T12:00:00Z

use strict;
use warnings;
use lib 'test/oracle';
use Oracle;

Oracle->new->run('half_open', 13, 400, 3);
