// SPDX-License-Identifier: GPL-2.0-only
/* `vipctl check`: it says what vipd would say of a configuration, without a running vipd. */
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/cli/cli.h"
#include "ctl/config/config.h"
#include "ctl/config/load.h"

/* {"valid": BOOL, "report": TEXT} */
static void print_json(bool valid, const char *report)
{
	json_t *result = json_pack("{s:b, s:s?}", "valid", valid, "report", report);

	json_dumpf(result, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(result);
}

static void print_text(const char *file, const struct config *config, const char *report)
{
	fputs(report, stderr);
	if (config)
		printf("%s: OK, for node %s; instances: %zu, services: %zu\n", file, config->node,
		       config->instance_count, config->service_count);
}

static int run(const struct invocation *invocation)
{
	CLEANUP(config_unrefp) const struct config *config = NULL;
	CLEANUP(cleanup_free) char *report = NULL;
	const char *node = cli_value(invocation, "node");
	char hostname[HOST_NAME_MAX + 1] = "";
	size_t size;
	FILE *stream = open_memstream(&report, &size);
	const struct report reader = report_to_stream(stream);

	if (!stream)
		return cli_complain(EXIT_PROBLEM, "out of memory");
	gethostname(hostname, sizeof(hostname) - 1);
	config_check(invocation->arguments[0], node ? node : hostname, &reader, &config);
	fclose(stream);
	if (invocation->json)
		print_json(config, report);
	else
		print_text(invocation->arguments[0], config, report);
	return config ? EXIT_OK : EXIT_PROBLEM;
}

const struct cli_command cli_check = {
	.name = "check",
	.arguments = "FILE",
	.least = 1,
	.most = 1,
	.options =
		(const struct cli_option[]){
			{"node", "NAME", "as which node, default: the host's name"},
			{},
		},
	.run = run,
	.help = "validate a configuration; needs no vipd",
	.example = "vipctl check --node n1 /etc/vipd/vipd.yaml",
};
