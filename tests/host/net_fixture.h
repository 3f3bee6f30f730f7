/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network namespace of a test's own, with the node's device eth0 on a veth cable to "switch", and
 * the configuration of a node in it.
 */
#ifndef VIPD_TESTS_NET_FIXTURE_H
#define VIPD_TESTS_NET_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/base/clock.h"
#include "ctl/config/config.h"
#include "ctl/net/net.h"

#define VIPS_MAX 16

/* So that what a test waits for has come by a notification, ns. */
#define NO_SLOW_LOOK (3600 * NS_PER_S)

struct fixture {
	char directory[32];
	char journal[64];
	char before[16384]; /* fixture_state() of the untouched namespace */
	struct config_peer self;
	struct ip_address vips[VIPS_MAX];
	struct config_instance instance;
	struct config config;
	struct net *net;
};

/*
 * cmocka's setup and teardown: *state is a struct fixture, or NULL where a namespace cannot be had.
 * The VIPs are 10.77.0.100, 10.77.0.101 and fd77::101.
 */
int fixture_enter(void **state);
int fixture_leave(void **state);

/** fixture_from() - the fixture, or skip the test. */
struct fixture *fixture_from(void **state);

/** fixture_apply() - go over to a configuration. Return: what net_prepare() says. */
int fixture_apply(struct fixture *fixture, const struct config *config);

/** fixture_vips() - put others into the configuration; NULL ends them. */
void fixture_vips(struct fixture *fixture, const char *const *vips);

/** run() - a shell command that must succeed. */
void run(const char *command);

/** output() - what a shell command prints, in a buffer that the next call uses again. */
const char *output(const char *command);

/** fixture_state() - all that vipd may touch, as text. As output(). */
const char *fixture_state(void);

/** fixture_wait_for_vips() - until the kernel has a local route to each VIP on lo. */
void fixture_wait_for_vips(const struct fixture *fixture);

/** assert_state() - fixture_state() is this, or soon will be; if not, the difference is printed. */
void assert_state(const char *expected);

/** assert_prints() - the command's output has this in it; assert_prints_no() - it has not. */
void assert_prints(const char *command, const char *text);
void assert_prints_no(const char *command, const char *text);

/** log_begin() - from here on the log goes to a file. */
void log_begin(void);

/** log_end() - no longer; what was logged since log_begin(), until the next call. */
const char *log_end(void);

#endif
