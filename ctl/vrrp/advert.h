/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VRRP advertisement on the wire, of version 3 (RFC 9568 section 5) and 2 (RFC 3768 section 5):
 * bytes to fields and back.
 */
#ifndef VIPD_VRRP_ADVERT_H
#define VIPD_VRRP_ADVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ctl/config/config.h"
#include "maps/address.h"
#include "maps/inbox.h"

#define VRRP_VERSION_2   2
#define VRRP_VERSION_3   3
#define VRRP_IP_PROTOCOL 112
#define VRRP_TTL         255
/* Behind the addresses of a version 2 message. */
#define VRRP2_AUTHENTICATION_LENGTH 8

#define VRRP_INTERVAL_MAX 40950000000ULL /* ns; twelve bits of centiseconds */

/* Every field of a message; the addresses stay where they are, in network order. */
struct advert_message {
	unsigned int version;
	uint8_t vrid;
	uint8_t priority;
	uint64_t max_advert_interval; /* ns */
	int family;                   /* FAMILY_IPV4 or FAMILY_IPV6; told by the IP header */
	uint8_t address_count;
	const uint8_t *addresses;    /* address_count times 4 or 16 bytes */
	uint8_t authentication_type; /* version 2: enum vrrp2_authentication */
	uint8_t authentication_data[VRRP2_AUTHENTICATION_LENGTH];
};

/**
 * advert_decode() - read a message; the checksum is the dataplane's business
 * @bytes: from the VRRP header on; must outlive @message, which points into it.
 * @length: may include what follows the message, such as a trailer.
 *
 * Return: 0; -EBADMSG when it is no complete advertisement. @message is unchanged then.
 */
int advert_decode(const uint8_t *bytes, size_t length, int family, struct advert_message *message);

/**
 * advert_encode() - write a message, all but its checksum
 * @bytes: at least ADVERT_MESSAGE_MAX.
 *
 * Return: the length, or -EMSGSIZE when the addresses, and a trailer behind them, do not fit.
 */
ssize_t advert_encode(const struct advert_message *message, uint8_t *bytes);

/** advert_set_priority() - change the priority of an encoded message; the checksum is stale then.
 */
void advert_set_priority(uint8_t *bytes, uint8_t priority);

/**
 * advert_checksum() - compute and store the checksum of an encoded message
 * @length: of what it covers: over IPv4 the message, over IPv6 a trailer too.
 * @coverage: of version 3 over IPv4. IPv6 always includes the pseudo header (RFC 8200 section 8.1),
 *            version 2 never does (RFC 3768 section 5.3.8).
 * @source, @destination: of the IP header that the message will travel behind.
 */
void advert_checksum(uint8_t *bytes, size_t length, enum vrrp_checksum coverage,
		     const struct ip_address *source, const struct ip_address *destination);

/**
 * advert_lists() - whether the message lists exactly these addresses, in any order
 * @addresses: those of the other family are passed over.
 */
bool advert_lists(const struct advert_message *message, const struct ip_address *addresses,
		  size_t count);

#endif
