/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Standard error as the log writes to it: without waiting for its reader.
 *
 * O_NONBLOCK belongs to the open file, which the shell, our children and others share, so it is not
 * ours to set on descriptor 2. A pipe or a terminal is opened once more through /proc instead, and
 * that open file is our own. A socket has MSG_DONTWAIT. A regular file has no reader to wait for,
 * and to open it again would lose the position that others write at.
 *
 * A thread that writes for us would wait in our place, but its queue would be lost when vipd
 * crashes, and the last lines are the ones that somebody will look for.
 */
#ifndef VIPD_BASE_LOG_OUTPUT_H
#define VIPD_BASE_LOG_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/** log_output_open() - look at what standard error is now. */
void log_output_open(void);

/** log_output_write() - a line. Return: whether all of it was taken. */
bool log_output_write(const char *line, size_t length);

#endif
