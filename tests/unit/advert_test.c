// SPDX-License-Identifier: GPL-2.0-only
/*
 * The advertisement's codec and the announcement frames, against bytes written down by hand.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/attract/frames.h"
#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/advert.h"
#include "ctl/vrrp/packet.h"
#include "ctl/vrrp/trailer.h"

static const uint8_t our_mac[6] = {0x02, 0, 0, 0, 0, 0x0a};

static struct ip_address address(const char *text)
{
	struct ip_address parsed;

	assert_int_equal(address_parse(text, &parsed), 0);
	return parsed;
}

/* One address, as draft-cassen-vrrp-auth-hmac's example has it before its trailer. */
static const uint8_t example[] = {0x31, 0x33, 0xc8, 0x01, 0x00, 0x64,
				  0x44, 0x02, 0xc0, 0x00, 0x02, 0x64};

static struct advert_message example_message(void)
{
	return (struct advert_message){
		.version = VRRP_VERSION_3,
		.vrid = 51,
		.priority = 200,
		.max_advert_interval = 1 * NS_PER_S,
		.family = FAMILY_IPV4,
		.address_count = 1,
		.addresses = &example[8],
	};
}

static void encodes_the_example(void **state)
{
	struct ip_address source = address("198.51.100.10"), destination = address("224.0.0.18");
	struct advert_message message = example_message();
	uint8_t bytes[ADVERT_MESSAGE_MAX];

	(void)state;
	assert_int_equal(advert_encode(&message, bytes), sizeof(example));
	advert_checksum(bytes, sizeof(example), VRRP_CHECKSUM_MESSAGE, &source, &destination);
	assert_memory_equal(bytes, example, sizeof(example));
}

static void decodes_the_example(void **state)
{
	struct ip_address listed = address("192.0.2.100"), other = address("192.0.2.101");
	struct ip_address ipv6 = address("2001:db8::1");
	struct advert_message message;

	(void)state;
	assert_int_equal(advert_decode(example, sizeof(example), FAMILY_IPV4, &message), 0);
	assert_int_equal(message.vrid, 51);
	assert_int_equal(message.priority, 200);
	assert_int_equal(message.max_advert_interval, NS_PER_S);
	assert_true(advert_lists(&message, &listed, 1));
	assert_false(advert_lists(&message, &other, 1));
	assert_true(advert_lists(&message, (struct ip_address[]){listed, ipv6}, 2));
	assert_false(advert_lists(&message, (struct ip_address[]){listed, other}, 2));
	assert_false(advert_lists(&message, &ipv6, 1));
}

static void refuses_what_is_no_advertisement(void **state)
{
	struct advert_message message = {.vrid = 7};
	uint8_t bytes[sizeof(example)];

	(void)state;
	for (size_t length = 0; length < sizeof(example); length++)
		assert_int_equal(advert_decode(example, length, FAMILY_IPV4, &message), -EBADMSG);
	assert_int_equal(advert_decode(example, sizeof(example), FAMILY_IPV6, &message), -EBADMSG);
	for (unsigned int first = 0; first < 256; first++) {
		memcpy(bytes, example, sizeof(bytes));
		bytes[0] = (uint8_t)first;
		if (first != 0x31)
			assert_int_equal(advert_decode(bytes, sizeof(bytes), FAMILY_IPV4, &message),
					 -EBADMSG);
	}
	assert_int_equal(message.vrid, 7);
}

static void reserved_bits_are_not_part_of_the_interval(void **state)
{
	struct advert_message message;
	uint8_t bytes[sizeof(example)];

	(void)state;
	memcpy(bytes, example, sizeof(bytes));
	bytes[4] = 0xf0;
	assert_int_equal(advert_decode(bytes, sizeof(bytes), FAMILY_IPV4, &message), 0);
	assert_int_equal(message.max_advert_interval, NS_PER_S);
}

static void interval_holds_twelve_bits(void **state)
{
	struct advert_message message = example_message(), decoded;
	uint8_t bytes[ADVERT_MESSAGE_MAX];

	(void)state;
	for (uint64_t centiseconds = 1; centiseconds <= 4095; centiseconds++) {
		message.max_advert_interval = centiseconds * NS_PER_CS;
		advert_encode(&message, bytes);
		assert_int_equal(advert_decode(bytes, sizeof(example), FAMILY_IPV4, &decoded), 0);
		assert_int_equal(decoded.max_advert_interval, centiseconds * NS_PER_CS);
		assert_int_equal(bytes[4] & 0xf0, 0);
	}
}

