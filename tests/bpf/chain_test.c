// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way from node to node: one frame through the dataplanes of three nodes, which are this one
 * with another's settings in turn. Sockets are in a network namespace that some of the nodes have
 * and the others have not.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "tests/bpf/sockets.h"
#include "tests/bpf/steering_harness.h"

#define NODES    3
#define HOPS_MAX 10
#define EVERYONE 0x7 /* a set of nodes: bits by index */
#define NO_ONE   0

static const struct client connected = {"198.51.100.10", "2001:db8:1::10", 40001};
static const char *const addresses[] = {BLUE_VIP4, BLUE_VIP6, "198.51.100.10", "2001:db8:1::10",
					NULL};
static const __u8 families[] = {FAMILY_IPV4, FAMILY_IPV6};
static const __u8 three[RANKS] = {N1_INDEX, N2_INDEX, N3_INDEX};
static const __u8 two[RANKS] = {N1_INDEX, N2_INDEX, NOBODY};

static struct maps *maps;
static int busy_namespace = -1;  /* has a listener and a connection */
static int empty_namespace = -1; /* has nothing */
/* What each node knows; ranks are the same everywhere. */
static struct view {
	__u8 primary;
	__u32 settling, armed;
} views[NODES];

static const __u8 *ranks_of_all;
static uint32_t sent[FAMILY_IPV6 + 1]; /* on the connection, host order */

static struct flow flow_from(const struct client *client, __u8 family)
{
	return flow_of(IPPROTO_TCP, family == FAMILY_IPV4 ? client->address4 : client->address6,
		       client->port, vip_of(family), HTTP_PORT);
}

static int this_namespace(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static int open_namespaces(void **state)
{
	static const char *const none[] = {NULL};

	if (sockets_enter(addresses))
		return -1;
	busy_namespace = this_namespace();
	for (size_t i = 0; i < sizeof(families); i++) {
		struct flow flow = flow_from(&connected, families[i]);

		struct connection connection =
			socket_connect(socket_listen(vip_of(families[i]), HTTP_PORT), &flow);

		sent[families[i]] = socket_sent(connection.server);
	}
	if (sockets_enter(none))
		return -1;
	empty_namespace = this_namespace();
	return busy_namespace >= 0 && empty_namespace >= 0 ? steering_open(state) : -1;
}

static int close_namespaces(void **state)
{
	cleanup_close(&busy_namespace);
	cleanup_close(&empty_namespace);
	return steering_close(state);
}

static void reset(const __u8 ranks[static RANKS], bool settling)
{
	maps = steering_reset(&networks[2], SERVICE_LISTENER_CHECK);
	tables_set_backend(maps, N1_INDEX, OUR_MAC);
	ranks_of_all = ranks;
	for (__u8 node = 0; node < NODES; node++)
		views[node] = (struct view){.primary = ranks[0], .settling = settling};
}

/* Let @node have the frame; @busy: the nodes that have the sockets. */
static void run_at(__u8 node, unsigned int busy, const struct frame *frame, struct outcome *outcome)
{
	assert_int_equal(mac_parse(node_mac(node), maps->settings->mac.bytes), 0);
	maps->settings->self = node;
	tables_fill_led_by(maps, views[node].primary, ranks_of_all);
	maps->pools[WEB_POOL].settling = views[node].settling;
	maps->pools[WEB_POOL].armed = views[node].armed;
	assert_int_equal(setns(busy >> node & 1 ? busy_namespace : empty_namespace, CLONE_NEWNET),
			 0);
	steering_run(frame, outcome);
	views[node].armed = maps->pools[WEB_POOL].armed;
}

static __u8 node_of(const uint8_t mac[static 6])
{
	uint8_t candidate[6];

	for (__u8 node = 0; node < NODES; node++) {
		assert_int_equal(mac_parse(node_mac(node), candidate), 0);
		if (memcmp(mac, candidate, sizeof(candidate)) == 0)
			return node;
	}
	fail_msg("sent to nobody");
	return 0;
}

/* Where a frame from outside ends that reaches @node first. Its hops from node to node are counted
 * in @hops, if that is wanted. */
static __u8 follow(const struct frame *frame, __u8 node, unsigned int busy, int *hops)
{
	struct outcome outcome;
	struct frame passing = *frame;

	assert_int_equal(mac_parse(node_mac(node), passing.bytes), 0);
	frame_tag(&passing, ETH_P_8021Q, 4000);
	for (int hop = 0; hop < HOPS_MAX; hop++) {
		run_at(node, busy, &passing, &outcome);
		if (hops)
			*hops = hop;
		if (outcome.verdict == XDP_PASS)
			return node;
		assert_int_equal(outcome.verdict, XDP_TX);
		memcpy(passing.bytes, outcome.frame.bytes, passing.length);
		assert_int_equal(node_of(passing.bytes + ETH_ALEN), node);
		node = node_of(passing.bytes);
	}
	fail_msg("still on its way after %d hops", HOPS_MAX);
	return 0;
}

static void data_from(struct frame *frame, const struct client *client, __u8 family)
{
	struct flow flow = flow_from(client, family);

	uint8_t *tcp;

	flow_tcp(frame, &flow, TH_ACK | TH_PUSH);
	tcp = frame->bytes + frame->transport;
	put_be16(tcp + TCP_ACKNOWLEDGMENT, (uint16_t)(sent[family] >> 16));
	put_be16(tcp + TCP_ACKNOWLEDGMENT + 2, (uint16_t)sent[family]);
	flow_finish(frame);
}

/* Whichever node it enters at, and whichever it lives on. */
static void connection_is_found(void **state)
{
	int lost = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(families); i++) {
		for (__u8 entry = 0; entry < NODES; entry++) {
			for (__u8 home = 0; home < NODES; home++) {
				struct frame frame;
				__u8 end;

				reset(three, true);
				data_from(&frame, &connected, families[i]);
				end = follow(&frame, entry, 1u << home, NULL);
				if (end == home)
					continue;
				print_error("IPv%d, lives on n%d, enters at n%d: ends at n%d\n",
					    families[i], home + 1, entry + 1, end + 1);
				lost++;
			}
		}
	}
	assert_int_equal(lost, 0);
}

