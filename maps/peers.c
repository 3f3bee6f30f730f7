// SPDX-License-Identifier: GPL-2.0-only
/* Calls for vipd_peers and vipd_neighbours: who nodes are, by address and by MAC. */
#include <bpf/bpf.h>

#include "maps_internal.h"

int maps_set_peer(struct maps *maps, const struct ip_address *address,
		  const struct peer_entry *peer)
{
	return maps_errno(bpf_map_update_elem(maps->fds.peers, address, peer, BPF_ANY));
}

int maps_get_peer(const struct maps *maps, const struct ip_address *address,
		  struct peer_entry *peer)
{
	return maps_errno(bpf_map_lookup_elem(maps->fds.peers, address, peer));
}

int maps_delete_peer(struct maps *maps, const struct ip_address *address)
{
	return maps_errno(bpf_map_delete_elem(maps->fds.peers, address));
}

int maps_next_peer(const struct maps *maps, const struct ip_address *previous,
		   struct ip_address *next)
{
	return maps_errno(bpf_map_get_next_key(maps->fds.peers, previous, next));
}

int maps_set_neighbour(struct maps *maps, const uint8_t mac[static 6], uint32_t node)
{
	struct mac_address key = maps_mac(mac);

	return maps_errno(bpf_map_update_elem(maps->fds.neighbours, &key, &node, BPF_ANY));
}

int maps_delete_neighbour(struct maps *maps, const uint8_t mac[static 6])
{
	struct mac_address key = maps_mac(mac);

	return maps_errno(bpf_map_delete_elem(maps->fds.neighbours, &key));
}
