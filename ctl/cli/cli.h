/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vipctl's commands share. Answers go to standard output, complaints to standard error.
 */
#ifndef VIPD_CLI_CLI_H
#define VIPD_CLI_CLI_H

#include <stdbool.h>

/* What the shell gets to see. */
enum {
	EXIT_OK = 0,
	EXIT_PROBLEM = 1,     /* degraded, refused, not valid */
	EXIT_UNREACHABLE = 2, /* vipd, or used wrongly */
};

/* The command line, taken apart. */
struct invocation {
	const char *run_dir;
	bool json;
	bool all;             /* drops: those that are 0, too */
	const char *node;     /* check: who we are; NULL: the host's name */
	const char *duration; /* drain: for how long; NULL: until it is ended */
	const char *reason;   /* drain: why; NULL: not given */
	bool force;           /* drain: the last backend, too */
	bool wait;            /* drain: until the connections are gone */
	const char *timeout;  /* drain: how long it waits; NULL: as long as it should */
	char **arguments;     /* of the command; NULL ends them */
};

/* Each prints its result and returns an exit status. */
int cli_status(const struct invocation *invocation);
int cli_drops(const struct invocation *invocation);
int cli_events(const struct invocation *invocation);
int cli_failover(const struct invocation *invocation);
int cli_drain(const struct invocation *invocation);
int cli_undrain(const struct invocation *invocation);
int cli_explain(const struct invocation *invocation);
int cli_reload(const struct invocation *invocation);
int cli_check(const struct invocation *invocation);

/** cli_complain() - "vipctl: ..." on standard error. Return: @status. */
int cli_complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
