// SPDX-License-Identifier: GPL-2.0-only
/* From one configuration to another, and from a crashed controller to the next. */
#include "tests/unit/fake_dataplane.h"

#define SERVICE(name, ports, backends)                                                             \
	"  - {name: " name ", ports: [" ports "], backends: [" backends "]}\n"

#define SERVICES(list) HEAD PEERS "services:\n" list

static void services_with_the_same_backends_share_a_pool(void **state)
{
	static const char text[] = SERVICES(
		"  - {name: sticky, ports: [79/tcp], backends: [n1, n2], affinity: client, settle: "
		"1s}\n" SERVICE("web", "80/tcp", "n1, n2") SERVICE("tls", "443/tcp", "n2, n1")
			SERVICE("api", "81/tcp", "n1") SERVICE(
				"big", "82/tcp",
				"n1, {node: n2, weight: 2}") "  - {name: sure, ports: [83/tcp], "
							     "backends: [n1, n2], check: {http: /, "
							     "port: 83}}\n"
							     "  - {name: wary, ports: [84/tcp], "
							     "backends: [n1, n2], panic_threshold: "
							     "50}\n");
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", text);
	assert_int_equal(pool_of_port(&node, 80), pool_of_port(&node, 79));
	assert_int_equal(pool_of_port(&node, 80), pool_of_port(&node, 443));
	for (uint16_t port = 81; port <= 84; port++)
		assert_int_not_equal(pool_of_port(&node, 80), pool_of_port(&node, port));
	/* What is up for one is up for all, and settles for the longest of their times. */
	set_state(&node, 2, "n1", BACKEND_UP);
	assert_false(steering_all_down(node.steering, "sticky"));
	assert_true(steering_all_down(node.steering, "api"));
	pass_time(&node, HOUR / 2);
	assert_int_equal(pool_of(&node, pool_of_port(&node, 79))->settling, 1);
	fake_node_close(&node);
}

#define SCRIPTED(name, ports)                                                                      \
	"  - {name: " name ", ports: [" ports "], backends: [n1, n2], check: {script: "            \
	"/bin/true}}\n"

/* A script knows which service it is asked for, so its answer holds for that one alone. */
static void services_with_a_script_do_not_share_a_pool(void **state)
{
	struct fake_node node;
	uint32_t web, api;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SCRIPTED("web", "80/tcp") SCRIPTED("api", "81/tcp")));
	web = pool_of_port(&node, 80);
	api = pool_of_port(&node, 81);
	assert_int_not_equal(web, api);
	all_up(&node);
	set_state(&node, 0, "n1", BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, web), 11), 0);
	assert_true(slots_led_by(slots_of(&node, api), 11) > 0);
	/* Each keeps its own over a reload. */
	fake_node_reload(&node, SERVICES(SCRIPTED("api", "81/tcp") SCRIPTED("web", "80/tcp")));
	assert_int_equal(pool_of_port(&node, 80), web);
	assert_int_equal(pool_of_port(&node, 81), api);
	fake_node_close(&node);
}

#define DUAL_PEERS                                                                                 \
	"peers: [{name: n1, address: 10.77.0.11, address6: \"fd77::11\"}, "                        \
	"{name: n2, address: 10.77.0.12, address6: \"fd77::12\"}]\n"

#define CHECKED(name, ports, vips)                                                                 \
	"  - {name: " name ", ports: [" ports "], vips: " vips                                     \
	", backends: [n1, n2], check: {tcp: true, port: 80}}\n"

#define OF_BOTH_AND_OF_ONE                                                                         \
	"services:\n" CHECKED("web", "80/tcp", "all") CHECKED("four", "81/tcp", "[10.77.0.101]")

