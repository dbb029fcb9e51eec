#!/usr/bin/perl
#
# token_refresh.t
#	When an access token is refreshed, how often, and whose it is: one request
#	to the token server, however many queries need it, and never a lost token.

use strict;
use warnings;
use lib 'test/harness';
use Tokens qw(wait_for literal);
use Test::More;
use Time::HiRes qw(sleep time);

my $t = Tokens->new;
my $simulator = $t->simulator;
my $QUERY = $Tokens::QUERY;
my $a = $t->session;

# ---- when ----

sub refused
{
	$t->enrol;
	$t->is_answered($a->run($QUERY), 0, 'a good token');
	$t->expire;
	$t->mark;
	$t->is_answered($a->run($QUERY), 1, 'a 401');
	is($t->requests, 'GET 401, POST 200, GET 200', 'it is refreshed and asked again');
	$t->is_kept('a 401');
	is($t->mapping->{access_token}, $t->family->{access_tokens}[-1]{access_token}, 'the new access token is stored');
	my $expires = literal($t->mapping->{token_expires_at});
	my ($right) = $t->rows("SELECT $expires\::timestamptz BETWEEN now() + interval '3590 s' AND now() + interval '3599 s';");
	is($right, 't', 'and when it expires');
	$t->mark;
	$t->is_answered($a->run($QUERY), 0, 'the next query');
	is($t->requests, 'GET 200', 'asks once');
	return;
}

sub ahead
{
	my ($soon, $later) = $t->rows("SELECT now() + interval '30 s';", "SELECT now() + interval '90 s';");

	$t->enrol(token_expires_at => $later, refreshed_at => '2026-01-01 00:00:00+00');
	$t->is_answered($a->run($QUERY), 0, 'a token that lasts for a while');
	$t->enrol(token_expires_at => $soon, refreshed_at => '2026-01-01 00:00:00+00');
	$t->is_answered($a->run($QUERY), 1, 'a token about to expire');
	is($t->requests, 'POST 200, GET 200', 'is refreshed first');
	$t->is_kept('ahead');

	# the API takes it yet, and so it is used when it cannot be refreshed
	$t->enrol(token_expires_at => $soon, refreshed_at => '2026-01-01 00:00:00+00');
	$t->fault({ kind => 'status', status => 503 });
	$t->is_answered($a->run($QUERY), 1, 'about to expire, and the token server is down');
	is($t->requests, 'POST 503, GET 200', 'the old one is used');
	$t->is_answered($a->run($QUERY), 1, 'the next query does not try again');
	return;
}

# Tokens that live for two seconds: none is refused, none is refreshed early.
sub short_lives
{
	my $end;

	$t->enrol;
	$simulator->config({ access_token_life => 2 });
	$t->expire;
	$a->run($QUERY);
	$t->mark;
	for ($end = time + 4.5; time < $end; sleep 0.05)
	{
		my $said = $a->run($QUERY);
		fail("a short life: $said->{text}") if $said->{error};
	}
	unlike($t->requests, qr/401/, 'short lives: no token is refused');
	ok($t->posts >= 2 && $t->posts <= 3, 'each is refreshed near its end') or diag($t->posts);
	$t->is_kept('short lives');
	return;
}

sub life_unknown
{
	$t->enrol;
	$simulator->config({ expires_in => 'absent' });
	$t->expire;
	$t->is_answered($a->run($QUERY), 1, 'a life unknown');
	is($t->mapping->{token_expires_at}, undef, 'nothing is stored of it');
	$t->is_answered($a->run($QUERY), 1, 'it is used for good');
	$t->expire;
	$t->is_answered($a->run($QUERY), 2, 'until it is refused');
	$t->is_kept('a life unknown');
	return;
}

sub no_access_token
{
	$t->enrol(access_token => undef);
	$t->is_answered($a->run($QUERY), 1, 'no access token yet');
	is($t->requests, 'POST 200, GET 200', 'it is asked for first');
	$t->is_kept('no access token yet');
	return;
}

sub not_rotated
{
	for my $rotate ('absent', 'no')
	{
		$t->enrol;
		$simulator->config({ rotate => $rotate });
		for my $n (1 .. 2)
		{
			$t->expire;
			$t->is_answered($a->run($QUERY), $n, "rotation $rotate, $n");
			$t->is_kept("rotation $rotate, $n");
		}
		is($t->mapping->{refresh_token}, $t->{refresh}, "rotation $rotate: it is the first one yet");
	}
	return;
}

# ---- how often ----

sub many_backends
{
	my ($n) = @_;
	my @sessions = map { $t->session } 1 .. $n;
	my %said;

	$t->enrol;
	$simulator->config({ token_latency_ms => 300 });
	$_->rows('SELECT vin FROM cars.vehicles;') for @sessions[0 .. 9];
	$t->expire;
	$t->mark;
	$_->send($QUERY) for @sessions;
	my ($most, $workers) = $t->watch_workers(sub {
		$said{$_} //= $sessions[$_]->await(0.001) for 0 .. $#sessions;
		return !grep { !defined $said{$_} } 0 .. $#sessions;
	});
	my @wrong = grep { $_->{error} || "@{ $_->{rows} }" ne $Tokens::COUNT } values %said;
	is(scalar @wrong, 0, "$n backends: all are answered") or diag($wrong[0]{text});
	is($t->posts, 1, 'by one token request');
	is($workers, 1, 'of one worker');
	is($most, 1, 'at any time');
	$t->is_kept("$n backends");
	return;
}

