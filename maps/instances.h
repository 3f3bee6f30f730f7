/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_instances: the VRRP instances of this node, indexed by VRID, and the word that says whether
 * we own their virtual IPs. Mapped by the controller: taking ownership is one store.
 */
#ifndef VIPD_MAPS_INSTANCES_H
#define VIPD_MAPS_INSTANCES_H

#include "address.h"

#define INSTANCES_MAP "vipd_instances"

/* VRIDs are 1-255 (RFC 9568 section 5.2.3); entry 0 stays empty. */
#define MAX_INSTANCES 256

/*
 * lease_until has two writers. The controller renews it by compare-and-swap from the value it
 * stored last; the dataplane only ever stores 0, when it sees an advertisement that beats ours.
 * So a renewal that races with a yield fails, and the yield stands.
 */
struct instance_entry {
	__u64 lease_until; /* CLOCK_MONOTONIC ns; we answer for the VIPs before it. 0: no */
	__u8 configured;   /* 0: no such virtual router on this node */
	__u8 version;      /* of VRRP: 2 or 3 */
	__u8 family;       /* that carries the election: FAMILY_IPV4 or FAMILY_IPV6 */
	__u8 priority;     /* what our advertisements say; 1-255 */
	__u32 reserved;
	struct ip_address source; /* our address in the election; decides between equals */
	struct ip_address padding[2];
};

/* One cache line each: a store to one lease must not slow the reader of another. */
_Static_assert(sizeof(struct instance_entry) == 64, "vipd_instances: one cache line");

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
