// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attracting by ARP and ND: what is announced and asked for, when, and the lease that fences it.
 * The network is this test's: a gateway that answers, or polices, or is silent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/socket.h>

#include "ctl/attract/arp_nd.h"
#include "ctl/base/address.h"

#define VRID      51
#define VIPS      20
#define INSTANCES 3
#define MANY      510 /* VIPs of all instances together */
#define START     (1000 * NS_PER_S)
#define DELAY     (1 * NS_PER_MS) /* of the gateway's answer */

static uint64_t lease;
static struct announced_vip vips[MANY];
static struct announcer announcer;
static struct announcement announcements[INSTANCES];
static size_t instance_count;
static uint64_t now;

static struct announcement *const announcement = &announcements[0];
static struct attraction *const attraction = &announcements[0].attraction;

static struct {
	bool silent;
	bool deaf6;
	uint64_t rate, burst; /* of the policer before it; 0: there is none */
	uint64_t tokens_at;   /* as of a pacer */
	uint64_t knows_at[MANY];
} gateway;

static size_t announced, asked; /* frames */
static size_t announced_of[MANY], asked_of[MANY];

uint64_t maps_lease(const struct maps *maps, uint8_t vrid)
{
	(void)maps;
	assert_int_equal(vrid, VRID);
	return lease;
}

uint64_t maps_confirmed_at(const struct maps *maps, uint32_t vip)
{
	uint64_t at = gateway.knows_at[vip];

	(void)maps;
	return at <= now ? at : 0;
}

static bool policed(void)
{
	uint64_t spacing = gateway.rate ? NS_PER_S / gateway.rate : 0;
	uint64_t full = now - (gateway.burst - 1) * spacing;

	if (!gateway.rate)
		return false;
	if (gateway.tokens_at < full)
		gateway.tokens_at = full;
	if (gateway.tokens_at > now)
		return true;
	gateway.tokens_at += spacing;
	return false;
}

/* VIPs are 10.77.x.y and fd77::x:y, with their index as the number in the last two bytes. */
static void see_arp(const uint8_t *frame)
{
	size_t vip = (size_t)(frame[30] << 8 | frame[31]);
	bool question = memcmp(frame + 28, frame + 38, 4) != 0;

	(question ? asked_of : announced_of)[vip]++;
	(*(question ? &asked : &announced))++;
	if (!policed() && question && !gateway.silent)
		gateway.knows_at[vip] = now + DELAY;
}

static void see_nd(const uint8_t *frame)
{
	bool question = frame[54] == 135;
	size_t vip = (size_t)(frame[36] << 8 | frame[37]);

	(question ? asked_of : announced_of)[vip]++;
	(*(question ? &asked : &announced))++;
	if (question && !gateway.silent && !gateway.deaf6)
		gateway.knows_at[vip] = now + DELAY;
}

ssize_t sendto(int fd, const void *frame, size_t length, int flags, const struct sockaddr *to,
	       socklen_t to_length)
{
	const uint8_t *bytes = frame;

	(void)fd;
	(void)flags;
	(void)to;
	(void)to_length;
	if (bytes[12] == 0x08)
		see_arp(bytes);
	else
		see_nd(bytes);
	return (ssize_t)length;
}

static struct ip_address address(const char *text)
{
	struct ip_address parsed;

	assert_int_equal(address_parse(text, &parsed), 0);
	return parsed;
}

static void set_gateways(void)
{
	announcer.gateway4 = address("10.77.255.1");
	announcer.gateway6 = address("fd77::ff01");
}

static void arrange(size_t instances, size_t each)
{
	instance_count = instances;
	for (size_t i = 0; i < instances; i++)
		announcement_init(&announcements[i], &announcer, VRID, &vips[i * each], each);
}

static int set_up(void **state)
{
	(void)state;
	lease = NEVER;
	now = START;
	memset(&gateway, 0, sizeof(gateway));
	memset(announced_of, 0, sizeof(announced_of));
	memset(asked_of, 0, sizeof(asked_of));
	announced = asked = 0;
	announcer_init(&announcer);
	pacer_configure(&announcer.pacer, 200, 2048);
	pacer_configure(&announcer.repeats, 100, 1);
	pacer_configure(&announcer.peak, 16000, 16);
	pacer_configure(&announcer.probes, 4, 1);
	for (size_t i = 0; i < MANY; i++) {
		vips[i].address = address("10.77.0.0");
		vips[i].address.bytes[14] = (uint8_t)(i >> 8);
		vips[i].address.bytes[15] = (uint8_t)i;
		vips[i].index = (uint32_t)i;
	}
	arrange(1, VIPS);
	return 0;
}

