// SPDX-License-Identifier: GPL-2.0-only
/* Presence: how often it is told, by what others need; who is silent, and when; who counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/presence.h"
#include "maps/maps_internal.h"

#define VRID     255
#define INTERVAL (100 * NS_PER_MS)
#define START    (1000 * NS_PER_S)
#define NODES    3

static struct instance_entry entries[MAX_INSTANCES];
static struct advert_entry adverts[MAX_INSTANCES * MAX_PEERS];
static struct standing_entry standings[MAX_PEERS * STANDING_PAGES];
static struct backend_entry backends[MAX_PEERS];
static struct settings_entry settings;
static struct maps maps = {
	.settings = &settings,
	.instances = entries,
	.adverts = adverts,
	.standings = standings,
	.backends = backends,
};
static struct signer signer; /* without a key */
static struct config_peer peers[NODES];
static struct config config;
static struct presence presence;
static int sent, told;
static uint64_t said_interval; /* by the message sent last, ns */

void transport_queue_sparingly(struct transport *transport, int family, uint8_t *message,
			       size_t length, size_t trailer, struct delivery *delivery,
			       uint64_t now)
{
	(void)transport;
	(void)family;
	(void)length;
	(void)trailer;
	(void)now;
	said_interval = ((uint64_t)message[4] << 8 | message[5]) * NS_PER_CS;
	*delivery = (struct delivery){.sent = 1};
	sent++;
}

void transport_set_silent(struct transport *transport, const struct ip_address *address,
			  bool silent)
{
	(void)transport;
	(void)address;
	(void)silent;
}

void transport_flush(struct transport *transport)
{
	(void)transport;
}

const struct ip_address *transport_source(const struct config *whose, int family)
{
	(void)family;
	return &whose->peers[0].address;
}

static void count_told(const struct instance_event *event, void *context)
{
	(void)context;
	assert_int_equal(event->kind, QUORUM_CHANGED);
	told++;
}

static struct instance_edges edges = {
	.maps = &maps,
	.signer = &signer,
	.peer_indices = {0, 1, 2},
	.tell = count_told,
};

static const struct standing_message words = {.count = 1, .pages = {{.length = 32}}};

static void begin(enum quorum_policy policy, uint64_t interval)
{
	config.vrrp.quorum.policy = policy;
	config.vrrp.advert_interval = interval;
	presence_init(&presence);
	presence_begin(&presence, &config, &edges, 0);
	presence_say(&presence, &words);
}

static int set_up(void **state)
{
	(void)state;
	settings = (struct settings_entry){};
	memset(standings, 0, sizeof(standings));
	memset(backends, 0, sizeof(backends));
	memset(entries, 0, sizeof(entries));
	memset(adverts, 0, sizeof(adverts));
	sent = told = 0;
	for (size_t i = 0; i < NODES; i++) {
		address_parse("10.77.0.11", &peers[i].address);
		peers[i].address.bytes[15] = (uint8_t)(11 + i);
		peers[i].vipd = true;
	}
	config = (struct config){
		.peers = peers,
		.peer_count = NODES,
		.vrrp = {.standing_vrid = VRID},
	};
	begin(QUORUM_MAJORITY, INTERVAL);
	return 0;
}

static void says_interval(uint32_t peer, uint64_t interval)
{
	struct standing_entry *entry = &standings[standing_index(peer, 0)];
	struct standing_head head = {
		.magic = htonl(STANDING_MAGIC | STANDING_VERSION),
		.pages = 1,
		.interval = htonl((uint32_t)(interval / NS_PER_US)),
	};

	entry->length = 32;
	memcpy(entry->words, &head, sizeof(head));
	presence_hear(&presence, &edges, peer);
}

/* @interval: the peer's own; it needs to hear us twice in one. */
static void heard(uint32_t peer, uint64_t at, uint64_t interval)
{
	says_interval(peer, quorum_pace(interval));
	adverts[advert_index(VRID, peer)] = (struct advert_entry){
		.seen_at = at,
		.max_advert_interval = (uint16_t)(interval / NS_PER_CS),
	};
}

