// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers and gateways in the kernel's neighbour table, against the real kernel: this node in one
 * network namespace, everybody else in another. Needs root; skipped otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/net/neighbours.h"
#include "tests/host/net_fixture.h"

#define PATIENCE (10 * NS_PER_S)
#define TURN_US  10000

#define PEERS_MAX 4
#define SEEN_MAX  16

#define MAC  "02:00:00:00:00:12"
#define MAC2 "02:00:00:00:00:99"

/* What was reported of an address, the last time. */
struct sighting {
	struct ip_address address;
	bool known;
	uint8_t mac[6];
	int reports;
};

struct bench {
	pid_t others; /* keeps the other namespace */
	struct config config;
	struct config_peer peers[PEERS_MAX];
	struct net_link link;
	struct monitor *monitor;
	sd_event *event;
	struct neighbours *neighbours;
	struct sighting seen[SEEN_MAX];
	size_t seen_count;
};

static struct ip_address address(const char *text)
{
	struct ip_address parsed;

	assert_int_equal(address_parse(text, &parsed), 0);
	return parsed;
}

static struct sighting *sighting(struct bench *bench, const struct ip_address *of)
{
	size_t i = 0;

	while (i < bench->seen_count && !address_equal(&bench->seen[i].address, of))
		i++;
	if (i == bench->seen_count) {
		assert_true(i < SEEN_MAX);
		bench->seen[bench->seen_count++].address = *of;
	}
	return &bench->seen[i];
}

static void on_change(const struct ip_address *of, const uint8_t *mac, void *context)
{
	struct sighting *this = sighting(context, of);

	this->reports++;
	this->known = mac;
	if (mac)
		memcpy(this->mac, mac, sizeof(this->mac));
}

/* Sleeps in a namespace of its own until it is killed, or we are gone. */
static pid_t start_others(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void run_there(const struct bench *bench, const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "nsenter -t %d -n sh -c '%s'", bench->others, command);
	run(line);
}

/* With link-local addresses: to ask for an IPv6 address on its own behalf, the kernel needs one.
 * The kernel's times are shortened: so a neighbour is stale, or found dead, in a moment. */
static void build_network(const struct bench *bench)
{
	char line[256];

	run("ip link set lo up");
	snprintf(line, sizeof(line), "ip link add eth0 type veth peer name eth0 netns %d",
		 bench->others);
	run(line);
	run("echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad && ip link set eth0 up && ip addr "
	    "add 10.77.0.11/24 dev eth0 &&"
	    "ip addr add fd77::11/64 dev eth0 nodad");
	run("for family in ipv4 ipv6; do cd /proc/sys/net/$family/neigh/eth0 &&"
	    "echo 100 > base_reachable_time_ms && echo 50 > retrans_time_ms &&"
	    "echo 0 > delay_first_probe_time && echo 0 > locktime; done 2>/dev/null; true");
	run_there(bench, "echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad;"
			 "ip link set eth0 address " MAC " up;"
			 "for ip in 10.77.0.1 10.77.0.12; do ip addr add $ip/24 dev eth0; done;"
			 "for ip in fd77::1 fd77::12; do ip addr add $ip/64 dev eth0 nodad; done");
}

static void configure(struct bench *bench)
{
	bench->peers[0] = (struct config_peer){
		.name = "n1", .address = address("10.77.0.11"), .address6 = address("fd77::11")};
	bench->peers[1] = (struct config_peer){
		.name = "n2", .address = address("10.77.0.12"), .address6 = address("fd77::12")};
	bench->config = (struct config){
		.interface = "eth0",
		.gateway4 = address("10.77.0.1"),
		.gateway6 = address("fd77::1"),
		.peers = bench->peers,
		.peer_count = 2,
	};
	bench->link = (struct net_link){
		.device = "eth0", .index = if_nametoindex("eth0"), .running = true};
}

static int setup(void **state)
{
	struct bench *bench;

	*state = NULL;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return 0;
	bench = calloc(1, sizeof(*bench));
	if (!bench || sd_event_new(&bench->event) < 0)
		return -1;
	bench->others = start_others();
	*state = bench;
	build_network(bench);
	configure(bench);
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	if (!bench)
		return 0;
	neighbours_free(bench->neighbours);
	monitor_stop(bench->monitor);
	sd_event_unref(bench->event);
	kill(bench->others, SIGKILL);
	waitpid(bench->others, NULL, 0);
	free(bench);
	return 0;
}

static struct bench *bench_from(void **state)
{
	if (!*state)
		skip();
	return *state;
}