# Eight requests of one query at once, of which each is refused.
sub fan_out
{
	$t->enrol;
	my ($full) = $a->rows('SELECT count(*) FROM cars.positions;');
	# the listing is taken, then no more
	$simulator->config({ latency_ms => 30 });
	my $control = $t->session;
	my @rules = ({ match => '/user/vehicles/.*(status|lastPosition)', times => 6, fault => { kind => 'status', status => 401 } });
	$simulator->fault(@rules);
	$t->mark;
	my $said = $a->run('SELECT count(*) FROM cars.positions;');
	is("@{ $said->{rows} }", $full, 'a fan-out of 401s: answered') or diag($said->{text});
	is($t->posts, 1, 'by one token request');
	is(scalar(grep { / 401$/ } $simulator->lines), 6, 'all were refused');
	$t->is_kept('a fan-out');
	return;
}

sub two_scans
{
	$t->enrol;
	$t->expire;
	my $said = $a->run('SELECT count(*) FROM cars.vehicles AS a FULL JOIN cars.vehicles AS b USING (id);');
	$t->is_answered($said, 1, 'two scans of one query');
	$t->is_kept('two scans');
	return;
}

sub across_a_cursor
{
	$t->enrol;
	my @all = $a->rows('SELECT id FROM cars.trips;');
	$a->rows('BEGIN;', 'DECLARE c CURSOR FOR SELECT id FROM cars.trips;');
	my @rows;
	for my $n (0 .. 4)
	{
		push @rows, $a->rows('FETCH 60 FROM c;');
		$t->expire;
	}
	push @rows, $a->rows('FETCH ALL FROM c;', 'COMMIT;');
	is_deeply([ sort @rows ], [ sort @all ], 'a cursor across expiries: every row once');
	cmp_ok($t->posts, '>=', 1, 'it was refreshed on the way');
	$t->is_kept('a cursor');
	return;
}

