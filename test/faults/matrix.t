#!/usr/bin/perl
#
# matrix.t
#	Every fault that the simulator can make, wherever a query may meet it: the
#	full answer, the right error, or a warning that names what is missing, and
#	as many requests as the contract allows.  Never a short answer that looks
#	like a full one, never a row that is not in the full answer.
#
#	A combination is named TABLE.MODE.POSITION.FAULT.TIMES.RETRIES.ERRORS.CONNECTIONS.
#	By default some thousands are taken, so that each fault meets each position,
#	table, and way of dealing with it; SOAK=N takes N times as many.  FAULTS=REGEX
#	takes all whose name matches, e.g. one that has failed.  SEED says which are
#	taken; by default always the same.
#
#	simulator: --vehicles 7 --days 4 --page-size 3 --telemetry 8

use strict;
use warnings;
use lib 'test/harness', 'test/faults';
use Digest::MD5 'md5_hex';
use Faults qw(faults foretell);
use HTTP::Tiny;
use IO::Select;
use JSON::PP;
use Lane;
use List::Util qw(first max min shuffle sum0 uniq);
use POSIX ();
use Test::More;

my @SIMULATOR = qw(--vehicles 7 --days 4 --page-size 3 --telemetry 8 --gzip=false);
my $PAGE = 3;
my $SOAK = $ENV{SOAK} || 1;
my $TAKEN = 3000 * $SOAK;
my $SLOW = 150 * $SOAK;
my $LANES = 12;
my $SEED = $ENV{SEED} // 20260301;

# The vehicle that faults strike, and one that they leave alone.
my ($STRUCK, $OTHER) = ('VR3UHZKXZPT000002', 'VR3UHZKXZPT000001');
my %STRUCK = (alarms => 'W0VZTSXZPNT000006');

# What is asked.  Where a fault takes the ids of rows, "plain" is what is left
# to know them by.
my %TABLES = (
	trips => { part => 'trips', columns => 'id, started_at, stopped_at, distance_km, created_at', plain => 'started_at, stopped_at, distance_km, created_at', has_id => 1 },
	telemetry => { part => 'telemetry', columns => 'recorded_at, odometer_km, speed_kmh, latitude' },
	alerts => { part => 'alerts', columns => 'id, type, started_at, ended_at', plain => 'type, started_at, ended_at', has_id => 1 },
	alarms => { part => 'alarms', columns => 'id, kind, created_at', plain => 'kind, created_at', has_id => 1 },
	collisions => { part => 'collisions', columns => 'id, created_at, tipped_over', plain => 'created_at, tipped_over', has_id => 1 },
	waypoints => { part => 'wayPoints', columns => 'trip_id, recorded_at, latitude, longitude' },
	status => { part => 'status', columns => 'odometer_km, ignition, electric_level_pct, doors_open', object => 1 },
	positions => { part => 'lastPosition', columns => 'recorded_at, latitude, longitude', object => 1 },
	maintenance => { part => 'maintenance', columns => 'days_before_maintenance, km_before_maintenance, updated_at', object => 1 },
	vehicles => { columns => 'id, brand, motorization', plain => 'brand, motorization', has_id => 1 },
	account => { columns => 'email, first_name, created_at', object => 1 },
);

my ($world, %id_of);

# ---- what is asked, and how that looks to the server ----

sub struck { my ($table) = @_; return $STRUCK{$table} || $STRUCK }

