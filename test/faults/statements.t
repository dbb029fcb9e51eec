#!/usr/bin/perl
#
# statements.t
#	Faults amid what surrounds a query: cursors that have given rows already,
#	LIMIT, joins, statements that write, exception handlers, savepoints,
#	prepared statements; and connections that are closed or reset at any request.
#
#	simulator: --vehicles 5 --days 4 --page-size 3 --telemetry 8 --gzip=false

use strict;
use warnings;
use lib 'test/harness', 'test/faults';
use Faults qw(faults);
use Lane;
use Test::More;

my $VIN = 'VR3UHZKXZPT000002';
my $PAGE = 3;

# One of each sort, all errors of the query that meets them.
my @NAMES = qw(status_500 status_401 status_403 429_after_hour truncate_middle truncate_json_last bad_json_2 redirect_302
	type_text_html reset_body_middle embedded_missing next_to_pagetoken_x huger_header);
my %fault = map { $_->{name} => $_ } faults();

system("$ENV{PG_BINDIR}/psql", '-Xq', '-c', 'CREATE EXTENSION stellantis_fdw') == 0 or die 'no extension';
my $lane = Lane->new('lane');
my $session = $lane->session;
my $simulator = $lane->simulator;
my ($id) = $session->rows("SELECT id FROM vehicles WHERE vin = '$VIN';");
my @trips = $session->rows("SELECT id FROM trips WHERE vehicle_id = '$id';");
my @all = sort { $a cmp $b } $session->rows('SELECT vehicle_id || id FROM trips;');
my $pages = int((@trips + $PAGE - 1) / $PAGE);
ok($pages >= 5, "$pages pages of trips");

sub rule
{
	my ($name, $page, %more) = @_;
	my $does = $fault{$name}{does} // die "no fault $name";

	# a page of trips has some thousand bytes
	$does = $does->(3000) if ref $does eq 'CODE';
	return { match => "$VIN/trips", defined $page ? (page => $page) : (), times => -1, fault => $does, %more };
}

# Nothing of the failure is left: another query has its full answer.
sub usable
{
	my ($name) = @_;

	is_deeply([ $session->rows("SELECT id FROM trips WHERE vehicle_id = '$id';") ], \@trips, "$name: the session goes on");
	return;
}

sub fails
{
	my ($said, $fault, $name) = @_;

	is($said->{error} ? $said->{error}{sqlstate} : $said->{text}, $fault{$fault}{state}, $name);
	return;
}

# ---- a cursor whose first rows have gone out ----

for my $name (@NAMES)
{
	$simulator->fault(rule($name, 3));
	my $said = $session->run('BEGIN;', "DECLARE c CURSOR FOR SELECT id FROM trips WHERE vehicle_id = '$id';", 'FETCH 6 FROM c;');
	is_deeply($said->{rows}, [ @trips[0 .. 5] ], "cursor: rows before $name");
	$said = $session->run('SAVEPOINT s;', 'FETCH 9 FROM c;');
	fails($said, $name, "cursor: $name");
	is_deeply($said->{rows}, [], 'cursor: and no rows');
	# within the transaction only ROLLBACK TO is left; the cursor has failed for good
	$said = $session->run('ROLLBACK TO s;', "SELECT count(*) FROM account;", 'FETCH 9 FROM c;');
	is_deeply($said->{rows}, [ 1 ], 'cursor: after ROLLBACK TO another query works');
	ok($said->{error}, 'cursor: and what has failed stays failed') or diag($said->{text});
	$session->run('ROLLBACK;');
	$simulator->heal;
	usable("cursor: $name");
}

# WITH HOLD: what COMMIT fetches may fail, and then the COMMIT has.
for my $name (qw(status_500 truncate_middle bad_json_2))
{
	my $said = $lane->meet([ rule($name, 4) ], 'CREATE TEMP TABLE held (x int);', 'BEGIN;', 'INSERT INTO held VALUES (1);',
		"DECLARE h CURSOR WITH HOLD FOR SELECT id FROM trips WHERE vehicle_id = '$id';", 'FETCH 3 FROM h;', 'COMMIT;');
	fails($said, $name, "cursor with hold: $name at COMMIT");
	is_deeply([ $session->rows('SELECT count(*) FROM held;') ], [ 0 ], 'cursor with hold: nothing is committed');
	$session->rows('DROP TABLE held;');
	usable("cursor with hold: $name");
}

