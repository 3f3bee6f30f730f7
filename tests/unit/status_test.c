// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot made by hand, as the status, the drops and the metrics show it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/api/exposition.h"
#include "ctl/api/status.h"
#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "tests/unit/expect_json.h"

#define NOW      (1000 * NS_PER_S)          /* CLOCK_MONOTONIC */
#define NEW_YEAR (1767225600ULL * NS_PER_S) /* 2026-01-01T00:00:00Z */

/* Node n1 of three: Active for blue, one service that is up. */
struct scene {
	struct config_peer peers[3];
	struct ip_address vips[2];
	struct config_instance instance;
	struct config_backend backends[2];
	struct config_service service;
	struct config config;
	struct net_link link;
	struct attachment attachment;
	struct snapshot_instance instances[1];
	struct health_status health[1];
	struct snapshot snapshot;
};

static struct ip_address address(const char *text)
{
	struct ip_address result;

	assert_int_equal(address_parse(text, &result), 0);
	return result;
}

static struct config_peer peer(const char *name, const char *ipv4, const char *ipv6)
{
	struct config_peer result = {.address = address(ipv4), .address6 = address(ipv6)};

	strcpy(result.name, name);
	return result;
}

static void set_config(struct scene *scene)
{
	scene->peers[0] = peer("n1", "10.77.0.11", "fd77::11");
	scene->peers[1] = peer("n2", "10.77.0.12", "fd77::12");
	scene->peers[2] = peer("n3", "10.77.0.13", "fd77::13");
	scene->vips[0] = address("10.77.0.101");
	scene->vips[1] = address("fd77::101");
	scene->instance = (struct config_instance){
		.name = "blue",
		.vrid = 51,
		.priority = {150, 100, 0},
		.vips = scene->vips,
		.vip_count = 2,
	};
	scene->backends[0].peer = 1;
	scene->backends[1].peer = 0;
	scene->service = (struct config_service){
		.name = "web",
		.backends = scene->backends,
		.backend_count = 2,
	};
	scene->config = (struct config){
		.node = "n1",
		.self = 0,
		.peers = scene->peers,
		.peer_count = 3,
		.vrrp = {.version = 3, .advert_interval = 100 * NS_PER_MS},
		.instances = &scene->instance,
		.instance_count = 1,
		.services = &scene->service,
		.service_count = 1,
	};
}

