// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot made by hand, as the status and the drops show it. */
#include "ctl/api/status.h"
#include "tests/unit/expect_json.h"
#include "tests/unit/snapshot_scene.h"

static void expect_member(struct scene *scene, const char *path, const char *expected)
{
	CLEANUP(cleanup_json) json_t *status = status_json(&scene->snapshot);

	assert_non_null(status);
	expect_json(json_incref(find(status, path)), expected);
}

static void status_has_the_shape_of_the_contract(void **state)
{
	struct scene *scene = *state;

	expect_json(
		status_json(&scene->snapshot),
		"{'node': 'n1', 'version': '" VIPD_VERSION "', 'healthy': true,"
		" 'alarms': [],"
		" 'time': '2026-01-01T00:01:30.005Z', 'started': '2026-01-01T00:00:00Z',"
		" 'drain': null,"
		" 'instances': [{'name': 'blue', 'vrid': 51, 'version': 3, 'authentication': null,"
		"   'state': 'MASTER', 'priority': 150,"
		"   'effective_priority': 150, 'master': '10.77.0.11', 'master_node': 'n1',"
		"   'lease_remaining_ms': 287, 'transitions': 3,"
		"   'last_transition': '2026-01-01T00:00:00Z',"
		"   'accept': false, 'accept_as_backup': false,"
		"   'vips': [{'address': '10.77.0.101', 'owned': true},"
		"            {'address': 'fd77::101', 'owned': true}],"
		"   'fault': null, 'yielded': false, 'reluctant': false,"
		"   'tracks': [], 'addresses_differ': false, 'address_mismatches': 0,"
		"   'interval_mismatches': 0, 'intervals_clamped': 0, 'adverts_sent': 20, "
		"'adverts_heard': 10,"
		"   'peers': [{'name': 'n2', 'address': '10.77.0.12', 'advert_age_ms': 35,"
		"              'signed': false,"
		"              'mac': '02:00:00:00:00:12', 'mac_pinned': false}],"
		"   'takeover': {'due_to_lease_us': 180, 'due_to_announcement_us': 410,"
		"                'gateway_confirmed_ms': 2},"
		"   'gateway': {'confirmed_age_ms': 999, 'silent_ms': null, 'silent_for': null},"
		"   'other_owner': null}],"
		" 'quorum': null,"
		" 'trackers': [],"
		" 'services': [{'name': 'web', 'settling': false, 'settled_in_ms': null,"
		"   'armed': false, 'panic': false, 'table_build_us': 850, 'backends': ["
		"   {'node': 'n2', 'local': false, 'state': 'up', 'share': 0.25, 'packets': 0,"
		"    'bytes': 0, 'reason': null, 'drain': null,"
		"    'check': {'detail': 'HTTP 204', 'age_ms': 2000}},"
		"   {'node': 'n1', 'local': true, 'state': 'up', 'share': 0.75, 'packets': 12,"
		"    'bytes': 3400, 'reason': null, 'drain': null,"
		"    'check': {'detail': 'HTTP 200 in 1.2 ms', 'age_ms': 1000}}]}],"
		" 'xdp': {'interface': 'eth0', 'attached': true, 'mode': 'native', 'program_id': 7,"
		"         'dispatcher': false, 'adopted': false},"
		" 'vrrp': {'version': 3, 'advert_interval_ms': 100, 'mode': 'unicast',"
		"          'auth': null},"
		" 'link': {'device': 'eth0.4000', 'mac': '02:00:00:00:00:01', 'mtu': 1400,"
		"          'running': true},"
		" 'traffic': {'arp_answered': 9, 'ns_answered': 0, 'adverts_accepted': 0,"
		"             'adverts_pseudo_header': 0, 'adverts_authenticated': 0,"
		"             'adverts_interval_differs': 0, 'adverts_yielded_to': 0,"
		"             'adverts_not_delivered': 0, 'vip_conflicts': 1,"
		"             'from_peers': 0, 'second_chances': 7, 'second_chances_found': 0,"
		"             'second_chances_passed': 0, 'second_chances_spent': 0,"
		"             'stepped_over': 0, 'unreachable_backend': 0, 'icmp_errors': 0,"
		"             'fragments': 0, 'fragments_orphaned': 0},"
		" 'drops_total': 42}");
}