# ---- what is not asked for does not fail ----

for my $name (@NAMES)
{
	my $said = $lane->meet([ rule($name, 3) ], "SELECT id FROM trips WHERE vehicle_id = '$id' LIMIT 3;");
	is($said->{text}, '', "LIMIT ends before $name");
	is_deeply($said->{rows}, [ @trips[0 .. 2] ], 'LIMIT: its rows');
	$said = $lane->meet([ rule($name, 2) ], "SELECT EXISTS (SELECT 1 FROM trips WHERE vehicle_id = '$id');");
	is("$said->{text}@{ $said->{rows} }", 't', "EXISTS ends before $name");
	# a page may have been asked for ahead, and be broken: nobody has seen it
	$said = $lane->meet([ rule($name, 2) ], 'BEGIN;', "DECLARE c CURSOR FOR SELECT id FROM trips WHERE vehicle_id = '$id';",
		'FETCH 3 FROM c;', 'SELECT pg_sleep(0.05);', 'CLOSE c;', 'COMMIT;');
	is($said->{text}, '', "a cursor closed before $name");
}

# ---- joins ----

my ($other) = $session->rows("SELECT id FROM vehicles WHERE vin = 'VR3UHZKXZPT000001';");
for my $name (@NAMES)
{
	my $said = $lane->meet([ rule($name, 2) ],
		'SELECT v.vin, t.id FROM vehicles AS v, LATERAL (SELECT id FROM trips WHERE vehicle_id = v.id OFFSET 0) AS t;');
	fails($said, $name, "inner side of a join: $name");
	is_deeply($said->{rows}, [], 'inner side of a join: no rows');
	like($said->{error}{message}, qr/^could not fetch trips of vehicle "\Q$id\E" /, 'inner side of a join: whose');
	$said = $lane->meet([ rule($name, 2) ], "SELECT (SELECT count(*) FROM trips AS t WHERE t.vehicle_id = v.id) FROM vehicles AS v;");
	fails($said, $name, "subplan: $name");
	$said = $lane->meet([ rule($name, 2) ], "SELECT 1 WHERE (SELECT count(*) FROM trips WHERE vehicle_id = '$id') > 0;");
	fails($said, $name, "initplan: $name");
	$said = $lane->meet([ rule($name, 2) ], 'SELECT count(*) FROM vehicles AS v FULL JOIN trips AS t ON t.vehicle_id = v.id;');
	fails($said, $name, "outer join: $name");
	usable("joins: $name");
}

# ---- statements that write ----

$session->rows('CREATE TABLE archive (id text PRIMARY KEY);', "INSERT INTO archive VALUES ('before');",
	'CREATE TABLE marks (vehicle_id text, n bigint DEFAULT 0);', "INSERT INTO marks VALUES ('$id'), ('$other');",
	"CREATE MATERIALIZED VIEW kept AS SELECT id FROM trips WHERE vehicle_id = '$id';");
