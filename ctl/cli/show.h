/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions that several commands show answers by.
 */
#ifndef VIPD_CLI_SHOW_H
#define VIPD_CLI_SHOW_H

#include <jansson.h>
#include <stdbool.h>

#include "ctl/cli/table.h"

/**
 * show_notable_drops() - those that a healthy cluster does not have
 * @drops: the answer to "drops".
 */
void show_notable_drops(const json_t *drops, bool colour);

/** show_services() - the services of a status and their backends, and an empty line behind. */
void show_services(const json_t *status, bool colour);

/** backend_style() - of "up", "down" or "drain". */
enum style backend_style(const char *state);

struct drain_text {
	char text[512];
};

/**
 * show_drain() - "for 3 min 5 s, until 2026-01-01T00:30:00Z: new kernel"
 * @drain: the status', or a backend's; an object.
 */
struct drain_text show_drain(const json_t *status, const json_t *drain);

/** show_traffic() - what clients met with since the program was attached, where it is not nothing.
 */
void show_traffic(const json_t *status, bool colour);

#endif
