// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/daemon/faults.h"

#include "ctl/config/lookup.h"

const char *fault_of(const struct config *config, const struct config_instance *instance,
		     const struct net_link *link, const struct steering *steering)
{
	bool ipv4 = config_election_family(instance) == FAMILY_IPV4;

	if (!link->running)
		return "the link is down";
	if (ipv4 ? !link->has_address4 : !link->has_address6)
		return "this node's address is not on the device";
	for (size_t i = 0; i < config->service_count; i++)
		if (config_serves(&config->services[i], instance) &&
		    !steering_judged(steering, config->services[i].name))
			return "waiting for the first health check";
	return NULL;
}

const char *tracker_fault(const struct weighed *weighed)
{
	if (weighed->undecided)
		return "waiting for the first result of a tracker";
	return weighed->fails ? "a tracker has failed" : NULL;
}

static bool can_serve(const struct config *config, const struct config_instance *instance,
		      const struct steering *steering)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (config_serves(&config->services[i], instance) &&
		    steering_all_down(steering, config->services[i].name))
			return false;
	return true;
}

bool group_can_serve(const struct config *config, const struct config_instance *instance,
		     const struct steering *steering)
{
	const struct config_sync_group *group = config_sync_group(config, instance);

	if (!group)
		return can_serve(config, instance, steering);
	for (size_t i = 0; i < group->member_count; i++)
		if (!can_serve(config, &config->instances[group->members[i]], steering))
			return false;
	return true;
}