for my $name (@NAMES)
{
	my $query = "SELECT id FROM trips WHERE vehicle_id = '$id'";
	my %statements = (
		'INSERT' => "INSERT INTO archive $query;",
		'CREATE TABLE AS' => "CREATE TABLE made AS $query;",
		'UPDATE' => 'UPDATE marks SET n = t.n FROM (SELECT vehicle_id, count(*) AS n FROM trips GROUP BY 1) AS t WHERE t.vehicle_id = marks.vehicle_id;',
		'DELETE' => 'DELETE FROM marks USING trips AS t WHERE t.vehicle_id = marks.vehicle_id;',
		'REFRESH' => 'REFRESH MATERIALIZED VIEW kept;',
		'COPY' => "COPY ($query) TO STDOUT;",
	);
	for my $what (sort keys %statements)
	{
		my $said = $lane->meet([ rule($name, 3) ], $statements{$what});
		fails($said, $name, "$what: $name");
	}
	is_deeply([ $session->rows("SELECT to_regclass('made') IS NULL, (SELECT string_agg(id, ',') FROM archive), (SELECT count(*) FROM kept),
		(SELECT string_agg(n::text, ',') FROM marks);") ], [ "t|before|" . scalar(@trips) . '|0,0' ], "nothing is written: $name");
	usable("writing: $name");
}

# ---- exception handlers, savepoints, prepared statements ----

$session->rows(<<"SQL");
CREATE FUNCTION go_on(times int) RETURNS SETOF text LANGUAGE plpgsql AS \$\$
DECLARE
	trip text;
	n int;
BEGIN
	FOR i IN 1 .. times LOOP
		n := 0;
		BEGIN
			FOR trip IN SELECT id FROM trips WHERE vehicle_id = '$id' LOOP
				n := n + 1;
			END LOOP;
			RETURN NEXT n || ' rows';
		EXCEPTION WHEN OTHERS THEN
			RETURN NEXT SQLSTATE;
			RETURN NEXT (SELECT count(*) FROM trips WHERE vehicle_id = '$other');
		END;
	END LOOP;
END \$\$;
PREPARE p (text) AS SELECT id FROM trips WHERE vehicle_id = \$1;
SQL
my ($others) = $session->rows("SELECT count(*) FROM trips WHERE vehicle_id = '$other';");
for my $name (@NAMES)
{
	my $state = $fault{$name}{state};
	my $said = $lane->meet([ rule($name, 3, times => 2) ], 'SELECT * FROM go_on(4);');
	is($said->{text}, '', "exception handler: $name");
	is_deeply($said->{rows}, [ $state, $others, $state, $others, (@trips . ' rows') x 2 ], 'exception handler: goes on');

	$said = $lane->meet([ rule($name, 3, times => 1) ], 'BEGIN;', "SELECT count(*) FROM trips WHERE vehicle_id = '$other';", 'SAVEPOINT a;',
		'SAVEPOINT b;', "SELECT count(*) FROM trips WHERE vehicle_id = '$id';", 'ROLLBACK TO a;',
		"SELECT count(*) FROM trips WHERE vehicle_id = '$id';", 'COMMIT;');
	fails($said, $name, "savepoint: $name");
	is_deeply($said->{rows}, [ $others, scalar @trips ], 'savepoint: before and after');

	$said = $lane->meet([ rule($name, 3, times => 1) ], ("EXECUTE p('$id');") x 2);
	fails($said, $name, "prepared statement: $name");
	is_deeply($said->{rows}, \@trips, 'prepared statement: the next time it works');
}

# Two scans of one query, one of which fails while the other has rows under way.
for my $name (@NAMES)
{
	my $said = $lane->meet([ rule($name, 2) ], 'SELECT * FROM trips UNION ALL SELECT * FROM trips;');
	fails($said, $name, "two scans: $name");
	$said = $lane->meet([ rule($name, 2) ], 'BEGIN;', "DECLARE a CURSOR FOR SELECT recorded_at FROM telemetry WHERE vehicle_id = '$id';",
		'FETCH 2 FROM a;', 'SAVEPOINT s;', "SELECT count(*) FROM trips WHERE vehicle_id = '$id';", 'ROLLBACK TO s;', 'FETCH ALL FROM a;', 'COMMIT;');
	fails($said, $name, "another cursor: $name");
	is(scalar @{ $said->{rows} }, 8, 'another cursor: has all its rows');
	usable("two scans: $name");
}

# ---- connections closed or reset at any request ----

my $plain = scalar @{ $lane->meet([], 'SELECT vehicle_id || id FROM trips;')->{lines} };
for my $concurrency (1, 8)
{
	$lane->set(retries => 3, concurrency => $concurrency);
	for my $skip (0 .. $plain - 1)
	{
		for my $does ({ kind => 'close' }, { kind => 'reset' }, { kind => 'reset_body', bytes => 1 })
		{
			my $said = $lane->meet([ { match => '', skip => $skip, times => 1, fault => $does } ], 'SELECT vehicle_id || id FROM trips;');
			my $name = "$does->{kind} at request $skip of $plain, concurrency $concurrency";
			is_deeply([ sort { $a cmp $b } @{ $said->{rows} } ], \@all, $name) or diag($said->{text});
			is(@{ $said->{lines} }, $plain + ($does->{kind} eq 'close' ? 0 : 1), "$name: requests");
		}
	}
}
done_testing();
