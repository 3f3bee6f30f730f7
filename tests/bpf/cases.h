/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of frames and what the dataplane does with each. Every table runs on every network the
 * harness knows, and every frame once more cut at each length: a cut frame is never answered,
 * never accepted, and never breaks the program.
 */
#ifndef VIPD_TESTS_BPF_CASES_H
#define VIPD_TESTS_BPF_CASES_H

#include "tests/bpf/harness.h"

struct packet_case {
	const char *name;
	void (*build)(struct frame *frame);
	__u32 verdict;                        /* enum xdp_action */
	enum drop_reason drop;                /* for XDP_DROP; NO_DROP otherwise */
	void (*answer)(struct frame *answer); /* for XDP_TX: what is sent, byte by byte */
	void (*prepare)(void);                /* changes the usual tables; may be NULL */
	struct traffic_entry traffic;         /* the counters that move */
};

/* The three kinds of row: a frame that is answered, one that is dropped, one that passes as is. */
#define ANSWERED(about, frame, reply, counter)                                                     \
	{                                                                                          \
		.name = about, .build = frame, .verdict = XDP_TX, .drop = NO_DROP,                 \
		.answer = reply, .traffic = {.counter = 1},                                        \
	}
#define DROPPED(about, frame, reason)                                                              \
	{                                                                                          \
		.name = about, .build = frame, .verdict = XDP_DROP, .drop = DROP_##reason,         \
	}
#define PASSED(about, frame)                                                                       \
	{                                                                                          \
		.name = about, .build = frame, .verdict = XDP_PASS, .drop = NO_DROP,               \
	}

/** check_cases() - run a table; names every row that went wrong, then fails. */
void check_cases(const struct packet_case *cases, size_t count);

#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof((cases)[0]))

#endif
