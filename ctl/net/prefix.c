// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/prefix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int family_length(const struct ip_address *address)
{
	return address_family(address) == FAMILY_IPV4 ? 32 : 128;
}

/* Return: how many of the 128 bits are given. The 32 of IPv4 come after 96 that always are. */
static unsigned int fixed_bits(const struct prefix *prefix)
{
	return 128 - family_length(&prefix->address) + prefix->length;
}

static struct ip_address masked(const struct ip_address *address, unsigned int bits)
{
	struct ip_address result = *address;
	uint8_t *bytes = result.bytes;

	for (unsigned int bit = bits; bit < 128; bit++)
		bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return result;
}

struct prefix prefix_of_host(const struct ip_address *address)
{
	return (struct prefix){
		.address = *address,
		.length = (uint8_t)family_length(address),
	};
}

int prefix_parse(const char *text, struct prefix *prefix)
{
	const char *slash = strchr(text, '/');
	char address[ADDRESS_TEXT_MAX];
	struct prefix parsed = {};
	unsigned int length;
	char rest;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (address_parse(address, &parsed.address) < 0)
		return -EINVAL;
	if (sscanf(slash, "/%3u%c", &length, &rest) != 1 || length > family_length(&parsed.address))
		return -EINVAL;
	parsed.length = (uint8_t)length;

	struct ip_address network = masked(&parsed.address, fixed_bits(&parsed));

	if (!address_equal(&network, &parsed.address))
		return -EINVAL;
	*prefix = parsed;
	return 0;
}

const char *prefix_format(const struct prefix *prefix, char text[static PREFIX_TEXT_MAX])
{
	char address[ADDRESS_TEXT_MAX];

	snprintf(text, PREFIX_TEXT_MAX, "%s/%u", address_format(&prefix->address, address),
		 prefix->length);
	return text;
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order = address_compare(&a->address, &b->address);

	return order ? order : (int)a->length - (int)b->length;
}

struct prefix prefix_of_network(const struct ip_address *address, uint8_t length)
{
	struct prefix prefix = {.address = *address, .length = length};

	prefix.address = masked(address, fixed_bits(&prefix));
	return prefix;
}

bool prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
	struct ip_address network = masked(&inner->address, fixed_bits(outer));

	return address_family(&outer->address) == address_family(&inner->address) &&
	       outer->length <= inner->length && address_equal(&network, &outer->address);
}

/* Return: the prefix that is one bit shorter. */
static struct prefix parent_of(const struct prefix *prefix)
{
	return (struct prefix){
		.address = masked(&prefix->address, fixed_bits(prefix) - 1),
		.length = (uint8_t)(prefix->length - 1),
	};
}

/* Return: whether two different prefixes are the halves of one that is a bit shorter. */
static bool are_siblings(const struct prefix *a, const struct prefix *b)
{
	if (a->length != b->length || a->length == 0)
		return false;

	struct prefix parent = parent_of(a);

	return prefix_contains(&parent, b);
}

static int compare_for_sort(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

size_t prefix_aggregate(struct prefix *prefixes, size_t count)
{
	size_t kept = 0;

	if (count > 0)
		qsort(prefixes, count, sizeof(*prefixes), compare_for_sort);

	for (size_t i = 0; i < count; i++) {
		struct prefix next = prefixes[i];

		if (kept > 0 && prefix_contains(&prefixes[kept - 1], &next))
			continue;
		while (kept > 0 && are_siblings(&prefixes[kept - 1], &next))
			next = parent_of(&prefixes[--kept]);
		prefixes[kept++] = next;
	}
	return kept;
}
