// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/part.h"

#include <string.h>

#include "ctl/config/config.h"
#include "ctl/events/events.h"
#include "ctl/net/net.h"

/* The watcher of the kernel. */

struct monitor *kernel_monitor(const struct node *node)
{
	return node_state(node, &kernel_part);
}

static int start_kernel(struct node *node)
{
	struct monitor *monitor;
	int error = monitor_start(node->event, MONITOR_LOOK_INTERVAL, &monitor);

	if (!error)
		node_set_state(node, &kernel_part, monitor);
	return error;
}

static void stop_kernel(struct node *node)
{
	monitor_stop(kernel_monitor(node));
	node_set_state(node, &kernel_part, NULL);
}

const struct part kernel_part = {
	.name = "kernel",
	.start = start_kernel,
	.stop = stop_kernel,
};

/* The host's side of the VIPs. */

static struct net *host_net(const struct node *node)
{
	return node_state(node, &host_part);
}

const struct net_link *host_link(const struct node *node)
{
	return net_link(host_net(node));
}

static void on_link_change(const struct net_link *link, void *context)
{
	struct node *node = context;
	struct event event = event_new(EVENT_LINK, LOG_NOTICE);

	event_copy(event.link.device, link->device);
	memcpy(event.link.mac, link->mac, sizeof(event.link.mac));
	event.link.running = link->running;
	events_post(node->events, &event);
	node_link_changed(node, link);
	node_weigh_soon(node);
}

static int start_host(struct node *node)
{
	char journal[PATH_MAX];
	struct net *net;
	int error = net_open(node->config, node_path(node, "net.journal", journal),
			     kernel_monitor(node), on_link_change, node, &net);

	if (error)
		return error;
	node_set_state(node, &host_part, net);
	return 0;
}

/* What a node is built on cannot change under it. */
static int refuse_change(struct node *node, const struct config *next)
{
	const struct config *before = node->config;
	const char *what = NULL;

	if (strcmp(before->interface, next->interface) != 0)
		what = "interface";
	else if (before->vlan != next->vlan)
		what = "vlan";
	else if (strcmp(before->node, next->node) != 0)
		what = "node";
	if (!what)
		return 0;
	return node_refuse(node, "%s: cannot change while vipd runs; restart it for that", what);
}

static int prepare_host(struct node *node, const struct config *next, void **plan)
{
	struct net_plan *own;
	int error = refuse_change(node, next);

	if (error)
		return error;
	error = net_prepare(host_net(node), next, &own);
	if (!error)
		*plan = own;
	return error;
}

/* Addresses go last, when nobody attracts frames for them any more. */
static void finish_host(struct node *node, void *plan)
{
	net_commit(host_net(node), plan);
}

static void abort_host(struct node *node, void *plan)
{
	net_abort(host_net(node), plan);
}

static void stop_host(struct node *node)
{
	net_undo(host_net(node));
	net_close(host_net(node));
	node_set_state(node, &host_part, NULL);
}

const struct part host_part = {
	.name = "host",
	.start = start_host,
	.prepare = prepare_host,
	.finish = finish_host,
	.abort = abort_host,
	.stop = stop_host,
};
