// SPDX-License-Identifier: GPL-2.0-only
/* What a check of a configuration says of the host's networks. Needs root; skipped otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/config/load.h"

#define REST                                                                                       \
	"interface: eth0\n"                                                                        \
	"instances: [{name: a, vrid: 1, vips: [10.77.0.101], priority: {n1: 1}}]\n"
#define PEERS "peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}]\n"

/* Of a check; to be freed. */
static char *report_of(const char *text)
{
	const struct config *config CLEANUP(config_unrefp) = NULL;
	char path[] = "/tmp/vipd-host-XXXXXX", *report = NULL, *shown;
	size_t size;
	int file = mkstemp(path);
	FILE *stream = open_memstream(&report, &size);
	const struct report reader = report_to_stream(stream);

	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
	assert_int_equal(config_check(path, "n1", &reader, &config), 0);
	fclose(stream);
	unlink(path);
	shown = strdup(strncmp(report, path, strlen(path)) == 0 ? report + strlen(path) : report);
	free(report);
	return shown;
}

static void assert_report(const char *text, const char *expected)
{
	char *report CLEANUP(cleanup_free) = report_of(text);

	assert_string_equal(report, expected);
}

static int enter(void **state)
{
	*state = NULL;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return 0;
	*state = "entered";
	return system(
		"ip link add eth0 type veth peer name other && ip link set eth0 up &&"
		"ip addr add 10.77.0.11/24 dev eth0 && ip addr add fd77::11/64 dev eth0 nodad");
}

static void a_gateway_in_no_network(void **state)
{
	if (!*state)
		skip();
	assert_report(PEERS REST "gateway: [10.77.0.1, 'fd77::1']\n", "");
	assert_report(
		PEERS REST "gateway: 10.77.1.1\n",
		":4: gateway: note: 10.77.1.1 is in none of the networks of eth0; replies are "
		"sent to it on that link all the same\n");
	assert_report(PEERS REST "gateway: 'fd78::1'\n",
		      ":4: gateway: note: fd78::1 is in none of the networks of eth0; replies are "
		      "sent to it on that link all the same\n");
}

static void nothing_is_said_on_another_host(void **state)
{
	if (!*state)
		skip();
	assert_report("peers: [{name: n1, address: 10.99.0.11}]\n" REST "gateway: 10.77.1.1\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_in_no_network),
		cmocka_unit_test(nothing_is_said_on_another_host),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
