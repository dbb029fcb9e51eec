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
use Time::Local 'timegm';

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

sub open_end
{
	my ($date) = @_;
	my ($y, $m, $d, $h, $i, $s) = $date =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z$/ or return 0;

	return abs(timegm($s, $i, $h, $d, $m - 1, $y) - time() - 86400) < 900;
}

# The log as the document writes it: "{id}", "{tid}" and "6 x" where it does so.
sub as_written
{
	my ($requests, $expected) = @_;
	my @plain;
	my %times;

	for my $line (split /\n/, $requests)
	{
		my $general;

		$line =~ s/ \d+$//;
		$line =~ s{/(\d{4}-[^/&]*Z)}{open_end($1) ? '/{tomorrow}' : "/$1"}ge;
		$line =~ s{timestamps=\d[^/&]*/\{tomorrow\}}{timestamps={window}} if $expected =~ /\{window\}/;
		my @forms = ($line);
		(my $trip = $line) =~ s{/trips/[^/?]+}{/trips/{tid}};
		(my $both = $trip) =~ s{/vehicles/[^/?]+}{/vehicles/{id}};
		(my $vehicle = $line) =~ s{/vehicles/[^/?]+}{/vehicles/{id}};
		for my $form ($both, $vehicle, $trip)
		{
			$general //= $form if $expected =~ /^\d+ x \Q$form\E$/m;
		}
		if (defined $general) { $times{$general}++ }
		else { push @plain, $line }
	}
	return join '', map { "$_\n" } sort @plain, map { "$times{$_} x $_" } keys %times;
}

sub sorted { join '', map { "$_\n" } sort split /\n/, $_[0] }

# What EXPLAIN says, without what differs from run to run and between versions.
sub plan_lines
{
	my ($text) = @_;
	my @lines;

	for my $line (split /\n/, $text)
	{
		next if $line =~ /^[ ]*(QUERY PLAN|-+|\(\d+ rows?\))?[ ]*$/;
		$line =~ s/\(cost=[^)]*\)//;
		$line =~ s/rows=(\d+)\.00/rows=$1/;
		$line =~ s{(timestamps=[^/]+/)[^&]*}{$1};
		$line =~ s/(Bytes:) \d+/$1/;
		$line =~ s/\s+$//;
		push @lines, "$line\n";
	}
	return join '', @lines;
}

sub slurp
{
	my ($file) = @_;
	local $/;

	open my $in, '<', $file or return;
	return <$in> // '';
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

check($_) for grep { -e } 'README.md', sort glob 'docs/*.md';
print "1..$tests\n";
