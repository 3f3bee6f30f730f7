/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The binary logarithm of a random number in integers alone, so that every machine and every
 * compiler gets the same bits: nodes that round differently would disagree on where a flow lives.
 */
#ifndef VIPD_STEERING_LOGARITHM_H
#define VIPD_STEERING_LOGARITHM_H

#include <stdint.h>

#define LOGARITHM_FRACTION_BITS 47
#define LOGARITHM_ONE           (1ULL << LOGARITHM_FRACTION_BITS)

#define LOGARITHM_STEP_BITS 10
#define LOGARITHM_STEPS     (1U << LOGARITHM_STEP_BITS)

/* log2(1 + i / LOGARITHM_STEPS), fixed point. */
struct logarithm {
	uint64_t table[LOGARITHM_STEPS + 1];
};

/** logarithm_init() - compute the table; takes a fraction of a millisecond. */
void logarithm_init(struct logarithm *logarithm);

/**
 * logarithm_negative() - -log2(draw / 2^64), for a draw that is anything from 0 to 2^64 - 1
 *
 * Never rises with the draw; off by less than 2e-7. The last bit of the draw does not count, so
 * that there is no logarithm of 0.
 *
 * Return: fixed point, above 0 and at most 64 * LOGARITHM_ONE.
 */
uint64_t logarithm_negative(const struct logarithm *logarithm, uint64_t draw);

#endif
