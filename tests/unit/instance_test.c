// SPDX-License-Identifier: GPL-2.0-only
/*
 * An instance between its machine and the dataplane: what the dataplane knows must never be more
 * than what others have heard. The network and the maps are this test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/advert.h"
#include "ctl/vrrp/instance.h"
#include "maps/maps_internal.h"

#define VRID     51
#define INTERVAL (100 * NS_PER_MS)

static struct instance_entry entries[MAX_INSTANCES];
static struct maps maps = {.instances = entries};
static struct ip_address own_address, vip;
static struct config_peer peers[2];
static struct config_instance own;
static struct config config;
static struct instance *instance;

/* What was sent last, and what the dataplane knew then. */
static struct {
	int count;
	int error; /* of the next ones */
	uint8_t priority, known_priority;
	uint64_t lease;
	uint64_t interval; /* ns */
} sent;

static struct instance_event told;
static int told_count;

/* The network. */

void transport_queue(struct transport *transport, int family, uint8_t *message, size_t length,
		     size_t trailer, struct delivery *delivery)
{
	(void)transport;
	(void)trailer;
	(void)family;
	assert_true(length > 2);
	*delivery = (struct delivery){.failure = sent.error, .sent = !sent.error};
	if (sent.error)
		return;
	sent.count++;
	sent.priority = message[2];
	sent.known_priority = entries[VRID].priority;
	sent.lease = entries[VRID].lease_until;
	sent.interval = (message[4] * 256U + message[5]) * NS_PER_CS;
}

void transport_flush(struct transport *transport)
{
	(void)transport;
}

const struct ip_address *transport_source(const struct config *whose, int family)
{
	(void)whose;
	(void)family;
	return &own_address;
}

static void note_taken(struct attraction *attraction, uint64_t at)
{
	(void)attraction;
	(void)at;
}

static void note_released(struct attraction *attraction)
{
	(void)attraction;
}

static const struct attract_method nothing_sent = {.take = note_taken, .release = note_released};

void announcement_init(struct announcement *announcement, struct announcer *announcer, uint8_t vrid,
		       const struct announced_vip *vips, size_t count)
{
	(void)announcer;
	(void)vrid;
	(void)vips;
	(void)count;
	announcement->attraction = (struct attraction){.method = &nothing_sent, .next_at = NEVER};
}

bool announcement_go_on(struct announcement *announcement, const struct announcement *before)
{
	(void)announcement;
	(void)before;
	return true;
}

/* The dataplane. */

int maps_get_vip(const struct maps *map, const struct ip_address *address, struct vip_entry *entry)
{
	(void)map;
	(void)address;
	(void)entry;
	return -ENOENT;
}

int maps_get_peer(const struct maps *map, const struct ip_address *address,
		  struct peer_entry *entry)
{
	(void)map;
	(void)address;
	(void)entry;
	return -ENOENT;
}

int maps_read_advert(const struct maps *map, uint8_t vrid, uint32_t peer,
		     struct advert_entry *advert)
{
	(void)map;
	(void)vrid;
	(void)peer;
	(void)advert;
	return -ENOENT;
}

uint64_t maps_lease(const struct maps *map, uint8_t vrid)
{
	return map->instances[vrid].lease_until;
}

uint64_t maps_beaten(const struct maps *map, uint8_t vrid)
{
	return map->instances[vrid].beaten;
}

int maps_store_lease(struct maps *map, uint8_t vrid, uint64_t until, uint64_t beaten)
{
	map->instances[vrid].lease_until = until;
	if (map->instances[vrid].beaten == beaten)
		return 0;
	map->instances[vrid].lease_until = 0;
	return -EBUSY;
}

int maps_renew_lease(struct maps *map, uint8_t vrid, uint64_t until, uint64_t now)
{
	if (map->instances[vrid].lease_until <= now)
		return -EBUSY;
	map->instances[vrid].lease_until = until;
	return 0;
}

