// SPDX-License-Identifier: GPL-2.0-only
/*
 * A node that is not heard: new flows go to the next in rank that is, at once and whatever the
 * table says. What it may have already is asked of the others first, and then of the node itself:
 * it may be back any moment, and nobody else resets its connections.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "tests/bpf/sockets.h"
#include "tests/bpf/steering_harness.h"

static const char *const addresses[] = {BLUE_VIP4, BLUE_VIP6, "198.51.100.10", "2001:db8:1::10",
					NULL};

static const struct client connected = {"198.51.100.10", "2001:db8:1::10", 40001};

static int open_all(void **state)
{
	const __u8 families[] = {FAMILY_IPV4, FAMILY_IPV6};

	if (sockets_enter(addresses))
		return -1;
	for (size_t i = 0; i < 2; i++) {
		const char *client =
			families[i] == FAMILY_IPV4 ? connected.address4 : connected.address6;
		struct flow flow = flow_of(IPPROTO_TCP, client, connected.port, vip_of(families[i]),
					   HTTP_PORT);

		socket_connect(socket_listen(vip_of(families[i]), HTTP_PORT), &flow);
	}
	return steering_open(state);
}

static void syn(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_SYN);
}

/* Without an acknowledgement, which would have to be of the connection's numbers. */
static void reset(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_RST);
}

static void later(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_ACK | TH_PUSH);
}

#define N1_FIRST                                                                                   \
	{                                                                                          \
		N1_INDEX, N2_INDEX, N3_INDEX                                                       \
	}
#define N2_FIRST                                                                                   \
	{                                                                                          \
		N2_INDEX, N3_INDEX, N1_INDEX                                                       \
	}
#define N2_N1                                                                                      \
	{                                                                                          \
		N2_INDEX, N1_INDEX, N3_INDEX                                                       \
	}
#define NONE_OF_US                                                                                 \
	{                                                                                          \
		N2_INDEX, N3_INDEX, NOBODY                                                         \
	}

#define TWO_SILENT (N2_SILENT | N3_SILENT)

static const struct steering_case new_flows[] = {
	{"nobody is silent", syn, .ranks = N2_FIRST, SENT_TO(N2_INDEX)},
	{"another one is", syn, .ranks = N2_FIRST, .state = N3_SILENT, SENT_TO(N2_INDEX)},
	{"the primary is", syn, .ranks = N2_FIRST, .state = N2_SILENT, HOPPED_TO(N3_INDEX)},
	{"we are next", syn, .ranks = N2_N1, .state = N2_SILENT, KEPT},
	{"we are last, and the others silent", syn, .ranks = N2_FIRST, .state = TWO_SILENT, KEPT},
	{"nobody is left", syn, .ranks = NONE_OF_US, .state = TWO_SILENT, SENT_TO(N2_INDEX)},
	{"datagram", flow_udp, .port = HTTPS_PORT, .ranks = N2_FIRST, .state = N2_SILENT,
	 HOPPED_TO(N3_INDEX)},
	{"datagram, we are next", flow_udp, .port = HTTPS_PORT, .ranks = N2_N1, .state = N2_SILENT,
	 KEPT},
};

static void new_flows_go_to_who_is_heard(void **state)
{
	(void)state;
	CHECK_STEERING(new_flows);
}

static const struct steering_case later_segments[] = {
	{"the next is asked first", later, .ranks = N2_FIRST, .state = N2_SILENT,
	 HOPPED_TO(N3_INDEX)},
	{"our own connection", reset, .client = &connected, .ranks = N2_N1, .state = N2_SILENT,
	 KEPT, .traffic = {.second_chances = 1, .second_chances_found = 1}},
};

static void older_flows_are_looked_for(void **state)
{
	(void)state;
	CHECK_STEERING(later_segments);
}

/* It is sent on to @to with what is left of the TTL. */
static void expect_sent(void (*build)(struct frame *frame, const struct flow *flow),
			const char *from, uint8_t ttl, const __u8 ranks[static RANKS],
			const char *to, uint8_t ttl_left)
{
	struct maps *maps = steering_reset(&networks[0], SERVICE_LISTENER_CHECK);
	struct flow flow = flow_of(IPPROTO_TCP, "192.0.2.9", 5555, vip_of(FAMILY_IPV4), PROXY_PORT);
	struct outcome outcome;
	struct frame frame;

	tables_fill(maps, ranks);
	maps_set_silent(maps, N2_INDEX, true);
	build(&frame, &flow);
	frame_set_source(&frame, from);
	frame_set_ttl(&frame, ttl);
	steering_run(&frame, &outcome);
	frame_set_ttl(&frame, ttl_left);
	assert_sent(&outcome, &frame, to);
}

static void a_new_flow_steps_over_it(void **state)
{
	const __u8 ranks[] = {N1_INDEX, N2_INDEX, N3_INDEX};

	(void)state;
	expect_sent(syn, GATEWAY_MAC, 64, ranks, N3_MAC, 2);
}

/* n3 has asked in vain, and so have we: nobody else is left. */
static void it_is_asked_when_nobody_else_has_the_flow(void **state)
{
	const __u8 n2_n3_n1[] = N2_FIRST, n2_n1_n3[] = N2_N1;

	(void)state;
	expect_sent(later, N3_MAC, 2, n2_n3_n1, N2_MAC, 1);
	expect_sent(later, N3_MAC, 2, n2_n1_n3, N2_MAC, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_flows_go_to_who_is_heard),
		cmocka_unit_test(older_flows_are_looked_for),
		cmocka_unit_test(a_new_flow_steps_over_it),
		cmocka_unit_test(it_is_asked_when_nobody_else_has_the_flow),
	};

	return cmocka_run_group_tests_name("silent nodes", tests, open_all, steering_close);
}
