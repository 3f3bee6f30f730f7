/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From single results to a state: one lost check must not take a node out of service, and one lucky
 * check must not bring it back. Pure: results in, changes out.
 */
#ifndef VIPD_HEALTH_VERDICT_H
#define VIPD_HEALTH_VERDICT_H

#include <stdbool.h>

#include "ctl/health/health.h"

struct verdict {
	enum health_state state;
	unsigned int fall;      /* failures in a row that mean down; at least 1 */
	unsigned int rise;      /* successes in a row that mean up; at least 1 */
	unsigned int successes; /* in a row */
	unsigned int failures;  /* in a row */
};

/** verdict_new() - no result yet: HEALTH_UNKNOWN. */
struct verdict verdict_new(unsigned int fall, unsigned int rise);

/**
 * verdict_count() - take one more result into account
 *
 * The first result decides at once, for there is nothing yet that it could disturb.
 *
 * Return: whether verdict->state changed.
 */
bool verdict_count(struct verdict *verdict, bool success);

#endif
