// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/instance.h"

#include <stdio.h>

#include "ctl/base/clock.h"
#include "ctl/vrrp/advert.h"

static void publish_priority(const struct instance *instance, uint8_t priority)
{
	maps_set_priority(instance->edges->maps, instance->vrid, priority);
}

/* The actions, in the order that the machine gave them. */

static void send_advert(struct instance *instance, uint8_t priority)
{
	uint64_t now = clock_now();
	size_t trailer;

	advert_set_priority(instance->message, priority);
	trailer = signer_sign(instance->edges->signer, instance->message, instance->message_length,
			      &instance->machine.parameters.address, clock_wall());
	if (transport_send(instance->edges->transport, instance->family, instance->message,
			   instance->message_length, trailer)) {
		instance->sent_at = 0;
		return;
	}
	instance->sent_at = now;
	instance->adverts_sent++;
	vrrp_sent(&instance->machine, clock_now());
	if (priority)
		publish_priority(instance, priority);
}

/* An advertisement that nobody can have heard renews nothing: the others' timers run on. */
static void store_lease(struct instance *instance, const struct vrrp_action *action)
{
	uint64_t until = instance->sent_at + action->duration;
	int error;

	if (!instance->sent_at)
		return;
	if (until > action->limit)
		until = action->limit;
	/* The clock is read here, not at the turn's beginning: we may have been stopped since. */
	error = action->renews ? maps_renew_lease(instance->edges->maps, instance->vrid, until,
						  clock_now())
			       : maps_store_lease(instance->edges->maps, instance->vrid, until,
						  instance->beaten);
	if (error)
		return;
	if (!instance->takeover.stored_at)
		instance->takeover.stored_at = clock_now();
}

static void tell(const struct instance *instance, struct instance_event *event)
{
	snprintf(event->instance, sizeof(event->instance), "%s", instance->own->name);
	event->vrid = instance->vrid;
	event->wall = clock_wall();
	instance->edges->tell(event, instance->edges->context);
}

static void state_changed(struct instance *instance, const struct vrrp_action *action)
{
	if (action->from == instance->machine.state)
		return;
	instance->transitions++;
	instance->changed_wall = clock_wall();
	if (instance->machine.state == VRRP_ACTIVE)
		instance->takeover.stored_at = 0;
	else
		announcement_stop(&instance->announcement);
	tell(instance, &(struct instance_event){
			       .kind = INSTANCE_TRANSITION,
			       .from = action->from,
			       .to = instance->machine.state,
			       .reason = action->reason,
		       });
}

static void announce(struct instance *instance, uint64_t now)
{
	if (instance->announcement.taken_at == 0)
		announcement_start(&instance->announcement, instance->vips,
				   instance->own->vip_count, now);
	else
		announcement_again(&instance->announcement, now);
	announcement_run(&instance->announcement, instance->edges->announcer, now);
}

static void perform(struct instance *instance, const struct vrrp_actions *actions, uint64_t now)
{
	for (size_t i = 0; i < actions->count; i++) {
		const struct vrrp_action *action = &actions->list[i];

		switch (action->type) {
		case VRRP_SEND_ADVERT:
			send_advert(instance, action->priority);
			break;
		case VRRP_STORE_LEASE:
			store_lease(instance, action);
			break;
		case VRRP_DROP_LEASE:
			maps_drop_lease(instance->edges->maps, instance->vrid);
			break;
		case VRRP_ANNOUNCE:
			announce(instance, now);
			break;
		case VRRP_STATE_CHANGED:
			state_changed(instance, action);
			break;
		}
	}
}

/* The dataplane has ended the lease that we still think we have. */
static bool gave_way(const struct instance *instance)
{
	return instance->machine.owning && instance->sent_at &&
	       !maps_lease(instance->edges->maps, instance->vrid);
}

/*
 * To hear who comes before us is to be Backup. If we still are Active, but the dataplane gave way,
 * then to another one, or by a priority that we had before: whoever it was may own by now, and we
 * come back as anybody does who preempts.
 */
static void hear(struct instance *instance, const struct vrrp_advert *advert, uint64_t seen_at,
		 uint64_t now)
{
	bool given_up = gave_way(instance);
	struct vrrp_actions actions = {};

	vrrp_hear(&instance->machine, advert, seen_at, now, &actions);
	if (given_up && instance->machine.state == VRRP_ACTIVE) {
		actions.count = 0;
		vrrp_lose_lease(&instance->machine, now, &actions);
	}
	perform(instance, &actions, now);
}

/* The dataplane remembers every peer's last word, also from before we were started. */
static void ask_dataplane(struct instance *instance, uint64_t now)
{
	const struct instance_edges *edges = instance->edges;

	for (size_t i = 0; i < instance->config->peer_count; i++) {
		const struct config_peer *peer = &instance->config->peers[i];
		struct advert_entry seen;

		if (i == instance->config->self || edges->peer_indices[i] == NO_PEER_INDEX ||
		    maps_read_advert(edges->maps, instance->vrid, edges->peer_indices[i], &seen))
			continue;
		if (seen.seen_at <= instance->machine.active_seen_at)
			continue;
		hear(instance,
		     &(struct vrrp_advert){
			     .source = instance->family == FAMILY_IPV4 ? peer->address
								       : peer->address6,
			     .priority = seen.priority,
			     .max_advert_interval = seen.max_advert_interval * NS_PER_CS,
		     },
		     seen.seen_at, now);
	}
}

void instance_start(struct instance *instance, uint64_t now)
{
	struct vrrp_actions actions = {};

	instance_begin_turn(instance, now);
	ask_dataplane(instance, now);
	vrrp_set_quorum(&instance->machine, instance->edges->quorum_until, now);
	vrrp_startup(&instance->machine, now < maps_lease(instance->edges->maps, instance->vrid),
		     now, &actions);
	perform(instance, &actions, now);
}

