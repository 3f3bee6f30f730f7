// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/dataplane/part.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

struct dataplane {
	struct loader *loader;
	struct maps *maps;
	bool carried[MAX_INSTANCES]; /* leases that came from another version's table */
};

static struct dataplane *state(const struct node *node)
{
	return node_state(node, &dataplane_part);
}

struct maps *dataplane_maps(const struct node *node)
{
	return state(node)->maps;
}

struct loader *dataplane_loader(const struct node *node)
{
	return state(node)->loader;
}

/* The loader holds the lock that keeps a second vipd away, so this comes first. */
static int start(struct node *node)
{
	CLEANUP(cleanup_free) struct dataplane *dataplane = NULL;
	int error;

	dataplane = calloc(1, sizeof(*dataplane));
	if (!dataplane)
		return log_failure(-ENOMEM, "cannot load the dataplane");
	error = loader_load(node->pin_dir, &dataplane->loader);
	if (error)
		return error;
	error = maps_open(loader_maps(dataplane->loader), &dataplane->maps);
	if (error) {
		loader_free(dataplane->loader);
		return log_failure(error, "cannot map the dataplane's tables");
	}
	if (loader_lost_leases(dataplane->loader) >= 0)
		maps_carry_leases(dataplane->maps, loader_lost_leases(dataplane->loader),
				  dataplane->carried);
	/* Until this node has begun, what the run before has left serves better than nothing. */
	node->keep = loader_adopted(dataplane->loader);
	node_set_state(node, &dataplane_part, TAKE_POINTER(dataplane));
	return 0;
}

int dataplane_renew(const struct node *node)
{
	const struct dataplane *dataplane = state(node);
	int other = loader_lost_leases(dataplane->loader);
	int error = loader_renew(dataplane->loader);

	if (!error && other >= 0)
		maps_settle_leases(dataplane->maps, other, dataplane->carried);
	return error;
}

static void stop(struct node *node)
{
	struct dataplane *dataplane = state(node);

	maps_close(dataplane->maps);
	if (!node->keep)
		loader_detach(dataplane->loader);
	loader_free(dataplane->loader);
	free(dataplane);
	node_set_state(node, &dataplane_part, NULL);
}

const struct part dataplane_part = {
	.name = "dataplane",
	.start = start,
	.stop = stop,
};
