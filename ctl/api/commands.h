/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the control socket can be asked for.
 */
#ifndef VIPD_API_COMMANDS_H
#define VIPD_API_COMMANDS_H

#include <stddef.h>

#include "ctl/api/broadcast.h"
#include "ctl/api/server.h"
#include "ctl/api/session.h"

/* What a command works on, and for whom. */
struct command_call {
	const struct server_setup *setup;
	struct broadcast *broadcast;
	struct session *session;
};

/**
 * command_run() - do what a line asks for, and answer it
 * @line: @length bytes; whatever a client may send.
 */
void command_run(const struct command_call *call, const char *line, size_t length);

#endif
