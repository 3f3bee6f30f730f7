/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a peer has configured otherwise than we have: used all the same, where the RFC says so, but
 * counted, and told of once in a while (RFC 9568 section 7.1).
 */
#ifndef VIPD_VRRP_MISMATCH_H
#define VIPD_VRRP_MISMATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/base/clock.h"

#define MISMATCH_TELL_INTERVAL (60 * NS_PER_S)

struct mismatch {
	bool last;        /* whether the last advertisement differed */
	uint64_t since;   /* CLOCK_MONOTONIC ns: when those that do began to come */
	uint64_t count;   /* of those that did */
	uint64_t told_at; /* CLOCK_MONOTONIC ns; 0: never */
};

/**
 * mismatch_note() - take one more advertisement into account
 * @patience: ns: how long it may differ before it is told.
 *
 * Return: whether to tell of it now.
 */
static inline bool mismatch_note(struct mismatch *mismatch, bool differs, uint64_t patience,
				 uint64_t now)
{
	if (differs && !mismatch->last)
		mismatch->since = now;
	mismatch->last = differs;
	if (!differs)
		return false;
	mismatch->count++;
	if (now - mismatch->since < patience)
		return false;
	if (mismatch->told_at && now - mismatch->told_at < MISMATCH_TELL_INTERVAL)
		return false;
	mismatch->told_at = now;
	return true;
}

#endif
