/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of the maps. A map is called by the same name everywhere: vipd_NAME in the kernel and in
 * bpftool, fds.NAME for its descriptor, and maps->NAME where it is mapped.
 */
#ifndef VIPD_MAPS_LIST_H
#define VIPD_MAPS_LIST_H

/* MAPPED(name, what an entry is, how many of them): arrays that are plain memory to user space. */
#define MAPPED_MAPS(MAPPED)                                                                        \
	MAPPED(settings, struct settings_entry, 1)                                                 \
	MAPPED(instances, struct instance_entry, MAX_INSTANCES)                                    \
	MAPPED(sightings, struct sighting_entry, MAX_VIPS)                                         \
	MAPPED(adverts, struct advert_entry, MAX_INSTANCES *MAX_PEERS)                             \
	MAPPED(senders, struct sender_entry, MAX_PEERS)                                            \
	MAPPED(standings, struct standing_entry, MAX_PEERS *STANDING_PAGES)                        \
	MAPPED(services, struct service_table, 2)                                                  \
	MAPPED(pools, struct pool_entry, MAX_POOLS)                                                \
	MAPPED(backends, struct backend_entry, MAX_PEERS)                                          \
	MAPPED(authentication, struct authentication_entry, 1)                                     \
	MAPPED(keys, struct key_entry, MAX_KEYS)

/* POOLED(name, what an entry is, how many a pool has): the same, but mapped for pools in use only.
 */
#define POOLED_MAPS(POOLED) POOLED(slots, struct slot_table, 2)

/* CALLED(name): hashes, tables per CPU and rings, which user space reaches by system calls. */
#define CALLED_MAPS(CALLED)                                                                        \
	CALLED(vips)                                                                               \
	CALLED(peers)                                                                              \
	CALLED(neighbours)                                                                         \
	CALLED(steered)                                                                            \
	CALLED(drops)                                                                              \
	CALLED(traffic)                                                                            \
	CALLED(inbox)                                                                              \
	CALLED(notices)

#endif
