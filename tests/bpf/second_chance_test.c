// SPDX-License-Identifier: GPL-2.0-only
/*
 * Second chances, with real sockets: a segment stays where its connection is, else goes down the
 * ranks; a new connection steps over a node where nothing listens. And only when there is a reason
 * to ask: in steady state no socket is looked for.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "tests/bpf/sockets.h"
#include "tests/bpf/steering_harness.h"

/* Who has what here. HTTP_PORT has a listener, PROXY_PORT one for both families, HTTPS_PORT none.
 */
static const struct client connected = {"198.51.100.10", "2001:db8:1::10", 40001};
static const struct client finished = {"198.51.100.10", "2001:db8:1::10", 40002};
static const struct client half_open = {"198.51.100.7", "2001:db8:1::7", 40003};
static const struct client cookie_holder = {"198.51.100.7", "2001:db8:1::7", 40004};

static const char *const addresses[] = {BLUE_VIP4, BLUE_VIP6, "198.51.100.10", "2001:db8:1::10",
					NULL};

/* The numbers that tell whose a segment is: the cookie, and how far the connections have sent. */
static uint32_t cookies[FAMILY_IPV6 + 1], sent[FAMILY_IPV6 + 1], ends[FAMILY_IPV6 + 1];

static struct flow flow_from(const struct client *client, __u8 family, uint16_t port)
{
	return flow_of(IPPROTO_TCP, family == FAMILY_IPV4 ? client->address4 : client->address6,
		       client->port, vip_of(family), port);
}

static void wait_without_listener(__u8 family)
{
	struct flow flow = flow_from(&finished, family, HTTPS_PORT);
	int listener = socket_listen(vip_of(family), HTTPS_PORT);
	struct connection connection = socket_connect(listener, &flow);

	socket_time_wait(&connection);
	close(listener);
}

static void open_sockets(__u8 family)
{
	struct flow flow = flow_from(&connected, family, HTTP_PORT);
	int listener = socket_listen(vip_of(family), HTTP_PORT);
	struct connection connection;

	connection = socket_connect(listener, &flow);
	sent[family] = socket_sent(connection.server);
	flow = flow_from(&finished, family, HTTP_PORT);
	connection = socket_connect(listener, &flow);
	ends[family] = socket_time_wait(&connection);
	wait_without_listener(family);
	flow = flow_from(&half_open, family, HTTP_PORT);
	socket_half_open(&flow);
	flow = flow_from(&cookie_holder, family, HTTP_PORT);
	cookies[family] = socket_cookie(&flow);
}

static int open_all(void **state)
{
	if (sockets_enter(addresses))
		return -1;
	open_sockets(FAMILY_IPV4);
	open_sockets(FAMILY_IPV6);
	socket_listen("::", PROXY_PORT);
	return steering_open(state);
}

/* Frames. */

static void syn(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_SYN);
}

static void acknowledge(struct frame *frame, uint32_t number)
{
	uint8_t *tcp = frame->bytes + frame->transport;

	put_be16(tcp + TCP_ACKNOWLEDGMENT, (uint16_t)(number >> 16));
	put_be16(tcp + TCP_ACKNOWLEDGMENT + 2, (uint16_t)number);
	flow_finish(frame);
}

/* Acknowledges what the established connection has sent, and @missing bytes less. */
static void data_missing(struct frame *frame, const struct flow *flow, uint32_t missing)
{
	flow_tcp(frame, flow, TH_ACK | TH_PUSH);
	acknowledge(frame, sent[address_family(&flow->vip)] - missing);
}

static void data(struct frame *frame, const struct flow *flow)
{
	data_missing(frame, flow, 0);
}

static void overtaken(struct frame *frame, const struct flow *flow)
{
	data_missing(frame, flow, 1 << 20);
}

static void too_old(struct frame *frame, const struct flow *flow)
{
	data_missing(frame, flow, (1 << 20) + 1);
}

static void not_sent_yet(struct frame *frame, const struct flow *flow)
{
	data_missing(frame, flow, (uint32_t)-1);
}

