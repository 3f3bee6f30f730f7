// SPDX-License-Identifier: GPL-2.0-only
/* Attracting by ARP and ND: its pace, and the lease that fences it. Nothing is sent here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ctl/attract/arp_nd.h"
#include "ctl/base/address.h"

#define VRID  51
#define VIPS  20
#define BURST 16

static uint64_t lease, confirmed;
static struct announced_vip vips[VIPS];
static struct announcer announcer;
static struct announcement announcement;
static struct attraction *const attraction = &announcement.attraction;

uint64_t maps_lease(const struct maps *maps, uint8_t vrid)
{
	(void)maps;
	assert_int_equal(vrid, VRID);
	return lease;
}

uint64_t maps_confirmed_at(const struct maps *maps, uint32_t vip)
{
	(void)maps;
	(void)vip;
	return confirmed;
}

static int set_up(void **state)
{
	(void)state;
	lease = NEVER;
	confirmed = 0;
	announcer_init(&announcer);
	for (size_t i = 0; i < VIPS; i++) {
		address_parse("10.77.0.100", &vips[i].address);
		vips[i].address.bytes[15] = (uint8_t)(100 + i);
		vips[i].index = (uint32_t)i;
	}
	announcement_init(&announcement, &announcer, VRID, vips, VIPS);
	return 0;
}

/* Goes on until nothing more is due, or for so many rounds. */
static uint64_t run_rounds(uint64_t now, unsigned int rounds)
{
	while (announcement.round < rounds && attraction->next_at != NEVER) {
		if (attraction->next_at > now)
			now = attraction->next_at;
		attract_run(attraction, now);
	}
	return now;
}

static void many_vips_go_in_bursts(void **state)
{
	uint64_t now = clock_now();

	(void)state;
	attract_take(attraction, now);
	attract_run(attraction, now);
	assert_int_equal(announcement.next_vip, BURST);
	assert_int_equal(attraction->next_at, now + NS_PER_MS);
	attract_run(attraction, now + NS_PER_MS);
	assert_int_equal(announcement.next_vip, 0);
	assert_int_equal(announcement.round, 1);
}

static void without_a_gateway_the_rounds_end(void **state)
{
	(void)state;
	attract_take(attraction, clock_now());
	run_rounds(clock_now(), 100);
	assert_int_equal(attraction->next_at, NEVER);
	assert_int_equal(attract_confirmed_at(attraction), 0);
}

static void a_gateway_is_asked_until_it_has_answered(void **state)
{
	uint64_t now = clock_now(), after;

	(void)state;
	address_parse("10.77.0.1", &announcer.gateway4);
	attract_take(attraction, now);
	after = run_rounds(now, 4);
	assert_true(attraction->next_at > after && attraction->next_at != NEVER);
	confirmed = now; /* by the next round's end */
	for (int i = 0; i < 2; i++) {
		after = attraction->next_at;
		attract_run(attraction, after);
	}
	assert_int_equal(attraction->next_at, NEVER);
	assert_int_equal(attract_confirmed_at(attraction), now);
}

static void nothing_is_announced_without_a_lease(void **state)
{
	uint64_t now = clock_now();

	(void)state;
	lease = 0; /* the dataplane gave way, and we have not heard to whom */
	attract_take(attraction, now);
	attract_run(attraction, now);
	assert_int_equal(announcement.next_vip, 0);
	assert_int_equal(attraction->first_acted_at, 0);
	assert_true(attraction->next_at > now);
	lease = NEVER;
	attract_run(attraction, attraction->next_at);
	assert_int_equal(announcement.next_vip, BURST);
	assert_true(attraction->first_acted_at != 0);
}

static void who_has_released_is_silent(void **state)
{
	(void)state;
	attract_take(attraction, clock_now());
	attract_release(attraction);
	assert_int_equal(attraction->next_at, NEVER);
}

static void the_same_vips_go_on_where_they_were(void **state)
{
	struct announcement next;
	struct announced_vip others[VIPS];

	(void)state;
	attract_take(attraction, clock_now());
	attract_run(attraction, clock_now());
	memcpy(others, vips, sizeof(others));
	announcement_init(&next, &announcer, VRID, others, VIPS);
	assert_true(announcement_go_on(&next, &announcement));
	assert_int_equal(next.next_vip, BURST);
	assert_ptr_equal(next.vips, others);
	others[0].address.bytes[15] = 99;
	announcement_init(&next, &announcer, VRID, others, VIPS);
	assert_false(announcement_go_on(&next, &announcement));
	assert_int_equal(next.next_vip, 0);
}

#define test(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(many_vips_go_in_bursts),
		test(without_a_gateway_the_rounds_end),
		test(a_gateway_is_asked_until_it_has_answered),
		test(nothing_is_announced_without_a_lease),
		test(who_has_released_is_silent),
		test(the_same_vips_go_on_where_they_were),
	};

	return cmocka_run_group_tests_name("arp_nd", tests, NULL, NULL);
}
