// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/section.h"

#include <stdlib.h>
#include <string.h>

const void *config_section(const struct config *config, const struct config_section *section)
{
	for (size_t i = 0; config->sections && config_sections[i]; i++)
		if (config_sections[i] == section)
			return config->sections[i];
	return section->defaults;
}

static size_t count_sections(void)
{
	size_t count = 0;

	while (config_sections[count])
		count++;
	return count;
}

bool sections_new(struct config *config)
{
	config->sections = calloc(count_sections() + 1, sizeof(*config->sections));
	if (!config->sections)
		return false;
	for (size_t i = 0; config_sections[i]; i++) {
		config->sections[i] = malloc(config_sections[i]->size);
		if (!config->sections[i])
			return false;
		memcpy(config->sections[i], config_sections[i]->defaults, config_sections[i]->size);
	}
	return true;
}

static void read_section(const struct reader *reader, const struct place *place,
			 const struct field *field, void *target)
{
	struct config *config = target;

	for (size_t i = 0; config_sections[i]; i++)
		if (strcmp(config_sections[i]->field.key, field->key) == 0)
			schema_read(reader, place, &config_sections[i]->field, config->sections[i]);
}

struct field sections_field(size_t index)
{
	const struct field *own = &config_sections[index]->field;

	return (struct field){own->key, own->about, own->required, .read = read_section};
}

void sections_validate(const struct validation *validation)
{
	for (size_t i = 0; config_sections[i]; i++)
		if (config_sections[i]->validate)
			config_sections[i]->validate(validation, validation->config->sections[i]);
}

void sections_free(struct config *config)
{
	for (size_t i = 0; config->sections && config_sections[i]; i++) {
		if (config->sections[i] && config_sections[i]->clear)
			config_sections[i]->clear(config->sections[i]);
		free(config->sections[i]);
	}
	free(config->sections);
}
