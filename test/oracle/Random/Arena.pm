package Random::Arena;
#
# Arena.pm
#	Two sessions, one that sees the foreign tables and one that sees the plain
#	ones, and the simulator.  A trial is run in both, and what they say compared.
#
#	A trial: query (a tree), settings, mode, knobs, options, faults.
#	A result: verdict (same, skipped, failed), why, rows (how many), and of what
#	failed: missing, extra (lists of rows).

use strict;
use warnings;
use Random::Sql qw(sql_of params_of literal);
use Session;
use Simulator;

# A query that takes longer, here or there, or brings more, is skipped.  A
# thousand times as long as most: no machine is that slow.
my $NEAR_MS = 5000;
my $FAR_MS = 15000;
my $MOST_ROWS = 6000;

# The foreign tables of each resource.
my %TABLES = (
	vehicles => [qw(cars.vehicles cars.family_vehicles)],
	trips => [qw(cars.trips family.family_trips company.trips cars.few_trips)],
	alerts => [qw(cars.alerts cars.family_alerts)],
	alarms => [qw(cars.alarms cars.only_times family.alarms company.alarms)],
	collisions => [qw(cars.collisions)],
	telemetry => [qw(cars.telemetry cars.few_messages family.telemetry company.telemetry)],
	waypoints => [qw(cars.waypoints)],
);

sub new
{
	my ($class) = @_;
	my $self = bless { sim => Simulator->new, knobs => '', options => {} }, $class;

	$self->connect;
	return $self;
}

sub connect
{
	my ($self) = @_;

	for my $side (qw(near far))
	{
		$self->{$side}->close if $self->{$side};
		# a server that has lost a backend takes a moment
		for (1 .. 50)
		{
			$self->{$side} = eval { Session->new };
			last if $self->{$side};
			select undef, undef, undef, 0.1;
		}
		die "no session\n" unless $self->{$side};
		$self->{$side}->rows("\\pset null '(null)'");
	}
	return;
}

# ---- the surroundings ----

# ALTER statements from the options that are set to those wanted.
sub alter
{
	my ($self, $what, $have, $want) = @_;
	my @changes;

	for my $name (sort keys %{ { %$have, %$want } })
	{
		push @changes, "DROP $name" if defined $have->{$name} && !defined $want->{$name};
		push @changes, "SET $name '$want->{$name}'" if defined $have->{$name} && defined $want->{$name} && $have->{$name} ne $want->{$name};
		push @changes, "ADD $name '$want->{$name}'" if !defined $have->{$name} && defined $want->{$name};
	}
	return @changes ? "ALTER $what OPTIONS (" . join(', ', @changes) . ');' : ();
}

sub surround
{
	my ($self, $trial) = @_;
	my $knobs = join ' ', map { "$_=$trial->{knobs}{$_}" } sort keys %{ $trial->{knobs} };
	my @alter = map { $self->alter("SERVER $_", $self->{options}{server} || {}, $trial->{options}{server} || {}) } qw(sim sim2);

	if ($self->{knobs} ne $knobs)
	{
		$self->{sim}->reset;
		$self->{sim}->config($trial->{knobs}) if $knobs ne '';
		$self->{knobs} = $knobs;
	}
	for my $resource (sort keys %TABLES)
	{
		my ($have, $want) = map { $_->{options}{$resource} || {} } $self, $trial;
		push @alter, map { $self->alter("FOREIGN TABLE $_", $have, $want) } @{ $TABLES{$resource} };
	}
	$self->{near}->rows(@alter) if @alter;
	$self->{options} = $trial->{options};
	return;
}

# ---- statements ----

# The query's rows are those after a line with \x02 and the number of the
# parameters' values.
sub mark { my ($set) = @_; return "\\echo \x02$set" }

