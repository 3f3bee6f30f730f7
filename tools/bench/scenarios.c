// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scenarios.h"

#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "tests/bpf/flows.h"
#include "tests/bpf/harness.h"
#include "tests/bpf/signing.h"
#include "tests/bpf/steering_tables.h"

#define CLIENT6     "2001:db8:1::7"
#define NO_VIP4     "10.77.0.99"
#define NO_VIP6     "fd77::99"
#define PASSWORD    "password"
#define INBOX_BATCH 500 /* advertisements, which is less than the inbox holds */

/* Frames. */

static void segment(struct frame *frame, const char *client, const char *to, uint8_t flags)
{
	struct flow flow = flow_of(IPPROTO_TCP, client, CLIENT_PORT, to, HTTP_PORT);

	flow_tcp(frame, &flow, flags);
}

static void tcp4(struct frame *frame)
{
	segment(frame, CLIENT4, BLUE_VIP4, TH_ACK);
}

static void tcp6(struct frame *frame)
{
	segment(frame, CLIENT6, BLUE_VIP6, TH_ACK);
}

static void syn4(struct frame *frame)
{
	segment(frame, CLIENT4, BLUE_VIP4, TH_SYN);
}

static void syn6(struct frame *frame)
{
	segment(frame, CLIENT6, BLUE_VIP6, TH_SYN);
}

static void udp4(struct frame *frame)
{
	struct flow flow = flow_of(IPPROTO_UDP, CLIENT4, CLIENT_PORT, BLUE_VIP4, HTTPS_PORT);

	flow_udp(frame, &flow);
}

static void tagged4(struct frame *frame)
{
	tcp4(frame);
	frame_tag(frame, ETH_P_8021Q, 4000);
}

uint32_t connection_sent;

static void connected4(struct frame *frame)
{
	uint8_t *tcp;

	segment(frame, CONNECTED4, BLUE_VIP4, TH_ACK);
	tcp = frame->bytes + frame->transport;
	put_be16(tcp + TCP_ACKNOWLEDGMENT, (uint16_t)(connection_sent >> 16));
	put_be16(tcp + TCP_ACKNOWLEDGMENT + 2, (uint16_t)connection_sent);
	flow_finish(frame);
}

static void no_vip4(struct frame *frame)
{
	segment(frame, CLIENT4, NO_VIP4, TH_ACK);
}

static void no_vip6(struct frame *frame)
{
	segment(frame, CLIENT6, NO_VIP6, TH_ACK);
}

static void no_vip_fragment4(struct frame *frame)
{
	no_vip4(frame);
	frame_fragment(frame, 7, 0, true);
}

static void arp(struct frame *frame, const char *target)
{
	frame_ethernet(frame, BROADCAST, GATEWAY_MAC, ETH_P_ARP);
	frame_arp(frame, 1, (struct arp_side){GATEWAY_MAC, GATEWAY4},
		  (struct arp_side){NO_MAC, target});
}

static void arp_for_node(struct frame *frame)
{
	arp(frame, OUR_ADDRESS4);
}

static void arp_for_vip(struct frame *frame)
{
	arp(frame, BLUE_VIP4);
}

static void solicitation(struct frame *frame)
{
	frame_ethernet(frame, OUR_MAC, GATEWAY_MAC, ETH_P_IPV6);
	frame_ip(frame, GATEWAY6, BLUE_VIP6, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_SOLICITATION, 0, BLUE_VIP6);
	frame_link_address(frame, OPTION_SOURCE_LINK_ADDRESS, GATEWAY_MAC);
	frame_finish(frame);
}

static const char *const vips[] = {BLUE_VIP4, NULL};

static void advert_from(struct frame *frame, const char *source)
{
	frame_ethernet(frame, VRRP_GROUP4_MAC, N2_MAC, ETH_P_IP);
	frame_ip(frame, source, VRRP_GROUP4, 112);
	frame_advert(frame, BLUE, PRIORITY - 1, INTERVAL, vips);
	frame_finish(frame);
}

static void advert(struct frame *frame)
{
	advert_from(frame, N2_ADDRESS4);
}

