/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signed advertisements: which are accepted in which mode, and what each other one is refused for,
 * in the order in which that is judged.
 */
#include "tests/bpf/hmac_bench.h"

static void modes(void **state)
{
	struct frame plain, signed_frame;

	(void)state;
	for (size_t family = 0; family < 2; family++) {
		build_advert(&plain, adverts[family]);
		signed_advert(&signed_frame, adverts[family], sequence_in(0));

		begin(AUTHENTICATION_OFF, false);
		expect_accepted(&plain, false);
		expect_refused(&signed_frame, DROP_vrrp_length);
		begin(AUTHENTICATION_RECEIVE_ONLY, false);
		expect_accepted(&plain, false);
		expect_accepted(&signed_frame, true);
		begin(AUTHENTICATION_PERMISSIVE, false);
		expect_accepted(&plain, false);
		expect_accepted(&signed_frame, true);
		begin(AUTHENTICATION_ENFORCE, false);
		expect_refused(&plain, DROP_vrrp_unsigned);
		assert_null(find_trace());
		expect_accepted(&signed_frame, true);
	}
}

static void on_all_networks(void **state)
{
	struct outcome outcome;
	struct frame frame;

	(void)state;
	for (size_t family = 0; family < 2; family++) {
		for (size_t i = 0; i < network_count; i++) {
			own_both(&networks[i]);
			ask_for_hmac(AUTHENTICATION_ENFORCE, false);
			signed_advert(&frame, adverts[family], sequence_in(0));
			frame_pad(&frame, 200);
			run_on(&networks[i], &frame, &outcome);
			assert_int_equal(outcome.verdict, XDP_PASS);
			assert_int_equal(read_traffic().adverts_authenticated, 1);
		}
	}
}

/* Whatever the count of addresses: the digest's blocks end anywhere. */
static void of_any_length(void **state)
{
	struct frame frame;

	(void)state;
	for (size_t family = 0; family < 2; family++) {
		bool ipv6 = family == 1;

		for (unsigned int count = 2; count <= (ipv6 ? 84 : 255); count++) {
			begin(AUTHENTICATION_ENFORCE, false);
			build_advert(&frame, adverts[family]);
			for (size_t i = 0; i < (count - 2) * (ipv6 ? 16 : 4); i++)
				frame_append(&frame, 1)[0] = (uint8_t)(i * 11);
			frame.bytes[frame.transport + VRRP_ADDRESS_COUNT] = (uint8_t)count;
			frame_sign(&frame, &first_secret, sequence_in(0));
			expect_accepted(&frame, true);
		}
	}
}

/* The pseudo header of IPv4 leaves the trailer out, as the checksum does. */
static void checksum_with_pseudo_header(void **state)
{
	struct frame frame;

	(void)state;
	begin(AUTHENTICATION_ENFORCE, false);
	signed_advert(&frame, &blue_advert, sequence_in(0));
	frame_pseudo_checksum(&frame);
	expect_accepted(&frame, true);
	assert_int_equal(read_traffic().adverts_pseudo_header, 1);
	frame.trailer = 0;
	frame_checksum(&frame);
	expect_refused(&frame, DROP_vrrp_checksum);
	frame_pseudo_checksum(&frame);
	expect_refused(&frame, DROP_vrrp_checksum);
}

/* The vector that the format is documented with. */
static void the_documented_vector(void **state)
{
	static const char *const vips[] = {"192.0.2.100", NULL};
	static const uint8_t expected[] = {
		0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0x44, 0x02, 0xc0, 0x00, 0x02, 0x64, 0x01, 0x01,
		0x00, 0x00, 0x68, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x1b, 0x84, 0xbc, 0x4e,
		0x8e, 0x43, 0x89, 0x2d, 0xc6, 0xd9, 0x84, 0x48, 0xf8, 0xee, 0x22, 0x65};
	const struct peer_entry sender = {.index = N3_INDEX};
	struct frame frame;

	(void)state;
	begin(AUTHENTICATION_ENFORCE, true);
	set_peer("198.51.100.10", &sender);
	frame_ethernet(&frame, VRRP_GROUP4_MAC, N3_MAC, ETH_P_IP);
	frame_ip(&frame, "198.51.100.10", VRRP_GROUP4, 112);
	frame_advert(&frame, 51, 200, 100, vips);
	frame_finish(&frame);
	frame_sign(&frame, &first_secret, 0x6800000080000000);
	assert_memory_equal(frame.bytes + frame.transport, expected, sizeof(expected));
	expect_accepted(&frame, true);
}

/* What can be wrong with a trailer, in the order in which it is judged. */

static void type_2(struct frame *frame)
{
	frame_trailer(frame)[TRAILER_TYPE] = 2;
}

static void reserved(struct frame *frame)
{
	frame_trailer(frame)[TRAILER_RESERVED + 1] = 1;
}

static void stale(struct frame *frame)
{
	frame_trailer(frame)[TRAILER_SEQUENCE + 2] ^= 1; /* 256 s */
}

static void other_key(struct frame *frame)
{
	frame_trailer(frame)[TRAILER_KEY_ID] = 7;
}

static void key_0(struct frame *frame)
{
	frame_trailer(frame)[TRAILER_KEY_ID] = 0;
}

static void other_hmac(struct frame *frame)
{
	frame_trailer(frame)[TRAILER_HMAC + 15] ^= 1;
}

