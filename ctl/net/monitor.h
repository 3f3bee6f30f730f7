/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one watcher of the kernel's network state. It listens to rtnetlink for everybody and tells
 * each subscriber which kinds of thing may have changed, never what they are now: the subscriber
 * reads that anew, so a lost notification costs nothing. What the kernel does not notify anybody of
 * (sysctls, offload settings, the program on a NIC) is looked at now and then, in the slow look.
 */
#ifndef VIPD_NET_MONITOR_H
#define VIPD_NET_MONITOR_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/base/clock.h"

enum monitor_kind {
	MONITOR_LINK = 1U << 0,
	MONITOR_ADDRESS = 1U << 1, /* IPv4 and IPv6, as for all that follow */
	MONITOR_ROUTE = 1U << 2,
	MONITOR_RULE = 1U << 3,
	MONITOR_NEIGHBOUR = 1U << 4,
	MONITOR_SLOW_LOOK = 1U << 5,
};

/* How long a change goes unnoticed of which there is no notification. */
#define MONITOR_LOOK_INTERVAL (10 * NS_PER_S)

struct monitor;
struct monitor_subscription;

/*
 * monitor_told - something may have changed
 * @kinds: enum monitor_kind, those that the subscriber named and that may have. In the slow look
 *         they are all that it named.
 *
 * Called in the event loop, once for all that has happened since the last time, in the order in
 * which the subscribers came, and never from within a function of the monitor. It may subscribe
 * others, and end any subscription, its own too; it must not stop the monitor.
 */
typedef void (*monitor_told)(unsigned int kinds, void *context);

/**
 * monitor_start() - begin to listen, in the caller's network namespace
 * @event: the loop; referenced.
 * @look_interval: between two slow looks, ns; MONITOR_LOOK_INTERVAL but in tests.
 * @monitor: the result, for monitor_stop().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int monitor_start(sd_event *event, uint64_t look_interval, struct monitor **monitor);

/** monitor_event() - the loop that the monitor runs in. */
sd_event *monitor_event(const struct monitor *monitor);

/**
 * monitor_subscribe() - be told of changes from now on
 * @kinds: enum monitor_kind, one or several.
 * @told: with @context.
 * @subscription: the result, for monitor_unsubscribe().
 *
 * Who subscribes first, and looks then, misses nothing.
 *
 * Return: 0 or -ENOMEM; nothing is logged.
 */
int monitor_subscribe(struct monitor *monitor, unsigned int kinds, monitor_told told, void *context,
		      struct monitor_subscription **subscription);

/** monitor_unsubscribe() - be told no more, not even of what has happened. NULL is fine. */
void monitor_unsubscribe(struct monitor_subscription *subscription);

/** monitor_stop() - free; all subscriptions must have ended. NULL is fine. */
void monitor_stop(struct monitor *monitor);

#endif
