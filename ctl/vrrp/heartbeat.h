/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sign of life that one thread gives and another one looks for, without a lock. Time is an
 * argument. Who looks and has slept itself gives the other a new chance, for the whole process may
 * have been stopped.
 */
#ifndef VIPD_VRRP_HEARTBEAT_H
#define VIPD_VRRP_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/base/clock.h"

/* Both threads beat, and look for the other's beat, at least so often. */
#define HEARTBEAT_INTERVAL (1 * NS_PER_S)

/* A thread that has given no sign of life for so long is taken for stuck. */
#define HEARTBEAT_PATIENCE (5 * NS_PER_S)

struct heartbeat {
	uint64_t beat; /* ns, of the last one; the only member that both threads use */

	/* Of who looks. */
	uint64_t seen;      /* the beat that was seen last */
	uint64_t seen_at;   /* ns, when that was seen first */
	uint64_t looked_at; /* ns */
};

/** heartbeat_init() - as if there had been a beat at @now. */
void heartbeat_init(struct heartbeat *heartbeat, uint64_t now);

/** heartbeat_beat() - a sign of life at @now. */
void heartbeat_beat(struct heartbeat *heartbeat, uint64_t now);

/** heartbeat_is_lost() - whether there was no beat for HEARTBEAT_PATIENCE; to be looked at often.
 */
bool heartbeat_is_lost(struct heartbeat *heartbeat, uint64_t now);

#endif
