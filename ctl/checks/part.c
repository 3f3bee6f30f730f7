// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/checks/part.h"

#include "ctl/config/config.h"

struct checks *checks_of(const struct node *node)
{
	return node_state(node, &checks_part);
}

static int start(struct node *node)
{
	struct checks *checks;
	int error = checks_new(node->event, node->config->node, &checks);

	if (!error)
		node_set_state(node, &checks_part, checks);
	return error;
}

static void stop(struct node *node)
{
	checks_free(checks_of(node));
	node_set_state(node, &checks_part, NULL);
}

const struct part checks_part = {
	.name = "checks",
	.start = start,
	.stop = stop,
};
