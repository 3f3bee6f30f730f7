// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames for a VIP that are not addressed to this node: what a switch floods, what a port reflects,
 * and what somebody broadcasts. They are dropped, for whoever took one would send it on a second
 * time or answer for the node that it is meant for. What is for no VIP is the host's business.
 */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/steering_harness.h"

/* A group of hosts: 01:00:5e, RFC 1112 section 6.4. */
#define GROUP_MAC "01:00:5e:00:00:fb"

static void syn(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_SYN);
}

static void first_fragment(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, 7, 0, true);
}

static void later_fragment(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, 7, 5, false);
}

static void echo_request(struct frame *frame, const struct flow *flow)
{
	bool ipv6;

	flow_data(frame, flow);
	ipv6 = frame_is_ipv6(frame);
	frame->bytes[frame->network + (ipv6 ? IPV6_NEXT_HEADER : IPV4_PROTOCOL)] =
		ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	frame->bytes[frame->transport] = ipv6 ? 128 : ICMP_ECHO;
	flow_finish(frame);
}

static void icmp_error(struct frame *frame, const struct flow *flow)
{
	struct frame quoted;

	flow_reply(&quoted, flow);
	flow_error(frame, frame_is_ipv6(&quoted) ? 2 : ICMP_DEST_UNREACH, &quoted,
		   flow_minimal(&quoted));
}

struct shape {
	const char *name;
	void (*build)(struct frame *frame, const struct flow *flow);
	uint16_t port; /* of the VIP */
};

static const struct shape shapes[] = {
	{"a SYN", syn, HTTP_PORT},
	{"data", flow_data, HTTP_PORT},
	{"a datagram", flow_udp, HTTPS_PORT},
	{"a first fragment", first_fragment, HTTP_PORT},
	{"a later fragment", later_fragment, HTTP_PORT},
	{"an ICMP error", icmp_error, HTTP_PORT},
	{"a SYN of no service", syn, SSH_PORT},
	{"an echo request", echo_request, HTTP_PORT},
};

/* Nobody's, a peer's, everybody's, and a group's. */
static const char *const others[] = {HOST_MAC, N3_MAC, BROADCAST, GROUP_MAC};

static __u64 dropped(const struct maps *maps)
{
	struct drops_entry drops;

	assert_int_equal(maps_read_drops(maps, &drops), 0);
	return drops.vip_other_mac;
}

static struct flow flow_to(__u8 family, const struct shape *shape, const char *vip4,
			   const char *vip6)
{
	bool ipv4 = family == FAMILY_IPV4;
	uint8_t protocol = shape->build == flow_udp ? IPPROTO_UDP : IPPROTO_TCP;

	return flow_of(protocol, ipv4 ? "198.51.100.7" : "2001:db8:1::7", 40000, ipv4 ? vip4 : vip6,
		       shape->port);
}

static __u32 verdict_on(const struct shape *shape, const struct flow *flow,
			const struct network *network, const char *mac)
{
	struct outcome outcome;
	struct frame frame;

	shape->build(&frame, flow);
	assert_int_equal(mac_parse(mac, frame.bytes), 0);
	if (network->tagged)
		frame_tag(&frame, ETH_P_8021Q, network->control);
	steering_run(&frame, &outcome);
	return outcome.verdict;
}

static const __u8 families[] = {FAMILY_IPV4, FAMILY_IPV6};

/* Every shape, family, network and address; returns how many got another verdict. */
static int count_wrong(const char *vip4, const char *vip6, __u32 wanted, __u64 drops_each)
{
	const __u8 ranks[RANKS] = {N2_INDEX, N1_INDEX, N3_INDEX};
	int wrong = 0;

	for (size_t n = 0; n < network_count; n++) {
		struct maps *maps = steering_reset(&networks[n], SERVICE_LISTENER_CHECK);

		tables_fill(maps, ranks);
		for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
			for (size_t f = 0; f < sizeof(families); f++)
				for (size_t m = 0; m < sizeof(others) / sizeof(others[0]); m++) {
					struct flow flow =
						flow_to(families[f], &shapes[i], vip4, vip6);
					__u64 before = dropped(maps);

					if (verdict_on(&shapes[i], &flow, &networks[n],
						       others[m]) == wanted &&
					    dropped(maps) - before == drops_each)
						continue;
					print_error("%s, IPv%d, to %s, %s\n", shapes[i].name,
						    families[f], others[m], networks[n].name);
					wrong++;
				}
	}
	return wrong;
}

static void what_is_for_a_vip_is_dropped(void **state)
{
	(void)state;
	assert_int_equal(count_wrong(BLUE_VIP4, BLUE_VIP6, XDP_DROP, 1), 0);
}

/* The host's own, and an address that the filter of VIPs takes for one. */
static void what_is_for_no_vip_passes(void **state)
{
	(void)state;
	assert_int_equal(count_wrong(OUR_ADDRESS4, OUR_ADDRESS6, XDP_PASS, 0), 0);
	assert_int_equal(count_wrong("10.77.16.101", "fd78::101", XDP_PASS, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_for_a_vip_is_dropped),
		cmocka_unit_test(what_is_for_no_vip_passes),
	};

	return cmocka_run_group_tests(tests, steering_open, steering_close);
}
