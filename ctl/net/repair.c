// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host is kept as the configuration wants it: when something may have changed, the link is read
 * anew, and what somebody took away is made again. Our own changes lead to one more look, which
 * finds all in place.
 */
#include <stdio.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/net/internal.h"

/* Between two repairs, so that a host that is in flux is not surveyed for each of its changes. */
#define REPAIR_INTERVAL (100 * NS_PER_MS)

/* After a repair that failed. */
#define RETRY_INTERVAL (10 * NS_PER_S)

/* After a link was reported that could not be put to use. */
#define LINK_RETRY_INTERVAL (1 * NS_PER_S)

#define TIMER_ACCURACY_US 1000

#define NAMES_MAX 512

#define OF_LINK (MONITOR_LINK | MONITOR_ADDRESS | MONITOR_SLOW_LOOK)
#define OF_HOST (OF_LINK | MONITOR_ROUTE | MONITOR_RULE)

static void schedule_repair(struct repair *repair)
{
	sd_event_source_set_time(repair->timer, repair->not_before / NS_PER_US);
	sd_event_source_set_enabled(repair->timer, SD_EVENT_ONESHOT);
}

static void schedule_report(struct repair *repair, uint64_t delay)
{
	sd_event_source_set_time_relative(repair->link_timer, delay / NS_PER_US);
	sd_event_source_set_enabled(repair->link_timer, SD_EVENT_ONESHOT);
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

static int restore(struct net *net)
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

static void repair_now(struct net *net)
{
	if (restore(net) == 0)
		repair_done(&net->repair);
	else
		repair_later(&net->repair);
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *context)
{
	struct net *net = context;

	(void)source;
	(void)now_us;
	if (net->applied)
		repair_now(net);
	return 0;
}

static void report_link(struct net *net)
{
	struct repair *repair = &net->repair;

	int error = 0;

	repair->reported = net->link;
	if (repair->changed)
		error = repair->changed(&net->link, repair->context);
	if (error)
		schedule_report(repair, LINK_RETRY_INTERVAL);
	else
		sd_event_source_set_enabled(repair->link_timer, SD_EVENT_OFF);
}

static int on_link_timer(sd_event_source *source, uint64_t now_us, void *context)
{
	(void)source;
	(void)now_us;
	report_link(context);
	return 0;
}

/* What was made on a device went with it, and what failed on the link as it was may work on the
 * link as it is. So when the link changed, the repair does not wait, and those who use the link
 * hear of it afterwards. */
static void on_change(unsigned int kinds, void *context)
{
	struct net *net = context;

	if (kinds & OF_LINK)
		link_read(&net->netlink, net->config, &net->link);
	if (net_link_equal(&net->link, &net->repair.reported)) {
		if (net->applied)
			schedule_repair(&net->repair);
		return;
	}
	if (net->applied)
		repair_now(net);
	report_link(net);
}

static int add_timer(struct net *net, sd_event *event, sd_event_time_handler_t on_due,
		     sd_event_source **timer)
{
	int error =
		sd_event_add_time(event, timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US, on_due, net);

	if (error < 0)
		return error;
	error = sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
	return error < 0 ? error : 0;
}

static int subscribe(struct net *net, struct monitor *monitor)
{
	struct repair *repair = &net->repair;
	sd_event *event = monitor_event(monitor);
	int error = add_timer(net, event, on_timer, &repair->timer);

	if (error)
		return error;
	error = add_timer(net, event, on_link_timer, &repair->link_timer);
	if (error)
		return error;
	return monitor_subscribe(monitor, OF_HOST, on_change, net, &repair->subscription);
}

int repair_open(struct net *net, struct monitor *monitor, net_link_changed changed, void *context)
{
	int error;

	net->repair.changed = changed;
	net->repair.context = context;
	if (!monitor)
		return 0;
	error = subscribe(net, monitor);
	if (error < 0)
		return log_failure(error, "cannot watch the network devices");
	return 0;
}

void repair_close(struct repair *repair)
{
	repair->timer = sd_event_source_disable_unref(repair->timer);
	repair->link_timer = sd_event_source_disable_unref(repair->link_timer);
	monitor_unsubscribe(repair->subscription);
	repair->subscription = NULL;
}

void repair_follow(struct net *net)
{
	struct repair *repair = &net->repair;

	if (repair->link_timer && !net_link_equal(&net->link, &repair->reported))
		schedule_report(repair, 0);
}

void repair_done(struct repair *repair)
{
	repair->not_before = clock_now() + REPAIR_INTERVAL;
}

void repair_later(struct repair *repair)
{
	repair->not_before = clock_now() + RETRY_INTERVAL;
	if (repair->timer)
		schedule_repair(repair);
}
