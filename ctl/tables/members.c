// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/tables/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"

#define NO_INDEX UINT32_MAX

struct members {
	struct maps *maps;
	const struct config *config; /* that the tables follow; NULL: none of this run's */
};

struct planned_vip {
	struct ip_address address;
	struct vip_entry entry;
	bool is_new;
};

struct members_plan {
	const struct config *config;
	struct peer_entry peers[MAX_PEERS]; /* by index into config->peers */
	bool new_peers[MAX_PEERS];
	struct planned_vip *vips;
	size_t vip_count;
	uint32_t vip_flags; /* of any VIP */
};

/* An instance of the run before that is not ours must not go on owning until its lease runs out. */
static void end_old_instances(struct maps *maps, const struct config *config)
{
	bool ours[MAX_INSTANCES] = {};

	if (config->vrrp.quorum.policy != QUORUM_NONE)
		ours[config->vrrp.quorum.vrid] = true;
	for (size_t i = 0; i < config->instance_count; i++)
		if (config_takes_part(config, &config->instances[i]))
			ours[config->instances[i].vrid] = true;
	for (unsigned int vrid = 1; vrid < MAX_INSTANCES; vrid++)
		if (!ours[vrid] && maps_instance(maps, (uint8_t)vrid)->configured)
			maps_end_instance(maps, (uint8_t)vrid);
}

int members_new(struct maps *maps, struct members **members)
{
	struct members *new = calloc(1, sizeof(*new));

	if (!new)
		return log_failure(-ENOMEM, "cannot tell the dataplane of nodes and VIPs");
	new->maps = maps;
	*members = new;
	return 0;
}

void members_free(struct members *members)
{
	if (!members)
		return;
	config_unref(members->config);
	free(members);
}

/* Nodes: an index each, however many addresses they have. */

/* An address that moved to another node took nothing of the first one's along. */
static bool was_at(const struct members *members, const struct config_peer *peer,
		   const struct ip_address *address)
{
	size_t owner;

	if (!members->config)
		return true;
	owner = config_find_peer_at(members->config, address);
	return owner != CONFIG_NONE && strcmp(members->config->peers[owner].name, peer->name) == 0;
}

/* What is known of a node so far, under any of its addresses, unless another node has its index. */
static struct peer_entry present_peer(const struct members *members, const struct config_peer *peer,
				      const bool taken[static MAX_PEERS])
{
	struct peer_entry entry;

	for (size_t which = 0; which < CONFIG_PEER_ADDRESSES; which++) {
		const struct ip_address *address = config_peer_address(peer, which);

		if (!address_is_zero(address) && was_at(members, peer, address) &&
		    maps_get_peer(members->maps, address, &entry) == 0 && entry.index < MAX_PEERS &&
		    !taken[entry.index])
			return entry;
	}
	return (struct peer_entry){.index = NO_INDEX};
}

/* A MAC that was learned is kept: whoever watches the neighbour table tells of changes only. */
static void complete_peer(struct peer_entry *entry, const struct config_peer *peer, bool self)
{
	entry->self = self;
	entry->mac_pinned = peer->mac_pinned;
	if (peer->mac_pinned || !entry->mac_known) {
		entry->mac_known = false;
		memcpy(entry->mac, peer->mac, sizeof(entry->mac));
	}
}

/* Return: @count when all are taken. */
static uint32_t find_free(const bool *taken, uint32_t count)
{
	uint32_t index = 0;

	while (index < count && taken[index])
		index++;
	return index;
}

/* The indices that the tables have, of nodes that stay and nodes that go; steering may still send
 * flows to the latter. */
static void find_in_use(const struct maps *maps, bool in_use[static MAX_PEERS])
{
	struct ip_address address, *previous = NULL, last;
	struct peer_entry entry;

	for (uint32_t index = 0; index < MAX_PEERS; index++)
		in_use[index] = maps_backend(maps, index)->usable;
	for (; maps_next_peer(maps, previous, &address) == 0; previous = &last) {
		if (maps_get_peer(maps, &address, &entry) == 0 && entry.index < MAX_PEERS)
			in_use[entry.index] = true;
		last = address;
	}
}