static void take_all(void)
{
	for (size_t i = 0; i < instance_count; i++)
		attract_take(&announcements[i].attraction, now);
}

static uint64_t next_at(void)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < instance_count; i++)
		if (announcements[i].attraction.next_at < next)
			next = announcements[i].attraction.next_at;
	return next;
}

/* As the VRRP thread does: instance after instance, whenever one is due. */
static void run_until(uint64_t end)
{
	while (next_at() <= end) {
		if (next_at() > now)
			now = next_at();
		for (size_t i = 0; i < instance_count; i++)
			attract_run(&announcements[i].attraction, now);
	}
	now = end;
}

static size_t known(void)
{
	size_t count = 0;

	for (size_t i = 0; i < MANY; i++)
		count += gateway.knows_at[i] != 0;
	return count;
}

static struct attract_confirmation confirmation(void)
{
	struct attract_confirmation result;

	attract_confirmed(attraction, &result);
	return result;
}

static void expect_waiting_for(size_t vip, const struct ip_address *asked_address)
{
	struct attract_confirmation seen = confirmation();

	assert_true(address_equal(&seen.vip, &vips[vip].address));
	assert_true(address_equal(&seen.asked, asked_address));
}

/* Pace. */

static void a_moment_has_its_limit(void **state)
{
	(void)state;
	arrange(INSTANCES, VIPS);
	take_all();
	for (size_t i = 0; i < instance_count; i++)
		attract_run(&announcements[i].attraction, now);
	assert_int_equal(announced, 16);
	run_until(now + 10 * NS_PER_MS);
	assert_int_equal(announced, INSTANCES * VIPS);
}

static void instances_take_turns(void **state)
{
	(void)state;
	set_gateways();
	gateway.silent = true;
	pacer_configure(&announcer.pacer, 100, 1);
	arrange(INSTANCES, MANY / INSTANCES);
	take_all();
	run_until(START + NS_PER_S);
	for (size_t i = 0; i < INSTANCES; i++) {
		size_t count = 0;

		for (size_t j = 0; j < MANY / INSTANCES; j++)
			count += asked_of[i * (MANY / INSTANCES) + j];
		assert_in_range(count, 30, 35);
	}
}

static void many_behind_a_policer_are_known_soon(void **state)
{
	(void)state;
	set_gateways();
	gateway.rate = 200;
	gateway.burst = 100;
	arrange(INSTANCES, MANY / INSTANCES);
	take_all();
	run_until(START + 3500 * NS_PER_MS);
	assert_int_equal(known(), MANY);
	assert_true(confirmation().first_at > 0);
}

static void many_without_a_policer_are_known_at_once(void **state)
{
	(void)state;
	set_gateways();
	arrange(INSTANCES, MANY / INSTANCES);
	take_all();
	run_until(START + 70 * NS_PER_MS);
	assert_int_equal(known(), MANY);
	assert_int_equal(announced, MANY);
}

/* The later rounds of the first cause leave the burst to the second. */
static void a_second_cause_is_as_fast(void **state)
{
	(void)state;
	set_gateways();
	arrange(INSTANCES, MANY / INSTANCES);
	take_all();
	run_until(START + 3 * NS_PER_S);
	take_all();
	run_until(now + 70 * NS_PER_MS);
	assert_true(confirmation().confirmed_at > START + 3 * NS_PER_S);
	assert_true(asked >= 2 * MANY);
}

static void the_rate_is_kept_for_long(void **state)
{
	size_t before;

	(void)state;
	arrange(INSTANCES, MANY / INSTANCES);
	pacer_configure(&announcer.pacer, 200, 1);
	take_all();
	for (int i = 0; i < 50; i++) {
		before = announced + asked;
		run_until(now + NS_PER_S);
		assert_true(announced + asked - before <= 201);
	}
}

/* What is announced. */

static void everything_is_announced_in_four_rounds(void **state)
{
	(void)state;
	take_all();
	run_until(START + 30 * NS_PER_S);
	for (size_t i = 0; i < VIPS; i++)
		assert_int_equal(announced_of[i], 4);
	assert_int_equal(asked, 0);
	assert_int_equal(attraction->next_at, NEVER);
	assert_int_equal(confirmation().confirmed_at, 0);
	assert_int_equal(confirmation().waiting_since, 0);
}

