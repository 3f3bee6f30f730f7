/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Look-ups in a configuration by name, address or VRID, and what follows from them for this node.
 * Indices are positions in the configuration's own arrays, and mean nothing in another
 * configuration: across a reload, things are found again by their names.
 */
#ifndef VIPD_CONFIG_LOOKUP_H
#define VIPD_CONFIG_LOOKUP_H

#include "ctl/config/config.h"

/**
 * config_find_peer() and so on - something by its name
 *
 * Return: its index into config->peers (instances, services, trackers); CONFIG_NONE if there is
 * none of that name.
 */
size_t config_find_peer(const struct config *config, const char *name);
size_t config_find_instance(const struct config *config, const char *name);
size_t config_find_service(const struct config *config, const char *name);
size_t config_find_tracker(const struct config *config, const char *name);

/** config_find_vrid() - index into config->instances, or CONFIG_NONE. */
size_t config_find_vrid(const struct config *config, uint8_t vrid);

/** config_self() - this node's entry in peers. */
const struct config_peer *config_self(const struct config *config);

/* The addresses of a node: address, address6 and link_local6. */
#define CONFIG_PEER_ADDRESSES 3

/** config_peer_address() - one of a node's addresses. @which: below CONFIG_PEER_ADDRESSES. */
const struct ip_address *config_peer_address(const struct config_peer *peer, size_t which);

/** config_peer_has() - whether an address, other than zero, is one of the node's. */
bool config_peer_has(const struct config_peer *peer, const struct ip_address *address);

/**
 * config_find_peer_at() - the node that has an address, link-local ones included
 *
 * Return: its index into config->peers, or CONFIG_NONE.
 */
size_t config_find_peer_at(const struct config *config, const struct ip_address *address);

/* A VIP, and the instance that moves it. */
struct config_vip {
	const struct config_instance *instance;
	const struct ip_address *address;
	size_t instance_index, index; /* of the instance, and of the VIP in it */
};

/**
 * config_next_vip() - the next VIP of all instances, in the order of the file
 * @vip: all zero before the first one.
 *
 * Return: whether there is one.
 */
bool config_next_vip(const struct config *config, struct config_vip *vip);

/* A loop over the VIPs of all instances; @vip is a struct config_vip in its scope. */
#define CONFIG_FOR_EACH_VIP(config, vip)                                                           \
	for (struct config_vip vip = {}; config_next_vip(config, &(vip));)

/** config_vip_count() - how many VIPs all instances have. */
size_t config_vip_count(const struct config *config);

/** config_find_vip() - fill in which VIP an address is. Return: whether it is one. */
bool config_find_vip(const struct config *config, const struct ip_address *address,
		     struct config_vip *vip);

/** config_is_vip() - whether an address is a VIP of some instance. */
bool config_is_vip(const struct config *config, const struct ip_address *address);

/** config_service_has_vip() - whether a service listens on a VIP. */
bool config_service_has_vip(const struct config_service *service, const struct ip_address *vip);

/** config_serves() - whether a service listens on one of an instance's VIPs. */
bool config_serves(const struct config_service *service, const struct config_instance *instance);

/** config_sync_group() - the one that an instance is in; NULL: none. */
const struct config_sync_group *config_sync_group(const struct config *config,
						  const struct config_instance *instance);

/**
 * config_election_family() - which family carries an instance's election
 *
 * IPv4 when the instance has an IPv4 VIP, for the VIPs of the other family just move along.
 *
 * Return: FAMILY_IPV4 or FAMILY_IPV6.
 */
int config_election_family(const struct config_instance *instance);

/**
 * config_standing_family() - which family carries the standing of the nodes
 *
 * Return: FAMILY_IPV4 when every peer has an address of it, else FAMILY_IPV6.
 */
int config_standing_family(const struct config *config);

/** config_takes_part() - whether this node may own an instance. */
bool config_takes_part(const struct config *config, const struct config_instance *instance);

/**
 * config_accepts() - Accept_Mode of RFC 9568 section 6.1, on this node
 *
 * Return: instance->accept; always true for the address owner, whose priority is 255.
 */
bool config_accepts(const struct config *config, const struct config_instance *instance);

/** config_mode_name() - as the file has it; "off" without keys. */
const char *config_mode_name(enum authentication_mode mode);

#endif
