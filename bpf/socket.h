/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own socket table as the flow table: whether a segment belongs to a connection of
 * this node, and whether anything here listens for a new one (bpf_skc_lookup_tcp, Linux 5.2).
 */
#ifndef VIPD_BPF_SOCKET_H
#define VIPD_BPF_SOCKET_H

#include "frame.h"
#include "maps/steering.h"

static __always_inline struct bpf_sock *look_up(const struct frame *frame, const struct flow *flow)
{
	const __be32 *client = (const void *)&flow->client, *vip = (const void *)&flow->vip;
	struct bpf_sock_tuple tuple = {};

	if (frame->ethertype == ETHERTYPE_IPV4) {
		tuple.ipv4.saddr = client[3];
		tuple.ipv4.daddr = vip[3];
		tuple.ipv4.sport = flow->client_port;
		tuple.ipv4.dport = flow->vip_port;
		return bpf_skc_lookup_tcp(frame->ctx, &tuple, sizeof(tuple.ipv4),
					  BPF_F_CURRENT_NETNS, 0);
	}
	for (int i = 0; i < 4; i++) {
		tuple.ipv6.saddr[i] = client[i];
		tuple.ipv6.daddr[i] = vip[i];
	}
	tuple.ipv6.sport = flow->client_port;
	tuple.ipv6.dport = flow->vip_port;
	return bpf_skc_lookup_tcp(frame->ctx, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
}

/*
 * Whether an ACK carries a SYN cookie of this node. The helper wants the header at its full length
 * as a constant, so each length that can carry a cookie has its branch.
 */
static __always_inline bool cookie_valid(const struct frame *frame, struct bpf_sock *listener,
					 struct tcphdr *tcp)
{
	__u32 ip_length =
		frame->ethertype == ETHERTYPE_IPV4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	if (frame->network + ip_length > frame->end)
		return false;
#pragma unroll
	for (__u32 words = 5; words <= 15; words++) {
		if (tcp->doff != words)
			continue;
		if ((void *)tcp + words * 4 > frame->end)
			return true; /* cut short: not for us to judge */
		return bpf_tcp_check_syncookie(listener, frame->network, ip_length, tcp,
					       words * 4) == 0;
	}
	return false;
}

/*
 * Whether a connection of this node owns the flow: an established socket, a request socket or one
 * in TIME_WAIT does, a mere listener only for its own SYN cookie.
 *
 * @tcp: the segment's header; NULL for an ICMP error about the flow.
 */
static __always_inline bool connection_here(const struct frame *frame, const struct flow *flow,
					    struct tcphdr *tcp)
{
	struct bpf_sock *socket = look_up(frame, flow);
	bool ours;

	if (!socket)
		return false;
	if (socket->state != BPF_TCP_LISTEN)
		ours = true;
	else if (!tcp || (tcp->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK)
		ours = false;
	else
		ours = cookie_valid(frame, socket, tcp);
	bpf_sk_release(socket);
	return ours;
}

/*
 * Whether a new connection finds something here: a listener, unless we are draining, or what an
 * earlier SYN of the same connection left.
 */
static __always_inline bool accepts_here(const struct frame *frame, const struct flow *flow)
{
	struct bpf_sock *socket = look_up(frame, flow);
	bool accepts;

	if (!socket)
		return false;
	accepts = socket->state != BPF_TCP_LISTEN || !frame->settings->draining;
	bpf_sk_release(socket);
	return accepts;
}

#endif
