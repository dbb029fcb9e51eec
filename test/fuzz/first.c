/*
 * first.c
 *	  To be preloaded beside AddressSanitizer's runtime: makes it start before
 *	  any library's constructor.  One of these would else be the first to call
 *	  malloc, while it holds a lock that the runtime's start wants, too.
 */
#include <stdlib.h>

void	   *volatile first_block;

__attribute__((constructor))
static void
start_sanitizer(void)
{
	first_block = malloc(1);
	free(first_block);
}
