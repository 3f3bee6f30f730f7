// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the state machine of version 2 (RFC 3768 section 6) differs from that of version 3.
 */
#include "tests/unit/machine_bench.h"

static struct vrrp_parameters version_2(uint64_t interval)
{
	struct vrrp_parameters parameters = defaults();

	parameters.version = 2;
	parameters.advert_interval = interval;
	return parameters;
}

/* Section 6.1: Skew_Time is (256 - Priority) / 256 seconds. */
static void skew_time_does_not_depend_on_the_interval(void **state)
{
	(void)state;
	for (uint64_t seconds = 1; seconds <= 40; seconds++) {
		begin_as_backup(version_2(seconds * NS_PER_S));
		assert_int_equal(machine.down_timer,
				 now + 3 * seconds * NS_PER_S + 156 * NS_PER_S / 256);
	}
}

static void resignation_leaves_the_skew_time(void **state)
{
	(void)state;
	begin_as_backup(version_2(10 * NS_PER_S));
	hear("10.77.0.11", 150, 10 * NS_PER_S);
	now += NS_PER_S;
	hear("10.77.0.11", 0, 10 * NS_PER_S);
	assert_int_equal(machine.down_timer, now + 156 * NS_PER_S / 256);
}

static void lease_ends_before_the_earliest_takeover(void **state)
{
	(void)state;
	for (uint64_t seconds = 1; seconds <= 40; seconds++) {
		struct vrrp_parameters parameters = version_2(seconds * NS_PER_S);

		parameters.priority = 254;
		begin_as_backup(parameters);
		assert_true(vrrp_lease_duration(seconds * NS_PER_S) < machine.down_timer - now);
	}
}

/* Section 6.4.3. */

static void active_discards_a_lower_priority(void **state)
{
	uint64_t due;

	(void)state;
	begin_as_active(version_2(NS_PER_S));
	due = machine.advert_timer;
	now += NS_PER_MS;
	hear("10.77.0.13", 50, NS_PER_S);
	EXPECT(VRRP_ANNOUNCE); /* which is no VRRP: the others learn again where the VIPs are */
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_int_equal(machine.advert_timer, due);
}

static void active_answers_a_resignation_at_once(void **state)
{
	(void)state;
	begin_as_active(version_2(NS_PER_S));
	now += NS_PER_MS;
	hear("10.77.0.13", 0, NS_PER_S);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
	assert_int_equal(machine.advert_timer, now + NS_PER_S);
}

static void the_greater_address_decides_between_equals(void **state)
{
	(void)state;
	begin_as_active(version_2(NS_PER_S));
	hear("10.77.0.11", 100, NS_PER_S);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	hear("10.77.0.13", 100, NS_PER_S);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(skew_time_does_not_depend_on_the_interval),
		cmocka_unit_test(resignation_leaves_the_skew_time),
		cmocka_unit_test(lease_ends_before_the_earliest_takeover),
		cmocka_unit_test(active_discards_a_lower_priority),
		cmocka_unit_test(active_answers_a_resignation_at_once),
		cmocka_unit_test(the_greater_address_decides_between_equals),
	};

	return cmocka_run_group_tests_name("machine, version 2", tests, NULL, NULL);
}
