package Random::Values;
#
# Values.pm
#	Constants that are worth comparing with: stored values, and what lies next
#	to them; and what can stand for a constant.

use strict;
use warnings;
use Exporter 'import';
use Random::Sql qw(const null param form array);
use Time::Local 'timegm';

our @EXPORT_OK = qw(value_near constant constants pattern element);

# What nobody is called, and what an address must not be made of.
my @NO_IDS = ('nobody', '', '.', '..', 'a/b', 'a/../b', '?x=1', '%2e%2e', 'x y', "o'clock", "\x{c3}\x{a9}", '%', '_', '\\', "a\tb", 'x' x 3000);
my @NO_VINS = ('NOBODY', '', 'VR3', 'vr3uhzkxzpt000001', 'VR3UHZKXZPT000001 ', 'VR3UHZKXZPT00000', 'VR3UHZKXZPT0000011', 'Z', "\x{c3}\x{a9}");
my @NO_ACCOUNTS = ('family', 'company', 'other', '', 'FAMILY');

my @MOMENTS = ('infinity', '-infinity', '0001-01-01 00:00:00+00 BC', '0001-01-01 00:00:00+00', '1970-01-01 00:00:00+00',
	'9999-12-31 23:59:59.999999+00', '294276-12-31 23:59:59.999999+00', '4713-01-01 00:00:00+00 BC');
my @DAYS = ('infinity', '-infinity', '4713-01-01 BC', '0001-01-01', '9999-12-31', '5874897-12-31');

my $SECOND = 1_000_000;
my $DAY = 86_400 * $SECOND;
my @OFFSETS = (0 => 50, 1 => 8, -1 => 8, $SECOND => 7, -$SECOND => 7, $SECOND / 2 => 2, -$SECOND / 2 => 2, $SECOND + 1 => 3, -$SECOND - 1 => 3,
	$DAY => 5, -$DAY => 5, $DAY + $SECOND => 2, -$DAY - $SECOND => 2, 2 * $DAY => 2, -2 * $DAY => 2, 3600 * $SECOND => 3, -3600 * $SECOND => 3,
	7 * $DAY => 2, -7 * $DAY => 2, 600 * $DAY => 1);

# ---- times, as psql prints them in UTC ----

