/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may send VRRP to whom: MACs that are pinned or learned, unicast and the group, what hides
 * behind IPv6 extension headers, and interfaces that carry no virtual IP at all.
 */
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/adverts.h"

#define DESTINATION_OPTIONS 60

static const struct network *const network = &networks[2];

static const struct advert from_n3 = {
	.mac = N3_MAC,
	.source = N3_ADDRESS4,
	.vrid = BLUE,
	.priority = PRIORITY,
	.interval = INTERVAL,
};

static __u32 verdict_of(const struct advert *advert)
{
	struct outcome outcome;
	struct frame frame;

	build_advert(&frame, advert);
	run_on(network, &frame, &outcome);
	return outcome.verdict;
}

static void expect_refused(const struct advert *advert, enum drop_reason reason)
{
	assert_int_equal(verdict_of(advert), XDP_DROP);
	assert_null(find_other_drop(reason));
	assert_null(find_trace());
}

/* n3's MAC is known from the neighbour table. */
static void learn_n3(const char *mac)
{
	struct peer_entry n3 = {.index = N3_INDEX, .mac_known = 1};

	assert_int_equal(mac_parse(mac, n3.mac), 0);
	set_peer(N3_ADDRESS4, &n3);
}

/* Whatever it is refused for, but not what others forge of strangers. */
static void what_came_of_a_node_is_recorded(void **state)
{
	struct advert low = from_n3, stranger = from_n3;

	(void)state;
	own_both(network);
	assert_int_equal(verdict_of(&from_n3), XDP_PASS);
	assert_int_not_equal(read_sender(N3_INDEX).heard_at, 0);
	assert_int_equal(read_sender(N3_INDEX).refused, 0);

	low.vrid = 99;
	assert_int_equal(verdict_of(&low), XDP_DROP);
	assert_int_equal(read_sender(N3_INDEX).refused, 1);
	assert_int_equal(read_sender(N3_INDEX).reason, DROP_vrrp_unknown_vrid);
	assert_true(read_sender(N3_INDEX).refused_at >= read_sender(N3_INDEX).heard_at);

	learn_n3(HOST_MAC);
	assert_int_equal(verdict_of(&from_n3), XDP_DROP);
	assert_int_equal(read_sender(N3_INDEX).refused, 2);
	assert_int_equal(read_sender(N3_INDEX).reason, DROP_vrrp_wrong_mac);

	stranger.source = "10.77.0.99";
	assert_int_equal(verdict_of(&stranger), XDP_DROP);
	for (__u32 peer = 0; peer < 3; peer++)
		assert_int_equal(read_sender(peer).refused, peer == N3_INDEX ? 2 : 0);
}

static void a_learned_mac_is_asked_for(void **state)
{
	struct advert moved = from_n3;

	(void)state;
	moved.mac = HOST_MAC;
	own_both(network);
	assert_int_equal(verdict_of(&moved), XDP_PASS); /* it is not known yet */

	own_both(network);
	learn_n3(N3_MAC);
	expect_refused(&moved, DROP_vrrp_wrong_mac);
	own_both(network);
	learn_n3(N3_MAC);
	assert_int_equal(verdict_of(&from_n3), XDP_PASS);

	own_both(network);
	learn_n3(HOST_MAC); /* the peer has a new NIC */
	assert_int_equal(verdict_of(&moved), XDP_PASS);
}

/* RFC 9568 section 7.3, where the configuration says that peers do so. */
static void a_virtual_mac_is_a_peers_if_so_configured(void **state)
{
	struct advert virtual = from_n3, of_ipv6 = from_n3;

	(void)state;
	virtual.mac = "00:00:5e:00:01:33";
	of_ipv6.mac = "00:00:5e:00:02:33";
	own_both(network);
	learn_n3(N3_MAC);
	expect_refused(&virtual, DROP_vrrp_wrong_mac);

	own_both(network);
	learn_n3(N3_MAC);
	accept_virtual_mac();
	assert_int_equal(verdict_of(&virtual), XDP_PASS);

	own_both(network);
	learn_n3(N3_MAC);
	accept_virtual_mac();
	expect_refused(&of_ipv6, DROP_vrrp_wrong_mac);

	own_both(network);
	accept_virtual_mac();
	virtual = blue_advert; /* of n2, whose MAC is pinned */
	virtual.mac = "00:00:5e:00:01:33";
	expect_refused(&virtual, DROP_vrrp_wrong_mac);
}

