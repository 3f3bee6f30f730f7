/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the machine makes of fields that the dataplane has accepted. A file of its own, because the
 * benches of the two do not go together in one.
 */
#ifndef VIPD_TESTS_CONFORMANCE_LEARNING_H
#define VIPD_TESTS_CONFORMANCE_LEARNING_H

void expect_another_interval_learned(void);
void expect_learned_interval_clamped(void);
void expect_owner_obeyed(void);

#endif