static void authentication_is_shown_without_a_secret(void **state)
{
	static struct config_key keys[] = {{.id = 1}, {.id = 7}};
	struct scene *scene = *state;
	struct config_authentication *authentication = &scene->config.vrrp.authentication;

	authentication->mode = AUTHENTICATION_PERMISSIVE;
	authentication->active_key = 7;
	authentication->window = 5 * NS_PER_S;
	authentication->keys = keys;
	authentication->key_count = 2;
	expect_member(scene, "vrrp.auth",
		      "{'mode': 'permissive', 'active_key': 7, 'keys': [1, 7],"
		      " 'anti_replay': 'time', 'window_ms': 5000}");
	authentication->monotonic = true;
	authentication->mode = AUTHENTICATION_RECEIVE_ONLY;
	scene->instances[0].advert_signed[1] = true;
	expect_member(scene, "vrrp.auth",
		      "{'mode': 'receive-only', 'active_key': null, 'keys': [1, 7],"
		      " 'anti_replay': 'monotonic', 'window_ms': null}");
	expect_member(scene, "instances.0.peers.0.signed", "true");
}

static void version_2_has_its_own_authentication(void **state)
{
	struct scene *scene = *state;

	scene->instance.version = 2;
	scene->instances[0].status.version = 2;
	expect_member(scene, "instances.0.version", "2");
	expect_member(scene, "instances.0.authentication", "'none'");
	scene->instance.simple_text.type = VRRP2_SIMPLE_TEXT;
	expect_member(scene, "instances.0.authentication", "'pass'");
}

static void the_address_owner_accepts_always(void **state)
{
	struct scene *scene = *state;

	scene->instance.priority[0] = OWNER_PRIORITY;
	expect_member(scene, "instances.0.accept", "true");
	expect_member(scene, "instances.0.accept_as_backup", "false");
}

static void an_expired_lease_owns_nothing(void **state)
{
	struct scene *scene = *state;

	scene->instances[0].status.lease_until = NOW;
	expect_member(scene, "instances.0.state", "'MASTER'");
	expect_member(scene, "instances.0.vips.1.owned", "false");
	expect_member(scene, "instances.0.lease_remaining_ms", "0");
}

