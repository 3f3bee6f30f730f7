// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/attract/arp_nd.h"

#include "ctl/base/address.h"
#include "ctl/base/clock.h"

/* A claim of another host is answered at once, but two stubborn hosts must not make a storm. */
#define AGAIN_INTERVAL (100 * NS_PER_MS)

/* From one round of announcements to the next. */
static const uint64_t round_pauses[] = {200 * NS_PER_MS, 800 * NS_PER_MS, 4 * NS_PER_S};

#define ROUNDS (sizeof(round_pauses) / sizeof(round_pauses[0]) + 1)

/* From one round of questions to the next, after each in a row that was not answered at all. */
static const uint64_t question_pauses[] = {200 * NS_PER_MS, 200 * NS_PER_MS, 400 * NS_PER_MS};

/* So many rounds without an answer, and the gateway is silent. */
#define QUESTION_ROUNDS (sizeof(question_pauses) / sizeof(question_pauses[0]))

/* How soon one sees that the gateway speaks again, to others. */
#define SILENCE_POLL (100 * NS_PER_MS)

/* Confirmations. */

static uint64_t confirmed_at(const struct announcement *announcement,
			     const struct announced_vip *vip)
{
	return maps_confirmed_at(announcement->announcer->maps, vip->index);
}

static bool wants_confirmation(const struct announcement *announcement,
			       const struct announced_vip *vip)
{
	return announcer_gateway(announcement->announcer, &vip->address) &&
	       confirmed_at(announcement, vip) < announcement->asked_since;
}

static size_t count_unconfirmed(const struct announcement *announcement)
{
	size_t count = 0;

	for (size_t i = 0; i < announcement->vip_count; i++)
		count += wants_confirmation(announcement, &announcement->vips[i]);
	return count;
}

/* Return: false when a VIP whose family has a gateway is not confirmed, or no family has one. */
static bool find_confirmations(const struct announcement *announcement, uint64_t *oldest,
			       uint64_t *newest)
{
	*oldest = NEVER;
	*newest = 0;
	for (size_t i = 0; i < announcement->vip_count; i++) {
		const struct announced_vip *vip = &announcement->vips[i];
		uint64_t at = confirmed_at(announcement, vip);

		if (!announcer_gateway(announcement->announcer, &vip->address))
			continue;
		if (at < announcement->counted_since)
			return false;
		*oldest = at < *oldest ? at : *oldest;
		*newest = at > *newest ? at : *newest;
	}
	return *newest > 0;
}

/* The walks. */

static const struct vip_walk no_walk = {.at = NEVER};

static void begin_round(const struct announcement *announcement, struct vip_walk *walk,
			unsigned int round, uint64_t at)
{
	walk->left = announcement->vip_count;
	walk->round = round;
	walk->at = at;
	walk->again = false;
}

/* Rounds that causes begin are not closer than AGAIN_INTERVAL. */
static void begin_first_round(const struct announcement *announcement, struct vip_walk *walk,
			      uint64_t now)
{
	uint64_t earliest = walk->begun_at + AGAIN_INTERVAL;

	begin_round(announcement, walk, 0, earliest > now ? earliest : now);
}

static bool is_on_its_way(const struct announcement *announcement, const struct vip_walk *walk)
{
	return walk->left > 0 && walk->left < announcement->vip_count;
}

static const struct announced_vip *visit(const struct announcement *announcement,
					 struct vip_walk *walk, uint64_t now)
{
	const struct announced_vip *vip = &announcement->vips[walk->next];

	if (walk->left == announcement->vip_count)
		walk->begun_at = now;
	walk->next = (walk->next + 1) % announcement->vip_count;
	walk->left--;
	return vip;
}

/* NULL: there is none left in this round. */
static const struct announced_vip *visit_unconfirmed(const struct announcement *announcement,
						     struct vip_walk *walk, uint64_t now)
{
	while (walk->left > 0) {
		const struct announced_vip *vip = visit(announcement, walk, now);

		if (wants_confirmation(announcement, vip))
			return vip;
	}
	return NULL;
}

static void begin_announcing(struct announcement *announcement, uint64_t now)
{
	struct vip_walk *walk = &announcement->announcing;

	if (is_on_its_way(announcement, walk))
		walk->again = true;
	else
		begin_first_round(announcement, walk, now);
}

