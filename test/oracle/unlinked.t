#!/usr/bin/perl
#
# An API that does not say of which trip a message, an alert or a collision is.
# simulator: --accounts 2 --vehicles 6 --days 16 --telemetry 120 --now 2026-04-03T12:00:00Z

use strict;
use warnings;
use lib 'test/oracle';
use JSON::PP ();
use Oracle;

my $oracle = Oracle->new('test/oracle/unlinked/trips.sql');

$oracle->{sim}->fault({
	match => '/(telemetry|alerts|collisions)[?]', times => -1,
	fault => { kind => 'edit', edits => [ map { { pointer => "/_embedded/*/*/_links/$_", remove => JSON::PP::true } } qw(trip trips) ] },
});
$oracle->run('half_open', 7, 404, 4);
