package Random::Select;
#
# Select.pm
#	What a query selects: columns, expressions, groups, windows.

use strict;
use warnings;
use Exporter 'import';
use Random::Condition qw(condition focused_condition pick_column columns_of);
use Random::Sql qw(col const null form test both sub_query whole clone);
use Random::Values qw(constant);

our @EXPORT_OK = qw(shape expressions_of);

# An expression, and what it can be joined with.
sub out_of
{
	my ($node, $column) = @_;

	return { node => $node, kind => $column ? $column->{kind} : $node->{type}, values => $column ? $column->{values} : [] };
}

sub column_out { my ($rel, $column) = @_; return out_of(col($rel->{as}, $column), $column) }

# ---- expressions ----

sub text_expression
{
	my ($dice, $node) = @_;

	return form('text', $dice->pick('upper(%s)', 'left(%s, 20)', '(%s || \'!\')', 'COALESCE(%s, \'none\')', 'md5(%s)'), $node);
}

sub time_expression
{
	my ($dice, $node) = @_;

	return form('timestamptz', '(%s + interval \'' . $dice->pick('1 second', '1 day', '-3 hours') . '\')', $node) if $dice->chance(50);
	return form('text', '(%s::' . $dice->pick('date', 'timestamp') . ')::text', $node) if $dice->chance(60);
	return form('timestamptz', 'date_trunc(\'day\', %s)', $node);
}

sub expression
{
	my ($g, $scope) = @_;
	my $dice = $g->{dice};

	if ($dice->chance(20))
	{
		return out_of(test('%s', condition($g, $scope, 1)));
	}
	my $found = pick_column($g, $scope) or return out_of(const('int', 1));
	my ($rel, $column) = @$found;
	my $node = col($rel->{as}, $column);
	my $type = $column->{type};
	if ($dice->chance(25) && $type =~ /^(?:text|timestamptz|float8|int)$/)
	{
		my $query = $g->scalar_query($scope, $column, $dice->chance(75));
		return out_of($query, $column) if $query;
	}
	return out_of(form($type, '(CASE WHEN %s THEN %s END)', condition($g, $scope, 1), $node), $column) if $dice->chance(20);
	return out_of(text_expression($dice, $node)) if $type eq 'text';
	return out_of(time_expression($dice, $node)) if $type eq 'timestamptz';
	return out_of(form('float8', $dice->pick('(%s * 2)', '(- %s)', 'abs(%s)', 'floor(%s)'), $node)) if $type eq 'float8';
	return out_of(form('int', 'cardinality(%s)', $node)) if $type eq 'text[]';
	return out_of($node, $column);
}

# As many expressions as columns are given, each of the type of one of these.
sub expressions_of
{
	my ($g, $scope, $columns) = @_;
	my $dice = $g->{dice};
	my @items;

	for my $column (@$columns)
	{
		my @same = columns_of($scope, sub { $_[0]{kind} eq $column->{kind} && $_[0]{type} eq $column->{type} });
		@same = columns_of($scope, sub { $_[0]{type} eq $column->{type} }) if !@same || $dice->chance(10);
		push @items, @same ? column_out(@{ $dice->pick(@same) }) : out_of(constant_of($g, $column), $column);
	}
	return @items;
}

sub constant_of
{
	my ($g, $column) = @_;
	my $node = constant($g->{dice}, $column, 0);

	return $node->{type} eq $column->{type} ? $node : form($column->{type}, "(%s)::$column->{type}", $node);
}

# ---- shapes ----

sub plain_items
{
	my ($g, $scope) = @_;
	my $dice = $g->{dice};
	my @columns = map { my $rel = $_; map { [ $rel, $_ ] } @{ $rel->{cols} } } @{ $scope->{rels} };
	my @items;

	if ($dice->chance(18))
	{
		# all columns of one
		my $rel = $dice->pick(@{ $scope->{rels} });
		@items = map { column_out($rel, $_) } @{ $rel->{cols} };
	}
	else
	{
		@items = map { column_out(@$_) } $dice->some(1, 6, @columns);
		# what tells rows apart, and what joins
		push @items, column_out(@{ pick_column($g, $scope) || $columns[0] }) for 1 .. $dice->roll(3);
	}
	push @items, out_of(whole($dice->pick(@{ $scope->{rels} })->{as})) if $dice->chance(8);
	push @items, expression($g, $scope) for 1 .. $dice->weighted(0 => 65, 1 => 25, 2 => 10);
	return @items;
}

