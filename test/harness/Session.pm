package Session;
#
# Session.pm
#	A psql session that stays open, for tests in Perl: rows and messages apart,
#	messages with their SQLSTATE, detail and hint.  (In bash: session.sh.)
#
#	my $s = Session->new(host => 'h', dbname => 'x', role => 'y', settings => { 'a.b' => 'c' });
#	my $said = $s->run('SELECT 1;');
#
#	What a session says: rows, a list of lines; messages, a list of
#	{severity, sqlstate, message, detail, hint}; error, the last of these that is
#	an ERROR, FATAL or PANIC; ended, true if the connection is gone; seconds.
#	Statements end with a semicolon; psql's own commands work too.

use strict;
use warnings;
use Carp;
use IO::Handle;
use IO::Select;
use IPC::Open3;
use Symbol 'gensym';
use Time::HiRes 'time';

# Nothing may wait longer than that; a test that would is broken.
our $PATIENCE = 120;

sub new
{
	my ($class, %option) = @_;
	my $self = bless { mark => 0, rows => '', messages => '' }, $class;
	my @command = ("$ENV{PG_BINDIR}/psql", '-XAtq', '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never', '-v', 'ON_ERROR_STOP=0');
	push @command, '-h', $option{host} if defined $option{host};
	push @command, '-d', $option{dbname} if defined $option{dbname};
	push @command, '-U', $option{role} if defined $option{role};

	local $SIG{PIPE} = 'IGNORE';
	my $settings = $option{settings} || {};
	local $ENV{PGOPTIONS} = join ' ', $ENV{PGOPTIONS} || '',
		map { my $value = $settings->{$_}; $value =~ s/([\\ ])/\\$1/g; "-c $_=$value" } sort keys %$settings;
	my $err = gensym;
	$self->{psql} = open3($self->{in}, $self->{out}, $err, @command);
	$self->{err} = $err;
	$_->blocking(0) for $self->{out}, $err;
	$self->{in}->autoflush(1);

	my $said = $self->run('SELECT pg_backend_pid();');
	$self->{pid} = $said->{rows}[0] or croak "no session: $said->{text}";
	return $self;
}

# The backend's process.
sub pid { return $_[0]{pid} }

# Sends statements without waiting for what comes of them.
sub send
{
	my ($self, @statements) = @_;

	local $SIG{PIPE} = 'IGNORE';
	$self->{mark}++;
	$self->{began} = time;
	print { $self->{in} } join("\n", @statements), "\n\\echo \x01$self->{mark}\n\\warn \x01$self->{mark}\n";
	return;
}

# What the session says to all that was sent; undef after so many seconds.
sub await
{
	my ($self, $seconds) = @_;
	my $until = time + ($seconds // $PATIENCE);
	# what comes last, though not always as a line of its own: psql leaves the last
	# row of a query that failed under FETCH_COUNT without a line feed
	my $end = "\x01$self->{mark}\n";
	my $is_over = sub { length $_[0] >= length $end && substr($_[0], -length $end) eq $end };
	my $ended = 0;
	my $select = IO::Select->new($self->{out}, $self->{err});

	until ($is_over->($self->{rows}) && $is_over->($self->{messages}))
	{
		my $left = $until - time;
		return undef if $left <= 0;
		for my $handle ($select->can_read($left))
		{
			my $into = $handle == $self->{out} ? \$self->{rows} : \$self->{messages};
			my $got = sysread $handle, $$into, 65536, length $$into;
			$select->remove($handle) if defined $got && $got == 0;
		}
		# psql ends when its connection does
		if (!$select->count)
		{
			$ended = 1;
			last;
		}
	}
	return $self->said($ended);
}

sub said
{
	my ($self, $ended) = @_;
	my ($rows, $text) = @$self{qw(rows messages)};

	@$self{qw(rows messages)} = ('', '');
	s/^\x01\d+\n//mg, s/\x01\d+\n/\n/g for $rows, $text;
	my @messages = messages($text);
	my ($error) = grep { $_->{severity} =~ /^(?:ERROR|FATAL|PANIC)$/ } reverse @messages;
	return {
		rows => [ split /\n/, $rows ],
		text => $text,
		messages => \@messages,
		error => $error,
		ended => $ended || $text =~ /^(?:server closed the connection|connection to server was lost)/m ? 1 : 0,
		seconds => time - $self->{began},
	};
}

# psql's words, taken apart.
sub messages
{
	my ($text) = @_;
	my (@messages, $field);

	for my $line (split /\n/, $text)
	{
		if ($line =~ /^(?:psql:\S*: )?(ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|LOG|DEBUG):  (?:([0-9A-Z]{5}): )?(.*)/)
		{
			push @messages, { severity => $1, sqlstate => $2 // '', message => $3, detail => undef, hint => undef };
			$field = 'message';
		}
		elsif ($line =~ /^(DETAIL|HINT|CONTEXT|LOCATION|QUERY|STATEMENT):  (.*)/ && @messages)
		{
			$field = lc $1;
			$messages[-1]{$field} = $2;
		}
		elsif ($line =~ /^LINE \d+: / || !@messages)
		{
			$field = undef;
		}
		elsif (defined $field)
		{
			$messages[-1]{$field} .= "\n$line";
		}
	}
	return @messages;
}

# Both of these.  A session that does not answer ends the test.
sub run
{
	my ($self, @statements) = @_;

	$self->send(@statements);
	return $self->await // croak "no answer in $PATIENCE s: @statements";
}

# The rows of statements that must not fail.
sub rows
{
	my ($self, @statements) = @_;
	my $said = $self->run(@statements);

	croak "$said->{text}@statements" if $said->{error} || $said->{ended};
	return @{ $said->{rows} };
}

sub close
{
	my ($self) = @_;

	return unless defined $self->{psql};
	local $SIG{PIPE} = 'IGNORE';
	close $self->{in};
	# one that waits for its backend shall not make us wait, too
	my $patience = 50;
	while (waitpid($self->{psql}, 1) == 0)
	{
		kill 'KILL', $self->{psql} if --$patience == 0;
		select undef, undef, undef, 0.02;
	}
	delete $self->{psql};
	return;
}

sub DESTROY
{
	my ($self) = @_;

	local ($?, $!, $@);
	$self->close;
	return;
}

1;