/* As the engine's turns do, each millisecond. */
static int sent_within(uint64_t duration, uint64_t *now, void (*meanwhile)(uint64_t now))
{
	uint64_t end = *now + duration;
	int before = sent;

	for (; *now < end; *now += NS_PER_MS) {
		meanwhile(*now);
		presence_run(&presence, &edges, *now);
		presence_count(&presence, &edges, *now);
	}
	return sent - before;
}

static void silence(uint64_t now)
{
	(void)now;
}

static void both_by_our_interval(uint64_t now)
{
	heard(1, now, INTERVAL);
	heard(2, now, INTERVAL);
}

static void one_by_a_tenth(uint64_t now)
{
	heard(1, now, INTERVAL / 10);
	heard(2, now, INTERVAL);
}

static void one_by_ten_times(uint64_t now)
{
	heard(1, now, 10 * INTERVAL);
	heard(2, now, INTERVAL);
}

static void two_in_an_interval(void **state)
{
	uint64_t now = START;

	(void)state;
	assert_int_equal(sent_within(10 * INTERVAL, &now, both_by_our_interval), 20);
}

static void as_often_as_the_fastest_needs(void **state)
{
	uint64_t now = START;

	(void)state;
	assert_int_equal(sent_within(10 * INTERVAL, &now, one_by_ten_times), 20);
	assert_int_equal(sent_within(10 * INTERVAL, &now, one_by_a_tenth), 200);
	/* Three of them at the pace of before. */
	assert_int_equal(sent_within(10 * INTERVAL, &now, both_by_our_interval), 22);
	assert_int_equal(sent_within(10 * INTERVAL, &now, both_by_our_interval), 20);
}

/* It has changed its interval, and counts by the new one at once. */
static void who_becomes_faster_is_answered_at_once(void **state)
{
	uint64_t now = START + 40 * NS_PER_MS;

	(void)state;
	presence_run(&presence, &edges, START);
	both_by_our_interval(START);
	presence_run(&presence, &edges, START);
	one_by_a_tenth(now);
	sent = 0;
	presence_run(&presence, &edges, now);
	assert_int_equal(sent, 1);
}

static void who_is_not_heard_any_more_sets_no_pace(void **state)
{
	uint64_t now = START;

	(void)state;
	one_by_a_tenth(now);
	now += 2 * INTERVAL;
	assert_int_equal(sent_within(10 * INTERVAL, &now, silence), 20);
}

static void a_majority_is_told_when_it_comes_and_goes(void **state)
{
	(void)state;
	both_by_our_interval(START);
	assert_true(presence_count(&presence, &edges, START) > START);
	assert_int_equal(told, 1);
	presence_count(&presence, &edges, START + INTERVAL);
	assert_int_equal(told, 1);
	presence_count(&presence, &edges, START + 2 * INTERVAL);
	assert_int_equal(told, 2);
}

/* Silence. */

static void heard_last(uint64_t at, uint64_t interval)
{
	heard(1, at, interval);
	heard(2, at, interval);
	presence_run(&presence, &edges, at);
	assert_false(backends[1].silent);
	assert_int_equal(presence_deadline(&presence) <= at + presence_window(interval), 1);
}

/* Not before three intervals and a quarter, and at that very moment, whatever our own interval. */
static void expect_silence_after(uint64_t interval)
{
	uint64_t silent_at = START + 3 * interval + interval / 4;

	begin(QUORUM_NONE, INTERVAL);
	heard_last(START, interval);
	presence_run(&presence, &edges, silent_at - 1);
	assert_false(backends[1].silent);
	assert_true(presence.silence_at <= silent_at);
	presence.changed = false;
	heard(2, silent_at, interval);
	presence_run(&presence, &edges, silent_at);
	assert_true(backends[1].silent);
	assert_false(backends[2].silent);
	assert_int_equal(settings.silent, 1);
	assert_true(presence.changed);
	assert_int_equal(presence_status(&presence, &edges, 1).silences, 2);
}

static void silence_is_known_after_three_intervals(void **state)
{
	const uint64_t intervals[] = {10 * NS_PER_MS, 100 * NS_PER_MS, NS_PER_S};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		memset(adverts, 0, sizeof(adverts));
		expect_silence_after(intervals[i]);
	}
}