# An aggregate of which the order of rows is no matter.
sub aggregate
{
	my ($g, $scope) = @_;
	my $dice = $g->{dice};
	my $filter = $dice->chance(12) ? ' FILTER (WHERE %s)' : '';
	my @filter = $filter ? condition($g, $scope, 1) : ();
	my $found = pick_column($g, $scope, sub { $_[0]{type} =~ /^(?:text|timestamptz|float8|int|bool|text\[\])$/ });

	return form('int', "count(*)$filter", @filter) if !$found || $dice->chance(25);
	my ($rel, $column) = @$found;
	my $node = col($rel->{as}, $column);
	my $type = $column->{type};
	return form('int', $dice->pick('count(%s)', 'count(DISTINCT %s)') . $filter, $node, @filter) if $dice->chance(35) || $type eq 'text[]';
	return test($dice->pick('bool_or(%s)', 'bool_and(%s)') . $filter, $node, @filter) if $type eq 'bool';
	return form('numeric', $dice->pick('sum(%s::numeric)', 'avg(%s::numeric)', 'sum(DISTINCT %s::numeric)') . $filter, $node, @filter)
		if $type =~ /^(?:float8|int)$/ && $dice->chance(60);
	my $list = $dice->pick('%s ORDER BY %s', 'DISTINCT %s ORDER BY %s', '%s ORDER BY %s DESC');
	return form("${type}[]", "array_agg($list)$filter", $node, clone($node), @filter) if $dice->chance(25);
	return form('text', "string_agg(left(%s, 8), ',' ORDER BY left(%s, 8))$filter", $node, clone($node), @filter)
		if $type eq 'text' && $dice->chance(20);
	return form($type, "percentile_disc(0.5) WITHIN GROUP (ORDER BY %s)", $node) if $dice->chance(10);
	return form($type, $dice->pick('min', 'max') . "(%s)$filter", $node, @filter);
}

# Aggregates are alone, or go with the columns by which there are groups.
sub grouped
{
	my ($g, $scope, $query) = @_;
	my $dice = $g->{dice};
	my @group;

	if ($dice->chance(70))
	{
		for (1 .. $dice->weighted(1 => 60, 2 => 30, 3 => 10))
		{
			my $found = pick_column($g, $scope, sub { $_[0]{type} =~ /^(?:text|timestamptz|float8|int|bool)$/ }) or next;
			push @group, column_out(@$found);
		}
	}
	$query->{group} = [ map { clone($_->{node}) } @group ] if @group;
	# PostgreSQL before 18 takes two columns that a join makes equal for equal even
	# where one is NULL by these, and sorts or merges accordingly
	$query->{grouping} = $dice->pick('ROLLUP', 'CUBE', 'GROUPING SETS') if @group && $g->{depth} > 2 && $dice->chance(25);
	$query->{having} = having($g, $scope) if $dice->chance(20);
	return (@group, map { out_of(aggregate($g, $scope)) } 1 .. $dice->weighted(1 => 50, 2 => 35, 3 => 15));
}

sub having
{
	my ($g, $scope) = @_;
	my $dice = $g->{dice};

	return test('(count(*) ' . $dice->pick('>', '>=', '<', '<>') . ' %s)', const('int', $dice->roll(6))) if $dice->chance(50);
	return test('(count(*) >= 1 AND COALESCE(bool_or(%s), true))', condition($g, $scope, 1)) if $dice->chance(50);
	return test('(count(*) FILTER (WHERE %s) >= %s)', condition($g, $scope, 1), const('int', $dice->roll(3)));
}

# Columns that leave only equal rows to choice.
sub total_columns
{
	my ($scope) = @_;
	my @nodes;

	for my $rel (@{ $scope->{rels} })
	{
		my %key = map { $_ => 1 } @{ $rel->{key} || [] };
		my @columns = grep { !%key || $key{ $_->{name} } } @{ $rel->{cols} };
		push @nodes, map { col($rel->{as}, $_) } @columns;
	}
	return @nodes;
}

