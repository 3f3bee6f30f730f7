/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 2, guard: VRRP (RFC 9568) reaches the controller only if a configured peer on our own link
 * sent it and it is well-formed. Everything else is dropped here, before the stack, and counted.
 */
#ifndef VIPD_BPF_GUARD_GUARD_H
#define VIPD_BPF_GUARD_GUARD_H

#include "advert.h"
#include "authenticate.h"
#include "ip_header.h"
#include "message.h"
#include "refusal.h"
#include "sender.h"

static __always_inline enum judgement judge_network(const struct frame *frame,
						    struct vrrp_packet *packet)
{
	if (!on_our_network(frame))
		return refuse(packet, DROP_vrrp_other_vlan);
	return for_another_host(frame) ? IGNORED : ACCEPTED;
}

/* VRRP is rare: its way is not in line with that of all other frames, nor on their stack. */
static __noinline enum verdict guard_vrrp(const struct frame *frame, enum position position)
{
	struct vrrp_packet *packet = new_packet();
	struct instance_entry *instance;
	enum judgement judgement;

	if (!packet || !read_addresses(frame, packet))
		return VERDICT_DROP; /* never: there is a packet, and find_vrrp() saw its header */

	if ((judgement = judge_network(frame, packet)) ||
	    (judgement = judge_header(frame, packet, position)))
		return turn_away(frame, packet, false, judgement);

	instance = find_instance(frame, packet);
	if ((judgement = judge_sender(frame, packet)) ||
	    (judgement = judge_message(frame, packet, instance)))
		return turn_away(frame, packet, instance, judgement);

	if ((judgement = authenticate(frame, packet, instance->version)))
		return turn_away(frame, packet, true, judgement);

	accept_advert(frame, packet, instance);
	return VERDICT_PASS;
}

static __always_inline enum verdict guard(const struct frame *frame)
{
	enum position position = find_vrrp(frame);

	return position == VRRP_NOWHERE ? VERDICT_NEXT : guard_vrrp(frame, position);
}

/* Whatever VRRP says on such an interface, it means no instance of ours. */
static __always_inline enum verdict guard_other_interface(const struct frame *frame)
{
	struct vrrp_packet *packet;

	if (find_vrrp(frame) == VRRP_NOWHERE)
		return VERDICT_PASS;
	packet = new_packet();
	if (!packet || !read_addresses(frame, packet))
		return VERDICT_DROP;
	return turn_away(frame, packet, false, refuse(packet, DROP_vrrp_other_interface));
}

#endif
