#!/usr/bin/perl
#
# tap.pl JOBS SUMMARY FILE...
#	Runs files of tests through run-file, JOBS at once, and shows what failed.
#	None may take longer than TEST_SECONDS, by default a quarter of an hour.
#	Writes "passed failed skipped" to the file SUMMARY.

use strict;
use warnings;
use TAP::Harness;

my ($jobs, $summary, @files) = @ARGV;
my %parser_of;

my $harness = TAP::Harness->new({
	jobs => $jobs,
	timer => 1,
	exec => sub { [ 'timeout', '--foreground', $ENV{TEST_SECONDS} // 900, 'test/harness/run-file', $_[1] ] },
	merge => 1,
});
my %output;

$harness->callback(made_parser => sub {
	my ($parser, $job) = @_;
	$parser_of{$job->[0]} = $parser;
	$parser->callback(ALL => sub { push @{ $output{$job->[0]} }, $_[0]->raw });
});

my $aggregate = $harness->runtests(@files);
my ($passed, $failed) = (scalar $aggregate->passed, 0);

for my $file (sort keys %parser_of)
{
	my $parser = $parser_of{$file};
	next unless $parser->has_problems;

	# a test that was planned but not reached has failed; a file that breaks
	# off, at least one
	my $count = $parser->failed;
	my $planned = $parser->tests_planned || 0;
	$count += $planned - $parser->tests_run if $planned > $parser->tests_run;
	$failed += $count || 1;

	my @lines = grep { !/^ok\b/ } @{ $output{$file} || [] };
	my $left = @lines - 80;
	splice @lines, 80 if $left > 0;
	print "\n---- $file\n", map({ "    $_\n" } @lines);
	print "    ... $left lines more\n" if $left > 0;
}

open my $fh, '>', $summary or die "$summary: $!";
print $fh "$passed $failed ", scalar $aggregate->skipped, "\n";
close $fh;
