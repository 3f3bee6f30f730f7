// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/net/journal.h"

#define HEAD "vipd network journal 1\n"

static const char *const every_kind[] = {
	"offload rx-vlan-offload of eth0 from 1 to 0",
	"sysctl net/ipv4/conf/eth0.4000/arp_ignore from 0 to 1",
	"route 10.77.0.0/24 dev eth0.4000 table 112",
	"route 0.0.0.0/0 via 10.77.0.1 dev eth0.4000 table 4294967295",
	"route ::/0 via fe80::1 dev eth0.4000 table 112",
	"rule from 10.77.0.100/30 lookup 112",
	"address 10.77.0.101/32 dev lo",
	"address fd77::101/128 dev lo",
	"route 0.0.0.0/0 via 10.77.0.1 dev eth0 table 112 metric 2048",
	"route 10.77.0.0/24 dev eth0.4000 table 112 metric 2048",
	"rule from 10.77.0.100/30 lookup 254 priority 1119",
};

#define KINDS (sizeof(every_kind) / sizeof(*every_kind))

struct files {
	char directory[32];
	char path[64];
};

static int make_directory(void **state)
{
	struct files *files = calloc(1, sizeof(*files));

	if (!files)
		return -1;
	strcpy(files->directory, "/tmp/vipd-journal-XXXXXX");
	if (!mkdtemp(files->directory))
		return -1;
	snprintf(files->path, sizeof(files->path), "%s/journal", files->directory);
	*state = files;
	return 0;
}

/* Fails when anything but the journal is left in it. */
static int remove_directory(void **state)
{
	struct files *files = *state;
	int error;

	unlink(files->path);
	error = rmdir(files->directory);
	free(files);
	return error;
}

