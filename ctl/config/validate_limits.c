// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is there room for all of it in the dataplane's tables, and in the messages of the protocol? The
 * format limits each list of the file. Checked here are sums over several lists, and lists of
 * services that do not come from the file.
 */
#include "ctl/base/address.h"
#include "ctl/config/lookup.h"
#include "ctl/config/validate.h"
#include "maps/pools.h"
#include "maps/services.h"

/* Each service may have a pool of its own. */
_Static_assert(CONFIG_SERVICES_MAX <= MAX_SERVICES, "vipd_services has a number for each service");
_Static_assert(CONFIG_SERVICES_MAX <= MAX_POOLS, "vipd_pools has a pool for each service");

/* The count in an advertisement is one byte, and all of them fit one of 1400 bytes over IPv4. */
#define ADVERT_IPV4_MAX 255

/* An advertisement over IPv6 has the MTU of the provider less the IP header, the VRRP header and,
 * when signed, the trailer (draft-cassen-vrrp-auth-hmac section 4). */
#define ADVERT_MTU     1400
#define ADVERT_HEADERS (40 + 8)
#define ADVERT_TRAILER 28
#define ADVERT_ADDRESS 16

static void check_vips(const struct validation *validation)
{
	size_t count = config_vip_count(validation->config);

	if (count > MAX_VIPS)
		validation_refuse(validation, key_path("instances"),
				  "%zu VIPs, expected %d at most", count, MAX_VIPS);
}

static size_t advert_max(const struct config *config, int family)
{
	size_t trailer = config->vrrp.authentication.active_key ? ADVERT_TRAILER : 0;

	if (family == FAMILY_IPV4)
		return ADVERT_IPV4_MAX;
	return (ADVERT_MTU - ADVERT_HEADERS - trailer) / ADVERT_ADDRESS;
}

/* An advertisement has only the addresses of the family that carries the election. */
static void check_advert(const struct validation *validation, size_t i)
{
	const struct config *config = validation->config;
	const struct config_instance *instance = &config->instances[i];
	int family = config_election_family(instance);
	size_t max = advert_max(config, family), count = 0;

	for (size_t vip = 0; vip < instance->vip_count; vip++)
		count += address_family(&instance->vips[vip]) == family;
	if (count > max)
		validation_refuse(validation, key_path("instances[%zu].vips", i),
				  "%zu IPv%d addresses do not fit %s, expected %zu at most", count,
				  family,
				  config->vrrp.authentication.active_key ? "a signed advertisement"
									 : "an advertisement",
				  max);
}

static size_t count_vips(const struct config *config, const struct config_service *service)
{
	size_t count = 0;

	CONFIG_FOR_EACH_VIP (config, vip)
		count += config_service_has_vip(service, vip.address);
	return count;
}

/* The dataplane looks a packet up by its VIP and its port. */
static void check_pairs(const struct validation *validation)
{
	const struct config *config = validation->config;
	size_t pairs = 0, largest = 0, most = 0;

	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];
		size_t own = count_vips(config, service) * service->port_count;

		pairs += own;
		if (own > most) {
			most = own;
			largest = i;
		}
	}
	if (pairs > SERVICE_KEYS)
		validation_refuse(
			validation, key_path("services"),
			"%zu pairs of a VIP and a port, expected %d at most; %s has %zu of "
			"them, give it fewer vips or ports",
			pairs, SERVICE_KEYS, config->services[largest].name, most);
}

static void check_list(const struct validation *validation, struct key_path path, size_t count,
		       size_t max, const char *what)
{
	if (count > max)
		validation_refuse(validation, path, "%zu %s, expected %zu at most", count, what,
				  max);
}

/* The format of the file has the same limits. */
static void check_services(const struct validation *validation)
{
	const struct config *config = validation->config;

	check_list(validation, key_path("services"), config->service_count, CONFIG_SERVICES_MAX,
		   "services");
	for (size_t i = 0; i < config->service_count; i++)
		check_list(validation, key_path("services[%zu].backends", i),
			   config->services[i].backend_count, MAX_PEERS, "backends");
}

void validate_service_limits(const struct validation *validation)
{
	check_services(validation);
	check_pairs(validation);
}

void validate_limits(const struct validation *validation)
{
	check_vips(validation);
	for (size_t i = 0; i < validation->config->instance_count; i++)
		check_advert(validation, i);
}
