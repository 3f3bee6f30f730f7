/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames, put together byte by byte for the tests. Written from the RFCs alone: nothing here is
 * shared with the dataplane, least of all the checksum. Addresses and MACs are given as text.
 */
#ifndef VIPD_TESTS_BPF_PACKETS_H
#define VIPD_TESTS_BPF_PACKETS_H

#include <linux/if_ether.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/address.h"

#define FRAME_MAX 3072

/* Where fields are, from the start of their header. */
#define IPV4_TTL           8
#define IPV4_PROTOCOL      9
#define IPV4_FRAGMENT      6
#define IPV4_CHECKSUM      10
#define IPV6_NEXT_HEADER   6
#define IPV6_HOP_LIMIT     7
#define ICMPV6_CODE        1
#define ICMPV6_CHECKSUM    2
#define NEIGHBOUR_TARGET   8
#define VRRP_VERSION_TYPE  0
#define VRRP_VRID          1
#define VRRP_PRIORITY      2
#define VRRP_ADDRESS_COUNT 3
#define VRRP_INTERVAL      4
#define VRRP_CHECKSUM      6

/* In version 2. */
#define VRRP2_AUTHENTICATION_TYPE 4
#define VRRP2_INTERVAL            5

#define NEIGHBOUR_SOLICITATION  135
#define NEIGHBOUR_ADVERTISEMENT 136
#define NEIGHBOUR_ROUTER        0x80
#define NEIGHBOUR_SOLICITED     0x40
#define NEIGHBOUR_OVERRIDE      0x20

#define OPTION_SOURCE_LINK_ADDRESS 1
#define OPTION_TARGET_LINK_ADDRESS 2
#define OPTION_NONCE               14

/*
 * A frame being built, one header after the other. It has no tag until frame_tag(), which moves
 * network and transport along.
 */
struct frame {
	size_t length;    /* of bytes, from the Ethernet header on, without the FCS */
	size_t network;   /* where the ARP or IP header is */
	size_t transport; /* where what follows the IP header is; 0: no IP */
	size_t padding;   /* how much of length frame_pad() added */
	size_t trailer;   /* how much of the packet is behind a VRRP message, by frame_sign() */
	uint8_t bytes[FRAME_MAX];
};

/** frame_append() - lengthen a frame. Return: its new zeroed bytes. */
uint8_t *frame_append(struct frame *frame, size_t length);

/** frame_insert() - make room inside a frame. Return: the zeroed bytes at @at. */
uint8_t *frame_insert(struct frame *frame, size_t at, size_t length);

void put_be16(uint8_t *at, uint16_t value);
uint16_t get_be16(const uint8_t *at);

/** put_address() - store @text in network order, 4 or 16 bytes as its family asks. */
void put_address(uint8_t *at, const char *text);

/** frame_ethernet() - begin a frame, forgetting what was in it. */
void frame_ethernet(struct frame *frame, const char *destination, const char *source,
		    uint16_t type);

/**
 * frame_tag() - insert an 802.1Q or 802.1ad tag before the Ethernet type
 * @protocol: ETH_P_8021Q or ETH_P_8021AD.
 * @control: PCP, DEI and VLAN id, as on the wire, host order.
 */
void frame_tag(struct frame *frame, uint16_t protocol, uint16_t control);

/** frame_pad() - lengthen to @length with bytes that are not zero, as a careless sender does. */
void frame_pad(struct frame *frame, size_t length);

/* The two sides of an ARP packet (RFC 826). */
struct arp_side {
	const char *mac;
	const char *address;
};

/** frame_arp() - append an ARP packet for Ethernet and IPv4. */
void frame_arp(struct frame *frame, uint16_t operation, struct arp_side sender,
	       struct arp_side target);

/**
 * frame_ip() - append an IPv4 or IPv6 header, after the family of @source
 *
 * TTL or hop limit is 255. Lengths and checksums wait for frame_finish().
 */
void frame_ip(struct frame *frame, const char *source, const char *destination, uint8_t protocol);

/** frame_neighbour() - append a neighbour solicitation or advertisement (RFC 4861 section 4.3) */
void frame_neighbour(struct frame *frame, uint8_t type, uint8_t flags, const char *target);

/** frame_option() - append a neighbour discovery option of 8 * @units bytes, filled with @fill. */
void frame_option(struct frame *frame, uint8_t type, uint8_t units, uint8_t fill);

/** frame_link_address() - append a source or target link-layer address option. */
void frame_link_address(struct frame *frame, uint8_t type, const char *mac);

/**
 * frame_advert() - append a VRRPv3 advertisement (RFC 9568 section 5.2)
 * @interval: centiseconds.
 * @addresses: up to a NULL, of the family of the IP header.
 */
void frame_advert(struct frame *frame, uint8_t vrid, uint8_t priority, uint16_t interval,
		  const char *const *addresses);

/**
 * frame_advert2() - append a VRRPv2 advertisement (RFC 3768 section 5.1; RFC 2338 for @type 1)
 * @interval: seconds.
 * @password: of 8 bytes.
 */
void frame_advert2(struct frame *frame, uint8_t vrid, uint8_t priority, uint8_t interval,
		   const char *const *addresses, uint8_t type, const void *password);

/** frame_fit() - set the IP header's length to the frame's end. */
void frame_fit(struct frame *frame);

/** frame_checksum() - set the IPv4 header's checksum and that of ICMPv6 or VRRP. */
void frame_checksum(struct frame *frame);

/** frame_finish() - frame_fit() and frame_checksum() */
void frame_finish(struct frame *frame);

/** frame_pseudo_checksum() - set VRRP's checksum over a pseudo-header, as RFC 5798 has it. */
void frame_pseudo_checksum(struct frame *frame);

/** frame_is_ipv6() - by its IP version; anything but 6 counts as IPv4. */
bool frame_is_ipv6(const struct frame *frame);

/** frame_payload_end() - where the IP header's length field says that the packet ends. */
size_t frame_payload_end(const struct frame *frame);

/** checksum_ipv4_header() - 0 where the header is intact (RFC 1071), @length a multiple of 2. */
uint16_t checksum_ipv4_header(const struct frame *frame);

/** checksum_transport() - 0 where what follows the IP header is intact. */
uint16_t checksum_transport(const struct frame *frame, bool pseudo_header);

#endif
