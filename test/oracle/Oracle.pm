package Oracle;
#
# Oracle.pm
#	The battery of queries (queries/*.sql; of other worlds autumn/, unlinked/), each
#	run against the foreign tables and against plain ones that hold what these
#	ought to (local.psql), under every way in which the API may behave.  What psql
#	says must be the same.
#
#	A block begins with its name and goes to the next one:
#
#		--- the last 50 trips of a car
#		--! requests 1
#		SELECT ... ;
#
#	Tables are named without a schema; variables are in variables.psql.  Rows are
#	compared as lines, in any order; messages by SQLSTATE and text.  A block must
#	say something, and something else than zeros, so that it can fail.  More is
#	said by lines that begin with "--!":
#
#		ordered         the lines have an order
#		empty           it is right that there are no rows
#		now             goes by the clock: both sides are asked at once
#		once            long, and told by one round
#		fails           some of it is an error
#		requests N      so many are sent
#		asks REQUEST    exactly these are sent, a line each; /vehicles/{1} is the
#		                first vehicle, /trips/{2} its second trip, {open} the end
#		                of a range that is a day ahead of the clock
#		before SQL      another session says this first,
#		meanwhile SQL   and this while the block waits for a lock
#		needs psql N    skipped with an older psql
#
#	After a line "--= near" the plain tables are asked something else instead:
#	where the foreign ones mean something that plain ones cannot.
#
#	A block whose requests have no time in them is not repeated for each date
#	that the API may compare, and each inclusivity.  Before the first block of a file
#	may be, for all of its blocks:
#
#		--! pairs       they are run in a third of the rounds: those in which each
#		                two of date, bounds, order and emptiness meet
#		--! pages       in half of the rounds they are run against tables with small
#		                pages, too: only what takes more than a page is worth a
#		                window of time
#
#	ORACLE_ONLY=REGEX in the environment runs some blocks only, by FILE: NAME.

use strict;
use warnings;
use lib 'test/harness';
use Session;
use Simulator;
use Time::Local 'timegm';

# Of trips and of alerts; varied together.
our @DATES = (
	[ 'startedAt', 'startedAt' ], [ 'stoppedAt', 'endAt' ], [ 'createdAt', 'createdAt' ],
	[ 'overlap', 'overlap' ], [ 'contained', 'contained' ],
);
our @ORDERS = qw(asc desc shuffled);
our @EMPTY = (404, 200);

# ---- the battery ----

sub parse
{
	my ($file) = @_;
	my (@blocks, $block, $part, %of_all);

	open my $fh, '<', $file or die "$file: $!\n";
	while (my $line = <$fh>)
	{
		if ($line =~ /^--- (.+)$/)
		{
			$block = { name => $1, file => $file, line => $., text => '', asks => [], %of_all };
			push @blocks, $block;
			$part = 'text';
		}
		elsif (!$block && $line =~ /^--! (pairs|pages)$/) { $of_all{$1} = 1 }
		elsif (!$block)
		{
			die "$file:$.: this is in no block\n" unless $line =~ /^(?:--.*)?$/;
		}
		elsif ($line =~ /^--! asks (.+)$/) { push @{ $block->{asks} }, $1 }
		elsif ($line =~ /^--! (ordered|empty|fails|now|once)$/) { $block->{$1} = 1 }
		elsif ($line =~ /^--! (requests|needs psql) (\d+)$/) { $block->{$1} = $2 }
		elsif ($line =~ /^--! (before|meanwhile) (.+)$/) { $block->{$1} = $2 }
		elsif ($line =~ /^--= near$/) { $block->{$part = 'near'} = '' }
		elsif ($line =~ /^--[!=-]/) { die "$file:$.: unknown: $line" }
		else { $block->{$part} .= $line }
	}
	close $fh;
	return @blocks;
}

sub battery
{
	my @files = @_;
	my $only = $ENV{ORACLE_ONLY} // '';
	my %names;
	my @blocks = map { parse($_) } @files;

	for my $block (@blocks)
	{
		die "$block->{file}:$block->{line}: $block->{name}: there is another of that name\n" if $names{ $block->{name} }++;
	}
	return grep { "$_->{file}: $_->{name}" =~ /$only/ } @blocks;
}

# ---- the two sides ----

# Of these files; by default, of all that are made for the world of April 2026.
sub new
{
	my ($class, @files) = @_;

	@files = sort glob 'test/oracle/queries/*.sql' if !@files;
	my $self = bless { sim => Simulator->new, blocks => [ battery(@files) ] }, $class;

	($self->{psql}) = `$ENV{PG_BINDIR}/psql --version` =~ /(\d+)/;
	$self->{other} = session('public', map { "test/$_" } qw(setup.psql regress.psql oracle/local.psql oracle/fixtures.psql));
	$self->{side}{$_} = open_side($_) for qw(near cars slack pages);
	return $self;
}

