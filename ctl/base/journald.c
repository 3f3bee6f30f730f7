// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/journald.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int journald = -1;
static struct sockaddr_un address;

/* Standard error may have been redirected since journald set it up, so the file has to match. */
bool journald_is_standard_error(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2 ||
	    fstat(STDERR_FILENO, &status))
		return false;
	return status.st_dev == device && status.st_ino == inode;
}

int journald_open(const char *path)
{
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	journald_close();
	journald = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (journald < 0)
		return -errno;
	address.sun_family = AF_UNIX;
	memcpy(address.sun_path, path, strlen(path) + 1);
	return 0;
}

void journald_close(void)
{
	if (journald >= 0)
		close(journald);
	journald = -1;
}

/* NAME=VALUE and a newline, or where the value has newlines itself: NAME, its length, VALUE. */
static size_t append_field(char *record, size_t used, const char *name, const char *value)
{
	size_t name_length = strlen(name), value_length = strlen(value);
	uint64_t length = htole64(value_length);
	char *end = record + used;

	if (value_length == 0 ||
	    used + name_length + 1 + sizeof(length) + value_length + 1 > JOURNALD_RECORD_MAX)
		return used;
	memcpy(end, name, name_length);
	end += name_length;
	if (strchr(value, '\n')) {
		*end++ = '\n';
		memcpy(end, &length, sizeof(length));
		end += sizeof(length);
	} else {
		*end++ = '=';
	}
	memcpy(end, value, value_length);
	end += value_length;
	*end++ = '\n';
	return (size_t)(end - record);
}

size_t journald_compose(int level, const char *program, const struct log_field *fields,
			const char *text, char record[static JOURNALD_RECORD_MAX])
{
	char priority[16];
	size_t used;

	snprintf(priority, sizeof(priority), "%d", level);
	used = append_field(record, 0, "MESSAGE", text);
	used = append_field(record, used, "PRIORITY", priority);
	used = append_field(record, used, "SYSLOG_IDENTIFIER", program);
	for (; fields && fields->name; fields++)
		used = append_field(record, used, fields->name, fields->value);
	return used;
}

enum journald_answer journald_send(int level, const char *program, const struct log_field *fields,
				   const char *text)
{
	char record[JOURNALD_RECORD_MAX];
	size_t length;

	if (journald < 0)
		return JOURNALD_IS_NOT_THERE;
	length = journald_compose(level, program, fields, text, record);
	if (sendto(journald, record, length, MSG_NOSIGNAL, (struct sockaddr *)&address,
		   sizeof(address)) >= 0)
		return JOURNALD_TOOK_IT;
	return errno == EAGAIN || errno == ENOBUFS ? JOURNALD_IS_BUSY : JOURNALD_IS_NOT_THERE;
}
