// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/validate.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/config/format_peers.h"
#include "ctl/config/lookup.h"
#include "ctl/config/section.h"

/* The kernel's own routing tables, RT_TABLE_DEFAULT to RT_TABLE_LOCAL. */
#define TABLE_DEFAULT 253
#define TABLE_LOCAL   255

void validate_names(const struct validation *validation, const char *list, const void *items,
		    size_t count, size_t size)
{
	for (size_t i = 1; i < count; i++) {
		const char *name = (const char *)items + i * size;
		size_t other = 0;

		while (other < i && strcmp((const char *)items + other * size, name) != 0)
			other++;
		if (other < i && *name)
			validation_refuse_reuse(validation, key_path("%s[%zu].name", list, i), name,
						key_path("%s[%zu].name", list, other));
	}
}

static void check_all_names(const struct validation *validation)
{
	const struct config *config = validation->config;

	_Static_assert(offsetof(struct config_peer, name) == 0 &&
			       offsetof(struct config_instance, name) == 0 &&
			       offsetof(struct config_sync_group, name) == 0 &&
			       offsetof(struct config_service, name) == 0,
		       "validate_names() looks there");
	validate_names(validation, "peers", config->peers, config->peer_count,
		       sizeof(*config->peers));
	validate_names(validation, "instances", config->instances, config->instance_count,
		       sizeof(*config->instances));
	validate_names(validation, "sync_groups", config->sync_groups, config->sync_group_count,
		       sizeof(*config->sync_groups));
}

static void check_node(const struct validation *validation)
{
	const struct config *config = validation->config;
	struct key_path path = key_path("node");
	bool given = document_node(validation->document, path);
	bool readable = config->node[0] || !given;

	if (!readable || !format_peers_are_known(config) ||
	    config_find_peer(config, config->node) != CONFIG_NONE)
		return;
	validation_refuse(validation, path,
			  "\"%s\"%s is not one of the peers %s; set node: to this node's name",
			  config->node, given ? "" : ", the hostname,",
			  format_peer_names(config).text);
}

static void check_routing_table(const struct validation *validation)
{
	uint32_t table = validation->config->routing_table;

	if (table >= TABLE_DEFAULT && table <= TABLE_LOCAL)
		validation_refuse(
			validation, key_path("routing_table"),
			"%u is one of the kernel's own tables (%d to %d), expected another", table,
			TABLE_DEFAULT, TABLE_LOCAL);
}

/* Finds an interface that is in a list twice. */
static void check_interfaces(const struct validation *validation, const char *list,
			     const char (*names)[IF_NAMESIZE], size_t count)
{
	for (size_t i = 1; i < count; i++) {
		size_t other = 0;

		while (strcmp(names[other], names[i]) != 0)
			other++;
		if (other < i && *names[i])
			validation_refuse_reuse(validation, key_path("%s[%zu]", list, i), names[i],
						key_path("%s[%zu]", list, other));
	}
}

static void check_guarded_interfaces(const struct validation *validation)
{
	const struct config *config = validation->config;
	const struct config_vrrp *vrrp = &config->vrrp;

	check_interfaces(validation, "vrrp.guard_interfaces", vrrp->guard_interfaces,
			 vrrp->guard_interface_count);
	for (size_t i = 0; i < vrrp->guard_interface_count; i++)
		if (*config->interface && strcmp(vrrp->guard_interfaces[i], config->interface) == 0)
			validation_refuse(validation, key_path("vrrp.guard_interfaces[%zu]", i),
					  "%s is guarded already, being the interface of the VIPs",
					  config->interface);
}

static void check_mac(const struct validation *validation, size_t i)
{
	const struct config_peer *peers = validation->config->peers;
	char text[MAC_TEXT_MAX];
	size_t other = 0;

	while (memcmp(peers[other].mac, peers[i].mac, sizeof(peers[i].mac)) != 0)
		other++;
	if (other < i)
		validation_refuse_reuse(validation, key_path("peers[%zu].mac", i),
					mac_format(peers[i].mac, text),
					key_path("peers[%zu].mac", other));
}

static void check_peers(const struct validation *validation)
{
	const struct config *config = validation->config;

	for (size_t i = 0; i < config->peer_count; i++) {
		if (!document_node(validation->document, key_path("peers[%zu].address", i)) &&
		    !document_node(validation->document, key_path("peers[%zu].address6", i)))
			validation_refuse(validation, key_path("peers[%zu]", i),
					  "neither address nor address6, expected at least one");
		if (config->peers[i].mac_pinned)
			check_mac(validation, i);
	}
}

/* Every address of the configuration, and the key that has it. */
struct address_book {
	const struct validation *validation;
	size_t count;
	struct address_entry {
		struct ip_address address;
		struct key_path path;
	} entries[3 * MAX_PEERS + 2 + MAX_VIPS];
};

static void enter_address(struct address_book *book, const struct ip_address *address,
			  struct key_path path)
{
	char text[ADDRESS_TEXT_MAX];

	if (address_is_zero(address))
		return;
	for (size_t i = 0; i < book->count; i++) {
		if (!address_equal(&book->entries[i].address, address))
			continue;
		validation_refuse_reuse(book->validation, path, address_format(address, text),
					book->entries[i].path);
		return;
	}
	book->entries[book->count++] = (struct address_entry){*address, path};
}

static void enter_addresses(struct address_book *book, const struct config *config)
{
	static const char *const keys[CONFIG_PEER_ADDRESSES] = {"address", "address6",
								"link_local6"};

	for (size_t i = 0; i < config->peer_count; i++)
		for (size_t which = 0; which < CONFIG_PEER_ADDRESSES; which++)
			enter_address(book, config_peer_address(&config->peers[i], which),
				      key_path("peers[%zu].%s", i, keys[which]));
	enter_address(book, &config->gateway4, key_path("gateway"));
	enter_address(book, &config->gateway6, key_path("gateway"));
	CONFIG_FOR_EACH_VIP (config, vip)
		enter_address(book, vip.address,
			      key_path("instances[%zu].vips[%zu]", vip.instance_index, vip.index));
}

/* No two nodes, gateways or VIPs may have the same address. */
static void check_addresses(const struct validation *validation)
{
	struct address_book *book CLEANUP(cleanup_free) = NULL;
	const struct config *config = validation->config;
	if (config_vip_count(config) > MAX_VIPS)
		return;
	book = calloc(1, sizeof(*book));
	if (!book) {
		validation->problems->out_of_memory = true;
		return;
	}
	book->validation = validation;
	enter_addresses(book, config);
}

void config_validate(const struct validation *validation)
{
	check_all_names(validation);
	check_node(validation);
	check_routing_table(validation);
	check_interfaces(validation, "drain_on_down", validation->config->drain_on_down,
			 validation->config->drain_on_down_count);
	check_guarded_interfaces(validation);
	check_peers(validation);
	check_addresses(validation);
	validate_limits(validation);
	validate_authentication(validation);
	validate_instances(validation);
	validate_quorum(validation);
	validate_standing(validation);
	validate_trackers(validation);
	validate_sync_groups(validation);
	for (size_t i = 0; i < validation->config->instance_count; i++)
		validate_weights(validation, i);
	validate_services(validation);
	sections_validate(validation);
}
