// SPDX-License-Identifier: GPL-2.0-only
#include "tests/conformance/learning.h"

#include "tests/unit/machine_bench.h"

void expect_another_interval_learned(void)
{
	begin_as_backup(defaults());
	hear("10.77.0.13", 150, 2 * INTERVAL);
	assert_int_equal(machine.active_interval, 2 * INTERVAL);
}

void expect_learned_interval_clamped(void)
{
	begin_as_backup(defaults());
	hear("10.77.0.13", 254, 4095 * NS_PER_CS);
	assert_int_equal(machine.active_interval, 10 * NS_PER_S);
	run_until(now + 40 * NS_PER_S);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

void expect_owner_obeyed(void)
{
	struct vrrp_parameters owner = defaults();

	begin_as_backup(defaults());
	hear("10.77.0.13", 255, INTERVAL);
	EXPECT_NOTHING();
	assert_int_equal(machine.active_priority, 255);
	begin_as_active(defaults());
	hear("10.77.0.13", 255, INTERVAL);
	assert_int_equal(machine.state, VRRP_BACKUP);

	owner.priority = 255;
	begin(owner);
	startup(false);
	hear("10.77.0.11", 255, INTERVAL); /* the lower address */
	assert_int_equal(machine.state, VRRP_ACTIVE);
	hear("10.77.0.13", 255, INTERVAL);
	assert_int_equal(machine.state, VRRP_BACKUP);
}
