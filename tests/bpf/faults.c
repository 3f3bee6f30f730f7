/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bpf/faults.h"

#include <string.h>

#include "tests/bpf/flows.h"

#define HOP_BY_HOP          0
#define ROUTING             43
#define FRAGMENT            44
#define AUTHENTICATION      51
#define DESTINATION_OPTIONS 60

static uint8_t *network_header(struct frame *frame)
{
	return frame->bytes + frame->network;
}

static uint8_t *message(struct frame *frame)
{
	return frame->bytes + frame->transport;
}

static void set_source(struct frame *frame, const char *address)
{
	put_address(network_header(frame) + (frame_is_ipv6(frame) ? 8 : 12), address);
}

/* IPv4's own. */

static void ip_version_5(struct frame *frame)
{
	network_header(frame)[0] = 0x55;
}

static void ip_header_of_16(struct frame *frame)
{
	network_header(frame)[0] = 0x44;
}

/* The end of the options list, four times: the checksum is right with them and without. */
static void ip_options(struct frame *frame)
{
	frame_insert(frame, frame->transport, 4);
	frame->transport += 4;
	network_header(frame)[0] = 0x46;
}

static void ip_length_beyond_frame(struct frame *frame)
{
	put_be16(network_header(frame) + 2, (uint16_t)(frame->length - frame->network + 1));
	frame_checksum(frame);
}

static void ip_length_of_19(struct frame *frame)
{
	put_be16(network_header(frame) + 2, 19);
	put_be16(network_header(frame) + IPV4_CHECKSUM, 0);
	put_be16(network_header(frame) + IPV4_CHECKSUM, checksum_ipv4_header(frame));
}

static void ip_checksum(struct frame *frame)
{
	network_header(frame)[IPV4_CHECKSUM] ^= 0x04;
}

static void more_fragments(struct frame *frame)
{
	network_header(frame)[IPV4_FRAGMENT] |= 0x20;
}

static void fragment_offset(struct frame *frame)
{
	network_header(frame)[IPV4_FRAGMENT + 1] = 1;
}

static void large_fragment_offset(struct frame *frame)
{
	network_header(frame)[IPV4_FRAGMENT] |= 0x10;
}

/* Of both families. */

static void ttl_254(struct frame *frame)
{
	frame_set_ttl(frame, 254);
}

static void ttl_1(struct frame *frame)
{
	frame_set_ttl(frame, 1);
}

static void ttl_0(struct frame *frame)
{
	frame_set_ttl(frame, 0);
}

static void own_address(struct frame *frame)
{
	set_source(frame, frame_is_ipv6(frame) ? OUR_LINK_LOCAL : OUR_ADDRESS4);
}

static void unknown_source(struct frame *frame)
{
	set_source(frame, frame_is_ipv6(frame) ? HOST_LINK_LOCAL : HOST_ADDRESS4);
}

static void no_source(struct frame *frame)
{
	set_source(frame, frame_is_ipv6(frame) ? "::" : "0.0.0.0");
}

static void multicast_source(struct frame *frame)
{
	set_source(frame, frame_is_ipv6(frame) ? VRRP_GROUP6 : VRRP_GROUP4);
}

static void broadcast_source(struct frame *frame)
{
	set_source(frame, frame_is_ipv6(frame) ? ALL_NODES : "255.255.255.255");
}

/* RFC 9568 section 5.1.2.1: only a link-local address speaks to the group. */
static void global_source(struct frame *frame)
{
	set_source(frame, N2_ADDRESS6);
}

static void set_destination(struct frame *frame, const char *address)
{
	put_address(network_header(frame) + (frame_is_ipv6(frame) ? 24 : 16), address);
}

static void to_a_peer(struct frame *frame)
{
	set_destination(frame, frame_is_ipv6(frame) ? N3_LINK_LOCAL : N3_ADDRESS4);
}

static void to_a_stranger(struct frame *frame)
{
	set_destination(frame, frame_is_ipv6(frame) ? HOST_LINK_LOCAL : HOST_ADDRESS4);
}

static void to_all_nodes(struct frame *frame)
{
	set_destination(frame, frame_is_ipv6(frame) ? ALL_NODES : "224.0.0.1");
}

/* Its last word is the group's. */
static void to_another_group(struct frame *frame)
{
	set_destination(frame, frame_is_ipv6(frame) ? "ff05::12" : "225.0.0.18");
}

static void wrong_mac(struct frame *frame)
{
	frame->bytes[11] ^= 1; /* n2's MAC becomes n3's */
}

static void no_message(struct frame *frame)
{
	frame->length = frame->transport;
}

static void message_of_7(struct frame *frame)
{
	frame->length = frame->transport + 7;
}