sub quoted { my ($text) = @_; return "'" . ($text =~ s/'/''/gr) . "'" }

# The query; {schema} is the lane's.
sub query_of
{
	my ($table, $mode, $plain) = @_;
	my $of = $TABLES{$table};
	my $columns = $plain && $of->{plain} || $of->{columns};
	my $vin = struck($table);
	my $id = quoted($id_of{$vin});
	my $whose = $table eq 'vehicles' ? 'vin' : $table eq 'account' ? "'account'" : 'md5(vehicle_id)';
	my $key = $table eq 'vehicles' ? 'id' : 'vehicle_id';
	my @where;

	push @where, "$key = $id" if $mode eq 'id' || $mode eq 'trip';
	push @where, 'vin = ' . quoted($vin) if $mode eq 'vin';
	push @where, $mode eq 'trip' ? 'tolerance_km = 0.3 AND trip_id = {trip}' : "tolerance_km = 2 AND recorded_at >= '2026-02-28'" if $table eq 'waypoints';
	my $where = @where ? 'WHERE ' . join(' AND ', @where) : '';
	my $keyed = $table eq 'vehicles' ? ', vin' : $table eq 'account' ? '' : ', vehicle_id';
	return "SELECT $whose || '|' || md5(concat_ws('|', $columns)) FROM (SELECT $columns$keyed FROM $table $where OFFSET 0) AS t;";
}

# Whose rows these are, in the result of such a query.
sub key_of
{
	my ($table, $vin) = @_;

	return $table eq 'vehicles' ? $vin : $table eq 'account' ? 'account' : md5_hex($id_of{$vin});
}

# The answer's rows by whose they are: {vehicle}{row} is how often.
sub by_vehicle
{
	my (@rows) = @_;
	my %of;

	for (@rows)
	{
		my ($whose, $row) = split /\|/, $_, 2;
		$of{$whose}{$row}++;
	}
	return \%of;
}

# What the collections of a query are, from the log of one without faults:
# {role, resource, path, entries, total}.
sub collections_of
{
	my ($table, $lines, $log) = @_;
	my (%of, @order);

	for my $n (0 .. $#$lines)
	{
		my ($path) = $lines->[$n] =~ m{^GET (/[^ ?]*)};
		push @order, $path unless $of{$path};
		push @{ $of{$path}{entries} }, $log->[$n];
	}
	for my $path (@order)
	{
		my $c = $of{$path};
		$c->{path} = $path;
		$c->{role} = $path eq '/user/vehicles' && $table ne 'vehicles' ? 'listing'
			: $path =~ m{/trips$} && $table eq 'waypoints' ? 'trips' : 'rows';
		$c->{resource} = { listing => 'vehicles', trips => 'trips', rows => $table }->{ $c->{role} };
		$c->{object} = $c->{role} eq 'rows' && ($TABLES{$table}{object} || $path =~ m{^/user/vehicles/[^/]*$});
		$c->{has_id} = $c->{resource} eq 'vehicles' || $TABLES{ $c->{resource} }{has_id};
		($c->{vin}) = $path =~ m{^/user/vehicles/([^/]+)};
		($c->{trip}) = $c->{entries}[0]{path} =~ m{/trips/([^/]+)/};
		$c->{total} = $c->{object} ? 1 : total_of($c->{entries}[0]);
	}
	return map { $of{$_} } @order;
}

# The total that the server gives for a request of its log.
sub total_of
{
	my ($entry) = @_;
	my $url = Simulator->new->url . $entry->{path} . '?' .
		join('&', map { HTTP::Tiny->www_form_urlencode({ $_->[0] => $_->[1] }) } @{ $entry->{query} });
	my $answer = HTTP::Tiny->new->get($url, { headers => {
		Authorization => 'Bearer sim-access-token', 'x-introspect-realm' => 'clientsB2CPeugeot', Accept => 'application/hal+json' } });

	return $answer->{success} ? decode_json($answer->{content})->{total} : 0;
}

# Where a fault may strike: {name, collection, page (0: every one)}.
sub positions_of
{
	my ($table, $mode, @collections) = @_;
	my @positions;

	for my $role (qw(listing trips rows))
	{
		my $c = first { $_->{role} eq $role && (!defined $_->{vin} || $_->{vin} eq struck($table)) && $_->{total} > 0 } @collections;
		next unless $c;
		my $pages = @{ $c->{entries} };
		my $at = sub { my ($name, $page) = @_; push @positions, { name => "$role-$name", role => $role, collection => $c, page => $page, pages => $pages } };
		$at->('first', 1);
		$at->('later', 2) if $pages > 2;
		$at->('last', $pages) if $pages > 1;
		$at->('every', 0) unless $c->{object};
		push @positions, { name => 'rows-all', role => 'rows', collection => $c, page => 1, pages => $pages,
			all => [ uniq map { $_->{vin} } grep { $_->{role} eq 'rows' } @collections ] }
			if $role eq 'rows' && $mode eq 'all' && defined $c->{vin};
	}
	return @positions;
}

sub learn_world
{
	$world = Simulator->new->world;
	%id_of = map { $_->{vehicle}{vin} => $_->{vehicle}{id} } @{ $world->{vehicles} };
	return;
}

# The targets, each with its full answer and the requests that it takes.
sub targets
{
	my ($lane) = @_;
	my @targets;

	for my $table (sort keys %TABLES)
	{
		for my $mode ($table eq 'account' ? 'all' : $table eq 'waypoints' ? qw(trip id vin all) : qw(id vin all))
		{
			my %target = (table => $table, mode => $mode);
			for my $plain (0, 1)
			{
				my $query = query_of($table, $mode, $plain);
				$query =~ s/\{trip\}/quoted(busy_trip($lane))/e;
				my $said = $lane->meet([], $query);
				die $said->{text} if $said->{error} || @{ $said->{messages} } || !@{ $said->{rows} };
				$target{query}[$plain] = $query;
				$target{full}[$plain] = by_vehicle(@{ $said->{rows} });
				next if $plain;
				$target{requests} = @{ $said->{lines} };
				$target{positions} = [ positions_of($table, $mode, collections_of($table, $said->{lines}, [ $lane->simulator->log ])) ];
			}
			push @targets, \%target;
		}
	}
	return @targets;
}

# The id of a trip whose way points take several pages.
my $busy;

sub busy_trip
{
	my ($lane) = @_;

	($busy) = $lane->session->rows('SELECT trip_id FROM waypoints WHERE vehicle_id = ' . quoted($id_of{$STRUCK}) .
		' AND tolerance_km = 0.3 GROUP BY trip_id HAVING count(*) > 6 ORDER BY count(*), trip_id LIMIT 1;') unless $busy;
	return $busy;
}

# ---- which combinations ----

sub makes_sense
{
	my ($fault, $target, $position) = @_;
	my $object = $position->{collection}{object};

	return 0 if $fault->{only} && $position->{name} !~ $fault->{only};
	return 0 if ($fault->{of} || '') eq 'collection' && $object;
	return 0 if ($fault->{of} || '') eq 'vehicle' && !($object && $target->{table} eq 'vehicles');
	return 0 if !$position->{page} && $fault->{kind} !~ /^(?:bent|shift|ids)$/;
	# several requests, in no order that is known: only what replaces the answer,
	# so that it does not matter what that would have been
	return 0 if $position->{all} && !(ref $fault->{does} eq 'HASH' && $fault->{does}{kind} =~ /^(?:status|redirect|echo_token|stall)$/);
	return 0 if $position->{all} && $fault->{kind} !~ /^(?:final|passing)$/;
	# not so much of the same
	return 0 if $fault->{kind} eq 'bent' && $position->{role} eq 'trips' && $target->{mode} eq 'vin';
	return 1;
}

# How often, with how many retries, and so on.
sub variants_of
{
	my ($target, $position, $fault) = @_;
	my @variants;

	for my $times (!$position->{page} || $position->{all} ? 'ever' : qw(once ever))
	{
		for my $retries ($position->{all} ? 0 : (0, 3))
		{
			for my $errors (qw(error warn))
			{
				push @variants, map { {
					target => $target, position => $position, fault => $fault,
					times => $times, retries => $retries, errors => $errors, connections => $_,
				} } qw(1 8 8-closed);
			}
		}
	}
	return @variants;
}

# Those whose name matches, or of each fault at each place some.
sub combinations
{
	my ($matching, @targets) = @_;
	my @all;

	for my $target (@targets)
	{
		for my $position (@{ $target->{positions} })
		{
			for my $fault (grep { makes_sense($_, $target, $position) } faults())
			{
				my @variants = variants_of($target, $position, $fault);
				push @all, defined $matching ? grep { name_of($_) =~ /^$matching/ } @variants :
					(shuffle @variants)[0 .. min(scalar @variants, $SOAK) - 1];
			}
		}
	}
	return @all;
}

sub name_of
{
	my ($c) = @_;

	return join '.', $c->{target}{table}, $c->{target}{mode}, $c->{position}{name}, $c->{fault}{name}, $c->{times}, "r$c->{retries}", $c->{errors}, $c->{connections};
}

# Does it wait for pauses or time limits?
sub is_slow
{
	my ($c) = @_;

	return $c->{fault}{slow} || ($c->{fault}{kind} eq 'passing' && $c->{times} eq 'ever' && $c->{retries});
}

# What each fault is to meet at least once.
sub aspects_of
{
	my ($c) = @_;
	my ($fault, $table, $position) = ($c->{fault}{name}, $c->{target}{table}, $c->{position}{name});

	return ("$fault $position", "$fault $c->{times} $c->{retries}", "$fault $c->{errors}", "$fault $c->{target}{mode}",
		"$table $c->{target}{mode} $position", "$table $c->{fault}{kind}", "$c->{fault}{kind} $position $c->{errors} $c->{connections}");
}

sub take
{
	my (@all) = @_;
	my (%met, @taken, @rest);
	my $slow = 0;

	for my $c (shuffle @all)
	{
		my @new = grep { !$met{$_} } aspects_of($c);
		if (@new && (!is_slow($c) || $slow < $SLOW))
		{
			$slow++ if is_slow($c);
			@met{@new} = (1) x @new;
			push @taken, $c;
		}
		elsif (!is_slow($c))
		{
			push @rest, $c;
		}
	}
	while (@taken < $TAKEN && @rest)
	{
		push @taken, shift @rest;
	}
	return shuffle @taken;
}

# ---- what is expected ----

# Is the fault's status one of those that may mean an unknown id?
sub may_be_unknown
{
	my ($c) = @_;
	my $p = $c->{position};
	my $does = $c->{fault}{does};

	return ref $does eq 'HASH' && ($does->{status} // 0) =~ /^(?:400|403|404|410|414|422)$/ && $p->{page} == 1 && !$p->{all} &&
		($c->{target}{mode} eq 'id' || $c->{target}{mode} eq 'trip' || ($p->{collection}{object} && $c->{target}{mode} eq 'id'));
}

# What the contract says: {full}, {none}, {state}, {warning}; hits and more
# (requests beyond the plain ones).
sub expectation
{
	my ($c, $struck_kept) = @_;
	my ($fault, $p) = @$c{qw(fault position)};
	my $kind = $fault->{kind};
	my $once = $c->{times} eq 'once';

	if ($kind eq 'harmless')
	{
		return { full => 1, hits => 1, more => 0 };
	}
	if ($kind eq 'final' || $kind eq 'passing')
	{
		my $repeats = $kind eq 'passing' ? $c->{retries} : 0;
		$repeats++ if $fault->{kept} && $struck_kept;
		return { full => 1, hits => 1, more => 1 } if $once && $repeats > 0;
		return { state => $fault->{state}, hits => $once ? 1 : $repeats + 1, more => $repeats };
	}
	if ($kind eq 'nothing' || ($kind eq 'no_content' && $p->{collection}{object}))
	{
		return { state => $fault->{state}, hits => 1, more => 0 } if $p->{page} > 1;
		return { none => 1, hits => 1, more => 0,
			warning => $kind eq 'nothing' && $p->{collection}{resource} eq 'vehicles' && !$p->{collection}{object} ? 'the account has no vehicles' : undef };
	}
	my %bent = $kind eq 'no_content' ?
		(kind => 'bent', name => $fault->{name}, bend => sub { $_[0]{rows} = $_[0]{next} = 0; $_[0]{total} = undef }) : %$fault;
	my $told = foretell(fault => \%bent, size => $PAGE, rows => $p->{collection}{total}, at => $p->{page}, once => $once,
		has_id => $p->{collection}{has_id}, listing => $p->{role} ne 'rows');
	my %expected = (hits => $told->{strikes}, more => $told->{requests} - $p->{pages}, rows => $told->{rows}, distinct => $told->{distinct});
	return { %expected, state => $told->{state} } if $told->{state};
	return { %expected, warning => warning_text($c, @{ $told->{warning} }) } if $told->{warning};
	return { %expected, none => 1 } if $told->{rows} == 0;
	return { %expected, full => 1 };
}

sub of_whom
{
	my ($c) = @_;
	my $vin = $c->{position}{collection}{vin};

	return undef unless defined $vin;
	return $c->{target}{mode} eq 'id' || $c->{target}{mode} eq 'trip' ? $id_of{$vin} : $vin;
}

# Whose rows, in the words of a message.
sub subject
{
	my ($c, $resource) = @_;
	my $whom = of_whom($c);
	my $trip = $c->{position}{collection}{trip};

	return $resource unless defined $whom;
	return "vehicle \"$whom\"" if $resource eq 'vehicles';
	return $resource . (defined $trip ? " of trip \"$trip\"" : '') . " of vehicle \"$whom\"";
}

sub warning_text
{
	my ($c, $what, $from, $to) = @_;
	my $whose = subject($c, $c->{position}{collection}{resource});

	$whose .= ' of the account' unless defined of_whom($c);

	return $what eq 'received' ? "received $from of $to $whose" : "total of $whose $what from $from to $to while its pages were read";
}

# ---- what came of it ----

# Messages are for people, and for logs.
sub bad_style
{
	my ($said) = @_;
	my $text = $said->{text};
	my @bad;

	for my $m (@{ $said->{messages} })
	{
		push @bad, "the message ends with a full stop: $m->{message}" if $m->{message} =~ /[.\n]$/;
		push @bad, "the message begins with a capital: $m->{message}" if $m->{message} =~ /^[A-Z]/;
		for my $part (qw(detail hint))
		{
			push @bad, "no $part: $m->{message}" unless length($m->{$part} // '');
			push @bad, "the $part is no sentence: $m->{$part}" if defined $m->{$part} && $m->{$part} !~ /^[A-Z"].*[.]$/s;
		}
	}
	push @bad, "a secret: $said->{text}" if $said->{text} =~ /sim-access-token|s3cret/;
	push @bad, "unprintable: $text" if !utf8::decode($text) || $text =~ /[^\n\P{C}]/;
	push @bad, "more lines than there are: $said->{text}" if $said->{text} =~ /^INJECTED/m;
	return @bad;
}

# Rows that the full answer does not have, or has less often.
sub extra_rows
{
	my ($have, $full) = @_;
	my @extra;

	for my $whose (keys %$have)
	{
		push @extra, map { "$whose $_" } grep { $have->{$whose}{$_} > ($full->{$whose}{$_} || 0) } keys %{ $have->{$whose} };
	}
	return @extra;
}

sub same_rows
{
	my ($have, $full) = @_;

	return keys %$have == keys %$full && !grep { ($have->{$_} || 0) != $full->{$_} } keys %$full;
}

# Vehicles whose rows are not all there, less those that are excused.
sub lacking
{
	my ($have, $full, %excused) = @_;

	return grep { !$excused{$_} && !same_rows($have->{$_} || {}, $full->{$_}) } sort keys %$full;
}

sub count_of { my ($rows) = @_; return sum0(values %{ $rows || {} }) }

sub judge_rows
{
	my ($c, $expected, $have, $full) = @_;
	my $p = $c->{position};
	my $whose = defined $p->{collection}{vin} ? key_of($c->{target}{table}, $p->{collection}{vin}) : '';
	my @bad;

	# where rows have no ids one may be there twice, of which the warning speaks
	push @bad, map { "a wrong row: $_" } extra_rows($have, $full) unless ($expected->{warning} || '') =~ / grew from /;
	if ($expected->{full})
	{
		push @bad, map { "not all rows of $_" } lacking($have, $full);
	}
	elsif ($p->{role} eq 'rows' && $whose)
	{
		push @bad, map { "not all rows of $_, whom it did not strike" } lacking($have, $full, $whose => 1);
		push @bad, 'rows in spite of none' if $expected->{none} && !($c->{target}{table} eq 'waypoints') && $have->{$whose};
		push @bad, count_of($have->{$whose}) . " rows, not $expected->{rows}"
			if defined $expected->{rows} && $c->{target}{table} ne 'waypoints' && count_of($have->{$whose}) != $expected->{rows};
	}
	elsif ($p->{role} eq 'listing')
	{
		push @bad, map { "some rows of $_" } grep { $have->{$_} && !same_rows($have->{$_}, $full->{$_}) } keys %$full;
		push @bad, 'rows in spite of none' if $expected->{none} && %$have;
	}
	elsif ($p->{role} eq 'trips')
	{
		push @bad, map { "not all rows of $_, whom it did not strike" } lacking($have, $full, $whose => 1);
		push @bad, 'rows in spite of none' if $expected->{none} && $have->{$whose};
	}
	return @bad;
}

# An error, or with 'warn' what the result lacks.
sub judge_failure
{
	my ($c, $expected, $said, $have, $full) = @_;
	my ($p, $state) = ($c->{position}, $expected->{state});
	my $whom = of_whom($c);
	my $resource = $p->{collection}{resource};
	my $text = 'could not fetch ' . subject($c, $resource) . " from server \"$c->{lane}\": ";
	my @bad;

	if ($c->{errors} eq 'warn' && defined $whom && $state !~ /^(?:28000|53400|08001)$/)
	{
		my @warnings = @{ $said->{messages} };
		push @bad, 'an error in spite of warn' if $said->{error};
		for my $vin ($p->{all} ? @{ $p->{all} } : $p->{collection}{vin})
		{
			my $name = $whom eq $p->{collection}{vin} ? $vin : $whom;
			my $lacks = quotemeta('result lacks ' . subject($c, $c->{target}{table})) . ': ';
			$lacks =~ s/\Q$whom\E/$name/;
			$lacks =~ s/trip\\ \\"\w+/trip\\ \\"\\w+/ if $p->{all};
			push @bad, "no warning for $name" unless grep { $_->{sqlstate} eq $state && $_->{message} =~ /^$lacks/ } @warnings;
		}
		push @bad, 'another warning' if $c->{fault}{kind} !~ /^(?:bent|shift|ids)$/ && grep { $_->{message} !~ /^result lacks / } @warnings;
		push @bad, map { "a wrong row: $_" } extra_rows($have, $full);
		push @bad, map { "not all rows of $_, whom it did not strike" } $p->{all} ? () : lacking($have, $full, key_of($c->{target}{table}, $p->{collection}{vin}) => 1);
		return @bad;
	}
	return 'no error' unless $said->{error};
	push @bad, "SQLSTATE $said->{error}{sqlstate}, not $state" if $said->{error}{sqlstate} ne $state;
	# any of them may be the first
	$text = $p->{all} ? qr/^could not fetch $resource of (?:trip "\w+" of )?vehicle "\w+" from server "\w+": / : qr/^\Q$text\E/;
	push @bad, "the message does not begin with $text" if $said->{error}{message} !~ $text;
	push @bad, 'a warning besides' if $c->{fault}{kind} !~ /^(?:bent|shift|ids)$/ && @{ $said->{messages} } != 1;
	push @bad, 'rows besides' if %$have;
	return @bad;
}

sub judge_requests
{
	my ($c, $expected, $said, $requests) = @_;
	my $p = $c->{position};
	my $plain = $c->{target}{requests};
	my @bad;

	return () if $p->{all};
	# the next page is asked for before what is wrong with this one is known, and
	# may be struck, too: where every page is, or this one is the next one
	my $ahead = $expected->{state} && $c->{fault}{kind} eq 'bent' && $p->{role} eq 'rows' ? 1 : 0;
	my $again = $ahead && (!$p->{page} || $c->{fault}{name} eq 'repeat_token');
	push @bad, "the fault struck $said->{hits}[0] times, not $expected->{hits}"
		if $said->{hits}[0] != $expected->{hits} && !($again && $said->{hits}[0] == $expected->{hits} + 1);
	if ($expected->{full})
	{
		push @bad, "$requests requests, not $plain and $expected->{more}" if $requests != $plain + $expected->{more};
	}
	else
	{
		# is an id unknown?  The listings tell.
		my $most = $plain + max($expected->{more}, 0) + $ahead + (may_be_unknown($c) ? 10 : 0);
		push @bad, "$requests requests, more than $most" if $requests > $most;
	}
	return @bad;
}

sub judge
{
	my ($c, $expected, $said) = @_;
	my @rows = @{ $said->{rows} };
	my $full = $c->{target}{full}[ $c->{fault}{kind} eq 'ids' ? 1 : 0 ];
	my @bad = bad_style($said);
	my $usable = @rows && $rows[-1] eq 'usable|1' ? pop @rows : undef;
	my $have = by_vehicle(@rows);

	push @bad, 'the session is not usable afterwards' unless $usable;
	push @bad, judge_requests($c, $expected, $said, @{ $said->{lines} } - ($usable ? 1 : 0));
	return (@bad, judge_failure($c, $expected, $said, $have, $full)) if $expected->{state};

	push @bad, judge_rows($c, $expected, $have, $full);
	my @messages = map { "$_->{severity} $_->{sqlstate} $_->{message}" } @{ $said->{messages} };
	my @wanted = defined $expected->{warning} ? "WARNING 01000 $expected->{warning}" : ();
	push @bad, 'said: ' . (join('; ', @messages) || 'nothing') . '; wanted: ' . (join('; ', @wanted) || 'nothing')
		if "@messages" ne "@wanted";
	return @bad;
}

# ---- running ----

sub rules_of
{
	my ($c) = @_;
	my ($fault, $p) = @$c{qw(fault position)};
	my $collection = $p->{collection};
	my $path = $p->{all} ? "/user/vehicles/.*/$TABLES{ $c->{target}{table} }{part}" : $collection->{path};
	my $does = $fault->{does};

	$does = $does->($collection->{entries}[ $p->{page} - 1 ]{bytes}) if ref $does eq 'CODE';
	my @rules = { match => "^GET $path(\\?|\$)", $p->{page} ? (page => $p->{page}) : (), times => $c->{times} eq 'once' ? 1 : -1, fault => $does };
	push @rules, { match => '', times => -1, fault => { kind => 'close' } } if $c->{connections} eq '8-closed';
	return @rules;
}

# Did the fault strike a connection that had been used before?
sub struck_kept
{
	my ($before, @log) = @_;

	for my $n (0 .. $#log)
	{
		next unless ($log[$n]{fault} || '') eq 'reset';
		return $log[$n]{connection} <= $before || grep { $_->{connection} == $log[$n]{connection} } @log[0 .. $n - 1];
	}
	return 0;
}

sub run
{
	my ($lane, $c) = @_;
	my $query = $c->{target}{query}[ $c->{fault}{kind} eq 'ids' ? 1 : 0 ];
	my $before = $c->{fault}{kept} ? $lane->simulator->stats->{connections} : 0;
	my @rules = rules_of($c);

	$c->{lane} = $lane->{name};
	$lane->set(retries => $c->{retries}, on_vehicle_error => $c->{errors}, concurrency => $c->{connections} =~ /(\d)/,
		%{ $c->{fault}{options} || {} });
	my $said = $lane->meet(\@rules, $query, $c->{target}{table} eq 'account' ?
		"SELECT 'usable|' || count(*) FROM maintenance WHERE vehicle_id = " . quoted($id_of{$OTHER}) . ';' :
		"SELECT 'usable|' || count(*) FROM account;");
	my $kept = $c->{fault}{kept} ? struck_kept($before, $lane->simulator->log) : 0;
	my @bad = judge($c, expectation($c, $kept), $said);
	return @bad ? { name => name_of($c), bad => \@bad, said => $said->{text}, rules => \@rules, lines => $said->{lines} } : { name => name_of($c) };
}

# A worker process takes every so-manieth combination; what came of it goes
# into the pipe, a line each.
sub work
{
	my ($n, $out, @combinations) = @_;
	my $simulator = $n ? Simulator->start(@SIMULATOR) : Simulator->new;
	my $lane = Lane->new("lane$n", simulator => $simulator, exists => $n == 0);

	for my $c (@combinations)
	{
		my $result = eval { run($lane, $c) } || { name => name_of($c), bad => [ $@ ] };
		syswrite $out, encode_json($result) . "\n";
	}
	$lane->session->close;
	$simulator->stop if $n;
	return;
}

sub start_workers
{
	my (@taken) = @_;
	my @readers;

	for my $n (0 .. min($LANES, scalar @taken) - 1)
	{
		pipe my $reader, my $writer or die "pipe: $!";
		my $pid = fork // die "fork: $!";
		if ($pid == 0)
		{
			eval { work($n, $writer, @taken[ grep { $_ % $LANES == $n } 0 .. $#taken ]); 1 } or warn $@;
			POSIX::_exit(0);
		}
		close $writer;
		push @readers, $reader;
	}
	return @readers;
}

# A full pipe would make its worker wait, so they are read as they come.
sub gather
{
	my (@readers) = @_;
	my $select = IO::Select->new(@readers);
	my %text = map { $_ => '' } @readers;

	while ($select->count)
	{
		for my $reader ($select->can_read)
		{
			$select->remove($reader) unless sysread $reader, $text{$reader}, 65536, length $text{$reader};
			report(decode_json($1)) while $text{$reader} =~ s/^(.*)\n//;
		}
	}
	return;
}

sub report
{
	my ($result) = @_;

	return if ok(!$result->{bad}, $result->{name});
	diag(join "\n", map { s/\n*$//r } @{ $result->{bad} });
	diag("rule: " . encode_json($_)) for @{ $result->{rules} || [] };
	diag("said: " . ($result->{said} // ''));
	diag("asked: $_") for @{ $result->{lines} || [] };
	return;
}

Simulator->new->config({ gzip => JSON::PP::false });
system("$ENV{PG_BINDIR}/psql", '-Xq', '-c', 'CREATE EXTENSION stellantis_fdw') == 0 or die 'no extension';
learn_world();
my $first = Lane->new('lane0');
my @targets = targets($first);
srand $SEED;
my @all = combinations($ENV{FAULTS}, @targets);
my @taken = $ENV{FAULTS} ? @all : take(@all);
diag(sprintf '%d combinations of %d faults', scalar @taken, scalar faults()) if $ENV{FAULTS} || $SOAK > 1;
gather(start_workers(@taken));
is(Test::More->builder->current_test, scalar @taken, 'all of them were run');
done_testing();
