#!/usr/bin/perl
#
# token_clusters.t
#	Refreshes where a cluster is otherwise than usual: no worker is free, it is a
#	hot standby, it is being shut down, a database is not of UTF-8.

use strict;
use warnings;
use lib 'test/harness';
use Cluster;
use JSON::PP ();
use Tokens qw(wait_for literal);
use Test::More;
use Time::HiRes qw(sleep time);

# one worker at a time, besides PostgreSQL's own
my $cluster = Cluster->start('token_primary', max_worker_processes => 2, max_logical_replication_workers => 1, autovacuum => 'off');
my $t = Tokens->new(host => $cluster->host, dbname => 'postgres');
my $simulator = $t->simulator;
my $QUERY = $Tokens::QUERY;

# ---- no worker is free ----

sub full_worker_table
{
	my @sessions = map { $t->session } 1 .. 3;

	# another role's refresh takes the only one
	$t->rows('CREATE ROLE token_other LOGIN;', 'GRANT USAGE ON SCHEMA cars TO PUBLIC;', 'GRANT SELECT ON ALL TABLES IN SCHEMA cars TO PUBLIC;');
	my %other = $t->options_of($simulator->oauth({ scopes => 'all' }));
	$t->enrol;
	$t->rows($t->create_mapping(%other) =~ s/CURRENT_USER/token_other/r);
	my $other = $t->session(role => 'token_other');
	$simulator->config({ token_latency_ms => 800 });
	$t->expire;
	$t->mark;
	$other->send($QUERY);
	$t->wait_for_post;
	$t->is_refused($sessions[0]->run($QUERY), '53400', qr/no background worker is free.*Nothing has been sent.*max_worker_processes/s, 1, 'no worker is free');
	is($t->mapping->{refresh_blocked}, undef, 'that is not held against the token');

	# a token about to expire is used as it is
	my ($soon) = $t->rows("SELECT now() + interval '20 s';");
	$t->rows($t->alter("SET access_token 'sim-about-to-expire', ADD token_expires_at '$soon'"));
	$simulator->config({ tokens => { 'sim-about-to-expire' => { scopes => 'all' } } });
	is("@{ $sessions[0]->run($QUERY)->{rows} }", $Tokens::COUNT, 'no worker is free, and a token about to expire: answered');
	is("@{ $other->await->{rows} }", $Tokens::COUNT, 'the other query is answered');
	$t->wait_for_workers;
	$simulator->config({ token_latency_ms => 0 });
	$t->mark;
	$t->is_answered($sessions[1]->run($QUERY), 1, 'a worker is free again');
	$t->is_kept('a worker is free again');
	$other->close;
	$_->close for @sessions;
	$t->rows('DROP USER MAPPING FOR token_other SERVER sim;', 'DROP OWNED BY token_other;', 'DROP ROLE token_other;');
	return;
}

# ---- a hot standby ----

# What is done on the primary has arrived there.
sub caught_up
{
	my ($session) = @_;
	my ($lsn) = $t->rows('SELECT pg_current_wal_lsn();');

	return wait_for('the standby to catch up', sub { ($session->rows("SELECT pg_last_wal_replay_lsn() >= '$lsn';"))[0] eq 't' });
}

