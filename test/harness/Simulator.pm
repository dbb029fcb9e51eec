package Simulator;
#
# Simulator.pm
#	The simulator's control endpoint, for tests in Perl.  Its knobs, faults and
#	log are described in test/simulator/README.md.

use strict;
use warnings;
use Carp;
use HTTP::Tiny;
use JSON::PP;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# The test's own simulator, or the one at another control address.
sub new
{
	my ($class, $control) = @_;

	return bless {
		control => $control // $ENV{SIM_CONTROL},
		http => HTTP::Tiny->new(timeout => 60, keep_alive => 1, no_proxy => '*', proxy => undef, http_proxy => undef),
	}, $class;
}

sub ask
{
	my ($self, $method, $path, $content) = @_;
	my $answer = $self->{http}->request($method, "$self->{control}/$path",
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

# The world; with ('telemetry', 'wayPoints') these, too.
sub world { my ($self, @include) = @_; return $json->decode($self->ask('GET', 'world' . (@include ? '?include=' . join(',', @include) : ''))) }

1;
