// SPDX-License-Identifier: GPL-2.0-only
/* The alarms that the code raises are those that vipd(8) lists, with what to do about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/part/alarm.h"

#define PAGE      "docs/vipd.8"
#define NAMES_MAX 64
#define TEXT_MAX  (1 << 20)

struct names {
	char list[NAMES_MAX][32];
	size_t count;
};

static char text[TEXT_MAX];

static void read_file(const char *path)
{
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
}

static bool contains(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->list[i], name) == 0)
			return true;
	return false;
}

static void add(struct names *names, const char *name)
{
	if (contains(names, name))
		return;
	assert_true(names->count < NAMES_MAX);
	snprintf(names->list[names->count++], sizeof(names->list[0]), "%s", name);
}

/* The name is a literal, on the line of the call or on the next one. */
static void collect_calls(struct names *names)
{
	for (const char *call = text; (call = strstr(call, "alarm_raise(")); call++) {
		char name[32] = "";

		if (sscanf(call, "alarm_raise(%*[^,\"],%*[ \n\t]\"%31[a-z_0-9]\"", name) == 1)
			add(names, name);
	}
}

static void collect_raised(struct names *names)
{
	glob_t sources = {};

	assert_int_equal(glob("ctl/*/*.c", 0, NULL, &sources), 0);
	for (size_t i = 0; i < sources.gl_pathc; i++) {
		read_file(sources.gl_pathv[i]);
		collect_calls(names);
	}
	globfree(&sources);
}

static void collect_listed(struct names *names)
{
	char *section, *end;

	read_file(PAGE);
	section = strstr(text, ".Ss Alarms\n");
	assert_non_null(section);
	end = strstr(section + 1, "\n.S");
	assert_non_null(end);
	*end = '\0';
	for (const char *item = section; (item = strstr(item, "\n.It Li ")); item++) {
		char name[32] = "";

		assert_int_equal(sscanf(item, "\n.It Li %31s", name), 1);
		add(names, name);
	}
}

static void each_alarm_is_explained(void **state)
{
	struct names raised = {}, listed = {};

	(void)state;
	collect_raised(&raised);
	collect_listed(&listed);
	assert_true(raised.count > 5);
	for (size_t i = 0; i < raised.count; i++)
		if (!contains(&listed, raised.list[i]))
			fail_msg(PAGE " does not explain the alarm %s", raised.list[i]);
	for (size_t i = 0; i < listed.count; i++)
		if (!contains(&raised, listed.list[i]))
			fail_msg(PAGE " explains the alarm %s, which nobody raises",
				 listed.list[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_alarm_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
