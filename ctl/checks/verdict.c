// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/checks/verdict.h"

#include <limits.h>

struct verdict verdict_new(unsigned int fall, unsigned int rise)
{
	return (struct verdict){.state = HEALTH_UNKNOWN, .fall = fall, .rise = rise};
}

/* One run grows, and stays at the largest number rather than begin anew; the other ends. */
static void extend_run(unsigned int *run, unsigned int *other)
{
	if (*run < UINT_MAX)
		(*run)++;
	*other = 0;
}

static enum health_state next_state(const struct verdict *verdict)
{
	unsigned int fall = verdict->state == HEALTH_UNKNOWN ? 1 : verdict->fall;
	unsigned int rise = verdict->state == HEALTH_UNKNOWN ? 1 : verdict->rise;

	if (verdict->failures >= fall)
		return HEALTH_DOWN;
	if (verdict->successes >= rise)
		return HEALTH_UP;
	return verdict->state;
}

bool verdict_count(struct verdict *verdict, bool success)
{
	enum health_state before = verdict->state;

	if (success)
		extend_run(&verdict->successes, &verdict->failures);
	else
		extend_run(&verdict->failures, &verdict->successes);
	verdict->state = next_state(verdict);
	return verdict->state != before;
}

const char *health_state_name(enum health_state state)
{
	switch (state) {
	case HEALTH_UNKNOWN:
		return "unknown";
	case HEALTH_UP:
		return "up";
	case HEALTH_DOWN:
		return "down";
	}
	return "invalid";
}
