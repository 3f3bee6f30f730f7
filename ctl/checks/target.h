/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What checks.c and the types of check share. Each type knows how to ask: connect.c, http.c,
 * script.c.
 */
#ifndef VIPD_CHECKS_TARGET_H
#define VIPD_CHECKS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

#include "ctl/checks/checks.h"
#include "ctl/checks/jitter.h"
#include "ctl/checks/question.h"
#include "ctl/checks/transfer.h"
#include "ctl/checks/verdict.h"

/* What all targets of a loop share. */
struct check_tools {
	sd_event *event;
	struct transfers *transfers;
};

struct check_type {
	size_t size; /* of its structure, which begins with a struct target */

	/** open() - prepare the rest of it, which is zero. Return: 0, or a negative errno. */
	int (*open)(struct target *target, const struct check_tools *tools);

	/** start() - ask once; ends in target_finish(), which may come from within this call. */
	void (*start)(struct target *target);

	/** close() - end what is under way, and free what open() made, even if it failed halfway.
	 */
	void (*close)(struct target *target);
};

extern const struct check_type check_by_http;    /* and HTTPS */
extern const struct check_type check_by_connect; /* TCP, TLS */
extern const struct check_type check_by_script;

struct target {
	LIST_ENTRY(target) same_hash;
	struct checks *checks;
	const struct check_type *type;
	struct check_question question;
	sd_event_source
		*timer;    /* the next start; off before the first, and while one is under way */
	bool started;      /* somebody wants to be told */
	uint64_t asked_at; /* CLOCK_MONOTONIC ns, the last time */
	struct jitter jitter;
	struct verdict verdict;
	struct health_status status;
	TAILQ_HEAD(subscriptions, subscription)
	subscriptions; /* the last of them takes the target along */
};

/** target_finish() - hand out the result of a start, with a text for people. */
void target_finish(struct target *target, bool success, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
