// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ctl/net makes of a host, against the real kernel. Needs root; skipped otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/net/internal.h"
#include "tests/host/net_fixture.h"

#define TABLE4 "ip -4 route show table 112"
#define TABLE6 "ip -6 route show table 112"

static void open_net(struct fixture *fixture)
{
	assert_int_equal(
		net_open(&fixture->config, fixture->journal, NULL, NULL, NULL, &fixture->net), 0);
}

static void apply(struct fixture *fixture)
{
	assert_int_equal(fixture_apply(fixture, &fixture->config), 0);
}

/* The daemon dies and is started again. */
static void crash(struct fixture *fixture)
{
	net_close(TAKE_POINTER(fixture->net));
	open_net(fixture);
}

static void assert_untouched(struct fixture *fixture)
{
	net_close(TAKE_POINTER(fixture->net));
	assert_state(fixture->before);
	assert_int_equal(access(fixture->journal, F_OK), -1);
}

static void assert_undone(struct fixture *fixture)
{
	assert_int_equal(net_undo(fixture->net), 0);
	assert_untouched(fixture);
}

static bool is_ours(const struct fixture *fixture, const char *text)
{
	struct item item;

	assert_int_equal(item_parse(text, &item), 0);
	return journal_contains(fixture->net->journal, &item);
}

static void test_the_device_is_found(void **state)
{
	struct fixture *fixture = fixture_from(state);
	const struct net_link *link;

	open_net(fixture);
	link = net_link(fixture->net);
	assert_string_equal(link->parent, "eth0");
	assert_string_equal(link->device, "eth0");
	assert_int_equal(link->index, if_nametoindex("eth0"));
	assert_int_equal(link->parent_index, link->index);
	assert_int_equal(link->mtu, 1500);
	assert_true(link->up && link->running && link->has_address4 && link->has_address6);
}

/* What does not need the device is made at once, the rest when it comes. */
static void assert_waits_for_device(struct fixture *fixture, const char *fault)
{
	open_net(fixture);
	assert_int_equal(net_link(fixture->net)->index, 0);
	assert_string_equal(net_link_fault(net_link(fixture->net)), fault);
	apply(fixture);
	assert_prints("ip addr show lo", "inet 10.77.0.101/32 ");
	assert_undone(fixture);
}

static void test_a_vlan_device_may_come_later(void **state)
{
	struct fixture *fixture = fixture_from(state);

	fixture->config.vlan = 4000;
	assert_waits_for_device(fixture, "the VLAN device does not exist");
}

static void test_an_interface_may_come_later(void **state)
{
	struct fixture *fixture = fixture_from(state);

	strcpy(fixture->config.interface, "eth7");
	assert_waits_for_device(fixture, "the interface does not exist");
}

static void test_a_port_of_a_bridge_is_refused(void **state)
{
	struct fixture *fixture = fixture_from(state);
	struct net *net = NULL;

	run("ip link add br0 type bridge && ip link set eth0 master br0");
	assert_int_equal(net_open(&fixture->config, fixture->journal, NULL, NULL, NULL, &net),
			 -EINVAL);
	assert_null(net);
}

static void test_a_fresh_host_gets_all(void **state)
{
	struct fixture *fixture = fixture_from(state);

	open_net(fixture);
	apply(fixture);
	assert_prints("ip addr show lo", "inet 10.77.0.100/32 scope link deprecated lo:vipd");
	assert_prints("ip addr show lo", "inet 10.77.0.101/32 scope link deprecated lo:vipd");
	assert_prints("ip addr show lo", "inet6 fd77::101/128 scope global nodad deprecated");
	assert_prints(TABLE4, "10.77.0.0/24 dev eth0 proto 112 scope link");
	assert_prints(TABLE4, "10.77.0.1 dev eth0 proto 112 scope link");
	assert_prints(TABLE4, "default via 10.77.0.1 dev eth0 proto 112 onlink");
	assert_prints(TABLE6, "fd77::/64 dev eth0 proto 112");
	assert_prints(TABLE6, "fd77::1 dev eth0 proto 112");
	assert_prints(TABLE6, "default via fd77::1 dev eth0 proto 112");
	assert_prints("ip -4 -N rule", "1120:\tfrom 10.77.0.100/31 lookup 112 proto 112");
	assert_prints("ip -6 -N rule", "1120:\tfrom fd77::101 lookup 112 proto 112");
	assert_prints("sysctl net.ipv4.conf.eth0", "arp_announce = 2");
	assert_prints("sysctl net.ipv4.conf.eth0", "arp_ignore = 1");
	assert_prints("ip route get 192.0.2.1 from 10.77.0.101", "via 10.77.0.1 dev eth0");
	assert_prints("ip route get 2001:db8::1 from fd77::101", "via fd77::1 dev eth0");
	assert_undone(fixture);
}

