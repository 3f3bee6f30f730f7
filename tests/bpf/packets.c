/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bpf/packets.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#include "ctl/base/address.h"

#define ETHERNET_LENGTH    14
#define TAG_LENGTH         4
#define IPV4_HEADER_LENGTH 20
#define IPV6_HEADER_LENGTH 40

uint8_t *frame_append(struct frame *frame, size_t length)
{
	uint8_t *bytes = frame->bytes + frame->length;

	assert(frame->length + length <= FRAME_MAX);
	memset(bytes, 0, length);
	frame->length += length;
	return bytes;
}

uint8_t *frame_insert(struct frame *frame, size_t at, size_t length)
{
	size_t behind = frame->length - at;

	frame_append(frame, length);
	memmove(frame->bytes + at + length, frame->bytes + at, behind);
	memset(frame->bytes + at, 0, length);
	return frame->bytes + at;
}

void put_be16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

uint16_t get_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

void put_address(uint8_t *at, const char *text)
{
	struct ip_address address;
	int result = address_parse(text, &address);
	size_t length;

	assert(result == 0);
	(void)result;
	length = address_family(&address) == FAMILY_IPV6 ? 16 : 4;
	memcpy(at, (const uint8_t *)&address + sizeof(address) - length, length);
}

static void put_mac(uint8_t *at, const char *text)
{
	int result = mac_parse(text, at);

	assert(result == 0);
	(void)result;
}

void frame_ethernet(struct frame *frame, const char *destination, const char *source, uint16_t type)
{
	uint8_t *header;

	frame->length = 0;
	frame->transport = 0;
	frame->padding = 0;
	frame->trailer = 0;
	header = frame_append(frame, ETHERNET_LENGTH);
	put_mac(header, destination);
	put_mac(header + 6, source);
	put_be16(header + 12, type);
	frame->network = frame->length;
}

void frame_tag(struct frame *frame, uint16_t protocol, uint16_t control)
{
	uint8_t *tag = frame_insert(frame, 12, TAG_LENGTH);

	put_be16(tag, protocol);
	put_be16(tag + 2, control);
	frame->network += TAG_LENGTH;
	if (frame->transport)
		frame->transport += TAG_LENGTH;
}

void frame_pad(struct frame *frame, size_t length)
{
	size_t padding = length - frame->length;

	memset(frame_append(frame, padding), 0x5a, padding);
	frame->padding += padding;
}

void frame_arp(struct frame *frame, uint16_t operation, struct arp_side sender,
	       struct arp_side target)
{
	uint8_t *arp = frame_append(frame, 28);

	put_be16(arp, 1); /* Ethernet */
	put_be16(arp + 2, ETH_P_IP);
	arp[4] = 6;
	arp[5] = 4;
	put_be16(arp + 6, operation);
	put_mac(arp + 8, sender.mac);
	put_address(arp + 14, sender.address);
	put_mac(arp + 18, target.mac);
	put_address(arp + 24, target.address);
}

static void frame_ipv4(struct frame *frame, const char *source, const char *destination,
		       uint8_t protocol)
{
	uint8_t *header = frame_append(frame, IPV4_HEADER_LENGTH);

	header[0] = 0x45;
	put_be16(header + 4, 0x1234); /* identification */
	header[IPV4_TTL] = 255;
	header[IPV4_PROTOCOL] = protocol;
	put_address(header + 12, source);
	put_address(header + 16, destination);
}

static void frame_ipv6(struct frame *frame, const char *source, const char *destination,
		       uint8_t protocol)
{
	uint8_t *header = frame_append(frame, IPV6_HEADER_LENGTH);

	header[0] = 0x60;
	header[IPV6_NEXT_HEADER] = protocol;
	header[IPV6_HOP_LIMIT] = 255;
	put_address(header + 8, source);
	put_address(header + 24, destination);
}

void frame_ip(struct frame *frame, const char *source, const char *destination, uint8_t protocol)
{
	frame->network = frame->length;
	if (strchr(source, ':'))
		frame_ipv6(frame, source, destination, protocol);
	else
		frame_ipv4(frame, source, destination, protocol);
	frame->transport = frame->length;
}

void frame_neighbour(struct frame *frame, uint8_t type, uint8_t flags, const char *target)
{
	uint8_t *message = frame_append(frame, 24);

	message[0] = type;
	message[4] = flags;
	put_address(message + NEIGHBOUR_TARGET, target);
}

void frame_option(struct frame *frame, uint8_t type, uint8_t units, uint8_t fill)
{
	uint8_t *option = frame_append(frame, units * 8u);

	memset(option, fill, units * 8u);
	option[0] = type;
	option[1] = units;
}

void frame_link_address(struct frame *frame, uint8_t type, const char *mac)
{
	uint8_t *option = frame_append(frame, 8);

	option[0] = type;
	option[1] = 1;
	put_mac(option + 2, mac);
}

