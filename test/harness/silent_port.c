/*
 * silent_port.c
 *	  silent_port FILE [full|many]: listens on a port of 127.0.0.1, accepts
 *	  nobody and says nothing; "full": has no room for one connection more, so
 *	  that nobody gets as far as that; "many": accepts, so that any number of
 *	  connections can come one after another.  Writes the port to FILE.  Runs
 *	  until killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Connects until a connection does not come about within 300 ms.
 */
static int
fill(const struct sockaddr_in *address)
{
	for (int i = 0; i < 64; i++)
	{
		int			fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		struct pollfd pfd = {fd, POLLOUT, 0};

		if (fd < 0)
			return -1;
		if (connect(fd, (const struct sockaddr *) address, sizeof(*address)) < 0 &&
			errno == EINPROGRESS && poll(&pfd, 1, 300) == 0)
			return 0;
	}
	fprintf(stderr, "the port takes every connection\n");
	return -1;
}

/*
 * Lets everybody in, and lets go of who has left.
 */
static void
accept_many(int listening)
{
	struct pollfd fds[256] = {{listening, POLLIN, 0}};
	int			n = 1;

	while (poll(fds, n, -1) > 0)
	{
		char		heard[4096];

		for (int i = n - 1; i > 0; i--)
		{
			if (fds[i].revents == 0 || read(fds[i].fd, heard, sizeof(heard)) > 0)
				continue;
			close(fds[i].fd);
			fds[i] = fds[--n];
		}
		if (fds[0].revents != 0 && n < 256)
			fds[n++] = (struct pollfd) {accept(listening, NULL, NULL), POLLIN, 0};
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t	len = sizeof(address);
	int			full = argc > 2 && strcmp(argv[2], "full") == 0;
	int			many = argc > 2 && strcmp(argv[2], "many") == 0;
	int			fd = socket(AF_INET, SOCK_STREAM, 0);
	char		name[4096];
	FILE	   *file;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (argc < 2 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 ||
		listen(fd, full ? 0 : 64) < 0 ||
		getsockname(fd, (struct sockaddr *) &address, &len) < 0 ||
		(full && fill(&address) < 0))
	{
		perror("silent_port");
		return 1;
	}
	snprintf(name, sizeof(name), "%s.new", argv[1]);
	file = fopen(name, "w");
	if (file == NULL || fprintf(file, "%d\n", ntohs(address.sin_port)) < 0 ||
		fclose(file) != 0 || rename(name, argv[1]) < 0)
	{
		perror(argv[1]);
		return 1;
	}
	if (many)
		accept_many(fd);
	for (;;)
		pause();
}
