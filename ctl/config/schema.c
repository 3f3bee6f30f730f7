// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/config/document.h"

/* All keys are shorter, and a slip of the fingers is nearer to the key that was meant. */
#define KEY_LENGTH_MAX 31
#define SLIP_MAX       2

static struct key_path place_path(const struct place *place)
{
	struct key_path path;

	if (!place->parent)
		return key_path("%s", "");
	path = place_path(place->parent);
	if (!place->key)
		return key_path("%s[%zu]", path.text, place->index);
	return key_path("%s%s%s", path.text, path.text[0] ? "." : "", place->key);
}

void schema_refuse(const struct reader *reader, const struct place *place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	problems_add_list(reader->problems, node_line(place->node), place_path(place), format,
			  arguments);
	va_end(arguments);
}

const char *schema_scalar(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	if (node->type != YAML_SCALAR_NODE || strlen(text) != node->data.scalar.length)
		return NULL;
	return text;
}

static bool is_plain(const yaml_node_t *node)
{
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* A quote is one line that does no harm to a terminal, whatever the file holds. */
static struct quote quote_text(const unsigned char *text, size_t length)
{
	static const size_t room = sizeof("\\xff...\""); /* for a byte and what ends the quote */
	struct quote quote = {"\""};
	size_t used = 1, i;

	for (i = 0; i < length && used + room < sizeof(quote.text); i++)
		used += (size_t)snprintf(quote.text + used, sizeof(quote.text) - used,
					 text[i] >= ' ' && text[i] <= '~' ? "%c" : "\\x%02x",
					 text[i]);
	snprintf(quote.text + used, sizeof(quote.text) - used, "%s\"", i < length ? "..." : "");
	return quote;
}

struct quote schema_quote(const yaml_node_t *node)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return (struct quote){"a list"};
	if (node->type == YAML_MAPPING_NODE)
		return (struct quote){"a mapping"};
	if (is_plain(node) && node->data.scalar.length == 0)
		return (struct quote){"an empty value"};
	return quote_text(node->data.scalar.value, node->data.scalar.length);
}

bool schema_read_value(const struct reader *reader, const struct place *place,
		       const struct value_type *type, const struct value_rule *rule, void *value)
{
	const yaml_node_t *node = place->node;
	const char *text = schema_scalar(node);
	struct quote quote = schema_quote(node);
	char expected[EXPECTED_TEXT_MAX];

	value_expected(type, rule, expected);
	if (text && type->style == VALUE_PLAIN && !is_plain(node))
		schema_refuse(reader, place, "%s in quotes is a string, not %s", quote.text,
			      expected);
	else if (text && type->style == VALUE_STRING && is_plain(node) && value_is_no_string(text))
		schema_refuse(reader, place,
			      "%s is a number, boolean or null to YAML; in quotes it would be %s",
			      quote.text, expected);
	else if (!text || !type->parse(text, rule, value))
		schema_refuse(reader, place, "%s is not %s", quote.text, expected);
	else
		return true;
	return false;
}

/* Return: room for the elements, or NULL. */
static void *make_room(const struct reader *reader, const struct list *list, size_t count,
		       void *array)
{
	void **allocated = array;

	if (list->in_place)
		return array;
	*allocated = calloc(count, list->element_size);
	if (!*allocated)
		reader->problems->out_of_memory = true;
	return *allocated;
}

static void read_elements(const struct reader *reader, const struct place *place,
			  const struct list *list, char *element)
{
	for (const yaml_node_item_t *item = place->node->data.sequence.items.start;
	     item < place->node->data.sequence.items.top; item++) {
		struct place at = {
			.parent = place,
			.index = (size_t)(item - place->node->data.sequence.items.start),
			.node = yaml_document_get_node(reader->document, *item),
		};

		if (list->defaults)
			memcpy(element, list->defaults, list->element_size);
		schema_read(reader, &at, &list->element, element);
		element += list->element_size;
	}
}

void schema_read_list(const struct reader *reader, const struct place *place,
		      const struct list *list, void *array, void *target)
{
	const yaml_node_t *node = place->node;
	void *elements;
	size_t count;

	if (node->type != YAML_SEQUENCE_NODE) {
		schema_refuse(reader, place, "%s is not %s", schema_quote(node).text,
			      list->expected);
		return;
	}
	count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if ((count == 0 && !list->may_be_empty) || count > list->max) {
		schema_refuse(reader, place, "%zu items, expected %s, %d to %zu of them", count,
			      list->expected, list->may_be_empty ? 0 : 1, list->max);
		return;
	}
	elements = count ? make_room(reader, list, count, array) : NULL;
	if (!elements)
		return;
	*(size_t *)((char *)target + list->count_offset) = count;
	read_elements(reader, place, list, elements);
}

/* The number of bytes to insert, delete or replace that makes one text of the other (Levenshtein).
 */
static size_t edit_distance(const char *text, const char *key)
{
	size_t length = strnlen(key, KEY_LENGTH_MAX);
	size_t row[KEY_LENGTH_MAX + 1];

	for (size_t column = 0; column <= length; column++)
		row[column] = column;
	for (size_t line = 1; *text; line++, text++) {
		size_t diagonal = row[0];

		row[0] = line;
		for (size_t column = 1; column <= length; column++) {
			size_t replaced = diagonal + (*text != key[column - 1]);
			size_t shorter =
				row[column] < row[column - 1] ? row[column] : row[column - 1];

			diagonal = row[column];
			row[column] = replaced < shorter + 1 ? replaced : shorter + 1;
		}
	}
	return row[length];
}

