/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who sent a VRRP packet, and to whom: it has to come from a host on this link, which is one of the
 * cluster, and go to the group or to this node.
 */
#ifndef VIPD_BPF_GUARD_SENDER_H
#define VIPD_BPF_GUARD_SENDER_H

#include "ip_header.h"
#include "maps/authentication.h"
#include "maps/peers.h"

/* There always is such an entry, but the verifier wants to see it looked at. */
static __always_inline struct authentication_entry *authentication_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&vipd_authentication, &zero);
}

/* The unspecified address, a group and the broadcast address are no host's. */
static __always_inline bool is_no_host(const struct ip_address *address, __u8 family)
{
	const __be32 *words = (const void *)address;

	if (family == FAMILY_IPV4)
		return words[3] == 0 || address->bytes[12] >= 224;
	return !(words[0] | words[1] | words[2] | words[3]) || address->bytes[0] == 0xff;
}

static __always_inline bool is_link_local(const struct ip_address *address)
{
	return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/*
 * RFC 9568 section 5.1.2.1 demands a link-local source over IPv6. To a unicast address, which is an
 * extension, any source may send.
 */
static __always_inline enum judgement judge_destination(struct vrrp_packet *packet)
{
	struct peer_entry *peer;

	if (is_vrrp_group(&packet->destination, packet->family)) {
		if (packet->family == FAMILY_IPV6 && !is_link_local(&packet->source))
			return refuse(packet, DROP_vrrp_source);
		return ACCEPTED;
	}
	peer = bpf_map_lookup_elem(&vipd_peers, &packet->destination);
	return peer && peer->self ? ACCEPTED : refuse(packet, DROP_vrrp_destination);
}

/* RFC 9568 section 7.3 has advertisements sent from this MAC, and FRR does so. */
static __always_inline bool is_virtual_mac(const __u8 *mac, __u8 family)
{
	return mac[0] == 0x00 && mac[1] == 0x00 && mac[2] == 0x5e && mac[3] == 0x00 &&
	       mac[4] == (family == FAMILY_IPV4 ? 0x01 : 0x02);
}

/*
 * A MAC from the neighbour table is as good as ARP and ND, which anybody on the link can forge. It
 * must not count where an HMAC is required: such a forgery could silence a peer then.
 */
static __always_inline bool mac_differs(const struct frame *frame, const struct peer_entry *peer,
					__u8 family)
{
	struct authentication_entry *authentication;

	if (!(peer->mac_pinned | peer->mac_known) || mac_equal(peer->mac, frame->eth->h_source))
		return false;
	if (!peer->mac_pinned && frame->settings->virtual_mac &&
	    is_virtual_mac(frame->eth->h_source, family))
		return false;
	authentication = authentication_settings();
	return peer->mac_pinned || !authentication ||
	       authentication->mode != AUTHENTICATION_ENFORCE;
}

static __always_inline enum judgement judge_sender(const struct frame *frame,
						   struct vrrp_packet *packet)
{
	struct peer_entry *peer;
	enum judgement judgement;

	if (packet->ttl != ON_LINK_TTL)
		return refuse_number(packet, DROP_vrrp_ttl, ON_LINK_TTL, packet->ttl);
	if (is_no_host(&packet->source, packet->family))
		return refuse(packet, DROP_vrrp_source);
	peer = bpf_map_lookup_elem(&vipd_peers, &packet->source);
	if (!peer)
		return refuse(packet, DROP_vrrp_unknown_source);
	if (peer->self)
		return sent_by_us(frame) ? IGNORED : refuse(packet, DROP_vrrp_own_address);
	packet->peer = peer->index;
	packet->from_peer = 1;
	judgement = judge_destination(packet);
	if (judgement)
		return judgement;
	return mac_differs(frame, peer, packet->family) ? refuse(packet, DROP_vrrp_wrong_mac)
							: ACCEPTED;
}

#endif
