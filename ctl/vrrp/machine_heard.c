// SPDX-License-Identifier: GPL-2.0-only
/* A machine hears an advertisement: RFC 9568 section 6.4.2 as Backup, section 6.4.3 as Active. */
#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/machine_internal.h"

/* The address owner does in any case (RFC 9568 section 6.1). */
static bool preempts(const struct vrrp_machine *machine)
{
	bool may = machine->parameters.preempt || machine->parameters.priority == PRIORITY_OWNER;

	return may && !machine->handed_over && !machine->reluctant;
}

static void adopt_interval(struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	uint64_t most = vrrp_interval_limit(machine->parameters.advert_interval);

	if (advert->max_advert_interval > most)
		machine->intervals_clamped++;
	machine->active_interval =
		advert->max_advert_interval < most ? advert->max_advert_interval : most;
}

/* The sender is Active, and may answer for so long, whatever else becomes of its advertisement. */
static void remember_active(struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	machine->active = advert->source;
	machine->active_priority = advert->priority;
	machine->active_seen_at = advert->seen_at;
	machine->foreign_lease =
		advert->priority == PRIORITY_RESIGNED
			? 0
			: advert->seen_at + vrrp_lease_duration(advert->max_advert_interval);
}

/* Whether a less preferred Active is still left in peace; the first word from it starts the delay.
 */
static bool preemption_held_back(struct vrrp_machine *machine, uint64_t seen_at)
{
	if (machine->parameters.preempt_delay == 0)
		return false;
	if (machine->preempt_timer == 0)
		machine->preempt_timer = seen_at + machine->parameters.preempt_delay;
	return seen_at < machine->preempt_timer;
}

/*
 * We do not preempt whom we have handed over to; but that does not matter any more when it offers
 * to hand over itself. One whose priority was the least all the time makes no offer.
 */
static void forget_hand_over(struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	if (advert->priority == PRIORITY_OFFER && machine->active_priority > PRIORITY_OFFER &&
	    address_equal(&advert->source, &machine->active))
		machine->handed_over = false;
}

/* The least priority is an offer, or as good as one. */
static bool is_offer_to_us(const struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	return advert->priority == PRIORITY_OFFER &&
	       machine->parameters.priority > PRIORITY_OFFER && preempts(machine) &&
	       machine->parameters.preempt_delay == 0;
}

/* The skew decides who of several takes over, as when an Active resigns. */
static void accept_offer(struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	uint64_t at = advert->seen_at + machine_own_skew(machine);

	if (at < machine->down_timer)
		machine->down_timer = at;
}

static void hear_as_backup(struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	if (advert->priority == PRIORITY_RESIGNED) {
		machine->down_timer = advert->seen_at + machine_own_skew(machine);
		return;
	}
	if (is_offer_to_us(machine, advert)) {
		accept_offer(machine, advert);
		return;
	}
	if (advert->priority >= machine->parameters.priority)
		machine->preempt_timer = 0;
	else if (preempts(machine) && !preemption_held_back(machine, advert->seen_at))
		return; /* discarded: the timer runs on */
	adopt_interval(machine, advert);
	machine->down_timer = advert->seen_at + machine_down_interval(machine);
}

/*
 * Two that own hear each other when a split heals. If only the loser hears, the winner never learns
 * that the network believed another one, and must be told: it announces the VIPs again when it
 * hears a loser's advertisement.
 */
static void give_way(struct vrrp_machine *machine, const struct vrrp_advert *advert, uint64_t now,
		     struct vrrp_actions *actions)
{
	bool expected = machine->offering, owned = machine->owning;

	machine_add_action(actions, VRRP_DROP_LEASE);
	if (owned && !expected)
		machine_say_last_word(machine, now, actions);
	adopt_interval(machine, advert);
	machine_become_backup(
		machine, expected ? machine->offer_reason : "heard a node that comes before us",
		advert->seen_at, actions);
}

static void note_rival(struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	struct vrrp_rival *rival = &machine->rival;
	uint64_t patience = vrrp_active_patience(advert->max_advert_interval);

	if (!address_equal(&rival->address, &advert->source) ||
	    advert->seen_at - rival->seen_at > patience)
		rival->since = advert->seen_at;
	rival->address = advert->source;
	rival->priority = advert->priority;
	rival->seen_at = advert->seen_at;
}

/*
 * The loser, and whoever heard it, must learn again where the VIPs are. In version 2 the
 * advertisement itself is discarded (RFC 3768 section 6.4.3): the next one is soon enough.
 */
static void answer_loser(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->parameters.version != 2)
		machine_advertise(machine, now, actions);
	if (machine->owning)
		machine_add_action(actions, VRRP_ANNOUNCE);
}

/*
 * The dataplane may have given way to somebody whom we come before: to another one than we hear
 * here, or by a priority that we had before. Whoever it was may own by now, and we come back as
 * anybody does who preempts.
 */
static void hear_as_active(struct vrrp_machine *machine, const struct vrrp_event *event, bool news,
			   uint64_t now, struct vrrp_actions *actions)
{
	const struct vrrp_advert *advert = &event->advert;
	bool resigned = advert->priority == PRIORITY_RESIGNED;

	if (news && !resigned && machine_beats_us(machine, advert)) {
		give_way(machine, advert, now, actions);
	} else if (event->gave_way) {
		machine_lose_lease(machine, now, actions);
	} else if (news && resigned) {
		machine_advertise(machine, now, actions);
	} else if (news) {
		note_rival(machine, advert);
		answer_loser(machine, now, actions);
	}
}

void machine_hear(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
		  struct vrrp_actions *actions)
{
	const struct vrrp_advert *advert = &event->advert;
	bool news = advert->seen_at >= machine->active_seen_at;

	if (news) {
		forget_hand_over(machine, advert);
		remember_active(machine, advert);
	}
	if (machine->state == VRRP_ACTIVE)
		hear_as_active(machine, event, news, now, actions);
	else if (news && machine->state == VRRP_BACKUP)
		hear_as_backup(machine, advert);
	else if (news && advert->priority != PRIORITY_RESIGNED)
		adopt_interval(machine, advert);
}
