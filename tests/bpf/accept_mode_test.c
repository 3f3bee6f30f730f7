// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a VIP does not accept when it is told not to: what is of no service, and what reaches a node
 * that does not own it. Each row over both families, on every network, and cut at each length.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/steering_harness.h"

#define ID 0x4711

/* How much of a frame has to be there for it to be known for what it is. */
enum known_by {
	BY_ADDRESS, /* the IP header */
	BY_TYPE,    /* one byte more */
	BY_FLOW,    /* up to the ports, which may be those of a quoted packet */
};

struct row {
	const char *name;
	void (*build)(struct frame *frame, const struct flow *flow);
	__u8 family;      /* 0: both */
	__u8 protocol;    /* of the flow; 0: TCP */
	uint16_t port;    /* of the VIP; 0: HTTP_PORT */
	const char *from; /* source MAC; NULL: the gateway's */
	bool ours;        /* we come first for each flow, not a peer */
	enum known_by known_by;
	__u32 verdict; /* enum xdp_action */
};

static const __u8 families[] = {FAMILY_IPV4, FAMILY_IPV6};
static struct maps *maps;
static const struct network *network;

/* Frames. */

static void syn(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_SYN);
}

static void data(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
}

static void data_behind_options(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_add_options(frame);
}

static void first(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, ID, 0, true);
}

static void later(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, ID, 6, true);
}

static void too_big(struct frame *frame, const struct flow *flow)
{
	struct frame quoted;

	flow_reply(&quoted, flow);
	flow_error(frame, frame_is_ipv6(&quoted) ? 2 : ICMP_DEST_UNREACH, &quoted,
		   flow_minimal(&quoted));
}

static void of_protocol(struct frame *frame, const struct flow *flow, uint8_t ipv4, uint8_t ipv6)
{
	bool is_ipv6;

	flow_tcp(frame, flow, TH_SYN);
	is_ipv6 = frame_is_ipv6(frame);
	frame->bytes[frame->network + (is_ipv6 ? IPV6_NEXT_HEADER : IPV4_PROTOCOL)] =
		is_ipv6 ? ipv6 : ipv4;
	memset(frame->bytes + frame->transport, 0, frame->length - frame->transport);
}

static void echo(struct frame *frame, const struct flow *flow)
{
	of_protocol(frame, flow, IPPROTO_ICMP, IPPROTO_ICMPV6);
	frame->bytes[frame->transport] =
		frame_is_ipv6(frame) ? ICMP6_ECHO_REQUEST : (uint8_t)ICMP_ECHO;
}

static void gre(struct frame *frame, const struct flow *flow)
{
	of_protocol(frame, flow, IPPROTO_GRE, IPPROTO_GRE);
}

static void behind_hop_by_hop(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_SYN);
	frame->bytes[frame->network + IPV6_NEXT_HEADER] = IPPROTO_HOPOPTS;
	*frame_insert(frame, frame->transport, 8) = IPPROTO_TCP;
}

/* The gateway's answer to a question that had the VIP as its sender. */
static void neighbour(struct frame *frame, const struct flow *flow)
{
	(void)flow;
	frame_ethernet(frame, OUR_MAC, GATEWAY_MAC, ETH_P_IPV6);
	frame_ip(frame, GATEWAY6, BLUE_VIP6, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_ADVERTISEMENT, NEIGHBOUR_SOLICITED, GATEWAY6);
	frame_finish(frame);
}

static void of_type(struct frame *frame, uint8_t type)
{
	neighbour(frame, NULL);
	frame->bytes[frame->transport] = type;
	frame_finish(frame);
}

static void router_solicitation(struct frame *frame, const struct flow *flow)
{
	(void)flow;
	of_type(frame, 133);
}

static void redirect(struct frame *frame, const struct flow *flow)
{
	(void)flow;
	of_type(frame, 137);
}

static void certification_path(struct frame *frame, const struct flow *flow)
{
	(void)flow;
	of_type(frame, 138);
}

