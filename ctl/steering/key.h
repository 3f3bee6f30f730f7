/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys that flows and backends are hashed with: the same on all nodes, or they disagree on
 * where a flow lives.
 */
#ifndef VIPD_STEERING_KEY_H
#define VIPD_STEERING_KEY_H

#include <stdint.h>

#include "ctl/config/config.h"
#include "ctl/steering/ranking.h"

struct steering_key {
	uint64_t flows; /* settings_entry.hash_key */
	uint8_t ranking[RANKING_KEY_SIZE];
};

/** steering_key() - the keys of the cluster that a configuration describes. */
struct steering_key steering_key(const struct config *config);

#endif
