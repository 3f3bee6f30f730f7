/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rows ask of the loaded dataplane: whether it accepts a frame as an advertisement, or for
 * what reason it does not.
 */
#ifndef VIPD_TESTS_CONFORMANCE_DATAPLANE_H
#define VIPD_TESTS_CONFORMANCE_DATAPLANE_H

#include "tests/bpf/adverts.h"
#include "tests/conformance/conformance.h"

/** ip_header(), vrrp_message() - where they are in a frame. */
uint8_t *ip_header(struct frame *frame);
uint8_t *vrrp_message(struct frame *frame);

/** set_source() and the others - change a field; the checksums are stale then. */
void set_source(struct frame *frame, const char *address);
void set_destination(struct frame *frame, const char *address);
void set_vrrp_byte(struct frame *frame, size_t field, uint8_t value);

/**
 * prepare_dataplane() - what is so when the frames of this row come in, besides what is usual
 * @prepare: NULL: nothing.
 */
void prepare_dataplane(void (*prepare)(void));

/** expect_accepted() - untagged and tagged, from outside, while we own both instances. */
void expect_accepted(const struct frame *frame);

/** expect_refused() - for this reason alone, and nothing is left behind. */
void expect_refused(const struct frame *frame, enum drop_reason reason);

/*
 * Advertisements of both families that are right but for one change, which is made before lengths
 * and checksums are set.
 */
void expect_changed_accepted(void (*change)(struct frame *frame));
void expect_changed_refused(void (*change)(struct frame *frame), enum drop_reason reason);

/** expect_byte_refused() - a byte of the VRRP header has this value. */
void expect_byte_refused(size_t field, uint8_t value, enum drop_reason reason);

#endif
