/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 4, steer: which node terminates a flow of a service. Any node steers what reaches it, owner
 * or not, by the same table. What is for no VIP of ours is not looked at: it is the host's.
 */
#ifndef VIPD_BPF_STEER_STEER_H
#define VIPD_BPF_STEER_STEER_H

#include "packet.h"
#include "second_chance.h"
#include "vip_policy.h"

static __always_inline void count_steered(const struct frame *frame, __u32 service, __u32 node)
{
	__u32 index = steered_index(service, node);
	struct steered_entry *steered = bpf_map_lookup_elem(&vipd_steered, &index);

	if (steered) {
		steered->packets++;
		steered->bytes += (__u64)(frame->end - (void *)frame->eth);
	}
}

static __always_inline bool is_heard(void *context, __u8 node)
{
	struct backend_entry *backend = find_backend(node);

	(void)context;
	return backend && !backend->silent;
}

/* heard_after(), rarely used and so not in line. Returns the node, and @asked of the hop. */
static __noinline __u8 find_heard(const struct slot *slot, __u8 silent, __u8 self, __u8 *asked)
{
	struct hop hop = heard_after(slot, self, (struct hop){.node = silent}, is_heard, NULL);

	*asked = hop.asked;
	return hop.node;
}

static __always_inline struct hop pass_by(const struct frame *frame, const struct place *place,
					  struct hop hop)
{
	__u8 asked;

	hop.node = find_heard(place->slot, hop.node, (__u8)frame->settings->self, &asked);
	hop.asked = asked;
	hop.in_doubt |= asked != 0;
	return hop;
}

/* Where a frame of a service goes. */
static __always_inline struct hop choose_hop(const struct frame *frame, const struct packet *packet,
					     const struct place *place)
{
	__u8 origin = origin_of(frame);
	bool passed_by = false;

	if (origin != NOBODY) {
		count(from_peers);
	} else if (place->slot->primary == NOBODY) {
		return stay_here();
	} else {
		struct hop hop =
			first_hop(place->slot, (__u8)frame->settings->self, place->pool->settling);

		count_steered(frame, place->service->service, place->slot->primary);
		if (hop.node != NOBODY && frame->settings->silent && is_silent(NULL, hop.node)) {
			hop = pass_by(frame, place, hop);
			passed_by = true;
		}
		if (hop.node != NOBODY)
			return hop;
	}
	return in_doubt(frame, packet, place, origin, passed_by)
		       ? ask_sockets(frame, packet, place, origin)
		       : stay_here();
}

/* Says in @hop where the frame goes, unless it is of no service. */
static __always_inline enum verdict steer_flow(const struct frame *frame,
					       struct service_table *table,
					       const struct packet *packet, struct hop *hop)
{
	struct place place;

	*hop = stay_here();
	if (!find_place(frame, table, &packet->flow, &place))
		return VERDICT_NEXT;
	if (packet->part == PART_QUOTED)
		count(icmp_errors);
	*hop = choose_hop(frame, packet, &place);
	return forward(frame, *hop);
}

/*
 * TCP or UDP right behind a plain IPv4 header. It has a copy of steer_flow() of its own, in which
 * the compiler knows half of each address.
 */
static __always_inline bool steer_plain4(const struct frame *frame, struct service_table *table,
					 enum verdict *verdict)
{
	struct packet packet;
	struct hop hop;

	if (frame->ethertype != ETHERTYPE_IPV4 || !read_plain4(frame, &packet))
		return false;
	*verdict = steer_flow(frame, table, &packet, &hop);
	return true;
}

static __always_inline enum verdict steer_other(const struct frame *frame,
						struct service_table *table)
{
	struct packet packet;
	enum verdict verdict;
	struct hop hop;

	packet.part = PART_NONE;
	verdict = frame->ethertype == ETHERTYPE_IPV4 ? read_unusual4(frame, &packet)
						     : read_ipv6(frame, &packet);
	if (packet.part == PART_NONE)
		return verdict;
	verdict = steer_flow(frame, table, &packet, &hop);
	if (packet.part == PART_FIRST_FRAGMENT)
		remember_fragment(frame, hop.node, hop.asked, verdict);
	return verdict;
}

static __always_inline enum verdict steer_ip(const struct frame *frame)
{
	struct service_table *table = service_table(frame);
	enum verdict verdict;

	if (!table || !may_be_for_vip(frame, table))
		return VERDICT_NEXT;
	if (!steer_plain4(frame, table, &verdict))
		verdict = steer_other(frame, table);
	return verdict;
}

/* What a VIP accepts is looked up only where the configuration says that it is not everything. */
static __always_inline enum verdict steer(const struct frame *frame)
{
	enum verdict verdict;

	if (!on_our_network(frame) || !is_ip(frame))
		return VERDICT_NEXT;
	if (!is_our_mac(frame, frame->eth->h_dest))
		return refuse_for_other_mac(frame);
	if (frame->settings->vip_flags & VIP_ACTIVE_ONLY && refuse_as_backup(frame) != VERDICT_NEXT)
		return VERDICT_DROP;
	verdict = steer_ip(frame);
	if (verdict == VERDICT_NEXT && frame->settings->vip_flags & VIP_SERVICES_ONLY)
		verdict = refuse_what_is_of_no_service(frame);
	return verdict;
}

#endif
