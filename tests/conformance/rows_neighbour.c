// SPDX-License-Identifier: GPL-2.0-only
/* Neighbour discovery: who answers for a VIP, how a takeover is told, and the groups. */
#include <netinet/in.h>
#include <string.h>

#include "ctl/attract/frames.h"
#include "ctl/base/address.h"
#include "tests/bpf/cases.h"
#include "tests/bpf/flows.h"
#include "tests/conformance/dataplane.h"

#define BLUE_GROUP     "ff02::1:ff00:101"
#define BLUE_GROUP_MAC "33:33:ff:00:01:01"
#define UNSPECIFIED    "::"

#define ROUTER_ADVERTISEMENT 134

static void solicit(struct frame *frame, const char *source, const char *destination)
{
	bool multicast = strcmp(destination, BLUE_GROUP) == 0;

	frame_ethernet(frame, multicast ? BLUE_GROUP_MAC : OUR_MAC, HOST_MAC, ETH_P_IPV6);
	frame_ip(frame, source, destination, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_SOLICITATION, 0, BLUE_VIP6);
}

static void multicast(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP);
	frame_link_address(frame, OPTION_SOURCE_LINK_ADDRESS, HOST_MAC);
	frame_finish(frame);
}

static void unicast(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_VIP6);
	frame_finish(frame);
}

static void advertise(struct frame *frame, const char *mac, const char *destination, uint8_t flags)
{
	frame_ethernet(frame, mac, OUR_MAC, ETH_P_IPV6);
	frame_ip(frame, BLUE_VIP6, destination, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_ADVERTISEMENT, flags, BLUE_VIP6);
	frame_link_address(frame, OPTION_TARGET_LINK_ADDRESS, OUR_MAC);
	frame_finish(frame);
}

static void answer(struct frame *frame)
{
	advertise(frame, HOST_MAC, HOST_ADDRESS6, NEIGHBOUR_SOLICITED | NEIGHBOUR_OVERRIDE);
}

static void router_answer(struct frame *frame)
{
	advertise(frame, HOST_MAC, HOST_ADDRESS6,
		  NEIGHBOUR_ROUTER | NEIGHBOUR_SOLICITED | NEIGHBOUR_OVERRIDE);
}

static void answer_to_all(struct frame *frame)
{
	advertise(frame, ALL_NODES_MAC, ALL_NODES, NEIGHBOUR_OVERRIDE);
}

/* What is wrong with a solicitation. */

static void from_afar(struct frame *frame)
{
	multicast(frame);
	frame_set_ttl(frame, 254);
}

static void wrong_checksum(struct frame *frame)
{
	multicast(frame);
	frame->bytes[frame->transport + ICMPV6_CHECKSUM] ^= 1;
}

static void code_1(struct frame *frame)
{
	multicast(frame);
	frame->bytes[frame->transport + ICMPV6_CODE] = 1;
	frame_finish(frame);
}

static void option_of_0(struct frame *frame)
{
	multicast(frame);
	frame->bytes[frame->transport + 25] = 0;
	frame_finish(frame);
}

static void the_owner_answers(void)
{
	static const struct packet_case cases[] = {
		ANSWERED("solicitation", multicast, answer, ns_answered),
		{.name = "solicitation, router flag",
		 .build = multicast,
		 .verdict = XDP_TX,
		 .drop = NO_DROP,
		 .answer = router_answer,
		 .prepare = set_router_flag,
		 .traffic = {.ns_answered = 1}},
		DROPPED("hop limit 254", from_afar, ns_malformed),
		DROPPED("wrong checksum", wrong_checksum, ns_malformed),
		DROPPED("code 1", code_1, ns_malformed),
		DROPPED("option of length 0", option_of_0, ns_malformed),
	};

	CHECK_CASES(cases);
}

static void both_kinds_are_answered(void)
{
	static const struct packet_case cases[] = {
		ANSWERED("multicast", multicast, answer, ns_answered),
		ANSWERED("unicast", unicast, answer, ns_answered),
	};

	CHECK_CASES(cases);
}

/* Duplicate address detection. */

static void detection(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, BLUE_GROUP);
	frame_finish(frame);
}

static void detection_with_source(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, BLUE_GROUP);
	frame_link_address(frame, OPTION_SOURCE_LINK_ADDRESS, HOST_MAC);
	frame_finish(frame);
}

static void detection_with_nonce(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, BLUE_GROUP);
	frame_option(frame, OPTION_NONCE, 1, 0xa5);
	frame_finish(frame);
}

static void defends_against_detection(void)
{
	static const struct packet_case cases[] = {
		ANSWERED("detection", detection, answer_to_all, ns_answered),
		DROPPED("detection with a source", detection_with_source, ns_malformed),
	};

	CHECK_CASES(cases);
}

static void nonces_are_fine(void)
{
	static const struct packet_case cases[] = {
		ANSWERED("detection with a nonce", detection_with_nonce, answer_to_all,
			 ns_answered),
	};

	CHECK_CASES(cases);
}

#define UNANSWERED(about, frame)                                                                   \
	{                                                                                          \
		.name = about, .build = frame, .verdict = XDP_DROP, .drop = DROP_ns_not_owner,     \
		.prepare = disown_blue,                                                            \
	}

static void others_are_silent(void)
{
	static const struct packet_case cases[] = {
		UNANSWERED("multicast", multicast),
		UNANSWERED("unicast", unicast),
		UNANSWERED("detection", detection),
	};

	CHECK_CASES(cases);
}

/* Announcing. */

