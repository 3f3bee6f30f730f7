// SPDX-License-Identifier: GPL-2.0-only
/* `vipctl explain`: where a packet would go, and why. */
#include <stdio.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/cli/cli.h"
#include "ctl/cli/client.h"
#include "ctl/cli/member.h"
#include "ctl/cli/show.h"
#include "ctl/cli/table.h"

#define PATIENCE 5 /* seconds */

static void show_ranks(const json_t *answer, bool colour)
{
	static const struct table_column columns[] = {
		{"RANK", true}, {"NODE", false}, {"STATE", false}, {"REASON", false}};
	CLEANUP(table_freep)
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;
	json_t *rank;

	json_array_foreach (json_object_get(answer, "ranks"), i, rank) {
		const char *state = member_text(rank, "state");

		table_cell(table, STYLE_PLAIN, "%zu", i + 1);
		table_cell(table, STYLE_PLAIN, "%s%s", member_text(rank, "node"),
			   member_truth(rank, "local") ? " (here)" : "");
		table_cell(table, backend_style(state), "%s", state);
		table_cell(table, STYLE_PLAIN, "%s", member_text(rank, "reason"));
	}
	if (!table_is_empty(table))
		table_print(table, stdout, colour);
}

static void show_service(const json_t *answer, bool colour)
{
	printf("service %s, pool %" JSON_INTEGER_FORMAT ", slot %" JSON_INTEGER_FORMAT "\n\n",
	       member_text(answer, "service"), member_number(answer, "pool"),
	       member_number(answer, "slot"));
	show_ranks(answer, colour);
	putchar('\n');
}

static void show_verdict(const json_t *answer, bool colour)
{
	const char *verdict = member_text(answer, "verdict");

	if (strcmp(verdict, "forward") == 0)
		style_print(stdout, colour, STYLE_HEADING, "goes to %s",
			    member_text(answer, "node"));
	else if (strcmp(verdict, "local") == 0)
		style_print(stdout, colour, STYLE_HEADING, "is served here, on %s",
			    member_text(answer, "node"));
	else
		style_print(stdout, colour, STYLE_HEADING, "is left to the local stack");
	printf(": %s\n", member_text(answer, "reason"));
}

/* A packet that begins here is refused then; any other one goes on to the next node. */
static void show_listener(const json_t *answer)
{
	if (json_is_false(json_object_get(answer, "listener")))
		puts("nothing listens there on this node: a new connection from outside is passed "
		     "on");
}

static void show_second_chances(const json_t *answer)
{
	const char *before = "a segment whose connection is not found there goes on to";
	size_t i;
	json_t *node;

	json_array_foreach (json_object_get(answer, "second_chances"), i, node) {
		printf("%s %s", before, json_is_string(node) ? json_string_value(node) : "?");
		before = ", then to";
	}
	if (i > 0)
		putchar('\n');
}

static void show_explanation(const json_t *answer, bool colour)
{
	printf("%s %s to %s\n", member_text(answer, "protocol"), member_text(answer, "source"),
	       member_text(answer, "destination"));
	if (member_text(answer, "service")[0])
		show_service(answer, colour);
	show_verdict(answer, colour);
	show_listener(answer);
	if (member_truth(answer, "panic"))
		puts("too few backends are up, so the checks are not believed");
	show_second_chances(answer);
}

static int run(const struct invocation *invocation)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;
	json_t *request = json_pack("{s:s, s:s, s:s, s:s}", "command", "explain", "protocol",
				    invocation->arguments[0], "source", invocation->arguments[1],
				    "destination", invocation->arguments[2]);
	int status = client_ask(invocation, request, PATIENCE, &answer);

	if (status == EXIT_OK && !invocation->json)
		show_explanation(answer, style_wanted(stdout));
	return status;
}

const struct cli_command cli_explain = {
	.name = "explain",
	.arguments = "PROTO SRC:PORT VIP:PORT",
	.least = 3,
	.most = 3,
	.run = run,
	.help = "where such a packet would go, and why",
	.example = "vipctl explain tcp 198.51.100.7:40000 10.77.0.101:443",
};
