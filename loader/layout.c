// SPDX-License-Identifier: GPL-2.0-only
#include "loader/layout.h"

#include <bpf/btf.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "maps/settings.h"

#define DIGEST_SIZE ((LAYOUT_MAX - 1) / 2)

struct digest {
	crypto_generichash_state state;
	const struct btf *btf;
};

static void begin(struct digest *digest)
{
	crypto_generichash_init(&digest->state, NULL, 0, DIGEST_SIZE);
}

static void end(struct digest *digest, char layout[static LAYOUT_MAX])
{
	unsigned char bytes[DIGEST_SIZE];

	crypto_generichash_final(&digest->state, bytes, sizeof(bytes));
	sodium_bin2hex(layout, LAYOUT_MAX, bytes, sizeof(bytes));
}

static void add(struct digest *digest, const void *bytes, size_t size)
{
	crypto_generichash_update(&digest->state, bytes, size);
}

static void add_number(struct digest *digest, uint32_t number)
{
	add(digest, &number, sizeof(number));
}

static void add_name(struct digest *digest, uint32_t offset)
{
	const char *name = btf__name_by_offset(digest->btf, offset);

	if (name)
		add(digest, name, strlen(name) + 1);
}

/* Types: a table's entries have no pointers, so they end somewhere. */

static int add_type(struct digest *digest, uint32_t id);

static int add_members(struct digest *digest, const struct btf_type *type)
{
	const struct btf_member *members = btf_members(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		int error;

		add_name(digest, members[i].name_off);
		add_number(digest, members[i].offset);
		error = add_type(digest, members[i].type);
		if (error)
			return error;
	}
	return 0;
}

static void add_enumerators(struct digest *digest, const struct btf_type *type)
{
	const struct btf_enum *enumerators = btf_enum(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		add_name(digest, enumerators[i].name_off);
		add_number(digest, (uint32_t)enumerators[i].val);
	}
}

static int add_type(struct digest *digest, uint32_t id)
{
	const struct btf_type *type;
	int resolved = btf__resolve_type(digest->btf, id); /* behind const and typedef */

	if (resolved < 0)
		return resolved;
	type = btf__type_by_id(digest->btf, (uint32_t)resolved);
	add_number(digest, btf_kind(type));
	switch (btf_kind(type)) {
	case BTF_KIND_ARRAY:
		add_number(digest, btf_array(type)->nelems);
		return add_type(digest, btf_array(type)->type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		add_number(digest, type->size);
		return add_members(digest, type);
	case BTF_KIND_ENUM:
		add_enumerators(digest, type);
		return 0;
	case BTF_KIND_INT:
		add_number(digest, type->size);
		return 0;
	default:
		return -EINVAL;
	}
}

static int add_types(struct digest *digest, const struct bpf_map *map)
{
	const uint32_t types[] = {bpf_map__btf_key_type_id(map), bpf_map__btf_value_type_id(map)};

	for (size_t i = 0; i < 2; i++) {
		int error = types[i] ? add_type(digest, types[i]) : 0;

		if (error)
			return error;
	}
	return 0;
}

int layout_of(const struct bpf_object *object, const struct bpf_map *map,
	      char layout[static LAYOUT_MAX])
{
	struct digest digest = {.btf = bpf_object__btf(object)};
	int error;

	if (!digest.btf)
		return -ENOENT;
	begin(&digest);
	add_number(&digest, MAPS_LAYOUT);
	add_number(&digest, bpf_map__type(map));
	add_number(&digest, bpf_map__key_size(map));
	add_number(&digest, bpf_map__value_size(map));
	add_number(&digest, bpf_map__max_entries(map));
	add_number(&digest, bpf_map__map_flags(map));
	error = add_types(&digest, map);
	if (!error)
		end(&digest, layout);
	return error;
}

void layout_of_bytes(const void *bytes, size_t size, char layout[static LAYOUT_MAX])
{
	struct digest digest = {};

	begin(&digest);
	add(&digest, bytes, size);
	end(&digest, layout);
}
