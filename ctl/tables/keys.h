/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the configured keys to the tables by which the dataplane verifies advertisements.
 */
#ifndef VIPD_TABLES_KEYS_H
#define VIPD_TABLES_KEYS_H

#include "ctl/config/config.h"
#include "maps/maps.h"

struct keys_plan;

/**
 * keys_prepare() - derive what the dataplane needs of each key
 * @plan: for keys_commit() or keys_abort(); in guarded memory.
 *
 * Return: 0, or -ENOMEM after one logged message.
 */
int keys_prepare(const struct config *next, struct keys_plan **plan);

/**
 * keys_commit() - add the keys, then require what the configuration says, then forget other keys
 *
 * In this order no advertisement is refused that is valid before and after. A key that is there
 * already is not touched.
 */
void keys_commit(struct maps *maps, struct keys_plan *plan);

/** keys_abort() - wipe and free the plan. NULL is fine. */
void keys_abort(struct keys_plan *plan);

#endif
