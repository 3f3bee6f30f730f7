// SPDX-License-Identifier: GPL-2.0-only
/* vipctl: the operator's view of a running vipd. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/cli/cli.h"

#define DEFAULT_RUN_DIR "/run/vipd"

static const struct command {
	const char *name;
	const char *argument; /* the one it must be given, or NULL */
	int (*run)(const struct invocation *invocation);
	const char *help;
	const char *example;
} commands[] = {
	{"status", NULL, cli_status, "this node, its instances, VIPs and backends (default)",
	 "vipctl --json status"},
	{"failover", "INSTANCE", cli_failover, "hand an instance over to the best backup",
	 "vipctl failover blue"},
	{"drops", NULL, cli_drops, "what the dataplane dropped, by reason; --all: also zeros",
	 "vipctl drops --all"},
	{"events", NULL, cli_events, "follow state changes, spoofing attempts and conflicts",
	 "vipctl --json events"},
	{"reload", NULL, cli_reload, "let vipd read its configuration again", "vipctl reload"},
	{"check", "FILE", cli_check, "validate a configuration; --node: as which node",
	 "vipctl check --node n1 /etc/vipd/vipd.yaml"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

int cli_complain(int status, const char *format, ...)
{
	va_list arguments;

	fputs("vipctl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return status;
}

static void print_commands(FILE *file)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(file, "  %-8s %-10s %s\n", commands[i].name,
			commands[i].argument ? commands[i].argument : "", commands[i].help);
}

static void print_help(void)
{
	puts("usage: vipctl [--run-dir DIR] [--json] [COMMAND]\n\ncommands:");
	print_commands(stdout);
	puts("\noptions:\n"
	     "  --run-dir DIR   where vipd's control socket is, default " DEFAULT_RUN_DIR "\n"
	     "  --json          print what vipd answered, one JSON object a line\n"
	     "  --help, --version\n"
	     "\nexit status: 0 success, 1 degraded or refused, 2 vipd not reachable or wrong use\n"
	     "\nexamples:");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %s\n", commands[i].example);
}

/* Options may stand before and after the command. Return: -1 to go on, or an exit status. */
static int read_options(int argc, char **argv, struct invocation *invocation)
{
	static const struct option options[] = {
		{"run-dir", required_argument, NULL, 'r'},
		{"json", no_argument, NULL, 'j'},
		{"all", no_argument, NULL, 'a'},
		{"node", required_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{},
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'r':
			invocation->run_dir = optarg;
			break;
		case 'j':
			invocation->json = true;
			break;
		case 'a':
			invocation->all = true;
			break;
		case 'n':
			invocation->node = optarg;
			break;
		case 'h':
			print_help();
			return EXIT_OK;
		case 'v':
			puts("vipctl " VIPD_VERSION);
			return EXIT_OK;
		default:
			fputs("try vipctl --help\n", stderr);
			return EXIT_UNREACHABLE;
		}
	}
	return -1;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

static int run(const char *name, int argc, char **argv, struct invocation *invocation)
{
	const struct command *command = find_command(name);

	if (!command) {
		cli_complain(0, "no such command: %s; there are:", name);
		print_commands(stderr);
		return EXIT_UNREACHABLE;
	}
	if (argc != (command->argument ? 1 : 0))
		return cli_complain(EXIT_UNREACHABLE, "usage: vipctl %s%s%s", command->name,
				    command->argument ? " " : "",
				    command->argument ? command->argument : "");
	invocation->argument = argc ? argv[0] : NULL;
	return command->run(invocation);
}

int main(int argc, char **argv)
{
	struct invocation invocation = {.run_dir = DEFAULT_RUN_DIR};
	int status = read_options(argc, argv, &invocation);

	if (status >= 0)
		return status;
	if (optind == argc)
		return run("status", 0, NULL, &invocation);
	return run(argv[optind], argc - optind - 1, argv + optind + 1, &invocation);
}
