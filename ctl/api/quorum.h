/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The quorum of a snapshot as JSON, for "status".
 */
#ifndef VIPD_API_QUORUM_H
#define VIPD_API_QUORUM_H

#include <jansson.h>

#include "ctl/api/snapshot.h"

/** quorum_json() - null when none is asked for. Return: a new reference; NULL: no memory. */
json_t *quorum_json(const struct snapshot *snapshot);

#endif
