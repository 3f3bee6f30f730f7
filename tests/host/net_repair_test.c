// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ctl/net sees of a host's changes, and what it repairs, against the real kernel. Needs root;
 * skipped otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/config/load.h"
#include "ctl/net/internal.h"
#include "tests/host/net_fixture.h"

#define PATIENCE (5 * NS_PER_S)
#define QUIET    (400 * NS_PER_MS)
#define TURN_US  20000

static sd_event *loop;
static struct monitor *monitor;
static struct net_link seen; /* as the last call of changed() showed it */
static unsigned int calls;
static unsigned int refused; /* so many of them fail */
static bool looks_at_host;
static char made_before[16384]; /* made() when it was called last */
static char applied[16384];     /* made() when all was in place */

/* What vipd makes, and no more: the kernel reorders the rest in a flap. */
static const char *made(void)
{
	return output("cd /proc/sys/net/ipv4/conf/eth0 && grep . arp_announce arp_ignore &&"
		      "(ip -o addr show dev lo && ip maddr show dev eth0 && ip -4 rule &&"
		      "ip -6 rule && ip -4 route show table 112 && ip -6 route show table 112) |"
		      "sort");
}

static int on_change(const struct net_link *link, void *context)
{
	(void)context;
	seen = *link;
	if (looks_at_host)
		strcpy(made_before, made());
	calls++;
	return calls <= refused ? -EMFILE : 0;
}

static void start_looking(struct fixture *fixture, uint64_t look_interval)
{
	calls = refused = 0;
	looks_at_host = false;
	assert_int_equal(sd_event_new(&loop), 0);
	assert_int_equal(monitor_start(loop, look_interval, &monitor), 0);
	assert_int_equal(net_open(&fixture->config, fixture->journal, monitor, on_change, NULL,
				  &fixture->net),
			 0);
	assert_int_equal(fixture_apply(fixture, &fixture->config), 0);
	seen = *net_link(fixture->net);
	strcpy(applied, made());
}

static void start(struct fixture *fixture)
{
	start_looking(fixture, NO_SLOW_LOOK);
}

static int leave(void **state)
{
	int error = fixture_leave(state);

	monitor_stop(monitor);
	monitor = NULL;
	loop = sd_event_unref(loop);
	return error;
}

static void turn_for(uint64_t duration)
{
	uint64_t end = clock_now() + duration;

	while (clock_now() < end)
		sd_event_run(loop, TURN_US);
}

static void turn_until(bool (*done)(void))
{
	uint64_t end = clock_now() + PATIENCE;

	while (!done()) {
		assert_true(clock_now() < end);
		sd_event_run(loop, TURN_US);
	}
}

static bool is_as_applied(void)
{
	return strcmp(made(), applied) == 0;
}

static bool is_running(void)
{
	return seen.running;
}

static bool is_not_running(void)
{
	return !seen.running;
}

static void test_our_own_changes_lead_to_nothing(void **state)
{
	struct fixture *fixture = fixture_from(state);
	const char *logged;

	start(fixture);
	log_begin();
	turn_for(QUIET);
	logged = log_end();
	assert_string_equal(logged, "");
	assert_int_equal(calls, 0);
	assert_true(is_as_applied());
}

static void test_what_is_deleted_comes_back(void **state)
{
	static const char *const deletions[] = {
		"ip addr del 10.77.0.101/32 dev lo",
		"ip addr flush dev lo scope global",
		"ip rule del priority 1120",
		"ip -6 rule del priority 1120",
		"ip route flush table 112",
		"ip -6 route flush table 112",
		"echo 0 > /proc/sys/net/ipv4/conf/eth0/arp_ignore; ip route flush table 112",
	};
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	for (size_t i = 0; i < sizeof(deletions) / sizeof(*deletions); i++) {
		run(deletions[i]);
		assert_false(is_as_applied());
		turn_until(is_as_applied);
	}
	assert_int_equal(calls, 0);
	assert_int_equal(net_undo(fixture->net), 0);
	net_close(TAKE_POINTER(fixture->net));
	assert_state(fixture->before);
}

static void test_what_nobody_reports_comes_back(void **state)
{
	static const char *const changes[] = {
		"echo 0 > /proc/sys/net/ipv4/conf/eth0/arp_ignore",
		"echo 0 > /proc/sys/net/ipv4/conf/eth0/arp_announce",
	};
	struct fixture *fixture = fixture_from(state);

	start_looking(fixture, 200 * NS_PER_MS);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		run(changes[i]);
		assert_false(is_as_applied());
		turn_until(is_as_applied);
	}
	assert_int_equal(calls, 0);
}