/* A node that answers over IPv4 only is up for one of them, and down for the other. */
static void services_of_other_families_do_not_share_a_pool(void **state)
{
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", HEAD DUAL_PEERS OF_BOTH_AND_OF_ONE);
	assert_int_not_equal(pool_of_port(&node, 80), pool_of_port(&node, 81));
	/* Nodes with one address are asked at that one by all of them. */
	fake_node_reload(&node, HEAD PEERS OF_BOTH_AND_OF_ONE);
	assert_int_equal(pool_of_port(&node, 80), pool_of_port(&node, 81));
	fake_node_close(&node);
}

/* What the one asks is open at a node where the port of the other is not. */
static void services_that_ask_elsewhere_do_not_share_a_pool(void **state)
{
	static const struct {
		const char *a, *b;
		bool shared;
	} cases[] = {
		{"tcp: true, port: 80", "tcp: true, port: 80", true},
		{"tcp: true, every_port: true", "tcp: true, every_port: true", false},
		{"tcp: true, port: 80", "tcp: true, port: 80, families: ipv6", false},
		{"tcp: true, port: 80, families: both", "tcp: true, port: 80", true},
		{"tcp: true, port: 80, to: vip", "tcp: true, port: 80", false},
		{"tcp: true, port: 80, to: vip", "tcp: true, port: 80, to: vip", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake_node node;
		char text[2048];

		snprintf(text, sizeof(text),
			 "%sservices:\n  - {name: web, ports: [80/tcp], check: {%s}}\n"
			 "  - {name: api, ports: [81/tcp], check: {%s}}\n",
			 HEAD DUAL_PEERS, cases[i].a, cases[i].b);
		fake_node_open(&node, "n1", text);
		assert_int_equal(pool_of_port(&node, 80) == pool_of_port(&node, 81),
				 cases[i].shared);
		fake_node_close(&node);
	}
}

static void unchanged_pool_is_left_alone(void **state)
{
	struct fake_node node;
	const struct slot_table *before;
	uint32_t web;

	(void)state;
	fake_node_open(&node, "n1",
		       SERVICES(SERVICE("web", "80/tcp", "n1, n2") SERVICE("api", "81/tcp", "n3")));
	all_up(&node);
	set_drain(&node, "n3", true);
	web = pool_of_port(&node, 80);
	before = slots_of(&node, web);
	pass_time(&node, HOUR);
	fake_node_reload(&node, SERVICES(SERVICE("new", "90/tcp", "n4, n1") SERVICE("api", "81/tcp",
										    "n3, n4")
						 SERVICE("web", "80/tcp, 443/tcp", "n2, n1")));
	assert_int_equal(pool_of_port(&node, 80), web);
	assert_int_equal(pool_of_port(&node, 443), web);
	assert_ptr_equal(slots_of(&node, web), before);
	assert_int_equal(pool_of(&node, web)->settling, 0);
	assert_false(steering_all_down(node.steering, "web"));
	assert_true(steering_all_down(node.steering, "new"));
	fake_node_close(&node);
}

/* Whatever peers come and go, and however the file lists them. */
static void peers_may_move_about(void **state)
{
	struct fake_node node;
	const struct slot_table *before;

	(void)state;
	fake_node_open(&node, "n2", SERVICES(SERVICE("web", "80/tcp", "n1, n2")));
	all_up(&node);
	set_drain(&node, "n1", true);
	before = slots_of(&node, 0);
	fake_node_reload(&node, HEAD "peers: [" N3 ", " N2 ", " N1
				     "]\nservices:\n" SERVICE("web", "80/tcp", "n1, n2"));
	assert_ptr_equal(slots_of(&node, 0), before);
	assert_null(find_neighbour((const uint8_t[6]){2, 0, 0, 0, 0, 14}));
	assert_int_equal(node.dataplane->maps.backends[fake_index(14)].usable, 0);
	assert_int_equal(node.dataplane->maps.backends[fake_index(11)].usable, 1);
	set_state(&node, 0, "n1", BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), POOL_SLOTS);
	assert_int_equal(slots_with(slots_of(&node, 0), 11), POOL_SLOTS);
	set_state(&node, 0, "n1", BACKEND_UP);
	assert_int_equal(slots_with(slots_of(&node, 0), 11), POOL_SLOTS);
	fake_node_close(&node);
}