static void advert2(struct frame *frame)
{
	frame_ethernet(frame, VRRP_GROUP4_MAC, N2_MAC, ETH_P_IP);
	frame_ip(frame, N2_ADDRESS4, VRRP_GROUP4, 112);
	frame_advert2(frame, BLUE, PRIORITY - 1, INTERVAL / 100, vips, VRRP2_SIMPLE_TEXT, PASSWORD);
	frame_finish(frame);
}

static void signed_advert(struct frame *frame)
{
	advert(frame);
	frame_sign(frame, &first_secret, sequence_in(0));
}

static void wrongly_signed_advert(struct frame *frame)
{
	signed_advert(frame);
	frame_trailer(frame)[TRAILER_HMAC] ^= 1;
}

static void captured_advert(struct frame *frame)
{
	advert(frame);
	frame_sign(frame, &first_secret, sequence_in(-3600000));
}

static void strangers_advert(struct frame *frame)
{
	advert_from(frame, HOST_ADDRESS4);
}

static void forged_advert(struct frame *frame)
{
	advert(frame);
	frame_set_ttl(frame, 254);
}

/* Tables. */

static void us_first(struct maps *maps)
{
	tables_fill(maps, (const __u8[]){N1_INDEX, N2_INDEX, N3_INDEX});
}

static void peer_first(struct maps *maps)
{
	tables_fill(maps, (const __u8[]){N2_INDEX, N1_INDEX, N3_INDEX});
}

/* As they really are: a million flows touch the whole table. */
static void everybody(struct maps *maps)
{
	tables_fill_random(maps);
}

static void everybody_tagged(struct maps *maps)
{
	maps->settings->vlan = 4000;
	everybody(maps);
}

static void us_checking(struct maps *maps)
{
	tables_reset(maps, VLAN_UNTAGGED, SERVICE_LISTENER_CHECK);
	us_first(maps);
}

static void us_settling(struct maps *maps)
{
	us_checking(maps);
	maps->pools[WEB_POOL].settling = 1;
}

static void version2(struct maps *maps)
{
	struct instance_entry *instance = &maps->instances[BLUE];

	instance->version = 2;
	instance->authentication_type = VRRP2_SIMPLE_TEXT;
	memcpy(instance->authentication_data, PASSWORD, sizeof(instance->authentication_data));
}

/* A window of an hour less a second: the measurements take a while. */
static void authenticated(struct maps *maps)
{
	*maps->authentication = authentication_now(AUTHENTICATION_ENFORCE, false);
	maps->authentication->window = 3599 * NS_PER_S;
	maps->keys[first_secret.id] = key_of(&first_secret);
}

/* Counters that tell whether each packet was judged as the scenario means. */

static __u64 sent_to_n2(const struct maps *maps)
{
	struct steered_entry steered;

	return maps_read_steered(maps, WEB, N2_INDEX, &steered) ? 0 : steered.packets;
}

static __u64 kept(const struct maps *maps)
{
	struct steered_entry steered;

	return maps_read_steered(maps, WEB, N1_INDEX, &steered) ? 0 : steered.packets;
}

static __u64 sent_to_all(const struct maps *maps)
{
	__u64 sum = 0;

	for (__u32 node = 0; node < BIG_POOL; node++) {
		struct steered_entry steered;

		if (maps_read_steered(maps, WEB, node, &steered) == 0)
			sum += steered.packets;
	}
	return sum;
}

#define TRAFFIC_COUNTER(name)                                                                      \
	static __u64 name(const struct maps *maps)                                                 \
	{                                                                                          \
		struct traffic_entry traffic;                                                      \
                                                                                                   \
		return maps_read_traffic(maps, &traffic) ? 0 : traffic.name;                       \
	}

TRAFFIC_COUNTER(second_chances_found)
TRAFFIC_COUNTER(second_chances_passed)
TRAFFIC_COUNTER(arp_answered)
TRAFFIC_COUNTER(ns_answered)
TRAFFIC_COUNTER(adverts_accepted)
TRAFFIC_COUNTER(adverts_authenticated)

#define DROP_COUNTER(name)                                                                         \
	static __u64 name(const struct maps *maps)                                                 \
	{                                                                                          \
		struct drops_entry drops;                                                          \
                                                                                                   \
		return maps_read_drops(maps, &drops) ? 0 : drops.name;                             \
	}

