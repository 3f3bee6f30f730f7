/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an operator is told of a backend of a service: its state, and why it is not up.
 */
#ifndef VIPD_API_BACKENDS_H
#define VIPD_API_BACKENDS_H

#include <jansson.h>

#include "ctl/api/snapshot.h"

#define BACKEND_REASON_MAX 512

/** backend_state() - up, down or drain; a node that frames cannot be sent to is down. */
enum backend_state backend_state(const struct backend_view *backend);

const char *backend_state_name(enum backend_state state);

/**
 * backend_reason() - why a backend takes no new connections
 * @text: where it goes.
 *
 * Return: @text; NULL when it is up.
 */
const char *backend_reason(const struct snapshot *snapshot, const struct snapshot_service *service,
			   const struct backend_view *backend,
			   char text[static BACKEND_REASON_MAX]);

/** drain_json() - {"since", "until", "reason"}; null for NULL. */
json_t *drain_json(const struct drain *drain);

/** service_json() - one of the status' "services". */
json_t *service_json(const struct snapshot *snapshot, const struct snapshot_service *service);

#endif
