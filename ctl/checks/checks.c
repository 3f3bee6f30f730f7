// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/checks/checks.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/checks/target.h"

/* A check may start so much late, if that saves a wake-up. */
#define TIMER_ACCURACY_US 1000

/* The longest time between the first checks of two targets. */
#define FIRST_CHECK_SPACING NS_PER_MS

#define BUCKETS 1024

struct checks {
	struct check_tools tools;
	char node[CONFIG_NAME_MAX];
	size_t target_count;
	uint64_t next_first; /* the earliest time for the first check of a target, ns */
	LIST_HEAD(bucket, target) buckets[BUCKETS]; /* by question_hash() */
};

static const struct check_type *const types[] = {
	[CHECK_HTTP] = &check_by_http,     [CHECK_HTTPS] = &check_by_http,
	[CHECK_TCP] = &check_by_connect,   [CHECK_TLS] = &check_by_connect,
	[CHECK_SCRIPT] = &check_by_script,
};

/* When a target asks. */

static void schedule(struct target *target, uint64_t when)
{
	int error = sd_event_source_set_time(target->timer, when / NS_PER_US);
	char text[QUESTION_TEXT_MAX];

	if (error >= 0)
		error = sd_event_source_set_enabled(target->timer, SD_EVENT_ONESHOT);
	if (error < 0)
		log_failure(error, "cannot schedule the next check of %s; restart vipd",
			    question_describe(&target->question, text));
}

/* Thousands of first checks must not begin in the same moment, and must be done within an interval;
 * the jitter keeps them apart from then on. */
static void schedule_first(struct target *target)
{
	struct checks *checks = target->checks;
	uint64_t spacing = target->question.check.interval / checks->target_count;
	uint64_t now = clock_now();

	if (checks->next_first < now)
		checks->next_first = now;
	schedule(target, checks->next_first);
	checks->next_first += spacing < FIRST_CHECK_SPACING ? spacing : FIRST_CHECK_SPACING;
}

/* The interval counts from start to start. After a check that took all of it the time is in the
 * past, and the next one starts at once. */
static void schedule_next(struct target *target)
{
	schedule(target,
		 target->asked_at + jitter_next(&target->jitter, target->question.check.interval));
}

static int on_due(sd_event_source *source, uint64_t due, void *context)
{
	struct target *target = context;

	(void)source;
	(void)due;
	target->asked_at = clock_now();
	target->type->start(target);
	return 0;
}

/* What a result does. */

void target_finish(struct target *target, bool success, const char *format, ...)
{
	struct health_status *status = &target->status;
	bool changed = verdict_count(&target->verdict, success);
	const struct subscription *subscription;
	va_list arguments;

	status->state = target->verdict.state;
	status->successes = target->verdict.successes;
	status->failures = target->verdict.failures;
	status->checked_at = clock_now();
	va_start(arguments, format);
	vsnprintf(status->detail, sizeof(status->detail), format, arguments);
	va_end(arguments);
	schedule_next(target);
	TAILQ_FOREACH(subscription, &target->subscriptions, others)
	if (subscription->started)
		subscription->told(status, changed, subscription->context);
}

/* Targets: made, found, and freed. */

static struct bucket *bucket_of(struct checks *checks, const struct check_question *question)
{
	return &checks->buckets[question_hash(question) % BUCKETS];
}

static struct target *find_target(struct checks *checks, const struct check_question *question)
{
	struct target *target;

	LIST_FOREACH(target, bucket_of(checks, question), same_hash)
	if (question_equal(&target->question, question))
		return target;
	return NULL;
}

static void free_target(struct target *target)
{
	LIST_REMOVE(target, same_hash);
	target->checks->target_count--;
	sd_event_source_disable_unref(target->timer);
	target->type->close(target);
	free(target);
}

static int add_timer(struct target *target, sd_event *event)
{
	int error = sd_event_add_time(event, &target->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US,
				      on_due, target);

	if (error >= 0)
		error = sd_event_source_set_enabled(target->timer, SD_EVENT_OFF);
	return error < 0 ? error : 0;
}

static int new_target(struct checks *checks, const struct check_question *question,
		      struct target **target)
{
	const struct check_type *type = types[question->check.method];
	struct target *new = calloc(1, type->size);
	char text[QUESTION_TEXT_MAX];
	const char *const names[] = {checks->node, question->node,
				     question_describe(question, text), NULL};
	int error;

	if (!new)
		return -ENOMEM;
	new->checks = checks;
	new->type = type;
	new->question = *question;
	new->jitter = jitter_new(question->check.jitter, names);
	new->verdict = verdict_new(question->check.fall, question->check.rise);
	TAILQ_INIT(&new->subscriptions);
	LIST_INSERT_HEAD(bucket_of(checks, question), new, same_hash);
	checks->target_count++;
	error = type->open(new, &checks->tools);
	if (!error)
		error = add_timer(new, checks->tools.event);
	if (error)
		free_target(new);
	else
		*target = new;
	return error;
}

/* Subscriptions. */

int subscription_open(struct subscription *subscription, struct checks *checks,
		      const struct check_question *question, target_told told, void *context)
{
	struct target *target = find_target(checks, question);
	int error = target ? 0 : new_target(checks, question, &target);

	if (error)
		return error;
	*subscription = (struct subscription){.target = target, .told = told, .context = context};
	TAILQ_INSERT_TAIL(&target->subscriptions, subscription, others);
	return 0;
}

void subscription_start(struct subscription *subscription)
{
	struct target *target = subscription->target;

	subscription->started = true;
	if (target->started)
		return;
	target->started = true;
	schedule_first(target);
}

const struct health_status *subscription_status(const struct subscription *subscription)
{
	return &subscription->target->status;
}

const struct check_question *subscription_question(const struct subscription *subscription)
{
	return &subscription->target->question;
}

void subscription_close(struct subscription *subscription)
{
	struct target *target = TAKE_POINTER(subscription->target);

	if (!target)
		return;
	TAILQ_REMOVE(&target->subscriptions, subscription, others);
	if (TAILQ_EMPTY(&target->subscriptions))
		free_target(target);
}

/* All of them. */

static void cleanup_checks(struct checks **checks)
{
	checks_free(*checks);
}

int checks_new(sd_event *event, const char *node, struct checks **checks)
{
	CLEANUP(cleanup_checks) struct checks *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot prepare for checks");
	new->tools.event = sd_event_ref(event);
	snprintf(new->node, sizeof(new->node), "%s", node);
	error = transfers_new(event, &new->tools.transfers);
	if (error)
		return log_failure(error, "cannot set up libcurl for checks");
	*checks = TAKE_POINTER(new);
	return 0;
}

void checks_free(struct checks *checks)
{
	if (!checks)
		return;
	transfers_free(checks->tools.transfers);
	sd_event_unref(checks->tools.event);
	free(checks);
}
