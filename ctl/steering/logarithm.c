// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/logarithm.h"

#define MANTISSA_BITS 63

/* So many bits below a step count, because the factor that they are multiplied by has 38 bits. */
#define REMAINDER_BITS 24

/*
 * The bits of log2(mantissa / 2^63) one after the other: squaring doubles the logarithm, and what
 * comes out in front of the point is the next bit.
 */
static uint64_t logarithm_of(uint64_t mantissa)
{
	uint64_t result = 0;

	for (int bit = LOGARITHM_FRACTION_BITS - 1; bit >= 0; bit--) {
		unsigned __int128 square = (unsigned __int128)mantissa * mantissa;
		uint64_t carry = (uint64_t)(square >> 127);

		result |= carry << bit;
		mantissa = (uint64_t)(square >> (MANTISSA_BITS + carry));
	}
	return result;
}

void logarithm_init(struct logarithm *logarithm)
{
	for (uint64_t i = 0; i < LOGARITHM_STEPS; i++)
		logarithm->table[i] = logarithm_of((LOGARITHM_STEPS + i)
						   << (MANTISSA_BITS - LOGARITHM_STEP_BITS));
	logarithm->table[LOGARITHM_STEPS] = LOGARITHM_ONE;
}

uint64_t logarithm_negative(const struct logarithm *logarithm, uint64_t draw)
{
	uint64_t number = draw ?: 1;
	unsigned int zeros = (unsigned int)__builtin_clzll(number);
	uint64_t fraction = number << zeros << 1; /* what follows the leading bit */
	uint64_t step = fraction >> (64 - LOGARITHM_STEP_BITS);
	uint64_t remainder = fraction << LOGARITHM_STEP_BITS >> (64 - REMAINDER_BITS);
	uint64_t below = logarithm->table[step], above = logarithm->table[step + 1];

	return (zeros + 1) * LOGARITHM_ONE - below -
	       ((above - below) * remainder >> REMAINDER_BITS);
}
