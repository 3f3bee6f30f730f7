/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv4 and IPv6 addresses in user space: text to struct ip_address (maps/address.h) and
 * back; and which of them are this host's.
 */
#ifndef VIPD_BASE_ADDRESS_H
#define VIPD_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "maps/address.h"

#define ADDRESS_TEXT_MAX INET6_ADDRSTRLEN
#define MAC_TEXT_MAX     18

/**
 * address_parse() - read "192.0.2.1" or "2001:db8::1"
 * @text: no prefix length, no zone, no surrounding space.
 * @address: where it goes; unchanged on failure.
 *
 * Return: 0, or -EINVAL.
 */
int address_parse(const char *text, struct ip_address *address);

/**
 * address_format() - write an address as people do (RFC 5952)
 * @text: at least ADDRESS_TEXT_MAX bytes.
 *
 * Return: @text.
 */
const char *address_format(const struct ip_address *address, char text[static ADDRESS_TEXT_MAX]);

/** address_family() - FAMILY_IPV4 or FAMILY_IPV6. */
int address_family(const struct ip_address *address);

/** address_is_zero() - whether no address was set: sixteen zero bytes. */
bool address_is_zero(const struct ip_address *address);

bool address_equal(const struct ip_address *a, const struct ip_address *b);

/** address_compare() - order as unsigned integers in network order, as VRRP elects by. */
int address_compare(const struct ip_address *a, const struct ip_address *b);

struct ip_address address_from_ipv4(struct in_addr in);
struct ip_address address_from_ipv6(const struct in6_addr *in);

/** address_to_ipv4() - the four bytes of an IPv4 address, network order. */
struct in_addr address_to_ipv4(const struct ip_address *address);
struct in6_addr address_to_ipv6(const struct ip_address *address);

/** address_from_sockaddr() - Return: false when it is none of IPv4 or IPv6, or NULL. */
bool address_from_sockaddr(const struct sockaddr *from, struct ip_address *address);

/**
 * address_is_local() - whether a packet from an address begins on this host
 *
 * Return: true for a loopback address, or one that an interface of this network namespace has.
 */
bool address_is_local(const struct ip_address *address);

/**
 * address_to_sockaddr() - for socket calls
 * @port: host order.
 *
 * Return: the length of what was written to @storage.
 */
socklen_t address_to_sockaddr(const struct ip_address *address, uint16_t port,
			      struct sockaddr_storage *storage);

/** mac_parse() - read "02:00:00:00:00:01". Return: 0, or -EINVAL. */
int mac_parse(const char *text, uint8_t mac[static 6]);

const char *mac_format(const uint8_t mac[static 6], char text[static MAC_TEXT_MAX]);

#endif
