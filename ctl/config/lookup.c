// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/lookup.h"

#include <string.h>

#include "ctl/base/address.h"

/* By name, by VRID. */

size_t config_find_peer(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->peer_count; i++)
		if (strcmp(config->peers[i].name, name) == 0)
			return i;
	return CONFIG_NONE;
}

size_t config_find_instance(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->instance_count; i++)
		if (strcmp(config->instances[i].name, name) == 0)
			return i;
	return CONFIG_NONE;
}

size_t config_find_service(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return i;
	return CONFIG_NONE;
}

size_t config_find_tracker(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->tracker_count; i++)
		if (strcmp(config->trackers[i].name, name) == 0)
			return i;
	return CONFIG_NONE;
}

size_t config_find_vrid(const struct config *config, uint8_t vrid)
{
	for (size_t i = 0; i < config->instance_count; i++)
		if (config->instances[i].vrid == vrid)
			return i;
	return CONFIG_NONE;
}

/* Nodes and their addresses. */

const struct config_peer *config_self(const struct config *config)
{
	return &config->peers[config->self];
}

const struct ip_address *config_peer_address(const struct config_peer *peer, size_t which)
{
	const struct ip_address *const addresses[CONFIG_PEER_ADDRESSES] = {
		&peer->address, &peer->address6, &peer->link_local6};

	return addresses[which];
}

bool config_peer_has(const struct config_peer *peer, const struct ip_address *address)
{
	if (address_is_zero(address))
		return false;
	for (size_t which = 0; which < CONFIG_PEER_ADDRESSES; which++)
		if (address_equal(config_peer_address(peer, which), address))
			return true;
	return false;
}

size_t config_find_peer_at(const struct config *config, const struct ip_address *address)
{
	for (size_t i = 0; i < config->peer_count; i++)
		if (config_peer_has(&config->peers[i], address))
			return i;
	return CONFIG_NONE;
}

/* VIPs. */

bool config_next_vip(const struct config *config, struct config_vip *vip)
{
	size_t instance = vip->instance_index, index = vip->instance ? vip->index + 1 : 0;

	while (instance < config->instance_count &&
	       index >= config->instances[instance].vip_count) {
		instance++;
		index = 0;
	}
	if (instance >= config->instance_count)
		return false;
	*vip = (struct config_vip){
		.instance = &config->instances[instance],
		.address = &config->instances[instance].vips[index],
		.instance_index = instance,
		.index = index,
	};
	return true;
}

size_t config_vip_count(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->instance_count; i++)
		count += config->instances[i].vip_count;
	return count;
}

bool config_find_vip(const struct config *config, const struct ip_address *address,
		     struct config_vip *vip)
{
	CONFIG_FOR_EACH_VIP (config, each) {
		if (address_equal(each.address, address)) {
			*vip = each;
			return true;
		}
	}
	return false;
}

bool config_is_vip(const struct config *config, const struct ip_address *address)
{
	struct config_vip vip;

	return config_find_vip(config, address, &vip);
}

/* Services. */

bool config_service_has_vip(const struct config_service *service, const struct ip_address *vip)
{
	for (size_t i = 0; i < service->vip_count; i++)
		if (address_equal(&service->vips[i], vip))
			return true;
	return service->all_vips;
}

bool config_serves(const struct config_service *service, const struct config_instance *instance)
{
	for (size_t i = 0; i < instance->vip_count; i++)
		if (config_service_has_vip(service, &instance->vips[i]))
			return true;
	return false;
}

/* Elections. */

const struct config_sync_group *config_sync_group(const struct config *config,
						  const struct config_instance *instance)
{
	return instance->sync_group ? &config->sync_groups[instance->sync_group - 1] : NULL;
}

int config_election_family(const struct config_instance *instance)
{
	for (size_t i = 0; i < instance->vip_count; i++)
		if (address_family(&instance->vips[i]) == FAMILY_IPV4)
			return FAMILY_IPV4;
	return FAMILY_IPV6;
}

int config_standing_family(const struct config *config)
{
	for (size_t i = 0; i < config->peer_count; i++)
		if (address_is_zero(&config->peers[i].address))
			return FAMILY_IPV6;
	return FAMILY_IPV4;
}

bool config_takes_part(const struct config *config, const struct config_instance *instance)
{
	return instance->priority[config->self] != 0;
}

bool config_accepts(const struct config *config, const struct config_instance *instance)
{
	return instance->accept || instance->priority[config->self] == OWNER_PRIORITY;
}