/* Whatever the kernel sends from a device without an address has some other device's. */
static void test_no_vip_is_a_source(void **state)
{
	struct fixture *fixture = fixture_from(state);

	run("ip link add tunnel type veth peer name far && ip link set far up &&"
	    "ip link set tunnel up && ip route add 10.9.0.0/24 dev tunnel &&"
	    "ip -6 route add fd09::/64 dev tunnel");
	open_net(fixture);
	apply(fixture);
	assert_prints("ip route get 10.9.0.5", "src 10.77.0.11 ");
	assert_prints("ip route get fd09::5", "src fd77::11 ");
	assert_prints("ip route get 10.77.0.101", "local 10.77.0.101 dev lo ");
}

/* What an earlier version left is mended in place: a socket that is bound to it notices nothing. */
static void test_a_vip_of_ours_becomes_deprecated(void **state)
{
	struct fixture *fixture = fixture_from(state);

	open_net(fixture);
	apply(fixture);
	run("ip addr change 10.77.0.101/32 dev lo label lo:vipd preferred_lft forever &&"
	    "ip addr change fd77::101/128 dev lo preferred_lft forever");
	assert_prints_no("ip addr show lo to 10.77.0.101", "deprecated");
	apply(fixture);
	assert_prints("ip addr show lo to 10.77.0.101", "deprecated");
	assert_prints("ip addr show lo to fd77::101", "deprecated");
	assert_undone(fixture);
}

/* A pod behind its own route, one on a bridge, a tunnel with a router in it. */
static void test_networks_of_the_host_are_answered_directly(void **state)
{
	struct fixture *fixture = fixture_from(state);

	open_net(fixture);
	apply(fixture);
	run("ip link add pod type veth peer name inside && ip link set inside up &&"
	    "ip addr add 10.42.0.1/24 dev pod && ip addr add fd42::1/64 dev pod nodad &&"
	    "ip link set pod up && ip route add 10.43.0.7/32 dev pod &&"
	    "ip route add 10.44.0.0/16 via 10.42.0.9 && ip -6 route add fd43::7/128 dev pod");
	assert_prints("ip route get 10.42.0.5 from 10.77.0.101", " dev pod ");
	assert_prints("ip route get 10.43.0.7 from 10.77.0.101", " dev pod ");
	assert_prints("ip route get 10.44.0.7 from 10.77.0.101", "via 10.42.0.9 dev pod ");
	assert_prints("ip route get fd42::5 from fd77::101", " dev pod ");
	assert_prints("ip route get fd43::7 from fd77::101", " dev pod ");
	assert_prints("ip route get 192.0.2.1 from 10.77.0.101", "via 10.77.0.1 dev eth0 ");
	run("ip link del pod");
	assert_prints("ip route get 10.42.0.5 from 10.77.0.101", "via 10.77.0.1 dev eth0 ");
	assert_prints("ip route get fd42::5 from fd77::101", "via fd77::1 dev eth0 ");
	assert_undone(fixture);
}

/* What stands for a default route leads nobody's replies astray. */
static void test_halves_of_the_internet_are_no_networks_of_the_host(void **state)
{
	struct fixture *fixture = fixture_from(state);

	run("ip link add vpn type veth peer name far && ip link set far up && ip link set vpn up &&"
	    "ip addr add 10.8.0.2/24 dev vpn && ip route add 0.0.0.0/1 via 10.8.0.1 &&"
	    "ip route add 128.0.0.0/1 via 10.8.0.1 && ip -6 route add 2000::/3 dev vpn");
	open_net(fixture);
	apply(fixture);
	assert_prints("ip route get 1.1.1.1 from 10.77.0.101", "via 10.77.0.1 dev eth0 ");
	assert_prints("ip route get 192.0.2.1 from 10.77.0.101", "via 10.77.0.1 dev eth0 ");
	assert_prints("ip route get 2001:db8::1 from fd77::101", "via fd77::1 dev eth0 ");
	assert_prints("ip route get 10.8.0.7 from 10.77.0.101", " dev vpn ");
}

