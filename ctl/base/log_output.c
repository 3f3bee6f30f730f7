// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static enum {
	OUTPUT_FILE,   /* write(2), which returns when the kernel has it */
	OUTPUT_SOCKET, /* send(2) without waiting */
	OUTPUT_OWN,    /* write(2) to our own open file, which does not wait */
	OUTPUT_POLLED, /* write(2) to the open file that others use too, while it has room */
} kind;

static int own = -1;

static void open_own(void)
{
	own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	kind = own >= 0 ? OUTPUT_OWN : OUTPUT_POLLED;
}

void log_output_open(void)
{
	struct stat status;

	if (own >= 0)
		close(own);
	own = -1;
	kind = OUTPUT_FILE;
	if (fstat(STDERR_FILENO, &status))
		return;
	if (S_ISSOCK(status.st_mode))
		kind = OUTPUT_SOCKET;
	else if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))
		open_own();
}

/*
 * This is for a system without /proc, and for a pipe that another user made. A pipe that polls as
 * writable has a page of room, which is more than a line, unless somebody else fills it just now.
 */
static ssize_t write_polled(const char *line, size_t length)
{
	struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT))
		return -1;
	return write(STDERR_FILENO, line, length);
}

static ssize_t write_once(const char *line, size_t length)
{
	switch (kind) {
	case OUTPUT_SOCKET:
		return send(STDERR_FILENO, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	case OUTPUT_OWN:
		return write(own, line, length);
	case OUTPUT_POLLED:
		return write_polled(line, length);
	case OUTPUT_FILE:
		break;
	}
	return write(STDERR_FILENO, line, length);
}

bool log_output_write(const char *line, size_t length)
{
	ssize_t written;

	do
		written = write_once(line, length);
	while (written < 0 && errno == EINTR);
	return written == (ssize_t)length;
}
