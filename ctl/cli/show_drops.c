// SPDX-License-Identifier: GPL-2.0-only
/* `vipctl drops`: what the dataplane dropped, by reason. */
#include <stdio.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/cli/cli.h"
#include "ctl/cli/client.h"
#include "ctl/cli/member.h"
#include "ctl/cli/show.h"
#include "ctl/cli/table.h"

#define PATIENCE 5 /* seconds */

/* Nodes drop these all the time: the frame is another's, or the configuration says so. */
static bool is_routine(const char *reason)
{
	static const char *const routine[] = {
		"arp_not_owner",    "arp_claim",     "ns_not_owner",
		"vip_not_accepted", "vip_not_owner", "vip_other_mac",
	};

	for (size_t i = 0; i < sizeof(routine) / sizeof(routine[0]); i++)
		if (strcmp(reason, routine[i]) == 0)
			return true;
	return false;
}

static void add_drop(struct table *table, const json_t *drop)
{
	const char *reason = member_text(drop, "reason");
	json_int_t count = member_number(drop, "count");
	bool notable = count && !is_routine(reason);

	table_cell(table, notable ? STYLE_WARNING : STYLE_PLAIN, "%s", reason);
	table_cell(table, STYLE_PLAIN, "%lld", count);
	table_cell(table, STYLE_PLAIN, "%s", member_text(drop, "text"));
}

enum selection {
	ALL_DROPS,
	NONZERO_DROPS,
	NOTABLE_DROPS,
};

static bool is_selected(const json_t *drop, enum selection selection)
{
	if (selection == ALL_DROPS)
		return true;
	if (selection == NOTABLE_DROPS && is_routine(member_text(drop, "reason")))
		return false;
	return member_number(drop, "count") != 0;
}

/* Return: whether there was anything to print. */
static bool print_drops(const json_t *drops, enum selection selection, bool colour)
{
	static const struct table_column columns[] = {
		{"DROPPED", false}, {"COUNT", true}, {"MEANING", false}};
	CLEANUP(table_freep)
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;
	json_t *drop;

	json_array_foreach (json_object_get(drops, "drops"), i, drop)
		if (is_selected(drop, selection))
			add_drop(table, drop);
	if (table_is_empty(table))
		return false;
	table_print(table, stdout, colour);
	return true;
}

void show_notable_drops(const json_t *drops, bool colour)
{
	if (!print_drops(drops, NOTABLE_DROPS, colour))
		puts("nothing dropped that should not have been there");
}

static int run(const struct invocation *invocation)
{
	CLEANUP(cleanup_json) json_t *drops = NULL;
	enum selection selection = cli_value(invocation, "all") ? ALL_DROPS : NONZERO_DROPS;
	int status = client_ask(invocation, client_command("drops"), PATIENCE, &drops);

	if (status != EXIT_OK || invocation->json)
		return status;
	if (!print_drops(drops, selection, style_wanted(stdout)))
		puts("nothing dropped");
	return EXIT_OK;
}

const struct cli_command cli_drops = {
	.name = "drops",
	.arguments = "",
	.options =
		(const struct cli_option[]){
			{"all", NULL, "show reasons that never happened, too"},
			{},
		},
	.run = run,
	.help = "what the dataplane dropped, by reason",
	.example = "vipctl drops --all",
};
