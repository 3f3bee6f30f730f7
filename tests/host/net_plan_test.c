// SPDX-License-Identifier: GPL-2.0-only
/*
 * Going over to another configuration in two steps, and going back between them, against the real
 * kernel. Needs root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/net/internal.h"
#include "tests/host/net_fixture.h"

#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */

static const char *const other_vips[] = {"10.77.0.100", "10.77.0.102", "fd77::102", NULL};

/* The fixture's configuration is in force; this is another one. */
static struct config_instance other_instance;
static struct ip_address other_addresses[VIPS_MAX];
static struct config other;

static char applied[16384]; /* fixture_state() with the fixture's configuration in force */
static char listed[16384];  /* and the journal */

static sd_event *loop;
static struct monitor *monitor;

static const char *journal(const struct fixture *fixture)
{
	char command[128];

	snprintf(command, sizeof(command), "cat %s 2>&1", fixture->journal);
	return output(command);
}

static void configure_other(const struct fixture *fixture)
{
	size_t count = 0;

	for (; other_vips[count]; count++)
		assert_int_equal(address_parse(other_vips[count], &other_addresses[count]), 0);
	other_instance = fixture->instance;
	other_instance.vips = other_addresses;
	other_instance.vip_count = count;
	other = fixture->config;
	other.instances = &other_instance;
	other.further_references = 1; /* for ever */
	address_parse("10.77.0.2", &other.gateway4);
	address_parse("fd77::2", &other.gateway6);
}

static void open_net(struct fixture *fixture, const struct config *config)
{
	assert_int_equal(net_open(config, fixture->journal, monitor, NULL, NULL, &fixture->net), 0);
}

static void start(struct fixture *fixture)
{
	configure_other(fixture);
	open_net(fixture, &fixture->config);
	assert_int_equal(fixture_apply(fixture, &fixture->config), 0);
	fixture_wait_for_vips(fixture);
	strcpy(applied, fixture_state());
	strcpy(listed, journal(fixture));
}

static struct net_plan *prepare(struct fixture *fixture)
{
	struct net_plan *plan = NULL;

	assert_int_equal(net_prepare(fixture->net, &other, &plan), 0);
	return plan;
}

static int leave(void **state)
{
	int error = fixture_leave(state);

	monitor_stop(monitor);
	monitor = NULL;
	loop = sd_event_unref(loop);
	return error;
}

static void assert_as_applied(struct fixture *fixture)
{
	assert_state(applied);
	assert_string_equal(journal(fixture), listed);
}

static void assert_undone(struct fixture *fixture)
{
	assert_int_equal(net_undo(fixture->net), 0);
	net_close(TAKE_POINTER(fixture->net));
	assert_state(fixture->before);
	assert_int_equal(access(fixture->journal, F_OK), -1);
}

/* The other configuration is in force, and nothing is left of the one before. */
static void assert_gone_over(void)
{
	assert_prints("ip addr show lo", "10.77.0.102/32");
	assert_prints("ip addr show lo", "fd77::102/128");
	assert_prints_no("ip addr show lo", "10.77.0.101/32");
	assert_prints_no("ip addr show lo", "fd77::101/128");
	assert_prints("ip -4 rule", "from 10.77.0.102 lookup 112");
	assert_prints_no("ip -4 rule", "/31");
	assert_prints("ip maddr show dev eth0", "ff02::1:ff00:102");
	assert_prints_no("ip maddr show dev eth0", "ff02::1:ff00:101");
	assert_prints("ip -4 route show table 112", "default via 10.77.0.2 dev eth0");
	assert_prints("ip -6 route show table 112", "default via fd77::2 dev eth0");
	assert_prints_no("ip -4 route show table 112", "10.77.0.1 ");
	assert_prints_no("ip -6 route show table 112", "fd77::1 ");
	assert_prints_no("ip -4 route show table 112", "metric 2048");
	assert_prints_no("ip -6 route show table 112", "metric 2048");
}

