#!/usr/bin/perl
#
# token_crash.t
#	No token is lost when backends, workers and the whole server are killed while
#	tokens are refreshed.  SOAK=N does N cycles of it.
#
#	What cannot be helped: the token server has rotated the refresh token, and the
#	database server crashes before the new one is committed.  Then the mapping has
#	the one before, and the owner must enrol again.  Such cycles are counted; they
#	are only those in which nobody had seen the new access token yet.
#
#	The cluster is one of its own, where commits are asynchronous for everybody
#	else.  Its processes crash, not the machine: so fsync makes no difference.

use strict;
use warnings;
use lib 'test/harness';
use Cluster;
use JSON::PP ();
use Tokens;
use Test::More;
use Time::HiRes qw(sleep time);

my $CYCLES = $ENV{SOAK} || 28;
my $BACKENDS = 3;

my $cluster = Cluster->start('token_crash', track_commit_timestamp => 'on', wal_writer_delay => '10s', restart_after_crash => 'on',
	log_min_messages => 'warning');
my $t = Tokens->new(host => $cluster->host, dbname => 'postgres');
my $simulator = $t->simulator;
my $QUERY = $Tokens::QUERY;
my $seed = $ENV{SEED} || time ^ $$;
srand $seed;
diag("SEED=$seed");
$t->rows('ALTER DATABASE postgres SET synchronous_commit = off;');

# ---- processes ----

