// SPDX-License-Identifier: GPL-2.0-only
/* Receiving: the link and the IP header that an advertisement comes in. */
#include "ctl/base/address.h"
#include "tests/bpf/flows.h"
#include "tests/conformance/dataplane.h"

#define HOP_BY_HOP          0
#define AUTHENTICATION      51
#define DESTINATION_OPTIONS 60

static void unchanged(struct frame *frame)
{
	(void)frame;
}

static void to_us(struct frame *frame)
{
	set_destination(frame, frame_is_ipv6(frame) ? OUR_ADDRESS6 : OUR_ADDRESS4);
}

static void to_another_group(struct frame *frame)
{
	set_destination(frame, frame_is_ipv6(frame) ? "ff02::13" : "224.0.0.19");
}

static void to_all(struct frame *frame)
{
	set_destination(frame, frame_is_ipv6(frame) ? ALL_NODES : "255.255.255.255");
}

static void goes_to_the_group(void)
{
	expect_changed_accepted(unchanged);
	expect_changed_refused(to_another_group, DROP_vrrp_destination);
	expect_changed_refused(to_all, DROP_vrrp_destination);
}

static void to_a_peer(struct frame *frame)
{
	set_destination(frame, frame_is_ipv6(frame) ? N3_LINK_LOCAL : N3_ADDRESS4);
}

static void is_for_us(void)
{
	expect_changed_accepted(unchanged);
	expect_changed_accepted(to_us);
	expect_changed_refused(to_a_peer, DROP_vrrp_destination);
}

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

static void never_crossed_a_router(void)
{
	expect_changed_accepted(unchanged);
	expect_changed_refused(ttl_254, DROP_vrrp_ttl);
	expect_changed_refused(ttl_1, DROP_vrrp_ttl);
	expect_changed_refused(ttl_0, DROP_vrrp_ttl);
}

static void to_us_ttl_254(struct frame *frame)
{
	to_us(frame);
	frame_set_ttl(frame, 254);
}

static void nor_did_unicast(void)
{
	expect_changed_accepted(to_us);
	expect_changed_refused(to_us_ttl_254, DROP_vrrp_ttl);
}

static void from_a_stranger(struct frame *frame)
{
	set_source(frame, frame_is_ipv6(frame) ? HOST_LINK_LOCAL : HOST_ADDRESS4);
}

static void to_us_from_a_stranger(struct frame *frame)
{
	to_us(frame);
	from_a_stranger(frame);
}

static void only_peers_speak(void)
{
	expect_changed_refused(from_a_stranger, DROP_vrrp_unknown_source);
	expect_changed_refused(to_us_from_a_stranger, DROP_vrrp_unknown_source);
}

/* IPv4 headers. */

static void build4(struct frame *frame, void (*change)(struct frame *frame))
{
	build_advert(frame, &blue_advert);
	change(frame);
	frame_finish(frame);
}

static void options(struct frame *frame)
{
	frame_insert(frame, frame->transport, 4);
	frame->transport += 4;
	ip_header(frame)[0] = 0x46;
}

static void header_of_16(struct frame *frame)
{
	ip_header(frame)[0] = 0x44;
}

static void no_ipv4_options(void)
{
	struct frame frame;

	build4(&frame, options);
	expect_refused(&frame, DROP_vrrp_ip_header);
	build4(&frame, header_of_16);
	expect_refused(&frame, DROP_vrrp_ip_header);
}

static void more_fragments(struct frame *frame)
{
	ip_header(frame)[IPV4_FRAGMENT] = 0x20;
}

static void fragment_offset(struct frame *frame)
{
	ip_header(frame)[IPV4_FRAGMENT + 1] = 1;
}

static void do_not_fragment(struct frame *frame)
{
	ip_header(frame)[IPV4_FRAGMENT] = 0x40;
}

static void no_fragments(void)
{
	struct frame frame;

	build4(&frame, more_fragments);
	expect_refused(&frame, DROP_vrrp_fragment);
	build4(&frame, fragment_offset);
	expect_refused(&frame, DROP_vrrp_fragment);
	build4(&frame, do_not_fragment);
	expect_accepted(&frame);
}

