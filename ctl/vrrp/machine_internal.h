/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine from inside: what its files share. machine.c has the states and what time brings,
 * machine_heard.c what an advertisement does, machine_requests.c what others want of it.
 */
#ifndef VIPD_VRRP_MACHINE_INTERNAL_H
#define VIPD_VRRP_MACHINE_INTERNAL_H

#include "ctl/vrrp/machine.h"

#define PRIORITY_RESIGNED 0
#define PRIORITY_OFFER    1   /* the least there is: any Backup may preempt it */
#define PRIORITY_OWNER    255 /* of the addresses */

/** machine_add_action() - at the end of the list. */
struct vrrp_action *machine_add_action(struct vrrp_actions *actions, enum vrrp_action_type type);

/**
 * machine_own_skew() - the skew time, ns
 *
 * A reluctant node adds one interval, so that every other node takes over first.
 */
uint64_t machine_own_skew(const struct vrrp_machine *machine);

/** machine_down_interval() - RFC 9568 Active_Down_Interval, ns. */
uint64_t machine_down_interval(const struct vrrp_machine *machine);

/** machine_has_quorum() - whether a majority is within hearing, or none is required. */
bool machine_has_quorum(const struct vrrp_machine *machine, uint64_t now);

/** machine_active_heard() - whether an Active was heard, has not resigned, and is not overdue. */
bool machine_active_heard(const struct vrrp_machine *machine, uint64_t now);

/**
 * machine_beats_us() - whether the sender of @advert comes before us (RFC 9568 section 6.4.3)
 *
 * A higher priority wins, and between equals the greater address.
 */
bool machine_beats_us(const struct vrrp_machine *machine, const struct vrrp_advert *advert);

/**
 * machine_set_pace() - how often to advertise, as long as not all know our interval
 * @expected: ns, the interval that the others go by; ours counts at once if it is shorter.
 */
void machine_set_pace(struct vrrp_machine *machine, uint64_t expected);

/** machine_advertise() - as the Active; that advertisement renews the lease. */
void machine_advertise(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions);

/** machine_say_last_word() - advertise once more without a lease; the caller becomes Backup. */
void machine_say_last_word(struct vrrp_machine *machine, uint64_t now,
			   struct vrrp_actions *actions);

/**
 * machine_change_state() - the only place that assigns the state
 * @reason: static text.
 *
 * Whatever belongs to the old one ends: its timers, and owning.
 */
void machine_change_state(struct vrrp_machine *machine, enum vrrp_state state, const char *reason,
			  struct vrrp_actions *actions);

/** machine_become_backup() - and take the Active for dead when it is silent from @now on. */
void machine_become_backup(struct vrrp_machine *machine, const char *reason, uint64_t now,
			   struct vrrp_actions *actions);

/** machine_become_active() - advertise now, own after the handover delay. */
void machine_become_active(struct vrrp_machine *machine, const char *reason, uint64_t now,
			   struct vrrp_actions *actions);

/** machine_resign() - drop the lease and say so; the caller goes over to another state. */
void machine_resign(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions);

/**
 * machine_offer() - hand over to a Backup that takes over at once, or resign
 * @reason: why; static text.
 */
void machine_offer(struct vrrp_machine *machine, const char *reason, uint64_t now,
		   struct vrrp_actions *actions);

/** machine_lose_lease() - become Backup without a word, for another node may own; or go on. */
void machine_lose_lease(struct vrrp_machine *machine, uint64_t now, struct vrrp_actions *actions);

/* A reaction is what the machine does on an event. */
typedef void machine_reaction(struct vrrp_machine *machine, const struct vrrp_event *event,
			      uint64_t now, struct vrrp_actions *actions);

machine_reaction machine_hear;
machine_reaction machine_fault;
machine_reaction machine_hand_over;
machine_reaction machine_set_reluctant;
machine_reaction machine_set_priority;
machine_reaction machine_set_parameters;
machine_reaction machine_take_over_along;
machine_reaction machine_hand_over_along;

#endif
