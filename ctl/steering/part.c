// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/part.h"

#include "ctl/dataplane/part.h"
#include "ctl/net/link.h"

struct steering *steering_of(const struct node *node)
{
	return node_state(node, &steering_part);
}

static int start(struct node *node)
{
	struct steering *steering;
	int error = steering_open(dataplane_maps(node), node->event, &steering);

	if (!error)
		node_set_state(node, &steering_part, steering);
	return error;
}

PART_FOLLOWS(steering, steering_of)

static void stop(struct node *node)
{
	steering_stop(steering_of(node));
	node_set_state(node, &steering_part, NULL);
}

/* While the link was down, others may have taken flows that this node does not know of. */
static int link_changed(struct node *node, const struct net_link *link)
{
	if (link->running)
		steering_doubt(steering_of(node));
	return 0;
}

const struct part steering_part = {
	.name = "steering",
	.start = start,
	.prepare = prepare,
	.commit = commit,
	.abort = abort_plan,
	.stop = stop,
	.link_changed = link_changed,
};
