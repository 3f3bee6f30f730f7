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

static void note_sent(struct instance *instance)
{
	struct vrrp_actions none;

	vrrp_step(&instance->machine, &(struct vrrp_event){.type = VRRP_EVENT_SENT}, clock_now(),
		  &none);
}

/* A lower priority is the dataplane's before anybody hears of it, a higher one once it was sent. */
static void queue_advert(struct instance *instance, uint8_t priority)
{
	struct pending_advert *advert = &instance->advert;
	size_t trailer;

	advert->queued_at = clock_now();
	advert->priority = priority;
	if (priority && priority < maps_instance(instance->edges->maps, instance->vrid)->priority)
		publish_priority(instance, priority);
	advert_set_priority(instance->message, priority);
	trailer = signer_sign(instance->edges->signer, instance->message, instance->message_length,
			      &instance->machine.parameters.address, clock_wall());
	transport_queue(instance->edges->transport, instance->family, instance->message,
			instance->message_length, trailer, &advert->delivery);
}

static void note_delivery(struct instance *instance)
{
	const struct pending_advert *advert = &instance->advert;

	if (delivery_error(&advert->delivery)) {
		instance->sent_at = 0;
		return;
	}
	instance->sent_at = advert->queued_at;
	instance->adverts_sent++;
	note_sent(instance);
	if (advert->priority)
		publish_priority(instance, advert->priority);
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
	instance->changed_at = clock_now();
	if (instance->machine.state == VRRP_ACTIVE)
		instance->takeover.stored_at = 0;
	else
		attract_release(&instance->announcement.attraction);
	if (action->from == VRRP_ACTIVE) /* the lease is gone, and with it an offer's priority */
		publish_priority(instance, instance->machine.parameters.priority);
	tell(instance, &(struct instance_event){
			       .kind = INSTANCE_TRANSITION,
			       .from = action->from,
			       .to = instance->machine.state,
			       .reason = action->reason,
		       });
}

static void announce(struct instance *instance, uint64_t now)
{
	struct attraction *attraction = &instance->announcement.attraction;

	attract_take(attraction, now);
	attract_run(attraction, now);
}

void instance_announce(struct instance *instance, uint64_t now)
{
	if (instance->machine.owning)
		attract_take(&instance->announcement.attraction, now);
}

