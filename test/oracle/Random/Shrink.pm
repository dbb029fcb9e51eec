package Random::Shrink;
#
# Shrink.pm
#	From a trial that fails to a small one that fails in the same way: one thing
#	after the other is left out, and stays out if that makes no difference.
#
#	my ($trial, $result) = shrunk($trial, $result, sub { run it }, $schema);

use strict;
use warnings;
use Exporter 'import';
use Random::Sql qw(const null clone sql_of params_of);
use Time::HiRes 'time';

our @EXPORT_OK = qw(shrunk);

my $MOST_TRIES = 1500;
my $MOST_SECONDS = 90;

# ---- what a trial is made of ----

# An edit changes a copy of the trial; it returns false if there is nothing to do.
sub surrounding_edits
{
	my ($trial) = @_;
	my @edits;

	push @edits, sub { $_[0]{settings} = { jit => 'off' }; 1 } if keys %{ $trial->{settings} } > 1;
	push @edits, sub { $_[0]{options} = {}; 1 }, sub { $_[0]{knobs} = {}; 1 } if %{ $trial->{options} } && %{ $trial->{knobs} };
	push @edits, sub { $_[0]{faults} = []; 1 } if @{ $trial->{faults} };
	push @edits, sub { $_[0]{mode}{how} = 'plain'; 1 }, sub { swap_params($_[0]); $_[0]{mode}{how} = 'plain'; 1 } if $trial->{mode}{how} ne 'plain';
	push @edits, sub { $_[0]{mode}{explain} = 0; 1 } if $trial->{mode}{explain};
	for my $what (qw(settings knobs))
	{
		for my $name (sort keys %{ $trial->{$what} })
		{
			push @edits, sub { delete $_[0]{$what}{$name}; 1 } if $name ne 'jit';
		}
	}
	for my $of (sort keys %{ $trial->{options} })
	{
		for my $name (sort keys %{ $trial->{options}{$of} })
		{
			push @edits, sub { delete $_[0]{options}{$of}{$name}; 1 };
		}
	}
	for my $i (0 .. $#{ $trial->{faults} })
	{
		push @edits, sub { splice @{ $_[0]{faults} }, $i, 1; 1 };
	}
	return @edits;
}

sub swap_params
{
	my ($trial) = @_;

	@$_{qw(text other)} = @$_{qw(other text)} for params_of($trial->{query});
	return;
}

# ---- trees ----

# The paths to all nodes, from the whole to its parts; a path is a list of keys.
sub paths
{
	my ($value, @path) = @_;
	my @paths;

	return () unless ref $value;
	push @paths, [@path] if ref $value eq 'HASH' && exists $value->{k};
	for my $key (ref $value eq 'HASH' ? sort keys %$value : 0 .. $#$value)
	{
		push @paths, paths(ref $value eq 'HASH' ? $value->{$key} : $value->[$key], @path, $key);
	}
	return @paths;
}

sub at
{
	my ($value, @path) = @_;

	$value = ref $value eq 'HASH' ? $value->{$_} : $value->[$_] for @path;
	return $value;
}

# Puts something in the place of a node; nothing: takes it out.
sub put
{
	my ($root, $node, @path) = @_;
	my $key = pop @path;
	my $container = at($root, @path);

	if (ref $container eq 'ARRAY' && !defined $node) { splice @$container, $key, 1 }
	elsif (ref $container eq 'ARRAY') { $container->[$key] = $node }
	elsif (defined $node) { $container->{$key} = $node }
	else { delete $container->{$key} }
	return 1;
}

# Edits that put something smaller in the place of an expression.
sub expression_edits
{
	my ($node, @path) = @_;
	my @instead;

	if ($node->{type} eq 'bool')
	{
		push @instead, const('bool', 'true') if $node->{k} ne 'const';
		push @instead, const('bool', 'false') if $node->{k} ne 'const';
	}
	push @instead, grep { $_->{type} eq $node->{type} } @{ $node->{args} || [] };
	push @instead, const($node->{type}, $node->{text}) if $node->{k} eq 'param';
	# what is selected in the end may be a column, so that one sees it
	push @instead, null($node->{type}) if $node->{type} !~ /^(?:bool|row)$/ && !($node->{k} eq 'const' && !defined $node->{text}) &&
		!($node->{k} eq 'col' && @path == 2 && $path[0] eq 'items');
	my @edits = map { my $new = $_; sub { put($_[0]{query}, clone($new), @path) } } @instead;

	if ($node->{k} =~ /^(?:bool|many|array)$/)
	{
		my $least = $node->{k} eq 'bool' ? 2 : $node->{k} eq 'many' ? 1 : 0;
		for my $i ($node->{k} eq 'many' ? 1 : 0 .. $#{ $node->{args} })
		{
			push @edits, sub { put($_[0]{query}, undef, @path, 'args', $i) } if @{ $node->{args} } > $least + ($node->{k} eq 'many');
		}
	}
	return @edits;
}

# Takes a column out of a query.
sub drop_column
{
	my ($query, $i) = @_;

	splice @{ $query->{out} }, $i, 1;
	splice @{ $query->{items} }, $i, 1 if $query->{items};
	drop_column($query->{$_}, $i) for $query->{k} eq 'setop' ? qw(left right) : ();
	return;
}

sub drop_limit
{
	my ($query, $is_whole) = @_;

	delete @$query{qw(limit offset ties order)};
	$query->{answer} = 'rows' if $is_whole;
	return 1;
}

sub query_edits
{
	my ($node, $is_part, @path) = @_;
	my $here = sub { at($_[0]{query}, @path) };
	my @edits;

	push @edits, sub { drop_limit($here->($_[0]), !@path) } if $node->{order} || defined $node->{limit};
	push @edits, sub { delete $here->($_[0])->{offset}; 1 } if $node->{offset};
	push @edits, sub { delete $here->($_[0])->{distinct}; 1 } if $node->{distinct};
	push @edits, sub { my $q = $here->($_[0]); delete @$q{qw(having group grouping)}; 1 } if $node->{group};
	push @edits, sub { delete $here->($_[0])->{having}; 1 } if $node->{having};
	push @edits, sub { delete $here->($_[0])->{grouping}; 1 } if $node->{grouping};
	push @edits, sub { delete $here->($_[0])->{where}; 1 } if $node->{where};
	for my $i (0 .. $#{ $node->{with} || [] })
	{
		push @edits, sub { splice @{ $here->($_[0])->{with} }, $i, 1; 1 };
	}
	if (!$is_part && @{ $node->{out} } > 1)
	{
		my $n = $#{ $node->{out} };
		for my $keep (0 .. $n)
		{
			push @edits, sub { my $q = $here->($_[0]); drop_column($q, $_) for grep { $_ != $keep } reverse 0 .. $n; 1 };
		}
		for my $i (reverse 0 .. $n)
		{
			push @edits, sub { drop_column($here->($_[0]), $i); 1 };
		}
	}
	for my $i (0 .. $#{ $node->{group} || [] })
	{
		push @edits, sub { drop_group($here->($_[0]), $i) };
	}
	for my $side ($node->{k} eq 'setop' ? qw(left right) : ())
	{
		push @edits, sub {
			my $q = $here->($_[0]);
			my %kept = map { exists $q->{$_} ? ($_ => $q->{$_}) : () } qw(answer order limit offset ties);
			my $new = { %{ $q->{$side} }, %kept };
			%$q = %$new;
			1;
		};
	}
	return @edits;
}

# A column of groups, with what is selected of it.
sub drop_group
{
	my ($query, $i) = @_;
	my ($gone) = splice @{ $query->{group} }, $i, 1;
	my $sql = sql_of($gone);

	for my $n (reverse 0 .. $#{ $query->{items} })
	{
		drop_column($query, $n) if @{ $query->{items} } > 1 && sql_of($query->{items}[$n]) eq $sql;
	}
	delete $query->{grouping} if !@{ $query->{group} };
	return 1;
}

sub from_edits
{
	my ($node, @path) = @_;
	my @edits;

	return () if $node->{k} ne 'join';
	push @edits, map { my $side = $_; sub { put($_[0]{query}, clone($node->{$side}), @path) } } qw(left right);
	push @edits, sub { at($_[0]{query}, @path)->{how} = 'INNER'; 1 } if $node->{how} !~ /^(?:INNER|CROSS)$/;
	return @edits;
}

sub tree_edits
{
	my ($trial) = @_;
	my @edits;

	for my $path (paths($trial->{query}))
	{
		my $node = at($trial->{query}, @$path);
		my $above = @$path ? at($trial->{query}, @$path[0 .. $#$path - 1]) : undef;
		my $is_part = ref $above eq 'HASH' && $above->{k} eq 'setop';

		if ($node->{k} =~ /^(?:select|setop)$/) { push @edits, query_edits($node, $is_part, @$path) }
		elsif ($node->{k} =~ /^(?:rel|derived|join)$/) { push @edits, from_edits($node, @$path) }
		else { push @edits, expression_edits($node, @$path) }
	}
	return @edits;
}

# ---- mending what an edit has broken ----

# What FROM brings: alias => { name of a column => 1 }.
sub sights
{
	my ($from, $columns_of) = @_;

	return () unless $from;
	return (sights($from->{left}, $columns_of), sights($from->{right}, $columns_of)) if $from->{k} eq 'join';
	my @names = $from->{k} eq 'derived' ? map { $_->{name} } @{ $from->{query}{out} } : @{ $columns_of->{ $from->{table} } || [] };
	return ($from->{as} => { map { $_ => 1 } @names });
}

# A column that is not in sight becomes NULL.
sub mend
{
	my ($value, $sight, $columns_of) = @_;

	return unless ref $value;
	if (ref $value eq 'HASH' && ($value->{k} // '') =~ /^(?:select|setop)$/)
	{
		mend_query($value, $sight, $columns_of);
		return;
	}
	if (ref $value eq 'HASH' && ($value->{k} // '') =~ /^(?:col|whole)$/)
	{
		my $columns = $sight->{ $value->{of} };
		%$value = (k => 'const', type => $value->{type} eq 'row' ? 'text' : $value->{type}, text => undef)
			if !$columns || ($value->{k} eq 'col' && !$columns->{ $value->{name} });
		return;
	}
	mend($_, $sight, $columns_of) for ref $value eq 'HASH' ? map { $value->{$_} } sort keys %$value : @$value;
	return;
}

sub mend_query
{
	my ($query, $sight, $columns_of) = @_;
	my %columns_of = %$columns_of;

	for my $with (@{ $query->{with} || [] })
	{
		# one that is recursive sees itself
		$columns_of{ $with->{name} } = [ map { $_->{name} } @{ $with->{query}{out} } ];
		mend_query($with->{query}, $sight, \%columns_of);
	}
	my %sight = (%$sight, sights($query->{from}, \%columns_of));
	mend($query->{$_}, \%sight, \%columns_of) for qw(from where items group having left right);

	my %has = map { $_->{name} => 1 } @{ $query->{out} };
	$query->{order} = [ grep { $has{ $_->{name} } } @{ $query->{order} } ] if $query->{order};
	# in the order of its first column, or in none
	if (($query->{answer} // '') eq 'newest' && (!@{ $query->{order} || [] } || $query->{order}[0]{name} ne $query->{out}[0]{name}))
	{
		delete @$query{qw(limit offset ties order)};
		$query->{answer} = 'rows';
	}
	if (ref $query->{distinct})
	{
		$query->{distinct} = [ grep { $has{$_} } @{ $query->{distinct} } ];
		delete $query->{distinct} if !@{ $query->{distinct} };
	}
	return;
}

# ---- making it small ----

# Of what sort a failure is: it is to stay the same.
sub sort_of
{
	my ($result) = @_;

	return '' if $result->{verdict} ne 'failed';
	return $result->{why} =~ /^(?:other|another|not) / ? 'rows' : substr $result->{why}, 0, 24;
}

sub shrunk
{
	my ($trial, $result, $run, $schema) = @_;
	my %columns_of = map { my $name = $_; $name => [ map { $_->{name} } @{ $schema->table($name)->{columns} } ] } @{ $schema->{names} };
	my ($until, $tries, $sort, $from) = (time + $MOST_SECONDS, 0, sort_of($result), 0);

	# from the place of the last success on, then from the beginning, until
	# nothing more can be left out
	while ($tries < $MOST_TRIES && time < $until)
	{
		my @edits = (surrounding_edits($trial), tree_edits($trial));
		my $found;

		for my $i ($from .. $#edits)
		{
			last if ++$tries > $MOST_TRIES || time > $until;
			my $smaller = clone($trial);
			$edits[$i]->($smaller) or next;
			mend_query($smaller->{query}, {}, \%columns_of);
			my $new = $run->($smaller);
			next if sort_of($new) ne $sort;
			($trial, $result, $found) = ($smaller, $new, $i);
			last;
		}
		last if !defined $found && $from == 0;
		$from = $found // 0;
	}
	return ($trial, $result);
}

1;
