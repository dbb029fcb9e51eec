package Random::Query;
#
# Query.pm
#	A generator of queries.  What it makes has one right answer: no sums of
#	floating point numbers, no choice among ties, no error that depends on the
#	order in which conditions are looked at.
#
#	my $g = Random::Query->new(schema => $schema, dice => $dice, params => 1);
#	my $query = $g->query;		a tree, see Sql.pm

use strict;
use warnings;
use Random::Condition qw(condition key_equality loose_tie pick_column columns_of);
use Random::Select qw(shape);
use Random::Sql qw(col const form test both array sub_query);
use Random::Values qw(constants);

# What one FROM may bring, and how often a subquery that depends on it, and what
# that may ask for in all: not of the tests' worth, but of their time.
my $MOST_ROWS = 2500;
my $MOST_LOOPS = 250;
my $MOST_REQUESTS = 1500;

sub new
{
	my ($class, %with) = @_;

	return bless { params => 0, depth => 3, aliases => 0, ctes => [], most_loops => $MOST_LOOPS, %with }, $class;
}

sub alias { my ($g) = @_; return 'a' . ++$g->{aliases} }

# ---- FROM ----

sub rel_of
{
	my ($g, $table) = @_;
	my $rel = { as => $g->alias, table => $table, cols => $table->{columns}, rows => $table->{rows} || 1, key => $table->{key} };

	return ({ k => 'rel', table => $table->{name}, as => $rel->{as} }, $rel);
}

# A table that can be asked so often: $known is 0 for all of it, 1 for one
# vehicle at a time, 2 for one trip.
sub table
{
	my ($g, $loops, $known) = @_;
	my @weights = $g->{schema}->weights;
	my @affordable;

	while (my ($name, $weight) = splice @weights, 0, 2)
	{
		push @affordable, $name, $weight if $weight && $g->{schema}->table($name)->{asks}[$known] * $loops <= $MOST_REQUESTS;
	}
	return $g->{schema}->table(@affordable ? $g->{dice}->weighted(@affordable) : 'picks');
}

# What a derived table or a common table expression is in a scope.
sub query_rel
{
	my ($g, $query) = @_;

	return { as => $g->alias, cols => $query->{out}, rows => $query->{rows} };
}

sub derived
{
	my ($g, $outer, $loops, $left) = @_;
	my $lateral = $left && @$left && $g->{dice}->chance(60);
	my $query;

	{
		local $g->{depth} = $g->{depth} - 1;
		$query = $g->part(outer => $lateral ? { rels => $left, outer => $outer, loops => $loops } : $outer,
			loops => $lateral ? $loops : 1, correlated => $lateral);
	}
	my $rel = $g->query_rel($query);
	return ({ k => 'derived', query => $query, as => $rel->{as}, lateral => $lateral ? 1 : 0 }, $rel);
}

# A list of keys or times, as a table.
sub list_of_keys
{
	my ($g) = @_;
	my $dice = $g->{dice};
	my $table = $g->table(1, 0);
	my @columns = grep { $_->{kind} =~ /^(?:vehicle|vin|trip|time)$/ } @{ $table->{columns} };

	@columns = grep { $_->{name} eq 'email' } @{ $table->{columns} } if !@columns;
	my $column = $dice->pick(@columns);
	my $list = array($column->{type} . '[]', constants($dice, $column, 6));
	my $query = { k => 'select', rows => 4, items => [ form($column->{type}, 'unnest(%s)', $list) ], out => [ { %$column, name => 'c1' } ] };
	my $rel = $g->query_rel($query);
	return ({ k => 'derived', query => $query, as => $rel->{as}, lateral => 0 }, $rel);
}

# One thing to select from.
sub item_of_from
{
	my ($g, $outer, $loops, $left) = @_;
	my $dice = $g->{dice};

	if (@{ $g->{ctes} } && $dice->chance(45))
	{
		my $cte = $dice->pick(@{ $g->{ctes} });
		my $rel = $g->query_rel($cte->{query});
		return ({ k => 'rel', table => $cte->{name}, as => $rel->{as} }, $rel);
	}
	return $g->derived($outer, $loops, $left) if $g->{depth} > 0 && $dice->chance(12) && $loops <= $MOST_LOOPS;
	return $g->rel_of($g->{schema}->table('picks')) if $left && $dice->chance(11);
	# what is there already, once more
	my @again = map { $_->{table} && !$_->{table}{local} ? $_->{table} : () } @{ $left || [] };
	return $g->rel_of($dice->pick(@again)) if @again && $dice->chance(14);
	return $g->list_of_keys if $left && $dice->chance(6);
	return $g->rel_of($g->table(1, 0));
}

