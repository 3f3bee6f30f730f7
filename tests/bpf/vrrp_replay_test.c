/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signed advertisements in time: replays, the window and its edges, marks that expire, keys that
 * change.
 */
#include "tests/bpf/hmac_bench.h"

static void a_replay_is_refused(void **state)
{
	struct frame frame, next;
	uint64_t now;

	(void)state;
	for (size_t monotonic = 0; monotonic < 2; monotonic++) {
		for (size_t family = 0; family < 2; family++) {
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

/*
 * A bond or a hypervisor that duplicates frames brings each advertisement twice. That the first one
 * was valid makes no new burst of the second, which the log would have a line for each second.
 */
static void duplicates_are_one_burst(void **state)
{
	const struct timespec pause = {.tv_nsec = (long)(NOTICE_INTERVAL + NS_PER_MS)};
	struct notice_record notice;
	struct frame frame;

	(void)state;
	begin(AUTHENTICATION_ENFORCE, false);
	for (int i = 0; i < 4; i++) {
		signed_advert(&frame, &blue_advert, sequence_in(i));
		expect_accepted(&frame, true);
		expect_refused(&frame, DROP_vrrp_replay);
		assert_int_equal(take_notices(i == 0 ? &notice : NULL), i == 0);
		nanosleep(&pause, NULL);
	}
	assert_true(notice.first);
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
		cmocka_unit_test(a_replay_is_refused),
		cmocka_unit_test(duplicates_are_one_burst),
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
