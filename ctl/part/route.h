/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page that is served over HTTP, as a value. A part lists its routes in its struct part; ctl/http
 * finds them there.
 */
#ifndef VIPD_PART_ROUTE_H
#define VIPD_PART_ROUTE_H

#include <stddef.h>

struct node;
struct snapshot;

struct http_route {
	const char *path; /* "/metrics" */
	const char *type; /* of the content: "text/html; charset=utf-8" */

	/**
	 * render() - make the page; called at most once a second
	 * @snapshot: of the node (ctl/api/snapshot.h), not older than a second.
	 * @length: of the page, without a NUL.
	 *
	 * Return: the page, for free(); NULL: no memory.
	 */
	char *(*render)(const struct node *node, const struct snapshot *snapshot, size_t *length);
};

#endif
