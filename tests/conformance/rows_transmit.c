// SPDX-License-Identifier: GPL-2.0-only
/* Sending: the packet around an advertisement, its fields, and when there is one. */
#include <string.h>

#include "ctl/config/load.h"
#include "ctl/vrrp/advert.h"
#include "ctl/vrrp/instance.h"
#include "ctl/vrrp/packet.h"
#include "maps/maps_internal.h"
#include "tests/bpf/packets.h"
#include "tests/conformance/conformance.h"
#include "tests/unit/machine_bench.h"

/* An instance as the daemon makes it, without a kernel behind its edges. */
struct fixture {
	const struct config *config;
	struct maps maps;
	struct transport transport;
	struct instance_edges edges;
	struct instance *instance;
};

static void open_fixture(struct fixture *fixture, const char *vips)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "node: n1\ninterface: eth0\nvrrp: {advert_interval: 250ms}\n"
		 "peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}, "
		 "{name: n2, address: 10.77.0.12, address6: 'fd77::12'}]\n"
		 "instances: [{name: blue, vrid: 51, priority: {n1: 150, n2: 100}, vips: [%s]}]\n",
		 vips);
	*fixture = (struct fixture){.maps.fds.vips = -1};
	assert_int_equal(
		config_parse("test.yaml", text, strlen(text), "n1", stderr, &fixture->config), 0);
	fixture->edges = (struct instance_edges){
		.maps = &fixture->maps,
		.transport = &fixture->transport,
	};
	fixture->instance =
		instance_new(fixture->config, fixture->config->instances, &fixture->edges);
	assert_non_null(fixture->instance);
}

static void close_fixture(struct fixture *fixture)
{
	instance_free(fixture->instance);
	config_unref(fixture->config);
}

/* The packet. */

static void packets_are_vrrps(void)
{
	struct ip_address source4 = address("10.77.0.11"), group4 = address("224.0.0.18");
	struct ip_address source6 = address("fe80::11"), group6 = address("ff02::12");
	uint8_t packet[PACKET_MAX], mac[6];
	const uint8_t message[12] = {0x31};

	assert_int_equal(packet_build(packet, &source4, &group4, 7, message, 12), 32);
	assert_int_equal(packet[1], 0xc0);
	assert_int_equal(get_be16(packet + 4), 7);
	assert_int_equal(get_be16(packet + IPV4_FRAGMENT), 0);
	assert_int_equal(packet[IPV4_TTL], 255);
	assert_int_equal(packet[IPV4_PROTOCOL], 112);
	assert_memory_equal(packet + 12, source4.bytes + 12, 4);
	assert_memory_equal(packet + 16, group4.bytes + 12, 4);

	assert_int_equal(packet_build(packet, &source6, &group6, 7, message, 12), 52);
	assert_int_equal(packet[IPV6_HOP_LIMIT], 255);
	assert_int_equal(packet[IPV6_NEXT_HEADER], 112);
	assert_memory_equal(packet + 8, source6.bytes, 16);
	assert_memory_equal(packet + 24, group6.bytes, 16);

	packet_group_mac(&group4, mac);
	assert_memory_equal(mac, "\x01\x00\x5e\x00\x00\x12", 6);
	packet_group_mac(&group6, mac);
	assert_memory_equal(mac, "\x33\x33\x00\x00\x00\x12", 6);
}

/* The fields. */

static void fields_are_the_configurations(void)
{
	static const uint8_t expected[] = {0x31, 51, 150, 2, 0x00, 25, 0, 0,
					   10,   77, 0,   9, 10,   77, 0, 5};
	struct fixture fixture;

	open_fixture(&fixture, "10.77.0.9, 'fd77::9', 10.77.0.5");
	assert_int_equal(fixture.instance->message_length, sizeof(expected));
	assert_memory_equal(fixture.instance->message, expected, sizeof(expected));
	close_fixture(&fixture);

	open_fixture(&fixture, "'fd77::9', 'fd77::5'");
	assert_int_equal(fixture.instance->message_length, 8 + 32);
	assert_int_equal(fixture.instance->message[8 + 15], 9);
	assert_int_equal(fixture.instance->message[8 + 31], 5);
	close_fixture(&fixture);
}

static void interval_is_ours(void)
{
	struct vrrp_advert slower = {.priority = 200, .max_advert_interval = NS_PER_S};
	struct vrrp_actions nothing = {};
	struct advert_message message;
	struct fixture fixture;

	open_fixture(&fixture, "10.77.0.9");
	vrrp_startup(&fixture.instance->machine, false, START, &nothing);
	slower.source = address("10.77.0.12");
	vrrp_hear(&fixture.instance->machine, &slower, START, START, &nothing);
	assert_int_equal(fixture.instance->machine.active_interval, NS_PER_S);
	assert_int_equal(advert_decode(fixture.instance->message, fixture.instance->message_length,
				       FAMILY_IPV4, &message),
			 0);
	assert_int_equal(message.max_advert_interval, 250 * NS_PER_MS);
	close_fixture(&fixture);
}

