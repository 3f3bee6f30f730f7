/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signed advertisements: which are accepted in which mode, what each other one is refused for, in
 * the order in which that is judged; replays, the window and its edges, keys that change.
 */
#include <string.h>

#include "tests/bpf/signing.h"

static const struct network *const network = &networks[2];

/* Who sends, and over what. */
static const struct advert *const adverts[] = {&blue_advert, &green_advert};
#define EACH_FAMILY                                                                                \
	size_t family = 0;                                                                         \
	family < 2;                                                                                \
	family++

static void signed_advert(struct frame *frame, const struct advert *advert, uint64_t sequence)
{
	build_advert(frame, advert);
	frame_sign(frame, &first_secret, sequence);
}

static void begin(enum authentication_mode mode, bool monotonic)
{
	own_both(network);
	ask_for_hmac(mode, monotonic);
}

/* It is accepted, and leaves what an advertisement leaves, the message without the trailer. */
static void expect_accepted(const struct frame *frame, bool authenticated)
{
	__u64 before = read_traffic().adverts_accepted;
	__u64 authentic = read_traffic().adverts_authenticated;
	struct inbox_record record;
	struct outcome outcome;

	run_on(network, frame, &outcome);
	for (enum drop_reason reason = 0; reason < DROP_REASON_COUNT; reason++)
		if (outcome.verdict == XDP_DROP && read_drop(reason))
			print_error("%s\n", drop_name(reason));
	assert_int_equal(outcome.verdict, XDP_PASS);
	assert_int_equal(read_traffic().adverts_accepted, before + 1);
	assert_int_equal(read_traffic().adverts_authenticated, authentic + authenticated);
	assert_int_equal(take_inbox(&record), 1);
	assert_int_equal(record.length,
			 frame_payload_end(frame) - frame->transport - frame->trailer);
	assert_memory_equal(record.message, frame->bytes + frame->transport, record.length);
}

static void expect_refused(const struct frame *frame, enum drop_reason reason)
{
	__u64 before = read_drop(reason), all = read_all_drops();
	struct outcome outcome;

	run_on(network, frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_DROP);
	if (read_drop(reason) != before + 1)
		fail_msg("not refused for %s", drop_name(reason));
	assert_int_equal(read_all_drops(), all + 1);
	assert_int_equal(take_inbox(NULL), 0);
}