/* A pool that settles goes by the new time, counted from the same beginning. */
static void settle_time_changes_while_settling(void **state)
{
	static const char day[] = SERVICES("  - {name: web, ports: [80/tcp], settle: 24h}\n");
	static const char minute[] = SERVICES("  - {name: web, ports: [80/tcp], settle: 1m}\n");
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", day);
	all_up(&node);
	fake_node_reload(&node, minute);
	assert_int_equal(steering_view(node.steering, "web", &view), 0);
	assert_true(view.settling);
	assert_true(view.settled_in <= 60 * NS_PER_S);
	fake_node_reload(&node, day);
	pass_time(&node, HOUR);
	assert_int_equal(steering_view(node.steering, "web", &view), 0);
	assert_true(view.settling);
	fake_node_reload(&node, minute);
	pass_time(&node, HOUR);
	assert_int_equal(steering_view(node.steering, "web", &view), 0);
	assert_false(view.settling);
	fake_node_close(&node);
}

static void lost_backend_drains_until_settled(void **state)
{
	struct slot_table *before;
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3, n4")));
	all_up(&node);
	pass_time(&node, HOUR);
	before = copy_of(slots_of(&node, 0));
	fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n3, n4")));
	assert_int_equal(pool_of_port(&node, 80), 0);
	assert_int_equal(pool_of(&node, 0)->settling, 1);
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct slot *old = &before->slots[i], *new = &slots_of(&node, 0)->slots[i];
		bool moved = old->primary == fake_index(12);

		assert_int_equal(new->primary, old->rank[moved]);
		assert_memory_equal(new->rank, old->rank, sizeof(new->rank));
	}
	view_service(&node, 0, &view);
	assert_int_equal(view.backend_count, 4);
	assert_int_equal(view.backends[3].peer, 1);
	assert_int_equal(view.backends[3].state, BACKEND_DRAIN);
	assert_true(view.settled_in <= HOUR);
	pass_time(&node, HOUR);
	set_state(&node, 0, "n2", BACKEND_UP);
	assert_int_equal(pool_of(&node, 0)->settling, 0);
	assert_int_equal(slots_with(slots_of(&node, 0), 12), 0);
	view_service(&node, 0, &view);
	assert_int_equal(view.backend_count, 3);
	free(before);
	fake_node_close(&node);
}

static void returning_backend_gets_its_slots_back(void **state)
{
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	for (int i = 0; i < 2; i++) {
		fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n3")));
		fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
		assert_true(same_slots(slots_of(&node, 0), before));
	}
	/* Once it does not drain any more, not before a check says so. */
	fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n3")));
	pass_time(&node, HOUR);
	fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), 0);
	set_state(&node, 0, "n2", BACKEND_UP);
	assert_true(same_slots(slots_of(&node, 0), before));
	free(before);
	fake_node_close(&node);
}

static void node_that_left_the_cluster_is_gone_at_once(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	fake_node_reload(&node, HEAD "peers: [" N1 ", " N3
				     "]\nservices:\n" SERVICE("web", "80/tcp", "n1, n3"));
	assert_int_equal(slots_with(slots_of(&node, 0), 12), 0);
	assert_null(find_neighbour((const uint8_t[6]){2, 0, 0, 0, 0, 12}));
	view_service(&node, 0, &view);
	assert_int_equal(view.backend_count, 2);
	fake_node_close(&node);
}

static void dead_backend_is_gone_at_once(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	set_state(&node, 0, "n2", BACKEND_DOWN);
	fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n3")));
	assert_int_equal(slots_with(slots_of(&node, 0), 12), 0);
	view_service(&node, 0, &view);
	assert_int_equal(view.backend_count, 2);
	fake_node_close(&node);
}