static void trackers_show_what_they_do(void **state)
{
	struct scene *scene = *state;
	struct config_tracker trackers[] = {
		{.name = "uplink", .kind = TRACKER_INTERFACE},
		{.name = "flag", .kind = TRACKER_FILE},
	};
	struct config_track tracks[] = {{.tracker = 0, .weight = -60}};
	struct config_track group_tracks[] = {{.tracker = 1}};
	struct config_sync_group group = {.tracks = group_tracks, .track_count = 1};
	struct tracker_status statuses[] = {
		{.state = TRACKED_DOWN, .detail = "no carrier"},
		{.state = TRACKED_UP, .number = 3, .detail = "3"},
	};

	scene->config.trackers = trackers;
	scene->config.tracker_count = 2;
	scene->config.sync_groups = &group;
	scene->config.sync_group_count = 1;
	scene->instance.tracks = tracks;
	scene->instance.track_count = 1;
	scene->instance.sync_group = 1;
	scene->snapshot.trackers = statuses;
	expect_member(scene, "trackers",
		      "[{'name': 'uplink', 'state': 'down', 'detail': 'no carrier'},"
		      " {'name': 'flag', 'state': 'up', 'detail': '3', 'number': 3}]");
	expect_member(scene, "instances.0.tracks",
		      "[{'tracker': 'uplink', 'weight': -60, 'adds': -60, 'pulls_down': true,"
		      "  'fails': false},"
		      " {'tracker': 'flag', 'weight': 0, 'adds': 0, 'pulls_down': false,"
		      "  'fails': true}]");
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
	scene->instances[0].peers[1].mac_known = 0;
	expect_member(scene, "instances.0.peers.0.advert_age_ms", "null");
	expect_member(scene, "instances.0.peers.0.mac", "null");
	expect_member(scene, "instances.0.takeover.due_to_lease_us", "null");
	expect_member(scene, "instances.0.takeover.gateway_confirmed_ms", "null");
	expect_member(scene, "instances.0.gateway", "null");
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

static void a_program_may_be_off_the_nic(void **state)
{
	struct scene *scene = *state;

	expect_member(scene, "xdp.attached", "true");
	scene->snapshot.attachment.error = -EBUSY;
	expect_member(scene, "xdp.attached", "false");
}

static void health_needs_link_instances_and_checks(void **state)
{
	struct scene *scene = *state;
	enum vrrp_state *instance = &scene->instances[0].status.state;
	enum health_state *check = &scene->services[0].checks[0].state;

	scene->snapshot.link.running = false;
	expect_member(scene, "healthy", "false");
	scene->snapshot.link.running = true;
	*instance = VRRP_FAULT;
	expect_member(scene, "healthy", "false");
	*instance = VRRP_INITIALIZE;
	expect_member(scene, "healthy", "false");
	*instance = VRRP_BACKUP;
	expect_member(scene, "healthy", "true");
	scene->services[0].checks[1].state = HEALTH_DOWN; /* that node's own affair */
	drain(scene, 0, "");
	expect_member(scene, "healthy", "true");
	scene->services[0].view.panic = true;
	expect_member(scene, "healthy", "false");
	scene->services[0].view.panic = false;
	*check = HEALTH_DOWN;
	expect_member(scene, "healthy", "false");
}

static void what_is_wrong_has_a_name_and_a_sentence(void **state)
{
	struct scene *scene = *state;

	scene->snapshot.link.running = false;
	scene->instances[0].status.state = VRRP_FAULT;
	scene->instances[0].status.fault = "the link is down";
	scene->services[0].view.panic = true;
	scene->services[0].checks[0].state = HEALTH_DOWN;
	strcpy(scene->services[0].checks[0].detail, "connection refused");
	alarm_raise(&scene->snapshot.alarms, "notify_stuck", "a script runs for %d s", 90);
	expect_member(
		scene, "alarms",
		"[{'name': 'notify_stuck', 'text': 'a script runs for 90 s'},"
		" {'name': 'link_down', 'text': 'eth0.4000 is down or without carrier'},"
		" {'name': 'instance_out', 'text': 'blue is in FAULT: the link is down'},"
		" {'name': 'service_panic', 'text': 'too few backends of web are up for its checks "
		"to be believed: all get connections'},"
		" {'name': 'backend_down',"
		"  'text': 'this node\\u0027s server of web is down: connection refused'}]");
	expect_member(scene, "healthy", "false");
}

static void a_gateway_that_owes_an_answer_is_an_alarm(void **state)
{
	struct scene *scene = *state;
	struct attract_confirmation *confirmation = &scene->instances[0].status.confirmation;

	*confirmation = (struct attract_confirmation){
		.waiting_since = NOW - 4 * NS_PER_S,
		.vip = scene->instance.vips[0],
		.asked = scene->peers[1].address,
	};
	expect_member(scene, "instances.0.gateway",
		      "{'confirmed_age_ms': null, 'silent_ms': 4000, 'silent_for': '10.77.0.101'}");
	expect_member(scene, "healthy", "true");
	confirmation->waiting_since = NOW - 6 * NS_PER_S;
	expect_member(
		scene, "alarms",
		"[{'name': 'gateway_silent', 'text': 'the gateway 10.77.0.12 has not answered "
		"for 10.77.0.101 of blue for 6 s: it may send elsewhere'}]");
	scene->instances[0].status.lease_until = 0;
	expect_member(scene, "alarms", "[]");
	expect_member(scene, "instances.0.gateway", "null");
}

static void another_owner_is_an_alarm(void **state)
{
	struct scene *scene = *state;
	struct vrrp_rival *rival = &scene->instances[0].status.rival;

	*rival = (struct vrrp_rival){
		.address = scene->peers[1].address,
		.priority = 100,
		.since = NOW - 12 * NS_PER_S,
		.seen_at = NOW - 50 * NS_PER_MS,
	};
	expect_member(scene, "alarms",
		      "[{'name': 'other_owner', 'text': 'another owner of blue is heard: n2 "
		      "(10.77.0.12), priority 100, for 12 s; it does not hear this node'}]");
	expect_member(scene, "instances.0.other_owner",
		      "{'address': '10.77.0.12', 'node': 'n2', 'priority': 100,"
		      " 'since_ms': 12000}");
	rival->seen_at = NOW - NS_PER_S; /* it has stopped */
	expect_member(scene, "instances.0.other_owner", "null");
	rival->since = rival->seen_at = NOW - 50 * NS_PER_MS; /* a last word is none */
	expect_member(scene, "alarms", "[]");
}

static void there_is_room_for_so_many_alarms(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < ALARMS_MAX + 5; i++)
		alarm_raise(&scene->snapshot.alarms, "many", "%d", i);
	scene->snapshot.link.running = false;
	expect_member(scene, "alarms.63.text", "'63'");
	expect_member(scene, "healthy", "false");
}