static void preparing_adds_and_takes_nothing(void **state)
{
	struct fixture *fixture = fixture_from(state);
	struct net_plan *plan;

	start(fixture);
	plan = prepare(fixture);
	for (size_t i = 0; i < other_instance.vip_count; i++)
		assert_prints("ip addr show lo", other_vips[i]);
	assert_prints("ip addr show lo", "10.77.0.101/32");
	assert_prints("ip -4 rule", "from 10.77.0.100/31 lookup 112");
	assert_prints("ip -4 rule", "from 10.77.0.102 lookup 112");
	assert_prints("ip maddr show dev eth0", "ff02::1:ff00:101");
	assert_prints("ip maddr show dev eth0", "ff02::1:ff00:102");
	assert_prints("ip route get 1.1.1.1 from 10.77.0.101", "via 10.77.0.1 dev eth0");
	assert_prints("ip route get 2001:db8::1 from fd77::101", "via fd77::1 dev eth0");
	assert_ptr_equal(fixture->net->config, &fixture->config);
	net_abort(fixture->net, plan);
}

static void committing_takes_what_is_no_longer_wanted(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	net_commit(fixture->net, prepare(fixture));
	assert_gone_over();
	assert_prints("ip route get 1.1.1.1 from 10.77.0.102", "via 10.77.0.2 dev eth0");
	assert_prints("ip route get 2001:db8::1 from fd77::102", "via fd77::2 dev eth0");
	assert_undone(fixture);
}

static void aborting_leaves_nothing(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	net_abort(fixture->net, prepare(fixture));
	assert_as_applied(fixture);
	net_abort(fixture->net, prepare(fixture));
	assert_as_applied(fixture);
	net_commit(fixture->net, prepare(fixture));
	assert_gone_over();
	assert_undone(fixture);
}

static void aborting_the_first_restores_the_host(void **state)
{
	struct fixture *fixture = fixture_from(state);

	configure_other(fixture);
	open_net(fixture, &other);
	net_abort(fixture->net, prepare(fixture));
	net_close(TAKE_POINTER(fixture->net));
	assert_state(fixture->before);
	assert_int_equal(access(fixture->journal, F_OK), -1);
}

/* Only what was not ours before is taken back. */
static void aborting_keeps_what_was_repaired_meanwhile(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	run("ip addr del 10.77.0.100/32 dev lo");
	net_abort(fixture->net, prepare(fixture));
	assert_prints("ip addr show lo", "10.77.0.100/32");
	assert_string_equal(journal(fixture), listed);
}

static void what_cannot_be_prepared_leaves_nothing(void **state)
{
	struct fixture *fixture = fixture_from(state);
	struct net_plan *plan = NULL;

	start(fixture);
	/* The kernel refuses the node's own address, when all else has been made. */
	other.gateway4 = fixture->self.address;
	assert_true(net_prepare(fixture->net, &other, &plan) < 0);
	assert_null(plan);
	assert_as_applied(fixture);
}

/* What happens to default routes of table 112, as the kernel reports it: "+GATEWAY METRIC ". */
static char reported[512];

static void note_default_route(struct nl_object *object, void *context)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	bool removed = nl_object_get_msgtype(object) == RTM_DELROUTE;
	size_t length = strlen(reported);
	char gateway[ADDRESS_TEXT_MAX];

	(void)context;
	if (rtnl_route_get_table(route) != 112 || nl_addr_get_prefixlen(rtnl_route_get_dst(route)))
		return;
	nl_addr2str(rtnl_route_nh_get_gateway(rtnl_route_nexthop_n(route, 0)), gateway,
		    sizeof(gateway));
	snprintf(reported + length, sizeof(reported) - length, "%c%s %u ", removed ? '-' : '+',
		 gateway, rtnl_route_get_priority(route));
}

static int on_report(struct nl_msg *message, void *context)
{
	nl_msg_parse(message, note_default_route, context);
	return NL_OK;
}

static struct nl_sock *listen_to_routes(void)
{
	struct nl_sock *socket = nl_socket_alloc();

