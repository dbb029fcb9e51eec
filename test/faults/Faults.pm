package Faults;
#
# Faults.pm
#	Every fault that the simulator can make, and what a query may make of it.
#
#	A fault is {name, kind, does, ...}: "does" is the simulator's fault, or a
#	sub that makes it for a body of so many bytes.  What follows from it:
#
#	harmless	the full answer, nothing said
#	final		an error with SQLSTATE "state", after one request
#	passing		the same, but it is asked again, as often as "retries" says;
#				"kept" if one that struck a kept connection is asked once more
#	nothing		zero rows on the first page ("warns" on the vehicles' listing),
#				"state" on a later one
#	bent		"bend" says how a page is bent: its rows, total, next.  What that
#				means for the whole is foretold by foretell(), not recorded.
#	row			like bent, and the rows of that page lose their ids
#
#	options		of the server, for this fault
#	slow		it takes its time when it is repeated
#	only		positions (a regular expression) where it makes sense

use strict;
use warnings;
use Exporter 'import';
use JSON::PP ();

our @EXPORT_OK = qw(faults foretell %STATE);

my ($true, $null) = (JSON::PP::true, JSON::PP::null);

# What each status is to a query: DESIGN's table of errors.
our %STATE = (
	name => '08001', reset => '08006', late => 'HV00L', broken => '08P01',
	token => '28000', scope => '42501', quota => '53400', rejected => 'HV000', lost => 'HV00R', down => 'HV00L',
);

my @faults;

sub add
{
	my ($kind, $state, $name, $does, %more) = @_;

	push @faults, { kind => $kind, state => $state, name => $name, does => $does, %more };
	return;
}

sub edit
{
	my ($pointer, %how) = @_;
	return { kind => 'edit', pointer => $pointer, %how };
}

sub status
{
	my ($status, %more) = @_;
	return { kind => 'status', status => $status, message => "Simulated $status", %more };
}

sub add_statuses
{
	my %state = (401 => 'token', 403 => 'scope', 404 => 'lost', 408 => 'late', 429 => 'quota');

	for my $status (400 .. 431, 451, 499)
	{
		next if $status == 408 || $status == 429 || ($status > 418 && $status < 422) || $status == 427 || $status == 430;
		add('final', $STATE{ $state{$status} || 'rejected' }, "status_$status",
			status($status, $status == 404 ? (code => 50000) : ()));
	}
	add('final', $STATE{down}, "status_$_", status($_)) for 501, 505, 507, 511, 599;
	add('final', $STATE{broken}, "status_$_", status($_, body => '{}')) for 201, 202, 203, 206, 226;
	for my $body ('html', 'empty', 'gateway', '[]', '{"message":"no code"}', '{"code":404}', 'plain text')
	{
		add('final', $STATE{lost}, '404_' . short($body), status(404, body => $body));
	}
	for my $status (400, 401, 403, 500)
	{
		add($status == 500 ? 'passing' : 'final', $STATE{ $state{$status} || ($status == 500 ? 'down' : 'rejected') },
			"${status}_" . short($_), status($status, body => $_)) for 'html', 'empty', 'gateway';
	}
	add('passing', $STATE{ $state{$_} || 'down' }, "status_$_", status($_)) for 408, 429, 500, 502, 503, 504;
	add('nothing', $STATE{lost}, "404_code_$_", status(404, code => $_)) for 40400, 40401, 40499;
	add('no_content', undef, 'no_content', { kind => 'no_content' });
	return;
}

sub add_retry_after
{
	my @waits = (
		[ 'zero', 1, headers => { 'Retry-After' => 0 } ], [ 'words', 1, headers => { 'Retry-After' => 'soon' } ],
		[ 'past', 1, retry_after_date => -60 ], [ 'negative', 1, headers => { 'Retry-After' => '-5' } ],
		[ 'window', 1, headers => { 'Retry-After' => '0;w=1' } ],
		[ 'hour', 0, headers => { 'Retry-After' => 3600 } ], [ 'date', 0, retry_after_date => 3600 ],
		[ 'window_hour', 0, headers => { 'Retry-After' => '3600;w=1' } ],
		[ 'ages', 0, headers => { 'Retry-After' => '99999999999999999999' } ],
	);

	for my $status (429, 503)
	{
		for (@waits)
		{
			my ($name, $passes, @more) = @$_;
			add($passes ? 'passing' : 'final', $STATE{ $status == 429 ? 'quota' : 'down' },
				"${status}_after_$name", status($status, @more));
		}
	}
	add('final', $STATE{quota}, '429_reset_hour', status(429, headers => { 'X-RateLimit-Reset' => 3600 }));
	add('passing', $STATE{quota}, '429_reset_zero', status(429, headers => { 'X-RateLimit-Reset' => 0 }));
	# shorter than an hour, but longer than this server may wait
	add('final', $STATE{quota}, '429_after_two', status(429, headers => { 'Retry-After' => 2 }), options => { max_retry_wait => '1 s' });
	return;
}