static void a_quorum_shows_who_is_not_heard(void **state)
{
	struct scene *scene = *state;

	scene->config.vrrp.quorum = (struct config_quorum){QUORUM_MAJORITY, 250};
	scene->snapshot.quorum = (struct quorum_status){
		.required = true,
		.majority = true,
		.quorum = {.nodes = 3, .needed = 2, .heard = 2},
		.heard = {true, false, true},
	};
	expect_member(scene, "quorum",
		      "{'policy': 'majority', 'vrid': 250, 'majority': true, 'heard': 2,"
		      " 'needed': 2, 'nodes': 3, 'not_heard': ['n2']}");
	expect_member(scene, "healthy", "true");
	scene->snapshot.quorum.majority = false;
	expect_member(scene, "quorum.majority", "false");
	expect_member(scene, "healthy", "false");
}

/* Its timer, which would tell that the Active has gone, does not run. */
static void without_quorum_an_active_is_known_while_it_is_heard(void **state)
{
	struct scene *scene = *state;
	struct engine_status *status = &scene->instances[0].status;

	scene->snapshot.quorum.required = true;
	status->state = VRRP_BACKUP;
	status->active = scene->peers[1].address;
	status->active_seen_at = NOW - 100 * NS_PER_MS;
	expect_member(scene, "instances.0.master", "'10.77.0.12'");
	status->active_seen_at = NOW - NS_PER_S;
	expect_member(scene, "instances.0.master", "null");
}

static void a_service_of_others_is_theirs(void **state)
{
	struct scene *scene = *state;

	scene->service.backend_count = 1;
	scene->services[0].checks[0].state = HEALTH_UNKNOWN;
	expect_member(scene, "healthy", "true");
}

/* Backends. */

static void a_backend_that_is_down_says_why(void **state)
{
	struct scene *scene = *state;

	scene->services[0].view.backends[0].state = BACKEND_DOWN;
	expect_member(scene, "services.0.backends.0.state", "'down'");
	expect_member(scene, "services.0.backends.0.reason", "'HTTP 204'");
	scene->services[0].checks[1] = (struct health_status){.state = HEALTH_UNKNOWN};
	expect_member(scene, "services.0.backends.0.reason", "'no check result yet'");
	expect_member(scene, "services.0.backends.0.check",
		      "{'detail': 'no result yet', 'age_ms': null}");
}

static void a_backend_that_cannot_be_reached_is_down(void **state)
{
	struct scene *scene = *state;

	scene->services[0].view.backends[0].reachable = false;
	expect_member(scene, "services.0.backends.0.state", "'down'");
	expect_member(scene, "services.0.backends.0.reason", "'no MAC known for 10.77.0.12'");
	memset(&scene->peers[1].address, 0, sizeof(scene->peers[1].address));
	expect_member(scene, "services.0.backends.0.reason", "'no MAC known for fd77::12'");
}