static void too_many_addresses_do_not_fit(void **state)
{
	static const uint8_t addresses[255 * 16];
	struct advert_message message = example_message();
	uint8_t bytes[ADVERT_MESSAGE_MAX];

	(void)state;
	message.addresses = addresses;
	message.address_count = 255;
	assert_int_equal(advert_encode(&message, bytes), 8 + 255 * 4);
	message.family = FAMILY_IPV6;
	assert_int_equal(advert_encode(&message, bytes), -EMSGSIZE);
	message.address_count = 84;
	assert_int_equal(advert_encode(&message, bytes), 8 + 84 * 16);
}

/* The naive way: lay the pseudo header out in memory and add up big-endian words. */
static uint16_t naive_sum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2) {
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static void pseudo_headers_are_covered(void **state)
{
	struct ip_address source = address("198.51.100.10"), destination = address("198.51.100.11");
	uint8_t whole[12 + sizeof(example)] = {198, 51, 100, 10, 198, 51, 100, 11, 0, 112, 0, 12};

	(void)state;
	memcpy(whole + 12, example, sizeof(example));
	advert_checksum(whole + 12, sizeof(example), VRRP_CHECKSUM_PSEUDO_HEADER, &source,
			&destination);
	assert_int_equal(naive_sum(whole, sizeof(whole)), 0xffff);
}

static void ipv6_always_covers_the_pseudo_header(void **state)
{
	struct ip_address source = address("fe80::1"), destination = address("ff02::12");
	uint8_t whole[40 + 24] = {
		0xfe,      0x80,       [15] = 1, 0xff, 0x02, [31] = 0x12,
		[35] = 24, [39] = 112, 0x31,     51,   100,  1,
	};

	(void)state;
	advert_checksum(whole + 40, 24, VRRP_CHECKSUM_MESSAGE, &source, &destination);
	assert_int_equal(naive_sum(whole, sizeof(whole)), 0xffff);
}

/* Version 2: one address, and the password "geheim". */

static const uint8_t version_2[] = {0x21, 0x33, 0xc8, 0x01, 0x01, 0x01, 0x1a, 0x2d, 0xc0, 0x00,
				    0x02, 0x64, 'g',  'e',  'h',  'e',  'i',  'm',  0,    0};

static struct advert_message version_2_message(void)
{
	return (struct advert_message){
		.version = VRRP_VERSION_2,
		.vrid = 51,
		.priority = 200,
		.max_advert_interval = 1 * NS_PER_S,
		.family = FAMILY_IPV4,
		.address_count = 1,
		.addresses = &version_2[8],
		.authentication_type = VRRP2_SIMPLE_TEXT,
		.authentication_data = "geheim",
	};
}

static void encodes_version_2(void **state)
{
	struct ip_address source = address("198.51.100.10"), destination = address("224.0.0.18");
	struct advert_message message = version_2_message();
	uint8_t bytes[ADVERT_MESSAGE_MAX];

	(void)state;
	assert_int_equal(advert_encode(&message, bytes), sizeof(version_2));
	for (int coverage = 0; coverage < 2; coverage++) {
		advert_checksum(bytes, sizeof(version_2), (enum vrrp_checksum)coverage, &source,
				&destination);
		assert_int_equal(naive_sum(bytes, sizeof(version_2)), 0xffff);
		assert_memory_equal(bytes, version_2, sizeof(version_2));
	}
}

static void decodes_version_2(void **state)
{
	struct ip_address listed = address("192.0.2.100");
	struct advert_message message = {.vrid = 7};

	(void)state;
	for (size_t length = 0; length < sizeof(version_2); length++)
		assert_int_equal(advert_decode(version_2, length, FAMILY_IPV4, &message), -EBADMSG);
	assert_int_equal(advert_decode(version_2, sizeof(version_2), FAMILY_IPV6, &message),
			 -EBADMSG);
	assert_int_equal(message.vrid, 7);

	assert_int_equal(advert_decode(version_2, sizeof(version_2), FAMILY_IPV4, &message), 0);
	assert_int_equal(message.version, 2);
	assert_int_equal(message.vrid, 51);
	assert_int_equal(message.priority, 200);
	assert_int_equal(message.max_advert_interval, NS_PER_S);
	assert_int_equal(message.authentication_type, VRRP2_SIMPLE_TEXT);
	assert_memory_equal(message.authentication_data, "geheim\0", 8);
	assert_true(advert_lists(&message, &listed, 1));
}

static void version_2_interval_is_a_byte_of_seconds(void **state)
{
	struct advert_message message = version_2_message(), decoded;
	uint8_t bytes[ADVERT_MESSAGE_MAX];

	(void)state;
	for (uint64_t seconds = 1; seconds <= 255; seconds++) {
		message.max_advert_interval = seconds * NS_PER_S;
		advert_encode(&message, bytes);
		assert_int_equal(advert_decode(bytes, sizeof(version_2), FAMILY_IPV4, &decoded), 0);
		assert_int_equal(decoded.max_advert_interval, seconds * NS_PER_S);
		assert_int_equal(decoded.authentication_type, VRRP2_SIMPLE_TEXT);
	}
}

/* What follows a message is not looked at: the guard may leave a trailer there. */
static void a_trailer_is_not_in_the_way(void **state)
{
	uint8_t bytes[sizeof(version_2) + TRAILER_LENGTH] = {};
	struct advert_message message;

	(void)state;
	memcpy(bytes, example, sizeof(example));
	assert_int_equal(
		advert_decode(bytes, sizeof(example) + TRAILER_LENGTH, FAMILY_IPV4, &message), 0);
	assert_int_equal(message.address_count, 1);
	memcpy(bytes, version_2, sizeof(version_2));
	assert_int_equal(advert_decode(bytes, sizeof(bytes), FAMILY_IPV4, &message), 0);
	assert_memory_equal(message.authentication_data, "geheim\0", 8);
}

/* Packets. */

static void ipv4_packet_is_as_routers_send_it(void **state)
{
	static const uint8_t header[] = {
		0x45, 0xc0, 0x00, 0x20, 0x12, 0x34, 0x00, 0x00, 255, 112,
		0x91, 0xb5, 198,  51,   100,  10,   224,  0,    0,   18,
	};
	struct ip_address source = address("198.51.100.10"), destination = address("224.0.0.18");
	uint8_t packet[PACKET_MAX];

	(void)state;
	assert_int_equal(
		packet_build(packet, &source, &destination, 0x1234, example, sizeof(example)),
		sizeof(header) + sizeof(example));
	assert_int_equal(naive_sum(packet, sizeof(header)), 0xffff);
	packet[10] = header[10];
	packet[11] = header[11];
	assert_memory_equal(packet, header, sizeof(header));
	assert_memory_equal(packet + sizeof(header), example, sizeof(example));
}

static void ipv6_packet_is_as_routers_send_it(void **state)
{
	struct ip_address source = address("fe80::1"), destination = address("ff02::12");
	uint8_t packet[PACKET_MAX], expected[40] = {0x6c, 0, 0, 0, 0, 12, 112, 255};

	(void)state;
	memcpy(expected + 8, source.bytes, 16);
	memcpy(expected + 24, destination.bytes, 16);
	assert_int_equal(packet_build(packet, &source, &destination, 0, example, sizeof(example)),
			 sizeof(expected) + sizeof(example));
	assert_memory_equal(packet, expected, sizeof(expected));
}

static void groups_have_their_macs(void **state)
{
	struct ip_address group4 = address("224.0.0.18"), high = address("239.129.2.3");
	struct ip_address group6 = address("ff02::12");
	uint8_t mac[6];

	(void)state;
	packet_group_mac(&group4, mac);
	assert_memory_equal(mac, ((uint8_t[]){0x01, 0x00, 0x5e, 0x00, 0x00, 0x12}), 6);
	packet_group_mac(&high, mac);
	assert_memory_equal(mac, ((uint8_t[]){0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}), 6);
	packet_group_mac(&group6, mac);
	assert_memory_equal(mac, ((uint8_t[]){0x33, 0x33, 0x00, 0x00, 0x00, 0x12}), 6);
}

/* Announcements. */

static void announces_ipv4_by_gratuitous_arp(void **state)
{
	static const uint8_t expected[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0,    0, 0,   0x0a, 0x08, 0x06,
		0,    1,    0x08, 0,    6,    4,    0,    1, 0x02, 0, 0,   0,    0,    0x0a,
		192,  0,    2,    100,  0,    0,    0,    0, 0,    0, 192, 0,    2,    100,
	};
	struct ip_address vip = address("192.0.2.100");
	struct link_frame frame;

	(void)state;
	frame_announcement(&frame, our_mac, &vip, false);
	assert_int_equal(frame.length, sizeof(expected));
	assert_memory_equal(frame.bytes, expected, sizeof(expected));
}

static void asks_the_gateway_as_the_vip(void **state)
{
	struct ip_address vip = address("192.0.2.100"), gateway = address("192.0.2.97");
	struct link_frame frame;

	(void)state;
	frame_question(&frame, our_mac, &vip, &gateway);
	assert_memory_equal(frame.bytes + 28, ((uint8_t[]){192, 0, 2, 100}), 4);
	assert_memory_equal(frame.bytes + 38, ((uint8_t[]){192, 0, 2, 97}), 4);
}

static void check_nd_frame(const struct link_frame *frame, const char *source,
			   const char *destination, uint8_t type)
{
	struct ip_address from = address(source), to = address(destination);
	uint8_t whole[40 + 32] = {};

	assert_int_equal(frame->length, 86);
	assert_memory_equal(frame->bytes + 22, &from, 16);
	assert_memory_equal(frame->bytes + 38, &to, 16);
	assert_int_equal(frame->bytes[21], 255); /* hop limit */
	assert_int_equal(frame->bytes[54], type);

	memcpy(whole, frame->bytes + 22, 32);
	whole[35] = 32;
	whole[39] = 58;
	memcpy(whole + 40, frame->bytes + 54, 32);
	assert_int_equal(naive_sum(whole, sizeof(whole)), 0xffff);
}

static void announces_ipv6_to_all_nodes(void **state)
{
	struct ip_address vip = address("2001:db8::100");
	struct link_frame frame;

	(void)state;
	frame_announcement(&frame, our_mac, &vip, false);
	check_nd_frame(&frame, "2001:db8::100", "ff02::1", 136);
	assert_memory_equal(frame.bytes, ((uint8_t[]){0x33, 0x33, 0, 0, 0, 1}), 6);
	assert_int_equal(frame.bytes[58], 0x20); /* override, neither router nor solicited */
	assert_memory_equal(frame.bytes + 78, ((uint8_t[]){2, 1, 0x02, 0, 0, 0, 0, 0x0a}), 8);
	frame_announcement(&frame, our_mac, &vip, true);
	assert_int_equal(frame.bytes[58], 0xa0);
}

static void asks_the_ipv6_gateway_as_the_vip(void **state)
{
	struct ip_address vip = address("2001:db8::100"), gateway = address("fe80::1:2:3:abcd");
	struct link_frame frame;

	(void)state;
	frame_question(&frame, our_mac, &vip, &gateway);
	check_nd_frame(&frame, "2001:db8::100", "ff02::1:ff03:abcd", 135);
	assert_memory_equal(frame.bytes, ((uint8_t[]){0x33, 0x33, 0xff, 0x03, 0xab, 0xcd}), 6);
	assert_memory_equal(frame.bytes + 62, &gateway, 16);
	assert_memory_equal(frame.bytes + 78, ((uint8_t[]){1, 1, 0x02, 0, 0, 0, 0, 0x0a}), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_the_example),
		cmocka_unit_test(decodes_the_example),
		cmocka_unit_test(refuses_what_is_no_advertisement),
		cmocka_unit_test(reserved_bits_are_not_part_of_the_interval),
		cmocka_unit_test(interval_holds_twelve_bits),
		cmocka_unit_test(too_many_addresses_do_not_fit),
		cmocka_unit_test(pseudo_headers_are_covered),
		cmocka_unit_test(ipv6_always_covers_the_pseudo_header),
		cmocka_unit_test(encodes_version_2),
		cmocka_unit_test(decodes_version_2),
		cmocka_unit_test(version_2_interval_is_a_byte_of_seconds),
		cmocka_unit_test(a_trailer_is_not_in_the_way),
		cmocka_unit_test(ipv4_packet_is_as_routers_send_it),
		cmocka_unit_test(ipv6_packet_is_as_routers_send_it),
		cmocka_unit_test(groups_have_their_macs),
		cmocka_unit_test(announces_ipv4_by_gratuitous_arp),
		cmocka_unit_test(asks_the_gateway_as_the_vip),
		cmocka_unit_test(announces_ipv6_to_all_nodes),
		cmocka_unit_test(asks_the_ipv6_gateway_as_the_vip),
	};

	return cmocka_run_group_tests_name("advert", tests, NULL, NULL);
}
