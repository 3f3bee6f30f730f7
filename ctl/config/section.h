/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An outermost key of vipd.yaml that a part brings along: how its value is read into a struct of
 * the part's own, which only the part knows. config_sections[] lists all there are. It is declared
 * here and defined in ctl/node/sections.c, which knows every part, so that nothing in ctl/config
 * does.
 */
#ifndef VIPD_CONFIG_SECTION_H
#define VIPD_CONFIG_SECTION_H

#include "ctl/config/schema.h"
#include "ctl/config/validation.h"

struct config_section {
	/* The key and its value; @offset and the like are those of the section's own struct. All
	 * other keys have been read when this one is, and reader->root is the struct config. */
	struct field field;

	size_t size;          /* of that struct */
	const void *defaults; /* one of them, for whatever the file does not say */

	/* Checks the values against each other and against the rest of the configuration. */
	void (*validate)(const struct validation *validation, const void *section);

	/* Frees what the struct points to. */
	void (*clear)(void *section);
};

/* Ends with NULL. */
extern const struct config_section *const config_sections[];

/**
 * config_section() - what a configuration says under a section's key
 *
 * Return: the section's own struct, which lives as long as the configuration; its defaults if the
 * file does not have the key.
 */
const void *config_section(const struct config *config, const struct config_section *section);

/** sections_new() - make room, with the defaults. Return: whether there was memory. */
bool sections_new(struct config *config);

/** sections_field() - the field that reads section @index into a struct config. */
struct field sections_field(size_t index);

/** sections_validate() - let each section check itself. */
void sections_validate(const struct validation *validation);

/** sections_free() - clear and free all of them; fine if there are none. */
void sections_free(struct config *config);

#endif