static void older_than_the_mark(struct frame *frame)
{
	const struct advert_entry seen = {.seen_at = 1, .count = 1, .sequence = sequence_in(1000)};

	(void)frame;
	set_advert(BLUE, N2_INDEX, &seen);
	set_advert(GREEN, N2_INDEX, &seen);
}

static const struct {
	const char *name;
	enum drop_reason reason;
	void (*change)(struct frame *frame);
	bool breaks_hmac;
} faults[] = {
	{"type 2", DROP_vrrp_trailer_malformed, type_2, false},
	{"reserved", DROP_vrrp_trailer_malformed, reserved, false},
	{"stale", DROP_vrrp_trailer_stale, stale, false},
	{"other key", DROP_vrrp_unknown_key, other_key, false},
	{"key 0", DROP_vrrp_unknown_key, key_0, false},
	{"HMAC", DROP_vrrp_hmac, other_hmac, true},
	{"replay", DROP_vrrp_replay, older_than_the_mark, false},
};
#define FAULT_COUNT (sizeof(faults) / sizeof(faults[0]))

/* Of two faults the first is the reason; the HMAC is right for all but its own. */
static void check_pair(const struct advert *advert, size_t first, size_t second)
{
	struct frame frame;

	begin(AUTHENTICATION_ENFORCE, false);
	signed_advert(&frame, advert, sequence_in(0));
	faults[first].change(&frame);
	if (second != first)
		faults[second].change(&frame);
	frame_sign_again(&frame, &first_secret);
	if (faults[first].breaks_hmac || faults[second].breaks_hmac)
		other_hmac(&frame);
	frame_checksum(&frame);
	expect_refused(&frame, faults[first].reason);
	assert_int_equal(read_traffic().adverts_accepted, 0);
}

static void faults_are_judged_in_order(void **state)
{
	(void)state;
	for (size_t family = 0; family < 2; family++)
		for (size_t first = 0; first < FAULT_COUNT; first++)
			for (size_t second = first; second < FAULT_COUNT; second++)
				check_pair(adverts[family], first, second);
}

/* What is behind a message is a trailer, or nothing. */
static void other_lengths_are_malformed(void **state)
{
	struct frame frame;

	(void)state;
	for (size_t family = 0; family < 2; family++) {
		for (size_t length = 1; length <= 64; length++) {
			if (length == TRAILER_LENGTH)
				continue;
			begin(AUTHENTICATION_PERMISSIVE, false);
			build_advert(&frame, adverts[family]);
			frame_append(&frame, length)[0] = 1;
			frame.trailer = length;
			frame_finish(&frame);
			expect_refused(&frame, DROP_vrrp_trailer_malformed);
			assert_null(find_trace());
		}
	}
}

static void cut_anywhere(void **state)
{
	struct outcome outcome;
	struct frame whole;

	(void)state;
	for (size_t family = 0; family < 2; family++) {
		signed_advert(&whole, adverts[family], sequence_in(0));
		for (size_t length = whole.transport; length < whole.length; length++) {
			struct frame frame = whole;

			begin(AUTHENTICATION_ENFORCE, false);
			frame.length = length;
			run_on(network, &frame, &outcome);
			assert_int_equal(outcome.verdict, XDP_DROP);
			frame.trailer = 0;
			frame_finish(&frame);
			run_on(network, &frame, &outcome);
			assert_int_equal(outcome.verdict, XDP_DROP);
			assert_int_equal(read_all_drops(), 2);
			assert_null(find_trace());
		}
	}
}

/* Any bit of message and trailer, also under a right checksum, where only the HMAC can tell. */
static void any_bit_counts(void **state)
{
	struct outcome outcome;
	struct frame whole;

	(void)state;
	for (size_t family = 0; family < 2; family++) {
		signed_advert(&whole, adverts[family], sequence_in(0));
		for (size_t bit = whole.transport * 8; bit < whole.length * 8; bit++) {
			struct frame frame = whole;

			begin(AUTHENTICATION_ENFORCE, false);
			frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			run_on(network, &frame, &outcome);
			assert_int_equal(outcome.verdict, XDP_DROP);
			assert_null(find_trace());
			if (bit / 8 - whole.transport == VRRP_CHECKSUM ||
			    bit / 8 - whole.transport == VRRP_CHECKSUM + 1)
				continue;
			begin(AUTHENTICATION_ENFORCE, false);
			frame_checksum(&frame);
			run_on(network, &frame, &outcome);
			assert_int_equal(outcome.verdict, XDP_DROP);
			assert_null(find_trace());
		}
	}
}

/* n3 signs with the same key, but not what n2 has said. */
static void the_source_is_signed(void **state)
{
	struct frame frame;

	(void)state;
	for (size_t family = 0; family < 2; family++) {
		begin(AUTHENTICATION_ENFORCE, false);
		signed_advert(&frame, adverts[family], sequence_in(0));
		put_address(frame.bytes + frame.network + (family ? 8 : 12),
			    family ? N3_LINK_LOCAL : N3_ADDRESS4);
		frame_checksum(&frame);
		expect_refused(&frame, DROP_vrrp_hmac);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes),
		cmocka_unit_test(on_all_networks),
		cmocka_unit_test(of_any_length),
		cmocka_unit_test(checksum_with_pseudo_header),
		cmocka_unit_test(the_documented_vector),
		cmocka_unit_test(faults_are_judged_in_order),
		cmocka_unit_test(other_lengths_are_malformed),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(any_bit_counts),
		cmocka_unit_test(the_source_is_signed),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
