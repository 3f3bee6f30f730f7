/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two ways to hang a program on a NIC: a link of our own, pinned, or libxdp's dispatcher, behind
 * which several programs share the NIC.
 */
#ifndef VIPD_LOADER_ATTACH_H
#define VIPD_LOADER_ATTACH_H

#include "loader/loader.h"

/**
 * attach_link() - by a pinned BPF link; one that a run before pinned is updated in place
 * @program: descriptor of the loaded program.
 * @pin: path of the link's pin.
 * @link: gets the link's descriptor.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int attach_link(int program, const char *pin, struct attachment *attachment, unsigned int ifindex,
		int *link);

/** dispatcher_possible() - whether kernel and capabilities allow libxdp's dispatcher. */
bool dispatcher_possible(void);

/**
 * dispatcher_attach() - behind libxdp's dispatcher; a program of a run before is taken out after
 * @pin_dir: whose maps the program is to use.
 *
 * Return: 0, or a negative errno, without a message: a link of our own may do instead.
 */
int dispatcher_attach(const char *pin_dir, struct attachment *attachment, unsigned int ifindex);

/** dispatcher_detach() - take our program out; fine when there is none. */
int dispatcher_detach(unsigned int ifindex);

#endif
