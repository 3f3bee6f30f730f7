// SPDX-License-Identifier: GPL-2.0-only
/* The part that weighs: it gathers what is known, and tells the engine what follows. */
#include <errno.h>
#include <stdlib.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/config.h"
#include "ctl/dataplane/part.h"
#include "ctl/drain/part.h"
#include "ctl/hearing/part.h"
#include "ctl/net/part.h"
#include "ctl/node/parts.h"
#include "ctl/node/standing.h"
#include "ctl/steering/part.h"
#include "ctl/trackers/part.h"
#include "ctl/vrrp/part.h"

struct standing {
	bool takes_part[MAX_INSTANCES]; /* by VRID, when it was weighed last */
};

static struct standing *state(const struct node *node)
{
	return node_state(node, &weighing_part);
}

/* Whoever goes on with the lease of the run before was good enough for it, and still is. */
static void gather_instances(const struct node *node, struct standing_facts *facts)
{
	const struct maps *maps = dataplane_maps(node);
	uint64_t now = clock_now();

	for (unsigned int vrid = 1; vrid < MAX_INSTANCES; vrid++)
		facts->takes_part[vrid] =
			state(node)->takes_part[vrid] || now < maps_lease(maps, (uint8_t)vrid);
}

static void remember(struct standing *standing, const struct instance_standing *standings,
		     size_t count)
{
	*standing = (struct standing){};
	for (size_t i = 0; i < count; i++)
		standing->takes_part[standings[i].vrid] = !standings[i].fault;
}

static void gather_services(const struct node *node, struct standing_facts *facts)
{
	const struct steering *steering = steering_of(node);
	const struct config *config = node->config;

	for (size_t i = 0; i < config->service_count; i++) {
		const char *name = config->services[i].name;

		facts->services[i] = (struct service_facts){
			.judged = steering_judged(steering, name),
			.all_down = steering_all_down(steering, name),
		};
	}
}

static void weigh(struct node *node)
{
	struct tracker_status trackers[CONFIG_TRACKERS_MAX];
	struct instance_standing standings[MAX_INSTANCES];
	struct standing_facts facts = {
		.config = node->config,
		.link = host_link(node),
		.link_fault = host_link_fault(node),
		.deaf = attachment_fault(node),
		.misled = hearing_fault(node),
		.drained = drains_find(drains_of(node), node->config->node) != NULL,
		.trackers = trackers,
	};
	size_t count;

	if (node->leaving_since) /* the instances have resigned for good */
		return;
	trackers_read(trackers_of(node), node->config, trackers);
	gather_services(node, &facts);
	gather_instances(node, &facts);
	count = standing_decide(&facts, standings);
	remember(state(node), standings, count);
	engine_stand(vrrp_engine(node), standings, count);
}

static int start(struct node *node)
{
	struct standing *standing = calloc(1, sizeof(*standing));

	if (!standing)
		return log_failure(-ENOMEM, "cannot weigh what this node is good for");
	node_set_state(node, &weighing_part, standing);
	return 0;
}

static void stop(struct node *node)
{
	free(state(node));
	node_set_state(node, &weighing_part, NULL);
}

/* The instances of a configuration begin in Fault, and take part once all is known to be well. */
static void commit(struct node *node, void *plan)
{
	(void)plan;
	weigh(node);
}

const struct part weighing_part = {
	.name = "weighing",
	.start = start,
	.stop = stop,
	.commit = commit,
	.weigh = weigh,
};
