// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/events/events.h"
#include "ctl/net/net.h"
#include "ctl/part/alarm.h"

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

struct host {
	struct net *net;
	struct net_link told; /* by the last event */
	bool refused;         /* a part cannot use the link as it is */
};

static struct host *host(const struct node *node)
{
	return node_state(node, &host_part);
}

static struct net *host_net(const struct node *node)
{
	return host(node)->net;
}

const struct net_link *host_link(const struct node *node)
{
	return net_link(host_net(node));
}

const char *host_link_fault(const struct node *node)
{
	const char *fault = net_link_fault(host_link(node));

	if (!fault && host(node)->refused)
		return "the link cannot be put to use, see the log";
	return fault;
}

static void post_link(const struct node *node, const struct net_link *link)
{
	struct event event = event_new(EVENT_LINK, LOG_NOTICE);

	event_copy(event.link.device, link->device);
	memcpy(event.link.mac, link->mac, sizeof(event.link.mac));
	event.link.running = link->running;
	events_post(node->events, &event);
}

static int on_link_change(const struct net_link *link, void *context)
{
	struct node *node = context;
	struct host *own = host(node);
	int error;

	if (!net_link_equal(link, &own->told)) {
		own->told = *link;
		post_link(node, link);
	}
	error = node_link_changed(node, link);
	own->refused = error != 0;
	node_weigh_soon(node);
	return error;
}

static int start_host(struct node *node)
{
	CLEANUP(cleanup_free) struct host *started = calloc(1, sizeof(*started));
	char journal[PATH_MAX];
	int error;

	if (!started)
		return log_failure(-ENOMEM, "cannot look after the host's network");
	error = net_open(node->config, node_path(node, "net.journal", journal),
			 kernel_monitor(node), on_link_change, node, &started->net);
	if (error)
		return error;
	started->told = *net_link(started->net);
	node_set_state(node, &host_part, TAKE_POINTER(started));
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

static bool needs_family(const struct config *config, int family)
{
	for (size_t i = 0; i < config->instance_count; i++)
		if (config_takes_part(config, &config->instances[i]) &&
		    config_election_family(&config->instances[i]) == family)
			return true;
	return false;
}

static void write_advice(const struct net_link *link, enum own_address address, char *advice,
			 size_t size)
{
	if (address == OWN_ADDRESS_DUPLICATE)
		snprintf(advice, size,
			 "another host has it (dadfailed): find that host, then add the address "
			 "again");
	else if (address == OWN_ADDRESS_MISSING)
		snprintf(advice, size, "add it there, or correct peers");
	else if (link->elsewhere_vlan)
		snprintf(advice, size, "it is on %s: set vlan: %u", link->elsewhere,
			 link->elsewhere_vlan);
	else
		snprintf(advice, size, "it is on %s: set interface, or move the address",
			 link->elsewhere);
}

static void judge_address(const struct net_link *link, const struct ip_address *address,
			  enum own_address state, struct alarms *alarms)
{
	char text[ADDRESS_TEXT_MAX], advice[128];

	if (state == OWN_ADDRESS_PRESENT || state == OWN_ADDRESS_TENTATIVE)
		return;
	write_advice(link, state, advice, sizeof(advice));
	alarm_raise(alarms, "no_address", "this node's address %s cannot be used on %s: %s",
		    address_format(address, text), link->device, advice);
}

static void host_alarms(const struct node *node, struct alarms *alarms)
{
	const struct config_peer *self = config_self(node->config);
	const struct net_link *link = host_link(node);

	if (link->master[0])
		alarm_raise(alarms, "interface_is_port",
			    "%s has become a port of %s, which takes its frames: set interface: %s",
			    link->parent, link->master, link->master);
	if (link->index == 0)
		return;
	if (needs_family(node->config, FAMILY_IPV4))
		judge_address(link, &self->address, link->address4, alarms);
	if (needs_family(node->config, FAMILY_IPV6))
		judge_address(link, &self->address6, link->address6, alarms);
}

static void stop_host(struct node *node)
{
	if (!node->keep)
		net_undo(host_net(node));
	net_close(host_net(node));
	free(host(node));
	node_set_state(node, &host_part, NULL);
}

const struct part host_part = {
	.name = "host",
	.start = start_host,
	.prepare = prepare_host,
	.finish = finish_host,
	.abort = abort_host,
	.stop = stop_host,
	.alarms = host_alarms,
};
