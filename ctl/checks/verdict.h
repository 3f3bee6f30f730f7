/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From single results to a state: one lost check must not take a node out of service, and one lucky
 * check must not bring it back. This is pure: results go in, changes come out.
 */
#ifndef VIPD_CHECKS_VERDICT_H
#define VIPD_CHECKS_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

enum health_state {
	HEALTH_UNKNOWN, /* there is no result yet */
	HEALTH_UP,
	HEALTH_DOWN,
};

/* What people may see of something that is checked. */
struct health_status {
	enum health_state state;
	unsigned int successes; /* in a row */
	unsigned int failures;  /* in a row */
	uint64_t checked_at;    /* CLOCK_MONOTONIC ns; 0: never */
	char detail[160];       /* of the last check: "HTTP 200 in 1.2 ms", "connection refused" */
};

struct verdict {
	enum health_state state;
	unsigned int fall;      /* so many failures in a row mean down; at least 1 */
	unsigned int rise;      /* so many successes in a row mean up; at least 1 */
	unsigned int successes; /* in a row */
	unsigned int failures;  /* in a row */
};

/** verdict_new() - a verdict without a result: HEALTH_UNKNOWN. */
struct verdict verdict_new(unsigned int fall, unsigned int rise);

/**
 * verdict_count() - take one more result into account
 *
 * The first result decides at once, for there is nothing yet that it could disturb.
 *
 * Return: whether verdict->state changed.
 */
bool verdict_count(struct verdict *verdict, bool success);

/** health_state_name() - "unknown", "up" or "down". */
const char *health_state_name(enum health_state state);

#endif
