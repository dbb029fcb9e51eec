package Random::Sql;
#
# Sql.pm
#	Queries as trees, and trees as SQL.  A node is a hash whose member k says
#	what it is; members that are nodes, and lists of them, are its parts.
#
#	Expressions, each with a type:
#	  col     of (an alias), name
#	  const   text (undef is NULL)
#	  param   text, other: the values of the first and the second execution
#	  form    sql, with a %s for each of args; agg: an aggregate or window in it
#	  bool    op (AND, OR), args
#	  many    the first of args, open, the other args with commas, close
#	  array   args
#	  sub     sql, with a %s for each of args, a %q for query
#	  whole   of: the whole row
#	FROM:
#	  rel     table, as
#	  derived query, as, lateral
#	  join    how (LEFT, ...), left, right, on
#	Queries, each with out, a list of { name, type, kind } of its columns:
#	  select  with [{ name, how, query, recursive }], distinct (DISTINCT, or a list of
#	          names), items, from, where, group (a list), grouping (ROLLUP, CUBE),
#	          having; and of both kinds
#	  setop   op, left, right
#	          order [{ name, how }], limit, offset, ties

use strict;
use warnings;
use Exporter 'import';
use Storable 'dclone';

our @EXPORT_OK = qw(col const null param form test both either many array sub_query whole
	parts clone same sql_of params_of literal);

# ---- making nodes ----

sub col { my ($of, $column) = @_; return { k => 'col', of => $of, name => $column->{name}, type => $column->{type} } }
sub const { my ($type, $text) = @_; return { k => 'const', type => $type, text => $text } }
sub null { my ($type) = @_; return const($type, undef) }
sub param { my ($type, $text, $other) = @_; return { k => 'param', type => $type, text => $text, other => $other } }
sub form { my ($type, $sql, @args) = @_; return { k => 'form', type => $type, sql => $sql, args => \@args } }
sub test { return form('bool', @_) }
sub both { return combined('AND', @_) }
sub either { return combined('OR', @_) }
sub many { my ($type, $open, $close, @args) = @_; return { k => 'many', type => $type, open => $open, close => $close, args => \@args } }
sub array { my ($type, @args) = @_; return { k => 'array', type => $type, args => \@args } }
sub sub_query { my ($type, $sql, $query, @args) = @_; return { k => 'sub', type => $type, sql => $sql, query => $query, args => \@args } }
sub whole { my ($of) = @_; return { k => 'whole', type => 'row', of => $of } }

sub combined
{
	my ($op, @args) = @_;

	@args = grep { defined } @args;
	return $args[0] if @args < 2;
	return { k => 'bool', type => 'bool', op => $op, args => \@args };
}

sub clone { my ($node) = @_; return ref $node ? dclone($node) : $node }

# ---- looking at nodes ----

