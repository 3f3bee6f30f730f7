/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log writes to standard error without waiting for its reader.
 *
 * O_NONBLOCK belongs to the open file description, which the shell, our children and others share.
 * So it must not be set on descriptor 2. A pipe or a terminal is opened once more through /proc,
 * which makes a description of our own. A socket has MSG_DONTWAIT. A regular file has no reader
 * that could stand still, and a second description would have another position than the one that
 * others write at.
 *
 * A thread could wait in our place, but the lines in its queue would be lost when vipd crashes, and
 * the last lines before a crash are the ones that matter.
 */
#ifndef VIPD_BASE_LOG_OUTPUT_H
#define VIPD_BASE_LOG_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/** log_output_open() - find out what standard error is. */
void log_output_open(void);

/** log_output_write() - write a line. Return: whether all of it was taken. */
bool log_output_write(const char *line, size_t length);

#endif