static bool keeps_tags(void)
{
	return strstr(output("ethtool -k eth0"), "rx-vlan-offload: off");
}

static void test_an_offload_that_comes_back_is_turned_off(void **state)
{
	struct fixture *fixture = fixture_from(state);
	struct config tagged = fixture->config;

	start_looking(fixture, 200 * NS_PER_MS);
	tagged.vlan = 4000; /* as if the VLAN device were there */
	tagged.further_references = 1;
	assert_int_equal(fixture_apply(fixture, &tagged), 0);
	assert_true(keeps_tags());
	run("ethtool -K eth0 rxvlan on");
	assert_false(keeps_tags());
	turn_until(keeps_tags);
}

static void test_a_failed_reload_changes_nothing(void **state)
{
	struct fixture *fixture = fixture_from(state);
	struct config reloaded = fixture->config;

	start(fixture);
	/* The kernel refuses the node's own address, when all before it has been made. */
	reloaded.gateway4 = fixture->self.address;
	assert_true(fixture_apply(fixture, &reloaded) < 0);
	assert_true(is_as_applied());
	turn_for(QUIET);
	assert_true(is_as_applied());
}

/* Whoever loaded it may be gone: a reload that failed elsewhere has given it up. */
static void test_what_is_followed_is_held(void **state)
{
	static const char text[] =
		"{interface: eth0, gateway: [10.77.0.1, 'fd77::1'],"
		" peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}],"
		" instances: [{name: blue, vrid: 51, priority: {n1: 100},"
		" vips: [10.77.0.100, 10.77.0.101, 'fd77::101']}]}";
	struct fixture *fixture = fixture_from(state);
	const struct config *given_up = NULL;

	start(fixture);
	assert_int_equal(config_parse("test.yaml", text, strlen(text), "n1", NULL, &given_up), 0);
	assert_int_equal(fixture_apply(fixture, given_up), 0);
	config_unref(given_up);
	run("ip addr del 10.77.0.101/32 dev lo");
	turn_until(is_as_applied);
}

static void test_a_repair_is_logged_once(void **state)
{
	struct fixture *fixture = fixture_from(state);
	const char *logged;

	start(fixture);
	run("ip addr del 10.77.0.101/32 dev lo");
	log_begin();
	turn_for(QUIET);
	logged = log_end();
	assert_string_equal(logged,
			    "vipd: restored what was gone: address 10.77.0.101/32 dev lo\n");
}

static void test_repairs_keep_a_distance(void **state)
{
	struct fixture *fixture = fixture_from(state);
	uint64_t first;

	start(fixture);
	run("ip addr del 10.77.0.101/32 dev lo");
	turn_until(is_as_applied);
	first = fixture->net->repair.not_before;
	run("ip addr del 10.77.0.101/32 dev lo");
	turn_until(is_as_applied);
	assert_true(fixture->net->repair.not_before >= first + 100 * NS_PER_MS);
}

static void test_nothing_is_repaired_after_undo(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip addr del 10.77.0.101/32 dev lo");
	assert_int_equal(net_undo(fixture->net), 0);
	turn_for(QUIET);
	net_close(TAKE_POINTER(fixture->net));
	assert_state(fixture->before);
}

static void test_a_repair_that_failed_is_tried_again(void **state)
{
	struct fixture *fixture = fixture_from(state);
	const char *logged;
	int enabled;

	start(fixture);
	run("ip route replace default via 10.77.0.9 dev eth0 table 112");
	log_begin();
	turn_for(QUIET);
	logged = log_end();
	assert_non_null(strstr(logged, "cannot set route 0.0.0.0/0 via 10.77.0.1"));
	/* Later, but not over and over again. */
	assert_int_equal(sd_event_source_get_enabled(fixture->net->repair.timer, &enabled), 1);
	assert_int_equal(enabled, SD_EVENT_ONESHOT);
	assert_null(strstr(strchr(logged, '\n') + 1, "cannot"));
	assert_prints("ip route show table 112", "default via 10.77.0.9");

	/* A change of the link is a reason not to wait ten seconds. */
	run("ip route del default table 112 && ip link set eth0 mtu 1400");
	turn_until(is_as_applied);
}

