/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A token bucket, pure: it says when a frame may be sent. Each one that wants to send books the
 * next token and waits for it, so several that share a pacer take turns, whoever of them runs
 * first.
 */
#ifndef VIPD_ATTRACT_PACER_H
#define VIPD_ATTRACT_PACER_H

#include <stdbool.h>
#include <stdint.h>

struct pacer {
	uint64_t spacing;  /* ns, between tokens */
	uint64_t depth;    /* ns, that it takes to fill the bucket but for one token */
	uint64_t token_at; /* ns, when the next token is there, or was */
};

/**
 * pacer_configure() - how fast, from now on; the tokens that were taken stay so
 * @rate: tokens a second, at least 1.
 * @burst: how many there are at most, at least 1.
 */
void pacer_configure(struct pacer *pacer, uint64_t rate, uint64_t burst);

/** pacer_book() - take the next token. Return: when it may be used, ns, @now or later. */
uint64_t pacer_book(struct pacer *pacer, uint64_t now);

/** pacer_take() - take a token only if there is one at @now. Return: whether there was. */
bool pacer_take(struct pacer *pacer, uint64_t now);

#endif