static void fin(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_ACK | TH_FIN);
	acknowledge(frame, sent[address_family(&flow->vip)]);
}

/* The same of the finished connection. */
static void late_fin_missing(struct frame *frame, const struct flow *flow, uint32_t missing)
{
	flow_tcp(frame, flow, TH_ACK | TH_FIN);
	acknowledge(frame, ends[address_family(&flow->vip)] - missing);
}

static void late_fin(struct frame *frame, const struct flow *flow)
{
	late_fin_missing(frame, flow, 0);
}

static void late_overtaken_fin(struct frame *frame, const struct flow *flow)
{
	late_fin_missing(frame, flow, 1 << 20);
}

static void anothers_fin(struct frame *frame, const struct flow *flow)
{
	late_fin_missing(frame, flow, (1 << 20) + 1);
}

static void data_of_the_next(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_ACK | TH_PUSH);
	acknowledge(frame, ends[address_family(&flow->vip)] + 1);
}

static void reset(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_RST);
}

static void syn_ack(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_SYN | TH_ACK);
}

static void datagram(struct frame *frame, const struct flow *flow)
{
	struct flow udp = *flow;

	udp.protocol = IPPROTO_UDP;
	flow_udp(frame, &udp);
}

/* The third packet of a handshake that a cookie answered; @flaw: what is wrong with the cookie. */
static void acknowledge_cookie(struct frame *frame, const struct flow *flow, uint32_t flaw)
{
	flow_tcp(frame, flow, TH_ACK);
	put_be16(frame->bytes + frame->transport + TCP_SEQUENCE + 2, 1); /* its SYN's, plus one */
	acknowledge(frame, (cookies[address_family(&flow->vip)] ^ flaw) + 1);
}

static void cookie(struct frame *frame, const struct flow *flow)
{
	acknowledge_cookie(frame, flow, 0);
}

static void forged_cookie(struct frame *frame, const struct flow *flow)
{
	acknowledge_cookie(frame, flow, 0x00400000);
}

/* Padding to @length bytes of options. */
static void add_tcp_options(struct frame *frame, size_t length)
{
	memset(frame_insert(frame, frame->transport + TCP_LENGTH, length), 1, length);
	frame->bytes[frame->transport + 12] = (uint8_t)((TCP_LENGTH + length) / 4 << 4);
	flow_finish(frame);
}

static void cookie_with_timestamp(struct frame *frame, const struct flow *flow)
{
	acknowledge_cookie(frame, flow, 0);
	add_tcp_options(frame, 12);
}

static void cookie_with_all_options(struct frame *frame, const struct flow *flow)
{
	acknowledge_cookie(frame, flow, 0);
	add_tcp_options(frame, 40);
}

static void cookie_in_reset(struct frame *frame, const struct flow *flow)
{
	acknowledge_cookie(frame, flow, 0);
	frame->bytes[frame->transport + TCP_FLAGS] = TH_RST | TH_ACK;
	flow_finish(frame);
}

/* An ICMP error about what the VIP sent. */
static void error_about(struct frame *frame, const struct flow *flow)
{
	struct frame quoted;

	flow_reply(&quoted, flow);
	flow_error(frame, frame_is_ipv6(&quoted) ? 2 : 3, &quoted, flow_minimal(&quoted));
}

/* Tables. */

#define US_FIRST   .ranks = {N1_INDEX, N2_INDEX, N3_INDEX}
#define US_SECOND  .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}
#define US_LAST    .ranks = {N2_INDEX, N3_INDEX, N1_INDEX}
#define US_ALONE   .ranks = {N1_INDEX, NOBODY, NOBODY}
#define WITHOUT_US .ranks = {N2_INDEX, N3_INDEX, NOBODY}

#define FOUND   .traffic = {.second_chances = 1, .second_chances_found = 1}
#define PASSED  .traffic = {.second_chances = 1, .second_chances_passed = 1}
#define SPENT   .traffic = {.second_chances = 1, .second_chances_spent = 1}
#define STEPPED .arms = true, .traffic = {.stepped_over = 1}

