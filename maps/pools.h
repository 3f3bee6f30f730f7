/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_pools: the sets of backends. vipd_slots: for each pool two tables of slots, each slot
 * naming the backends that a flow may live on. The controller writes the idle table and flips
 * pool->copy.
 */
#ifndef VIPD_MAPS_POOLS_H
#define VIPD_MAPS_POOLS_H

#include "address.h"

#define MAX_POOLS  64
#define POOL_SLOTS 65536 /* a power of two; 256 KiB a table, which stays in a core's L2 cache */

#define RANKS  3
#define NOBODY 0xff

/*
 * Nodes are indices into vipd_peers, or NOBODY. The primary depends on who is up, so for a moment
 * the nodes may differ about it. The ranks do not: as long as the nodes have the same
 * configuration, all of them ask the same nodes in the same order.
 */
struct slot {
	__u8 primary;     /* new flows go there */
	__u8 rank[RANKS]; /* older flows may live there, whatever became of the node since */
};

struct slot_table {
	struct slot slots[POOL_SLOTS];
};

struct pool_entry {
	__u32 copy;     /* 0 or 1: which table of vipd_slots is in force */
	__u32 settling; /* the table changed a while ago: older flows may live on a lower rank */
	/*
	 * The dataplane stores 1 when it steps over this node: flows of this pool that come to us
	 * may live on a lower rank from now on. The controller stores 0 when that is long ago.
	 */
	__u32 armed;
	__u32 backends; /* how many nodes the pool has */
	__u64 padding[6];
};

_Static_assert(sizeof(struct slot) == 4, "vipd_slots: a slot is one load");
_Static_assert(sizeof(struct pool_entry) == 64, "vipd_pools: one cache line");

/* Where the tables of a pool stand in vipd_slots. */
static inline __u32 slot_table_index(__u32 pool, __u32 copy)
{
	return pool * 2 + (copy & 1);
}

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_POOLS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct pool_entry);
} vipd_pools SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_POOLS * 2);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct slot_table);
} vipd_slots SEC(".maps");
#endif

#endif
