#!/usr/bin/perl
#
# token_fleet.t
#	A query over several accounts whose tokens have expired refreshes several at
#	once, each of them once, and not so many that no worker is left for others.
#
#	simulator: --vehicles 4 --days 40

use strict;
use warnings;
use lib 'test/harness';
use Cluster;
use JSON::PP ();
use Tokens qw(wait_for literal);
use Test::More;

my $ACCOUNTS = 6;

# of four, one is the launcher of logical replication: half of them is two
my $cluster = Cluster->start('token_fleet', max_worker_processes => 4);
my $t = Tokens->new(host => $cluster->host, dbname => 'postgres');
my $simulator = $t->simulator;
my $a = $t->session;
my $b = $t->session;

for my $n (1 .. $ACCOUNTS)
{
	$t->rows("CREATE SERVER s$n FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot', base_url '$ENV{SIM_URL}', auth_url '$ENV{SIM_AUTH_URL}', client_id '$ENV{SIM_CLIENT_ID}');",
		"CREATE SCHEMA s$n;", "IMPORT FOREIGN SCHEMA stellantis LIMIT TO (vehicles, trips) FROM SERVER s$n INTO s$n;");
}

sub union { my ($select, $order) = @_; return join(' UNION ALL ', map { "$select FROM s$_." . ($order ? 'trips' : 'vehicles') } 1 .. $ACCOUNTS) }

my $APPEND = 'SELECT count(*) FROM (' . union('SELECT id') . ') AS u;';
my $MERGE = 'SELECT count(*) FROM (SELECT started_at FROM (' . union('SELECT started_at', 1) . ') AS u ORDER BY started_at DESC NULLS LAST LIMIT 12) AS v;';

# Other consents, whose access tokens have expired; the mappings' options besides.
sub enrol
{
	my (%options) = @_;

	$simulator->heal;
	$simulator->config({ token_latency_ms => 400 });
	for my $n (1 .. $ACCOUNTS)
	{
		my %is = ($t->options_of($simulator->oauth({ scopes => 'all' })), token_expires_at => '2020-01-01 00:00:00+00', %{ $options{$n} // {} });
		$t->rows('SET client_min_messages = error;', "DROP USER MAPPING IF EXISTS FOR CURRENT_USER SERVER s$n;",
			"CREATE USER MAPPING FOR CURRENT_USER SERVER s$n OPTIONS (" . join(', ', map { "$_ " . literal($is{$_}) } sort keys %is) . ');');
	}
	$simulator->oauth({ expire => JSON::PP::true });
	$t->mark;
	return;
}

# Accounts whose mapping has the refresh token that the token server takes.
sub kept
{
	my %valid = map { ($_->{refresh_token} // '') => 1 } @{ $simulator->oauth->{families} };
	my @tokens = $t->rows(q{SELECT substr(o, length('refresh_token=') + 1) FROM pg_user_mapping JOIN pg_foreign_server AS s ON s.oid = umserver, unnest(umoptions) AS o
		WHERE srvname ~ '^s[0-9]' AND o LIKE 'refresh\_token=%';});
	return scalar grep { $valid{$_} } @tokens;
}

sub expect
{
	my ($name, $query, $rows) = @_;

	enrol();
	$a->send($query);
	my $said;
	my ($most) = $t->watch_workers(sub { defined($said = $a->await(0.001)) });
	is($said->{error} ? $said->{text} : "@{ $said->{rows} }", $rows, "$name: answered");
	is($t->posts, $ACCOUNTS, "$name: each token once");
	is($most, 2, "$name: two at once");
	is(kept(), $ACCOUNTS, "$name: all are kept");
	return;
}

expect('Append', $APPEND, 4 * $ACCOUNTS);
expect('MergeAppend', $MERGE, 12);
expect('several tables of each', 'SELECT count(*) FROM (' . join(' UNION ALL ', map { "SELECT id FROM s$_.vehicles UNION ALL SELECT vin FROM s$_.vehicles UNION ALL SELECT brand FROM s$_.vehicles" } 1 .. $ACCOUNTS) . ') AS u;',
	12 * $ACCOUNTS);
my ($plan) = join "\n", $a->rows("EXPLAIN $MERGE");
like($plan, qr/Merge Append/, 'that was one');

# ---- two at once ----

enrol();
$_->send($APPEND) for $a, $b;
my @said = map { $_->await } $a, $b;
is("@{ $_->{rows} }", 4 * $ACCOUNTS, 'two backends: answered') for @said;
is($t->posts, $ACCOUNTS, 'two backends: each token once');
is(kept(), $ACCOUNTS, 'two backends: all are kept');

# ---- one that fails ----

enrol(4 => { refresh_token => 'nonsense' });
my $said = $a->run($APPEND);
is($said->{error}{sqlstate}, '28000', 'one that fails: 28000');
like($said->{text}, qr/server "s4"/, 'one that fails: which');
# the one that was begun before that was known
wait_for('five token requests', sub { $t->posts == 5 });
$t->wait_for_workers;
is(kept(), $ACCOUNTS - 1, 'one that fails: the others are kept');

# ---- cancelled ----

enrol();
$a->send($APPEND);
$t->wait_for_post;
$t->rows('SELECT pg_cancel_backend(' . $a->pid . ');');
is($a->await->{error}{sqlstate}, '57014', 'cancelled: 57014');
is(($t->rows("SELECT count(*) FROM pg_locks WHERE locktype = 'object' AND objsubid IN (1, 2) AND pid = " . $a->pid . ';'))[0], 0, 'cancelled: no lock is left');
$said = $a->run($APPEND);
is("@{ $said->{rows} }", 4 * $ACCOUNTS, 'cancelled: the next query is answered');
is($t->posts, $ACCOUNTS, 'cancelled: each token once');
is(kept(), $ACCOUNTS, 'cancelled: all are kept');

$_->close for $a, $b, $t->admin;
$cluster->stop;
done_testing();
