package Random::Monotone;
#
# Monotone.pm
#	Conditions on what grows with a time: its day, its hour, its local time, its
#	year, the time some days later; and on lists of ranges of it.

use strict;
use warnings;
use Exporter 'import';
use Random::Sql qw(const form test either many array clone);
use Random::Values qw(constant);

our @EXPORT_OK = qw(monotone ranges);

my @UNITS = qw(second minute hour day week month quarter year decade);
my @ZONES = ('UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Pacific/Chatham', 'America/St_Johns', '+03', 'EST');
my @INTERVALS = ('1 hour', '90 minutes', '1 microsecond', '1 day', '-1 day', '7 days', '1 mon', '-1 mon', '1 year', '1 mon -30 days', '0', '1 day -24 hours');

# A type, and an expression with a %s for a time.
sub of_time
{
	my ($dice) = @_;
	my ($unit, $zone, $by) = ($dice->pick(@UNITS), $dice->pick(@ZONES), $dice->pick(@INTERVALS));

	return @{ $dice->weighted(
		[ 'date', '(%s)::date' ] => 22,
		[ 'date', '((%s) AT TIME ZONE \'' . $zone . '\')::date' ] => 8,
		[ 'timestamptz', "date_trunc('$unit', %s)" ] => 22,
		[ 'timestamptz', "date_trunc('$unit', %s, '$zone')" ] => 10,
		[ 'timestamptz', '((%s) ' . $dice->pick('+', '-') . " interval '$by')" ] => 14,
		[ 'timestamp', "((%s) AT TIME ZONE '$zone')" ] => 10,
		[ 'timestamp', "date_trunc('$unit', (%s) AT TIME ZONE '$zone')" ] => 4,
		[ 'timestamp', '(%s)::timestamp' ] => 4,
		[ 'numeric', 'extract(' . $dice->pick(qw(year epoch epoch month)) . ' FROM %s)' ] => 10,
		[ 'float8', 'date_part(\'' . $dice->pick(qw(year epoch)) . '\', %s)' ] => 4,
	) };
}

# Times that are so far away leave the range when something is done to them.
sub is_far
{
	my ($node) = @_;

	return ($node->{text} // '') =~ /^(?:4713|5874897|294276|0001|9999)-/ || grep { is_far($_) } @{ $node->{args} || [] };
}

# What the expression of the column is compared with: the same of another time, or
# that time itself.
sub right_side
{
	my ($dice, $type, $sql, $operand) = @_;
	my $node = $operand->();

	return undef if is_far($node);
	return $node if $type =~ /^(?:date|timestamp)/ && $dice->chance(30);
	return form($type, $sql, $node);
}

# $left: the column; $operand: makes what it may be compared with.
sub monotone
{
	my ($dice, $left, $operand) = @_;
	my ($type, $sql) = of_time($dice);
	my $of_left = form($type, $sql, $left);
	my $how = $dice->weighted(compare => 62, between => 15, list => 13, any => 5, null => 5);
	my @right = map { right_side($dice, $type, $sql, $operand) } 1 .. ($how eq 'compare' ? 1 : $how eq 'between' ? 2 : 3);

	return test($dice->pick('(%s IS NOT NULL)', '(%s IS NULL)'), $of_left) if $how eq 'null';
	return undef if grep { !defined } @right;
	return test('(%s ' . $dice->pick('', '', 'NOT ') . 'BETWEEN %s AND %s)', $of_left, @right) if $how eq 'between';
	return many('bool', $dice->chance(85) ? ' IN (' : ' NOT IN (', ')', $of_left, @right) if $how eq 'list';
	return test('(%s = ANY (%s))', $of_left, array("${type}[]", @right)) if $how eq 'any';
	my $op = $dice->weighted('<' => 18, '<=' => 18, '=' => 32, '>=' => 18, '>' => 18, '<>' => 3);
	return $dice->chance(85) ? test("(%s $op %s)", $of_left, @right) : test("(%s $op %s)", @right, $of_left);
}

# Either of up to fifteen ranges, some of them instants.
sub ranges
{
	my ($g, $left, $column) = @_;
	my $dice = $g->{dice};
	my $any = { %$column, values => $column->{pool} // $column->{values} };
	my @args;

	for (1 .. $dice->weighted(2 => 30, 3 => 25, 4 => 15, 6 => 10, 11 => 10, 15 => 10))
	{
		my ($from, $to) = map { constant($dice, $dice->chance(40) ? $column : $any, $g->{params}) } 1 .. 2;
		my $width = $dice->pick('1 microsecond', '1 second', '1 hour', '12 hours', '1 day', '3 days');

		next if is_far($from) || is_far($to);
		push @args, $dice->weighted(
			test("(%s BETWEEN %s AND %s + interval '$width')", $left, $from, clone($from)) => 60,
			test("((%s >= %s) AND (%s < %s))", $left, $from, clone($left), $to) => 15,
			test('(%s = %s)', $left, $from) => 15,
			test('(%s ' . $dice->pick('<', '>') . ' %s)', $left, $from) => 4,
			test('(%s = ANY (%s))', $left, array('timestamptz[]', $from, $to)) => 6);
	}
	return @args ? either(@args) : undef;
}

1;
