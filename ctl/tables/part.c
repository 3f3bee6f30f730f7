// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/tables/part.h"

#include "ctl/config/config.h"
#include "ctl/dataplane/part.h"
#include "ctl/net/part.h"
#include "ctl/tables/keys.h"
#include "ctl/tables/wall_clock.h"

/* Keys. */

static int start_keys(struct node *node)
{
	struct wall_clock *wall_clock;
	int error = wall_clock_start(node->event, dataplane_maps(node), &wall_clock);

	if (!error)
		node_set_state(node, &keys_part, wall_clock);
	return error;
}

static int prepare_keys(struct node *node, const struct config *next, void **plan)
{
	struct keys_plan *own;
	int error = keys_prepare(next, &own);

	(void)node;
	if (!error)
		*plan = own;
	return error;
}

static void commit_keys(struct node *node, void *plan)
{
	keys_commit(dataplane_maps(node), plan);
}

static void abort_keys(struct node *node, void *plan)
{
	(void)node;
	keys_abort(plan);
}

static void stop_keys(struct node *node)
{
	wall_clock_stop(node_state(node, &keys_part));
	node_set_state(node, &keys_part, NULL);
}

const struct part keys_part = {
	.name = "keys",
	.start = start_keys,
	.prepare = prepare_keys,
	.commit = commit_keys,
	.abort = abort_keys,
	.stop = stop_keys,
};

/* Members. */

struct members *members_of(const struct node *node)
{
	return node_state(node, &members_part);
}

static int link_changed(struct node *node, const struct net_link *link)
{
	maps_set_mac(dataplane_maps(node), link->mac);
	return 0;
}

static int start_members(struct node *node)
{
	struct members *members;
	int error = members_new(dataplane_maps(node), &members);

	if (!error)
		node_set_state(node, &members_part, members);
	return error;
}

static int prepare_members(struct node *node, const struct config *next, void **plan)
{
	struct members_plan *own;
	int error = members_prepare(members_of(node), next, &own);

	if (!error)
		*plan = own;
	return error;
}

static void commit_members(struct node *node, void *plan)
{
	members_commit(members_of(node), plan);
	link_changed(node, host_link(node));
}

static void abort_members(struct node *node, void *plan)
{
	members_abort(members_of(node), plan);
}

static void stop_members(struct node *node)
{
	members_free(members_of(node));
	node_set_state(node, &members_part, NULL);
}

const struct part members_part = {
	.name = "members",
	.start = start_members,
	.prepare = prepare_members,
	.commit = commit_members,
	.abort = abort_members,
	.stop = stop_members,
	.link_changed = link_changed,
};
