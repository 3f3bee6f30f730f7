// SPDX-License-Identifier: GPL-2.0-only
/* The quorum: can there be a majority without everybody, and can every node be heard? */
#include "ctl/base/address.h"
#include "ctl/config/document.h"
#include "ctl/config/lookup.h"
#include "ctl/config/validate.h"

#define NODES_MIN 3

static void check_vrid(const struct validation *validation)
{
	const struct config *config = validation->config;
	struct key_path path = key_path("vrrp.quorum.vrid");
	char text[sizeof("255")];

	if (!document_node(validation->document, path))
		path = key_path("vrrp.quorum");
	snprintf(text, sizeof(text), "%u", config->vrrp.quorum.vrid);
	for (size_t i = 0; i < config->instance_count; i++)
		if (config->instances[i].vrid == config->vrrp.quorum.vrid)
			validation_refuse(validation, path,
					  "VRID %s is that of instance %s; give keepalives one of "
					  "their own: {policy: majority, vrid: NUMBER}",
					  text, config->instances[i].name);
}

static void check_node_count(const struct validation *validation)
{
	size_t count = validation->config->peer_count;

	if (count && count < NODES_MIN)
		validation_refuse(validation, key_path("vrrp.quorum"),
				  "of %zu peers a majority is all of them, so that whoever is left "
				  "gives up when another one dies; expected at least %d peers",
				  count, NODES_MIN);
}

/* Keepalives go over one family. */
static void check_addresses(const struct validation *validation)
{
	const struct config *config = validation->config;
	int family = config_quorum_family(config);
	bool needs_link_local = family == FAMILY_IPV6 && config->vrrp.mode == VRRP_MULTICAST;

	for (size_t i = 0; i < config->peer_count; i++) {
		const struct config_peer *peer = &config->peers[i];

		if (family == FAMILY_IPV6 && address_is_zero(&peer->address6))
			validation_refuse(validation, key_path("vrrp.quorum"),
					  "%s has no address6, but another peer has no address, "
					  "and every node has to hear every other",
					  peer->name);
		if (needs_link_local && address_is_zero(&peer->link_local6))
			validation_refuse(validation, key_path("vrrp.quorum"),
					  "%s has no link_local6, which multicast over IPv6 is "
					  "sent from",
					  peer->name);
	}
}

void validate_quorum(const struct validation *validation)
{
	if (validation->config->vrrp.quorum.policy == QUORUM_NONE)
		return;
	check_vrid(validation);
	check_node_count(validation);
	check_addresses(validation);
}
