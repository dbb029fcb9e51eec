#!/usr/bin/perl
#
# cookbook.t
#	docs/cookbook.md: each question's SQL gives the answer, the plan and the
#	requests that stand there, and sends nothing while it is planned.
#
# The blocks run in one session, in order.  Of a section "### Question" the last
# SQL block is the query, and what comes before it prepares it.  Behind it come
# the answer and the plan, as ```text, the requests, as ```http, and a line
# "**7 requests**: ..." that says how many they are.  What these blocks ought to
# be, as things are, is in results/cookbook.md of script/test --results: to be
# read before it replaces the page.
#
# The clock of the cluster stands where the simulator's does, so that what depends
# on it, the newest trips, say, is the same each time.  Plans are spelt as
# PostgreSQL 15 does, and compared there only.

use strict;
use warnings;
use lib 'test/harness';
use Cluster;
use Pages;
use POSIX 'strftime';
use Time::Local 'timegm';

my $page = 'docs/cookbook.md';
my $dir = "$ENV{STELLANTIS_RUN}/results/cookbook";
my $log = "$ENV{SIM_CONTROL}/log";
my $now = timegm(0, 0, 12, 1, 2, 2026);
my $tests = 0;

# A cluster whose clock stands.
sub start_cluster
{
	my $clock = "$ENV{STELLANTIS_RUN}/tmp/fixed_clock.so";

	system($ENV{CC} // 'cc', '-O2', '-Wall', '-shared', '-fPIC', '-o', $clock, 'test/harness/fixed_clock.c') == 0 or die;
	local @ENV{qw(LD_PRELOAD FIXED_CLOCK)} = ($clock, $now);
	return Cluster->start('cookbook', autovacuum => 'off');
}

# Parts of the page: { text } or, of the blocks, { kind, text, line }
sub parts
{
	my (@parts, $kind);

	open my $fh, '<', $page or die "$page: $!";
	while (my $line = <$fh>)
	{
		if (!defined $kind && $line =~ /^```(\w+)$/)
		{
			$kind = $1;
			push @parts, { kind => $kind, text => '', line => $. };
		}
		elsif (defined $kind && $line eq "```\n") { undef $kind }
		elsif (defined $kind) { $parts[-1]{text} .= $line }
		else
		{
			push @parts, { kind => '', text => '', line => $. } if !@parts || $parts[-1]{kind} ne '';
			push @parts, { kind => '', text => '', line => $. } if $line =~ /^#/;
			$parts[-1]{text} .= $line;
		}
	}
	return @parts;
}

# The questions: { name, line, query, and what is to come of it }
sub questions
{
	my (@questions, $question);

	for my $part (@_)
	{
		if ($part->{kind} eq '')
		{
			if ($part->{text} =~ /^###? (.+)$/m)
			{
				$question = { name => $1 };
				push @questions, $question if $part->{text} =~ /^### /m;
			}
			$question->{number} //= $1 if $part->{text} =~ /^\*\*(\d+) requests?\*\*: \S/m;
		}
		elsif ($part->{kind} eq 'sql') { $question->{query} = $part }
		elsif ($part->{kind} eq 'http') { $question->{requests} = $part->{text} }
		elsif (!defined $question->{answer}) { $question->{answer} = $part->{text} }
		else { $question->{plan} = $part->{text} }
	}
	return @questions;
}

# Ids are long, and nobody reads them.
sub readable
{
	my ($text) = @_;

	$text =~ s/[0-9a-f]{100,}/.../g;
	return join '', map { s/\s+$//r . "\n" } grep { /\S/ } split /\n/, $text;
}

sub script
{
	my @parts = @_;
	my ($n, $script) = (0, "\\set ON_ERROR_STOP 1\n");

	for my $part (grep { $_->{kind} eq 'sql' } @parts)
	{
		if ($part->{question})
		{
			$n = $part->{question};
			$script .= "\\! curl -fsS -X DELETE '$log'\n\\o $dir/$n.plan\nEXPLAIN (COSTS OFF)\n$part->{text}\n;\n" .
				"\\o $dir/$n.answer\n$part->{text}\n;\n\\o /dev/null\n\\! curl -fsS '$log?format=text&ids=short' >$dir/$n.log\n";
		}
		else { $script .= "$part->{text}\n;\n" }
	}
	return $script;
}

sub run
{
	my ($script) = @_;
	my $cluster = start_cluster();
	my $variables = join ' ', map { "-v sim_$_='$ENV{'SIM_' . uc}'" } qw(url auth_url token client_id);

	open my $fh, '>', "$dir/script" or die;
	print $fh $script;
	close $fh;
	system("PGHOST='@{[ $cluster->host ]}' PGDATABASE=postgres '$ENV{PG_BINDIR}/psql' -Xq $variables -v output=/dev/null -P footer=off " .
		"-f test/harness/readme.psql -f $dir/script 2>&1 | sed 's/^/# /'");
	{
		local $ENV{LD_PRELOAD} = "$ENV{STELLANTIS_RUN}/tmp/fixed_clock.so";
		$cluster->stop;
	}
	return;
}

sub is
{
	my ($have, $want, $name) = @_;
	my $same = defined $have && defined $want && $have eq $want;

	$tests++;
	print $same ? '' : 'not ', "ok $tests - $name\n";
	return if $same;
	print map { "# have: $_\n" } split /\n/, $have // '';
	print map { "# want: $_\n" } split /\n/, $want // '';
	return;
}

# The page with the blocks that come of the queries.
sub rewritten
{
	my $text = '';

	for my $part (@_)
	{
		my $question = $part->{asked};

		# what is not SQL, nor text between blocks, has been made of a query
		if ($part->{kind} eq '') { $text .= $part->{text} }
		elsif ($part->{kind} eq 'sql')
		{
			$text .= "```sql\n$part->{text}```\n";
			next unless $question;
			$text .= "```text\n$question->{now}{$_}```\n" for qw(answer plan);
			$text .= "```http\n$question->{now}{requests}```\n";
		}
	}
	return $text;
}

system('mkdir', '-p', $dir) == 0 or die;
my @parts = parts();
my @questions = questions(@parts);
my $plans = `$ENV{PG_BINDIR}/pg_config --version` =~ / 15\b/;

for my $i (0 .. $#questions)
{
	next unless defined $questions[$i]{query};
	$questions[$i]{query}{question} = $i + 1;
	$questions[$i]{query}{asked} = $questions[$i];
}
run(script(@parts));
for my $i (0 .. $#questions)
{
	my $question = $questions[$i];
	my $file = "$dir/" . ($i + 1);
	my $sent = slurp("$file.log");
	my $tomorrow = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime($now + 86400));
	my $name = "$page line $question->{query}{line}: $question->{name}";

	my $plan = readable((slurp("$file.plan") // '') =~ s/^.*\n-+\n//r);

	if (defined $sent)
	{
		$sent =~ s{/$tomorrow}{/{tomorrow}}g;
		$sent =~ s{timestamps=[^&/]*/\{tomorrow\}}{timestamps={window}}g if $plan =~ /^ *Windows:/m;
	}
	$question->{now} = { answer => readable(slurp("$file.answer") // ''), plan => $plan, requests => grouped($sent // '') };
	is($question->{now}{answer}, $question->{answer}, "$name: answer");
	is($question->{now}{plan}, $question->{plan}, "$name: plan") if $plans;
	is($question->{now}{requests}, $question->{requests}, "$name: requests");
	is(defined $sent ? scalar(() = $sent =~ /\n/g) : undef, $question->{number}, "$name: number of requests");
}
is(@questions >= 30 ? 'enough' : scalar @questions, 'enough', 'thirty questions');
open my $fh, '>', "$ENV{STELLANTIS_RUN}/results/cookbook.md" or die;
print $fh rewritten(@parts);
close $fh;
system('rm', '-rf', $dir);
print "1..$tests\n";
