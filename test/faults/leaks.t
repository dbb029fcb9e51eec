#!/usr/bin/perl
#
# leaks.t
#	Hundreds of queries that fail, and hundreds that are cancelled, in every way
#	and from within everything that catches errors, leave the backend as it was:
#	its descriptors, its memory, its connections.  SOAK=N repeats that N times.
#
#	simulator: --vehicles 20 --days 10 --page-size 10 --telemetry 100

use strict;
use warnings;
use lib 'test/harness', 'test/faults';
use Faults qw(faults);
use Lane;
use Test::More;
use Time::HiRes 'sleep';

my $QUERIES = 500;
my $ROUNDS = $ENV{SOAK} || 1;
my $VIN = 'VR3UHZKXZPT000001';

# How much more there may be, in kB.  (PostgreSQL itself loses some bytes when a
# CREATE TABLE AS fails, so there is none.)
my $MALLOCED = 512;
my $CONTEXTS = 128;

system("$ENV{PG_BINDIR}/psql", '-Xq', '-c', 'CREATE EXTENSION stellantis_fdw') == 0 or die 'no extension';
my $lane = Lane->new('lane');
my $session = $lane->session;
my $simulator = $lane->simulator;
my ($id) = $session->rows("SELECT id FROM vehicles WHERE vin = '$VIN';");
my ($full) = $session->rows('SELECT count(*) FROM trips;');

# ---- what a backend holds ----

