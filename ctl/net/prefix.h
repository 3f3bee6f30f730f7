/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CIDR prefixes (RFC 4632), and how to write a set of addresses as the fewest of them.
 */
#ifndef VIPD_NET_PREFIX_H
#define VIPD_NET_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/base/address.h"

#define PREFIX_TEXT_MAX (ADDRESS_TEXT_MAX + sizeof("/128") - 1)

struct prefix {
	struct ip_address address; /* zero beyond length */
	uint8_t length;            /* 0-32 or 0-128, by the family of address */
};

/** prefix_of_host() - the /32 or /128 that holds one address. */
struct prefix prefix_of_host(const struct ip_address *address);

/** prefix_of_network() - of an address with its prefix length, as devices have them. */
struct prefix prefix_of_network(const struct ip_address *address, uint8_t length);

/**
 * prefix_parse() - read "10.77.0.0/24"
 * @prefix: where it goes; unchanged on failure.
 *
 * Return: 0, or -EINVAL, also when a bit beyond the length is set.
 */
int prefix_parse(const char *text, struct prefix *prefix);

/**
 * prefix_format() - write "10.77.0.0/24"
 *
 * Return: @text.
 */
const char *prefix_format(const struct prefix *prefix, char text[static PREFIX_TEXT_MAX]);

/** prefix_compare() - by address, the shorter prefix first. */
int prefix_compare(const struct prefix *a, const struct prefix *b);

/** prefix_contains() - whether every address of @inner is in @outer. */
bool prefix_contains(const struct prefix *outer, const struct prefix *inner);

/**
 * prefix_aggregate() - the fewest prefixes that cover the same addresses and no others
 * @prefixes: in any order, of either family; replaced by the result, sorted.
 *
 * Return: how many are left.
 */
size_t prefix_aggregate(struct prefix *prefixes, size_t count);

#endif
