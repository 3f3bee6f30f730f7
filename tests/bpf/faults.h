/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every way in which a VRRP advertisement can be wrong, and the reason it is then dropped for: in
 * the order in which the guard judges, so that of two faults in one frame the first is the reason.
 */
#ifndef VIPD_TESTS_BPF_FAULTS_H
#define VIPD_TESTS_BPF_FAULTS_H

#include "tests/bpf/adverts.h"

/*
 * One thing wrong with an advertisement that is otherwise right: @change comes before lengths and
 * checksums are set anew, @spoil after. One of the two is NULL.
 */
struct fault {
	const char *name;
	enum drop_reason reason;
	void (*change)(struct frame *frame);
	void (*spoil)(struct frame *frame);
};

extern const struct fault faults4[];
extern const size_t fault4_count;
extern const struct fault faults6[];
extern const size_t fault6_count;

#endif
