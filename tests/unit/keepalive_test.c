// SPDX-License-Identifier: GPL-2.0-only
/* Keepalives: how often they are sent, by what others need, and what is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/keepalive.h"
#include "maps/maps_internal.h"

#define VRID     255
#define INTERVAL (100 * NS_PER_MS)
#define START    (1000 * NS_PER_S)
#define NODES    3

static struct instance_entry entries[MAX_INSTANCES];
static struct advert_entry adverts[MAX_INSTANCES * MAX_PEERS];
static struct maps maps = {.instances = entries, .adverts = adverts};
static struct signer signer; /* without a key */
static struct config_peer peers[NODES];
static struct config config;
static struct keepalive keepalive;
static int sent, told;

void transport_queue(struct transport *transport, int family, uint8_t *message, size_t length,
		     size_t trailer, struct delivery *delivery)
{
	(void)transport;
	(void)family;
	(void)message;
	(void)length;
	(void)trailer;
	*delivery = (struct delivery){.sent = 1};
	sent++;
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

static int set_up(void **state)
{
	(void)state;
	memset(entries, 0, sizeof(entries));
	memset(adverts, 0, sizeof(adverts));
	sent = told = 0;
	for (size_t i = 0; i < NODES; i++) {
		address_parse("10.77.0.11", &peers[i].address);
		peers[i].address.bytes[15] = (uint8_t)(11 + i);
	}
	config = (struct config){
		.peers = peers,
		.peer_count = NODES,
		.vrrp = {.advert_interval = INTERVAL,
			 .quorum = {.policy = QUORUM_MAJORITY, .vrid = VRID}},
	};
	keepalive_init(&keepalive);
	keepalive_begin(&keepalive, &config, &edges, 0);
	return 0;
}

static void heard(uint32_t peer, uint64_t at, uint64_t interval)
{
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
		keepalive_run(&keepalive, &edges, *now);
		keepalive_count(&keepalive, &edges, *now);
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
	assert_int_equal(sent_within(10 * INTERVAL, &now, both_by_our_interval), 20);
}

/* It has changed its interval, and counts by the new one at once. */
static void who_becomes_faster_is_answered_at_once(void **state)
{
	uint64_t now = START + 40 * NS_PER_MS;

	(void)state;
	keepalive_run(&keepalive, &edges, START);
	both_by_our_interval(START);
	keepalive_count(&keepalive, &edges, START);
	one_by_a_tenth(now);
	keepalive_count(&keepalive, &edges, now);
	assert_true(keepalive.next_at <= now);
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
	assert_true(keepalive_count(&keepalive, &edges, START) > START);
	assert_int_equal(told, 1);
	keepalive_count(&keepalive, &edges, START + INTERVAL);
	assert_int_equal(told, 1);
	keepalive_count(&keepalive, &edges, START + 2 * INTERVAL);
	assert_int_equal(told, 2);
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
	};

	return cmocka_run_group_tests_name("keepalive", tests, NULL, NULL);
}