void frame_advert(struct frame *frame, uint8_t vrid, uint8_t priority, uint16_t interval,
		  const char *const *addresses)
{
	size_t address_length = frame_is_ipv6(frame) ? 16 : 4;
	uint8_t *message = frame_append(frame, 8);

	message[VRRP_VERSION_TYPE] = 3 << 4 | 1;
	message[VRRP_VRID] = vrid;
	message[VRRP_PRIORITY] = priority;
	put_be16(message + VRRP_INTERVAL, interval);
	for (; *addresses; addresses++) {
		put_address(frame_append(frame, address_length), *addresses);
		message[VRRP_ADDRESS_COUNT]++;
	}
}

void frame_advert2(struct frame *frame, uint8_t vrid, uint8_t priority, uint8_t interval,
		   const char *const *addresses, uint8_t type, const void *password)
{
	uint8_t *message = frame->bytes + frame->length;

	frame_advert(frame, vrid, priority, 0, addresses);
	message[VRRP_VERSION_TYPE] = 2 << 4 | 1;
	message[VRRP2_AUTHENTICATION_TYPE] = type;
	message[VRRP2_INTERVAL] = interval;
	memcpy(frame_append(frame, 8), password, 8);
}

bool frame_is_ipv6(const struct frame *frame)
{
	return frame->bytes[frame->network] >> 4 == 6;
}

size_t frame_payload_end(const struct frame *frame)
{
	const uint8_t *header = frame->bytes + frame->network;

	if (frame_is_ipv6(frame))
		return frame->network + IPV6_HEADER_LENGTH + get_be16(header + 4);
	return frame->network + get_be16(header + 2);
}

void frame_fit(struct frame *frame)
{
	uint8_t *header = frame->bytes + frame->network;
	size_t length = frame->length - frame->network;

	if (frame_is_ipv6(frame))
		put_be16(header + 4, (uint16_t)(length - IPV6_HEADER_LENGTH));
	else
		put_be16(header + 2, (uint16_t)length);
}

/* RFC 1071 as a child would do it: add up the 16-bit words, bring each carry round at once. */
static uint16_t add_words(uint16_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned int word = i % 2 ? bytes[i] : (unsigned int)bytes[i] << 8;
		unsigned int total = sum + word;

		sum = (uint16_t)(total > 0xffff ? total - 0xffff : total);
	}
	return sum;
}

/* Both families' pseudo-headers: addresses, length and protocol (RFC 768; RFC 8200 section 8.1). */
static uint16_t add_pseudo_header(const struct frame *frame, size_t length)
{
	const uint8_t *header = frame->bytes + frame->network;
	bool ipv6 = frame_is_ipv6(frame);
	uint8_t rest[4] = {0};
	uint16_t sum;

	sum = add_words(0, header + (ipv6 ? 8 : 12), ipv6 ? 32 : 8);
	put_be16(rest, (uint16_t)length);
	rest[3] = header[ipv6 ? IPV6_NEXT_HEADER : IPV4_PROTOCOL];
	return add_words(sum, rest, sizeof(rest));
}

uint16_t checksum_transport(const struct frame *frame, bool pseudo_header)
{
	size_t trailer = frame_is_ipv6(frame) ? 0 : frame->trailer;
	size_t length = frame_payload_end(frame) - frame->transport - trailer;
	uint16_t sum = pseudo_header ? add_pseudo_header(frame, length) : 0;

	return (uint16_t)~add_words(sum, frame->bytes + frame->transport, length);
}

uint16_t checksum_ipv4_header(const struct frame *frame)
{
	const uint8_t *header = frame->bytes + frame->network;

	return (uint16_t)~add_words(0, header, (header[0] & 0xfu) * 4u);
}

static void set_transport_checksum(struct frame *frame, size_t offset, bool pseudo_header)
{
	uint8_t *at = frame->bytes + frame->transport + offset;

	put_be16(at, 0);
	put_be16(at, checksum_transport(frame, pseudo_header));
}

void frame_pseudo_checksum(struct frame *frame)
{
	set_transport_checksum(frame, VRRP_CHECKSUM, true);
}

void frame_checksum(struct frame *frame)
{
	uint8_t *header = frame->bytes + frame->network;
	bool ipv6 = frame_is_ipv6(frame);
	uint8_t protocol = header[ipv6 ? IPV6_NEXT_HEADER : IPV4_PROTOCOL];

	if (!ipv6) {
		put_be16(header + IPV4_CHECKSUM, 0);
		put_be16(header + IPV4_CHECKSUM, checksum_ipv4_header(frame));
	}
	if (protocol == 112)
		set_transport_checksum(frame, VRRP_CHECKSUM, ipv6);
	else if (protocol == IPPROTO_ICMPV6)
		set_transport_checksum(frame, ICMPV6_CHECKSUM, true);
}

void frame_finish(struct frame *frame)
{
	frame_fit(frame);
	frame_checksum(frame);
}
