/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answers to "status" and "drops": a snapshot as JSON. Their keys are a contract with scripts:
 * some may be added, none renamed or removed.
 */
#ifndef VIPD_API_STATUS_H
#define VIPD_API_STATUS_H

#include <jansson.h>

#include "ctl/api/snapshot.h"

/** status_json() - Return: a new reference; NULL: no memory. */
json_t *status_json(const struct snapshot *snapshot);

/**
 * drops_json() - {"drops": [{"reason", "count", "text"}], "total"}, every reason in it
 *
 * Return: a new reference; NULL: no memory.
 */
json_t *drops_json(const struct snapshot *snapshot);

#endif
