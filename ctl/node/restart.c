// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a run that another one goes on from: as after a crash, but with leases that last until
 * it is there.
 */
#include <errno.h>
#include <stdlib.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/base/turn.h"
#include "ctl/config/config.h"
#include "ctl/node/parts.h"
#include "ctl/vrrp/part.h"
#include "ctl/vrrp/times.h"

/* How often it is looked whether the leases last. */
#define RESTART_POLL (5 * NS_PER_MS)

struct restart {
	sd_event_source *timer;
	uint64_t until; /* CLOCK_MONOTONIC ns: when it ends in any case */
};

static struct restart *state(const struct node *node)
{
	return node_state(node, &restart_part);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	const struct node *node = context;

	(void)usec;
	if (engine_is_prolonged(vrrp_engine(node), RESTART_LEASE) ||
	    clock_now() >= state(node)->until)
		return sd_event_exit(node->event, 0);
	sd_event_source_set_time_relative(source, RESTART_POLL / NS_PER_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int start(struct node *node)
{
	struct restart *restart = calloc(1, sizeof(*restart));
	int error;

	if (!restart)
		return log_failure(-ENOMEM, "cannot get ready for a restart");
	error = turn_add(node->event, &restart->timer, on_timer, node);
	if (error < 0) {
		sd_event_source_disable_unref(restart->timer);
		free(restart);
		return log_failure(error, "cannot get ready for a restart");
	}
	node_set_state(node, &restart_part, restart);
	return 0;
}

static void restart(struct node *node)
{
	struct restart *own = state(node);

	own->until = clock_now() + vrrp_prolong_patience(node->config->vrrp.advert_interval);
	sd_event_source_set_time_relative(own->timer, 0);
	sd_event_source_set_enabled(own->timer, SD_EVENT_ONESHOT);
}

static void stop(struct node *node)
{
	sd_event_source_disable_unref(state(node)->timer);
	free(state(node));
	node_set_state(node, &restart_part, NULL);
}

const struct part restart_part = {
	.name = "restart",
	.start = start,
	.stop = stop,
	.restart = restart,
};