static void write_file(const struct files *files, const char *text)
{
	FILE *file = fopen(files->path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_file(const struct files *files, const char *text)
{
	FILE *file = fopen(files->path, "r");
	char content[1024] = "";

	assert_non_null(file);
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(content, text);
}

static struct journal *opened(const struct files *files)
{
	struct journal *journal = NULL;

	assert_int_equal(journal_open(files->path, &journal), 0);
	return journal;
}

static struct item item(const char *text)
{
	struct item parsed;

	assert_int_equal(item_parse(text, &parsed), 0);
	return parsed;
}

static void add(struct journal *journal, const char *text)
{
	struct item added = item(text);

	assert_int_equal(journal_add(journal, &added), 0);
}

static void take_out(struct journal *journal, const char *text)
{
	struct item removed = item(text);

	journal_remove(journal, &removed);
	assert_int_equal(journal_save(journal), 0);
}

static void test_every_kind_survives_a_restart(void **state)
{
	struct journal *journal = opened(*state);
	char text[ITEM_TEXT_MAX];

	for (size_t i = 0; i < KINDS; i++)
		add(journal, every_kind[i]);
	journal_close(journal);

	journal = opened(*state);
	assert_int_equal(journal_count(journal), KINDS);
	for (size_t i = 0; i < KINDS; i++)
		assert_string_equal(item_format(journal_item(journal, i), text), every_kind[i]);
	journal_close(journal);
}

static void test_a_line_is_in_the_file_when_add_returns(void **state)
{
	struct journal *journal = opened(*state);

	add(journal, every_kind[6]);
	assert_file(*state, HEAD "address 10.77.0.101/32 dev lo\n");
	journal_close(journal);
}

static void test_the_first_value_found_is_kept(void **state)
{
	struct journal *journal = opened(*state);

	add(journal, "sysctl net/ipv4/conf/eth0/arp_ignore from 0 to 1");
	add(journal, "sysctl net/ipv4/conf/eth0/arp_ignore from 5 to 1");
	assert_file(*state, HEAD "sysctl net/ipv4/conf/eth0/arp_ignore from 0 to 1\n");
	journal_close(journal);
}

static void test_removal_rewrites(void **state)
{
	struct journal *journal = opened(*state);

	add(journal, every_kind[2]);
	add(journal, every_kind[5]);
	add(journal, every_kind[7]);
	take_out(journal, every_kind[5]);
	take_out(journal, every_kind[6]); /* was never there */
	add(journal, every_kind[6]);
	assert_file(*state, HEAD "route 10.77.0.0/24 dev eth0.4000 table 112\n"
				 "address fd77::101/128 dev lo\n"
				 "address 10.77.0.101/32 dev lo\n");
	journal_close(journal);
}

static void test_empty_has_no_file(void **state)
{
	const struct files *files = *state;
	struct journal *journal = opened(files);

	assert_int_equal(access(files->path, F_OK), -1);
	add(journal, every_kind[0]);
	take_out(journal, every_kind[0]);
	assert_int_equal(access(files->path, F_OK), -1);
	journal_close(journal);
}

static void test_a_torn_last_line_does_not_count(void **state)
{
	struct journal *journal;

	write_file(*state, "address 10.77.0.101/32 dev lo\naddress 10.77.0.1");
	journal = opened(*state);
	assert_int_equal(journal_count(journal), 1);
	add(journal, every_kind[7]);
	assert_file(*state, HEAD "address 10.77.0.101/32 dev lo\naddress fd77::101/128 dev lo\n");
	journal_close(journal);
}

static void test_foreign_lines_are_refused(void **state)
{
	static const char *const lines[] = {
		"\n",
		"tunnel 10.77.0.1\n",
		HEAD "tunnel 10.77.0.1\n",
		HEAD HEAD,
		"vipd network journal 0\n",
		"vipd network journal 1 \n",
		"vipd network journal 2x\n",
		"address 10.77.0.101 dev lo\n",
		"address 10.77.0.101/32 dev eth0\n",
		"address 10.77.0.101/32 dev lo \n",
		"rule from 10.77.0.1/24 lookup 112\n",
		"rule from 10.77.0.0/24 lookup 4294967296\n",
		"rule from 10.77.0.0/24 lookup 112 priority 0\n",
		"route 10.77.0.0/24 dev a-device-name-too-long table 112\n",
		"sysctl net/ipv4/conf/../arp_ignore/x from 0 to 1\n",
		"sysctl net/ipv4/conf/eth0/arp_ignore from 0\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct journal *journal = NULL;

		write_file(*state, lines[i]);
		assert_int_equal(journal_open(((struct files *)*state)->path, &journal), -EINVAL);
		assert_null(journal);
	}
}

static void test_a_file_without_a_version_is_understood(void **state)
{
	struct journal *journal;

	write_file(*state, "address 10.77.0.101/32 dev lo\n");
	journal = opened(*state);
	assert_int_equal(journal_count(journal), 1);
	add(journal, every_kind[7]);
	assert_file(*state, "address 10.77.0.101/32 dev lo\naddress fd77::101/128 dev lo\n");
	take_out(journal, every_kind[7]);
	assert_file(*state, HEAD "address 10.77.0.101/32 dev lo\n");
	journal_close(journal);
}

/* It goes on to run, and the later version can undo what it made. */
static void test_what_a_later_version_listed_stays(void **state)
{
	static const char foreign[] = "vipd network journal 3\ntunnel 10.77.0.1\n";
	struct journal *journal;

	write_file(*state, "vipd network journal 3\naddress 10.77.0.101/32 dev lo\n"
			   "tunnel 10.77.0.1\n");
	journal = opened(*state);
	assert_int_equal(journal_count(journal), 1);
	take_out(journal, every_kind[6]);
	assert_file(*state, foreign);
	journal_close(journal);

	journal = opened(*state);
	assert_int_equal(journal_count(journal), 0);
	assert_file(*state, foreign);
	journal_close(journal);
}

/* Killed between the first write and the second. */
static void test_a_file_that_lists_nothing_goes(void **state)
{
	const struct files *files = *state;

	write_file(files, HEAD);
	journal_close(opened(files));
	assert_int_equal(access(files->path, F_OK), -1);
	write_file(files, "vipd net");
	journal_close(opened(files));
	assert_int_equal(access(files->path, F_OK), -1);
}

static void test_removals_are_written_at_once(void **state)
{
	struct journal *journal = opened(*state);

	for (size_t i = 0; i < 3; i++)
		add(journal, every_kind[i]);
	for (size_t i = 0; i < 2; i++) {
		struct item removed = item(every_kind[i]);

		journal_remove(journal, &removed);
		assert_false(journal_contains(journal, &removed));
	}
	/* A crash here would find them once more: what is gone can be removed again. */
	journal_close(journal);
	journal = opened(*state);
	assert_int_equal(journal_count(journal), 3);
	journal_close(journal);
}

/* The value that was found then, not the one of the entry that went. */
static void test_what_comes_back_is_listed_anew(void **state)
{
	struct journal *journal = opened(*state);
	struct item removed = item("sysctl net/ipv4/conf/eth0/arp_ignore from 0 to 1");

	add(journal, every_kind[5]);
	add(journal, "sysctl net/ipv4/conf/eth0/arp_ignore from 0 to 1");
	journal_remove(journal, &removed);
	add(journal, "sysctl net/ipv4/conf/eth0/arp_ignore from 5 to 1");
	assert_file(*state, HEAD "rule from 10.77.0.100/30 lookup 112\n"
				 "sysctl net/ipv4/conf/eth0/arp_ignore from 5 to 1\n");
	journal_close(journal);
}

static void test_what_cannot_be_written_is_not_listed(void **state)
{
	const struct files *files = *state;
	struct journal *journal = opened(files);
	struct item address = item(every_kind[6]);

	/* Not a permission: root has them all. */
	assert_int_equal(mkdir(files->path, 0700), 0);
	assert_int_equal(journal_add(journal, &address), -EISDIR);
	assert_false(journal_contains(journal, &address));
	journal_close(journal);
	assert_int_equal(rmdir(files->path), 0);
}

static void test_a_sorted_list_has_nothing_twice(void **state)
{
	/* Places in every_kind: what is on the link before what is reached through it. */
	static const size_t order[KINDS] = {0, 1, 2, 9, 8, 3, 4, 5, 10, 6, 7};
	struct item_list list = {};

	(void)state;
	for (size_t i = 0; i < 2 * KINDS; i++) {
		struct item added = item(every_kind[KINDS - 1 - i / 2]);

		item_list_add(&list, &added);
	}
	assert_int_equal(item_list_sort(&list), 0);
	assert_int_equal(list.count, KINDS);
	for (size_t i = 0; i < KINDS; i++) {
		struct item listed = item(every_kind[order[i]]);

		assert_int_equal(item_compare(&list.items[i], &listed), 0);
		assert_true(item_list_contains(&list, &listed));
	}
	item_list_free(&list);
}

#define JOURNAL_TEST(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOURNAL_TEST(test_every_kind_survives_a_restart),
		JOURNAL_TEST(test_a_line_is_in_the_file_when_add_returns),
		JOURNAL_TEST(test_the_first_value_found_is_kept),
		JOURNAL_TEST(test_removal_rewrites),
		JOURNAL_TEST(test_empty_has_no_file),
		JOURNAL_TEST(test_a_torn_last_line_does_not_count),
		JOURNAL_TEST(test_foreign_lines_are_refused),
		JOURNAL_TEST(test_a_file_without_a_version_is_understood),
		JOURNAL_TEST(test_what_a_later_version_listed_stays),
		JOURNAL_TEST(test_a_file_that_lists_nothing_goes),
		JOURNAL_TEST(test_removals_are_written_at_once),
		JOURNAL_TEST(test_what_comes_back_is_listed_anew),
		JOURNAL_TEST(test_what_cannot_be_written_is_not_listed),
		cmocka_unit_test(test_a_sorted_list_has_nothing_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
