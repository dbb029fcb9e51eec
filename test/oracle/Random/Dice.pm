package Random::Dice;
#
# Dice.pm
#	Chance that is the same everywhere: xorshift128 (Marsaglia), seeded by MD5.
#	Perl's own rand() may differ from one build to another.

use strict;
use warnings;
use Digest::MD5 'md5';

# The seed is a list of words or numbers: new('7', 'query', 123).
sub new
{
	my ($class, @seed) = @_;
	my @state = unpack 'N4', md5(join '/', @seed);

	$state[0] ||= 1;
	return bless \@state, $class;
}

sub word
{
	my ($self) = @_;
	my $t = $self->[3];
	my $s = $self->[0];

	@$self[1 .. 3] = @$self[0 .. 2];
	$t ^= ($t << 11) & 0xffffffff;
	$t ^= $t >> 8;
	$self->[0] = ($t ^ $s ^ ($s >> 19)) & 0xffffffff;
	return $self->[0];
}

# 0 .. n - 1
sub roll { my ($self, $n) = @_; return $self->word % $n }

# from .. to
sub between { my ($self, $from, $to) = @_; return $from + $self->roll($to - $from + 1) }

sub chance { my ($self, $percent) = @_; return $self->roll(100) < $percent }

sub pick { my ($self, @list) = @_; return $list[$self->roll(scalar @list)] }

# weighted(what => 3, else => 1): in the order given
sub weighted
{
	my ($self, @pairs) = @_;
	my $sum = 0;

	$sum += $pairs[2 * $_ + 1] for 0 .. $#pairs / 2;
	my $n = $self->roll($sum);
	while (@pairs)
	{
		my ($what, $weight) = splice @pairs, 0, 2;
		return $what if $n < $weight;
		$n -= $weight;
	}
	return undef;
}

sub shuffle
{
	my ($self, @list) = @_;

	for my $i (reverse 1 .. $#list)
	{
		my $j = $self->roll($i + 1);
		@list[$i, $j] = @list[$j, $i];
	}
	return @list;
}

# Some of a list, in its order, at least $least.
sub some
{
	my ($self, $least, $most, @list) = @_;
	my $n = $self->between($least, $most < @list ? $most : scalar @list);
	my @chosen = sort { $a <=> $b } ($self->shuffle(0 .. $#list))[0 .. $n - 1];

	return @list[@chosen];
}

1;