# Bodies that come in a crooked way: each at the first byte, the second, the
# middle and the last.
sub add_transport
{
	my %place = (start => sub { 0 }, one => sub { 1 }, middle => sub { int($_[0] / 2) }, last => sub { $_[0] - 1 });
	my %late = (options => { request_timeout => '1 s' }, slow => 1);

	add('passing', $STATE{reset}, 'reset', { kind => 'reset' }, kept => 1);
	for my $at (sort keys %place)
	{
		my $where = $place{$at};
		add('passing', $STATE{reset}, "reset_body_$at", sub { { kind => 'reset_body', bytes => $where->(@_) } });
		add('passing', $STATE{broken}, "truncate_$at", sub { { kind => 'truncate', bytes => $where->(@_) } });
		add('passing', $STATE{late}, "stall_body_$at", sub { { kind => 'stall_body', bytes => $where->(@_), ms => -1 } }, %late);
		add('final', $STATE{broken}, "truncate_json_$at", sub { { kind => 'truncate_json', bytes => $where->(@_) } });
	}
	add('passing', $STATE{late}, 'stall', { kind => 'stall', ms => -1 }, %late);
	add('passing', $STATE{late}, 'drip', { kind => 'drip', bytes => 1, ms => 100 }, %late);
	add('harmless', undef, 'stall_short', { kind => 'stall', ms => 20 });
	add('harmless', undef, 'stall_body_short', sub { { kind => 'stall_body', bytes => int($_[0] / 2), ms => 20 } });
	add('harmless', undef, 'drip_fast', sub { { kind => 'drip', bytes => int($_[0] / 8) + 1, ms => 1 } });
	add('harmless', undef, 'close', { kind => 'close' });
	add('harmless', undef, 'headers', { kind => 'headers', headers => { 'X-A' => 'b', 'Retry-After' => 3600, 'X-RateLimit-Reset' => 3600 } });
	add('harmless', undef, 'huge_header', { kind => 'huge_header', bytes => 20000 });
	add('final', $STATE{broken}, 'huger_header', { kind => 'huge_header', bytes => 300000 });
	return;
}