sub as_prepared
{
	my ($trial) = @_;
	my @params = params_of($trial->{query});
	my %number = map { $params[$_] => $_ + 1 } 0 .. $#params;
	my $types = @params ? '(' . join(', ', map { $_->{type} } @params) . ')' : '';
	my ($one, $two) = map { my $of = $_; @params ? '(' . join(', ', map { literal($_->{type}, $_->{$of}) } @params) . ')' : '' } qw(text other);
	my @say = ("PREPARE q$types AS " . sql_of($trial->{query}, \%number) . ';');

	push @say, "EXPLAIN (COSTS OFF) EXECUTE q$one;" if $trial->{explaining};
	return @say if $trial->{explaining};
	return (@say, mark(1), "EXECUTE q$one;", mark(2), "EXECUTE q$two;", mark(1), "EXECUTE q$one;");
}

sub as_function
{
	my ($trial) = @_;
	my @params = params_of($trial->{query});
	my %number = map { $params[$_] => $_ + 1 } 0 .. $#params;
	my $types = join ', ', map { $_->{type} } @params;
	my ($one, $two) = map { my $of = $_; join ', ', map { literal($_->{type}, $_->{$of}) } @params } qw(text other);

	return ("CREATE FUNCTION pg_temp.f($types) RETURNS SETOF text LANGUAGE plpgsql AS \$f\$ DECLARE r record; BEGIN",
		'FOR r IN ' . sql_of($trial->{query}, \%number) . ' LOOP RETURN NEXT r::text; END LOOP; END $f$;',
		mark(1), "SELECT * FROM pg_temp.f($one);", mark(2), "SELECT * FROM pg_temp.f($two);");
}

sub as_cursor
{
	my ($trial, $sql) = @_;
	my $mode = $trial->{mode};
	my $first = $mode->{first};

	return ('BEGIN;', "DECLARE k CURSOR WITH HOLD FOR $sql;", mark(1), "FETCH $first FROM k;", 'COMMIT;', 'FETCH ALL FROM k;', 'CLOSE k;')
		if $mode->{how} eq 'hold';
	return ('BEGIN;', "DECLARE k SCROLL CURSOR FOR $sql;", mark(0), "FETCH $first FROM k;", 'MOVE BACKWARD ALL FROM k;',
		mark(1), 'FETCH ALL FROM k;', 'CLOSE k;', 'COMMIT;')
		if $mode->{scroll} eq 'SCROLL ';
	return ('BEGIN;', "DECLARE k $mode->{scroll}CURSOR FOR $sql;", mark(1), "FETCH $first FROM k;", 'FETCH ALL FROM k;', 'CLOSE k;', 'COMMIT;');
}

sub statements
{
	my ($trial) = @_;
	my $how = $trial->{mode}{how};
	my $sql = sql_of($trial->{query});

	return as_prepared($trial) if $how eq 'prepared';
	return "EXPLAIN (COSTS OFF) $sql;" if $trial->{explaining};
	return as_function($trial) if $how eq 'function';
	return as_cursor($trial, $sql) if $how =~ /^(?:hold|cursor)$/;
	return ("\\set FETCH_COUNT " . ($trial->{mode}{first} || 1), mark(1), "$sql;", '\\unset FETCH_COUNT') if $how eq 'chunks';
	return ("CREATE TEMP TABLE kept AS $sql;", mark(1), 'SELECT * FROM kept;')
		if $how eq 'table' && !grep { $_->{type} eq 'row' } @{ $trial->{query}{out} };
	return ('BEGIN;', 'SAVEPOINT s;', mark(1), "$sql;", 'ROLLBACK TO s;', mark(1), "$sql;", 'COMMIT;') if $how eq 'twice';
	return (mark(1), "$sql;");
}

# All rows that there would be without LIMIT, for each of the parameters' values.
sub statements_of_all
{
	my ($trial) = @_;
	my %all = (%$trial, query => { %{ $trial->{query} } }, mode => { %{ $trial->{mode} } });

	delete @{ $all{query} }{qw(limit offset order ties)};
	$all{mode}{how} = 'plain' if $all{mode}{how} ne 'prepared' && $all{mode}{how} ne 'function';
	return statements(\%all);
}

