/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces without virtual IPs on which all VRRP is dropped: guarded from the start, and again
 * when one of them comes back.
 */
#ifndef VIPD_DAEMON_GUARDING_H
#define VIPD_DAEMON_GUARDING_H

#include "ctl/config/config.h"
#include "ctl/net/monitor.h"
#include "loader/loader.h"

struct guarding;

/**
 * guarding_apply() - guard what the configuration says, and no more
 *
 * Return: 0, or a negative errno after one logged message; an interface that is missing is one.
 */
int guarding_apply(struct loader *loader, const struct config_vrrp *vrrp);

/**
 * guarding_watch() - see to it that they stay guarded, those too that disappear and come back
 * @loader: must outlive the result, as must @monitor.
 * @guarding: the result, for guarding_free().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int guarding_watch(struct loader *loader, struct monitor *monitor, struct guarding **guarding);

/** guarding_free() - end the watch; what is guarded remains so. NULL is fine. */
void guarding_free(struct guarding *guarding);

#endif