DROP_COUNTER(vrrp_ttl)
DROP_COUNTER(vrrp_unknown_source)
DROP_COUNTER(vrrp_trailer_stale)
DROP_COUNTER(vrrp_hmac)

/* Scenarios. */

const struct scenario scenarios[] = {
	{"tcp-v4-ch", tcp4, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v6-ch", tcp6, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v4-syn", syn4, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v6-syn", syn6, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"udp-v4-ch", udp4, peer_first, sent_to_n2, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v4-ch-tagged", tagged4, everybody_tagged, sent_to_all, XDP_TX, RESTORE_MACS, 0, 32},
	{"tcp-v4-ch-1m-flows", tcp4, everybody, sent_to_all, XDP_TX, RESTORE_MACS_NEXT_FLOW, 0, 35},
	{"tcp-v4-local", tcp4, us_first, kept, XDP_PASS, DIRECT, 0, 32},
	{"tcp-v4-syn-listener", syn4, us_checking, kept, XDP_PASS, DIRECT, 0, 110},
	{"tcp-v4-settling", connected4, us_settling, second_chances_found, XDP_PASS, DIRECT, 0,
	 110},
	{"tcp-v4-settling-next", tcp4, us_settling, second_chances_passed, XDP_TX, RESTORE_HEADERS,
	 0, 110},
	{"pass-v4-no-vip", no_vip4, NULL, NULL, XDP_PASS, DIRECT, 0, 26},
	{"pass-v6-no-vip", no_vip6, NULL, NULL, XDP_PASS, DIRECT, 0, 26},
	{"pass-v4-no-vip-frag", no_vip_fragment4, NULL, NULL, XDP_PASS, DIRECT, 0, 26},
	{"pass-arp", arp_for_node, NULL, NULL, XDP_PASS, DIRECT, 0, 0},
	{"arp-answer", arp_for_vip, NULL, arp_answered, XDP_TX, RESTORE_HEADERS, 0, 0},
	{"ns-answer", solicitation, NULL, ns_answered, XDP_TX, RESTORE_HEADERS, 0, 0},
	{"advert-v3", advert, NULL, adverts_accepted, XDP_PASS, DIRECT, INBOX_BATCH, 0},
	{"advert-v2", advert2, version2, adverts_accepted, XDP_PASS, DIRECT, INBOX_BATCH, 0},
	{"advert-hmac", signed_advert, authenticated, adverts_authenticated, XDP_PASS, FORGET_MARK,
	 INBOX_BATCH, 0},
	{"drop-vrrp-ttl", forged_advert, NULL, vrrp_ttl, XDP_DROP, DIRECT, 0, 0},
	{"drop-vrrp-source", strangers_advert, NULL, vrrp_unknown_source, XDP_DROP, DIRECT, 0, 0},
	{"drop-vrrp-stale", captured_advert, authenticated, vrrp_trailer_stale, XDP_DROP, DIRECT, 0,
	 0},
	{"drop-vrrp-hmac", wrongly_signed_advert, authenticated, vrrp_hmac, XDP_DROP, DIRECT, 0, 0},
};

const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

/* Who sends the advertisements. */
static void add_peer(struct maps *maps)
{
	const struct peer_entry peer = {.index = N2_INDEX};
	struct ip_address address;

	if (address_parse(N2_ADDRESS4, &address) < 0 || maps_set_peer(maps, &address, &peer) < 0)
		errx(EXIT_FAILURE, "cannot add a peer");
}

void scenario_prepare(const struct scenario *scenario, struct maps *maps, struct frame *frame)
{

	tables_reset(maps, VLAN_UNTAGGED, 0);
	maps->instances[BLUE] = (struct instance_entry){
		.lease_until = NEVER,
		.configured = 1,
		.version = 3,
		.family = FAMILY_IPV4,
		.priority = PRIORITY,
		.advert_interval = INTERVAL,
	};
	*maps->authentication = (struct authentication_entry){.mode = AUTHENTICATION_OFF};
	add_peer(maps);
	if (scenario->prepare)
		scenario->prepare(maps);
	scenario->build(frame);
}
