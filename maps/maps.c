// SPDX-License-Identifier: GPL-2.0-only
#include "maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SETTINGS_SIZE       sizeof(struct settings_entry)
#define INSTANCES_SIZE      (MAX_INSTANCES * sizeof(struct instance_entry))
#define SIGHTINGS_SIZE      (MAX_VIPS * sizeof(struct sighting_entry))
#define SERVICES_SIZE       (2 * sizeof(struct service_table))
#define POOLS_SIZE          (MAX_POOLS * sizeof(struct pool_entry))
#define SLOTS_SIZE          (2 * (size_t)MAX_POOLS * sizeof(struct slot_table))
#define BACKENDS_SIZE       (MAX_PEERS * sizeof(struct backend_entry))
#define AUTHENTICATION_SIZE sizeof(struct authentication_entry)
#define KEYS_SIZE           (MAX_KEYS * sizeof(struct key_entry))
#define ADVERTS_SIZE        ((size_t)MAX_INSTANCES * MAX_PEERS * sizeof(struct advert_entry))

static int map_table(int fd, size_t size, void *table)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	*(void **)table = memory;
	return 0;
}

static void unmap_table(const void *table, size_t size)
{
	if (table)
		munmap((void *)(uintptr_t)table, size);
}

int maps_open(const struct map_fds *fds, struct maps *maps)
{
	struct maps opened = {.fds = *fds};
	int error;

	error = map_table(fds->settings, SETTINGS_SIZE, &opened.settings);
	if (!error)
		error = map_table(fds->instances, INSTANCES_SIZE, &opened.instances);
	if (!error)
		error = map_table(fds->sightings, SIGHTINGS_SIZE, &opened.sightings);
	if (!error)
		error = map_table(fds->adverts, ADVERTS_SIZE, &opened.adverts);
	if (!error)
		error = map_table(fds->services, SERVICES_SIZE, &opened.services);
	if (!error)
		error = map_table(fds->pools, POOLS_SIZE, &opened.pools);
	if (!error)
		error = map_table(fds->slots, SLOTS_SIZE, &opened.slots);
	if (!error)
		error = map_table(fds->backends, BACKENDS_SIZE, &opened.backends);
	if (!error)
		error = map_table(fds->authentication, AUTHENTICATION_SIZE, &opened.authentication);
	if (!error)
		error = map_table(fds->keys, KEYS_SIZE, &opened.keys);
	if (error) {
		maps_close(&opened);
		return error;
	}
	*maps = opened;
	return 0;
}

void maps_close(struct maps *maps)
{
	unmap_table(maps->settings, SETTINGS_SIZE);
	unmap_table(maps->instances, INSTANCES_SIZE);
	unmap_table(maps->sightings, SIGHTINGS_SIZE);
	unmap_table(maps->adverts, ADVERTS_SIZE);
	unmap_table(maps->services, SERVICES_SIZE);
	unmap_table(maps->pools, POOLS_SIZE);
	unmap_table(maps->slots, SLOTS_SIZE);
	unmap_table(maps->backends, BACKENDS_SIZE);
	unmap_table(maps->authentication, AUTHENTICATION_SIZE);
	unmap_table(maps->keys, KEYS_SIZE);
	*maps = (struct maps){};
}

uint64_t maps_lease(const struct maps *maps, uint8_t vrid)
{
	return __atomic_load_n(&maps->instances[vrid].lease_until, __ATOMIC_ACQUIRE);
}

uint64_t maps_beaten(const struct maps *maps, uint8_t vrid)
{
	return __atomic_load_n(&maps->instances[vrid].beaten, __ATOMIC_SEQ_CST);
}

/* Fails when the dataplane has written the word since it was `before`: it writes nothing but 0. */
static int exchange_lease(__u64 *lease, __u64 before, uint64_t until)
{
	return __atomic_compare_exchange_n(lease, &before, until, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST)
		       ? 0
		       : -EBUSY;
}

int maps_store_lease(struct maps *maps, uint8_t vrid, uint64_t until, uint64_t beaten)
{
	__u64 *lease = &maps->instances[vrid].lease_until;

	__atomic_store_n(lease, LEASE_CLAIMED, __ATOMIC_SEQ_CST);
	if (maps_beaten(maps, vrid) == beaten)
		return exchange_lease(lease, LEASE_CLAIMED, until);
	__atomic_store_n(lease, 0, __ATOMIC_SEQ_CST);
	return -EBUSY;
}

int maps_renew_lease(struct maps *maps, uint8_t vrid, uint64_t until, uint64_t now)
{
	uint64_t before = maps_lease(maps, vrid);

	return before > now ? exchange_lease(&maps->instances[vrid].lease_until, before, until)
			    : -EBUSY;
}

void maps_drop_lease(struct maps *maps, uint8_t vrid)
{
	__atomic_store_n(&maps->instances[vrid].lease_until, 0, __ATOMIC_SEQ_CST);
}

int maps_read_advert(const struct maps *maps, uint8_t vrid, uint32_t peer,
		     struct advert_entry *advert)
{
	const struct advert_entry *entry = &maps->adverts[advert_index(vrid, peer)];
	__u64 seen_at;

