// SPDX-License-Identifier: GPL-2.0-only
/* These are the machine's reactions to requests, as opposed to time and the network. */
#include "ctl/vrrp/machine_internal.h"

void machine_fault(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
		   struct vrrp_actions *actions)
{
	if (machine->state == VRRP_FAULT)
		return;
	if (machine->state == VRRP_ACTIVE)
		machine_resign(machine, now, actions);
	machine_change_state(machine, VRRP_FAULT, event->reason, actions);
}

void machine_hand_over(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
		       struct vrrp_actions *actions)
{
	(void)event;
	if (machine->state != VRRP_ACTIVE)
		return;
	machine_offer(machine, "handed over on request", now, actions);
	machine->handed_over = true;
}

void machine_set_reluctant(struct vrrp_machine *machine, const struct vrrp_event *event,
			   uint64_t now, struct vrrp_actions *actions)
{
	bool begins = event->reluctant && !machine->reluctant;

	machine->reluctant = event->reluctant;
	if (!begins || machine->state != VRRP_ACTIVE)
		return;
	machine_offer(machine, "handed over: this node is drained, or sees no backend", now,
		      actions);
}

static bool last_heard_beats_us(const struct vrrp_machine *machine)
{
	return machine_beats_us(machine, &(struct vrrp_advert){
						 .source = machine->active,
						 .priority = machine->active_priority,
					 });
}

/* The last advertisement counts anew: an owner that comes before us now has to be waited for. */
static void shift_deadline(struct vrrp_machine *machine, uint64_t skew_before, uint64_t now)
{
	uint64_t shifted = machine->down_timer + machine_own_skew(machine) - skew_before;
	uint64_t earliest = now;

	if (machine_active_heard(machine, now) && last_heard_beats_us(machine))
		earliest = machine->active_seen_at + machine_down_interval(machine);
	machine->down_timer = shifted > earliest ? shifted : earliest;
}

void machine_set_priority(struct vrrp_machine *machine, const struct vrrp_event *event,
			  uint64_t now, struct vrrp_actions *actions)
{
	uint64_t skew_before = machine_own_skew(machine);

	if (event->gave_way)
		machine_lose_lease(machine, now, actions);
	if (event->priority == machine->parameters.priority)
		return;
	machine->parameters.priority = event->priority;
	if (machine->state == VRRP_BACKUP)
		shift_deadline(machine, skew_before, now);
	else if (machine->state == VRRP_ACTIVE)
		machine_advertise(machine, now, actions);
}

void machine_set_parameters(struct vrrp_machine *machine, const struct vrrp_event *event,
			    uint64_t now, struct vrrp_actions *actions)
{
	const struct vrrp_parameters *parameters = event->parameters;
	bool other_interval = parameters->advert_interval != machine->parameters.advert_interval;
	uint8_t priority = machine->parameters.priority;

	machine->parameters = *parameters;
	machine->parameters.priority = priority;
	if (!other_interval)
		return;
	if (machine->state == VRRP_ACTIVE) {
		machine->active_interval = parameters->advert_interval;
		machine_set_pace(machine, machine->pace);
		machine_advertise(machine, now, actions);
	} else if (!machine->active_seen_at) {
		machine->active_interval = parameters->advert_interval;
	}
}

static bool former_owner_alive(const struct vrrp_machine *machine, uint64_t now)
{
	return now < machine->foreign_lease;
}

/* An owner with a better priority keeps its lease when it hears us: to take is then to split. */
void machine_take_over_along(struct vrrp_machine *machine, const struct vrrp_event *event,
			     uint64_t now, struct vrrp_actions *actions)
{
	(void)event;
	if (machine->state != VRRP_BACKUP || !machine_has_quorum(machine, now))
		return;
	if (former_owner_alive(machine, now) && last_heard_beats_us(machine))
		return;
	machine_become_active(machine, "another instance of its sync group took over", now,
			      actions);
}

void machine_hand_over_along(struct vrrp_machine *machine, const struct vrrp_event *event,
			     uint64_t now, struct vrrp_actions *actions)
{
	(void)event;
	if (machine->state != VRRP_ACTIVE)
		return;
	machine_offer(machine, "another instance of its sync group handed over", now, actions);
}
