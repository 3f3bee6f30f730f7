/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_vips: the virtual IPs, by address, and the instance that each moves with.
 * vipd_sightings: what the network says of each, written by the dataplane, read by the controller.
 */
#ifndef VIPD_MAPS_VIPS_H
#define VIPD_MAPS_VIPS_H

#include "address.h"

#define MAX_VIPS 512

/* What is accepted for a VIP; in RFC 9568 the words are Accept_Mode and section 6.4.2. */
enum {
	VIP_SERVICES_ONLY = 1 << 0, /* nothing that is of no service */
	VIP_ACTIVE_ONLY = 1 << 1,   /* nothing from outside while we do not own it */
};

struct vip_entry {
	__u32 vrid;  /* index into vipd_instances */
	__u32 index; /* into vipd_sightings, below MAX_VIPS */
	__u32 flags;
};

/*
 * A conflict is another host's claim to a VIP that we own at that moment; a confirmation is the
 * gateway's answer to our request in the VIP's name: it has learned where the VIP is.
 */
struct sighting_entry {
	__u64 confirmed_at; /* CLOCK_MONOTONIC ns; 0: never */
	__u64 conflict_at;  /* CLOCK_MONOTONIC ns; 0: never */
	__u64 conflicts;
	__u8 conflict_mac[6];
	__u8 padding[2];
};

_Static_assert(sizeof(struct sighting_entry) == 32, "vipd_sightings: value has holes");

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_VIPS);
	__type(key, struct ip_address);
	__type(value, struct vip_entry);
} vipd_vips SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_VIPS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct sighting_entry);
} vipd_sightings SEC(".maps");
#endif

#endif