static void a_gateway_that_answers_is_asked_once(void **state)
{
	(void)state;
	set_gateways();
	take_all();
	assert_int_equal(confirmation().waiting_since, START);
	run_until(START + 30 * NS_PER_S);
	assert_int_equal(asked, VIPS);
	assert_in_range(confirmation().first_at, START, START + 5 * NS_PER_MS);
	assert_in_range(confirmation().confirmed_at, START, START + 5 * NS_PER_MS);
	assert_int_equal(confirmation().waiting_since, 0);
	assert_int_equal(attraction->next_at, NEVER);
}

static void each_refresh_renews_what_is_known(void **state)
{
	(void)state;
	set_gateways();
	announcer.refresh = 60 * NS_PER_S;
	take_all();
	run_until(START + 59 * NS_PER_S);
	assert_int_equal(asked, VIPS);
	run_until(START + 61 * NS_PER_S);
	assert_int_equal(asked, 2 * VIPS);
	assert_int_equal(announced, 5 * VIPS);
	assert_true(confirmation().confirmed_at > START + 59 * NS_PER_S);
	assert_in_range(confirmation().first_at, START, START + 5 * NS_PER_MS);
	run_until(START + 601 * NS_PER_S);
	assert_int_equal(asked, 11 * VIPS);
}

/* Until it has answered anew, what is shown is what was known, and since when it is waited for. */
static void a_refresh_does_not_make_it_unknown(void **state)
{
	(void)state;
	set_gateways();
	announcer.refresh = 60 * NS_PER_S;
	take_all();
	run_until(START + 59 * NS_PER_S);
	gateway.silent = true;
	run_until(START + 80 * NS_PER_S);
	assert_in_range(confirmation().confirmed_at, START, START + 5 * NS_PER_MS);
	assert_int_equal(confirmation().waiting_since, START + 60 * NS_PER_S);
	expect_waiting_for(0, &announcer.gateway4);
}

/* A cause makes what was confirmed before worth nothing. */
static void a_cause_is_confirmed_anew(void **state)
{
	(void)state;
	set_gateways();
	take_all();
	run_until(START + 10 * NS_PER_S);
	take_all();
	assert_int_equal(confirmation().confirmed_at, 0);
	run_until(START + 11 * NS_PER_S);
	assert_int_equal(asked, 2 * VIPS);
	assert_in_range(confirmation().confirmed_at, START + 10 * NS_PER_S,
			START + 10 * NS_PER_S + 5 * NS_PER_MS);
}

static void causes_that_come_fast_are_one(void **state)
{
	(void)state;
	set_gateways();
	for (int i = 0; i < 1000; i++) {
		take_all();
		run_until(now + NS_PER_MS);
	}
	assert_true(asked <= 11 * VIPS);
	for (size_t i = 0; i < VIPS; i++)
		assert_true(announced_of[i] >= 10);
}

/* However often it begins anew, the last ones of many have their turn. */
static void causes_do_not_starve_the_last(void **state)
{
	(void)state;
	arrange(1, MANY);
	pacer_configure(&announcer.pacer, 200, 1);
	for (int i = 0; i < 60; i++) {
		take_all();
		run_until(now + 100 * NS_PER_MS);
	}
	for (size_t i = 0; i < MANY; i++)
		assert_true(announced_of[i] > 0);
}

/* Silence. */

static void a_silent_gateway_is_asked_a_few_times_a_second(void **state)
{
	size_t before;

	(void)state;
	set_gateways();
	gateway.silent = true;
	arrange(INSTANCES, MANY / INSTANCES);
	take_all();
	run_until(START + 30 * NS_PER_S);
	before = asked;
	run_until(START + 130 * NS_PER_S);
	assert_in_range(asked - before, 350, 450);
	assert_int_equal(confirmation().waiting_since, START);
}

static void when_it_speaks_again_all_are_known_at_once(void **state)
{
	(void)state;
	set_gateways();
	for (uint64_t second = 10; second < 30; second++) {
		set_up(NULL);
		set_gateways();
		gateway.silent = true;
		arrange(INSTANCES, VIPS);
		take_all();
		run_until(START + second * NS_PER_S + second * 37 * NS_PER_MS);
		gateway.silent = false;
		run_until(now + 600 * NS_PER_MS);
		assert_int_equal(known(), INSTANCES * VIPS);
	}
}