sub session
{
	my ($search_path, @files) = @_;
	my $session = Session->new(settings => {
		search_path => $search_path, TimeZone => 'UTC', DateStyle => 'ISO, YMD', IntervalStyle => 'postgres',
	});

	for my $file (@files)
	{
		my $said = $session->run("\\i $file");
		die "$file: $said->{text}\n" if $said->{error} || $said->{ended};
	}
	return $session;
}

# "slack": cars, but trips and alerts with both ends of a range sent; "pages":
# cars, but with small pages.
sub open_side
{
	my ($side) = @_;

	my $path = $side eq 'near' ? 'near, fleet_near' : $side eq 'cars' ? 'cars, fleet' : "$side, cars, fleet";

	return session("$path, public", 'test/oracle/variables.psql');
}

# A backend that crashes takes the others with it.
sub reopen
{
	my ($self) = @_;

	$self->{clearing} = {};
	for my $try (1 .. 100)
	{
		return if eval {
			$self->{other} = session('public');
			$self->{side}{$_} = open_side($_) for qw(near cars slack pages);
			1;
		};
		select undef, undef, undef, 0.2;
	}
	die "no new session: $@\n";
}

# What is said to a block, as lines.
sub ask
{
	my ($self, $side, $block) = @_;
	my $session = $self->{side}{$side};

	$self->{other}->rows("$block->{before};") if $block->{before};
	$session->await if $self->{clearing}{$side};
	$self->{clearing}{$side} = 0;
	$session->send($side eq 'near' ? $block->{near} // $block->{text} : $block->{text});
	complain($block, $side, 'it never waited') if $block->{meanwhile} && !$self->meanwhile($session, $block->{meanwhile});
	my $said = $session->await;
	if (!defined $said || $said->{ended})
	{
		$self->reopen;
		return [ 'the session has ended: ' . (defined $said ? $said->{text} : "no answer in $Session::PATIENCE s") ];
	}
	# whatever the block has left behind; nobody waits for that
	$session->send("\\set FETCH_COUNT 0\nROLLBACK;\nDISCARD ALL;");
	$self->{clearing}{$side} = 1;
	my @rows = $block->{ordered} ? @{ $said->{rows} } : sort @{ $said->{rows} };
	return [ @rows, map { join ' ', $_->{severity}, $_->{sqlstate}, $_->{message} } @{ $said->{messages} } ];
}

# The other session's turn, once this one waits for a lock.
sub meanwhile
{
	my ($self, $session, $sql) = @_;
	my $pid = $session->pid;
	my $waits;

	for (1 .. 500)
	{
		($waits) = $self->{other}->rows("SELECT count(*) FROM pg_locks WHERE pid = $pid AND NOT granted;");
		last if $waits;
		select undef, undef, undef, 0.02;
	}
	$self->{other}->rows("$sql;");
	return $waits;
}

# ---- requests ----

sub is_a_day_ahead
{
	my ($y, $mo, $d, $h, $mi, $s) = $_[0] =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z$/ or return 0;
	my $ahead = timegm($s, $mi, $h, $d, $mo - 1, $y) - time;

	return $ahead > 23 * 3600 && $ahead < 25 * 3600;
}

# The simulator's log, as "asks" has it.
sub requests
{
	my ($self) = @_;
	my @lines = $self->{sim}->lines;

	for (@lines)
	{
		s/^GET //;
		s/ (?:200|404)$//;
		s{/vehicles/[A-Z0-9]{11}0*(\d+)(?=[/? ]|$)}{/vehicles/{$1}};
		s{/trips/trip(\d+)}{/trips/{$1}};
		s{(timestamps=[^&]*/)([0-9TZ:-]+)}{$1 . (is_a_day_ahead($2) ? '{open}' : $2)}ge;
	}
	return sort @lines;
}

# ---- judging ----

# What one has and the other has not, a few lines of it.
sub difference
{
	my ($have, $want) = @_;
	my (%count, @lines);

	$count{$_}++ for @$have;
	$count{$_}-- for @$want;
	for my $line (sort { $count{$b} <=> $count{$a} || $a cmp $b } grep { $count{$_} } keys %count)
	{
		my $short = length $line > 300 ? substr($line, 0, 300) . '...' : $line;

		push @lines, ($count{$line} > 0 ? 'too much: ' : 'missing: ') . $short;
	}
	@lines = ('the same lines in another order') unless @lines;
	splice @lines, 12, @lines - 12, '...' if @lines > 12;
	return join "\n", @$have . ' lines, not ' . @$want, @lines;
}

# A block that says nothing, or nothing but zeros, can hardly fail.
sub says_nothing
{
	my ($lines) = @_;

	return !grep { !/^[0|]*$/ } @$lines;
}

sub complain
{
	my ($block, $where, $what) = @_;

	push @{ $block->{complaints} }, "$where: $what";
	return;
}

sub check_requests
{
	my ($block, $where, @asked) = @_;
	my @asks = sort @{ $block->{asks} };

	complain($block, $where, 'requests: ' . difference(\@asked, \@asks)) if @asks && "@asks" ne "@asked";
	complain($block, $where, @asked . " requests, not $block->{requests}:\n" . join "\n", @asked)
		if defined $block->{requests} && $block->{requests} != @asked;
	return;
}

sub check_rows
{
	my ($self, $block, $side, $where) = @_;

	$block->{want} = $self->ask('near', $block) if $block->{now};
	my $have = $self->ask($side, $block);

	complain($block, "$where $side", difference($have, $block->{want})) if "@$have" ne "@{ $block->{want} }";
	return;
}

# ---- running ----

# Which knobs can make a difference to a block that has asked that?
sub note_knobs
{
	my ($block, @asked) = @_;

	$block->{bounds} = grep { /timestamps=/ } @asked;
	$block->{dates} = grep { m{/(?:trips|alerts)\?.*timestamps=} } @asked;
	return;
}

# Every block under every date, order and emptiness, with one kind of bounds,
# one page size of the server's (0: none), one status for vehicles that it does
# not know, and so many requests at once.  Prints TAP, a test a block.
sub run
{
	my ($self, $bounds, $page_size, $unknown, $concurrency) = @_;
	my $n = 0;

	$self->{page_size} = $page_size;
	$self->{bounds} = $bounds;
	$self->{other}->rows("ALTER SERVER sim OPTIONS (ADD concurrency '$concurrency'); ALTER SERVER sim2 OPTIONS (ADD concurrency '$concurrency');");
	$self->ask_near($_) for @{ $self->{blocks} };
	for my $dates (@DATES)
	{
		for my $order (@ORDERS)
		{
			for my $empty (@EMPTY)
			{
				$self->{sim}->config({
					trip_date => $dates->[0], alert_date => $dates->[1], bounds => $bounds, min_max => $bounds,
					order => $order, empty => "$empty", page_size => $page_size, unknown_vehicle => "$unknown",
				});
				$self->round($n++, "trips by $dates->[0], alerts by $dates->[1], $bounds, $order, $empty");
			}
		}
	}
	$self->report;
	return;
}

# What the plain tables say is the same in all rounds.
sub ask_near
{
	my ($self, $block) = @_;

	if (($block->{'needs psql'} // 0) > $self->{psql})
	{
		$block->{skip} = "psql $block->{'needs psql'}";
		return;
	}
	$block->{want} = $self->ask('near', $block);
	my ($error) = grep { /^ERROR/ } @{ $block->{want} };

	complain($block, 'near', 'says nothing') if !$block->{empty} && says_nothing($block->{want});
	complain($block, 'near', $error) if defined $error && !$block->{fails};
	complain($block, 'near', 'there is no error') if !defined $error && $block->{fails};
	return;
}

# Two of an order and an emptiness for each date, other ones with each kind of
# bounds: opposite ones, so that neither stays the same.
sub is_pair
{
	my ($self, $n) = @_;
	my $per_date = @ORDERS * @EMPTY;
	my %turn = (inclusive => 0, exclusive => 1, half_open => 2);

	return ($n % $per_date + int($n / $per_date) + $turn{ $self->{bounds} }) % ($per_date / 2) == 0;
}

# Is there anything new in this round?  The first shows what each block asks.
# Without a time it is the same for all dates and bounds, so where there is a
# page size, too, half of the orders and emptinesses will do.
sub concerns
{
	my ($self, $block, $n) = @_;
	my $per_date = @ORDERS * @EMPTY;

	return 0 if $block->{pairs} && $n > 0 && !$self->is_pair($n);
	return 0 if $block->{skip} || ($n > 0 && $block->{once}) || ($n >= $per_date && !$block->{dates});
	return $n == 0 || $block->{bounds} || !$self->{page_size} || (int($n / @EMPTY) + $n) % 2 == 0;
}

sub round
{
	my ($self, $n, $where) = @_;

	for my $block (grep { $self->concerns($_, $n) } @{ $self->{blocks} })
	{
		my $counted = !$self->{page_size} && (@{ $block->{asks} } || defined $block->{requests});

		$self->{sim}->forget if $n == 0 || $counted;
		$self->check_rows($block, 'cars', $where);
		note_knobs($block, $self->requests) if $n == 0;
		check_requests($block, $where, $self->requests) if $counted;
		$self->check_rows($block, 'pages', $where) if $block->{pages} && $n % (@ORDERS * @EMPTY) < @ORDERS * @EMPTY / 2;
		$self->check_rows($block, 'slack', $where) if $block->{dates} && $n % (@ORDERS * @EMPTY) == 0;
	}
	return;
}

sub report
{
	my ($self) = @_;
	my $n = 0;

	for my $block (@{ $self->{blocks} })
	{
		my @complaints = @{ $block->{complaints} // [] };

		printf "%s %d - %s%s\n", @complaints ? 'not ok' : 'ok', ++$n, $block->{name}, $block->{skip} ? " # SKIP $block->{skip}" : '';
		next unless @complaints;
		my $text = "$block->{file}:$block->{line}\n$complaints[0]\n" . (@complaints > 1 ? '(and ' . $#complaints . " times more)\n" : '');
		$text =~ s/^/# /mg;
		print $text;
	}
	print "1..$n\n";
	return;
}

1;
