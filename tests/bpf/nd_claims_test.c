/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Neighbour advertisements of others: a claim to a VIP of ours is noticed, the gateway's answer to
 * our solicitation is a confirmation, and all of them reach the kernel as they are.
 */
#include <netinet/in.h>

#include "ctl/base/address.h"
#include "tests/bpf/cases.h"

static void advertisement(struct frame *frame, const char *mac, const char *sender_mac,
			  const char *source, const char *destination, const char *target)
{
	frame_ethernet(frame, mac, sender_mac, ETH_P_IPV6);
	frame_ip(frame, source, destination, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_ADVERTISEMENT, NEIGHBOUR_OVERRIDE, target);
	frame_link_address(frame, OPTION_TARGET_LINK_ADDRESS, sender_mac);
	frame_finish(frame);
}

static void claim(struct frame *frame)
{
	advertisement(frame, ALL_NODES_MAC, HOST_MAC, BLUE_VIP6, ALL_NODES, BLUE_VIP6);
}

static void claim_from_link_local(struct frame *frame)
{
	advertisement(frame, ALL_NODES_MAC, HOST_MAC, HOST_LINK_LOCAL, ALL_NODES, BLUE_VIP6);
}

static void solicited_claim(struct frame *frame)
{
	advertisement(frame, OUR_MAC, HOST_MAC, BLUE_VIP6, OUR_ADDRESS6, BLUE_VIP6);
}

/* Hop limit 255 proves the link (RFC 4861 section 7.1.2); this one came through a router. */
static void claim_from_beyond(struct frame *frame)
{
	solicited_claim(frame);
	frame->bytes[frame->network + IPV6_HOP_LIMIT] = 254;
}

static void own_claim(struct frame *frame)
{
	advertisement(frame, ALL_NODES_MAC, OUR_MAC, BLUE_VIP6, ALL_NODES, BLUE_VIP6);
}

static void of_another_address(struct frame *frame)
{
	advertisement(frame, OUR_MAC, HOST_MAC, HOST_ADDRESS6, OUR_ADDRESS6, HOST_ADDRESS6);
}

static void of_the_gateway(struct frame *frame)
{
	advertisement(frame, OUR_MAC, GATEWAY_MAC, GATEWAY6, BLUE_VIP6, GATEWAY6);
}

#define CLAIM(about, frame, conflict_count, change)                                                \
	{                                                                                          \
		.name = about, .build = frame, .verdict = XDP_PASS, .drop = NO_DROP,               \
		.prepare = change, .traffic = {.vip_conflicts = conflict_count},                   \
	}

static const struct packet_case advertisements[] = {
	CLAIM("claim to the owner", claim, 1, NULL),
	CLAIM("claim from a link-local address", claim_from_link_local, 1, NULL),
	CLAIM("solicited claim", solicited_claim, 1, NULL),
	CLAIM("claim from beyond the link", claim_from_beyond, 0, NULL),
	CLAIM("claim to a backup", claim, 0, disown_blue),
	CLAIM("solicited claim to a backup", solicited_claim, 0, disown_blue),
	PASSED("our own", own_claim),
	PASSED("of another address", of_another_address),
	PASSED("of the gateway to a VIP", of_the_gateway),
};

static void all_pass(void **state)
{
	(void)state;
	CHECK_CASES(advertisements);
}

static void a_conflict_is_recorded(void **state)
{
	struct sighting_entry sighting;
	struct notice_record notice;
	struct ip_address address;
	struct outcome outcome;
	struct frame frame;
	uint8_t mac[6];
	__u64 before;

	(void)state;
	harness_reset(&networks[0]);
	assert_int_equal(mac_parse(HOST_MAC, mac), 0);
	assert_int_equal(address_parse(BLUE_VIP6, &address), 0);
	claim(&frame);
	before = clock_now();
	for (int i = 0; i < 5; i++)
		run_frame(&frame, &outcome);

	sighting = read_sighting(BLUE_VIP6_INDEX);
	assert_int_equal(sighting.conflicts, 5);
	assert_in_range(sighting.conflict_at, before, clock_now());
	assert_memory_equal(sighting.conflict_mac, mac, sizeof(mac));
	assert_int_equal(read_sighting(BLUE_VIP4_INDEX).conflicts, 0);

	assert_in_range(take_notices(&notice), 1, 1 + (clock_now() - before) / (100 * NS_PER_MS));
	assert_int_equal(notice.kind, NOTICE_CONFLICT);
	assert_memory_equal(&notice.address, &address, sizeof(address));
	assert_memory_equal(notice.mac, mac, sizeof(mac));
	assert_int_equal(notice.vlan, VLAN_UNTAGGED);
}

/* When BLUE's IPv6 VIP was confirmed by an advertisement that the gateway sent. */
static __u64 confirmed_by(const char *mac, const char *destination, const char *target)
{
	struct outcome outcome;
	struct frame frame;

	harness_reset(&networks[0]);
	advertisement(&frame, mac, GATEWAY_MAC, GATEWAY6, destination, target);
	run_frame(&frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);
	return read_sighting(BLUE_VIP6_INDEX).confirmed_at;
}

static void the_gateway_confirms(void **state)
{
	__u64 before = clock_now();
	__u64 confirmed_at = confirmed_by(OUR_MAC, BLUE_VIP6, GATEWAY6);

	(void)state;
	assert_in_range(confirmed_at, before, clock_now());
	assert_int_equal(read_sighting(BLUE_VIP6_INDEX).conflicts, 0);

	assert_int_equal(confirmed_by(N2_MAC, BLUE_VIP6, GATEWAY6), 0);
	assert_int_equal(confirmed_by(OUR_MAC, OUR_ADDRESS6, GATEWAY6), 0);
	assert_int_equal(confirmed_by(ALL_NODES_MAC, ALL_NODES, GATEWAY6), 0);
	assert_int_equal(confirmed_by(OUR_MAC, BLUE_VIP6, HOST_ADDRESS6), 0);
}

/* Else anybody on the Internet could make the controller believe the gateway. */
static void nobody_beyond_the_link_confirms(void **state)
{
	struct outcome outcome;
	struct frame frame;

	(void)state;
	harness_reset(&networks[0]);
	of_the_gateway(&frame);
	frame.bytes[frame.network + IPV6_HOP_LIMIT] = 254;
	run_frame(&frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);
	assert_int_equal(read_sighting(BLUE_VIP6_INDEX).confirmed_at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pass),
		cmocka_unit_test(a_conflict_is_recorded),
		cmocka_unit_test(the_gateway_confirms),
		cmocka_unit_test(nobody_beyond_the_link_confirms),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
