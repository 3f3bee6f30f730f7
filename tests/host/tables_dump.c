// SPDX-License-Identifier: GPL-2.0-only
#include "tests/host/tables_dump.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>

/* Generated: not held to our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "vip.skel.h"
#pragma GCC diagnostic pop

static struct vip *vip;

bool tables_load(struct maps *maps)
{
	struct map_fds fds;

	vip = vip__open_and_load();
	return vip && maps_find(vip->obj, &fds) == 0 && maps_map(&fds, maps) == 0;
}

void tables_unload(struct maps *maps)
{
	maps_unmap(maps);
	vip__destroy(vip);
	vip = NULL;
}

static void append(FILE *stream, const void *bytes, size_t length)
{
	if (fwrite(bytes, 1, length, stream) != length)
		abort();
}

static void append_hash(FILE *stream, int fd, size_t key_size, size_t value_size)
{
	char key[64] = {}, next[64], value[64];
	bool first = true;

	if (key_size > sizeof(key) || value_size > sizeof(value))
		abort();
	while (bpf_map_get_next_key(fd, first ? NULL : key, next) == 0) {
		first = false;
		memcpy(key, next, key_size);
		if (bpf_map_lookup_elem(fd, key, value))
			abort();
		append(stream, key, key_size);
		append(stream, value, value_size);
	}
}

struct tables_dump tables_take(const struct maps *maps)
{
	struct tables_dump dump = {};
	FILE *stream = open_memstream(&dump.bytes, &dump.length);

	if (!stream)
		abort();
#define APPEND(name, type, count) append(stream, maps->name, sizeof(type) * (count));
	MAPPED_MAPS(APPEND)
#undef APPEND
#define APPEND(name, type, count)                                                                  \
	for (size_t pool = 0; pool < MAX_POOLS; pool++)                                            \
		if (maps->name[pool])                                                              \
			append(stream, maps->name[pool], sizeof(type) * (count));
	POOLED_MAPS(APPEND)
#undef APPEND
	append_hash(stream, maps->fds.vips, sizeof(struct ip_address), sizeof(struct vip_entry));
	append_hash(stream, maps->fds.peers, sizeof(struct ip_address), sizeof(struct peer_entry));
	append_hash(stream, maps->fds.neighbours, sizeof(struct mac_address), sizeof(__u32));
	fclose(stream);
	return dump;
}

bool tables_same(const struct tables_dump *a, const struct tables_dump *b)
{
	size_t length = a->length < b->length ? a->length : b->length, place = 0;

	while (place < length && a->bytes[place] == b->bytes[place])
		place++;
	if (place == length && a->length == b->length)
		return true;
	fprintf(stderr, "%zu and %zu bytes, which differ at %zu\n", a->length, b->length, place);
	return false;
}

void tables_release(struct tables_dump *dump)
{
	free(dump->bytes);
	*dump = (struct tables_dump){};
}
