/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What keeps an instance from taking part, and what makes it let others go first.
 */
#ifndef VIPD_DAEMON_FAULTS_H
#define VIPD_DAEMON_FAULTS_H

#include "ctl/config/config.h"
#include "ctl/net/net.h"
#include "ctl/steering/steering.h"
#include "ctl/trackers/weights.h"

/**
 * fault_of() - the first thing wrong for an instance
 *
 * Until each of its services has had its first check, an instance waits.
 *
 * Return: static text, or NULL when nothing is.
 */
const char *fault_of(const struct config *config, const struct config_instance *instance,
		     const struct net_link *link, const struct steering *steering);

/** tracker_fault() - the same for its trackers. */
const char *tracker_fault(const struct weighed *weighed);

/**
 * group_can_serve() - whether each service on the VIPs of the instance, and of the others in its
 * sync group, has a backend that works
 */
bool group_can_serve(const struct config *config, const struct config_instance *instance,
		     const struct steering *steering);

#endif
