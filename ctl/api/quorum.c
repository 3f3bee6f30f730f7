// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/quorum.h"

#include "ctl/base/json.h"

static json_t *not_heard_json(const struct snapshot *snapshot)
{
	json_t *names = json_array();

	for (size_t i = 0; i < snapshot->config->peer_count; i++)
		if (!snapshot->quorum.heard[i])
			value_append(&names, value_text(snapshot->config->peers[i].name));
	return names;
}

json_t *quorum_json(const struct snapshot *snapshot)
{
	const struct quorum_status *status = &snapshot->quorum;
	json_t *object;

	if (!status->asked_for)
		return json_null();
	object = json_object();
	value_set(&object, "policy", value_text("majority"));
	value_set(&object, "vrid", json_integer(snapshot->config->vrrp.quorum.vrid));
	value_set(&object, "majority", json_boolean(status->majority));
	value_set(&object, "heard", json_integer((json_int_t)status->quorum.heard));
	value_set(&object, "needed", json_integer((json_int_t)status->quorum.needed));
	value_set(&object, "nodes", json_integer((json_int_t)status->quorum.nodes));
	value_set(&object, "not_heard", not_heard_json(snapshot));
	return object;
}
