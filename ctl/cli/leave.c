// SPDX-License-Identifier: GPL-2.0-only
/* `vipctl leave`: the node stops without being missed, and the end of that can be waited for. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/cli/cli.h"
#include "ctl/cli/client.h"
#include "ctl/cli/member.h"

#define PATIENCE       30 /* seconds, for vipd's answer */
#define POLL_INTERVAL  (200 * NS_PER_MS)
#define CLEAR_THE_LINE "\r\033[K"

static void print_progress(const json_t *answer)
{
	if (!isatty(STDOUT_FILENO))
		return;
	fputs(CLEAR_THE_LINE, stdout);
	if (member_truth(answer, "followed"))
		printf("connections left: %" JSON_INTEGER_FORMAT
		       ", served for %" JSON_INTEGER_FORMAT " s at most",
		       member_number(answer, "connections"),
		       member_number(answer, "grace_left_ms") / 1000);
	else
		fputs("handing over", stdout);
	fflush(stdout);
}

/* Who no longer listens has ended; that it happens between two looks is no failure. */
static void wait_for_the_end(const struct invocation *invocation)
{
	const struct timespec pause = {.tv_nsec = (long)POLL_INTERVAL};
	struct invocation quiet = *invocation;

	quiet.json = false;
	while (nanosleep(&pause, NULL) == 0 && client_reachable(invocation->run_dir)) {
		CLEANUP(cleanup_json) json_t *answer = NULL;

		if (client_ask(&quiet, client_command("leave"), PATIENCE, &answer) == EXIT_OK)
			print_progress(answer);
	}
	if (isatty(STDOUT_FILENO))
		fputs(CLEAR_THE_LINE, stdout);
}

static int run_leave(const struct invocation *invocation)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;
	int status = client_ask(invocation, client_command("leave"), PATIENCE, &answer);

	if (status != EXIT_OK)
		return status;
	if (cli_value(invocation, "wait"))
		wait_for_the_end(invocation);
	if (!invocation->json)
		puts(cli_value(invocation, "wait") ? "vipd has left" : "vipd leaves");
	return EXIT_OK;
}

const struct cli_command cli_leave = {
	.name = "leave",
	.arguments = "",
	.options =
		(const struct cli_option[]){
			{"wait", NULL, "return when it has ended"},
			{},
		},
	.run = run_leave,
	.help = "stop vipd, once nobody needs this node any more",
	.example = "vipctl leave --wait",
};
