/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_traffic: what the dataplane did for the VIPs besides dropping, one named counter each.
 */
#ifndef VIPD_MAPS_TRAFFIC_H
#define VIPD_MAPS_TRAFFIC_H

#include "address.h"

struct traffic_entry {
	__u64 arp_answered;
	__u64 ns_answered;
	__u64 adverts_accepted;
	__u64 adverts_pseudo_header;    /* IPv4, checksum as RFC 5798 implementations send it */
	__u64 adverts_authenticated;    /* by their HMAC */
	__u64 adverts_interval_differs; /* from ours; VRRPv3, where that is allowed */
	__u64 adverts_yielded_to;       /* a lease ended because a peer's advertisement beat ours */
	__u64 adverts_not_delivered;    /* the controller's inbox was full; vipd_adverts has them */
	__u64 vip_conflicts;
	__u64 from_peers;            /* frames of services that another node steered to us */
	__u64 second_chances;        /* segments whose socket was looked for here */
	__u64 second_chances_found;  /* ... and found */
	__u64 second_chances_passed; /* ... and not found: sent on to the next in rank */
	__u64 second_chances_spent;  /* ... and not found, and nobody is left: the kernel answers */
	__u64 stepped_over;          /* new connections sent on, for nothing listened here */
	__u64 unreachable_backend;   /* frames kept here, for the backend's MAC is not known */
	__u64 icmp_errors;           /* about flows of services */
	__u64 fragments;             /* that followed their first */
	__u64 fragments_orphaned;    /* that came without their first: the local stack's */
};

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct traffic_entry);
} vipd_traffic SEC(".maps");
#endif

#endif
