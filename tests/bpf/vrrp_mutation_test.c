/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Advertisements with random bits turned: whatever comes out, the dataplane either accepts exactly
 * what an independent reading of RFC 9568 section 7.1 accepts, and draws the right conclusions, or
 * leaves everything as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bpf/signing.h"

#define PROTOCOL_VRRP 112
#define ROUNDS        20000
#define TURNS_MAX     4

static const struct network *const network = &networks[2];

static const uint8_t *network_header(const struct frame *frame)
{
	return frame->bytes + frame->network;
}

/* The bits of @frame may be any: look at nothing beyond its end. */

static bool is_good_ipv4(const struct frame *frame)
{
	const uint8_t *ip = network_header(frame);
	uint16_t total = get_be16(ip + 2);
	bool fragment = (get_be16(ip + IPV4_FRAGMENT) & 0x3fff) != 0;

	return ip[0] == 0x45 && total >= 20 && frame->network + total <= frame->length &&
	       !fragment && ip[IPV4_TTL] == 255 && ip[IPV4_PROTOCOL] == PROTOCOL_VRRP &&
	       checksum_ipv4_header(frame) == 0;
}

static bool is_good_ipv6(const struct frame *frame)
{
	const uint8_t *ip = network_header(frame);

	return ip[0] >> 4 == 6 && frame_payload_end(frame) <= frame->length &&
	       ip[IPV6_HOP_LIMIT] == 255 && ip[IPV6_NEXT_HEADER] == PROTOCOL_VRRP;
}

static bool has_address(const struct frame *frame, size_t at, const char *text)
{
	size_t length = strchr(text, ':') ? 16 : 4;
	uint8_t address[16];

	put_address(address, text);
	return memcmp(network_header(frame) + at, address, length) == 0;
}

static bool is_from(const struct frame *frame, const char *address)
{
	return has_address(frame, strchr(address, ':') ? 8 : 12, address);
}

static bool is_to(const struct frame *frame, const char *address)
{
	return has_address(frame, strchr(address, ':') ? 24 : 16, address);
}

/* Only link-local addresses speak to the group of IPv6. */
static bool is_to_us(const struct frame *frame, bool ipv6)
{
	if (!ipv6)
		return is_to(frame, VRRP_GROUP4) || is_to(frame, OUR_ADDRESS4);
	if (is_to(frame, VRRP_GROUP6))
		return !is_from(frame, N2_ADDRESS6);
	return is_to(frame, OUR_ADDRESS6) || is_to(frame, OUR_LINK_LOCAL);
}

static bool is_from_peer(const struct frame *frame, bool ipv6)
{
	if (ipv6)
		return is_from(frame, N2_ADDRESS6) || is_from(frame, N2_LINK_LOCAL);
	return is_from(frame, N2_ADDRESS4);
}

/* n3's addresses are one bit from n2's; its MAC is not pinned. */
static bool is_from_n3(const struct frame *frame, bool ipv6)
{
	return is_from(frame, ipv6 ? N3_LINK_LOCAL : N3_ADDRESS4);
}

static bool is_good_message(const struct frame *frame, bool ipv6)
{
	const uint8_t *vrrp = frame->bytes + frame->transport;
	size_t length = frame_payload_end(frame) - frame->transport;
	bool sum_is_right;

	if (length < 8)
		return false;
	sum_is_right = checksum_transport(frame, true) == 0 ||
		       (!ipv6 && checksum_transport(frame, false) == 0);
	return vrrp[VRRP_VERSION_TYPE] == 0x31 && vrrp[VRRP_VRID] == (ipv6 ? GREEN : BLUE) &&
	       vrrp[VRRP_ADDRESS_COUNT] > 0 && (get_be16(vrrp + VRRP_INTERVAL) & 0xfff) != 0 &&
	       length == 8u + vrrp[VRRP_ADDRESS_COUNT] * (ipv6 ? 16u : 4u) && sum_is_right;
}

static bool is_acceptable(const struct frame *frame, bool ipv6)
{
	return (ipv6 ? is_good_ipv6(frame) : is_good_ipv4(frame)) &&
	       (is_from_peer(frame, ipv6) || is_from_n3(frame, ipv6)) && is_to_us(frame, ipv6) &&
	       is_good_message(frame, ipv6);
}

/* RFC 9568 section 6.4.3. Our address is smaller than every peer's. */
static bool is_better(const uint8_t *vrrp)
{
	return vrrp[VRRP_PRIORITY] >= PRIORITY;
}

static const char *find_wrong_acceptance(const struct frame *frame, bool ipv6)
{
	const uint8_t *vrrp = frame->bytes + frame->transport;
	__u32 vrid = ipv6 ? GREEN : BLUE;
	__u32 peer = is_from_n3(frame, ipv6) ? N3_INDEX : N2_INDEX;
	struct advert_entry seen = read_advert(vrid, peer);
	struct inbox_record record;

	if (read_all_drops() != 0 || read_traffic().adverts_accepted != 1)
		return "not accepted";
	if (seen.count != 1 || seen.priority != vrrp[VRRP_PRIORITY] ||
	    seen.max_advert_interval != (get_be16(vrrp + VRRP_INTERVAL) & 0xfff))
		return "vipd_adverts does not tell";
	if (take_inbox(&record) != 1 || record.peer != peer || record.vrid != vrid ||
	    memcmp(record.message, vrrp, record.length) != 0)
		return "vipd_inbox does not tell";
	if ((read_instance(vrid).lease_until == 0) != is_better(vrrp))
		return "the lease does not follow";
	return NULL;
}

