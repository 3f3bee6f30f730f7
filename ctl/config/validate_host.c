// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a configuration needs of the host that it is checked on. None of it is wrong: the file may
 * be meant for another host, and what is missing may come later.
 */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <pwd.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/config/lookup.h"
#include "ctl/config/validate.h"

/* Users of scripts. */

static void note_user(const struct validation *validation, struct key_path path,
		      const struct config_check *check)
{
	if (check->enabled && check->method == CHECK_SCRIPT && !getpwnam(check->user))
		validation_note(validation, path,
				"this host has no user \"%s\", so the script cannot run here",
				check->user);
}

static void note_users(const struct validation *validation)
{
	const struct config *config = validation->config;

	for (size_t i = 0; i < config->service_count; i++)
		note_user(validation, key_path("services[%zu].check.user", i),
			  &config->services[i].check);
	for (size_t i = 0; i < config->tracker_count; i++)
		note_user(validation, key_path("trackers[%zu].user", i),
			  &config->trackers[i].check);
}

/* The gateway's network. */

static void cleanup_interfaces(struct ifaddrs **list)
{
	if (*list)
		freeifaddrs(*list);
}

/* The interface that has this node's address, or NULL: this is another host, or it is down. */
static const char *find_interface(const struct ifaddrs *list, const struct config_peer *self)
{
	struct ip_address address;

	for (; list; list = list->ifa_next)
		if (address_from_sockaddr(list->ifa_addr, &address) &&
		    config_peer_has(self, &address))
			return list->ifa_name;
	return NULL;
}

static bool is_in_network(const struct ifaddrs *entry, const struct ip_address *address)
{
	struct ip_address network, mask;

	if (!address_from_sockaddr(entry->ifa_addr, &network) ||
	    !address_from_sockaddr(entry->ifa_netmask, &mask) ||
	    address_family(&network) != address_family(address))
		return false;
	for (size_t i = address_family(address) == FAMILY_IPV4 ? 12 : 0; i < sizeof(mask.bytes);
	     i++)
		if ((network.bytes[i] ^ address->bytes[i]) & mask.bytes[i])
			return false;
	return true;
}

static void note_gateway(const struct validation *validation, const struct ifaddrs *list,
			 const struct ip_address *gateway)
{
	const char *interface = find_interface(list, config_self(validation->config));
	char text[ADDRESS_TEXT_MAX];

	if (!interface || address_is_zero(gateway))
		return;
	for (; list; list = list->ifa_next)
		if (strcmp(list->ifa_name, interface) == 0 && is_in_network(list, gateway))
			return;
	validation_note(validation, key_path("gateway"),
			"%s is in none of the networks of %s; replies are sent to it on that link "
			"all the same",
			address_format(gateway, text), interface);
}

static void note_gateways(const struct validation *validation)
{
	const struct config *config = validation->config;
	CLEANUP(cleanup_interfaces) struct ifaddrs *list = NULL;

	if (config->peer_count == 0 || getifaddrs(&list) < 0)
		return;
	note_gateway(validation, list, &config->gateway4);
	note_gateway(validation, list, &config->gateway6);
}

void validate_host(const struct validation *validation)
{
	note_users(validation);
	note_gateways(validation);
}
