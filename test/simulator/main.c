/*
 * main.c
 *		The simulator of the vehicle API: command line, start, stop.
 */
#include "commands.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

typedef struct Options
{
	ServerOptions server;
	const char *ready_file;
	const char *make_ca;
	pid_t		parent;
} Options;

static void
usage(void)
{
	puts("stellantis_simulator: the vehicle API, for tests, demonstrations and benchmarks\n"
		 "\n"
		 "  --listen ADDR      address to listen on (default 127.0.0.1)\n"
		 "  --port N           HTTP port, 0: any free one, -1: none (default 0)\n"
		 "  --tls-port N       HTTPS port too, 0: any free one\n"
		 "  --tls-cert FILE    its certificate (PEM)\n"
		 "  --tls-key FILE     its key (PEM)\n"
		 "  --tls-client-ca FILE  demand a client certificate of this CA\n"
		 "  --tls-make-ca DIR  make a CA and certificates of it in DIR, and use them; HTTPS by itself\n"
		 "  --ready-file PATH  write \"PORT [TLSPORT]\" here once it listens\n"
		 "  --parent-pid PID   exit when this process has gone\n"
		 "  --refresh-token TOKEN  that of the enrolment made at the start (default sim-refresh-token, empty: none)\n"
		 "  --secrets-file PATH  append every token and code given out, and every client's credentials\n"
		 "  --token TOKEN=SCOPE,SCOPE  another access token (SCOPE \"all\": every data scope, \"everything\": those of remotes, too)\n"
		 "  --help             this text\n"
		 "\n"
		 "Knobs, also settable while it runs (POST /_sim/config, with _ for -):\n");
	config_help(stdout);
}

static bool
integer(const char *s, int *out)
{
	char	   *end;
	long		v = strtol(s, &end, 10);

	*out = (int) v;
	return *s != '\0' && *end == '\0' && v >= -1 && v <= 0x7fffffff;
}

/* One option with its value; false when it is wrong. */
static bool
option(Options *o, const char *name, const char *value, char *err, size_t errlen)
{
	int			n;

	if (strcmp(name, "listen") == 0)
		o->server.listen = value;
	else if (strcmp(name, "tls-cert") == 0)
		o->server.cert = value;
	else if (strcmp(name, "tls-key") == 0)
		o->server.key = value;
	else if (strcmp(name, "tls-client-ca") == 0)
		o->server.client_ca = value;
	else if (strcmp(name, "tls-make-ca") == 0)
		o->make_ca = value;
	else if (strcmp(name, "ready-file") == 0)
		o->ready_file = value;
	else if (strcmp(name, "refresh-token") == 0)
		oauth_start_token(value);
	else if (strcmp(name, "secrets-file") == 0)
	{
		if (!secrets_open(value))
		{
			snprintf(err, errlen, "cannot write %.200s", value);
			return false;
		}
	}
	else if (strcmp(name, "token") == 0)
		return config_add_token(value, err, errlen);
	else if (strcmp(name, "port") == 0 || strcmp(name, "tls-port") == 0 || strcmp(name, "parent-pid") == 0)
	{
		if (!integer(value, &n) || (name[1] != 'a' && n > 65535))
		{
			snprintf(err, errlen, "bad value \"%s\" for --%s", value, name);
			return false;
		}
		if (strcmp(name, "port") == 0)
			o->server.port = n;
		else if (strcmp(name, "tls-port") == 0)
			o->server.tls_port = n;
		else
			o->parent = n;
	}
	else
		return config_set_text(name, value, err, errlen);
	return true;
}

/* --name value, --name=value, and --name alone for a flag. */
static void
options_read(Options *o, int argc, char **argv)
{
	char		err[300];

	for (int i = 1; i < argc; i++)
	{
		char		name[64];
		const char *eq = strchr(argv[i], '=');
		const char *value;

		if (strcmp(argv[i], "--help") == 0)
		{
			usage();
			exit(0);
		}
		if (strncmp(argv[i], "--", 2) != 0)
		{
			fprintf(stderr, "unexpected argument \"%s\"; try --help\n", argv[i]);
			exit(2);
		}
		snprintf(name, sizeof(name), "%.*s", eq ? (int) (eq - argv[i] - 2) : 63, argv[i] + 2);
		if (eq)
			value = eq + 1;
		else if (config_is_flag(name) && (i + 1 >= argc || strncmp(argv[i + 1], "--", 2) == 0))
			value = "true";
		else if (i + 1 < argc)
			value = argv[++i];
		else
		{
			fprintf(stderr, "--%s wants a value\n", name);
			exit(2);
		}
		if (!option(o, name, value, err, sizeof(err)))
		{
			fprintf(stderr, "%s\n", err);
			exit(2);
		}
	}
	if (o->make_ca)
		certs_make(o->make_ca, &o->server);
	if (o->server.tls_port >= 0 && (!o->server.cert || !o->server.key))
	{
		fputs("--tls-port wants --tls-cert and --tls-key\n", stderr);
		exit(2);
	}
}

/* Whole or not at all: a reader never sees half a line. */
static bool
ready_write(const char *path, int port, int tls_port)
{
	Buf			tmp = {0};
	FILE	   *f;
	bool		ok;

	buf_printf(&tmp, "%s.%d", path, (int) getpid());
	f = fopen(tmp.data, "w");
	ok = f != NULL;
	if (ok)
	{
		if (tls_port >= 0)
			fprintf(f, "%d %d\n", port, tls_port);
		else
			fprintf(f, "%d\n", port);
		ok = fclose(f) == 0 && rename(tmp.data, path) == 0;
	}
	if (!ok)
		perror(path);
	buf_free(&tmp);
	return ok;
}

static void
announce(const Options *o, int port, int tls_port)
{
	bool		v6 = strchr(o->server.listen, ':') != NULL;
	const char *open = v6 ? "[" : "";
	const char *close = v6 ? "]" : "";

	if (port >= 0)
		printf("http://%s%s%s:%d" SIM_BASE " ", open, o->server.listen, close, port);
	if (tls_port >= 0)
		printf("https://%s%s%s:%d" SIM_BASE " ", open, o->server.listen, close, tls_port);
	putchar('\n');
	fflush(stdout);
}

/* Waits for the end: a signal, or the parent's. */
static void
wait_for_end(const Options *o, const sigset_t *set)
{
	struct timespec tick = {0, 200000000};
	bool		child = o->parent > 0 && getppid() == o->parent;

	for (;;)
	{
		if (sigtimedwait(set, NULL, &tick) > 0)
			return;
		if (o->parent <= 0)
			continue;
		if (child ? getppid() != o->parent : kill(o->parent, 0) != 0 && errno == ESRCH)
			return;
	}
}

int
main(int argc, char **argv)
{
	Options		o = {.server = {.listen = "127.0.0.1", .port = 0, .tls_port = -1}};
	sigset_t	set;
	int			port,
				tls_port;

	config_defaults();
	options_read(&o, argc, argv);
	config_keep();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	world_make();
	oauth_reset();
	if (!courier_start() || !http_start(&o.server))
	{
		fputs("could not listen\n", stderr);
		return 1;
	}
	http_ports(&port, &tls_port);
	announce(&o, port, tls_port);
	if (!o.ready_file || ready_write(o.ready_file, port, tls_port))
		wait_for_end(&o, &set);
	http_stop();
	courier_end();
	commands_reset();
	faults_clear();
	log_free();
	world_free();
	oauth_free();
	oauth_throttle_clear();
	gzip_cache_clear();
	config_free();
	return 0;
}
