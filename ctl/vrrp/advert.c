// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/advert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/trailer.h"

#define TYPE_ADVERTISEMENT 1
#define INTERVAL_MASK      0x0fff

struct wire_header {
	uint8_t version_type;
	uint8_t vrid;
	uint8_t priority;
	uint8_t address_count;
	uint16_t max_advert_interval; /* network order; version 2: Auth Type, and seconds */
	uint16_t checksum;
};

_Static_assert(sizeof(struct wire_header) == 8, "RFC 9568 section 5.1");

static size_t address_size(int family)
{
	return family == FAMILY_IPV4 ? 4 : 16;
}

static size_t message_length(unsigned int version, int family, uint8_t address_count)
{
	size_t length = sizeof(struct wire_header) + address_count * address_size(family);

	return version == VRRP_VERSION_2 ? length + VRRP2_AUTHENTICATION_LENGTH : length;
}

static bool is_version_of(unsigned int version, int family)
{
	return version == VRRP_VERSION_3 || (version == VRRP_VERSION_2 && family == FAMILY_IPV4);
}

static uint64_t decode_interval(unsigned int version, uint16_t field)
{
	return version == VRRP_VERSION_2 ? (field & 0xff) * NS_PER_S
					 : (field & INTERVAL_MASK) * NS_PER_CS;
}

static uint16_t encode_interval(const struct advert_message *message)
{
	uint64_t interval = message->max_advert_interval;
	uint64_t type = message->authentication_type;

	return (uint16_t)(message->version == VRRP_VERSION_2 ? type << 8 | interval / NS_PER_S
							     : interval / NS_PER_CS);
}

int advert_decode(const uint8_t *bytes, size_t length, int family, struct advert_message *message)
{
	struct wire_header header;
	unsigned int version;
	size_t whole;

	if (length < sizeof(header))
		return -EBADMSG;
	memcpy(&header, bytes, sizeof(header));
	version = header.version_type >> 4;
	whole = message_length(version, family, header.address_count);
	if ((header.version_type & 0xf) != TYPE_ADVERTISEMENT || !is_version_of(version, family) ||
	    length < whole)
		return -EBADMSG;

	*message = (struct advert_message){
		.version = version,
		.vrid = header.vrid,
		.priority = header.priority,
		.max_advert_interval = decode_interval(version, ntohs(header.max_advert_interval)),
		.family = family,
		.address_count = header.address_count,
		.addresses = bytes + sizeof(header),
	};
	if (version == VRRP_VERSION_2) {
		message->authentication_type = (uint8_t)(ntohs(header.max_advert_interval) >> 8);
		memcpy(message->authentication_data, bytes + whole - VRRP2_AUTHENTICATION_LENGTH,
		       VRRP2_AUTHENTICATION_LENGTH);
	}
	return 0;
}

ssize_t advert_encode(const struct advert_message *message, uint8_t *bytes)
{
	size_t length = message_length(message->version, message->family, message->address_count);
	struct wire_header header = {
		.version_type = (uint8_t)(message->version << 4 | TYPE_ADVERTISEMENT),
		.vrid = message->vrid,
		.priority = message->priority,
		.address_count = message->address_count,
		.max_advert_interval = htons(encode_interval(message)),
	};

	if (length + TRAILER_LENGTH > ADVERT_MESSAGE_MAX)
		return -EMSGSIZE;
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), message->addresses,
	       message->address_count * address_size(message->family));
	if (message->version == VRRP_VERSION_2)
		memcpy(bytes + length - VRRP2_AUTHENTICATION_LENGTH, message->authentication_data,
		       VRRP2_AUTHENTICATION_LENGTH);
	return (ssize_t)length;
}

void advert_set_priority(uint8_t *bytes, uint8_t priority)
{
	bytes[offsetof(struct wire_header, priority)] = priority;
}

static uint32_t sum_bytes(const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)(byte[i] << 8 | byte[i + 1]);
	return sum;
}

static uint32_t sum_address(const struct ip_address *address)
{
	if (address_family(address) == FAMILY_IPV4)
		return sum_bytes(&address->bytes[12], 4);
	return sum_bytes(address, 16);
}

void advert_checksum(uint8_t *bytes, size_t length, enum vrrp_checksum coverage,
		     const struct ip_address *source, const struct ip_address *destination)
{
	bool ipv6 = address_family(source) == FAMILY_IPV6;
	bool version_3 = bytes[0] >> 4 == VRRP_VERSION_3;
	uint32_t sum;
	uint16_t checksum;

	memset(bytes + offsetof(struct wire_header, checksum), 0, sizeof(checksum));
	sum = sum_bytes(bytes, length);
	if (ipv6 || (version_3 && coverage == VRRP_CHECKSUM_PSEUDO_HEADER))
		sum += sum_address(source) + sum_address(destination) + (uint32_t)length +
		       VRRP_IP_PROTOCOL;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	checksum = htons((uint16_t)~sum);
	memcpy(bytes + offsetof(struct wire_header, checksum), &checksum, sizeof(checksum));
}

static bool lists_address(const struct advert_message *message, const struct ip_address *address)
{
	size_t size = address_size(message->family);
	const uint8_t *wanted = (const uint8_t *)(address + 1) - size;

	for (size_t i = 0; i < message->address_count; i++)
		if (memcmp(message->addresses + i * size, wanted, size) == 0)
			return true;
	return false;
}

bool advert_lists(const struct advert_message *message, const struct ip_address *addresses,
		  size_t count)
{
	size_t ours = 0;

	for (size_t i = 0; i < count; i++) {
		if (address_family(&addresses[i]) != message->family)
			continue;
		if (!lists_address(message, &addresses[i]))
			return false;
		ours++;
	}
	return ours == message->address_count;
}
