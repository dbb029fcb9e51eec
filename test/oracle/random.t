#!/usr/bin/perl
#
# random.t
#	Queries by chance, of the foreign tables and of plain ones that hold the same
#	(random.psql): the rows must be the same.
# simulator: --accounts 2 --days 17 --telemetry 100
#
# script/test --random N[@SEED[.FIRST]]: N queries of that seed, from number FIRST
# on (default: 500@1.1).  A query depends on the seed and its number alone, its
# surroundings (knobs of the simulator, options of server and tables) on those of
# ten queries.  What fails is made small, and shown with its surroundings.
#
# In the environment: RANDOM_VERBOSE=1 shows every query; RANDOM_FAILURES is how
# many there may be before the rest is left (10), RANDOM_SHRUNK how many of them
# are made small (3), since each takes a while.

use strict;
use warnings;
use lib 'test/harness', 'test/oracle';
use JSON::PP;
use Random::Arena;
use Random::Dice;
use Random::Query;
use Random::Schema;
use Random::Setting qw(settings mode knobs options faults);
use Random::Shrink qw(shrunk);
use Random::Sql qw(sql_of);
use Time::HiRes 'time';

# So many share their surroundings.
my $GROUP = 10;
my $MOST_SHRUNK = $ENV{RANDOM_SHRUNK} // 3;
my $MOST_FAILURES = $ENV{RANDOM_FAILURES} // 10;

my ($count, $seed, $first) = ($ENV{RANDOM_TEST} // '500') =~ /^(\d+)(?:@(\w+?)(?:\.(\d+))?)?$/ or die "--random N[\@SEED[.FIRST]]\n";
$seed //= 1;
$first //= 1;

my %tally = (same => 0, skipped => 0, failed => 0, errors => 0, rows => 0, empty => 0);
my $shown = 0;

sub set_up
{
	local $ENV{PGOPTIONS} = ($ENV{PGOPTIONS} || '') . ' -c client_min_messages=warning';

	system("$ENV{PG_BINDIR}/psql", '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', 'test/oracle/random.psql') == 0 or die "random.psql failed\n";
	return;
}

# The query with a number: the first of a few tries that has rows, mostly.
sub query_of
{
	my ($arena, $schema, $n, $params) = @_;

	for my $try (1 .. 8)
	{
		my $dice = Random::Dice->new($seed, 'query', $n, $try);
		my $query = Random::Query->new(schema => $schema, dice => $dice, params => $params)->query;
		my $rows = $arena->rows_near($query);

		return $query if $try == 8 || (defined $rows && ($rows > 0 || $dice->chance(15)));
	}
	return undef;
}

sub trial_of
{
	my ($arena, $schema, $n) = @_;
	my $around = Random::Dice->new($seed, 'group', int(($n - 1) / $GROUP));
	my $dice = Random::Dice->new($seed, 'trial', $n);
	my %trial = (n => $n, knobs => knobs($around));

	$trial{options} = options($around, $trial{knobs});
	$trial{faults} = faults($dice);
	$trial{settings} = settings($dice);
	$trial{mode} = mode($dice);
	$trial{query} = query_of($arena, $schema, $n, $trial{mode}{how} =~ /^(?:prepared|function)$/);
	return \%trial;
}

# ---- telling ----

sub told { my ($value) = @_; return JSON::PP->new->canonical->encode($value) }

sub show
{
	my ($title, $trial, $result) = @_;
	my $mode = $trial->{mode};
	my $settings = join ' ', map { "SET $_ = '$trial->{settings}{$_}';" } sort keys %{ $trial->{settings} };

	print "# $title: $result->{why}\n";
	print "#   ", sql_of($trial->{query}), "\n";
	print "#   compared as $trial->{query}{answer}, run as ", told($mode), "\n";
	print "#   settings: $settings\n", map { "#   $_: " . told($trial->{$_}) . "\n" } qw(knobs options faults);
	for my $which (qw(missing extra))
	{
		my @rows = @{ $result->{$which} || [] } or next;
		print "#   $which: ", scalar @rows, "\n", map { '#     ' . substr($_, 0, 300) . "\n" } grep { defined } @rows[0 .. 2];
	}
	return;
}

sub report
{
	my ($arena, $schema, $trial, $result) = @_;
	my $n = $trial->{n};

	print "not ok ", ++$shown, " - query $n of seed $seed\n";
	print "# script/test --only oracle --random 1\@$seed.$n random\n";
	show('as it was', $trial, $result);
	return if $tally{failed} > $MOST_SHRUNK;
	my $again = $arena->run($trial);
	if ($again->{verdict} ne 'failed')
	{
		my $from = $n - 9 > 0 ? $n - 9 : 1;
		print "# alone it does not fail again; perhaps with those before: --random ", $n - $from + 1, "\@$seed.$from\n";
		return;
	}
	show('made small', shrunk($trial, $again, sub { $arena->run($_[0]) }, $schema));
	return;
}

# ---- running ----

sub run_one
{
	my ($arena, $schema, $n) = @_;
	my $trial = trial_of($arena, $schema, $n);
	my $start = time;
	my $result = $arena->run($trial);

	my $ms = int 1000 * (time - $start);
	print "# $n $result->{verdict} $trial->{mode}{how}, ", $result->{rows} // 0, " rows, $ms ms: ", sql_of($trial->{query}), "\n"
		if $ENV{RANDOM_VERBOSE};
	$tally{ $result->{verdict} }++;
	$tally{errors}++ if $result->{error};
	$tally{empty}++ if $result->{verdict} eq 'same' && !$result->{rows};
	$tally{rows} += $result->{rows} // 0;
	report($arena, $schema, $trial, $result) if $result->{verdict} eq 'failed';
	return;
}

# Chance is the same on every machine.
sub check_dice
{
	my $dice = Random::Dice->new(1, 'query', 1, 1);
	my $words = join ' ', map { $dice->word } 1 .. 3;

	print $words eq '3999247426 602156558 1910532345' ? '' : 'not ', 'ok ', ++$shown, " - the dice fall as ever\n";
	print "# have: $words\n" if $words ne '3999247426 602156558 1910532345';
	return;
}

$| = 1;
check_dice();
set_up();
$ENV{PGOPTIONS} .= ' -c stellantis_fdw.max_requests=1000000 -c client_min_messages=warning';
my $arena = Random::Arena->new;
my $schema = Random::Schema->new($arena->{near});

for my $n ($first .. $first + $count - 1)
{
	run_one($arena, $schema, $n);
	next if $tally{failed} < $MOST_FAILURES;
	print "# that is enough\n";
	$count = $n - $first + 1;
	last;
}
print "# $count queries of seed $seed: $tally{skipped} skipped, $tally{errors} errors that are the same, ",
	"$tally{empty} without rows, $tally{rows} rows\n";

# a query that is skipped or fails on both sides shows nothing
my $idle = $tally{skipped} + $tally{errors};
print $tally{failed} ? 'not ' : '', 'ok ', ++$shown, " - $tally{same} of $count queries have the same rows\n";
print $idle > 2 + $count / 20 ? 'not ' : '', 'ok ', ++$shown, " - few are skipped or have errors\n";
print $tally{empty} > 2 + $count / 3 ? 'not ' : '', 'ok ', ++$shown, " - few have no rows\n";
print "1..$shown\n";
