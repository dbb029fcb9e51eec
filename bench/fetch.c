/*
 * fetch.c
 *	  What the extension is measured against: libcurl alone.  GETs pages over
 *	  kept connections, several at once, follows the links to next pages, and
 *	  throws away what it gets, or has jansson parse it first.
 *
 * The names of the options are in "long_options" below; "usage" tells what
 * they mean.  Prints one line of NAME=VALUE; times are in microseconds.
 */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <getopt.h>
#include <jansson.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char usage[] =
"usage: fetch [OPTION]... [URL]...\n"
"  -H LINE            a header to send\n"
"  --concurrency N    requests at once (8)\n"
"  --listing URL      of vehicles, also to be followed; each of them is asked:\n"
"  --each URL         its {id} is replaced by the vehicle's\n"
"  --first            does not follow links\n"
"  --repeat N         each URL so many times\n"
"  --warm URL         is asked before the clock starts\n"
"  --parse            by jansson\n"
"  --gzip             is accepted\n";

typedef struct Job
{
	char	   *url;
	struct Job *next;
	bool		listing;
} Job;

/* One of the transfers at once; its handle and buffer are used again. */
typedef struct Slot
{
	CURL	   *easy;
	Job		   *job;
	char	   *body;
	size_t		len;
	size_t		room;
} Slot;

#define MAX_SLOTS	64

static Slot slots[MAX_SLOTS];
static CURLM *multi;

/* the options */
static struct curl_slist *headers = NULL;
static int	concurrency = 8;
static int	repeat = 1;
static const char *listing = NULL;
static const char *each = NULL;
static const char *warm = NULL;
static bool follow = true;
static bool parse = false;
static bool compressed = false;

static Job *first_job = NULL;
static Job **last_job = &first_job;

/* what is printed */
static int64_t requests = 0;
static int64_t bytes = 0;		/* of bodies, decompressed */
static int64_t wire = 0;		/* of bodies, as they came */
static int64_t connects = 0;
static int64_t parsing = 0;		/* CPU of json_loadb() alone, nanoseconds */

static void
fail(const char *what)
{
	fprintf(stderr, "fetch: %s\n", what);
	exit(1);
}

static void *
alloc(void *old, size_t size)
{
	void	   *p = realloc(old, size);

	if (p == NULL)
		fail("out of memory");
	return p;
}

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- what is to be asked ---- */

static void
add_job(char *url, bool listing)
{
	Job		   *job = alloc(NULL, sizeof(Job));

	job->url = url;
	job->listing = listing;
	job->next = NULL;
	*last_job = job;
	last_job = &job->next;
}

static Job *
next_job(void)
{
	Job		   *job = first_job;

	if (job != NULL && (first_job = job->next) == NULL)
		last_job = &first_job;
	return job;
}

/* The page after this one, whose link is near the beginning. */
static void
add_next_page(const Slot *slot)
{
	const char *link = memmem(slot->body, slot->len < 4096 ? slot->len : 4096, "\"next\"", 6);
	const char *token = link == NULL ? NULL : strstr(link, "pageToken=");
	const char *old = strstr(slot->job->url, "&pageToken=");
	int			len = old != NULL ? (int) (old - slot->job->url) : (int) strlen(slot->job->url);
	char	   *url;

	if (link == NULL)
		return;
	if (token == NULL || asprintf(&url, "%.*s&%.*s", len, slot->job->url,
								  (int) strcspn(token, "\"&"), token) < 0)
		fail("a link to the next page that is none");
	add_job(url, slot->job->listing);
}

/* A URL for each vehicle of a listing. */
static void
add_vehicles(const Slot *slot)
{
	json_t	   *document = json_loadb(slot->body, slot->len, 0, NULL);
	json_t	   *vehicles = json_object_get(json_object_get(document, "_embedded"), "vehicles");
	const char *at = each == NULL ? NULL : strstr(each, "{id}");
	size_t		i;
	json_t	   *vehicle;

	if (!json_is_array(vehicles) || at == NULL)
		fail("a listing that is none, or --each without {id}");
	json_array_foreach(vehicles, i, vehicle)
	{
		const char *id = json_string_value(json_object_get(vehicle, "id"));
		char	   *url;

		if (id == NULL ||
			asprintf(&url, "%.*s%s%s", (int) (at - each), each, id, at + 4) < 0)
			fail("a vehicle without an id");
		add_job(url, false);
	}
	json_decref(document);
}

/* ---- transfers ---- */

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	Slot	   *slot = arg;
	size_t		len = size * n;

	if (slot->len + len + 1 > slot->room)
	{
		slot->room = 2 * (slot->len + len + 1);
		slot->body = alloc(slot->body, slot->room);
	}
	memcpy(slot->body + slot->len, data, len);
	slot->len += len;
	slot->body[slot->len] = '\0';
	return len;
}

