/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_instances: the VRRP instances of this node, indexed by VRID, and the word that says whether
 * we own their virtual IPs. Mapped by the controller: taking ownership is one store.
 */
#ifndef VIPD_MAPS_INSTANCES_H
#define VIPD_MAPS_INSTANCES_H

#include "address.h"

/* VRIDs are 1-255 (RFC 9568 section 5.2.3); entry 0 stays empty. */
#define MAX_INSTANCES 256

/* Auth Type of VRRPv2 (RFC 2338 section 5.3.6; RFC 3768 has kept only the first). */
enum vrrp2_authentication {
	VRRP2_NO_AUTHENTICATION = 0,
	VRRP2_SIMPLE_TEXT = 1,
};

/*
 * lease_until has two writers, and giving up must win over renewing. The dataplane, on an
 * advertisement that beats ours, first adds to `beaten` and then stores 0 into a lease that is not
 * 0. The controller never stores over a 0 that it has not seen: it renews by compare-and-exchange,
 * and only what is alive. To begin, it notes `beaten` before it looks at what was heard, stores
 * LEASE_CLAIMED, looks whether `beaten` has moved, and exchanges that for the lease. Whichever
 * comes second sees the other, and no store is ever taken back, so it does not matter where the
 * controller is stopped (docs/model/lease.pml).
 */
#define LEASE_CLAIMED 1 /* not 0, and long over */

/*
 * Each of the two stores one word and then loads the other, so each needs a full fence between the
 * two. User space has one everywhere. In the dataplane the addition to `beaten` is the fence, as a
 * locked instruction of x86; on arm64 it is STADD, which orders nothing. An addition that returns
 * the value before would be a fence there too, but Linux 5.10's verifier knows none (5.12 does),
 * and BPF has no other instruction that is one. The tables' other promises, such as that seen_at
 * vouches for what was stored before it, also count on x86, where stores are seen in their order.
 */
#if !defined(__bpf__) && !defined(__x86_64__)
#error "vipd runs on x86-64 only: on other machines two nodes could answer for one VIP"
#endif

struct instance_entry {
	__u64 lease_until;     /* CLOCK_MONOTONIC ns; we answer for the VIPs before it. 0: never */
	__u64 beaten;          /* advertisements heard that come before ours in the election */
	__u8 configured;       /* 0: no such virtual router on this node */
	__u8 version;          /* of VRRP: 2 or 3 */
	__u8 family;           /* that carries the election: FAMILY_IPV4 or FAMILY_IPV6 */
	__u8 priority;         /* what our advertisements say; 1-255 */
	__u16 advert_interval; /* ours, centiseconds: version 2 refuses others' */
	__u8 authentication_type;    /* version 2: enum vrrp2_authentication */
	__u8 standing;               /* what it lists are no addresses: maps/standings.h */
	struct ip_address source;    /* our address in the election; decides between equals */
	__u8 authentication_data[8]; /* version 2, simple text: padded with zeros */
	__u64 padding[2];
};

/* One cache line each: a store to one lease must not slow the reader of another. */
_Static_assert(sizeof(struct instance_entry) == 64, "vipd_instances: one cache line");

/* Whoever finds this table of another version knows nothing else of it. */
_Static_assert(__builtin_offsetof(struct instance_entry, lease_until) == 0,
	       "vipd_instances: the lease is the first word of an entry, in all versions");

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_INSTANCES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct instance_entry);
} vipd_instances SEC(".maps");
#endif

#endif
