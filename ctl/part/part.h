/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of the running node, as BIRD has its protocols: something that follows the configuration
 * and can be started, reloaded and stopped without knowing who else there is. ctl/node/parts.c lists
 * all parts in the order in which they start; they stop in the opposite order. Whoever adds a
 * capability writes a folder with one of these in it and adds a line to that table.
 *
 * A reload is one transaction over all parts. Each part is asked to prepare; if all can, each
 * commits, else those that prepared abort, in the opposite order. The start is the same walk with
 * no configuration before. All of this runs in the main loop.
 */
#ifndef VIPD_PART_PART_H
#define VIPD_PART_PART_H

struct config;
struct node;

struct part {
	const char *name;

	/**
	 * prepare() - get ready to follow another configuration
	 * @next: the configuration; whoever keeps a pointer into it takes a reference.
	 * @plan: what commit() or abort() needs, for one of them to free.
	 *
	 * Everything that can fail happens here. Nothing that the dataplane, the network or another
	 * part can see changes, except by additions that abort() takes back.
	 *
	 * Return: 0, or a negative errno after one logged message; there is nothing to abort then.
	 */
	int (*prepare)(struct node *node, const struct config *next, void **plan);

	/** commit() - follow it from now on. This cannot fail. */
	void (*commit)(struct node *node, void *plan);

	/** abort() - leave everything as it was before prepare(). */
	void (*abort)(struct node *node, void *plan);

	/** stop() - end, and free; also fine when the part never started. */
	void (*stop)(struct node *node);
};

#endif