/* The frame is long enough, but what lies behind the packet is padding. */
static void message_of_7_and_padding(struct frame *frame)
{
	size_t length = frame->length;

	message_of_7(frame);
	frame_fit(frame);
	frame->length = length;
	frame_checksum(frame);
}

static void unknown_vrid(struct frame *frame)
{
	message(frame)[VRRP_VRID] = 53;
}

static void vrid_0(struct frame *frame)
{
	message(frame)[VRRP_VRID] = 0;
}

static void other_family(struct frame *frame)
{
	message(frame)[VRRP_VRID] = frame_is_ipv6(frame) ? BLUE : GREEN;
}

static void version_0(struct frame *frame)
{
	message(frame)[VRRP_VERSION_TYPE] &= 0x0f;
}

static void version_2(struct frame *frame)
{
	message(frame)[VRRP_VERSION_TYPE] = 0x20 | (message(frame)[VRRP_VERSION_TYPE] & 0x0f);
}

static void version_15(struct frame *frame)
{
	message(frame)[VRRP_VERSION_TYPE] |= 0xf0;
}

static void type_0(struct frame *frame)
{
	message(frame)[VRRP_VERSION_TYPE] &= 0xf0;
}

static void type_2(struct frame *frame)
{
	message(frame)[VRRP_VERSION_TYPE] = 2 | (message(frame)[VRRP_VERSION_TYPE] & 0xf0);
}

static void type_15(struct frame *frame)
{
	message(frame)[VRRP_VERSION_TYPE] |= 0x0f;
}

static void no_address(struct frame *frame)
{
	message(frame)[VRRP_ADDRESS_COUNT] = 0;
}

static void no_interval(struct frame *frame)
{
	put_be16(message(frame) + VRRP_INTERVAL, 0);
}

static void no_interval_but_reserved(struct frame *frame)
{
	put_be16(message(frame) + VRRP_INTERVAL, 0xf000);
}

static void address_missing(struct frame *frame)
{
	message(frame)[VRRP_ADDRESS_COUNT] = 3;
}

static void byte_missing(struct frame *frame)
{
	frame->length--;
}

static void address_too_many(struct frame *frame)
{
	message(frame)[VRRP_ADDRESS_COUNT] = 1;
}

static void byte_too_many(struct frame *frame)
{
	frame_append(frame, 1);
}

/* As keyed advertisements would be, where no key is set. */
static void trailer_of_28(struct frame *frame)
{
	frame_append(frame, 28);
}

/* Its count is right, but no MTU of ours carries it. */
static void longer_than_the_inbox(struct frame *frame)
{
	frame_append(frame, (87u - message(frame)[VRRP_ADDRESS_COUNT]) * 16u);
	message(frame)[VRRP_ADDRESS_COUNT] = 87;
}

static void checksum(struct frame *frame)
{
	message(frame)[VRRP_CHECKSUM] ^= 0x80;
}

static void priority_after_checksum(struct frame *frame)
{
	message(frame)[VRRP_PRIORITY]++;
}

/* RFC 9568 section 5.2.8: over IPv6 the pseudo-header always counts. */
static void checksum_without_pseudo_header(struct frame *frame)
{
	put_be16(message(frame) + VRRP_CHECKSUM, 0);
	put_be16(message(frame) + VRRP_CHECKSUM, checksum_transport(frame, false));
}

/* IPv6's own. */

static void ipv6_version_5(struct frame *frame)
{
	network_header(frame)[0] = 0x50;
}

static void payload_beyond_frame(struct frame *frame)
{
	put_be16(network_header(frame) + 4, (uint16_t)(frame->length - frame->network - 39));
}

static void extension(struct frame *frame, uint8_t type, size_t length, uint8_t length_field)
{
	uint8_t *header = frame_insert(frame, frame->network + 40, length);

	header[0] = network_header(frame)[IPV6_NEXT_HEADER];
	header[1] = length_field;
	network_header(frame)[IPV6_NEXT_HEADER] = type;
	frame->transport += length;
}

static void hop_by_hop(struct frame *frame)
{
	extension(frame, HOP_BY_HOP, 8, 0);
}

static void routing(struct frame *frame)
{
	extension(frame, ROUTING, 24, 2);
}

static void destination_options(struct frame *frame)
{
	extension(frame, DESTINATION_OPTIONS, 16, 1);
}

/* Its length counts words of four bytes, and is two short (RFC 4302 section 2.2). */
static void authentication(struct frame *frame)
{
	extension(frame, AUTHENTICATION, 20, 3);
}

