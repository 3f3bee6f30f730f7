/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A running node without a dataplane, a thread or root: the functions through which the control
 * socket and the metrics see one, in the place of the real ones. For one file of a test program.
 */
#ifndef VIPD_TESTS_FAKE_NODE_H
#define VIPD_TESTS_FAKE_NODE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/config/lookup.h"
#include "ctl/dataplane/part.h"
#include "ctl/drain/part.h"
#include "ctl/health/part.h"
#include "ctl/net/connections.h"
#include "ctl/net/part.h"
#include "ctl/part/node.h"
#include "ctl/steering/part.h"
#include "ctl/trackers/part.h"
#include "ctl/vrrp/part.h"

/* Node n1 of three, Active for blue. The tests change what they like. */
struct engine {
	struct engine_status blue;
	struct quorum_status quorum;
	int yields;
};

struct steering {
	struct service_view views[2]; /* by service */
	int error;
	struct explanation explanation; /* of any flow */
	struct flow flow;               /* that was asked for last */
};

struct drains {
	struct drain list[3]; /* by peer; without a name: none */
};

static struct {
	struct config_peer peers[3];
	struct ip_address vip;
	struct config_instance instance;
	struct config config;
	struct net_link link;
	struct attachment attachment;
	struct engine engine;
	struct steering steering;
	struct drains drains;
	size_t connections;    /* that the kernel knows */
	int connections_error; /* of counting them */
	int counters_error;    /* of reading them */
	int counters_read;     /* how often */
	struct node node;
} fake;

static inline void fake_node_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	strcpy(fake.peers[0].name, "n1");
	strcpy(fake.peers[1].name, "n2");
	strcpy(fake.peers[2].name, "n3");
	address_parse("10.77.0.11", &fake.peers[0].address);
	address_parse("10.77.0.12", &fake.peers[1].address);
	address_parse("10.77.0.13", &fake.peers[2].address);
	address_parse("10.77.0.101", &fake.vip);
	fake.instance = (struct config_instance){.name = "blue",
						 .vrid = 51,
						 .priority = {150, 100},
						 .vips = &fake.vip,
						 .vip_count = 1};
	fake.config = (struct config){
		.node = "n1",
		.peers = fake.peers,
		.peer_count = 3,
		.vrrp = {.version = 3, .advert_interval = 100 * NS_PER_MS},
		.instances = &fake.instance,
		.instance_count = 1,
	};
	fake.link.running = true;
	fake.engine.blue = (struct engine_status){
		.name = "blue",
		.vrid = 51,
		.state = VRRP_ACTIVE,
		.active = fake.peers[0].address,
		.active_priority = 150,
		.lease_until = clock_now() + 60 * NS_PER_S,
	};
	fake.node = (struct node){.config = &fake.config};
}

/* Where others find the parts of a node. */

struct engine *vrrp_engine(const struct node *node)
{
	(void)node;
	return &fake.engine;
}

struct steering *steering_of(const struct node *node)
{
	(void)node;
	return &fake.steering;
}

struct drains *drains_of(const struct node *node)
{
	(void)node;
	return &fake.drains;
}

struct health *health_of(const struct node *node)
{
	(void)node;
	return NULL;
}

struct trackers *trackers_of(const struct node *node)
{
	(void)node;
	return NULL;
}

struct maps *dataplane_maps(const struct node *node)
{
	(void)node;
	return NULL;
}

const struct net_link *host_link(const struct node *node)
{
	(void)node;
	return &fake.link;
}

const struct attachment *attachment_of(const struct node *node)
{
	(void)node;
	return &fake.attachment;
}

size_t engine_status(struct engine *engine, struct engine_status *status, size_t count)
{
	if (count)
		*status = engine->blue;
	return 1;
}

void engine_quorum(struct engine *engine, struct quorum_status *status)
{
	*status = engine->quorum;
}

int engine_hand_over(struct engine *engine, const char *instance)
{
	if (strcmp(instance, engine->blue.name) != 0)
		return -ENOENT;
	if (engine->blue.state != VRRP_ACTIVE)
		return -EPERM;
	engine->blue.state = VRRP_BACKUP;
	engine->yields++;
	return 0;
}

int steering_view(const struct steering *steering, const char *service, struct service_view *view)
{
	size_t i = 0;

	while (strcmp(fake.config.services[i].name, service) != 0)
		i++;
	*view = steering->views[i];
	return steering->error;
}

void steering_explain(const struct steering *steering, const struct flow *flow,
		      struct explanation *explanation)
{
	fake.steering.flow = *flow;
	*explanation = steering->explanation;
}

const struct drain *drains_find(const struct drains *drains, const char *node)
{
	for (size_t i = 0; i < fake.config.peer_count; i++)
		if (strcmp(drains->list[i].node, node) == 0)
			return &drains->list[i];
	return NULL;
}

/* Nobody asks for a node that is not in the configuration. */
static inline struct drain *fake_drain(struct drains *drains, const char *node)
{
	size_t peer = 0;

	while (strcmp(fake.peers[peer].name, node) != 0)
		peer++;
	return &drains->list[peer];
}

int drains_set(struct drains *drains, const char *node, const char *reason, uint64_t duration,
	       uint64_t now)
{
	struct drain *drain = fake_drain(drains, node);

	*drain = (struct drain){.since = now, .until = duration ? now + duration : 0};
	strcpy(drain->node, node);
	strcpy(drain->reason, reason ? reason : "");
	return 0;
}

int drains_clear(struct drains *drains, const char *node)
{
	struct drain *drain = fake_drain(drains, node);

	if (!drain->node[0] || drain->held)
		return -ENOENT;
	*drain = (struct drain){};
	return 0;
}

int connections_to_services(const struct config *config, size_t *count)
{
	if (fake.connections_error)
		return fake.connections_error;
	*count = config_is_vip(config, &fake.vip) && config->service_count &&
				 config->services[0].ports[0].port
			 ? fake.connections
			 : 0;
	return 0;
}

int maps_get_peer(const struct maps *maps, const struct ip_address *address,
		  struct peer_entry *peer)
{
	(void)maps;
	(void)address;
	(void)peer;
	return -ENOENT;
}

int maps_read_advert(const struct maps *maps, uint8_t vrid, uint32_t peer,
		     struct advert_entry *advert)
{
	(void)maps;
	(void)vrid;
	(void)peer;
	(void)advert;
	return -ENOENT;
}

int maps_read_drops(const struct maps *maps, struct drops_entry *drops)
{
	(void)maps;
	fake.counters_read++;
	*drops = (struct drops_entry){.vrrp_ttl = 4};
	return fake.counters_error;
}

int maps_read_traffic(const struct maps *maps, struct traffic_entry *traffic)
{
	(void)maps;
	*traffic = (struct traffic_entry){.arp_answered = 9};
	return fake.counters_error;
}

const char *maps_drop_name(enum drop_reason reason)
{
	return reason == DROP_vrrp_ttl ? "vrrp_ttl" : "other";
}

const char *maps_drop_text(enum drop_reason reason)
{
	return maps_drop_name(reason);
}

#endif
