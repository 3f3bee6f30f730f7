// SPDX-License-Identifier: GPL-2.0-only
/* Files that are replaced as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/base/file.h"

static char directory[] = "/tmp/vipd-file-XXXXXX";
static char path[sizeof(directory) + 8], new_path[sizeof(directory) + 8];

static int enter(void **state)
{
	(void)state;
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/it", directory);
	snprintf(new_path, sizeof(new_path), "%s/it.new", directory);
	return 0;
}

/* Fails when anything else is left. */
static int leave(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static int write_text(FILE *file, const void *text)
{
	return fputs(text, file) < 0 ? -errno : 0;
}

static int write_half(FILE *file, const void *text)
{
	fputs(text, file);
	return -EDOM;
}

static void expect_text(const char *expected)
{
	char text[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
	assert_int_equal(access(new_path, F_OK), -1);
}

static void a_file_comes_and_is_replaced(void **state)
{
	(void)state;
	assert_int_equal(file_replace(path, FILE_SURVIVES_US, write_text, "one"), 0);
	expect_text("one");
	assert_int_equal(file_replace(path, FILE_SURVIVES_THE_HOST, write_text, "two"), 0);
	expect_text("two");
}

static void a_writer_that_fails_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(file_replace(path, FILE_SURVIVES_US, write_half, "one"), -EDOM);
	assert_int_equal(access(path, F_OK), -1);
	file_replace(path, FILE_SURVIVES_US, write_text, "one");
	assert_int_equal(file_replace(path, FILE_SURVIVES_US, write_half, "two"), -EDOM);
	expect_text("one");
}

static void what_a_crash_left_is_in_nobodys_way(void **state)
{
	FILE *file = fopen(new_path, "w");

	(void)state;
	assert_non_null(file);
	fputs("half of something longer than what comes", file);
	fclose(file);
	assert_int_equal(file_replace(path, FILE_SURVIVES_US, write_text, "one"), 0);
	expect_text("one");
}

static void a_path_that_cannot_be(void **state)
{
	char much[5000];

	(void)state;
	memset(much, 'a', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	assert_int_equal(file_replace(much, FILE_SURVIVES_US, write_text, ""), -ENAMETOOLONG);
	assert_int_equal(file_replace("/nonexistent/it", FILE_SURVIVES_US, write_text, ""),
			 -ENOENT);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(file_replace(path, FILE_SURVIVES_US, write_text, ""), -EISDIR);
	assert_int_equal(access(new_path, F_OK), -1);
	assert_int_equal(rmdir(path), 0);
}

static void a_full_disk_is_an_error(void **state)
{
	FILE *file = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(file);
	fputs("one", file);
	assert_int_equal(file_finish(&file), -ENOSPC);
	assert_null(file);
}

#define test(function) cmocka_unit_test_setup_teardown(function, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_file_comes_and_is_replaced),
		test(a_writer_that_fails_changes_nothing),
		test(what_a_crash_left_is_in_nobodys_way),
		test(a_path_that_cannot_be),
		test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
