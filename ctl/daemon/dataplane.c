// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/daemon/dataplane.h"

#include <errno.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"

#define NO_INDEX UINT32_MAX

static void apply_settings(struct maps *maps, const struct config *config,
			   const struct net_link *link)
{
	maps_set_mac(maps, link->mac);
	maps_set_vlan(maps, config->vlan);
	maps_set_gateway(maps, FAMILY_IPV4, &config->gateway4);
	maps_set_gateway(maps, FAMILY_IPV6, &config->gateway6);
	maps_set_virtual_mac(maps, config->vrrp.virtual_mac);
}

/* Peers: one index a node, whatever number of addresses it has. */

/* What is known of a node so far, under any of its addresses. */
static struct peer_entry present_peer(const struct maps *maps, const struct config_peer *peer)
{
	struct peer_entry entry;

	for (size_t which = 0; which < CONFIG_PEER_ADDRESSES; which++)
		if (maps_get_peer(maps, config_peer_address(peer, which), &entry) == 0)
			return entry;
	return (struct peer_entry){.index = NO_INDEX};
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

static uint32_t free_peer_index(struct maps *maps, const struct config *config)
{
	bool used[MAX_PEERS] = {};

	for (size_t i = 0; i < config->peer_count; i++) {
		uint32_t index = present_peer(maps, &config->peers[i]).index;

		if (index < MAX_PEERS)
			used[index] = true;
	}
	for (uint32_t index = 0; index < MAX_PEERS; index++)
		if (!used[index])
			return index;
	return NO_INDEX;
}

static int set_peer(struct maps *maps, const struct config_peer *peer,
		    const struct peer_entry *entry)
{
	int error = 0;

	for (size_t which = 0; which < CONFIG_PEER_ADDRESSES && !error; which++) {
		const struct ip_address *address = config_peer_address(peer, which);

		if (!address_is_zero(address))
			error = maps_set_peer(maps, address, entry);
	}
	return error;
}

/* A MAC that was learned is kept: whoever watches the neighbour table tells of changes only. */
static int apply_peer(struct maps *maps, const struct config *config,
		      const struct config_peer *peer)
{
	struct peer_entry entry = present_peer(maps, peer);

	entry.self = peer == config_self(config);
	entry.mac_pinned = peer->mac_pinned;
	if (peer->mac_pinned || !entry.mac_known) {
		entry.mac_known = false;
		memcpy(entry.mac, peer->mac, sizeof(entry.mac));
	}
	if (entry.index == NO_INDEX) {
		entry.index = free_peer_index(maps, config);
		maps_forget_peer(maps, entry.index);
	}
	return set_peer(maps, peer, &entry);
}

void dataplane_set_peer_mac(struct maps *maps, const struct config_peer *peer, const uint8_t *mac)
{
	struct peer_entry entry = present_peer(maps, peer);
	int error;

	if (entry.index == NO_INDEX || peer->mac_pinned)
		return;
	entry.mac_known = mac != NULL;
	memset(entry.mac, 0, sizeof(entry.mac));
	if (mac)
		memcpy(entry.mac, mac, sizeof(entry.mac));
	error = set_peer(maps, peer, &entry);
	if (error)
		log_failure(error, "cannot tell the dataplane of the MAC of %s", peer->name);
}

/* VIPs. */

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

static void find_used_indices(const struct maps *maps, bool used[static MAX_VIPS])
{
	struct ip_address address, *previous = NULL, last;
	struct vip_entry entry;

	memset(used, 0, MAX_VIPS * sizeof(used[0]));
	while (maps_next_vip(maps, previous, &address) == 0) {
		if (maps_get_vip(maps, &address, &entry) == 0 && entry.index < MAX_VIPS)
			used[entry.index] = true;
		last = address;
		previous = &last;
	}
}

static uint32_t vip_flags(const struct config *config, const struct config_instance *instance)
{
	return (config_accepts(config, instance) ? 0 : VIP_SERVICES_ONLY) |
	       (instance->accept_as_backup ? 0 : VIP_ACTIVE_ONLY);
}

static int apply_vip(struct maps *maps, const struct ip_address *vip, uint8_t vrid, uint32_t flags,
		     bool used[static MAX_VIPS])
{
	struct vip_entry entry = {};

	if (maps_get_vip(maps, vip, &entry) || entry.index >= MAX_VIPS) {
		entry.index = 0;
		while (entry.index < MAX_VIPS - 1 && used[entry.index])
			entry.index++;
		used[entry.index] = true;
		maps_forget_sighting(maps, entry.index);
	}
	entry.vrid = vrid;
	entry.flags = flags;
	return maps_set_vip(maps, vip, &entry);
}

static int apply_vips(struct maps *maps, const struct config *config)
{
	bool used[MAX_VIPS];
	uint32_t all_flags = 0;
	int error = 0;

	remove_old_vips(maps, config);
	find_used_indices(maps, used);
	CONFIG_FOR_EACH_VIP (config, vip) {
		uint32_t flags = vip_flags(config, vip.instance);

		all_flags |= flags;
		error = apply_vip(maps, vip.address, vip.instance->vrid, flags, used);
		if (error)
			break;
	}
	maps_set_vip_flags(maps, all_flags);
	return error;
}

/* An instance that is no longer ours must not go on owning until its lease runs out. */
void dataplane_end_old_instances(struct maps *maps, const struct config *config)
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

int dataplane_apply(struct maps *maps, const struct config *config, const struct net_link *link)
{
	int error = 0;

	apply_settings(maps, config, link);
	remove_old_peers(maps, config);
	for (size_t i = 0; i < config->peer_count && !error; i++)
		error = apply_peer(maps, config, &config->peers[i]);
	if (error)
		return log_failure(error, "cannot tell the dataplane of the peers");
	error = apply_vips(maps, config);
	if (error)
		return log_failure(error, "cannot tell the dataplane of the VIPs");
	return 0;
}
