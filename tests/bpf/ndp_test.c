/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Neighbour discovery: solicitations for a VIP are answered by its owner and by nobody else, those
 * that break RFC 4861 section 7.1.1 by nobody at all; all other ND passes.
 */
#include <netinet/in.h>
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/cases.h"

/* Where a solicitation for BLUE_VIP6 goes, and for GREEN_VIP6 (RFC 4291 section 2.7.1). */
#define BLUE_GROUP      "ff02::1:ff00:101"
#define BLUE_GROUP_MAC  "33:33:ff:00:01:01"
#define GREEN_GROUP     "ff02::1:ff00:102"
#define GREEN_GROUP_MAC "33:33:ff:00:01:02"
#define UNSPECIFIED     "::"

/* A solicitation without options, not finished: the tests add what they need. */
static void solicit(struct frame *frame, const char *source, const char *destination,
		    const char *target)
{
	const char *mac = OUR_MAC;

	if (strcmp(destination, BLUE_GROUP) == 0)
		mac = BLUE_GROUP_MAC;
	else if (strcmp(destination, GREEN_GROUP) == 0)
		mac = GREEN_GROUP_MAC;
	frame_ethernet(frame, mac, HOST_MAC, ETH_P_IPV6);
	frame_ip(frame, source, destination, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_SOLICITATION, 0, target);
}

static void source_link_address(struct frame *frame)
{
	frame_link_address(frame, OPTION_SOURCE_LINK_ADDRESS, HOST_MAC);
}

/* Solicitations that the owner answers. */

static void multicast(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	source_link_address(frame);
	frame_finish(frame);
}

static void from_link_local(struct frame *frame)
{
	solicit(frame, HOST_LINK_LOCAL, BLUE_GROUP, BLUE_VIP6);
	source_link_address(frame);
	frame_finish(frame);
}

static void unicast(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_VIP6, BLUE_VIP6);
	frame_finish(frame);
}

static void unicast_with_option(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_VIP6, BLUE_VIP6);
	source_link_address(frame);
	frame_finish(frame);
}

static void with_nonce(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	source_link_address(frame);
	frame_option(frame, OPTION_NONCE, 1, 0xa5);
	frame_finish(frame);
}

static void with_unknown_option(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	frame_option(frame, 200, 3, 0xff);
	source_link_address(frame);
	frame_finish(frame);
}

/* 24 and 8 and 96: as long as one may be. */
static void of_128_bytes(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	source_link_address(frame);
	frame_option(frame, 200, 12, 0xff);
	frame_finish(frame);
}

static void four_options(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	for (uint8_t type = 100; type < 104; type++)
		frame_option(frame, type, 1, type);
	frame_finish(frame);
}

static void with_trailing_bytes(struct frame *frame)
{
	multicast(frame);
	frame_pad(frame, 150);
}

static void with_class_and_flow(struct frame *frame)
{
	multicast(frame);
	memcpy(frame->bytes + frame->network, "\x6e\x01\x23\x45", 4);
}

/* ICMPv6's reserved word is ignored (RFC 4861 section 4.3). */
static void with_reserved_bits(struct frame *frame)
{
	multicast(frame);
	memset(frame->bytes + frame->transport + 4, 0xff, 4);
	frame_finish(frame);
}

static void duplicate_address_detection(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, BLUE_GROUP, BLUE_VIP6);
	frame_finish(frame);
}

static void enhanced_detection(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, BLUE_GROUP, BLUE_VIP6);
	frame_option(frame, OPTION_NONCE, 1, 0xa5);
	frame_finish(frame);
}

/* RFC 4861 sections 4.4 and 7.2.4. */
static void advertise(struct frame *answer, const char *mac, const char *destination, uint8_t flags)
{
	frame_ethernet(answer, mac, OUR_MAC, ETH_P_IPV6);
	frame_ip(answer, BLUE_VIP6, destination, IPPROTO_ICMPV6);
	frame_neighbour(answer, NEIGHBOUR_ADVERTISEMENT, flags, BLUE_VIP6);
	frame_link_address(answer, OPTION_TARGET_LINK_ADDRESS, OUR_MAC);
	frame_finish(answer);
}

static void answer_to_host(struct frame *answer)
{
	advertise(answer, HOST_MAC, HOST_ADDRESS6, NEIGHBOUR_SOLICITED | NEIGHBOUR_OVERRIDE);
}

