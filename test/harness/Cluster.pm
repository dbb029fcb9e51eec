package Cluster;
#
# Cluster.pm
#	A cluster of the test's own, for tests in Perl: made by script/lib.sh, ended
#	with the whole run.
#
#	my $c = Cluster->start('name', fsync => 'on');
#	my $session = $c->session(dbname => 'x');

use strict;
use warnings;
use Carp;
use Session;
use Time::HiRes qw(sleep time);

sub start
{
	my ($class, $name, %settings) = @_;
	my $self = bless { name => $name, dir => "$ENV{STELLANTIS_RUN}/cluster/$name" }, $class;

	shell('start_cluster', $name, map { "$_=$settings{$_}" } sort keys %settings);
	return $self;
}

# A function of script/lib.sh that starts a postmaster.
sub shell
{
	# at that level the postmaster logs its environment, secrets of the tests too
	local @ENV{qw(SIM_TOKEN PGOPTIONS)};
	delete @ENV{qw(SIM_TOKEN PGOPTIONS)};
	command('bash', '-euo', 'pipefail', '-c', '. script/lib.sh; find_run_postgres; "$@"', 'shell', @_);
	return;
}

# A hot standby of this one, streaming.
sub standby
{
	my ($self, $name) = @_;
	my $standby = bless { name => $name, dir => "$ENV{STELLANTIS_RUN}/cluster/$name" }, ref $self;

	mkdir $standby->{dir} or croak "$standby->{dir}: $!";
	command("$ENV{PG_BINDIR}/pg_basebackup", '-h', $self->host, '-U', 'postgres', '-D', "$standby->{dir}/data", '-R', '-c', 'fast', '--no-sync');
	open my $conf, '>>', "$standby->{dir}/data/postgresql.conf" or croak $!;
	print $conf "unix_socket_directories = '$standby->{dir}'\n";
	close $conf;
	$standby->up;
	return $standby;
}

sub command
{
	system(@_) == 0 or croak "failed: @_";
	return;
}

sub host { return $_[0]{dir} }
sub data { return "$_[0]{dir}/data" }

# Up again, after stop() or a crash.
sub up
{
	my ($self) = @_;

	shell('run_cluster', $self->{name});
	return;
}

# The postmaster's process.
sub pid
{
	my ($self) = @_;

	open my $file, '<', $self->data . '/postmaster.pid' or return undef;
	chomp(my $pid = <$file>);
	return $pid;
}

# Waits until it lets sessions in, after a crash; false if it does not.
sub ready
{
	my ($self) = @_;
	my $until = time + 60;

	while (time < $until)
	{
		return 1 if system("$ENV{PG_BINDIR}/psql -XAtqc 'SELECT 1' -h $self->{dir} -d postgres >/dev/null 2>&1") == 0;
		sleep 0.05;
	}
	return 0;
}

# smart, fast or immediate
sub stop
{
	my ($self, $mode) = @_;

	command("$ENV{PG_BINDIR}/pg_ctl", '-D', $self->data, '-s', '-w', '-t', 60, '-m', $mode // 'fast', 'stop');
	return;
}

sub session
{
	my ($self, %option) = @_;
	return Session->new(host => $self->host, dbname => 'postgres', %option);
}

# What the server has logged so far.
sub log
{
	my ($self) = @_;

	open my $log, '<', "$self->{dir}/log" or croak "$self->{dir}/log: $!";
	local $/;
	return scalar <$log>;
}

1;
