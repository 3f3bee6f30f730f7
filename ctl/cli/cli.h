/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vipctl's commands share. A command is a value: its name, its arguments, its options, and the
 * function that runs it. ctl/vipctl.c lists all of them. Answers go to standard output, complaints
 * to standard error.
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

/* An option of a command: "--NAME ARGUMENT". */
struct cli_option {
	const char *name;
	const char *argument; /* for people; NULL: the option has none */
	const char *help;
};

/* An option as it was given. */
struct cli_given {
	const struct cli_option *option;
	const char *value; /* "" for an option without an argument */
};

/* The command line, taken apart. */
struct invocation {
	const char *run_dir;
	bool json;
	char **arguments;              /* of the command; NULL ends them */
	const struct cli_given *given; /* options of the command; one without an option ends them */
};

struct cli_command {
	const char *name;
	const char *arguments;            /* for people */
	int least, most;                  /* how many */
	const struct cli_option *options; /* one without a name ends them; NULL: none */
	/* Prints the result. Return: an exit status. */
	int (*run)(const struct invocation *invocation);
	const char *help;
	const char *example;
};

extern const struct cli_command cli_status, cli_drain, cli_undrain, cli_failover, cli_drops,
	cli_events, cli_explain, cli_reload, cli_leave, cli_check;

/**
 * cli_value() - the argument of one of the command's options
 *
 * Return: "" for an option that has none; NULL: it was not given.
 */
const char *cli_value(const struct invocation *invocation, const char *option);

/** cli_complain() - "vipctl: ..." on standard error. Return: @status. */
int cli_complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
