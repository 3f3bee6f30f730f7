/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 1, parse: the link layer of a frame, with at most one 802.1Q tag, and whether it travels on
 * the network that carries our virtual IPs.
 */
#ifndef VIPD_BPF_FRAME_H
#define VIPD_BPF_FRAME_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "maps/settings.h"
#include "wire.h"

/* What a step says of a frame. */
enum verdict {
	VERDICT_DROP = XDP_DROP,
	VERDICT_PASS = XDP_PASS,
	VERDICT_TX = XDP_TX,
	VERDICT_NEXT = 8, /* the frame is not for this step to decide */
};

struct frame {
	struct xdp_md *ctx;
	struct settings_entry *settings;
	struct ethhdr *eth;
	void *network; /* first byte of the network header */
	void *end;
	__be16 ethertype; /* behind the tag, if there is one */
	__u16 vlan;       /* VLAN_UNTAGGED also for a priority tag */
};

/* All steps work on values of this many bytes as numbers, for BPF has no memcmp(). */
static __always_inline bool mac_equal(const __u8 *a, const __u8 *b)
{
	const __u16 *left = (const void *)a, *right = (const void *)b;

	return left[0] == right[0] && left[1] == right[1] && left[2] == right[2];
}

static __always_inline void mac_copy(__u8 *to, const __u8 *from)
{
	__u16 *left = (void *)to;
	const __u16 *right = (const void *)from;

	left[0] = right[0];
	left[1] = right[1];
	left[2] = right[2];
}

static __always_inline bool is_our_mac(const struct frame *frame, const __u8 *mac)
{
	struct mac_address ours = mac_load(&frame->settings->mac);

	return mac_equal(mac, ours.bytes);
}

static __always_inline struct ip_address mapped_address(__be32 ipv4)
{
	struct ip_address address = {};
	__be32 *words = (void *)&address;

	words[2] = bpf_htonl(0xffff);
	words[3] = ipv4;
	return address;
}

static __always_inline struct ip_address plain_address(const struct in6_addr *ipv6)
{
	const __be32 *from = ipv6->in6_u.u6_addr32;
	struct ip_address address;
	__be32 *words = (void *)&address;

	words[0] = from[0];
	words[1] = from[1];
	words[2] = from[2];
	words[3] = from[3];
	return address;
}

static __always_inline bool same_address(const struct ip_address *a, const struct ip_address *b)
{
	const __be32 *left = (const void *)a, *right = (const void *)b;

	return left[0] == right[0] && left[1] == right[1] && left[2] == right[2] &&
	       left[3] == right[3];
}

/* Frames from our own MAC come back to us from hubs and mirror ports; they claim nothing. */
static __always_inline bool sent_by_us(const struct frame *frame)
{
	return is_our_mac(frame, frame->eth->h_source);
}

/* A switch that does not know a MAC sends its frames everywhere. The kernel drops them as others'.
 */
static __always_inline bool for_another_host(const struct frame *frame)
{
	return !(frame->eth->h_dest[0] & 1) && !is_our_mac(frame, frame->eth->h_dest);
}

static __always_inline bool is_ip(const struct frame *frame)
{
	return frame->ethertype == ETHERTYPE_IPV4 || frame->ethertype == ETHERTYPE_IPV6;
}

static __always_inline bool on_our_network(const struct frame *frame)
{
	return frame->vlan == frame->settings->vlan;
}

/*
 * How many bytes of the frame there are from here on. A length out of a header is compared to this
 * rather than added to the pointer: the verifier of Linux 6.12 still knows no bounds of a number
 * whose bytes were swapped.
 */
static __always_inline __u32 bytes_from(const struct frame *frame, const void *here)
{
	return (__u32)(frame->end - here);
}

/* Returns false for a frame that is too short to be anybody's. */
static __always_inline bool parse(struct xdp_md *ctx, struct frame *frame)
{
	__u32 key = 0;

	frame->ctx = ctx;
	frame->eth = (void *)(long)ctx->data;
	frame->end = (void *)(long)ctx->data_end;
	frame->network = frame->eth + 1;
	frame->settings = bpf_map_lookup_elem(&vipd_settings, &key);
	if (frame->network > frame->end || !frame->settings)
		return false;
	frame->ethertype = frame->eth->h_proto;
	frame->vlan = VLAN_UNTAGGED;

	if (frame->ethertype == ETHERTYPE_VLAN) {
		struct vlan_hdr *tag = frame->network;

		frame->network = tag + 1;
		if (frame->network > frame->end)
			return false;
		frame->ethertype = tag->h_vlan_encapsulated_proto;
		frame->vlan = bpf_ntohs(tag->h_vlan_TCI) & VLAN_ID_MASK;
	}
	return true;
}

#endif