sub add_content
{
	my @bodies = ('', ' ', '{', 'null', '[]', '5', '"text"', 'true', 'html', '{oops}', '{"a": 01}', '{"a": 1,}', "{\"a\": \"\x01\"}",
		'{} {}', "\x{feff}{}", '{"a": "\\x"}', '{"_embedded": {"trips": [');

	add('final', $STATE{broken}, 'type_' . short($_), { kind => 'content_type', value => $_ })
		for 'text/html', 'text/plain', '', 'application/jsonp', 'application/octet-stream', 'text/html; a=application/json';
	add('harmless', undef, 'type_' . short($_), { kind => 'content_type', value => $_ })
		for 'application/json', 'application/json; charset=UTF-8', 'application/vnd.geo+json', 'APPLICATION/HAL+JSON';
	add('final', $STATE{broken}, "bad_json_$_", { kind => 'bad_json', body => $bodies[$_] }) for 0 .. $#bodies;
	add('final', $STATE{broken}, "redirect_$_", { kind => 'redirect', status => $_ }) for 300 .. 308;
	add('final', $STATE{broken}, 'redirect_here', { kind => 'redirect', status => 302, location => '/connectedcar/v4/user' });
	add('final', $STATE{broken}, 'redirect_file', { kind => 'redirect', status => 301, location => 'file:///etc/passwd' });
	add('final', $STATE{broken}, 'huge_body', { kind => 'huge_body', mb => 2 }, options => { max_response_bytes => '1MB' });
	add('final', $STATE{broken}, 'gzip_bomb', { kind => 'gzip_bomb', mb => 16 }, options => { max_response_bytes => '1MB' });
	add('harmless', undef, 'large_body', { kind => 'huge_body', mb => 2 });
	add('harmless', undef, 'gzip_large', { kind => 'gzip_bomb', mb => 4 });
	add('harmless', undef, 'lone_surrogate', { kind => 'lone_surrogate' });
	add('harmless', undef, 'nul_escape', { kind => 'nul_escape' });
	add('harmless', undef, 'invalid_utf8', { kind => 'invalid_utf8' });
	add('harmless', undef, 'deep', { kind => 'deep', depth => 500 });
	add('final', $STATE{broken}, 'deeper', { kind => 'deep', depth => 100000 });
	for my $status (400, 401, 403, 404, 429, 500)
	{
		my %of = (401 => 'token', 403 => 'scope', 404 => 'lost', 429 => 'quota', 500 => 'down');
		add($status >= 429 ? 'passing' : 'final', $STATE{ $of{$status} || 'rejected' }, "echo_token_$status",
			{ kind => 'echo_token', status => $status, code => $status == 404 ? 50000 : $status * 100 });
	}
	add('final', $STATE{rejected}, 'control_characters',
		status(400, body => '{"code": 40000, "message": "a\u0007b\u001b[31mc\u202ed\u0000e\ud800f\nINJECTED:  g", "uuid": "\u0008"}'));
	add('final', $STATE{rejected}, 'latin_body', status(400, body => "caf\x{e9} \x01\x02\x7f"));
	add('final', $STATE{rejected}, 'long_message', status(400, message => 'very ' x 2000));
	return;
}

# The envelope of a collection.
sub add_envelope
{
	my %collection = (only => qr/listing|rows/, of => 'collection');
	my $bent = sub { my ($name, $does, $bend) = @_; add('bent', $STATE{broken}, $name, $does, bend => $bend, %collection) };
	my @total = (
		[ missing => undef, edit('/total', remove => $true) ], [ null => undef, edit('/total', value => $null) ],
		[ text => undef, edit('/total', value => '8') ], [ negative => undef, edit('/total', value => -5) ],
		[ fraction => undef, edit('/total', value => 8.5) ], [ infinite => undef, edit('/total', raw => '1e999') ],
		[ object => undef, edit('/total', value => {}) ], [ zero => 0, edit('/total', value => 0) ],
		[ huge => 9007199254740993, edit('/total', value => 9007199254740993) ],
	);

	for (@total)
	{
		my ($name, $total, $does) = @$_;
		$bent->("total_$name", $does, sub { $_[0]{total} = $total });
	}
	for my $delta (-4, -1, 1, 4)
	{
		$bent->("total_by_$delta", { kind => 'total', delta => $delta },
			sub { $_[0]{total} = $_[0]{total} + $delta > 0 ? $_[0]{total} + $delta : 0 });
	}
	for my $bad ([ missing => remove => $true ], [ null => value => $null ], [ text => value => 'x' ], [ number => value => 5 ], [ array => value => [] ], [ object => value => {} ])
	{
		my ($name, @how) = @$bad;
		my $fatal = sub { $_[0]{broken} = 1 };
		$bent->("embedded_$name", edit('/_embedded', @how), $fatal);
		$bent->("list_$name", edit('/_embedded/*', @how), $name eq 'array' ? sub { $_[0]{rows} = 0 } : $fatal);
		$bent->("row_$name", edit('/_embedded/*/0', @how), $fatal) unless $name =~ /missing|object/;
		# no links is no next page; what is there must make sense
		$bent->("links_$name", edit('/_links', @how), $name =~ /text|number|array/ ? $fatal : sub { $_[0]{next} = 0 });
		$bent->("next_$name", edit('/_links/next', @how),
			$name =~ /missing|null/ ? sub { $_[0]{next} = 0 } : $fatal) ;
		$bent->("href_$name", edit('/_links/next/href', @how), sub { $_[0]{broken} = 1 if $_[0]{next} });
	}
	$bent->('row_missing', edit('/_embedded/*/0', remove => $true), sub { $_[0]{rows}-- });
	for my $href ('', '?', 'https://elsewhere.example.com/', 'https://elsewhere.example.com/?pageToken=', 'https://elsewhere.example.com/#?pageToken=x', '?pagetoken=x')
	{
		$bent->('next_to_' . short($href), edit('/_links/next', value => { href => $href }), sub { $_[0]{broken} = 1 });
	}
	# a token that the server then does not know, whosever host it is on
	add('bent', $STATE{rejected}, 'next_elsewhere', edit('/_links/next', value => { href => 'https://elsewhere.example.com/?pageToken=made-up' }),
		bend => sub { $_[0]{next} ? $_[0]{refused} = 1 : ($_[0]{next} = 1) }, %collection);
	$bent->('repeat_token', { kind => 'repeat_token' }, sub { $_[0]{next} = 'same' });
	$bent->('page_loop', { kind => 'page_loop' }, sub { $_[0]{next} = 1 });
	$bent->('missing_next', { kind => 'missing_next' }, sub { $_[0]{next} = 0 });
	# as good as any other order
	$bent->('links_last', { kind => 'links_last' }, sub { });
	return;
}

