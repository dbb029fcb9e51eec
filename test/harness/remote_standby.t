#!/usr/bin/perl
#
# remote_standby.t
#	A standby reads and waits, and sends no command.
#
#	simulator: --vehicles 1 --days 1 --token sim-command-token=everything

use strict;
use warnings;
use lib 'test/harness';
use Cluster;
use Simulator;
use Test::More;

my $cluster = Cluster->start('remote_primary');
my $primary = $cluster->session;
my $simulator = Simulator->new;
my $url = $ENV{SIM_URL};

$primary->rows(
	'CREATE EXTENSION stellantis_fdw;',
	"CREATE SERVER sim FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot', base_url '$url', client_id 'sim-client');",
	"CREATE USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (access_token 'sim-command-token');",
	'CREATE SCHEMA cars;', 'IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO cars;');
my ($callback) = $primary->rows("SELECT stellantis.create_callback('ours', 'https://hooks.example.com/cars');");
my ($id) = $primary->rows('SELECT id FROM cars.vehicles;');
my ($action) = $primary->rows("SELECT stellantis.horn('$id');");
my $standby = $cluster->standby('remote_standby');
my $s = $standby->session;

my %refused = (
	'lock_doors' => "'$id'", 'horn' => "'$id'", 'wake_up' => "'$id'", 'stop_charging' => "'$id'", 'delay_charging' => "'$id', '2099-01-01'",
	'set_preconditioning_program' => "'$id', 1, '6:45', '{Mon}'", 'navigate_to' => "'$id', 1, 1",
	'create_callback' => "'x', 'https://hooks.example.com/x'", 'pause_callback' => "'$callback'", 'delete_callback' => "'$callback'",
	'create_monitor' => "'$id', '$callback', 'l', '[{\"name\": \"a\", \"data\": {\"data\": \"vehicle.trip.start\", \"op\": \"onChange\"}}]'",
	'delete_monitor' => "'$id', '$callback', 'm'",
);

is(join(' ', $s->rows('SELECT pg_is_in_recovery();', 'SELECT count(*) FROM cars.vehicles;')), 't 1', 'it is a standby, which reads');
$simulator->forget;
for my $function (sort keys %refused)
{
	my $said = $s->run("SELECT stellantis.$function($refused{$function});");

	is($said->{error}{sqlstate}, '25006', "$function is refused");
}
is(scalar(() = $simulator->lines), 0, 'nothing is sent');
my ($status) = $s->rows("SELECT status FROM stellantis.wait_for_action('$id', '$action');");
like($status, qr/^(Success|Failed)$/, 'wait_for_action works there');

done_testing;
