/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One look at how large the packets are that reach a host and come back: an ICMP echo of each of a
 * few sizes, none of which may be fragmented. They are asked for all at once, for whatever limit
 * there is has nothing to say: a switch drops what is too large without a word.
 */
#ifndef VIPD_MTU_PROBE_H
#define VIPD_MTU_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/address.h"

#define PROBE_SIZES_MAX 16

struct probe {
	int fd;                          /* -1: none is open */
	uint32_t sizes[PROBE_SIZES_MAX]; /* of IP packets, bytes, the largest first */
	bool answered[PROBE_SIZES_MAX];
	size_t count;
	uint16_t id; /* of the echoes */
};

/**
 * probe_list_sizes() - which sizes are tried
 * @mtu: of the device, bytes: it is the first.
 * @sizes: the result, falling; the last one goes everywhere.
 *
 * Return: how many.
 */
size_t probe_list_sizes(uint32_t mtu, uint32_t sizes[static PROBE_SIZES_MAX]);

/**
 * probe_send() - ask
 * @probe: the result, for probe_close(); probe->fd becomes readable.
 * @source: our address, of the family of @target.
 * @id: another one than of the probe before.
 *
 * Return: 0, or a negative errno; nothing is logged.
 */
int probe_send(struct probe *probe, const struct ip_address *source,
	       const struct ip_address *target, uint32_t mtu, uint16_t id);

/** probe_receive() - note what was answered; to be called when probe->fd is readable. */
void probe_receive(struct probe *probe);

/** probe_carried() - the largest size that came back; 0: none did, which tells nothing. */
uint32_t probe_carried(const struct probe *probe);

/** probe_close() - fine when none is open. */
void probe_close(struct probe *probe);

#endif
