// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each event does in each state, as a table to be read: an Active is there three times, while
 * it waits to own, while it owns, and while it offers to hand over. The details are for other
 * tests. A cell has the actions in their order (A: an advertisement, O: one of priority 1, R: of
 * priority 0, L: the lease is stored, D: it is dropped, N: the VIPs are announced), and the name of
 * the state that begins, if it is another.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/machine_bench.h"

enum situation {
	INITIAL,
	BACKUP,
	WAITING,
	OWNING,
	OFFERING,
	FAULTY,
	SITUATIONS,
};

struct row {
	const char *name;
	const char *cells[SITUATIONS];
	struct vrrp_event event;
	bool late;     /* all timers have run out by then */
	bool minority; /* and no majority is heard */
};

static struct vrrp_parameters slower;

#define ADVERT(level) .type = VRRP_EVENT_ADVERT, .advert.priority = (level)

/* clang-format off */
static const struct row rows[] = {
	/*                    INIT          BACKUP      waiting      MASTER       offering      FAULT */
	{"startup",           {"BACKUP",     "",         "",          "",          "",           "BACKUP"},
	 .event = {.type = VRRP_EVENT_STARTUP}},
	{"startup, leased",   {"MASTER ALN", "",         "",          "",          "",           "MASTER ALN"},
	 .event = {.type = VRRP_EVENT_STARTUP, .lease_alive = true}},
	{"shutdown",          {"",           "INIT",     "DR INIT",   "DR INIT",   "DR INIT",    "INIT"},
	 .event = {.type = VRRP_EVENT_SHUTDOWN}},
	{"fault",             {"FAULT",      "FAULT",    "DR FAULT",  "DR FAULT",  "DR FAULT",   ""},
	 .event = {.type = VRRP_EVENT_FAULT, .reason = "test"}},
	{"better advert",     {"",           "",         "D BACKUP",  "DA BACKUP", "D BACKUP",   ""},
	 .event = {ADVERT(150)}},
	{"loser's advert",    {"",           "",         "A",         "ALN",       "D BACKUP",   ""},
	 .event = {ADVERT(50)}},
	{"... and gave way",  {"",           "",         "D BACKUP",  "D BACKUP",  "D BACKUP",   ""},
	 .event = {ADVERT(50), .gave_way = true}},
	{"an offer",          {"",           "",         "A",         "ALN",       "D BACKUP",   ""},
	 .event = {ADVERT(1)}},
	{"resignation",       {"",           "",         "A",         "AL",        "O",          ""},
	 .event = {ADVERT(0)}},
	{"timer",             {"",           "MASTER A", "LNAL",      "AL",        "DR BACKUP",  ""},
	 .event = {.type = VRRP_EVENT_TIMER}, .late = true},
	{"... and gave way",  {"",           "MASTER A", "D BACKUP",  "D BACKUP",  "D BACKUP",   ""},
	 .event = {.type = VRRP_EVENT_TIMER, .gave_way = true}, .late = true},
	{"... in a minority", {"",           "",         "DR BACKUP", "DR BACKUP", "DR BACKUP",  ""},
	 .event = {.type = VRRP_EVENT_TIMER}, .late = true, .minority = true},
	{"sent",              {"",           "",         "",          "",          "",           ""},
	 .event = {.type = VRRP_EVENT_SENT}},
	{"lease lost",        {"",           "",         "D BACKUP",  "D BACKUP",  "D BACKUP",   ""},
	 .event = {.type = VRRP_EVENT_LEASE_LOST}},
	{"quorum lost",       {"",           "",         "",          "",          "",           ""},
	 .event = {.type = VRRP_EVENT_QUORUM, .quorum_until = START}},
	{"other priority",    {"",           "",         "A",         "AL",        "O",          ""},
	 .event = {.type = VRRP_EVENT_PRIORITY, .priority = 70}},
	{"... and gave way",  {"",           "",         "D BACKUP",  "D BACKUP",  "D BACKUP",   ""},
	 .event = {.type = VRRP_EVENT_PRIORITY, .priority = 70, .gave_way = true}},
	{"reluctance",        {"",           "",         "DR BACKUP", "O",         "",           ""},
	 .event = {.type = VRRP_EVENT_RELUCTANCE, .reluctant = true}},
	{"other interval",    {"",           "",         "A",         "AL",        "O",          ""},
	 .event = {.type = VRRP_EVENT_PARAMETERS, .parameters = &slower}},
	{"hand over",         {"",           "",         "DR BACKUP", "O",         "",           ""},
	 .event = {.type = VRRP_EVENT_HAND_OVER}},
	{"group took over",   {"",           "MASTER A", "",          "",          "",           ""},
	 .event = {.type = VRRP_EVENT_GROUP_TOOK_OVER}},
	{"group handed over", {"",           "",         "DR BACKUP", "O",         "",           ""},
	 .event = {.type = VRRP_EVENT_GROUP_HANDED_OVER}},
};
/* clang-format on */