static void reload(struct bench *bench)
{
	struct neighbours_plan *plan = NULL;

	assert_int_equal(neighbours_prepare(bench->neighbours, &bench->config, &plan), 0);
	neighbours_commit(bench->neighbours, plan);
}

static void start(struct bench *bench)
{
	assert_int_equal(monitor_start(bench->event, NO_SLOW_LOOK, &bench->monitor), 0);
	assert_int_equal(
		neighbours_new(&bench->link, bench->monitor, on_change, bench, &bench->neighbours),
		0);
	reload(bench);
}

static bool is_at(struct bench *bench, const char *text, const char *mac)
{
	const struct ip_address of = address(text);
	const struct sighting *this = sighting(bench, &of);
	uint8_t bytes[6];

	if (!mac)
		return !this->known;
	assert_int_equal(mac_parse(mac, bytes), 0);
	return this->known && memcmp(this->mac, bytes, sizeof(bytes)) == 0;
}

/* Until an address was last reported with this MAC, or NULL. */
static void wait_for(struct bench *bench, const char *text, const char *mac)
{
	uint64_t end = clock_now() + PATIENCE;

	while (!is_at(bench, text, mac)) {
		if (clock_now() > end)
			fail_msg("%s is not at %s", text, mac ? mac : "no MAC");
		sd_event_run(bench->event, TURN_US);
	}
}

static void wait_for_peer(struct bench *bench, const char *mac)
{
	wait_for(bench, "10.77.0.12", mac);
	wait_for(bench, "fd77::12", mac);
}

static void turn_for(struct bench *bench, uint64_t duration)
{
	uint64_t end = clock_now() + duration;

	while (clock_now() < end)
		sd_event_run(bench->event, TURN_US);
}

static int reports_of(struct bench *bench, const char *text)
{
	const struct ip_address of = address(text);

	return sighting(bench, &of)->reports;
}

static void assert_reported_once(struct bench *bench)
{
	assert_int_equal(reports_of(bench, "10.77.0.12"), 1);
	assert_int_equal(reports_of(bench, "fd77::12"), 1);
}

/* All are stale now, and confirmed at once instead of some time within ten seconds. */
static void have_confirmed(struct bench *bench)
{
	turn_for(bench, 300 * NS_PER_MS);
	neighbours_set_link(bench->neighbours, &bench->link);
}

static void test_peers_and_gateways_are_found(void **state)
{
	static const char *const all[] = {"10.77.0.12", "fd77::12", "10.77.0.1", "fd77::1"};
	struct bench *bench = bench_from(state);

	start(bench);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		wait_for(bench, all[i], MAC);
	turn_for(bench, 500 * NS_PER_MS);
	assert_int_equal(bench->seen_count, 4);
	assert_prints_no("ip neigh show dev eth0", "10.77.0.11 "); /* nobody asks for ourselves */
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		assert_int_equal(reports_of(bench, all[i]), 1);
}

/* Reports are of changes: to be confirmed is none. */
static void test_who_is_still_there_is_not_reported(void **state)
{
	struct bench *bench = bench_from(state);

	start(bench);
	wait_for_peer(bench, MAC);
	for (int i = 0; i < 3; i++)
		have_confirmed(bench);
	turn_for(bench, 500 * NS_PER_MS);
	assert_reported_once(bench);
}

static void test_what_the_kernel_knew_before_is_known_at_once(void **state)
{
	struct bench *bench = bench_from(state);

	run("ip neigh add 10.77.0.12 lladdr " MAC2 " nud stale dev eth0");
	start(bench);
	assert_true(is_at(bench, "10.77.0.12", MAC2));
	wait_for(bench, "10.77.0.12", MAC);
}

static void test_an_announced_change_is_followed(void **state)
{
	struct bench *bench = bench_from(state);

	start(bench);
	wait_for_peer(bench, MAC);
	run_there(bench, "echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_notify &&"
			 "echo 1 > /proc/sys/net/ipv6/conf/eth0/ndisc_notify &&"
			 "ip link set eth0 address " MAC2);
	wait_for_peer(bench, MAC2);
}

/* The old MAC does not answer any more, so the address is asked for anew. */
static void test_a_silent_change_is_noticed(void **state)
{
	struct bench *bench = bench_from(state);

	start(bench);
	wait_for_peer(bench, MAC);
	run_there(bench, "ip link set eth0 address " MAC2);
	have_confirmed(bench);
	wait_for_peer(bench, MAC2);
}