/* An index that a node has just left is the last choice. */
static int give_index(struct peer_entry *entry, bool taken[static MAX_PEERS],
		      bool in_use[static MAX_PEERS])
{
	entry->index = find_free(in_use, MAX_PEERS);
	if (entry->index == MAX_PEERS)
		entry->index = find_free(taken, MAX_PEERS);
	if (entry->index == MAX_PEERS)
		return log_failure(-ENOSPC, "more than %d nodes", MAX_PEERS);
	taken[entry->index] = in_use[entry->index] = true;
	return 0;
}

static int plan_peers(const struct members *members, struct members_plan *plan)
{
	const struct config *config = plan->config;
	bool taken[MAX_PEERS] = {}, in_use[MAX_PEERS];

	find_in_use(members->maps, in_use);
	for (size_t i = 0; i < config->peer_count; i++) {
		struct peer_entry *entry = &plan->peers[i];

		*entry = present_peer(members, &config->peers[i], taken);
		plan->new_peers[i] = entry->index == NO_INDEX;
		if (!plan->new_peers[i])
			taken[entry->index] = true;
		complete_peer(entry, &config->peers[i], i == config->self);
	}
	for (size_t i = 0; i < config->peer_count; i++) {
		int error = plan->new_peers[i] ? give_index(&plan->peers[i], taken, in_use) : 0;

		if (error)
			return error;
	}
	return 0;
}

static void remove_old_peers(struct maps *maps, const struct config *config)
{
	struct ip_address address, *previous = NULL, last;

	while (maps_next_peer(maps, previous, &address) == 0) {
		if (config_find_peer_at(config, &address) != CONFIG_NONE) {
			last = address;
			previous = &last;
		} else if (maps_delete_peer(maps, &address)) {
			return;
		}
	}
}

static void store_peer(struct maps *maps, const struct config_peer *peer,
		       const struct peer_entry *entry)
{
	for (size_t which = 0; which < CONFIG_PEER_ADDRESSES; which++) {
		const struct ip_address *address = config_peer_address(peer, which);
		int error = 0;

		if (!address_is_zero(address))
			error = maps_set_peer(maps, address, entry);
		if (error)
			log_failure(error, "cannot tell the dataplane of node %s", peer->name);
	}
}

static void store_peers(struct maps *maps, const struct members_plan *plan)
{
	remove_old_peers(maps, plan->config);
	for (size_t i = 0; i < plan->config->peer_count; i++) {
		if (plan->new_peers[i])
			maps_forget_peer(maps, plan->peers[i].index);
		store_peer(maps, &plan->config->peers[i], &plan->peers[i]);
	}
}

/* VIPs. */

static uint32_t vip_flags(const struct config *config, const struct config_instance *instance)
{
	return (config_accepts(config, instance) ? 0 : VIP_SERVICES_ONLY) |
	       (instance->accept_as_backup ? 0 : VIP_ACTIVE_ONLY);
}

static int plan_vips(const struct members *members, struct members_plan *plan)
{
	bool taken[MAX_VIPS] = {};

	plan->vips = calloc(config_vip_count(plan->config) + 1, sizeof(*plan->vips));
	if (!plan->vips)
		return log_failure(-ENOMEM, "cannot tell the dataplane of the VIPs");
	CONFIG_FOR_EACH_VIP (plan->config, vip) {
		struct planned_vip *planned = &plan->vips[plan->vip_count++];

		planned->address = *vip.address;
		planned->is_new = maps_get_vip(members->maps, vip.address, &planned->entry) ||
				  planned->entry.index >= MAX_VIPS || taken[planned->entry.index];
		if (!planned->is_new)
			taken[planned->entry.index] = true;
		planned->entry.vrid = vip.instance->vrid;
		planned->entry.flags = vip_flags(plan->config, vip.instance);
		plan->vip_flags |= planned->entry.flags;
	}
	for (size_t i = 0; i < plan->vip_count; i++) {
		struct vip_entry *entry = &plan->vips[i].entry;

		if (plan->vips[i].is_new)
			entry->index = find_free(taken, MAX_VIPS);
		if (entry->index == MAX_VIPS)
			return log_failure(-ENOSPC, "more than %d VIPs", MAX_VIPS);
		taken[entry->index] = true;
	}
	return 0;
}