void maps_drop_lease(struct maps *map, uint8_t vrid)
{
	map->instances[vrid].lease_until = 0;
}

static void keep_event(const struct instance_event *event, void *context)
{
	(void)context;
	if (event->kind == INSTANCE_TRANSITION)
		return;
	told = *event;
	told_count++;
}

static struct signer signer; /* without a key */
static const struct instance_edges edges = {
	.maps = &maps, .signer = &signer, .tell = keep_event, .quorum_until = NEVER};

/* What the dataplane does with an advertisement, and then the controller. */
static void beat(void)
{
	entries[VRID].beaten++;
	entries[VRID].lease_until = 0;
}

static void hear(uint8_t priority, uint64_t interval, const char *listed)
{
	struct inbox_record record = {.vrid = VRID, .family = FAMILY_IPV4};
	struct ip_address address;
	struct advert_message message = {
		.version = VRRP_VERSION_3,
		.vrid = VRID,
		.priority = priority,
		.max_advert_interval = interval,
		.family = FAMILY_IPV4,
		.address_count = 1,
	};

	assert_int_equal(address_parse(listed, &address), 0);
	message.addresses = (const uint8_t *)(&address + 1) - 4;
	record.source = peers[1].address;
	record.seen_at = clock_now();
	record.length = (uint16_t)advert_encode(&message, record.message);
	instance_hear(instance, &record, record.seen_at);
}

static void turn(void)
{
	instance_begin_turn(instance, clock_now());
}

static void set_priority(uint8_t priority)
{
	instance_do(instance,
		    &(struct vrrp_event){.type = VRRP_EVENT_PRIORITY, .priority = priority},
		    clock_now());
}

/* The events, a function each. */

static void instance_start(void)
{
	instance_do(instance, &(struct vrrp_event){.type = VRRP_EVENT_STARTUP}, clock_now());
}

static void instance_fault(const char *reason)
{
	instance_do(instance, &(struct vrrp_event){.type = VRRP_EVENT_FAULT, .reason = reason},
		    clock_now());
}

static void instance_take_over(void)
{
	instance_do(instance, &(struct vrrp_event){.type = VRRP_EVENT_GROUP_TOOK_OVER},
		    clock_now());
}

static void instance_hand_over(void)
{
	instance_do(instance, &(struct vrrp_event){.type = VRRP_EVENT_GROUP_HANDED_OVER},
		    clock_now());
}

/* As a reload does. */
static bool reconfigure(const struct config_instance *other)
{
	struct instance *next = instance_new(&config, other, &edges);

	assert_non_null(next);
	if (!instance_go_on(next, instance)) {
		instance_free(next);
		return false;
	}
	instance_free(instance);
	instance = next;
	instance_follow(instance, clock_now());
	return true;
}

/* As a turn does. */
static void expire(uint64_t now)
{
	instance_expire(instance, 0, now);
	instance_finish(instance, now);
}

static int set_up(void **state)
{
	(void)state;
	memset(entries, 0, sizeof(entries));
	memset(&sent, 0, sizeof(sent));
	told_count = 0;
	address_parse("10.77.0.11", &own_address);
	address_parse("10.77.0.101", &vip);
	address_parse("10.77.0.12", &peers[1].address);
	own = (struct config_instance){.name = "blue",
				       .vrid = VRID,
				       .version = 3,
				       .priority = {100, 100},
				       .preempt = true,
				       .vips = &vip,
				       .vip_count = 1};
	config = (struct config){.peers = peers,
				 .peer_count = 2,
				 .vrrp = {.version = 3, .advert_interval = INTERVAL},
				 .instances = &own,
				 .instance_count = 1};
	instance = instance_new(&config, &own, &edges);
	assert_non_null(instance);
	instance_publish(instance);
	assert_int_equal(entries[VRID].priority, 100);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	instance_free(instance);
	return 0;
}

