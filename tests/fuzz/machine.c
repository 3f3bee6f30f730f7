// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VRRP state machine by its one entrance (ctl/vrrp/machine.h): each four bytes are an event,
 * its detail, its source, and how much later it comes. Whatever happens, the lease is an Active's
 * only, and nothing is due twice. fuzz: -max_len=4000
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/vrrp/machine.h"

#define INTERVAL (100 * NS_PER_MS)
#define START    (1000 * NS_PER_S)

static struct ip_address node_address(uint8_t number)
{
	struct ip_address address = {};

	address.bytes[10] = address.bytes[11] = 0xff;
	address.bytes[12] = 10;
	address.bytes[15] = number;
	return address;
}

static struct vrrp_parameters parameters_of(uint8_t choice)
{
	return (struct vrrp_parameters){
		.version = choice & 1 ? 2 : 3,
		.priority = choice & 2 ? 255 : 100,
		.preempt = choice & 4,
		.preempt_delay = choice & 8 ? 3 * INTERVAL : 0,
		.start_active = choice & 16,
		.startup_delay = choice & 32 ? 3 * INTERVAL : 0,
		.advert_interval = choice & 64 ? 10 * INTERVAL : INTERVAL,
		.handover_delay = 2 * NS_PER_MS,
		.address = node_address(12),
	};
}

static struct vrrp_event event_of(const uint8_t *bytes, uint64_t now,
				  struct vrrp_parameters *parameters)
{
	struct vrrp_event event = {
		.type = bytes[0] % VRRP_EVENT_COUNT,
		.gave_way = bytes[0] & 0x80,
	};
	uint8_t detail = bytes[1];

	if (event.type == VRRP_EVENT_STARTUP)
		event.lease_alive = detail & 1;
	else if (event.type == VRRP_EVENT_FAULT)
		event.reason = "test";
	else if (event.type == VRRP_EVENT_TIMER)
		event.early = detail & 1 ? INTERVAL / 2 : 0;
	else if (event.type == VRRP_EVENT_QUORUM)
		event.quorum_until = detail == 0 ? NEVER : now - INTERVAL + detail * NS_PER_MS;
	else if (event.type == VRRP_EVENT_PRIORITY)
		event.priority = detail ? detail : 1;
	else if (event.type == VRRP_EVENT_RELUCTANCE)
		event.reluctant = detail & 1;
	else if (event.type == VRRP_EVENT_PARAMETERS)
		event.parameters = parameters;
	else if (event.type == VRRP_EVENT_ADVERT)
		event.advert = (struct vrrp_advert){
			.source = node_address(bytes[2]),
			.priority = detail,
			.max_advert_interval = (1 + (uint64_t)bytes[2] * 16) * NS_PER_CS,
			.seen_at = now - bytes[2] * NS_PER_US,
		};
	parameters->advert_interval = (1 + (uint64_t)detail) * NS_PER_CS;
	return event;
}

static size_t count(const struct vrrp_actions *actions, enum vrrp_action_type type)
{
	size_t found = 0;

	for (size_t i = 0; i < actions->count; i++)
		found += actions->list[i].type == type;
	return found;
}

static void check_actions(const struct vrrp_machine *before, const struct vrrp_machine *after,
			  const struct vrrp_actions *actions)
{
	REQUIRE(actions->count <= VRRP_ACTIONS_MAX);
	REQUIRE(count(actions, VRRP_SEND_ADVERT) <= 1); /* instance.c waits for one */
	if (before->owning && !after->owning)
		REQUIRE(count(actions, VRRP_DROP_LEASE) > 0);
	if (after->state != VRRP_ACTIVE || after->offering)
		REQUIRE(count(actions, VRRP_STORE_LEASE) == 0);
	if (before->state != after->state)
		REQUIRE(count(actions, VRRP_STATE_CHANGED) > 0);
}

static void check_state(const struct vrrp_machine *machine, enum vrrp_event_type type, uint64_t now)
{
	bool active = machine->state == VRRP_ACTIVE;

	if (machine->owning || machine->take_timer != NEVER || machine->quorum_timer != NEVER)
		REQUIRE(active);
	if (machine->offering || machine->offer_timer != NEVER)
		REQUIRE(active && machine->owning && machine->offer_timer != NEVER);
	if (machine->down_timer != NEVER)
		REQUIRE(machine->state == VRRP_BACKUP);
	if (active)
		REQUIRE(machine->advert_timer != NEVER &&
			machine->pace <= machine->parameters.advert_interval);
	if (type == VRRP_EVENT_TIMER)
		REQUIRE(vrrp_deadline(machine) > now);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	struct vrrp_parameters parameters;
	struct vrrp_machine machine, before;
	struct vrrp_actions actions;
	uint64_t now = START;

	if (length == 0)
		return 0;
	parameters = parameters_of(input[0]);
	vrrp_init(&machine, &parameters);
	for (size_t i = 1; i + 4 <= length; i += 4) {
		struct vrrp_event event;

		now += (uint64_t)input[i + 3] * input[i + 3] * 10 * NS_PER_US;
		event = event_of(&input[i], now, &parameters);
		before = machine;
		vrrp_step(&machine, &event, now, &actions);
		check_actions(&before, &machine, &actions);
		check_state(&machine, event.type, now);
	}
	return 0;
}
