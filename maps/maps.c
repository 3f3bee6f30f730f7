// SPDX-License-Identifier: GPL-2.0-only
/* Maps and unmaps the tables; each of them has a file of its own. */
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "maps_internal.h"

int maps_find(const struct bpf_object *object, struct map_fds *fds)
{
	struct map_fds found = {
#define FIND(name, ...) .name = bpf_object__find_map_fd_by_name(object, MAP_NAME(name)),
		MAPPED_MAPS(FIND) POOLED_MAPS(FIND) CALLED_MAPS(FIND)
#undef FIND
	};

#define CHECK(name, ...)                                                                           \
	if (found.name < 0)                                                                        \
		return found.name;
	MAPPED_MAPS(CHECK)
	POOLED_MAPS(CHECK)
	CALLED_MAPS(CHECK)
#undef CHECK
	*fds = found;
	return 0;
}

static int map_table(int fd, size_t from, size_t size, void *table)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)from);

	if (memory == MAP_FAILED)
		return -errno;
	*(void **)table = memory;
	return 0;
}

static void unmap_table(void *table, size_t size)
{
	if (table)
		munmap(table, size);
}

int maps_map(const struct map_fds *fds, struct maps *maps)
{
	struct maps mapped = {.fds = *fds};
	int error = 0;

#define MAP_TABLE(name, type, count)                                                               \
	if (!error)                                                                                \
		error = map_table(fds->name, 0, sizeof(type) * (count), &mapped.name);
	MAPPED_MAPS(MAP_TABLE)
#undef MAP_TABLE
	if (error) {
		maps_unmap(&mapped);
		return error;
	}
	*maps = mapped;
	return 0;
}

void maps_unmap(struct maps *maps)
{
#define UNMAP_TABLE(name, type, count) unmap_table(maps->name, sizeof(type) * (count));
	MAPPED_MAPS(UNMAP_TABLE)
#undef UNMAP_TABLE
	for (uint32_t pool = 0; pool < MAX_POOLS; pool++)
		maps_close_pool(maps, pool);
	*maps = (struct maps){};
}

#define POOL_SIZE (2 * sizeof(struct slot_table))

int maps_open_pool(struct maps *maps, uint32_t pool)
{
	if (maps->slots[pool])
		return 0;
	return map_table(maps->fds.slots, pool * POOL_SIZE, POOL_SIZE, &maps->slots[pool]);
}

void maps_close_pool(struct maps *maps, uint32_t pool)
{
	unmap_table(maps->slots[pool], POOL_SIZE);
	maps->slots[pool] = NULL;
}

int maps_open(const struct map_fds *fds, struct maps **opened)
{
	struct maps *maps = calloc(1, sizeof(*maps));
	int error;

	if (!maps)
		return -ENOMEM;
	error = maps_map(fds, maps);
	if (error) {
		free(maps);
		return error;
	}
	/* The analyzer does not see that map_table() has set the pointer. */
	maps->settings->layout = MAPS_LAYOUT; /* NOLINT(clang-analyzer-core.NullDereference) */
	maps_count_silent(maps); /* a run that crashed may have been interrupted in counting */
	*opened = maps;
	return 0;
}

void maps_close(struct maps *maps)
{
	if (!maps)
		return;
	maps_unmap(maps);
	free(maps);
}

const struct map_fds *maps_fds(const struct maps *maps)
{
	return &maps->fds;
}