/* Not for a VIP, though the last bits of the address are one's. */
static void ours(struct frame *frame, const struct flow *flow)
{
	struct flow other = *flow;

	other.vip.bytes[13] ^= 0x80;
	flow_data(frame, &other);
}

/* Running them. */

static struct flow flow_of_row(const struct row *row, __u8 family)
{
	bool ipv4 = family == FAMILY_IPV4;

	return flow_of(row->protocol ? row->protocol : IPPROTO_TCP,
		       ipv4 ? stranger.address4 : stranger.address6, stranger.port, vip_of(family),
		       row->port ? row->port : HTTP_PORT);
}

static void prepare(const struct row *row, __u8 family, struct frame *frame)
{
	struct flow flow = flow_of_row(row, family);

	row->build(frame, &flow);
	frame_set_source(frame, row->from ? row->from : GATEWAY_MAC);
	if (network->tagged)
		frame_tag(frame, ETH_P_8021Q, network->control);
}

static const __u8 peers_first[RANKS] = {N2_INDEX, N3_INDEX, N1_INDEX};
static const __u8 we_first[RANKS] = {N1_INDEX, N2_INDEX, N3_INDEX};

/* All VIPs are BLUE's here. */
static void reset(__u32 flags, __u64 lease_until)
{
	struct ip_address vip, *previous = NULL, last;
	struct vip_entry entry;

	maps = steering_reset(network, 0);
	tables_fill(maps, peers_first);
	while (maps_next_vip(maps, previous, &vip) == 0) {
		assert_int_equal(maps_get_vip(maps, &vip, &entry), 0);
		entry.flags = flags;
		assert_int_equal(maps_set_vip(maps, &vip, &entry), 0);
		last = vip;
		previous = &last;
	}
	maps->settings->vip_flags = flags;
	maps->instances[BLUE].lease_until = lease_until;
}

static __u64 dropped_for(enum drop_reason reason)
{
	struct drops_entry drops;
	__u64 sum = 0;

	assert_int_equal(maps_read_drops(maps, &drops), 0);
	for (enum drop_reason other = DROP_REASON_FIRST; other < DROP_REASON_END; other++)
		sum += ((__u64 *)&drops)[drop_index(other)];
	assert_int_equal(sum, ((__u64 *)&drops)[drop_index(reason)]);
	return sum;
}

static size_t known_from(const struct row *row, const struct frame *frame)
{
	if (row->known_by == BY_FLOW)
		return frame_judged(frame);
	return row->known_by == BY_TYPE ? frame->transport + 1 : 0;
}

/* Without its address a frame is nobody's; without the rest it is of no service. */
static __u32 expected(const struct row *row, const struct frame *frame, size_t known, __u32 unknown)
{
	size_t addressed = frame->network + (frame_is_ipv6(frame) ? 40 : 20);

	if (frame->length < addressed)
		return XDP_PASS;
	return frame->length < known ? unknown : row->verdict;
}

static size_t check_row(const struct row *row, __u8 family, enum drop_reason reason)
{
	struct outcome outcome;
	size_t whole, known, failures = 0;
	struct frame frame;
	__u64 drops = 0;

	prepare(row, family, &frame);
	whole = frame.length;
	known = known_from(row, &frame);
	for (frame.length = ETH_HLEN; frame.length <= whole; frame.length++) {
		__u32 verdict = expected(row, &frame, known, XDP_DROP);

		steering_run(&frame, &outcome);
		drops += verdict == XDP_DROP;
		if (outcome.verdict == verdict &&
		    (verdict == XDP_TX || same_bytes(&frame, &outcome.frame)))
			continue;
		failures++;
		print_error("%s, %s, IPv%d: %s, not %s, at %zu of %zu bytes\n", row->name,
			    network->name, family, verdict_name(outcome.verdict),
			    verdict_name(verdict), frame.length, whole);
	}
	assert_int_equal(dropped_for(reason), drops);
	return failures;
}

static void check_rows(const struct row *rows, size_t count, __u32 flags, __u64 lease_until,
		       enum drop_reason reason)
{
	size_t failures = 0;

