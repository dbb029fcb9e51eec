package Simulator;
#
# Simulator.pm
#	The simulator's control endpoint, for tests in Perl.  Its knobs, faults and
#	log are described in test/simulator/README.md.

use strict;
use warnings;
use Carp;
use File::Temp 'tempdir';
use HTTP::Tiny;
use JSON::PP;
use POSIX ':sys_wait_h';
use Time::HiRes 'sleep';

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# The test's own simulator, or the one at another control address.
sub new
{
	my ($class, $control) = @_;

	my %direct = (timeout => 60, no_proxy => '*', proxy => undef, http_proxy => undef);

	# head and body go out apart, and on a kept connection the second waits
	# until the first is acknowledged: 40 ms
	return bless {
		control => $control // $ENV{SIM_CONTROL},
		http => HTTP::Tiny->new(%direct, keep_alive => 1),
		posting => HTTP::Tiny->new(%direct, keep_alive => 0),
	}, $class;
}

# One more simulator, with arguments as on its command line.  It ends with us.
sub start
{
	my ($class, @arguments) = @_;
	my $ready = tempdir(CLEANUP => 1, DIR => $ENV{TMPDIR}) . '/ready';
	my $parent = $$;
	my $pid = fork // croak "fork: $!";

	if ($pid == 0)
	{
		open STDOUT, '>', '/dev/null';
		exec 'test/simulator/stellantis_simulator', '--port', 0, '--ready-file', $ready, '--parent-pid', $parent, '--secrets-file', "$ENV{STELLANTIS_RUN}/secrets", @arguments
			or POSIX::_exit(127);
	}
	for (1 .. 500)
	{
		last if -s $ready || waitpid($pid, WNOHANG) != 0;
		sleep 0.02;
	}
	open my $file, '<', $ready or croak 'the simulator does not start';
	my ($port) = <$file> =~ /^(\d+)/;
	my $self = $class->new("http://127.0.0.1:$port/_sim");
	@$self{qw(pid owner port)} = ($pid, $parent, $port);
	return $self;
}

# Where the API is.
sub url { my ($self) = @_; return $self->{control} =~ s/_sim$/connectedcar\/v4/r }

# Ends one that was started; like a crash, with a signal.
sub stop
{
	my ($self, $signal) = @_;

	return unless $self->{pid} && $self->{owner} == $$;
	kill $signal // 'TERM', $self->{pid};
	waitpid delete $self->{pid}, 0;
	return;
}

sub DESTROY
{
	my ($self) = @_;

	local ($?, $!, $@);
	$self->stop;
	return;
}

sub ask
{
	my ($self, $method, $path, $content) = @_;
	my $answer = $self->{ defined $content ? 'posting' : 'http' }->request($method, "$self->{control}/$path",
		defined $content ? { content => $json->encode($content), headers => { 'Content-Type' => 'application/json' } } : {});

	croak "$method $path: $answer->{status} $answer->{content}" unless $answer->{success};
	return $answer->{content};
}

# Sets knobs: config({ page_size => 3 }); true and false are JSON::PP's.
sub config { my ($self, $knobs) = @_; return $json->decode($self->ask('POST', 'config', $knobs)) }

# Adds rules: fault({ match => '/trips', times => -1, fault => { kind => 'reset' } }, ...).
sub fault { my ($self, @rules) = @_; $self->ask('POST', 'faults', \@rules); return }

# The rules, each with its hits.
sub faults { my ($self) = @_; return $json->decode($self->ask('GET', 'faults')) }

# No faults.
sub heal { my ($self) = @_; $self->ask('DELETE', 'faults'); return }

# No faults, an empty log, the command line's knobs.
sub reset { my ($self) = @_; $self->ask('POST', 'reset'); return }

# An empty log.
sub forget { my ($self) = @_; $self->ask('DELETE', 'log'); return }

# The log, a line a request, with short ids.
sub lines { my ($self) = @_; return split /\n/, $self->ask('GET', 'log?format=text&ids=short') }

# The log, an object a request.
sub log { my ($self) = @_; return @{ $json->decode($self->ask('GET', 'log')) } }

sub stats { my ($self) = @_; return $json->decode($self->ask('GET', 'stats')) }

# Enrolments, tokens and counters; with a body, what /_sim/oauth does for it:
# oauth({ expire => JSON::PP::true }).
sub oauth { my ($self, $body) = @_; return $json->decode($self->ask($body ? 'POST' : 'GET', 'oauth', $body)) }

# The world; with ('telemetry', 'wayPoints') these, too.
sub world { my ($self, @include) = @_; return $json->decode($self->ask('GET', 'world' . (@include ? '?include=' . join(',', @include) : ''))) }

1;
