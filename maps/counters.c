// SPDX-License-Identifier: GPL-2.0-only
/* Reads the tables of counters per CPU: vipd_drops, vipd_traffic, vipd_steered. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "maps_internal.h"

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
	error = maps_errno(bpf_map_lookup_elem(fd, &key, values));
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