static void expect_hidden_refused(uint8_t type, size_t length, uint8_t length_field)
{
	struct frame frame;
	uint8_t *header;

	build_advert(&frame, &green_advert);
	header = frame_insert(&frame, frame.transport, length);
	header[0] = ip_header(&frame)[IPV6_NEXT_HEADER];
	header[1] = length_field;
	ip_header(&frame)[IPV6_NEXT_HEADER] = type;
	frame.transport += length;
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_ip_header);
}

static void no_extension_headers(void)
{
	expect_hidden_refused(HOP_BY_HOP, 8, 0);
	expect_hidden_refused(DESTINATION_OPTIONS, 16, 1);
	expect_hidden_refused(AUTHENTICATION, 20, 3);
}

/* @network is ours; the frame comes in with, or without, a tag of @control. */
static void expect_elsewhere_refused(size_t network, bool tagged, uint16_t control)
{
	struct outcome outcome;
	struct frame frame;

	own_both(&networks[network]);
	build_advert(&frame, &blue_advert);
	if (tagged)
		frame_tag(&frame, ETH_P_8021Q, control);
	run_frame(&frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_DROP);
	assert_null(find_other_drop(DROP_vrrp_other_vlan));
	assert_null(find_trace());
}

static void one_network_only(void)
{
	expect_elsewhere_refused(0, true, 4000);
	expect_elsewhere_refused(2, false, 0);
	expect_elsewhere_refused(2, true, 4001);
}

static void own_advert(struct frame *frame, const char *mac)
{
	struct advert own = blue_advert;

	own.mac = mac;
	own.source = OUR_ADDRESS4;
	build_advert(frame, &own);
}

static void echoes_are_ignored(void)
{
	struct outcome outcome;
	struct frame frame;

	own_both(&networks[0]);
	own_advert(&frame, OUR_MAC);
	run_frame(&frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);
	assert_int_equal(read_all_drops(), 0);
	assert_null(find_trace());
	own_advert(&frame, HOST_MAC);
	expect_refused(&frame, DROP_vrrp_own_address);
}

static void padding_is_no_message(void)
{
	struct frame frame;

	build_advert(&frame, &blue_advert);
	set_vrrp_byte(&frame, VRRP_ADDRESS_COUNT, 1);
	frame.length -= 4;
	frame_finish(&frame);
	frame_pad(&frame, 60); /* which a tag makes 64: 46 bytes of payload with it, or 42 */
	expect_accepted(&frame);
	frame.length -= 4;
	expect_accepted(&frame);
}

static void broken_headers_are_refused(void)
{
	struct frame frame;

	build_advert(&frame, &blue_advert);
	ip_header(&frame)[IPV4_CHECKSUM] ^= 1;
	expect_refused(&frame, DROP_vrrp_ip_header);
}

static void from_global(struct frame *frame)
{
	set_source(frame, frame_is_ipv6(frame) ? N2_ADDRESS6 : N2_ADDRESS4);
}

static void link_local_sends_ipv6(void)
{
	struct frame frame;

	build_advert(&frame, &green_advert);
	expect_accepted(&frame);
	from_global(&frame);
	frame_finish(&frame);
	expect_refused(&frame, DROP_vrrp_source);
	to_us(&frame);
	frame_finish(&frame);
	expect_accepted(&frame);
}

static void expect_source_refused(const struct advert *advert, const char *source,
				  enum drop_reason reason)
{
	struct frame frame;

	build_advert(&frame, advert);
	set_source(&frame, source);
	frame_finish(&frame);
	expect_refused(&frame, reason);
}

static void no_host_has_these_sources(void)
{
	expect_source_refused(&blue_advert, "0.0.0.0", DROP_vrrp_source);
	expect_source_refused(&blue_advert, "255.255.255.255", DROP_vrrp_source);
	expect_source_refused(&blue_advert, "10.77.0.255", DROP_vrrp_unknown_source);
	expect_source_refused(&blue_advert, VRRP_GROUP4, DROP_vrrp_source);
	expect_source_refused(&green_advert, "::", DROP_vrrp_source);
	expect_source_refused(&green_advert, VRRP_GROUP6, DROP_vrrp_source);
}

static void from_another_mac(struct frame *frame)
{
	frame->bytes[11] = 0x99;
}

