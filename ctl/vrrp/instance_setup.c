// SPDX-License-Identifier: GPL-2.0-only
/* An instance as the configuration has it: made, put in the place of another, made known. */
#include "ctl/config/lookup.h"
#include "ctl/vrrp/instance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/advert.h"
#include "ctl/vrrp/order.h"

static void collect_addresses(const struct config_instance *own, int family, uint8_t *addresses,
			      uint8_t *count)
{
	size_t size = family == FAMILY_IPV4 ? 4 : 16;

	*count = 0;
	for (size_t i = 0; i < own->vip_count; i++) {
		if (address_family(&own->vips[i]) != family)
			continue;
		memcpy(addresses + *count * size, (const uint8_t *)(&own->vips[i] + 1) - size,
		       size);
		(*count)++;
	}
}

void instance_encode(struct instance *instance, uint64_t interval)
{
	uint8_t addresses[255 * 16];
	struct advert_message message = {
		.version = instance->own->version,
		.vrid = instance->vrid,
		.priority = instance->machine.parameters.priority,
		.max_advert_interval = interval,
		.family = instance->family,
		.addresses = addresses,
		.authentication_type = (uint8_t)instance->own->simple_text.type,
	};
	ssize_t length;

	memcpy(message.authentication_data, instance->own->simple_text.password,
	       sizeof(message.authentication_data));
	collect_addresses(instance->own, instance->family, addresses, &message.address_count);
	length = advert_encode(&message, instance->message);
	instance->message_length = length > 0 ? (size_t)length : 0;
}

static struct announced_vip *collect_vips(const struct config_instance *own)
{
	struct announced_vip *vips = calloc(own->vip_count, sizeof(*vips));

	for (size_t i = 0; vips && i < own->vip_count; i++)
		vips[i].address = own->vips[i];
	return vips;
}

/*
 * An owner that was not heard yet gives way to our first advertisement if it comes after us. If it
 * may come before us, its lease has to be over first.
 */
struct vrrp_parameters instance_parameters(const struct instance *instance)
{
	const struct config *config = instance->config;
	const struct config_instance *own = instance->own;

	return (struct vrrp_parameters){
		.version = own->version,
		.priority = own->priority[config->self],
		.start_active = own->start_active,
		.startup_delay = order_always_first(config, own)
					 ? config->vrrp.handover_delay
					 : vrrp_lease_duration(config->vrrp.advert_interval),
		.preempt = own->preempt,
		.preempt_delay = own->preempt_delay,
		.advert_interval = config->vrrp.advert_interval,
		.handover_delay = config->vrrp.handover_delay,
		.address = *transport_source(config, config_election_family(own)),
	};
}

struct instance *instance_new(const struct config *config, const struct config_instance *own,
			      const struct instance_edges *edges)
{
	struct vrrp_parameters parameters;
	struct instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return NULL;
	instance->config = config;
	instance->own = own;
	instance->edges = edges;
	instance->vrid = own->vrid;
	instance->family = config_election_family(own);
	instance->vips = collect_vips(own);
	if (!instance->vips) {
		free(instance);
		return NULL;
	}
	parameters = instance_parameters(instance);
	vrrp_init(&instance->machine, &parameters);
	announcement_init(&instance->announcement, edges->announcer, instance->vrid, instance->vips,
			  own->vip_count);
	instance_encode(instance, parameters.advert_interval);
	return instance;
}

void instance_free(struct instance *instance)
{
	if (!instance)
		return;
	free(instance->vips);
	free(instance);
}

void instance_find_vips(struct instance *instance)
{
	for (size_t i = 0; i < instance->own->vip_count; i++) {
		struct vip_entry entry = {};

		maps_get_vip(instance->edges->maps, &instance->vips[i].address, &entry);
		instance->vips[i].index = entry.index;
	}
}

/* Version 2 refuses what has another interval (RFC 3768 section 7.1): nobody would hear us. */
static bool same_election(const struct instance *instance, const struct instance *before)
{
	const struct vrrp_parameters *a = &instance->machine.parameters;
	const struct vrrp_parameters *b = &before->machine.parameters;

	return instance->family == before->family && a->version == b->version &&
	       (a->version != VRRP_VERSION_2 || a->advert_interval == b->advert_interval) &&
	       address_equal(&a->address, &b->address);
}

/* New VIPs are to be announced, and none of the old list. */
static void take_over_announcement(struct instance *instance, const struct instance *before)
{
	if (announcement_go_on(&instance->announcement, &before->announcement))
		return;
	if (instance->machine.owning)
		attract_take(&instance->announcement.attraction, clock_now());
}

bool instance_go_on(struct instance *instance, const struct instance *before)
{
	if (!same_election(instance, before))
		return false;
	instance->machine = before->machine;
	take_over_announcement(instance, before);
	instance->sent_at = before->sent_at;
	instance->beaten = before->beaten;
	instance->transitions = before->transitions;
	instance->changed_at = before->changed_at;
	instance->adverts_sent = before->adverts_sent;
	instance->adverts_heard = before->adverts_heard;
	instance->addresses = before->addresses;
	instance->interval = before->interval;
	instance->synced = before->synced;
	instance->takeover = before->takeover;
	return true;
}

/* While we own, the dataplane never knows more than what our last advertisement said. */
static uint8_t known_priority(const struct instance *instance)
{
	const struct maps *maps = instance->edges->maps;
	uint8_t known = maps_instance(maps, instance->vrid)->priority;
	uint8_t wanted = instance->machine.parameters.priority;

	return maps_lease(maps, instance->vrid) && known < wanted ? known : wanted;
}

void instance_publish(const struct instance *instance)
{
	const struct vrrp_parameters *parameters = &instance->machine.parameters;
	const struct config_simple_text *simple_text = &instance->own->simple_text;
	struct instance_entry entry = {
		.version = (__u8)parameters->version,
		.family = (__u8)instance->family,
		.priority = known_priority(instance),
		.advert_interval = (__u16)(parameters->advert_interval / NS_PER_CS),
		.authentication_type = (__u8)simple_text->type,
		.source = parameters->address,
	};

	memcpy(entry.authentication_data, simple_text->password, sizeof(entry.authentication_data));
	maps_configure_instance(instance->edges->maps, instance->vrid, &entry);
}

void instance_retract(const struct instance *instance)
{
	maps_end_instance(instance->edges->maps, instance->vrid);
}
