/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own socket table as the flow table: whether a segment belongs to a connection of
 * this node, and whether anything here listens for a new one (bpf_skc_lookup_tcp, Linux 5.2).
 */
#ifndef VIPD_BPF_STEER_SOCKET_H
#define VIPD_BPF_STEER_SOCKET_H

#include "bpf/frame.h"
#include "maps/steering.h"

/* How far a genuine acknowledgement may be behind, for it was overtaken on its way. */
#define OVERTAKEN_MAX (1U << 20)

/* @client_port: the flow's, or 0, which is nobody's: then at most a listener is found. */
static __always_inline struct bpf_sock *look_up(const struct frame *frame, const struct flow *flow,
						__be16 client_port)
{
	const __be32 *client = (const void *)&flow->client, *vip = (const void *)&flow->vip;
	struct bpf_sock_tuple tuple = {};
	__u32 size = sizeof(tuple.ipv6);

	if (frame->ethertype == ETHERTYPE_IPV4) {
		size = sizeof(tuple.ipv4);
		tuple.ipv4.saddr = client[3];
		tuple.ipv4.daddr = vip[3];
		tuple.ipv4.sport = client_port;
		tuple.ipv4.dport = flow->vip_port;
	} else {
		for (int i = 0; i < 4; i++) {
			tuple.ipv6.saddr[i] = client[i];
			tuple.ipv6.daddr[i] = vip[i];
		}
		tuple.ipv6.sport = client_port;
		tuple.ipv6.dport = flow->vip_port;
	}
	return bpf_skc_lookup_tcp(frame->ctx, &tuple, size, BPF_F_CURRENT_NETNS, 0);
}

/*
 * Whether an ACK carries a SYN cookie of this node. Options tell nothing of that, so the helper is
 * given the plain TCP header; and as an IPv4 header and a TCP header are together as long as an
 * IPv6 header, that length is there in both families. Both are constants, and need no proof.
 */
static __always_inline bool cookie_valid(const struct frame *frame, struct bpf_sock *listener,
					 struct tcphdr *tcp)
{
	__u32 tcp_length = tcp->doff * 4U;

	if (tcp_length < sizeof(*tcp) || frame->network + sizeof(struct ipv6hdr) > frame->end)
		return false;
	if (tcp_length > bytes_from(frame, tcp))
		return true; /* the segment is cut short: that is not for us to judge */
	return bpf_tcp_check_syncookie(listener, frame->network, sizeof(struct ipv6hdr), tcp,
				       sizeof(*tcp)) == 0;
}

/*
 * Whether a segment is of the connection that is here, or of another one on the same port of the
 * client: this node may not have heard of the end of an old one (TIME_WAIT, or we were cut off)
 * when another node already has the next. That one's acknowledgements are of other numbers.
 */
static __always_inline bool acknowledges(struct bpf_sock *socket, const struct tcphdr *tcp)
{
	__u32 number = bpf_ntohl(tcp->ack_seq), first, end;

	if (!(tcp->flags & TCP_ACK))
		return true;
	if (socket->state == BPF_TCP_TIME_WAIT) {
		struct tcp_timewait_sock *waiting = bpf_skc_to_tcp_timewait_sock(socket);

		if (!waiting)
			return true;
		first = end = waiting->tw_sk.__tw_common.skc_tw_snd_nxt;
	} else {
		struct tcp_sock *connection = bpf_skc_to_tcp_sock(socket);

		if (!connection) /* a request socket */
			return true;
		first = connection->snd_una;
		end = connection->write_seq;
	}
	first -= OVERTAKEN_MAX;
	return number - first <= end - first;
}

/*
 * Whether what a look-up has found is the connection that the segment is of: an established socket,
 * a request socket or one in TIME_WAIT, if the segment is of its time; a mere listener only for its
 * own SYN cookie. @tcp: the segment's header; NULL for an ICMP error about the flow.
 */
static __always_inline bool is_connection(const struct frame *frame, struct bpf_sock *socket,
					  struct tcphdr *tcp)
{
	if (socket->state == BPF_TCP_LISTEN)
		return tcp && (tcp->flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK &&
		       cookie_valid(frame, socket, tcp);
	return !tcp || acknowledges(socket, tcp);
}

/* Whether a connection of this node owns the flow. @tcp: as above. */
static __always_inline bool connection_here(const struct frame *frame, const struct flow *flow,
					    struct tcphdr *tcp)
{
	struct bpf_sock *socket = look_up(frame, flow, flow->client_port);
	bool ours;

	if (!socket)
		return false;
	ours = is_connection(frame, socket, tcp);
	bpf_sk_release(socket);
	return ours;
}

/* The TCP state of what is found here for a flow; 0: nothing is. */
static __always_inline __u32 state_here(const struct frame *frame, const struct flow *flow,
					__be16 client_port)
{
	struct bpf_sock *socket = look_up(frame, flow, client_port);
	__u32 state;

	if (!socket)
		return 0;
	state = socket->state;
	bpf_sk_release(socket);
	return state;
}

/*
 * Whether a new connection finds something here: a listener, unless we are draining, or what an
 * earlier SYN of the same connection left. A connection that only waits hides the listener.
 */
static __always_inline bool accepts_here(const struct frame *frame, const struct flow *flow)
{
	__u32 state = state_here(frame, flow, flow->client_port);

	if (state == BPF_TCP_TIME_WAIT)
		state = state_here(frame, flow, 0);
	return state == BPF_TCP_LISTEN ? !frame->settings->draining : state != 0;
}

#endif
