// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reload is one transaction: whichever part cannot prepare, the dataplane's tables are the same
 * to the byte, and the host's network too. All parts of vipd, in a namespace of our own. Needs
 * root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/config/load.h"
#include "ctl/dataplane/part.h"
#include "ctl/node/node.h"
#include "ctl/node/parts.h"
#include "tests/host/net_fixture.h"
#include "tests/host/tables_dump.h"

/* This node's address is not on its device, so no lease and no advertisement moves in the tables.
 */
#define HEAD "node: n1\ninterface: eth0\ngateway: [10.77.0.1, 'fd77::1']\n"

static const char before_text[] =
	HEAD "peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}, {name: n2, address: "
	     "10.77.0.12}]\n"
	     "metrics: {listen: '127.0.0.1:9650'}\n"
	     "vrrp: {advert_interval: 100ms}\n"
	     "instances:\n"
	     "  - {name: blue, vrid: 51, priority: {n1: 150}, vips: [10.77.0.101, 'fd77::101']}\n"
	     "  - {name: old, vrid: 52, priority: {n1: 100}, vips: [10.77.0.102]}\n"
	     "services:\n"
	     "  - {name: web, ports: [80/tcp], backends: [n1, n2]}\n";

/* Something else in every part. */
static const char after_text[] =
	HEAD "peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}, {name: n3, address: "
	     "10.77.0.13,\n"
	     "        mac: '02:00:00:77:00:13'}]\n"
	     "metrics: {listen: '0.0.0.0:9650'}\n"
	     "vrrp: {advert_interval: 50ms, guard_interfaces: [other]}\n"
	     "instances:\n"
	     "  - {name: blue, vrid: 51, priority: {n1: 90}, vips: [10.77.0.101, 10.77.0.120],\n"
	     "     track: [uplink]}\n"
	     "  - {name: new, vrid: 53, priority: {n1: 100}, vips: ['fd77::103']}\n"
	     "trackers: [{name: uplink, interface: other}]\n"
	     "drain_on_down: [other]\n"
	     "control: {group: root}\n"
	     "notify: {script: /bin/true}\n"
	     "services:\n"
	     "  - {name: web, ports: [80/tcp, 443/tcp], backends: [n1, n3],\n"
	     "     check: {tcp: true, port: 80, interval: 1h, timeout: 1s}}\n"
	     "  - {name: api, ports: [6443/tcp], backends: [n3]}\n";

static struct {
	char run_dir[64], pin_dir[64];
	sd_event *event;
	const struct part *table[PARTS_MAX + 1];
	size_t count;
	struct node *node;
} scene;

static size_t failing; /* place of the part that cannot prepare; SIZE_MAX: none */

static int fail_to_prepare(struct node *node, const struct config *next, void **plan)
{
	(void)node;
	(void)next;
	(void)plan;
	return -EIO;
}

/* The parts know themselves by their address, so the table keeps it, and only the walk is changed.
 */
static int node_follow_failing(const struct config *next)
{
	struct part broken;
	const struct part *intact;
	int error;

	if (failing == SIZE_MAX)
		return node_follow(scene.node, next);
	intact = scene.table[failing];
	broken = *intact;
	broken.prepare = fail_to_prepare;
	scene.table[failing] = &broken;
	error = node_follow(scene.node, next);
	scene.table[failing] = intact;
	return error;
}

static const struct config *parsed(const char *text)
{
	const struct config *config = NULL;

	assert_int_equal(config_parse("test.yaml", text, strlen(text), "n1", stderr, &config), 0);
	return config;
}

/* What has been deferred is done: the first health results, the standing, tables in slices. */
static void settle(void)
{
	for (int turn = 0; turn < 200; turn++)
		assert_true(sd_event_run(scene.event, 5000) >= 0);
}

static void name_host(char name[static CONFIG_NAME_MAX])
{
	snprintf(name, CONFIG_NAME_MAX, "n1");
}