static void test_who_is_gone_has_no_mac_until_he_is_back(void **state)
{
	struct bench *bench = bench_from(state);

	start(bench);
	wait_for_peer(bench, MAC);
	run_there(bench, "ip addr del 10.77.0.12/24 dev eth0; ip addr del fd77::12/64 dev eth0");
	have_confirmed(bench);
	wait_for_peer(bench, NULL);
	assert_true(is_at(bench, "10.77.0.1", MAC));
	run_there(bench, "ip addr add 10.77.0.12/24 dev eth0");
	wait_for(bench, "10.77.0.12", MAC);
	assert_true(is_at(bench, "fd77::12", NULL));
}

/* An entry that is deleted is no neighbour that is dead. */
static void test_a_flushed_table_is_asked_for_again(void **state)
{
	struct bench *bench = bench_from(state);

	start(bench);
	wait_for(bench, "10.77.0.12", MAC);
	turn_for(bench, NS_PER_S);
	run("ip neigh flush dev eth0");
	assert_prints_no("ip neigh show dev eth0", MAC);
	turn_for(bench, 500 * NS_PER_MS);
	assert_prints("ip neigh show 10.77.0.12 dev eth0", MAC);
	assert_int_equal(reports_of(bench, "10.77.0.12"), 1);
}

static void test_a_link_that_is_cut_has_no_neighbours(void **state)
{
	struct bench *bench = bench_from(state);

	start(bench);
	wait_for_peer(bench, MAC);
	run_there(bench, "ip link set eth0 down");
	wait_for_peer(bench, NULL);
	run_there(bench, "ip link set eth0 up && ip addr add fd77::12/64 dev eth0 nodad");
	wait_for_peer(bench, MAC);
}

/* It is us who are cut off: whoever was there is there, until he fails to answer. */
static void test_a_link_that_is_known_to_be_down_takes_nothing_away(void **state)
{
	struct bench *bench = bench_from(state);

	start(bench);
	wait_for_peer(bench, MAC);
	run_there(bench, "ip link set eth0 down");
	bench->link.running = false;
	neighbours_set_link(bench->neighbours, &bench->link);
	turn_for(bench, 6 * NS_PER_S); /* more than the grace */
	assert_true(is_at(bench, "10.77.0.12", MAC));
	assert_true(is_at(bench, "fd77::12", MAC));
	bench->link.running = true;
	neighbours_set_link(bench->neighbours, &bench->link);
	wait_for_peer(bench, NULL);
}

static void test_a_device_that_comes_later(void **state)
{
	struct bench *bench = bench_from(state);
	unsigned int index = bench->link.index;

	bench->link.index = 0;
	start(bench);
	turn_for(bench, 300 * NS_PER_MS);
	assert_int_equal(bench->seen_count, 0);
	bench->link.index = index;
	neighbours_set_link(bench->neighbours, &bench->link);
	wait_for(bench, "10.77.0.12", MAC);
	bench->link.index = 0;
	neighbours_set_link(bench->neighbours, &bench->link);
	wait_for(bench, "10.77.0.12", NULL);
}

static void pin(struct bench *bench, const char *mac)
{
	assert_int_equal(mac_parse(mac, bench->peers[1].mac), 0);
	bench->peers[1].mac_pinned = true;
}

static void test_a_pinned_mac_is_the_one_and_nobody_asks(void **state)
{
	struct bench *bench = bench_from(state);

	pin(bench, MAC2);
	start(bench);
	assert_true(is_at(bench, "10.77.0.12", MAC2));
	assert_true(is_at(bench, "fd77::12", MAC2));
	wait_for(bench, "10.77.0.1", MAC);
	assert_prints_no("ip neigh show dev eth0", "10.77.0.12");
	run("ip neigh add 10.77.0.12 lladdr " MAC " nud reachable dev eth0");
	have_confirmed(bench);
	turn_for(bench, 500 * NS_PER_MS);
	assert_reported_once(bench);
}

/* To use a permanent entry would make it an ordinary one. */
static void test_what_the_operator_made_permanent_stays_so(void **state)
{
	struct bench *bench = bench_from(state);

	run("ip neigh add 10.77.0.12 lladdr " MAC2 " nud permanent dev eth0");
	start(bench);
	wait_for(bench, "10.77.0.1", MAC);
	have_confirmed(bench);
	turn_for(bench, 1500 * NS_PER_MS);
	assert_true(is_at(bench, "10.77.0.12", MAC2));
	assert_prints("ip neigh show 10.77.0.12 dev eth0", "PERMANENT");
	run("ip neigh del 10.77.0.12 dev eth0");
	wait_for(bench, "10.77.0.12", MAC);
}

