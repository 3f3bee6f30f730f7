/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log: one line on standard error a message, with the level prefix that journald reads when it
 * is the one listening (sd-daemon(3)). Each line is a single write(2), so threads do not mix.
 */
#ifndef VIPD_BASE_LOG_H
#define VIPD_BASE_LOG_H

#include <syslog.h>

/**
 * log_open() - decide how lines look
 * @program: prefix for a reader that is not journald; must stay valid.
 */
void log_open(const char *program);

void log_message(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_message(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)  log_message(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)    log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_message(LOG_DEBUG, __VA_ARGS__)

/**
 * log_failure() - report a failed action once, where the context is known, and pass the code on
 * @error: negative errno; its text is appended.
 *
 * Return: @error.
 */
int log_failure(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