# The token server gives the same access token again: nobody goes round in circles.
sub the_same_again
{
	$t->enrol;
	$t->expire;
	$t->fault({ kind => 'edit', pointer => '/access_token', value => $t->{access} }, times => -1);
	my @sessions = map { $t->session } 1 .. 5;
	$_->send($QUERY) for @sessions;
	my @said = map { $_->await } @sessions;
	is(scalar(grep { ($_->{error} // { sqlstate => '' })->{sqlstate} eq '28000' } @said), 5, 'the same access token again: 28000');
	is($t->posts, 1, 'one token request');
	sleep 1.5;
	$t->is_refused($t->session->run($QUERY), '28000', qr/does not accept the new access token either.*Try again after/s, 1, 'the same access token, later');
	$t->is_kept('the same access token again');
	return;
}

# ---- an API that refuses whatever token ----

sub api_refuses_all
{
	my @sessions = map { $t->session } 1 .. 10;

	$t->enrol;
	$simulator->fault({ match => '/user/vehicles', times => -1, fault => { kind => 'status', status => 401 } });
	$t->is_refused($a->run($QUERY), '28000', qr/refreshed just before/, 1, 'an API that refuses all tokens');
	$t->is_refused($a->run($QUERY), '28000', qr/does not accept the new access token either.*Try again after/s, 1, 'the same backend again');
	$t->is_refused($sessions[0]->run($QUERY), '28000', qr/Try again after/, 1, 'another backend');
	$t->is_kept('an API that refuses all tokens');

	# those who ask how things stand ask no more
	for my $function ('availability', '"check"')
	{
		$t->enrol;
		$simulator->fault({ match => '/user/vehicles', times => -1, fault => { kind => 'status', status => 401 } });
		$a->run("SELECT * FROM stellantis.$function('sim');") for 1 .. 3;
		is($t->posts, 1, "$function, again and again: one token request");
		$t->is_refused($sessions[1]->run($QUERY), '28000', qr/Try again after/, 1, "$function, and a query");
	}

	# queries that begin at any moment: also between the refresh and its judgement
	$t->enrol;
	$simulator->config({ latency_ms => 5 });
	$simulator->fault({ match => '/user/vehicles', times => -1, fault => { kind => 'status', status => 401 } });
	my %busy;
	for (my $end = time + 3; time < $end; sleep 0.002)
	{
		for my $n (0 .. $#sessions)
		{
			next if $busy{$n} && !$sessions[$n]->await(0.0005);
			$sessions[$n]->send($QUERY);
			$busy{$n} = 1;
		}
	}
	$_->await for @sessions;
	is($t->posts, 1, 'ten backends again and again: one token request');
	$t->is_kept('ten backends again and again');
	$simulator->heal;
	return;
}

# One car is refused whatever the token, while the others' pages are answered: its
# 401s come late, when the new token has long been taken for them.
sub api_refuses_one
{
	my $rule = { match => 'vehicles/VF7SXHNSSNT000003/trips', times => -1, fault => [ { kind => 'stall', ms => 60 }, { kind => 'status', status => 401 } ] };

	$t->enrol;
	$t->rows("ALTER SERVER sim OPTIONS (ADD concurrency '2');", "ALTER FOREIGN TABLE cars.trips OPTIONS (ADD page_size '5');");
	$simulator->config({ latency_ms => 5 });
	$simulator->fault($rule);
	my $query = 'SELECT count(*) FROM cars.trips;';
	$t->is_refused($a->run($query), '28000', qr/VF7SXHNSSNT000003.*refreshed just before/s, 1, 'an API that refuses one car');
	$t->is_refused($a->run($query), '28000', qr/VF7SXHNSSNT000003.*Try again after/s, 1, 'the same again');
	$t->is_refused($t->session->run($query), '28000', qr/VF7SXHNSSNT000003.*Try again after/s, 1, 'another backend');
	$t->is_kept('an API that refuses one car');
	$t->rows('ALTER SERVER sim OPTIONS (DROP concurrency);', 'ALTER FOREIGN TABLE cars.trips OPTIONS (DROP page_size);');
	return;
}

# ---- whose ----

sub public_mapping
{
	$t->rows('SET client_min_messages = error;', 'DROP USER MAPPING IF EXISTS FOR CURRENT_USER SERVER sim;',
		'CREATE ROLE token_one LOGIN;', 'CREATE ROLE token_two LOGIN;', 'CREATE ROLE token_three NOLOGIN;',
		'GRANT USAGE ON SCHEMA cars TO PUBLIC;', 'GRANT SELECT ON ALL TABLES IN SCHEMA cars TO PUBLIC;');
	$t->{user} = 'PUBLIC';
	$t->enrol;
	$t->expire;
	$simulator->config({ token_latency_ms => 200 });
	my @sessions = map { $t->session(role => $_) } 'token_one', 'token_two';
	$_->send($QUERY) for @sessions;
	$t->is_answered($_->await, 1, "PUBLIC's mapping, two roles") for @sessions;
	$t->is_kept("PUBLIC's mapping");
	my ($mappings) = $t->rows('SELECT count(*) FROM pg_user_mapping;');
	is($mappings, 1, 'it is not made a mapping of the role');
	$t->rows('DROP USER MAPPING FOR PUBLIC SERVER sim;');
	$t->{user} = 'CURRENT_USER';
	return;
}

# The mapping of a role that cannot log in is refreshed: whoever asks.
sub lent_mappings
{
	$t->{user} = 'token_three';
	$t->rows('GRANT USAGE ON FOREIGN SERVER sim TO token_three;', 'GRANT CREATE ON SCHEMA cars TO token_three;', 'SET ROLE token_three;',
		'CREATE VIEW cars.lent AS SELECT * FROM cars.vehicles;',
		q{CREATE FUNCTION cars.lent() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = cars, pg_temp AS 'BEGIN RETURN (SELECT count(*) FROM cars.vehicles); END';},
		'GRANT SELECT ON cars.lent TO PUBLIC;', 'RESET ROLE;');
	my $session = $t->session(role => 'token_one');
	for ([ 'a view', 'SELECT count(*) FROM cars.lent;' ], [ 'SECURITY DEFINER', 'SELECT cars.lent();' ])
	{
		my ($name, $query) = @$_;
		$t->enrol;
		$t->rows($t->create_mapping(access_token => 'somebody-elses', refresh_token => 'another') =~ s/token_three/token_one/r) if $name eq 'a view';
		$t->expire;
		$t->mark;
		$t->is_answered($session->run($query), 1, "$name");
		my ($stored) = $t->rows(q{SELECT count(*) FROM pg_user_mapping WHERE umuser = 'token_three'::regrole AND umoptions @> ARRAY[} .
			literal("refresh_token=" . $t->family->{refresh_token}) . '];');
		is($stored, 1, "$name: its owner's mapping is refreshed");
		my ($other) = $t->rows(q{SELECT umoptions FROM pg_user_mapping WHERE umuser = 'token_one'::regrole;});
		is($other, '{access_token=somebody-elses,refresh_token=another}', "$name: the caller's is as it was");
	}
	$t->rows('DROP USER MAPPING FOR token_three SERVER sim;', 'DROP USER MAPPING FOR token_one SERVER sim;',
		'DROP OWNED BY token_one, token_two, token_three;', 'DROP ROLE token_one, token_two, token_three;');
	$t->{user} = 'CURRENT_USER';
	return;
}

refused();
ahead();
short_lives();
life_unknown();
no_access_token();
not_rotated();
many_backends(50);
fan_out();
two_scans();
across_a_cursor();
the_same_again();
api_refuses_all();
api_refuses_one();
public_mapping();
lent_mappings();
done_testing;
