// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/machine_internal.h"

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/quorum.h"

/*
 * What a peer may teach us of its interval: ten of ours, or ten seconds if that is more, so that
 * intervals can be changed node by node. No single advertisement can make us deaf for minutes.
 */
#define LEARNED_INTERVALS_MAX 10
#define LEARNED_INTERVAL_MIN  (10 * NS_PER_S)

/* Who has heard none of so many advertisements in a row has taken the Active for dead. */
#define ADVERTS_TO_BE_HEARD 3

#define RESIGNED 0

static const char *const state_names[] = {
	[VRRP_INITIALIZE] = "INIT",
	[VRRP_BACKUP] = "BACKUP",
	[VRRP_ACTIVE] = "MASTER",
	[VRRP_FAULT] = "FAULT",
};

_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == VRRP_STATE_COUNT,
	       "every state has its name");

const char *vrrp_state_name(enum vrrp_state state)
{
	return state_names[state];
}

uint64_t vrrp_skew_time(uint8_t priority, uint64_t active_interval)
{
	return (256 - priority) * active_interval / 256;
}

/*
 * The earliest that a backup can take over is three intervals after it heard us, plus its skew. The
 * margin is for what lies between our clock read and the wire.
 */
uint64_t vrrp_lease_duration(uint64_t advert_interval)
{
	return 3 * advert_interval - advert_interval / 10;
}

uint64_t machine_own_skew(const struct vrrp_machine *machine)
{
	uint64_t unit = machine->parameters.version == 2 ? NS_PER_S : machine->active_interval;
	uint64_t skew = vrrp_skew_time(machine->parameters.priority, unit);

	return machine->reluctant ? skew + machine->active_interval : skew;
}

uint64_t machine_down_interval(const struct vrrp_machine *machine)
{
	return 3 * machine->active_interval + machine_own_skew(machine);
}

static struct vrrp_action *add_action(struct vrrp_actions *actions, enum vrrp_action_type type)
{
	struct vrrp_action *action = &actions->list[actions->count++];

	*action = (struct vrrp_action){.type = type};
	return action;
}

static void send_advert(struct vrrp_machine *machine, uint8_t priority, uint64_t now,
			struct vrrp_actions *actions)
{
	add_action(actions, VRRP_SEND_ADVERT)->priority = priority;
	machine->advert_timer = now + machine->pace;
}

void machine_set_pace(struct vrrp_machine *machine, uint64_t expected)
{
	uint64_t own = machine->parameters.advert_interval;

	machine->paced = expected < own ? ADVERTS_TO_BE_HEARD : 0;
	machine->pace = expected < own ? expected : own;
}

bool machine_has_quorum(const struct vrrp_machine *machine, uint64_t now)
{
	return machine->quorum_until > now;
}

/* A majority that ends is the end of the lease too, also when nobody comes to see to it. */
static uint64_t lease_limit(const struct vrrp_machine *machine)
{
	if (machine->quorum_until == NEVER)
		return NEVER;
	return machine->quorum_until + quorum_margin(machine->parameters.advert_interval);
}

static void store_lease(struct vrrp_machine *machine, bool renews, struct vrrp_actions *actions)
{
	struct vrrp_action *action = add_action(actions, VRRP_STORE_LEASE);

	action->duration = vrrp_lease_duration(machine->pace);
	action->limit = lease_limit(machine);
	action->renews = renews;
	machine->quorum_timer = machine->quorum_until;
	machine->owning = true;
}

void machine_advertise(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	send_advert(machine, machine->parameters.priority, now, actions);
	if (machine->owning)
		store_lease(machine, true, actions);
}

void machine_change_state(struct vrrp_machine *machine, enum vrrp_state state, const char *reason,
			  struct vrrp_actions *actions)
{
	struct vrrp_action *action;

	if (machine->state == VRRP_ACTIVE)
		machine->owning = false;
	machine->advert_timer = NEVER;
	machine->down_timer = NEVER;
	machine->take_timer = NEVER;
	machine->quorum_timer = NEVER;
	machine->preempt_timer = 0;

	action = add_action(actions, VRRP_STATE_CHANGED);
	action->from = machine->state;
	action->reason = reason;
	machine->state = state;
}

void machine_become_backup(struct vrrp_machine *machine, const char *reason, uint64_t now,
			   struct vrrp_actions *actions)
{
	machine_change_state(machine, VRRP_BACKUP, reason, actions);
	machine->down_timer = now + machine_down_interval(machine);
}

static void take(struct vrrp_machine *machine, bool renews, struct vrrp_actions *actions)
{
	machine->take_timer = NEVER;
	store_lease(machine, renews, actions);
	add_action(actions, VRRP_ANNOUNCE);
}

/*
 * Advertise first, own second, announce last. In between, whoever owns or is about to has given up,
 * or has answered that it comes before us. Nobody may be known to own: two that wait for the same
 * silence can find the same end of it.
 */