sub window
{
	my ($g, $scope) = @_;
	my $dice = $g->{dice};
	my @total = $dice->shuffle(total_columns($scope));
	my $found = pick_column($g, $scope, sub { $_[0]{type} =~ /^(?:text|timestamptz|float8)$/ }) or return form('int', 'count(*) OVER ()');
	my ($rel, $column) = @$found;
	my $node = col($rel->{as}, $column);
	my $partition = pick_column($g, $scope, sub { $_[0]{type} eq 'text' });
	my ($over, @over) = ('');

	if ($partition && $dice->chance(65))
	{
		$over = 'PARTITION BY %s ';
		push @over, col($partition->[0]{as}, $partition->[1]);
	}
	# with peers
	my $direction = $dice->pick('', ' DESC', ' NULLS FIRST');
	return form('int', $dice->pick('rank()', 'dense_rank()', 'count(*)') . " OVER (${over}ORDER BY %s$direction)", @over, $node) if $dice->chance(35);
	return form($column->{type}, $dice->pick('min(%s)', 'max(%s)') . " OVER ($over)", $node, @over) if $dice->chance(25);
	# without
	my $order = 'ORDER BY %s' . $dice->pick('', ' DESC') . ', ' . join ', ', map { '%s' } @total;
	return form('int', "row_number() OVER ($over$order)", @over, clone($node), @total) if $dice->chance(45);
	return form($column->{type}, $dice->pick('lag(%s)', 'lead(%s)', 'first_value(%s)') . " OVER ($over$order)", $node, @over, clone($node), @total)
		if $dice->chance(60);
	return form('int', "count(*) OVER ($over$order ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)", @over, clone($node), @total);
}

sub windowed
{
	my ($g, $scope) = @_;

	return (plain_items($g, $scope), map { out_of(window($g, $scope)) } 1 .. $g->{dice}->weighted(1 => 70, 2 => 30));
}

# Only the first of each group, in a total order.
sub distinct_on
{
	my ($g, $query) = @_;
	my $dice = $g->{dice};
	my $n = $dice->between(1, @{ $query->{out} } > 2 ? 2 : 1);
	my @names = map { $_->{name} } @{ $query->{out} };

	$query->{distinct} = [ @names[0 .. $n - 1] ];
	$query->{order} = [ map { { name => $_, how => $dice->pick('', ' DESC', ' NULLS FIRST') } } @names ];
	return;
}

sub is_comparable { my ($query) = @_; return !grep { $_->{type} eq 'interval' } @{ $query->{out} } }

sub name_items
{
	my ($query, @items) = @_;
	my $n = 0;

	$query->{items} = [ map { $_->{node} } @items ];
	$query->{out} = [ map { { name => 'c' . ++$n, type => $_->{node}{type}, kind => $_->{kind}, values => $_->{values} } } @items ];
	return;
}

# A select.  columns: of which types its columns are to be; correlated: its FROM
# is to be tied to the scope around it; newest: its first column is to be a time.
sub shape
{
	my ($g, %with) = @_;
	my $dice = $g->{dice};
	my $outer = $with{outer};
	my $from;

	$from = $g->sub_from($outer, 1) if $with{correlated};
	$from //= $g->from($outer, $with{loops}, $g->{depth} > 2 ? 4 : 2);
	my $scope = { rels => $from->{rels}, outer => $outer, loops => $from->{rows} };
	my $query = { k => 'select', from => $from->{node}, rows => $from->{rows}, items => [], out => [] };
	my $where = $from->{where};
	if ($dice->chance(86))
	{
		$where = both($where, $dice->chance(48) ? focused_condition($g, $scope) :
			condition($g, $scope, $dice->weighted(0 => 20, 1 => 30, 2 => 25, 3 => 15, 4 => 10)));
	}
	$query->{where} = $where if $where;

	if ($with{columns})
	{
		name_items($query, expressions_of($g, $scope, $with{columns}));
		return $query;
	}
	my @times = $with{newest} ? columns_of($scope, sub { $_[0]{kind} eq 'time' && $_[0]{type} eq 'timestamptz' }) : ();
	if (@times)
	{
		name_items($query, column_out(@{ $dice->pick(@times) }), plain_items($g, $scope));
		return $query;
	}
	my $how = $dice->weighted(plain => 56, grouped => 24, windowed => 8, distinct => 6, distinct_on => 6);
	name_items($query, $how eq 'grouped' ? grouped($g, $scope, $query) : $how eq 'windowed' ? windowed($g, $scope) : plain_items($g, $scope));
	$query->{rows} = int($query->{rows} / 3) || 1 if $how eq 'grouped';
	$query->{distinct} = 'DISTINCT' if $how eq 'distinct' && is_comparable($query);
	distinct_on($g, $query) if $how eq 'distinct_on' && is_comparable($query);
	limited($g, $query) if $g->{depth} < 3 && !$query->{distinct} && $dice->chance($with{correlated} ? 40 : 20);
	return $query;
}

# The first few, of a part of a query.
sub limited
{
	my ($g, $query) = @_;

	$query->{order} = $g->total_order($query);
	$query->{limit} = $g->{dice}->pick(0, 1, 2, 3, 10);
	$query->{offset} = 1 if $g->{dice}->chance(20);
	$query->{rows} = $query->{limit} || 1;
	return;
}

1;
