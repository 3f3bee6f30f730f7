/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames that tell a network where a VIP is, as bytes from the Ethernet header on: gratuitous
 * ARP, unsolicited neighbour advertisement, and the question to the gateway in the VIP's name.
 */
#ifndef VIPD_ATTRACT_FRAMES_H
#define VIPD_ATTRACT_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/address.h"

#define LINK_FRAME_MAX 86 /* Ethernet, IPv6, and a neighbour message with one option */

struct link_frame {
	size_t length;
	uint8_t bytes[LINK_FRAME_MAX];
};

/**
 * frame_announcement() - where a VIP is now
 *
 * IPv4: a broadcast ARP request with the VIP as sender and target (RFC 9568 erratum 7949, RFC 5227
 * section 3). IPv6: an unsolicited neighbour advertisement to all nodes, Override set (RFC 9568
 * section 6.4.2).
 *
 * @router: the R flag; must be the same on all nodes.
 */
void frame_announcement(struct link_frame *frame, const uint8_t mac[static 6],
			const struct ip_address *vip, bool router);

/**
 * frame_question() - ask for the gateway, as the VIP
 *
 * A router that answers has learned the sender (RFC 826, RFC 4861 section 7.2.3): some routers
 * ignore announcements, none can ignore this.
 *
 * @gateway: of the VIP's family.
 */
void frame_question(struct link_frame *frame, const uint8_t mac[static 6],
		    const struct ip_address *vip, const struct ip_address *gateway);

#endif