/* As one whose lease is alive goes on. */
static void become_owner(void)
{
	entries[VRID].lease_until = clock_now() + NS_PER_S;
	instance_start();
	assert_int_equal(instance->machine.state, VRRP_ACTIVE);
	assert_true(entries[VRID].lease_until != 0);
}

static void a_lower_priority_is_known_before_it_is_heard(void **state)
{
	(void)state;
	become_owner();
	set_priority(70);
	assert_int_equal(sent.priority, 70);
	assert_int_equal(sent.known_priority, 70);
	assert_true(entries[VRID].lease_until != 0);
}

static void a_higher_priority_is_known_after_it_was_heard(void **state)
{
	(void)state;
	become_owner();
	set_priority(150);
	assert_int_equal(sent.priority, 150);
	assert_int_equal(sent.known_priority, 100);
	assert_int_equal(entries[VRID].priority, 150);
}

static void a_higher_priority_that_nobody_heard_is_not_known(void **state)
{
	(void)state;
	become_owner();
	sent.error = -ENETDOWN;
	set_priority(150);
	assert_int_equal(entries[VRID].priority, 100);
	sent.error = 0;
	expire(clock_now() + INTERVAL);
	assert_int_equal(sent.priority, 150);
	assert_int_equal(entries[VRID].priority, 150);
}

static void a_backups_priority_is_known_at_once(void **state)
{
	(void)state;
	instance_start();
	assert_int_equal(instance->machine.state, VRRP_BACKUP);
	set_priority(150);
	assert_int_equal(entries[VRID].priority, 150);
	set_priority(60);
	assert_int_equal(entries[VRID].priority, 60);
	assert_int_equal(sent.count, 0);
}

/* A run before us was pulled down to 60, and died; others know that, and no more. */
static void what_the_run_before_said_counts_until_we_speak(void **state)
{
	(void)state;
	entries[VRID].lease_until = clock_now() + NS_PER_S;
	entries[VRID].priority = 60;
	instance_publish(instance);
	assert_int_equal(entries[VRID].priority, 60);
	instance_fault("waiting");
	set_priority(90);
	assert_int_equal(entries[VRID].priority, 60);
	instance_start();
	assert_int_equal(sent.priority, 90);
	assert_int_equal(sent.known_priority, 60);
	assert_int_equal(entries[VRID].priority, 90);
}

/* The dataplane gave way to 120 by the 100 that it knew; meanwhile the priority became 150. */
static void who_was_given_way_to_is_preempted_not_ignored(void **state)
{
	(void)state;
	become_owner();
	turn();
	set_priority(150);
	entries[VRID].priority = 100; /* it came in just before */
	beat();
	turn();
	hear(120, INTERVAL, "10.77.0.101");
	assert_int_equal(instance->machine.state, VRRP_BACKUP);
	assert_int_equal(entries[VRID].lease_until, 0);
}

static void a_priority_that_rises_too_late_takes_nothing_back(void **state)
{
	(void)state;
	become_owner();
	turn();
	beat();
	set_priority(150);
	assert_int_equal(entries[VRID].lease_until, 0);
	assert_int_equal(instance->machine.state, VRRP_BACKUP);
}

static void a_loser_is_heard_without_losing_the_lease(void **state)
{
	(void)state;
	become_owner();
	turn();
	hear(50, INTERVAL, "10.77.0.101");
	assert_int_equal(instance->machine.state, VRRP_ACTIVE);
	assert_true(entries[VRID].lease_until != 0);
}

static void a_reload_keeps_the_priority_until_it_is_set(void **state)
{
	struct config_instance other = own;

	(void)state;
	become_owner();
	set_priority(70);
	other.priority[0] = 140;
	other.preempt = false;
	assert_true(reconfigure(&other));
	assert_int_equal(instance->machine.parameters.priority, 70);
	assert_false(instance->machine.parameters.preempt);
	assert_int_equal(instance->machine.state, VRRP_ACTIVE);
	other.version = 2;
	assert_false(reconfigure(&other));
}

