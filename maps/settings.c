// SPDX-License-Identifier: GPL-2.0-only
/* Stores into vipd_settings. Each setting is a word of its own to the dataplane. */
#include "maps_internal.h"

const struct settings_entry *maps_settings(const struct maps *maps)
{
	return maps->settings;
}

void maps_set_mac(struct maps *maps, const uint8_t mac[static 6])
{
	struct mac_address address = maps_mac(mac);

	maps_store_word(&maps->settings->mac, &address);
}

void maps_set_gateway_mac(struct maps *maps, int family, const uint8_t *mac)
{
	struct mac_address address = maps_mac(mac);

	maps_store_word(family == FAMILY_IPV4 ? &maps->settings->gateway_mac4
					      : &maps->settings->gateway_mac6,
			&address);
}

/*
 * The dataplane compares a gateway's address to the sender of an ARP reply or a neighbour
 * advertisement. While the address is being stored, it equals nobody's, and a confirmation may be
 * missed; the controller asks the gateway again.
 */
void maps_set_gateway(struct maps *maps, int family, const struct ip_address *gateway)
{
	struct settings_entry *settings = maps->settings;
	struct ip_address *present =
		family == FAMILY_IPV4 ? &settings->gateway4 : &settings->gateway6;

	if (memcmp(present, gateway, sizeof(*present)) == 0)
		return;
	maps_set_gateway_mac(maps, family, NULL);
	*present = *gateway;
}

void maps_set_vlan(struct maps *maps, uint16_t vlan)
{
	__atomic_store_n(&maps->settings->vlan, vlan, __ATOMIC_RELEASE);
}

void maps_set_virtual_mac(struct maps *maps, bool accepted)
{
	__atomic_store_n(&maps->settings->virtual_mac, accepted, __ATOMIC_RELEASE);
}

void maps_set_vip_flags(struct maps *maps, uint32_t flags)
{
	__atomic_store_n(&maps->settings->vip_flags, flags, __ATOMIC_RELEASE);
}

void maps_set_self(struct maps *maps, uint32_t node)
{
	__atomic_store_n(&maps->settings->self, node, __ATOMIC_RELEASE);
}

void maps_set_draining(struct maps *maps, bool draining)
{
	__atomic_store_n(&maps->settings->draining, draining, __ATOMIC_RELEASE);
}