sub moved
{
	my ($text, $by) = @_;
	my ($y, $m, $d, $h, $i, $s, $us) = $text =~ /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?\+00$/ or return $text;
	my $t = timegm($s, $i, $h, $d, $m - 1, $y) * $SECOND + substr(($us // '') . '000000', 0, 6) + $by;
	my ($seconds, $rest) = (int($t / $SECOND), $t % $SECOND);
	my @tm = gmtime $seconds;

	return sprintf '%04d-%02d-%02d %02d:%02d:%02d%s+00', $tm[5] + 1900, $tm[4] + 1, @tm[3, 2, 1, 0], $rest ? sprintf('.%06d', $rest) : '';
}

sub moment
{
	my ($dice, $column) = @_;
	my @values = @{ $column->{values} };

	return $dice->pick(@MOMENTS) if !@values || $dice->chance(4);
	return moved($dice->pick(@values), $dice->weighted(@OFFSETS));
}

# ---- one value of a column's type ----

sub number
{
	my ($dice, $column) = @_;
	my $value = @{ $column->{values} } ? $dice->pick(@{ $column->{values} }) : $dice->pick(0, 1, -1, 7.5);

	return $dice->pick(qw(NaN Infinity -Infinity -1 0 1e300)) if $column->{kind} eq 'distance' && $dice->chance(8);
	return $value if $value !~ /^-?[\d.]+$/ || $dice->chance(60);
	return $value + $dice->pick(1, -1, 0.5, 10, -10, 1e-9, -1e-9);
}

# Next to a stored one, and of days and months, which are 24 hours and 30 days to
# those who compare.
my @SPANS = ('1 day', '00:00:00', '1 mon', '-1 days', '24:00:00', '30 days', '1 mon -29 days', '1 day -23:40:00', '-1 mon 31 days', '40 mins', '1 hour', '1 year');

sub span
{
	my ($dice, $column) = @_;
	my @values = @{ $column->{values} };

	return $dice->pick(@SPANS) if !@values || $dice->chance(20);
	my $value = $dice->pick(@values);
	return $value if $dice->chance(55) || $value !~ /^(\d+):(\d\d):(\d\d)$/;
	my $seconds = $1 * 3600 + $2 * 60 + $3;
	return ($seconds + $dice->pick(1, -1, 60, -60)) . ' seconds' if $dice->chance(50);
	return $seconds . ' seconds ' . $dice->pick('1 microsecond', '-1 microsecond', '500 milliseconds');
}

sub text
{
	my ($dice, $column) = @_;
	my @values = @{ $column->{values} };
	my $odd = $column->{kind} eq 'vin' ? \@NO_VINS : $column->{kind} eq 'account' ? \@NO_ACCOUNTS : \@NO_IDS;

	return $dice->pick(@$odd) if !@values || $dice->chance(12);
	my $value = $dice->pick(@values);
	return $value if $dice->chance(88);
	return $dice->pick(lc $value, uc $value, "$value ", substr($value, 0, -1), substr($value, 0, 3), $value . '0');
}

# A text that a condition on the column may compare with.
sub value_near
{
	my ($dice, $column) = @_;
	my $type = $column->{type};

	return moment($dice, $column) if $type eq 'timestamptz';
	return text($dice, $column) if $type eq 'text' || $type eq 'varchar';
	return number($dice, $column) if $type eq 'float8' || $type eq 'numeric';
	return int number($dice, $column) if $type eq 'int';
	return $dice->pick('true', 'false') if $type eq 'bool';
	return span($dice, $column) if $type eq 'interval';
	return $dice->pick(@{ $column->{values} }, '{}');
}

# ---- nodes ----

# A time is compared with times of three types.
sub time_constant
{
	my ($dice, $column) = @_;
	my $type = $dice->weighted(timestamptz => 56, timestamp => 6, date => 10, local => 12, local_date => 16);

	return const('date', $dice->pick(@DAYS)) if $type eq 'date' && $dice->chance(4);
	my $value = moment($dice, $column);
	return const('timestamptz', $value) if $type eq 'timestamptz' || $value !~ /^[12]\d{3}-/;
	# what the clock on the wall shows then, so that it lies next to a stored value in any zone
	my $local = form('timestamp', '(%s AT TIME ZONE current_setting(\'TimeZone\'))', const('timestamptz', $value));
	return $local if $type eq 'local';
	return form('date', '(%s)::date', $local) if $type eq 'local_date';
	$value =~ s/\+00$//;
	$value =~ s/ .*// if $type eq 'date';
	return const($type, $value);
}

# A constant to compare a column with.
sub constant
{
	my ($dice, $column, $params) = @_;
	my $type = $column->{type};

	return null($type) if $dice->chance(2);
	my $node = $type eq 'timestamptz' ? time_constant($dice, $column)
		: const($type eq 'text' ? $dice->weighted(text => 82, varchar => 8, name => 4, bpchar => 6)
			: $type eq 'float8' ? $dice->weighted(float8 => 70, numeric => 30) : $type, value_near($dice, $column));

	# names have 63 bytes at most
	$node->{type} = 'text' if $node->{type} eq 'name' && length $node->{text} > 63;
	if ($params && $node->{k} eq 'const' && $dice->chance(25))
	{
		my $other = $dice->chance(15) ? undef : $node->{type} =~ /^(?:timestamp|date)$/ ? $node->{text} : value_near($dice, $column);
		return param($node->{type}, $dice->chance(8) ? undef : $node->{text}, $other);
	}
	return $node;
}

# What a list may have: an element of a stored one, or anything else.
sub element
{
	my ($dice, $column, $params) = @_;
	my @values = map { /([^{},"]+)/g } @{ $column->{values} };

	return constant($dice, { %$column, type => 'text', kind => 'trip', values => \@values }, $params);
}

# A list of constants: some more than once, some NULL.
sub constants
{
	my ($dice, $column, $most) = @_;
	my $type = $column->{type};
	my $others = { %$column, values => $column->{pool} // $column->{values} };
	my @list;

	for (1 .. $dice->between(1, $most))
	{
		push @list, $dice->chance(6) ? null($type) : const($type, value_near($dice, $dice->chance(50) ? $column : $others));
	}
	push @list, { %{ $dice->pick(@list) } } if $dice->chance(30);
	return @list;
}

# A pattern for LIKE: mostly the beginning of a stored value.
sub pattern
{
	my ($dice, $column) = @_;
	my @values = grep { /^[\w ]+$/ } @{ $column->{values} };
	my $value = @values && $dice->chance(90) ? $dice->pick(@values) : 'VR3';
	my $pattern = $dice->chance(25) ? $value : substr $value, 0, $dice->roll(length($value) < 18 ? length($value) + 1 : 18);

	# an escape before a letter is that letter, before a wildcard the character
	if ($pattern ne '' && $dice->chance(45))
	{
		my $at = $dice->roll(length $pattern);
		my $letter = substr $pattern, $at, 1;
		substr($pattern, $at, 1) = $dice->weighted(_ => 30, "\\$letter" => 40, '%' => 10, '\\_' => 5, '\\%' => 5, '\\\\' => 5, lc $letter => 5);
	}
	return $pattern . $dice->weighted('%' => 60, '' => 20, '_' => 6, '%1' => 6, '%0%' => 4, '__%' => 4);
}

1;