static uint64_t lease_left(void)
{
	return entries[VRID].lease_until - clock_now();
}

static void a_longer_interval_is_told_before_the_lease_grows(void **state)
{
	(void)state;
	become_owner();
	config.vrrp.advert_interval = 100 * INTERVAL;
	assert_true(reconfigure(&own));
	assert_int_equal(instance->machine.state, VRRP_ACTIVE);
	assert_int_equal(sent.interval, 100 * INTERVAL);
	assert_int_equal(entries[VRID].advert_interval, 100 * INTERVAL / NS_PER_CS);
	assert_true(lease_left() < 3 * INTERVAL);
	sent.error = -ENETDOWN; /* what was not sent, nobody heard */
	for (int i = 0; i < 10; i++)
		expire(instance_deadline(instance));
	assert_true(lease_left() < 3 * INTERVAL);
	sent.error = 0;
	for (int i = 0; i < 3; i++)
		expire(instance_deadline(instance));
	assert_true(lease_left() > 280 * INTERVAL);
}

/* Before a restart: others wait longer before the lease lasts longer. */
static void a_lease_is_prolonged_when_all_have_heard_so(void **state)
{
	(void)state;
	become_owner();
	instance_prolong(instance, 10 * INTERVAL, clock_now());
	assert_int_equal(sent.interval, 10 * INTERVAL);
	assert_true(lease_left() < 3 * INTERVAL);
	for (int i = 0; i < 3; i++)
		expire(instance_deadline(instance));
	assert_true(lease_left() > 28 * INTERVAL);
	assert_int_equal(sent.interval, 10 * INTERVAL);
}

static void who_owns_nothing_prolongs_nothing(void **state)
{
	(void)state;
	instance_start();
	instance_prolong(instance, 10 * INTERVAL, clock_now());
	assert_int_equal(instance->machine.parameters.advert_interval, INTERVAL);
	assert_int_equal(sent.count, 0);
}

static void an_interval_that_is_long_enough_stays(void **state)
{
	int before;

	(void)state;
	become_owner();
	before = sent.count;
	instance_prolong(instance, INTERVAL, clock_now());
	assert_int_equal(sent.count, before);
}

static void version_2_elects_anew_when_the_interval_changes(void **state)
{
	struct config_instance other = own;

	(void)state;
	other.version = 2;
	instance_free(instance);
	instance = instance_new(&config, &other, &edges);
	config.vrrp.advert_interval = 2 * INTERVAL;
	assert_false(reconfigure(&other));
}

/* Conformance row 26. */
static void a_long_interval_is_told_once_and_counted(void **state)
{
	(void)state;
	instance_start();
	for (int i = 0; i < 3; i++)
		hear(150, 20 * NS_PER_S, "10.77.0.101");
	assert_int_equal(told_count, 1);
	assert_int_equal(told.kind, INSTANCE_INTERVAL);
	assert_int_equal(told.interval, 20 * NS_PER_S);
	assert_int_equal(instance->interval.count, 3);
	assert_int_equal(instance->machine.intervals_clamped, 3);
	assert_int_equal(instance->machine.active_interval, 10 * NS_PER_S);
}

/* Conformance row 34. */
/* Before a restart an owner advertises a second for a moment; who goes on doing so is told of. */
static void an_interval_of_a_restart_is_told_when_it_lasts(void **state)
{
	uint64_t now = clock_now();

	(void)state;
	instance_start();
	hear(150, NS_PER_S, "10.77.0.101");
	hear(150, NS_PER_S, "10.77.0.101");
	assert_int_equal(told_count, 0);
	assert_int_equal(instance->interval.count, 2);
	instance->interval.since = now - 6 * NS_PER_S;
	hear(150, NS_PER_S, "10.77.0.101");
	assert_int_equal(told_count, 1);
	assert_int_equal(told.interval, NS_PER_S);
}