static void become_active_after(struct vrrp_machine *machine, const char *reason, uint64_t delay,
				uint64_t now, struct vrrp_actions *actions)
{
	machine_change_state(machine, VRRP_ACTIVE, reason, actions);
	machine->yielded = false;
	machine_set_pace(machine, machine->active_interval);
	machine->active_interval = machine->parameters.advert_interval;
	send_advert(machine, machine->parameters.priority, now, actions);
	machine->take_timer = now + delay;
}

void machine_become_active(struct vrrp_machine *machine, const char *reason, uint64_t now,
			   struct vrrp_actions *actions)
{
	become_active_after(machine, reason, machine->parameters.handover_delay, now, actions);
}

/* The lease of the run before is ours: nobody else can have one. */
static void go_on_as_active(struct vrrp_machine *machine, uint64_t now,
			    struct vrrp_actions *actions)
{
	machine_become_active(machine, "the lease of the run before is alive", now, actions);
	take(machine, true, actions);
}

/* Who has just begun to listen does not know who lives. */
static void start_as_active(struct vrrp_machine *machine, const char *reason, uint64_t now,
			    struct vrrp_actions *actions)
{
	const struct vrrp_parameters *parameters = &machine->parameters;
	uint64_t delay = parameters->startup_delay > parameters->handover_delay
				 ? parameters->startup_delay
				 : parameters->handover_delay;

	become_active_after(machine, reason, delay, now, actions);
}

/* The lease ends before anybody hears that it may: from then on the others are free to race. */
void machine_resign(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	add_action(actions, VRRP_DROP_LEASE);
	send_advert(machine, RESIGNED, now, actions);
}

void vrrp_init(struct vrrp_machine *machine, const struct vrrp_parameters *parameters)
{
	*machine = (struct vrrp_machine){
		.parameters = *parameters,
		.state = VRRP_INITIALIZE,
		.advert_timer = NEVER,
		.down_timer = NEVER,
		.take_timer = NEVER,
		.quorum_timer = NEVER,
		.quorum_until = NEVER,
		.active_interval = parameters->advert_interval,
		.pace = parameters->advert_interval,
	};
}

bool machine_active_heard(const struct vrrp_machine *machine, uint64_t now)
{
	return machine->active_seen_at && machine->active_priority != RESIGNED &&
	       now < machine->active_seen_at + machine_down_interval(machine);
}

static bool may_start_as_active(const struct vrrp_machine *machine, uint64_t now)
{
	return !machine->reluctant && machine_has_quorum(machine, now);
}

void vrrp_startup(struct vrrp_machine *machine, bool lease_alive, uint64_t now,
		  struct vrrp_actions *actions)
{
	bool first = !machine->started;

	if (machine->state == VRRP_BACKUP || machine->state == VRRP_ACTIVE)
		return;
	machine->started = true;
	if (lease_alive && machine_has_quorum(machine, now)) {
		go_on_as_active(machine, now, actions);
		return;
	}
	if (may_start_as_active(machine, now) && machine->parameters.priority == 255) {
		start_as_active(machine, "startup as the address owner", now, actions);
		return;
	}
	if (may_start_as_active(machine, now) && first && machine->parameters.start_active &&
	    !machine_active_heard(machine, now)) {
		start_as_active(machine, "startup, as configured", now, actions);
		return;
	}
	machine_become_backup(machine, "startup", now, actions);
	if (machine->active_seen_at)
		machine->down_timer = machine->active_seen_at + machine_down_interval(machine);
	if (machine->down_timer <= now)
		machine->down_timer = now + machine_down_interval(machine);
}

void vrrp_shutdown(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state == VRRP_ACTIVE)
		machine_resign(machine, now, actions);
	machine_change_state(machine, VRRP_INITIALIZE, "shutdown", actions);
}

static bool preempts(const struct vrrp_machine *machine)
{
	return machine->parameters.preempt && !machine->yielded && !machine->reluctant;
}

bool machine_beats_us(const struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	if (advert->priority != machine->parameters.priority)
		return advert->priority > machine->parameters.priority;
	return address_compare(&advert->source, &machine->parameters.address) > 0;
}

static void adopt_interval(struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	uint64_t most = LEARNED_INTERVALS_MAX * machine->parameters.advert_interval;

	if (most < LEARNED_INTERVAL_MIN)
		most = LEARNED_INTERVAL_MIN;
	if (advert->max_advert_interval > most)
		machine->intervals_clamped++;
	machine->active_interval =
		advert->max_advert_interval < most ? advert->max_advert_interval : most;
}

