/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Version 2 on the dataplane's bench: the instance that speaks it, and what a peer sends it.
 */
#ifndef VIPD_TESTS_CONFORMANCE_VERSION2_H
#define VIPD_TESTS_CONFORMANCE_VERSION2_H

#include "tests/conformance/dataplane.h"

/**
 * speak_version2() - let BLUE speak it for the rest of the row, at an interval of one second
 * @type: enum vrrp2_authentication.
 * @password: up to 8 bytes.
 */
void speak_version2(uint8_t type, const char *password);

/** build_advert2() - from n2, of a higher priority than ours, finished. */
void build_advert2(struct frame *frame, uint8_t type, const char *password);

#endif
