/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that belongs on an interface: attached by the first hook that can, looked at now and
 * then, and attached again when it is gone. This is where what happens to programs is logged.
 */
#ifndef VIPD_LOADER_HOOKED_H
#define VIPD_LOADER_HOOKED_H

#include "loader/hook.h"

/**
 * hooked_init() - a program that is not attached yet
 * @setup: its purpose, pin_dir, fds, program_fd and later; what they point to, and the descriptor,
 *         must outlive @hooked.
 */
void hooked_init(struct hooked *hooked, const struct hooked *setup, const char *interface);

/**
 * hooked_attach() - attach it, or take over from a run before
 *
 * Return: 0, or a negative errno; one logged message in either case.
 */
int hooked_attach(struct hooked *hooked);

/**
 * hooked_check() - whether it is attached to the interface of that name; attach it again if not
 *
 * Return: 0 when it is attached now, or a negative errno. Only what is another than at the last
 * call is logged.
 */
int hooked_check(struct hooked *hooked);

/**
 * hooked_renew() - put our program in the place of one that serves on since hooked_attach()
 *
 * No frame sees none in between. Fine when it is ours already.
 *
 * Return: 0, or a negative errno; one logged message in either case.
 */
int hooked_renew(struct hooked *hooked);

/** hooked_detach() - take it off. Fine when it is not attached. */
void hooked_detach(struct hooked *hooked);

/** hooked_close() - forget it; what is pinned stays attached. */
void hooked_close(struct hooked *hooked);

#endif
