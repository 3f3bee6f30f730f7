/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an operator hears of refused advertisements: the first of a burst at once, the others now
 * and then, for each instance and reason by itself; however many there are.
 */
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/adverts.h"

static const struct network *const network = &networks[2];

static void pause_for(unsigned int milliseconds)
{
	const struct timespec pause = {.tv_nsec = (long)milliseconds * (long)NS_PER_MS};

	nanosleep(&pause, NULL);
}

static void run(const struct advert *advert, uint8_t ttl, __u32 verdict)
{
	struct outcome outcome;
	struct frame frame;

	build_advert(&frame, advert);
	frame.bytes[frame.network + (frame_is_ipv6(&frame) ? IPV6_HOP_LIMIT : IPV4_TTL)] = ttl;
	frame_checksum(&frame);
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, verdict);
}

static void refuse(const struct advert *advert)
{
	run(advert, 254, XDP_DROP);
}

/* A notice of a refusal of VRID 0 is for no instance of ours. */
static void expect_notice(enum drop_reason reason, uint8_t vrid, bool first)
{
	struct notice_record notice;

	assert_int_equal(take_notices(&notice), 1);
	assert_int_equal(notice.reason, reason);
	assert_int_equal(notice.ours ? notice.vrid : 0, vrid);
	assert_int_equal(notice.first, first);
}

/* Each instance has limits of its own, and so has what is for none. */
static void limits_are_apart(void **state)
{
	struct advert wrong_mac = blue_advert, nobodys = blue_advert;

	(void)state;
	wrong_mac.mac = HOST_MAC;
	nobodys.vrid = 99;
	own_both(network);
	for (int i = 0; i < 3; i++) {
		refuse(&blue_advert);
		if (i == 0)
			expect_notice(DROP_vrrp_ttl, BLUE, true);
		refuse(&green_advert);
		if (i == 0)
			expect_notice(DROP_vrrp_ttl, GREEN, true);
		run(&wrong_mac, 255, XDP_DROP);
		if (i == 0)
			expect_notice(DROP_vrrp_wrong_mac, BLUE, true);
		refuse(&nobodys);
		if (i == 0)
			expect_notice(DROP_vrrp_ttl, 0, true);
	}
	assert_int_equal(take_notices(NULL), 0);
	assert_int_equal(read_drop(DROP_vrrp_ttl), 9);
}

/* A stranger with many VRIDs has one limit for all that are not ours. */
static void unknown_routers_share_one(void **state)
{
	struct advert advert = blue_advert;

	(void)state;
	own_both(network);
	for (unsigned int vrid = 60; vrid < 256; vrid++) {
		advert.vrid = (uint8_t)vrid;
		run(&advert, 255, XDP_DROP);
	}
	expect_notice(DROP_vrrp_unknown_vrid, 0, true);
	assert_int_equal(read_drop(DROP_vrrp_unknown_vrid), 196);
}

static void a_valid_one_ends_a_burst(void **state)
{
	(void)state;
	own_both(network);
	refuse(&blue_advert);
	expect_notice(DROP_vrrp_ttl, BLUE, true);
	pause_for(120);
	refuse(&blue_advert);
	assert_int_equal(take_notices(NULL), 0);

	run(&green_advert, 255, XDP_PASS); /* of another instance */
	refuse(&blue_advert);
	assert_int_equal(take_notices(NULL), 0);

	run(&blue_advert, 255, XDP_PASS);
	refuse(&blue_advert);
	expect_notice(DROP_vrrp_ttl, BLUE, true);
}

/* Valid ones may be many, too: bursts of one each. */
static void not_more_than_ten_a_second(void **state)
{
	__u64 begun = clock_now();
	size_t notices;

	(void)state;
	own_both(network);
	while (clock_now() - begun < 350 * NS_PER_MS) {
		refuse(&blue_advert);
		run(&blue_advert, 255, XDP_PASS);
	}
	notices = take_notices(NULL);
	assert_in_range(notices, 1, 1 + (clock_now() - begun) / (100 * NS_PER_MS));
}

/* A burst that goes on is told of once a second. */
static void a_long_burst(void **state)
{
	(void)state;
	own_both(network);
	refuse(&blue_advert);
	expect_notice(DROP_vrrp_ttl, BLUE, true);
	for (int i = 0; i < 9; i++) {
		pause_for(100);
		refuse(&blue_advert);
	}
	pause_for(150);
	refuse(&blue_advert);
	expect_notice(DROP_vrrp_ttl, BLUE, false);
}

/* As fast as this machine can, for several reasons: the ring hardly notices. */
static void a_flood(void **state)
{
	static const uint8_t vrids[] = {BLUE, GREEN, 99};
	struct advert advert = blue_advert;
	__u64 begun;

	(void)state;
	own_both(network);
	begun = clock_now();
	for (int i = 0; i < 30000; i++) {
		advert.vrid = vrids[i % 3];
		advert.mac = i % 2 ? HOST_MAC : N2_MAC;
		run(&advert, i % 5 ? 255 : 254,
		    i % 5 && i % 3 == 0 && i % 2 == 0 ? XDP_PASS : XDP_DROP);
	}
	/* TTL and MAC for all, family for GREEN, unknown VRID for 99. */
	assert_in_range(take_notices(NULL), 8, 8 * (1 + (clock_now() - begun) / (100 * NS_PER_MS)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_apart),
		cmocka_unit_test(unknown_routers_share_one),
		cmocka_unit_test(a_valid_one_ends_a_burst),
		cmocka_unit_test(not_more_than_ten_a_second),
		cmocka_unit_test(a_long_burst),
		cmocka_unit_test(a_flood),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
