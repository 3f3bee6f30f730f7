// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/secrets.h"

#include <sodium.h>

#include "ctl/config/secret_file.h"

/* A file that only vipd may read is no problem when somebody else checks the configuration. */
static void tell(const struct validation *validation, enum secrets secrets, struct key_path path,
		 const char *file, const struct secret_refusal *refusal)
{
	size_t line = document_line(validation->document, path);

	if (secrets == SECRETS_CHECKED && refusal->out_of_sight)
		problems_add_note(validation->problems, line, path, "not checked: %s %s", file,
				  refusal->text);
	else
		problems_add(validation->problems, line, path, "%s %s", file, refusal->text);
}

static void read_key(const struct validation *validation, enum secrets secrets,
		     struct key_path path, struct config_key *key)
{
	struct secret_refusal refusal;
	ssize_t length;

	key->secret = sodium_malloc(CONFIG_KEY_LENGTH_MAX);
	if (!key->secret) {
		validation->problems->out_of_memory = true;
		return;
	}
	length = secret_file_read_key(key->file, key->secret, &refusal);
	if (length < 0)
		tell(validation, secrets, path, key->file, &refusal);
	else
		key->secret_length = (size_t)length;
}

static void read_password(const struct validation *validation, enum secrets secrets,
			  struct key_path path, struct config_simple_text *simple_text)
{
	struct secret_refusal refusal;

	if (secret_file_read_password(simple_text->file, simple_text->password, &refusal) < 0)
		tell(validation, secrets, path, simple_text->file, &refusal);
}

void secrets_read(const struct validation *validation, enum secrets secrets, struct config *config)
{
	struct config_authentication *authentication = &config->vrrp.authentication;

	if (secrets == SECRETS_LEFT)
		return;
	if (sodium_init() < 0) {
		problems_add(validation->problems, 0, key_path("%s", ""),
			     "libsodium does not work here");
		return;
	}
	for (size_t i = 0; i < authentication->key_count; i++)
		if (authentication->keys[i].file[0])
			read_key(validation, secrets, key_path("vrrp.auth.keys[%zu].file", i),
				 &authentication->keys[i]);
	for (size_t i = 0; i < config->instance_count; i++)
		if (config->instances[i].simple_text.file[0])
			read_password(validation, secrets,
				      key_path("instances[%zu].authentication.file", i),
				      &config->instances[i].simple_text);
}

void secrets_forget(struct config *config)
{
	for (size_t i = 0; i < config->vrrp.authentication.key_count; i++)
		sodium_free(config->vrrp.authentication.keys[i].secret);
	for (size_t i = 0; i < config->instance_count; i++)
		sodium_memzero(config->instances[i].simple_text.password,
			       sizeof(config->instances[i].simple_text.password));
}
