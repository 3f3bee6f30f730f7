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
	const char *arguments; /* for people */
	int least, most;       /* how many */
	int (*run)(const struct invocation *invocation);
	const char *help;
	const char *example;
} commands[] = {
	{"status", "", 0, 0, cli_status, "this node, its instances, VIPs and backends (default)",
	 "vipctl --json status"},
	{"drain", "[NODE]", 0, 1, cli_drain, "no new connections to a node; the others are kept",
	 "vipctl drain --for 1h --reason 'new kernel' --wait"},
	{"undrain", "[NODE]", 0, 1, cli_undrain, "let it have connections again", "vipctl undrain"},
	{"failover", "INSTANCE", 1, 1, cli_failover, "hand an instance over to the best backup",
	 "vipctl failover blue"},
	{"drops", "", 0, 0, cli_drops, "what the dataplane dropped, by reason; --all: also zeros",
	 "vipctl drops --all"},
	{"events", "", 0, 0, cli_events, "follow state changes, spoofing attempts and conflicts",
	 "vipctl --json events"},
	{"explain", "PROTO SRC:PORT VIP:PORT", 3, 3, cli_explain,
	 "where such a packet would go, and why",
	 "vipctl explain tcp 198.51.100.7:40000 10.77.0.101:443"},
	{"reload", "", 0, 0, cli_reload, "let vipd read its configuration again", "vipctl reload"},
	{"check", "FILE", 1, 1, cli_check, "validate a configuration; --node: as which node",
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
		fprintf(file, "  %-8s %-23s  %s\n", commands[i].name, commands[i].arguments,
			commands[i].help);
}

static void print_help(void)
{
	puts("usage: vipctl [--run-dir DIR] [--json] [COMMAND]\n\ncommands:");
	print_commands(stdout);
	puts("\noptions:\n"
	     "  --run-dir DIR   where vipd's control socket is, default " DEFAULT_RUN_DIR "\n"
	     "  --json          print what vipd answered, one JSON object a line\n"
	     "  --help, --version\n"
	     "\noptions of drain:\n"
	     "  --for DURATION      undrain it after that time, such as 90s, 15m, 2h\n"
	     "  --reason TEXT       what the status says of it\n"
	     "  --wait              return when the last connection is gone\n"
	     "  --timeout DURATION  wait no longer than that, default 10m\n"
	     "  --force             also when no backend is left for new connections\n"
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
		{"for", required_argument, NULL, 'd'},
		{"reason", required_argument, NULL, 'R'},
		{"wait", no_argument, NULL, 'w'},
		{"timeout", required_argument, NULL, 't'},
		{"force", no_argument, NULL, 'f'},
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
		case 'd':
			invocation->duration = optarg;
			break;
		case 'R':
			invocation->reason = optarg;
			break;
		case 'w':
			invocation->wait = true;
			break;
		case 't':
			invocation->timeout = optarg;
			break;
		case 'f':
			invocation->force = true;
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
	if (argc < command->least || argc > command->most)
		return cli_complain(EXIT_UNREACHABLE, "usage: vipctl %s%s%s", command->name,
				    command->arguments[0] ? " " : "", command->arguments);
	invocation->arguments = argv;
	return command->run(invocation);
}

int main(int argc, char **argv)
{
	struct invocation invocation = {.run_dir = DEFAULT_RUN_DIR};
	int status = read_options(argc, argv, &invocation);

	if (status >= 0)
		return status;
	if (optind == argc)
		return run("status", 0, argv + argc, &invocation);
	return run(argv[optind], argc - optind - 1, argv + optind + 1, &invocation);
}