/* Puts the machine into a situation. */
static void arrange(enum situation situation)
{
	begin(defaults());
	if (situation == BACKUP)
		begin_as_backup(defaults());
	if (situation == WAITING || situation == OWNING || situation == OFFERING)
		begin_as_active(defaults());
	if (situation == WAITING) { /* as it was before it owned */
		begin_as_backup(defaults());
		run_until(machine.down_timer);
	}
	if (situation == OFFERING)
		vrrp_hand_over_on_request(&machine, now, &actions);
	if (situation == FAULTY)
		vrrp_fault(&machine, "test", now, &actions);
}

static void happen(const struct row *row)
{
	struct vrrp_event event = row->event;

	if (row->minority)
		vrrp_set_quorum(&machine, now, now);
	if (row->late)
		now += 100 * INTERVAL;
	if (event.type == VRRP_EVENT_ADVERT) {
		event.advert.source = address("10.77.0.13");
		event.advert.max_advert_interval = INTERVAL;
		event.advert.seen_at = now;
	}
	vrrp_step(&machine, &event, now, &actions);
}

/* An advertisement, an offer or a resignation. */
static char letter_of_advert(uint8_t priority)
{
	if (priority == 0)
		return 'R';
	return priority == 1 ? 'O' : 'A';
}

static char letter(const struct vrrp_action *action)
{
	switch (action->type) {
	case VRRP_SEND_ADVERT:
		return letter_of_advert(action->priority);
	case VRRP_STORE_LEASE:
		return 'L';
	case VRRP_DROP_LEASE:
		return 'D';
	case VRRP_ANNOUNCE:
		return 'N';
	case VRRP_STATE_CHANGED:
		break;
	}
	return '?';
}

static void describe(char *cell, size_t size)
{
	size_t length = 0;

	cell[0] = '\0';
	for (size_t i = 0; i < actions.count; i++) {
		const struct vrrp_action *action = &actions.list[i];
		bool first = length == 0;
		bool after_letter = !first && cell[length - 1] < 'a' && cell[length - 1] != ' ';

		if (action->type != VRRP_STATE_CHANGED)
			length += (size_t)snprintf(cell + length, size - length, "%c",
						   letter(action));
		else if (action->from != machine.state)
			length += (size_t)snprintf(
				cell + length, size - length, "%s%s%s", after_letter ? " " : "",
				vrrp_state_name(machine.state), i + 1 < actions.count ? " " : "");
	}
}

static void the_table_holds(void **state)
{
	bool same = true;

	(void)state;
	slower = defaults();
	slower.advert_interval = 2 * INTERVAL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (enum situation situation = INITIAL; situation < SITUATIONS; situation++) {
			char cell[64];

			arrange(situation);
			happen(&rows[i]);
			describe(cell, sizeof(cell));
			if (strcmp(cell, rows[i].cells[situation]) == 0)
				continue;
			print_error("%s, column %d: '%s'\n", rows[i].name, situation + 1, cell);
			same = false;
		}
	}
	assert_true(same);
}

static void every_event_is_in_the_table(void **state)
{
	(void)state;
	for (enum vrrp_event_type type = 0; type < VRRP_EVENT_COUNT; type++) {
		bool found = false;

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			found |= rows[i].event.type == type;
		if (!found)
			print_error("there is no row for '%s'\n", vrrp_event_name(type));
		assert_true(found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(every_event_is_in_the_table),
	};

	return cmocka_run_group_tests_name("machine_table", tests, NULL, NULL);
}