static void one_family_may_be_silent(void **state)
{
	(void)state;
	set_gateways();
	gateway.deaf6 = true;
	vips[VIPS - 1].address = address("fd77::0");
	vips[VIPS - 1].address.bytes[15] = VIPS - 1;
	take_all();
	run_until(START + 60 * NS_PER_S);
	assert_int_equal(known(), VIPS - 1);
	assert_true(asked_of[VIPS - 1] > 100);
	assert_int_equal(asked_of[0], 1);
	assert_int_equal(confirmation().confirmed_at, 0);
	expect_waiting_for(VIPS - 1, &announcer.gateway6);
}

/* The lease. */

static void nothing_is_announced_without_a_lease(void **state)
{
	(void)state;
	lease = 0; /* the dataplane gave way, and we have not heard to whom */
	take_all();
	run_until(START + 50 * NS_PER_MS);
	assert_int_equal(announced, 0);
	assert_int_equal(attraction->first_acted_at, 0);
	lease = NEVER;
	run_until(START + 250 * NS_PER_MS);
	assert_true(announced >= VIPS);
	assert_true(attraction->first_acted_at != 0);
}

static void who_has_released_is_silent(void **state)
{
	(void)state;
	set_gateways();
	announcer.refresh = NS_PER_S;
	take_all();
	run_until(START + NS_PER_MS);
	attract_release(attraction);
	assert_int_equal(attraction->next_at, NEVER);
	assert_int_equal(confirmation().confirmed_at, 0);
	assert_int_equal(confirmation().waiting_since, 0);
}

static void the_same_vips_go_on_where_they_were(void **state)
{
	struct announcement next;
	struct announced_vip others[VIPS];

	(void)state;
	take_all();
	attract_run(attraction, now);
	memcpy(others, vips, sizeof(others));
	announcement_init(&next, &announcer, VRID, others, VIPS);
	assert_true(announcement_go_on(&next, announcement));
	assert_int_equal(next.announcing.next, 16);
	assert_ptr_equal(next.vips, others);
	others[0].address.bytes[15] = 99;
	announcement_init(&next, &announcer, VRID, others, VIPS);
	assert_false(announcement_go_on(&next, announcement));
	assert_int_equal(next.announcing.left, 0);
}

static void another_place_is_told_from_the_same(void **state)
{
	struct announcer other = announcer;

	(void)state;
	assert_true(announcer_says_the_same(&announcer, &other));
	other.mac[5]++;
	assert_false(announcer_says_the_same(&announcer, &other));
	other = announcer;
	other.ifindex++;
	assert_false(announcer_says_the_same(&announcer, &other));
	other = announcer;
	other.gateway6 = address("fd77::ff01");
	assert_false(announcer_says_the_same(&announcer, &other));
}

static void a_gateway_that_moves_is_noticed(void **state)
{
	static const uint8_t first[6] = {2, 1}, second[6] = {2, 2};

	(void)state;
	set_gateways();
	for (int i = 0; i < 2; i++) {
		const struct ip_address *at = i ? &announcer.gateway6 : &announcer.gateway4;

		assert_false(announcer_set_gateway_mac(&announcer, at, first));
		assert_false(announcer_set_gateway_mac(&announcer, at, first));
		assert_false(announcer_set_gateway_mac(&announcer, &vips[0].address, second));
		assert_true(announcer_set_gateway_mac(&announcer, at, second));
	}
}

#define test(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_moment_has_its_limit),
		test(instances_take_turns),
		test(many_behind_a_policer_are_known_soon),
		test(many_without_a_policer_are_known_at_once),
		test(a_second_cause_is_as_fast),
		test(the_rate_is_kept_for_long),
		test(everything_is_announced_in_four_rounds),
		test(a_gateway_that_answers_is_asked_once),
		test(each_refresh_renews_what_is_known),
		test(a_refresh_does_not_make_it_unknown),
		test(a_cause_is_confirmed_anew),
		test(causes_that_come_fast_are_one),
		test(causes_do_not_starve_the_last),
		test(a_silent_gateway_is_asked_a_few_times_a_second),
		test(when_it_speaks_again_all_are_known_at_once),
		test(one_family_may_be_silent),
		test(nothing_is_announced_without_a_lease),
		test(who_has_released_is_silent),
		test(the_same_vips_go_on_where_they_were),
		test(another_place_is_told_from_the_same),
		test(a_gateway_that_moves_is_noticed),
	};

	return cmocka_run_group_tests_name("arp_nd", tests, NULL, NULL);
}