static void answer_to_link_local(struct frame *answer)
{
	advertise(answer, HOST_MAC, HOST_LINK_LOCAL, NEIGHBOUR_SOLICITED | NEIGHBOUR_OVERRIDE);
}

static void answer_to_all(struct frame *answer)
{
	advertise(answer, ALL_NODES_MAC, ALL_NODES, NEIGHBOUR_OVERRIDE);
}

static void router_answer(struct frame *answer)
{
	advertise(answer, HOST_MAC, HOST_ADDRESS6,
		  NEIGHBOUR_ROUTER | NEIGHBOUR_SOLICITED | NEIGHBOUR_OVERRIDE);
}

static void router_answer_to_all(struct frame *answer)
{
	advertise(answer, ALL_NODES_MAC, ALL_NODES, NEIGHBOUR_ROUTER | NEIGHBOUR_OVERRIDE);
}

#define ROUTER_ANSWERED(about, frame, reply)                                                       \
	{                                                                                          \
		.name = about, .build = frame, .verdict = XDP_TX, .drop = NO_DROP,                 \
		.answer = reply, .prepare = set_router_flag, .traffic = {.ns_answered = 1},        \
	}

static const struct packet_case owner[] = {
	ANSWERED("multicast", multicast, answer_to_host, ns_answered),
	ANSWERED("from a link-local address", from_link_local, answer_to_link_local, ns_answered),
	ANSWERED("unicast", unicast, answer_to_host, ns_answered),
	ANSWERED("unicast with option", unicast_with_option, answer_to_host, ns_answered),
	ANSWERED("nonce", with_nonce, answer_to_host, ns_answered),
	ANSWERED("unknown option", with_unknown_option, answer_to_host, ns_answered),
	ANSWERED("128 bytes", of_128_bytes, answer_to_host, ns_answered),
	ANSWERED("4 options", four_options, answer_to_host, ns_answered),
	ANSWERED("trailing bytes", with_trailing_bytes, answer_to_host, ns_answered),
	ANSWERED("traffic class and flow", with_class_and_flow, answer_to_host, ns_answered),
	ANSWERED("reserved bits", with_reserved_bits, answer_to_host, ns_answered),
	ANSWERED("DAD", duplicate_address_detection, answer_to_all, ns_answered),
	ANSWERED("DAD with nonce (RFC 7527)", enhanced_detection, answer_to_all, ns_answered),
	ROUTER_ANSWERED("router flag", multicast, router_answer),
	ROUTER_ANSWERED("DAD, router flag", duplicate_address_detection, router_answer_to_all),
};

static void the_owner_answers(void **state)
{
	(void)state;
	CHECK_CASES(owner);
}

/* Solicitations for a VIP of another node. */

static void for_green(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, GREEN_GROUP, GREEN_VIP6);
	source_link_address(frame);
	frame_finish(frame);
}

static void unicast_for_green(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, GREEN_VIP6, GREEN_VIP6);
	frame_finish(frame);
}

static void detection_for_green(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, GREEN_GROUP, GREEN_VIP6);
	frame_finish(frame);
}

static const struct packet_case not_owner[] = {
	DROPPED("multicast", for_green, ns_not_owner),
	DROPPED("unicast", unicast_for_green, ns_not_owner),
	DROPPED("DAD", detection_for_green, ns_not_owner),
};

static void others_drop(void **state)
{
	(void)state;
	CHECK_CASES(not_owner);
}

/* Solicitations that RFC 4861 section 7.1.1 has us discard. */

static void from_beyond(struct frame *frame)
{
	multicast(frame);
	frame->bytes[frame->network + IPV6_HOP_LIMIT] = 254;
}

static void wrong_checksum(struct frame *frame)
{
	multicast(frame);
	frame->bytes[frame->transport + ICMPV6_CHECKSUM] ^= 0x10;
}

static void of_20_bytes(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	frame_finish(frame);
	put_be16(frame->bytes + frame->network + 4, 20);
	frame_checksum(frame);
}

static void payload_beyond_frame(struct frame *frame)
{
	multicast(frame);
	put_be16(frame->bytes + frame->network + 4, 40);
}

static void option_of_length_0(struct frame *frame)
{
	multicast(frame);
	frame->bytes[frame->transport + 25] = 0;
	frame_checksum(frame);
}

static void option_beyond_payload(struct frame *frame)
{
	multicast(frame);
	frame->bytes[frame->transport + 25] = 2;
	frame_checksum(frame);
}

