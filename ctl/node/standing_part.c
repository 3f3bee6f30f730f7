// SPDX-License-Identifier: GPL-2.0-only
/* The part that weighs: it gathers what is known, and tells the engine what follows. */
#include "ctl/config/config.h"
#include "ctl/dataplane/part.h"
#include "ctl/drain/part.h"
#include "ctl/net/part.h"
#include "ctl/node/parts.h"
#include "ctl/node/standing.h"
#include "ctl/steering/part.h"
#include "ctl/trackers/part.h"
#include "ctl/vrrp/part.h"

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
		.drained = drains_find(drains_of(node), node->config->node) != NULL,
		.trackers = trackers,
	};

	if (node->leaving_since) /* the instances have resigned for good */
		return;
	trackers_read(trackers_of(node), node->config, trackers);
	gather_services(node, &facts);
	engine_stand(vrrp_engine(node), standings, standing_decide(&facts, standings));
}

/* The instances of a configuration begin in Fault, and take part once all is known to be well. */
static void commit(struct node *node, void *plan)
{
	(void)plan;
	weigh(node);
}

const struct part standing_part = {
	.name = "standing",
	.commit = commit,
	.weigh = weigh,
};
