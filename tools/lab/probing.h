/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two probes share: a steady beat, an end on a signal, and the Internet checksum.
 */
#ifndef VIPD_LAB_PROBING_H
#define VIPD_LAB_PROBING_H

#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "ctl/base/clock.h"

static volatile sig_atomic_t probing_stopped;

static inline void probing_stop(int signal)
{
	(void)signal;
	probing_stopped = 1;
}

/* SCHED_FIFO where it is permitted: the machine's other work must not look like the network's. */
static inline void probing_start(void)
{
	struct sched_param parameters = {.sched_priority = 10};

	signal(SIGINT, probing_stop);
	signal(SIGTERM, probing_stop);
	(void)sched_setscheduler(0, SCHED_FIFO, &parameters);
	(void)mlockall(MCL_CURRENT);
}

/* The beat after @last. When that has passed already we go on from now: no bursts. */
static inline uint64_t probing_next(uint64_t last, uint64_t interval)
{
	uint64_t now = clock_now();

	return last + interval > now ? last + interval : now;
}

/* How long ppoll() has to wait; false when the deadline has come. */
static inline int probing_wait(uint64_t deadline, struct timespec *wait)
{
	uint64_t now = clock_now();

	if (now >= deadline)
		return 0;
	wait->tv_sec = (time_t)((deadline - now) / NS_PER_S);
	wait->tv_nsec = (long)((deadline - now) % NS_PER_S);
	return 1;
}

/* RFC 1071: the sum of an even number of bytes, to be added to another, and folded at the end. */
static inline uint32_t checksum_add(uint32_t sum, const void *data, size_t length)
{
	const uint8_t *bytes = data;
	uint16_t word;
	size_t i;

	for (i = 0; i + 1 < length; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		sum += word;
	}
	return sum;
}

static inline uint16_t checksum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

#endif
