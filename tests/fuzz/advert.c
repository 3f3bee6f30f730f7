// SPDX-License-Identifier: GPL-2.0-only
/*
 * The advertisement's codec (ctl/vrrp/advert.c). The first byte chooses the family; the message
 * follows.
 * fuzz: -max_len=1500
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ctl/vrrp/advert.h"

/* What was read is written again as it came, but for the checksum and the reserved bits. */
static void check_round_trip(const uint8_t *bytes, const struct advert_message *message)
{
	uint8_t written[ADVERT_MESSAGE_MAX], expected[ADVERT_MESSAGE_MAX];
	ssize_t length = advert_encode(message, written);

	if (length < 0)
		return;
	memcpy(expected, bytes, (size_t)length);
	if (message->version == VRRP_VERSION_3)
		expected[4] &= 0x0f;
	memset(expected + 6, 0, 2);
	memset(written + 6, 0, 2);
	REQUIRE(memcmp(written, expected, (size_t)length) == 0);
}

static void check_lists(const struct advert_message *message)
{
	struct ip_address first = {};

	if (message->address_count == 0 || message->family != FAMILY_IPV6)
		return;
	memcpy(&first, message->addresses, sizeof(first));
	advert_lists(message, &first, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	struct advert_message message;
	uint8_t *bytes;

	if (length == 0)
		return 0;
	bytes = fuzz_copy(input + 1, length - 1);
	if (advert_decode(bytes, length - 1, input[0] & 1 ? FAMILY_IPV6 : FAMILY_IPV4, &message) ==
	    0) {
		check_round_trip(bytes, &message);
		check_lists(&message);
	}
	free(bytes);
	return 0;
}
