// SPDX-License-Identifier: GPL-2.0-only
/* One peer after the other is probed, each about once a minute, and again at once when in doubt. */
#include "ctl/mtu/part.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/base/log.h"
#include "ctl/base/metric_text.h"
#include "ctl/config/lookup.h"
#include "ctl/mtu/probe.h"
#include "ctl/net/part.h"
#include "ctl/part/alarm.h"

#define CIRCLE         (60 * NS_PER_S) /* for all peers */
#define ANSWER_TIME    (500 * NS_PER_MS)
#define RETRY_INTERVAL (1 * NS_PER_S)
#define TIMER_ACCURACY (100 * NS_PER_MS)

/* A frame may be lost for many reasons: so many probes in a row have to agree. */
#define ROUNDS_TO_BELIEVE 3

struct path {
	uint32_t carried;    /* bytes, by the last probe that was answered; 0: none was */
	uint32_t mtu;        /* of the device when it was probed; 0: it was not yet */
	unsigned int rounds; /* in a row in which it was less than that */
};

struct mtu_watch {
	sd_event_source *timer, *readable;
	struct probe probe;
	size_t peer;                  /* that is probed, by index in the configuration */
	struct path paths[MAX_PEERS]; /* by index in the configuration */
	uint16_t id;
};

static struct mtu_watch *state(const struct node *node)
{
	return node_state(node, &mtu_part);
}

static bool is_too_small(const struct path *path)
{
	return path->carried && path->carried < path->mtu;
}

static void wake_in(struct mtu_watch *watch, uint64_t delay)
{
	if (sd_event_source_set_time_relative(watch->timer, delay / NS_PER_US) < 0 ||
	    sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT) < 0)
		log_error("the MTU of the segment is not looked at any more");
}

/* Probing. */

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)fd;
	(void)events;
	probe_receive(&state(context)->probe);
	return 0;
}

static int send_probe(struct node *node)
{
	struct mtu_watch *watch = state(node);
	const struct config_peer *self = config_self(node->config);
	const struct config_peer *peer = &node->config->peers[watch->peer];
	bool ipv4 = !address_is_zero(&self->address) && !address_is_zero(&peer->address);
	int error = probe_send(&watch->probe, ipv4 ? &self->address : &self->address6,
			       ipv4 ? &peer->address : &peer->address6, host_link(node)->mtu,
			       ++watch->id);

	if (!error)
		error = sd_event_add_io(node->event, &watch->readable, watch->probe.fd, EPOLLIN,
					on_readable, node);
	return error < 0 ? error : 0;
}

/* Whoever was not probed yet need not wait for the circle. */
static void next_peer(struct node *node)
{
	struct mtu_watch *watch = state(node);
	size_t count = node->config->peer_count;

	watch->peer = (watch->peer + 1) % count;
	if (watch->peer == node->config->self)
		watch->peer = (watch->peer + 1) % count;
	wake_in(watch, watch->paths[watch->peer].mtu ? CIRCLE / count : RETRY_INTERVAL);
}

static void begin(struct node *node)
{
	struct mtu_watch *watch = state(node);

	watch->paths[watch->peer].mtu = host_link(node)->mtu;
	if (!host_link(node)->running || watch->peer == node->config->self || send_probe(node))
		next_peer(node);
	else
		wake_in(watch, ANSWER_TIME);
}

static void finish(struct node *node)
{
	struct mtu_watch *watch = state(node);
	struct path *path = &watch->paths[watch->peer];

	probe_receive(&watch->probe);
	path->carried = probe_carried(&watch->probe);
	watch->readable = sd_event_source_disable_unref(watch->readable);
	probe_close(&watch->probe);
	path->rounds = is_too_small(path) ? path->rounds + 1 : 0;
	if (path->rounds && path->rounds < ROUNDS_TO_BELIEVE)
		wake_in(watch, RETRY_INTERVAL);
	else
		next_peer(node);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct node *node = context;

	(void)source;
	(void)usec;
	if (state(node)->probe.fd >= 0)
		finish(node);
	else
		begin(node);
	return 0;
}

/* What is said. */

static void alarms(const struct node *node, struct alarms *alarms)
{
	const char *device = host_link(node)->device;

	for (size_t i = 0; i < node->config->peer_count; i++) {
		const struct path *path = &state(node)->paths[i];

		if (path->rounds < ROUNDS_TO_BELIEVE)
			continue;
		alarm_raise(alarms, "mtu_not_carried",
			    "packets of %u bytes, the MTU of %s, do not reach %s and come back, "
			    "those of %u do, so downloads hang: ip link set dev %s mtu %u, on "
			    "every node, or let the switch carry more",
			    path->mtu, device, node->config->peers[i].name, path->carried, device,
			    path->carried);
	}
}

static void status(const struct node *node, json_t **status)
{
	json_t *list = json_array();

	for (size_t i = 0; i < node->config->peer_count; i++) {
		const struct path *path = &state(node)->paths[i];
		json_t *value;

		if (i == node->config->self)
			continue;
		value = json_object();
		value_set(&value, "node", value_text(node->config->peers[i].name));
		value_set(&value, "bytes",
			  path->carried ? json_integer(path->carried) : json_null());
		value_append(&list, value);
	}
	value_set(status, "path_mtu", list);
}

static void metrics(const struct node *node, FILE *text)
{
	metric_write_header(text, "vipd_path_mtu_bytes", "gauge",
			    "The largest packet that reaches a peer and comes back.");
	for (size_t i = 0; i < node->config->peer_count; i++)
		if (state(node)->paths[i].carried)
			metric_write_count(text, "vipd_path_mtu_bytes",
					   LABELS({"peer", node->config->peers[i].name}),
					   state(node)->paths[i].carried);
}

/* Its life. */

static int start(struct node *node)
{
	struct mtu_watch *watch = calloc(1, sizeof(*watch));
	int error = -ENOMEM;

	if (watch) {
		watch->probe.fd = -1;
		error = sd_event_add_time_relative(node->event, &watch->timer, CLOCK_MONOTONIC,
						   RETRY_INTERVAL / NS_PER_US,
						   TIMER_ACCURACY / NS_PER_US, on_timer, node);
	}
	if (error < 0) {
		free(watch);
		return log_failure(error, "cannot look at the MTU of the segment");
	}
	node_set_state(node, &mtu_part, watch);
	return 0;
}

/* The indices may mean other nodes now, and the device may have another MTU. */
static void start_over(struct node *node)
{
	struct mtu_watch *watch = state(node);

	watch->readable = sd_event_source_disable_unref(watch->readable);
	probe_close(&watch->probe);
	for (size_t i = 0; i < MAX_PEERS; i++)
		watch->paths[i] = (struct path){};
	watch->peer = node->config->self == 0 && node->config->peer_count > 1;
	wake_in(watch, RETRY_INTERVAL);
}

static void commit(struct node *node, void *plan)
{
	(void)plan;
	start_over(node);
}

static int link_changed(struct node *node, const struct net_link *link)
{
	(void)link;
	start_over(node);
	return 0;
}

static void stop(struct node *node)
{
	struct mtu_watch *watch = state(node);

	sd_event_source_disable_unref(watch->readable);
	sd_event_source_disable_unref(watch->timer);
	probe_close(&watch->probe);
	free(watch);
	node_set_state(node, &mtu_part, NULL);
}

const struct part mtu_part = {
	.name = "mtu",
	.start = start,
	.commit = commit,
	.stop = stop,
	.link_changed = link_changed,
	.status = status,
	.metrics = metrics,
	.alarms = alarms,
};
