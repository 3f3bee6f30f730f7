/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One VRRP state machine, a clock of the test's own, and what is said of both. For one file of a
 * test program.
 */
#ifndef VIPD_TESTS_MACHINE_BENCH_H
#define VIPD_TESTS_MACHINE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/machine.h"
#include "tests/unit/machine_events.h"

#define INTERVAL (100 * NS_PER_MS)
#define START    (1000 * NS_PER_S)

static struct vrrp_machine machine;
static struct vrrp_actions actions;
static uint64_t now;

static inline struct ip_address address(const char *text)
{
	struct ip_address parsed;

	assert_int_equal(address_parse(text, &parsed), 0);
	return parsed;
}

static inline struct vrrp_parameters defaults(void)
{
	return (struct vrrp_parameters){
		.version = 3,
		.priority = 100,
		.preempt = true,
		.advert_interval = INTERVAL,
		.handover_delay = 2 * NS_PER_MS,
		.address = address("10.77.0.12"),
	};
}

static inline void begin(struct vrrp_parameters parameters)
{
	now = START;
	vrrp_init(&machine, &parameters);
	actions.count = 0;
}

static inline void startup(bool lease_alive)
{
	actions.count = 0;
	vrrp_startup(&machine, lease_alive, now, &actions);
}

static inline void begin_as_backup(struct vrrp_parameters parameters)
{
	begin(parameters);
	startup(false);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static inline void run_until(uint64_t time)
{
	now = time;
	actions.count = 0;
	vrrp_expire(&machine, now, &actions);
}

static inline void begin_as_active(struct vrrp_parameters parameters)
{
	begin_as_backup(parameters);
	run_until(machine.down_timer);
	assert_false(machine.owning);
	run_until(machine.take_timer);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_true(machine.owning);
}

static inline void hear(const char *source, uint8_t priority, uint64_t interval)
{
	struct vrrp_advert advert = {
		.source = address(source),
		.priority = priority,
		.max_advert_interval = interval,
	};

	actions.count = 0;
	vrrp_hear(&machine, &advert, now, now, &actions);
}

static inline void expect_actions(size_t count, const enum vrrp_action_type *types)
{
	assert_int_equal(actions.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(actions.list[i].type, types[i]);
}

#define EXPECT(...)                                                                                \
	expect_actions(sizeof((enum vrrp_action_type[]){__VA_ARGS__}) /                            \
			       sizeof(enum vrrp_action_type),                                      \
		       (enum vrrp_action_type[]){__VA_ARGS__})

#define EXPECT_NOTHING() assert_int_equal(actions.count, 0)

#endif
