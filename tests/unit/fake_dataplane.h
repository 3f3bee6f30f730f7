/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dataplane's tables as plain memory, and a cluster of four nodes to steer by them. Those
 * functions of maps/maps.h that need a kernel are replaced here, so this is for the test program
 * that is to have them, and for one file of it.
 */
#ifndef VIPD_TESTS_UNIT_FAKE_DATAPLANE_H
#define VIPD_TESTS_UNIT_FAKE_DATAPLANE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/config/load.h"
#include "ctl/steering/steering.h"
#include "ctl/steering/steering_internal.h"
#include "maps/maps_internal.h"

struct fake_neighbour {
	uint8_t mac[6];
	uint32_t node;
	bool used;
};

struct fake_dataplane {
	struct maps maps;
	struct slot_table *slots; /* of all pools, mapped or not */
	long pools_to_open;       /* before maps_open_pool() fails; -1: it does not */
	struct fake_neighbour neighbours[MAX_PEERS];
	uint64_t stepped_over;
	struct ip_address unknown_peer; /* that vipd_peers does not have */
};

/* The one that the replaced functions speak for. */
static struct fake_dataplane *dataplane;

/* A node's index follows from its last byte: it is none that the configuration knows. */
static inline uint8_t fake_index(uint8_t last_byte)
{
	return (uint8_t)((7 * (last_byte - 10) + 5) % 127);
}

int maps_get_peer(const struct maps *maps, const struct ip_address *address,
		  struct peer_entry *peer)
{
	(void)maps;
	if (address_equal(address, &dataplane->unknown_peer))
		return -ENOENT;
	*peer = (struct peer_entry){.index = fake_index(address->bytes[15])};
	return 0;
}

static inline struct fake_neighbour *find_neighbour(const uint8_t mac[static 6])
{
	for (size_t i = 0; i < MAX_PEERS; i++)
		if (dataplane->neighbours[i].used &&
		    memcmp(dataplane->neighbours[i].mac, mac, 6) == 0)
			return &dataplane->neighbours[i];
	return NULL;
}

int maps_set_neighbour(struct maps *maps, const uint8_t mac[static 6], uint32_t node)
{
	struct fake_neighbour *neighbour = find_neighbour(mac);
	size_t free_place = 0;

	(void)maps;
	while (dataplane->neighbours[free_place].used)
		free_place++;
	if (!neighbour)
		neighbour = &dataplane->neighbours[free_place];
	*neighbour = (struct fake_neighbour){.node = node, .used = true};
	memcpy(neighbour->mac, mac, 6);
	return 0;
}

int maps_delete_neighbour(struct maps *maps, const uint8_t mac[static 6])
{
	struct fake_neighbour *neighbour = find_neighbour(mac);

	(void)maps;
	if (!neighbour)
		return -ENOENT;
	neighbour->used = false;
	return 0;
}

int maps_open_pool(struct maps *maps, uint32_t pool)
{
	if (maps->slots[pool])
		return 0;
	if (dataplane->pools_to_open == 0)
		return -ENOMEM;
	if (dataplane->pools_to_open > 0)
		dataplane->pools_to_open--;
	maps->slots[pool] = &dataplane->slots[slot_table_index(pool, 0)];
	return 0;
}

void maps_close_pool(struct maps *maps, uint32_t pool)
{
	maps->slots[pool] = NULL;
}

int maps_read_steered(const struct maps *maps, uint32_t service, uint32_t node,
		      struct steered_entry *steered)
{
	(void)maps;
	*steered = (struct steered_entry){.packets = 1000 * service + node, .bytes = node};
	return 0;
}

int maps_read_traffic(const struct maps *maps, struct traffic_entry *traffic)
{
	(void)maps;
	*traffic = (struct traffic_entry){.stepped_over = dataplane->stepped_over};
	return 0;
}