	for (size_t i = 0; i < network_count; i++) {
		network = &networks[i];
		for (const struct row *row = rows; row < rows + count; row++)
			for (size_t j = 0; j < 2; j++) {
				if (row->family && row->family != families[j])
					continue;
				reset(flags, lease_until);
				tables_fill(maps, row->ours ? we_first : peers_first);
				failures += check_row(row, families[j], reason);
			}
	}
	assert_int_equal(failures, 0);
}

#define CHECK(rows, flags, lease, reason)                                                          \
	check_rows(rows, sizeof(rows) / sizeof((rows)[0]), flags, lease, reason)

/* Accept mode. */

static void services_only(void **state)
{
	static const struct row rows[] = {
		{"HTTP", syn, .known_by = BY_FLOW, .verdict = XDP_TX},
		{"QUIC", data, .protocol = IPPROTO_UDP, .port = HTTPS_PORT, .known_by = BY_FLOW,
		 .verdict = XDP_TX},
		{"HTTP, ours", syn, .ours = true, .known_by = BY_FLOW, .verdict = XDP_PASS},
		{"HTTP from a peer", data, .from = N3_MAC, .ours = true, .known_by = BY_FLOW,
		 .verdict = XDP_PASS},
		{"HTTP behind options", data_behind_options, .family = FAMILY_IPV4,
		 .known_by = BY_FLOW, .verdict = XDP_TX},
		{"an error about HTTP", too_big, .known_by = BY_FLOW, .verdict = XDP_TX},
		{"a first fragment of HTTP", first, .known_by = BY_FLOW, .verdict = XDP_TX},
		{"another port", syn, .port = SSH_PORT, .verdict = XDP_DROP},
		{"another port, from a peer", syn, .port = SSH_PORT, .from = N2_MAC,
		 .verdict = XDP_DROP},
		{"another port of UDP", data, .protocol = IPPROTO_UDP, .verdict = XDP_DROP},
		{"an error about another port", too_big, .port = SSH_PORT, .verdict = XDP_DROP},
		{"a first fragment of another port", first, .port = SSH_PORT, .verdict = XDP_DROP},
		{"a fragment without its first", later, .verdict = XDP_DROP},
		{"echo", echo, .verdict = XDP_DROP},
		{"GRE", gre, .verdict = XDP_DROP},
		{"HTTP behind hop-by-hop options", behind_hop_by_hop, .family = FAMILY_IPV6,
		 .verdict = XDP_DROP},
		{"neighbour advertisement", neighbour, .family = FAMILY_IPV6, .known_by = BY_TYPE,
		 .verdict = XDP_PASS},
		{"router solicitation", router_solicitation, .family = FAMILY_IPV6,
		 .known_by = BY_TYPE, .verdict = XDP_PASS},
		{"redirect", redirect, .family = FAMILY_IPV6, .known_by = BY_TYPE,
		 .verdict = XDP_PASS},
		{"no neighbour discovery", certification_path, .family = FAMILY_IPV6,
		 .verdict = XDP_DROP},
		{"the host's", ours, .verdict = XDP_PASS},
	};

	(void)state;
	CHECK(rows, VIP_SERVICES_ONLY, 0, DROP_vip_not_accepted);
}

static __u32 verdict_on(void (*build)(struct frame *frame, const struct flow *flow),
			const struct flow *flow)
{
	struct outcome outcome;
	struct frame frame;

	build(&frame, flow);
	frame_set_source(&frame, GATEWAY_MAC);
	if (network->tagged)
		frame_tag(&frame, ETH_P_8021Q, network->control);
	steering_run(&frame, &outcome);
	return outcome.verdict;
}

