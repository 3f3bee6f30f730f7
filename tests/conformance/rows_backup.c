// SPDX-License-Identifier: GPL-2.0-only
/* The state machine: the start, and what a Backup does. */
#include "tests/conformance/conformance.h"
#include "tests/unit/machine_bench.h"

static struct vrrp_parameters with_priority(uint8_t priority)
{
	struct vrrp_parameters parameters = defaults();

	parameters.priority = priority;
	return parameters;
}

static uint64_t down_interval(uint8_t priority, uint64_t interval)
{
	return 3 * interval + vrrp_skew_time(priority, interval);
}

/* It advertises, owns after that, at once or after a while, and announces last. */
static void expect_takeover(uint8_t priority)
{
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_true(actions.count >= 2);
	assert_int_equal(actions.list[0].type, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].type, VRRP_SEND_ADVERT);
	assert_int_equal(actions.list[1].priority, priority);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
	if (machine.owning) {
		EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT, VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	} else {
		EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
		run_until(machine.take_timer);
		EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	}
}

static void owner_starts_active(void)
{
	begin(with_priority(255));
	startup(false);
	expect_takeover(255);
}

static void others_start_as_backup(void)
{
	static const uint8_t priorities[] = {1, 100, 254};

	for (size_t i = 0; i < sizeof(priorities); i++) {
		begin(with_priority(priorities[i]));
		startup(false);
		EXPECT(VRRP_STATE_CHANGED);
		assert_int_equal(machine.state, VRRP_BACKUP);
		assert_int_equal(machine.active_interval, INTERVAL);
		assert_int_equal(machine.down_timer, now + down_interval(priorities[i], INTERVAL));
	}
}

static void skew_is_exact(void)
{
	struct vrrp_parameters version2 = defaults();

	assert_int_equal(vrrp_skew_time(254, NS_PER_CS), 78125);
	assert_int_equal(vrrp_skew_time(1, NS_PER_S), 255 * NS_PER_S / 256);
	assert_int_equal(vrrp_skew_time(255, 4095 * NS_PER_CS), 4095 * NS_PER_CS / 256);
	for (unsigned int priority = 1; priority < 255; priority++)
		assert_true(vrrp_skew_time((uint8_t)priority, NS_PER_CS) >
			    vrrp_skew_time((uint8_t)(priority + 1), NS_PER_CS));

	version2.version = 2;
	version2.advert_interval = 5 * NS_PER_S;
	begin_as_backup(version2);
	assert_int_equal(machine.down_timer, now + 15 * NS_PER_S + 156 * NS_PER_S / 256);
}

static void advertises_first(void)
{
	begin_as_backup(defaults());
	run_until(machine.down_timer - 1);
	EXPECT_NOTHING();
	run_until(machine.down_timer);
	expect_takeover(100);

	begin_as_backup(defaults());
	now = machine.down_timer - 1;
	hear("10.77.0.13", 50, INTERVAL); /* alive, until it hears us */
	run_until(machine.down_timer);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	run_until(now + defaults().handover_delay);
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
}

/* Each of two backups hears what the other sends: after a resignation one of them takes over. */
static void one_takes_over(void)
{
	struct vrrp_machine high, low;
	struct vrrp_actions sent = {};
	struct vrrp_advert resignation = {.source = address("10.77.0.11")}, advert;

	begin_as_backup(with_priority(150));
	vrrp_hear(&machine, &resignation, now, now, &sent);
	assert_int_equal(machine.down_timer, now + vrrp_skew_time(150, INTERVAL));
	high = machine;
	begin_as_backup(with_priority(100));
	vrrp_hear(&machine, &resignation, now, now, &sent);
	low = machine;

	assert_true(high.down_timer < low.down_timer);
	now = high.down_timer;
	vrrp_expire(&high, now, &sent);
	assert_int_equal(high.state, VRRP_ACTIVE);
	advert = (struct vrrp_advert){address("10.77.0.12"), 150, INTERVAL, now};
	sent.count = 0;
	vrrp_hear(&low, &advert, now, now, &sent);
	vrrp_expire(&low, now + 2 * INTERVAL, &sent);
	assert_int_equal(low.state, VRRP_BACKUP);
}

