// SPDX-License-Identifier: GPL-2.0-only
/* It looks every two seconds, and tells what it has found twice: a server that restarts is no news.
 */
#include "ctl/listeners/part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/base/log.h"
#include "ctl/base/metric_text.h"
#include "ctl/health/part.h"
#include "ctl/listeners/listeners.h"
#include "ctl/net/part.h"
#include "ctl/part/alarm.h"

#define LOOK_INTERVAL (2 * NS_PER_S)
#define LOOK_ACCURACY (250 * NS_PER_MS)

struct found {
	struct listener_port *ports;
	size_t count;
};

struct watch {
	sd_event_source *timer;
	struct found now, before; /* by the last two looks */
	bool failed;              /* the last one */
};

static struct watch *state(const struct node *node)
{
	return node_state(node, &listeners_part);
}

/* Looking. */

static int look_at(const struct node *node, struct found *found)
{
	struct listeners listeners = {};
	int error = listeners_read(&listeners, host_link(node)->parent_index);

	if (!error)
		error = listeners_find_missing(&listeners, node->config, &found->ports,
					       &found->count);
	listeners_free(&listeners);
	return error;
}

static void look(const struct node *node)
{
	struct watch *watch = state(node);
	struct found found;
	int error = look_at(node, &found);

	if (error && !watch->failed)
		log_failure(error, "cannot read the kernel's sockets: whether something listens is "
				   "not known");
	watch->failed = error != 0;
	if (error)
		return;
	free(watch->before.ports);
	watch->before = watch->now;
	watch->now = found;
}

static int schedule(sd_event_source *timer)
{
	int error = sd_event_source_set_time_relative(timer, LOOK_INTERVAL / NS_PER_US);

	return error < 0 ? error : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	(void)usec;
	look(context);
	if (schedule(source) < 0)
		log_error("whether something listens is not looked at any more");
	return 0;
}

/* What is said. */

static bool is_same(const struct listener_port *a, const struct listener_port *b)
{
	return strcmp(a->service, b->service) == 0 && a->port.port == b->port.port &&
	       a->port.protocol == b->port.protocol;
}

static bool was_missing(const struct watch *watch, const struct listener_port *port)
{
	for (size_t i = 0; i < watch->before.count; i++)
		if (is_same(&watch->before.ports[i], port))
			return watch->before.ports[i].missing > 0;
	return false;
}

static const char *protocol_name(const struct listener_port *port)
{
	return port->port.protocol == IPPROTO_TCP ? "tcp" : "udp";
}

/* The server may be in another network namespace: its check finds it, and the dataplane does not.
 */
static const char *advice(const struct node *node, const struct listener_port *port)
{
	struct health_status check;

	if (health_status(health_of(node), port->service, node->config->node, &check) &&
	    check.state == HEALTH_UP)
		return "its check succeeds, so let the server listen there too, or set "
		       "listener_check: false if it is in another network namespace";
	return "start the server, or let it listen there";
}

static void alarms(const struct node *node, struct alarms *alarms)
{
	const struct watch *watch = state(node);

	for (size_t i = 0; i < watch->now.count; i++) {
		const struct listener_port *port = &watch->now.ports[i];
		char address[ADDRESS_TEXT_MAX], more[48] = "";

		if (!port->missing || !was_missing(watch, port))
			continue;
		if (port->missing > 1)
			snprintf(more, sizeof(more), " and %zu more VIPs", port->missing - 1);
		alarm_raise(alarms, "nothing_listens", "%s: nothing listens on %s%s at %u/%s: %s",
			    port->service, address_format(&port->first, address), more,
			    port->port.port, protocol_name(port), advice(node, port));
	}
}

static json_t *port_json(const struct listener_port *port)
{
	json_t *value = json_object();

	value_set(&value, "service", value_text(port->service));
	value_set(&value, "port", json_integer(port->port.port));
	value_set(&value, "protocol", value_text(protocol_name(port)));
	value_set(&value, "vips", value_count(port->vips));
	value_set(&value, "missing", port->known ? value_count(port->missing) : json_null());
	value_set(&value, "first_missing",
		  port->missing ? value_address(&port->first) : json_null());
	return value;
}

static void status(const struct node *node, json_t **status)
{
	const struct found *found = &state(node)->now;
	json_t *list = json_array();

	for (size_t i = 0; i < found->count; i++)
		value_append(&list, port_json(&found->ports[i]));
	value_set(status, "listeners", list);
}

static void metrics(const struct node *node, FILE *text)
{
	const struct found *found = &state(node)->now;

	metric_write_header(text, "vipd_listener_missing_vips", "gauge",
			    "Virtual IPs of a service that nothing on this node listens on.");
	for (size_t i = 0; i < found->count; i++) {
		const struct listener_port *port = &found->ports[i];
		char number[8];

		snprintf(number, sizeof(number), "%u", port->port.port);
		if (port->known)
			metric_write_count(text, "vipd_listener_missing_vips",
					   LABELS({"service", port->service}, {"port", number},
						  {"protocol", protocol_name(port)}),
					   port->missing);
	}
}

/* Its life. */

static void free_watch(struct watch *watch)
{
	sd_event_source_disable_unref(watch->timer);
	free(watch->now.ports);
	free(watch->before.ports);
	free(watch);
}

static int start(struct node *node)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int error = -ENOMEM;

	if (watch)
		error = sd_event_add_time_relative(node->event, &watch->timer, CLOCK_MONOTONIC, 0,
						   LOOK_ACCURACY / NS_PER_US, on_timer, node);
	if (error < 0) {
		free(watch);
		return log_failure(error, "cannot look whether something listens");
	}
	node_set_state(node, &listeners_part, watch);
	return 0;
}

/* Another configuration needs other sockets. */
static void commit(struct node *node, void *plan)
{
	(void)plan;
	look(node);
}

static void stop(struct node *node)
{
	free_watch(state(node));
	node_set_state(node, &listeners_part, NULL);
}

const struct part listeners_part = {
	.name = "listeners",
	.start = start,
	.commit = commit,
	.stop = stop,
	.status = status,
	.metrics = metrics,
	.alarms = alarms,
};