/* Whoever forges ARP must not be able to silence a peer that signs. A pinned MAC is another thing.
 */
static void an_hmac_is_worth_more_than_arp(void **state)
{
	struct outcome outcome;
	struct frame frame;

	(void)state;
	own_both(network);
	learn_n3(HOST_MAC);
	ask_for_hmac(AUTHENTICATION_PERMISSIVE, false);
	expect_refused(&from_n3, DROP_vrrp_wrong_mac);

	own_both(network);
	learn_n3(HOST_MAC);
	ask_for_hmac(AUTHENTICATION_ENFORCE, false);
	build_advert(&frame, &from_n3);
	frame_sign(&frame, &first_secret, sequence_in(0));
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);

	own_both(network);
	ask_for_hmac(AUTHENTICATION_ENFORCE, false);
	build_advert(&frame, &blue_advert);
	frame_sign(&frame, &first_secret, sequence_in(0));
	frame.bytes[11] ^= 1; /* of n2, whose MAC is pinned */
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_DROP);
	assert_null(find_other_drop(DROP_vrrp_wrong_mac));
}

static void unicast_is_for_us(void **state)
{
	static const struct {
		const char *source, *destination;
		enum drop_reason reason; /* NO_DROP: none */
	} ways[] = {
		{N2_ADDRESS4, OUR_ADDRESS4, NO_DROP},
		{N2_ADDRESS4, N3_ADDRESS4, DROP_vrrp_destination},
		{N2_ADDRESS4, BLUE_VIP4, DROP_vrrp_destination},
		{N2_ADDRESS4, "255.255.255.255", DROP_vrrp_destination},
		{N2_ADDRESS6, OUR_ADDRESS6, NO_DROP},
		{N2_ADDRESS6, OUR_LINK_LOCAL, NO_DROP},
		{N2_LINK_LOCAL, OUR_ADDRESS6, NO_DROP},
		{N2_LINK_LOCAL, VRRP_GROUP6, NO_DROP},
		{N2_ADDRESS6, VRRP_GROUP6, DROP_vrrp_source},
		{N2_ADDRESS6, GREEN_VIP6, DROP_vrrp_destination},
		{N2_LINK_LOCAL, "ff02::1:12", DROP_vrrp_destination},
		{N2_LINK_LOCAL, "ff02::1200:0:12", DROP_vrrp_destination},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct advert advert = strchr(ways[i].source, ':') ? green_advert : blue_advert;

		advert.source = ways[i].source;
		advert.destination = ways[i].destination;
		own_both(network);
		if (ways[i].reason == NO_DROP)
			assert_int_equal(verdict_of(&advert), XDP_PASS);
		else
			expect_refused(&advert, ways[i].reason);
	}
}

/* What a switch floods is another host's, to which it matters: it is neither heard nor counted. */
static void what_is_flooded_is_left_to_others(void **state)
{
	struct outcome outcome;
	struct frame frame;

	(void)state;
	own_both(network);
	build_advert(&frame, &blue_advert);
	assert_int_equal(mac_parse(N3_MAC, frame.bytes), 0);
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);
	assert_null(find_trace());
	assert_int_equal(read_all_drops(), 0);
}

/* What hides behind extension headers. */

static void hide(struct frame *frame, int headers)
{
	uint8_t *next_header = frame->bytes + frame->network + IPV6_NEXT_HEADER;

	for (int i = 0; i < headers; i++) {
		uint8_t *header = frame_insert(frame, frame->network + 40, 8);

		header[0] = *next_header;
		*next_header = DESTINATION_OPTIONS;
		frame->transport += 8;
	}
	frame_fit(frame);
}

/* Beyond what the guard looks through, the group gives VRRP away. Other traffic is let alone. */
static void hidden_too_deep(void **state)
{
	struct advert advert = green_advert;
	struct frame frame;
	struct outcome outcome;

	(void)state;
	for (int headers = 1; headers <= 8; headers++) {
		own_both(network);
		advert.destination = NULL;
		build_advert(&frame, &advert);
		hide(&frame, headers);
		run_on(network, &frame, &outcome);
		assert_int_equal(outcome.verdict, XDP_DROP);
		assert_null(find_other_drop(DROP_vrrp_ip_header));

		own_both(network);
		advert.destination = OUR_ADDRESS6;
		build_advert(&frame, &advert);
		hide(&frame, headers);
		run_on(network, &frame, &outcome);
		assert_int_equal(outcome.verdict, headers > 4 ? XDP_PASS : XDP_DROP);
		assert_null(find_trace());
	}
}