static void set_state(struct scene *scene)
{
	scene->link = (struct net_link){
		.device = "eth0.4000", .mac = {2, 0, 0, 0, 0, 1}, .mtu = 1400, .running = true};
	scene->attachment =
		(struct attachment){.interface = "eth0", .native = true, .program_id = 7};
	scene->instances[0] = (struct snapshot_instance){
		.config = &scene->instance,
		.advert_seen_at = {0, NOW - 35 * NS_PER_MS, 0},
		.status =
			{
				.name = "blue",
				.vrid = 51,
				.priority = 150,
				.effective_priority = 150,
				.state = VRRP_ACTIVE,
				.active = scene->peers[0].address,
				.active_priority = 150,
				.lease_until = NOW + 287 * NS_PER_MS + 1,
				.transitions = 3,
				.changed_wall = NEW_YEAR,
				.adverts_sent = 20,
				.adverts_heard = 10,
				.takeover =
					{
						.due_at = NOW - NS_PER_S,
						.stored_at = NOW - NS_PER_S + 180 * NS_PER_US,
						.announced_at = NOW - NS_PER_S + 410 * NS_PER_US,
						.confirmed_at = NOW - NS_PER_S + 2 * NS_PER_MS,
					},
			},
	};
	scene->health[0] = (struct health_status){
		.state = HEALTH_UP, .checked_at = NOW - NS_PER_S, .detail = "HTTP 200 in 1.2 ms"};
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -ENOMEM;
	set_config(scene);
	set_state(scene);
	scene->snapshot = (struct snapshot){
		.now = NOW,
		.wall = NEW_YEAR + 90 * NS_PER_S + 5 * NS_PER_MS,
		.started_wall = NEW_YEAR,
		.config = &scene->config,
		.link = &scene->link,
		.attachment = &scene->attachment,
		.instances = scene->instances,
		.instance_count = 1,
		.health = scene->health,
		.drops = {.vrrp_ttl = 4, .arp_not_owner = 38},
		.traffic = {.arp_answered = 9, .vip_conflicts = 1},
	};
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void expect_member(struct scene *scene, const char *path, const char *expected)
{
	CLEANUP(cleanup_json) json_t *status = status_json(&scene->snapshot);

	assert_non_null(status);
	expect_json(json_incref(find(status, path)), expected);
}

/* The status. */

static void status_has_the_shape_of_the_contract(void **state)
{
	struct scene *scene = *state;

	expect_json(
		status_json(&scene->snapshot),
		"{'node': 'n1', 'version': '" VIPD_VERSION "', 'healthy': true,"
		" 'time': '2026-01-01T00:01:30.005Z', 'started': '2026-01-01T00:00:00Z',"
		" 'instances': [{'name': 'blue', 'vrid': 51, 'state': 'MASTER', 'priority': 150,"
		"   'effective_priority': 150, 'master': '10.77.0.11', 'master_node': 'n1',"
		"   'lease_remaining_ms': 287, 'transitions': 3,"
		"   'last_transition': '2026-01-01T00:00:00Z',"
		"   'vips': [{'address': '10.77.0.101', 'owned': true},"
		"            {'address': 'fd77::101', 'owned': true}],"
		"   'fault': null, 'yielded': false, 'adverts_sent': 20, 'adverts_heard': 10,"
		"   'peers': [{'name': 'n2', 'address': '10.77.0.12', 'advert_age_ms': 35}],"
		"   'takeover': {'due_to_lease_us': 180, 'due_to_announcement_us': 410,"
		"                'gateway_confirmed_ms': 2}}],"
		" 'services': [{'name': 'web', 'settling': false, 'backends': ["
		"   {'node': 'n1', 'local': true, 'state': 'up', 'share': 1.0, 'packets': 0,"
		"    'bytes': 0, 'check': {'detail': 'HTTP 200 in 1.2 ms', 'age_ms': 1000}}]}],"
		" 'xdp': {'interface': 'eth0', 'mode': 'native', 'program_id': 7,"
		"         'dispatcher': false, 'adopted': false},"
		" 'vrrp': {'version': 3, 'advert_interval_ms': 100, 'mode': 'unicast'},"
		" 'link': {'device': 'eth0.4000', 'mac': '02:00:00:00:00:01', 'mtu': 1400,"
		"          'running': true},"
		" 'traffic': {'arp_answered': 9, 'ns_answered': 0, 'adverts_accepted': 0,"
		"             'adverts_pseudo_header': 0, 'adverts_yielded_to': 0,"
		"             'adverts_not_delivered': 0, 'vip_conflicts': 1},"
		" 'drops_total': 42}");
}

static void an_expired_lease_owns_nothing(void **state)
{
	struct scene *scene = *state;

	scene->instances[0].status.lease_until = NOW;
	expect_member(scene, "instances.0.state", "'MASTER'");
	expect_member(scene, "instances.0.vips.1.owned", "false");
	expect_member(scene, "instances.0.lease_remaining_ms", "0");
}

static void a_backup_knows_its_active(void **state)
{
	struct scene *scene = *state;
	struct engine_status *status = &scene->instances[0].status;

	status->state = VRRP_BACKUP;
	status->active = scene->peers[1].address;
	status->active_seen_at = NOW - NS_PER_S;
	expect_member(scene, "instances.0.state", "'BACKUP'");
	expect_member(scene, "instances.0.master", "'10.77.0.12'");
	expect_member(scene, "instances.0.master_node", "'n2'");
	expect_member(scene, "instances.0.vips.0.owned", "false");
	expect_member(scene, "instances.0.lease_remaining_ms", "0");
	expect_member(scene, "healthy", "true");

	status->active_priority = 0; /* it has resigned */
	expect_member(scene, "instances.0.master", "null");
	expect_member(scene, "instances.0.master_node", "null");
}

static void in_fault_the_active_is_known_while_it_is_heard(void **state)
{
	struct scene *scene = *state;
	struct engine_status *status = &scene->instances[0].status;

	status->state = VRRP_FAULT;
	status->fault = "the link is down";
	status->active = scene->peers[1].address;
	status->active_seen_at = NOW - 100 * NS_PER_MS;
	expect_member(scene, "instances.0.master", "'10.77.0.12'");
	expect_member(scene, "instances.0.fault", "'the link is down'");
	status->active_seen_at = NOW - 400 * NS_PER_MS;
	expect_member(scene, "instances.0.master", "null");
}

static void what_never_happened_is_null(void **state)
{
	struct scene *scene = *state;
	struct engine_status *status = &scene->instances[0].status;

	*status = (struct engine_status){.name = "blue", .state = VRRP_INITIALIZE};
	scene->instances[0].advert_seen_at[1] = 0;
	expect_member(scene, "instances.0.state", "'INIT'");
	expect_member(scene, "instances.0.master", "null");
	expect_member(scene, "instances.0.last_transition", "null");
	expect_member(scene, "instances.0.peers.0.advert_age_ms", "null");
	expect_member(scene, "instances.0.takeover.due_to_lease_us", "null");
	expect_member(scene, "instances.0.takeover.gateway_confirmed_ms", "null");
}

/* A takeover that is under way must not show the times of the one before. */
static void takeover_times_do_not_run_backwards(void **state)
{
	struct scene *scene = *state;
	struct takeover_times *takeover = &scene->instances[0].status.takeover;

	takeover->due_at = NOW;
	expect_member(scene, "instances.0.takeover.due_to_announcement_us", "null");
}

static void ipv6_instances_show_ipv6_peers(void **state)
{
	struct scene *scene = *state;

	scene->instance.vips = &scene->vips[1];
	scene->instance.vip_count = 1;
	expect_member(scene, "instances.0.peers.0.address", "'fd77::12'");
}

static void health_needs_link_instances_and_checks(void **state)
{
	struct scene *scene = *state;
	enum vrrp_state *instance = &scene->instances[0].status.state;
	enum health_state *check = &scene->health[0].state;

	scene->link.running = false;
	expect_member(scene, "healthy", "false");
	scene->link.running = true;
	*instance = VRRP_FAULT;
	expect_member(scene, "healthy", "false");
	*instance = VRRP_INITIALIZE;
	expect_member(scene, "healthy", "false");
	*instance = VRRP_BACKUP;
	expect_member(scene, "healthy", "true");
	*check = HEALTH_DOWN;
	expect_member(scene, "healthy", "false");
	expect_member(scene, "services.0.backends.0.state", "'down'");
	expect_member(scene, "services.0.backends.0.share", "0.0");
}

static void an_unknown_backend_is_down(void **state)
{
	struct scene *scene = *state;

	scene->health[0] = (struct health_status){.state = HEALTH_UNKNOWN};
	expect_member(scene, "services.0.backends.0.state", "'down'");
	expect_member(scene, "services.0.backends.0.check",
		      "{'detail': 'no result yet', 'age_ms': null}");
}

static void a_service_of_others_has_no_local_backend(void **state)
{
	struct scene *scene = *state;

	scene->service.backend_count = 1;
	scene->health[0].state = HEALTH_DOWN;
	expect_member(scene, "services.0.backends", "[]");
	expect_member(scene, "healthy", "true");
}

static void details_that_are_no_utf8_are_shown_all_the_same(void **state)
{
	struct scene *scene = *state;

	strcpy(scene->health[0].detail, "bad \xff byte");
	expect_member(scene, "services.0.backends.0.check.detail", "'bad ? byte'");
}

static void drops_list_every_reason(void **state)
{
	struct scene *scene = *state;
	CLEANUP(cleanup_json) json_t *drops = drops_json(&scene->snapshot);

	assert_int_equal(json_array_size(find(drops, "drops")), DROP_REASON_COUNT);
	expect_json(json_incref(find(drops, "total")), "42");
	expect_json(json_incref(find(drops, "drops.0")),
		    "{'reason': 'arp_not_owner', 'count': 38,"
		    " 'text': 'ARP request for a VIP that another node owns'}");
}

/* The metrics. */

static void expect_lines(const struct scene *scene, const char *const *lines)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;

	text = exposition_text(&scene->snapshot, &length);
	assert_non_null(text);
	assert_int_equal(strlen(text), length);
	for (; *lines; lines++) {
		CLEANUP(cleanup_free) char *line = NULL;

		assert_true(asprintf(&line, "\n%s\n", *lines) > 0);
		if (!strstr(text, line))
			fail_msg("no line \"%s\" in:\n%s", *lines, text);
	}
}