/* n3 has no pinned MAC. */
static void learn_macs(void)
{
	struct peer_entry n3 = {.index = N3_INDEX, .mac_known = 1};

	assert_int_equal(mac_parse(N3_MAC, n3.mac), 0);
	set_peer(N3_ADDRESS4, &n3);
}

static void expect_learned(const char *mac, bool fits)
{
	struct advert advert = blue_advert;
	struct frame frame;

	advert.source = N3_ADDRESS4;
	advert.mac = mac;
	build_advert(&frame, &advert);
	if (fits)
		expect_accepted(&frame);
	else
		expect_refused(&frame, DROP_vrrp_wrong_mac);
}

static void the_mac_must_fit(void)
{
	expect_learned(HOST_MAC, true); /* nothing is known of it yet */
	prepare_dataplane(learn_macs);
	expect_learned(N3_MAC, true);
	expect_learned(HOST_MAC, false);
	expect_changed_refused(from_another_mac, DROP_vrrp_wrong_mac);
}

static const struct conformance_row rows[] = {
	TESTED(1, "IP protocol 112 to 224.0.0.18 or ff02::12 is VRRP", "RFC 9568 5.1.1.2, 5.1.2.2",
	       DATAPLANE, goes_to_the_group),
	TESTED(2, "A TTL or hop limit other than 255 is refused", "RFC 9568 5.1.1.3, 5.1.2.3, 7.1",
	       DATAPLANE, never_crossed_a_router),
	TESTED(3, "Unicast: the TTL counts as well", "keepalived", DATAPLANE, nor_did_unicast,
	       .decision = "255 always; keepalived looks at the TTL of unicast on request only"),
	TESTED(4, "Unicast: the sender must be a configured peer", "keepalived", DATAPLANE,
	       only_peers_speak, .decision = "of multicast too, and not optional"),
	TESTED(5, "An instance by multicast does not listen to unicast, nor the reverse",
	       "keepalived", DATAPLANE, is_for_us,
	       .decision = "the group or this node, however we send: a cluster is moved from one "
			   "to the other node by node"),
	TESTED(6, "IPv4 options stand before the message; a header below 20 bytes is refused",
	       "RFC 791", DATAPLANE, no_ipv4_options,
	       .decision = "options are refused, too: no implementation sends them"),
	TESTED(7, "A fragment is refused", "RFC 791", DATAPLANE, no_fragments,
	       .decision = "XDP does not see the rest, and no advertisement needs one"),
	TESTED(8, "Extension headers before VRRP are refused", "RFC 8200 4", DATAPLANE,
	       no_extension_headers,
	       .decision = "no implementation sends them; AH has no counter of its own"),
	TESTED(9, "VRRP on another VLAN, or untagged where a VLAN is ours, changes nothing",
	       "RFC 9568 7.1", DATAPLANE, one_network_only,
	       .decision = "it is dropped: nothing else on the NIC has reason to speak it"),
	TESTED(10, "Our own advertisements that come back are ignored", "keepalived", DATAPLANE,
	       echoes_are_ignored,
	       .decision = "from our MAC; from another it is a forgery, and counted"),
	TESTED(11, "Ethernet's padding is no part of the message", "IEEE 802.3", DATAPLANE,
	       padding_is_no_message),
	TESTED(12, "A wrong IPv4 header checksum is refused", "RFC 1122 3.2.1.2", DATAPLANE,
	       broken_headers_are_refused),
	TESTED(13, "IPv6 advertisements come from a link-local address", "RFC 9568 5.1.2.1",
	       DATAPLANE, link_local_sends_ipv6,
	       .decision = "by multicast; by unicast from the peer's configured address"),
	TESTED(14, "No host has the unspecified, a multicast or a broadcast address",
	       "RFC 1122 3.2.1.3", DATAPLANE, no_host_has_these_sources),
	TESTED(15, "A peer's address from another MAC is refused, and counted apart", "ours",
	       DATAPLANE, the_mac_must_fit,
	       .decision = "a MAC that is pinned, or in the neighbour table; the latter not where "
			   "an HMAC is asked for, which is worth more than ARP"),
};

THEME(link_theme, "Receiving: link and IP header");
