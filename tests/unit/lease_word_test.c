// SPDX-License-Identifier: GPL-2.0-only
/*
 * The controller's side of the lease word: what it stores must never undo what the dataplane did.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "maps/maps_internal.h"

#define VRID   51
#define NOW    1000
#define UNTIL  2000
#define STORES 200000

static struct instance_entry instances[MAX_INSTANCES];
static struct maps maps = {.instances = instances};

static void set_word(uint64_t lease, uint64_t beaten)
{
	instances[VRID].lease_until = lease;
	instances[VRID].beaten = beaten;
}

static void a_lease_begins_when_nothing_beat_us(void **state)
{
	(void)state;
	set_word(0, 7);
	assert_int_equal(maps_store_lease(&maps, VRID, UNTIL, 7), 0);
	assert_int_equal(maps_lease(&maps, VRID), UNTIL);
}

static void it_does_not_when_something_did(void **state)
{
	(void)state;
	set_word(0, 8);
	assert_int_not_equal(maps_store_lease(&maps, VRID, UNTIL, 7), 0);
	assert_int_equal(maps_lease(&maps, VRID), 0);
}

static void a_living_lease_is_renewed(void **state)
{
	(void)state;
	set_word(NOW + 1, 0);
	assert_int_equal(maps_renew_lease(&maps, VRID, UNTIL, NOW), 0);
	assert_int_equal(maps_lease(&maps, VRID), UNTIL);
}

static void one_that_ran_out_or_was_ended_is_not(void **state)
{
	static const uint64_t over[] = {0, LEASE_CLAIMED, NOW - 1, NOW};

	(void)state;
	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		set_word(over[i], 0);
		assert_int_not_equal(maps_renew_lease(&maps, VRID, UNTIL, NOW), 0);
		assert_int_equal(maps_lease(&maps, VRID), over[i]);
	}
}

static bool watching;
static uint64_t highest;

static void *watch(void *context)
{
	(void)context;
	while (__atomic_load_n(&watching, __ATOMIC_ACQUIRE)) {
		uint64_t lease = maps_lease(&maps, VRID);

		highest = lease > highest ? lease : highest;
	}
	return NULL;
}

/* A store that is taken back is a store: who stops the controller in between has two owners. */
static void a_beaten_node_does_not_own_for_an_instant(void **state)
{
	pthread_t watcher;

	(void)state;
	set_word(0, 8);
	watching = true;
	assert_int_equal(pthread_create(&watcher, NULL, watch, NULL), 0);
	for (int i = 0; i < STORES; i++)
		maps_store_lease(&maps, VRID, UNTIL, 7);
	__atomic_store_n(&watching, false, __ATOMIC_RELEASE);
	pthread_join(watcher, NULL);
	assert_true(highest <= LEASE_CLAIMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lease_begins_when_nothing_beat_us),
		cmocka_unit_test(it_does_not_when_something_did),
		cmocka_unit_test(a_living_lease_is_renewed),
		cmocka_unit_test(one_that_ran_out_or_was_ended_is_not),
		cmocka_unit_test(a_beaten_node_does_not_own_for_an_instant),
	};

	return cmocka_run_group_tests_name("lease word", tests, NULL, NULL);
}
