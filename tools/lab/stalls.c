// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the machine stands still: on each CPU a thread of the priority that vipd's VRRP thread
 * has, which wants to run each millisecond. Whoever is late here would have been late as vipd, too.
 * Prints JSON when told to stop.
 *
 *	stalls
 */
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PRIORITY 50
#define MS       1000000ULL
#define CPUS_MAX 256

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 * MS + (uint64_t)time.tv_nsec;
}

/* Lateness beyond the millisecond, ns. */
static void *measure(void *longest)
{
	const struct timespec pause = {.tv_nsec = (long)MS};

	for (;;) {
		uint64_t began = now(), late;

		nanosleep(&pause, NULL);
		late = now() - began - MS;
		if (late > __atomic_load_n((uint64_t *)longest, __ATOMIC_RELAXED))
			__atomic_store_n((uint64_t *)longest, late, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void start(int cpu, uint64_t *longest)
{
	struct sched_param parameters = {.sched_priority = PRIORITY};
	pthread_attr_t attributes;
	pthread_t thread;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)cpu, &cpus);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus);
	pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
	pthread_attr_setschedparam(&attributes, &parameters);
	if (pthread_create(&thread, &attributes, measure, longest))
		errx(1, "a real-time thread cannot be started on CPU %d", cpu);
	pthread_attr_destroy(&attributes);
}

int main(void)
{
	static uint64_t longest[CPUS_MAX];
	uint64_t worst = 0;
	cpu_set_t cpus;
	sigset_t stop;
	int signal;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		err(1, "cannot tell which CPUs there are");
	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (CPU_ISSET((size_t)cpu, &cpus))
			start(cpu, &longest[cpu]);
	sigwait(&stop, &signal);
	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (longest[cpu] > worst)
			worst = longest[cpu];
	printf("{\"longest_ms\": %.3f}\n", (double)worst / MS);
	return 0;
}
