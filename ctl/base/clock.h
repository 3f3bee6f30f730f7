/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time as the whole system counts it: unsigned 64-bit nanoseconds of CLOCK_MONOTONIC, the clock of
 * bpf_ktime_get_ns(). The wall clock is for people only.
 */
#ifndef VIPD_BASE_CLOCK_H
#define VIPD_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_CS 10000000ULL
#define NS_PER_S  1000000000ULL

/* A deadline that never comes. */
#define NEVER UINT64_MAX

static inline uint64_t clock_read(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/** clock_now() - nanoseconds of CLOCK_MONOTONIC. */
static inline uint64_t clock_now(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

/** clock_wall() - nanoseconds since the Unix epoch, for timestamps that people read. */
static inline uint64_t clock_wall(void)
{
	return clock_read(CLOCK_REALTIME);
}

#endif