static const struct steering_case connections[] = {
	{"established", data, .client = &connected, US_FIRST, .state = SETTLING, KEPT, FOUND},
	{"established, armed", data, .client = &connected, US_FIRST, .state = ARMED, KEPT, FOUND},
	{"established, overtaken", overtaken, .client = &connected, US_FIRST, .state = SETTLING,
	 KEPT, FOUND},
	{"its FIN", fin, .client = &connected, US_FIRST, .state = SETTLING, KEPT, FOUND},
	{"its RST", reset, .client = &connected, US_FIRST, .state = SETTLING, KEPT, FOUND},
	{"TIME_WAIT", late_fin, .client = &finished, US_FIRST, .state = SETTLING, KEPT, FOUND},
	{"TIME_WAIT, older", late_overtaken_fin, .client = &finished, US_FIRST, .state = SETTLING,
	 KEPT, FOUND},
	{"an ICMP error about TIME_WAIT", error_about, .client = &finished, US_FIRST,
	 .state = SETTLING, KEPT,
	 .traffic = {.icmp_errors = 1, .second_chances = 1, .second_chances_found = 1}},
	{"a request socket", data, .client = &half_open, US_FIRST, .state = SETTLING, KEPT, FOUND},
	{"a SYN cookie", cookie, .client = &cookie_holder, US_FIRST, .state = SETTLING, KEPT,
	 FOUND},
	{"a SYN cookie, timestamps", cookie_with_timestamp, .client = &cookie_holder, .options = 12,
	 US_FIRST, .state = SETTLING, KEPT, FOUND},
	{"a SYN cookie, 40 bytes of options", cookie_with_all_options, .client = &cookie_holder,
	 .options = 40, US_FIRST, .state = SETTLING, KEPT, FOUND},
	{"established, the last rank", data, .client = &connected, US_ALONE, .state = SETTLING,
	 KEPT, FOUND},
	{"an ICMP error about it", error_about, .client = &connected, US_FIRST, .state = SETTLING,
	 KEPT, .traffic = {.icmp_errors = 1, .second_chances = 1, .second_chances_found = 1}},
};

static void connections_stay(void **state)
{
	(void)state;
	CHECK_STEERING(connections);
}

/* HTTP_PORT has a listener, which is not a connection. */
static const struct steering_case unknown[] = {
	{"data", data, US_FIRST, .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"data, armed", data, US_FIRST, .state = ARMED, HOPPED_TO(N2_INDEX), PASSED},
	{"data, no listener", data, .port = HTTPS_PORT, US_FIRST, .state = SETTLING,
	 HOPPED_TO(N2_INDEX), PASSED},
	{"an older one's port", too_old, .client = &connected, US_FIRST, .state = SETTLING,
	 HOPPED_TO(N2_INDEX), PASSED},
	{"an older one's port, other numbers", not_sent_yet, .client = &connected, US_FIRST,
	 .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"the port of one in TIME_WAIT", data_of_the_next, .client = &finished, US_FIRST,
	 .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"the port of one in TIME_WAIT, FIN", anothers_fin, .client = &finished, US_FIRST,
	 .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"FIN", fin, US_FIRST, .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"RST", reset, US_FIRST, .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"SYN-ACK", syn_ack, US_FIRST, .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"a forged SYN cookie", forged_cookie, .client = &cookie_holder, US_FIRST,
	 .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"another's SYN cookie", cookie, US_FIRST, .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"a SYN cookie in a RST", cookie_in_reset, .client = &cookie_holder, US_FIRST,
	 .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"an ICMP error about it", error_about, US_FIRST, .state = SETTLING, HOPPED_TO(N2_INDEX),
	 .traffic = {.icmp_errors = 1, .second_chances = 1, .second_chances_passed = 1}},
	{"nobody is left", data, US_ALONE, .state = SETTLING, KEPT, SPENT},
	{"TTL 2", data, .ttl = 2, US_FIRST, .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"TTL 1", data, .ttl = 1, US_FIRST, .state = SETTLING, KEPT, SPENT},
	{"TTL 255", data, .ttl = 255, US_FIRST, .state = SETTLING, HOPPED_TO(N2_INDEX), PASSED},
	{"its MAC is unknown", data, US_FIRST, .state = SETTLING | UNREACHABLE, KEPT,
	 .traffic = {.second_chances = 1, .second_chances_spent = 1, .unreachable_backend = 2}},
};

