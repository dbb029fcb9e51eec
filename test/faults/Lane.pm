package Lane;
#
# Lane.pm
#	A session, a foreign server with its tables in a schema of the same name, and
#	a simulator of its own: queries under faults, several lanes at once.
#
#	my $lane = Lane->new('one', simulator => $simulator);
#	$lane->set(retries => 3);
#	my $said = $lane->meet(\@rules, 'SELECT ...');
#
#	What meet() returns is what Session.pm says, and lines (of the simulator's
#	log) and hits (a number for each rule).

use strict;
use warnings;
use Session;
use Simulator;

# So that "$secret" in what is said would show.
my %secrets = (access_token => 'sim-access-token', refresh_token => 's3cret-refresh', client_secret => 's3cret-client');

# What a server has unless told otherwise: so every option can be SET.
my %defaults = (
	retries => 0, on_vehicle_error => 'error', concurrency => 8, request_timeout => '60 s',
	max_response_bytes => '64MB', max_retry_wait => '60 s',
);

sub new
{
	my ($class, $name, %with) = @_;
	my $self = bless {
		name => $name, simulator => $with{simulator} || Simulator->new, has => {%defaults}, %with,
	}, $class;
	$self->{session} = Session->new;
	$self->create unless $with{exists};
	$self->{session}->rows('SET TimeZone = UTC;', 'SET client_min_messages = warning;', "SET search_path = $name, public;");
	return $self;
}

sub create
{
	my ($self) = @_;
	my $name = $self->{name};
	my $url = $self->{simulator}->url;
	my $options = join ', ', map { "$_ '$defaults{$_}'" } sort keys %defaults;
	my $mapping = join ', ', map { "$_ '$secrets{$_}'" } sort keys %secrets;

	$self->{session}->rows('SET client_min_messages = warning;',
		"CREATE SERVER $name FOREIGN DATA WRAPPER stellantis_fdw
			OPTIONS (brand 'peugeot', base_url '$url', client_id 'sim-client', refresh 'off', $options);",
		"CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS ($mapping);",
		"CREATE SCHEMA $name;", "IMPORT FOREIGN SCHEMA stellantis FROM SERVER $name INTO $name;");
	return;
}

sub session { return $_[0]{session} }
sub simulator { return $_[0]{simulator} }

# Server options; those that are not named are the defaults again.
sub set
{
	my ($self, %options) = @_;
	my %want = (%defaults, %options);
	my @change = grep { $want{$_} ne $self->{has}{$_} } sort keys %want;

	return unless @change;
	$self->{session}->rows("ALTER SERVER $self->{name} OPTIONS (" . join(', ', map { "SET $_ '$want{$_}'" } @change) . ');');
	$self->{has} = \%want;
	return;
}

# Statements under faults, which are gone afterwards.
sub meet
{
	my ($self, $rules, @statements) = @_;
	my $simulator = $self->{simulator};

	$simulator->forget;
	$simulator->fault(@$rules) if @$rules;
	my $said = $self->{session}->run(@statements);
	$said->{lines} = [ $simulator->lines ];
	if (@$rules)
	{
		$said->{hits} = [ map { $_->{hits} } @{ $simulator->faults } ];
		$simulator->heal;
	}
	return $said;
}

1;
