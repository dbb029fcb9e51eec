package Random::Schema;
#
# Schema.pm
#	What can be queried: tables, columns, and values that are stored in them.
#
#	A table: name, rows, local (not foreign), columns, key (names of columns that
#	tell its rows apart; none: all of them together do), samples (some rows, with
#	their keys and times: name of column => text).  A column: name, type,
#	kind (what it can be joined with, and whether requests depend on it: vehicle,
#	vin, trip, time, account, event, distance, duration, sort, trips; else its
#	type), values (some that are stored, as text).

use strict;
use warnings;

# The names of types as queries write them.
my %SHORT = (
	'timestamp with time zone' => 'timestamptz',
	'timestamp without time zone' => 'timestamp',
	'double precision' => 'float8',
	'character varying' => 'varchar',
	boolean => 'bool',
	integer => 'int',
);

# The resource's time column, by which it can be asked.
my %TIME = map { $_ => 'time' } qw(
	telemetry.recorded_at few_messages.recorded_at waypoints.recorded_at simple_waypoints.recorded_at
	trips.started_at few_trips.started_at some_trips.started_at all_trips.started_at
	all_telemetry.recorded_at all_alarms.created_at
	alerts.started_at family_alerts.started_at
	alarms.created_at only_times.created_at collisions.created_at
);

# How often each is chosen, and what it costs to ask for all of it, for one
# vehicle, for one vehicle and trip.
my %TABLE = (
	account => { weight => 1, asks => [ 1, 1, 1 ] },
	vehicles => { weight => 8, asks => [ 1, 1, 1 ] },
	status => { weight => 4 },
	positions => { weight => 3 },
	telemetry => { weight => 8 },
	trips => { weight => 14 },
	waypoints => { weight => 7, asks => [ 200, 40, 1 ] },
	alerts => { weight => 8 },
	alarms => { weight => 9 },
	collisions => { weight => 8 },
	maintenance => { weight => 3 },
	family_vehicles => { weight => 2, asks => [ 1, 1, 1 ] },
	family_alerts => { weight => 2 },
	family_status => { weight => 1 },
	all_trips => { weight => 5, asks => [ 14, 2, 2 ] },
	all_telemetry => { weight => 2, asks => [ 14, 2, 2 ] },
	all_alarms => { weight => 3, asks => [ 14, 2, 2 ] },
	few_trips => { weight => 4 },
	few_messages => { weight => 4 },
	only_times => { weight => 3 },
	some_trips => { weight => 2 },
	simple_waypoints => { weight => 2, asks => [ 200, 40, 1 ] },
	callbacks => { weight => 0 },
	monitors => { weight => 0 },
	remote_actions => { weight => 0 },
	picks => { weight => 0, asks => [ 0, 0, 0 ], local => 1 },
);

sub kind_of
{
	my ($table, $column, $type) = @_;

	return 'vehicle' if $column eq 'vehicle_id' || ($column eq 'id' && $table =~ /vehicles$/);
	return 'vin' if $column eq 'vin';
	return 'trip' if $column eq 'trip_id' || ($column =~ /^(?:sent_)?id$/ && $table =~ /trips$/);
	return 'account' if $column eq 'account';
	return 'event' if $column eq 'id' && $table =~ /(?:alerts|alarms|collisions)$/;
	return 'sort' if $column eq 'kind' && $table =~ /alarms$/;
	return { distance_km => 'distance', duration => 'duration', trip_ids => 'trips' }->{$column} if $column =~ /^(?:distance_km|duration|trip_ids)$/;
	return $TIME{"$table.$column"} // $type;
}

# $session: any whose role can read schema near.
sub new
{
	my ($class, $session) = @_;
	my $self = bless { tables => {}, names => [] }, $class;

	$self->read_columns($session);
	$self->read_values($session);
	$self->read_keys($session);
	$self->read_samples($session);
	for my $name (@{ $self->{names} })
	{
		my $table = $self->{tables}{$name};

		($table->{rows}) = $session->rows("SELECT count(*) FROM $table->{schema}.$name;");
		$table->{asks} //= [ 7, 1, 1 ];
	}
	return $self;
}