static void checksums_are_the_receivers(void)
{
	struct ip_address source = address("10.77.0.11"), n2 = address("10.77.0.12");
	struct ip_address n3 = address("10.77.0.13");
	uint8_t for_n2[12] = {0x31, 51, 150, 1, 0, 25}, for_n3[12] = {0x31, 51, 150, 1, 0, 25};

	advert_checksum(for_n2, 12, VRRP_CHECKSUM_PSEUDO_HEADER, &source, &n2);
	advert_checksum(for_n3, 12, VRRP_CHECKSUM_PSEUDO_HEADER, &source, &n3);
	assert_int_equal(get_be16(for_n2 + VRRP_CHECKSUM), get_be16(for_n3 + VRRP_CHECKSUM) + 1);
}

/* When. */

static void expect_no_advert(void)
{
	for (size_t i = 0; i < actions.count; i++)
		assert_int_not_equal(actions.list[i].type, VRRP_SEND_ADVERT);
}

static void expect_silence_when_heard(void)
{
	static const uint8_t priorities[] = {0, 1, 100, 254, 255};

	for (size_t i = 0; i < sizeof(priorities); i++) {
		hear("10.77.0.13", priorities[i], INTERVAL);
		expect_no_advert();
	}
}

static void only_the_active_speaks(void)
{
	begin(defaults());
	expect_silence_when_heard();
	run_until(now + 100 * INTERVAL);
	expect_no_advert();

	begin_as_backup(defaults());
	expect_no_advert();
	expect_silence_when_heard();

	begin_as_backup(defaults());
	actions.count = 0;
	vrrp_fault(&machine, "test", now, &actions);
	expect_no_advert();
	expect_silence_when_heard();
	run_until(now + 100 * INTERVAL);
	expect_no_advert();
}

static bool goes_on(struct fixture *fixture)
{
	struct instance *next =
		instance_new(fixture->config, fixture->config->instances, &fixture->edges);
	bool same;

	assert_non_null(next);
	same = instance_go_on(next, fixture->instance);
	instance_free(next);
	return same;
}

static void a_new_address_is_a_new_election(void)
{
	struct fixture fixture;

	open_fixture(&fixture, "10.77.0.9");
	assert_true(goes_on(&fixture));
	fixture.config->peers[0].address = address("10.77.0.200");
	assert_false(goes_on(&fixture));
	close_fixture(&fixture);
}

static const struct conformance_row rows[] = {
	TESTED(44,
	       "TTL 255, protocol 112, to the group, from the primary or the link-local address",
	       "RFC 9568 5.1, 7.2", MESSAGE, packets_are_vrrps,
	       .decision = "traffic class CS6, no DF, as keepalived has it"),
	UNTESTED(45, "The source MAC is the virtual router's", "RFC 9568 7.2",
		 .elsewhere = "tests/lab/test_spoof.py::test_forged_priority_255",
		 .decision = "it is the NIC's: providers count MACs for each port, and report "
			     "strange ones"),
	TESTED(46, "VRID, priority, count and addresses are the configuration's, in its order",
	       "RFC 9568 5.2", MESSAGE, fields_are_the_configurations,
	       .decision = "over IPv6 no link-local address comes first: no VIP of ours is one"),
	TESTED(47, "The interval is our own, whatever we have learned", "RFC 9568 5.2.7", MESSAGE,
	       interval_is_ours),
	TESTED(48, "Unicast: a copy to each peer, with a checksum for that peer", "keepalived",
	       MESSAGE, checksums_are_the_receivers,
	       .elsewhere = "tests/lab/test_elections.py::test_adverts_go_where_the_mode_says"),
	TESTED(49, "Only the Active advertises; who gives up says priority 0", "RFC 9568 6.4",
	       MACHINE, only_the_active_speaks),
	UNTESTED(50, "Advertisements keep their time under load", "ours",
		 .untestable = "it is a figure, not a verdict: tools/lab/measure has it"),
	TESTED(51, "After a change of our address the new one is the source, and decides",
	       "keepalived", MESSAGE, a_new_address_is_a_new_election,
	       .decision = "addresses are the configuration's: a reload resigns and begins anew"),
	UNTESTED(52, "IPv6: nothing is sent while the own address is tentative", "RFC 4862 5.4",
		 .elsewhere =
			 "tests/host/net_repair_test.c::test_a_tentative_address_does_not_count",
		 .decision = "the instance is in Fault, and says why"),
};

THEME(transmit_theme, "Sending");
