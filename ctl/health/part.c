// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/health/part.h"

#include "ctl/checks/part.h"
#include "ctl/config/config.h"
#include "ctl/events/events.h"
#include "ctl/steering/part.h"

struct health *health_of(const struct node *node)
{
	return node_state(node, &health_part);
}

static void post(const struct node *node, const char *service, const char *backend,
		 const struct health_status *status, const char *check)
{
	bool up = status->state == HEALTH_UP;
	struct event event = event_new(EVENT_HEALTH, up ? LOG_NOTICE : LOG_WARNING);

	event_copy(event.service, service);
	event_copy(event.node, backend);
	event_copy(event.reason, status->detail);
	event.health.state = health_state_name(status->state);
	event.health.failures = status->failures;
	event_copy(event.health.check, check);
	events_post(node->events, &event);
}

static void tell_steering(const struct node *node, const char *service, const char *backend,
			  enum health_state state)
{
	if (state != HEALTH_UNKNOWN)
		steering_set_state(steering_of(node), service, backend,
				   state == HEALTH_UP ? BACKEND_UP : BACKEND_DOWN);
}

/* The tables first: a new connection must not wait until somebody has been told. */
static void on_change(const char *service, const char *backend, const struct health_status *status,
		      const char *check, void *context)
{
	struct node *node = context;

	tell_steering(node, service, backend, status->state);
	post(node, service, backend, status, check);
	node_weigh_soon(node);
}

static int start(struct node *node)
{
	const struct health_setup setup = {
		.event = node->event,
		.checks = checks_of(node),
		.changed = on_change,
		.context = node,
	};
	struct health *health;
	int error = health_new(&setup, &health);

	if (!error)
		node_set_state(node, &health_part, health);
	return error;
}

static int prepare(struct node *node, const struct config *next, void **plan)
{
	struct health_plan *own;
	int error = health_prepare(health_of(node), next, &own);

	if (!error)
		*plan = own;
	return error;
}

/* A pool that is new does not know yet what its targets have said. */
static void tell_all(const struct node *node, const struct config_service *service)
{
	struct health_status status;

	for (size_t i = 0; i < service->backend_count; i++) {
		const char *backend = node->config->peers[service->backends[i].peer].name;

		if (health_status(health_of(node), service->name, backend, &status))
			tell_steering(node, service->name, backend, status.state);
	}
}

static void commit(struct node *node, void *plan)
{
	health_commit(health_of(node), plan);
	for (size_t i = 0; i < node->config->service_count; i++)
		tell_all(node, &node->config->services[i]);
}

static void abort_plan(struct node *node, void *plan)
{
	health_abort(health_of(node), plan);
}

static void stop(struct node *node)
{
	health_free(health_of(node));
	node_set_state(node, &health_part, NULL);
}

const struct part health_part = {
	.name = "health",
	.start = start,
	.prepare = prepare,
	.commit = commit,
	.abort = abort_plan,
	.stop = stop,
};
