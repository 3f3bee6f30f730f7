/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of the peers: for keys that refer to them, and for messages.
 */
#ifndef VIPD_CONFIG_FORMAT_PEERS_H
#define VIPD_CONFIG_FORMAT_PEERS_H

#include "ctl/config/config.h"

/**
 * format_peers_are_known() - whether there are peers, and each has a name of its own
 *
 * If not, a name that is unknown may be meant for one of them.
 */
bool format_peers_are_known(const struct config *config);

/* The peers' names, for people: "n1, n2, n3", cut after a few. */
struct peer_names {
	char text[256];
};
struct peer_names format_peer_names(const struct config *config);

#endif
