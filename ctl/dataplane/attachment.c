// SPDX-License-Identifier: GPL-2.0-only
/* The programs are attached, and looked after. A node that cannot hear takes part in no election.
 */
#include <errno.h>
#include <string.h>

#include "ctl/config/config.h"
#include "ctl/dataplane/part.h"
#include "ctl/dataplane/programs.h"
#include "ctl/net/part.h"
#include "ctl/part/alarm.h"

static struct programs *state(const struct node *node)
{
	return node_state(node, &attachment_part);
}

const struct attachment *attachment_of(const struct node *node)
{
	return loader_attachment(dataplane_loader(node));
}

const char *attachment_fault(const struct node *node)
{
	return attachment_of(node)->error ? "the XDP program is not attached" : NULL;
}

static void on_change(bool attached, void *context)
{
	(void)attached;
	node_weigh_soon(context);
}

static int start(struct node *node)
{
	const struct programs_setup setup = {
		.loader = dataplane_loader(node),
		.monitor = kernel_monitor(node),
		.changed = on_change,
		.context = node,
	};
	struct programs *programs;
	int error = programs_new(&setup, &programs);

	if (!error)
		node_set_state(node, &attachment_part, programs);
	return error;
}

static void alarms(const struct node *node, struct alarms *alarms)
{
	const struct attachment *attachment = attachment_of(node);

	if (attachment->error)
		alarm_raise(alarms, "xdp_detached",
			    "the XDP program is not attached to %s (%s), so this node hears nobody "
			    "and takes part in no election",
			    attachment->interface, strerror(-attachment->error));
}

PART_FOLLOWS(programs, state)

/* An interface that is missing is waited for: the node is in Fault, see attachment_fault(). */
static int begin(struct node *node)
{
	int error = loader_attach(dataplane_loader(node), node->config->interface);

	return error == -ENODEV ? 0 : error;
}

/* The programs stay: dataplane_part detaches them, after the VIPs are gone from this node. */
static void stop(struct node *node)
{
	programs_free(state(node));
	node_set_state(node, &attachment_part, NULL);
}

/* Whether it is attached is a fault of its own: see attachment_fault(). */
static int link_changed(struct node *node, const struct net_link *link)
{
	(void)link;
	loader_check(dataplane_loader(node), LOADER_DATAPLANE);
	return 0;
}

const struct part attachment_part = {
	.name = "attachment",
	.start = start,
	.prepare = prepare,
	.commit = commit,
	.abort = abort_plan,
	.begin = begin,
	.stop = stop,
	.link_changed = link_changed,
	.alarms = alarms,
};
