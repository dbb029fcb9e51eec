#!/usr/bin/perl
#
# server.t
#	The server dies amid a query, and returns in time or does not; cursors that
#	were idle while it closed their connections; ten backends at once over good
#	and bad answers, and over a server that limits them.
#
#	simulator: --vehicles 10 --days 4 --page-size 3 --telemetry 30

use strict;
use warnings;
use lib 'test/harness', 'test/faults';
use Faults qw(%STATE);
use JSON::PP;
use Lane;
use List::Util qw(max sum0);
use Test::More;
use Time::HiRes qw(sleep time);

my @WORLD = qw(--vehicles 10 --days 4 --page-size 3 --telemetry 30);
my $VIN = 'VR3UHZKXZPT000002';
my $BACKENDS = 10;

system("$ENV{PG_BINDIR}/psql", '-Xq', '-c', 'CREATE EXTENSION stellantis_fdw') == 0 or die 'no extension';
my $mortal = Simulator->start(@WORLD);
my $lane = Lane->new('mortal', simulator => $mortal);
my $session = $lane->session;
my ($id) = $session->rows("SELECT id FROM vehicles WHERE vin = '$VIN';");
my @trips = $session->rows("SELECT id FROM trips WHERE vehicle_id = '$id';");
my @all = sort { $a cmp $b } $session->rows('SELECT vehicle_id || id FROM trips;');

sub dies { $mortal->stop('KILL'); return }

# The same world at the same address, without the faults of the one before.
sub returns
{
	$mortal = Simulator->start(@WORLD, '--port', $mortal->{port});
	$lane->{simulator} = $mortal;
	return;
}

sub wait_for
{
	my ($what, $is_so) = @_;

	for (1 .. 1000)
	{
		return 1 if $is_so->();
		sleep 0.01;
	}
	diag("waited in vain for $what");
	return 0;
}

# ---- it dies amid a query ----

my %PLACES = (
	'the listing' => { match => '^GET /user/vehicles\\?', fault => { kind => 'stall', ms => -1 } },
	'a later page of the listing' => { match => '^GET /user/vehicles\\?', page => 2, fault => { kind => 'stall', ms => -1 } },
	'a first page' => { match => "$VIN/trips", page => 1, fault => { kind => 'stall', ms => -1 } },
	'a later page' => { match => "$VIN/trips", page => 3, fault => { kind => 'stall', ms => -1 } },
	'a body' => { match => "$VIN/trips", page => 2, fault => { kind => 'stall_body', bytes => 500, ms => -1 } },
	'many pages' => { match => '/trips', skip => 5, fault => { kind => 'stall_body', bytes => 500, ms => -1 } },
);

# Sends the query, and kills the server when it is there.
sub kill_amid
{
	my ($place) = @_;

	$mortal->fault({ times => -1, %{ $PLACES{$place} } });
	$session->send('SELECT vehicle_id || id FROM trips;', "SELECT 'usable';");
	wait_for("the query at $place", sub { ($mortal->faults)->[0]{hits} > 0 });
	sleep 0.05;
	dies();
	return;
}

for my $place (sort keys %PLACES)
{
	# it stays away
	for my $retries (0, 1)
	{
		$lane->set(retries => $retries);
		kill_amid($place);
		my $said = $session->await;
		# what was under way is lost; a repetition, or the next request, meets
		# nobody, or one who is just dying; half a body is half a body
		my %may = map { $STATE{$_} => 1 } qw(name reset), $retries ? () : 'broken';
		ok($said->{error} && $may{ $said->{error}{sqlstate} }, "it dies amid $place, $retries retries") or diag($said->{text});
		like($said->{error}{message}, qr/^could not fetch (?:trips of vehicle "\w+"|vehicles) from server "mortal": /, 'the message');
		is_deeply($said->{rows}, ['usable'], 'no rows, and the session goes on');
		returns();
	}

	# it returns at once (or what a busy machine takes for that), and nothing but a
	# repetition is needed
	$lane->set(retries => 10);
	kill_amid($place);
	returns();
	my $said = $session->await;
	is($said->{text}, '', "it dies amid $place, and returns");
	is_deeply([ sort { $a cmp $b } grep { $_ ne 'usable' } @{ $said->{rows} } ], \@all, 'the full answer');
}

