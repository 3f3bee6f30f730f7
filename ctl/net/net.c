// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/net.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/net/internal.h"

struct net_plan {
	const struct config *config;
	struct net_link link;   /* as this configuration sees it */
	struct item_list added; /* since prepare; in the journal */
	struct membership membership;
};

static void net_closep(struct net **net)
{
	net_close(*net);
}

/* Which interface is meant is not for us to guess. */
static int refuse_port(const struct net_link *link)
{
	if (!link->master[0])
		return 0;
	return log_failure(-EINVAL, "%s is a port of %s, which takes its frames; set interface: %s",
			   link->parent, link->master, link->master);
}

/* The device may come later, as it may go and come back. */
static void tell_of_device(const struct net *net)
{
	const char *interface = net->config->interface;
	unsigned int vlan = net->config->vlan;

	if (net->link.index != 0)
		return;
	if (net->link.parent_index == 0)
		log_warning("interface %s does not exist: waiting for it; `ip link` lists those "
			    "that do",
			    interface);
	else
		log_warning("no device for VLAN %u on %s: waiting for it; create it with "
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
	error = repair_open(opened, monitor, changed, context);
	if (error == 0)
		error = link_read(&opened->netlink, config, &opened->link);
	if (error == 0)
		error = refuse_port(&opened->link);
	if (error == 0)
		error = journal_open(journal, &opened->journal);
	if (error < 0)
		return error;

	tell_of_device(opened);
	opened->repair.reported = opened->link;
	*net = TAKE_POINTER(opened);
	return 0;
}

const struct net_link *net_link(const struct net *net)
{
	return &net->link;
}

static void free_plan(struct net_plan *plan)
{
	membership_leave(&plan->membership);
	item_list_free(&plan->added);
	config_unref(plan->config);
	free(plan);
}

/* Part of what was added may be there when it fails. */
static int add(struct net *net, struct net_plan *plan)
{
	int error = link_read(&net->netlink, plan->config, &plan->link);

	if (error == 0)
		error = converge_add(net, plan->config, &plan->link, &plan->added);
	if (error == 0)
		error = membership_join(&plan->membership, &net->membership, plan->config,
					plan->link.index);
	return error;
}

int net_prepare(struct net *net, const struct config *next, struct net_plan **plan)
{
	struct net_plan *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot prepare the host's network");
	new->config = config_ref(next);
	new->link = net->link;
	error = add(net, new);
	if (error < 0) {
		net_abort(net, new);
		return error;
	}
	*plan = new;
	return 0;
}

void net_commit(struct net *net, struct net_plan *plan)
{
	const struct config *before = net->config;

	net->config = config_ref(plan->config);
	config_unref(before);
	net->link = plan->link;
	membership_replace(&net->membership, &plan->membership);
	net->applied = true;
	repair_follow(net);
	if (converge(net, net->config, &net->link, NULL) == 0)
		repair_done(&net->repair);
	else
		repair_later(&net->repair);
	free_plan(plan);
}

void net_abort(struct net *net, struct net_plan *plan)
{
	if (!plan)
		return;
	/* What cannot be taken back is unwanted by the configuration in force, and listed as ours.
	 */
	if (converge_take_back(net, &plan->added) == 0)
		repair_done(&net->repair);
	else
		repair_later(&net->repair);
	free_plan(plan);
}

int net_undo(struct net *net)
{
	net->applied = false;
	return converge_undo(net);
}

void net_close(struct net *net)
{
	if (!net)
		return;
	repair_close(&net->repair);
	membership_leave(&net->membership);
	journal_close(net->journal);
	netlink_close(&net->netlink);
	config_unref(net->config);
	free(net);
}
