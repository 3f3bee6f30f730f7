/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the command that a line of a client requests, checks the request, and runs the command.
 */
#ifndef VIPD_API_COMMANDS_H
#define VIPD_API_COMMANDS_H

#include <stddef.h>

#include "ctl/part/command.h"

/**
 * command_run() - fulfil a request, and answer it
 * @level: what the client may do.
 * @line: @length bytes, which may be anything.
 *
 * A request with a member that the command does not know is refused: a mistyped option must not
 * give an order that nobody meant.
 */
void command_run(const struct command_call *call, enum command_level level, const char *line,
		 size_t length);

#endif
