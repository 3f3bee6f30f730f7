/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What keeps an instance from taking part: pure, from the states of link and checks.
 */
#ifndef VIPD_DAEMON_FAULTS_H
#define VIPD_DAEMON_FAULTS_H

#include "ctl/config/config.h"
#include "ctl/health/health.h"
#include "ctl/net/net.h"

/**
 * fault_of() - the first thing wrong for an instance
 * @services: by index into config->services.
 *
 * Return: static text, or NULL when nothing is.
 */
const char *fault_of(const struct config *config, const struct config_instance *instance,
		     const struct net_link *link, const enum health_state *services);

#endif
