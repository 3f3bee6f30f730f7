// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/notify/part.h"

#include "ctl/notify/notify.h"
#include "ctl/part/node.h"

static struct notify *state(const struct node *node)
{
	return node_state(node, &notify_part);
}

static int start(struct node *node)
{
	struct notify *notify;
	int error = notify_new(node->event, node->events, &notify);

	if (!error)
		node_set_state(node, &notify_part, notify);
	return error;
}

static void commit(struct node *node, void *plan)
{
	(void)plan;
	notify_follow(state(node), node->config);
}

static void stop(struct node *node)
{
	notify_free(state(node));
	node_set_state(node, &notify_part, NULL);
}

const struct part notify_part = {
	.name = "notify",
	.start = start,
	.commit = commit,
	.stop = stop,
};