# Sockets and the like; the files of tables come and go.
sub descriptors { return scalar grep { (readlink // '/') !~ m{^/} } glob '/proc/' . $session->pid . '/fd/*' }

sub resident
{
	open my $status, '<', '/proc/' . $session->pid . '/status' or die $!;
	my ($kb) = join('', <$status>) =~ /^RssAnon:\s*(\d+)/m;
	return $kb;
}

# PostgreSQL's caches grow with what a session has seen; ours may not.
sub contexts
{
	# since 18 there is a path in the place of the parent's name
	my ($bytes) = $session->rows("WITH m AS MATERIALIZED (SELECT to_jsonb(c) AS c, total_bytes FROM pg_backend_memory_contexts c)
		SELECT sum(total_bytes) FROM m WHERE c->>'name' ~ 'stellantis' OR NOT (c->>'name' = 'CacheMemoryContext'
			OR coalesce(c->>'parent', '') = 'CacheMemoryContext'
			OR coalesce(c->'path' @> (SELECT c->'path' FROM m WHERE c->>'name' = 'CacheMemoryContext'), false));");
	return int($bytes / 1024);
}

# What is shared, and what of it is in a file; one scan after the other, so that
# there are no more connections than for one.
my @SHARING = (
	'SELECT (SELECT count(*) FROM trips), (SELECT max(id) FROM trips);',
	"BEGIN; SET LOCAL work_mem = '64kB';
		SELECT (SELECT count(recorded_at) FROM telemetry), (SELECT max(recorded_at) FROM telemetry), (SELECT count(*) FROM trips); COMMIT;",
);

# As much as a session has that has worked at full width.
sub settle
{
	$simulator->heal;
	$lane->set(retries => 0);
	my @counts = $session->rows('SELECT count(*) FROM trips;', 'SELECT count(*) FROM telemetry;', @SHARING, 'DISCARD PLANS;');
	is($counts[0], $full, 'the session has its full answers');
	return { descriptors => descriptors(), resident => resident(), contexts => contexts() };
}

# ---- queries that fail ----

$session->rows(<<"SQL");
CREATE FUNCTION caught() RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	PERFORM count(*) FROM trips WHERE vehicle_id = '$id';
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN 'caught ' || SQLSTATE;
END \$\$;
CREATE FUNCTION looped() RETURNS SETOF text LANGUAGE plpgsql AS \$\$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM trips WHERE vehicle_id = '$id' LOOP
		NULL;
	END LOOP;
END \$\$;
SQL

$session->rows('CREATE TABLE kept (id text);');

# How a query may meet its error.
my @WAYS = (
	"SELECT count(*) FROM trips WHERE vehicle_id = '$id';",
	"SELECT * FROM trips WHERE vin = '$VIN';",
	'SELECT caught();',
	'SELECT * FROM looped();',
	"BEGIN; SAVEPOINT s; SELECT count(*) FROM trips WHERE vehicle_id = '$id'; ROLLBACK TO s; SELECT 1; COMMIT;",
	"BEGIN; DECLARE c CURSOR FOR SELECT id FROM trips WHERE vehicle_id = '$id'; FETCH 1 FROM c; CLOSE c; COMMIT;",
	"BEGIN; DECLARE o CURSOR FOR SELECT recorded_at FROM telemetry WHERE vehicle_id = '$id'; FETCH 1 FROM o;
		SAVEPOINT s; SELECT caught(); SELECT count(*) FROM trips; ROLLBACK TO s; FETCH 1 FROM o; COMMIT;",
	"INSERT INTO kept SELECT id FROM trips WHERE vehicle_id = '$id';",
	'SELECT v.vin, t.id FROM vehicles AS v, LATERAL (SELECT id FROM trips WHERE vehicle_id = v.id OFFSET 0) AS t;',
	'DO $$ BEGIN FOR i IN 1 .. 3 LOOP PERFORM caught(); END LOOP; PERFORM count(*) FROM trips; END $$;',
	@SHARING,
);

# Every fault that ends a query, on the first page of trips.
my @faults = grep { $_->{kind} =~ /^(?:final|passing)$/ && !$_->{slow} && !($_->{of}) } faults();

sub failing
{
	my ($how_many) = @_;
	my $failed = 0;

	for my $n (0 .. $how_many - 1)
	{
		my $fault = $faults[$n % @faults];
		my $does = ref $fault->{does} eq 'CODE' ? $fault->{does}->(3000) : $fault->{does};
		$lane->set(retries => 0, %{ $fault->{options} || {} });
		# every one of the pages that are asked for ahead, too
		$simulator->fault({ match => '/trips', times => -1, fault => $does });
		my $said = $session->run($WAYS[ ($n + int($n / @faults)) % @WAYS ]);
		$simulator->heal;
		$said->{text} =~ /^ERROR:/m || (grep { /^caught/ } @{ $said->{rows} }) ? $failed++ : diag("$fault->{name} $said->{text}@{ $said->{rows} }");
	}
	return $failed;
}

# ---- queries that are cancelled ----

my @started;
END { kill 'TERM', @started }

# The port of a server of its own for what does not answer at all.
sub silent_server
{
	my ($name, @arguments) = @_;
	my $program = "$ENV{TMPDIR}/silent_port";
	my $file = "$ENV{TMPDIR}/$name.$$";

	system($ENV{CC} || 'gcc', '-O1', '-o', $program, 'test/harness/silent_port.c') == 0 or die 'gcc' unless -x $program;
	my $pid = fork // die $!;
	if ($pid == 0)
	{
		# who reads our output waits for all that could write there
		open STDOUT, '>', '/dev/null' and open STDERR, '>&', \*STDOUT and exec $program, $file, @arguments;
		POSIX::_exit(127);
	}
	push @started, $pid;
	for (1 .. 250)
	{
		last if -s $file || waitpid($pid, 1) != 0;
		sleep 0.02;
	}
	open my $port, '<', $file or return 0;
	my ($number) = <$port> =~ /(\d+)/;
	return $number;
}

sub more_server
{
	my ($name, $url) = @_;

	$session->rows("CREATE SERVER $name FOREIGN DATA WRAPPER stellantis_fdw
			OPTIONS (brand 'peugeot', base_url '$url', client_id 'sim-client', retries '0');",
		"CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (access_token 'sim-access-token');",
		"CREATE SCHEMA $name;", "IMPORT FOREIGN SCHEMA stellantis LIMIT TO (account) FROM SERVER $name INTO $name;");
	return;
}

my $port = silent_server('silent');
more_server('deaf', "http://127.0.0.1:$port/x");
more_server('mute', "https://127.0.0.1:$port/x");

# A fault that keeps a query waiting, and the query.
my $TRIPS = 'SELECT count(*) FROM trips;';
my @WAITS = (
	[ { kind => 'stall', ms => -1 }, $TRIPS ],
	[ { kind => 'stall_body', bytes => 100, ms => -1 }, $TRIPS ],
	[ { kind => 'drip', bytes => 10, ms => 5 }, $TRIPS ],
	# in its pause, with what it has asked before
	[ { kind => 'status', status => 503, headers => { 'Retry-After' => 30 } }, $TRIPS, retries => 3 ],
	[ { kind => 'stall', ms => -1 }, "BEGIN; DECLARE c CURSOR FOR SELECT id FROM trips; FETCH ALL FROM c; ROLLBACK;" ],
	[ { kind => 'stall', ms => -1 }, "BEGIN; SAVEPOINT s; SELECT caught(); ROLLBACK TO s; COMMIT;" ],
	[ { kind => 'stall', ms => -1 }, "INSERT INTO kept SELECT id FROM trips;" ],
	[ { kind => 'stall', ms => -1 }, $SHARING[1] ],
	[ undef, 'SELECT * FROM deaf.account;' ],
	[ undef, 'SELECT * FROM mute.account;' ],
);

sub cancelled
{
	my ($how_many) = @_;
	my $ended = 0;
	my $each = int($how_many / @WAITS) + 1;

	for my $wait (@WAITS)
	{
		my ($fault, $query, %options) = @$wait;
		$lane->set(retries => 0, %options);
		# one vehicle has not so many pages that some could pass
		$simulator->fault({ match => '/trips', skip => $query =~ /caught/ ? 0 : 3, times => -1, fault => $fault }) if $fault;
		for (1 .. $each)
		{
			# some before the first answer, some later
			my $said = $session->run('SET statement_timeout = ' . (5 + $_ % 20) . ';', $query, 'RESET statement_timeout;');
			$said->{text} =~ /^ERROR:  57014/m ? $ended++ : diag("$query $said->{text}@{ $said->{rows} }");
		}
		$simulator->heal;
	}
	return ($ended, $each * @WAITS);
}

# ---- before and after ----

failing(2 * @faults);
cancelled(4 * @WAITS);
settle();
my $before = settle();
for my $round (1 .. $ROUNDS)
{
	is(failing($QUERIES), $QUERIES, "$QUERIES queries fail");
	my ($ended, $all) = cancelled($QUERIES);
	is($ended, $all, "$all queries are cancelled");
	diag("round $round: " . resident() . ' kB') if $ROUNDS > 1;
}
my $after = settle();
diag("before and after: $_ $before->{$_} $after->{$_}") for sort keys %$before;
cmp_ok($after->{descriptors}, '<=', $before->{descriptors}, 'no more descriptors');
cmp_ok($after->{resident}, '<=', $before->{resident} + $MALLOCED, 'no more memory');
cmp_ok($after->{contexts}, '<=', $before->{contexts} + $CONTEXTS, 'no more memory of PostgreSQL\'s');
# one is the question's own
my $open;
for (1 .. 250)
{
	$open = $simulator->stats->{open_connections};
	last if $open <= 9;
	sleep 0.02;
}
cmp_ok($open, '<=', 9, 'the server has no more connections than "concurrency" says');
$session->close;
for (1 .. 250)
{
	$open = $simulator->stats->{open_connections};
	last if $open <= 1;
	sleep 0.02;
}
cmp_ok($open, '<=', 1, 'and none when the session has ended');
done_testing();