/* One that is retired and leaves the cluster in a reload that changes nothing else of its pool. */
static void retired_node_may_leave_the_cluster(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n3")));
	assert_true(slots_with(slots_of(&node, 0), 12) > 0);
	fake_node_reload(&node, HEAD "peers: [" N1 ", " N3
				     "]\nservices:\n" SERVICE("web", "80/tcp", "n1, n3"));
	assert_int_equal(slots_with(slots_of(&node, 0), 12), 0);
	view_service(&node, 0, &view);
	assert_int_equal(view.backend_count, 2);
	fake_node_close(&node);
}

/* The service that stays as it was keeps the table; the other one takes its members along. */
static void pool_may_split(void **state)
{
	struct fake_node node;
	const struct slot_table *before;
	uint32_t pool;

	(void)state;
	fake_node_open(
		&node, "n1",
		SERVICES(SERVICE("web", "80/tcp", "n1, n2") SERVICE("api", "81/tcp", "n1, n2")));
	all_up(&node);
	pass_time(&node, HOUR);
	pool = pool_of_port(&node, 81);
	before = slots_of(&node, pool);
	fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n3")
						 SERVICE("api", "81/tcp", "n1, n2")));
	assert_int_equal(pool_of_port(&node, 81), pool);
	assert_ptr_equal(slots_of(&node, pool), before);
	assert_int_equal(pool_of(&node, pool)->settling, 0);
	pool = pool_of_port(&node, 80);
	assert_int_equal(pool_of(&node, pool)->settling, 1);
	assert_int_equal(slots_led_by(slots_of(&node, pool), 11), POOL_SLOTS);
	assert_int_equal(slots_with(slots_of(&node, pool), 12), POOL_SLOTS);
	fake_node_close(&node);
}

static void pools_may_merge(void **state)
{
	struct fake_node node;
	uint32_t gone;

	(void)state;
	fake_node_open(&node, "n1",
		       SERVICES(SERVICE("web", "80/tcp", "n1, n2") SERVICE("api", "81/tcp", "n3")));
	all_up(&node);
	gone = pool_of_port(&node, 81);
	fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n3") SERVICE(
					"api", "81/tcp", "n1, n3") SERVICE("new", "90/tcp", "n4")));
	assert_int_equal(pool_of_port(&node, 80), pool_of_port(&node, 81));
	/* Until the services are flipped, api's flows still go by it. */
	assert_int_not_equal(pool_of_port(&node, 90), gone);
	assert_int_equal(pool_of(&node, gone)->settling, 0);
	assert_int_equal(pool_of(&node, gone)->backends, 0);
	assert_int_equal(slots_with(slots_of(&node, 0), NOBODY), 0);
	assert_true(slots_led_by(slots_of(&node, 0), 13) > POOL_SLOTS / 3);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), 0);
	fake_node_close(&node);
}

/* Counters go by the number that the dataplane knows a service by. */
static void service_keeps_its_number(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1",
		       SERVICES(SERVICE("web", "80/tcp", "n1") SERVICE("api", "81/tcp", "n1")));
	fake_node_reload(&node,
			 SERVICES(SERVICE("new", "90/tcp", "n1") SERVICE("api", "81/tcp", "n1")));
	view_service(&node, 1, &view);
	assert_int_equal(view.backends[0].packets, 1000 * 1 + fake_index(11));
	view_service(&node, 0, &view);
	assert_int_equal(view.backends[0].packets, 1000 * 0 + fake_index(11));
	fake_node_close(&node);
}

/* A node that joins must not move flows of others: the key stays. */
static void key_does_not_depend_on_the_peers(void **state)
{
	struct slot_table *before;
	struct fake_node node;
	uint64_t key;

	(void)state;
	fake_node_open(&node, "n1",
		       HEAD "peers: [" N1 ", " N2
			    "]\nservices:\n" SERVICE("web", "80/tcp", "n1, n2"));
	all_up(&node);
	key = node.dataplane->maps.settings->hash_key;
	before = copy_of(slots_of(&node, 0));
	fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	assert_true(node.dataplane->maps.settings->hash_key == key);
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct slot *old = &before->slots[i], *new = &slots_of(&node, 0)->slots[i];

		if (new->primary != fake_index(13))
			assert_int_equal(new->primary, old->primary);
		else
			assert_int_equal(new->rank[1], old->primary);
	}
	free(before);
	fake_node_close(&node);
}

