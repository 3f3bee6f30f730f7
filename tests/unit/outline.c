// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/outline.h"

#include "ctl/config/format.h"
#include "ctl/config/section.h"

struct walk {
	void (*tell)(const struct outline_key *key, void *context);
	void *context;
};

static void walk_fields(const struct walk *walk, const char *parent, const struct field *fields,
			const char *defaults);

/* What is below a key: of its mapping, or of the mappings in its list. */
static void walk_below(const struct walk *walk, const char *path, const struct field *field,
		       const char *defaults)
{
	if (field->fields)
		walk_fields(walk, path, field->fields, defaults ? defaults + field->offset : NULL);
	if (!field->list || !field->list->element.fields)
		return;
	walk_fields(walk, key_path("%s[]", path).text, field->list->element.fields,
		    field->list->defaults);
}

static void walk_fields(const struct walk *walk, const char *parent, const struct field *fields,
			const char *defaults)
{
	for (const struct field *field = fields; field->key;) {
		struct key_path path = key_path("%s%s%s", parent, *parent ? "." : "", field->key);

		walk->tell(&(struct outline_key){path.text, parent, field, defaults},
			   walk->context);
		walk_below(walk, path.text, field, defaults);
		field++;
		if (!field->key && field->fields)
			field = field->fields;
	}
}

void outline_walk(void (*tell)(const struct outline_key *key, void *context), void *context)
{
	const struct walk walk = {tell, context};
	struct field fields[FORMAT_FIELDS_MAX];
	size_t count = 0;

	format_fields(fields);
	while (fields[count].key)
		count++;
	for (size_t i = 0; config_sections[i]; i++)
		count--;
	fields[count] = (struct field){};
	walk_fields(&walk, "", fields, (const char *)&format_defaults);
	for (size_t i = 0; config_sections[i]; i++) {
		const struct field own[] = {config_sections[i]->field, {}};

		walk_fields(&walk, "", own, config_sections[i]->defaults);
	}
}