# How many rows a join by such a key is likely to have.
my %MATCHES = (
	trip => sub { $_[0] > $_[1] ? $_[0] : $_[1] },
	vehicle => sub { $_[0] * $_[1] / 5 },
	vin => sub { $_[0] * $_[1] / 5 },
	none => sub { $_[0] * $_[1] },
);

# One more to an outer or inner join; undef if that would be too many rows.
sub joined
{
	my ($g, $outer, $so_far) = @_;
	my $dice = $g->{dice};
	my $loops = $so_far->{rows};
	my ($node, $rel) = $g->item_of_from($outer, $loops, $so_far->{rels});
	my $rels = [ @{ $so_far->{rels} }, $rel ];
	my ($on, $by) = key_equality($g, $so_far->{rels}, [ $rel ]);

	($on, $by) = (undef, 'none') if !$on || $dice->chance(7);
	my $rows = $MATCHES{$by}->($so_far->{rows}, $rel->{rows});
	return undef if $rows > $MOST_ROWS * ($by eq 'trip' ? 6 : 1);
	my $how = $on ? $dice->weighted(INNER => 45, LEFT => 27, RIGHT => 9, FULL => 9, CROSS => 10) : $dice->weighted(CROSS => 60, INNER => 20, LEFT => 20);
	# the left side of such a join is not in sight for LATERAL
	$how = 'LEFT' if $node->{lateral} && $how =~ /RIGHT|FULL/;
	my $where = $how eq 'CROSS' ? $on : undef;
	my $scope = { rels => $rels, outer => $outer, loops => $rows };
	$on = both($on, condition($g, $scope, 1)) if $how =~ /INNER|LEFT/ && $dice->chance(30);
	return {
		rels => $rels,
		rows => $rows > 1 ? $rows : 1,
		where => both($so_far->{where}, $where),
		node => { k => 'join', how => $how, left => $so_far->{node}, right => $node, $how eq 'CROSS' ? () : (on => $on) },
	};
}

# { node, rels, rows, where }
sub from
{
	my ($g, $outer, $loops, $most, $first) = @_;
	my $dice = $g->{dice};
	my ($node, $rel) = $first ? $g->rel_of($first) : $g->item_of_from($outer, $loops, undef);
	my $from = { node => $node, rels => [ $rel ], rows => $rel->{rows} };
	my $n = $dice->weighted(1 => 46, 2 => 34, 3 => 15, 4 => 5);

	$from = $g->anchored($from) if !$first && ($rel->{rows} > $MOST_ROWS || ($rel->{rows} > 300 && $dice->chance(40)));
	$n = $most if $n > $most;
	for (2 .. $n)
	{
		# several tries, since some are too large
		for (1 .. 4)
		{
			my $more = $g->joined($outer, $from) or next;
			$from = $more;
			last;
		}
	}
	return $from;
}

# Only a part of a large table, by one of its keys.
sub anchored
{
	my ($g, $from) = @_;
	my ($rel) = @{ $from->{rels} };
	my $dice = $g->{dice};
	my @keys = grep { @{ $_->{values} || [] } && $_->{kind} =~ /^(?:trip|vehicle|vin)$/ } @{ $rel->{cols} };

	return $from if !@keys;
	my $key = $dice->pick(@keys);
	$from->{where} = test('(%s = %s)', col($rel->{as}, $key), const('text', $dice->pick(@{ $key->{values} })));
	$from->{rows} = int $rel->{rows} / ($key->{kind} eq 'trip' ? 100 : 5);
	return $from;
}

# ---- subqueries of conditions ----

# A part of a query: a select, or several put together.
sub part
{
	my ($g, %with) = @_;

	return $g->set_operation(%with) if $g->{depth} > 0 && !$with{correlated} && $g->{dice}->chance(10);
	return shape($g, %with);
}

