/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The format of vipd.yaml: its keys, their types, ranges and defaults. How the file as a whole has
 * to make sense is the subject of validate.h.
 */
#ifndef VIPD_CONFIG_FORMAT_H
#define VIPD_CONFIG_FORMAT_H

#include <yaml.h>

#include "ctl/config/config.h"
#include "ctl/config/problems.h"

/* In place of the index of a peer, tracker or instance that could not be read or is none. */
#define UNKNOWN_PEER     SIZE_MAX
#define UNKNOWN_TRACKER  SIZE_MAX
#define UNKNOWN_INSTANCE SIZE_MAX

/**
 * format_read() - fill a configuration from a document
 * @hostname: the node's name unless the document has it; may be NULL.
 * @config: zeroed. What could not be read, and is in @problems, is zero or the default after it;
 *          the lists have all their elements, so that indices are the document's.
 */
void format_read(yaml_document_t *document, const char *hostname, struct problems *problems,
		 struct config *config);

/** format_find_peer() - index of the peer with a name, or UNKNOWN_PEER. */
size_t format_find_peer(const struct config *config, const char *name);

/** format_peers_are_known() - whether there are peers, and each one's name could be read. */
bool format_peers_are_known(const struct config *config);

/* The peers' names, for people: "n1, n2, n3", cut after a few. */
struct peer_names {
	char text[256];
};
struct peer_names format_peer_names(const struct config *config);

#endif
