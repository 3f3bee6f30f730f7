// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF_PROG_TEST_RUN lets a program see its own output when it repeats. These make the packet anew
 * before each run and then call the program, so what they cost can be measured and taken off.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/wire.h"
#include "maps/peers.h"
#include "tools/bench/packet.h"

#define BPF_MAP_TYPE_PROG_ARRAY 3
#define MAC_LENGTH              6

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packet);
} original SEC(".maps");

static __always_inline struct packet *find_original(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&original, &key);
}

/* Both MACs: all that steering changes. */
SEC("xdp")
int restore_macs(struct xdp_md *ctx)
{
	struct packet *packet = find_original();
	void *data = (void *)(long)ctx->data;

	if (!packet || data + 2 * MAC_LENGTH > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(data, packet->bytes, 2 * MAC_LENGTH);
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

/* And another client each time, in an order that no prefetcher guesses. IPv4 without a tag. */
SEC("xdp")
int restore_macs_next_flow(struct xdp_md *ctx)
{
	struct packet *packet = find_original();
	void *data = (void *)(long)ctx->data;
	struct iphdr *ip = data + sizeof(struct ethhdr);

	if (!packet || (void *)(ip + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(data, packet->bytes, 2 * MAC_LENGTH);
	ip->saddr = bpf_htonl(packet->first_client + (packet->next * 0x9e3779b1U) % BENCH_FLOWS);
	packet->next++;
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

/* All headers, and the length. */
SEC("xdp")
int restore_headers(struct xdp_md *ctx)
{
	struct packet *packet = find_original();
	__u32 length = (__u32)(ctx->data_end - ctx->data);

	if (!packet)
		return XDP_ABORTED;
	if (length != packet->length && bpf_xdp_adjust_tail(ctx, (int)(packet->length - length)))
		return XDP_ABORTED;

	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (data + BENCH_HEADERS_MIN > end)
		return XDP_ABORTED;
	if (data + BENCH_HEADERS_MAX <= end)
		__builtin_memcpy(data, packet->bytes, BENCH_HEADERS_MAX);
	else
		__builtin_memcpy(data, packet->bytes, BENCH_HEADERS_MIN);
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

/* The replay mark: the same signed advertisement is new each time. */
SEC("xdp")
int forget_mark(struct xdp_md *ctx)
{
	struct packet *packet = find_original();
	struct advert_entry *seen;
	__u32 index;

	if (!packet)
		return XDP_ABORTED;
	index = packet->advert;
	seen = bpf_map_lookup_elem(&vipd_adverts, &index);
	if (!seen)
		return XDP_ABORTED;
	seen->sequence = 0;
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
