// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/standing/standings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/config/lookup.h"

struct standing_node {
	char name[CONFIG_NAME_MAX];
	uint32_t tag;
	bool vipd;
	struct presence_status presence;
	enum node_standing standing;
	int error;                   /* of what was heard last, as standing_decode() has it */
	uint32_t generation[2];      /* that the words are of */
	struct standing_words words; /* the last that were understood */
	bool takes[MAX_VIPS];        /* by index of the VIP */
	size_t vips_missing;
};

struct standings {
	const struct config *config; /* NULL: none yet; else a reference */
	standings_changed changed;
	void *context;
	size_t vip_count;
	uint32_t vips[MAX_VIPS]; /* tags, in the order of the configuration */
	size_t count;
	struct standing_node nodes[MAX_PEERS];         /* by index into config->peers */
	struct standing_entry entries[STANDING_PAGES]; /* of the node that is being read */
};

const char *node_standing_name(enum node_standing standing)
{
	static const char *const names[] = {
		[NODE_SERVES] = "serving",  [NODE_DRAINING] = "draining",
		[NODE_LEAVING] = "leaving", [NODE_IDLE] = "idle",
		[NODE_UNKNOWN] = "unknown", [NODE_SILENT] = "silent",
		[NODE_FOREIGN] = "foreign",
	};

	return names[standing];
}

struct standings *standings_new(standings_changed changed, void *context)
{
	struct standings *standings = calloc(1, sizeof(*standings));

	if (standings) {
		standings->changed = changed;
		standings->context = context;
	}
	return standings;
}

void standings_free(struct standings *standings)
{
	if (!standings)
		return;
	config_unref(standings->config);
	free(standings);
}

/* What follows from what was said. */

static enum node_standing standing_of_words(const struct standing_words *words)
{
	if (words->flags & STANDING_LEAVING)
		return NODE_LEAVING;
	if (!(words->flags & STANDING_SERVES))
		return NODE_IDLE;
	return words->flags & STANDING_DRAINING ? NODE_DRAINING : NODE_SERVES;
}

/* A message that is not complete yet does not undo the one before. */
static enum node_standing standing_of(const struct standings *standings,
				      const struct standing_node *node)
{
	if (node == &standings->nodes[standings->config->self])
		return standing_of_words(&node->words);
	if (!node->vipd)
		return NODE_FOREIGN;
	if (node->presence.silent || node->presence.heard_at == 0)
		return NODE_SILENT;
	if (node->error && node->error != -EAGAIN)
		return NODE_UNKNOWN;
	return standing_of_words(&node->words);
}

static int compare_tags(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void find_vips(const struct standings *standings, struct standing_node *node)
{
	qsort(node->words.vips, node->words.vip_count, sizeof(uint32_t), compare_tags);
	node->vips_missing = 0;
	for (size_t i = 0; i < standings->vip_count; i++) {
		node->takes[i] = bsearch(&standings->vips[i], node->words.vips,
					 node->words.vip_count, sizeof(uint32_t), compare_tags);
		node->vips_missing += !node->takes[i];
	}
}

static bool judge(struct standings *standings, struct standing_node *node)
{
	enum node_standing before = node->standing;

	node->standing = standing_of(standings, node);
	if (node->standing == before)
		return false;
	if (standings->changed)
		standings->changed(node->name, before, node->standing, standings->context);
	return true;
}

/* The configuration. */

static void list_vips(struct standings *standings)
{
	standings->vip_count = 0;
	CONFIG_FOR_EACH_VIP (standings->config, vip)
		standings->vips[standings->vip_count++] = standing_vip_tag(vip.address);
}

static const struct standing_node *find_node(const struct standing_node *nodes, size_t count,
					     const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(nodes[i].name, name) == 0)
			return &nodes[i];
	return NULL;
}

static void inherit(struct standing_node *node, const struct standing_node *before,
		    const struct config_peer *peer)
{
	if (before)
		*node = *before;
	else
		node->standing = peer->vipd ? NODE_SILENT : NODE_FOREIGN;
	memcpy(node->name, peer->name, sizeof(node->name));
	node->tag = standing_node_tag(peer->name);
	node->vipd = peer->vipd;
}

