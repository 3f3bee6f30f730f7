// SPDX-License-Identifier: GPL-2.0-only
/* The quorum: can there be a majority without everybody? */
#include "ctl/config/document.h"
#include "ctl/config/validate.h"

#define NODES_MIN 3

void validate_quorum(const struct validation *validation)
{
	size_t count = validation->config->peer_count;

	if (validation->config->vrrp.quorum.policy != QUORUM_NONE && count && count < NODES_MIN)
		validation_refuse(validation, key_path("vrrp.quorum"),
				  "of %zu peers a majority is all of them, so that whoever is left "
				  "gives up when another one dies; expected at least %d peers",
				  count, NODES_MIN);
}