static void metrics_show_what_the_status_shows(void **state)
{
	static const char *const lines[] = {
		"vipd_build_info{version=\"" VIPD_VERSION "\",node=\"n1\"} 1",
		"vipd_up 1",
		"vipd_healthy 1",
		"vipd_start_time_seconds 1767225600.000000000",
		"vipd_link_running{device=\"eth0.4000\"} 1",
		"vipd_xdp_mode_info{interface=\"eth0\",mode=\"native\"} 1",
		"vipd_vip_owner{vip=\"fd77::101\",instance=\"blue\"} 1",
		"vipd_instance_state{instance=\"blue\",state=\"BACKUP\"} 0",
		"vipd_instance_state{instance=\"blue\",state=\"MASTER\"} 1",
		"vipd_instance_priority{instance=\"blue\"} 150",
		"# TYPE vipd_transitions_total counter",
		"vipd_transitions_total{instance=\"blue\"} 3",
		"vipd_adverts_sent_total{instance=\"blue\"} 20",
		"vipd_adverts_heard_total{instance=\"blue\"} 10",
		"vipd_lease_remaining_seconds{instance=\"blue\"} 0.287000001",
		"vipd_peer_advert_age_seconds{instance=\"blue\",peer=\"n2\"} 0.035000000",
		"vipd_takeover_seconds{instance=\"blue\",stage=\"lease\"} 0.000180000",
		"vipd_takeover_seconds{instance=\"blue\",stage=\"gateway\"} 0.002000000",
		"vipd_check_up{service=\"web\"} 1",
		"# HELP vipd_arp_answered_total ARP requests answered for virtual IPs.",
		"# TYPE vipd_arp_answered_total counter",
		"vipd_arp_answered_total 9",
		"vipd_vip_conflicts_total 1",
		"vipd_drops_total{reason=\"vrrp_ttl\"} 4",
		"vipd_drops_total{reason=\"vrrp_checksum\"} 0",
		NULL,
	};

	expect_lines(*state, lines);
}

static void metrics_escape_labels(void **state)
{
	static const char *const lines[] = {
		"vipd_link_running{device=\"a\\\\b\\\"c\\nd\"} 1",
		NULL,
	};
	struct scene *scene = *state;

	strcpy(scene->link.device, "a\\b\"c\nd");
	expect_lines(scene, lines);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(status_has_the_shape_of_the_contract),
		test(an_expired_lease_owns_nothing),
		test(a_backup_knows_its_active),
		test(in_fault_the_active_is_known_while_it_is_heard),
		test(what_never_happened_is_null),
		test(takeover_times_do_not_run_backwards),
		test(ipv6_instances_show_ipv6_peers),
		test(health_needs_link_instances_and_checks),
		test(an_unknown_backend_is_down),
		test(a_service_of_others_has_no_local_backend),
		test(details_that_are_no_utf8_are_shown_all_the_same),
		test(drops_list_every_reason),
		test(metrics_show_what_the_status_shows),
		test(metrics_escape_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