void standings_follow(struct standings *standings, const struct config *config)
{
	CLEANUP(cleanup_free)
	struct standing_node *before = malloc(sizeof(standings->nodes));
	size_t count = before ? standings->count : 0;

	if (before)
		memcpy(before, standings->nodes, sizeof(standings->nodes));
	config_ref(config);
	config_unref(standings->config);
	standings->config = config;
	standings->count = config->peer_count;
	memset(standings->nodes, 0, sizeof(standings->nodes));
	list_vips(standings);
	for (size_t i = 0; i < standings->count; i++) {
		const struct config_peer *peer = &config->peers[i];
		struct standing_node *node = &standings->nodes[i];

		inherit(node, find_node(before, count, peer->name), peer);
		find_vips(standings, node);
	}
}

void standings_set_own(struct standings *standings, const struct standing_words *words)
{
	struct standing_node *self = &standings->nodes[standings->config->self];

	self->words = *words;
	find_vips(standings, self);
	judge(standings, self);
}

/* What was heard. */

static void read_pages(struct standings *standings, const struct maps *maps, uint32_t peer,
		       struct standing_page *pages)
{
	for (uint32_t i = 0; i < STANDING_PAGES; i++) {
		struct standing_entry *entry = &standings->entries[i];
		int error = maps_read_standing(maps, peer, i, entry);

		pages[i] = (struct standing_page){
			.bytes = entry->words,
			.length = error ? 0 : entry->length,
		};
	}
}

/* What a page is being stored over is read again: the thread tells when it is there. */
static bool hear_node(struct standings *standings, struct standing_node *node,
		      const struct maps *maps)
{
	struct standing_page pages[STANDING_PAGES];
	struct standing_head head = {};
	int before = node->error;

	read_pages(standings, maps, node->presence.index, pages);
	if (pages[0].length >= sizeof(head))
		memcpy(&head, pages[0].bytes, sizeof(head));
	if (!node->error && memcmp(head.generation, node->generation, sizeof(head.generation)) == 0)
		return false;
	node->error = standing_decode(pages, &node->words);
	if (node->error)
		return node->error != before;
	memcpy(node->generation, head.generation, sizeof(head.generation));
	find_vips(standings, node);
	return true;
}

bool standings_hear(struct standings *standings, const struct maps *maps,
		    const struct presence_status *presence)
{
	bool news = false;

	for (size_t i = 0; i < standings->count; i++) {
		struct standing_node *node = &standings->nodes[i];
		uint64_t silences = node->presence.silences;

		if (i == standings->config->self)
			continue;
		node->presence = presence[i];
		news |= node->presence.silences != silences;
		if (node->vipd && node->presence.index != NO_PEER_INDEX)
			news |= hear_node(standings, node, maps);
		news |= judge(standings, node);
	}
	return news;
}

/* For others. */

size_t standings_count(const struct standings *standings)
{
	return standings->count;
}

struct standing_view standings_view(const struct standings *standings, size_t i)
{
	const struct standing_node *node = &standings->nodes[i];

	return (struct standing_view){
		.name = node->name,
		.self = i == standings->config->self,
		.standing = node->standing,
		.heard_at = node->presence.heard_at,
		.words = &node->words,
		.vips_missing = node->vips_missing,
	};
}

bool standings_takes(const struct standings *standings, size_t i, size_t service)
{
	const struct standing_node *node = &standings->nodes[i];
	const struct config_service *config = &standings->config->services[service];
	size_t index = 0;

	if (i == standings->config->self)
		return true;
	if (node->standing != NODE_SERVES && node->standing != NODE_DRAINING)
		return false;
	if (node->vips_missing == 0)
		return true;
	CONFIG_FOR_EACH_VIP (standings->config, vip)
		if (!node->takes[index++] && config_service_has_vip(config, vip.address))
			return false;
	return true;
}

size_t standings_find_tag(const struct standings *standings, uint32_t tag)
{
	size_t i = 0;

	while (i < standings->count && standings->nodes[i].tag != tag)
		i++;
	return i;
}

uint64_t standings_silences(const struct standings *standings, size_t node)
{
	return standings->nodes[node].presence.silences;
}

bool standings_followed(const struct standings *standings, uint64_t since)
{
	uint32_t own = standing_node_tag(standings->config->node);

	for (size_t i = 0; i < standings->count; i++) {
		const struct standing_node *node = &standings->nodes[i];

		if (i == standings->config->self || !node->vipd)
			continue;
		if (node->presence.heard_at <= since || !standing_avoids(&node->words, own))
			return false;
	}
	return true;
}