static void unknown_ones_go_on(void **state)
{
	(void)state;
	CHECK_STEERING(unknown);
}

#define FROM_PEER_PASSED                                                                           \
	.traffic = {.from_peers = 1, .second_chances = 1, .second_chances_passed = 1}
#define FROM_PEER_SPENT .traffic = {.from_peers = 1, .second_chances = 1, .second_chances_spent = 1}

/*
 * Round the circle of the ranks, from whoever was asked first; a TTL below 4 says how many were
 * asked before us.
 */
static const struct steering_case chain[] = {
	{"first, from second", data, .from = N2_MAC, US_FIRST, .state = SETTLING,
	 PEER_HOPPED_TO(N2_INDEX), FROM_PEER_PASSED},
	{"first, from third", data, .from = N3_MAC, US_FIRST, .state = SETTLING,
	 PEER_HOPPED_TO(N2_INDEX), FROM_PEER_PASSED},
	{"first of two, from second", data, .from = N2_MAC, .ranks = {N1_INDEX, N2_INDEX, NOBODY},
	 .state = SETTLING, PEER_HOPPED_TO(N2_INDEX), FROM_PEER_PASSED},
	{"second of two, passed on", data, .from = N2_MAC, .ttl = 3,
	 .ranks = {N2_INDEX, N1_INDEX, NOBODY}, .state = SETTLING, PEER_KEPT, FROM_PEER_SPENT},
	{"second, from first", data, .from = N2_MAC, US_SECOND, .state = SETTLING,
	 PEER_HOPPED_TO(N3_INDEX), FROM_PEER_PASSED},
	{"second, passed on by first", data, .from = N2_MAC, .ttl = 3, US_SECOND, .state = SETTLING,
	 PEER_HOPPED_TO(N3_INDEX), FROM_PEER_PASSED},
	{"second, from third", data, .from = N3_MAC, US_SECOND, .state = SETTLING,
	 PEER_HOPPED_TO(N3_INDEX), FROM_PEER_PASSED},
	{"third, from second", data, .from = N3_MAC, US_LAST, .state = SETTLING,
	 PEER_HOPPED_TO(N2_INDEX), FROM_PEER_PASSED},
	{"third, passed on by second, which was asked first", data, .from = N3_MAC, .ttl = 3,
	 US_LAST, .state = SETTLING, PEER_HOPPED_TO(N2_INDEX), FROM_PEER_PASSED},
	{"third, passed on by second", data, .from = N3_MAC, .ttl = 2, US_LAST, .state = SETTLING,
	 PEER_KEPT, FROM_PEER_SPENT},
	{"third, passed on by first, for second is out of reach", data, .from = N2_MAC, .ttl = 2,
	 US_LAST, .state = SETTLING, PEER_KEPT, FROM_PEER_SPENT},
	{"of no rank", data, .from = N2_MAC, WITHOUT_US, .state = SETTLING,
	 PEER_HOPPED_TO(N2_INDEX), FROM_PEER_PASSED},
	{"of no rank, passed on", data, .from = N2_MAC, .ttl = 3, WITHOUT_US, .state = SETTLING,
	 PEER_KEPT, FROM_PEER_SPENT},
	{"TTL 1", data, .from = N2_MAC, .ttl = 1, US_SECOND, .state = SETTLING, PEER_KEPT,
	 FROM_PEER_SPENT},
	{"steady here, but the sender doubts", data, .from = N2_MAC, .ttl = 4, US_FIRST,
	 PEER_HOPPED_TO(N2_INDEX), FROM_PEER_PASSED},
	{"steady here, but passed on", data, .from = N2_MAC, .ttl = 3, US_FIRST,
	 PEER_HOPPED_TO(N2_INDEX), FROM_PEER_PASSED},
	{"steady here, but we are not the primary", data, .from = N3_MAC, US_SECOND,
	 PEER_HOPPED_TO(N3_INDEX), FROM_PEER_PASSED},
	{"established, second", data, .client = &connected, .from = N2_MAC, US_SECOND,
	 .state = SETTLING, PEER_KEPT,
	 .traffic = {.from_peers = 1, .second_chances = 1, .second_chances_found = 1}},
	{"a SYN, second", syn, .from = N2_MAC, .port = HTTPS_PORT, US_SECOND,
	 PEER_HOPPED_TO(N2_INDEX), .arms = true, .traffic = {.from_peers = 1, .stepped_over = 1}},
	{"a SYN, second, passed on", syn, .from = N2_MAC, .port = HTTPS_PORT, .ttl = 3, US_SECOND,
	 PEER_HOPPED_TO(N3_INDEX), .arms = true, .traffic = {.from_peers = 1, .stepped_over = 1}},
	{"a SYN while we drain, which the others do not know", syn, .from = N3_MAC, US_LAST,
	 .state = DRAINING, PEER_HOPPED_TO(N2_INDEX), .arms = true,
	 .traffic = {.from_peers = 1, .stepped_over = 1}},
	{"a SYN, second, a listener", syn, .from = N2_MAC, US_SECOND, PEER_KEPT,
	 .traffic = {.from_peers = 1}},
	{"a SYN, last", syn, .from = N3_MAC, .port = HTTPS_PORT, .ttl = 2, US_LAST, PEER_KEPT,
	 .traffic = {.from_peers = 1}},
};

