/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_traffic: what the dataplane did for the VIPs besides dropping, one named counter each.
 */
#ifndef VIPD_MAPS_TRAFFIC_H
#define VIPD_MAPS_TRAFFIC_H

#include "address.h"

#define TRAFFIC_MAP "vipd_traffic"

struct traffic_entry {
	__u64 arp_answered;
	__u64 ns_answered;
	__u64 adverts_accepted;
	__u64 adverts_pseudo_header; /* IPv4, checksum as RFC 5798 implementations send it */
	__u64 adverts_yielded_to;    /* a lease ended because a peer's advertisement beat ours */
	__u64 adverts_not_delivered; /* the controller's inbox was full; vipd_adverts has them */
	__u64 vip_conflicts;
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