# Faults of many pages at once.
sub add_shifts
{
	my %every = (only => qr/every/, of => 'collection');

	for my $shrink (1, 2)
	{
		add('bent', $STATE{broken}, "total_shrinks_$shrink", { kind => 'total', shrink => $shrink },
			bend => sub { my ($page, $n) = @_; $page->{total} -= $shrink * ($n - 1); $page->{total} = 0 if $page->{total} < 0 }, %every);
	}
	add('shift', $STATE{broken}, "inserted_$_", { kind => 'shift', inserted => $_ }, by => $_, %every) for 1, 2, 3;
	add('shift', $STATE{broken}, "deleted_$_", { kind => 'shift', deleted => $_ }, by => -$_, %every) for 1, 2;
	return;
}

# Ids: of listings these are whom to ask next.
sub add_ids
{
	for my $bad ([ missing => remove => $true ], [ null => value => $null ], [ number => value => 5 ], [ object => value => {} ],
		[ surrogate => raw => '"a\ud800b"' ], [ nul => raw => '"a\u0000b"' ])
	{
		my ($name, @how) = @$bad;
		add('ids', undef, "ids_$name", edit('/_embedded/*/*/id', @how), lost => 'all', of => 'collection', only => qr/listing|rows/);
		add('ids', undef, "id_$name", edit('/_embedded/*/0/id', @how), lost => 'one', of => 'collection', only => qr/listing|rows/);
		add('final', $STATE{broken}, "own_id_$name", edit('/id', @how), of => 'vehicle');
	}
	add('ids', undef, 'ids_same', edit('/_embedded/*/*/id', value => 'same'), lost => 'same', of => 'collection', only => qr/rows/);
	add('ids', undef, 'ids_empty', edit('/_embedded/*/*/id', value => $_), lost => 'all', of => 'collection', only => qr/listing/) for '';
	add('ids', undef, 'ids_dots', edit('/_embedded/*/*/id', value => $_), lost => 'all', of => 'collection', only => qr/listing/) for '..';
	add('final', $STATE{broken}, 'own_id_other', edit('/id', value => 'another'), of => 'vehicle');
	return;
}

sub short
{
	my ($text) = @_;

	$text =~ s/[^A-Za-z0-9]+/_/g;
	$text =~ s/^_|_$//g;
	return substr($text, 0, 40);
}

sub faults
{
	if (!@faults)
	{
		add_statuses();
		add_retry_after();
		add_transport();
		add_content();
		add_envelope();
		add_shifts();
		add_ids();
	}
	return @faults;
}

# ---- what paging faults come to ----

# One page of a collection, as the simulator gives it: the rows on it (their
# numbers), the total, and the page that is next (undef: none).
sub page_of
{
	my ($how, $n, $strikes) = @_;
	my ($size, $rows) = @$how{qw(size rows)};
	my $skew = $strikes && $how->{fault}{kind} eq 'shift' && $n > 1 ? -$how->{fault}{by} : 0;
	my $pages = int(($rows - $skew + $size - 1) / $size);
	my $first = ($n - 1) * $size + $skew;
	my $page = {
		ids => [ grep { $_ >= 0 && $_ < $rows } $first .. $first + $size - 1 ],
		total => $rows - $skew, next => $n < $pages ? $n + 1 : undef, token => $n + 1,
	};

	bend($how, $page, $n) if $strikes;
	return $page;
}

