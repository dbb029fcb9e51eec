#!/usr/bin/perl
#
# events.t
#	docs/events.md at work: its table and function, a bridge that takes what the
#	simulator pushes to a callback and calls the function through psql, and a
#	session that listens.  Every event is stored once, also when answers are lost,
#	and is told once.
#
#	simulator: --vehicles 2 --days 1 --token remote=everything --remote-step-ms 20 --push-retry-ms 100 --push-batch-ms 300

use strict;
use warnings;
use lib 'test/harness';
use IO::Socket::INET;
use JSON::PP;
use Session;
use Simulator;
use Time::HiRes qw(sleep time);

my $tests = 0;
my $sim = Simulator->new;
my $json = JSON::PP->new->canonical;
my $parent = $$;
my $bridge;

END { kill 'TERM', $bridge if $bridge && $$ == $parent }

sub is
{
	my ($have, $want, $name) = @_;

	$_ //= '(undef)' for $have, $want;
	printf "%sok %d - %s\n", $have eq $want ? '' : 'not ', ++$tests, $name;
	print map { s/\n/\n# /gr } "# have: $have\n# want: $want\n" if $have ne $want;
	return;
}

# What a function says, as soon as it is what is wanted, or after half a minute.
sub is_soon
{
	my ($wanted, $name, $function) = @_;
	my $until = time + 30;
	my $have = $function->();

	while ($have ne $wanted && time < $until)
	{
		sleep 0.05;
		$have = $function->();
	}
	is($have, $wanted, $name);
	return;
}

sub psql
{
	my (@arguments) = @_;

	system("$ENV{PG_BINDIR}/psql", '-Xq', '-v', 'ON_ERROR_STOP=1', @arguments) == 0 or die "psql @arguments";
	return;
}

# The SQL blocks of a section of the page.
sub blocks
{
	my ($title) = @_;

	open my $file, '<', 'docs/events.md' or die $!;
	local $/;
	my ($section) = <$file> =~ /^## \Q$title\E\n(.*?)(?=^## |\z)/ms or die "no section $title";
	my @blocks = $section =~ /^```sql\n(.*?)^```/msg;
	die "no SQL in $title" unless @blocks;
	return @blocks;
}

# ---- the bridge ----

# What it does with the next requests: the function is called, then the answer
# is that status; "lost": called, and no answer; "deaf": not called, 500.
my $orders = "$ENV{TMPDIR}/events.orders";

sub order
{
	my (@orders) = @_;

	open my $file, '>', "$orders.new" or die $!;
	print $file map {"$_\n"} @orders;
	close $file;
	rename "$orders.new", $orders;
	return;
}

sub next_order
{
	open my $file, '<', $orders or return 'answer';
	chomp(my ($first, @others) = <$file>);
	close $file;
	return 'answer' unless defined $first;
	order(@others);
	return $first;
}

# The body is a variable of psql's, which quotes it.
sub call_function
{
	my ($body) = @_;

	open my $psql, '|-', "$ENV{PG_BINDIR}/psql", '-XAtq', '-U', 'events_hook', '-v', 'ON_ERROR_STOP=1', '-v', "body=$body", '-o', '/dev/null' or die $!;
	print $psql "SELECT hooks.receive(:'body');\n";
	return close $psql;
}

sub serve
{
	my ($client) = @_;
	my ($head, $length) = ('', 0);

	while (defined(my $line = <$client>))
	{
		$length = $1 if $line =~ /^content-length:\s*(\d+)/i;
		last if $line =~ /^\r?\n/;
	}
	read $client, (my $body = ""), $length;
	my $order = next_order();
	my $good = $order ne 'deaf' && call_function($body);
	return if $order eq 'lost';
	print $client $good ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 500 Internal Server Error\r\n", "Content-Length: 0\r\nConnection: close\r\n\r\n";
	return;
}

sub start_bridge
{
	my $socket = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1', LocalPort => 0) or die $!;

	$bridge = fork // die $!;
	if ($bridge == 0)
	{
		open STDERR, '>>', "$ENV{TMPDIR}/events.bridge";
		while (getppid == $parent)
		{
			my $client = $socket->accept or next;
			$client->autoflush(1);
			serve($client);
			close $client;
		}
		exit 0;
	}
	return 'http://127.0.0.1:' . $socket->sockport;
}

# ---- what is told ----

psql('-f', 'test/setup.psql');
psql('-c', q{ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'remote')});
psql('-c', $_ =~ s/\bcar_hook\b/events_hook/gr) for blocks('A table, and a function to call');
psql('-c', 'ALTER ROLE events_hook LOGIN');

