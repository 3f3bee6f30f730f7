// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elections and keys as the dataplane reads them while the controller stores: what stays the same
 * is in force all the time.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "maps/maps_internal.h"

#define VRID    51
#define KEY     7
#define CHANGES 3000000

static struct instance_entry instances[MAX_INSTANCES];
static struct key_entry keys[MAX_KEYS];
static struct maps maps = {.instances = instances, .keys = keys};

static struct instance_entry election(uint8_t fill)
{
	struct instance_entry entry = {
		.version = fill,
		.family = fill,
		.priority = fill,
		.advert_interval = fill,
		.authentication_type = fill,
	};

	memset(&entry.source, fill, sizeof(entry.source));
	memset(entry.authentication_data, fill, sizeof(entry.authentication_data));
	return entry;
}

static struct key_entry key_of(uint8_t fill)
{
	struct key_entry entry = {};

	memset(entry.inner, fill, sizeof(entry.inner));
	memset(entry.outer, fill, sizeof(entry.outer));
	return entry;
}

static void an_election_keeps_its_lease(void **state)
{
	struct instance_entry wanted = election(3), other = election(4);

	(void)state;
	maps_configure_instance(&maps, VRID, &wanted);
	assert_int_equal(instances[VRID].configured, 1);
	instances[VRID].lease_until = 1000;
	instances[VRID].beaten = 9;
	maps_configure_instance(&maps, VRID, &other);
	assert_int_equal(instances[VRID].configured, 1);
	assert_int_equal(instances[VRID].version, 4);
	assert_int_equal(instances[VRID].priority, 4);
	assert_memory_equal(&instances[VRID].source, &other.source, sizeof(other.source));
	assert_int_equal(instances[VRID].lease_until, 1000);
	assert_int_equal(instances[VRID].beaten, 9);
	maps_end_instance(&maps, VRID);
	assert_int_equal(instances[VRID].configured, 0);
	assert_int_equal(instances[VRID].lease_until, 0);
	assert_int_equal(instances[VRID].beaten, 9);
}

static bool ended;
static unsigned int changes;

/* Another priority is no other election: it is in force all the time. */
static void *change_priority(void *context)
{
	struct instance_entry wanted = election(3);

	(void)context;
	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
		wanted.priority ^= 4;
		maps_configure_instance(&maps, VRID, &wanted);
		__atomic_fetch_add(&changes, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *keep_key(void *context)
{
	struct key_entry wanted = key_of(1);

	(void)context;
	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
		maps_set_key(&maps, KEY, &wanted);
		__atomic_fetch_add(&changes, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Return: how often @is_wrong was true while a thread made the @change over and over. */
static unsigned int wrong_during(void *(*change)(void *), bool (*is_wrong)(void))
{
	unsigned int wrong = 0;
	pthread_t thread;

	ended = false;
	changes = 0;
	assert_int_equal(pthread_create(&thread, NULL, change, NULL), 0);
	while (__atomic_load_n(&changes, __ATOMIC_RELAXED) < CHANGES)
		wrong += is_wrong();
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	return wrong;
}

static bool has_no_election(void)
{
	return !__atomic_load_n(&instances[VRID].configured, __ATOMIC_ACQUIRE);
}

static bool has_no_key(void)
{
	return !maps_has_key(&maps, KEY);
}

static void an_election_that_stays_is_never_missing(void **state)
{
	struct instance_entry wanted = election(3);

	(void)state;
	maps_configure_instance(&maps, VRID, &wanted);
	assert_int_equal(wrong_during(change_priority, has_no_election), 0);
}

static void a_key_that_stays_is_never_missing(void **state)
{
	struct key_entry wanted = key_of(1);

	(void)state;
	maps_set_key(&maps, KEY, &wanted);
	assert_int_equal(wrong_during(keep_key, has_no_key), 0);
}

static void another_key_replaces_it_and_none_is_left_of_it(void **state)
{
	struct key_entry one = key_of(1), other = key_of(2);

	(void)state;
	maps_set_key(&maps, KEY, &one);
	maps_set_key(&maps, KEY, &other);
	assert_int_equal(keys[KEY].configured, 1);
	assert_memory_equal(keys[KEY].inner, other.inner, sizeof(other.inner));
	assert_memory_equal(keys[KEY].outer, other.outer, sizeof(other.outer));
	maps_forget_key(&maps, KEY);
	assert_memory_equal(&keys[KEY], &(struct key_entry){}, sizeof(struct key_entry));
}

static void every_drop_has_a_reason_and_every_reason_a_counter(void **state)
{
	static const char *const names[] = {
#define DROP(name, text) #name,
		DROP_REASONS(DROP)
#undef DROP
	};
	size_t counter = 0;

	(void)state;
	assert_false(drop_is_reason(0));
	assert_false(drop_is_reason(DROP_REASON_BEFORE));
	for (enum drop_reason reason = DROP_REASON_FIRST; reason < DROP_REASON_END; reason++) {
		assert_true(drop_is_reason(reason));
		assert_int_equal(drop_index(reason), counter);
		assert_string_equal(maps_drop_name(reason), names[counter++]);
	}
	assert_int_equal(counter * sizeof(__u64), sizeof(struct drops_entry));
	assert_false(drop_is_reason(DROP_REASON_END));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_election_keeps_its_lease),
		cmocka_unit_test(an_election_that_stays_is_never_missing),
		cmocka_unit_test(a_key_that_stays_is_never_missing),
		cmocka_unit_test(another_key_replaces_it_and_none_is_left_of_it),
		cmocka_unit_test(every_drop_has_a_reason_and_every_reason_a_counter),
	};

	return cmocka_run_group_tests_name("maps", tests, NULL, NULL);
}
