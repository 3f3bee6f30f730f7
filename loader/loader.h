/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gets the dataplane onto a NIC and off it again: open, load, attach, pin, adopt what a crashed run
 * left, detach. Everything is pinned, so a controller that dies takes nothing with it.
 */
#ifndef VIPD_LOADER_LOADER_H
#define VIPD_LOADER_LOADER_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "maps/maps.h"

struct loader;

/* How the program hangs on the NIC. */
struct attachment {
	char interface[IF_NAMESIZE];
	bool native;     /* in the driver; else generic: after the kernel built its socket buffer */
	bool dispatcher; /* among others, behind libxdp's dispatcher */
	bool adopted;    /* took over from a program that was running already */
	uint32_t program_id;
};

/**
 * loader_load() - load the program and its maps, or adopt the maps pinned by a run before
 * @pin_dir: on a BPF file system; made, and one mounted there or above, when it is missing. Locked
 *           against a second vipd for as long as the loader lives.
 *
 * Maps of another layout than ours are discarded, with a logged notice.
 *
 * Return: 0, or a negative errno after one logged message that says what to do.
 */
int loader_load(const char *pin_dir, struct loader **loader);

/** loader_maps() - descriptors of the loaded maps; they live as long as the loader. */
const struct map_fds *loader_maps(const struct loader *loader);

/**
 * loader_attach() - let the NIC's frames run through the program
 *
 * Native mode, or generic where the driver cannot. A program of a run before is replaced without a
 * frame in between that sees none. Through libxdp's dispatcher where kernel and capabilities allow
 * it, so that other XDP programs can live on the NIC; else by a link of our own.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int loader_attach(struct loader *loader, const char *interface, unsigned int ifindex);

const struct attachment *loader_attachment(const struct loader *loader);

/**
 * loader_guard() - drop all VRRP on another interface, which has no virtual IPs
 *
 * Where a run before did so already, or this one, the program is replaced without a gap.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int loader_guard(struct loader *loader, const char *interface);

/** loader_guard_only() - guard none but these @count interfaces any more, whoever began it. */
void loader_guard_only(struct loader *loader, const char (*names)[IF_NAMESIZE], size_t count);

/** loader_detach() - off the NIC, and remove every pin: nothing of us is left in the kernel. */
int loader_detach(struct loader *loader);

/** loader_free() - close; what is attached and pinned stays. NULL is fine. */
void loader_free(struct loader *loader);

#endif
