/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_services: which VIP, protocol and port belongs to which service, and which pool serves it.
 * Two copies; the dataplane reads the one that settings.service_copy names, the controller writes
 * the other and flips the word. A table that finds its entry without a helper call: each key stands
 * in one of two places (cuckoo hashing, Pagh and Rodler 2001).
 */
#ifndef VIPD_MAPS_SERVICES_H
#define VIPD_MAPS_SERVICES_H

#include "address.h"

#define MAX_SERVICES   64
#define SERVICE_PLACES 16384 /* a power of two */
#define SERVICE_KEYS   4096  /* VIPs times ports; at a quarter full, insertion does not fail */

/* Bits by the last twelve bits of an address: most of what is no VIP is told by one load. */
#define VIP_FILTER_BITS 4096

enum {
	SERVICE_BY_CLIENT = 1 << 0,      /* affinity: the client's address alone decides */
	SERVICE_LISTENER_CHECK = 1 << 1, /* step over a node without a listening socket */
};

struct service_entry {
	struct ip_address vip;
	__be16 port;
	__u8 protocol; /* IPPROTO_TCP or IPPROTO_UDP; 0: the place is empty */
	__u8 flags;
	__u16 service; /* index, below MAX_SERVICES */
	__u16 pool;    /* index into vipd_pools */
	__u64 padding;
};

struct service_table {
	__u64 filter[VIP_FILTER_BITS / 64];
	__u32 shift; /* which bits of the hash are the second place; see service_place() */
	__u32 entries;
	__u64 padding[7];
	struct service_entry places[SERVICE_PLACES];
};

_Static_assert(sizeof(struct service_entry) == 32, "vipd_services: two entries a cache line");

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct service_table);
} vipd_services SEC(".maps");
#endif

#endif
