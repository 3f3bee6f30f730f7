// SPDX-License-Identifier: GPL-2.0-only
/* The format of services: where they listen, who serves them, and how to see that they do. */
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/config/format_internal.h"
#include "ctl/config/services.h"
#include "ctl/config/values.h"

#define HOUR (3600 * NS_PER_S)

/* Where they listen */

static const struct list service_vips = {
	.expected = "all, or a list of addresses",
	.element = {.type = &type_address},
	.element_size = sizeof(struct ip_address),
	.count_offset = offsetof(struct config_service, vip_count),
	.max = MAX_VIPS,
};

static void read_service_vips(const struct reader *reader, const struct place *place,
			      const struct field *field, void *target)
{
	struct config_service *service = target;
	const char *text = schema_scalar(place->node);

	(void)field;
	service->all_vips = text && strcmp(text, "all") == 0;
	if (!service->all_vips)
		schema_read_list(reader, place, &service_vips, &service->vips, service);
}

static const struct list ports = {
	.expected = "a list of ports such as 443/tcp",
	.element = {.type = &type_port},
	.element_size = sizeof(struct config_port),
	.count_offset = offsetof(struct config_service, port_count),
	.max = CONFIG_PORTS_MAX,
	.in_place = true,
};

/* Who serves them */

static void read_backend_node(const struct reader *reader, const struct place *place,
			      const struct field *field, void *target)
{
	const struct config *config = reader->root;
	struct config_backend *backend = target;
	size_t peer = format_read_peer(reader, place);

	(void)field;
	if (peer != CONFIG_NONE)
		memcpy(backend->node, config->peers[peer].name, sizeof(backend->node));
}

static const struct field backend_fields[] = {
	{"node", "which of the peers", .read = read_backend_node, REQUIRED},
	{"weight", "its part of the connections", MEMBER(config_backend, weight),
	 .type = &type_number, RANGE(1, 100)},
	{},
};

static void read_backend(const struct reader *reader, const struct place *place,
			 const struct field *field, void *target)
{
	if (place->node->type == YAML_MAPPING_NODE)
		schema_read_mapping(reader, place, backend_fields, target);
	else
		read_backend_node(reader, place, field, target);
}

static const struct config_backend backend_defaults = {
	.weight = 1,
};

static const struct list backends = {
	.expected = "a list of nodes",
	.element = {.fields = backend_fields, .read = read_backend},
	.element_size = sizeof(struct config_backend),
	.defaults = &backend_defaults,
	.count_offset = offsetof(struct config_service, backend_count),
	.max = MAX_PEERS,
};

static const struct value_choice affinities[] = {
	{"connection", AFFINITY_CONNECTION},
	{"client", AFFINITY_CLIENT},
	{},
};

/* How to see that they do */

static void read_check_path(const struct reader *reader, const struct place *place,
			    const struct value_type *type, enum check_method method,
			    struct config_check *check)
{
	const struct value_rule rule = {.size = sizeof(check->path)};

	check->enabled = schema_read_value(reader, place, type, &rule, check->path);
	check->method = method;
}

static void read_http(const struct reader *reader, const struct place *place,
		      const struct field *field, void *target)
{
	(void)field;
	read_check_path(reader, place, &type_http_path, CHECK_HTTP, target);
}

static void read_https(const struct reader *reader, const struct place *place,
		       const struct field *field, void *target)
{
	(void)field;
	read_check_path(reader, place, &type_http_path, CHECK_HTTPS, target);
}

static void read_script(const struct reader *reader, const struct place *place,
			const struct field *field, void *target)
{
	(void)field;
	read_check_path(reader, place, &type_program, CHECK_SCRIPT, target);
}

/* Reads "tcp: true" and the like: a kind of check that has no argument. */
static void read_plain_check(const struct reader *reader, const struct place *place,
			     enum check_method method, struct config_check *check)
{
	const struct value_rule rule = {.size = sizeof(check->enabled)};

	check->method = method;
	if (schema_read_value(reader, place, &type_bool, &rule, &check->enabled) && !check->enabled)
		schema_refuse(reader, place, "%s is not true; without it, leave the key out",
			      schema_quote(place->node).text);
}

static void read_tcp(const struct reader *reader, const struct place *place,
		     const struct field *field, void *target)
{
	(void)field;
	read_plain_check(reader, place, CHECK_TCP, target);
}

static void read_tls(const struct reader *reader, const struct place *place,
		     const struct field *field, void *target)
{
	(void)field;
	read_plain_check(reader, place, CHECK_TLS, target);
}

static const struct list statuses = {
	.expected = "a list of HTTP statuses such as [200-299, 401]",
	.element = {.type = &type_statuses},
	.element_size = sizeof(struct config_statuses),
	.count_offset = offsetof(struct config_check, expect_status_count),
	.max = CONFIG_STATUSES_MAX,
	.in_place = true,
};

