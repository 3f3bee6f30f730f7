// SPDX-License-Identifier: GPL-2.0-only
/* What is worth knowing of a configuration, but no reason to refuse it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/config/load.h"

#define PEERS                                                                                      \
	"interface: eth0\n"                                                                        \
	"peers: [{name: n1, address: 10.77.0.11}, {name: n2, address: 10.77.0.12},\n"              \
	"        {name: n3, address: 10.77.0.13}]\n"
#define INSTANCE(more) "instances:\n- {name: a, vrid: 1, vips: [10.77.0.101], " more "}\n"
#define INSTANCES      INSTANCE("priority: {n1: 2, n2: 1}")

static const struct note_case {
	const char *text;
	const char *report;
} cases[] = {
	{PEERS INSTANCES, ""},
	{PEERS INSTANCE("priority: {n1: 100, n2: 50, n3: 50}"),
	 "t:5: instances[0].priority.n3: note: 50 is also that of n2; of equal ones the higher "
	 "address wins\n"},
	{PEERS INSTANCE("priority: {n1: 255, n2: 50}, preempt: false"),
	 "t:5: instances[0].preempt: note: n1 has priority 255, with which it preempts all "
	 "the same\n"},
	{PEERS INSTANCES "metrics: {listen: '0.0.0.0:9650'}\n",
	 "t:6: metrics.listen: note: everybody who reaches any address of this node can read "
	 "them\n"},
	{"node: n1\ninterface: eth0\npeers: [{name: n1, address: 10.77.0.11}, {name: n2, "
	 "address: 10.77.0.12, vipd: false}]\n" INSTANCE("priority: {n1: 100, n2: 50}"),
	 "t:3: peers[1].vipd: note: n2 takes part in elections only: it gets no connections of "
	 "services, but has to serve them while it owns their VIPs\n"},
	{PEERS INSTANCES "metrics: {listen: '10.77.0.11:9650'}\n", ""},
	/* Only whoever checks looks at the host. */
	{PEERS INSTANCES "trackers: [{name: t, script: /bin/true, user: nobody-of-this-name}]\n",
	 ""},
};

static void each_note(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct config *config CLEANUP(config_unrefp) = NULL;
		char *report CLEANUP(cleanup_free) = NULL;
		size_t size;
		FILE *stream = open_memstream(&report, &size);

		assert_int_equal(config_parse("t", cases[i].text, strlen(cases[i].text), "n1",
					      stream, &config),
				 0);
		fclose(stream);
		assert_string_equal(report, cases[i].report);
	}
}

static void count_severity(int severity, const char *text, void *context)
{
	unsigned int *counts = context;

	assert_int_equal(severity == LOG_NOTICE, strstr(text, ": note: ") != NULL);
	counts[severity]++;
}

/* In a log, what is only worth knowing must not look like what is wrong. */
static void notes_and_errors_differ_in_severity(void **state)
{
	static const char text[] = PEERS INSTANCES "metrics: {listen: '0.0.0.0:9650'}\nvlan: no\n";
	const struct config *config CLEANUP(config_unrefp) = NULL;
	unsigned int counts[LOG_DEBUG + 1] = {};
	const struct report reader = {.line = count_severity, .context = counts};
	char path[] = "/tmp/vipd-notes-XXXXXX";
	int file = mkstemp(path);

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
	assert_int_equal(config_load(path, "n1", &reader, &config), -EINVAL);
	unlink(path);
	assert_int_equal(counts[LOG_ERR], 1);
	assert_int_equal(counts[LOG_NOTICE], 1);
}

static void a_user_that_this_host_does_not_have(void **state)
{
	static const char text[] = PEERS INSTANCES
		"trackers:\n"
		"- {name: t, script: /bin/true, user: nobody-of-this-name}\n"
		"- {name: u, script: /bin/true}\n"
		"services:\n"
		"- {name: s, ports: [80/tcp], check: {script: /bin/true, user: nor-of-this}}\n";
	const struct config *config CLEANUP(config_unrefp) = NULL;
	char path[] = "/tmp/vipd-notes-XXXXXX", *report CLEANUP(cleanup_free) = NULL;
	char expected[512];
	size_t size;
	int file = mkstemp(path);
	FILE *stream = open_memstream(&report, &size);
	const struct report reader = report_to_stream(stream);

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
	assert_int_equal(config_check(path, "n1", &reader, &config), 0);
	fclose(stream);
	unlink(path);
	snprintf(expected, sizeof(expected),
		 "%s:7: trackers[0].user: note: this host has no user \"nobody-of-this-name\", so "
		 "the script cannot run here\n"
		 "%s:10: services[0].check.user: note: this host has no user \"nor-of-this\", so "
		 "the script cannot run here\n",
		 path, path);
	assert_string_equal(report, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_note),
		cmocka_unit_test(notes_and_errors_differ_in_severity),
		cmocka_unit_test(a_user_that_this_host_does_not_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