static void remove_old_vips(struct maps *maps, const struct config *config)
{
	struct ip_address address, *previous = NULL, last;

	while (maps_next_vip(maps, previous, &address) == 0) {
		if (config_is_vip(config, &address)) {
			last = address;
			previous = &last;
		} else if (maps_delete_vip(maps, &address)) {
			return;
		}
	}
}

static void store_vips(struct maps *maps, const struct members_plan *plan)
{
	remove_old_vips(maps, plan->config);
	for (size_t i = 0; i < plan->vip_count; i++) {
		const struct planned_vip *vip = &plan->vips[i];
		char text[ADDRESS_TEXT_MAX];
		int error;

		if (vip->is_new)
			maps_forget_sighting(maps, vip->entry.index);
		error = maps_set_vip(maps, &vip->address, &vip->entry);
		if (error)
			log_failure(error, "cannot tell the dataplane of VIP %s",
				    address_format(&vip->address, text));
	}
	maps_set_vip_flags(maps, plan->vip_flags);
}

/* The whole. */

static void plan_freep(struct members_plan **plan)
{
	members_abort(NULL, *plan);
}

int members_prepare(struct members *members, const struct config *next, struct members_plan **plan)
{
	CLEANUP(plan_freep) struct members_plan *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot tell the dataplane of nodes and VIPs");
	new->config = config_ref(next);
	error = plan_peers(members, new);
	if (error)
		return error;
	error = plan_vips(members, new);
	if (error)
		return error;
	*plan = TAKE_POINTER(new);
	return 0;
}

void members_commit(struct members *members, struct members_plan *plan)
{
	const struct config *config = plan->config;
	struct maps *maps = members->maps;

	if (!members->config)
		end_old_instances(maps, config);
	maps_set_vlan(maps, config->vlan);
	maps_set_gateway(maps, FAMILY_IPV4, &config->gateway4);
	maps_set_gateway(maps, FAMILY_IPV6, &config->gateway6);
	maps_set_virtual_mac(maps, config->vrrp.virtual_mac);
	store_peers(maps, plan);
	store_vips(maps, plan);
	config_unref(members->config);
	members->config = config_ref(config);
	members_abort(members, plan);
}

void members_abort(struct members *members, struct members_plan *plan)
{
	(void)members;
	if (!plan)
		return;
	config_unref(plan->config);
	free(plan->vips);
	free(plan);
}

/* What is learned. */

void members_set_peer_mac(struct members *members, const char *name, const uint8_t *mac)
{
	static const bool none_taken[MAX_PEERS];
	size_t peer = config_find_peer(members->config, name);
	struct peer_entry entry;

	if (peer == CONFIG_NONE || members->config->peers[peer].mac_pinned)
		return;
	entry = present_peer(members, &members->config->peers[peer], none_taken);
	if (entry.index == NO_INDEX)
		return;
	entry.mac_known = mac != NULL;
	memset(entry.mac, 0, sizeof(entry.mac));
	if (mac)
		memcpy(entry.mac, mac, sizeof(entry.mac));
	store_peer(members->maps, &members->config->peers[peer], &entry);
}

/* The gateway's frames are the world's; a peer's have been steered already. */
void members_set_gateway_mac(struct members *members, const struct ip_address *address,
			     const uint8_t *mac)
{
	if (address_equal(address, &members->config->gateway4))
		maps_set_gateway_mac(members->maps, FAMILY_IPV4, mac);
	else if (address_equal(address, &members->config->gateway6))
		maps_set_gateway_mac(members->maps, FAMILY_IPV6, mac);
}