/* A configuration with so many VIPs that a few ports are too many pairs. Return: where it ends. */
static char *write_many_vips(char *text)
{
	char *end = text;

	end += sprintf(end, "interface: eth0\n" PEERS
			    "instances: [{name: blue, vrid: 51, priority: {n1: 150}, vips: [");
	for (int i = 1; i <= 250; i++)
		end += sprintf(end, "%s10.77.1.%d", i > 1 ? ", " : "", i);
	return end + sprintf(end, "]}]\nservices:\n" SERVICE("web", "80/tcp", "n1, n2"));
}

/* Gives a service the ports from 1 to @count. */
static void add_ports(struct config_service *service, uint16_t count, uint8_t protocol)
{
	service->port_count = count;
	for (uint16_t i = 0; i < count; i++)
		service->ports[i] = (struct config_port){(uint16_t)(i + 1), protocol};
}

/* No file says so: such a configuration is refused before anybody follows it. */
static void assert_too_many_ports_are_refused(struct fake_node *node, char *text, char *end)
{
	struct config_service services[3];
	const struct config *valid;
	struct steering_plan *plan;
	struct config too_much;

	strcpy(end, SERVICE("api", "1/tcp", "n1") SERVICE("dns", "1/udp", "n3"));
	valid = parsed("n1", text);
	memcpy(services, valid->services, sizeof(services));
	add_ports(&services[1], 8, IPPROTO_TCP);
	add_ports(&services[2], 9, IPPROTO_UDP);
	too_much = *valid;
	too_much.services = services;
	dataplane = node->dataplane;
	assert_int_equal(steering_prepare(node->steering, &too_much, &plan), -ENOSPC);
	config_unref(valid);
}

static void failed_reload_changes_nothing(void **state)
{
	struct slot_table *before;
	struct service_table *services = calloc(1, sizeof(*services));
	char text[65536], *end = write_many_vips(text);
	struct fake_node node;

	(void)state;
	assert_non_null(services);
	fake_node_open(&node, "n1", text);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	*services = *services_of(&node);
	assert_too_many_ports_are_refused(&node, text, end);
	assert_true(same_slots(slots_of(&node, 0), before));
	assert_memory_equal(services_of(&node), services, sizeof(*services));
	set_state(&node, 0, "n1", BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), POOL_SLOTS);
	free(before);
	free(services);
	fake_node_close(&node);
}

/* Too many keys are noticed when the pools are made already. */
static void too_many_keys_are_refused(void **state)
{
	char text[65536], *end = write_many_vips(text);
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", text);
	all_up(&node);
	assert_too_many_ports_are_refused(&node, text, end);
	assert_int_equal(services_of(&node)->entries, 250);
	assert_true(slots_led_by(slots_of(&node, 0), 12) > POOL_SLOTS / 3);
	fake_node_close(&node);
}

/* Peers and steering change in one transaction, so a node without an index is our own fault. */
static void a_node_that_the_dataplane_does_not_know_gets_nothing(void **state)
{
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2")));
	all_up(&node);
	node.dataplane->unknown_peer = node.config->peers[2].address;
	fake_node_reload(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	set_state(&node, 0, "n3", BACKEND_UP);
	set_mac(&node, "n3", 13);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 13), 0);
	assert_int_equal(slots_led_by(slots_of(&node, 0), NOBODY), 0);
	assert_null(find_neighbour((const uint8_t[6]){2, 0, 0, 0, 0, 13}));
	fake_node_close(&node);
}

/* A controller that died. */

