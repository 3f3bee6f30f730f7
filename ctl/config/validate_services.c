// SPDX-License-Identifier: GPL-2.0-only
/* Does some instance have each VIP of the services, and is there one service at most for a frame?
 */
#include "ctl/base/address.h"
#include "ctl/config/format_peers.h"
#include "ctl/config/lookup.h"
#include "ctl/config/validate.h"

static void check_vips(const struct validation *validation, size_t s)
{
	const struct config_service *service = &validation->config->services[s];

	for (size_t i = 0; i < service->vip_count; i++) {
		struct key_path path = key_path("services[%zu].vips[%zu]", s, i);
		const struct ip_address *vip = &service->vips[i];
		char text[ADDRESS_TEXT_MAX];
		size_t other = 0;

		if (address_is_zero(vip))
			continue;
		address_format(vip, text);
		if (!config_is_vip(validation->config, vip))
			validation_refuse(validation, path, "%s is not a VIP of any instance",
					  text);
		while (!address_equal(&service->vips[other], vip))
			other++;
		if (other < i)
			validation_refuse_reuse(validation, path, text,
						key_path("services[%zu].vips[%zu]", s, other));
	}
}

static void check_backends(const struct validation *validation, size_t s)
{
	const struct config *config = validation->config;
	const struct config_service *service = &config->services[s];
	size_t first_with[MAX_PEERS] = {}; /* the backend's index + 1, by peer */

	for (size_t i = 0; i < service->backend_count; i++) {
		const struct config_backend *backend = &service->backends[i];
		size_t peer = backend->peer;

		if (peer == CONFIG_NONE && *backend->node)
			validation_refuse(validation, key_path("services[%zu].backends[%zu]", s, i),
					  "\"%s\" is not one of the peers %s", backend->node,
					  format_peer_names(config).text);
		if (peer == CONFIG_NONE)
			continue;
		if (first_with[peer])
			validation_refuse_reuse(
				validation, key_path("services[%zu].backends[%zu]", s, i),
				config->peers[peer].name,
				key_path("services[%zu].backends[%zu]", s, first_with[peer] - 1));
		else
			first_with[peer] = i + 1;
	}
}

static bool port_equal(const struct config_port *a, const struct config_port *b)
{
	return a->port && a->port == b->port && a->protocol == b->protocol;
}

static void refuse_port(const struct validation *validation, size_t s, size_t port, size_t first_s,
			size_t first_port, const char *of)
{
	const struct config_port *twice = &validation->config->services[s].ports[port];
	char text[64 + ADDRESS_TEXT_MAX];

	snprintf(text, sizeof(text), "%u/%s%s", twice->port,
		 twice->protocol == IPPROTO_TCP ? "tcp" : "udp", of);
	validation_refuse_reuse(validation, key_path("services[%zu].ports[%zu]", s, port), text,
				key_path("services[%zu].ports[%zu]", first_s, first_port));
}

static void check_ports(const struct validation *validation, size_t s)
{
	const struct config_service *service = &validation->config->services[s];

	for (size_t i = 1; i < service->port_count; i++) {
		size_t other = 0;

		while (other < i && !port_equal(&service->ports[other], &service->ports[i]))
			other++;
		if (other < i)
			refuse_port(validation, s, i, s, other, "");
	}
}

static bool shares_port(const struct config_service *a, const struct config_service *b)
{
	for (size_t i = 0; i < a->port_count; i++)
		for (size_t j = 0; j < b->port_count; j++)
			if (port_equal(&a->ports[i], &b->ports[j]))
				return true;
	return false;
}

/* Return: a VIP that both services listen on, or NULL. */
static const struct ip_address *shared_vip(const struct config *config,
					   const struct config_service *a,
					   const struct config_service *b)
{
	CONFIG_FOR_EACH_VIP (config, vip)
		if (!address_is_zero(vip.address) && config_service_has_vip(a, vip.address) &&
		    config_service_has_vip(b, vip.address))
			return vip.address;
	return NULL;
}

/* Refuses a VIP and port that two services have. */
static void check_claims(const struct validation *validation, size_t s, size_t earlier)
{
	const struct config *config = validation->config;
	const struct config_service *service = &config->services[s];
	const struct config_service *other = &config->services[earlier];
	const struct ip_address *vip =
		shares_port(service, other) ? shared_vip(config, service, other) : NULL;
	char of_vip[8 + ADDRESS_TEXT_MAX], text[ADDRESS_TEXT_MAX];

	if (!vip)
		return;
	snprintf(of_vip, sizeof(of_vip), " of %s", address_format(vip, text));
	for (size_t i = 0; i < service->port_count; i++)
		for (size_t j = 0; j < other->port_count; j++)
			if (port_equal(&service->ports[i], &other->ports[j]))
				refuse_port(validation, s, i, earlier, j, of_vip);
}

/* The format demands this of a file, but nothing does of other lists. */
static void check_complete(const struct validation *validation, size_t s)
{
	const struct config_service *service = &validation->config->services[s];

	if (!*service->name)
		validation_refuse(validation, key_path("services[%zu].name", s), "missing");
	if (service->port_count == 0)
		validation_refuse(validation, key_path("services[%zu].ports", s), "missing");
	if (service->vip_count == 0 && !service->all_vips)
		validation_refuse(validation, key_path("services[%zu].vips", s), "missing");
}

void validate_services(const struct validation *validation)
{
	const struct config *config = validation->config;

	validate_names(validation, "services", config->services, config->service_count,
		       sizeof(*config->services));
	for (size_t s = 0; s < config->service_count; s++) {
		if (!validation->document)
			check_complete(validation, s);
		check_vips(validation, s);
		check_ports(validation, s);
		check_backends(validation, s);
		validate_check(validation, s);
		for (size_t earlier = 0; earlier < s; earlier++)
			check_claims(validation, s, earlier);
	}
	validate_service_limits(validation);
}
