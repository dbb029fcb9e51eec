package Tokens;
#
# Tokens.pm
#	A database with a server "sim" whose tokens are refreshed, and what became of
#	them: in the mapping, and at the token server.  The cars are in schema cars.
#
#	my $t = Tokens->new(dbname => 'x', host => 'h');	# host: of a Cluster
#	$t->enrol;									# another consent, in a new mapping
#	$t->expire;									# the API refuses the access tokens
#	$t->session->run($t->query);
#	$t->is_kept('...');							# no token is lost

use strict;
use warnings;
use Carp;
use Exporter 'import';
use HTTP::Tiny;
use JSON::PP ();
use Session;
use Simulator;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(wait_for literal);

# The cheapest question; it has COUNT rows.
our $QUERY = 'SELECT count(*) FROM cars.vehicles;';
our $COUNT = 6;

# Of a row of pg_stat_activity: a worker that refreshes, in this database (other
# files of tests have theirs in the same cluster).
our $WORKER = "backend_type = 'stellantis_fdw token refresh' AND datname = current_database()";

sub new
{
	my ($class, %option) = @_;
	my $self = bless { %option, simulator => Simulator->new, user => 'CURRENT_USER' }, $class;

	$self->{dbname} //= $ENV{PGDATABASE};
	$self->{admin} = $self->session;
	$self->set_up;
	return $self;
}

sub set_up
{
	my ($self) = @_;

	$self->rows('SET client_min_messages = warning;',
		'CREATE EXTENSION stellantis_fdw;',
		"CREATE SERVER sim FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot', base_url '$ENV{SIM_URL}', auth_url '$ENV{SIM_AUTH_URL}', client_id '$ENV{SIM_CLIENT_ID}');",
		'CREATE SCHEMA cars;',
		'IMPORT FOREIGN SCHEMA stellantis LIMIT TO (vehicles, status, positions, trips) FROM SERVER sim INTO cars;');
	$self->enrol;
	return;
}

# One more session on the database.
sub session
{
	my ($self, %option) = @_;
	my %where = (dbname => $self->{dbname}, defined $self->{host} ? (host => $self->{host}) : ());

	return Session->new(%where, %option);
}

sub admin { return $_[0]{admin} }
sub simulator { return $_[0]{simulator} }

# What the superuser's session says; raises for an error.
sub rows { my ($self, @statements) = @_; return $self->{admin}->rows(@statements) }

# ---- the mapping ----

