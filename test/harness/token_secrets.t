#!/usr/bin/perl
#
# token_secrets.t
#	Nothing that a token server gives out or is given is seen anywhere but in the
#	mapping: not in a log that has all, in statistics, errors, views or plans.
#
#	simulator: --vehicles 4

use strict;
use warnings;
use lib 'test/harness';
use Cluster;
use JSON::PP ();
use Tokens qw(wait_for);
use Test::More;
use Time::HiRes 'sleep';

my $cluster = Cluster->start('token_secrets', log_min_messages => 'debug5', shared_preload_libraries => 'pg_stat_statements', 'pg_stat_statements.track' => 'all',
	log_error_verbosity => 'verbose', track_activity_query_size => '16kB');
my $t = Tokens->new(host => $cluster->host, dbname => 'postgres');
my $simulator = $t->simulator;
my $QUERY = $Tokens::QUERY;
my $a = $t->session;

# Whatever anybody was shown.
my @shown;

sub show
{
	my ($session, @statements) = @_;
	my $said = $session->run(@statements);

	push @shown, join "\n", @{ $said->{rows} }, $said->{text};
	return $said;
}

# A file's text, or nothing.
sub content
{
	my ($name) = @_;

	open my $file, '<', $name or return '';
	local $/;
	return scalar(<$file>) // '';
}

# ---- what is done with tokens ----

sub everything
{
	my $true = JSON::PP::true;

	$t->rows('CREATE EXTENSION pg_stat_statements;', 'SELECT pg_stat_statements_reset();');
	for (1 .. 3)
	{
		$t->expire;
		show($a, $QUERY);
	}
	$t->consent;
	show($a, $QUERY, "SELECT stellantis.refresh_token('sim');", 'SELECT * FROM stellantis.token_status;', q{SELECT * FROM stellantis."check"('sim');},
		q{SELECT * FROM stellantis.availability('sim');}, 'EXPLAIN (ANALYZE, VERBOSE, SETTINGS) SELECT * FROM cars.vehicles;',
		'EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) SELECT * FROM cars.positions;', 'SELECT * FROM pg_prepared_statements, pg_cursors;',
		'SELECT * FROM pg_backend_memory_contexts;');

	# while a refresh is under way
	$simulator->config({ token_latency_ms => 300 });
	$t->expire;
	$t->mark;
	$a->send($QUERY);
	$t->wait_for_post;
	show($t->admin, 'SELECT * FROM pg_stat_activity;', 'SELECT * FROM pg_locks;');
	like($shown[-1], qr/stellantis_fdw token refresh/, 'the worker was seen in pg_stat_activity');
	push @shown, grep { /^postgres: / } map { content($_) } glob '/proc/[0-9]*/cmdline';
	$a->await;
	show($a, q{SELECT stellantis.revoke_token('sim');}, $QUERY);
	return;
}