sub postmaster
{
	open my $file, '<', $cluster->data . '/postmaster.pid' or return undef;
	return (<$file> // '') + 0;
}

# The processes of the workers that there are.
sub workers
{
	my $postmaster = postmaster() // return ();
	open my $children, '<', "/proc/$postmaster/task/$postmaster/children" or return ();
	my @pids = split ' ', <$children> // '';

	return grep {
		my $line = '';
		if (open my $command, '<', "/proc/$_/cmdline")
		{
			$line = <$command> // '';
		}
		$line =~ /stellantis_fdw token refresh/;
	} @pids;
}

# Sessions, as soon as the server lets some in.
sub reconnect
{
	for (1 .. 600)
	{
		my $session = eval { $t->session };
		return $session if $session;
		sleep 0.05;
	}
	die 'the server does not come up again';
}

# ---- ways to die ----

my @sessions;

sub any_backend { return $sessions[rand @sessions]->pid }

# True "hard": what is under way has no chance to end well.
my %death = (
	'a backend, SIGTERM' => [ 0, sub { kill 'TERM', any_backend() } ],
	'all backends, SIGTERM' => [ 0, sub { kill 'TERM', map { $_->pid } @sessions } ],
	'the worker, SIGTERM' => [ 0, sub { kill 'TERM', workers() } ],
	'shutdown, fast' => [ 0, sub { $cluster->stop('fast'); $cluster->up } ],
	'a backend, SIGKILL' => [ 1, sub { kill 'KILL', any_backend() } ],
	'the worker, SIGKILL' => [ 1, sub { my @workers = workers(); kill 'KILL', @workers ? @workers : any_backend() } ],
	'shutdown, immediate' => [ 1, sub { kill 'QUIT', postmaster(); eval { $cluster->stop('immediate') }; $cluster->up } ],
);
my @deaths = sort keys %death;

# ---- a cycle ----

my (@window, %cycles, %failed, $hits, $rotated, $took);

# The token request of this cycle, and whether anybody has used what it brought.
sub what_was_asked
{
	my ($family) = @_;
	my ($post) = grep { $_->{method} eq 'POST' } my @log = $simulator->log;
	my $new = $family->{access_tokens}[-1]{access_token};
	my $used = grep { $_->{method} eq 'GET' && ($_->{headers}{token} // '') eq $new } @log;

	return ($post, $used);
}

# Expired tokens, and all backends ask at once.
sub begin_cycle
{
	$t->{admin} = reconnect() if !eval { $t->rows('SELECT 1;') };
	for my $n (0 .. $BACKENDS - 1)
	{
		my $said = $sessions[$n] && $sessions[$n]->run($QUERY);
		$sessions[$n] = reconnect() if !$said || $said->{ended};
		$sessions[$n]->rows($QUERY);
	}
	$simulator->config({ token_latency_ms => int rand 31 });
	$t->expire;
	$t->mark;
	$_->send($QUERY) for @sessions;
	return;
}

# Without a death: how long it takes, and how long the window is.
sub calm_cycle
{
	my $began = time;

	begin_cycle();
	my $sent = time;
	$_->await for @sessions;
	$took = !defined $took || time - $sent > $took ? time - $sent : $took;
	my ($post) = what_was_asked($t->family);
	my ($committed) = $t->rows('SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 FROM pg_user_mapping;');
	push @window, $committed - $post->{end_ms};
	return;
}

sub complain
{
	my ($how, @why) = @_;

	push @{ $failed{$how} }, join ' ', @why;
	return;
}

sub deadly_cycle
{
	my ($how) = @_;
	my ($hard, $kill) = @{ $death{$how} };

	begin_cycle();
	sleep rand($took * 1.2);
	my $killed = time * 1000;
	$kill->();
	$_->await for @sessions;

	# a server that is about to crash may let somebody in yet
	my $stored;
	for (1 .. 20)
	{
		last if eval { $t->{admin} = reconnect(); $t->wait_for_workers; $stored = $t->mapping->{refresh_token}; 1 };
	}
	my $family = $t->family;
	my ($post, $used) = what_was_asked($family);
	$cycles{$how}++;
	$rotated++ if $family->{rotations} > $t->{rotations};
	if ($stored eq $family->{refresh_token})
	{
		after($how, 0);
	}
	elsif ($hard && !$used && $post && $post->{start_ms} <= $killed + 1000 && $stored eq $family->{spent_refresh_tokens}[-1])
	{
		$hits++;
		push @{ $t->{hit_at} }, sprintf '%.0f', $killed - $post->{start_ms};
		after($how, 1);
	}
	else
	{
		complain($how, 'lost:', JSON::PP->new->canonical->encode({ family => $family, mapping => $t->mapping, log => [ $simulator->log ], killed => $killed }));
		enrol();
	}
	return;
}

# The next query: it is answered, unless the family has been lost.
sub after
{
	my ($how, $lost) = @_;
	my $said = $t->admin->run($QUERY);
	my $reused = $t->count('reuse_detected');

	complain($how, "a reuse was detected: $reused") if $reused != $lost;
	if ($lost)
	{
		complain($how, 'no 28000 after a loss:', $said->{text}) if ($said->{error}{sqlstate} // '') ne '28000';
		enrol();
		return;
	}
	my $family = $t->family;
	complain($how, 'not answered:', $said->{text}) if "@{ $said->{rows} }" ne $Tokens::COUNT;
	complain($how, 'not kept after the next query') if $t->mapping->{refresh_token} ne $family->{refresh_token};
	$t->{rotations} = $family->{rotations};
	return;
}

# The owner enrols again; a crash right after that must not undo it.
sub enrol
{
	$t->consent;
	$t->{rotations} = 0;
	return;
}

@$t{qw(rotations hit_at)} = (0, []);
$hits = $rotated = 0;
for (1 .. 8)
{
	calm_cycle();
}
$t->{rotations} = $t->family->{rotations};
my ($latest) = sort { $b <=> $a } @window;
my $median = (sort { $a <=> $b } @window)[@window / 2];
diag(sprintf 'a refresh takes up to %.0f ms; from the answer to the commit: median %.1f ms, at most %.1f ms', $took * 1000, $median, $latest);
for my $n (0 .. $CYCLES - 1)
{
	deadly_cycle($deaths[$n % @deaths]);
}
for my $how (@deaths)
{
	is_deeply($failed{$how} // [], [], ($cycles{$how} // 0) . " times $how: no token is lost");
}
my $hard = 0;
$hard += $death{$_}[0] ? $cycles{$_} // 0 : 0 for @deaths;
diag("$CYCLES cycles, in $rotated of them the token was rotated; $hard crashes, $hits of them between the rotation and the commit",
	@{ $t->{hit_at} } ? ' (ms after the request: ' . join(', ', @{ $t->{hit_at} }) . ')' : '');
cmp_ok($rotated, '>', 0, 'refreshes were hit');
is($t->simulator->oauth->{counters}{reuse_detected}, $hits, 'a refresh token was used twice only after such a crash');
$cluster->stop;
done_testing;
