/*
 * slow_names.c
 *	  To be preloaded: names that end in ".slow.test" take 6 seconds to resolve,
 *	  to 127.0.0.1.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int (*Resolve) (const char *, const char *, const struct addrinfo *, struct addrinfo **);

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			struct addrinfo **result)
{
	static const char end[] = ".slow.test";
	Resolve		next = (Resolve) dlsym(RTLD_NEXT, "getaddrinfo");
	size_t		len = node != NULL ? strlen(node) : 0;

	if (len >= sizeof(end) && strcmp(node + len - (sizeof(end) - 1), end) == 0)
	{
		sleep(6);
		node = "127.0.0.1";
	}
	return next(node, service, hints, result);
}
