/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IP packet around an advertisement (RFC 9568 section 5.1), for a packet socket, and the
 * link-layer address of the multicast groups.
 */
#ifndef VIPD_VRRP_PACKET_H
#define VIPD_VRRP_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "maps/address.h"
#include "maps/inbox.h"

#define PACKET_HEADER_MAX 40
#define PACKET_MAX        (PACKET_HEADER_MAX + ADVERT_MESSAGE_MAX)

/* In both versions the header ends with the checksum (RFC 9568 section 5.2, RFC 3768 section 5.3).
 */
#define VRRP_HEADER_LENGTH 8

/* Internetwork control, as keepalived and routers mark it (RFC 4594 section 3.1: CS6). */
#define VRRP_TRAFFIC_CLASS 0xc0

/**
 * packet_build_header() - the IP header of a message
 * @identification: of the IPv4 header, host order; RFC 6864 requires nothing of it here.
 * @length: of the message.
 * @header: at least PACKET_HEADER_MAX bytes.
 *
 * Return: the header's length.
 */
size_t packet_build_header(uint8_t *header, const struct ip_address *source,
			   const struct ip_address *destination, uint16_t identification,
			   size_t length);

/**
 * packet_build() - IP header and message
 * @identification: of the IPv4 header, host order; RFC 6864 requires nothing of it here.
 * @message: complete, with its checksum.
 * @packet: at least PACKET_MAX bytes.
 *
 * Return: the length.
 */
size_t packet_build(uint8_t *packet, const struct ip_address *source,
		    const struct ip_address *destination, uint16_t identification,
		    const uint8_t *message, size_t length);

/** packet_group_mac() - the MAC of a multicast group (RFC 1112 section 6.4, RFC 2464 section 7). */
void packet_group_mac(const struct ip_address *group, uint8_t mac[static 6]);

#endif
