// SPDX-License-Identifier: GPL-2.0-only
/* Those of the dataplane's counters that tell a person what clients met with. */
#include <stdio.h>

#include "ctl/cli/member.h"
#include "ctl/cli/show.h"
#include "ctl/cli/table.h"

static const struct notable {
	const char *counter;
	const char *meaning;
} notables[] = {
	{"stepped_over",
	 "new connections were passed on to another node, for nothing listened here"},
	{"second_chances_spent",
	 "segments had their connection on no node that was asked, and were reset here"},
	{"unreachable_backend", "frames stayed here, for no MAC of their backend was known"},
	{"fragments_orphaned", "fragments came without their first one, and stayed here"},
	{"adverts_not_delivered", "advertisements found no room, for vipd did not keep up"},
};

void show_traffic(const json_t *status, bool colour)
{
	const json_t *traffic = json_object_get(status, "traffic");
	bool any = false;

	for (size_t i = 0; i < sizeof(notables) / sizeof(notables[0]); i++) {
		json_int_t count = member_number(traffic, notables[i].counter);

		if (!count)
			continue;
		style_print(stdout, colour, STYLE_WARNING, "%" JSON_INTEGER_FORMAT " %s\n", count,
			    notables[i].meaning);
		any = true;
	}
	if (any)
		putchar('\n');
}
