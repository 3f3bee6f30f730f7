// SPDX-License-Identifier: GPL-2.0-only
/* What the dataplane reports becomes events. */
#include "ctl/dataplane/notices.h"
#include "ctl/dataplane/part.h"

static int start(struct node *node)
{
	struct notices *notices;
	int error = notices_start(loader_maps(dataplane_loader(node))->notices, node->event,
				  node->events, &notices);

	if (!error)
		node_set_state(node, &notices_part, notices);
	return error;
}

static void stop(struct node *node)
{
	notices_stop(node_state(node, &notices_part));
	node_set_state(node, &notices_part, NULL);
}

const struct part notices_part = {
	.name = "notices",
	.start = start,
	.stop = stop,
};
