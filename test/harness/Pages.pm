package Pages;
#
# Pages.pm
#	For pushdown.t and cookbook.t: the simulator's log as the documents write
#	it, and what EXPLAIN says, without what differs from run to run.

use strict;
use warnings;
use Exporter 'import';
use Time::Local 'timegm';

our @EXPORT = qw(as_written grouped sorted plan_lines slurp);

# Is it a moment a day ahead of this machine's clock?
sub open_end
{
	my ($date) = @_;
	my ($y, $m, $d, $h, $i, $s) = $date =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z$/ or return 0;

	return abs(timegm($s, $i, $h, $d, $m - 1, $y) - time() - 86400) < 900;
}

# A line of the log, less the status, {tomorrow} for the end of an open range.
sub request
{
	my ($line) = @_;

	$line =~ s/ \d+$//;
	$line =~ s{/(\d{4}-[^/&]*Z)}{open_end($1) ? '/{tomorrow}' : "/$1"}ge;
	return $line;
}

# The ways to write a request of many: of any vehicle, any trip, or both.
sub general_forms
{
	my ($line) = @_;
	my $trip = $line =~ s{/trips/[^/?]+}{/trips/{tid}}r;

	return ($trip =~ s{/vehicles/[^/?]+}{/vehicles/{id}}r, $line =~ s{/vehicles/[^/?]+}{/vehicles/{id}}r, $trip);
}

sub sorted { join '', map { "$_\n" } sort split /\n/, $_[0] }

# The log as a document writes it: "{id}", "{tid}" and "6 x" where it does so,
# "{window}" for a range up to {tomorrow} if it has that.
sub as_written
{
	my ($requests, $expected) = @_;
	my @plain;
	my %times;

	for my $line (map { request($_) } split /\n/, $requests)
	{
		my $general;

		$line =~ s{timestamps=\d[^/&]*/\{tomorrow\}}{timestamps={window}} if $expected =~ /\{window\}/;
		for my $form (general_forms($line))
		{
			$general //= $form if $expected =~ /^\d+ x \Q$form\E$/m;
		}
		if (defined $general) { $times{$general}++ }
		else { push @plain, $line }
	}
	return join '', map { "$_\n" } sort @plain, map { "$times{$_} x $_" } keys %times;
}

# The log with more than two requests of one kind as "6 x" of it, the listing first.
sub grouped
{
	my ($requests) = @_;
	my @lines = map { request($_) } split /\n/, $requests;
	my %times;
	my @plain;

	$times{ (general_forms($_))[0] }++ for @lines;
	@plain = grep { $times{ (general_forms($_))[0] } <= 2 } @lines;
	return join '', map { "$_\n" } (sort grep { m{^GET /user/vehicles(\?|$)} } @plain),
		(sort grep { !m{^GET /user/vehicles(\?|$)} } @plain),
		map { "$times{$_} x $_" } sort grep { $times{$_} > 2 } keys %times;
}

# What EXPLAIN says, without what differs from run to run and between versions.
sub plan_lines
{
	my ($text) = @_;
	my @lines;

	for my $line (split /\n/, $text)
	{
		next if $line =~ /^[ ]*(QUERY PLAN|-+|\(\d+ rows?\))?[ ]*$/;
		$line =~ s/\(cost=[^)]*\)//;
		$line =~ s/rows=(\d+)\.00/rows=$1/;
		$line =~ s{(timestamps=[^/]+/)[^&]*}{$1};
		$line =~ s/(Bytes:) \d+/$1/;
		# which side of a join's clause comes first
		$line =~ s/\((\w+(?:\.\w+)?) = (\w+(?:\.\w+)?)\)/'(' . join(' = ', sort $1, $2) . ')'/ge;
		$line =~ s/\s+$//;
		push @lines, "$line\n";
	}
	return join '', @lines;
}

sub slurp
{
	my ($file) = @_;
	local $/;

	open my $in, '<', $file or return;
	return <$in> // '';
}

1;