sub preamble
{
	my ($side, $trial) = @_;
	my %set = %{ $trial->{settings} };
	my ($path, $ms) = $side eq 'near' ? ('near', $NEAR_MS) : ('cars', $FAR_MS);

	return ("SET search_path = $path, public;", "SET statement_timeout = $ms;", map { "SET $_ = '$set{$_}';" } sort keys %set);
}

# ---- what is said ----

# Rows by the number of the parameters' values; a list for each execution.
sub sections
{
	my ($said) = @_;
	my (%sections, $into);

	for my $row (@{ $said->{rows} })
	{
		if ($row =~ /^\x02(\d)$/)
		{
			$into = [];
			push @{ $sections{$1} }, $into;
		}
		elsif ($into)
		{
			push @$into, $row;
		}
	}
	return \%sections;
}

# Rows that only one of two lists has: (missing, extra).
sub differences
{
	my ($near, $far) = @_;
	my (%count, @missing, @extra);

	$count{$_}++ for @$near;
	for my $row (@$far)
	{
		push @extra, $row if --($count{$row} //= 0) < 0;
	}
	push @missing, ($_) x $count{$_} for sort grep { $count{$_} > 0 } keys %count;
	return (\@missing, \@extra);
}

# How many rows LIMIT and OFFSET leave of so many.
sub limited
{
	my ($query, $n) = @_;

	$n -= $query->{offset} || 0;
	$n = 0 if $n < 0;
	return defined $query->{limit} && $query->{limit} < $n ? $query->{limit} : $n;
}

# Those whose first column is none of these, of rows that are printed bare or as
# a record.
sub time_of { my ($row) = @_; return $row =~ /^\(?("[^"]*"|[^|,)]*)/ ? $1 : $row }
sub without { my ($rows, @times) = @_; my %is = map { $_ => 1 } @times; return [ grep { !$is{ time_of($_) } } @$rows ] }

# The same times one after the other, and the same rows, save of those times where
# LIMIT and OFFSET cut.
sub compare_newest
{
	my ($query, $near, $far) = @_;
	my @times = map { join "\n", map { time_of($_) } @$_ } $near, $far;
	my @cut;

	push @cut, time_of($near->[0]) if @$near && $query->{offset};
	push @cut, time_of($near->[-1]) if @$near && defined $query->{limit};
	my ($missing, $extra) = differences(without($near, @cut), without($far, @cut));
	return { why => 'other rows', missing => $missing, extra => $extra } if @$missing || @$extra;
	return undef if $times[0] eq $times[1];
	($missing, $extra) = differences(map { [ map { time_of($_) } @$_ ] } $near, $far);
	return { why => 'another order, or others in it', missing => $missing, extra => $extra };
}

# Does what came from far differ?  undef if not.
sub compare_rows
{
	my ($trial, $near, $far) = @_;
	my ($missing, $extra) = differences($near, $far);

	if ($trial->{query}{answer} eq 'some')
	{
		my $n = limited($trial->{query}, scalar @$near);
		return undef if !@$extra && $n == @$far;
		return { why => 'not ' . $n . ' of the rows but ' . @$far, missing => [], extra => $extra };
	}
	return compare_newest($trial->{query}, $near, $far) if $trial->{query}{answer} eq 'newest';
	return { why => 'other rows', missing => $missing, extra => $extra } if @$missing || @$extra;
	return undef if $trial->{query}{answer} ne 'ordered' || join("\n", @$near) eq join("\n", @$far);
	my ($at) = grep { $near->[$_] ne $far->[$_] } 0 .. $#$near;
	return { why => 'another order', missing => [ $near->[$at] ], extra => [ $far->[$at] ] };
}

# The first error: those after it are of the transaction that it has ended.
sub error_of
{
	my ($said) = @_;
	my ($error) = grep { $_->{severity} =~ /^(?:ERROR|FATAL|PANIC)$/ } @{ $said->{messages} };

	return $error;
}

sub compare
{
	my ($trial, $near, $far) = @_;
	my @errors = map { error_of($_) } $near, $far;
	my @codes = map { $_ ? $_->{sqlstate} : '' } @errors;
	my ($warning) = grep { $_->{severity} eq 'WARNING' } @{ $far->{messages} };

	return { verdict => 'skipped', why => 'takes too long' } if grep { $_ eq '57014' } @codes;
	if ($codes[0] ne $codes[1])
	{
		my @told = map { $_ ? "$_->{sqlstate}: $_->{message}" : 'no error' } @errors;
		return { verdict => 'failed', why => "near says $told[0], far says $told[1]" };
	}
	return { verdict => 'same', rows => 0, error => $codes[0] } if $codes[0] ne '';
	return { verdict => 'failed', why => "a warning: $warning->{message}" } if $warning;

	my ($have, $want) = (sections($far), sections($near));
	my $rows = 0;
	for my $set (sort keys %$want)
	{
		my $right = $want->{$set}[0];
		next if $set == 0;
		for my $rows_far (@{ $have->{$set} })
		{
			my $differ = compare_rows($trial, $right, $rows_far);
			return { verdict => 'failed', set => $set, %$differ } if $differ;
		}
		$rows += @$right;
	}
	return { verdict => 'same', rows => $rows };
}

# ---- a trial ----

# How many rows the plain tables have for it; undef: an error, or too much.
sub rows_near
{
	my ($self, $query) = @_;
	my $trial = { query => $query, settings => { jit => 'off' }, mode => { how => 'plain' } };
	my ($sql) = grep { !/^\\/ } $query->{answer} eq 'some' ? statements_of_all($trial) : statements($trial);

	$sql =~ s/;$//;
	my $said = $self->{near}->run(preamble('near', $trial),
		'SELECT count(*) FROM (SELECT FROM (' . $sql . ') AS q LIMIT ' . ($MOST_ROWS + 1) . ') AS c;');
	return undef if $said->{error} || $said->{rows}[0] > $MOST_ROWS;
	return $said->{rows}[0];
}

# EXPLAIN alone asks for nothing.
sub explain
{
	my ($self, $trial) = @_;
	my @asked;

	$self->{sim}->forget;
	my $said = $self->{far}->run(preamble('far', $trial), statements({ %$trial, explaining => 1 }));
	$self->clean('far', $said);
	@asked = $self->{sim}->lines;
	return undef if !@asked;
	return { verdict => 'failed', why => "EXPLAIN asks: $asked[0]" };
}

# The session as it was.
sub clean
{
	my ($self, $side) = @_;

	$self->{$side}->run('ROLLBACK;', 'DISCARD ALL;', '\\unset FETCH_COUNT');
	return;
}

sub run
{
	my ($self, $trial) = @_;
	my ($near, $far);
	my $failed;

	$self->surround($trial);
	$failed = $self->explain($trial) if $trial->{mode}{explain};
	return $failed if $failed;
	$self->{sim}->fault(@{ $trial->{faults} }) if @{ $trial->{faults} };
	$self->{far}->send(preamble('far', $trial), statements($trial));
	$self->{near}->send(preamble('near', $trial), $trial->{query}{answer} eq 'some' ? statements_of_all($trial) : statements($trial));
	($near, $far) = map { $self->{$_}->await } qw(near far);
	$self->{sim}->heal if @{ $trial->{faults} };
	if (!$near || !$far || $near->{ended} || $far->{ended})
	{
		my $why = !$far ? 'no answer from far' : !$near ? 'no answer from near' : 'the session ended: ' . ($far->{text} || $near->{text});
		$self->connect;
		return { verdict => 'failed', why => $why };
	}
	$self->clean($_) for qw(near far);
	return compare($trial, $near, $far);
}

1;