	/* The dataplane may be writing: seen_at is stored last, so an unchanged one vouches. */
	do {
		seen_at = __atomic_load_n(&entry->seen_at, __ATOMIC_ACQUIRE);
		if (seen_at == 0)
			return -ENOENT;
		*advert = *(const volatile struct advert_entry *)entry;
		advert->seen_at = seen_at;
	} while (__atomic_load_n(&entry->seen_at, __ATOMIC_ACQUIRE) != seen_at);
	return 0;
}

static int as_errno(int error)
{
	return error < 0 ? -errno : 0;
}

int maps_set_vip(struct maps *maps, const struct ip_address *address, const struct vip_entry *vip)
{
	return as_errno(bpf_map_update_elem(maps->fds.vips, address, vip, BPF_ANY));
}

int maps_get_vip(const struct maps *maps, const struct ip_address *address, struct vip_entry *vip)
{
	return as_errno(bpf_map_lookup_elem(maps->fds.vips, address, vip));
}

int maps_delete_vip(struct maps *maps, const struct ip_address *address)
{
	return as_errno(bpf_map_delete_elem(maps->fds.vips, address));
}

int maps_next_vip(const struct maps *maps, const struct ip_address *previous,
		  struct ip_address *next)
{
	return as_errno(bpf_map_get_next_key(maps->fds.vips, previous, next));
}

int maps_set_peer(struct maps *maps, const struct ip_address *address,
		  const struct peer_entry *peer)
{
	return as_errno(bpf_map_update_elem(maps->fds.peers, address, peer, BPF_ANY));
}

int maps_get_peer(const struct maps *maps, const struct ip_address *address,
		  struct peer_entry *peer)
{
	return as_errno(bpf_map_lookup_elem(maps->fds.peers, address, peer));
}

int maps_delete_peer(struct maps *maps, const struct ip_address *address)
{
	return as_errno(bpf_map_delete_elem(maps->fds.peers, address));
}

int maps_next_peer(const struct maps *maps, const struct ip_address *previous,
		   struct ip_address *next)
{
	return as_errno(bpf_map_get_next_key(maps->fds.peers, previous, next));
}

int maps_forget_peer(struct maps *maps, uint32_t peer)
{
	static const struct advert_entry never;

	for (__u32 vrid = 0; vrid < MAX_INSTANCES; vrid++) {
		__u32 index = advert_index(vrid, peer);

		if (maps->adverts[index].seen_at == 0)
			continue;
		if (bpf_map_update_elem(maps->fds.adverts, &index, &never, BPF_ANY))
			return -errno;
	}
	return 0;
}

static struct mac_key mac_key_of(const uint8_t mac[static 6])
{
	struct mac_key key = {};

	memcpy(key.mac, mac, sizeof(key.mac));
	return key;
}

int maps_set_neighbour(struct maps *maps, const uint8_t mac[static 6], uint32_t node)
{
	struct mac_key key = mac_key_of(mac);

	return as_errno(bpf_map_update_elem(maps->fds.neighbours, &key, &node, BPF_ANY));
}

int maps_delete_neighbour(struct maps *maps, const uint8_t mac[static 6])
{
	struct mac_key key = mac_key_of(mac);

	return as_errno(bpf_map_delete_elem(maps->fds.neighbours, &key));
}

/* All per-CPU values of ours are structs of __u64 counters and nothing else. */
static int add_up(int fd, __u32 key, __u64 *totals, size_t counters)
{
	int cpus = libbpf_num_possible_cpus();
	size_t size = counters * sizeof(__u64);
	__u64 *values;
	int error;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, size);
	if (!values)
		return -ENOMEM;
	error = as_errno(bpf_map_lookup_elem(fd, &key, values));
	if (!error) {
		memset(totals, 0, size);
		for (size_t i = 0; i < (size_t)cpus * counters; i++)
			totals[i % counters] += values[i];
	}
	free(values);
	return error;
}

#define ADD_UP(fd, key, totals)                                                                    \
	add_up(fd, key, (__u64 *)(totals), sizeof(*(totals)) / sizeof(__u64))

int maps_read_drops(const struct maps *maps, struct drops_entry *drops)
{
	return ADD_UP(maps->fds.drops, 0, drops);
}

int maps_read_traffic(const struct maps *maps, struct traffic_entry *traffic)
{
	return ADD_UP(maps->fds.traffic, 0, traffic);
}

int maps_read_steered(const struct maps *maps, uint32_t service, uint32_t node,
		      struct steered_entry *steered)
{
	return ADD_UP(maps->fds.steered, steered_index(service, node), steered);
}

const char *maps_drop_name(enum drop_reason reason)
{
	static const char *const names[] = {
#define DROP(name, text) #name,
		DROP_REASONS(DROP)
#undef DROP
	};

	return names[reason];
}

const char *maps_drop_text(enum drop_reason reason)
{
	static const char *const texts[] = {
#define DROP(name, text) text,
		DROP_REASONS(DROP)
#undef DROP
	};

	return texts[reason];
}
