// SPDX-License-Identifier: GPL-2.0-only
/* vipctl: the operator's view of a running vipd. What the commands do is in ctl/cli. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ctl/cli/cli.h"

#define DEFAULT_RUN_DIR "/run/vipd"

/* A new command is one more line here; the first one runs when none is given. */
static const struct cli_command *const commands[] = {
	&cli_status, &cli_drain,   &cli_undrain, &cli_failover, &cli_drops,
	&cli_events, &cli_explain, &cli_reload,  &cli_leave,    &cli_check,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))
#define OPTIONS_MAX   32 /* of all commands together */
#define GIVEN_MAX     32

/* getopt's values for the options of vipctl itself; the options of commands count from 0 on. */
enum {
	OPTION_RUN_DIR = 1000,
	OPTION_JSON,
	OPTION_VERSION,
	OPTION_HELP,
};

struct command_line {
	struct invocation invocation;
	const struct cli_option *options[OPTIONS_MAX]; /* of all commands */
	size_t option_count;
	struct cli_given given[GIVEN_MAX + 1];
	size_t given_count;
};

/* Help. */

static void print_commands(FILE *file)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(file, "  %-8s %-23s  %s\n", commands[i]->name, commands[i]->arguments,
			commands[i]->help);
}

static void print_options_of(const struct cli_command *command)
{
	if (!command->options)
		return;
	printf("\noptions of %s:\n", command->name);
	for (const struct cli_option *option = command->options; option->name; option++) {
		char text[64];

		snprintf(text, sizeof(text), "--%s%s%s", option->name, option->argument ? " " : "",
			 option->argument ? option->argument : "");
		printf("  %-18s  %s\n", text, option->help);
	}
}

static void print_help(void)
{
	puts("usage: vipctl [--run-dir DIR] [--json] [COMMAND]\n\ncommands:");
	print_commands(stdout);
	puts("\noptions:\n"
	     "  --run-dir DIR       where vipd's control socket is, default " DEFAULT_RUN_DIR "\n"
	     "  --json              print what vipd answered, one JSON object a line\n"
	     "  --help, --version");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		print_options_of(commands[i]);
	puts("\nexit status: 0 success, 1 degraded or refused, 2 vipd not reachable or wrong use\n"
	     "\nexamples:");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %s\n", commands[i]->example);
}

/* Options, which may stand before and after the command. */

/* getopt wants them all, for the command may come last. Two commands may share a name. */
static void collect_options(struct command_line *line, struct option *table)
{
	static const struct option own[] = {
		{"run-dir", required_argument, NULL, OPTION_RUN_DIR},
		{"json", no_argument, NULL, OPTION_JSON},
		{"version", no_argument, NULL, OPTION_VERSION},
		{"help", no_argument, NULL, OPTION_HELP},
	};
	struct option *end = table;

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct cli_option *option = commands[i]->options;

		for (; option && option->name && line->option_count < OPTIONS_MAX; option++) {
			*end++ = (struct option){option->name,
						 option->argument ? required_argument : no_argument,
						 NULL, (int)line->option_count};
			line->options[line->option_count++] = option;
		}
	}
	memcpy(end, own, sizeof(own));
}

static void keep_option(struct command_line *line, int index, const char *value)
{
	if (line->given_count < GIVEN_MAX)
		line->given[line->given_count++] =
			(struct cli_given){line->options[index], value ? value : ""};
}

/* Return: -1 to go on, or an exit status. */
static int read_options(int argc, char **argv, struct command_line *line)
{
	struct option table[OPTIONS_MAX + 5] = {};
	int option;

	collect_options(line, table);
	while ((option = getopt_long(argc, argv, "h", table, NULL)) != -1) {
		switch (option) {
		case OPTION_RUN_DIR:
			line->invocation.run_dir = optarg;
			break;
		case OPTION_JSON:
			line->invocation.json = true;
			break;
		case OPTION_VERSION:
			puts("vipctl " VIPD_VERSION);
			return EXIT_OK;
		case OPTION_HELP:
		case 'h':
			print_help();
			return EXIT_OK;
		case '?':
			fputs("try vipctl --help\n", stderr);
			return EXIT_UNREACHABLE;
		default:
			keep_option(line, option, optarg);
		}
	}
	return -1;
}

static bool has_option(const struct cli_command *command, const char *name)
{
	for (const struct cli_option *option = command->options; option && option->name; option++)
		if (strcmp(option->name, name) == 0)
			return true;
	return false;
}

/* The command. */

static const struct cli_command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
	return NULL;
}

static int run(const char *name, int argc, char **argv, struct command_line *line)
{
	const struct cli_command *command = find_command(name);

	if (!command) {
		cli_complain(0, "no such command: %s; there are:", name);
		print_commands(stderr);
		return EXIT_UNREACHABLE;
	}
	if (argc < command->least || argc > command->most)
		return cli_complain(EXIT_UNREACHABLE, "usage: vipctl %s%s%s", command->name,
				    command->arguments[0] ? " " : "", command->arguments);
	for (size_t i = 0; i < line->given_count; i++)
		if (!has_option(command, line->given[i].option->name))
			return cli_complain(EXIT_UNREACHABLE, "%s has no option --%s",
					    command->name, line->given[i].option->name);
	line->invocation.arguments = argv;
	line->invocation.given = line->given;
	return command->run(&line->invocation);
}

int main(int argc, char **argv)
{
	struct command_line line = {.invocation.run_dir = DEFAULT_RUN_DIR};
	int status = read_options(argc, argv, &line);

	if (status >= 0)
		return status;
	if (optind == argc)
		return run(commands[0]->name, 0, argv + argc, &line);
	return run(argv[optind], argc - optind - 1, argv + optind + 1, &line);
}
