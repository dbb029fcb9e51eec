#!/usr/bin/perl
#
# report.pl [--write FD] DIRECTORY
#	From DIRECTORY/samples and DIRECTORY/rows, which bench/cases.sh writes, to
#	the table of script/bench.  --write puts it into docs/performance.md, of
#	which FD is open, between the markers.
#
#	A sample is "NAME VALUE".  A row is its fields, separated by tabs:
#		case, what is measured, the name of our samples and of those that ours
#		are held against (or "-"), unit, statistic (median, p99, max), what is
#		to be reached (see verdict below, or "-")
#	Of a name without samples the row has "-": it was not measured.

use strict;
use warnings;
use List::Util qw(min max);

my $document = 'docs/performance.md';
my $fd = @ARGV > 1 && $ARGV[0] eq '--write' ? (splice @ARGV, 0, 2)[1] : undef;
my ($directory) = @ARGV;

sub lines_of
{
	my ($name) = @_;
	open my $fh, '<', "$directory/$name" or die "$directory/$name: $!\n";
	chomp(my @lines = <$fh>);
	return @lines;
}

my %samples;
for (lines_of('samples'))
{
	my ($name, $value) = split ' ';
	push @{ $samples{$name} }, $value;
}

sub quantile
{
	my ($q, @values) = @_;
	@values = sort { $a <=> $b } @values;
	return $values[min($#values, int($q * @values))] if $q != 0.5;
	return ($values[$#values / 2] + $values[@values / 2]) / 2;
}

sub statistic
{
	my ($kind, @values) = @_;
	return $kind eq 'max' ? max(@values) : quantile($kind eq 'p99' ? 0.99 : 0.5, @values);
}

# Microseconds, kB and plain numbers as they are read most easily.
sub shown
{
	my ($value, $unit) = @_;
	return '-' unless defined $value;
	return sprintf '%.0f', $value if $unit eq '';
	return sprintf '%+.1f MB', $value / 1024 if $unit eq '+kB';
	return sprintf '%.1f MB', $value / 1024 if $unit eq 'kB';
	return sprintf '%.0f %s', $value, $unit if $unit ne 'us';
	return sprintf '%.2f s', $value / 1e6 if $value >= 1e6;
	return sprintf $value < 1e4 ? '%.2f ms' : '%.0f ms', $value / 1e3;
}

# Each round's ratio: of what ran one after the other.
sub spread
{
	my ($ours, $base) = @_;
	my $last = min($#$ours, $#$base);
	my @ratios = map { $ours->[$_] / $base->[$_] } grep { $base->[$_] > 0 } 0 .. $last;
	return @ratios > 1 ? sprintf ' (%.2f to %.2f)', min(@ratios), max(@ratios) : '';
}

# "ratio N": ours is at most N times the other; "N": ours is at most N, in its
# unit; "within N": it strays no further from 0.
sub verdict
{
	my ($limit, $value, $ratio) = @_;
	my ($kind, $bound) = $limit =~ /^(?:(ratio|within) )?(.+)$/;
	my $have = ($kind || '') eq 'ratio' ? $ratio : ($kind || '') eq 'within' ? abs $value : $value;
	return defined $have && $have <= $bound;
}

sub limit_shown
{
	my ($limit, $unit) = @_;
	return '' if $limit eq '-';
	return "<= $1" if $limit =~ /^ratio (.*)/;
	return '+-' . shown($1, 'kB') if $limit =~ /^within (.*)/;
	$unit = 'kB' if $unit eq '+kB';
	return $unit eq 'us' ? sprintf('<= %g ms', $limit / 1000) : $unit eq 'kB' ? sprintf('<= %g MB', $limit / 1024) : "<= $limit";
}

my @table = (['case', 'measured', 'ours', 'against', 'ratio', 'to reach', '']);
my ($reached, $limited) = (0, 0);

for (lines_of('rows'))
{
	my ($case, $title, $name, $against, $unit, $kind, $limit) = split /\t/;
	my ($ours, $base) = ($samples{$name}, $samples{$against});
	my ($value, $other) = map { $_ && statistic($kind, @$_) } $ours, $base;
	my $ratio = $value && $other ? $value / $other : undef;
	my $word = '';

	if ($limit ne '-' && $ours)
	{
		my $ok = verdict($limit, $value, $ratio);
		$limited++;
		$reached++ if $ok;
		$word = $ok ? 'reached' : '**missed**';
	}
	push @table, [$case, $title, shown($value, $unit), $against eq '-' ? '' : shown($other, $unit),
		defined $ratio ? sprintf('%.2f', $ratio) . ($kind eq 'median' ? spread($ours, $base) : '') : '',
		limit_shown($limit, $unit), $word];
}

my @width = map { my $i = $_; max(map { length $_->[$i] } @table) } 0 .. $#{ $table[0] };
splice @table, 1, 0, [map { '-' x max($_, 3) } @width];
my $text = join '', map { my $row = $_;
	'| ' . join(' | ', map { sprintf '%-*s', $width[$_], $row->[$_] } 0 .. $#width) . " |\n" } @table;
my %environment = map { split /\t/, $_, 2 } lines_of('environment');

print "\n$text\n$reached of $limited figures reached\n";

sub generated
{
	my %e = %environment;
	return "`script/bench --write` on $e{date}, medians of $e{runs} runs (fewer where a run takes seconds).\n"
		. "$e{processor}; Linux $e{kernel}, PostgreSQL $e{PostgreSQL}, libcurl $e{libcurl}, jansson $e{jansson}"
		. ($e{Python} ? ", Python $e{Python}" : '') . ".\n$reached of $limited figures are reached.\n\n$text";
}

sub write_document
{
	local $/;
	open my $in, '<', $document or die "$document: $!\n";
	my $whole = <$in>;
	$whole =~ s/(<!-- from here on by script\/bench -->\n).*(<!-- up to here -->)/$1 . "\n" . generated() . "\n" . $2/se
		or die "$document has no markers\n";
	open my $out, '>&=', $fd or die "descriptor $fd: $!\n";
	seek $out, 0, 0 and truncate $out, 0 and print $out $whole and close $out or die "$document: $!\n";
	print "written to $document\n";
}

write_document() if defined $fd;