static void
make_easy(Slot *slot)
{
	slot->easy = curl_easy_init();
	if (slot->easy == NULL)
		fail("out of memory");
	curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(slot->easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(slot->easy, CURLOPT_BUFFERSIZE, 64L * 1024);
	curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot);
	curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
	if (compressed)
		curl_easy_setopt(slot->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

/* Starts the next job, if there is one. */
static bool
start(Slot *slot)
{
	slot->job = next_job();
	if (slot->job == NULL)
		return false;
	if (slot->easy == NULL)
		make_easy(slot);
	slot->len = 0;
	curl_easy_setopt(slot->easy, CURLOPT_URL, slot->job->url);
	if (curl_multi_add_handle(multi, slot->easy) != CURLM_OK)
		fail("curl_multi_add_handle");
	return true;
}

static void
parse_body(const Slot *slot)
{
	int64_t		began = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	json_t	   *document = json_loadb(slot->body, slot->len, 0, NULL);

	parsing += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - began;
	if (document == NULL)
		fail("an answer that is no JSON");
	json_decref(document);
}

static void
use_answer(Slot *slot, CURLcode code)
{
	long		status = 0;
	long		connected = 0;
	curl_off_t	received = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(slot->easy, CURLINFO_NUM_CONNECTS, &connected);
	curl_easy_getinfo(slot->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
	if (code != CURLE_OK || (status != 200 && status != 404))
	{
		fprintf(stderr, "fetch: %s: %s, status %ld\n", slot->job->url,
				curl_easy_strerror(code), status);
		exit(1);
	}
	requests++;
	bytes += slot->len;
	wire += received;
	connects += connected;
	if (status == 200 && follow)
		add_next_page(slot);
	if (status == 200 && slot->job->listing)
		add_vehicles(slot);
	if (parse)
		parse_body(slot);
	free(slot->job->url);
	free(slot->job);
	slot->job = NULL;
}

static void
fetch_all(void)
{
	int			busy = 0;

	for (;;)
	{
		CURLMsg    *message;
		int			n;

		for (int i = 0; i < concurrency; i++)
			if (slots[i].job == NULL && start(&slots[i]))
				busy++;
		if (busy == 0)
			return;
		if (curl_multi_perform(multi, &n) != CURLM_OK)
			fail("curl_multi_perform");
		n = busy;
		while ((message = curl_multi_info_read(multi, &(int){0})) != NULL)
		{
			char	   *slot;
			CURLcode	code = message->data.result;
			CURL	   *easy = message->easy_handle;

			curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
			curl_multi_remove_handle(multi, easy);
			use_answer((Slot *) slot, code);
			busy--;
		}
		if (n == busy && curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK)
			fail("curl_multi_poll");
	}
}

/* ---- the whole ---- */

static const struct option long_options[] = {
	{"concurrency", required_argument, NULL, 'c'},
	{"listing", required_argument, NULL, 'l'},
	{"each", required_argument, NULL, 'e'},
	{"first", no_argument, NULL, 'f'},
	{"repeat", required_argument, NULL, 'r'},
	{"warm", required_argument, NULL, 'w'},
	{"parse", no_argument, NULL, 'p'},
	{"gzip", no_argument, NULL, 'z'},
	{NULL, 0, NULL, 0}
};

static int64_t
cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (int64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
		usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void
warm_up(const char *url)
{
	bool		follows = follow;

	follow = false;
	add_job(strdup(url), false);
	fetch_all();
	follow = follows;
	requests = bytes = wire = connects = parsing = 0;
}

static bool
read_options(int argc, char **argv)
{
	int			option;

	while ((option = getopt_long(argc, argv, "H:", long_options, NULL)) != -1)
	{
		switch (option)
		{
			case 'H':
				headers = curl_slist_append(headers, optarg);
				break;
			case 'c':
				concurrency = (int) strtol(optarg, NULL, 10);
				break;
			case 'l':
				listing = optarg;
				break;
			case 'e':
				each = optarg;
				break;
			case 'f':
				follow = false;
				break;
			case 'r':
				repeat = (int) strtol(optarg, NULL, 10);
				break;
			case 'w':
				warm = optarg;
				break;
			case 'p':
				parse = true;
				break;
			case 'z':
				compressed = true;
				break;
			default:
				return false;
		}
	}
	return concurrency >= 1 && concurrency <= MAX_SLOTS && repeat >= 1 &&
		(listing != NULL || optind < argc);
}

static void
add_first_jobs(char **urls, int nurls)
{
	if (listing != NULL)
		add_job(strdup(listing), true);
	for (int i = 0; i < repeat; i++)
		for (int j = 0; j < nurls; j++)
			add_job(strdup(urls[j]), false);
}

int
main(int argc, char **argv)
{
	int64_t		wall,
				cpu;

	if (!read_options(argc, argv))
	{
		fputs(usage, stderr);
		return 2;
	}
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK || (multi = curl_multi_init()) == NULL)
		fail("libcurl does not begin");
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long) concurrency);

	/* memory that was freed is kept: jansson is not to pay for page faults */
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	if (warm != NULL)
		warm_up(warm);

	cpu = cpu_us();
	wall = clock_ns(CLOCK_MONOTONIC);
	add_first_jobs(argv + optind, argc - optind);
	fetch_all();
	wall = clock_ns(CLOCK_MONOTONIC) - wall;
	cpu = cpu_us() - cpu;
	printf("wall=%lld cpu=%lld parse=%lld requests=%lld bytes=%lld wire=%lld connections=%lld\n",
		   (long long) wall / 1000, (long long) cpu, (long long) parsing / 1000,
		   (long long) requests, (long long) bytes, (long long) wire, (long long) connects);
	return 0;
}
