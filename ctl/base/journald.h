/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records for systemd's journal, by its native protocol
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram each. sd_journal_sendv(3) speaks the
 * same, but waits when journald is behind.
 */
#ifndef VIPD_BASE_JOURNALD_H
#define VIPD_BASE_JOURNALD_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/base/log.h"

#define JOURNALD_SOCKET     "/run/systemd/journal/socket"
#define JOURNALD_RECORD_MAX 8192

enum journald_answer {
	JOURNALD_TOOK_IT,
	JOURNALD_IS_BUSY,      /* the record is lost */
	JOURNALD_IS_NOT_THERE, /* or was not opened */
};

/** journald_is_standard_error() - whether it is journald that reads our standard error. */
bool journald_is_standard_error(void);

/**
 * journald_open() - send records there from now on
 * @path: of its socket; copied.
 *
 * Return: 0, or a negative errno.
 */
int journald_open(const char *path);

/** journald_send() - send a record without waiting. @fields: as for log_record(), may be NULL. */
enum journald_answer journald_send(int level, const char *program, const struct log_field *fields,
				   const char *text);

/** journald_close() - stop sending; it need not be open. */
void journald_close(void);

/**
 * journald_compose() - make the datagram that journald_send() sends
 * @record: a field that does not fit is left out.
 *
 * Return: the length.
 */
size_t journald_compose(int level, const char *program, const struct log_field *fields,
			const char *text, char record[static JOURNALD_RECORD_MAX]);

#endif
