// SPDX-License-Identifier: GPL-2.0-only
/* The values of a network: addresses of both families, MACs, ports. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/config/config.h"
#include "ctl/config/values.h"

/* Whether a host may have this address on a network that others reach it through. */
static bool is_of_host(const struct ip_address *address)
{
	struct in6_addr in6 = address_to_ipv6(address);
	uint8_t first = address->bytes[12]; /* of an IPv4 address */

	if (address_family(address) == FAMILY_IPV4) /* not 0/8, 127/8, 224/4, 240/4 */
		return first != 0 && first != 127 && first < 224;
	return !IN6_IS_ADDR_UNSPECIFIED(&in6) && !IN6_IS_ADDR_LOOPBACK(&in6) &&
	       !IN6_IS_ADDR_MULTICAST(&in6);
}

static bool is_link_local6(const struct ip_address *address)
{
	struct in6_addr in6 = address_to_ipv6(address);

	return IN6_IS_ADDR_LINKLOCAL(&in6);
}

static bool parse_address(const char *text, const struct value_rule *rule, void *value)
{
	struct ip_address address;

	(void)rule;
	if (address_parse(text, &address) < 0 || !is_of_host(&address))
		return false;
	*(struct ip_address *)value = address;
	return true;
}

const struct value_type type_address = {
	.parse = parse_address,
	.expected = "an IPv4 or IPv6 address of a host, without a prefix length",
};

static bool parse_ipv4(const char *text, const struct value_rule *rule, void *value)
{
	return !strchr(text, ':') && parse_address(text, rule, value);
}

const struct value_type type_ipv4 = {
	.parse = parse_ipv4,
	.expected = "an IPv4 address of a host, without a prefix length",
};

static bool parse_ipv6(const char *text, const struct value_rule *rule, void *value)
{
	struct ip_address address;

	if (!strchr(text, ':') || !parse_address(text, rule, &address) || is_link_local6(&address))
		return false;
	*(struct ip_address *)value = address;
	return true;
}

const struct value_type type_ipv6 = {
	.parse = parse_ipv6,
	.expected = "an IPv6 address of a host, without a prefix length and not link-local",
};

static bool parse_link_local6(const char *text, const struct value_rule *rule, void *value)
{
	struct ip_address address;

	if (!parse_address(text, rule, &address) || !is_link_local6(&address))
		return false;
	*(struct ip_address *)value = address;
	return true;
}

const struct value_type type_link_local6 = {
	.parse = parse_link_local6,
	.expected = "a link-local IPv6 address (fe80::/10), without a prefix length or zone",
};

static bool parse_mac(const char *text, const struct value_rule *rule, void *value)
{
	static const uint8_t zero[6];
	uint8_t mac[6];

	(void)rule;
	if (mac_parse(text, mac) < 0 || mac[0] & 1 || memcmp(mac, zero, sizeof(mac)) == 0)
		return false;
	memcpy(value, mac, sizeof(mac));
	return true;
}

const struct value_type type_mac = {
	.parse = parse_mac,
	.expected = "a unicast MAC address such as 02:00:00:00:00:01",
};

static bool parse_port_number(const char *text, uint16_t *port)
{
	uint64_t number;

	if (!value_parse_number(text, &number) || number < 1 || number > UINT16_MAX)
		return false;
	*port = (uint16_t)number;
	return true;
}

static bool parse_port(const char *text, const struct value_rule *rule, void *value)
{
	const char *slash = strchr(text, '/');
	char number[sizeof("65535")];
	struct config_port port;

	(void)rule;
	if (!slash || (size_t)(slash - text) >= sizeof(number))
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)(slash - text), text);
	if (!parse_port_number(number, &port.port))
		return false;
	if (strcmp(slash, "/tcp") == 0)
		port.protocol = IPPROTO_TCP;
	else if (strcmp(slash, "/udp") == 0)
		port.protocol = IPPROTO_UDP;
	else
		return false;
	*(struct config_port *)value = port;
	return true;
}

const struct value_type type_port = {
	.parse = parse_port,
	.expected = "a port from 1 to 65535 and its protocol, such as 443/tcp or 443/udp",
};

/* An IPv6 address is in brackets, for its colons. */
static bool parse_listen(const char *text, const struct value_rule *rule, void *value)
{
	const char *colon = strrchr(text, ':');
	bool bracketed = colon && colon > text && text[0] == '[' && colon[-1] == ']';
	struct value_listen listen;
	char host[ADDRESS_TEXT_MAX];
	size_t length;

	(void)rule;
	if (!colon)
		return false;
	length = (size_t)(colon - text) - (bracketed ? 2 : 0);
	if (length >= sizeof(host))
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)length, text + bracketed);
	if (address_parse(host, &listen.address) < 0 ||
	    bracketed != (address_family(&listen.address) == FAMILY_IPV6) ||
	    !parse_port_number(colon + 1, &listen.port))
		return false;
	*(struct value_listen *)value = listen;
	return true;
}

const struct value_type type_listen = {
	.parse = parse_listen,
	.expected = "an address and a port to listen on, such as 127.0.0.1:9650 or \"[::1]:9650\"",
};