/* The option ends inside the frame, but not inside the packet. */
static void option_in_padding(struct frame *frame)
{
	option_beyond_payload(frame);
	frame_pad(frame, frame->length + 8);
}

static void half_an_option(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	memcpy(frame_append(frame, 4), "\x01\x01\x02\x00", 4);
	frame_finish(frame);
}

static void one_byte_of_option(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	frame_append(frame, 1)[0] = OPTION_SOURCE_LINK_ADDRESS;
	frame_finish(frame);
}

static void of_136_bytes(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	frame_option(frame, 200, 14, 0xff);
	frame_finish(frame);
}

/* Well-formed, but more options than any sender has a reason for and the dataplane follows. */
static void thirteen_options(struct frame *frame)
{
	solicit(frame, HOST_ADDRESS6, BLUE_GROUP, BLUE_VIP6);
	for (uint8_t type = 100; type < 113; type++)
		frame_option(frame, type, 1, type);
	frame_finish(frame);
}

static void detection_with_link_address(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, BLUE_GROUP, BLUE_VIP6);
	source_link_address(frame);
	frame_finish(frame);
}

static void detection_with_late_link_address(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, BLUE_GROUP, BLUE_VIP6);
	frame_option(frame, OPTION_NONCE, 1, 0xa5);
	source_link_address(frame);
	frame_finish(frame);
}

static void detection_to_all_nodes(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, ALL_NODES, BLUE_VIP6);
	frame_finish(frame);
}

static void detection_to_other_group(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, GREEN_GROUP, BLUE_VIP6);
	frame_finish(frame);
}

static void unicast_detection(struct frame *frame)
{
	solicit(frame, UNSPECIFIED, BLUE_VIP6, BLUE_VIP6);
	frame_finish(frame);
}

static const struct packet_case malformed[] = {
	DROPPED("hop limit 254", from_beyond, ns_malformed),
	DROPPED("wrong checksum", wrong_checksum, ns_malformed),
	DROPPED("20 bytes", of_20_bytes, ns_malformed),
	DROPPED("payload beyond the frame", payload_beyond_frame, ns_malformed),
	DROPPED("option of length 0", option_of_length_0, ns_malformed),
	DROPPED("option beyond the payload", option_beyond_payload, ns_malformed),
	DROPPED("option ending in padding", option_in_padding, ns_malformed),
	DROPPED("half an option", half_an_option, ns_malformed),
	DROPPED("one byte of option", one_byte_of_option, ns_malformed),
	DROPPED("136 bytes", of_136_bytes, ns_malformed),
	DROPPED("13 options", thirteen_options, ns_malformed),
	DROPPED("DAD with link address", detection_with_link_address, ns_malformed),
	DROPPED("DAD with late link address", detection_with_late_link_address, ns_malformed),
	DROPPED("DAD to all nodes", detection_to_all_nodes, ns_malformed),
	DROPPED("DAD to another group", detection_to_other_group, ns_malformed),
	DROPPED("DAD to the VIP", unicast_detection, ns_malformed),
};

static void the_malformed_are_dropped(void **state)
{
	(void)state;
	CHECK_CASES(malformed);
}

/* Who does not own a VIP drops whatever asks for it; the reason is of no importance. */
static void a_backup_answers_nothing(void **state)
{
	struct outcome outcome;
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		harness_reset(&networks[0]);
		disown_blue();
		malformed[i].build(&frame);
		run_frame(&frame, &outcome);
		assert_int_equal(outcome.verdict, XDP_DROP);
		assert_int_equal(read_all_drops(), 1);
		assert_int_equal(read_drop(DROP_ns_not_owner) + read_drop(DROP_ns_malformed), 1);
	}
}

/* No solicitation at all: what the kernel makes of it is its own affair. */
static void code_1_is_not_answered(void **state)
{
	struct outcome outcome;
	struct frame frame;

	(void)state;
	harness_reset(&networks[0]);
	multicast(&frame);
	frame.bytes[frame.transport + ICMPV6_CODE] = 1;
	frame_checksum(&frame);
	run_frame(&frame, &outcome);
	assert_true(outcome.verdict == XDP_PASS || outcome.verdict == XDP_DROP);
	assert_true(same_bytes(&frame, &outcome.frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_owner_answers),
		cmocka_unit_test(others_drop),
		cmocka_unit_test(the_malformed_are_dropped),
		cmocka_unit_test(a_backup_answers_nothing),
		cmocka_unit_test(code_1_is_not_answered),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
