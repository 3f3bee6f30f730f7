/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a snapshot as Prometheus scrapes it, in the text exposition format, version 0.0.4.
 */
#ifndef VIPD_API_EXPOSITION_H
#define VIPD_API_EXPOSITION_H

#include "ctl/api/snapshot.h"
#include "ctl/part/route.h"

/**
 * exposition_text() - all metrics
 * @node: whose parts add theirs; NULL: none do.
 * @length: of the result, without its NUL.
 *
 * Return: for free(); NULL: no memory.
 */
char *exposition_text(const struct node *node, const struct snapshot *snapshot, size_t *length);

extern const struct http_route metrics_route;

#endif