# A token server, an API that repeat what they were sent.
sub repeated
{
	for my $status (400, 401, 429, 500)
	{
		for my $where ('access_token', '/user/vehicles')
		{
			$t->enrol;
			$t->expire;
			$simulator->fault({ match => $where, times => -1, fault => { kind => 'echo_token', status => $status } });
			my $said = show($a, $QUERY);
			isnt($said->{error}, undef, "$where repeats what it was sent, $status: an error");
			show($a, $QUERY, 'SELECT * FROM stellantis.token_status;', "SELECT stellantis.refresh_token('sim');", q{SELECT * FROM stellantis."check"('sim');});
		}
	}

	# the form, as it came
	for my $body ('refresh_token={refresh}', 'grant_type=refresh_token&refresh_token={refresh}&client_secret=sim-client-secret',
		'{"error":"invalid_grant","error_description":"{refresh} of sim-client-secret"}', '{"error":"{refresh}"}', '"{refresh}"')
	{
		for my $status (200, 400, 500)
		{
			$t->enrol;
			$t->expire;
			my $text = $body =~ s/\{refresh\}/$t->{refresh}/gr;
			$t->fault({ kind => 'status', status => $status, body => $text }, times => -1);
			show($a, $QUERY, $QUERY, "SELECT stellantis.refresh_token('sim');", 'SELECT * FROM stellantis.token_status;');
		}
	}
	$t->enrol;
	$t->expire;
	$t->fault({ kind => 'content_type', value => "text/$t->{refresh}" });
	show($a, $QUERY);

	# the code of an enrolment; psql shows the statement's own text, which is not asked about
	$t->enrol;
	$t->fault({ kind => 'echo_token', status => 400 });
	eval { $t->consent };
	unlike($@ =~ s/SELECT.*//sr, qr/c2ltLWNs/, 'an enrolment that fails shows no credentials');
	return;
}

# An answer that comes when the token with which it was asked has been replaced.
sub replaced
{
	$t->enrol;
	my ($first) = map { $_->{vehicle}{vin} } @{ $simulator->world->{vehicles} };
	$t->rows("ALTER SERVER sim OPTIONS (ADD retries '0');");
	$simulator->fault(
		{ match => "$first/lastPosition", fault => [ { kind => 'stall', ms => 300 }, { kind => 'echo_token', status => 500 } ] },
		{ match => 'lastPosition', fault => { kind => 'status', status => 401 } });
	$t->mark;
	my $said = show($a, 'SELECT count(*) FROM cars.positions;');
	is($t->posts, 1, 'the token was replaced meanwhile');
	is($said->{error}{sqlstate}, 'HV00L', 'and then an answer repeats the old one') or diag($said->{text});
	like($said->{text}, qr/\*\*\*/, 'which is not shown');
	$t->rows('ALTER SERVER sim OPTIONS (DROP retries);');
	return;
}

# ---- where nothing is to be found ----

# What the simulators have given out and were given; and what the tests set.
sub secrets
{
	my %secrets = map { $_ => 1 } split(/\n/, content("$ENV{STELLANTIS_RUN}/secrets")), 'sim-client-secret', 'sim-refresh-token', 'sim-access-token';
	return keys %secrets;
}

sub found
{
	my ($text, @secrets) = @_;
	my $pattern = join '|', map { quotemeta } @secrets;
	my %found;

	$found{$1}++ while $text =~ /($pattern)/g;
	return join ', ', sort keys %found;
}

everything();
repeated();
replaced();

my @secrets = secrets();
cmp_ok(scalar @secrets, '>', 50, 'there are secrets to look for');
is(found(join("\n", @shown), @secrets), '', 'none in what was shown');

# of statements pg_stat_statements keeps the text: what people wrote themselves does not count
my @statements = $t->rows(q{SELECT query FROM pg_stat_statements WHERE query !~* '^\s*(CREATE|ALTER) USER MAPPING';});
is(scalar(grep { $_ eq $QUERY =~ s/;$//r } @statements), 1, 'pg_stat_statements has the queries');
is(found(join("\n", @statements), @secrets), '', 'but no secret');
is(scalar(grep { /pg_user_mapping|^(?:UPDATE|INSERT|DELETE)/ } @statements), 0, 'and nothing of what the workers did');
$_->close for $a, $t->admin;
$cluster->stop;
my $log = $cluster->log;
like($log, qr/stellantis_fdw token refresh.*DEBUG:/, 'the log has it all');
is(found($log, @secrets), '', 'but no secret');

# libcurl would say more, to stderr unless a function listens
my $source = join '', map { content($_) } glob 'src/*.[ch]';
like($source, qr/CURLOPT_URL/, 'these are the sources');
$source =~ s/SET\(CURLOPT_DEBUGFUNCTION, on_debug\);\s+SET\(CURLOPT_DEBUGDATA, transfer\);\s+SET\(CURLOPT_VERBOSE, 1L\);//;
ok($source !~ /\(\s*(?:\w+,\s*)?CURLOPT_(?:VERBOSE|DEBUGFUNCTION|STDERR)/, 'libcurl is asked to talk to a function of ours at most');
done_testing;
