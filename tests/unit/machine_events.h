/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events of a state machine, a function each, for tests that tell a story in them. Actions are
 * added to those that are there.
 */
#ifndef VIPD_TESTS_MACHINE_EVENTS_H
#define VIPD_TESTS_MACHINE_EVENTS_H

#include "ctl/vrrp/machine.h"

static inline void tell(struct vrrp_machine *machine, struct vrrp_event event, uint64_t now,
			struct vrrp_actions *actions)
{
	struct vrrp_actions more;

	vrrp_step(machine, &event, now, &more);
	for (size_t i = 0; i < more.count; i++)
		actions->list[actions->count++] = more.list[i];
}

#define EVENT(...) ((struct vrrp_event){__VA_ARGS__})

static inline void vrrp_startup(struct vrrp_machine *machine, bool lease_alive, uint64_t now,
				struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_STARTUP, .lease_alive = lease_alive), now, actions);
}

static inline void vrrp_shutdown(struct vrrp_machine *machine, uint64_t now,
				 struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_SHUTDOWN), now, actions);
}

static inline void vrrp_hear(struct vrrp_machine *machine, const struct vrrp_advert *advert,
			     uint64_t seen_at, uint64_t now, struct vrrp_actions *actions)
{
	struct vrrp_event event = {.type = VRRP_EVENT_ADVERT, .advert = *advert};

	event.advert.seen_at = seen_at;
	tell(machine, event, now, actions);
}

static inline void vrrp_expire(struct vrrp_machine *machine, uint64_t now,
			       struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_TIMER), now, actions);
}

static inline void vrrp_sent(struct vrrp_machine *machine, uint64_t now)
{
	struct vrrp_actions none = {};

	tell(machine, EVENT(.type = VRRP_EVENT_SENT), now, &none);
}

static inline void vrrp_fault(struct vrrp_machine *machine, const char *reason, uint64_t now,
			      struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_FAULT, .reason = reason), now, actions);
}

static inline void vrrp_lose_lease(struct vrrp_machine *machine, uint64_t now,
				   struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_LEASE_LOST), now, actions);
}

static inline void vrrp_hand_over_on_request(struct vrrp_machine *machine, uint64_t now,
					     struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_HAND_OVER), now, actions);
}

static inline void vrrp_set_reluctant(struct vrrp_machine *machine, bool reluctant, uint64_t now,
				      struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_RELUCTANCE, .reluctant = reluctant), now, actions);
}

static inline void vrrp_set_quorum(struct vrrp_machine *machine, uint64_t until, uint64_t now)
{
	struct vrrp_actions none = {};

	tell(machine, EVENT(.type = VRRP_EVENT_QUORUM, .quorum_until = until), now, &none);
}

static inline void vrrp_set_priority(struct vrrp_machine *machine, uint8_t priority, uint64_t now,
				     struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_PRIORITY, .priority = priority), now, actions);
}

static inline void vrrp_reconfigure(struct vrrp_machine *machine,
				    const struct vrrp_parameters *parameters, uint64_t now,
				    struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_PARAMETERS, .parameters = parameters), now, actions);
}

static inline void vrrp_take_over(struct vrrp_machine *machine, uint64_t now,
				  struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_GROUP_TOOK_OVER), now, actions);
}

static inline void vrrp_hand_over(struct vrrp_machine *machine, uint64_t now,
				  struct vrrp_actions *actions)
{
	tell(machine, EVENT(.type = VRRP_EVENT_GROUP_HANDED_OVER), now, actions);
}

#undef EVENT

#endif
