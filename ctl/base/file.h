/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files are replaced as a whole: a reader finds the former content or the present one and nothing
 * in between, even after a crash.
 */
#ifndef VIPD_BASE_FILE_H
#define VIPD_BASE_FILE_H

#include <stdio.h>

enum file_durability {
	FILE_SURVIVES_US,       /* a crash of the program */
	FILE_SURVIVES_THE_HOST, /* a power failure too; it takes the disk's time */
};

/** file_writer - write the content. Return: 0, or a negative errno. */
typedef int (*file_writer)(FILE *file, const void *context);

/**
 * file_replace() - give a file another content
 * @path: PATH.new is written first. It is removed on failure, and replaced when a crash left it.
 * @write: called once, with @context.
 *
 * Return: 0, or a negative errno; the file is as it was then. Nothing is logged.
 */
int file_replace(const char *path, enum file_durability durability, file_writer write,
		 const void *context);

/**
 * file_finish() - close a file that was written to, and set *file to NULL
 *
 * Return: 0, or the negative errno of any write.
 */
int file_finish(FILE **file);

#endif
