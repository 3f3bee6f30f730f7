/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot made by hand: node n1 of three, well. Every test has its own, and changes what it
 * likes.
 */
#ifndef VIPD_TESTS_SNAPSHOT_SCENE_H
#define VIPD_TESTS_SNAPSHOT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/api/snapshot.h"
#include "ctl/base/address.h"
#include "ctl/base/clock.h"

#define NOW      (1000 * NS_PER_S)          /* CLOCK_MONOTONIC */
#define NEW_YEAR (1767225600ULL * NS_PER_S) /* 2026-01-01T00:00:00Z */

/* Node n1 of three: Active for blue; one service, up on n1 and n2. */
struct scene {
	struct config_peer peers[3];
	struct ip_address vips[2];
	struct config_instance instance;
	struct config_backend backends[2];
	struct config_service service;
	struct config config;
	struct snapshot_instance instances[1];
	struct snapshot_service services[1];
	struct snapshot snapshot;
};

static inline struct ip_address address(const char *text)
{
	struct ip_address result;

	assert_int_equal(address_parse(text, &result), 0);
	return result;
}

static inline struct config_peer peer(const char *name, const char *ipv4, const char *ipv6)
{
	struct config_peer result = {.address = address(ipv4), .address6 = address(ipv6)};

	strcpy(result.name, name);
	return result;
}

static inline void set_config(struct scene *scene)
{
	scene->peers[0] = peer("n1", "10.77.0.11", "fd77::11");
	scene->peers[1] = peer("n2", "10.77.0.12", "fd77::12");
	scene->peers[2] = peer("n3", "10.77.0.13", "fd77::13");
	scene->vips[0] = address("10.77.0.101");
	scene->vips[1] = address("fd77::101");
	scene->instance = (struct config_instance){
		.name = "blue",
		.vrid = 51,
		.version = 3,
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

static inline void set_state(struct scene *scene)
{
	scene->instances[0] = (struct snapshot_instance){
		.config = &scene->instance,
		.advert_seen_at = {0, NOW - 35 * NS_PER_MS, 0},
		.peers[1] = {.mac = {2, 0, 0, 0, 0, 0x12}, .mac_known = 1},
		.status =
			{
				.name = "blue",
				.vrid = 51,
				.version = 3,
				.priority = 150,
				.effective_priority = 150,
				.state = VRRP_ACTIVE,
				.active = scene->peers[0].address,
				.active_priority = 150,
				.lease_until = NOW + 287 * NS_PER_MS + 1,
				.transitions = 3,
				.changed_at = NOW - 90 * NS_PER_S - 5 * NS_PER_MS,
				.adverts_sent = 20,
				.adverts_heard = 10,
				.takeover =
					{
						.due_at = NOW - NS_PER_S,
						.stored_at = NOW - NS_PER_S + 180 * NS_PER_US,
						.announced_at = NOW - NS_PER_S + 410 * NS_PER_US,
						.confirmed_at = NOW - NS_PER_S + 2 * NS_PER_MS,
					},
				.confirmation.confirmed_at = NOW - NS_PER_S + NS_PER_MS,
			},
	};
}

static inline void set_services(struct scene *scene)
{
	struct snapshot_service *web = &scene->services[0];

	web->config = &scene->service;
	web->view = (struct service_view){
		.build_duration = 850 * NS_PER_US,
		.backend_count = 2,
		.backends =
			{
				{.peer = 1, .state = BACKEND_UP, .reachable = true, .share = 0.25},
				{.peer = 0,
				 .state = BACKEND_UP,
				 .reachable = true,
				 .share = 0.75,
				 .packets = 12,
				 .bytes = 3400},
			},
	};
	web->checks[0] = (struct health_status){
		.state = HEALTH_UP, .checked_at = NOW - NS_PER_S, .detail = "HTTP 200 in 1.2 ms"};
	web->checks[1] = (struct health_status){
		.state = HEALTH_UP, .checked_at = NOW - 2 * NS_PER_S, .detail = "HTTP 204"};
}

/* For 185 s, and 30 minutes more. */
static inline void drain(struct scene *scene, size_t peer, const char *reason)
{
	struct drain *drain = &scene->snapshot.drains[peer];

	drain->since = scene->snapshot.wall - 185 * NS_PER_S;
	drain->until = scene->snapshot.wall + 1800 * NS_PER_S;
	strcpy(drain->node, scene->peers[peer].name);
	strcpy(drain->reason, reason);
}

static inline int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -ENOMEM;
	set_config(scene);
	set_state(scene);
	set_services(scene);
	scene->snapshot = (struct snapshot){
		.now = NOW,
		.wall = NEW_YEAR + 90 * NS_PER_S + 5 * NS_PER_MS,
		.started_at = NOW - 90 * NS_PER_S - 5 * NS_PER_MS,
		.config = &scene->config,
		.link = {.device = "eth0.4000",
			 .mac = {2, 0, 0, 0, 0, 1},
			 .mtu = 1400,
			 .running = true},
		.attachment = {.interface = "eth0", .native = true, .program_id = 7},
		.instances = scene->instances,
		.instance_count = 1,
		.services = scene->services,
		.service_count = 1,
		.drops = {.vrrp_ttl = 4, .arp_not_owner = 38},
		.traffic = {.arp_answered = 9, .vip_conflicts = 1, .second_chances = 7},
	};
	*state = scene;
	return 0;
}

static inline int tear_down(void **state)
{
	free(*state);
	return 0;
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
