// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine without its thread: another configuration, and the standing of its instances. Sockets
 * are this test's, tables are plain memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/config/load.h"
#include "ctl/vrrp/engine_internal.h"
#include "maps/maps_internal.h"

#define BLUE  51
#define GREEN 52
#define RED   53

static struct instance_entry entries[MAX_INSTANCES];
static struct advert_entry adverts[MAX_INSTANCES * MAX_PEERS];
static struct maps maps = {
	.fds = {.vips = -1, .peers = -1}, .instances = entries, .adverts = adverts};
static struct engine *engine;

/* The network: each transport has a number in place of a socket. */

static struct {
	int opened, closed; /* transports */
	int fails;          /* with this error */
	bool closed_under_lock;
	int resigned_through; /* the last priority 0 went through this one */
	uint8_t resigned;     /* for this VRID */
} network;

void transport_init(struct transport *transport)
{
	*transport = (struct transport){.packet = -1};
}

int transport_prepare(struct transport *next, const struct config *config,
		      const struct net_link *link, const struct transport *before)
{
	(void)config;
	(void)link;
	(void)before;
	transport_init(next);
	if (network.fails)
		return network.fails;
	next->packet = ++network.opened;
	return 0;
}

static bool lock_is_free(void)
{
	if (pthread_mutex_trylock(&engine->lock))
		return false;
	pthread_mutex_unlock(&engine->lock);
	return true;
}

void transport_close(struct transport *transport, const struct transport *other)
{
	if (transport->packet < 0 || (other && transport->packet == other->packet))
		return;
	network.closed++;
	network.closed_under_lock |= !lock_is_free();
}

const struct ip_address *transport_source(const struct config *config, int family)
{
	(void)family;
	return &config->peers[config->self].address;
}

void transport_queue(struct transport *transport, int family, uint8_t *message, size_t length,
		     size_t trailer, struct delivery *delivery)
{
	(void)family;
	(void)length;
	(void)trailer;
	*delivery = (struct delivery){.sent = 1};
	if (message[2] != 0)
		return;
	network.resigned_through = transport->packet;
	network.resigned = message[1];
}