/* The provider of the host's own link takes no packets from a VIP. */
static void test_neighbours_on_the_uplink_are_answered_by_the_gateway(void **state)
{
	struct fixture *fixture = fixture_from(state);

	run("ip link add uplink type veth peer name far && ip link set far up &&"
	    "ip link set uplink up && ip addr add 198.51.100.11/24 dev uplink &&"
	    "ip addr add 2001:db8:5::11/64 dev uplink nodad &&"
	    "ip route add default via 198.51.100.1 &&"
	    "ip -6 route add default via 2001:db8:5::1 dev uplink");
	open_net(fixture);
	apply(fixture);
	assert_prints("ip route get 198.51.100.9 from 10.77.0.101", "via 10.77.0.1 dev eth0 ");
	assert_prints("ip route get 2001:db8:5::9 from fd77::101", "via fd77::1 dev eth0 ");
	assert_prints("ip route get 10.77.0.12 from 10.77.0.101", " dev eth0 ");
	assert_prints("ip route get 198.51.100.9", " dev uplink ");
	run("ip link del uplink");
	assert_undone(fixture);
}

static void test_a_family_without_a_gateway_gets_no_routes(void **state)
{
	struct fixture *fixture = fixture_from(state);

	fixture->config.gateway6 = (struct ip_address){};
	open_net(fixture);
	apply(fixture);
	assert_prints("ip addr show lo", "fd77::101/128");
	assert_prints_no("ip -6 rule", "1120:");
	assert_prints_no("ip -6 route show table all", "112");
	assert_undone(fixture);
}

static void test_a_link_local_gateway_will_do(void **state)
{
	struct fixture *fixture = fixture_from(state);

	assert_int_equal(address_parse("fe80::1", &fixture->config.gateway6), 0);
	open_net(fixture);
	apply(fixture);
	apply(fixture);
	assert_prints(TABLE6, "default via fe80::1 dev eth0 proto 112");
	assert_undone(fixture);
}

static struct nl_sock *subscribe(void)
{
	struct nl_sock *events = nl_socket_alloc();

	assert_non_null(events);
	assert_int_equal(nl_connect(events, NETLINK_ROUTE), 0);
	nl_socket_add_memberships(events, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				  RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
				  RTNLGRP_IPV6_RULE, RTNLGRP_NONE);
	return events;
}

static void test_a_second_time_does_nothing(void **state)
{
	struct fixture *fixture = fixture_from(state);
	struct nl_sock *events;
	char byte;

	open_net(fixture);
	apply(fixture);
	events = subscribe();
	apply(fixture);
	assert_int_equal(recv(nl_socket_get_fd(events), &byte, 1, MSG_DONTWAIT), -1);
	nl_socket_free(events);
	assert_undone(fixture);
}

static void test_what_was_there_is_left_alone(void **state)
{
	struct fixture *fixture = fixture_from(state);

	run("ip addr add 10.77.0.101/32 dev lo && ip addr add fd77::101/128 dev lo &&"
	    "ip rule add from 10.77.0.100/31 lookup 112 priority 1120 &&"
	    "ip -6 rule add from fd77::101 lookup 112 priority 1120 &&"
	    "ip route add default via 10.77.0.1 dev eth0 table 112 &&"
	    "ip route add 10.77.0.0/24 dev eth0 scope link table 112 &&"
	    "ip -6 route add default via fd77::1 dev eth0 table 112 &&"
	    "echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_ignore");
	strcpy(fixture->before, fixture_state());
	open_net(fixture);
	apply(fixture);
	crash(fixture);
	apply(fixture);
	assert_prints("ip addr show lo", "10.77.0.100/32");
	assert_undone(fixture);
}

static void test_a_vip_with_another_prefix_length_is_there(void **state)
{
	struct fixture *fixture = fixture_from(state);

	run("ip addr add 10.77.0.101/24 dev lo noprefixroute &&"
	    "ip addr add fd77::101/64 dev lo noprefixroute nodad");
	strcpy(fixture->before, fixture_state());
	open_net(fixture);
	apply(fixture);
	assert_prints_no("ip addr show lo", "10.77.0.101/32");
	assert_prints_no("ip addr show lo", "fd77::101/128");
	assert_undone(fixture);
}