	assert_non_null(socket);
	nl_socket_disable_seq_check(socket);
	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_report, NULL);
	assert_int_equal(nl_connect(socket, NETLINK_ROUTE), 0);
	assert_int_equal(nl_socket_add_memberships(socket, RTNLGRP_IPV4_ROUTE, RTNLGRP_NONE), 0);
	nl_socket_set_nonblocking(socket);
	reported[0] = '\0';
	return socket;
}

/* There is no moment without a route: the order in which the kernel reports them tells. */
static void a_gateway_changes_without_a_gap(void **state)
{
	struct fixture *fixture = fixture_from(state);
	struct nl_sock *socket;

	start(fixture);
	socket = listen_to_routes();
	net_commit(fixture->net, prepare(fixture));
	while (nl_recvmsgs_default(socket) >= 0)
		;
	nl_socket_free(socket);
	assert_string_equal(reported, "+10.77.0.2 2048 -10.77.0.1 0 +10.77.0.2 0 -10.77.0.2 2048 ");
}

/* What a daemon leaves that is killed between the two steps: its sockets go with it. */
static void prepare_and_die(struct fixture *fixture)
{
	pid_t pid = fork();

	if (pid == 0) {
		prepare(fixture);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	net_close(TAKE_POINTER(fixture->net));
}

/* Killed between the two steps, and started with the one or the other configuration. */
static void a_crash_between_leaves_nothing(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	prepare_and_die(fixture);
	open_net(fixture, &fixture->config);
	assert_int_equal(fixture_apply(fixture, &fixture->config), 0);
	assert_as_applied(fixture);

	prepare_and_die(fixture);
	open_net(fixture, &other);
	assert_int_equal(fixture_apply(fixture, &other), 0);
	assert_gone_over();
	assert_undone(fixture);
}

static void a_crash_between_can_be_undone(void **state)
{
	struct fixture *fixture = fixture_from(state);

	start(fixture);
	prepare_and_die(fixture);
	open_net(fixture, &other);
	assert_undone(fixture);
}

/* As if the kernel refused all changes. */
static void may_change_the_network(bool allowed)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	const __u32 mask = 1U << CAP_NET_ADMIN;

	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	data[0].effective = allowed ? data[0].effective | mask : data[0].effective & ~mask;
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static bool is_gone_over(void)
{
	return !strstr(output("ip addr show lo"), "10.77.0.101/32") &&
	       !strstr(output("ip -4 rule"), "/31") &&
	       !strstr(output("ip -4 route show table 112"), "metric 2048");
}

static void a_removal_that_failed_is_tried_again(void **state)
{
	struct fixture *fixture = fixture_from(state);
	uint64_t deadline = clock_now() + PATIENCE;
	struct net_plan *plan;

	assert_int_equal(sd_event_new(&loop), 0);
	assert_int_equal(monitor_start(loop, NO_SLOW_LOOK, &monitor), 0);
	start(fixture);
	plan = prepare(fixture);
	may_change_the_network(false);
	net_commit(fixture->net, plan);
	may_change_the_network(true);
	assert_ptr_equal(fixture->net->config, &other);
	assert_prints("ip addr show lo", "10.77.0.101/32");
	assert_prints("ip addr show lo", "10.77.0.102/32");
	run("ip link set eth0 mtu 1400"); /* a reason not to wait ten seconds */
	while (!is_gone_over() && clock_now() < deadline)
		sd_event_run(loop, 20000);
	assert_gone_over();
}

#define test(function) cmocka_unit_test_setup_teardown(function, fixture_enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(preparing_adds_and_takes_nothing),
		test(committing_takes_what_is_no_longer_wanted),
		test(aborting_leaves_nothing),
		test(aborting_the_first_restores_the_host),
		test(aborting_keeps_what_was_repaired_meanwhile),
		test(what_cannot_be_prepared_leaves_nothing),
		test(a_gateway_changes_without_a_gap),
		test(a_crash_between_leaves_nothing),
		test(a_crash_between_can_be_undone),
		test(a_removal_that_failed_is_tried_again),
	};

	return cmocka_run_group_tests_name("net plan", tests, NULL, NULL);
}
