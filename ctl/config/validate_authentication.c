// SPDX-License-Identifier: GPL-2.0-only
/* Do the keys and passwords fit together? None of them has been read yet. */
#include "ctl/config/validate.h"

static void check_key_ids(const struct validation *validation)
{
	const struct config_authentication *authentication =
		&validation->config->vrrp.authentication;
	size_t first_with[MAX_KEYS] = {}; /* the key's index + 1, by id */

	for (size_t i = 0; i < authentication->key_count; i++) {
		uint8_t id = authentication->keys[i].id;
		char text[sizeof("255")];

		if (!id)
			continue;
		if (!first_with[id]) {
			first_with[id] = i + 1;
			continue;
		}
		snprintf(text, sizeof(text), "%u", id);
		validation_refuse_reuse(validation, key_path("vrrp.auth.keys[%zu].id", i), text,
					key_path("vrrp.auth.keys[%zu].id", first_with[id] - 1));
	}
}

static bool ids_are_known(const struct config_authentication *authentication)
{
	for (size_t i = 0; i < authentication->key_count; i++)
		if (!authentication->keys[i].id)
			return false;
	return authentication->key_count > 0;
}

static bool has_key(const struct config_authentication *authentication, uint8_t id)
{
	for (size_t i = 0; i < authentication->key_count; i++)
		if (authentication->keys[i].id == id)
			return true;
	return false;
}

static void check_active_key(const struct validation *validation)
{
	const struct config_authentication *authentication =
		&validation->config->vrrp.authentication;
	struct key_path path = key_path("vrrp.auth.active_key");
	bool given = document_node(validation->document, path);

	if (!given && authentication->mode != AUTHENTICATION_RECEIVE_ONLY)
		validation_refuse(validation, path,
				  "missing: the id of the key that signs, which only receive-only "
				  "can do without");
	if (authentication->active_key && ids_are_known(authentication) &&
	    !has_key(authentication, authentication->active_key))
		validation_refuse(validation, path, "%u is not the id of one of the keys",
				  authentication->active_key);
}

void validate_authentication(const struct validation *validation)
{
	const struct config_authentication *authentication =
		&validation->config->vrrp.authentication;
	struct key_path window = key_path("vrrp.auth.window");

	if (!authentication->key_count) /* none is configured, or there is a problem already */
		return;
	check_key_ids(validation);
	check_active_key(validation);
	if (authentication->monotonic && document_node(validation->document, window))
		validation_refuse(validation, window,
				  "can never act, because anti_replay is monotonic");
}

void validate_simple_text(const struct validation *validation, size_t i)
{
	const struct config_instance *instance = &validation->config->instances[i];
	struct key_path path = key_path("instances[%zu].authentication", i);
	struct key_path password = key_path("%s.password", path.text);
	struct key_path file = key_path("%s.file", path.text);
	bool has_password = document_node(validation->document, password);
	bool has_file = document_node(validation->document, file);

	if (!document_node(validation->document, path))
		return;
	if (instance->version == 3) {
		validation_refuse(validation, path,
				  "VRRPv3 has none of its own; vrrp.auth signs its "
				  "advertisements");
		return;
	}
	if (instance->simple_text.type == VRRP2_SIMPLE_TEXT && has_password == has_file)
		validation_refuse(validation, path, "%s of password and file, expected one",
				  has_file ? "both" : "neither");
	if (instance->simple_text.type == VRRP2_NO_AUTHENTICATION && (has_password || has_file))
		validation_refuse(validation, has_file ? file : password,
				  "can never act, because the type is not pass");
}