sub hot_standby
{
	my $standby = $cluster->standby('token_standby');
	my $s = $standby->session;

	$t->enrol;
	caught_up($s);
	$t->is_answered($s->run($QUERY), 0, 'a standby with a good token');
	$t->expire;
	$t->mark;
	$t->is_refused($s->run($QUERY), '28000', qr/this server is a standby.*Query the primary server/s, 0, 'a standby, and the token is refused');
	is($t->requests, 'GET 401', 'it asks once');
	my $refused = $s->run("SELECT stellantis.refresh_token('sim');");
	is($refused->{error}{sqlstate}, '25006', 'a standby, and refresh_token(): 25006');

	# known to have expired: nothing is sent at all
	$t->rows($t->alter("ADD token_expires_at '2026-01-01 00:00:00+00'"));
	caught_up($s);
	$t->mark;
	$t->is_refused($s->run($QUERY), '28000', qr/has expired.*this server is a standby/s, 0, 'a standby, and a token that has expired');
	is($t->requests, '', 'it asks nothing');
	my ($soon) = $t->rows("SELECT now() + interval '20 s';");
	$t->enrol(token_expires_at => $soon);
	caught_up($s);
	$t->is_answered($s->run($QUERY), 0, 'a standby, and a token about to expire');

	# the primary refreshes it, and passes it on
	$t->rows("ALTER FOREIGN TABLE cars.trips OPTIONS (ADD page_size '10');");
	$t->enrol;
	caught_up($s);
	my @rows = $s->rows('BEGIN;', 'DECLARE c CURSOR FOR SELECT id FROM cars.trips;', 'FETCH 10 FROM c;');
	$t->expire;
	$t->is_answered($t->session->run($QUERY), 1, 'the primary');
	caught_up($s);
	push @rows, $s->rows('FETCH ALL FROM c;', 'COMMIT;');
	my ($all) = $t->session->rows('SELECT count(*) FROM cars.trips;');
	is(scalar @rows, $all, 'a cursor on the standby goes on with the new token');
	$t->is_answered($s->run($QUERY), 1, 'the standby, later');

	# an API that refuses that, too
	$s->rows('BEGIN;', 'DECLARE c CURSOR FOR SELECT id FROM cars.trips;', 'FETCH 10 FROM c;');
	$t->expire;
	$t->session->run($QUERY);
	caught_up($s);
	$simulator->fault({ match => '/trips', times => -1, fault => { kind => 'status', status => 401 } });
	$t->mark;
	$t->is_refused($s->run('FETCH ALL FROM c;'), '28000', qr/refreshed just before/, 0, 'a standby, and an API that refuses all tokens');
	$simulator->heal;
	$s->close;

	# what was a standby refreshes
	$cluster->stop;
	my $promoted = $standby->session;
	$promoted->rows('SELECT pg_promote();');
	$t->expire;
	$t->mark;
	$t->is_answered($promoted->run($QUERY), 1, 'a standby that was promoted');
	@$t{qw(host admin)} = ($standby->host, $promoted);
	$t->is_kept('a standby that was promoted');
	$t->{admin} = undef;
	$promoted->close;
	$standby->stop;
	$cluster->up;
	@$t{qw(host admin)} = ($cluster->host, $cluster->session);
	return;
}

# ---- a shutdown that waits for the sessions ----

sub smart_shutdown
{
	my $a = $t->session;

	$t->enrol;
	$t->expire;
	$t->mark;
	$t->{admin}->close;
	system("$ENV{PG_BINDIR}/pg_ctl", '-D', $cluster->data, '-s', '-W', '-m', 'smart', 'stop');
	sleep 0.2;
	my $said = $a->run($QUERY);
	is($said->{error} ? $said->{text} : "@{ $said->{rows} }", $Tokens::COUNT, 'amid a smart shutdown: answered');
	$a->close;
	wait_for('the shutdown', sub { !-e $cluster->data . '/postmaster.pid' });
	$cluster->up;
	$t->{admin} = $cluster->session;
	is($t->posts, 1, 'amid a smart shutdown: one token request');
	$t->is_kept('amid a smart shutdown');
	return;
}

# ---- a database of another encoding ----

sub latin
{
	$t->rows("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;");
	my $l = Tokens->new(host => $cluster->host, dbname => 'latin');
	my $secret = "s\xe9cret of the application";

	$l->enrol;
	$simulator->config({ client_secret => $secret });
	$l->rows($l->alter("SET client_secret '$secret'"));
	$l->fault({ kind => 'edit', pointer => '/scope', value => "data:trip \x{e9}\x{4e2d}" });
	$l->expire;
	$l->mark;
	$l->is_answered($l->session->run($QUERY), 1, 'LATIN1: a secret beyond ASCII');
	$l->is_kept('LATIN1');
	is($l->mapping->{scope}, undef, 'LATIN1: a scope that is none is not stored');
	$l->expire;
	$l->fault({ kind => 'echo_token', status => 400 }, times => -1);
	my $said = $l->session->run($QUERY);
	is($said->{error}{sqlstate}, '28000', 'LATIN1: an error');
	unlike($said->{text}, qr/cret of the application|Basic [A-Za-z0-9]/, 'LATIN1: which does not show the secret');
	$l->admin->close;
	return;
}

full_worker_table();
smart_shutdown();
latin();
hot_standby();
$cluster->stop;
done_testing;
