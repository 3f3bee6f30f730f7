// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/machine.h"

#include <errno.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"

/* What a peer may teach us of its interval: no single advertisement can make us deaf for long. */
#define LEARNED_INTERVAL_MAX 10

#define RESIGNED 0

/* In place of the time to take at. */
#define AT_ONCE 0

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

/* How long those that come before us have to go first. All others do, when we are reluctant. */
static uint64_t own_skew(const struct vrrp_machine *machine)
{
	uint64_t skew = vrrp_skew_time(machine->parameters.priority, machine->active_interval);

	return machine->reluctant ? skew + machine->active_interval : skew;
}

static uint64_t down_interval(const struct vrrp_machine *machine)
{
	return 3 * machine->active_interval + own_skew(machine);
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
	machine->advert_timer = now + machine->parameters.advert_interval;
}

static void store_lease(struct vrrp_machine *machine, struct vrrp_actions *actions)
{
	add_action(actions, VRRP_STORE_LEASE)->duration =
		vrrp_lease_duration(machine->parameters.advert_interval);
	machine->owning = true;
}

/* Advertise as the Active, and let that advertisement renew the lease. */
static void advertise(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	send_advert(machine, machine->parameters.priority, now, actions);
	if (machine->owning)
		store_lease(machine, actions);
}

/* The only place that assigns the state. Whatever belongs to the old one ends here. */
static void change_state(struct vrrp_machine *machine, enum vrrp_state state, const char *reason,
			 struct vrrp_actions *actions)
{
	struct vrrp_action *action;

	if (machine->state == VRRP_ACTIVE)
		machine->owning = false;
	machine->advert_timer = NEVER;
	machine->down_timer = NEVER;
	machine->take_timer = NEVER;
	machine->preempt_timer = 0;

	action = add_action(actions, VRRP_STATE_CHANGED);
	action->from = machine->state;
	action->reason = reason;
	machine->state = state;
}

static void become_backup(struct vrrp_machine *machine, const char *reason, uint64_t now,
			  struct vrrp_actions *actions)
{
	change_state(machine, VRRP_BACKUP, reason, actions);
	machine->down_timer = now + down_interval(machine);
}

static void take(struct vrrp_machine *machine, struct vrrp_actions *actions)
{
	machine->take_timer = NEVER;
	store_lease(machine, actions);
	add_action(actions, VRRP_ANNOUNCE);
}

/* Advertise first, own second, announce last: so a living former owner has given up in between. */
static void become_active_and_take(struct vrrp_machine *machine, const char *reason,
				   uint64_t take_at, uint64_t now, struct vrrp_actions *actions)
{
	change_state(machine, VRRP_ACTIVE, reason, actions);
	machine->yielded = false;
	machine->active_interval = machine->parameters.advert_interval;
	send_advert(machine, machine->parameters.priority, now, actions);
	if (take_at == AT_ONCE)
		take(machine, actions);
	else
		machine->take_timer = take_at;
}

static bool former_owner_alive(const struct vrrp_machine *machine, uint64_t now)
{
	return now < machine->foreign_lease;
}

static void become_active(struct vrrp_machine *machine, const char *reason, uint64_t now,
			  struct vrrp_actions *actions)
{
	uint64_t take_at = AT_ONCE;

	if (former_owner_alive(machine, now))
		take_at = now + machine->parameters.handover_delay;
	become_active_and_take(machine, reason, take_at, now, actions);
}

/* Who has just begun to listen does not know who lives. */
static void start_as_active(struct vrrp_machine *machine, const char *reason, uint64_t now,
			    struct vrrp_actions *actions)
{
	uint64_t delay = machine->parameters.startup_delay;

	if (delay)
		become_active_and_take(machine, reason, now + delay, now, actions);
	else
		become_active(machine, reason, now, actions);
}

/* The lease ends before anybody hears that it may: from then on the others are free to race. */
static void resign(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
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
		.active_interval = parameters->advert_interval,
	};
}

/* Whether one was heard, has not resigned, and is not overdue. */
static bool active_heard(const struct vrrp_machine *machine, uint64_t now)
{
	return machine->active_seen_at && machine->active_priority != RESIGNED &&
	       now < machine->active_seen_at + down_interval(machine);
}

void vrrp_startup(struct vrrp_machine *machine, bool lease_alive, uint64_t now,
		  struct vrrp_actions *actions)
{
	bool first = !machine->started;

	if (machine->state == VRRP_BACKUP || machine->state == VRRP_ACTIVE)
		return;
	machine->started = true;
	if (lease_alive) {
		become_active(machine, "the lease of the run before is alive", now, actions);
		return;
	}
	if (machine->parameters.priority == 255 && !machine->reluctant) {
		start_as_active(machine, "startup as the address owner", now, actions);
		return;
	}
	if (first && machine->parameters.start_active && !machine->reluctant &&
	    !active_heard(machine, now)) {
		start_as_active(machine, "startup, as configured", now, actions);
		return;
	}
	become_backup(machine, "startup", now, actions);
	if (machine->active_seen_at)
		machine->down_timer = machine->active_seen_at + down_interval(machine);
	if (machine->down_timer <= now)
		machine->down_timer = now + down_interval(machine);
}

