#!/usr/bin/perl
#
# token_changes.t
#	A refresh amid transactions, cancels and changes of the mapping: the new
#	tokens outlive all of them, and nobody's change is lost or waited for in vain.

use strict;
use warnings;
use lib 'test/harness';
use HTTP::Tiny;
use Tokens qw(wait_for literal);
use Test::More;
use Time::HiRes qw(sleep time);

my $t = Tokens->new;
my $simulator = $t->simulator;
my $QUERY = $Tokens::QUERY;
my $a = $t->session;
my $b = $t->session;

# The next query needs no other token request.
sub needs_no_more
{
	my ($name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$t->mark;
	$t->is_answered($t->session->run($QUERY), 0, "$name: the next query");
	$t->is_kept($name);
	return;
}

# ---- transactions that do not last ----

sub rolled_back
{
	my $caught = "DO \$\$BEGIN BEGIN PERFORM count(*) FROM cars.vehicles; RAISE EXCEPTION 'no'; EXCEPTION WHEN raise_exception THEN NULL; END; END\$\$;";
	my @cases = (
		[ 'ROLLBACK', 'BEGIN;', $QUERY, 'ROLLBACK;' ],
		[ 'an aborted savepoint', 'BEGIN;', 'SAVEPOINT s;', $QUERY, 'ROLLBACK TO s;', 'COMMIT;' ],
		[ 'a savepoint in one', 'BEGIN;', 'SAVEPOINT s;', 'SAVEPOINT r;', $QUERY, 'RELEASE r;', 'ROLLBACK TO s;', 'ROLLBACK;' ],
		[ 'EXCEPTION in PL/pgSQL', $caught ],
		[ 'READ ONLY', 'BEGIN READ ONLY;', $QUERY, 'COMMIT;' ],
		[ 'REPEATABLE READ', 'BEGIN ISOLATION LEVEL REPEATABLE READ;', 'SELECT 1 FROM pg_user_mapping;', $QUERY, 'COMMIT;' ],
		[ 'SERIALIZABLE', 'BEGIN ISOLATION LEVEL SERIALIZABLE;', 'SELECT 1 FROM pg_user_mapping;', $QUERY, 'COMMIT;' ],
		[ 'SERIALIZABLE READ ONLY DEFERRABLE', 'BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;', $QUERY, 'ROLLBACK;' ],
	);

	for my $case (@cases)
	{
		my ($name, @statements) = @$case;
		$t->enrol;
		$t->expire;
		my $said = $a->run(@statements);
		is($said->{error}, undef, "$name: no error") or diag($said->{text});
		is($t->posts, 1, "$name: one token request");
		needs_no_more($name);
	}
	return;
}

# The refresh is seen by the very transaction, whatever its snapshot.
sub seen_at_once
{
	$t->enrol;
	my @said = $a->rows('BEGIN ISOLATION LEVEL REPEATABLE READ;', 'SELECT 1;');
	$t->expire;
	$t->mark;
	$t->is_answered($a->run($QUERY), 1, 'REPEATABLE READ');
	$t->is_answered($a->run($QUERY), 1, 'the same transaction again');
	$a->rows('COMMIT;');
	return;
}

# ---- queries that do not last ----

sub interrupted
{
	my %how = (
		'a cancelled query' => sub { $t->rows('SELECT pg_cancel_backend(' . $a->pid . ');') },
		'a terminated backend' => sub { $t->rows('SELECT pg_terminate_backend(' . $a->pid . ');') },
		'a client that is gone' => sub { kill 'KILL', $a->{psql} },
	);

	for my $name (sort keys %how)
	{
		$t->enrol;
		$simulator->config({ token_latency_ms => 300 });
		$t->expire;
		$a->send($QUERY);
		$t->wait_for_post;
		$how{$name}->();
		my $said = $a->await;
		if ($name eq 'a cancelled query')
		{
			is($said->{error}{sqlstate}, '57014', "$name: 57014");
			cmp_ok($said->{seconds}, '<', 60, "$name: at some time");
		}
		$a = $t->session if $name ne 'a cancelled query';

		# it waits for the worker that is under way
		$t->is_answered($b->run($QUERY), 1, "$name, and another query");
		needs_no_more($name);
	}
	$t->enrol;
	$simulator->config({ token_latency_ms => 300 });
	$t->expire;
	my $said = $a->run("SET statement_timeout = '100ms';", $QUERY, 'RESET statement_timeout;');
	is($said->{error}{sqlstate}, '57014', 'statement_timeout: 57014');
	$t->wait_for_workers;
	is($t->posts, 1, 'statement_timeout: one token request');
	needs_no_more('statement_timeout');
	return;
}

# The cancel is caught, and the same transaction asks again.
sub caught
{
	my $count = 'SELECT count(*) FROM cars.vehicles INTO n';

	$t->enrol;
	$simulator->config({ token_latency_ms => 300 });
	$t->expire;
	$a->send("DO \$\$DECLARE n int; BEGIN BEGIN $count; EXCEPTION WHEN query_canceled THEN $count; END; RAISE NOTICE 'n=%', n; END\$\$;");
	$t->wait_for_post;
	$t->rows('SELECT pg_cancel_backend(' . $a->pid . ');');
	my $said = $a->await;
	is($said->{messages}[0]{message}, "n=$Tokens::COUNT", 'a cancel that is caught: the second query is answered') or diag($said->{text});
	is($t->posts, 1, 'a cancel that is caught: one token request');
	needs_no_more('a cancel that is caught');
	return;
}

# A worker that is terminated finishes what it has begun.
sub worker_terminated
{
	$t->enrol;
	$simulator->config({ token_latency_ms => 300 });
	$t->expire;
	$a->send($QUERY);
	$t->wait_for_post;
	$t->rows("SELECT pg_terminate_backend(pid), pg_cancel_backend(pid) FROM pg_stat_activity WHERE $Tokens::WORKER;");
	$t->is_answered($a->await, 1, 'a terminated worker');
	needs_no_more('a terminated worker');
	return;
}

# The worker of a query that was cancelled is waited for: there is no second one.
sub one_worker
{
	my $waits = "locktype = 'object' AND objsubid = 2 AND NOT granted";

	$t->enrol;
	$simulator->config({ token_latency_ms => 600 });
	$t->expire;
	$a->send($QUERY);
	$t->wait_for_post;
	$t->rows('SELECT pg_cancel_backend(' . $a->pid . ');');
	$a->await;
	$a->send($QUERY);
	wait_for('the query to wait for the worker', sub { ($t->rows("SELECT count(*) FROM pg_locks WHERE $waits AND pid = " . $a->pid . ';'))[0] == 1 });
	my ($workers) = $t->rows("SELECT count(*) FROM pg_stat_activity WHERE $Tokens::WORKER;");
	is($workers, 1, 'after a cancelled query, one worker');

	# who waits for that can be cancelled, too
	$t->rows('SELECT pg_cancel_backend(' . $a->pid . ');');
	is($a->await->{error}{sqlstate}, '57014', 'who waits for it can be cancelled');
	$t->is_answered($a->run($QUERY), 1, 'and asks again');
	needs_no_more('one worker');
	return;
}

# ---- our own changes ----

sub own_changes
{
	my $options = sub { my %o = $t->options_of({ refresh_token => $t->{refresh}, access_tokens => [ { access_token => $t->{access} } ] }); return %o };

	$t->enrol;
	$t->expire;
	$a->rows('BEGIN;', $t->alter("ADD scope 'data:trip'"));
	$t->is_refused($a->run($QUERY), '28000', qr/this transaction has itself changed.*Commit the transaction first/s, 0, 'ALTER in the same transaction');
	$a->rows('ROLLBACK;');
	$t->is_answered($a->run($QUERY), 1, 'after its ROLLBACK');

	$t->enrol;
	$t->expire;
	$t->rows('DROP USER MAPPING FOR CURRENT_USER SERVER sim;');
	$a->rows('BEGIN;', $t->create_mapping($options->()));
	$t->is_refused($a->run($QUERY), '28000', qr/this transaction has itself changed/, 0, 'CREATE in the same transaction');
	$a->rows('ROLLBACK;');

	# a token about to expire is used as it is
	my ($soon) = $t->rows("SELECT now() + interval '20 s';");
	$t->enrol;
	$a->rows('BEGIN;', $t->alter('ADD token_expires_at ' . literal($soon)));
	$t->is_answered($a->run($QUERY), 0, 'ALTER, a token about to expire');
	$a->rows('COMMIT;');
	$t->is_answered($a->run($QUERY), 1, 'after its COMMIT');
	$t->is_kept('after its COMMIT');

	$t->enrol;
	$t->expire;
	$a->rows('BEGIN;', 'SAVEPOINT s;', $t->alter("ADD scope 'data:trip'"), 'ROLLBACK TO s;');
	$t->is_answered($a->run($QUERY), 1, 'ALTER, and ROLLBACK TO SAVEPOINT');
	$a->rows('COMMIT;');
	needs_no_more('ALTER, and ROLLBACK TO SAVEPOINT');

	$t->enrol;
	$t->expire;
	$a->rows('BEGIN;', 'SAVEPOINT s;', $t->alter("ADD scope 'data:trip'"), 'RELEASE s;');
	$t->is_refused($a->run($QUERY), '28000', qr/this transaction has itself changed/, 0, 'ALTER in a subtransaction');
	$a->rows('ROLLBACK;');

	$t->enrol;
	$t->expire;
	$a->rows('BEGIN;', 'SELECT 1 FROM pg_user_mapping FOR UPDATE;');
	$t->is_refused($a->run($QUERY), '55P03', qr/being changed by another transaction.*Nothing has been sent/s, 0, 'FOR UPDATE by the same transaction');
	$a->rows('ROLLBACK;');

	# it holds what the worker wants, and waits for the worker
	$a->rows('BEGIN;', 'LOCK TABLE pg_user_mapping IN SHARE MODE;');
	$t->is_refused($a->run($QUERY), '28000', qr/this transaction has itself locked pg_user_mapping/, 0, 'LOCK TABLE by the same transaction');
	$a->rows('ROLLBACK;');
	$t->is_answered($a->run($QUERY), 1, 'after all that');
	needs_no_more('own changes');
	return;
}

# ---- others' changes ----

sub others_changes
{
	my @holds = ($t->alter("ADD scope 'data:trip'"), 'SELECT 1 FROM pg_user_mapping FOR UPDATE;', 'SELECT 1 FROM pg_user_mapping FOR KEY SHARE;',
		'DROP USER MAPPING FOR CURRENT_USER SERVER sim;');

	for my $hold (@holds)
	{
		my ($name) = $hold =~ /^(ALTER|DROP|.*FOR .*);|^(ALTER)/;
		$name //= 'ALTER';
		$t->enrol;
		$t->expire;
		$b->rows('BEGIN;', $hold);
		$t->is_refused($a->run($QUERY), '55P03', qr/being changed by another transaction.*Nothing has been sent.*Try again when/s, 0, "$name, not committed");
		$b->rows('ROLLBACK;');
		$t->is_answered($a->run($QUERY), 1, "$name, rolled back");
		needs_no_more("$name, rolled back");

		my ($soon) = $t->rows("SELECT now() + interval '20 s';");
		$t->enrol(token_expires_at => $soon);
		$b->rows('BEGIN;', $hold);
		$t->is_answered($a->run($QUERY), 0, "$name, and a token about to expire");
		$b->rows('ROLLBACK;');
	}
	return;
}

# What happens to a statement that meets a refresh under way.
sub during_the_request
{
	my ($statement) = @_;

	$t->enrol;
	$simulator->config({ token_latency_ms => 400 });
	$t->expire;
	$a->send($QUERY);
	$t->wait_for_post;
	my $said = $b->run($statement);
	return ($a->await, $said);
}

sub changes_amid_a_refresh
{
	my ($query, $said) = during_the_request('DROP USER MAPPING FOR CURRENT_USER SERVER sim;');
	$t->is_answered($query, 1, 'DROP amid a refresh');
	like($said->{error}{message} // '', qr/^tuple concurrently updated/, 'DROP waits, and fails as PostgreSQL would have it');
	needs_no_more('DROP amid a refresh');
	$b->rows('DROP USER MAPPING FOR CURRENT_USER SERVER sim;');
	is_deeply($t->mapping, {}, 'a second time it succeeds');

	($query, $said) = during_the_request($t->alter("ADD scope 'data:trip'"));
	$t->is_answered($query, 1, 'ALTER amid a refresh');
	like($said->{error}{message} // '', qr/^tuple concurrently updated/, 'ALTER waits, and fails as PostgreSQL would have it');
	needs_no_more('ALTER amid a refresh');

	# other options of the mapping stay, other rows can be changed
	$t->rows('CREATE ROLE token_bystander;');
	($query, $said) = during_the_request("CREATE USER MAPPING FOR token_bystander SERVER sim OPTIONS (access_token 'x');");
	is($said->{error}, undef, "another's mapping can be made meanwhile");
	cmp_ok($said->{seconds}, '<', 60, 'which does not wait');
	$t->is_answered($query, 1, "another's mapping amid a refresh");
	$t->rows('DROP USER MAPPING FOR token_bystander SERVER sim;', 'DROP ROLE token_bystander;');
	return;
}

# The mapping goes, or the server, while a query waits for its turn.
sub dropped_meanwhile
{
	my $c = $t->session;

	$t->enrol;
	$simulator->config({ token_latency_ms => 400 });
	$t->expire;
	$a->send($QUERY);
	$t->wait_for_post;
	$c->send($QUERY);
	wait_for('a second query to wait', sub { ($t->rows("SELECT count(*) FROM pg_locks WHERE locktype = 'object' AND objsubid = 1 AND NOT granted;"))[0] == 1 });
	my $said = $b->run('DROP USER MAPPING FOR CURRENT_USER SERVER sim;', 'DROP USER MAPPING FOR CURRENT_USER SERVER sim;');
	for my $query ($a->await, $c->await)
	{
		ok($query->{error} ? $query->{error}{sqlstate} eq '42704' : "@{ $query->{rows} }" eq $Tokens::COUNT,
			'dropped while others wait: who waits is answered, or told that the mapping is gone') or diag($query->{text});
	}
	is($t->posts, 1, 'one token request');
	return;
}

# A cursor that was opened with tokens that have been replaced meanwhile.
sub new_tokens_for_a_cursor
{
	$t->enrol(refresh_token => 'spent-long-ago');
	my $all = scalar(my @all = $a->rows('SELECT id FROM cars.trips;'));
	$a->rows('BEGIN;', 'DECLARE c CURSOR FOR SELECT id FROM cars.trips;');
	my $got = scalar(my @some = $a->rows('FETCH 10 FROM c;'));
	$t->expire;
	my $said = $b->run($QUERY);
	is($said->{error}{sqlstate}, '28000', 'a refresh token that is not taken: 28000');
	my $new = $simulator->oauth({ scopes => 'all' });
	my ($access, $refresh) = ($new->{access_tokens}[0]{access_token}, $new->{refresh_token});
	$b->rows($t->alter("SET access_token '$access', SET refresh_token '$refresh'"));
	$said = $a->run('FETCH ALL FROM c;', 'COMMIT;');
	is($said->{error}, undef, 'a cursor takes the tokens that somebody has set meanwhile') or diag($said->{text});
	is($got + @{ $said->{rows} }, $all, 'and has all rows');
	return;
}

# An ALTER that is about to commit is waited for.
sub altered_meanwhile
{
	$t->enrol;
	$t->expire;
	my $fresh = $simulator->oauth({ scopes => 'all' });
	$b->rows('BEGIN;', $t->alter("SET access_token '$fresh->{access_tokens}[0]{access_token}', SET refresh_token '$fresh->{refresh_token}'"));
	$a->send($QUERY);
	wait_for('a worker', sub { ($t->rows("SELECT count(*) FROM pg_stat_activity WHERE $Tokens::WORKER;"))[0] == 1 });
	$b->rows('COMMIT;');
	$t->{family} = $fresh->{id};
	$t->is_answered($a->await, 0, 'an ALTER that commits in a moment');
	needs_no_more('an ALTER that commits in a moment');
	return;
}

# ---- enrolments ----

sub enrolled_amid_a_refresh
{
	$t->enrol;
	$simulator->config({ token_latency_ms => 300 });
	$t->expire;
	$a->send($QUERY);
	$t->wait_for_post;
	$t->consent;
	$t->is_answered($a->await, 2, 'an enrolment amid a refresh');
	needs_no_more('an enrolment amid a refresh');
	is($t->family->{rotations}, 0, 'an enrolment amid a refresh: its tokens are the ones that are stored');
	return;
}

sub refreshed_amid_an_enrolment
{
	$t->enrol;
	$simulator->config({ token_latency_ms => 300 });
	my ($url) = $t->rows("SELECT stellantis.authorize_url('sim', 'https://cars.example/back');");
	my $page = HTTP::Tiny->new(max_redirect => 0, no_proxy => '*', proxy => undef, http_proxy => undef)->get($url);
	$t->expire;
	$t->mark;
	$b->send('SELECT stellantis.enroll(' . literal($page->{headers}{location}) . ", 'sim');");
	$t->wait_for_post;
	$t->is_answered($a->run($QUERY), 1, 'a query amid an enrolment');
	is($b->await->{error}, undef, 'which succeeds');
	$t->{family} = $simulator->oauth->{families}[-1]{id};
	needs_no_more('a query amid an enrolment');
	return;
}

# ---- where settings would get in the way ----

sub hostile_settings
{
	my @plain = ('default_transaction_read_only = on', 'default_transaction_isolation = serializable', 'statement_timeout = 1',
		'lock_timeout = 1', 'idle_in_transaction_session_timeout = 1', 'synchronous_commit = off', "datestyle = 'SQL, DMY'", "timezone = 'Australia/Lord_Howe'",
		'log_min_messages = debug5', "search_path = ''", 'stellantis_fdw.max_concurrency = 1');
	my @roles = ("role = 'token_nobody'", "session_authorization = 'token_nobody'");

	$t->rows('CREATE ROLE token_nobody;');
	for my $settings (\@plain, map { [$_] } @roles, $ENV{SOAK} ? @plain : ())
	{
		my $names = join ', ', map { /^(\S+)/ } @$settings;
		$t->enrol;
		$t->rows(map { "ALTER DATABASE $t->{dbname} SET $_;" } @$settings);
		my $session = $t->session;
		$session->rows('RESET SESSION AUTHORIZATION;', 'SET ROLE NONE;', 'SET statement_timeout = 0;', 'SET lock_timeout = 0;', 'SET idle_in_transaction_session_timeout = 0;');
		$simulator->config({ token_latency_ms => 30 });
		$t->expire;
		$t->mark;
		$t->is_answered($session->run($QUERY), 1, $names);
		$t->is_kept($names);
		my $expires = literal($t->mapping->{token_expires_at});
		my ($right) = $t->rows("SELECT $expires\::timestamptz BETWEEN now() + interval '3590 s' AND now() + interval '3599 s';");
		is($right, 't', "$names: the expiry is what it is") or diag($expires);
		$t->rows("ALTER DATABASE $t->{dbname} RESET ALL;");
	}
	$t->rows('DROP ROLE token_nobody;');
	return;
}

# Others who have locked the whole catalog are not waited for for ever.
sub locked_catalog
{
	$t->enrol;
	$t->expire;
	$b->rows('BEGIN;', 'LOCK TABLE pg_user_mapping IN SHARE MODE;');
	$t->is_refused($a->run($QUERY), '55P03', qr/pg_user_mapping is locked by another transaction.*Nothing has been sent/s, 0, 'a locked catalog');
	$b->rows('ROLLBACK;');
	$t->is_answered($a->run($QUERY), 1, 'afterwards');
	return;
}

rolled_back();
seen_at_once();
interrupted();
caught();
worker_terminated();
one_worker();
own_changes();
others_changes();
changes_amid_a_refresh();
dropped_meanwhile();
new_tokens_for_a_cursor();
altered_meanwhile();
enrolled_amid_a_refresh();
refreshed_amid_an_enrolment();
hostile_settings();
# ten seconds
locked_catalog() if $ENV{SOAK};
done_testing;