static void better_ones_are_followed(void)
{
	begin_as_backup(defaults());
	now += INTERVAL;
	hear("10.77.0.13", 150, 2 * INTERVAL);
	EXPECT_NOTHING();
	assert_int_equal(machine.down_timer, now + down_interval(100, 2 * INTERVAL));
	hear("10.77.0.11", 100, INTERVAL); /* equal, from below */
	assert_int_equal(machine.down_timer, now + down_interval(100, INTERVAL));
	hear("10.77.0.13", 100, INTERVAL); /* equal, from above */
	assert_int_equal(machine.down_timer, now + down_interval(100, INTERVAL));
}

static void lesser_ones_do_not_delay(void)
{
	uint64_t deadline;

	begin_as_backup(defaults());
	deadline = machine.down_timer;
	while (now + INTERVAL < deadline) {
		now += INTERVAL;
		hear("10.77.0.13", 50, 2 * INTERVAL);
		EXPECT_NOTHING();
	}
	assert_int_equal(machine.down_timer, deadline);
	assert_int_equal(machine.active_interval, INTERVAL);
	run_until(deadline);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

static void without_preemption(void)
{
	struct vrrp_parameters patient = defaults();

	patient.preempt = false;
	begin_as_backup(patient);
	for (int i = 0; i < 50; i++) {
		hear("10.77.0.13", 50, INTERVAL);
		run_until(now + INTERVAL);
		EXPECT_NOTHING();
	}
	run_until(now + down_interval(100, INTERVAL));
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

/* Return: when it takes over while a lesser node goes on advertising; @better: a word from above
 * comes in at that time. */
static uint64_t preempts_at(uint64_t better)
{
	while (machine.state == VRRP_BACKUP && now < START + 1000 * INTERVAL) {
		hear("10.77.0.13", now == better ? 150 : 50, INTERVAL);
		now += INTERVAL;
		run_until(now);
	}
	assert_int_equal(machine.state, VRRP_ACTIVE);
	return now;
}

static void preemption_waits(void)
{
	struct vrrp_parameters delayed = defaults();
	uint64_t at;

	delayed.preempt_delay = 20 * INTERVAL;
	begin_as_backup(delayed);
	at = preempts_at(0);
	assert_true(at >= START + 20 * INTERVAL);
	assert_true(at <= START + 20 * INTERVAL + 4 * INTERVAL + INTERVAL);

	begin_as_backup(delayed);
	at = preempts_at(START + 10 * INTERVAL);
	assert_true(at >= START + 31 * INTERVAL);
	assert_true(at <= START + 36 * INTERVAL);
}

static const struct conformance_row rows[] = {
	TESTED(53, "The owner starts as Active: it advertises, announces, and runs its timer",
	       "RFC 9568 6.4.1", MACHINE, owner_starts_active),
	TESTED(54, "All others start as Backup, and listen for three intervals and the skew time",
	       "RFC 9568 6.4.1", MACHINE, others_start_as_backup),
	TESTED(55,
	       "The skew time is a 256th of the interval for each step of priority, and never 0",
	       "RFC 9568 6.1, RFC 3768 6.1", MACHINE, skew_is_exact,
	       .decision = "version 2 counts it in seconds, whatever the interval"),
	TESTED(56, "Who takes over advertises first, owns second, and announces last",
	       "RFC 9568 6.4.2", MACHINE, advertises_first,
	       .decision =
		       "from a living owner only after handover_delay, in which it has heard us"),
	TESTED(57, "After a resignation a Backup waits for its skew time, so that one takes over",
	       "RFC 9568 6.4.2", MACHINE, one_takes_over),
	TESTED(58,
	       "Backup: an equal or higher priority sets the timer and the interval, whoever sent "
	       "it",
	       "RFC 9568 6.4.2", MACHINE, better_ones_are_followed),
	TESTED(59, "Backup that preempts: a lower priority changes nothing, and the timer runs on",
	       "RFC 9568 6.4.2", MACHINE, lesser_ones_do_not_delay,
	       .decision =
		       "but priority 1 is taken for an offer to hand over, and is preempted after "
		       "the skew time"),
	TESTED(60, "Backup that does not: it waits until the lesser Active is silent",
	       "RFC 9568 6.4.2", MACHINE, without_preemption),
	TESTED(61,
	       "preempt_delay runs from the first word of a lesser Active, and anew after a better "
	       "one",
	       "keepalived", MACHINE, preemption_waits),
};

THEME(backup_theme, "State machine: start and Backup");
