// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/machine_internal.h"

#include "ctl/base/address.h"
#include "ctl/base/clock.h"

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

struct vrrp_action *machine_add_action(struct vrrp_actions *actions, enum vrrp_action_type type)
{
	struct vrrp_action *action = &actions->list[actions->count++];

	*action = (struct vrrp_action){.type = type};
	return action;
}

static void send_advert(struct vrrp_machine *machine, uint8_t priority, uint64_t now,
			struct vrrp_actions *actions)
{
	machine_add_action(actions, VRRP_SEND_ADVERT)->priority = priority;
	machine->advert_timer =
		now + (machine->offering ? vrrp_offer_interval(machine->pace) : machine->pace);
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
	struct vrrp_action *action = machine_add_action(actions, VRRP_STORE_LEASE);

	action->duration = vrrp_lease_duration(machine->pace);
	action->limit = lease_limit(machine);
	action->renews = renews;
	machine->quorum_timer = machine->quorum_until;
	machine->owning = true;
}

/* An offer renews nothing: a Backup that does not know of offers may have heard none of it. */
void machine_advertise(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	uint8_t priority = machine->offering ? PRIORITY_OFFER : machine->parameters.priority;

	send_advert(machine, priority, now, actions);
	if (machine->owning && !machine->offering)
		store_lease(machine, true, actions);
}

void machine_say_last_word(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	send_advert(machine, machine->parameters.priority, now, actions);
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
	machine->offer_timer = NEVER;
	machine->offering = false;
	machine->preempt_timer = 0;
	machine->rival = (struct vrrp_rival){};

	action = machine_add_action(actions, VRRP_STATE_CHANGED);
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
	machine_add_action(actions, VRRP_ANNOUNCE);
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
	machine->handed_over = false;
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

/* A node that has just begun to listen does not know which others live. */
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
	machine_add_action(actions, VRRP_DROP_LEASE);
	send_advert(machine, PRIORITY_RESIGNED, now, actions);
}

/* Others have to preempt at once, or an offer is a delay and nothing else. */
static bool may_offer(const struct vrrp_machine *machine)
{
	const struct vrrp_parameters *parameters = &machine->parameters;

	return machine->owning && parameters->preempt && parameters->preempt_delay == 0 &&
	       parameters->priority > PRIORITY_OFFER;
}

static void end_offer(struct vrrp_machine *machine, const char *reason, uint64_t now,
		      struct vrrp_actions *actions)
{
	machine_resign(machine, now, actions);
	machine_become_backup(machine, reason, now, actions);
}

void machine_offer(struct vrrp_machine *machine, const char *reason, uint64_t now,
		   struct vrrp_actions *actions)
{
	if (machine->offering)
		return;
	if (!may_offer(machine)) {
		end_offer(machine, reason, now, actions);
		return;
	}
	machine->offering = true;
	machine->offer_reason = reason;
	machine->offer_timer = now + vrrp_hand_over_bound(machine->pace);
	if (machine->quorum_until < machine->offer_timer)
		machine->offer_timer = machine->quorum_until;
	machine->quorum_timer = NEVER; /* no lease is stored any more */
	machine_advertise(machine, now, actions);
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
		.offer_timer = NEVER,
		.quorum_until = NEVER,
		.active_interval = parameters->advert_interval,
		.pace = parameters->advert_interval,
	};
}

bool machine_active_heard(const struct vrrp_machine *machine, uint64_t now)
{
	return machine->active_seen_at && machine->active_priority != PRIORITY_RESIGNED &&
	       now < machine->active_seen_at + machine_down_interval(machine);
}

static bool may_start_as_active(const struct vrrp_machine *machine, uint64_t now)
{
	return !machine->reluctant && machine_has_quorum(machine, now);
}

static void start(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
		  struct vrrp_actions *actions)
{
	bool first = !machine->started;