/* As fresh maps are: all zero. */
static inline struct fake_dataplane *fake_dataplane_new(void)
{
	struct fake_dataplane *new = calloc(1, sizeof(*new));

	assert_non_null(new);
	new->maps = (struct maps){
		.settings = calloc(1, sizeof(struct settings_entry)),
		.services = calloc(2, sizeof(struct service_table)),
		.pools = calloc(MAX_POOLS, sizeof(struct pool_entry)),
		.backends = calloc(MAX_PEERS, sizeof(struct backend_entry)),
	};
	new->slots = calloc(2 * MAX_POOLS, sizeof(struct slot_table));
	new->pools_to_open = -1;
	assert_non_null(new->maps.settings);
	assert_non_null(new->maps.services);
	assert_non_null(new->maps.pools);
	assert_non_null(new->slots);
	assert_non_null(new->maps.backends);
	return new;
}

static inline void fake_dataplane_free(struct fake_dataplane *old)
{
	free(old->maps.settings);
	free(old->maps.services);
	free(old->maps.pools);
	free(old->slots);
	free(old->maps.backends);
	free(old);
}

/* A node of the cluster, and the services as its configuration has them. */

#define HEAD                                                                                       \
	"interface: eth0\n"                                                                        \
	"vlan: 4000\n"                                                                             \
	"gateway: [10.77.0.1]\n"                                                                   \
	"instances: [{name: blue, vrid: 51, priority: {n1: 150}, vips: [10.77.0.101, "             \
	"\"fd77::101\"]}]\n"

#define N1 "{name: n1, address: 10.77.0.11}"
#define N2 "{name: n2, address: 10.77.0.12}"
#define N3 "{name: n3, address: 10.77.0.13}"
#define N4 "{name: n4, address: 10.77.0.14}"

#define PEERS "peers: [" N1 ", " N2 ", " N3 ", " N4 "]\n"

#define WEB_PORTS "ports: [80/tcp, 443/tcp]"
#define WEB       "services: [{name: web, " WEB_PORTS ", backends: [n1, n2, n3]}]\n"

struct fake_node {
	struct fake_dataplane *dataplane;
	const struct config *config;
	sd_event *event;
	struct steering *steering;
};

static inline const struct config *parsed(const char *name, const char *text)
{
	const struct config *config = NULL;

	assert_int_equal(config_parse("test.yaml", text, strlen(text), name, stderr, &config), 0);
	return config;
}

/* What the main loop does in slices. */
static inline void finish_work(struct fake_node *node)
{
	dataplane = node->dataplane;
	while (steering_work(node->steering, NS_PER_S))
		;
}

static inline void fake_node_start(struct fake_node *node, const char *name, const char *text)
{
	struct steering_plan *plan;

	dataplane = node->dataplane;
	node->config = parsed(name, text);
	assert_int_equal(steering_open(&node->dataplane->maps, node->event, &node->steering), 0);
	assert_int_equal(steering_prepare(node->steering, node->config, &plan), 0);
	steering_commit(node->steering, plan);
	finish_work(node);
}

static inline void fake_node_open(struct fake_node *node, const char *name, const char *text)
{
	*node = (struct fake_node){.dataplane = fake_dataplane_new()};
	assert_true(sd_event_new(&node->event) >= 0);
	fake_node_start(node, name, text);
}

/* A crash of the controller; its tables stay. */
static inline void fake_node_crash(struct fake_node *node)
{
	steering_stop(node->steering);
	memset(node->dataplane->maps.slots, 0, sizeof(node->dataplane->maps.slots));
	config_unref(node->config);
}

static inline void fake_node_close(struct fake_node *node)
{
	fake_node_crash(node);
	sd_event_unref(node->event);
	fake_dataplane_free(node->dataplane);
}

/* Go over to a configuration, but for the work that is left then. */
static inline int fake_node_follow(struct fake_node *node, const struct config *config)
{
	struct steering_plan *plan;
	int error;

	dataplane = node->dataplane;
	error = steering_prepare(node->steering, config, &plan);
	if (!error)
		steering_commit(node->steering, plan);
	return error;
}

static inline int fake_node_commit(struct fake_node *node, const char *text)
{
	const struct config *config CLEANUP(config_unrefp) = parsed(node->config->node, text);
	int error = fake_node_follow(node, config);

	if (error)
		return error;
	config_unref(node->config);
	node->config = config_ref(config);
	return 0;
}

static inline int fake_node_try_reload(struct fake_node *node, const char *text)
{
	int error = fake_node_commit(node, text);

	finish_work(node);
	return error;
}