static void chain_ends(void **state)
{
	(void)state;
	CHECK_STEERING(chain);
}

static const struct steering_case steady[] = {
	{"established", data, .client = &connected, US_FIRST, KEPT},
	{"unknown", data, US_FIRST, KEPT},
	{"unknown, no listener", data, .port = HTTPS_PORT, US_FIRST, KEPT},
	{"unknown, draining", data, US_FIRST, .state = DRAINING, KEPT},
	{"unknown, from a peer", data, .from = N2_MAC, US_FIRST, PEER_KEPT,
	 .traffic = {.from_peers = 1}},
	{"an ICMP error", error_about, US_FIRST, KEPT, .traffic = {.icmp_errors = 1}},
	{"a SYN unchecked, no listener", syn, .port = HTTPS_PORT, US_FIRST,
	 .state = UNCHECKED | SETTLING, KEPT},
	{"QUIC, settling", datagram, .port = HTTPS_PORT, US_FIRST,
	 .state = SETTLING | ARMED | DRAINING, KEPT},
};

/*
 * The server is where no socket can be seen, so nothing follows from there being none: every
 * segment goes where the first one did.
 */
static const struct steering_case unchecked[] = {
	{"a SYN", syn, .port = HTTPS_PORT, US_FIRST, .state = UNCHECKED, KEPT},
	{"a SYN, draining", syn, .port = HTTPS_PORT, US_FIRST, .state = UNCHECKED | DRAINING, KEPT},
	{"data, settling", data, US_FIRST, .state = UNCHECKED | SETTLING, KEPT},
	{"data, armed by another service", data, US_FIRST, .state = UNCHECKED | ARMED, KEPT},
	{"data, all at once", data, US_FIRST, .state = UNCHECKED | SETTLING | ARMED | DRAINING,
	 KEPT},
	{"FIN, settling", fin, US_FIRST, .state = UNCHECKED | SETTLING, KEPT},
	{"an ICMP error, settling", error_about, US_FIRST, .state = UNCHECKED | SETTLING, KEPT,
	 .traffic = {.icmp_errors = 1}},
	{"data that the sender doubts", data, .from = N2_MAC, .ttl = 4, US_FIRST,
	 .state = UNCHECKED, PEER_KEPT, .traffic = {.from_peers = 1}},
	{"data for us who are not the primary", data, .from = N3_MAC, US_SECOND,
	 .state = UNCHECKED | SETTLING, PEER_KEPT, .traffic = {.from_peers = 1}},
};

