// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the dataplane is measured by: a program that does nothing, and one that does the least that
 * a load balancer can do.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/wire.h"

struct service {
	__be32 vip;
	__be16 port;
	__u8 protocol;
	__u8 padding;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct service);
	__type(value, __u64); /* packets */
} services SEC(".maps");

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

static __always_inline void swap_macs(struct ethhdr *eth)
{
	__u16 *to = (__u16 *)eth->h_dest, *from = (__u16 *)eth->h_source;

	for (int i = 0; i < 3; i++) {
		__u16 word = to[i];

		to[i] = from[i];
		from[i] = word;
	}
}

/* Parse, one look-up in a hash, send it back. */
SEC("xdp")
int reference(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct service key = {};
	__u64 *packets;

	if ((void *)(tcp + 1) > end || eth->h_proto != ETHERTYPE_IPV4 || *(__u8 *)ip != 0x45 ||
	    ip->frag_off & IPV4_FRAGMENT_MASK || ip->protocol != PROTOCOL_TCP)
		return XDP_PASS;
	key.vip = ip->daddr;
	key.port = tcp->dest;
	key.protocol = ip->protocol;
	packets = bpf_map_lookup_elem(&services, &key);
	if (!packets)
		return XDP_PASS;
	++*packets;
	swap_macs(eth);
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