void transport_queue_sparingly(struct transport *transport, int family, uint8_t *message,
			       size_t length, size_t trailer, struct delivery *delivery,
			       uint64_t now)
{
	(void)now;
	transport_queue(transport, family, message, length, trailer, delivery);
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

void transport_set_mac(struct transport *transport, const struct ip_address *address,
		       const uint8_t *mac)
{
	(void)transport;
	(void)address;
	(void)mac;
}

void transport_note_heard(struct transport *transport, const struct ip_address *address)
{
	(void)transport;
	(void)address;
}

void announcer_init(struct announcer *announcer)
{
	*announcer = (struct announcer){.socket = -1};
}

int announcer_prepare(struct announcer *next, const struct config *config,
		      const struct net_link *link, const struct maps *tables,
		      const struct announcer *before)
{
	(void)config;
	*next = *before;
	next->maps = tables;
	memcpy(next->mac, link->mac, sizeof(next->mac));
	return 0;
}

void announcer_close(struct announcer *announcer, const struct announcer *other)
{
	(void)announcer;
	(void)other;
}

void announcer_go_on(struct announcer *announcer, const struct announcer *before)
{
	(void)announcer;
	(void)before;
}

bool announcer_says_the_same(const struct announcer *a, const struct announcer *b)
{
	return memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

bool announcer_set_gateway_mac(struct announcer *announcer, const struct ip_address *address,
			       const uint8_t mac[static 6])
{
	(void)announcer;
	(void)address;
	(void)mac;
	return true; /* it was somewhere else */
}

static size_t taken; /* how often VIPs were to be announced */

static void note_taken(struct attraction *attraction, uint64_t now)
{
	(void)attraction;
	(void)now;
	taken++;
}

static void nothing_released(struct attraction *attraction)
{
	(void)attraction;
}

static const struct attract_method nothing = {.take = note_taken, .release = nothing_released};

void announcement_init(struct announcement *announcement, struct announcer *announcer, uint8_t vrid,
		       const struct announced_vip *vips, size_t vip_count)
{
	(void)announcer;
	(void)vrid;
	(void)vips;
	(void)vip_count;
	announcement->attraction = (struct attraction){.method = &nothing, .next_at = NEVER};
}

bool announcement_go_on(struct announcement *announcement, const struct announcement *before)
{
	(void)announcement;
	(void)before;
	return true;
}

/* Configurations. */

#define HEAD                                                                                       \
	"node: n1\n"                                                                               \
	"interface: eth0\n"                                                                        \
	"peers: [{name: n1, address: 10.77.0.11}, {name: n2, address: 10.77.0.12}]\n"              \
	"vrrp: {advert_interval: 100ms}\n"                                                         \
	"instances:\n"

#define INSTANCE(name, vrid, vip)                                                                  \
	"  - {name: " name ", vrid: " vrid ", priority: {n1: 150, n2: 100}, vips: [" vip "]}\n"

#define BLUE_TEXT  INSTANCE("blue", "51", "10.77.0.101")
#define GREEN_TEXT INSTANCE("green", "52", "10.77.0.102")
#define RED_TEXT   INSTANCE("red", "53", "10.77.0.103")

static const struct config *parsed(const char *text)
{
	const struct config *config = NULL;

	assert_int_equal(config_parse("test.yaml", text, strlen(text), "n1", stderr, &config), 0);
	return config;
}

static void commit(const char *text)
{
	CLEANUP(config_unrefp) const struct config *config = parsed(text);
	struct engine_plan *plan;

	assert_int_equal(engine_prepare(engine, config, &plan), 0);
	engine_commit(engine, plan);
}

static const struct instance_standing well = {.priority = 150};

static void stand(uint8_t vrid, struct instance_standing standing)
{
	standing.vrid = vrid;
	engine_stand(engine, &standing, 1);
}

/* As one whose lease is alive goes on. */
static void own(uint8_t vrid)
{
	entries[vrid].lease_until = clock_now() + NS_PER_S;
	stand(vrid, well);
	assert_int_equal(engine_find_vrid(engine, vrid)->machine.state, VRRP_ACTIVE);
}

static int set_up(void **state)
{
	static const struct net_link link = {.device = "eth0", .index = 1};

	(void)state;
	memset(entries, 0, sizeof(entries));
	memset(&network, 0, sizeof(network));
	engine = engine_new(&(struct engine_setup){
		.maps = &maps,
		.link = &link,
		.sequence_path = "/nonexistent",
	});
	assert_non_null(engine);
	commit(HEAD BLUE_TEXT GREEN_TEXT RED_TEXT);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	engine_stop(engine);
	return 0;
}

static void instances_begin_in_fault_until_they_stand(void **state)
{
	(void)state;
	assert_int_equal(engine_find_vrid(engine, BLUE)->machine.state, VRRP_FAULT);
	stand(BLUE, well);
	assert_int_equal(engine_find_vrid(engine, BLUE)->machine.state, VRRP_BACKUP);
	assert_int_equal(engine_find_vrid(engine, GREEN)->machine.state, VRRP_FAULT);
}

static void an_owner_goes_on(void **state)
{
	uint64_t lease;

	(void)state;
	own(BLUE);
	lease = entries[BLUE].lease_until;
	commit(HEAD BLUE_TEXT GREEN_TEXT RED_TEXT);
	assert_int_equal(engine_find_vrid(engine, BLUE)->machine.state, VRRP_ACTIVE);
	assert_int_equal(engine_find_vrid(engine, BLUE)->transitions, 2);
	assert_int_equal(entries[BLUE].lease_until, lease);
	assert_int_equal(network.resigned, 0);
}

static void nothing_is_closed_under_the_lock(void **state)
{
	(void)state;
	commit(HEAD BLUE_TEXT);
	assert_int_equal(network.opened, 2);
	assert_int_equal(network.closed, 1);
	assert_false(network.closed_under_lock);
}

static void who_goes_resigns_by_the_sockets_it_had(void **state)
{
	(void)state;
	own(BLUE);
	commit(HEAD GREEN_TEXT RED_TEXT);
	assert_int_equal(network.resigned, BLUE);
	assert_int_equal(network.resigned_through, 1);
	assert_int_equal(entries[BLUE].lease_until, 0);
	assert_int_equal(entries[BLUE].configured, 0);
	assert_null(engine_find_vrid(engine, BLUE));
}

static void another_vrid_is_another_instance(void **state)
{
	(void)state;
	own(BLUE);
	commit(HEAD INSTANCE("blue", "99", "10.77.0.101") GREEN_TEXT RED_TEXT);
	assert_int_equal(network.resigned, BLUE);
	assert_int_equal(engine_find_vrid(engine, 99)->machine.state, VRRP_FAULT);
	assert_int_equal(entries[99].configured, 1);
}

static void what_cannot_be_prepared_changes_nothing(void **state)
{
	CLEANUP(config_unrefp) const struct config *config = parsed(HEAD GREEN_TEXT);
	const struct instance *blue = engine_find_vrid(engine, BLUE);
	struct engine_plan *plan;

	(void)state;
	network.fails = -EMFILE;
	assert_int_equal(engine_prepare(engine, config, &plan), -EMFILE);
	assert_ptr_equal(engine_find_vrid(engine, BLUE), blue);
	assert_int_equal(network.closed, 0);
}

static void what_is_aborted_was_never_there(void **state)
{
	CLEANUP(config_unrefp) const struct config *config = parsed(HEAD GREEN_TEXT);
	struct instance_entry before[MAX_INSTANCES];
	struct engine_plan *plan;

	(void)state;
	own(BLUE);
	memcpy(before, entries, sizeof(before));
	assert_int_equal(engine_prepare(engine, config, &plan), 0);
	engine_abort(engine, plan);
	assert_memory_equal(entries, before, sizeof(before));
	assert_int_equal(engine_find_vrid(engine, BLUE)->machine.state, VRRP_ACTIVE);
	assert_int_equal(network.closed, 1);
}

static void only_an_active_hands_over(void **state)
{
	(void)state;
	assert_int_equal(engine_hand_over(engine, "purple"), -ENOENT);
	assert_int_equal(engine_hand_over(engine, "blue"), -EPERM);
	own(BLUE);
	assert_int_equal(engine_hand_over(engine, "blue"), 0);
	assert_int_equal(network.resigned, 0);
	assert_true(entries[BLUE].lease_until > clock_now());
	assert_int_equal(entries[BLUE].priority, 1);
	instance_do(engine_find_vrid(engine, BLUE), &(struct vrrp_event){.type = VRRP_EVENT_TIMER},
		    clock_now() + vrrp_hand_over_bound(100 * NS_PER_MS));
	assert_int_equal(network.resigned, BLUE);
	assert_int_equal(entries[BLUE].lease_until, 0);
	assert_int_equal(entries[BLUE].priority, 150);
}

static void a_fault_comes_before_another_priority(void **state)
{
	(void)state;
	own(BLUE);
	stand(BLUE, (struct instance_standing){.priority = 70, .fault = "test"});
	assert_int_equal(engine_find_vrid(engine, BLUE)->machine.state, VRRP_FAULT);
	assert_int_equal(engine_find_vrid(engine, BLUE)->adverts_sent, 2); /* the second of 0 */
}

/* It cannot be heard, so it must not own. */
static void a_link_without_sockets_is_a_fault_until_it_has_some(void **state)
{
	static const struct net_link link = {.device = "eth0", .index = 2};

	(void)state;
	own(BLUE);
	network.fails = -ENOBUFS;
	assert_int_equal(engine_set_link(engine, &link), -ENOBUFS);
	assert_int_equal(engine_find_vrid(engine, BLUE)->machine.state, VRRP_FAULT);
	engine_retry_link(engine);
	assert_int_equal(engine_find_vrid(engine, BLUE)->machine.state, VRRP_FAULT);
	network.fails = 0;
	engine_retry_link(engine);
	assert_int_equal(engine_find_vrid(engine, BLUE)->machine.state, VRRP_BACKUP);
	assert_int_equal(engine->link.index, 2);
	assert_false(network.closed_under_lock);
}

/* Half a standing. */

static const struct instance_standing standings[2][3] = {
	{{BLUE, 150, false, NULL}, {GREEN, 150, false, NULL}, {RED, 150, false, NULL}},
	{{BLUE, 70, true, "test"}, {GREEN, 70, true, "test"}, {RED, 70, true, "test"}},
};

static bool stands_so(const struct instance_standing *standing)
{
	const struct vrrp_machine *machine = &engine_find_vrid(engine, standing->vrid)->machine;

	return machine->parameters.priority == standing->priority &&
	       machine->reluctant == standing->reluctant &&
	       (machine->state == VRRP_FAULT) == (standing->fault != NULL);
}

static bool is_whole(void)
{
	LOCKED(engine);

	for (size_t which = 0; which < 2; which++)
		if (stands_so(&standings[which][0]) && stands_so(&standings[which][1]) &&
		    stands_so(&standings[which][2]))
			return true;
	return false;
}

static void *look(void *done)
{
	size_t halves = 0;

	while (!__atomic_load_n((bool *)done, __ATOMIC_RELAXED))
		halves += !is_whole();
	return (void *)halves;
}

static void nobody_sees_half_a_standing(void **state)
{
	pthread_t looker;
	bool done = false;
	void *halves;

	(void)state;
	engine_stand(engine, standings[0], 3);
	assert_int_equal(pthread_create(&looker, NULL, look, &done), 0);
	for (int i = 0; i < 2000; i++)
		engine_stand(engine, standings[i % 2], 3);
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	pthread_join(looker, &halves);
	assert_null(halves);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* What the network believes must be told anew, though nobody took over. */

static void a_new_mac_is_announced(void **state)
{
	struct net_link link = {.device = "eth0", .index = 1, .mac = {2, 0, 0, 0, 0, 0x11}};

	(void)state;
	own(BLUE);
	taken = 0;
	assert_int_equal(engine_set_link(engine, &link), 0);
	assert_int_equal(taken, 1); /* GREEN and RED are not ours */
	assert_int_equal(engine_set_link(engine, &link), 0);
	assert_int_equal(taken, 1);
}

static void another_gateway_is_told(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

	(void)state;
	own(BLUE);
	own(RED);
	taken = 0;
	engine_set_neighbour(engine, &engine->config->peers[1].address, mac);
	assert_int_equal(taken, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(instances_begin_in_fault_until_they_stand),
		test(an_owner_goes_on),
		test(nothing_is_closed_under_the_lock),
		test(who_goes_resigns_by_the_sockets_it_had),
		test(another_vrid_is_another_instance),
		test(what_cannot_be_prepared_changes_nothing),
		test(what_is_aborted_was_never_there),
		test(only_an_active_hands_over),
		test(a_fault_comes_before_another_priority),
		test(a_link_without_sockets_is_a_fault_until_it_has_some),
		test(nobody_sees_half_a_standing),
		test(a_new_mac_is_announced),
		test(another_gateway_is_told),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
