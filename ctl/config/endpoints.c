// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/endpoints.h"

#include <string.h>

#include "ctl/base/address.h"
#include "ctl/config/lookup.h"

/* Address families as a set. */
enum families {
	IPV4 = 1U << 0,
	IPV6 = 1U << 1,
};

/* The addresses that a backend could be asked at. NULL: none of that family. */
struct places {
	const struct ip_address *ipv4, *ipv6;
	bool vips;
};

const struct ip_address *config_first_vip(const struct config *config,
					  const struct config_service *service, int family)
{
	for (size_t i = 0; i < service->vip_count; i++)
		if (address_family(&service->vips[i]) == family)
			return &service->vips[i];
	if (!service->all_vips)
		return NULL;
	CONFIG_FOR_EACH_VIP (config, vip)
		if (address_family(vip.address) == family)
			return vip.address;
	return NULL;
}

static struct places vips_of(const struct config *config, const struct config_service *service)
{
	return (struct places){
		.ipv4 = config_first_vip(config, service, FAMILY_IPV4),
		.ipv6 = config_first_vip(config, service, FAMILY_IPV6),
		.vips = true,
	};
}

static struct places addresses_of(const struct config_peer *peer)
{
	return (struct places){
		.ipv4 = address_is_zero(&peer->address) ? NULL : &peer->address,
		.ipv6 = address_is_zero(&peer->address6) ? NULL : &peer->address6,
	};
}

static unsigned int families_of(const struct places *places)
{
	return (places->ipv4 ? IPV4 : 0U) | (places->ipv6 ? IPV6 : 0U);
}

static unsigned int wanted_families(const struct config *config,
				    const struct config_service *service)
{
	struct places vips;

	switch (service->check.families) {
	case CHECK_FAMILIES_BOTH:
		return IPV4 | IPV6;
	case CHECK_FAMILIES_IPV4:
		return IPV4;
	case CHECK_FAMILIES_IPV6:
		return IPV6;
	default:
		vips = vips_of(config, service);
		return families_of(&vips);
	}
}

/* One endpoint for each port that is asked. Return: how many. */
static size_t add_ports(const struct config_service *service, const struct ip_address *address,
			bool vip, struct config_endpoint *endpoints)
{
	size_t count = 0;

	if (!service->check.every_port) {
		endpoints[0] = (struct config_endpoint){*address, service->check.port, vip};
		return 1;
	}
	for (size_t i = 0; i < service->port_count; i++)
		if (service->ports[i].protocol == IPPROTO_TCP)
			endpoints[count++] =
				(struct config_endpoint){*address, service->ports[i].port, vip};
	return count;
}

size_t config_endpoints(const struct config *config, const struct config_service *service,
			const struct config_peer *peer,
			struct config_endpoint endpoints[static CONFIG_ENDPOINTS_MAX])
{
	bool own = strcmp(peer->name, config_self(config)->name) == 0;
	struct places places = own && service->check.to == CHECK_TO_VIP ? vips_of(config, service)
									: addresses_of(peer);
	unsigned int has = families_of(&places);
	unsigned int families = wanted_families(config, service) & has;
	size_t count = 0;

	if (!families)
		families = has & IPV4 ? IPV4 : has;
	if (families & IPV4)
		count += add_ports(service, places.ipv4, places.vips, endpoints);
	if (families & IPV6)
		count += add_ports(service, places.ipv6, places.vips, endpoints + count);
	return count;
}
