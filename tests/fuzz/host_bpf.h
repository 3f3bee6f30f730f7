/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dataplane compiled for this machine: its tables in plain memory, and stand-ins for the
 * kernel's helpers, which libbpf declares as pointers to be called. A frame ends where a page that
 * nobody may touch begins. For one file of a program.
 */
#ifndef VIPD_TESTS_FUZZ_HOST_BPF_H
#define VIPD_TESTS_FUZZ_HOST_BPF_H

/* In this order: libbpf's header has assembly for the BPF machine alone. */
#define preserve_access_index /* there is nothing to relocate */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/*
 * libbpf declares each helper as a pointer, since version 1.5 as a constant one. The dataplane
 * calls pointers of ours in their place, which are set below.
 */
static __typeof__(*bpf_map_lookup_elem) *host_map_lookup_elem;
static __typeof__(*bpf_map_update_elem) *host_map_update_elem;
static __typeof__(*bpf_ringbuf_reserve) *host_ringbuf_reserve;
static __typeof__(*bpf_ringbuf_submit) *host_ringbuf_submit;
static __typeof__(*bpf_ktime_get_ns) *host_ktime_get_ns;
static __typeof__(*bpf_xdp_adjust_tail) *host_xdp_adjust_tail;
static __typeof__(*bpf_skc_lookup_tcp) *host_skc_lookup_tcp;
static __typeof__(*bpf_sk_release) *host_sk_release;
static __typeof__(*bpf_skc_to_tcp_sock) *host_skc_to_tcp_sock;
static __typeof__(*bpf_skc_to_tcp_timewait_sock) *host_skc_to_tcp_timewait_sock;
static __typeof__(*bpf_tcp_check_syncookie) *host_tcp_check_syncookie;

#define bpf_map_lookup_elem          host_map_lookup_elem
#define bpf_map_update_elem          host_map_update_elem
#define bpf_ringbuf_reserve          host_ringbuf_reserve
#define bpf_ringbuf_submit           host_ringbuf_submit
#define bpf_ktime_get_ns             host_ktime_get_ns
#define bpf_xdp_adjust_tail          host_xdp_adjust_tail
#define bpf_skc_lookup_tcp           host_skc_lookup_tcp
#define bpf_sk_release               host_sk_release
#define bpf_skc_to_tcp_sock          host_skc_to_tcp_sock
#define bpf_skc_to_tcp_timewait_sock host_skc_to_tcp_timewait_sock
#define bpf_tcp_check_syncookie      host_tcp_check_syncookie
#define __bpf__                      1

/* The BPF machine reads words from wherever they are. */
#pragma clang attribute push(__attribute__((no_sanitize("alignment"))), apply_to = function)
#include "bpf/vip.bpf.c" /* NOLINT(bugprone-suspicious-include): it is one unit */
#pragma clang attribute pop

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/fuzz/fuzz.h"

#define HOST_PAGE       4096
#define HOST_FRAME_MAX  2048
#define HOST_HASH_MAX   64 /* entries; more are refused */
#define HOST_RECORD_MAX 2048

struct host_map {
	const void *declaration;
	size_t type, entries, key_size, value_size;
	size_t used; /* hash: entries, of which keys has the keys */
	char *values;
	char *keys;
};

/* What SEC(".maps") says of a table, in the words of libbpf's __uint() and __type(). */
#define HOST_MAP(map)                                                                              \
	{                                                                                          \
		.declaration = &(map), .type = sizeof(*(map).type) / sizeof(int),                  \
		.entries = sizeof(*(map).max_entries) / sizeof(int),                               \
		.key_size = sizeof(*(map).key), .value_size = sizeof(*(map).value),                \
	}

static struct host_map host_maps[] = {
	HOST_MAP(vipd_settings),  HOST_MAP(vipd_instances),      HOST_MAP(vipd_peers),
	HOST_MAP(vipd_adverts),   HOST_MAP(vipd_vips),           HOST_MAP(vipd_sightings),
	HOST_MAP(vipd_drops),     HOST_MAP(vipd_traffic),        HOST_MAP(vipd_limits),
	HOST_MAP(vipd_services),  HOST_MAP(vipd_pools),          HOST_MAP(vipd_slots),
	HOST_MAP(vipd_backends),  HOST_MAP(vipd_neighbours),     HOST_MAP(vipd_steered),
	HOST_MAP(vipd_fragments), HOST_MAP(vipd_authentication), HOST_MAP(vipd_keys),
	HOST_MAP(vipd_hmac),      HOST_MAP(vipd_guard),          HOST_MAP(vipd_solicitation),
	HOST_MAP(vipd_senders),   HOST_MAP(vipd_standings),
};

#define HOST_MAPS (sizeof(host_maps) / sizeof(host_maps[0]))

static struct {
	struct xdp_md context;
	char *guard; /* the page behind the frame */
	struct inbox_record inbox;
	size_t inbox_count;
	__u64 now;
	struct bpf_sock *socket;    /* what any look-up finds; NULL: nothing */
	struct tcp_sock connection; /* how far that has sent */
	struct tcp_timewait_sock waiting;
} host;

static struct host_map *host_map(const void *declaration)
{
	for (size_t i = 0; i < HOST_MAPS; i++)
		if (host_maps[i].declaration == declaration)
			return &host_maps[i];
	REQUIRE(!"a table that this header does not know");
	return NULL;
}

