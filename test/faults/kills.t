#!/usr/bin/perl
#
# kills.t
#	Backends that end amid a transfer, by pg_terminate_backend(), SIGKILL, a
#	shutdown, the end of their session, or because the client has vanished:
#	their connections are closed, nobody waits, and the next answers are right.
#
#	simulator: --vehicles 5 --days 4 --page-size 3 --telemetry 2000

use strict;
use warnings;
use lib 'test/harness', 'test/faults';
use Cluster;
use Lane;
use Test::More;
use Time::HiRes qw(sleep time);

my $VIN = 'VR3UHZKXZPT000002';

# Hangs fail, and so long is for ever.
my $PATIENCE = 30;

my $cluster = Cluster->start('kills', client_connection_check_interval => '100ms');
@ENV{qw(PGHOST PGDATABASE)} = ($cluster->host, 'postgres');
my $simulator = Simulator->new;
system("$ENV{PG_BINDIR}/psql", '-Xq', '-c', 'CREATE EXTENSION stellantis_fdw') == 0 or die 'no extension';
my $lane = Lane->new('lane');
my ($id) = $lane->session->rows("SELECT id FROM vehicles WHERE vin = '$VIN';");
my ($full) = $lane->session->rows('SELECT count(*) FROM trips;');
$lane->session->rows("ALTER SERVER lane OPTIONS (SET retries '3');");

sub wait_for
{
	my ($what, $is_so) = @_;
	my $until = time + $PATIENCE;

	while (time < $until)
	{
		return 1 if $is_so->();
		sleep 0.02;
	}
	diag("waited in vain for $what");
	return 0;
}

sub open_session
{
	my $session = Session->new;

	$session->rows('SET search_path = lane, public;', 'SET client_min_messages = warning;');
	return $session;
}

# Connections besides the control endpoint's own.
sub connections { return $simulator->stats->{open_connections} - 1 }

sub gone { my ($pid) = @_; return !kill 0, $pid }

# Places amid a transfer: the fault that keeps it there, what is asked, and how
# many requests the server has then seen (of those that matter).
my $TRIPS = 'SELECT * FROM trips;';
my %PLACES = (
	'the listing' => [ { match => '^GET /user/vehicles\\?', fault => { kind => 'stall', ms => -1 } }, $TRIPS ],
	'a first page' => [ { match => '/trips', page => 1, fault => { kind => 'stall', ms => -1 } }, $TRIPS ],
	'a later page' => [ { match => "$VIN/trips", page => 3, fault => { kind => 'stall', ms => -1 } }, $TRIPS ],
	'a body' => [ { match => "$VIN/trips", page => 2, fault => { kind => 'stall_body', bytes => 100, ms => -1 } }, $TRIPS ],
	'a drip' => [ { match => "$VIN/trips", page => 2, fault => { kind => 'drip', bytes => 1, ms => 50 } }, $TRIPS ],
	'a pause' => [ { match => "$VIN/trips", page => 2, fault => { kind => 'status', status => 503, headers => { 'Retry-After' => 30 } } }, $TRIPS ],
	'an idle cursor' => [ undef, "BEGIN; DECLARE c CURSOR FOR SELECT recorded_at FROM telemetry; FETCH 4 FROM c;" ],
	'a savepoint' => [ { match => "$VIN/trips", page => 2, fault => { kind => 'stall', ms => -1 } }, "BEGIN; SAVEPOINT s; $TRIPS" ],
	'much work' => [ undef, 'SET stellantis_fdw.max_requests = 1000000; SELECT count(t) FROM telemetry AS t, generate_series(1, 100000) AS g;' ],
);

# Brings a session there.
sub bring
{
	my ($session, $place) = @_;
	my ($rule, $query) = @{ $PLACES{$place} };

	$simulator->fault({ times => -1, %$rule }) if $rule;
	$session->send($query);
	if ($rule)
	{
		wait_for("the fault at $place", sub { ($simulator->faults)->[0]{hits} > 0 });
		sleep 0.05;
	}
	else
	{
		wait_for($place, sub { connections() > 0 });
		sleep 0.2;
	}
	return;
}

sub closed
{
	my ($name) = @_;

	$simulator->heal;
	ok(wait_for('connections to be closed', sub { connections() == 0 }), "$name: its connections are closed") or diag(connections());
	return;
}

sub works
{
	my ($name) = @_;
	my $session = open_session();

	is_deeply([ $session->rows('SELECT count(*) FROM trips;') ], [ $full ], "$name: the next answer is right");
	$session->close;
	wait_for('its connections to be closed', sub { connections() == 0 });
	return;
}

$lane->session->close;
closed('the first session');

# ---- terminated ----

for my $place (sort keys %PLACES)
{
	my $session = open_session();
	my $control = Session->new;
	bring($session, $place);
	my $began = time;
	$control->rows('SELECT pg_terminate_backend(' . $session->pid . ');');
	ok(wait_for('the backend to end', sub { gone($session->pid) }), "terminated amid $place");
	diag(sprintf "%s: %.0f ms", $place, 1000 * (time - $began));
	my $said = $session->await($PATIENCE);
	$said = $session->run('SELECT 1;') if $said && !$said->{ended};
	like($said->{text}, qr/57P01|terminating|server closed/, 'it says so');
	closed("terminated amid $place");
	works("terminated amid $place");
	$control->close;
}

# ---- killed ----

for my $place (sort keys %PLACES)
{
	my $session = open_session();
	my $other = open_session();
	bring($session, $place);
	kill 'KILL', $session->pid;
	my $said = $session->await($PATIENCE);
	ok($said && ($said->{ended} || $place eq 'an idle cursor'), "killed amid $place");
	ok(wait_for('the others to end', sub { my $said = $other->run('SELECT 1;'); $said->{error} || $said->{ended} }), 'all others end with it');
	ok($cluster->ready, "killed amid $place: the cluster is back");
	closed("killed amid $place");
	works("killed amid $place");
}

# ---- the end of the session, of the client, of the cluster ----

for my $hold ('', 'WITH HOLD')
{
	my $session = open_session();
	$session->rows('BEGIN;', "DECLARE c CURSOR $hold FOR SELECT id FROM trips;", 'FETCH 1 FROM c;', $hold ? 'COMMIT;' : ());
	cmp_ok(connections(), '>', 0, "an open cursor $hold");
	my $pid = $session->pid;
	$session->close;
	ok(wait_for('the backend to end', sub { gone($pid) }), 'its session ends');
	closed("an open cursor $hold");
}

for my $place (grep { !/idle/ } sort keys %PLACES)
{
	my $session = open_session();
	bring($session, $place);
	my $began = time;
	kill 'KILL', $session->{psql};
	ok(wait_for('the backend to end', sub { gone($session->pid) }), "the client vanishes amid $place");
	diag(sprintf "%s: %.0f ms", $place, 1000 * (time - $began));
	closed("the client vanishes amid $place");
}
works('clients that vanished');

for my $mode (qw(fast immediate))
{
	my @sessions = map { open_session() } 1 .. 3;
	bring($_, 'a later page') for @sessions;
	my $began = time;
	ok(eval { $cluster->stop($mode); 1 }, "a $mode shutdown amid transfers");
	diag(sprintf "%s: %.0f ms", $mode, 1000 * (time - $began));
	closed("a $mode shutdown");
	$_->close for @sessions;
	last if $mode eq 'immediate';
	$cluster->up;
	works("a $mode shutdown");
}
done_testing();
