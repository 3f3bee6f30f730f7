/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who sent a frame: a peer has steered it to this node, the world outside has not.
 */
#ifndef VIPD_BPF_STEER_ORIGIN_H
#define VIPD_BPF_STEER_ORIGIN_H

#include "bpf/frame.h"
#include "maps/backends.h"
#include "maps/pools.h"

/* The peer that sent a frame, or NOBODY for the world outside, which comes through the gateway. */
static __always_inline __u8 origin_of(const struct frame *frame)
{
	bool ipv4 = frame->ethertype == ETHERTYPE_IPV4;
	struct mac_address gateway =
		mac_load(ipv4 ? &frame->settings->gateway_mac4 : &frame->settings->gateway_mac6);
	struct mac_address key = {};
	__u32 *node;

	if (mac_equal(frame->eth->h_source, gateway.bytes))
		return NOBODY;
	mac_copy(key.bytes, frame->eth->h_source);
	node = bpf_map_lookup_elem(&vipd_neighbours, &key);
	return node ? (__u8)*node : NOBODY;
}

#endif