static void test_a_foreign_route_elsewhere_is_refused(void **state)
{
	struct fixture *fixture = fixture_from(state);

	run("ip route add default via 10.77.0.9 dev eth0 table 112");
	strcpy(fixture->before, fixture_state());
	open_net(fixture);
	assert_int_equal(fixture_apply(fixture, &fixture->config), -EEXIST);
	assert_false(is_ours(fixture, "route 0.0.0.0/0 via 10.77.0.1 dev eth0 table 112"));
	/* Nor is what could be made of the rest. */
	assert_false(is_ours(fixture, "route 10.77.0.1/32 dev eth0 table 112"));
	assert_untouched(fixture);
}

static void test_a_gateway_may_be_a_network_of_its_own(void **state)
{
	struct fixture *fixture = fixture_from(state);

	run("ip addr del 10.77.0.11/24 dev eth0 && ip addr add 10.77.0.11 peer 10.77.0.1 dev eth0");
	strcpy(fixture->before, fixture_state());
	open_net(fixture);
	apply(fixture);
	assert_prints(TABLE4, "10.77.0.1 dev eth0 proto 112 scope link");
	assert_undone(fixture);
}

static void test_sysctls_are_set_where_they_must_be(void **state)
{
	struct fixture *fixture = fixture_from(state);

	/* 3 answers for an address on lo; 2 is stricter than what we need. */
	run("echo 3 > /proc/sys/net/ipv4/conf/eth0/arp_ignore");
	open_net(fixture);
	apply(fixture);
	assert_prints("sysctl net.ipv4.conf.eth0", "arp_ignore = 1");
	assert_int_equal(net_undo(fixture->net), 0);
	assert_prints("sysctl net.ipv4.conf.eth0", "arp_ignore = 3");

	run("echo 2 > /proc/sys/net/ipv4/conf/eth0/arp_ignore");
	apply(fixture);
	assert_prints("sysctl net.ipv4.conf.eth0", "arp_ignore = 2");
}

/* The dataplane does not see what comes there. */
static void test_a_second_device_in_the_network_does_not_answer(void **state)
{
	struct fixture *fixture = fixture_from(state);

	run("ip link add second type veth peer name far && ip link set second up &&"
	    "ip addr add 10.77.0.21/24 dev second && ip link add other type veth peer name away &&"
	    "ip link set other up && ip addr add 10.78.0.21/24 dev other");
	open_net(fixture);
	apply(fixture);
	assert_prints("sysctl net.ipv4.conf.second", "arp_ignore = 1");
	assert_prints("sysctl net.ipv4.conf.second", "arp_announce = 0");
	assert_prints("sysctl net.ipv4.conf.other", "arp_ignore = 0");
	assert_int_equal(net_undo(fixture->net), 0);
	assert_prints("sysctl net.ipv4.conf.second", "arp_ignore = 0");
}

static void test_the_kernel_says_why(void **state)
{
	struct fixture *fixture = fixture_from(state);
	const char *logged;
	int error;

	open_net(fixture);
	run("echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6");
	log_begin();
	error = fixture_apply(fixture, &fixture->config);
	logged = log_end();
	assert_int_equal(error, -EACCES);
	assert_non_null(strstr(logged, "(IPv6 is disabled on nexthop device)"));
}

static void test_what_replaced_ours_is_left_alone(void **state)
{
	struct fixture *fixture = fixture_from(state);

	open_net(fixture);
	apply(fixture);
	run("ip route replace default via 10.77.0.9 dev eth0 table 112");
	run("echo 2 > /proc/sys/net/ipv4/conf/eth0/arp_ignore");
	assert_int_equal(net_undo(fixture->net), 0);
	assert_prints(TABLE4, "default via 10.77.0.9 dev eth0");
	assert_prints("sysctl net.ipv4.conf.eth0", "arp_ignore = 2");
	assert_prints("sysctl net.ipv4.conf.eth0", "arp_announce = 0");
}

static void test_a_crash_loses_nothing(void **state)
{
	struct fixture *fixture = fixture_from(state);

	open_net(fixture);
	apply(fixture);
	crash(fixture);
	assert_undone(fixture);
}

static void test_a_crash_and_another_configuration(void **state)
{
	static const char *const others[] = {"10.77.0.100", "10.77.0.200", "fd77::102", NULL};
	struct fixture *fixture = fixture_from(state);

	open_net(fixture);
	apply(fixture);
	run("ip rule del priority 1120 && ip addr del 10.77.0.100/32 dev lo");
	fixture_vips(fixture, others);
	crash(fixture);
	apply(fixture);
	assert_prints("ip addr show lo", "10.77.0.100/32");
	assert_prints("ip addr show lo", "10.77.0.200/32");
	assert_prints("ip addr show lo", "fd77::102/128");
	assert_prints_no("ip addr show lo", "10.77.0.101/32");
	assert_prints_no("ip addr show lo", "fd77::101/128");
	assert_undone(fixture);
}

