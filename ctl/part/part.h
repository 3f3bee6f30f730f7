/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of the running node, as BIRD has its protocols: something that follows the configuration
 * and can be started, reloaded and stopped without knowing who else there is. ctl/node/parts.c
 * lists all parts in the order in which they start; they stop in the opposite order. Whoever adds a
 * capability writes a folder with one of these in it and adds a line to that table.
 *
 * A reload is one transaction over all parts. Each part is asked to prepare; if all can, each
 * commits, else those that prepared abort, in the opposite order. At the start each part prepares
 * and commits before the next one is asked, so a part may rely on all that stand before it. All of
 * this runs in the main loop.
 */
#ifndef VIPD_PART_PART_H
#define VIPD_PART_PART_H

struct config;
struct net_link;
struct node;

struct part {
	const char *name; /* as the log has it: "steering" */

	/**
	 * prepare() - get ready to follow another configuration
	 * @node: node->config is in force; at the start it is @next, and the part has no state.
	 * @next: whoever keeps a pointer into it takes a reference.
	 * @plan: what commit() or abort() needs, for one of them to free.
	 *
	 * Everything that can fail happens here. Nothing that the dataplane, the network or another
	 * part can see changes, except by additions that abort() takes back.
	 *
	 * Return: 0, or a negative errno after one logged message; there is nothing to abort then.
	 */
	int (*prepare)(struct node *node, const struct config *next, void **plan);

	/** commit() - follow it from now on; node->config is @next by now. This cannot fail. */
	void (*commit)(struct node *node, void *plan);

	/** abort() - leave everything as it was before prepare(). */
	void (*abort)(struct node *node, void *plan);

	/** stop() - end, and free. It is called only after the part has started. */
	void (*stop)(struct node *node);

	/*
	 * What a part may want to hear, in the order of the table. NULL means that it does not.
	 */

	/** link_changed() - the device that carries the VIPs changed, went or came back. */
	void (*link_changed)(struct node *node, const struct net_link *link);

	/** weigh() - something that the standing of this node depends on has changed. */
	void (*weigh)(struct node *node);

	/** leave() - the node begins to leave; nothing is taken away yet. */
	void (*leave)(struct node *node);
};

#endif
