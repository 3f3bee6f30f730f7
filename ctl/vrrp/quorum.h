/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether this node is on the side of a majority, pure: when each node was heard last goes in, and
 * until when a majority can be counted on comes out. docs/architecture.md has the argument why an
 * owner that is cut off stops before anybody else may begin.
 */
#ifndef VIPD_VRRP_QUORUM_H
#define VIPD_VRRP_QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/vrrp/times.h"

struct quorum {
	uint64_t until; /* ns, when the majority ends if nothing more is heard; 0: there is none */
	size_t nodes;   /* of the cluster, this one included */
	size_t needed;  /* for a majority */
	size_t heard;   /* within the window, this one included */
};

/** quorum_hears() - whether a node that was heard at @heard_at counts. */
bool quorum_hears(uint64_t heard_at, uint64_t advert_interval, uint64_t now);

/**
 * quorum_count() - count who was heard
 * @heard_at: of each node, ns; 0: never. This node has heard itself at @now.
 * @advert_interval: ours, ns.
 */
struct quorum quorum_count(const uint64_t *heard_at, size_t nodes, uint64_t advert_interval,
			   uint64_t now);

/** quorum_is_majority() - whether what was counted is still a majority. */
bool quorum_is_majority(const struct quorum *quorum, uint64_t now);

#endif
