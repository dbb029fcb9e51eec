#!/usr/bin/perl
#
# pushdown.t
#	README.md and docs/*.md: where an SQL block is followed by an ```http block,
#	the requests in it are those that the SQL sends, and all of them.  Where, in
#	such a document, an EXPLAIN is followed by a ```text block, that is what it
#	says, but for costs, estimated rows, bytes, and ends of time that depend on
#	this machine's clock.
#
# The blocks of a document run in one session, in order.  What the simulator
# has logged is written as the documents write it: without status, {tomorrow}
# for an end a day ahead of this machine's clock, {window} for a range to there
# whose length depends on what the session has seen.  Lines are compared without
# regard to their order, which concurrency leaves open.  From a comment
# "<!-- clock: real -->" on, the simulator's clock is this machine's;
# "<!-- clock: 2026-03-01T12:00:00Z -->" sets it back.

use strict;
use warnings;
use lib 'test/harness';
use Pages;

my ($tests, $log) = (0, "$ENV{SIM_CONTROL}/log");

# [line, SQL, requests or undef, text or undef, clock or undef] of each block
sub blocks
{
	my ($file) = @_;
	my (@blocks, $kind, $text, $clock);

	open my $fh, '<', $file or die "$file: $!";
	while (my $line = <$fh>)
	{
		if (!defined $kind)
		{
			$clock = $1 if $line =~ /^<!-- clock: (\S+) -->/;
			next unless $line =~ /^```(\w+)/;
			($kind, $text) = ($1, '');
			push @blocks, [ $., '', undef, undef, $clock ] if $kind eq 'sql';
			undef $clock if $kind eq 'sql';
		}
		elsif ($line =~ /^```/)
		{
			$blocks[-1][1] = $text if $kind eq 'sql';
			$blocks[-1][2] = $text if $kind eq 'http';
			$blocks[-1][3] = $text if $kind eq 'text' && @blocks && $blocks[-1][1] =~ /^EXPLAIN/;
			undef $kind;
		}
		else
		{
			$text .= $line;
		}
	}
	return @blocks;
}

sub report
{
	my ($same, $name, $have, $want) = @_;

	$tests++;
	print $same ? '' : 'not ', "ok $tests - $name\n";
	return if $same;
	print map { "# have: $_\n" } split /\n/, $have;
	print map { "# want: $_\n" } split /\n/, $want;
	return;
}

sub check
{
	my ($file) = @_;
	my @blocks = blocks($file);
	my $dir = "$ENV{STELLANTIS_RUN}/results/pushdown";
	my ($script, $n) = ("\\set ON_ERROR_STOP 1\n", 0);

	return unless grep { defined $_->[2] } @blocks;
	system('mkdir', '-p', $dir) == 0 or die;
	for my $block (@blocks)
	{
		$n++;
		$script .= "\\! curl -fsS -o /dev/null --data-binary '{\"now\": \"$block->[4]\"}' '$ENV{SIM_CONTROL}/config'\n" if defined $block->[4];
		$script .= "\\! curl -fsS -X DELETE '$log'\n\\o $dir/$n.out\n$block->[1]\n;\n\\o /dev/null\n" .
			"\\! curl -fsS '$log?format=text&ids=short' >$dir/$n\n";
	}
	open my $fh, '>', "$dir/script" or die;
	print $fh $script;
	close $fh;
	system("$ENV{PG_BINDIR}/createdb", 'pushdown') == 0 or die;
	my $status = system("PGDATABASE=pushdown '$ENV{PG_BINDIR}/psql' -Xq -v sim_url='$ENV{SIM_URL}' " .
		"-v sim_auth_url='$ENV{SIM_AUTH_URL}' -v sim_token='$ENV{SIM_TOKEN}' -v sim_client_id='$ENV{SIM_CLIENT_ID}' " .
		"-v output=/dev/null -f test/harness/readme.psql -f $dir/script 2>&1 | sed 's/^/# /'");
	system("$ENV{PG_BINDIR}/dropdb", 'pushdown') == 0 or die;

	$n = 0;
	for my $block (@blocks)
	{
		my ($line, undef, $requests, $text) = @$block;

		$n++;
		if (defined $requests)
		{
			my $sent = slurp("$dir/$n");
			my $have = as_written($sent // '', $requests);

			report(defined $sent && $have eq sorted($requests), "$file line $line", $have, sorted($requests));
		}
		if (defined $text)
		{
			my ($have, $want) = (plan_lines(slurp("$dir/$n.out") // ''), plan_lines($text));

			report($have eq $want, "$file line $line: EXPLAIN", $have, $want);
		}
	}
	system('rm', '-rf', $dir);
	return;
}

# the cookbook has a test of its own
check($_) for grep { -e && !/cookbook/ } 'README.md', sort glob 'docs/*.md';
print "1..$tests\n";
