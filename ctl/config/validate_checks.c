// SPDX-License-Identifier: GPL-2.0-only
/* Is each health check of one kind, with no keys but those of that kind? */
#include <string.h>

#include "ctl/config/validate.h"

#define OF(method) (1U << (method))

static const char *const methods[] = {
	[CHECK_HTTP] = "http", [CHECK_HTTPS] = "https",   [CHECK_TCP] = "tcp",
	[CHECK_TLS] = "tls",   [CHECK_SCRIPT] = "script",
};

static const struct special {
	const char *key;
	unsigned int methods; /* the kinds that have this key */
	const char *names;
} specials[] = {
	{"host", OF(CHECK_HTTP) | OF(CHECK_HTTPS) | OF(CHECK_TLS), "http, https or tls"},
	{"expect_status", OF(CHECK_HTTP) | OF(CHECK_HTTPS), "http or https"},
	{"expect_body", OF(CHECK_HTTP) | OF(CHECK_HTTPS), "http or https"},
	{"verify", OF(CHECK_HTTPS) | OF(CHECK_TLS), "https or tls"},
	{"user", OF(CHECK_SCRIPT), "script"},
};

static struct key_path key_of(struct key_path path, const char *key)
{
	return key_path("%s.%s", path.text, key);
}

size_t validate_kind(const struct validation *validation, struct key_path path, const char *what,
		     const char *const *kinds, size_t count)
{
	const char *first = NULL;
	size_t given = 0;

	for (size_t i = 0; i < count; i++) {
		if (!validation_is_given(validation, path, kinds[i]))
			continue;
		if (given++)
			validation_refuse(validation, key_of(path, kinds[i]),
					  "a %s is of one kind, and this one has %s", what, first);
		else
			first = kinds[i];
	}
	return given;
}

static void check_specials(const struct validation *validation, struct key_path path,
			   enum check_method method)
{
	for (size_t i = 0; i < sizeof(specials) / sizeof(*specials); i++) {
		const struct special *special = &specials[i];

		if (!(special->methods & OF(method)) &&
		    validation_is_given(validation, path, special->key))
			validation_refuse(validation, key_of(path, special->key),
					  "is for a check by %s, not by %s", special->names,
					  methods[method]);
	}
}

void validate_check_keys(const struct validation *validation, struct key_path path,
			 const struct config_check *check)
{
	check_specials(validation, path, check->method);
	validate_check_timing(validation, path, check);
}

void validate_check_timing(const struct validation *validation, struct key_path path,
			   const struct config_check *check)
{
	if (check->timeout > check->interval)
		validation_refuse(validation, key_of(path, "timeout"),
				  "longer than the interval between checks");
	if (strcmp(check->user, "root") == 0)
		validation_refuse(validation, key_of(path, "user"),
				  "root is not allowed to run scripts, expected another user");
}

void validate_check(const struct validation *validation, size_t s)
{
	const struct config_check *check = &validation->config->services[s].check;
	struct key_path path = key_path("services[%zu].check", s);
	const yaml_node_t *node = document_node(validation->document, path);
	size_t given;

	validate_check_timing(validation, path, check);
	if (!node || node->type != YAML_MAPPING_NODE)
		return;
	given = validate_kind(validation, path, "check", methods,
			      sizeof(methods) / sizeof(*methods));
	if (given == 0)
		validation_refuse(
			validation, path,
			"missing: what to check, one of http, https, tcp, tls and script");
	if (given == 1)
		check_specials(validation, path, check->method);
}