/* Those that follow are refused with their first, and accepted with it. */
static void fragments_share_a_fate(void **state)
{
	(void)state;
	for (size_t i = 0; i < network_count; i++)
		for (size_t j = 0; j < 2; j++) {
			struct row other = {.port = SSH_PORT};
			struct flow http = flow_of_row(&(struct row){}, families[j]);
			struct flow ssh = flow_of_row(&other, families[j]);

			network = &networks[i];
			reset(VIP_SERVICES_ONLY, 0);
			assert_int_equal(verdict_on(first, &http), XDP_TX);
			assert_int_equal(verdict_on(later, &http), XDP_TX);
			assert_int_equal(verdict_on(first, &ssh), XDP_DROP);
			assert_int_equal(verdict_on(later, &ssh), XDP_DROP);
			assert_int_equal(steering_traffic().fragments, 2);
			assert_int_equal(dropped_for(DROP_vip_not_accepted), 2);
			reset(0, 0);
			assert_int_equal(verdict_on(first, &ssh), XDP_PASS);
			assert_int_equal(verdict_on(later, &ssh), XDP_PASS);
		}
}

/* One instance says so, another does not. */
static void flags_are_the_vips_own(void **state)
{
	struct flow ssh = flow_of_row(&(struct row){.port = SSH_PORT}, FAMILY_IPV4);
	struct vip_entry entry;

	(void)state;
	network = &networks[0];
	reset(VIP_SERVICES_ONLY | VIP_ACTIVE_ONLY, 0);
	assert_int_equal(maps_get_vip(maps, &ssh.vip, &entry), 0);
	entry.flags = 0;
	assert_int_equal(maps_set_vip(maps, &ssh.vip, &entry), 0);
	assert_int_equal(verdict_on(syn, &ssh), XDP_PASS);
	ssh = flow_of_row(&(struct row){.port = SSH_PORT}, FAMILY_IPV6);
	assert_int_equal(verdict_on(syn, &ssh), XDP_DROP);
}

/* Not the owner. */

static const struct row as_backup[] = {
	{"HTTP", syn, .verdict = XDP_DROP},
	{"data", data, .verdict = XDP_DROP},
	{"HTTP from a peer", data, .from = N3_MAC, .ours = true, .verdict = XDP_PASS},
	{"HTTP from another host", data, .from = HOST_MAC, .verdict = XDP_DROP},
	{"an error about HTTP", too_big, .verdict = XDP_DROP},
	{"a first fragment", first, .verdict = XDP_DROP},
	{"a later fragment", later, .verdict = XDP_DROP},
	{"a later fragment from a peer", later, .from = N2_MAC, .verdict = XDP_PASS},
	{"another port", syn, .port = SSH_PORT, .verdict = XDP_DROP},
	{"echo", echo, .verdict = XDP_DROP},
	{"neighbour advertisement", neighbour, .family = FAMILY_IPV6, .known_by = BY_TYPE,
	 .verdict = XDP_PASS},
	{"the host's", ours, .verdict = XDP_PASS},
};

static void active_only(void **state)
{
	(void)state;
	CHECK(as_backup, VIP_ACTIVE_ONLY, 0, DROP_vip_not_owner);
	CHECK(as_backup, VIP_ACTIVE_ONLY, lease_in(0) - NS_PER_S, DROP_vip_not_owner);
}

static void owner_steers_as_ever(void **state)
{
	static const struct row rows[] = {
		{"HTTP", syn, .known_by = BY_FLOW, .verdict = XDP_TX},
		{"echo", echo, .verdict = XDP_PASS},
		{"a fragment without its first", later, .verdict = XDP_PASS},
	};

	(void)state;
	for (size_t i = 0; i < network_count; i++)
		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			struct flow flow = flow_of_row(&rows[j], FAMILY_IPV4);

			network = &networks[i];
			reset(VIP_ACTIVE_ONLY, lease_in(60000));
			assert_int_equal(verdict_on(rows[j].build, &flow), rows[j].verdict);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_only),          cmocka_unit_test(fragments_share_a_fate),
		cmocka_unit_test(flags_are_the_vips_own), cmocka_unit_test(active_only),
		cmocka_unit_test(owner_steers_as_ever),
	};

	return cmocka_run_group_tests(tests, steering_open, steering_close);
}
