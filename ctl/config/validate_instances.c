// SPDX-License-Identifier: GPL-2.0-only
/* VRRP instances: can each be elected, by whom, and does what it moves fit an advertisement? */
#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/config/lookup.h"
#include "ctl/config/validate.h"

/* The count in an advertisement is one byte; IPv6 addresses have to fit into an MTU of 1400. */
#define ADVERT_IPV4_MAX 255
#define ADVERT_IPV6_MAX 84

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

/* RFC 3768: whole seconds, and no IPv6. */
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

static void check_advert_size(const struct validation *validation, size_t i, int family)
{
	const struct config_instance *instance = &validation->config->instances[i];
	size_t max = family == FAMILY_IPV4 ? ADVERT_IPV4_MAX : ADVERT_IPV6_MAX;
	size_t count = 0;

	for (size_t vip = 0; vip < instance->vip_count; vip++)
		count += address_family(&instance->vips[vip]) == family;
	if (count > max)
		validation_refuse(
			validation, key_path("instances[%zu].vips", i),
			"%zu IPv%d addresses do not fit an advertisement, expected %zu at most",
			count, family, max);
}

/* Whoever takes part needs an address to send from. */
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
		validate_simple_text(validation, i);
		if (instance->version == 2)
			check_version_2(validation, i);
		if (!vips_are_known(instance))
			continue;
		check_advert_size(validation, i, family);
		check_participants(validation, i, family);
	}
}