static void next_controller_finds_the_tables(void **state)
{
	struct slot_table *web, *api;
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1",
		       SERVICES(SERVICE("web", "80/tcp", "n1, n2") SERVICE("api", "81/tcp", "n3")));
	all_up(&node);
	web = copy_of(slots_of(&node, pool_of_port(&node, 80)));
	api = copy_of(slots_of(&node, pool_of_port(&node, 81)));
	pass_time(&node, HOUR);
	fake_node_crash(&node);
	fake_node_start(
		&node, "n1",
		SERVICES(SERVICE("api", "81/tcp", "n3") SERVICE("web", "80/tcp", "n1, n2")));
	/* Nothing is known yet, so all stays, and flows are looked for where they were. */
	view_service(&node, 0, &view);
	assert_false(view.panic);
	assert_true(same_slots(slots_of(&node, pool_of_port(&node, 80)), web));
	assert_true(same_slots(slots_of(&node, pool_of_port(&node, 81)), api));
	assert_int_equal(pool_of(&node, pool_of_port(&node, 80))->settling, 1);
	all_up(&node);
	assert_true(same_slots(slots_of(&node, pool_of_port(&node, 80)), web));
	assert_true(same_slots(slots_of(&node, pool_of_port(&node, 81)), api));
	free(web);
	free(api);
	fake_node_close(&node);
}

static void next_controller_may_have_another_configuration(void **state)
{
	struct flow flow = flow_to("10.77.0.101", 81);
	struct explanation explanation;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp, 81/tcp", "n1, n2, n4")));
	all_up(&node);
	fake_node_crash(&node);
	fake_node_start(
		&node, "n1",
		HEAD "peers: [" N1 ", " N2 ", " N3 "]\nservices:\n" SERVICE("new", "90/tcp", "n3")
			SERVICE("web", "80/tcp", "n1, n2") SERVICE("api", "81/tcp", "n1"));
	assert_int_not_equal(pool_of_port(&node, 80), pool_of_port(&node, 81));
	assert_int_equal(slots_led_by(slots_of(&node, pool_of_port(&node, 90)), NOBODY),
			 POOL_SLOTS);
	assert_true(same_slots(slots_of(&node, pool_of_port(&node, 80)),
			       slots_of(&node, pool_of_port(&node, 81))));
	steering_explain(node.steering, &flow, &explanation);
	assert_int_equal(explanation.service, 2);
	assert_null(find_neighbour((const uint8_t[6]){2, 0, 0, 0, 0, 14}));
	assert_int_equal(node.dataplane->maps.backends[fake_index(14)].usable, 0);
	assert_int_equal(node.dataplane->maps.backends[fake_index(12)].usable, 1);
	fake_node_close(&node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_with_the_same_backends_share_a_pool),
		cmocka_unit_test(services_with_a_script_do_not_share_a_pool),
		cmocka_unit_test(services_of_other_families_do_not_share_a_pool),
		cmocka_unit_test(services_that_ask_elsewhere_do_not_share_a_pool),
		cmocka_unit_test(unchanged_pool_is_left_alone),
		cmocka_unit_test(peers_may_move_about),
		cmocka_unit_test(settle_time_changes_while_settling),
		cmocka_unit_test(lost_backend_drains_until_settled),
		cmocka_unit_test(returning_backend_gets_its_slots_back),
		cmocka_unit_test(node_that_left_the_cluster_is_gone_at_once),
		cmocka_unit_test(dead_backend_is_gone_at_once),
		cmocka_unit_test(retired_node_may_leave_the_cluster),
		cmocka_unit_test(pool_may_split),
		cmocka_unit_test(pools_may_merge),
		cmocka_unit_test(service_keeps_its_number),
		cmocka_unit_test(key_does_not_depend_on_the_peers),
		cmocka_unit_test(failed_reload_changes_nothing),
		cmocka_unit_test(too_many_keys_are_refused),
		cmocka_unit_test(a_node_that_the_dataplane_does_not_know_gets_nothing),
		cmocka_unit_test(next_controller_finds_the_tables),
		cmocka_unit_test(next_controller_may_have_another_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
