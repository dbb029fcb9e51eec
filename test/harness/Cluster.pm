package Cluster;
#
# Cluster.pm
#	A PostgreSQL cluster of a test's own, in Perl: script/lib.sh's.
#
#	my $cluster = Cluster->start('name', 'setting=value');
#	From then on new sessions are this cluster's.

use strict;
use warnings;
use Carp;
use Time::HiRes qw(sleep time);

# A function of script/lib.sh.
sub lib
{
	my (@command) = @_;

	return system('bash', '-c', '. script/lib.sh; find_run_postgres; "$@" >/dev/null 2>&1', 'lib', @command) == 0;
}

sub start
{
	my ($class, $name, @settings) = @_;

	lib('start_cluster', $name, @settings) or croak "cluster $name does not start";
	my $self = bless { name => $name, dir => "$ENV{STELLANTIS_RUN}/cluster/$name", database => $ENV{PGDATABASE} }, $class;
	@ENV{qw(PGHOST PGDATABASE)} = ($self->{dir}, 'postgres');
	return $self;
}

# True when it has stopped; the mode is pg_ctl's.
sub stop { my ($self, $mode) = @_; return lib('stop_cluster', $self->{name}, $mode // 'fast') }

# The postmaster's process.
sub pid
{
	my ($self) = @_;

	open my $file, '<', "$self->{dir}/data/postmaster.pid" or return undef;
	chomp(my $pid = <$file>);
	return $pid;
}

# Waits until it lets sessions in; false if it does not.
sub ready
{
	my ($self) = @_;
	my $until = time + 60;

	while (time < $until)
	{
		return 1 if system("$ENV{PG_BINDIR}/psql -XAtqc 'SELECT 1' >/dev/null 2>&1") == 0;
		sleep 0.05;
	}
	return 0;
}

1;