# [container, index or key] of each node directly below, in a fixed order.
sub parts
{
	my ($container) = @_;
	my @parts;

	for my $key (ref $container eq 'HASH' ? sort keys %$container : 0 .. $#$container)
	{
		my $value = ref $container eq 'HASH' ? $container->{$key} : $container->[$key];
		next unless ref $value;
		push @parts, ref $value eq 'HASH' && exists $value->{k} ? [ $container, $key ] : parts($value);
	}
	return @parts;
}

# Are the trees the same?
sub same
{
	my ($a, $b) = @_;

	return sql_of($a) eq sql_of($b);
}

# The parameters, in the order of their numbers.
sub params_of
{
	my ($node) = @_;
	my @params;

	return () unless defined $node;
	push @params, $node if $node->{k} eq 'param';
	for my $part (parts($node))
	{
		my ($container, $key) = @$part;
		push @params, params_of(ref $container eq 'HASH' ? $container->{$key} : $container->[$key]);
	}
	return @params;
}

# ---- trees as SQL ----

sub literal
{
	my ($type, $text) = @_;

	return "NULL::$type" unless defined $text;
	return $text if $type eq 'bool' || ($type eq 'int' && $text =~ /^\d+$/);
	$text =~ s/'/''/g;
	return "'$text'::$type";
}

# Parameters are numbered if $number, a hash from node to number, is given;
# else they stand there as constants.
sub sql_of
{
	my ($node, $number) = @_;
	my $writer = __PACKAGE__->can("write_$node->{k}") or die "no such node: $node->{k}";

	return $writer->($node, $number);
}

sub list_of { my ($nodes, $number) = @_; return map { sql_of($_, $number) } @$nodes }

sub write_col { my ($node) = @_; return "$node->{of}.$node->{name}" }
sub write_whole { my ($node) = @_; return $node->{of} }
sub write_const { my ($node) = @_; return literal($node->{type}, $node->{text}) }

sub write_param
{
	my ($node, $number) = @_;

	return $number ? '$' . $number->{$node} : literal($node->{type}, $node->{text});
}

sub write_form
{
	my ($node, $number) = @_;
	my @args = list_of($node->{args}, $number);
	my $sql = $node->{sql};

	$sql =~ s/%s/shift @args/ge;
	return $sql;
}

sub write_bool
{
	my ($node, $number) = @_;

	return '(' . join(" $node->{op} ", list_of($node->{args}, $number)) . ')';
}

sub write_many
{
	my ($node, $number) = @_;
	my ($first, @rest) = list_of($node->{args}, $number);

	return "($first$node->{open}" . join(', ', @rest) . "$node->{close})";
}

sub write_array
{
	my ($node, $number) = @_;

	return 'ARRAY[' . join(', ', list_of($node->{args}, $number)) . "]::$node->{type}";
}

sub write_sub
{
	my ($node, $number) = @_;
	my @args = list_of($node->{args}, $number);
	my $query = sql_of($node->{query}, $number);
	my $sql = $node->{sql};

	$sql =~ s/%([sq])/$1 eq 'q' ? $query : shift @args/ge;
	return $sql;
}

sub write_rel
{
	my ($node) = @_;

	return "$node->{table} AS $node->{as}";
}

sub write_derived
{
	my ($node, $number) = @_;

	return ($node->{lateral} ? 'LATERAL ' : '') . '(' . sql_of($node->{query}, $number) . ") AS $node->{as}";
}

sub write_join
{
	my ($node, $number) = @_;
	my $right = sql_of($node->{right}, $number);

	$right = "($right)" if $node->{right}{k} eq 'join';
	return sql_of($node->{left}, $number) . " $node->{how} JOIN $right" .
		($node->{how} eq 'CROSS' ? '' : ' ON ' . ($node->{on} ? sql_of($node->{on}, $number) : 'true'));
}

# What a query ends with.
sub tail
{
	my ($query) = @_;
	my $sql = '';

	$sql .= ' ORDER BY ' . join(', ', map { "$_->{name}$_->{how}" } @{ $query->{order} }) if @{ $query->{order} || [] };
	$sql .= " OFFSET $query->{offset}" if $query->{offset};
	if (defined $query->{limit})
	{
		$sql .= $query->{ties} ? " FETCH FIRST $query->{limit} ROWS WITH TIES" : " LIMIT $query->{limit}";
	}
	return $sql;
}

sub write_select
{
	my ($query, $number) = @_;
	my @items = list_of($query->{items}, $number);
	my @names = map { $_->{name} } @{ $query->{out} };
	my $sql = '';

	if (my @with = @{ $query->{with} || [] })
	{
		$sql = 'WITH ' . ((grep { $_->{recursive} } @with) ? 'RECURSIVE ' : '') .
			join(', ', map { "$_->{name} AS $_->{how}(" . sql_of($_->{query}, $number) . ')' } @with) . ' ';
	}
	$sql .= 'SELECT ';
	if (my $distinct = $query->{distinct})
	{
		$sql .= ref $distinct ? 'DISTINCT ON (' . join(', ', @$distinct) . ') ' : 'DISTINCT ';
	}
	$sql .= join ', ', map { "$items[$_] AS $names[$_]" } 0 .. $#items;
	$sql .= ' FROM ' . sql_of($query->{from}, $number) if $query->{from};
	$sql .= ' WHERE ' . sql_of($query->{where}, $number) if $query->{where};
	if (@{ $query->{group} || [] })
	{
		my $group = join ', ', list_of($query->{group}, $number);
		$sql .= ' GROUP BY ' . ($query->{grouping} ? "$query->{grouping} ($group)" : $group);
	}
	$sql .= ' HAVING ' . sql_of($query->{having}, $number) if $query->{having};
	return $sql . tail($query);
}

sub write_setop
{
	my ($query, $number) = @_;

	return '(' . sql_of($query->{left}, $number) . ") $query->{op} (" . sql_of($query->{right}, $number) . ')' . tail($query);
}

1;