static const struct field *next_field(const struct field *field)
{
	field++;
	return field->key || !field->fields ? field : field->fields;
}

/* Return: the key that was meant, if this text looks like a slip of the fingers, or NULL. */
static const char *nearest_key(const char *text, const struct field *fields)
{
	const char *nearest = NULL;
	size_t least = SLIP_MAX + 1;

	for (const struct field *field = fields; field->key; field = next_field(field)) {
		size_t distance = edit_distance(text, field->key);

		if (distance < least && distance < strlen(field->key)) {
			least = distance;
			nearest = field->key;
		}
	}
	return nearest;
}

static void refuse_unknown_key(const struct reader *reader, const struct place *place,
			       const struct field *fields)
{
	const char *text = schema_scalar(place->node);
	const char *nearest = text ? nearest_key(text, fields) : NULL;
	struct quote quote = schema_quote(place->node);
	char known[512] = "";

	if (nearest) {
		schema_refuse(reader, place, "unknown key %s, did you mean %s?", quote.text,
			      nearest);
		return;
	}
	for (const struct field *field = fields; field->key; field = next_field(field)) {
		size_t length = strlen(known);

		snprintf(known + length, sizeof(known) - length, "%s%s", length ? ", " : "",
			 field->key);
	}
	schema_refuse(reader, place, "unknown key %s, known here: %s", quote.text, known);
}

static bool key_equals(const yaml_node_t *key, const char *text)
{
	const char *scalar = schema_scalar(key);

	return scalar && strcmp(scalar, text) == 0;
}

static void refuse_unknown_keys(const struct reader *reader, const struct place *place,
				const struct field *fields)
{
	for (const yaml_node_pair_t *pair = place->node->data.mapping.pairs.start;
	     pair < place->node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
		const struct field *field = fields;

		while (field->key && !key_equals(key, field->key))
			field = next_field(field);
		if (!field->key) {
			/* The mapping's path, but the line of the key. */
			struct place at = *place;

			at.node = key;
			refuse_unknown_key(reader, &at, fields);
		}
	}
}

/* Return: the first pair with the key, from a given one on, or NULL. */
static const yaml_node_pair_t *find_pair(const struct reader *reader, const yaml_node_t *mapping,
					 const yaml_node_pair_t *pair, const char *key)
{
	for (; pair < mapping->data.mapping.pairs.top; pair++)
		if (key_equals(yaml_document_get_node(reader->document, pair->key), key))
			return pair;
	return NULL;
}

static void read_field(const struct reader *reader, const struct place *place,
		       const struct field *field, void *target)
{
	const yaml_node_t *mapping = place->node;
	struct place at = {.parent = place, .key = field->key, .node = mapping};
	const yaml_node_pair_t *pair =
		find_pair(reader, mapping, mapping->data.mapping.pairs.start, field->key);
	size_t line;

	if (!pair) {
		if (field->required)
			schema_refuse(reader, &at, "missing: %s", field->about);
		return;
	}
	line = node_line(yaml_document_get_node(reader->document, pair->key));
	at.node = yaml_document_get_node(reader->document, pair->value);
	schema_read(reader, &at, field, target);

	while ((pair = find_pair(reader, mapping, pair + 1, field->key))) {
		at.node = yaml_document_get_node(reader->document, pair->key);
		schema_refuse(reader, &at, "given twice, first in line %zu", line);
	}
}

void schema_read_mapping(const struct reader *reader, const struct place *place,
			 const struct field *fields, void *target)
{
	if (place->node->type != YAML_MAPPING_NODE) {
		schema_refuse(reader, place, "%s is not a mapping of keys to values",
			      schema_quote(place->node).text);
		return;
	}
	refuse_unknown_keys(reader, place, fields);
	for (const struct field *field = fields; field->key; field = next_field(field))
		read_field(reader, place, field, target);
}

/* An alias may stand for what it is inside of, and a tag for anything. */
static bool is_readable(const struct reader *reader, const struct place *place)
{
	static const char *const tags[] = {
		[YAML_SCALAR_NODE] = YAML_DEFAULT_SCALAR_TAG,
		[YAML_SEQUENCE_NODE] = YAML_DEFAULT_SEQUENCE_TAG,
		[YAML_MAPPING_NODE] = YAML_DEFAULT_MAPPING_TAG,
	};
	const char *tag = (const char *)place->node->tag;

	for (const struct place *outer = place->parent; outer; outer = outer->parent) {
		if (outer->node == place->node) {
			schema_refuse(reader, place, "an alias of what it is a part of");
			return false;
		}
	}
	if (strcmp(tag, tags[place->node->type]) != 0) {
		schema_refuse(reader, place, "has the tag %s, expected none",
			      quote_text(place->node->tag, strlen(tag)).text);
		return false;
	}
	return true;
}

void schema_read(const struct reader *reader, const struct place *place, const struct field *field,
		 void *target)
{
	void *member = (char *)target + field->offset;

	if (!is_readable(reader, place))
		return;
	if (field->read)
		field->read(reader, place, field, target);
	else if (field->fields)
		schema_read_mapping(reader, place, field->fields, member);
	else if (field->list)
		schema_read_list(reader, place, field->list, member, target);
	else
		schema_read_value(reader, place, field->type, &field->rule, member);
}
