/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VRRP advertisements as the peers of the test cluster send them, and what accepting or refusing
 * one leaves behind.
 */
#ifndef VIPD_TESTS_BPF_ADVERTS_H
#define VIPD_TESTS_BPF_ADVERTS_H

#include "tests/bpf/harness.h"

struct advert {
	const char *mac;    /* of the sender */
	const char *source; /* its family is the advertisement's */
	uint8_t vrid;
	uint8_t priority;
	uint16_t interval;       /* centiseconds */
	const char *destination; /* NULL: the group */
};

/* From n2, and of a higher priority than ours: whatever lets one in ends a lease. */
extern const struct advert blue_advert;
extern const struct advert green_advert;

/** build_advert() - listing two VIPs, finished. */
void build_advert(struct frame *frame, const struct advert *advert);

/** own_both() - reset all tables, and own the VIPs of both instances. */
void own_both(const struct network *network);

/**
 * find_trace() - look for anything that a refused advertisement must not leave behind
 *
 * Both instances must have been owned since own_both(). Takes the inbox.
 *
 * Return: what was found, or NULL.
 */
const char *find_trace(void);

/** find_other_drop() - NULL where the one thing counted as dropped is one frame, for @reason. */
const char *find_other_drop(enum drop_reason reason);

#endif
