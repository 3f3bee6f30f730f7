/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranks all slots of several rankings together, a few slots at a time. A member draws the same
 * number for a slot in all of them, so the number is computed once; and the main loop does
 * something else between two slices. The result does not depend on how the work was sliced.
 */
#ifndef VIPD_STEERING_RANKING_BUILD_H
#define VIPD_STEERING_RANKING_BUILD_H

#include "ctl/steering/ranking.h"

struct ranking_build;

/**
 * ranking_build_new() - rankings of one key that are to be built together
 * @key: the same on all nodes.
 *
 * Return: the build, for ranking_build_free(), or NULL: no memory.
 */
struct ranking_build *ranking_build_new(const uint8_t key[static RANKING_KEY_SIZE]);

/**
 * ranking_build_add() - the ranking of some members, before the first slice
 * @members: as for ranking_new(); all builds together name RANKING_MEMBERS_MAX nodes at most.
 *
 * The same members get the same ranking.
 *
 * Return: a reference, or NULL: no memory.
 */
struct ranking *ranking_build_add(struct ranking_build *build, const struct ranking_member *members,
				  size_t count);

/** ranking_build_price() - about how long all that is left takes on an ordinary machine, ns. */
uint64_t ranking_build_price(const struct ranking_build *build);

/**
 * ranking_build_run() - do as much as takes about so long
 * @price: ns, see ranking_build_price(). One slot at least is ranked.
 *
 * Return: whether all rankings are complete.
 */
bool ranking_build_run(struct ranking_build *build, uint64_t price);

/** ranking_build_append() - let a build come after those of a queue. @queue: the first, or NULL. */
void ranking_build_append(struct ranking_build **queue, struct ranking_build *build);

/** ranking_build_drop() - take the first build off a queue and free it. */
void ranking_build_drop(struct ranking_build **queue);

/** ranking_build_free() - also before it is complete. NULL is fine. */
void ranking_build_free(struct ranking_build *build);

#endif