static bool host_is_hash(const struct host_map *map)
{
	return map->type == BPF_MAP_TYPE_HASH || map->type == BPF_MAP_TYPE_LRU_HASH;
}

static void *host_look_up(void *declaration, const void *key)
{
	struct host_map *map = host_map(declaration);
	__u32 index;

	if (host_is_hash(map)) {
		for (size_t i = 0; i < map->used; i++)
			if (memcmp(map->keys + i * map->key_size, key, map->key_size) == 0)
				return map->values + i * map->value_size;
		return NULL;
	}
	memcpy(&index, key, sizeof(index));
	return index < map->entries ? map->values + index * map->value_size : NULL;
}

static long host_update(void *declaration, const void *key, const void *value, __u64 flags)
{
	struct host_map *map = host_map(declaration);
	void *place = host_look_up(declaration, key);

	(void)flags;
	if (!place) {
		if (!host_is_hash(map) || map->used == HOST_HASH_MAX)
			return -1;
		place = map->values + map->used * map->value_size;
		memcpy(map->keys + map->used++ * map->key_size, key, map->key_size);
	}
	memcpy(place, value, map->value_size);
	return 0;
}

static void *host_reserve(void *ring, __u64 size, __u64 flags)
{
	static char notice[HOST_RECORD_MAX];

	(void)flags;
	if (ring == &vipd_inbox) {
		REQUIRE(size == sizeof(host.inbox));
		return &host.inbox;
	}
	REQUIRE(size <= sizeof(notice));
	return notice;
}

static void host_submit(void *record, __u64 flags)
{
	(void)flags;
	if (record == &host.inbox)
		host.inbox_count++;
}

static __u64 host_clock(void)
{
	return host.now;
}

/* The end of the frame stays where it is: what is behind it must not be touched. */
static long host_adjust_tail(struct xdp_md *context, int delta)
{
	char *start = (char *)(long)context->data;
	long length = context->data_end - context->data;

	if (length + delta < (long)sizeof(struct ethhdr) || length + delta > HOST_FRAME_MAX)
		return -1;
	memmove(start - delta, start, (size_t)(delta < 0 ? length + delta : length));
	if (delta > 0)
		memset(host.guard - delta, 0, (size_t)delta);
	context->data -= (__u32)delta;
	return 0;
}

static struct bpf_sock *host_find_socket(void *context, struct bpf_sock_tuple *tuple, __u32 size,
					 __u64 namespace, __u64 flags)
{
	(void)context;
	(void)tuple;
	(void)size;
	(void)namespace;
	(void)flags;
	return host.socket;
}

static long host_release_socket(void *socket)
{
	REQUIRE(socket == host.socket);
	return 0;
}

static struct tcp_sock *host_tcp_sock(void *socket)
{
	REQUIRE(socket == host.socket);
	return &host.connection;
}

static struct tcp_timewait_sock *host_timewait_sock(void *socket)
{
	REQUIRE(socket == host.socket);
	return &host.waiting;
}

static long host_check_cookie(void *socket, void *ip, __u32 ip_length, struct tcphdr *tcp,
			      __u32 tcp_length)
{
	(void)socket;
	(void)ip;
	(void)ip_length;
	(void)tcp;
	return tcp_length >= sizeof(*tcp) ? 0 : -1;
}

/** host_open() - make the tables, all zero, and put the helpers in their places. */
static void host_open(void)
{
	for (size_t i = 0; i < HOST_MAPS; i++) {
		struct host_map *map = &host_maps[i];

		map->values =
			calloc(host_is_hash(map) ? HOST_HASH_MAX : map->entries, map->value_size);
		map->keys = calloc(HOST_HASH_MAX, map->key_size);
		REQUIRE(map->values && map->keys);
	}
	/* struct xdp_md has 32 bits for a pointer. */
	host.guard = mmap(NULL, 2 * HOST_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	REQUIRE(host.guard != MAP_FAILED);
	host.guard += HOST_PAGE;
	REQUIRE(mprotect(host.guard, HOST_PAGE, PROT_NONE) == 0);

	bpf_map_lookup_elem = host_look_up;
	bpf_map_update_elem = host_update;
	bpf_ringbuf_reserve = host_reserve;
	bpf_ringbuf_submit = host_submit;
	bpf_ktime_get_ns = host_clock;
	bpf_xdp_adjust_tail = host_adjust_tail;
	bpf_skc_lookup_tcp = host_find_socket;
	bpf_sk_release = host_release_socket;
	bpf_skc_to_tcp_sock = host_tcp_sock;
	bpf_skc_to_tcp_timewait_sock = host_timewait_sock;
	bpf_tcp_check_syncookie = (void *)host_check_cookie;
}

/** host_clear() - a table as it was when it was made. */
static void host_clear(const void *declaration)
{
	struct host_map *map = host_map(declaration);

	map->used = 0;
	memset(map->values, 0,
	       map->value_size * (host_is_hash(map) ? HOST_HASH_MAX : map->entries));
}

/** host_frame() - room for a frame of @length bytes, at most HOST_FRAME_MAX. */
static __u8 *host_frame(size_t length)
{
	host.context = (struct xdp_md){
		.data = (__u32)(long)(host.guard - length),
		.data_end = (__u32)(long)host.guard,
	};
	return (__u8 *)host.guard - length;
}

#endif
