/*
 * timer.c
 *		Suspended connections and the thread that lets them go on in time.
 */
#include "sim.h"

#include <microhttpd.h>
#include <time.h>

typedef struct Sleeper
{
	int64_t		due;			/* INT64_MAX = for ever */
	struct MHD_Connection *conn;
} Sleeper;

static Sleeper *heap;
static size_t nheap;
static size_t heap_cap;
static bool timer_stop;
static pthread_t timer_thread;
static pthread_mutex_t timer_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t timer_cond;

static int64_t
monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void
heap_swap(size_t a, size_t b)
{
	Sleeper		t = heap[a];

	heap[a] = heap[b];
	heap[b] = t;
}

static void
heap_down(size_t i)
{
	for (;;)
	{
		size_t		least = i;

		for (size_t k = 2 * i + 1; k <= 2 * i + 2; k++)
			if (k < nheap && heap[k].due < heap[least].due)
				least = k;
		if (least == i)
			return;
		heap_swap(i, least);
		i = least;
	}
}

static struct MHD_Connection *
heap_pop(void)
{
	struct MHD_Connection *conn = heap[0].conn;

	heap[0] = heap[--nheap];
	heap_down(0);
	return conn;
}

/* Suspends the connection; ms < 0 is for ever (until released). */
void
sleep_connection(struct MHD_Connection *conn, int64_t ms)
{
	size_t		i;

	MHD_suspend_connection(conn);
	pthread_mutex_lock(&timer_lock);
	if (nheap == heap_cap)
	{
		heap_cap = heap_cap ? heap_cap * 2 : 64;
		heap = realloc(heap, heap_cap * sizeof(Sleeper));
		if (heap == NULL)
			abort();
	}
	i = nheap++;
	heap[i] = (Sleeper) {ms < 0 ? INT64_MAX : monotonic_ns() + ms * 1000000, conn};
	for (; i > 0 && heap[i].due < heap[(i - 1) / 2].due; i = (i - 1) / 2)
		heap_swap(i, (i - 1) / 2);
	pthread_cond_signal(&timer_cond);
	pthread_mutex_unlock(&timer_lock);
}

static void *
timer_main(void *arg)
{
	struct timespec ts;

	pthread_mutex_lock(&timer_lock);
	while (!timer_stop)
	{
		if (nheap > 0 && heap[0].due <= monotonic_ns())
			MHD_resume_connection(heap_pop());
		else if (nheap == 0 || heap[0].due == INT64_MAX)
			pthread_cond_wait(&timer_cond, &timer_lock);
		else
		{
			ts.tv_sec = (time_t) (heap[0].due / 1000000000);
			ts.tv_nsec = (long) (heap[0].due % 1000000000);
			pthread_cond_timedwait(&timer_cond, &timer_lock, &ts);
		}
	}
	pthread_mutex_unlock(&timer_lock);
	return arg;
}

/* Lets those go on that were to wait for ever. */
void
timer_release_stalled(void)
{
	pthread_mutex_lock(&timer_lock);
	for (size_t i = 0; i < nheap; i++)
		if (heap[i].due == INT64_MAX)
			heap[i].due = 0;
	for (size_t i = nheap / 2 + 1; i-- > 0;)
		if (i < nheap)
			heap_down(i);
	pthread_cond_signal(&timer_cond);
	pthread_mutex_unlock(&timer_lock);
}

bool
timer_start(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&timer_cond, &attr);
	pthread_condattr_destroy(&attr);
	return pthread_create(&timer_thread, NULL, timer_main, NULL) == 0;
}

/* Nobody may be left suspended when a daemon stops. */
void
timer_end(void)
{
	pthread_mutex_lock(&timer_lock);
	timer_stop = true;
	while (nheap > 0)
		MHD_resume_connection(heap_pop());
	pthread_cond_signal(&timer_cond);
	pthread_mutex_unlock(&timer_lock);
	pthread_join(timer_thread, NULL);
	free(heap);
}
