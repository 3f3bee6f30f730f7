// SPDX-License-Identifier: GPL-2.0-only
/* `vipctl failover` and `vipctl reload`: they make vipd do something. */
#include <stdio.h>

#include "ctl/base/cleanup.h"
#include "ctl/cli/cli.h"
#include "ctl/cli/client.h"
#include "ctl/cli/member.h"

/* Seconds. vipd gives up in time by itself; these are for a vipd that hangs. */
#define FAILOVER_PATIENCE 300
#define RELOAD_PATIENCE   60

static void print_failover(const json_t *answer)
{
	const char *node = member_text(answer, "to_node"), *to = member_text(answer, "to");

	printf("%s went from %s to %s", member_text(answer, "instance"),
	       member_text(answer, "from"), to);
	if (node[0])
		printf(" (%s)", node);
	printf(" in %.1f ms\n", json_number_value(json_object_get(answer, "took_ms")));
}

static int run_failover(const struct invocation *invocation)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;
	json_t *request = json_pack("{s:s, s:s}", "command", "failover", "instance",
				    invocation->arguments[0]);
	int status = client_ask(invocation, request, FAILOVER_PATIENCE, &answer);

	if (status == EXIT_OK && !invocation->json)
		print_failover(answer);
	return status;
}

static int run_reload(const struct invocation *invocation)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;
	int status = client_ask(invocation, client_command("reload"), RELOAD_PATIENCE, &answer);

	fputs(member_text(answer, "report"), stderr);
	if (status == EXIT_OK && !invocation->json)
		puts("reloaded");
	return status;
}

const struct cli_command cli_failover = {
	.name = "failover",
	.arguments = "INSTANCE",
	.least = 1,
	.most = 1,
	.run = run_failover,
	.help = "hand an instance over to the best backup",
	.example = "vipctl failover blue",
};

const struct cli_command cli_reload = {
	.name = "reload",
	.arguments = "",
	.run = run_reload,
	.help = "let vipd read its configuration again",
	.example = "vipctl reload",
};
