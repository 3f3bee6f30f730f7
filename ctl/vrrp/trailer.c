// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/trailer.h"

#include <endian.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"

#define TYPE_HMAC_SHA256_128 1
#define HMAC_LENGTH          16

/* This is an offset in the message; see struct wire_header in advert.c. */
#define CHECKSUM_OFFSET 6
#define CHECKSUM_LENGTH 2

struct wire_trailer {
	uint8_t type;
	uint8_t key_id;
	uint8_t reserved[2];
	uint8_t sequence[8]; /* network order */
	uint8_t hmac[HMAC_LENGTH];
};

_Static_assert(sizeof(struct wire_trailer) == TRAILER_LENGTH, "the trailer's length");

/* This is signed before the message. */
struct pseudo_header {
	uint8_t family; /* 4 or 6 */
	uint8_t version;
	uint8_t vrid;
	uint8_t zero;
	uint8_t source[16]; /* IPv4: in the first four */
};

_Static_assert(sizeof(struct pseudo_header) == 20, "the pseudo header's length");

uint64_t trailer_clock(uint64_t wall)
{
	return wall / NS_PER_S << 32 | (wall % NS_PER_S << 16) / NS_PER_S << 16;
}

/* Serial numbers (RFC 1982): half of all are after a number, the others before. */
static bool is_after(uint64_t sequence, uint64_t other)
{
	return (int64_t)(sequence - other) > 0;
}

uint64_t trailer_next_sequence(uint64_t last, uint64_t wall, uint64_t lead)
{
	uint64_t now = trailer_clock(wall);

	if (last == 0 || is_after(now, last))
		return now;
	if (lead != NEVER && is_after(last, trailer_clock(wall + lead)))
		return now;
	return last + 1;
}

static struct pseudo_header make_pseudo_header(const uint8_t *message,
					       const struct ip_address *source)
{
	int family = address_family(source);
	struct pseudo_header header = {
		.family = (uint8_t)family,
		.version = message[0] >> 4,
		.vrid = message[1],
	};

	if (family == FAMILY_IPV4)
		memcpy(header.source, &source->bytes[12], 4);
	else
		memcpy(header.source, source->bytes, 16);
	return header;
}

void trailer_append(uint8_t *message, size_t length, const struct ip_address *source,
		    uint8_t key_id, const crypto_auth_hmacsha256_state *key, uint64_t sequence)
{
	static const uint8_t no_checksum[CHECKSUM_LENGTH];
	const size_t rest = CHECKSUM_OFFSET + CHECKSUM_LENGTH;
	struct pseudo_header pseudo_header = make_pseudo_header(message, source);
	struct wire_trailer trailer = {.type = TYPE_HMAC_SHA256_128, .key_id = key_id};
	uint64_t wire_sequence = htobe64(sequence);
	crypto_auth_hmacsha256_state state = *key;
	uint8_t hmac[crypto_auth_hmacsha256_BYTES];

	memcpy(trailer.sequence, &wire_sequence, sizeof(trailer.sequence));
	crypto_auth_hmacsha256_update(&state, (uint8_t *)&pseudo_header, sizeof(pseudo_header));
	crypto_auth_hmacsha256_update(&state, message, CHECKSUM_OFFSET);
	crypto_auth_hmacsha256_update(&state, no_checksum, sizeof(no_checksum));
	crypto_auth_hmacsha256_update(&state, message + rest, length - rest);
	crypto_auth_hmacsha256_update(&state, (uint8_t *)&trailer, sizeof(trailer));
	crypto_auth_hmacsha256_final(&state, hmac); /* which clears the state, too */
	memcpy(trailer.hmac, hmac, sizeof(trailer.hmac));
	memcpy(message + length, &trailer, sizeof(trailer));
}
