// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is kept as it should be: the link is read anew when something may have changed, and what
 * somebody took away is made again. Our own changes lead to one more look that finds all in place.
 */
#include <stdio.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/net/internal.h"

#define REPAIR_INTERVAL (100 * NS_PER_MS)
#define RETRY_INTERVAL  (10 * NS_PER_S)

#define TIMER_ACCURACY_US 1000

#define NAMES_MAX 512

#define OF_LINK (MONITOR_LINK | MONITOR_ADDRESS | MONITOR_SLOW_LOOK)
#define OF_HOST (OF_LINK | MONITOR_ROUTE | MONITOR_RULE)

static void schedule_repair(struct watch *watch)
{
	sd_event_source_set_time(watch->timer, watch->repair_not_before / NS_PER_US);
	sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

static void log_repaired(const struct item_list *made)
{
	char names[NAMES_MAX] = "", text[ITEM_TEXT_MAX];
	size_t length = 0, shown = 0;

	while (shown < made->count && length + ITEM_TEXT_MAX + 2 < sizeof(names)) {
		item_format(&made->items[shown], text);
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   shown ? ", " : "", text);
		shown++;
	}
	if (shown == made->count)
		log_notice("restored what was gone: %s", names);
	else
		log_notice("restored what was gone: %s and %zu more", names, made->count - shown);
}

static int repair(struct net *net)
{
	struct item_list made = {};
	int error = converge(net, net->config, &net->link, &made);

	if (made.count > 0)
		log_repaired(&made);
	item_list_free(&made);
	if (error < 0)
		return error;
	return membership_update(&net->membership, net->config, net->link.index);
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *context)
{
	struct net *net = context;

	(void)source;
	(void)now_us;
	if (!net->applied)
		return 0;
	if (repair(net) == 0)
		watch_converged(&net->watch);
	else
		watch_retry(&net->watch);
	return 0;
}

/* What failed on the link as it was may work on the link as it is. */
static void retry_soon(struct watch *watch)
{
	uint64_t soon = clock_now() + REPAIR_INTERVAL;

	if (watch->repair_not_before > soon)
		watch->repair_not_before = soon;
}

/* Last, for it may close us. */
static void report_link(struct net *net)
{
	struct watch *watch = &net->watch;
	bool changed = !link_equal(&net->link, &watch->reported);

	watch->reported = net->link;
	if (changed && watch->changed)
		watch->changed(&net->link, watch->context);
}

static void on_change(unsigned int kinds, void *context)
{
	struct net *net = context;

	if (kinds & OF_LINK)
		link_read(&net->netlink, net->config, &net->link);
	if (!link_equal(&net->link, &net->watch.reported))
		retry_soon(&net->watch);
	if (net->applied)
		schedule_repair(&net->watch);
	report_link(net);
}

static int add_timer(struct net *net, sd_event *event)
{
	struct watch *watch = &net->watch;
	int error = sd_event_add_time(event, &watch->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US,
				      on_timer, net);

	if (error < 0)
		return error;
	error = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
	return error < 0 ? error : 0;
}

int watch_open(struct net *net, struct monitor *monitor, net_link_changed changed, void *context)
{
	int error;

	net->watch.changed = changed;
	net->watch.context = context;
	if (!monitor)
		return 0;
	error = add_timer(net, monitor_event(monitor));
	if (error == 0)
		error = monitor_subscribe(monitor, OF_HOST, on_change, net,
					  &net->watch.subscription);
	if (error < 0)
		return log_failure(error, "cannot watch the network devices");
	return 0;
}

void watch_close(struct watch *watch)
{
	watch->timer = sd_event_source_disable_unref(watch->timer);
	monitor_unsubscribe(watch->subscription);
	watch->subscription = NULL;
}

void watch_converged(struct watch *watch)
{
	watch->repair_not_before = clock_now() + REPAIR_INTERVAL;
}

void watch_retry(struct watch *watch)
{
	watch->repair_not_before = clock_now() + RETRY_INTERVAL;
	if (watch->timer)
		schedule_repair(watch);
}
