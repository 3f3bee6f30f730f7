/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_settings: what the dataplane must know of its place in the network. One entry, mapped by
 * the controller, so that a reload changes it without a new program.
 */
#ifndef VIPD_MAPS_SETTINGS_H
#define VIPD_MAPS_SETTINGS_H

#include "address.h"

/*
 * Counts up when a table comes to mean something else although its types stay the same: no table of
 * another version is shared then. The loader compares types by itself (loader/layout.h).
 */
#define MAPS_LAYOUT 7

/* No tag: the virtual IPs live on the NIC's untagged network. */
#define VLAN_UNTAGGED 0

struct settings_entry {
	struct mac_address mac;     /* of the VLAN device: what ARP and ND answers carry */
	struct ip_address gateway4; /* all zero: none */
	struct ip_address gateway6;
	__u32 router_flag;  /* R in neighbour advertisements; the same on all nodes */
	__u32 layout;       /* MAPS_LAYOUT of whoever opened the maps last; 0: nobody yet */
	__u64 hash_key;     /* of flows; the same on all nodes */
	__u32 service_copy; /* 0 or 1: which table of vipd_services is in force */
	__u32 draining;     /* this node takes no new connections */
	struct mac_address
		gateway_mac4; /* frames from there are the world's; all zero: not known */
	struct mac_address gateway_mac6;
	__u32 self;        /* index of this node in vipd_peers */
	__u32 virtual_mac; /* advertisements may come from a virtual router's MAC */
	__u32 silent;    /* how many nodes are silent: backend_entry.silent is not looked at if 0 */
	__u32 vip_flags; /* that any VIP has: vip_entry.flags is not looked at for others */
	__u16 vlan;      /* host order, 1-4094, or VLAN_UNTAGGED */
	__u16 padding[3];
};

_Static_assert(sizeof(struct settings_entry) == 104, "vipd_settings: value has holes");

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct settings_entry);
} vipd_settings SEC(".maps");
#endif

#endif
