/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a line of a client to the command that it asks for, and the commands that ctl/api has
 * itself.
 */
#ifndef VIPD_API_COMMANDS_H
#define VIPD_API_COMMANDS_H

#include <stddef.h>

#include "ctl/part/command.h"

/**
 * command_run() - do what a line asks for, and answer it
 * @level: what the client may do.
 * @line: @length bytes; whatever a client may send.
 *
 * A request with a member that the command does not know is refused: a mistyped option must not
 * give an order that nobody meant.
 */
void command_run(const struct command_call *call, enum command_level level, const char *line,
		 size_t length);

#endif
