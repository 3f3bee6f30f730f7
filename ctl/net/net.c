// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/net.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/net/internal.h"

static void net_closep(struct net **net)
{
	net_close(*net);
}

/* There must be a device to begin with; later it may go and come back. */
static int require_device(const struct net *net)
{
	const char *interface = net->config->interface;
	unsigned int vlan = net->config->vlan;

	if (net->link.index != 0)
		return 0;
	if (net->link.parent_index == 0)
		return log_failure(-ENODEV,
				   "interface %s does not exist; `ip link` lists those "
				   "that do",
				   interface);
	return log_failure(-ENODEV,
			   "no device for VLAN %u on %s; create it with "
			   "`ip link add link %s name %s.%u type vlan id %u`",
			   vlan, interface, interface, interface, vlan, vlan);
}

int net_open(const struct config *config, const char *journal, struct monitor *monitor,
	     net_link_changed changed, void *context, struct net **net)
{
	CLEANUP(net_closep) struct net *opened = calloc(1, sizeof(*opened));
	int error = opened ? netlink_open(&opened->netlink) : -ENOMEM;

	if (error < 0)
		return log_failure(error, "cannot open a netlink socket");
	opened->config = config_ref(config);
	/* From here on no change is missed. */
	error = watch_open(opened, monitor, changed, context);
	if (error == 0)
		error = link_read(&opened->netlink, config, &opened->link);
	if (error == 0)
		error = require_device(opened);
	if (error == 0)
		error = journal_open(journal, &opened->journal);
	if (error < 0)
		return error;

	opened->watch.reported = opened->link;
	*net = TAKE_POINTER(opened);
	return 0;
}

const struct net_link *net_link(const struct net *net)
{
	return &net->link;
}

int net_prepare(struct net *net)
{
	return settle_prepare(net);
}

static int apply(struct net *net, const struct config *config)
{
	int error = link_read(&net->netlink, config, &net->link);

	if (error == 0)
		error = settle(net, config, NULL);
	if (error == 0)
		error = membership_update(&net->membership, config, net->link.index);
	return error;
}

int net_apply(struct net *net, const struct config *config)
{
	struct net_link link = net->link;
	int error = apply(net, config);

	if (error < 0) {
		/* The old configuration stays in force, and the watch goes back to it. */
		net->link = link;
		return error;
	}
	config_ref(config);
	config_unref(net->config);
	net->config = config;
	net->applied = true;
	watch_settled(&net->watch);
	return 0;
}

int net_undo(struct net *net)
{
	net->applied = false;
	return settle_undo(net);
}

void net_close(struct net *net)
{
	if (!net)
		return;
	watch_close(&net->watch);
	membership_leave(&net->membership);
	journal_close(net->journal);
	netlink_close(&net->netlink);
	config_unref(net->config);
	free(net);
}