# What a subquery selects from, tied to the scope around it if it is to depend
# on that.  undef if it cannot be.
sub sub_from
{
	my ($g, $scope, $correlated) = @_;
	my $dice = $g->{dice};
	my $from;

	return undef if $g->{depth} <= 0;
	local $g->{depth} = $g->{depth} - 1;
	return $g->from($scope, 1, 2) if !$correlated;
	return undef if $scope->{loops} > $MOST_LOOPS;
	for (1 .. 4)
	{
		# what it costs is known when it is known by what it is tied
		my $known = $dice->pick(0, 0, 1, 1, 2);
		my $table = $g->table($scope->{loops} || 1, $known);
		$from = $g->from($scope, $scope->{loops}, $dice->chance(15) ? 2 : 1, $table);
		my ($tie, $by) = key_equality($g, $scope->{rels}, [ $from->{rels}[0] ]);
		$tie = loose_tie($g, $scope->{rels}, $from->{rels}[0]) // $tie if $known == 0 && $dice->chance(50);
		next if !$tie && $known > 0;
		next if $known == 2 && $by ne 'trip';
		$from->{where} = both($from->{where}, $tie);
		$from->{rows} = int($from->{rows} / 6) || 1 if $tie;
		return $from;
	}
	return undef;
}

sub sub_select
{
	my ($g, $scope, $from) = @_;
	my $dice = $g->{dice};
	my $inner = { rels => $from->{rels}, outer => $scope, loops => $from->{rows} };
	my $where = $from->{where};

	local $g->{depth} = $g->{depth} - 1;
	$where = both($where, condition($g, $inner, $dice->roll(3))) if $dice->chance(75);
	return ({ k => 'select', from => $from->{node}, $where ? (where => $where) : (), items => [], out => [] }, $inner);
}

# Its only column.
sub only
{
	my ($query, $node, $column) = @_;

	$query->{items} = [ $node ];
	$query->{out} = [ { name => 'c1', type => $node->{type}, kind => $column ? $column->{kind} : $node->{type}, values => [] } ];
	return $query;
}