/* validate_checks.c says which of them go together. */
const struct field format_check_fields[] = {
	{"http", "the path to request, such as /healthz", .read = read_http},
	{"https", "the same over TLS", .read = read_https},
	{"tcp", "true, for a connection", .read = read_tcp},
	{"tls", "true, for a TLS handshake", .read = read_tls},
	{"script", "the program to run", .read = read_script},
	{"port", "the port to connect to", MEMBER(config_check, port), .type = &type_number,
	 RANGE(1, UINT16_MAX)},
	{"host", "the server name to request", MEMBER(config_check, host), .type = &type_host},
	{"expect_status", "HTTP statuses that mean success", MEMBER(config_check, expect_status),
	 .list = &statuses},
	{"expect_body", "what the answer has in it", MEMBER(config_check, expect_body),
	 .type = &type_text},
	{"verify", "whether the certificate has to be valid", MEMBER(config_check, verify),
	 .type = &type_bool},
	{"user", "who the script runs as", MEMBER(config_check, user), .type = &type_name},
	{"interval", "the time between checks", MEMBER(config_check, interval),
	 .type = &type_duration, RANGE(100 * NS_PER_MS, HOUR)},
	{"timeout", "how long an answer may take", MEMBER(config_check, timeout),
	 .type = &type_duration, RANGE(NS_PER_MS, HOUR)},
	{"jitter", "by how much an interval may differ", MEMBER(config_check, jitter),
	 .type = &type_percent, RANGE(0, 50)},
	{"fall", "failures in a row that mean down", MEMBER(config_check, fall),
	 .type = &type_number, RANGE(1, 100)},
	{"rise", "successes in a row that mean up", MEMBER(config_check, rise),
	 .type = &type_number, RANGE(1, 100)},
	{},
};

static const struct value_choice check_families[] = {
	{"vips", CHECK_FAMILIES_VIPS},
	{"both", CHECK_FAMILIES_BOTH},
	{"ipv4", CHECK_FAMILIES_IPV4},
	{"ipv6", CHECK_FAMILIES_IPV6},
	{},
};

static const struct value_choice check_to[] = {
	{"address", CHECK_TO_ADDRESS},
	{"vip", CHECK_TO_VIP},
	{},
};

/* A tracker has none of these, because it asks this node at one place. */
static const struct field service_check_fields[] = {
	{"families", "over which families to ask", MEMBER(config_check, families),
	 .type = &type_word, .rule.choices = check_families},
	{"every_port", "whether each TCP port of the service is asked",
	 MEMBER(config_check, every_port), .type = &type_bool},
	{"to", "where this node asks its own backend", MEMBER(config_check, to), .type = &type_word,
	 .rule.choices = check_to},
	{.fields = format_check_fields},
};

/* The whole */

static const struct field service_fields[] = {
	{"name", "what the service is called", MEMBER(config_service, name), .type = &type_name,
	 REQUIRED},
	{"vips", "where it listens", .read = read_service_vips},
	{"ports", "a list such as [80/tcp, 443/tcp, 443/udp]", MEMBER(config_service, ports),
	 .list = &ports, REQUIRED},
	{"backends", "the nodes that serve it", MEMBER(config_service, backends),
	 .list = &backends},
	{"affinity", "what stays on one backend", MEMBER(config_service, affinity),
	 .type = &type_word, .rule.choices = affinities},
	{"settle", "how long after a change second chances are given",
	 MEMBER(config_service, settle), .type = &type_duration, RANGE(0, 168 * HOUR)},
	{"listener_check", "whether a SYN steps over a node without a listening socket",
	 MEMBER(config_service, listener_check), .type = &type_bool},
	{"panic_threshold", "with fewer of the backends up the check is doubted",
	 MEMBER(config_service, panic_threshold), .type = &type_percent, RANGE(0, 100)},
	{"check", "how to see that a node serves", MEMBER(config_service, check),
	 .fields = service_check_fields},
	{},
};

const struct list format_services = {
	.expected = "a list of services",
	.element.fields = service_fields,
	.element_size = sizeof(struct config_service),
	.defaults = &config_service_defaults,
	.count_offset = offsetof(struct service_list, count),
	.max = CONFIG_SERVICES_MAX,
	.may_be_empty = true,
};

void format_read_services(const struct reader *reader, const struct place *place,
			  const struct field *field, void *target)
{
	struct service_list *list = service_list_new();
	const struct service_list *read CLEANUP(service_list_unrefp) = list;

	(void)field;
	if (list)
		schema_read_list(reader, place, &format_services, &list->services, list);
	if (!list || services_take_up(target, read))
		reader->problems->out_of_memory = true;
}
