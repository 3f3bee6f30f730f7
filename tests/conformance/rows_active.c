// SPDX-License-Identifier: GPL-2.0-only
/* The state machine: what an Active does, and how it ends. */
#include "tests/conformance/conformance.h"
#include "tests/unit/machine_bench.h"

static void expect_no_resignation(void)
{
	for (size_t i = 0; i < actions.count; i++)
		assert_true(actions.list[i].type != VRRP_SEND_ADVERT ||
			    actions.list[i].priority != 0);
}

static void advertises_by_the_timer(void)
{
	begin_as_active(defaults());
	for (int i = 0; i < 5; i++) {
		uint64_t due = machine.advert_timer;

		run_until(due - 1);
		EXPECT_NOTHING();
		run_until(due);
		EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
		assert_int_equal(actions.list[0].priority, 100);
		assert_int_equal(machine.advert_timer, due + INTERVAL);
	}
}

static void answers_a_resignation(void)
{
	begin_as_active(defaults());
	now += INTERVAL / 2;
	hear("10.77.0.13", 0, INTERVAL);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

static void gives_way_to_a_higher_priority(void)
{
	begin_as_active(defaults());
	hear("10.77.0.11", 101, 2 * INTERVAL);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	expect_no_resignation();
	assert_int_equal(machine.state, VRRP_BACKUP);
	assert_int_equal(machine.active_interval, 2 * INTERVAL);
	assert_int_equal(machine.down_timer,
			 now + 6 * INTERVAL + vrrp_skew_time(100, 2 * INTERVAL));
}

static void expect_between_equals(const char *ours, const char *theirs, enum vrrp_state state)
{
	struct vrrp_parameters parameters = defaults();

	parameters.address = address(ours);
	begin_as_active(parameters);
	hear(theirs, 100, INTERVAL);
	assert_int_equal(machine.state, state);
}

static void gives_way_to_a_greater_address(void)
{
	expect_between_equals("10.77.0.12", "10.77.0.13", VRRP_BACKUP);
	expect_between_equals("127.0.0.1", "128.0.0.1", VRRP_BACKUP);
	expect_between_equals("fe80::1:0:0:1", "fe80::ff:0:0:0", VRRP_BACKUP);
	expect_between_equals("fe80::7f", "fe80::80", VRRP_BACKUP);
}

static void expect_it_stays(const char *source, uint8_t priority)
{
	begin_as_active(defaults());
	now += INTERVAL / 2;
	hear(source, priority, INTERVAL);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
}

static void stays_before_a_smaller_address(void)
{
	expect_it_stays("10.77.0.11", 100);
	expect_between_equals("128.0.0.1", "127.0.0.1", VRRP_ACTIVE);
	expect_between_equals("fe80::80", "fe80::7f", VRRP_ACTIVE);
}

static void stays_before_a_lower_priority(void)
{
	struct vrrp_parameters version2 = defaults();

	expect_it_stays("10.77.0.13", 99);
	expect_it_stays("10.77.0.13", 1);

	version2.version = 2;
	begin_as_active(version2);
	hear("10.77.0.13", 50, INTERVAL);
	EXPECT(VRRP_ANNOUNCE);
}

static void yields_without_preemption(void)
{
	struct vrrp_parameters patient = defaults();

	patient.preempt = false;
	begin_as_active(patient);
	hear("10.77.0.11", 101, INTERVAL);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void a_clone_changes_no_state(void)
{
	expect_between_equals("10.77.0.12", "10.77.0.12", VRRP_ACTIVE);
	begin_as_backup(defaults());
	hear("10.77.0.12", 100, INTERVAL);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void resigns_when_it_ends(void)
{
	begin_as_active(defaults());
	actions.count = 0;
	vrrp_shutdown(&machine, now, &actions);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 0);

	begin_as_backup(defaults());
	actions.count = 0;
	vrrp_shutdown(&machine, now, &actions);
	EXPECT(VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_INITIALIZE);
}

/* The best of all backups, of the shortest interval, still comes later. */
static void the_lease_ends_first(void)
{
	static const uint64_t intervals[] = {NS_PER_CS, INTERVAL, NS_PER_S, 4095 * NS_PER_CS};

	for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		uint64_t takeover = 3 * intervals[i] + vrrp_skew_time(254, intervals[i]);

		assert_true(vrrp_lease_duration(intervals[i]) < takeover);
		assert_true(vrrp_lease_duration(intervals[i]) > 2 * intervals[i]);
	}
}

static const struct conformance_row rows[] = {
	TESTED(62, "Active: each time the timer runs out it advertises, and the timer starts anew",
	       "RFC 9568 6.4.3", MACHINE, advertises_by_the_timer),
	TESTED(63, "Active: a resignation is answered at once", "RFC 9568 6.4.3", MACHINE,
	       answers_a_resignation),
	TESTED(64, "Active: a higher priority makes it Backup, with that one's interval",
	       "RFC 9568 6.4.3", MACHINE, gives_way_to_a_higher_priority,
	       .decision = "an owner says one last word, without a lease, so that the new one "
			   "announces after it"),
	TESTED(65, "Active: between equal priorities the greater address wins, as unsigned numbers",
	       "RFC 9568 6.4.3", MACHINE, gives_way_to_a_greater_address),
	TESTED(66, "Active: an equal with a smaller address is told at once", "RFC 9568 6.4.3",
	       MACHINE, stays_before_a_smaller_address,
	       .decision = "and the VIPs are announced again: others heard it, too"),
	TESTED(67, "Active: so is a lower priority", "RFC 9568 6.4.3", MACHINE,
	       stays_before_a_lower_priority,
	       .decision = "in version 2 as RFC 3768 has it, and RFC 5798 had: ignored; but the "
			   "VIPs are announced again"),
	TESTED(68, "Active: Preempt_Mode is the Backup's; a higher priority wins", "RFC 9568 6.4.3",
	       MACHINE, yields_without_preemption),
	TESTED(69, "A peer with our own address and priority changes no state", "keepalived",
	       MACHINE, a_clone_changes_no_state,
	       .elsewhere = "tests/lab/test_spoof.py::test_forged_priority_255",
	       .decision = "the dataplane drops it, counts it, and an operator is told"),
	TESTED(70, "Shutdown: an Active resigns and releases; a Backup says nothing",
	       "RFC 9568 6.4.2, 6.4.3", MACHINE, resigns_when_it_ends,
	       .decision = "the lease ends before priority 0 is sent: a backup of priority 254 may "
			   "act 39 us later at an interval of 10 ms"),
	TESTED(71, "A killed controller's VIPs are answered for by nobody before the next owner",
	       "ours", MACHINE, the_lease_ends_first,
	       .elsewhere = "tests/lab/test_failover.py::test_lease_ends_before_the_takeover"),
};

THEME(active_theme, "State machine: Active");
