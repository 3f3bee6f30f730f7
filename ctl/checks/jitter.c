// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/checks/jitter.h"

#include <stddef.h>

/* FNV-1a, with the NUL of each name, so that "ab" "c" is not "a" "bc". */
static uint64_t hash_name(uint64_t hash, const char *name)
{
	do
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ULL;
	while (*name++);
	return hash;
}

struct jitter jitter_new(unsigned int percent, const char *const *names)
{
	struct jitter jitter = {.state = 0xcbf29ce484222325ULL, .percent = percent};

	for (; *names; names++)
		jitter.state = hash_name(jitter.state, *names);
	return jitter;
}

/* SplitMix64 (Steele, Lea and Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t mixed = *state += 0x9e3779b97f4a7c15ULL;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
	return mixed ^ mixed >> 31;
}

uint64_t jitter_next(struct jitter *jitter, uint64_t interval)
{
	uint64_t most = interval / 100 * jitter->percent;

	return interval - most + next_random(&jitter->state) % (2 * most + 1);
}
