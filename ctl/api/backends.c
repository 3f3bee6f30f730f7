// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/backends.h"

#include <stdio.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/base/json.h"

enum backend_state backend_state(const struct backend_view *backend)
{
	if (backend->state == BACKEND_UP && !backend->reachable)
		return BACKEND_DOWN;
	return backend->state;
}

const char *backend_state_name(enum backend_state state)
{
	static const char *const names[] = {
		[BACKEND_UP] = "up",
		[BACKEND_DOWN] = "down",
		[BACKEND_DRAIN] = "drain",
	};

	return names[state];
}

/* Why. */

static void say_drained(const struct drain *drain, char text[static BACKEND_REASON_MAX])
{
	if (!drain)
		snprintf(text, BACKEND_REASON_MAX,
			 "no backend any longer; connections may still live there");
	else
		snprintf(text, BACKEND_REASON_MAX, "drained%s%s", drain->reason[0] ? ": " : "",
			 drain->reason);
}

static void say_failed(const struct health_status *check, char text[static BACKEND_REASON_MAX])
{
	snprintf(text, BACKEND_REASON_MAX, "%s",
		 check->state == HEALTH_UNKNOWN ? "no check result yet" : check->detail);
}

static void say_unreachable(const struct config_peer *peer, char text[static BACKEND_REASON_MAX])
{
	bool ipv4 = !address_is_zero(&peer->address);
	char address[ADDRESS_TEXT_MAX];

	snprintf(text, BACKEND_REASON_MAX, "no MAC known for %s",
		 address_format(ipv4 ? &peer->address : &peer->address6, address));
}

const char *backend_reason(const struct snapshot *snapshot, const struct snapshot_service *service,
			   const struct backend_view *backend, char text[static BACKEND_REASON_MAX])
{
	if (backend->state == BACKEND_DRAIN)
		say_drained(snapshot_drain(snapshot, backend->peer), text);
	else if (backend->state == BACKEND_DOWN)
		say_failed(&service->checks[backend->peer], text);
	else if (!backend->reachable)
		say_unreachable(&snapshot->config->peers[backend->peer], text);
	else
		return NULL;
	return text;
}

/* As JSON. */

json_t *drain_json(const struct drain *drain)
{
	json_t *object;

	if (!drain)
		return json_null();
	object = json_object();
	value_set(&object, "since", value_second(drain->since));
	value_set(&object, "until", value_second(drain->until));
	value_set(&object, "reason", value_text(drain->reason[0] ? drain->reason : NULL));
	return object;
}

static json_t *check_json(const struct snapshot *snapshot, const struct health_status *health)
{
	bool known = health->state != HEALTH_UNKNOWN;
	json_t *check = json_object();

	value_set(&check, "detail", value_text(known ? health->detail : "no result yet"));
	value_set(&check, "age_ms", value_span(health->checked_at, snapshot->now, NS_PER_MS));
	return check;
}

static json_t *backend_json(const struct snapshot *snapshot, const struct snapshot_service *service,
			    const struct backend_view *backend)
{
	const struct config *config = snapshot->config;
	char reason[BACKEND_REASON_MAX];
	json_t *object = json_object();

	value_set(&object, "node", value_text(config->peers[backend->peer].name));
	value_set(&object, "local", json_boolean(backend->peer == config->self));
	value_set(&object, "state", value_text(backend_state_name(backend_state(backend))));
	value_set(&object, "share", json_real(backend->share));
	value_set(&object, "packets", value_count(backend->packets));
	value_set(&object, "bytes", value_count(backend->bytes));
	value_set(&object, "reason",
		  value_text(backend_reason(snapshot, service, backend, reason)));
	value_set(&object, "drain", drain_json(snapshot_drain(snapshot, backend->peer)));
	value_set(&object, "check", check_json(snapshot, &service->checks[backend->peer]));
	return object;
}

/* Null also when nobody can tell: until a drain has ended. */
static json_t *settled_in_json(const struct service_view *view)
{
	if (!view->settling || view->settled_in == NEVER)
		return json_null();
	return value_count(view->settled_in / NS_PER_MS);
}

json_t *service_json(const struct snapshot *snapshot, const struct snapshot_service *service)
{
	const struct service_view *view = &service->view;
	json_t *object = json_object(), *backends = json_array();

	for (size_t i = 0; i < view->backend_count; i++)
		value_append(&backends, backend_json(snapshot, service, &view->backends[i]));
	value_set(&object, "name", value_text(service->config->name));
	value_set(&object, "settling", json_boolean(view->settling));
	value_set(&object, "settled_in_ms", settled_in_json(view));
	value_set(&object, "armed", json_boolean(view->armed));
	value_set(&object, "panic", json_boolean(view->panic));
	value_set(&object, "table_build_us", value_count(view->build_duration / NS_PER_US));
	value_set(&object, "backends", backends);
	return object;
}
