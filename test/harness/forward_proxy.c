/*
 * forward_proxy.c
 *	  forward_proxy FILE LOG [STATUS]: an HTTP proxy on a port of 127.0.0.1, for
 *	  requests without a body and for CONNECT.  Writes its port to FILE and the
 *	  first line of each request to LOG.  With STATUS, it answers each request
 *	  with that and forwards nothing.  Runs until killed.
 *
 * A process per connection; a connection goes to one host only, which is all
 * that a client with one target needs.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 65536

static int	log_fd;
static const char *refusal;

static void
send_all(int fd, const char *data, size_t len)
{
	while (len > 0)
	{
		ssize_t		n = write(fd, data, len);

		if (n <= 0)
			exit(0);
		data += n;
		len -= (size_t) n;
	}
}

static int
connect_to(char *host_port)
{
	struct addrinfo hints = {.ai_family = AF_INET,.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	char	   *colon = strrchr(host_port, ':');
	int			fd;

	if (colon == NULL)
		exit(1);
	*colon = '\0';
	if (getaddrinfo(host_port, colon + 1, &hints, &found) != 0)
		exit(1);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, found->ai_addr, found->ai_addrlen) < 0)
		exit(1);
	freeaddrinfo(found);
	return fd;
}

static void
note(const char *request)
{
	char		line[4096];
	int			len = snprintf(line, sizeof(line), "%.*s\n",
							   (int) strcspn(request, "\r\n"), request);

	if (len > 0 && len < (int) sizeof(line) && write(log_fd, line, (size_t) len) < 0)
		exit(1);
}

/*
 * "GET http://host:port/path HTTP/1.1" becomes "GET /path HTTP/1.1".
 */
static void
forward(char *request, size_t len, int *server)
{
	char	   *url = strchr(request, ' ') + 1;
	char	   *host;
	char	   *path;

	if (strncmp(url, "http://", 7) != 0 || (path = strchr(url + 7, '/')) == NULL)
		exit(1);
	host = strndup(url + 7, (size_t) (path - url - 7));
	if (*server < 0)
		*server = connect_to(host);
	free(host);
	send_all(*server, request, (size_t) (url - request));
	send_all(*server, path, len - (size_t) (path - request));
}

static void
tunnel(char *request, int client, int *server)
{
	static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	char	   *host = request + strlen("CONNECT ");

	host[strcspn(host, " ")] = '\0';
	*server = connect_to(host);
	send_all(client, established, sizeof(established) - 1);
}

/*
 * Takes the whole requests off "buffer"; returns what is left of it.
 */
static size_t
use_requests(char *buffer, size_t used, int client, int *server, bool *tunneled)
{
	char	   *end;

	while ((end = memmem(buffer, used, "\r\n\r\n", 4)) != NULL)
	{
		size_t		len = (size_t) (end - buffer) + 4;

		note(buffer);
		if (refusal != NULL)
		{
			char		answer[200];
			int			n = snprintf(answer, sizeof(answer), "HTTP/1.1 %s Refused\r\nContent-Length: 0\r\n"
									 "Connection: close\r\n\r\n", refusal);

			send_all(client, answer, (size_t) n);
			exit(0);
		}
		*tunneled = strncmp(buffer, "CONNECT ", 8) == 0;
		if (*tunneled)
			tunnel(buffer, client, server);
		else
			forward(buffer, len, server);
		used -= len;
		memmove(buffer, buffer + len, used);
	}
	return used;
}

static void
serve(int client)
{
	static char buffer[ROOM];
	size_t		used = 0;
	int			server = -1;
	bool		tunneled = false;

	for (;;)
	{
		struct pollfd fds[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
		char		data[ROOM];
		ssize_t		n;

		poll(fds, 2, -1);
		if (fds[0].revents != 0)
		{
			n = read(client, buffer + used, sizeof(buffer) - used);
			if (n <= 0)
				exit(0);
			used += (size_t) n;
			if (!tunneled)
				used = use_requests(buffer, used, client, &server, &tunneled);
			if (tunneled)
			{
				send_all(server, buffer, used);
				used = 0;
			}
		}
		if (fds[1].revents != 0)
		{
			n = read(server, data, sizeof(data));
			if (n <= 0)
				exit(0);
			send_all(client, data, (size_t) n);
		}
	}
}

static void
say_port(const char *path, int port)
{
	char		name[4096];
	FILE	   *file;

	snprintf(name, sizeof(name), "%s.new", path);
	file = fopen(name, "w");
	if (file == NULL || fprintf(file, "%d\n", port) < 0 || fclose(file) != 0 || rename(name, path) < 0)
	{
		perror(path);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t	len = sizeof(address);
	int			listener = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (argc < 3 || (log_fd = open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0644)) < 0 ||
		bind(listener, (struct sockaddr *) &address, sizeof(address)) < 0 ||
		listen(listener, 64) < 0 || getsockname(listener, (struct sockaddr *) &address, &len) < 0)
	{
		perror("forward_proxy");
		return 1;
	}
	refusal = argc > 3 ? argv[3] : NULL;
	say_port(argv[1], ntohs(address.sin_port));
	for (;;)
	{
		int			client = accept(listener, NULL, NULL);

		if (client >= 0 && fork() == 0)
		{
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(client);
		}
		close(client);
	}
}
