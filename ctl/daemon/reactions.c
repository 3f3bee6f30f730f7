// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/daemon/controller_internal.h"

/*
 * A node that cannot be reached is out of the election. One that is drained, or sees no backend
 * that works, lets others go first, but serves when there is nobody else: its view may be the wrong
 * one.
 */
static struct instance_standing standing_of(const struct controller *controller,
					    const struct config_instance *instance,
					    const struct tracker_status *trackers)
{
	const struct config *config = controller->config;
	bool drained = drains_find(controller->drains, config->node) != NULL;
	struct weighed weighed = weights_of_instance(config, instance, trackers);
	const char *fault = loader_attachment(controller->loader)->error
				    ? "the XDP program is not attached"
				    : fault_of(config, instance, net_link(controller->net),
					       controller->steering);

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
	struct tracker_status trackers[CONFIG_TRACKERS_MAX];

	if (!controller->engine || controller->leaving_since)
		return;
	trackers_read(controller->trackers, config, trackers);
	for (size_t i = 0; i < config->instance_count; i++)
		standings[i] = standing_of(controller, &config->instances[i], trackers);
	engine_stand(controller->engine, standings, config->instance_count);
}

void on_event(const struct event *event, void *context)
{
	struct controller *controller = context;

	if (event->kind == EVENT_CONFLICT && controller->engine)
		engine_announce(controller->engine, event->vrid);
}

static void post_health(struct controller *controller, const char *service, const char *node,
			const struct health_status *status)
{
	bool up = status->state == HEALTH_UP;
	struct event event = event_new(EVENT_HEALTH, up ? LOG_NOTICE : LOG_WARNING);

	event_copy(event.service, service);
	event_copy(event.node, node);
	event_copy(event.reason, status->detail);
	event.health = health_state_name(status->state);
	events_post(controller->events, &event);
}

static void tell_steering(struct controller *controller, const char *service, const char *node,
			  enum health_state state)
{
	if (state != HEALTH_UNKNOWN)
		steering_set_state(controller->steering, service, node,
				   state == HEALTH_UP ? BACKEND_UP : BACKEND_DOWN);
}

void on_health_change(const char *service, const char *node, const struct health_status *status,
		      void *context)
{
	struct controller *controller = context;

	tell_steering(controller, service, node, status->state);
	post_health(controller, service, node, status);
	judge(controller);
}

void apply_checks(struct controller *controller)
{
	const struct config *config = controller->config;
	struct health_status status;

	for (size_t s = 0; s < config->service_count; s++) {
		const struct config_service *service = &config->services[s];

		for (size_t b = 0; b < service->backend_count; b++) {
			const char *node = config->peers[service->backends[b].peer].name;

			if (health_status(controller->health, service->name, node, &status))
				tell_steering(controller, service->name, node, status.state);
		}
	}
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

void on_programs(bool attached, void *context)
{
	(void)attached;
	judge(context);
}

/* A node has one MAC, whichever of its addresses it was found by. */
static void set_peer_mac(struct controller *controller, size_t peer, const uint8_t *mac)
{
	const struct config_peer *config = &controller->config->peers[peer];

	if (controller->neighbours) /* else they are just being asked for */
		mac = neighbours_peer_mac(controller->neighbours, config);
	steering_set_mac(controller->steering, config->name, mac);
	members_set_peer_mac(controller->members, config->name, mac);
}

void on_neighbour(const struct ip_address *address, const uint8_t *mac, void *context)
{
	struct controller *controller = context;
	size_t peer = config_find_peer_at(controller->config, address);

	members_set_gateway_mac(controller->members, address, mac);
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

void hold_drain(struct controller *controller)
{
	const char *down = track_down(controller->track);
	char reason[DRAIN_REASON_MAX];

	if (down)
		snprintf(reason, sizeof(reason), "%s is down", down);
	drains_hold(controller->drains, controller->config->node, down ? reason : NULL,
		    clock_wall());
}

void on_tracked(const char *name, bool up, void *context)
{
	log_notice("%s is %s", name, up ? "up" : "down");
	hold_drain(context);
}

void on_tracker(const char *name, const struct tracker_status *status, void *context)
{
	struct controller *controller = context;
	bool down = status->state == TRACKED_DOWN;
	struct event event = event_new(EVENT_TRACKER, down ? LOG_WARNING : LOG_NOTICE);

	event_copy(event.tracker.name, name);
	event_copy(event.reason, status->detail);
	event.tracker.state = tracker_state_name(status->state);
	event.tracker.number = status->number;
	events_post(controller->events, &event);
	judge(controller);
}
