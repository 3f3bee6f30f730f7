/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks: the ways in which the kernel lets a program be attached. Each is a table of functions
 * in a file of its own. They say nothing; who calls them knows what to say.
 */
#ifndef VIPD_LOADER_HOOK_H
#define VIPD_LOADER_HOOK_H

#include <limits.h>

#include "loader/loader.h"
#include "loader/objects.h"

struct hook;

/* What a program is attached for, and how. */
struct purpose {
	enum loader_object object;
	const char *program;         /* name in the object */
	const char *pin;             /* name of the link's pin */
	bool pin_by_index;           /* the ifindex follows the name */
	const struct hook *hooks[3]; /* those that can do it, the best first; ends with NULL */
	/* For the log. */
	const char *task;      /* "cannot ..." */
	const char *interface; /* what the interface is */
	const char *effect;    /* what the program does there */
	const char *advice;    /* when there is no such interface */
};

/* A program on an interface. */
struct hooked {
	const struct purpose *purpose;
	const char *pin_dir;       /* for the pin of its link */
	const struct map_fds *fds; /* the tables that it uses */
	int program_fd;            /* of the loaded program */
	bool later;                /* a program of a run before serves on until hook->renew() */
	const struct hook *hook;   /* by which it is attached; NULL: it is not */
	unsigned int ifindex;      /* where; an interface that is made anew has another one */
	char pin[PATH_MAX];        /* of its link, where the hook has one */
	int link;                  /* descriptor of the link; -1: none */
	uint32_t dispatcher_id;    /* that was seen to have the program; 0: none */
	bool pin_failed;           /* the pin is gone, and could not be made again */
	struct attachment attachment;
	struct hooked *next; /* of those for the same purpose */
};

struct hook {
	/**
	 * adopt() - take over from a program of a run before, without a frame in between that sees
	 * none; NULL: the hook knows no such thing
	 *
	 * With @hooked->later, a program that is another than ours stays for now.
	 *
	 * Return: 0; -ENOENT when there is nothing to take over; or another negative errno, and
	 * what is attached stays so.
	 */
	int (*adopt)(struct hooked *hooked);

	/** renew() - put our program in the place of one that adopt() has left. Return: 0 or a
	 * negative errno, and that one stays. NULL: adopt() leaves none. */
	int (*renew)(struct hooked *hooked);

	/** attach() - @hooked->ifindex and @hooked->pin are set. Return: 0 or a negative errno. */
	int (*attach)(struct hooked *hooked);

	/** holds() - whether the program is attached still, to the interface that it was. */
	bool (*holds)(struct hooked *hooked);

	/**
	 * pin_again() - make up for a pin that somebody has removed, without which the program
	 * would go with this process; NULL: the hook has none
	 *
	 * Return: 0 when it is there, 1 when it was made, or a negative errno.
	 */
	int (*pin_again)(const struct hooked *hooked);

	/** detach() - take it off; fine when somebody else has done so. */
	void (*detach)(struct hooked *hooked);
};

extern const struct hook hook_xdp_link;       /* a BPF link of our own, pinned */
extern const struct hook hook_xdp_dispatcher; /* among others, behind libxdp's dispatcher */

#endif
