// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/daemon/controller_internal.h"
#include "ctl/daemon/dataplane.h"

/* There are no trackers after a reload that could not start them. */
static struct weighed weigh(const struct controller *controller,
			    const struct config_instance *instance)
{
	const struct config *config = controller->config;

	if (!controller->trackers)
		return (struct weighed){.priority = instance->priority[config->self]};
	return weights_of_instance(config, instance, trackers_statuses(controller->trackers));
}

/*
 * A node that cannot be reached is out of the election. One that is drained, or sees no backend
 * that works, lets others go first, but serves when there is nobody else: its view may be the wrong
 * one.
 */
static struct instance_standing standing_of(const struct controller *controller,
					    const struct config_instance *instance)
{
	const struct config *config = controller->config;
	bool drained = drains_find(controller->drains, config->node) != NULL;
	struct weighed weighed = weigh(controller, instance);
	const char *fault =
		fault_of(config, instance, net_link(controller->net), controller->steering);

	return (struct instance_standing){
		.vrid = instance->vrid,
		.priority = weighed.priority,
		.reluctant = drained || !group_can_serve(config, instance, controller->steering),
		.fault = fault ? fault : tracker_fault(&weighed),
	};
}

void judge(struct controller *controller)
{
	const struct config *config = controller->config;
	struct instance_standing standings[MAX_INSTANCES];

	if (!controller->engine || controller->leaving_since)
		return;
	for (size_t i = 0; i < config->instance_count; i++)
		standings[i] = standing_of(controller, &config->instances[i]);
	engine_stand(controller->engine, standings, config->instance_count);
}

void on_event(const struct event *event, void *context)
{
	struct controller *controller = context;

	if (event->kind == EVENT_CONFLICT && controller->engine)
		engine_announce(controller->engine, event->vrid);
}

static void post_health(struct controller *controller, size_t service, size_t peer,
			const struct health_status *status)
{
	const struct config *config = controller->config;
	bool up = status->state == HEALTH_UP;
	struct event event = event_new(EVENT_HEALTH, up ? LOG_NOTICE : LOG_WARNING);

	event_copy(event.service, config->services[service].name);
	event_copy(event.node, config->peers[peer].name);
	event_copy(event.reason, status->detail);
	event.health = health_state_name(status->state);
	events_post(controller->events, &event);
}

void on_health_change(size_t service, size_t peer, const struct health_status *status,
		      void *context)
{
	struct controller *controller = context;
	const struct config *config = controller->config;

	steering_set_state(controller->steering, config->services[service].name,
			   config->peers[peer].name,
			   status->state == HEALTH_UP ? BACKEND_UP : BACKEND_DOWN);
	post_health(controller, service, peer, status);
	judge(controller);
}

static void post_link(struct controller *controller, const struct net_link *link)
{
	struct event event = event_new(EVENT_LINK, LOG_NOTICE);

	event_copy(event.link.device, link->device);
	memcpy(event.link.mac, link->mac, sizeof(event.link.mac));
	event.link.running = link->running;
	events_post(controller->events, &event);
}

void on_link_change(const struct net_link *link, void *context)
{
	struct controller *controller = context;

	if (!controller->engine)
		return;
	post_link(controller, link);
	maps_set_mac(controller->maps, link->mac);
	if (link->running && controller->steering)
		steering_doubt(controller->steering);
	if (link->running && engine_set_link(controller->engine, link))
		return;
	if (controller->neighbours)
		neighbours_set_link(controller->neighbours, link);
	judge(controller);
}

/* The gateway's frames are the world's; a peer's have been steered already. */
static void set_gateway_mac(struct controller *controller, const struct ip_address *address,
			    const uint8_t *mac)
{
	if (address_equal(address, &controller->config->gateway4))
		maps_set_gateway_mac(controller->maps, FAMILY_IPV4, mac);
	else if (address_equal(address, &controller->config->gateway6))
		maps_set_gateway_mac(controller->maps, FAMILY_IPV6, mac);
}

/* A node has one MAC, whichever of its addresses it was found by. */
static void set_peer_mac(struct controller *controller, size_t peer, const uint8_t *mac)
{
	const struct config_peer *config = &controller->config->peers[peer];

	if (controller->neighbours) /* else they are just being asked for */
		mac = neighbours_peer_mac(controller->neighbours, config);
	steering_set_mac(controller->steering, config->name, mac);
	dataplane_set_peer_mac(controller->maps, config, mac);
}

void on_neighbour(const struct ip_address *address, const uint8_t *mac, void *context)
{
	struct controller *controller = context;
	size_t peer = config_find_peer_at(controller->config, address);

	set_gateway_mac(controller, address, mac);
	if (peer != CONFIG_NONE)
		set_peer_mac(controller, peer, mac);
	if (mac)
		engine_set_neighbour(controller->engine, address, mac);
}

void apply_drains(struct controller *controller)
{
	const struct config *config = controller->config;

	judge(controller); /* the VIPs go first */
	for (size_t i = 0; i < config->peer_count; i++)
		steering_set_drain(controller->steering, config->peers[i].name,
				   drains_find(controller->drains, config->peers[i].name) != NULL);
}

static void post_drain(struct controller *controller, const char *node, const struct drain *drain)
{
	struct event event = event_new(EVENT_DRAIN, LOG_NOTICE);

	event_copy(event.node, node);
	event_copy(event.reason, drain ? drain->reason : NULL);
	event.drained = drain != NULL;
	events_post(controller->events, &event);
}

void on_drain(const char *node, const struct drain *drain, void *context)
{
	struct controller *controller = context;

	post_drain(controller, node, drain);
	apply_drains(controller);
}

void on_tracked(const char *name, bool up, void *context)
{
	struct controller *controller = context;
	const char *down = track_down(controller->track);
	char reason[DRAIN_REASON_MAX];

	log_notice("%s is %s", name, up ? "up" : "down");
	if (down)
		snprintf(reason, sizeof(reason), "%s is down", down);
	drains_hold(controller->drains, controller->config->node, down ? reason : NULL,
		    clock_wall());
}

void on_tracker(size_t index, const struct tracker_status *status, void *context)
{
	struct controller *controller = context;
	bool down = status->state == TRACKED_DOWN;
	struct event event = event_new(EVENT_TRACKER, down ? LOG_WARNING : LOG_NOTICE);

	event_copy(event.tracker.name, controller->config->trackers[index].name);
	event_copy(event.reason, status->detail);
	event.tracker.state = tracker_state_name(status->state);
	event.tracker.number = status->number;
	events_post(controller->events, &event);
	judge(controller);
}