static void a_drained_backend_says_since_when_and_why(void **state)
{
	struct scene *scene = *state;

	drain(scene, 1, "new kernel");
	scene->services[0].view.backends[0].state = BACKEND_DRAIN;
	expect_member(scene, "services.0.backends.0.state", "'drain'");
	expect_member(scene, "services.0.backends.0.reason", "'drained: new kernel'");
	expect_member(scene, "services.0.backends.0.drain",
		      "{'since': '2025-12-31T23:58:25Z', 'until': '2026-01-01T00:31:30Z',"
		      " 'reason': 'new kernel'}");
	expect_member(scene, "drain", "null");
}

static void a_drain_may_have_neither_end_nor_reason(void **state)
{
	struct scene *scene = *state;

	drain(scene, 0, "");
	scene->snapshot.drains[0].until = 0;
	scene->services[0].view.backends[1].state = BACKEND_DRAIN;
	expect_member(scene, "services.0.backends.1.reason", "'drained'");
	expect_member(scene, "drain",
		      "{'since': '2025-12-31T23:58:25Z', 'until': null, 'reason': null}");
}

/* A drain does not make up for a failed check. */
static void a_drained_backend_may_be_down(void **state)
{
	struct scene *scene = *state;

	drain(scene, 1, "new kernel");
	scene->services[0].view.backends[0].state = BACKEND_DOWN;
	expect_member(scene, "services.0.backends.0.reason", "'HTTP 204'");
	expect_member(scene, "services.0.backends.0.drain.reason", "'new kernel'");
}

static void a_former_backend_is_shown_until_it_has_settled(void **state)
{
	struct scene *scene = *state;

	scene->services[0].view.settling = true;
	scene->services[0].view.settled_in = 90 * NS_PER_S;
	scene->services[0].view.backends[0].peer = 2;
	scene->services[0].view.backends[0].state = BACKEND_DRAIN;
	expect_member(scene, "services.0.settled_in_ms", "90000");
	scene->services[0].view.settled_in = NEVER;
	expect_member(scene, "services.0.settled_in_ms", "null");
	expect_member(scene, "services.0.backends.0.node", "'n3'");
	expect_member(scene, "services.0.backends.0.reason",
		      "'no backend any longer; connections may still live there'");
}

static void details_that_are_no_utf8_are_shown_all_the_same(void **state)
{
	struct scene *scene = *state;

	strcpy(scene->services[0].checks[1].detail, "bad \xff byte");
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

/* A clock that was an hour off, and is right now. */
static void ages_outlive_a_clock_that_is_set(void **state)
{
	struct scene *scene = *state;

	scene->snapshot.wall += 3600 * NS_PER_S;
	expect_member(scene, "started", "'2026-01-01T01:00:00Z'");
	expect_member(scene, "instances.0.last_transition", "'2026-01-01T01:00:00Z'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(status_has_the_shape_of_the_contract),
		test(authentication_is_shown_without_a_secret),
		test(version_2_has_its_own_authentication),
		test(the_address_owner_accepts_always),
		test(an_expired_lease_owns_nothing),
		test(trackers_show_what_they_do),
		test(a_backup_knows_its_active),
		test(in_fault_the_active_is_known_while_it_is_heard),
		test(what_never_happened_is_null),
		test(ages_outlive_a_clock_that_is_set),
		test(takeover_times_do_not_run_backwards),
		test(ipv6_instances_show_ipv6_peers),
		test(a_program_may_be_off_the_nic),
		test(health_needs_link_instances_and_checks),
		test(what_is_wrong_has_a_name_and_a_sentence),
		test(a_gateway_that_owes_an_answer_is_an_alarm),
		test(another_owner_is_an_alarm),
		test(there_is_room_for_so_many_alarms),
		test(a_quorum_shows_who_is_not_heard),
		test(without_quorum_an_active_is_known_while_it_is_heard),
		test(a_service_of_others_is_theirs),
		test(a_backend_that_is_down_says_why),
		test(a_backend_that_cannot_be_reached_is_down),
		test(a_drained_backend_says_since_when_and_why),
		test(a_drain_may_have_neither_end_nor_reason),
		test(a_drained_backend_may_be_down),
		test(a_former_backend_is_shown_until_it_has_settled),
		test(details_that_are_no_utf8_are_shown_all_the_same),
		test(drops_list_every_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
