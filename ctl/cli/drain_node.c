// SPDX-License-Identifier: GPL-2.0-only
/* `vipctl drain` and `vipctl undrain`, and the wait for the last connection. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/cli/cli.h"
#include "ctl/cli/client.h"
#include "ctl/cli/member.h"
#include "ctl/cli/span.h"
#include "ctl/config/values.h"

#define PATIENCE 30 /* seconds, for vipd's answer */

#define HOUR           (3600 * NS_PER_S)
#define DRAIN_MAX      (366 * 24 * HOUR)
#define WAIT_MAX       (168 * HOUR)
#define WAIT_USUAL     (600 * NS_PER_S)
#define POLL_INTERVAL  (500 * NS_PER_MS)
#define CLEAR_THE_LINE "\r\033[K"

/* An option that was not given leaves @ns as it is. Return: an exit status. */
static int read_duration(const struct invocation *invocation, const char *option, uint64_t max,
			 uint64_t *ns)
{
	const char *text = cli_value(invocation, option);
	const struct value_rule rule = {.size = sizeof(*ns), .min = NS_PER_S, .max = max};
	char expected[EXPECTED_TEXT_MAX];

	if (!text || type_duration.parse(text, &rule, ns))
		return EXIT_OK;
	value_expected(&type_duration, &rule, expected);
	return cli_complain(EXIT_UNREACHABLE, "--%s: \"%s\" is not %s", option, text, expected);
}

static json_t *drain_request(const struct invocation *invocation, uint64_t duration)
{
	json_t *request =
		json_pack("{s:s, s:s*, s:s*, s:b, s:b}", "command", "drain", "node",
			  invocation->arguments[0], "reason", cli_value(invocation, "reason"),
			  "force", cli_value(invocation, "force") != NULL, "wait",
			  cli_value(invocation, "wait") != NULL);

	if (duration)
		json_object_set_new(request, "for_ms",
				    json_integer((json_int_t)(duration / NS_PER_MS)));
	return request;
}

static void print_drained(const json_t *answer)
{
	const char *node = member_text(answer, "node"), *until = member_text(answer, "until");
	const json_t *connections = json_object_get(answer, "connections");

	printf("%s is drained", node);
	if (until[0])
		printf(" until %s", until);
	if (!member_truth(answer, "local"))
		printf(", and hands its VIPs over as soon as it hears of it");
	else if (json_is_integer(connections))
		printf("; connections left: %" JSON_INTEGER_FORMAT,
		       json_integer_value(connections));
	putchar('\n');
}

/* The wait. */

struct remainder {
	json_int_t connections;
	bool drained;
};

static int ask_remainder(const struct invocation *invocation, struct remainder *remainder)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;
	struct invocation quiet = *invocation;
	int status;

	quiet.json = false;
	status = client_ask(&quiet, client_command("connections"), PATIENCE, &answer);
	if (status == EXIT_OK)
		*remainder = (struct remainder){member_number(answer, "connections"),
						member_truth(answer, "drained")};
	return status;
}

static void print_remainder(const struct remainder *remainder, uint64_t waited)
{
	CLEANUP(cleanup_json)
	json_t *line =
		json_pack("{s:I, s:b, s:I}", "connections", remainder->connections, "drained",
			  remainder->drained, "waited_ms", (json_int_t)(waited / NS_PER_MS));

	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
}

static int finish(const struct invocation *invocation, const struct remainder *remainder,
		  uint64_t waited)
{
	struct span span = span_of_seconds((int64_t)(waited / NS_PER_S));

	if (invocation->json)
		print_remainder(remainder, waited);
	if (!remainder->drained)
		return cli_complain(EXIT_PROBLEM,
				    "the node is drained no longer: somebody undrained it, or its "
				    "time ended");
	if (remainder->connections)
		return cli_complain(EXIT_PROBLEM,
				    "after %s connections are left: %" JSON_INTEGER_FORMAT,
				    span.text, remainder->connections);
	if (!invocation->json)
		printf("no connection is left after %s\n", span.text);
	return EXIT_OK;
}

static void sleep_for(uint64_t ns)
{
	const struct timespec time = {.tv_sec = (time_t)(ns / NS_PER_S),
				      .tv_nsec = (long)(ns % NS_PER_S)};

	nanosleep(&time, NULL);
}

static int wait_for_the_last(const struct invocation *invocation, uint64_t patience)
{
	bool progress = !invocation->json && isatty(STDOUT_FILENO);
	uint64_t began = clock_now();

	for (;;) {
		struct remainder remainder;
		int status = ask_remainder(invocation, &remainder);
		uint64_t waited = clock_now() - began;

		if (progress)
			fputs(CLEAR_THE_LINE, stdout);
		if (status != EXIT_OK)
			return status;
		if (!remainder.drained || !remainder.connections || waited >= patience)
			return finish(invocation, &remainder, waited);
		if (progress)
			printf("connections left after %s: %" JSON_INTEGER_FORMAT,
			       span_of_seconds((int64_t)(waited / NS_PER_S)).text,
			       remainder.connections);
		fflush(stdout);
		sleep_for(patience - waited < POLL_INTERVAL ? patience - waited : POLL_INTERVAL);
	}
}

static int run_drain(const struct invocation *invocation)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;
	uint64_t duration = 0, patience = WAIT_USUAL;
	int status = read_duration(invocation, "for", DRAIN_MAX, &duration);

	if (status == EXIT_OK)
		status = read_duration(invocation, "timeout", WAIT_MAX, &patience);
	if (status == EXIT_OK)
		status = client_ask(invocation, drain_request(invocation, duration), PATIENCE,
				    &answer);
	if (status != EXIT_OK)
		return status;
	if (!invocation->json)
		print_drained(answer);
	return cli_value(invocation, "wait") ? wait_for_the_last(invocation, patience) : EXIT_OK;
}

static int run_undrain(const struct invocation *invocation)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;
	json_t *request =
		json_pack("{s:s, s:s*}", "command", "undrain", "node", invocation->arguments[0]);
	int status = client_ask(invocation, request, PATIENCE, &answer);

	if (status == EXIT_OK && !invocation->json)
		printf("%s %s\n", member_text(answer, "node"),
		       member_truth(answer, "was_drained") ? "is drained no longer"
							   : "was not drained");
	return status;
}

const struct cli_command cli_drain = {
	.name = "drain",
	.arguments = "[NODE]",
	.most = 1,
	.options =
		(const struct cli_option[]){
			{"for", "DURATION", "undrain it after that time, such as 90s, 15m, 2h"},
			{"reason", "TEXT", "what the status says of it"},
			{"wait", NULL, "return when the last connection is gone"},
			{"timeout", "DURATION", "wait no longer than that, default 10m"},
			{"force", NULL, "even when no backend is left for new connections"},
			{},
		},
	.run = run_drain,
	.help = "no new connections to a node; the others are kept",
	.example = "vipctl drain --for 1h --reason 'new kernel' --wait",
};

const struct cli_command cli_undrain = {
	.name = "undrain",
	.arguments = "[NODE]",
	.most = 1,
	.run = run_undrain,
	.help = "let it have connections again",
	.example = "vipctl undrain",
};
