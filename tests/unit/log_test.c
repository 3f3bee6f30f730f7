// SPDX-License-Identifier: GPL-2.0-only
/* The log, and readers of it that stand still: a pipe, a socket, journald. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/base/clock.h"
#include "ctl/base/journald.h"
#include "ctl/base/log.h"

#define PATIENCE (5 * NS_PER_S) /* for what takes milliseconds, or for ever */

static int before = -1; /* the standard error of the tests */

/* What is logged until restore() goes there. */
static void redirect(int fd)
{
	before = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	log_open("vipd");
}

static void restore(void)
{
	dup2(before, STDERR_FILENO);
	close(before);
	log_open("vipd");
}

static size_t read_all(int fd, char *text, size_t room)
{
	size_t length = 0;
	ssize_t got;

	while ((got = recv(fd, text + length, room - length - 1, MSG_DONTWAIT)) > 0 ||
	       (got < 0 && errno == ENOTSOCK &&
		(got = read(fd, text + length, room - length - 1)) > 0))
		length += (size_t)got;
	text[length] = '\0';
	return length;
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* The number before " lines of the log were lost", or 0. */
static unsigned long losses(const char *text)
{
	const char *said = strstr(text, " lines of the log were lost");

	while (said && said > text && said[-1] != ' ')
		said--;
	return said ? strtoul(said, NULL, 10) : 0;
}

#define LINES 5000UL

/* Thousands of lines into what nobody reads; then the reader returns. */
static void expect_patience_with(int writer, int reader)
{
	static char text[1 << 22];
	uint64_t began = clock_now(), lost_before = log_lost();
	size_t lines;

	redirect(writer);
	for (unsigned long i = 0; i < LINES; i++)
		log_warning("line %lu of many, and a few words so that it has some length", i);
	log_report_losses(); /* there is no room yet, so this must not wait either */
	restore();
	assert_true(clock_now() - began < PATIENCE);

	read_all(reader, text, sizeof(text));
	lines = count_lines(text);
	assert_in_range(lines, 1, LINES - 1);
	assert_non_null(strstr(text, "vipd: line 0 of many"));
	assert_int_equal(losses(text), 0);
	assert_int_equal(log_lost() - lost_before, LINES - lines);

	redirect(writer);
	log_warning("the reader is back");
	log_report_losses();
	restore();
	read_all(reader, text, sizeof(text));
	assert_int_equal(losses(text), LINES - lines);
	assert_int_equal(count_lines(text), 2);
	assert_non_null(strstr(text, "keep up\nvipd: the reader is back\n"));
}

static void a_pipe_that_nobody_reads_loses_lines_only(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETPIPE_SZ, 4096);
	expect_patience_with(ends[1], ends[0]);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK); /* it is not ours alone */
	close(ends[0]);
	close(ends[1]);
}

static void a_socket_that_nobody_reads_loses_lines_only(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	expect_patience_with(ends[1], ends[0]);
	close(ends[0]);
	close(ends[1]);
}

static void losses_are_said_when_nothing_else_is(void **state)
{
	char text[8192];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETPIPE_SZ, 4096);
	redirect(ends[1]);
	for (int i = 0; i < 2000; i++)
		log_warning("line %d", i);
	read_all(ends[0], text, sizeof(text));
	log_report_losses();
	read_all(ends[0], text, sizeof(text));
	assert_true(losses(text) > 0);
	log_report_losses();
	assert_int_equal(read_all(ends[0], text, sizeof(text)), 0);
	restore();
	close(ends[0]);
	close(ends[1]);
}

static void a_reader_that_is_gone_is_survived(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	redirect(ends[1]);
	log_warning("nobody will ever read this");
	restore();
	close(ends[1]);
}

/* Whoever writes to the same file writes behind us, not over us. */
static void a_file_is_shared_with_others(void **state)
{
	int file = memfd_create("log", MFD_CLOEXEC);
	char text[256] = "";

	(void)state;
	redirect(file);
	log_warning("first");
	assert_int_equal(write(STDERR_FILENO, "other\n", 6), 6);
	log_warning("second");
	restore();
	assert_true(pread(file, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "vipd: first\nother\nvipd: second\n"));
	close(file);
}

static void long_lines_are_cut_and_several_are_split(void **state)
{
	int file = memfd_create("log", MFD_CLOEXEC);
	char text[2 * LOG_LINE_MAX] = "", word[2 * LOG_LINE_MAX];

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	redirect(file);
	log_warning("%s", word);
	log_text(LOG_ERR, "vipd.yaml:3: vlan: no\n\nvipd.yaml:4: node: no");
	restore();
	assert_true(pread(file, text, sizeof(text) - 1, 0) > 0);
	assert_int_equal(strchr(text, '\n') - text, LOG_LINE_MAX - 2);
	assert_string_equal(strchr(text, '\n') + 1,
			    "vipd: vipd.yaml:3: vlan: no\nvipd: vipd.yaml:4: node: no\n");
	close(file);
}