/* Who is Active, and until when it may answer, whatever else becomes of its advertisement. */
static void remember_active(struct vrrp_machine *machine, const struct vrrp_advert *advert,
			    uint64_t seen_at)
{
	machine->active = advert->source;
	machine->active_priority = advert->priority;
	machine->active_seen_at = seen_at;
	machine->foreign_lease =
		advert->priority == RESIGNED
			? 0
			: seen_at + vrrp_lease_duration(advert->max_advert_interval);
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

static void hear_as_backup(struct vrrp_machine *machine, const struct vrrp_advert *advert,
			   uint64_t seen_at)
{
	if (advert->priority == RESIGNED) {
		machine->down_timer = seen_at + machine_own_skew(machine);
		return;
	}
	if (advert->priority >= machine->parameters.priority)
		machine->preempt_timer = 0;
	else if (preempts(machine) && !preemption_held_back(machine, seen_at))
		return; /* discarded: the timer runs on */
	adopt_interval(machine, advert);
	machine->down_timer = seen_at + machine_down_interval(machine);
}

static void hear_as_active(struct vrrp_machine *machine, const struct vrrp_advert *advert,
			   uint64_t seen_at, uint64_t now, struct vrrp_actions *actions)
{
	if (advert->priority == RESIGNED) {
		machine_advertise(machine, now, actions);
		return;
	}
	if (machine_beats_us(machine, advert)) {
		add_action(actions, VRRP_DROP_LEASE);
		adopt_interval(machine, advert);
		machine_become_backup(machine, "heard a node that comes before us", seen_at,
				      actions);
		return;
	}
	/*
	 * The loser, and whoever heard it, must learn again where the VIPs are. In version 2 the
	 * advertisement itself is discarded (RFC 3768 section 6.4.3): the next one is soon enough.
	 */
	if (machine->parameters.version != 2)
		machine_advertise(machine, now, actions);
	if (machine->owning)
		add_action(actions, VRRP_ANNOUNCE);
}

void vrrp_hear(struct vrrp_machine *machine, const struct vrrp_advert *advert, uint64_t seen_at,
	       uint64_t now, struct vrrp_actions *actions)
{
	if (seen_at < machine->active_seen_at)
		return;
	remember_active(machine, advert, seen_at);
	if (machine->state == VRRP_BACKUP)
		hear_as_backup(machine, advert, seen_at);
	else if (machine->state == VRRP_ACTIVE)
		hear_as_active(machine, advert, seen_at, now, actions);
	else if (advert->priority != RESIGNED)
		adopt_interval(machine, advert);
}

static const char *why_taking_over(const struct vrrp_machine *machine, uint64_t now)
{
	if (now < machine->foreign_lease)
		return "preempts a lower priority";
	if (machine->active_seen_at && machine->active_priority == RESIGNED)
		return "the Active resigned";
	return "the Active is silent";
}

/* Long before the stored lease ends, for we may be late then; but not with every keepalive. */
static bool lease_is_worth_storing(const struct vrrp_machine *machine, uint64_t until)
{
	return machine->owning && until > machine->quorum_timer &&
	       until - machine->quorum_timer >= machine->parameters.advert_interval / 4;
}

void vrrp_set_quorum(struct vrrp_machine *machine, uint64_t until, uint64_t now)
{
	bool regained = !machine_has_quorum(machine, now) && until > now;

	machine->quorum_until = until;
	/* On the other side there may be an Active that nobody could have heard here until now. */
	if (regained && machine->state == VRRP_BACKUP)
		machine->down_timer = now + machine_down_interval(machine);
	if (lease_is_worth_storing(machine, until))
		machine->quorum_timer = now;
}

/* Whoever still hears us may have a majority, and need not wait. */
static void lose_quorum(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state == VRRP_ACTIVE) {
		machine_resign(machine, now, actions);
		machine_become_backup(machine, "no quorum: too few nodes are heard", now, actions);
	}
	if (machine->down_timer <= now)
		machine->down_timer = NEVER;
}

void vrrp_expire(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (!machine_has_quorum(machine, now)) {
		lose_quorum(machine, now, actions);
		return;
	}
	if (machine->quorum_timer <= now)
		store_lease(machine, true, actions);
	if (machine->take_timer <= now)
		take(machine, false, actions);
	if (machine->advert_timer <= now)
		machine_advertise(machine, now, actions);
	if (machine->down_timer <= now)
		machine_become_active(machine, why_taking_over(machine, now), now, actions);
}

void vrrp_sent(struct vrrp_machine *machine, uint64_t now)
{
	uint64_t heard_by = now + machine->parameters.handover_delay;

	if (machine->paced && --machine->paced == 0)
		machine->pace = machine->parameters.advert_interval;
	if (machine->take_timer != NEVER && machine->take_timer < heard_by)
		machine->take_timer = heard_by;
}

uint64_t vrrp_deadline(const struct vrrp_machine *machine)
{
	uint64_t deadline = machine->advert_timer;

	if (machine->down_timer < deadline)
		deadline = machine->down_timer;
	if (machine->take_timer < deadline)
		deadline = machine->take_timer;
	if (machine->quorum_timer < deadline)
		deadline = machine->quorum_timer;
	return deadline;
}

void vrrp_lose_lease(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state != VRRP_ACTIVE)
		return;
	add_action(actions, VRRP_DROP_LEASE);
	machine_become_backup(machine, "the lease ran out before it was renewed", now, actions);
	machine->down_timer = now + machine->active_interval + machine_own_skew(machine);
}