static void begin_asking(struct announcement *announcement, uint64_t now)
{
	struct vip_walk *walk = &announcement->asking;

	if (is_on_its_way(announcement, walk) && !announcement->silent_since)
		walk->again = true;
	else
		begin_first_round(announcement, walk, now);
	announcement->unconfirmed = count_unconfirmed(announcement);
	announcement->silent_since = 0;
	announcement->probe_at = 0;
}

static uint64_t refresh_at(const struct announcement *announcement)
{
	uint64_t refresh = announcement->announcer->refresh;

	return refresh ? announcement->asked_since + refresh : NEVER;
}

/* One round is enough, for nothing is known to be wrong. */
static void refresh(struct announcement *announcement, uint64_t now)
{
	announcement->asked_since = now;
	announcement->token_at = 0;
	begin_asking(announcement, now);
	if (announcement->announcing.at == NEVER)
		begin_round(announcement, &announcement->announcing, ROUNDS - 1, now);
}

static void finish_announcing(struct announcement *announcement, uint64_t now)
{
	struct vip_walk *walk = &announcement->announcing;
	unsigned int round = walk->round + 1;

	if (walk->again)
		begin_first_round(announcement, walk, now);
	else
		begin_round(announcement, walk, round,
			    round < ROUNDS ? now + round_pauses[round - 1] : NEVER);
}

static void note_completion(struct announcement *announcement)
{
	uint64_t oldest, newest;

	if (!announcement->first_complete && find_confirmations(announcement, &oldest, &newest))
		announcement->first_complete = newest;
}

static void finish_asking(struct announcement *announcement, uint64_t now)
{
	struct vip_walk *walk = &announcement->asking;
	size_t unconfirmed = count_unconfirmed(announcement);
	bool answered = unconfirmed < announcement->unconfirmed;
	unsigned int round = answered ? 0 : walk->round + 1;

	if (answered)
		announcement->announcer->answered_at = now;
	announcement->unconfirmed = unconfirmed;
	if (walk->again) {
		begin_first_round(announcement, walk, now);
	} else if (unconfirmed == 0) {
		note_completion(announcement);
		walk->at = NEVER;
	} else if (round == QUESTION_ROUNDS) {
		announcement->silent_since = now;
		walk->at = now + SILENCE_POLL;
	} else {
		begin_round(announcement, walk, round, now + question_pauses[round]);
	}
}

/* A silent gateway that answers anybody has become one that is to be asked for all. */
static void probe(struct announcement *announcement, uint64_t now)
{
	struct announcer *announcer = announcement->announcer;
	const struct announced_vip *vip;

	if (count_unconfirmed(announcement) < announcement->unconfirmed)
		announcer->answered_at = now;
	if (announcer->answered_at > announcement->silent_since) {
		begin_asking(announcement, now);
		return;
	}
	announcement->asking.at = now + SILENCE_POLL;
	if (!announcement->probe_at)
		announcement->probe_at = announcer_book_probe(announcer, now);
	if (announcement->probe_at > now)
		return;
	announcement->probe_at = 0;
	announcement->asking.left = announcement->vip_count;
	vip = visit_unconfirmed(announcement, &announcement->asking, now);
	if (vip)
		announcer_ask(announcer, &vip->address);
}

/* The gateway comes before all others: most of what a VIP serves comes through it. */
static void send_next(struct announcement *announcement, uint64_t now)
{
	struct announcer *announcer = announcement->announcer;
	const struct announced_vip *vip = NULL;

	if (announcement->asking.at <= now) {
		vip = visit_unconfirmed(announcement, &announcement->asking, now);
		if (vip)
			announcer_ask(announcer, &vip->address);
		if (announcement->asking.left == 0)
			finish_asking(announcement, now);
	}
	if (vip || announcement->announcing.at > now)
		return;
	announcer_announce(announcer,
			   &visit(announcement, &announcement->announcing, now)->address);
	if (announcement->announcing.left == 0)
		finish_announcing(announcement, now);
}

/* The method. */

