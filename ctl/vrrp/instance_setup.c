// SPDX-License-Identifier: GPL-2.0-only
/* An instance as the configuration has it: made, reconfigured, and made known to the dataplane. */
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

static void encode_message(struct instance *instance, const struct config *config)
{
	uint8_t addresses[255 * 16];
	struct advert_message message = {
		.version = instance->config->version,
		.vrid = instance->vrid,
		.priority = instance->machine.parameters.priority,
		.max_advert_interval = config->vrrp.advert_interval,
		.family = instance->family,
		.addresses = addresses,
		.authentication_type = (uint8_t)instance->config->simple_text.type,
	};
	ssize_t length;

	memcpy(message.authentication_data, instance->config->simple_text.password,
	       sizeof(message.authentication_data));
	collect_addresses(instance->config, instance->family, addresses, &message.address_count);
	length = advert_encode(&message, instance->message);
	instance->message_length = length > 0 ? (size_t)length : 0;
}

static struct announced_vip *collect_vips(const struct config_instance *own,
					  const struct maps *maps)
{
	struct announced_vip *vips = calloc(own->vip_count, sizeof(*vips));

	for (size_t i = 0; vips && i < own->vip_count; i++) {
		struct vip_entry entry = {};

		maps_get_vip(maps, &own->vips[i], &entry);
		vips[i] = (struct announced_vip){.address = own->vips[i], .index = entry.index};
	}
	return vips;
}

/*
 * An owner that was not heard yet gives way to our first advertisement if it comes after us. If it
 * may come before us, its lease has to be over first.
 */
static struct vrrp_parameters parameters_of(const struct config *config,
					    const struct config_instance *own,
					    const struct transport *transport)
{
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
		.address = *transport_source(transport, config_election_family(own)),
	};
}

struct instance *instance_new(const struct config *config, const struct config_instance *own,
			      const struct instance_edges *edges)
{
	struct vrrp_parameters parameters = parameters_of(config, own, edges->transport);
	struct instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return NULL;
	instance->config = own;
	instance->vrid = own->vrid;
	instance->family = config_election_family(own);
	instance->vips = collect_vips(own, edges->maps);
	if (!instance->vips) {
		free(instance);
		return NULL;
	}
	vrrp_init(&instance->machine, &parameters);
	announcement_stop(&instance->announcement);
	encode_message(instance, config);
	return instance;
}

void instance_free(struct instance *instance)
{
	if (!instance)
		return;
	free(instance->vips);
	free(instance);
}

static bool same_election(const struct vrrp_parameters *a, const struct vrrp_parameters *b)
{
	return a->version == b->version && a->advert_interval == b->advert_interval &&
	       address_equal(&a->address, &b->address);
}

int instance_reconfigure(struct instance *instance, const struct config *config,
			 const struct config_instance *own, const struct instance_edges *edges)
{
	struct vrrp_parameters wanted = parameters_of(config, own, edges->transport);
	struct announced_vip *vips;

	if (instance->vrid != own->vrid || instance->family != config_election_family(own) ||
	    !same_election(&wanted, &instance->machine.parameters))
		return -EXDEV;
	vips = collect_vips(own, edges->maps);
	if (!vips)
		return -ENOMEM;

	free(instance->vips);
	instance->vips = vips;
	instance->config = own;
	wanted.priority = instance->machine.parameters.priority;
	instance->machine.parameters = wanted;
	encode_message(instance, config);
	if (instance->machine.owning) /* new VIPs are to be announced, and none of the old list */
		announcement_start(&instance->announcement, vips, own->vip_count, clock_now());
	else
		announcement_stop(&instance->announcement);
	return 0;
}

void instance_publish(const struct instance *instance, const struct instance_edges *edges)
{
	struct instance_entry *entry = &edges->maps->instances[instance->vrid];
	const struct vrrp_parameters *parameters = &instance->machine.parameters;
	const struct config_simple_text *simple_text = &instance->config->simple_text;

	entry->version = (__u8)parameters->version;
	entry->family = (__u8)instance->family;
	if (!entry->lease_until || entry->priority > parameters->priority)
		entry->priority = parameters->priority;
	entry->advert_interval = (__u16)(parameters->advert_interval / NS_PER_CS);
	entry->source = parameters->address;
	entry->authentication_type = (__u8)simple_text->type;
	memcpy(entry->authentication_data, simple_text->password,
	       sizeof(entry->authentication_data));
	__atomic_store_n(&entry->configured, 1, __ATOMIC_RELEASE);
}

void instance_retract(const struct instance *instance, const struct instance_edges *edges)
{
	maps_drop_lease(edges->maps, instance->vrid);
	__atomic_store_n(&edges->maps->instances[instance->vrid].configured, 0, __ATOMIC_RELEASE);
}