/* Refused, or, where it is no VRRP any more, passed: one or the other, and no trace. */
static const char *find_wrong_refusal(__u32 verdict)
{
	if (verdict != XDP_DROP && verdict != XDP_PASS)
		return verdict_name(verdict);
	if (read_all_drops() != (verdict == XDP_DROP))
		return "the drops do not tell";
	return find_trace();
}

static bool is_vrrp(const struct frame *frame, bool ipv6)
{
	return network_header(frame)[ipv6 ? IPV6_NEXT_HEADER : IPV4_PROTOCOL] == PROTOCOL_VRRP;
}

static const char *find_wrong(const struct frame *frame, bool ipv6)
{
	struct outcome outcome;

	own_both(network);
	run_on(network, frame, &outcome);
	if (is_acceptable(frame, ipv6))
		return outcome.verdict == XDP_PASS ? find_wrong_acceptance(frame, ipv6)
						   : "not passed";
	if (is_vrrp(frame, ipv6) && outcome.verdict != XDP_DROP)
		return "let through";
	return find_wrong_refusal(outcome.verdict);
}

static void check(const struct frame *frame, bool ipv6)
{
	const char *wrong = find_wrong(frame, ipv6);

	if (!wrong)
		return;
	for (size_t i = 0; i < frame->length; i++)
		print_error("%02x ", frame->bytes[i]);
	fail_msg("%s", wrong);
}

static void turn_bit(struct frame *frame, size_t bit)
{
	frame->bytes[frame->network + bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* Any one bit from the IP header to the end: most are caught by a checksum. */
static void check_every_bit(const struct advert *advert)
{
	struct frame whole;

	build_advert(&whole, advert);
	for (size_t bit = 0; bit < (whole.length - whole.network) * 8; bit++) {
		struct frame frame = whole;

		turn_bit(&frame, bit);
		check(&frame, advert == &green_advert);
	}
}

static void every_single_bit(void **state)
{
	(void)state;
	check_every_bit(&blue_advert);
	check_every_bit(&green_advert);
}

/* Whether the headers are whole enough for frame_checksum() not to run off the frame. */
static bool can_sum(const struct frame *frame, bool ipv6)
{
	size_t end = frame_payload_end(frame);

	return frame_is_ipv6(frame) == ipv6 && end >= frame->transport + 8 && end <= frame->length;
}

/* A few bits, and the checksums made right again, so that the other checks have to do the work. */
static bool check_random_bits(const struct advert *advert, unsigned int *seed)
{
	bool ipv6 = advert == &green_advert;
	struct frame frame;
	size_t bits;

	build_advert(&frame, advert);
	bits = (frame.length - frame.network) * 8;
	for (int i = rand_r(seed) % TURNS_MAX; i >= 0; i--)
		turn_bit(&frame, (size_t)rand_r(seed) % bits);
	if (can_sum(&frame, ipv6))
		frame_checksum(&frame);
	check(&frame, ipv6);
	return is_acceptable(&frame, ipv6);
}

static void random_bits_under_right_checksums(void **state)
{
	unsigned int seed = 9568;
	unsigned int accepted = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++)
		accepted += check_random_bits(round % 2 ? &blue_advert : &green_advert, &seed);
	/* Neither side of the judgement is left out. */
	assert_in_range(accepted, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

/* Under an HMAC any bits of message and trailer are missed, however right the checksums are. */
static void check_signed(const struct advert *advert, unsigned int *seed)
{
	struct frame whole, frame;
	struct outcome outcome;
	const char *found;

	own_both(network);
	ask_for_hmac(AUTHENTICATION_ENFORCE, false);
	build_advert(&whole, advert);
	frame_sign(&whole, &first_secret, sequence_in(0));
	frame = whole;
	for (int i = rand_r(seed) % TURNS_MAX; i >= 0; i--)
		turn_bit(&frame,
			 (frame.transport - frame.network) * 8 +
				 (size_t)rand_r(seed) % ((frame.length - frame.transport) * 8));
	frame_checksum(&frame);
	if (same_bytes(&frame, &whole)) /* the checksum's own bits, or the same twice */
		return;
	run_on(network, &frame, &outcome);
	found = outcome.verdict == XDP_DROP ? find_trace() : verdict_name(outcome.verdict);
	if (found)
		fail_msg("%s", found);
}

static void random_bits_under_an_hmac(void **state)
{
	unsigned int seed = 2104;

	(void)state;
	for (int round = 0; round < ROUNDS; round++)
		check_signed(round % 2 ? &blue_advert : &green_advert, &seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_single_bit),
		cmocka_unit_test(random_bits_under_right_checksums),
		cmocka_unit_test(random_bits_under_an_hmac),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
