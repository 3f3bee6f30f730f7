/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the check of a service asks a backend: at which addresses, and at which ports.
 */
#ifndef VIPD_CONFIG_ENDPOINTS_H
#define VIPD_CONFIG_ENDPOINTS_H

#include "ctl/config/config.h"

/* An address and a port that a check asks. */
struct config_endpoint {
	struct ip_address address;
	uint16_t port; /* host order */
	bool vip;      /* the address is a VIP, which this node has on its loopback interface */
};

/* A backend is asked at so many endpoints at most: at each port over each family. */
#define CONFIG_ENDPOINTS_MAX (2 * CONFIG_PORTS_MAX)

/**
 * config_first_vip() - the first VIP of a family that a service listens on
 * @family: FAMILY_IPV4 or FAMILY_IPV6.
 *
 * Return: NULL if there is none; else it lives as long as the configuration.
 */
const struct ip_address *config_first_vip(const struct config *config,
					  const struct config_service *service, int family);

/**
 * config_endpoints() - where a service checks a backend
 * @peer: a node that is one of the service's backends; it may be of another configuration.
 * @endpoints: the result; IPv4 comes first, and the ports are in the order of the service.
 *
 * With "families: vips", those are the families of the service's VIPs that the node has an address
 * of. A node that has none of them serves the VIPs all the same, because frames reach it by its
 * MAC, and is checked at the one address that it has.
 *
 * Return: how many there are, of a valid configuration at least one.
 */
size_t config_endpoints(const struct config *config, const struct config_service *service,
			const struct config_peer *peer,
			struct config_endpoint endpoints[static CONFIG_ENDPOINTS_MAX]);

#endif