void vrrp_shutdown(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state == VRRP_ACTIVE)
		resign(machine, now, actions);
	change_state(machine, VRRP_INITIALIZE, "shutdown", actions);
}

static bool preempts(const struct vrrp_machine *machine)
{
	return machine->parameters.preempt && !machine->yielded && !machine->reluctant;
}

/* RFC 9568 section 6.4.3: a higher priority wins, and between equals the greater address. */
static bool beats_us(const struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	if (advert->priority != machine->parameters.priority)
		return advert->priority > machine->parameters.priority;
	return address_compare(&advert->source, &machine->parameters.address) > 0;
}

static bool last_heard_beats_us(const struct vrrp_machine *machine)
{
	return beats_us(machine, &(struct vrrp_advert){
					 .source = machine->active,
					 .priority = machine->active_priority,
				 });
}

static void adopt_interval(struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	uint64_t most = LEARNED_INTERVAL_MAX * machine->parameters.advert_interval;

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
		machine->down_timer = seen_at + own_skew(machine);
		return;
	}
	if (advert->priority >= machine->parameters.priority)
		machine->preempt_timer = 0;
	else if (preempts(machine) && !preemption_held_back(machine, seen_at))
		return; /* discarded: the timer runs on */
	adopt_interval(machine, advert);
	machine->down_timer = seen_at + down_interval(machine);
}

static void hear_as_active(struct vrrp_machine *machine, const struct vrrp_advert *advert,
			   uint64_t seen_at, uint64_t now, struct vrrp_actions *actions)
{
	if (advert->priority == RESIGNED) {
		advertise(machine, now, actions);
		return;
	}
	if (beats_us(machine, advert)) {
		add_action(actions, VRRP_DROP_LEASE);
		adopt_interval(machine, advert);
		become_backup(machine, "heard a node that comes before us", seen_at, actions);
		return;
	}
	/* The loser, and whoever heard it, must learn again where the VIPs are. */
	advertise(machine, now, actions);
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

void vrrp_expire(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->take_timer <= now)
		take(machine, actions);
	if (machine->advert_timer <= now)
		advertise(machine, now, actions);
	if (machine->down_timer <= now)
		become_active(machine, why_taking_over(machine, now), now, actions);
}

uint64_t vrrp_deadline(const struct vrrp_machine *machine)
{
	uint64_t deadline = machine->advert_timer;

	if (machine->down_timer < deadline)
		deadline = machine->down_timer;
	if (machine->take_timer < deadline)
		deadline = machine->take_timer;
	return deadline;
}

void vrrp_fault(struct vrrp_machine *machine, const char *reason, uint64_t now,
		struct vrrp_actions *actions)
{
	if (machine->state == VRRP_FAULT)
		return;
	if (machine->state == VRRP_ACTIVE)
		resign(machine, now, actions);
	change_state(machine, VRRP_FAULT, reason, actions);
}

void vrrp_lose_lease(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state != VRRP_ACTIVE)
		return;
	add_action(actions, VRRP_DROP_LEASE);
	become_backup(machine, "the lease ran out before it was renewed", now, actions);
	machine->down_timer = now + machine->active_interval + own_skew(machine);
}

int vrrp_yield(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state != VRRP_ACTIVE)
		return -EPERM;
	resign(machine, now, actions);
	become_backup(machine, "handed over on request", now, actions);
	machine->yielded = true;
	return 0;
}

void vrrp_set_reluctant(struct vrrp_machine *machine, bool reluctant, uint64_t now,
			struct vrrp_actions *actions)
{
	bool begins = reluctant && !machine->reluctant;

	machine->reluctant = reluctant;
	if (!begins || machine->state != VRRP_ACTIVE)
		return;
	resign(machine, now, actions);
	become_backup(machine, "handed over: this node is drained, or sees no backend", now,
		      actions);
}

/* What was heard last counts anew: an owner that comes before us now has to be waited for. */
static void shift_deadline(struct vrrp_machine *machine, uint64_t skew_before, uint64_t now)
{
	uint64_t shifted = machine->down_timer + own_skew(machine) - skew_before;
	uint64_t earliest = now;

	if (active_heard(machine, now) && last_heard_beats_us(machine))
		earliest = machine->active_seen_at + down_interval(machine);
	machine->down_timer = shifted > earliest ? shifted : earliest;
}

void vrrp_set_priority(struct vrrp_machine *machine, uint8_t priority, uint64_t now,
		       struct vrrp_actions *actions)
{
	uint64_t skew_before = own_skew(machine);

	if (priority == machine->parameters.priority)
		return;
	machine->parameters.priority = priority;
	if (machine->state == VRRP_BACKUP)
		shift_deadline(machine, skew_before, now);
	else if (machine->state == VRRP_ACTIVE)
		advertise(machine, now, actions);
}

/* An owner with a better priority keeps its lease when it hears us: to take is then to split. */
void vrrp_take_over(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state != VRRP_BACKUP)
		return;
	if (former_owner_alive(machine, now) && last_heard_beats_us(machine))
		return;
	become_active(machine, "another instance of its sync group took over", now, actions);
}

void vrrp_hand_over(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state != VRRP_ACTIVE)
		return;
	resign(machine, now, actions);
	become_backup(machine, "another instance of its sync group handed over", now, actions);
}