static void expect_announced(bool router)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x11};
	struct link_frame announced;
	struct ip_address vip;
	struct frame expected;

	assert_int_equal(address_parse(BLUE_VIP6, &vip), 0);
	frame_announcement(&announced, mac, &vip, router);
	advertise(&expected, ALL_NODES_MAC, ALL_NODES,
		  NEIGHBOUR_OVERRIDE | (router ? NEIGHBOUR_ROUTER : 0));
	assert_int_equal(announced.length, expected.length);
	assert_memory_equal(announced.bytes, expected.bytes, expected.length);
}

static void takeover_is_announced(void)
{
	expect_announced(false);
	expect_announced(true);
}

/* What passes. */

static void solicitation_for_node(struct frame *frame)
{
	frame_ethernet(frame, OUR_MAC, HOST_MAC, ETH_P_IPV6);
	frame_ip(frame, HOST_ADDRESS6, OUR_ADDRESS6, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_SOLICITATION, 0, OUR_ADDRESS6);
	frame_finish(frame);
}

static void advertisement_of(struct frame *frame, const char *address, const char *destination)
{
	frame_ethernet(frame, ALL_NODES_MAC, HOST_MAC, ETH_P_IPV6);
	frame_ip(frame, address, destination, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_ADVERTISEMENT, NEIGHBOUR_OVERRIDE, address);
	frame_link_address(frame, OPTION_TARGET_LINK_ADDRESS, HOST_MAC);
	frame_finish(frame);
}

static void unsolicited(struct frame *frame)
{
	advertisement_of(frame, HOST_ADDRESS6, ALL_NODES);
}

static void advertisement_to_us(struct frame *frame)
{
	advertisement_of(frame, HOST_ADDRESS6, OUR_ADDRESS6);
}

static void router_advertisement(struct frame *frame)
{
	frame_ethernet(frame, ALL_NODES_MAC, GATEWAY_MAC, ETH_P_IPV6);
	frame_ip(frame, "fe80::1", ALL_NODES, IPPROTO_ICMPV6);
	frame_append(frame, 16)[0] = ROUTER_ADVERTISEMENT;
	frame_finish(frame);
}

static void others_discovery_passes(void)
{
	static const struct packet_case cases[] = {
		PASSED("solicitation for this node", solicitation_for_node),
		PASSED("advertisement to us", advertisement_to_us),
	};

	CHECK_CASES(cases);
}

static void routers_advertisements_pass(void)
{
	static const struct packet_case cases[] = {
		PASSED("the gateway's router advertisement", router_advertisement),
	};

	CHECK_CASES(cases);
}

static void unsolicited_ones_pass(void)
{
	static const struct packet_case cases[] = {
		PASSED("unsolicited advertisement", unsolicited),
	};

	CHECK_CASES(cases);
}

static const struct conformance_row rows[] = {
	TESTED(92,
	       "The owner answers a valid solicitation: Solicited, Override, its MAC as the "
	       "target's",
	       "RFC 4861 7.1.1, 7.2.4", DATAPLANE, the_owner_answers),
	TESTED(93, "A solicitation to the solicited-node group or to the VIP itself",
	       "RFC 4861 4.3", DATAPLANE, both_kinds_are_answered),
	TESTED(94,
	       "Duplicate address detection: all nodes are told, not solicited; a source option is "
	       "an error",
	       "RFC 4861 7.1.1, 7.2.4, RFC 4862 5.4", DATAPLANE, defends_against_detection),
	TESTED(95, "A nonce is no obstacle", "RFC 7527", DATAPLANE, nonces_are_fine),
	TESTED(96, "Nobody else answers", "RFC 9568 6.4.2", DATAPLANE, others_are_silent),
	TESTED(97, "A takeover is announced to all nodes: not solicited, Override",
	       "RFC 9568 6.4.2", MESSAGE, takeover_is_announced,
	       .decision = "the Router flag is off, for these nodes do not forward; it must be the "
			   "same on all"),
	UNTESTED(98, "The solicited-node group of each VIP is joined", "RFC 9568 6.4.2, 6.4.3",
		 .elsewhere = "tests/host/net_test.c::test_groups_are_joined_and_left",
		 .decision = "on every node from the start, so that a takeover waits for no MLD"),
	UNTESTED(99, "A VLAN device hands the groups down to the NIC", "RFC 4861 7.2.1",
		 .untestable = "it needs a kernel with 802.1Q: tools/vm checks answers through a "
			       "real VLAN"),
	UNTESTED(100, "No duplicate address detection is run for a VIP", "RFC 4862 5.4",
		 .elsewhere = "tests/host/net_test.c::test_a_fresh_host_gets_all",
		 .decision = "the VIPs stand on lo with nodad"),
	TESTED(101, "Neighbour discovery is never blocked by accept mode", "RFC 9568 6.1",
	       DATAPLANE, others_discovery_passes),
	TESTED(102, "The Active sends router advertisements for the virtual router",
	       "RFC 9568 6.4.3", DATAPLANE, routers_advertisements_pass,
	       .decision =
		       "none is sent: the nodes are hosts that serve, not routers; others' pass"),
	TESTED(103, "Unsolicited advertisements are accepted", "RFC 9568 8.2.4", DATAPLANE,
	       unsolicited_ones_pass),
	UNTESTED(104, "By multicast, 224.0.0.18 and ff02::12 are joined, and left at the end",
		 "RFC 9568 5.1.1.2, 5.1.2.2",
		 .elsewhere = "tests/host/net_test.c::test_groups_are_joined_and_left"),
};

THEME(neighbour_theme, "Neighbour discovery");