static void perform_action(struct instance *instance, const struct vrrp_action *action,
			   uint64_t now)
{
	switch (action->type) {
	case VRRP_SEND_ADVERT:
		queue_advert(instance, action->priority);
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

/* Up to and including an advertisement, which is only queued. */
static void begin(struct instance *instance, const struct vrrp_actions *actions, uint64_t now)
{
	struct pending_advert *advert = &instance->advert;

	advert->next = 0;
	advert->actions = *actions;
	while (advert->next < actions->count) {
		const struct vrrp_action *action = &actions->list[advert->next];

		perform_action(instance, action, now);
		if (action->type == VRRP_SEND_ADVERT)
			break;
		advert->next++;
	}
}

void instance_finish(struct instance *instance, uint64_t now)
{
	struct pending_advert *advert = &instance->advert;

	if (advert->next == advert->actions.count)
		return;
	note_delivery(instance);
	while (++advert->next < advert->actions.count)
		perform_action(instance, &advert->actions.list[advert->next], now);
}

static void perform(struct instance *instance, const struct vrrp_actions *actions, uint64_t now)
{
	if (actions->count == 0)
		return;
	begin(instance, actions, now);
	transport_flush(instance->edges->transport);
	instance_finish(instance, now);
}

/* The dataplane has ended the lease that we still think we have. */
static bool gave_way(const struct instance *instance)
{
	return instance->machine.owning && instance->sent_at &&
	       !maps_lease(instance->edges->maps, instance->vrid);
}

static void decide(struct instance *instance, const struct vrrp_event *event, uint64_t now,
		   struct vrrp_actions *actions)
{
	struct vrrp_event told = *event;

	told.gave_way = gave_way(instance);
	vrrp_step(&instance->machine, &told, now, actions);
}

static void step(struct instance *instance, const struct vrrp_event *event, uint64_t now)
{
	struct vrrp_actions actions;

	decide(instance, event, now, &actions);
	perform(instance, &actions, now);
}

/* The dataplane remembers every peer's last word, also from before we were started. */
static void hear_dataplane(struct instance *instance, uint64_t now)
{
	const struct instance_edges *edges = instance->edges;

	for (size_t i = 0; i < instance->config->peer_count; i++) {
		const struct config_peer *peer = &instance->config->peers[i];
		struct vrrp_event event = {.type = VRRP_EVENT_ADVERT};
		struct advert_entry seen;

		if (i == instance->config->self || edges->peer_indices[i] == NO_PEER_INDEX ||
		    maps_read_advert(edges->maps, instance->vrid, edges->peer_indices[i], &seen))
			continue;
		if (seen.seen_at <= instance->machine.active_seen_at)
			continue;
		event.advert = (struct vrrp_advert){
			.source = instance->family == FAMILY_IPV4 ? peer->address : peer->address6,
			.priority = seen.priority,
			.max_advert_interval = seen.max_advert_interval * NS_PER_CS,
			.seen_at = seen.seen_at,
		};
		step(instance, &event, now);
	}
}

static void count_quorum(struct instance *instance, uint64_t now)
{
	step(instance,
	     &(struct vrrp_event){
		     .type = VRRP_EVENT_QUORUM,
		     .quorum_until = instance->edges->quorum_until,
	     },
	     now);
}

static void start(struct instance *instance, uint64_t now)
{
	instance_begin_turn(instance, now);
	hear_dataplane(instance, now);
	count_quorum(instance, now);
	step(instance,
	     &(struct vrrp_event){
		     .type = VRRP_EVENT_STARTUP,
		     .lease_alive = now < maps_lease(instance->edges->maps, instance->vrid),
	     },
	     now);
}

/*
 * As long as there is a lease, a lower priority is the dataplane's before anybody hears of it, a
 * higher one once it was sent (send_advert()): others may still take over by the lower one.
 */
static void set_priority(struct instance *instance, const struct vrrp_event *event, uint64_t now)
{
	const struct maps *maps = instance->edges->maps;

	if (event->priority < maps_instance(maps, instance->vrid)->priority)
		publish_priority(instance, event->priority);
	step(instance, event, now);
	if (!maps_lease(maps, instance->vrid) && instance->machine.state != VRRP_ACTIVE)
		publish_priority(instance, event->priority);
}

static void take_over_along(struct instance *instance, const struct vrrp_event *event, uint64_t now)
{
	enum vrrp_state before;

	hear_dataplane(instance, now);
	count_quorum(instance, now);
	before = instance->machine.state;
	step(instance, event, now);
	if (instance->machine.state != before)
		instance->takeover.due_at = now;
}

void instance_do(struct instance *instance, const struct vrrp_event *event, uint64_t now)
{
	switch (event->type) {
	case VRRP_EVENT_STARTUP:
		start(instance, now);
		break;
	case VRRP_EVENT_PRIORITY:
		set_priority(instance, event, now);
		break;
	case VRRP_EVENT_GROUP_TOOK_OVER:
		take_over_along(instance, event, now);
		break;
	default:
		step(instance, event, now);
		break;
	}
}

void instance_begin_turn(struct instance *instance, uint64_t now)
{
	uint64_t lease = maps_lease(instance->edges->maps, instance->vrid);

	instance->beaten = maps_beaten(instance->edges->maps, instance->vrid);
	/*
	 * A lease that ran out means that we were late: others may have taken over, and their
	 * advertisements are still in the inbox. A lease of 0 means that the dataplane gave way,
	 * and what it gave way to is in the inbox.
	 */
	if (instance->machine.owning && lease && lease <= now)
		step(instance, &(struct vrrp_event){.type = VRRP_EVENT_LEASE_LOST}, now);
}

static void note_mismatches(struct instance *instance, const struct advert_message *message,
			    const struct ip_address *source, uint64_t now)
{
	const struct config_instance *own = instance->own;
	uint64_t interval = message->max_advert_interval;

	if (mismatch_note(&instance->addresses, !advert_lists(message, own->vips, own->vip_count),
			  0, now))
		tell(instance,
		     &(struct instance_event){.kind = INSTANCE_MISMATCH, .source = *source});
	if (mismatch_note(&instance->interval,
			  interval != instance->machine.parameters.advert_interval,
			  interval == RESTART_INTERVAL ? RESTART_PATIENCE : 0, now))
		tell(instance, &(struct instance_event){
				       .kind = INSTANCE_INTERVAL,
				       .source = *source,
				       .interval = interval,
			       });
}

void instance_hear(struct instance *instance, const struct inbox_record *record, uint64_t now)
{
	struct vrrp_event event = {.type = VRRP_EVENT_ADVERT};
	struct advert_message message;

	if (advert_decode(record->message, record->length, record->family, &message))
		return;
	instance->adverts_heard++;
	event.advert = (struct vrrp_advert){
		.source = record->source,
		.priority = message.priority,
		.max_advert_interval = message.max_advert_interval,
		.seen_at = record->seen_at,
	};
	step(instance, &event, now);
	note_mismatches(instance, &message, &record->source, now);
}

static bool advert_is_due(const struct instance *instance, uint64_t early, uint64_t now)
{
	uint64_t at = instance->machine.advert_timer;

	return at != NEVER && at <= now + early;
}

/* Before a timer is believed the dataplane is asked what it saw, for the inbox may have lost it. */
static void expire_timers(struct instance *instance, uint64_t early, uint64_t now)
{
	struct vrrp_event event = {.type = VRRP_EVENT_TIMER, .early = early};
	struct vrrp_actions actions;
	uint64_t due;

	count_quorum(instance, now);
	due = vrrp_deadline(&instance->machine);
	if (due > now && !advert_is_due(instance, early, now))
		return;
	hear_dataplane(instance, now);
	if (instance->machine.down_timer <= now)
		instance->takeover.due_at = due;
	decide(instance, &event, now, &actions);
	begin(instance, &actions, now);
}

void instance_expire(struct instance *instance, uint64_t early, uint64_t now)
{
	expire_timers(instance, early, now);
	attract_run(&instance->announcement.attraction, now);
}

static void set_parameters(struct instance *instance, const struct vrrp_parameters *parameters,
			   uint64_t now)
{
	struct vrrp_actions actions;

	vrrp_step(&instance->machine,
		  &(struct vrrp_event){
			  .type = VRRP_EVENT_PARAMETERS,
			  .parameters = parameters,
		  },
		  now, &actions);
	instance_publish(instance);
	perform(instance, &actions, now);
}

void instance_follow(struct instance *instance, uint64_t now)
{
	struct vrrp_parameters parameters = instance_parameters(instance);

	set_parameters(instance, &parameters, now);
}

void instance_prolong(struct instance *instance, uint64_t interval, uint64_t now)
{
	struct vrrp_parameters parameters = instance_parameters(instance);

	if (instance->machine.state != VRRP_ACTIVE || parameters.version == VRRP_VERSION_2 ||
	    parameters.advert_interval >= interval)
		return;
	parameters.advert_interval = interval;
	instance_encode(instance, interval);
	set_parameters(instance, &parameters, now);
}

uint64_t instance_deadline(const struct instance *instance)
{
	uint64_t deadline = vrrp_deadline(&instance->machine);
	uint64_t attract_at = instance->announcement.attraction.next_at;

	return attract_at < deadline ? attract_at : deadline;
}
