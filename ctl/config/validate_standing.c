// SPDX-License-Identifier: GPL-2.0-only
/* The standing that nodes tell each other: has it a VRID of its own, and can every node hear it? */
#include "ctl/base/address.h"
#include "ctl/config/document.h"
#include "ctl/config/lookup.h"
#include "ctl/config/validate.h"

static bool is_given(const struct validation *validation, const char *key)
{
	return document_node(validation->document, key_path("%s", key));
}

static void check_names(const struct validation *validation)
{
	const struct config_vrrp *vrrp = &validation->config->vrrp;

	if (vrrp->quorum.vrid != vrrp->standing_vrid)
		validation_refuse(validation, key_path("vrrp.quorum.vrid"),
				  "is another name of vrrp.standing_vrid, and not the same number");
}

/* Where the operator chose the number, or could choose another one. */
static struct key_path vrid_path(const struct validation *validation, size_t instance)
{
	if (is_given(validation, "vrrp.standing_vrid"))
		return key_path("vrrp.standing_vrid");
	if (is_given(validation, "vrrp.quorum.vrid"))
		return key_path("vrrp.quorum.vrid");
	if (is_given(validation, "vrrp.quorum"))
		return key_path("vrrp.quorum");
	return key_path("instances[%zu].vrid", instance);
}

static void check_vrid(const struct validation *validation)
{
	const struct config *config = validation->config;

	for (size_t i = 0; i < config->instance_count; i++)
		if (config->instances[i].vrid == config->vrrp.standing_vrid)
			validation_refuse(
				validation, vrid_path(validation, i),
				"VRID %u is that of instance %s; give the nodes' standing "
				"one of its own, the same on all of them: "
				"vrrp: {standing_vrid: NUMBER}",
				config->vrrp.standing_vrid, config->instances[i].name);
}

/* Others have said what is wrong with such an address. */
static bool has_no_address(const struct config *config)
{
	for (size_t i = 0; i < config->peer_count; i++)
		if (address_is_zero(&config->peers[i].address) &&
		    address_is_zero(&config->peers[i].address6))
			return true;
	return false;
}

/* Those who are elected over IPv6 are told of it with the instance. */
static bool is_elected6(const struct config *config, size_t peer)
{
	for (size_t i = 0; i < config->instance_count; i++)
		if (config->instances[i].priority[peer] &&
		    config_election_family(&config->instances[i]) == FAMILY_IPV6)
			return true;
	return false;
}

/* It goes over one family. */
static void check_addresses(const struct validation *validation)
{
	const struct config *config = validation->config;
	int family = config_standing_family(config);
	bool needs_link_local = family == FAMILY_IPV6 && config->vrrp.mode == VRRP_MULTICAST;
	const char *key = is_given(validation, "vrrp.quorum") ? "vrrp.quorum" : "peers";

	if (has_no_address(config))
		return;
	for (size_t i = 0; i < config->peer_count; i++) {
		const struct config_peer *peer = &config->peers[i];

		if (!peer->vipd)
			continue;
		if (family == FAMILY_IPV6 && address_is_zero(&peer->address6))
			validation_refuse(validation, key_path("%s", key),
					  "%s has no address6, but another peer has no address, "
					  "and every node has to hear every other",
					  peer->name);
		if (needs_link_local && address_is_zero(&peer->link_local6) &&
		    !is_elected6(config, i))
			validation_refuse(validation, key_path("%s", key),
					  "%s has no link_local6, which multicast over IPv6 is "
					  "sent from",
					  peer->name);
	}
}

/* What this node is good for is said by vipd. */
static void check_self(const struct validation *validation)
{
	const struct config *config = validation->config;

	if (config->peer_count && !config->peers[config->self].vipd)
		validation_refuse(validation, key_path("peers[%zu].vipd", config->self),
				  "is false, but this node is %s, and runs vipd",
				  config->peers[config->self].name);
}

/* Whoever runs another implementation does not say whether it takes a VIP. */
static void check_backends(const struct validation *validation)
{
	const struct config *config = validation->config;

	for (size_t i = 0; i < config->service_count; i++)
		for (size_t b = 0; b < config->services[i].backend_count; b++) {
			size_t peer = config->services[i].backends[b].peer;

			if (peer < config->peer_count && !config->peers[peer].vipd)
				validation_refuse(validation, key_path("services[%zu].backends", i),
						  "%s does not run vipd (peers[%zu].vipd is "
						  "false), so it cannot be sent connections; list "
						  "the nodes that do",
						  config->peers[peer].name, peer);
		}
}

static bool is_backend(const struct config *config, size_t peer)
{
	for (size_t i = 0; i < config->service_count; i++)
		for (size_t b = 0; b < config->services[i].backend_count; b++)
			if (config->services[i].backends[b].peer == peer)
				return true;
	return false;
}

/* Of a backend it is not true, and is refused already. */
static void note_others(const struct validation *validation)
{
	const struct config *config = validation->config;

	for (size_t i = 0; i < config->peer_count; i++)
		if (!config->peers[i].vipd && i != config->self && !is_backend(config, i))
			validation_note(
				validation, key_path("peers[%zu].vipd", i),
				"%s takes part in elections only: it gets no connections "
				"of services, but has to serve them while it owns their VIPs",
				config->peers[i].name);
}

void validate_standing(const struct validation *validation)
{
	check_names(validation);
	check_vrid(validation);
	check_addresses(validation);
	check_self(validation);
	check_backends(validation);
	note_others(validation);
}