sub bend
{
	my ($how, $page, $n) = @_;
	my $fault = $how->{fault};

	if ($fault->{kind} eq 'ids')
	{
		lose_ids($how, $page);
	}
	elsif ($fault->{kind} eq 'bent')
	{
		my %bent = (rows => scalar @{ $page->{ids} }, total => $page->{total}, next => defined $page->{next} ? 1 : 0);
		$fault->{bend}->(\%bent, $n);
		splice @{ $page->{ids} }, $bent{rows};
		$page->{total} = $bent{total};
		$page->{$_} = $bent{$_} for qw(broken refused);
		$page->{next} = $bent{next} ? $page->{next} // 1 : undef;
		$page->{token} = 'fresh' . ++$how->{fresh} if $fault->{name} eq 'page_loop';
		@$page{qw(next token)} = ($n, $n) if $bent{next} eq 'same';
	}
	return;
}

# A listing has no use for rows without ids; a scan shows them.
sub lose_ids
{
	my ($how, $page) = @_;
	my $lost = $how->{fault}{lost};

	if ($lost eq 'same')
	{
		# which no row has, and which the page before may have had already
		$page->{ids} = [-1] if $how->{has_id} && @{ $page->{ids} };
	}
	elsif ($how->{listing})
	{
		$lost eq 'one' ? shift @{ $page->{ids} } : ($page->{ids} = []);
	}
	return;
}

# What comes of a collection of "rows" in pages of "size", when the fault
# strikes page "at" (0: every page) once or for ever.  By the contract: what
# has been announced and does not come is told, what goes in circles is an
# error, a repeated row is dropped if it has an id, and a collection of which
# nothing was used yet is read again, three times at most, if its total shrinks.
# Returns {state} for an error, else {rows, distinct, warning}; and {requests,
# strikes}.
sub foretell
{
	my (%how) = @_;
	my ($restarts, $requests) = (0, 0);

	for (;;)
	{
		my $walk = walk(\%how, $restarts < 3);
		$requests += $walk->{requests};
		return { %$walk, requests => $requests, strikes => $how{strikes} || 0 } unless $walk->{again};
		$restarts++;
	}
}

sub walk
{
	my ($how, $may_restart) = @_;
	my ($n, $requests, $barren, $total, $largest, @before, %seen, %tokens, $warning) = (1, 0, 0, undef, -1);
	my $rows = 0;

	for (;;)
	{
		my $strikes = (!$how->{at} || $how->{at} == $n) && !($how->{once} && $how->{struck}++);
		my $page = page_of($how, $n, $strikes);
		my @new = grep { my $id = $_; !$how->{has_id} || !grep { $_ == $id } @before } @{ $page->{ids} };

		$requests++;
		$how->{strikes}++ if $strikes;
		return { state => $how->{fault}{state}, requests => $requests } if $page->{broken};
		if (defined $page->{total})
		{
			if (defined $total && $page->{total} < $total)
			{
				return { again => 1, requests => $requests } if $may_restart && ($how->{listing} || !$rows);
				$warning //= [ 'shrank', $total, $page->{total} ];
			}
			$warning //= [ 'grew', $total, $page->{total} ]
				if defined $total && $page->{total} > $total && !$how->{has_id};
			$total = $page->{total};
			$largest = $total if $total > $largest;
		}
		$rows += @new;
		$seen{$_} = 1 for @new;
		last unless defined $page->{next};
		$barren = @new ? 0 : $barren + 1;
		return { state => '08P01', requests => $requests }
			if $barren >= 2 || ($largest >= 0 && $rows >= $largest) || $tokens{ $page->{token} }++;
		if ($page->{refused})
		{
			# where every page is bent, the refusal of the next one is, too
			$how->{strikes}++ unless $how->{at};
			return { state => $how->{fault}{state}, requests => $requests + 1 };
		}
		@before = @{ $page->{ids} };
		$n = $page->{next};
	}
	$warning //= [ 'received', $rows, $total ] if defined $total && $rows < $total;
	return { rows => $rows, distinct => scalar keys %seen, warning => $warning, requests => $requests };
}

1;
