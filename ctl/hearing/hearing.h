/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether this node can make use of what the others say. A node whose every word is refused looks
 * like a dead one to the election: both sides own. And where advertisements carry the time, a node
 * whose clock is wrong refuses all others and is refused by all.
 *
 * All others being wrong is evidence against oneself, if they agree with each other and are most of
 * the nodes. Of two nodes neither can tell whose clock is wrong, and of three with three times
 * nobody: they go on, with an alarm, for a cluster without an owner serves nobody.
 *
 *   hearing.c  what follows from what came of each peer's words; pure
 *   part.c     looks once a second, and tells
 */
#ifndef VIPD_HEARING_HEARING_H
#define VIPD_HEARING_HEARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/senders.h"

enum hearing {
	HEARING_SILENT,  /* nothing comes from there */
	HEARING_WELL,    /* something valid has come of late */
	HEARING_REFUSED, /* something comes, and none of it is valid */
};

/**
 * hearing_of() - what comes from a peer
 * @sender: what the dataplane has recorded.
 * @now: CLOCK_MONOTONIC ns.
 * @patience: ns, for how long a peer may say nothing that is valid.
 */
enum hearing hearing_of(const struct sender_entry *sender, uint64_t now, uint64_t patience);

/* What is said of our clock. */
enum clock_verdict {
	CLOCK_RIGHT,       /* by some peer at least, or nobody says anything of it */
	CLOCK_DOUBTED,     /* nobody agrees, but those who disagree are too few to be believed */
	CLOCK_CONTRADICTED /* most nodes agree with each other, and nobody with us */
};

struct clock_opinion {
	enum clock_verdict verdict;
	int64_t ahead; /* s, of most of them; what our clock is ahead of theirs */
};

/**
 * hearing_clock() - what the peers say of our clock
 * @senders: of each peer, this node left out.
 * @nodes: of the cluster, with this one.
 * @window: s, as far as clocks may differ.
 */
struct clock_opinion hearing_clock(const struct sender_entry *senders, size_t count, size_t nodes,
				   uint64_t now, uint64_t patience, int64_t window);

#endif
