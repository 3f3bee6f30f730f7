// SPDX-License-Identifier: GPL-2.0-only
/* VRRP instances: can each be elected, and by whom? */
#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/config/lookup.h"
#include "ctl/config/validate.h"

static void check_vrids(const struct validation *validation)
{
	const struct config *config = validation->config;
	size_t first_with[MAX_INSTANCES] = {}; /* the instance's index + 1, by VRID */

	for (size_t i = 0; i < config->instance_count; i++) {
		uint8_t vrid = config->instances[i].vrid;
		char text[sizeof("255")];

		if (!vrid)
			continue;
		if (!first_with[vrid]) {
			first_with[vrid] = i + 1;
			continue;
		}
		snprintf(text, sizeof(text), "%u", vrid);
		validation_refuse_reuse(validation, key_path("instances[%zu].vrid", i), text,
					key_path("instances[%zu].vrid", first_with[vrid] - 1));
	}
}

static void check_preempt_delay(const struct validation *validation, size_t i)
{
	const struct config_instance *instance = &validation->config->instances[i];

	if (!instance->preempt && instance->preempt_delay)
		validation_refuse(validation, key_path("instances[%zu].preempt_delay", i),
				  "can never act, because preempt is false");
}

/* RFC 9568 section 6.1: the address owner always preempts, whatever Preempt_Mode is. */
static void note_preempt(const struct validation *validation, size_t i)
{
	const struct config *config = validation->config;
	const struct config_instance *instance = &config->instances[i];

	for (size_t p = 0; p < config->peer_count && !instance->preempt; p++)
		if (instance->priority[p] == OWNER_PRIORITY)
			validation_note(validation, key_path("instances[%zu].preempt", i),
					"%s has priority 255, with which it preempts all the same",
					config->peers[p].name);
}

/* One pair is enough: the operator will look at all that are equal. */
static void note_equal_priorities(const struct validation *validation, size_t i)
{
	const struct config *config = validation->config;
	const struct config_instance *instance = &config->instances[i];
	size_t first_with[OWNER_PRIORITY + 1] = {}; /* the peer's index + 1, by priority */

	for (size_t p = 0; p < config->peer_count; p++) {
		uint8_t priority = instance->priority[p];

		if (priority && first_with[priority]) {
			validation_note(
				validation,
				key_path("instances[%zu].priority.%s", i, config->peers[p].name),
				"%u is also that of %s; of equal ones the higher address "
				"wins",
				priority, config->peers[first_with[priority] - 1].name);
			return;
		}
		first_with[priority] = p + 1;
	}
}

/* RFC 3768 has whole seconds and no IPv6. */
static void check_version_2(const struct validation *validation, size_t i)
{
	const struct config *config = validation->config;
	const struct config_instance *instance = &config->instances[i];

	if (config->vrrp.advert_interval % NS_PER_S)
		validation_refuse(validation, key_path("vrrp.advert_interval"),
				  "%s speaks VRRPv2, which knows whole seconds only",
				  instance->name);
	for (size_t vip = 0; vip < instance->vip_count; vip++)
		if (!address_is_zero(&instance->vips[vip]) &&
		    address_family(&instance->vips[vip]) == FAMILY_IPV6)
			validation_refuse(validation, key_path("instances[%zu].vips[%zu]", i, vip),
					  "an IPv6 address, but VRRPv2 is for IPv4 only; give it "
					  "to an instance of version 3");
}

static bool vips_are_known(const struct config_instance *instance)
{
	for (size_t i = 0; i < instance->vip_count; i++)
		if (address_is_zero(&instance->vips[i]))
			return false;
	return instance->vip_count > 0;
}

/* A node that takes part needs an address to send from. */
static void check_participants(const struct validation *validation, size_t i, int family)
{
	const struct config *config = validation->config;
	const struct config_instance *instance = &config->instances[i];
	bool needs_link_local = family == FAMILY_IPV6 && config->vrrp.mode == VRRP_MULTICAST;

	for (size_t p = 0; p < config->peer_count; p++) {
		const struct config_peer *peer = &config->peers[p];
		struct key_path path = key_path("instances[%zu].priority.%s", i, peer->name);
		bool has_address =
			!address_is_zero(family == FAMILY_IPV4 ? &peer->address : &peer->address6);

		if (!instance->priority[p])
			continue;
		if (!has_address)
			validation_refuse(
				validation, path,
				"%s has no %s, but the election of this instance is over IPv%d",
				peer->name, family == FAMILY_IPV4 ? "address" : "address6", family);
		if (needs_link_local && address_is_zero(&peer->link_local6))
			validation_refuse(
				validation, path,
				"%s has no link_local6, which multicast over IPv6 is sent from",
				peer->name);
	}
}

void validate_instances(const struct validation *validation)
{
	check_vrids(validation);
	for (size_t i = 0; i < validation->config->instance_count; i++) {
		const struct config_instance *instance = &validation->config->instances[i];
		int family = config_election_family(instance);

		check_preempt_delay(validation, i);
		note_preempt(validation, i);
		note_equal_priorities(validation, i);
		validate_simple_text(validation, i);
		if (instance->version == 2)
			check_version_2(validation, i);
		if (!vips_are_known(instance))
			continue;
		check_participants(validation, i, family);
	}
}
