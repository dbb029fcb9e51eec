#!/usr/bin/perl
#
# token.t
#	Access tokens are refreshed, once for all who need one, and the new ones
#	survive whatever becomes of the query.
#
#	simulator: --vehicles 2 --days 3

use strict;
use warnings;
use lib 'test/harness';
use Session;
use Simulator;
use Test::More;

my $sim = Simulator->new;
system("$ENV{PG_BINDIR}/psql", '-Xq', '-f', 'test/setup.psql') == 0 or die;
my $s = Session->new;
$s->rows("ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (ADD refresh_token 'sim-refresh-token', ADD client_secret 'sim-client-secret');");
$sim->ask('POST', 'oauth', { expire => JSON::PP::true });
my $said = $s->run('SELECT count(*) FROM cars.vehicles;');
diag explain $said;
diag $s->rows('SELECT * FROM stellantis.token_status;');
diag $sim->ask('GET', 'oauth');
diag explain [ $sim->lines ];
$said = $s->run("SELECT umoptions FROM pg_user_mappings;");
diag explain $said;
ok 0;
done_testing;