# One value like those of the column; undef if there is no such subquery.
sub scalar_query
{
	my ($g, $scope, $column, $correlated) = @_;
	my $dice = $g->{dice};
	my $from = $g->sub_from($scope, $correlated) or return undef;
	my @like = grep { $_->[1]{type} eq $column->{type} } columns_of($from, sub { $_[0]{kind} eq $column->{kind} });
	my $found = @like ? $dice->pick(@like) : undef;

	return undef if !$found || $column->{type} !~ /^(?:text|timestamptz|float8|int)$/;
	my ($query) = $g->sub_select($scope, $from);
	my $node = col($found->[0]{as}, $found->[1]);
	if ($dice->chance(65))
	{
		only($query, form($column->{type}, $dice->pick('min', 'max') . '(%s)', $node), $column);
	}
	else
	{
		only($query, $node, $column);
		$query->{order} = [ { name => 'c1', how => $dice->pick('', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST') } ];
		$query->{limit} = 1;
		$query->{offset} = $dice->roll(3) if $dice->chance(30);
	}
	return sub_query($column->{type}, '(%q)', $query);
}

# EXISTS and the like; undef if there is none.
sub exists_query
{
	my ($g, $scope) = @_;
	my $dice = $g->{dice};
	my $from = $g->sub_from($scope, $dice->chance(85)) or return undef;
	my ($query) = $g->sub_select($scope, $from);

	only($query, const('int', 1));
	return sub_query('bool', $dice->chance(55) ? 'EXISTS (%q)' : 'NOT EXISTS (%q)', $query) if $dice->chance(75);
	if ($dice->chance(40))
	{
		# how many of the first few, whichever those are
		$query->{limit} = $dice->between(1, 4);
		$query->{offset} = $dice->roll(3);
		my $counted = { k => 'select', from => { k => 'derived', as => $g->alias, query => $query }, items => [ form('int', 'count(*)') ],
			out => [ { name => 'c1', type => 'int', kind => 'int', values => [] } ] };
		return sub_query('bool', '((%q) > %s)', $counted, const('int', $dice->roll(4)));
	}
	only($query, form('int', 'count(*)'));
	return sub_query('bool', '((%q) ' . $dice->pick('>', '=', '<') . ' %s)', $query, const('int', $dice->roll(4)));
}

# IN and the like.
sub in_query
{
	my ($g, $scope) = @_;
	my $dice = $g->{dice};
	my $found = pick_column($g, $scope, sub { $_[0]{type} =~ /^(?:text|timestamptz|float8)$/ }) or return undef;
	my ($rel, $column) = @$found;
	my $from = $g->sub_from($scope, $dice->chance(20)) or return undef;
	my @like = columns_of($from, sub { $_[0]{kind} eq $column->{kind} });

	return undef if !@like;
	my $like = $dice->pick(@like);
	my ($query) = $g->sub_select($scope, $from);
	only($query, col($like->[0]{as}, $like->[1]), $column);
	$query->{distinct} = 'DISTINCT' if $dice->chance(15);
	if ($dice->chance(15))
	{
		$query->{order} = [ { name => 'c1', how => $dice->pick('', ' DESC') } ];
		$query->{limit} = $dice->between(0, 5);
	}
	return sub_query('bool', $dice->weighted('(%s IN (%q))' => 46, '(%s NOT IN (%q))' => 16, '(%s = ANY (ARRAY(%q)))' => 20, '(%s >= ANY (%q))' => 6,
		'(%s < ALL (%q))' => 6, '(%s <> ALL (ARRAY(%q)))' => 6), $query, col($rel->{as}, $column));
}

sub condition_query
{
	my ($g, $scope) = @_;

	return $g->{dice}->chance(55) ? $g->exists_query($scope) : $g->in_query($scope);
}

# ---- whole queries ----

# Two queries of the same columns.
sub set_operation
{
	my ($g, %with) = @_;
	my $dice = $g->{dice};
	my $op = $dice->weighted(UNION => 25, 'UNION ALL' => 35, INTERSECT => 15, 'INTERSECT ALL' => 5, EXCEPT => 15, 'EXCEPT ALL' => 5);
	my @columns = grep { $_->{type} =~ /^(?:text|timestamptz|float8|int|bool)$/ } @{ $g->table(1, 0)->{columns} };
	my @chosen = $dice->some(1, 4, @columns);

	local $g->{depth} = $g->{depth} - 1;
	my ($left, $right) = map { $g->part(%with, columns => \@chosen) } 1 .. 2;
	return { k => 'setop', op => $op, left => $left, right => $right, rows => $left->{rows} + $right->{rows},
		out => [ map { { %$_ } } @{ $left->{out} } ] };
}

# What a recursive query begins with: vehicles, in round 1.
sub first_round
{
	my ($g, $out) = @_;
	my ($node, $rel) = $g->rel_of($g->table(1, 0));
	my ($vehicle) = columns_of({ rels => [ $rel ] }, sub { $_[0]{kind} eq 'vehicle' }) or return undef;
	my $where = condition($g, { rels => [ $rel ], loops => $rel->{rows} }, 1);

	return { k => 'select', rows => 5, from => $node, where => $where, items => [ const('int', 1), col($rel->{as}, $vehicle->[1]) ], out => $out };
}

# And how it goes on: by what the vehicles of the round before have in common
# with others.
sub next_round
{
	my ($g, $name, $out) = @_;
	my $dice = $g->{dice};
	my $before = { as => $g->alias, cols => $out, rows => 5 };
	my ($node, $rel) = $g->rel_of($g->table(4, 0));
	my ($vehicle) = columns_of({ rels => [ $rel ] }, sub { $_[0]{kind} eq 'vehicle' }) or return undef;
	my ($on) = key_equality($g, [ $before ], [ $rel ]);
	my $round = col($before->{as}, $out->[0]);

	$on = both($on, condition($g, { rels => [ $before, $rel ], loops => $rel->{rows} }, 1)) if $dice->chance(40);
	return {
		k => 'select', rows => 5, out => [ map { { %$_ } } @$out ],
		from => { k => 'join', how => $dice->pick('INNER', 'LEFT'), on => $on, right => $node,
			left => { k => 'rel', table => $name, as => $before->{as} } },
		where => test('(%s < 3)', $round),
		items => [ form('int', '(%s + 1)', col($before->{as}, $out->[0])), col($rel->{as}, $vehicle->[1]) ],
	};
}

# From vehicle to vehicle; each round asks anew.
sub recursion
{
	my ($g) = @_;
	my $name = 'w' . ++$g->{aliases};
	my @out = ({ name => 'c1', type => 'int', kind => 'int', values => [] }, { name => 'c2', type => 'text', kind => 'vehicle', values => [] });
	my $first = $g->first_round(\@out) or return undef;
	my $rest = $g->next_round($name, \@out) or return undef;

	return { name => $name, how => '', recursive => 1,
		query => { k => 'setop', op => 'UNION', left => $first, right => $rest, rows => 10, out => [ map { { %$_ } } @out ] } };
}

sub add_ctes
{
	my ($g) = @_;
	my @with;

	if ($g->{dice}->chance(30))
	{
		my $cte = $g->recursion;
		push @with, $cte if $cte;
		push @{ $g->{ctes} }, $cte if $cte;
	}
	for (1 .. $g->{dice}->weighted(1 => 70, 2 => 30))
	{
		local $g->{depth} = 1;
		my $cte = { name => 'w' . ++$g->{aliases}, how => $g->{dice}->pick('', 'MATERIALIZED ', 'NOT MATERIALIZED '), query => $g->part(loops => 1) };
		push @with, $cte;
		push @{ $g->{ctes} }, $cte;
	}
	return \@with;
}

# The order of all its columns, so that only equal rows can change places; often
# by a time first.
sub total_order
{
	my ($g, $query) = @_;
	my $dice = $g->{dice};
	my @columns = $dice->shuffle(@{ $query->{out} });

	@columns = sort { ($b->{kind} eq 'time') <=> ($a->{kind} eq 'time') } @columns if $dice->chance(50);
	return [ map { { name => $_->{name}, how => $dice->pick('', '', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST') } } @columns ];
}

# The newest, or the oldest, in no other order than that of the time, which is the
# first column: among rows of the same time there is a choice.
sub newest
{
	my ($g) = @_;
	my $dice = $g->{dice};
	my $query = shape($g, loops => 1, newest => 1);

	return undef if $query->{group} || $query->{distinct} || $query->{out}[0]{kind} ne 'time' || $query->{out}[0]{type} ne 'timestamptz';
	$query->{order} = [ { name => 'c1', how => $dice->weighted(' DESC NULLS LAST' => 45, ' DESC' => 20, '' => 25, ' NULLS FIRST' => 5, ' DESC NULLS FIRST' => 5) } ];
	push @{ $query->{order} }, { name => 'c2', how => $dice->pick('', ' DESC') } if @{ $query->{out} } > 1 && $query->{out}[1]{type} ne 'row' && $dice->chance(15);
	$query->{limit} = $dice->weighted(0 => 3, 1 => 22, 2 => 14, 3 => 12, 10 => 22, 61 => 10, 1000 => 7) if $dice->chance(85);
	$query->{offset} = $dice->pick(1, 2, 5, 30) if $dice->chance(18);
	$query->{ties} = 1 if defined $query->{limit} && $query->{limit} > 0 && $dice->chance(12);
	return { %$query, answer => 'newest' };
}

# The query; its member answer tells how it is compared: ordered, newest (by the
# first column, and nothing else), rows (in any order), or some (of the rows that
# there would be without LIMIT).
sub query
{
	my ($g) = @_;
	my $dice = $g->{dice};
	my $newest = $dice->chance(20) ? $g->newest : undef;
	return $newest if $newest;

	my $with = $dice->chance(12) ? $g->add_ctes : undef;
	my $query = $dice->chance(9) ? $g->set_operation(loops => 1) : shape($g, loops => 1);

	$query->{with} = $with if $with && $query->{k} eq 'select';
	return { %$query, answer => 'ordered' } if $query->{distinct} && ref $query->{distinct};
	$query->{answer} = $dice->weighted(rows => 62, ordered => $query->{grouping} ? 0 : 28, some => 10);
	if ($query->{answer} eq 'ordered')
	{
		$query->{order} = $g->total_order($query);
		$query->{ties} = 1 if $dice->chance(15);
	}
	elsif ($query->{answer} eq 'rows' && !$query->{grouping} && $dice->chance(15))
	{
		$query->{order} = [ $g->total_order($query)->[0] ];
	}
	if ($query->{answer} eq 'some' || ($query->{answer} eq 'ordered' && $dice->chance(50)))
	{
		$query->{limit} = $dice->weighted(0 => 3, 1 => 15, 2 => 10, 3 => 10, 7 => 15, 20 => 20, 61 => 10, 1000 => 5);
		$query->{offset} = $dice->pick(1, 2, 5, 30) if $dice->chance(25);
	}
	return $query;
}

1;