# It is away while a query begins, and returns while that repeats.
$lane->set(retries => 10);
dies();
$session->send('SELECT vehicle_id || id FROM trips;');
sleep 0.5;
returns();
my $said = $session->await;
is_deeply([ sort { $a cmp $b } @{ $said->{rows} } ], \@all, 'it returns while a query repeats') or diag($said->{text});
$lane->set(retries => 0);
dies();
$said = $session->run('SELECT count(*) FROM trips;');
is($said->{error}{sqlstate}, '08001', 'it is not there');
returns();
is_deeply([ $session->rows('SELECT count(*) FROM trips;') ], [ scalar @all ], 'it is back: the same session works');

# ---- connections that were closed while nobody asked ----

# Without retries: what is idle is not the API's fault.
sub restart
{
	dies();
	returns();
	sleep 1.2;
	return;
}

my $CURSOR = "CURSOR FOR SELECT id FROM trips WHERE vehicle_id = '$id'";
my $rows = @trips;
$session->rows('BEGIN;', "DECLARE c $CURSOR;", 'FETCH 2 FROM c;');
restart();
is_deeply([ $session->rows('FETCH ALL FROM c;', 'COMMIT;') ], [ @trips[2 .. $#trips] ], 'an idle cursor goes on');

$session->rows('BEGIN;', "DECLARE h CURSOR WITH HOLD FOR SELECT id FROM trips WHERE vehicle_id = '$id';", 'FETCH 2 FROM h;');
restart();
$session->rows('COMMIT;');
dies();
is_deeply([ $session->rows('FETCH ALL FROM h;', 'CLOSE h;') ], [ @trips[2 .. $#trips] ],
	'one with hold fetches the rest at COMMIT, and then needs nobody');
returns();

$session->rows('BEGIN;', "DECLARE a $CURSOR;", "DECLARE b $CURSOR;", 'DECLARE t CURSOR FOR SELECT recorded_at FROM telemetry;',
	'FETCH 1 FROM a;', 'FETCH 4 FROM b;', 'FETCH 7 FROM t;');
restart();
is_deeply([ $session->rows('FETCH 3 FROM a;') ], [ @trips[1 .. 3] ], 'three cursors: the first');
is(scalar(() = $session->rows('FETCH ALL FROM t;')), 300 - 7, 'three cursors: the third');
is_deeply([ $session->rows('FETCH ALL FROM b;') ], [ @trips[4 .. $#trips] ], 'three cursors: the second');
restart();
is_deeply([ $session->rows('FETCH ALL FROM a;', 'COMMIT;') ], [ @trips[4 .. $#trips] ], 'three cursors: the first once more');

$session->rows("PREPARE p AS SELECT id FROM trips WHERE vehicle_id = '$id';", 'EXECUTE p;');
for my $how (qw(auto force_generic_plan force_custom_plan))
{
	$session->rows("SET plan_cache_mode = $how;");
	restart();
	is_deeply([ $session->rows('EXECUTE p;') ], \@trips, "a prepared statement, $how");
	dies();
	$said = $session->run('EXECUTE p;');
	is($said->{error}{sqlstate}, '08001', 'fails without a server');
	returns();
	is_deeply([ $session->rows('EXECUTE p;') ], \@trips, 'and works with one');
}

# A loop that leaves its query alone for a while, row by row.
$session->rows(<<"SQL");
CREATE FUNCTION slowly() RETURNS SETOF text LANGUAGE plpgsql AS \$\$
DECLARE
	trip text;
	n int := 0;
BEGIN
	FOR trip IN SELECT id FROM trips WHERE vehicle_id = '$id' LOOP
		n := n + 1;
		IF n = 11 THEN
			PERFORM pg_sleep(2);
		END IF;
		RETURN NEXT trip;
	END LOOP;
END \$\$;
SQL
$session->send('SELECT * FROM slowly();');
sleep 0.5;
restart();
$said = $session->await;
is_deeply($said->{rows}, \@trips, 'a loop that was asleep') or diag($said->{text});

# The second page is asked for when the first is begun; it ends while nobody
# waits for it.
my $messages_of = "SELECT recorded_at FROM telemetry WHERE vehicle_id = '$id'";
$mortal->fault({ match => '/telemetry', page => 2, times => 1, fault => [ { kind => 'stall', ms => 300 }, { kind => 'reset' } ] });
$mortal->forget;
$session->rows('BEGIN;', "DECLARE c CURSOR FOR $messages_of;", 'FETCH 1 FROM c;');
sleep 1.6;
is(scalar(() = $session->rows('FETCH ALL FROM c;', 'COMMIT;')), 29, 'a request that died while its cursor was idle is repeated');
is(scalar(grep { / 0$/ } $mortal->lines), 1, 'as the server saw');
$mortal->heal;
# for ever, because one that strikes a kept connection is asked again
$mortal->fault({ match => '/telemetry', page => 2, times => -1, fault => { kind => 'reset' } });
is($session->run("$messages_of;")->{error}{sqlstate}, '08006', 'while one that died under our eyes is not');
$mortal->heal;

# ---- ten backends at once ----

my $simulator = Simulator->new;
my $shared = Lane->new('shared', simulator => $simulator);
my %full = map { split /\|/ } $shared->session->rows('SELECT v.vin, count(t.id) FROM vehicles AS v LEFT JOIN trips AS t ON t.vehicle_id = v.id GROUP BY 1;');
my @vins = sort keys %full;
my %ids = map { split /\|/ } $shared->session->rows('SELECT vin, id FROM vehicles;');
my ($messages) = $shared->session->rows('SELECT count(*) FROM telemetry;');

sub more_sessions
{
	my @sessions = map { Session->new } 1 .. $BACKENDS;

	$_->rows('SET client_min_messages = warning;', 'SET search_path = shared, public;') for @sessions;
	return @sessions;
}

# Connections, less the question's own and those of the session that has set
# all this up.
my $others = connections();

sub connections { return $simulator->stats->{open_connections} - 1 }

# Waits for all; meanwhile looks how many connections there are.
sub await_all
{
	my @waiting = @_;
	my ($most, @said) = (0);

	while (@waiting)
	{
		my $said = $waiting[0]->await(0.02);
		$most = max($most, connections() - $others);
		next unless $said;
		push @said, $said;
		shift @waiting;
	}
	return ($most, @said);
}

# Some vehicles fail, each in its way, all the time; the others never do.
my %bad = (
	$vins[1] => [ { kind => 'status', status => 500 }, 'HV00L' ],
	$vins[3] => [ { kind => 'truncate', bytes => 50 }, '08P01' ],
	$vins[5] => [ { kind => 'bad_json' }, '08P01' ],
	$vins[7] => [ { kind => 'status', status => 403 }, '42501' ],
);
my @good = grep { !$bad{$_} } @vins;
my @sessions = more_sessions();
for my $concurrency (8, 2)
{
	$shared->set(concurrency => $concurrency);
	$simulator->fault(map { { match => "$_/trips", times => -1, fault => $bad{$_}[0] } } keys %bad);
	# slow enough to be at once
	$simulator->config({ latency_ms => 5 });
	my @expected;
	for my $n (0 .. $BACKENDS - 1)
	{
		my @queries;
		for my $i (0 .. 11)
		{
			my $vin = $vins[($n + $i) % @vins];
			my $good = join ', ', map { "'$_'" } @good;
			push @queries, $i % 4 == 0 ? 'SELECT count(*) FROM telemetry;' : $i % 4 == 1 ? "SELECT count(*) FROM trips WHERE vin IN ($good);"
				: $i % 4 == 2 ? "SELECT count(*) FROM trips WHERE vehicle_id = '$ids{$vin}';" : "SELECT count(*) FROM trips WHERE vin = '$vin';";
			push @{ $expected[$n] }, $i % 4 == 0 ? $messages : $i % 4 == 1 ? sum0(@full{@good}) : $bad{$vin} ? $bad{$vin}[1] : $full{$vin};
		}
		$sessions[$n]->send(map { ($_, '\\echo :SQLSTATE') } @queries);
	}
	my ($most, @said) = await_all(@sessions);
	for my $n (0 .. $#said)
	{
		# a count and 00000, or what went wrong
		my @have = grep { $_ ne '00000' } @{ $said[$n]{rows} };
		is_deeply(\@have, $expected[$n], "ten backends, concurrency $concurrency: the answers of number $n") or diag($said[$n]{text});
	}
	cmp_ok($most, '<=', $BACKENDS * $concurrency, "ten backends: at most $concurrency connections each");
	diag("$most connections");
	$simulator->heal;
	$simulator->config({ latency_ms => 0 });
	$_->close for @sessions;
	@sessions = more_sessions();
}

# The server takes only so many requests a second, and says when to come again.
$shared->set(concurrency => 8, retries => 20);
$simulator->config({ enforce_second => JSON::PP::true, quota_second => 60, retry_after => 1 });
$simulator->forget;
$_->send('SELECT count(*) FROM trips;') for @sessions;
my ($most, @said) = await_all(@sessions);
is_deeply([ map { @{ $_->{rows} } } @said ], [ (sum0(values %full)) x $BACKENDS ], 'ten backends, and a server that limits: all answer')
	or diag(map { $_->{text} } @said);
ok((grep { / 429$/ } $simulator->lines), 'it had to') or diag('no request was refused');
$simulator->reset;
done_testing();