static struct announcement *announcement_of(struct attraction *attraction)
{
	return (struct announcement *)attraction;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t due_at(const struct announcement *announcement)
{
	return earliest(announcement->asking.at, announcement->announcing.at);
}

static void take(struct attraction *attraction, uint64_t now)
{
	struct announcement *announcement = announcement_of(attraction);

	if (!announcement->counted_since) {
		announcement->first_complete = 0;
		attraction->first_acted_at = 0;
	}
	announcement->counted_since = now;
	announcement->asked_since = now;
	announcement->token_at = 0; /* it may be for a repeat */
	begin_announcing(announcement, now);
	begin_asking(announcement, now);
	attraction->next_at = due_at(announcement);
}

static void release(struct attraction *attraction)
{
	struct announcement *announcement = announcement_of(attraction);

	announcement->counted_since = 0;
	announcement->token_at = 0;
	announcement->announcing = no_walk;
	announcement->asking = no_walk;
	announcement->silent_since = 0;
	attraction->first_acted_at = 0;
	attraction->next_at = NEVER;
}

/* The clock is read here, not at the turn's beginning: another node may own by now. */
static bool owns(const struct announcement *announcement)
{
	return clock_now() < maps_lease(announcement->announcer->maps, announcement->vrid);
}

static bool only_repeats(const struct announcement *announcement, uint64_t now)
{
	return announcement->asking.at > now && announcement->announcing.round > 0;
}

static void send_what_is_due(struct announcement *announcement, uint64_t now)
{
	struct attraction *attraction = &announcement->attraction;

	while (due_at(announcement) <= now) {
		uint64_t later = announcer_wait(announcement->announcer, &announcement->token_at,
						only_repeats(announcement, now), now);

		if (later) {
			attraction->next_at = later;
			return;
		}
		send_next(announcement, now);
		if (!attraction->first_acted_at)
			attraction->first_acted_at = clock_now();
	}
	attraction->next_at = earliest(due_at(announcement), refresh_at(announcement));
}

static void run(struct attraction *attraction, uint64_t now)
{
	struct announcement *announcement = announcement_of(attraction);

	if (!owns(announcement)) {
		attraction->next_at = now + AGAIN_INTERVAL;
		return;
	}
	if (refresh_at(announcement) <= now)
		refresh(announcement, now);
	if (announcement->silent_since && announcement->asking.at <= now)
		probe(announcement, now);
	send_what_is_due(announcement, now);
}

static void note_waiting(const struct announcement *announcement,
			 struct attract_confirmation *confirmation)
{
	for (size_t i = 0; i < announcement->vip_count; i++) {
		const struct announced_vip *vip = &announcement->vips[i];

		if (!wants_confirmation(announcement, vip))
			continue;
		confirmation->waiting_since = announcement->asked_since;
		confirmation->vip = vip->address;
		confirmation->asked = *announcer_gateway(announcement->announcer, &vip->address);
		return;
	}
}

static void confirmed(const struct attraction *attraction,
		      struct attract_confirmation *confirmation)
{
	const struct announcement *announcement = (const struct announcement *)attraction;
	uint64_t oldest, newest;

	*confirmation = (struct attract_confirmation){.first_at = announcement->first_complete};
	if (!announcement->counted_since)
		return;
	note_waiting(announcement, confirmation);
	if (!find_confirmations(announcement, &oldest, &newest))
		return;
	confirmation->confirmed_at = oldest;
	if (!confirmation->first_at)
		confirmation->first_at = newest;
}

static const struct attract_method arp_nd = {
	.name = "ARP and ND",
	.take = take,
	.release = release,
	.run = run,
	.confirmed = confirmed,
};

void announcement_init(struct announcement *announcement, struct announcer *announcer, uint8_t vrid,
		       const struct announced_vip *vips, size_t vip_count)
{
	*announcement = (struct announcement){
		.attraction = {.method = &arp_nd, .next_at = NEVER},
		.announcing = no_walk,
		.asking = no_walk,
		.announcer = announcer,
		.vrid = vrid,
		.vips = vips,
		.vip_count = vip_count,
	};
}

static bool same_vips(const struct announcement *a, const struct announcement *b)
{
	if (a->vip_count != b->vip_count)
		return false;
	for (size_t i = 0; i < a->vip_count; i++)
		if (!address_equal(&a->vips[i].address, &b->vips[i].address) ||
		    a->vips[i].index != b->vips[i].index)
			return false;
	return true;
}

bool announcement_go_on(struct announcement *announcement, const struct announcement *before)
{
	const struct announced_vip *vips = announcement->vips;

	if (!same_vips(announcement, before))
		return false;
	*announcement = *before;
	announcement->vips = vips;
	if (announcement->counted_since) /* the pace and the refresh may be others */
		announcement->attraction.next_at = clock_now();
	return true;
}
