/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log. A message is a line on standard error, or a record with fields in systemd's journal if
 * standard error leads there (JOURNAL_STREAM, systemd.exec(5)).
 *
 * A reader of the log that stands still must not make vipd stand still. After log_open() no message
 * waits: a message that finds no room is lost and counted, and the log says so as soon as it has
 * room again. Each message is a single system call, so messages of several threads do not mix. The
 * VRRP thread does not log at all; what it has to say is posted as an event.
 */
#ifndef VIPD_BASE_LOG_H
#define VIPD_BASE_LOG_H

#include <stdint.h>
#include <syslog.h>

/* The length of a line with its newline. A pipe takes this in one piece (PIPE_BUF is 4096). */
#define LOG_LINE_MAX 2048

/* A field of a record in the journal: an upper case name, and a text that may have newlines. */
struct log_field {
	const char *name, *value;
};

/**
 * log_open() - find out where standard error leads, and never wait for it from now on
 * @program: prefix of the lines, and SYSLOG_IDENTIFIER of the records; must stay valid.
 *
 * Before that, lines are written as if by fprintf(3). To open the log again is fine.
 */
void log_open(const char *program);

void log_message(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_message(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)  log_message(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)    log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_message(LOG_DEBUG, __VA_ARGS__)

/**
 * log_record() - log a message with fields, which only the journal keeps
 * @fields: one without a name ends them; one with an empty value is left out.
 */
void log_record(int level, const struct log_field *fields, const char *text);

/** log_text() - log each line of a text as a message. */
void log_text(int level, const char *text);

/**
 * log_failure() - report a failed action once, where the context is known, and pass the code on
 * @error: negative errno; its text is appended.
 *
 * Return: @error.
 */
int log_failure(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * log_report_losses() - say how many messages were lost, if any were and there is room again
 *
 * The next message would say so first; this is for when none comes.
 */
void log_report_losses(void);

/** log_lost() - how many messages were lost since the start. */
uint64_t log_lost(void);

#endif