static void modes(void **state)
{
	struct frame plain, signed_frame;

	(void)state;
	for (EACH_FAMILY) {
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
	for (EACH_FAMILY) {
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
	for (EACH_FAMILY) {
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
	for (EACH_FAMILY)
		for (size_t first = 0; first < FAULT_COUNT; first++)
			for (size_t second = first; second < FAULT_COUNT; second++)
				check_pair(adverts[family], first, second);
}

/* What is behind a message is a trailer, or nothing. */
static void other_lengths_are_malformed(void **state)
{
	struct frame frame;

	(void)state;
	for (EACH_FAMILY) {
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
	for (EACH_FAMILY) {
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
	for (EACH_FAMILY) {
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
	for (EACH_FAMILY) {
		begin(AUTHENTICATION_ENFORCE, false);
		signed_advert(&frame, adverts[family], sequence_in(0));
		put_address(frame.bytes + frame.network + (family ? 8 : 12),
			    family ? N3_LINK_LOCAL : N3_ADDRESS4);
		frame_checksum(&frame);
		expect_refused(&frame, DROP_vrrp_hmac);
	}
}

/* Replay. */

static void a_replay_is_refused(void **state)
{
	struct frame frame, next;
	uint64_t now;

	(void)state;
	for (size_t monotonic = 0; monotonic < 2; monotonic++) {
		for (EACH_FAMILY) {
			__u32 vrid = adverts[family]->vrid;

			begin(AUTHENTICATION_ENFORCE, monotonic);
			now = sequence_in(0);
			signed_advert(&frame, adverts[family], now);
			signed_advert(&next, adverts[family], now + 1);
			expect_accepted(&frame, true);
			assert_true(read_advert(vrid, N2_INDEX).sequence == now);
			expect_refused(&frame, DROP_vrrp_replay);
			expect_accepted(&next, true);
			expect_refused(&frame, DROP_vrrp_replay);
			expect_refused(&next, DROP_vrrp_replay);
			assert_true(read_advert(vrid, N2_INDEX).sequence == now + 1);
			assert_int_equal(read_advert(vrid, N2_INDEX).count, 2);
		}
	}
}

/* Each sender has its own mark, for each virtual router. */
static void marks_are_apart(void **state)
{
	struct advert n3 = blue_advert;
	struct frame frame;

	(void)state;
	begin(AUTHENTICATION_ENFORCE, false);
	n3.mac = N3_MAC;
	n3.source = N3_ADDRESS4;
	signed_advert(&frame, &blue_advert, sequence_in(1000));
	expect_accepted(&frame, true);
	signed_advert(&frame, &n3, sequence_in(0));
	expect_accepted(&frame, true);
	signed_advert(&frame, &green_advert, sequence_in(0));
	expect_accepted(&frame, true);
}

/* A forgery of the future must not silence its alleged sender. */
static void only_what_is_signed_moves_the_mark(void **state)
{
	struct frame forged, frame;

	(void)state;
	begin(AUTHENTICATION_PERMISSIVE, false);
	build_advert(&forged, &blue_advert);
	frame_sign(&forged, &second_secret, sequence_in(2000));
	frame_trailer(&forged)[TRAILER_KEY_ID] = first_secret.id;
	expect_refused(&forged, DROP_vrrp_hmac);
	assert_true(read_advert(BLUE, N2_INDEX).sequence == 0);
	signed_advert(&frame, &blue_advert, sequence_in(0));
	expect_accepted(&frame, true);

	/* Nor does one without a trailer, where that is allowed. */
	build_advert(&forged, &blue_advert);
	expect_accepted(&forged, false);
	expect_refused(&frame, DROP_vrrp_replay);
}

/* The window, of 5 s. */

static void the_window_has_edges(void **state)
{
	static const struct {
		int64_t milliseconds;
		bool inside;
	} times[] = {
		{0, true},     {-4800, true},     {4800, true},     {-5200, false},
		{5200, false}, {-3600000, false}, {3600000, false}, {-1000000000, false},
	};
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		begin(AUTHENTICATION_ENFORCE, false);
		signed_advert(&frame, &blue_advert, sequence_in(times[i].milliseconds));
		if (times[i].inside)
			expect_accepted(&frame, true);
		else
			expect_refused(&frame, DROP_vrrp_trailer_stale);
		begin(AUTHENTICATION_ENFORCE, true);
		expect_accepted(&frame, true);
	}
}

/* What an operator gets to see of it: two times in seconds. */
static void a_stale_one_is_noticed(void **state)
{
	struct notice_record notice;
	struct frame frame;

	(void)state;
	begin(AUTHENTICATION_ENFORCE, false);
	signed_advert(&frame, &blue_advert, sequence_in(-60000));
	expect_refused(&frame, DROP_vrrp_trailer_stale);
	assert_int_equal(take_notices(&notice), 1);
	assert_in_range(notice.expected - notice.received, 59, 61);
}

/* A mark out of the window tells nothing: its sender's clock was corrected. */
static void a_mark_expires(void **state)
{
	static const int64_t marks[] = {-3600000, -5200, 5200, 3600000, 1000000000};
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct advert_entry seen = {
			.seen_at = 1, .count = 1, .sequence = sequence_in(marks[i])};

		begin(AUTHENTICATION_ENFORCE, false);
		set_advert(BLUE, N2_INDEX, &seen);
		signed_advert(&frame, &blue_advert, sequence_in(0));
		expect_accepted(&frame, true);

		begin(AUTHENTICATION_ENFORCE, true);
		set_advert(BLUE, N2_INDEX, &seen);
		if (marks[i] < 0)
			expect_accepted(&frame, true);
		else
			expect_refused(&frame, DROP_vrrp_replay);
	}
}

/* RFC 1982: what is half the numbers ahead is behind. */
static void sequences_wrap(void **state)
{
	struct advert_entry seen = {.seen_at = 1, .count = 1, .sequence = UINT64_MAX - 1};
	struct frame frame;

	(void)state;
	begin(AUTHENTICATION_ENFORCE, true);
	set_advert(BLUE, N2_INDEX, &seen);
	signed_advert(&frame, &blue_advert, UINT64_MAX - 1);
	expect_refused(&frame, DROP_vrrp_replay);
	signed_advert(&frame, &blue_advert, 0); /* stands for none */
	expect_refused(&frame, DROP_vrrp_replay);
	signed_advert(&frame, &blue_advert, 1);
	expect_accepted(&frame, true);
	signed_advert(&frame, &blue_advert, 1ULL << 63);
	expect_accepted(&frame, true);
	signed_advert(&frame, &blue_advert, 1);
	expect_refused(&frame, DROP_vrrp_replay);
}

/* A new key everywhere, then senders use it, then the old one goes. */
static void keys_rotate(void **state)
{
	struct frame old, new;
	uint64_t now;

	(void)state;
	begin(AUTHENTICATION_ENFORCE, false);
	now = sequence_in(0);
	build_advert(&new, &blue_advert);
	frame_sign(&new, &second_secret, now + 1);
	expect_refused(&new, DROP_vrrp_unknown_key);
	set_secret(&second_secret);
	signed_advert(&old, &blue_advert, now);
	expect_accepted(&old, true);
	expect_accepted(&new, true);
	expect_refused(&old, DROP_vrrp_replay);

	set_key(first_secret.id, &(struct key_entry){});
	signed_advert(&old, &blue_advert, now + 2);
	expect_refused(&old, DROP_vrrp_unknown_key);
	build_advert(&new, &blue_advert);
	frame_sign(&new, &second_secret, now + 3);
	expect_accepted(&new, true);
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
		cmocka_unit_test(a_replay_is_refused),
		cmocka_unit_test(marks_are_apart),
		cmocka_unit_test(only_what_is_signed_moves_the_mark),
		cmocka_unit_test(the_window_has_edges),
		cmocka_unit_test(a_stale_one_is_noticed),
		cmocka_unit_test(a_mark_expires),
		cmocka_unit_test(sequences_wrap),
		cmocka_unit_test(keys_rotate),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
