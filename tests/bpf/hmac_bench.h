/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of signed advertisements begin with: a network where they are asked for, one such
 * advertisement, and what accepting or refusing it must leave behind.
 */
#ifndef VIPD_TESTS_BPF_HMAC_BENCH_H
#define VIPD_TESTS_BPF_HMAC_BENCH_H

#include <string.h>

#include "tests/bpf/adverts.h"

static const struct network *const network = &networks[2];

/* One for each family. */
static const struct advert *const adverts[] = {&blue_advert, &green_advert};

static inline void signed_advert(struct frame *frame, const struct advert *advert,
				 uint64_t sequence)
{
	build_advert(frame, advert);
	frame_sign(frame, &first_secret, sequence);
}

static inline void begin(enum authentication_mode mode, bool monotonic)
{
	own_both(network);
	ask_for_hmac(mode, monotonic);
}

/* It is accepted, and leaves what an advertisement leaves, the message without the trailer. */
static inline void expect_accepted(const struct frame *frame, bool authenticated)
{
	__u64 before = read_traffic().adverts_accepted;
	__u64 authentic = read_traffic().adverts_authenticated;
	struct inbox_record record;
	struct outcome outcome;

	run_on(network, frame, &outcome);
	for (enum drop_reason reason = DROP_REASON_FIRST; reason < DROP_REASON_END; reason++)
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

static inline void expect_refused(const struct frame *frame, enum drop_reason reason)
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

#endif