static void test_a_reload_changes_what_changed(void **state)
{
	static const char *const others[] = {"10.77.0.100", "10.77.0.102", "fd77::101", NULL};
	struct fixture *fixture = fixture_from(state);
	struct config reloaded;

	open_net(fixture);
	apply(fixture);
	reloaded = fixture->config;
	reloaded.routing_table = 100000;
	assert_int_equal(address_parse("10.77.0.2", &reloaded.gateway4), 0);
	fixture_vips(fixture, others);
	assert_int_equal(fixture_apply(fixture, &reloaded), 0);
	assert_prints_no("ip addr show lo", "10.77.0.101/32");
	assert_prints("ip -4 rule", "from 10.77.0.100 lookup 100000");
	assert_prints("ip -4 rule", "from 10.77.0.102 lookup 100000");
	assert_prints_no("ip -4 rule", "/31");
	assert_prints("ip route show table 100000", "default via 10.77.0.2 dev eth0");
	assert_prints_no("ip route show table all", "table 112");
	assert_undone(fixture);
}

static void test_a_gateway_can_change(void **state)
{
	struct fixture *fixture = fixture_from(state);

	open_net(fixture);
	apply(fixture);
	assert_int_equal(address_parse("10.77.0.2", &fixture->config.gateway4), 0);
	assert_int_equal(address_parse("fd77::2", &fixture->config.gateway6), 0);
	apply(fixture);
	assert_prints(TABLE4, "default via 10.77.0.2 dev eth0");
	assert_prints(TABLE6, "default via fd77::2 dev eth0");
	assert_prints_no(TABLE4, "10.77.0.1 ");
	assert_prints_no(TABLE6, "fd77::1 ");
	assert_undone(fixture);
}

static void test_a_failed_reload_leaves_the_configuration_in_force(void **state)
{
	struct fixture *fixture = fixture_from(state);
	struct config reloaded;

	open_net(fixture);
	apply(fixture);
	run("ip route add default via 10.77.0.9 dev eth0 table 113");
	reloaded = fixture->config;
	reloaded.routing_table = 113;
	strcpy(reloaded.interface, "switch");
	assert_int_equal(fixture_apply(fixture, &reloaded), -EEXIST);
	assert_ptr_equal(fixture->net->config, &fixture->config);
	assert_string_equal(net_link(fixture->net)->device, "eth0");
	run("ip route del default table 113");
	apply(fixture);
	assert_undone(fixture);
}

static void test_undo_goes_on_after_a_failure(void **state)
{
	struct fixture *fixture = fixture_from(state);
	/* A directory has no value to compare. */
	const struct item impossible = {.kind = ITEM_SYSCTL, .device = "eth0", .setting = "."};

	open_net(fixture);
	apply(fixture);
	assert_int_equal(journal_add(fixture->net->journal, &impossible), 0);
	assert_int_equal(net_undo(fixture->net), -EISDIR);
	assert_prints_no("ip addr show lo", "10.77.0.101/32");
	assert_prints_no("ip route show table all", "112");
	assert_int_equal(access(fixture->journal, F_OK), 0);
}

static void test_groups_are_joined_and_left(void **state)
{
	struct fixture *fixture = fixture_from(state);

	fixture->config.vrrp.mode = VRRP_MULTICAST;
	open_net(fixture);
	apply(fixture);
	assert_prints("ip maddr show dev eth0", "inet6 ff02::1:ff00:101\n");
	assert_prints("ip maddr show dev eth0", "inet6 ff02::12\n");
	assert_prints("ip maddr show dev eth0", "inet  224.0.0.18\n");
	fixture->config.vrrp.mode = VRRP_UNICAST;
	apply(fixture);
	assert_prints("ip maddr show dev eth0", "inet6 ff02::1:ff00:101\n");
	assert_prints_no("ip maddr show dev eth0", "ff02::12");
	assert_prints_no("ip maddr show dev eth0", "224.0.0.18");
	assert_undone(fixture);
}

