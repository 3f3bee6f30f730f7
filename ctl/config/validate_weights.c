// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds weights that can never change who is elected. A weight matters if there are two nodes, and
 * states of all their other trackers, for which the state of this tracker on one node decides which
 * of the two wins. Two nodes are enough, because all others may be dead.
 */
#include <stdlib.h>

#include "ctl/base/address.h"
#include "ctl/config/format_peers.h"
#include "ctl/config/lookup.h"
#include "ctl/config/validate.h"

#define WEIGHT_MAX 253

/* The tracks of one election that have a weight. Files are left out: they can have any number. */
struct weights {
	int list[CONFIG_TRACKS_MAX];
	size_t count;
	int sums[1 << CONFIG_TRACKS_MAX]; /* by the set of the weights that add; bit i: of list[i]
					   */
};

/* A node in the election. */
struct candidate {
	int priority;
	struct ip_address address;
};

struct election {
	struct candidate candidates[MAX_PEERS];
	size_t count;
};

static int clamp(int priority)
{
	if (priority < WEIGHTED_PRIORITY_MIN)
		return WEIGHTED_PRIORITY_MIN;
	return priority > WEIGHTED_PRIORITY_MAX ? WEIGHTED_PRIORITY_MAX : priority;
}

static void add_up(struct weights *weights)
{
	for (unsigned int chosen = 0; chosen < 1U << weights->count; chosen++) {
		weights->sums[chosen] = 0;
		for (size_t i = 0; i < weights->count; i++)
			if (chosen & 1U << i)
				weights->sums[chosen] += weights->list[i];
	}
}

static bool comes_before(int priority, const struct candidate *node, int other_priority,
			 const struct candidate *other)
{
	if (priority != other_priority)
		return priority > other_priority;
	return address_compare(&node->address, &other->address) > 0;
}

/* Whether weight @w decides between two nodes if nothing else changes. */
static bool decides(const struct weights *weights, size_t w, unsigned int chosen,
		    const struct candidate *node, int other_priority, const struct candidate *other)
{
	int without = clamp(node->priority + weights->sums[chosen & ~(1U << w)]);
	int with = clamp(node->priority + weights->sums[chosen | 1U << w]);

	return comes_before(with, node, other_priority, other) !=
	       comes_before(without, node, other_priority, other);
}

static bool matters_between(const struct weights *weights, size_t w, const struct candidate *node,
			    const struct candidate *other)
{
	unsigned int states = 1U << weights->count;
	bool reached[OWNER_PRIORITY + 1] = {};

	if (node->priority == OWNER_PRIORITY)
		return false;
	for (unsigned int theirs = 0; theirs < states; theirs++) {
		int priority = other->priority == OWNER_PRIORITY
				       ? OWNER_PRIORITY
				       : clamp(other->priority + weights->sums[theirs]);

		if (reached[priority])
			continue;
		reached[priority] = true;
		for (unsigned int ours = 0; ours < states; ours++)
			if (decides(weights, w, ours, node, priority, other))
				return true;
	}
	return false;
}

static bool matters(const struct weights *weights, size_t w, const struct election *election)
{
	for (size_t i = 0; i < election->count; i++)
		for (size_t j = 0; j < election->count; j++)
			if (i != j && matters_between(weights, w, &election->candidates[i],
						      &election->candidates[j]))
				return true;
	return false;
}

/* Return: the weight nearest to zero that would matter in its place; 0: none would. */
static int least_that_matters(struct weights weights, size_t w, const struct election *election)
{
	int step = weights.list[w] < 0 ? -1 : 1;

	while (abs(weights.list[w]) < WEIGHT_MAX) {
		weights.list[w] += step;
		add_up(&weights);
		if (matters(&weights, w, election))
			return weights.list[w];
	}
	return 0;
}

static struct election collect_candidates(const struct config *config,
					  const struct config_instance *instance)
{
	bool ipv4 = config_election_family(instance) == FAMILY_IPV4;
	struct election election = {};

	for (size_t i = 0; i < config->peer_count; i++)
		if (instance->priority[i])
			election.candidates[election.count++] = (struct candidate){
				.priority = instance->priority[i],
				.address =
					ipv4 ? config->peers[i].address : config->peers[i].address6,
			};
	return election;
}

static bool is_judged(const struct config *config, const struct config_track *track)
{
	return track->weight && track->tracker != CONFIG_NONE &&
	       config->trackers[track->tracker].kind != TRACKER_FILE;
}

static void refuse_weight(const struct validation *validation, struct key_path path, int weight,
			  int least)
{
	if (least)
		validation_refuse(
			validation, path,
			"%d can never change who is elected, whatever else is up or down; "
			"%d or %s would",
			weight, least, least < 0 ? "less" : "more");
	else
		validation_refuse(validation, path,
				  "%d can never change who is elected, and no other weight would: "
				  "leave it out, and a failure is a fault",
				  weight);
}

static void check_weights(const struct validation *validation, struct key_path path,
			  const struct config_track *tracks, size_t count,
			  const struct election *election)
{
	struct weights weights = {};

	for (size_t i = 0; i < count; i++)
		if (is_judged(validation->config, &tracks[i]))
			weights.list[weights.count++] = tracks[i].weight;
	add_up(&weights);
	for (size_t i = 0, w = 0; i < count; i++) {
		if (!is_judged(validation->config, &tracks[i]))
			continue;
		if (!matters(&weights, w, election))
			refuse_weight(validation, key_path("%s.track[%zu].weight", path.text, i),
				      tracks[i].weight, least_that_matters(weights, w, election));
		w++;
	}
}

/* All members of a group have the same priorities, so its weights are judged with the first. */
void validate_weights(const struct validation *validation, size_t i)
{
	const struct config *config = validation->config;
	const struct config_instance *instance = &config->instances[i];
	const struct config_sync_group *group = config_sync_group(config, instance);
	struct election election;

	if (!format_peers_are_known(config) || instance->vip_count == 0)
		return;
	election = collect_candidates(config, instance);
	if (election.count == 0)
		return;
	if (!group)
		check_weights(validation, key_path("instances[%zu]", i), instance->tracks,
			      instance->track_count, &election);
	else if (group->members[0] == i)
		check_weights(validation, key_path("sync_groups[%zu]", instance->sync_group - 1),
			      group->tracks, group->track_count, &election);
}