static void what_cannot_be_seen_is_not_missed(void **state)
{
	(void)state;
	CHECK_STEERING(unchecked);
}

static void no_reason_no_look(void **state)
{
	(void)state;
	CHECK_STEERING(steady);
}

static const struct steering_case new_connections[] = {
	{"a listener", syn, US_FIRST, KEPT},
	{"a listener for both families", syn, .port = PROXY_PORT, US_FIRST, KEPT},
	{"the port of one in TIME_WAIT", syn, .client = &finished, US_FIRST, KEPT},
	{"no listener", syn, .port = HTTPS_PORT, US_FIRST, HOPPED_TO(N2_INDEX), STEPPED},
	{"no listener, settling", syn, .port = HTTPS_PORT, US_FIRST, .state = SETTLING,
	 HOPPED_TO(N2_INDEX), STEPPED},
	{"no listener, nobody is left", syn, .port = HTTPS_PORT, US_ALONE, KEPT},
	{"no listener, TTL 1", syn, .port = HTTPS_PORT, .ttl = 1, US_FIRST, KEPT},
	{"no listener, the port of one in TIME_WAIT", syn, .client = &finished, .port = HTTPS_PORT,
	 US_FIRST, HOPPED_TO(N2_INDEX), STEPPED},
	{"draining, the port of one in TIME_WAIT", syn, .client = &finished, US_FIRST,
	 .state = DRAINING, HOPPED_TO(N2_INDEX), STEPPED},
	{"draining", syn, US_FIRST, .state = DRAINING, HOPPED_TO(N2_INDEX), STEPPED},
	{"draining, checked", syn, US_FIRST, .state = DRAINING, HOPPED_TO(N2_INDEX), STEPPED},
	{"draining, nobody is left", syn, US_ALONE, .state = DRAINING, KEPT},
	{"draining, the SYN of a request socket again", syn, .client = &half_open, US_FIRST,
	 .state = DRAINING, KEPT},
	{"draining, a SYN on an established one", syn, .client = &connected, US_FIRST,
	 .state = DRAINING, KEPT},
};

static void new_connections_find_listener(void **state)
{
	(void)state;
	CHECK_STEERING(new_connections);
}

/* The incremental checksum against one made anew, for every value that it can have (RFC 1624). */
static void every_checksum_is_right(void **state)
{
	static const __u8 ranks[RANKS] = {N1_INDEX, N2_INDEX, N3_INDEX};
	struct flow flow = flow_from(&stranger, FAMILY_IPV4, HTTP_PORT);
	struct maps *maps = steering_reset(&networks[0], SERVICE_LISTENER_CHECK);
	struct outcome outcome;
	struct frame frame;

	(void)state;
	tables_fill(maps, ranks);
	maps->pools[WEB_POOL].settling = 1;
	data(&frame, &flow);
	for (unsigned int identification = 0; identification <= 0xffff; identification++) {
		put_be16(frame.bytes + frame.network + IPV4_IDENTIFICATION,
			 (uint16_t)identification);
		frame_set_ttl(&frame, 64);
		steering_run(&frame, &outcome);
		frame_set_ttl(&frame, ttl_passed_on(64));
		assert_sent(&outcome, &frame, N2_MAC);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_stay),
		cmocka_unit_test(unknown_ones_go_on),
		cmocka_unit_test(chain_ends),
		cmocka_unit_test(no_reason_no_look),
		cmocka_unit_test(what_cannot_be_seen_is_not_missed),
		cmocka_unit_test(new_connections_find_listener),
		cmocka_unit_test(every_checksum_is_right),
	};

	return cmocka_run_group_tests(tests, open_all, steering_close);
}