/* journald. */

static void records_have_fields(void **state)
{
	const struct log_field fields[] = {
		{"MESSAGE_ID", "0123456789abcdef0123456789abcdef"},
		{"VIP", "10.77.0.101"},
		{"PEER", ""},
		{"REASON", "two\nlines"},
		{},
	};
	static const char expected[] = "MESSAGE=blue: BACKUP to MASTER\nPRIORITY=5\n"
				       "SYSLOG_IDENTIFIER=vipd\n"
				       "MESSAGE_ID=0123456789abcdef0123456789abcdef\n"
				       "VIP=10.77.0.101\n"
				       "REASON\n\x09\0\0\0\0\0\0\0two\nlines\n";
	char record[JOURNALD_RECORD_MAX];
	size_t length =
		journald_compose(LOG_NOTICE, "vipd", fields, "blue: BACKUP to MASTER", record);

	(void)state;
	assert_int_equal(length, sizeof(expected) - 1);
	assert_memory_equal(record, expected, length);
}

static void a_field_that_does_not_fit_is_left_out(void **state)
{
	static char huge[JOURNALD_RECORD_MAX];
	const struct log_field fields[] = {{"REASON", huge}, {"VRID", "51"}, {}};
	char record[JOURNALD_RECORD_MAX];
	size_t length;

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	length = journald_compose(LOG_NOTICE, "vipd", fields, "text", record);
	assert_int_equal(length, strlen("MESSAGE=text\nPRIORITY=5\nSYSLOG_IDENTIFIER=vipd\n"
					"VRID=51\n"));
}

static int listen_as_journald(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(address.sun_path, path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void a_journald_that_is_behind_is_not_waited_for(void **state)
{
	char directory[] = "/tmp/vipd-log-test-XXXXXX", path[64], record[JOURNALD_RECORD_MAX];
	uint64_t began = clock_now();
	enum journald_answer answer = JOURNALD_TOOK_IT;
	int fd, taken = 0;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
	fd = listen_as_journald(path);
	assert_int_equal(journald_open(path), 0);
	while (answer == JOURNALD_TOOK_IT && taken < 100000) {
		answer = journald_send(LOG_NOTICE, "vipd", NULL, "text");
		taken += answer == JOURNALD_TOOK_IT;
	}
	assert_int_equal(answer, JOURNALD_IS_BUSY);
	assert_true(clock_now() - began < PATIENCE);
	while (taken--)
		assert_true(recv(fd, record, sizeof(record), 0) > 0);
	assert_int_equal(journald_send(LOG_NOTICE, "vipd", NULL, "text"), JOURNALD_TOOK_IT);

	close(fd); /* it is restarted: its socket is made anew under the same name */
	assert_int_equal(journald_send(LOG_NOTICE, "vipd", NULL, "text"), JOURNALD_IS_NOT_THERE);
	fd = listen_as_journald(path);
	assert_int_equal(journald_send(LOG_NOTICE, "vipd", NULL, "text"), JOURNALD_TOOK_IT);
	close(fd);
	journald_close();
	unlink(path);
	rmdir(directory);
}

static void only_the_file_that_journald_named_is_its(void **state)
{
	struct stat status;
	char stream[64];

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	unsetenv("JOURNAL_STREAM");
	assert_false(journald_is_standard_error());
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	assert_true(journald_is_standard_error());
	setenv("JOURNAL_STREAM", "1:1", 1);
	assert_false(journald_is_standard_error());
	setenv("JOURNAL_STREAM", "nonsense", 1);
	assert_false(journald_is_standard_error());
	unsetenv("JOURNAL_STREAM");
}

/* Lines that journald reads itself have their level in front. */
static void without_its_socket_journald_gets_lines(void **state)
{
	struct stat status;
	char stream[64], text[256];
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(fstat(ends[1], &status), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	redirect(ends[1]);
	journald_open("/nonexistent/socket");
	log_warning("text");
	unsetenv("JOURNAL_STREAM");
	restore();
	read_all(ends[0], text, sizeof(text));
	assert_string_equal(text, "<4>text\n");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_that_nobody_reads_loses_lines_only),
		cmocka_unit_test(a_socket_that_nobody_reads_loses_lines_only),
		cmocka_unit_test(losses_are_said_when_nothing_else_is),
		cmocka_unit_test(a_file_is_shared_with_others),
		cmocka_unit_test(long_lines_are_cut_and_several_are_split),
		cmocka_unit_test(records_have_fields),
		cmocka_unit_test(a_field_that_does_not_fit_is_left_out),
		cmocka_unit_test(a_journald_that_is_behind_is_not_waited_for),
		cmocka_unit_test(only_the_file_that_journald_named_is_its),
		cmocka_unit_test(without_its_socket_journald_gets_lines),
		cmocka_unit_test(a_reader_that_is_gone_is_survived),
	};

	signal(SIGPIPE, SIG_IGN); /* vipd blocks it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
