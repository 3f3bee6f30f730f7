/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks ask again and again whether something works.
 *
 * A question (question.h) is what to ask of which address: the kind of check with all its keys.
 * Whoever wants an answer subscribes. Subscribers with the same question share one *target*
 * (target.h), which asks on behalf of all of them and does not know who they are. So 64 services
 * that check the same URL of a node cost that node one connection an interval, and can never
 * disagree about it.
 *
 * Life of a target: the first subscription that is opened makes it, and with it everything that
 * could fail. The first that is started puts it to work: its timer starts its type, which ends in a
 * result; the result is counted by the verdict, and told to each subscription that was started;
 * the timer is set for the next. The last subscription that is closed ends and frees it, also in
 * the midst of a check. Whoever goes over to another configuration opens the new subscriptions
 * first, and closes the old ones last: targets that both want are not touched then, and keep their
 * verdict, their runs of results and their schedule.
 *
 *   checks.c                      the targets: who shares one, when it asks, who is told
 *   question.c, verdict.c,
 *   jitter.c                      pure: what is the same, what results mean, how intervals vary
 *   http.c, connect.c, script.c   the types of check: one file each, and a line in checks.c
 *   transfer.c                    connections, TLS and HTTP by libcurl, without waiting
 *   ctl/process                   runs the programs of script.c, which are not trusted
 *
 * Everything runs in the main loop, and nothing in here waits. A target is owned by its
 * subscriptions together; a subscription is part of a structure of its owner. Targets
 * have a copy of the question, so the configuration that it was taken from may go.
 */
#ifndef VIPD_CHECKS_CHECKS_H
#define VIPD_CHECKS_CHECKS_H

#include <stdbool.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

#include "ctl/checks/question.h"
#include "ctl/checks/verdict.h"

struct checks;
struct target;

/*
 * Called in the event loop after each result of a target; @changed says whether its state is
 * another one now. No subscription may be closed in this call.
 */
typedef void (*target_told)(const struct health_status *status, bool changed, void *context);

/* Interest in a target. All zero: none. It must not move in memory while it is open. */
struct subscription {
	struct target *target; /* the same for all who ask the same question */
	bool started;
	target_told told;
	void *context;
	TAILQ_ENTRY(subscription) others;
};

/**
 * checks_new() - begin without any targets
 * @event: referenced.
 * @node: the name of this node, so that not all nodes ask at the same times.
 * @checks: the result, for checks_free().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int checks_new(sd_event *event, const char *node, struct checks **checks);

/** checks_free() - after the last subscription was closed. NULL is fine. */
void checks_free(struct checks *checks);

/**
 * subscription_open() - get ready to be told
 * @subscription: all zero; for subscription_close().
 * @question: needed in the call only.
 * @told: with @context, after each result, once the subscription is started.
 *
 * Nothing is asked by this.
 *
 * Return: 0, or a negative errno.
 */
int subscription_open(struct subscription *subscription, struct checks *checks,
		      const struct check_question *question, target_told told, void *context);

/**
 * subscription_start() - be told from now on; this cannot fail
 *
 * What the target knows already is not told again: see subscription_status().
 */
void subscription_start(struct subscription *subscription);

/** subscription_status() - the target's, as of now. */
const struct health_status *subscription_status(const struct subscription *subscription);

/** subscription_question() - what is asked. */
const struct check_question *subscription_question(const struct subscription *subscription);

/**
 * subscription_close() - end it, and its target if this was the last; it need not be open
 *
 * The process of a script that is running then is killed now, and reaped when the loop turns.
 */
void subscription_close(struct subscription *subscription);

#endif
