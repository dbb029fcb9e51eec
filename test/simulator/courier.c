/*
 * courier.c
 *		The thread that brings events to webhooks, and lets actions go on in
 *		time, whether anybody asks for them or not.
 *
 * It holds the lock while it looks at the lists, never while it sends.
 */
#include "commands.h"

#include <curl/curl.h>

#define LONGEST_WAIT	60000

/* A request under way; the push itself may be gone when it ends. */
typedef struct Errand
{
	int64_t		serial;
	CURL	   *easy;
	struct curl_slist *headers;
	struct Errand *next;
} Errand;

static CURLM *multi;
static pthread_t courier_thread;
static bool courier_stop;
static Errand *errands;

static size_t
ignore(char *data, size_t size, size_t n, void *arg)
{
	(void) data;
	(void) arg;
	return size * n;
}

static Errand *
errand_of(const CURL *easy)
{
	Errand	   *errand = errands;

	while (errand->easy != easy)
		errand = errand->next;
	return errand;
}

static void
errand_end(Errand *errand)
{
	Errand	  **link = &errands;

	while (*link != errand)
		link = &(*link)->next;
	*link = errand->next;
	curl_multi_remove_handle(multi, errand->easy);
	curl_easy_cleanup(errand->easy);
	curl_slist_free_all(errand->headers);
	free(errand);
}

static struct curl_slist *
headers_of(const Push *p)
{
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
	size_t		i;
	json_t	   *h;

	json_array_foreach(p->headers, i, h)
	{
		Buf			line = {0};
		const char *value = json_string_value(json_array_get(h, 1));

		/* libcurl says an empty header with a semicolon */
		buf_printf(&line, *value ? "%s: %s" : "%s;%s", json_string_value(json_array_get(h, 0)), value);
		list = curl_slist_append(list, line.data);
		buf_free(&line);
	}
	return list;
}

static void
send_off(const Push *p)
{
	Errand	   *errand = sim_alloc(sizeof(Errand));
	CURL	   *easy = curl_easy_init();
	char	   *body = json_dumps(p->body, JSON_COMPACT | JSON_REAL_PRECISION(15));

	if (easy == NULL || body == NULL)
		abort();
	errand->serial = p->serial;
	errand->easy = easy;
	errand->headers = headers_of(p);
	errand->next = errands;
	errands = errand;
	curl_easy_setopt(easy, CURLOPT_URL, p->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, errand->headers);
	curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) config.push_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* on a connection that was kept libcurl would send it again by itself */
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "stellantis_simulator");
	free(body);
	if (curl_multi_add_handle(multi, easy) != CURLM_OK)
		abort();
}

/* What is due is sent off; how long there is nothing to do. */
static int
look(void)
{
	int64_t		now;
	int64_t		due;
	Push	   *p;

	pthread_mutex_lock(&sim_lock);
	actions_advance();
	now = machine_ms();
	due = actions_due();
	while ((p = push_next(now, &due)) != NULL)
		send_off(p);
	pthread_mutex_unlock(&sim_lock);
	if (due <= now)
		return 0;
	return due - now > LONGEST_WAIT ? LONGEST_WAIT : (int) (due - now);
}

/* What became of those that have ended; true: of one at least. */
static bool
collect(void)
{
	CURLMsg    *msg;
	bool		any = false;
	int			left;

	while ((msg = curl_multi_info_read(multi, &left)) != NULL)
	{
		CURLcode	rc = msg->data.result;
		Errand	   *errand = errand_of(msg->easy_handle);
		long		status = 0;

		if (rc == CURLE_OK)
			curl_easy_getinfo(errand->easy, CURLINFO_RESPONSE_CODE, &status);
		pthread_mutex_lock(&sim_lock);
		push_result(errand->serial, (int) status, rc == CURLE_OK ? NULL : curl_easy_strerror(rc));
		pthread_mutex_unlock(&sim_lock);
		errand_end(errand);
		any = true;
	}
	return any;
}

static bool
stopping(void)
{
	bool		stop;

	pthread_mutex_lock(&sim_lock);
	stop = courier_stop;
	pthread_mutex_unlock(&sim_lock);
	return stop;
}

static void *
courier_main(void *arg)
{
	int			running;

	while (!stopping())
	{
		int			wait = look();

		curl_multi_perform(multi, &running);
		/* the end of a push makes way for another */
		if (!collect())
			curl_multi_poll(multi, NULL, 0, wait, NULL);
	}
	return arg;
}

bool
courier_start(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (multi = curl_multi_init()) == NULL)
		return false;
	return pthread_create(&courier_thread, NULL, courier_main, NULL) == 0;
}

/* There may be something to do. */
void
courier_wake(void)
{
	if (multi)
		curl_multi_wakeup(multi);
}

/* Errands under way are broken off. */
void
courier_end(void)
{
	pthread_mutex_lock(&sim_lock);
	courier_stop = true;
	pthread_mutex_unlock(&sim_lock);
	courier_wake();
	pthread_join(courier_thread, NULL);
	while (errands)
		errand_end(errands);
	curl_multi_cleanup(multi);
	curl_global_cleanup();
}
