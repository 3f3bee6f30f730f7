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

/* What programs are attached for. */
enum loader_purpose {
	LOADER_DATAPLANE, /* the NIC that carries the virtual IPs */
	LOADER_GUARDS,    /* other interfaces, on which all VRRP is dropped */
};

/* How the program hangs on the NIC. */
struct attachment {
	char interface[IF_NAMESIZE];
	bool native;     /* in the driver; else generic: after the kernel built its socket buffer */
	bool dispatcher; /* among others, behind libxdp's dispatcher */
	bool adopted;    /* took over from a program that was running already */
	bool outdated;   /* that one serves on, until loader_renew() */
	uint32_t program_id;
	int error; /* 0: it is attached; else why not, a negative errno, when it was looked at last
		    */
};

/**
 * loader_load() - adopt the program and the maps that a run before has pinned, or load them
 * @pin_dir: on a BPF file system; made, and one mounted there or above, when it is missing. Locked
 *           against a second vipd for as long as the loader lives.
 *
 * A program of another version is loaded beside the one that is attached, and shares the maps whose
 * layout is the same in both. Nothing that is pinned or attached changes before loader_attach().
 *
 * Return: 0, or a negative errno after one logged message that says what to do; -ENOEXEC if this
 * kernel does not accept the program, now and later.
 */
int loader_load(const char *pin_dir, struct loader **loader);

/** loader_adopted() - whether a run before had left its maps, and as a rule a program that serves.
 */
bool loader_adopted(const struct loader *loader);

/** loader_replaces() - whether tables are new that a version before us has filled for itself. */
bool loader_replaces(const struct loader *loader);

/**
 * loader_lost_leases() - the leases of the run before, in a table that is not ours
 *
 * Return: a descriptor of its vipd_instances, which lives as long as the loader; -1: that table is
 * ours, or there was none.
 */
int loader_lost_leases(const struct loader *loader);

/** loader_maps() - descriptors of the loaded maps; they live as long as the loader. */
const struct map_fds *loader_maps(const struct loader *loader);

/**
 * loader_attach() - let the NIC's frames run through the program
 *
 * Native mode, or generic where the driver cannot. A program of a run before is replaced without a
 * frame in between that sees none. Through libxdp's dispatcher where kernel and capabilities allow
 * it, so that other XDP programs can live on the NIC; else by a link of our own.
 *
 * With maps that had to be made anew, the program of the run before serves on with its own: then
 * attachment.outdated is set, and loader_renew() is to be called when ours are filled.
 *
 * Return: 0, or a negative errno; one logged message in either case.
 */
int loader_attach(struct loader *loader, const char *interface);

/**
 * loader_renew() - put our program in the place of the one that serves on, see loader_attach()
 *
 * Return: 0, or a negative errno; one logged message in either case.
 */
int loader_renew(struct loader *loader);

/** loader_attachment() - how it is attached. It lives as long as the loader. */
const struct attachment *loader_attachment(const struct loader *loader);

/**
 * loader_guard() - drop all VRRP on another interface, which has no virtual IPs
 *
 * A program of a run before is replaced without a gap.
 *
 * Return: 0, or a negative errno; one logged message in either case.
 */
int loader_guard(struct loader *loader, const char *interface);

/** loader_is_guarded() - whether this loader guards an interface. */
bool loader_is_guarded(const struct loader *loader, const char *interface);

/** loader_unguard() - end it. Fine when it is not guarded. */
void loader_unguard(struct loader *loader, const char *interface);

/** loader_guard_only() - guard none but these @count interfaces any more, whoever began it. */
void loader_guard_only(struct loader *loader, const char (*names)[IF_NAMESIZE], size_t count);

/**
 * loader_check() - whether the programs are where they belong; attach them again where they are not
 *
 * A program is gone when its interface was deleted, be it made anew, and when somebody has detached
 * it. To be called when the kernel tells of a change of interfaces, and now and then, for it does
 * not tell of a program that is detached.
 *
 * Return: 0 when all are attached now, or the first negative errno: -ENODEV: there is no such
 * interface; -EBUSY: another program is there. Each change is logged once.
 */
int loader_check(struct loader *loader, enum loader_purpose purpose);

/** loader_detach() - off all interfaces, and remove every pin: nothing is left in the kernel. */
void loader_detach(struct loader *loader);

/** loader_free() - close; what is attached and pinned stays. NULL is fine. */
void loader_free(struct loader *loader);

#endif