static void start(void)
{
	const struct config *config CLEANUP(config_unrefp) = parsed(before_text);
	const struct node_setup setup = {
		.config_path = "/nonexistent",
		.hostname = name_host,
		.run_dir = scene.run_dir,
		.pin_dir = scene.pin_dir,
		.event = scene.event,
		.parts = scene.table,
	};

	assert_int_equal(node_start(&setup, config, &scene.node), 0);
	settle();
}

static int enter(void **state)
{
	struct fixture *fixture;

	if (unshare(CLONE_NEWNS) == 0)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (fixture_enter(state))
		return -1;
	fixture = *state;
	if (!fixture)
		return 0;
	run("ip link set lo up; ip addr flush dev eth0");
	run("ip link add other type veth peer name other-p; ip link set other up");
	memset(&scene, 0, sizeof(scene));
	failing = SIZE_MAX;
	snprintf(scene.run_dir, sizeof(scene.run_dir), "%s/run", fixture->directory);
	snprintf(scene.pin_dir, sizeof(scene.pin_dir), "%s/pins", fixture->directory);
	while (node_parts[scene.count]) {
		scene.table[scene.count] = node_parts[scene.count];
		scene.count++;
	}
	return sd_event_new(&scene.event) < 0 ? -1 : 0;
}

static int leave(void **state)
{
	struct fixture *fixture = *state;
	char command[128];

	node_stop(scene.node);
	sd_event_unref(scene.event);
	if (!fixture)
		return 0;
	snprintf(command, sizeof(command), "rm -rf %s", scene.run_dir);
	run(command);
	return fixture_leave(state);
}

/* The wall clock's offset is followed all the time, whatever the configuration. */
static struct tables_dump take(void)
{
	struct maps *maps = dataplane_maps(scene.node);

	maps_set_wall_offset(maps, 0);
	return tables_take(maps);
}

static void whichever_part_fails_nothing_has_changed(void **state)
{
	const struct config *next CLEANUP(config_unrefp) = NULL;
	struct tables_dump before;
	char host[16384];

	fixture_from(state);
	start();
	next = parsed(after_text);
	before = take();
	snprintf(host, sizeof(host), "%s", fixture_state());
	for (failing = 0; failing < scene.count; failing++) {
		struct tables_dump after;

		assert_int_equal(node_follow_failing(next), -EIO);
		settle();
		after = take();
		if (!tables_same(&before, &after))
			fail_msg("when %s could not prepare, the tables changed",
				 scene.table[failing]->name);
		tables_release(&after);
		assert_state(host);
	}
	tables_release(&before);
}

static void and_then_it_can_be_followed(void **state)
{
	const struct config *next CLEANUP(config_unrefp) = NULL;

	fixture_from(state);
	start();
	next = parsed(after_text);
	for (failing = 0; failing < scene.count; failing++)
		assert_int_equal(node_follow_failing(next), -EIO);
	failing = SIZE_MAX;
	assert_int_equal(node_follow_failing(next), 0);
	settle();
	assert_prints("ip -4 addr show dev lo", "10.77.0.120/32");
	assert_prints_no("ip -4 addr show dev lo", "10.77.0.102/32");
	assert_prints("ip -6 addr show dev lo", "fd77::103/128");
	assert_prints("bpftool net show dev other", "xdp");
}

static void a_node_that_stops_leaves_nothing(void **state)
{
	struct fixture *fixture = fixture_from(state);
	char before[16384];

	snprintf(before, sizeof(before), "%s", fixture_state());
	start();
	assert_prints("ip -4 addr show dev lo", "10.77.0.101/32");
	node_stop(scene.node);
	scene.node = NULL;
	assert_state(before);
	assert_int_equal(access(scene.pin_dir, F_OK), -1);
	(void)fixture;
}

#define in_namespace(function) cmocka_unit_test_setup_teardown(function, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_namespace(whichever_part_fails_nothing_has_changed),
		in_namespace(and_then_it_can_be_followed),
		in_namespace(a_node_that_stops_leaves_nothing),
	};

	return cmocka_run_group_tests_name("node_reload", tests, NULL, NULL);
}
