#!/usr/bin/perl
#
# pushdown.t
#	README.md and docs/*.md: where an SQL block is followed by an ```http block,
#	the requests in it are those that the SQL sends, and all of them.
#
# The blocks of a document run in one session, in order.  What the simulator
# has logged is written as the documents write it: without status, {tomorrow}
# for an end a day ahead of this machine's clock.  Lines are compared without
# regard to their order, which concurrency leaves open.

use strict;
use warnings;
use Time::Local 'timegm';

my ($tests, $log) = (0, "$ENV{SIM_CONTROL}/log");

# [line, SQL, expected or undef] of each block
sub blocks
{
	my ($file) = @_;
	my (@blocks, $kind, $text);

	open my $fh, '<', $file or die "$file: $!";
	while (my $line = <$fh>)
	{
		if (!defined $kind)
		{
			next unless $line =~ /^```(\w+)/;
			($kind, $text) = ($1, '');
			push @blocks, [ $., '', undef ] if $kind eq 'sql';
		}
		elsif ($line =~ /^```/)
		{
			$blocks[-1][1] = $text if $kind eq 'sql';
			$blocks[-1][2] = $text if $kind eq 'http';
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
		$script .= "\\! curl -fsS -X DELETE '$log'\n$block->[1]\n;\n" .
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
		my $requests = '';

		$n++;
		next unless defined $block->[2];
		if (open my $in, '<', "$dir/$n") { local $/; $requests = <$in> // ''; close $in }
		my $have = as_written($requests, $block->[2]);
		my $want = sorted($block->[2]);
		my $same = $have eq $want && -e "$dir/$n";

		$tests++;
		print $same ? '' : 'not ', "ok $tests - $file line $block->[0]\n";
		next if $same;
		print map { "# have: $_\n" } split /\n/, $have;
		print map { "# want: $_\n" } split /\n/, $want;
	}
	system('rm', '-rf', $dir);
	return;
}

check($_) for grep { -e } 'README.md', sort glob 'docs/*.md';
print "1..$tests\n";