/* What a node knows of a change of the primary. */
enum knowledge {
	UNAWARE,  /* nothing yet */
	NOTICED,  /* lately */
	ALL_ALONG /* the new primary always was it: to the others a check had failed for a while */
};

struct change {
	__u8 before, after; /* the primary */
	enum knowledge of[NODES];
};

static void set_views(const struct change *change)
{
	reset(three, false);
	for (__u8 node = 0; node < NODES; node++) {
		views[node].primary = change->of[node] == UNAWARE ? change->before : change->after;
		views[node].settling = change->of[node] == NOTICED;
	}
}

/*
 * A connection is found if where it comes in has noticed the change, or where it is sent knows
 * other than that. Where both agree, it began by way of a third node that does not.
 */
static bool findable(const struct change *change, __u8 entry, __u8 home)
{
	__u8 primary = change->of[entry] == UNAWARE ? change->before : change->after;

	return home == primary || change->of[entry] == NOTICED ||
	       change->of[primary] != change->of[entry];
}

static int lose_across(const struct change *change, __u8 family, __u8 entry, __u8 home)
{
	struct frame frame;
	__u8 end;

	if (!findable(change, entry, home))
		return 0;
	set_views(change);
	data_from(&frame, &connected, family);
	end = follow(&frame, entry, 1u << home, NULL);
	if (end == home)
		return 0;
	print_error("IPv%d, n%d then n%d, known as %d %d %d, lives on n%d, enters at n%d: ends at "
		    "n%d\n",
		    family, change->before + 1, change->after + 1, change->of[0], change->of[1],
		    change->of[2], home + 1, entry + 1, end + 1);
	return 1;
}

static int check_change(const struct change *change)
{
	int lost = 0;

	for (size_t i = 0; i < sizeof(families); i++) {
		for (__u8 entry = 0; entry < NODES; entry++) {
			lost += lose_across(change, families[i], entry, change->before);
			lost += lose_across(change, families[i], entry, change->after);
		}
	}
	return lost;
}

static void nodes_may_differ_for_a_while(void **state)
{
	int lost = 0;

	(void)state;
	for (unsigned int i = 0; i < 3 * 3 * 3 * NODES * NODES; i++) {
		struct change change = {
			.before = (__u8)(i % NODES),
			.after = (__u8)(i / NODES % NODES),
			.of = {i / 9 % 3, i / 27 % 3, i / 81 % 3},
		};

		lost += check_change(&change);
	}
	assert_int_equal(lost, 0);
}

/* One dead nginx: a new connection gets to another, and its later segments follow. */
static int lose_listener(const __u8 ranks[static RANKS], __u8 family, __u8 entry, __u8 dead)
{
	struct flow flow = flow_from(&stranger, family);
	struct frame frame;
	__u8 home, end;

	reset(ranks, false);
	flow_tcp(&frame, &flow, TH_SYN);
	home = follow(&frame, entry, EVERYONE & ~(1u << dead), NULL);
	data_from(&frame, &connected, family);
	end = follow(&frame, entry, 1u << home, NULL);
	if (home != dead && end == home)
		return 0;
	print_error("%d backends, IPv%d, dead on n%d, enters at n%d: SYN to n%d, data to n%d\n",
		    ranks == two ? 2 : 3, family, dead + 1, entry + 1, home + 1, end + 1);
	return 1;
}

static void dead_listener_is_stepped_over(void **state)
{
	int lost = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(families); i++) {
		for (__u8 entry = 0; entry < NODES; entry++) {
			for (__u8 dead = 0; dead < NODES; dead++) {
				lost += lose_listener(three, families[i], entry, dead);
				lost += lose_listener(two, families[i], entry, dead);
			}
		}
	}
	assert_int_equal(lost, 0);
}

/* A segment of nobody's: no node sees it twice, and the last one answers it. */
static void nobodys_segment_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(families); i++) {
		for (__u8 entry = 0; entry < NODES; entry++) {
			struct frame frame;
			int hops;

			reset(three, true);
			data_from(&frame, &stranger, families[i]);
			follow(&frame, entry, NO_ONE, &hops);
			assert_in_range(hops, 1, NODES);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_is_found),
		cmocka_unit_test(nodes_may_differ_for_a_while),
		cmocka_unit_test(dead_listener_is_stepped_over),
		cmocka_unit_test(nobodys_segment_ends),
	};

	return cmocka_run_group_tests(tests, open_namespaces, close_namespaces);
}