static void test_routes_survive_a_flap(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip link set eth0 down");
	log_begin();
	turn_for(QUIET);
	assert_string_equal(log_end(), "");
	assert_false(seen.running || seen.up);
	assert_prints("ip addr show lo", "10.77.0.101/32");
	run("ip link set eth0 up");
	turn_until(is_running);
	turn_until(is_as_applied);
}

static void test_a_flap_that_nobody_saw(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip link set eth0 down && ip link set eth0 up");
	turn_until(is_as_applied);
}

static void test_carrier_is_reported(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip link set switch down");
	turn_until(is_not_running);
	assert_true(seen.up);
	assert_prints("ip route show table 112", "default via 10.77.0.1");
	run("ip link set switch up");
	turn_until(is_running);
}

static bool has_no_address4(void)
{
	return !seen.has_address4;
}

static bool has_no_address6(void)
{
	return !seen.has_address6;
}

static void test_own_addresses_are_reported_and_left_alone(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip addr del 10.77.0.11/24 dev eth0");
	turn_until(has_no_address4);
	assert_true(seen.has_address6);
	run("ip addr del fd77::11/64 dev eth0");
	turn_until(has_no_address6);
	turn_for(QUIET);
	assert_prints_no("ip addr show eth0", "inet");
}

/* The device is the same, but what matters of it has changed. */
static void test_another_own_address_is_another_link(void **state)
{
	struct fixture *fixture = fixture_from(state);
	struct config_peer moved = fixture->self;
	struct config config = fixture->config;

	start(fixture);
	assert_int_equal(address_parse("10.77.0.12", &moved.address), 0);
	config.peers = &moved;
	config.further_references = 1;
	turn_for(QUIET); /* so that no notification waits */
	assert_int_equal(fixture_apply(fixture, &config), 0);
	assert_int_equal(calls, 0);
	turn_until(has_no_address4);
	assert_true(seen.running && seen.has_address6);
}

static void test_a_tentative_address_does_not_count(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	/* The other end has it as well. */
	run("ip addr del fd77::11/64 dev eth0 && ip addr add fd77::11/64 dev switch nodad &&"
	    "ip addr add fd77::11/64 dev eth0");
	turn_until(has_no_address6);
	turn_for(QUIET);
	assert_false(seen.has_address6);
}

static bool is_duplicate(void)
{
	return seen.address6 == OWN_ADDRESS_DUPLICATE;
}

/* The kernel keeps such an address, and uses it for nothing. */
static void test_a_duplicate_address_is_told_from_a_missing_one(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip addr del fd77::11/64 dev eth0 && ip addr add fd77::11/64 dev switch nodad &&"
	    "ip addr add fd77::11/64 dev eth0");
	turn_until(is_duplicate);
	assert_string_equal(net_link_address_fault(&seen, FAMILY_IPV6),
			    "another host has this node's address: duplicate address detection "
			    "failed");
}

static bool is_elsewhere(void)
{
	return seen.address4 == OWN_ADDRESS_ELSEWHERE;
}

static void test_an_address_on_another_device_is_found(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip addr del 10.77.0.11/24 dev eth0 && ip addr add 10.77.0.11/24 dev switch");
	turn_until(is_elsewhere);
	assert_string_equal(seen.elsewhere, "switch");
	assert_string_equal(net_link_address_fault(&seen, FAMILY_IPV4),
			    "this node's address is on another device");
	assert_null(net_link_address_fault(&seen, FAMILY_IPV6));
}

static bool is_port(void)
{
	return strcmp(seen.master, "br0") == 0;
}

static bool is_no_port(void)
{
	return !seen.master[0];
}

static void test_a_port_is_of_no_use(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip link add br0 type bridge && ip link set eth0 master br0");
	turn_until(is_port);
	assert_string_equal(net_link_fault(&seen),
			    "the interface is a port of a bridge or bond, which takes its frames");
	run("ip link set eth0 nomaster");
	turn_until(is_no_port);
	assert_null(net_link_fault(&seen));
}

static bool has_other_mac_and_mtu(void)
{
	return memcmp(seen.mac, (const uint8_t[]){2, 0, 0, 0, 0, 0x2a}, 6) == 0 && seen.mtu == 1400;
}

static void test_mac_and_mtu_are_reported(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip link set eth0 address 02:00:00:00:00:2a mtu 1400");
	turn_until(has_other_mac_and_mtu);
}

static bool has_groups_again(void)
{
	return strstr(output("ip maddr show dev eth0"), "ff02::1:ff00:101") &&
	       strstr(output("ip route show table 112"), "default via 10.77.0.1");
}