# An SQL literal.
sub literal
{
	my ($text) = @_;
	return q(') . $text =~ s/'/''/gr . q(');
}

# The statement that makes a mapping with these options.
sub create_mapping
{
	my ($self, %option) = @_;
	my $list = join ', ', map { "$_ " . literal($option{$_}) } grep { defined $option{$_} } sort keys %option;

	return "CREATE USER MAPPING FOR $self->{user} SERVER sim OPTIONS ($list);";
}

# The options with which an enrolment is one.
sub options_of
{
	my ($self, $family) = @_;
	my $access = $family->{access_tokens}[0];

	return (refresh_token => $family->{refresh_token}, client_secret => 'sim-client-secret',
		$access ? (access_token => $access->{access_token}) : ());
}

# A consent that is this test's alone, in a mapping made anew; options are more
# of the mapping's, or (undef) those that it lacks.  No faults, an empty log.
sub enrol
{
	my ($self, %option) = @_;

	$self->{simulator}->heal;
	$self->{simulator}->config({ expires_in => '', access_token_life => 3599, rotate => 'yes', token_latency_ms => 0,
		token_limit => 0, realm => '', realm_status => 403, latency_ms => 0, client_secret => 'sim-client-secret', grant_scopes => 'all' });
	my $family = $self->{simulator}->oauth({ scopes => 'all' });
	$self->{family} = $family->{id};
	$self->{access} = $family->{access_tokens}[0]{access_token};
	$self->{refresh} = $family->{refresh_token};
	$self->rows('SET client_min_messages = error;', "DROP USER MAPPING IF EXISTS FOR $self->{user} SERVER sim;",
		$self->create_mapping($self->options_of($family), %option));
	$self->mark;
	return $family;
}

# The same as an owner does it, by way of the page of consent, into the mapping
# that there is.
sub consent
{
	my ($self) = @_;
	my ($url) = $self->rows("SELECT stellantis.authorize_url('sim', 'https://cars.example/back');");
	my $page = HTTP::Tiny->new(max_redirect => 0, no_proxy => '*', proxy => undef, http_proxy => undef)->get($url);

	croak "no consent: $page->{status} $page->{content}" unless $page->{status} == 302;
	$self->rows('SELECT stellantis.enroll(' . literal($page->{headers}{location}) . ", 'sim');");
	my $family = $self->{simulator}->oauth->{families}[-1];
	@$self{qw(family access refresh)} = ($family->{id}, $family->{access_tokens}[0]{access_token}, $family->{refresh_token});
	return $family;
}

# ALTER USER MAPPING, the options as in SQL.
sub alter
{
	my ($self, $options) = @_;
	return "ALTER USER MAPPING FOR $self->{user} SERVER sim OPTIONS ($options);";
}

# The options as they are stored.
sub mapping
{
	my ($self, $session) = @_;
	my ($json) = ($session // $self->{admin})->rows(
		q{SELECT json_object_agg(split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)) FROM pg_user_mapping, unnest(umoptions) AS o WHERE umuser = } .
			($self->{user} eq 'PUBLIC' ? '0;' : 'current_user::regrole;'));

	return $json ? JSON::PP->new->decode($json) : {};
}

# ---- the token server ----

# All access tokens have expired, as far as the API is concerned.
sub expire { my ($self) = @_; $self->{simulator}->oauth({ expire => JSON::PP::true }); return }

# The state of the enrolment at the token server.
sub family
{
	my ($self) = @_;
	my ($family) = grep { $_->{id} == $self->{family} } @{ $self->{simulator}->oauth->{families} };

	return $family;
}

# Counting begins here.
sub mark
{
	my ($self) = @_;

	$self->{simulator}->forget;
	$self->{counters} = $self->{simulator}->oauth->{counters};
	return;
}

# How often since then: token_posts, refreshed, ...
sub count
{
	my ($self, $counter) = @_;
	return $self->{simulator}->oauth->{counters}{$counter} - $self->{counters}{$counter};
}

sub posts { return $_[0]->count('token_posts') }

# Since then, the requests: "GET 401", "POST 200", ...
sub requests
{
	my ($self) = @_;
	return join ', ', map { /^(\S+) .* (\d+)$/ ? "$1 $2" : $_ } $self->{simulator}->lines;
}

# A fault of the token endpoint.
sub fault
{
	my ($self, $fault, %rule) = @_;

	$self->{simulator}->fault({ match => '/am/oauth2/access_token', fault => $fault, %rule });
	return;
}

# ---- what is asserted ----

# The mapping's refresh token is the one that the token server takes.
sub is_kept
{
	my ($self, $name) = @_;
	my $family = $self->family;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(defined $family->{refresh_token} && $self->mapping->{refresh_token} eq $family->{refresh_token}, "$name: the refresh token is the valid one")
		or diag("mapping: ", explain($self->mapping), "family: ", explain($family));
	return;
}

# The answer of a query, and so many token requests since the mark.
sub is_answered
{
	my ($self, $said, $posts, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($said->{error} ? $said->{text} : join(' ', @{ $said->{rows} }), $COUNT, "$name: answered");
	is($self->posts, $posts, "$name: $posts token requests");
	return;
}

# An error: SQLSTATE, a text that its message, detail and hint must match, and
# so many token requests since the mark.
sub is_refused
{
	my ($self, $said, $state, $like, $posts, $name) = @_;
	my $error = $said->{error} // { sqlstate => "none, but @{ $said->{rows} }", message => '' };

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($error->{sqlstate}, $state, "$name: $state") or diag($said->{text});
	like(join("\n", map { $error->{$_} // "no $_" } qw(message detail hint)), $like, "$name: what it says");
	ok(defined $error->{detail} && defined $error->{hint}, "$name: with detail and hint") or diag($said->{text});
	is($self->posts, $posts, "$name: $posts token requests");
	return;
}

# ---- waiting ----

# Until it is true: at most ten seconds.
sub wait_for
{
	my ($what, $is_so) = @_;
	my $until = time + 10;

	until ($is_so->())
	{
		if (time > $until)
		{
			fail("waited in vain for $what");
			return 0;
		}
		sleep 0.01;
	}
	return 1;
}

# Until a token request is under way.
sub wait_for_post
{
	my ($self) = @_;
	return wait_for('a token request', sub { $self->posts > 0 });
}

# Until it is true: the largest number of workers that were seen at once, and how
# many there were.
sub watch_workers
{
	my ($self, $until) = @_;
	my ($most, %seen) = (0);

	until ($until->())
	{
		my @pids = $self->rows("SELECT pid FROM pg_stat_activity WHERE $WORKER;");
		$most = @pids if @pids > $most;
		$seen{$_} = 1 for @pids;
	}
	return ($most, scalar keys %seen);
}

# Until no worker is left.
sub wait_for_workers
{
	my ($self) = @_;
	return wait_for('the workers to end', sub { ($self->rows("SELECT count(*) FROM pg_stat_activity WHERE $WORKER;"))[0] == 0 });
}

1;