static inline void fake_node_reload(struct fake_node *node, const char *text)
{
	assert_int_equal(fake_node_try_reload(node, text), 0);
}

static inline void set_state(struct fake_node *node, size_t service, const char *name,
			     enum backend_state state)
{
	steering_set_state(node->steering, node->config->services[service].name, name, state);
	finish_work(node);
}

static inline void set_mac(struct fake_node *node, const char *name, uint8_t last_byte)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, last_byte};

	dataplane = node->dataplane;
	steering_set_mac(node->steering, name, last_byte ? mac : NULL);
	finish_work(node);
}

static inline void set_drain(struct fake_node *node, const char *name, bool drained)
{
	steering_set_drain(node->steering, name, drained);
	finish_work(node);
}

static inline void view_service(const struct fake_node *node, size_t service,
				struct service_view *view)
{
	assert_int_equal(steering_view(node->steering, node->config->services[service].name, view),
			 0);
}

/* All nodes within reach, and all backends of all services up. */
static inline void all_up(struct fake_node *node)
{
	for (size_t i = 0; i < node->config->peer_count; i++)
		set_mac(node, node->config->peers[i].name,
			node->config->peers[i].address.bytes[15]);
	for (size_t i = 0; i < node->config->service_count; i++)
		for (size_t j = 0; j < node->config->services[i].backend_count; j++)
			set_state(node, i,
				  node->config->peers[node->config->services[i].backends[j].peer]
					  .name,
				  BACKEND_UP);
}

/* What the dataplane sees. */

static inline const struct slot_table *slots_of(const struct fake_node *node, uint32_t pool)
{
	const struct maps *maps = &node->dataplane->maps;

	return &maps->slots[pool][maps->pools[pool].copy];
}

static inline struct slot_table *copy_of(const struct slot_table *table)
{
	struct slot_table *copy = malloc(sizeof(*copy));

	assert_non_null(copy);
	*copy = *table;
	return copy;
}

static inline bool same_slots(const struct slot_table *a, const struct slot_table *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline const struct service_table *services_of(const struct fake_node *node)
{
	const struct maps *maps = &node->dataplane->maps;

	return &maps->services[maps->settings->service_copy];
}

static inline struct pool_entry *pool_of(const struct fake_node *node, uint32_t pool)
{
	return &node->dataplane->maps.pools[pool];
}

/* In how many slots a node is the primary. */
static inline size_t slots_led_by(const struct slot_table *table, uint8_t last_byte)
{
	uint8_t index = last_byte == NOBODY ? NOBODY : fake_index(last_byte);
	size_t count = 0;

	for (size_t i = 0; i < POOL_SLOTS; i++)
		count += table->slots[i].primary == index;
	return count;
}

/* In how many slots a node has a rank. */
static inline size_t slots_with(const struct slot_table *table, uint8_t last_byte)
{
	uint8_t index = last_byte == NOBODY ? NOBODY : fake_index(last_byte);
	size_t count = 0;

	for (size_t i = 0; i < POOL_SLOTS; i++)
		count += memchr(table->slots[i].rank, index, RANKS) != NULL;
	return count;
}

static inline struct flow flow_to(const char *vip, uint16_t port)
{
	struct flow flow = {
		.client_port = htons(40000), .vip_port = htons(port), .protocol = IPPROTO_TCP};

	assert_int_equal(address_parse("198.51.100.7", &flow.client), 0);
	assert_int_equal(address_parse(vip, &flow.vip), 0);
	return flow;
}

/* The pool that serves a port of the first VIP. */
static inline uint32_t pool_of_port(const struct fake_node *node, uint16_t port)
{
	struct flow flow = flow_to("10.77.0.101", port);
	struct explanation explanation;

	steering_explain(node->steering, &flow, &explanation);
	assert_true(explanation.is_service);
	return explanation.pool;
}

/* As if so much time had passed. */
static inline void pass_time(struct fake_node *node, uint64_t duration)
{
	dataplane = node->dataplane;
	steering_tick(node->steering, clock_now() + duration);
	finish_work(node);
}

#define HOUR (3600 * NS_PER_S)

#endif
