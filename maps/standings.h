/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_standings: what each node says that it is good for, page by page, as it was received. It
 * travels in ordinary advertisements of a virtual router of its own, in place of their addresses,
 * so the guard judges, authenticates and counts it as it does all others; vipd_adverts says when a
 * node was heard last. An implementation that does not know of it ignores the VRID.
 */
#ifndef VIPD_MAPS_STANDINGS_H
#define VIPD_MAPS_STANDINGS_H

#include "address.h"
#include "peers.h"

/*
 * A page begins with these three bytes and the version. Where others have an address, this is no
 * host's: 255.x.x.x of IPv4, and a group of IPv6.
 */
#define STANDING_MAGIC   0xff766400U
#define STANDING_VERSION 1

/* Pages are of so many words; 63 addresses of IPv6 are as long. */
#define STANDING_WORDS 252
#define STANDING_PAGES 8 /* a power of two */

enum {
	STANDING_SERVES = 1 << 0,   /* its program is attached, and takes the VIPs listed */
	STANDING_DRAINING = 1 << 1, /* it takes no new connections */
	STANDING_LEAVING = 1 << 2,  /* its vipd is about to stop */
};

/* How a page begins, in network order. VIP tags, node tags and drain orders follow. */
struct standing_head {
	__be32 magic; /* STANDING_MAGIC | STANDING_VERSION */
	__u8 flags;
	__u8 page;            /* from 0 on */
	__u8 pages;           /* how many there are; 1 to STANDING_PAGES */
	__u8 orders;          /* drain orders on this page */
	__be32 generation[2]; /* is another one whenever anything but the interval is */
	__be32 interval;      /* us; how often the sender has to hear the others, to count them */
	__u8 release[4];      /* of vipd: major, minor, patch, 0 */
	__be16 tags;          /* VIP tags on this page */
	__be16 avoided;       /* tags of nodes on this page */
};

_Static_assert(sizeof(struct standing_head) == 28, "seven words");

/* The dataplane stores `begun`, the words, and then `ended`: they differ in the meantime. */
struct standing_entry {
	__u64 begun;  /* how often a page was stored here */
	__u32 length; /* bytes; 0: nothing was heard */
	__u32 padding;
	__be32 words[STANDING_WORDS];
	__u64 ended;
};

_Static_assert(sizeof(struct standing_entry) == 1032, "vipd_standings: value has holes");

/* The place of a page in vipd_standings. */
static inline __u32 standing_index(__u32 peer, __u32 page)
{
	return peer * STANDING_PAGES + page;
}

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_PEERS *STANDING_PAGES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct standing_entry);
} vipd_standings SEC(".maps");
#endif

#endif
