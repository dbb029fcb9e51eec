package Random::Setting;
#
# Setting.pm
#	What surrounds a query: settings of the session, how it is run, knobs and
#	faults of the simulator, options of server and tables.  None of it may change
#	the rows.

use strict;
use warnings;
use Exporter 'import';
use JSON::PP;

our @EXPORT_OK = qw(settings mode knobs options faults);

my @ZONES = ('UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Pacific/Chatham', 'America/St_Johns', 'Pacific/Kiritimati', '<X>+11:30');

# Off, one in seven.
my @METHODS = qw(hashjoin mergejoin nestloop material memoize sort hashagg incremental_sort partition_pruning async_append gathermerge);

sub settings
{
	my ($dice) = @_;
	my %set = (jit => 'off');

	for my $method (@METHODS)
	{
		$set{"enable_$method"} = 'off' if $dice->chance(14);
	}
	$set{TimeZone} = $dice->pick(@ZONES) if $dice->chance(60);
	$set{work_mem} = '64kB' if $dice->chance(15);
	$set{join_collapse_limit} = $dice->pick(1, 2) if $dice->chance(12);
	$set{from_collapse_limit} = 1 if $dice->chance(12);
	$set{geqo_threshold} = 2 if $dice->chance(5);
	$set{plan_cache_mode} = $dice->pick('force_generic_plan', 'force_custom_plan') if $dice->chance(60);
	$set{cursor_tuple_fraction} = $dice->pick('0.001', '1') if $dice->chance(30);
	$set{DateStyle} = $dice->pick('SQL, DMY', 'German', 'Postgres, MDY') if $dice->chance(8);
	$set{IntervalStyle} = 'iso_8601' if $dice->chance(5);
	$set{extra_float_digits} = 0 if $dice->chance(4);
	$set{enable_partitionwise_join} = 'on' if $dice->chance(10);
	$set{enable_partitionwise_aggregate} = 'on' if $dice->chance(10);
	$set{max_parallel_workers_per_gather} = $dice->chance(95) ? 0 : 2;
	$set{parallel_setup_cost} = 0 if $set{max_parallel_workers_per_gather};
	$set{min_parallel_table_scan_size} = 0 if $set{max_parallel_workers_per_gather};
	$set{'stellantis_fdw.max_concurrency'} = $dice->pick(1, 2, 3) if $dice->chance(15);
	return \%set;
}

# How the statement is sent.
sub mode
{
	my ($dice) = @_;
	my $how = $dice->weighted(plain => 36, prepared => 26, cursor => 10, chunks => 8, hold => 5, function => 7, table => 4, twice => 4);

	return { how => $how, first => $dice->pick(0, 1, 2, 3, 7, 40), scroll => $dice->pick('SCROLL ', 'NO SCROLL ', ''),
		explain => $dice->chance(12) ? 1 : 0 };
}

sub knobs
{
	my ($dice) = @_;
	my %knobs;

	$knobs{trip_date} = $dice->pick(qw(stoppedAt createdAt overlap contained)) if $dice->chance(55);
	$knobs{alert_date} = $dice->pick(qw(endAt createdAt overlap contained)) if $dice->chance(55);
	$knobs{bounds} = $dice->pick(qw(exclusive exclusive exclusive half_open)) if $dice->chance(80);
	$knobs{min_max} = $dice->pick(qw(exclusive half_open)) if $dice->chance(60);
	$knobs{order} = $dice->pick(qw(desc shuffled)) if $dice->chance(50);
	$knobs{empty} = 200 if $dice->chance(50);
	$knobs{unknown_vehicle} = $dice->pick(400, 404) if $dice->chance(60);
	$knobs{page_size} = $dice->pick(3, 7, 20) if $dice->chance(30);
	$knobs{latency_ms} = 1 if $dice->chance(10);
	$knobs{gzip} = JSON::PP::false if $dice->chance(30);
	return \%knobs;
}

# { server => { name => value }, resource => { name => value } }: time_slack only
# as far as docs/pushdown.md allows it.
sub options
{
	my ($dice, $knobs) = @_;
	my %options = (server => {});

	$options{server}{concurrency} = $dice->between(1, 7) if $dice->chance(50);
	$options{server}{request_cost} = $dice->pick(0, 1, 30, 100000) if $dice->chance(45);
	for my $resource (qw(vehicles trips alerts alarms collisions telemetry))
	{
		$options{$resource}{page_size} = $dice->pick(2, 3, 5, 13, 60) if $dice->chance(35);
	}
	$options{telemetry}{page_size} = 400 if $options{telemetry}{page_size} && $dice->chance(50);
	for my $resource (qw(telemetry waypoints alarms collisions))
	{
		$options{$resource}{time_slack} = $dice->pick($knobs->{bounds} ? () : '0', '1 s', '1500 ms', '1 day', '366 days') if $dice->chance(20);
	}
	$options{trips}{time_slack} = $knobs->{trip_date} ? '9 days' : $dice->pick('1 s', '1 min', '1 day') if $dice->chance(30);
	$options{alerts}{time_slack} = $knobs->{alert_date} ? '40 days' : $dice->pick('1 s', '1 min', '1 day') if $dice->chance(30);
	return \%options;
}

# What a repetition mends.
sub faults
{
	my ($dice) = @_;
	my @rules;

	return [] if $dice->chance(85);
	# fewer in all than there are repetitions
	my $n = $dice->weighted(1 => 70, 2 => 30);
	for (1 .. $n)
	{
		my $fault = $dice->pick(
			{ kind => 'status', status => $dice->pick(500, 502, 503, 504, 408) },
			{ kind => 'status', status => 429, headers => { 'Retry-After' => 0 } },
			{ kind => 'reset' },
			{ kind => 'reset_body', bytes => $dice->between(1, 300) },
			{ kind => 'truncate', bytes => $dice->between(1, 300) },
			{ kind => 'close' },
			{ kind => 'stall', ms => 20 },
			{ kind => 'drip', bytes => 2000, ms => 1 },
		);
		my %rule = (times => $n == 1 ? $dice->between(1, 3) : 1, skip => $dice->pick(0, 0, 1, 2, 5), fault => $fault);
		$rule{match} = $dice->pick('/trips', '/user/vehicles\?', '/telemetry', 'wayPoints', 'pageToken') if $dice->chance(50);
		push @rules, \%rule;
	}
	return \@rules;
}

1;
