// SPDX-License-Identifier: GPL-2.0-only
/* Health checks: of one kind each, with keys that mean something to it. */
#include <string.h>

#include "ctl/config/validate.h"

#define OF(method) (1U << (method))

static const char *const methods[] = {
	[CHECK_HTTP] = "http", [CHECK_HTTPS] = "https",   [CHECK_TCP] = "tcp",
	[CHECK_TLS] = "tls",   [CHECK_SCRIPT] = "script",
};

static const struct special {
	const char *key;
	unsigned int methods; /* that it is for */
	const char *names;
} specials[] = {
	{"host", OF(CHECK_HTTP) | OF(CHECK_HTTPS) | OF(CHECK_TLS), "http, https or tls"},
	{"expect_status", OF(CHECK_HTTP) | OF(CHECK_HTTPS), "http or https"},
	{"expect_body", OF(CHECK_HTTP) | OF(CHECK_HTTPS), "http or https"},
	{"verify", OF(CHECK_HTTPS) | OF(CHECK_TLS), "https or tls"},
	{"user", OF(CHECK_SCRIPT), "script"},
};

static bool is_given(const struct validation *validation, size_t s, const char *key)
{
	return document_node(validation->document, key_path("services[%zu].check.%s", s, key));
}

/* Return: whether there is exactly one. */
static bool check_methods(const struct validation *validation, size_t s)
{
	const char *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (!is_given(validation, s, methods[i]))
			continue;
		if (count++)
			validation_refuse(validation,
					  key_path("services[%zu].check.%s", s, methods[i]),
					  "a check is of one kind, and this one has %s", first);
		else
			first = methods[i];
	}
	if (count == 0)
		validation_refuse(
			validation, key_path("services[%zu].check", s),
			"missing: what to check, one of http, https, tcp, tls and script");
	return count == 1;
}

static void check_specials(const struct validation *validation, size_t s)
{
	enum check_method method = validation->config->services[s].check.method;

	for (size_t i = 0; i < sizeof(specials) / sizeof(*specials); i++) {
		const struct special *special = &specials[i];

		if (!(special->methods & OF(method)) && is_given(validation, s, special->key))
			validation_refuse(
				validation, key_path("services[%zu].check.%s", s, special->key),
				"is for a check by %s, not by %s", special->names, methods[method]);
	}
}

void validate_check(const struct validation *validation, size_t s)
{
	const struct config_check *check = &validation->config->services[s].check;
	const yaml_node_t *node =
		document_node(validation->document, key_path("services[%zu].check", s));

	if (!node || node->type != YAML_MAPPING_NODE)
		return;
	if (check_methods(validation, s))
		check_specials(validation, s);
	if (check->timeout > check->interval)
		validation_refuse(validation, key_path("services[%zu].check.timeout", s),
				  "longer than the interval between checks");
	if (strcmp(check->user, "root") == 0)
		validation_refuse(validation, key_path("services[%zu].check.user", s),
				  "root is not allowed to run scripts, expected another user");
}
