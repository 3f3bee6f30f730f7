/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_backends: the nodes as the dataplane reaches them, by index. vipd_neighbours: who a frame
 * comes from, by its source MAC. vipd_steered: what went where. vipd_fragments: where the first
 * fragment of a packet went, for those that follow.
 */
#ifndef VIPD_MAPS_BACKENDS_H
#define VIPD_MAPS_BACKENDS_H

#include "address.h"
#include "peers.h"
#include "services.h"

#define MAX_FRAGMENTS     4096
#define FRAGMENT_LIFETIME 30000000000ULL /* ns; what the kernel's own reassembly gives them */

/* Stored and loaded at once, like a struct mac_address. */
struct backend_entry {
	__u8 mac[6];
	__u8 usable; /* its MAC is known; frames can be sent to it */
	__u8 silent; /* it is not heard: new flows go elsewhere, as long as there is an elsewhere */
} __attribute__((aligned(8)));

struct steered_entry {
	__u64 packets;
	__u64 bytes; /* of the frames */
};

struct fragment_key {
	struct ip_address source;
	struct ip_address vip;
	__u32 identification; /* network order; IPv4's sixteen bits first */
	__u8 protocol;
	__u8 padding[3];
};

/* The first was for a VIP, but of no service. */
#define NO_SERVICE 0xfe

struct fragment_entry {
	__u64 seen_at; /* CLOCK_MONOTONIC ns */
	__u32 backend; /* index of the node, NOBODY for the local stack, or NO_SERVICE */
	__u32 asked;   /* nodes that the first was passed on from; 0: it went to its primary */
};

_Static_assert(sizeof(struct backend_entry) == 8, "vipd_backends: one load");
_Static_assert(sizeof(struct fragment_key) == 40, "vipd_fragments: key has holes");

/* The place of a (service, node) pair in vipd_steered. */
static inline __u32 steered_index(__u32 service, __u32 node)
{
	return service * MAX_PEERS + node;
}

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_PEERS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct backend_entry);
} vipd_backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PEERS);
	__type(key, struct mac_address);
	__type(value, __u32);
} vipd_neighbours SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_SERVICES *MAX_PEERS);
	__type(key, __u32);
	__type(value, struct steered_entry);
} vipd_steered SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_FRAGMENTS);
	__type(key, struct fragment_key);
	__type(value, struct fragment_entry);
} vipd_fragments SEC(".maps");
#endif

#endif