sub table { my ($self, $name) = @_; return $self->{tables}{$name} }

# (name => weight, ...) of the foreign tables
sub weights { my ($self) = @_; return map { ($_ => $self->{tables}{$_}{weight}) } @{ $self->{names} } }

sub read_columns
{
	my ($self, $session) = @_;

	for my $line ($session->rows(<<'SQL'))
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, -1)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE (n.nspname = 'near' OR c.relname = 'picks') AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY c.relname COLLATE "C", a.attnum;
SQL
	{
		my ($schema, $name, $column, $type) = split /\|/, $line;
		die "random.t does not know the table \"$name\"\n" unless $TABLE{$name};

		if (!$self->{tables}{$name})
		{
			push @{ $self->{names} }, $name;
			$self->{tables}{$name} = { name => $name, schema => $schema, columns => [], %{ $TABLE{$name} } };
		}
		$type = $SHORT{$type} // $type;
		push @{ $self->{tables}{$name}{columns} },
			{ name => $column, type => $type, kind => kind_of($name, $column, $type), values => [] };
	}
	return;
}

# Some values of each column, the same whenever the world is the same.
sub read_values
{
	my ($self, $session) = @_;
	my (@queries, %column_of);

	for my $name (@{ $self->{names} })
	{
		my $table = $self->{tables}{$name};
		for my $column (@{ $table->{columns} })
		{
			my $key = "$name.$column->{name}";
			my $limit = $column->{type} eq 'timestamptz' || $column->{kind} eq 'trip' ? 40 : 12;

			$column_of{$key} = $column;
			push @queries, "(SELECT DISTINCT '$key', $column->{name}::text, md5($column->{name}::text)" .
				" FROM $table->{schema}.$name WHERE $column->{name} IS NOT NULL ORDER BY 3 LIMIT $limit)";
		}
	}
	# no order is promised of the union
	for my $line ($session->rows("SET TimeZone = 'UTC';", join("\nUNION ALL ", @queries), ';'))
	{
		my ($key, $value) = $line =~ /^([^|]*)\|(.*)\|[0-9a-f]{32}$/ or next;
		push @{ $column_of{$key}{values} }, $value;
	}
	@{ $_->{values} } = sort @{ $_->{values} } for values %column_of;
	return;
}

# Some rows of each table, the same whenever the world is the same.
sub read_samples
{
	my ($self, $session) = @_;

	for my $name (@{ $self->{names} })
	{
		my $table = $self->{tables}{$name};
		my @names = map { $_->{name} } grep { $_->{kind} =~ /^(?:vehicle|vin|trip|time|account|event|distance|duration|sort|trips)$/ } @{ $table->{columns} };

		next if !@names;
		for my $line ($session->rows("SELECT " . join(', ', map { "$_\::text" } @names) .
			" FROM $table->{schema}.$name AS t ORDER BY md5(t::text) LIMIT 60;"))
		{
			my %row;
			@row{@names} = split /\|/, $line, -1;
			push @{ $table->{samples} }, { map { $row{$_} eq '(null)' ? () : ($_ => $row{$_}) } @names };
		}
	}
	return;
}

# The first few columns that tell the rows apart.
sub read_keys
{
	my ($self, $session) = @_;

	for my $name (@{ $self->{names} })
	{
		my $table = $self->{tables}{$name};
		my %has = map { $_->{name} => 1 } @{ $table->{columns} };

		for my $try ([qw(email)], [qw(id)], [qw(n)], [qw(vehicle_id)], [qw(account id)], [qw(vehicle_id recorded_at)],
			[qw(vehicle_id trip_id recorded_at)])
		{
			next if grep { !$has{$_} } @$try;
			my $list = join ', ', @$try;
			my ($unique) = $session->rows("SELECT count(*) = count(DISTINCT ($list)) FROM $table->{schema}.$name;");
			next if $unique ne 't';
			$table->{key} = $try;
			last;
		}
	}
	return;
}

1;