static void other_addresses_are_told_once_and_counted(void **state)
{
	(void)state;
	instance_start();
	for (int i = 0; i < 3; i++)
		hear(150, INTERVAL, "10.77.0.102");
	assert_int_equal(told_count, 1);
	assert_int_equal(told.kind, INSTANCE_MISMATCH);
	assert_int_equal(instance->addresses.count, 3);
	assert_true(instance->addresses.last);
	hear(150, INTERVAL, "10.77.0.101");
	assert_false(instance->addresses.last);
}

static void who_takes_over_along_does_so_with_a_lease_of_its_own(void **state)
{
	uint64_t lease;

	(void)state;
	instance_start();
	turn();
	instance_take_over();
	assert_int_equal(sent.count, 1);
	assert_int_equal(sent.lease, 0);
	assert_int_equal(entries[VRID].lease_until, 0);
	expire(clock_now());
	assert_true(entries[VRID].lease_until != 0);
	lease = entries[VRID].lease_until;
	instance_hand_over();
	assert_int_equal(sent.priority, 1);
	assert_int_equal(sent.known_priority, 1); /* whoever hears it may act on it at once */
	assert_int_equal(entries[VRID].lease_until, lease);
	expire(clock_now() + vrrp_hand_over_bound(INTERVAL));
	assert_int_equal(sent.priority, 0);
	assert_int_equal(sent.lease, 0);
	assert_int_equal(entries[VRID].lease_until, 0);
}

/* Others have something to say now, and the turn sends for all of them. */
static void an_advert_goes_along_with_others(void **state)
{
	uint64_t now;

	(void)state;
	become_owner();
	now = clock_now();
	sent.count = 0;
	instance_expire(instance, INTERVAL / 2, now);
	instance_finish(instance, now);
	assert_int_equal(sent.count, 0);
	now += INTERVAL / 2 + NS_PER_MS;
	instance_expire(instance, INTERVAL / 2, now);
	assert_int_equal(sent.count, 1);
	instance_finish(instance, now);
	assert_int_equal(instance->machine.advert_timer, now + INTERVAL);
	assert_true(entries[VRID].lease_until != 0);
}

static void the_lease_waits_until_the_advert_has_left(void **state)
{
	uint64_t lease, now;

	(void)state;
	become_owner();
	lease = entries[VRID].lease_until;
	now = clock_now() + INTERVAL;
	usleep(1000);
	instance_expire(instance, 0, now);
	assert_int_equal(entries[VRID].lease_until, lease);
	instance_finish(instance, now);
	assert_true(entries[VRID].lease_until > lease);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_lower_priority_is_known_before_it_is_heard),
		test(a_higher_priority_is_known_after_it_was_heard),
		test(a_higher_priority_that_nobody_heard_is_not_known),
		test(a_backups_priority_is_known_at_once),
		test(what_the_run_before_said_counts_until_we_speak),
		test(who_was_given_way_to_is_preempted_not_ignored),
		test(a_priority_that_rises_too_late_takes_nothing_back),
		test(a_loser_is_heard_without_losing_the_lease),
		test(a_reload_keeps_the_priority_until_it_is_set),
		test(an_advert_goes_along_with_others),
		test(the_lease_waits_until_the_advert_has_left),
		test(a_longer_interval_is_told_before_the_lease_grows),
		test(a_lease_is_prolonged_when_all_have_heard_so),
		test(who_owns_nothing_prolongs_nothing),
		test(an_interval_that_is_long_enough_stays),
		test(version_2_elects_anew_when_the_interval_changes),
		test(a_long_interval_is_told_once_and_counted),
		test(an_interval_of_a_restart_is_told_when_it_lasts),
		test(other_addresses_are_told_once_and_counted),
		test(who_takes_over_along_does_so_with_a_lease_of_its_own),
	};

	return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}
