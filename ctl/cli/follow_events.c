// SPDX-License-Identifier: GPL-2.0-only
/* `vipctl events`: it shows the last events, and then those that follow, until interrupted. */
#include <stdio.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/cli/cli.h"
#include "ctl/cli/client.h"
#include "ctl/cli/member.h"
#include "ctl/cli/table.h"

static enum style style_of(const json_t *event)
{
	static const struct {
		const char *type;
		enum style style;
	} styles[] = {
		{"spoofing", STYLE_BAD},
		{"conflict", STYLE_BAD},
		{"mismatch", STYLE_WARNING},
		{"transition", STYLE_HEADING},
	};
	const char *type = member_text(event, "type");

	if (strcmp(member_text(event, "to"), "FAULT") == 0 ||
	    strcmp(member_text(event, "state"), "down") == 0)
		return STYLE_BAD;
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (strcmp(type, styles[i].type) == 0)
			return styles[i].style;
	return STYLE_PLAIN;
}

static void print_event(const json_t *event, bool colour)
{
	style_print(stdout, colour, STYLE_FAINT, "%s", member_text(event, "time"));
	style_print(stdout, colour, style_of(event), "  %-10s", member_text(event, "type"));
	printf("  %s\n", member_text(event, "text"));
}

/* Return: an exit status, or -1 to go on. */
static int take_line(const char *line, bool json, bool colour)
{
	CLEANUP(cleanup_json) json_t *event = json_loads(line, 0, NULL);

	if (client_error(event))
		return cli_complain(EXIT_PROBLEM, "%s", client_error(event));
	if (json)
		puts(line);
	else
		print_event(event, colour);
	return ferror(stdout) ? EXIT_PROBLEM : -1;
}

static int run(const struct invocation *invocation)
{
	CLEANUP(client_closep) struct client *client = client_open(invocation->run_dir);
	bool colour = style_wanted(stdout);
	int status = -1;

	if (!client || client_request(client, client_command("events")))
		return EXIT_UNREACHABLE;
	setvbuf(stdout, NULL, _IOLBF, 0); /* a reader behind a pipe gets each event at once */
	while (status < 0) {
		const char *line = client_receive(client, 0);

		if (!line)
			return EXIT_UNREACHABLE;
		status = take_line(line, invocation->json, colour);
	}
	return status;
}

const struct cli_command cli_events = {
	.name = "events",
	.arguments = "",
	.run = run,
	.help = "follow state changes, spoofing attempts and conflicts",
	.example = "vipctl --json events",
};
