// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/hearing/hearing.h"

#include "maps/drops.h"

static bool is_recent(uint64_t moment, uint64_t now, uint64_t patience)
{
	return moment != 0 && now - moment < patience;
}

enum hearing hearing_of(const struct sender_entry *sender, uint64_t now, uint64_t patience)
{
	if (is_recent(sender->heard_at, now, patience))
		return HEARING_WELL;
	return is_recent(sender->refused_at, now, patience) ? HEARING_REFUSED : HEARING_SILENT;
}

/* Both are times in seconds. */
static int64_t ahead_of(const struct sender_entry *sender)
{
	return (int64_t)sender->expected - (int64_t)sender->received;
}

static bool contradicts(const struct sender_entry *sender, uint64_t now, uint64_t patience)
{
	return hearing_of(sender, now, patience) == HEARING_REFUSED &&
	       sender->reason == DROP_vrrp_trailer_stale;
}

/* Return: how many contradict us by as much as one of them does. */
static size_t count_agreeing(const struct sender_entry *senders, size_t count, int64_t ahead,
			     uint64_t now, uint64_t patience, int64_t window)
{
	size_t agreeing = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t difference = ahead_of(&senders[i]) - ahead;

		if (contradicts(&senders[i], now, patience) && difference <= window &&
		    difference >= -window)
			agreeing++;
	}
	return agreeing;
}

struct clock_opinion hearing_clock(const struct sender_entry *senders, size_t count, size_t nodes,
				   uint64_t now, uint64_t patience, int64_t window)
{
	struct clock_opinion opinion = {.verdict = CLOCK_RIGHT};
	size_t most = 0;

	for (size_t i = 0; i < count; i++) {
		size_t agreeing;

		if (hearing_of(&senders[i], now, patience) == HEARING_WELL)
			return (struct clock_opinion){.verdict = CLOCK_RIGHT};
		if (!contradicts(&senders[i], now, patience))
			continue;
		agreeing = count_agreeing(senders, count, ahead_of(&senders[i]), now, patience,
					  window);
		if (agreeing > most) {
			most = agreeing;
			opinion.ahead = ahead_of(&senders[i]);
		}
	}
	if (most)
		opinion.verdict = 2 * most > nodes ? CLOCK_CONTRADICTED : CLOCK_DOUBTED;
	return opinion;
}
