#!/usr/bin/perl
#
# token_faults.t
#	Whatever the token server does: each fault has its SQLSTATE, detail and hint,
#	is asked for once and then left alone for a while, and a refresh token that
#	came with it is kept.

use strict;
use warnings;
use lib 'test/harness';
use JSON::PP ();
use Tokens qw(wait_for literal);
use Test::More;

my $t = Tokens->new;
my $simulator = $t->simulator;
my $QUERY = $Tokens::QUERY;
my $a = $t->session;
my $b = $t->session;

# For how many seconds, and after how many failures, the mapping says that none
# is tried; 'infinity'.
sub blocked
{
	my $blocked = $t->mapping->{refresh_blocked} // return 'not at all';
	my ($failures, $until) = $blocked =~ /^\S+ (\d+) (.*)$/ or return $blocked;

	return "$failures, $until" if $until eq 'infinity';
	my ($seconds) = $t->rows('SELECT round(extract(epoch FROM to_timestamp(' . $until . ') - now()) / 5) * 5;');
	return "$failures, $seconds";
}

# ---- faults that pass ----

# Of each: what it is, its SQLSTATE, what is said, and how; "after" is true if
# the token server has rotated the refresh token.
sub passing
{
	my $body = sub { my ($text, %more) = @_; return ({ kind => 'bad_json', body => $text, after => JSON::PP::true, %more }) };
	my $edit = sub { my ($pointer, @how) = @_; return { kind => 'edit', pointer => $pointer, @how } };
	my $status = sub { my ($status, %more) = @_; return { kind => 'status', status => $status, %more } };

	my @faults = (
		[ '500', 'HV00L', qr/failed with status 500/, $status->(500) ],
		[ '503 in HTML', 'HV00L', qr/failed with status 503/, $status->(503, body => 'html') ],
		[ '429', '53400', qr/quota.*Try again/s, $status->(429) ],
		[ '429, Retry-After', '53400', qr/Try again in 40 seconds/, $status->(429, headers => { 'Retry-After' => 40 }), block => '1, 40' ],
		[ '429, a shorter Retry-After', '53400', qr/Try again in 1 second/, $status->(429, headers => { 'Retry-After' => 1 }) ],
		[ '503, Retry-After', 'HV00L', qr/503/, $status->(503, headers => { 'Retry-After' => 60 }), block => '1, 60' ],
		[ '400 invalid_request', '28000', qr/invalid_request/, $status->(400, body => '{"error":"invalid_request","error_description":"too many requests"}') ],
		[ '404', 'HV00R', qr/auth_url/, $status->(404, body => 'html') ],
		[ 'a redirect', '08P01', qr/302.*auth_url/s, { kind => 'redirect', status => 302, location => 'http://127.0.0.1:9/' } ],
		[ 'no content', '08P01', qr/not JSON.*auth_url/s, { kind => 'no_content' } ],
		[ 'reset before', '08006', qr/Try again later/, { kind => 'reset' } ],
		[ 'closed before', '08006', qr/Try again later/, { kind => 'drop' } ],
		[ 'stall', 'HV00L', qr/did not answer in time.*answer is lost/s, { kind => 'stall', ms => -1, after => JSON::PP::false } ],
		[ 'truncated before', '08P01', qr/incomplete/, { kind => 'truncate', bytes => 20, after => JSON::PP::false } ],
		[ 'huge', '08P01', qr/too large/, { kind => 'huge_body', mb => 1, after => JSON::PP::false } ],
		[ 'an empty body', '08P01', qr/not JSON.*enrol again/s, $body->('', after => JSON::PP::false) ],
		[ 'HTML', '08P01', qr/not JSON/, $body->('<html>oops</html>', after => JSON::PP::false) ],
		[ 'an array', '08P01', qr/not a JSON object/, $body->('[]', after => JSON::PP::false) ],
		[ 'not a token', '08P01', qr/no usable access_token/, $body->('{"access_token":5}', after => JSON::PP::false) ],
		[ 'an empty token', '08P01', qr/no usable access_token/, $body->('{"access_token":""}', after => JSON::PP::false) ],
		[ 'a token with a line feed', '08P01', qr/no usable access_token/, $body->('{"access_token":"a\\nX-Evil: 1"}', after => JSON::PP::false) ],

		# the refresh token has been rotated
		[ 'no access token', '08P01', qr/no usable access_token/, $edit->('/access_token', remove => JSON::PP::true), after => 1 ],
		[ 'another access token', '08P01', qr/no usable access_token/, $edit->('/access_token', value => { a => 1 }), after => 1 ],
		[ 'token_type mac', '08P01', qr/token_type other than "Bearer"/, $edit->('/token_type', value => 'mac'), after => 1 ],
	);

	for (@faults)
	{
		my ($name, $state, $like, $fault, %is) = @$_;
		$t->enrol;
		$t->rows("ALTER SERVER sim OPTIONS (ADD request_timeout '300 ms');") if $name eq 'stall';
		$t->fault($fault, times => -1);
		$t->expire;
		$t->is_refused($a->run($QUERY), $state, $like, 1, $name);
		is(blocked(), $is{block} // '1, 10', "$name: none is tried for a while");
		my ($said) = $t->rows('SELECT last_error FROM stellantis.token_status WHERE last_error IS NOT NULL;');
		is($said, $t->mapping->{refresh_error}, "$name: the view tells of it");
		$t->is_refused($a->run($QUERY), '28000', qr/last attempt to refresh it failed: .*Try again after 2/s, 1, "$name: the next query");
		$t->is_refused($b->run($QUERY), '28000', qr/last attempt to refresh it failed/, 1, "$name: another backend");
		$t->is_kept($name);
		isnt($t->mapping->{refresh_token}, $t->{refresh}, "$name: it is a new one") if $is{after};
		$t->rows('ALTER SERVER sim OPTIONS (DROP request_timeout);') if $name eq 'stall';

		# the fault passes, and somebody asks for a refresh
		$simulator->heal;
		my $refreshed = $b->run("SELECT stellantis.refresh_token('sim') > now();");
		is("@{ $refreshed->{rows} }", 't', "$name: refresh_token() helps") or diag($refreshed->{text});
		$t->is_answered($a->run($QUERY), 2, "$name: afterwards");
		is_deeply([ @{ $t->mapping }{'refresh_error', 'refresh_blocked'} ], [ undef, undef ], "$name: forgotten");
	}
	return;
}

# It lasts longer each time, up to five minutes.
sub longer_and_longer
{
	my @blocked;

	$t->enrol;
	$t->fault({ kind => 'status', status => 500 }, times => -1);
	$t->expire;
	for (1 .. 7)
	{
		$a->run("SELECT stellantis.refresh_token('sim');");
		push @blocked, blocked();
	}
	is_deeply(\@blocked, [ '1, 10', '2, 20', '3, 40', '4, 80', '5, 160', '6, 300', '7, 300' ], 'failures in a row: longer each time');
	is($t->posts, 7, 'who asks for a refresh gets one each time');
	$t->is_kept('failures in a row');
	return;
}

# When the time is over it is tried again.
sub block_ends
{
	$t->enrol;
	$t->fault({ kind => 'status', status => 500 });
	$t->expire;
	$a->run($QUERY);
	my $blocked = $t->mapping->{refresh_blocked} =~ s/\d+$/1000000000/r;
	$t->rows($t->alter('SET refresh_blocked ' . literal($blocked)));
	$t->is_answered($a->run($QUERY), 2, 'a block that is over');
	$t->is_kept('a block that is over');
	return;
}

# What a role writes there by hand stops nobody who reads it.
sub blocked_by_hand
{
	for my $rest ('1 yesterday', '1 99999999999999999999', '-7 12x', '-99 1', '99999999999 1', 'x', '')
	{
		$t->enrol;
		$t->fault({ kind => 'status', status => 500 });
		$t->expire;
		$a->run($QUERY);
		my ($whose) = $t->mapping->{refresh_blocked} =~ /^(\S+)/;
		$t->rows($t->alter('SET refresh_blocked ' . literal("$whose $rest")));
		for my $sql ('SELECT count(*) FROM stellantis.token_status;', $QUERY)
		{
			my $said = $a->run($sql);
			is($said->{error} ? $said->{text} : '', '', "a block of \"$rest\": $sql");
		}
	}
	return;
}

# Nothing can be reached there.
sub unreachable
{
	$t->enrol;
	$t->expire;
	$t->rows("ALTER SERVER sim OPTIONS (SET auth_url 'http://127.0.0.1:9/am/oauth2');");
	$t->is_refused($a->run($QUERY), '08001', qr/could not connect.*auth_url/s, 0, 'a closed port');
	is(blocked(), '1, 10', 'a closed port: none is tried for a while');
	$t->is_refused($b->run($QUERY), '28000', qr/last attempt to refresh it failed: could not connect/, 0, 'a closed port, another backend');

	# the block was about that address
	$t->rows("ALTER SERVER sim OPTIONS (SET auth_url '$ENV{SIM_AUTH_URL}');");
	$t->is_answered($b->run($QUERY), 1, 'the right address');
	$t->is_kept('the right address');
	return;
}

# ---- an answer that is lost after the token server has rotated ----

# Only an answer that nobody has read can lose a token.
sub lost
{
	my @faults = ([ 'reset after', '08006', { kind => 'reset', after => JSON::PP::true } ], [ 'truncated', '08P01', { kind => 'truncate', bytes => 30 } ]);

	for (@faults)
	{
		my ($name, $state, $fault) = @$_;
		$t->enrol;
		$t->fault($fault);
		$t->expire;
		$t->is_refused($a->run($QUERY), $state, qr/answer is lost, and with it a new refresh token if one was made/, 1, $name);
		is($t->mapping->{refresh_token}, $t->{refresh}, "$name: the old one is in the mapping");
		$t->is_refused($a->run("SELECT stellantis.refresh_token('sim');"), '28000', qr/consent has ended.*must enrol again/s, 2, "$name: it is spent");
		is($simulator->oauth->{counters}{reuse_detected} - $t->{counters}{reuse_detected}, 1, "$name: which the token server sees");
		is(blocked(), '2, infinity', "$name: it is not tried again");
	}
	return;
}

# A document that is broken elsewhere gives the tokens that it has.
sub broken_elsewhere
{
	my @faults = ([ 'a number too large', { kind => 'edit', pointer => '/expires_in', raw => '1e999' } ],
		[ 'an integer too large', { kind => 'edit', pointer => '/expires_in', raw => '99999999999999999999' } ],
		[ 'invalid UTF-8', { kind => 'invalid_utf8', pointer => '/scope' } ], [ 'a lone surrogate', { kind => 'lone_surrogate', pointer => '/scope' } ],
		[ 'a NUL', { kind => 'nul_escape', pointer => '/scope' } ], [ 'too deep', { kind => 'deep', pointer => '/x', depth => 5000 } ]);

	for (@faults)
	{
		my ($name, $fault) = @$_;
		$t->enrol;
		$t->fault($fault);
		$t->expire;
		$t->is_answered($a->run($QUERY), 1, $name);
		$t->is_kept($name);
		$t->is_answered($b->run($QUERY), 1, "$name: the next query");
	}

	# cut off behind the tokens, or before them
	$t->enrol;
	$t->fault({ kind => 'truncate_json', bytes => 10 });
	$t->expire;
	$t->is_refused($a->run($QUERY), '08P01', qr/not JSON/, 1, 'cut off');
	is($t->mapping->{refresh_token}, $t->{refresh}, 'cut off: nothing is made up');
	return;
}

# ---- what may stand in an answer ----

sub lenient
{
	my $in = sub { my ($from, $to) = @_; return "- extract(epoch FROM now()) BETWEEN $from AND $to" };
	my @answers = (
		[ 'expires_in as text', { pointer => '/expires_in', value => '1800' }, $in->(1790, 1800) ],
		[ 'expires_in with a fraction', { pointer => '/expires_in', raw => '1800.5' }, $in->(1790, 1801) ],
		[ 'expires_in negative', { pointer => '/expires_in', value => -5 }, undef ],
		[ 'expires_in 0', { pointer => '/expires_in', value => 0 }, undef ],
		[ 'expires_in huge', { pointer => '/expires_in', raw => '1e18' }, undef ],
		[ 'expires_in of a century', { pointer => '/expires_in', value => 3155760000 }, $in->(3155750000, 3155760000) ],
		[ 'expires_in null', { pointer => '/expires_in', value => undef }, undef ],
		[ 'expires_in in words', { pointer => '/expires_in', value => 'soon' }, undef ],
		[ 'expires_in an object', { pointer => '/expires_in', value => {} }, undef ],
		[ 'no expires_in', { pointer => '/expires_in', remove => JSON::PP::true }, undef ],
		[ 'no scope', { pointer => '/scope', remove => JSON::PP::true }, $in->(3590, 3599) ],
		[ 'an empty scope', { pointer => '/scope', value => '' }, $in->(3590, 3599) ],
		[ 'scope an array', { pointer => '/scope', value => ['data:trip'] }, $in->(3590, 3599) ],
		[ 'token_type in capitals', { pointer => '/token_type', value => 'BEARER' }, $in->(3590, 3599) ],
		[ 'token_type a number', { pointer => '/token_type', value => 5 }, $in->(3590, 3599) ],
		[ 'no token_type', { pointer => '/token_type', remove => JSON::PP::true }, $in->(3590, 3599) ],
		[ 'refresh_token null', { pointer => '/refresh_token', value => undef }, $in->(3590, 3599), rotate => 'no' ],
		[ 'refresh_token empty', { pointer => '/refresh_token', value => '' }, $in->(3590, 3599), rotate => 'no' ],
		[ 'more members', { pointer => '/more', value => { access_token => 'wrong', refresh_token => 'wrong' } }, $in->(3590, 3599) ],
	);

	for (@answers)
	{
		my ($name, $edit, $expires, %knobs) = @$_;
		$t->enrol(scope => 'as before');
		$simulator->config(\%knobs);
		$t->fault({ kind => 'edit', %$edit }, times => -1);
		$t->expire;
		$t->is_answered($a->run($QUERY), 1, $name);
		$t->is_kept($name);
		my $mapping = $t->mapping;
		if (defined $expires && defined $mapping->{token_expires_at})
		{
			my ($right) = $t->rows('SELECT extract(epoch FROM ' . literal($mapping->{token_expires_at}) . "::timestamptz) $expires;");
			is($right, 't', "$name: when it expires") or diag($mapping->{token_expires_at});
		}
		else
		{
			is($mapping->{token_expires_at}, $expires, "$name: when it expires");
		}
		is($mapping->{scope}, 'as before', "$name: the scope is as it was") if $edit->{pointer} eq '/scope';
		$t->is_answered($a->run($QUERY), 1, "$name: the next query");
	}
	return;
}

# ---- refusals ----

sub refused
{
	# the consent has ended
	$t->enrol;
	$simulator->oauth({ revoke => $t->{family} });
	$t->is_refused($a->run($QUERY), '28000', qr/consent has ended.*authorize_url and stellantis\.enroll/s, 1, 'revoked');
	like($t->mapping->{refresh_error}, qr/^invalid_grant: /, 'revoked: it is noted');
	is(blocked(), '1, infinity', 'revoked: for good');
	$t->is_refused($_->run($QUERY), '28000', qr/has refused to refresh it: invalid_grant: .*enrol again/s, 1, 'revoked, again') for $a, $b, $t->session;
	$t->is_refused($a->run("SELECT stellantis.refresh_token('sim');"), '28000', qr/has refused to refresh it: invalid_grant/, 1, 'revoked, and refresh_token()');
	my ($said) = $t->rows('SELECT last_error FROM stellantis.token_status WHERE last_error IS NOT NULL;');
	like($said, qr/^invalid_grant/, 'revoked: the view tells of it');

	# somebody sets new tokens
	my $new = $simulator->oauth({ scopes => 'all' });
	my ($access, $refresh) = ($new->{access_tokens}[0]{access_token}, $new->{refresh_token});
	$t->rows($t->alter("SET access_token '$access', SET refresh_token '$refresh'"));
	$t->{family} = $new->{id};
	$t->is_answered($a->run($QUERY), 1, 'new tokens');
	is(scalar(() = $t->rows('SELECT last_error FROM stellantis.token_status WHERE last_error IS NOT NULL;')), 0, 'new tokens: the view forgets');
	$t->expire;
	$t->is_answered($b->run($QUERY), 2, 'new tokens are refreshed');
	is($t->mapping->{refresh_error}, undef, 'and the error goes');
	$t->is_kept('new tokens');

	# the application is not accepted
	$t->enrol;
	$t->rows($t->alter("SET client_secret 'sim-client-secret-mistyped'"));
	$t->expire;
	$t->is_refused($a->run($QUERY), '28000', qr/does not accept the application.*client_secret/s, 1, 'a wrong client_secret');
	$t->is_refused($b->run($QUERY), '28000', qr/has refused to refresh it: invalid_client/, 1, 'a wrong client_secret, again');
	$t->rows($t->alter("SET client_secret 'sim-client-secret'"));
	$t->is_answered($b->run($QUERY), 2, 'the right client_secret');
	$t->is_kept('the right client_secret');

	# a wrong client_id is refused by the API, too
	$t->enrol(access_token => undef);
	$t->rows("ALTER SERVER sim OPTIONS (SET client_id 'nobody');");
	$t->is_refused($a->run($QUERY), '28000', qr/does not accept the application.*client_id/s, 1, 'a wrong client_id');
	$t->is_refused($b->run($QUERY), '28000', qr/has refused to refresh it: invalid_client/, 1, 'a wrong client_id, again');
	$t->rows("ALTER SERVER sim OPTIONS (SET client_id 'sim-client');");
	$t->is_answered($b->run($QUERY), 2, 'the right client_id');
	$t->is_kept('the right client_id');

	# less is granted than was asked for: not a refusal
	$t->enrol;
	$simulator->config({ grant_scopes => 'data:trip' });
	$t->expire;
	is($a->run('SELECT count(*) FROM cars.positions;')->{error}{sqlstate}, '42501', 'a scope that was withdrawn: 42501');
	is($t->mapping->{scope}, 'data:trip', 'the scope is noted');
	$t->is_kept('a scope that was withdrawn');
	return;
}

sub not_tried
{
	my %without = (
		'no client_secret' => [ sub { $t->enrol(client_secret => undef) }, qr/no client_secret.*Add client_secret/s ],
		'no refresh_token' => [ sub { $t->enrol(refresh_token => undef) }, qr/no refresh_token.*Enrol again/s ],
	);

	for my $name (sort keys %without)
	{
		my ($make, $like) = @{ $without{$name} };
		$make->();
		$t->expire;
		$t->is_refused($a->run($QUERY), '28000', $like, 0, $name);
	}
	$t->enrol;
	$t->rows("ALTER SERVER sim OPTIONS (ADD refresh 'off');");
	$t->expire;
	$t->is_refused($a->run($QUERY), '28000', qr/"refresh" is off.*ALTER SERVER sim OPTIONS \(SET refresh 'on'\)/s, 0, 'refresh off');
	$t->is_refused($a->run("SELECT stellantis.refresh_token('sim');"), '28000', qr/"refresh" is off/, 0, 'refresh off, and refresh_token()');
	$t->rows("ALTER SERVER sim OPTIONS (SET refresh 'on');");
	$t->is_answered($a->run($QUERY), 1, 'refresh on');
	$t->rows('ALTER SERVER sim OPTIONS (DROP refresh);');
	return;
}

# ---- the names of databases and servers, their encoding ----

sub other_names
{
	my $weird = 'quo"te\'s und ähn';

	$t->rows("CREATE SERVER " . '"quo""te\'s und ähn"' . " FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot', base_url '$ENV{SIM_URL}', auth_url '$ENV{SIM_AUTH_URL}', client_id '$ENV{SIM_CLIENT_ID}');",
		'CREATE SCHEMA odd;', 'IMPORT FOREIGN SCHEMA stellantis LIMIT TO (vehicles) FROM SERVER "quo""te\'s und ähn" INTO odd;');
	my %family = map { $_ => $simulator->oauth({ scopes => 'all' }) } 1;
	my %options = $t->options_of($family{1});
	$t->rows($t->create_mapping(%options) =~ s/SERVER sim/SERVER "quo""te's und ähn"/r);
	$t->expire;
	$t->mark;
	$t->is_answered($a->run('SELECT count(*) FROM odd.vehicles;'), 1, 'a server of an odd name');
	$simulator->oauth({ revoke => JSON::PP::true });
	$t->mark;
	$t->is_refused($a->run('SELECT count(*) FROM odd.vehicles;'), '28000', qr/for server "quo"te's und ähn"/, 1, 'a server of an odd name');
	return;
}

passing();
longer_and_longer();
block_ends();
blocked_by_hand();
unreachable();
lost();
broken_elsewhere();
lenient();
refused();
not_tried();
other_names();
done_testing;