static void headers_that_are_cut(void **state)
{
	struct advert advert = green_advert;
	struct outcome outcome;
	struct frame frame;

	(void)state;
	own_both(network);
	build_advert(&frame, &advert);
	hide(&frame, 2);
	frame.length = frame.transport - 8;
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_DROP);
	assert_null(find_other_drop(DROP_vrrp_ip_header));

	own_both(network);
	advert.destination = OUR_ADDRESS6;
	build_advert(&frame, &advert);
	hide(&frame, 2);
	frame.length = frame.transport - 8;
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);
}

/* MLD for the group is no VRRP (RFC 3810 section 5: hop-by-hop options, then ICMPv6). */
static void the_groups_other_traffic(void **state)
{
	struct outcome outcome;
	struct frame frame;

	(void)state;
	own_both(network);
	build_advert(&frame, &green_advert);
	hide(&frame, 1);
	frame.bytes[frame.network + 40] = 58;
	run_on(network, &frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_PASS);
	assert_int_equal(read_all_drops(), 0);
}

/* Other interfaces: all VRRP is dropped, the rest passes to the bit. */

static void check_elsewhere(const struct frame *frame, bool vrrp)
{
	struct notice_record notice;
	struct outcome outcome;

	for (size_t i = 0; i < network_count; i++) {
		struct frame seen = *frame;

		own_both(&networks[i]);
		if (networks[i].tagged)
			frame_tag(&seen, ETH_P_8021Q, networks[i].control);
		run_elsewhere(&seen, &outcome);
		assert_int_equal(outcome.verdict, vrrp ? XDP_DROP : XDP_PASS);
		assert_true(same_bytes(&seen, &outcome.frame));
		assert_null(find_trace());
		assert_int_equal(take_notices(&notice), vrrp);
		if (!vrrp) {
			assert_int_equal(read_all_drops(), 0);
			continue;
		}
		assert_null(find_other_drop(DROP_vrrp_other_interface));
		assert_int_equal(notice.reason, DROP_vrrp_other_interface);
		assert_false(notice.ours);
	}
}

static void other_interfaces_carry_no_vrrp(void **state)
{
	struct frame frame;

	(void)state;
	build_advert(&frame, &blue_advert);
	check_elsewhere(&frame, true);
	build_advert(&frame, &green_advert);
	check_elsewhere(&frame, true);
	hide(&frame, 3);
	check_elsewhere(&frame, true);
	build_advert(&frame, &blue_advert);
	frame.bytes[frame.network + IPV4_FRAGMENT + 1] = 9;
	check_elsewhere(&frame, true);
}

static void other_interfaces_carry_the_rest(void **state)
{
	struct frame frame;

	(void)state;
	frame_ethernet(&frame, BROADCAST, HOST_MAC, ETH_P_ARP);
	frame_arp(&frame, 1, (struct arp_side){HOST_MAC, HOST_ADDRESS4},
		  (struct arp_side){NO_MAC, GREEN_VIP4});
	check_elsewhere(&frame, false);
	build_advert(&frame, &blue_advert);
	frame.bytes[frame.network + IPV4_PROTOCOL] = 6;
	check_elsewhere(&frame, false);
	build_advert(&frame, &green_advert);
	frame.bytes[frame.network + IPV6_NEXT_HEADER] = 58;
	check_elsewhere(&frame, false);
	hide(&frame, 3);
	check_elsewhere(&frame, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_flooded_is_left_to_others),
		cmocka_unit_test(what_came_of_a_node_is_recorded),
		cmocka_unit_test(a_learned_mac_is_asked_for),
		cmocka_unit_test(a_virtual_mac_is_a_peers_if_so_configured),
		cmocka_unit_test(an_hmac_is_worth_more_than_arp),
		cmocka_unit_test(unicast_is_for_us),
		cmocka_unit_test(hidden_too_deep),
		cmocka_unit_test(headers_that_are_cut),
		cmocka_unit_test(the_groups_other_traffic),
		cmocka_unit_test(other_interfaces_carry_no_vrrp),
		cmocka_unit_test(other_interfaces_carry_the_rest),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
