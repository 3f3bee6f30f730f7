/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_peers: the nodes of the cluster, by each address they may send VRRP from; our own are among
 * them, so that a forgery of them is told from a stranger.
 * vipd_adverts: the last valid advertisement of every instance and peer, for a controller that was
 * not listening at the time.
 */
#ifndef VIPD_MAPS_PEERS_H
#define VIPD_MAPS_PEERS_H

#include "address.h"
#include "instances.h"

#define MAX_PEERS 128

struct peer_entry {
	__u32 index; /* of the node, below MAX_PEERS; its addresses share it */
	__u8 mac[6];
	__u8 mac_pinned; /* advertisements must come from this MAC, which the operator knows */
	__u8 self;       /* our own address: nothing valid comes in from it */
	__u8 mac_known;  /* ... which the kernel's neighbour table knows */
	__u8 padding[3];
};

/* Written by the dataplane alone; seen_at is stored last, so it vouches for the rest. */
struct advert_entry {
	__u64 seen_at; /* CLOCK_MONOTONIC ns; 0: never */
	__u64 count;
	__u16 max_advert_interval; /* as sent, centiseconds, host order */
	__u8 priority;
	__u8 padding[5];
	__u64 sequence; /* of the last authenticated one; 0: never */
};

_Static_assert(sizeof(struct peer_entry) == 16, "vipd_peers: value has holes");
_Static_assert(sizeof(struct advert_entry) == 32, "vipd_adverts: value has holes");

/* The place of a (VRID, peer) pair in vipd_adverts. */
static inline __u32 advert_index(__u32 vrid, __u32 peer)
{
	return vrid * MAX_PEERS + peer;
}

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4 * MAX_PEERS);
	__type(key, struct ip_address);
	__type(value, struct peer_entry);
} vipd_peers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_INSTANCES *MAX_PEERS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct advert_entry);
} vipd_adverts SEC(".maps");
#endif

#endif