void instance_shutdown(struct instance *instance, uint64_t now)
{
	struct vrrp_actions actions = {};

	vrrp_shutdown(&instance->machine, now, &actions);
	perform(instance, &actions, now);
}

void instance_begin_turn(struct instance *instance, uint64_t now)
{
	uint64_t lease = maps_lease(instance->edges->maps, instance->vrid);
	struct vrrp_actions actions = {};

	instance->beaten = maps_beaten(instance->edges->maps, instance->vrid);
	/*
	 * A lease that ran out means that we were late: others may have taken over, and their
	 * advertisements are still in the inbox. A lease of 0 means that the dataplane gave way,
	 * and what it gave way to is in the inbox.
	 */
	if (instance->machine.owning && lease && lease <= now) {
		vrrp_lose_lease(&instance->machine, now, &actions);
		perform(instance, &actions, now);
	}
}

static void note_mismatches(struct instance *instance, const struct advert_message *message,
			    const struct ip_address *source, uint64_t now)
{
	const struct config_instance *own = instance->own;
	uint64_t interval = message->max_advert_interval;

	if (mismatch_note(&instance->addresses, !advert_lists(message, own->vips, own->vip_count),
			  now))
		tell(instance,
		     &(struct instance_event){.kind = INSTANCE_MISMATCH, .source = *source});
	if (mismatch_note(&instance->interval,
			  interval != instance->machine.parameters.advert_interval, now))
		tell(instance, &(struct instance_event){
				       .kind = INSTANCE_INTERVAL,
				       .source = *source,
				       .interval = interval,
			       });
}

void instance_hear(struct instance *instance, const struct inbox_record *record, uint64_t now)
{
	struct advert_message message;

	if (advert_decode(record->message, record->length, record->family, &message))
		return;
	instance->adverts_heard++;
	hear(instance,
	     &(struct vrrp_advert){
		     .source = record->source,
		     .priority = message.priority,
		     .max_advert_interval = message.max_advert_interval,
	     },
	     record->seen_at, now);
	note_mismatches(instance, &message, &record->source, now);
}

void instance_expire(struct instance *instance, uint64_t now)
{
	struct vrrp_actions actions = {};
	uint64_t due;

	vrrp_set_quorum(&instance->machine, instance->edges->quorum_until, now);
	due = vrrp_deadline(&instance->machine);
	if (due <= now) {
		ask_dataplane(instance, now);
		if (gave_way(instance))
			vrrp_lose_lease(&instance->machine, now, &actions);
		if (vrrp_deadline(&instance->machine) <= now) {
			instance->takeover.due_at = instance->machine.down_timer <= now
							    ? due
							    : instance->takeover.due_at;
			vrrp_expire(&instance->machine, now, &actions);
		}
		perform(instance, &actions, now);
	}
	announcement_run(&instance->announcement, instance->edges->announcer, now);
}

void instance_fault(struct instance *instance, const char *reason, uint64_t now)
{
	struct vrrp_actions actions = {};

	vrrp_fault(&instance->machine, reason, now, &actions);
	perform(instance, &actions, now);
}

int instance_yield(struct instance *instance, uint64_t now)
{
	struct vrrp_actions actions = {};
	int error = vrrp_yield(&instance->machine, now, &actions);

	perform(instance, &actions, now);
	return error;
}

void instance_set_reluctant(struct instance *instance, bool reluctant, uint64_t now)
{
	struct vrrp_actions actions = {};

	vrrp_set_reluctant(&instance->machine, reluctant, now, &actions);
	perform(instance, &actions, now);
}

/*
 * As long as there is a lease, a lower priority is the dataplane's before anybody hears of it, a
 * higher one once it was sent (send_advert()): others may still take over by the lower one.
 */
void instance_set_priority(struct instance *instance, uint8_t priority, uint64_t now)
{
	struct vrrp_actions actions = {};

	if (priority < maps_instance(instance->edges->maps, instance->vrid)->priority)
		publish_priority(instance, priority);
	if (gave_way(instance))
		vrrp_lose_lease(&instance->machine, now, &actions);
	vrrp_set_priority(&instance->machine, priority, now, &actions);
	perform(instance, &actions, now);
	if (!maps_lease(instance->edges->maps, instance->vrid) &&
	    instance->machine.state != VRRP_ACTIVE)
		publish_priority(instance, priority);
}

void instance_follow(struct instance *instance, uint64_t now)
{
	struct vrrp_parameters parameters = instance_parameters(instance);
	struct vrrp_actions actions = {};

	vrrp_reconfigure(&instance->machine, &parameters, now, &actions);
	instance_publish(instance);
	perform(instance, &actions, now);
}

void instance_take_over(struct instance *instance, uint64_t now)
{
	struct vrrp_actions actions = {};

	ask_dataplane(instance, now);
	vrrp_set_quorum(&instance->machine, instance->edges->quorum_until, now);
	vrrp_take_over(&instance->machine, now, &actions);
	if (actions.count)
		instance->takeover.due_at = now;
	perform(instance, &actions, now);
}

void instance_hand_over(struct instance *instance, uint64_t now)
{
	struct vrrp_actions actions = {};

	vrrp_hand_over(&instance->machine, now, &actions);
	perform(instance, &actions, now);
}

uint64_t instance_deadline(const struct instance *instance)
{
	uint64_t deadline = vrrp_deadline(&instance->machine);

	return instance->announcement.next_at < deadline ? instance->announcement.next_at
							 : deadline;
}