static void four_extensions(struct frame *frame)
{
	destination_options(frame);
	authentication(frame);
	routing(frame);
	hop_by_hop(frame);
}

static void fragment_header(struct frame *frame)
{
	extension(frame, FRAGMENT, 8, 0);
}

/* In the order in which the guard judges: of two faults in one frame the first is the reason. */

#define FAULT(about, why, how)                                                                     \
	{                                                                                          \
		.name = about, .reason = DROP_vrrp_##why, .change = how                            \
	}
#define SPOILED(about, why, how)                                                                   \
	{                                                                                          \
		.name = about, .reason = DROP_vrrp_##why, .spoil = how                             \
	}
#define FAULTS_OF_SENDER                                                                           \
	FAULT("TTL 254", ttl, ttl_254), FAULT("TTL 1", ttl, ttl_1), FAULT("TTL 0", ttl, ttl_0),    \
		FAULT("no source", source, no_source),                                             \
		FAULT("multicast source", source, multicast_source),                               \
		FAULT("broadcast source", source, broadcast_source),                               \
		FAULT("our address", own_address, own_address),                                    \
		FAULT("unknown source", unknown_source, unknown_source),                           \
		FAULT("to a peer", destination, to_a_peer),                                        \
		FAULT("to a stranger", destination, to_a_stranger),                                \
		FAULT("to all nodes", destination, to_all_nodes),                                  \
		FAULT("to another group", destination, to_another_group)
#define FAULTS_OF_MESSAGE                                                                          \
	FAULT("wrong MAC", wrong_mac, wrong_mac), FAULT("no message", truncated, no_message),      \
		FAULT("message of 7 bytes", truncated, message_of_7),                              \
		SPOILED("message of 7 bytes and padding", truncated, message_of_7_and_padding),    \
		FAULT("unknown VRID", unknown_vrid, unknown_vrid),                                 \
		FAULT("VRID 0", unknown_vrid, vrid_0),                                             \
		FAULT("other family", family, other_family),                                       \
		FAULT("version 2", version, version_2), FAULT("version 0", version, version_0),    \
		FAULT("version 15", version, version_15), FAULT("type 0", type, type_0),           \
		FAULT("type 2", type, type_2), FAULT("type 15", type, type_15),                    \
		FAULT("no address", no_address, no_address),                                       \
		FAULT("no interval", no_interval, no_interval),                                    \
		FAULT("no interval but reserved", no_interval, no_interval_but_reserved),          \
		FAULT("address missing", truncated, address_missing),                              \
		FAULT("byte missing", truncated, byte_missing),                                    \
		FAULT("address too many", length, address_too_many),                               \
		FAULT("byte too many", length, byte_too_many),                                     \
		FAULT("trailer of 28 bytes", length, trailer_of_28)

const struct fault faults4[] = {
	FAULT("IP version 5", ip_header, ip_version_5),
	FAULT("IP header of 16 bytes", ip_header, ip_header_of_16),
	FAULT("IP options", ip_header, ip_options),
	SPOILED("IP length beyond frame", ip_header, ip_length_beyond_frame),
	SPOILED("IP length of 19", ip_header, ip_length_of_19),
	SPOILED("IP checksum", ip_header, ip_checksum),
	FAULT("more fragments", fragment, more_fragments),
	FAULT("fragment offset", fragment, fragment_offset),
	FAULT("large fragment offset", fragment, large_fragment_offset),
	FAULTS_OF_SENDER,
	FAULTS_OF_MESSAGE,
	SPOILED("checksum", checksum, checksum),
	SPOILED("priority after checksum", checksum, priority_after_checksum),
};

const struct fault faults6[] = {
	SPOILED("IP version 5", ip_header, ipv6_version_5),
	SPOILED("payload beyond frame", ip_header, payload_beyond_frame),
	FAULT("hop-by-hop options", ip_header, hop_by_hop),
	FAULT("routing header", ip_header, routing),
	FAULT("destination options", ip_header, destination_options),
	FAULT("authentication header", ip_header, authentication),
	FAULT("four extension headers", ip_header, four_extensions),
	FAULT("fragment header", fragment, fragment_header),
	FAULTS_OF_SENDER,
	FAULT("from a global address to the group", source, global_source),
	FAULTS_OF_MESSAGE,
	FAULT("longer than the inbox", length, longer_than_the_inbox),
	SPOILED("checksum", checksum, checksum),
	SPOILED("priority after checksum", checksum, priority_after_checksum),
	SPOILED("checksum without pseudo-header", checksum, checksum_without_pseudo_header),
};

const size_t fault4_count = sizeof(faults4) / sizeof(faults4[0]);
const size_t fault6_count = sizeof(faults6) / sizeof(faults6[0]);
