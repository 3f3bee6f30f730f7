// SPDX-License-Identifier: GPL-2.0-only
/* Is each health check of one kind, with no keys but those of that kind, and somewhere to ask? */
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/config/endpoints.h"
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
	{"every_port", OF(CHECK_HTTP) | OF(CHECK_HTTPS) | OF(CHECK_TCP) | OF(CHECK_TLS),
	 "http, https, tcp or tls"},
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

/* An address that could not be read is no reason to complain again. */
static bool lacks_address(const struct validation *validation, size_t peer, bool ipv6)
{
	const struct config_peer *node = &validation->config->peers[peer];

	return address_is_zero(ipv6 ? &node->address6 : &node->address) &&
	       !validation_is_given(validation, key_path("peers[%zu]", peer),
				    ipv6 ? "address6" : "address");
}

/* Refuses one family if somebody cannot be asked over it. */
static void check_families(const struct validation *validation, size_t s)
{
	const struct config *config = validation->config;
	const struct config_service *service = &config->services[s];
	struct key_path path = key_path("services[%zu].check.families", s);
	bool ipv6 = service->check.families == CHECK_FAMILIES_IPV6;
	const char *family = ipv6 ? "IPv6" : "IPv4";

	if (!ipv6 && service->check.families != CHECK_FAMILIES_IPV4)
		return;
	for (size_t i = 0; i < service->backend_count; i++) {
		size_t peer = service->backends[i].peer;

		if (peer != CONFIG_NONE && lacks_address(validation, peer, ipv6))
			validation_refuse(validation, path, "the backend %s has no %s address",
					  config->peers[peer].name, family);
	}
	if (service->check.to == CHECK_TO_VIP &&
	    !config_first_vip(config, service, ipv6 ? FAMILY_IPV6 : FAMILY_IPV4))
		validation_refuse(validation, path, "the service has no %s VIP to ask", family);
}

static void check_every_port(const struct validation *validation, size_t s)
{
	const struct config_service *service = &validation->config->services[s];
	struct key_path path = key_path("services[%zu].check", s);
	size_t port = 0;

	if (!service->check.every_port)
		return;
	if (service->check.port)
		validation_refuse(validation, key_of(path, "port"),
				  "not together with every_port, which asks all of the service");
	while (port < service->port_count && service->ports[port].protocol == IPPROTO_UDP)
		port++;
	if (port == service->port_count)
		validation_refuse(validation, key_of(path, "every_port"),
				  "the service has no TCP port to ask");
}

void validate_check(const struct validation *validation, size_t s)
{
	const struct config_check *check = &validation->config->services[s].check;
	struct key_path path = key_path("services[%zu].check", s);
	const yaml_node_t *node = document_node(validation->document, path);
	size_t given;

	validate_check_timing(validation, path, check);
	check_families(validation, s);
	check_every_port(validation, s);
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