my $s = Session->new;
my $listening = Session->new;
my ($listen) = blocks('Waiting for it');
$listening->rows($listen);
my $target = start_bridge();
my ($create) = (blocks('The callback'))[0] =~ /(SELECT stellantis.create_callback.*)/s;
$create =~ s{https://hooks.example.com/rpc/receive}{$target/rpc/receive} or die 'no address';
my ($callback) = $s->rows($create);

sub stored { return join "\n", $s->rows(shift) }

# Those since the last look; psql tells them at the end of a statement.
sub notifications
{
	return join "\n", sort map { /"car_events" with payload "(.*)" received/ ? do { my $n = decode_json($1); join ' ', map { $_ // '-' } @$n{qw(type vin progress status)} } : () } $listening->rows('SELECT 1;');
}

my ($action) = $s->rows(q{SELECT stellantis.lock_doors('VR3UHZKXZPT000001');});
my $doors = qq{SELECT type || ' ' || vin || ' ' || remote_type || ' ' || progress || ' ' || status FROM hooks.events WHERE remote_action_id = '$action' ORDER BY date;};
my $wanted = join "\n", map {"Remote VR3UHZKXZPT000001 Doors $_"} 'Pending Accepted', 'Pending SentToVehicle', 'Done Success';
my $asleep = $wanted =~ s/(.*Accepted\n)/$1Remote VR3UHZKXZPT000001 Doors Pending WakingUpVehicle\n/r;
is_soon('t', 'a command has ended', sub { stored(qq{SELECT EXISTS (SELECT FROM hooks.events WHERE remote_action_id = '$action' AND progress = 'Done');}) });
my $have = stored($doors);
is($have, $have =~ /WakingUp/ ? $asleep : $wanted, 'its states are rows');
is(join("\n", $s->rows(qq{SELECT status FROM stellantis.wait_for_action('VR3UHZKXZPT000001', '$action');})), 'Success', 'and the last is what the API says');
is(notifications(), join("\n", sort map { s/ Doors//r } split /\n/, $have), 'and who listens is told each once');
is(stored(q{SELECT count(*) FROM hooks.events WHERE "values" IS NOT NULL OR callback_id <> '} . $callback . q{';}), 0, 'nothing else is told');

# ---- again and again ----

order('lost', 'lost', 'deaf', 'lost');
($action) = $s->rows(q{SELECT stellantis.horn('VR3UHZKXZPT000002');});
is_soon('1', 'another command has ended', sub { stored(qq{SELECT count(*) FROM hooks.events WHERE remote_action_id = '$action' AND progress = 'Done';}) });
is_soon('0', 'all is delivered', sub { scalar grep { !/delivered$/ } split /\n/, $sim->ask('GET', 'deliveries?format=text') });
is(scalar(grep { /: (?:0|500) .*delivered$/ } split /\n/, $sim->ask('GET', 'deliveries?format=text')) > 0 ? 1 : 0, 1, 'some of it more than once');
is(stored(qq{SELECT count(*) = count(DISTINCT status) FROM hooks.events WHERE remote_action_id = '$action';}), 't', 'but each state is one row');
my $rows = stored(qq{SELECT count(*) FROM hooks.events WHERE remote_action_id = '$action';});
is(scalar(split /\n/, notifications()), $rows, 'and is told once');
my $all = stored('SELECT count(*) FROM hooks.events;');
my $pushed = () = $sim->ask('GET', 'deliveries?format=text') =~ /\n/g;
$sim->ask('POST', 'deliveries', { again => JSON::PP::true });
is_soon('0', 'all of it is pushed once more', sub { my @d = split /\n/, $sim->ask('GET', 'deliveries?format=text'); @d < 2 * $pushed && (scalar grep { !/200 .*200 delivered$/ } @d) });
is(stored('SELECT count(*) FROM hooks.events;') . '/' . notifications(), "$all/", 'and is there already');

# ---- monitors, and many at once ----

my ($monitor) = $s->rows(qq{SELECT stellantis.create_monitor('VR3UHZKXZPT000001', '$callback', 'low', jsonb_build_array(stellantis.data_trigger('low', 'vehicle.energy.electric.level', '<', '20')));});
$sim->config({ push_batch => 10 });
$sim->ask('DELETE', 'deliveries');
order('lost');
for my $level ('19.5', '19', '18.5')
{
	$sim->ask('POST', 'events', { monitor => $monitor, values => [ { data => 'vehicle.energy.electric.level', value => $level, previous => '20' } ],
		extensions => [ { type => 'vehicle.position', body => [ { position => { type => 'Feature' } } ] } ] });
}
is_soon('3', 'a monitor has fired three times', sub { stored(qq{SELECT count(*) FROM hooks.events WHERE monitor_id = '$monitor' AND type = 'Monitor' AND vin = 'VR3UHZKXZPT000001' AND NOT refresh;}) });
is_soon('1', 'in a batch, that was pushed again', sub { scalar grep { /\[.*,.*,.*\]: 0 200 delivered/ } split /\n/, $sim->ask('GET', 'deliveries?format=text') });
is(stored(qq{SELECT string_agg("values" #>> '{0,value,body,literalValue}', ' ' ORDER BY "values"::text) || ' ' || min(extensions #>> '{0,body,0,position,type}') FROM hooks.events WHERE monitor_id = '$monitor';}), '18.5 19 19.5 Feature', 'with what it saw');
is(notifications(), join("\n", ('Monitor VR3UHZKXZPT000001 - -') x 3), 'who listens is told of each');

# ---- what is refused ----

sub posted { my ($body) = @_; return HTTP::Tiny->new(no_proxy => '*')->post($target, { content => $body })->{status} }
$all = stored('SELECT count(*) FROM hooks.events;');
is(posted('{"callbackId": "c", "type": "Monitor", "attributes": [], "monitorEvent": {"monitorId": "m"}}'), 500, 'an event without the secret');
is(posted('{"callbackId": "c", "type": "Monitor", "attributes": [{"key": "secret", "value": "guess"}], "monitorEvent": {"monitorId": "m"}}'), 500, 'or with another one');
is(posted('{"no": "event"}'), 500, 'no event');
is(posted('{"no json'), 500, 'no JSON');
is(stored('SELECT count(*) FROM hooks.events;'), $all, 'leaves nothing');
my ($secret) = $s->rows('SELECT secret FROM hooks.secret;');
is(posted(qq{{"callbackId": "c", "type": "Monitor", "attributes": [{"key": "secret", "value": "$secret"}], "monitorEvent": {"monitorId": "it's"}}}), 200, 'with it, it is taken');
is(stored(q{SELECT count(*) FROM hooks.events WHERE monitor_id = 'it''s';}), 1, 'and stored');
is(stored(qq{SELECT count(*) FROM hooks.events AS e WHERE e::text LIKE '%$secret%';}), 0, 'the secret is in no row');
is(join('', $s->rows('SELECT count(*) FROM cars.callbacks AS c WHERE c::text LIKE \'%\' || (SELECT secret FROM hooks.secret) || \'%\';')), 0, 'nor in the table of callbacks');

print "1..$tests\n";
