package Random::Condition;
#
# Condition.pm
#	Trees of conditions, over the columns that are in sight.
#
#	A scope: rels, those of its FROM; outer, the scope around it; loops, how
#	often it is likely to be evaluated.  A rel: as, table (undef: no base table),
#	cols, rows, key.

use strict;
use warnings;
use Exporter 'import';
use Random::Monotone qw(monotone ranges);
use Random::Sql qw(col const null param form test both either many array sub_query whole clone);
use Random::Values qw(constant constants pattern element);

our @EXPORT_OK = qw(condition focused_condition key_equality loose_tie pick_column columns_of);

my %KEY = map { $_ => 1 } qw(vehicle vin trip time account event distance duration sort trips);

# ---- columns ----

# [rel, column] of all that fit, of the rels of one scope.
sub columns_of
{
	my ($scope, $fits) = @_;

	return map { my $rel = $_; map { [ $rel, $_ ] } grep { $fits->($_) } @{ $rel->{cols} } } @{ $scope->{rels} };
}

sub is_key { my ($column) = @_; return $KEY{ $column->{kind} } }

# Mostly one that requests depend on.
sub pick_column
{
	my ($g, $scope, $fits) = @_;
	my $dice = $g->{dice};
	my @all = columns_of($scope, $fits // sub { $_[0]{type} ne 'row' });
	my @keys = grep { is_key($_->[1]) } @all;

	return undef if !@all;
	return $dice->pick(@keys) if @keys && $dice->chance(72);
	return $dice->pick(@all);
}

sub node_of { my ($found) = @_; return col($found->[0]{as}, $found->[1]) }

# The same kind of thing in an outer scope, or in another rel of this one.
sub elsewhere
{
	my ($g, $scope, $rel, $column) = @_;
	my $fits = sub { $_[0]{kind} eq $column->{kind} };
	my @found = grep { $_->[0] != $rel } columns_of($scope, $fits);

	for (my $outer = $scope->{outer}; $outer; $outer = $outer->{outer})
	{
		push @found, columns_of($outer, $fits) if $outer->{loops} <= $g->{most_loops};
	}
	return @found ? node_of($g->{dice}->pick(@found)) : undef;
}

# ---- operands ----

# The same value in other clothes.
sub dressed
{
	my ($g, $node) = @_;
	my $type = $node->{type};
	my $dice = $g->{dice};

	return $node if $type eq 'bpchar' || $type eq 'name';
	my @ways = ('same(%s)', 'plainly(%s)', 'stably(%s)', 'COALESCE(%s, NULL)', '(CASE WHEN random() >= 0 THEN %s END)');
	push @ways, '(%s || \'\')', 'concat(%s)', '(%s)::varchar' if $type eq 'text';
	push @ways, '(%s + interval \'0\')', 'greatest(%s, %s)' if $type =~ /^timestamp/;
	my $sql = $dice->pick(@ways);
	return form($sql =~ /varchar/ ? 'varchar' : $type, $sql, map { clone($node) } 1 .. ($sql =~ tr/%//));
}

sub shifted
{
	my ($g, $node) = @_;

	return $node if ($node->{text} // '2') !~ /^2/;	# not out of range
	return form($node->{type} eq 'date' ? 'timestamp' : $node->{type}, '(%s ' . $g->{dice}->pick('+', '-') . ' %s)', $node,
		const('interval', $g->{dice}->pick('1 day', '1 second', '1 hour', '1 microsecond', '1 mon', '3 days')));
}

# What a column is compared with.
sub operand
{
	my ($g, $scope, $rel, $column) = @_;
	my $dice = $g->{dice};
	my $how = $dice->weighted(constant => $g->{focused} ? 160 : 62, elsewhere => 14, plan => 7, dressed => 9, shifted => 5, correlated => 3);
	my $node;

	$node = elsewhere($g, $scope, $rel, $column) if $how eq 'elsewhere';
	$node = $g->scalar_query($scope, $column, 0) if $how eq 'plan';
	$node = $g->scalar_query($scope, $column, 1) if $how eq 'correlated';
	return $node if $node;
	$node = constant($dice, $column, $g->{params});
	return dressed($g, $node) if $how eq 'dressed';
	return shifted($g, $node) if $how eq 'shifted' && $node->{type} =~ /^(?:timestamp|date)/;
	return $node;
}

# ---- leaves ----

sub compare
{
	my ($g, $scope, $rel, $column) = @_;
	my $dice = $g->{dice};
	my $left = col($rel->{as}, $column);
	my $right = operand($g, $scope, $rel, $column);
	my $op = $column->{type} =~ /^(?:timestamp|float8|numeric|int|interval)/ ?
		$dice->weighted('<' => 20, '<=' => 20, '=' => 20, '>=' => 20, '>' => 20, '<>' => 4) :
		$dice->weighted('=' => 74, '<>' => 6, '<' => 5, '<=' => 5, '>' => 5, '>=' => 5);

	if ($column->{type} eq 'text' && $dice->chance(14))
	{
		my $collation = $op =~ /[<>]/ ? '"C"' : $dice->weighted(either_case => 70, '"C"' => 15, '"und-x-icu"' => 15);
		$right = form('text', $dice->pick('lower(%s)', 'upper(%s)'), $right) if $collation eq 'either_case' && $dice->chance(75);
		return test($dice->pick("(%s $op %s COLLATE $collation)", "(%s COLLATE $collation $op %s)"), $left, $right) if $dice->chance(70);
		return test("(%s COLLATE $collation IN (%s, %s))", $left, $right, const('text', 'zzz'));
	}
	($left, $right, $op) = ($right, $left, { '<' => '>', '<=' => '>=', '>=' => '<=', '>' => '<' }->{$op} // $op) if $dice->chance(15);
	return test("(%s $op %s)", $left, $right);
}

sub in_list
{
	my ($g, $scope, $rel, $column) = @_;
	my $dice = $g->{dice};
	my $left = col($rel->{as}, $column);
	my $type = $column->{type};
	my @list = constants($dice, $column, $dice->chance(10) ? 30 : 5);

	if ($dice->chance(45))
	{
		push @list, operand($g, $scope, $rel, $column) if $dice->chance(15);
		return many('bool', $dice->chance(85) ? ' IN (' : ' NOT IN (', ')', $left, @list);
	}
	return undef if $type =~ /\[\]$/;
	@list = () if $dice->chance(9);
	$type = $dice->weighted(timestamptz => 6, timestamp => 1, date => 2) if $type eq 'timestamptz';
	my $array = array("${type}[]", @list);
	$array = null("${type}[]") if $dice->chance(3);
	$array = form("${type}[]", 'stably(%s)', $array) if $dice->chance(15);
	$array = form('text[]', 'string_to_array(%s, \',\')', const('text', join ',', map { $_->{text} // '' } @list))
		if $type eq 'text' && $dice->chance(8);
	# of no list all is true, and nothing any
	my $op = $dice->weighted('= ANY' => 78, '<> ALL' => 6, '= ALL' => 4, '>= ANY' => 4, '< ALL' => 4, '<> ANY' => 4);
	$op = '= ALL' if !@list && $dice->chance(40);
	return test("(%s $op (%s))", $left, $array);
}

sub range
{
	my ($g, $scope, $rel, $column) = @_;
	my $dice = $g->{dice};
	my $left = col($rel->{as}, $column);
	my ($from, $to) = map { operand($g, $scope, $rel, $column) } 1 .. 2;

	# two constants mostly in their order
	($from, $to) = ($to, $from)
		if $from->{k} eq 'const' && $to->{k} eq 'const' && ($from->{text} // '') gt ($to->{text} // '') && $dice->chance(85);
	return test($dice->weighted('(%s BETWEEN %s AND %s)' => 70, '(%s NOT BETWEEN %s AND %s)' => 12, '(%s BETWEEN SYMMETRIC %s AND %s)' => 18),
		$left, $from, $to) if $dice->chance(60);
	return both(test('(%s ' . $dice->pick('>', '>=') . ' %s)', $left, $from),
		test('(%s ' . $dice->pick('<', '<=') . ' %s)', clone($left), $to));
}

sub like
{
	my ($g, $scope, $rel, $column) = @_;
	my $dice = $g->{dice};
	my $left = col($rel->{as}, $column);
	my $right = const('text', pattern($dice, $column));

	return test('(%s LIKE replace(%s, \'\\\', \'!\') ESCAPE \'!\')', $left, $right) if $dice->chance(8);
	return test('(%s LIKE replace(%s, \'\\\', \'\') ESCAPE \'\')', $left, $right) if $dice->chance(4);
	return test('(%s ^@ %s)', $left, const('text', substr $right->{text}, 0, 4)) if $dice->chance(6);
	if ($dice->chance(25))
	{
		# of another row, so that it changes
		my $other = elsewhere($g, $scope, $rel, $column) || $g->scalar_query($scope, $column, $dice->chance(50));
		$right = form('text', 'concat(left(%s, ' . $dice->between(1, 18) . '), \'%\')', $other) if $other;
	}
	$right = param('text', $right->{text}, pattern($dice, $column)) if $right->{k} eq 'const' && $g->{params} && $dice->chance(20);
	$right = dressed($g, $right) if $dice->chance(10);
	my $sql = $dice->weighted('(%s LIKE %s)' => 80, '(%s NOT LIKE %s)' => 8, '(%s ILIKE %s)' => 6, '(%s LIKE ANY (ARRAY[%s, \'VF7%%\']))' => 6);
	return test($sql, $left, $right);
}

sub is_null
{
	my ($g, $scope, $rel, $column) = @_;

	return test($g->{dice}->pick('(%s IS NULL)', '(%s IS NOT NULL)'), col($rel->{as}, $column));
}

sub distinct_from
{
	my ($g, $scope, $rel, $column) = @_;

	return test($g->{dice}->pick('(%s IS DISTINCT FROM %s)', '(%s IS NOT DISTINCT FROM %s)'),
		col($rel->{as}, $column), operand($g, $scope, $rel, $column));
}

sub rows
{
	my ($g, $scope, $rel, $column) = @_;
	my $dice = $g->{dice};
	my @others = grep { is_key($_) && $_->{name} ne $column->{name} } @{ $rel->{cols} };
	my $other = @others ? $dice->pick(@others) : $dice->pick(@{ $rel->{cols} });

	return undef if $other->{type} eq 'row' || $other->{type} =~ /\[\]$/;
	my @left = (col($rel->{as}, $column), col($rel->{as}, $other));
	my @right = map { constant($dice, $_, 0) } $column, $other;
	my @more = map { constant($dice, $_, 0) } $column, $other;
	return test('((%s, %s) ' . $dice->pick('=', '<', '<=', '>', '>=', '<>') . ' (%s, %s))', @left, @right) if $dice->chance(50);
	return test('((%s, %s) ' . $dice->pick('IN', 'IN', 'NOT IN') . ' ((%s, %s), (%s, %s)))', @left, @right, @more);
}

# A function of the column: nothing of it is sent.  "left" is the column, "value"
# what it is compared with.
my @WRAPPED = ('(COALESCE(left, value) = value)', '(CASE WHEN left IS NULL THEN true ELSE left <> value END)',
	'(CASE WHEN left = value THEN true ELSE left IS NULL END)');
my @WRAPPED_TEXT = ('(left::varchar = value)', '(left::bpchar = value)', '(left::name = value)', '(lower(left) = lower(value))',
	'(NULLIF(left, \'\') = value)', '(concat(left) = value)', '((left || \'\') = value)', '(length(left) = length(value))');
my @WRAPPED_TIME = ('(CAST(left AS date) = CAST(value AS date))', '(CAST(left AS date) >= CAST(value AS date))', '(CAST(left AS timestamp) <= value)',
	'(CAST(left AS timestamp) >= value)', '(date_trunc(\'hour\', left) = date_trunc(\'hour\', value))');

sub wrapped
{
	my ($g, $scope, $rel, $column) = @_;
	my $dice = $g->{dice};
	my $value = constant($dice, $column, $g->{params});

	return undef if ($value->{text} // '') =~ /^(?:4713|5874897|294276)-/;	# as a date, or not as one, out of range
	my $sql = $dice->pick(@WRAPPED, $column->{type} eq 'text' ? @WRAPPED_TEXT : $column->{type} eq 'timestamptz' ? @WRAPPED_TIME : ());
	my @args;
	push @args, $1 eq 'left' ? col($rel->{as}, $column) : clone($value) while $sql =~ /\b(left|value)\b/g;
	$sql =~ s/\b(?:left|value)\b/%s/g;
	return test($sql, @args);
}

# What grows with a time, and ranges of it.
sub growing
{
	my ($g, $scope, $rel, $column) = @_;

	return monotone($g->{dice}, col($rel->{as}, $column), sub { operand($g, $scope, $rel, $column) });
}

sub in_ranges
{
	my ($g, $scope, $rel, $column) = @_;

	return ranges($g, col($rel->{as}, $column), $column);
}

sub of_array
{
	my ($g, $scope, $rel, $column) = @_;
	my $dice = $g->{dice};
	my $left = col($rel->{as}, $column);
	my $value = constant($dice, $column, 0);

	return of_trips($g, $scope, $rel, $column) if $column->{kind} eq 'trips' && $dice->chance(80);
	return test($dice->pick('(%s = %s)', '(%s @> %s)', '(%s && %s)', '(%s <> %s)', '(cardinality(%s) > cardinality(%s))',
		'(%s[1] = ANY (%s))'), $left, $value);
}

# A list that has a trip: one that is stored, or that of another table.
sub of_trips
{
	my ($g, $scope, $rel, $column) = @_;
	my $dice = $g->{dice};
	my $left = col($rel->{as}, $column);
	my $trip = $dice->chance(30) ? elsewhere($g, $scope, $rel, { kind => 'trip' }) : undef;

	$trip //= element($dice, $column, $g->{params});
	return test('(%s = ANY (%s))', $trip, $left) if $dice->chance(55);
	return test('(%s @> ARRAY[%s])', $left, $trip) if $dice->chance(60);
	return test($dice->pick('(%s @> ARRAY[%s, %s])', '(%s && ARRAY[%s, %s])'), $left, $trip, element($dice, $column, 0));
}

# A leaf on one column, of those that fit.
sub leaf
{
	my ($g, $scope, $fits) = @_;
	my $dice = $g->{dice};
	my $found = pick_column($g, $scope, $fits) or return const('bool', 'true');
	my ($rel, $column) = @$found;
	my $type = $column->{type};

	# an input: see docs/pushdown.md
	return test($dice->pick('(%s IS NULL)', '(%s IS NOT NULL)', '(%s > 1)', '(%s < 0.3)'), col($rel->{as}, $column))
		if $column->{name} eq 'tolerance_km';
	return is_null($g, $scope, $rel, $column) if $dice->chance(6);
	return of_array($g, $scope, $rel, $column) if $type =~ /\[\]$/;
	return test($dice->pick('%s', '(NOT %s)', '(%s IS TRUE)', '(%s IS NOT TRUE)', '(%s IS UNKNOWN)'), col($rel->{as}, $column))
		if $type eq 'bool';
	my $make = $type eq 'text' || $type eq 'varchar' ?
		$dice->weighted(\&compare => 50, \&in_list => 26, \&like => $column->{kind} eq 'vin' ? 26 : 10, \&distinct_from => 3, \&rows => 5, \&wrapped => 6) :
		$type eq 'timestamptz' ?
		$dice->weighted(\&compare => 40, \&in_list => 16, \&range => 22, \&distinct_from => 3, \&rows => 4, \&wrapped => 4, \&growing => 24, \&in_ranges => 9) :
		$dice->weighted(\&compare => 46, \&in_list => 20, \&range => 26, \&distinct_from => 3, \&rows => 5, \&wrapped => 6);
	return $make->($g, $scope, $rel, $column) // compare($g, $scope, $rel, $column);
}

# ---- trees ----

sub condition
{
	my ($g, $scope, $depth) = @_;
	my $dice = $g->{dice};

	if ($depth > 0 && $dice->chance(50))
	{
		my $how = $dice->weighted(and => 34, or => 44, not => 12, odd => 10);
		return combine($g, $scope, $depth, $how);
	}
	if ($g->{depth} > 0 && $dice->chance(9))
	{
		my $found = $g->condition_query($scope);
		return $found if $found;
	}
	return leaf($g, $scope);
}

# Nothing but conditions that requests depend on, all of which must hold, around
# one stored row.
sub focused_condition
{
	my ($g, $scope) = @_;
	my $dice = $g->{dice};
	my @rels = grep { $_->{table} && $_->{table}{samples} } @{ $scope->{rels} };
	my @leaves;

	return condition($g, $scope, 1) if !@rels;
	my @timed = grep { my $rel = $_; grep { $_->{kind} eq 'time' } @{ $rel->{cols} } } @rels;
	my $rel = $dice->pick(@timed && $dice->chance(85) ? @timed : @rels);
	my $row = $dice->pick(@{ $rel->{table}{samples} });
	my @cols = map { exists $row->{ $_->{name} } ? { %$_, values => [ $row->{ $_->{name} } ], pool => $_->{values} } : $_ } @{ $rel->{cols} };
	my $focus = { %$scope, rels => [ { %$rel, cols => \@cols } ] };

	local $g->{focused} = 1;
	push @leaves, leaf_or_two($g, $focus, $scope, qr/^time$/) if $dice->chance(75);
	push @leaves, leaf_or_two($g, $focus, $scope, $dice->pick(qr/^vehicle$/, qr/^vin$/, qr/^vin$/, qr/^(?:trip|account|event|trips)$/, qr/^(?:distance|duration|sort)$/))
		if $dice->chance(@leaves ? 35 : 100);
	push @leaves, leaf($g, $focus, sub { is_key($_[0]) }) if $dice->chance(25);
	return both(@leaves);
}

# On the columns of one kind: one condition, or either of two, of which the
# second is about other rows.
sub leaf_or_two
{
	my ($g, $scope, $others, $kind) = @_;
	my $fits = sub { $_[0]{kind} =~ $kind };

	return leaf($g, $scope, $fits) if $g->{dice}->chance(70);
	return either($g->{dice}->shuffle(leaf($g, $scope, $fits), leaf($g, $others, $fits)));
}

sub combine
{
	my ($g, $scope, $depth, $how) = @_;
	my $dice = $g->{dice};
	my @args = map { condition($g, $scope, $depth - 1) } 1 .. ($how eq 'not' || $how eq 'odd' ? 1 : $dice->weighted(2 => 75, 3 => 25));

	return both(@args) if $how eq 'and';
	return either(@args) if $how eq 'or';
	return test('(NOT %s)', @args) if $how eq 'not';
	return test($dice->pick('(%s IS TRUE)', '(%s IS NOT TRUE)', '(%s IS NOT FALSE)', 'COALESCE(%s, true)',
		'(CASE WHEN %s THEN true ELSE false END)', '(%s AND random() >= 0)', '(%s OR random() < 0)'), @args);
}

# An equality of what two sets of rels have in common; and what it joins: trip,
# vehicle or vin.  undef if they have nothing.
sub key_equality
{
	my ($g, $left, $right) = @_;
	my $dice = $g->{dice};
	my %found;

	for my $kind (qw(trip vehicle vin))
	{
		my @l = columns_of({ rels => $left }, sub { $_[0]{kind} eq $kind });
		my @r = columns_of({ rels => $right }, sub { $_[0]{kind} eq $kind });
		$found{$kind} = test('(%s = %s)', node_of($dice->pick(@l)), node_of($dice->pick(@r))) if @l && @r;
	}
	if ($found{trip} && $found{vehicle} && $dice->chance(60))
	{
		return (both($found{vehicle}, $found{trip}), 'trip');
	}
	my @kinds = map { $found{$_} ? ($_ => { trip => 50, vehicle => 40, vin => 10 }->{$_}) : () } qw(trip vehicle vin);
	return () if !@kinds;
	my $kind = $dice->weighted(@kinds);
	return ($found{$kind}, $kind);
}

# What ties less closely: the beginning of a VIN, or a time; undef if there is
# nothing like that.
sub loose_tie
{
	my ($g, $left, $rel) = @_;
	my $dice = $g->{dice};
	my $scope = { rels => $left };
	my $own = { rels => [ $rel ] };
	my @vins = map { [ columns_of($_, sub { $_[0]{kind} eq 'vin' }) ] } $scope, $own;
	my @times = map { [ columns_of($_, sub { $_[0]{kind} eq 'time' }) ] } $scope, $own;

	if (@{ $vins[0] } && @{ $vins[1] } && $dice->chance(50))
	{
		my ($outer, $inner) = map { node_of($dice->pick(@$_)) } @vins;
		return test('(%s LIKE concat(left(%s, ' . $dice->between(1, 6) . '), \'%\'))', $inner, $outer);
	}
	return undef if !@{ $times[0] } || !@{ $times[1] };
	my ($outer, $inner) = map { node_of($dice->pick(@$_)) } @times;
	return test('(%s ' . $dice->pick('<', '<=', '=', '>=', '>') . ' %s)', $inner, $outer) if $dice->chance(40);
	return test('(%s BETWEEN %s AND %s + interval \'' . $dice->pick('1 hour', '1 day', '3 days') . '\')', $inner, $outer, clone($outer));
}

1;