static void test_many_groups_need_many_sockets(void **state)
{
	struct fixture *fixture = fixture_from(state);
	static struct ip_address vips[MAX_VIPS];

	for (unsigned int i = 0; i < MAX_VIPS; i++) {
		vips[i] = fixture->config.gateway6;
		vips[i].bytes[14] = (uint8_t)((0x1000 + i) >> 8);
		vips[i].bytes[15] = (uint8_t)i;
	}
	fixture->instance.vips = vips;
	fixture->instance.vip_count = MAX_VIPS;
	/* Where a namespace has a limit of its own. */
	run("! cd /proc/sys/net/core || [ ! -e optmem_max ] || echo 8192 > optmem_max");
	open_net(fixture);
	apply(fixture);
	assert_int_equal(atoi(output("ip maddr show dev eth0 | grep -c 'ff02::1:ff00:1...$'")),
			 MAX_VIPS);
	assert_int_equal(atoi(output("ip -6 rule | grep -c '^1120:.*from fd77::1000/119'")), 1);
	assert_undone(fixture);
}

/* As if the VLAN device were there. */
static int apply_tagged(struct fixture *fixture)
{
	static struct config tagged;

	tagged = fixture->config;
	tagged.further_references = 1; /* for ever */
	tagged.vlan = 4000;
	return fixture_apply(fixture, &tagged);
}

static void test_vlan_tags_are_kept_in_the_frame(void **state)
{
	struct fixture *fixture = fixture_from(state);

	open_net(fixture);
	assert_prints("ethtool -k eth0", "rx-vlan-offload: on");
	assert_int_equal(apply_tagged(fixture), 0);
	assert_int_equal(apply_tagged(fixture), 0);
	assert_prints("ethtool -k eth0", "rx-vlan-offload: off");
	assert_prints("ethtool -k eth0", "tx-vlan-offload: on");
	crash(fixture);
	assert_int_equal(net_undo(fixture->net), 0);
	assert_prints("ethtool -k eth0", "rx-vlan-offload: on");
}

static void test_an_offload_that_is_off_stays_off(void **state)
{
	struct fixture *fixture = fixture_from(state);

	run("ethtool -K eth0 rxvlan off");
	open_net(fixture);
	assert_int_equal(apply_tagged(fixture), 0);
	assert_int_equal(net_undo(fixture->net), 0);
	assert_prints("ethtool -k eth0", "rx-vlan-offload: off");
}

#define NET_TEST(function) cmocka_unit_test_setup_teardown(function, fixture_enter, fixture_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(test_the_device_is_found),
		NET_TEST(test_a_vlan_device_may_come_later),
		NET_TEST(test_an_interface_may_come_later),
		NET_TEST(test_a_port_of_a_bridge_is_refused),
		NET_TEST(test_a_fresh_host_gets_all),
		NET_TEST(test_no_vip_is_a_source),
		NET_TEST(test_a_vip_of_ours_becomes_deprecated),
		NET_TEST(test_networks_of_the_host_are_answered_directly),
		NET_TEST(test_halves_of_the_internet_are_no_networks_of_the_host),
		NET_TEST(test_neighbours_on_the_uplink_are_answered_by_the_gateway),
		NET_TEST(test_a_family_without_a_gateway_gets_no_routes),
		NET_TEST(test_a_link_local_gateway_will_do),
		NET_TEST(test_a_second_time_does_nothing),
		NET_TEST(test_what_was_there_is_left_alone),
		NET_TEST(test_a_vip_with_another_prefix_length_is_there),
		NET_TEST(test_a_foreign_route_elsewhere_is_refused),
		NET_TEST(test_a_gateway_may_be_a_network_of_its_own),
		NET_TEST(test_sysctls_are_set_where_they_must_be),
		NET_TEST(test_a_second_device_in_the_network_does_not_answer),
		NET_TEST(test_the_kernel_says_why),
		NET_TEST(test_what_replaced_ours_is_left_alone),
		NET_TEST(test_a_crash_loses_nothing),
		NET_TEST(test_a_crash_and_another_configuration),
		NET_TEST(test_a_reload_changes_what_changed),
		NET_TEST(test_a_gateway_can_change),
		NET_TEST(test_a_failed_reload_leaves_the_configuration_in_force),
		NET_TEST(test_undo_goes_on_after_a_failure),
		NET_TEST(test_groups_are_joined_and_left),
		NET_TEST(test_many_groups_need_many_sockets),
		NET_TEST(test_vlan_tags_are_kept_in_the_frame),
		NET_TEST(test_an_offload_that_is_off_stays_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