static void assert_peer_mac(struct bench *bench, const char *expected)
{
	const uint8_t *mac = neighbours_peer_mac(bench->neighbours, &bench->peers[1]);
	char text[MAC_TEXT_MAX];

	if (!expected)
		assert_null(mac);
	else
		assert_string_equal(mac ? mac_format(mac, text) : "none", expected);
}

static void test_a_peer_is_reached_by_ipv4_if_it_can_be(void **state)
{
	struct bench *bench = bench_from(state);

	run_there(bench, "ip addr del 10.77.0.12/24 dev eth0");
	start(bench);
	assert_peer_mac(bench, NULL);
	wait_for(bench, "fd77::12", MAC);
	assert_peer_mac(bench, MAC);
	run("ip neigh replace 10.77.0.12 lladdr " MAC2 " nud permanent dev eth0");
	wait_for(bench, "10.77.0.12", MAC2);
	assert_peer_mac(bench, MAC2);
	bench->peers[1].address = (struct ip_address){};
	assert_peer_mac(bench, MAC);
}

static void test_a_reload_reports_all_that_is_known(void **state)
{
	struct bench *bench = bench_from(state);

	start(bench);
	wait_for(bench, "10.77.0.12", MAC);
	wait_for(bench, "10.77.0.1", MAC);
	wait_for(bench, "fd77::12", MAC);
	run_there(bench, "ip addr add 10.77.0.13/24 dev eth0");
	bench->peers[2] = (struct config_peer){.name = "n3", .address = address("10.77.0.13")};
	bench->peers[1].address6 = (struct ip_address){};
	bench->config.peer_count = 3;
	reload(bench);
	assert_int_equal(reports_of(bench, "10.77.0.12"), 2);
	assert_int_equal(reports_of(bench, "10.77.0.1"), 2);
	assert_int_equal(reports_of(bench, "fd77::12"), 1);
	wait_for(bench, "10.77.0.13", MAC);

	pin(bench, MAC2);
	reload(bench);
	assert_true(is_at(bench, "10.77.0.12", MAC2));
	bench->peers[1].mac_pinned = false;
	reload(bench);
	wait_for(bench, "10.77.0.12", MAC);
}

/* More notifications than the socket holds; the last of them, which are lost, are what counts. */
static void test_lost_notifications_cost_nothing(void **state)
{
	struct bench *bench = bench_from(state);

	start(bench);
	wait_for(bench, "10.77.0.12", MAC);
	run("ip neigh replace 10.77.0.12 lladdr 02:00:00:00:00:01 nud permanent dev eth0");
	run("for i in $(seq 1 250); do for j in $(seq 1 40); do"
	    " echo neigh replace 10.78.$j.$i lladdr 02:00:00:00:00:02 nud permanent dev eth0;"
	    "done; done | ip -batch -");
	run("ip neigh replace 10.77.0.12 lladdr " MAC2 " nud permanent dev eth0");
	wait_for(bench, "10.77.0.12", MAC2);
	turn_for(bench, 300 * NS_PER_MS);
	assert_true(is_at(bench, "10.77.0.12", MAC2));
}

#define NEIGHBOUR_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NEIGHBOUR_TEST(test_peers_and_gateways_are_found),
		NEIGHBOUR_TEST(test_who_is_still_there_is_not_reported),
		NEIGHBOUR_TEST(test_what_the_kernel_knew_before_is_known_at_once),
		NEIGHBOUR_TEST(test_an_announced_change_is_followed),
		NEIGHBOUR_TEST(test_a_silent_change_is_noticed),
		NEIGHBOUR_TEST(test_who_is_gone_has_no_mac_until_he_is_back),
		NEIGHBOUR_TEST(test_a_flushed_table_is_asked_for_again),
		NEIGHBOUR_TEST(test_a_link_that_is_cut_has_no_neighbours),
		NEIGHBOUR_TEST(test_a_link_that_is_known_to_be_down_takes_nothing_away),
		NEIGHBOUR_TEST(test_a_device_that_comes_later),
		NEIGHBOUR_TEST(test_a_pinned_mac_is_the_one_and_nobody_asks),
		NEIGHBOUR_TEST(test_what_the_operator_made_permanent_stays_so),
		NEIGHBOUR_TEST(test_a_peer_is_reached_by_ipv4_if_it_can_be),
		NEIGHBOUR_TEST(test_a_reload_reports_all_that_is_known),
		NEIGHBOUR_TEST(test_lost_notifications_cost_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