static void test_a_device_that_comes_back_is_taken_up_again(void **state)
{
	struct fixture *fixture = fixture_from(state);
	unsigned int index;

	start(fixture);
	index = seen.index;
	run("ip link del eth0");
	turn_until(is_not_running);
	turn_for(QUIET);
	assert_int_equal(seen.index, 0);
	assert_string_equal(seen.device, "eth0");

	run("ip link add eth0 type veth peer name switch && ip link set switch up &&"
	    "ip link set eth0 up && ip addr add 10.77.0.11/24 dev eth0");
	turn_until(is_running);
	assert_int_not_equal(seen.index, index);
	turn_until(has_groups_again);
	assert_prints("sysctl net.ipv4.conf.eth0", "arp_ignore = 1");
	assert_int_equal(net_undo(fixture->net), 0);
	assert_prints("sysctl net.ipv4.conf.eth0", "arp_ignore = 0");
	assert_prints_no("ip route show table all", "112");
}

static void test_a_device_replaced_unseen_is_taken_up_again(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip link del eth0 && ip link add eth0 type veth peer name switch &&"
	    "ip link set switch up && ip link set eth0 up && ip addr add 10.77.0.11/24 dev eth0");
	turn_until(has_groups_again);
	assert_int_equal(seen.index, if_nametoindex("eth0"));
}

static bool is_made_anew(void)
{
	return seen.running && seen.index == if_nametoindex("eth0");
}

/* Whoever hears of a new device can rely on it: the kernel answers no ARP for a VIP there. */
static void test_all_is_made_before_it_is_reported(void **state)
{
	struct fixture *fixture = fixture_from(state);
	unsigned int index;

	start(fixture);
	index = seen.parent_index;
	looks_at_host = true;
	run("ip link del eth0 && ip link add eth0 type veth peer name switch &&"
	    "ip addr add 10.77.0.11/24 dev eth0 && ip link set switch up && ip link set eth0 up");
	turn_until(is_made_anew);
	assert_int_not_equal(seen.parent_index, index);
	assert_int_equal(seen.parent_index, seen.index);
	assert_non_null(strstr(made_before, "arp_ignore:1"));
	assert_non_null(strstr(made_before, "default via 10.77.0.1 dev eth0"));
}

static bool is_accepted(void)
{
	return calls > refused;
}

static void test_a_link_that_is_of_no_use_is_reported_again(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	refused = 2;
	run("ip link set eth0 mtu 1400");
	turn_until(is_accepted);
	assert_int_equal(seen.mtu, 1400);
	turn_for(QUIET);
	assert_int_equal(calls, 3);
}

#define REPAIR_TEST(function) cmocka_unit_test_setup_teardown(function, fixture_enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPAIR_TEST(test_our_own_changes_lead_to_nothing),
		REPAIR_TEST(test_what_is_deleted_comes_back),
		REPAIR_TEST(test_what_nobody_reports_comes_back),
		REPAIR_TEST(test_an_offload_that_comes_back_is_turned_off),
		REPAIR_TEST(test_a_failed_reload_changes_nothing),
		REPAIR_TEST(test_what_is_followed_is_held),
		REPAIR_TEST(test_a_repair_is_logged_once),
		REPAIR_TEST(test_repairs_keep_a_distance),
		REPAIR_TEST(test_nothing_is_repaired_after_undo),
		REPAIR_TEST(test_a_repair_that_failed_is_tried_again),
		REPAIR_TEST(test_routes_survive_a_flap),
		REPAIR_TEST(test_a_flap_that_nobody_saw),
		REPAIR_TEST(test_carrier_is_reported),
		REPAIR_TEST(test_own_addresses_are_reported_and_left_alone),
		REPAIR_TEST(test_another_own_address_is_another_link),
		REPAIR_TEST(test_a_tentative_address_does_not_count),
		REPAIR_TEST(test_a_duplicate_address_is_told_from_a_missing_one),
		REPAIR_TEST(test_an_address_on_another_device_is_found),
		REPAIR_TEST(test_a_port_is_of_no_use),
		REPAIR_TEST(test_mac_and_mtu_are_reported),
		REPAIR_TEST(test_a_device_that_comes_back_is_taken_up_again),
		REPAIR_TEST(test_a_device_replaced_unseen_is_taken_up_again),
		REPAIR_TEST(test_all_is_made_before_it_is_reported),
		REPAIR_TEST(test_a_link_that_is_of_no_use_is_reported_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