	if (machine->state == VRRP_BACKUP || machine->state == VRRP_ACTIVE)
		return;
	machine->started = true;
	if (event->lease_alive && machine_has_quorum(machine, now)) {
		go_on_as_active(machine, now, actions);
		return;
	}
	if (may_start_as_active(machine, now) && machine->parameters.priority == PRIORITY_OWNER) {
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

static void shut_down(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
		      struct vrrp_actions *actions)
{
	(void)event;
	if (machine->state == VRRP_ACTIVE)
		machine_resign(machine, now, actions);
	machine_change_state(machine, VRRP_INITIALIZE, "shutdown", actions);
}

bool machine_beats_us(const struct vrrp_machine *machine, const struct vrrp_advert *advert)
{
	uint8_t priority = machine->offering ? PRIORITY_OFFER : machine->parameters.priority;

	if (advert->priority != priority)
		return advert->priority > priority;
	return address_compare(&advert->source, &machine->parameters.address) > 0;
}

static const char *why_taking_over(const struct vrrp_machine *machine, uint64_t now)
{
	if (now < machine->foreign_lease)
		return "preempts a lower priority";
	if (machine->active_seen_at && machine->active_priority == PRIORITY_RESIGNED)
		return "the Active resigned";
	return "the Active is silent";
}

/* Long before the stored lease ends, for we may be late then; but not with every word that counts.
 */
static bool lease_is_worth_storing(const struct vrrp_machine *machine, uint64_t until)
{
	return machine->owning && !machine->offering && until > machine->quorum_timer &&
	       until - machine->quorum_timer >= machine->parameters.advert_interval / 4;
}

static void set_quorum(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
		       struct vrrp_actions *actions)
{
	uint64_t until = event->quorum_until;
	bool regained = !machine_has_quorum(machine, now) && until > now;

	(void)actions;
	machine->quorum_until = until;
	/* On the other side there may be an Active that nobody could have heard here until now. */
	if (regained && machine->state == VRRP_BACKUP)
		machine->down_timer = now + machine_down_interval(machine);
	if (lease_is_worth_storing(machine, until))
		machine->quorum_timer = now;
}

/* A node that still hears us may have a majority, and need not wait. */
static void lose_quorum(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state == VRRP_ACTIVE) {
		machine_resign(machine, now, actions);
		machine_become_backup(machine, "no quorum: too few nodes are heard", now, actions);
	}
	if (machine->down_timer <= now)
		machine->down_timer = NEVER;
}

static void expire(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
		   struct vrrp_actions *actions)
{
	if (event->gave_way)
		machine_lose_lease(machine, now, actions);
	if (!machine_has_quorum(machine, now)) {
		lose_quorum(machine, now, actions);
		return;
	}
	if (machine->offer_timer <= now) {
		end_offer(machine, machine->offer_reason, now, actions);
		return;
	}
	if (machine->quorum_timer <= now && !machine->offering)
		store_lease(machine, true, actions);
	if (machine->take_timer <= now)
		take(machine, false, actions);
	if (machine->advert_timer != NEVER && machine->advert_timer <= now + event->early)
		machine_advertise(machine, now, actions);
	if (machine->down_timer <= now)
		machine_become_active(machine, why_taking_over(machine, now), now, actions);
}

static void note_sent(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
		      struct vrrp_actions *actions)
{
	uint64_t heard_by = now + machine->parameters.handover_delay;

	(void)event;
	(void)actions;
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
	if (machine->offer_timer < deadline)
		deadline = machine->offer_timer;
	return deadline;
}

void machine_lose_lease(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions)
{
	if (machine->state != VRRP_ACTIVE)
		return;
	machine_add_action(actions, VRRP_DROP_LEASE);
	machine_become_backup(machine,
			      machine->offering ? machine->offer_reason
						: "the lease ran out before it was renewed",
			      now, actions);
	machine->down_timer = now + machine->active_interval + machine_own_skew(machine);
}

static void lose_lease(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
		       struct vrrp_actions *actions)
{
	(void)event;
	machine_lose_lease(machine, now, actions);
}

static const struct {
	const char *name;
	machine_reaction *react;
} events[] = {
	[VRRP_EVENT_STARTUP] = {"startup", start},
	[VRRP_EVENT_SHUTDOWN] = {"shutdown", shut_down},
	[VRRP_EVENT_FAULT] = {"fault", machine_fault},
	[VRRP_EVENT_ADVERT] = {"advert", machine_hear},
	[VRRP_EVENT_TIMER] = {"timer", expire},
	[VRRP_EVENT_SENT] = {"sent", note_sent},
	[VRRP_EVENT_LEASE_LOST] = {"lease lost", lose_lease},
	[VRRP_EVENT_QUORUM] = {"quorum", set_quorum},
	[VRRP_EVENT_PRIORITY] = {"priority", machine_set_priority},
	[VRRP_EVENT_RELUCTANCE] = {"reluctance", machine_set_reluctant},
	[VRRP_EVENT_PARAMETERS] = {"parameters", machine_set_parameters},
	[VRRP_EVENT_HAND_OVER] = {"hand over", machine_hand_over},
	[VRRP_EVENT_GROUP_TOOK_OVER] = {"group took over", machine_take_over_along},
	[VRRP_EVENT_GROUP_HANDED_OVER] = {"group handed over", machine_hand_over_along},
};

_Static_assert(sizeof(events) / sizeof(events[0]) == VRRP_EVENT_COUNT,
	       "every event has its reaction");

const char *vrrp_event_name(enum vrrp_event_type type)
{
	return events[type].name;
}

void vrrp_step(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
	       struct vrrp_actions *actions)
{
	actions->count = 0;
	events[event->type].react(machine, event, now, actions);
}
