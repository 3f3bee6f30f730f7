// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>

static bool is_mapped_ipv4(const struct ip_address *address)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(address->bytes, prefix, sizeof(prefix)) == 0;
}

int address_parse(const char *text, struct ip_address *address)
{
	struct in_addr in4;
	struct in6_addr in6;

	if (inet_pton(AF_INET, text, &in4) == 1) {
		*address = address_from_ipv4(in4);
		return 0;
	}
	/* A mapped address would be an IPv4 one in disguise: the tables could not tell them apart.
	 */
	if (inet_pton(AF_INET6, text, &in6) == 1 && !IN6_IS_ADDR_V4MAPPED(&in6)) {
		*address = address_from_ipv6(&in6);
		return 0;
	}
	return -EINVAL;
}

const char *address_format(const struct ip_address *address, char text[static ADDRESS_TEXT_MAX])
{
	if (is_mapped_ipv4(address))
		inet_ntop(AF_INET, &address->bytes[12], text, ADDRESS_TEXT_MAX);
	else
		inet_ntop(AF_INET6, address->bytes, text, ADDRESS_TEXT_MAX);
	return text;
}

int address_family(const struct ip_address *address)
{
	return is_mapped_ipv4(address) ? FAMILY_IPV4 : FAMILY_IPV6;
}

bool address_is_zero(const struct ip_address *address)
{
	static const struct ip_address zero;

	return address_equal(address, &zero);
}

bool address_equal(const struct ip_address *a, const struct ip_address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int address_compare(const struct ip_address *a, const struct ip_address *b)
{
	return memcmp(a, b, sizeof(*a));
}

struct ip_address address_from_ipv4(struct in_addr in)
{
	struct ip_address address = {.bytes = {[10] = 0xff, [11] = 0xff}};

	memcpy(&address.bytes[12], &in, sizeof(in));
	return address;
}

struct ip_address address_from_ipv6(const struct in6_addr *in)
{
	struct ip_address address;

	memcpy(&address, in, sizeof(address));
	return address;
}

struct in_addr address_to_ipv4(const struct ip_address *address)
{
	struct in_addr in;

	memcpy(&in, &address->bytes[12], sizeof(in));
	return in;
}

struct in6_addr address_to_ipv6(const struct ip_address *address)
{
	struct in6_addr in;

	memcpy(&in, address, sizeof(in));
	return in;
}

bool address_from_sockaddr(const struct sockaddr *from, struct ip_address *address)
{
	if (from && from->sa_family == AF_INET)
		*address = address_from_ipv4(((const struct sockaddr_in *)from)->sin_addr);
	else if (from && from->sa_family == AF_INET6)
		*address = address_from_ipv6(&((const struct sockaddr_in6 *)from)->sin6_addr);
	else
		return false;
	return true;
}

bool address_is_local(const struct ip_address *address)
{
	bool found = is_mapped_ipv4(address) && address->bytes[12] == IN_LOOPBACKNET;
	struct ifaddrs *list = NULL;
	struct ip_address one;

	if (found || getifaddrs(&list) < 0)
		return found;
	for (const struct ifaddrs *entry = list; entry && !found; entry = entry->ifa_next)
		found = address_from_sockaddr(entry->ifa_addr, &one) &&
			address_equal(&one, address);
	freeifaddrs(list);
	return found;
}

socklen_t address_to_sockaddr(const struct ip_address *address, uint16_t port,
			      struct sockaddr_storage *storage)
{
	*storage = (struct sockaddr_storage){};
	if (is_mapped_ipv4(address)) {
		struct sockaddr_in *in4 = (struct sockaddr_in *)storage;

		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		in4->sin_addr = address_to_ipv4(address);
		return sizeof(*in4);
	}

	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	in6->sin6_addr = address_to_ipv6(address);
	return sizeof(*in6);
}

int mac_parse(const char *text, uint8_t mac[static 6])
{
	unsigned int byte[6];
	char separator[5], rest;

	/* sscanf() would take signs and spaces, too. */
	if (strlen(text) != MAC_TEXT_MAX - 1 || text[strspn(text, "0123456789abcdefABCDEF:")])
		return -EINVAL;
	if (sscanf(text, "%2x%c%2x%c%2x%c%2x%c%2x%c%2x%c", &byte[0], &separator[0], &byte[1],
		   &separator[1], &byte[2], &separator[2], &byte[3], &separator[3], &byte[4],
		   &separator[4], &byte[5], &rest) != 11)
		return -EINVAL;
	for (int i = 0; i < 5; i++)
		if (separator[i] != ':')
			return -EINVAL;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)byte[i];
	return 0;
}

const char *mac_format(const uint8_t mac[static 6], char text[static MAC_TEXT_MAX])
{
	snprintf(text, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return text;
}