static void who_was_never_heard_is_silent(void **state)
{
	(void)state;
	presence_run(&presence, &edges, START);
	assert_false(backends[0].silent);
	assert_true(backends[1].silent);
	heard(1, START + 1, INTERVAL);
	presence_run(&presence, &edges, START + 1);
	assert_false(backends[1].silent);
	assert_true(presence_status(&presence, &edges, 2).silent);
}

/* It slept, and looks at what came meanwhile before it takes anybody for silent. */
static void who_was_heard_meanwhile_is_not_silent(void **state)
{
	(void)state;
	heard_last(START, INTERVAL);
	heard(1, START + 99 * INTERVAL, INTERVAL);
	presence_run(&presence, &edges, START + 100 * INTERVAL);
	assert_false(backends[1].silent);
	assert_true(backends[2].silent);
}

static void other_implementations_are_never_silent(void **state)
{
	(void)state;
	peers[1].vipd = false;
	begin(QUORUM_NONE, INTERVAL);
	presence_run(&presence, &edges, START);
	assert_false(backends[1].silent);
	assert_true(backends[2].silent);
}

static void a_new_configuration_keeps_who_is_heard(void **state)
{
	uint64_t now = clock_now();

	(void)state;
	heard(1, now, INTERVAL);
	presence_run(&presence, &edges, now);
	presence_end(&presence, &edges, &config);
	assert_true(entries[VRID].configured);
	presence_begin(&presence, &config, &edges, 0);
	assert_false(backends[1].silent);
	assert_true(backends[2].silent);
	presence_end(&presence, &edges, NULL);
	assert_false(entries[VRID].configured);
}

/* What is said. */

static void nothing_is_said_before_it_is_known(void **state)
{
	uint64_t now = START;

	(void)state;
	presence_init(&presence);
	presence_begin(&presence, &config, &edges, 0);
	assert_int_equal(sent_within(10 * INTERVAL, &now, silence), 0);
}

static void what_is_new_is_said_at_once(void **state)
{
	(void)state;
	presence_run(&presence, &edges, START);
	sent = 0;
	presence_run(&presence, &edges, START + 1);
	assert_int_equal(sent, 0);
	presence_say(&presence, &words);
	assert_true(presence_deadline(&presence) <= START + 2);
	presence_run(&presence, &edges, START + 2);
	assert_int_equal(sent, 1);
}

/* Without a quorum once in an interval; and a message says when the next one comes. */
static void a_message_says_when_the_next_one_comes(void **state)
{
	uint64_t now = START;

	(void)state;
	begin(QUORUM_NONE, INTERVAL);
	assert_int_equal(sent_within(10 * INTERVAL, &now, silence), 10);
	assert_int_equal(said_interval, INTERVAL);
	assert_int_equal(sent_within(INTERVAL, &now, one_by_a_tenth), 20);
	assert_int_equal(said_interval, NS_PER_CS); /* half of it, rounded up */
}

/* The others wait for the next one as long as they were told last. */
static void a_slower_pace_is_told_at_the_faster_one(void **state)
{
	uint64_t now = START;

	(void)state;
	begin(QUORUM_NONE, INTERVAL);
	sent_within(INTERVAL, &now, one_by_a_tenth);
	heard(1, now, 100 * INTERVAL);
	assert_int_equal(sent_within(3 * INTERVAL / 20, &now, silence), 3);
	assert_int_equal(said_interval, INTERVAL / 2);
	assert_int_equal(sent_within(INTERVAL / 2, &now, silence), 1);
}

#define test(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(two_in_an_interval),
		test(as_often_as_the_fastest_needs),
		test(who_becomes_faster_is_answered_at_once),
		test(who_is_not_heard_any_more_sets_no_pace),
		test(a_majority_is_told_when_it_comes_and_goes),
		test(silence_is_known_after_three_intervals),
		test(who_was_never_heard_is_silent),
		test(who_was_heard_meanwhile_is_not_silent),
		test(other_implementations_are_never_silent),
		test(a_new_configuration_keeps_who_is_heard),
		test(nothing_is_said_before_it_is_known),
		test(what_is_new_is_said_at_once),
		test(a_message_says_when_the_next_one_comes),
		test(a_slower_pace_is_told_at_the_faster_one),
	};

	return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
