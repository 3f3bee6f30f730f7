/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log as a subscriber. Each event gets one line, except for refusals and conflicts: strangers
 * cause those, and could fill a disk. The log says that they begin and that they go on; the
 * counters say how many there are.
 */
#ifndef VIPD_EVENTS_LOG_H
#define VIPD_EVENTS_LOG_H

#include "ctl/events/events.h"

struct event_log;

/**
 * event_log_start() - log what is posted from now on
 * @loop: in which the log also says what it lost, when nothing else is logged.
 * @log: for event_log_stop().
 *
 * In the journal a line has fields: MESSAGE_ID (event_message_id()), and where they apply INSTANCE,
 * VRID, VIP, PEER, SERVICE, BACKEND and REASON.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int event_log_start(struct events *events, sd_event *loop, struct event_log **log);

/** event_log_stop() - NULL is fine. */
void event_log_stop(struct event_log *log);

#endif
