// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/node/standing.h"

#include "ctl/config/lookup.h"

static bool is_judged(const struct standing_facts *facts, const struct config_instance *instance)
{
	for (size_t i = 0; i < facts->config->service_count; i++)
		if (config_serves(&facts->config->services[i], instance) &&
		    !facts->services[i].judged)
			return false;
	return true;
}

static bool can_serve(const struct standing_facts *facts, const struct config_instance *instance)
{
	for (size_t i = 0; i < facts->config->service_count; i++)
		if (config_serves(&facts->config->services[i], instance) &&
		    facts->services[i].judged && facts->services[i].all_down)
			return false;
	return true;
}

/* A sync group moves as one, so it stays where all of it is served. */
static bool group_can_serve(const struct standing_facts *facts,
			    const struct config_instance *instance)
{
	const struct config *config = facts->config;
	const struct config_sync_group *group = config_sync_group(config, instance);

	if (!group)
		return can_serve(facts, instance);
	for (size_t i = 0; i < group->member_count; i++)
		if (!can_serve(facts, &config->instances[group->members[i]]))
			return false;
	return true;
}

static const char *address_fault(const struct net_link *link,
				 const struct config_instance *instance)
{
	return net_link_address_fault(link, config_election_family(instance));
}

/* Only who does not take part yet can wait without anybody's loss. */
static const char *find_wait(const struct standing_facts *facts,
			     const struct config_instance *instance, const struct weighed *weighed)
{
	if (facts->takes_part[instance->vrid])
		return NULL;
	if (!is_judged(facts, instance))
		return "waiting for the first health check";
	return weighed->undecided ? "waiting for the first result of a tracker" : NULL;
}

/* The first of its faults, the one that explains most first; NULL: it has none. */
static const char *find_fault(const struct standing_facts *facts,
			      const struct config_instance *instance, const struct weighed *weighed)
{
	const char *fault = address_fault(facts->link, instance);
	const char *wait = find_wait(facts, instance, weighed);

	if (facts->link_fault)
		return facts->link_fault;
	if (fault)
		return fault;
	if (facts->deaf)
		return facts->deaf;
	if (facts->misled)
		return facts->misled;
	if (wait)
		return wait;
	return weighed->fails ? "a tracker has failed" : NULL;
}

static struct instance_standing decide(const struct standing_facts *facts,
				       const struct config_instance *instance)
{
	struct weighed weighed = weights_of_instance(facts->config, instance, facts->trackers);

	return (struct instance_standing){
		.vrid = instance->vrid,
		.priority = weighed.priority,
		.reluctant = facts->drained || !group_can_serve(facts, instance),
		.fault = find_fault(facts, instance, &weighed),
	};
}

size_t standing_decide(const struct standing_facts *facts, struct instance_standing *standings)
{
	const struct config *config = facts->config;
	size_t count = 0;

	for (size_t i = 0; i < config->instance_count; i++)
		if (config_takes_part(config, &config->instances[i]))
			standings[count++] = decide(facts, &config->instances[i]);
	return count;
}
