/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Intervals that differ a little, so that nodes which were started together do not check in step
 * for ever. This is pure: the same check on the same node has the same sequence in each run.
 */
#ifndef VIPD_CHECKS_JITTER_H
#define VIPD_CHECKS_JITTER_H

#include <stdint.h>

struct jitter {
	uint64_t state;
	unsigned int percent; /* at most 100 */
};

/**
 * jitter_new() - a sequence of its own for each node and what it checks
 * @names: NULL ends them.
 */
struct jitter jitter_new(unsigned int percent, const char *const *names);

/**
 * jitter_next() - the next interval
 * @interval: ns; any unit will do.
 *
 * Return: evenly distributed, @interval on average, and no further from it than the percentage.
 */
uint64_t jitter_next(struct jitter *jitter, uint64_t interval);

#endif
