// SPDX-License-Identifier: GPL-2.0-only
/* Calls for vipd_vips. */
#include <bpf/bpf.h>

#include "maps_internal.h"

int maps_set_vip(struct maps *maps, const struct ip_address *address, const struct vip_entry *vip)
{
	return maps_errno(bpf_map_update_elem(maps->fds.vips, address, vip, BPF_ANY));
}

int maps_get_vip(const struct maps *maps, const struct ip_address *address, struct vip_entry *vip)
{
	return maps_errno(bpf_map_lookup_elem(maps->fds.vips, address, vip));
}

int maps_delete_vip(struct maps *maps, const struct ip_address *address)
{
	return maps_errno(bpf_map_delete_elem(maps->fds.vips, address));
}

int maps_next_vip(const struct maps *maps, const struct ip_address *previous,
		  struct ip_address *next)
{
	return maps_errno(bpf_map_get_next_key(maps->fds.vips, previous, next));
}
