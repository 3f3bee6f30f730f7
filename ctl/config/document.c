// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/document.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"

/* So deep may lists and mappings be nested. The deepest of vipd's own keys are at 6. */
#define DEPTH_MAX 16

/* No configuration needs that many anchors. */
#define ANCHORS_MAX 256

static const struct key_path whole_document;

/* The line of a byte that is not UTF-8: libyaml tells its offset only. */
static size_t line_of_offset(const char *text, size_t length, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < length && i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static void report_syntax(const yaml_parser_t *parser, const char *text, size_t length,
			  struct problems *problems)
{
	const char *problem = parser->problem ? parser->problem : "no YAML";
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		problems->out_of_memory = true;
	if (parser->error == YAML_READER_ERROR)
		line = line_of_offset(text, length, parser->problem_offset);
	if (parser->context)
		problems_add(problems, line, whole_document, "%s, %s in line %zu", problem,
			     parser->context, parser->context_mark.line + 1);
	else
		problems_add(problems, line, whole_document, "%s", problem);
}

/* How far the parser has come into something that may take it too long. */
struct shape {
	int depth;
	int anchors;
};

static void follow_shape(const yaml_event_t *event, struct shape *shape)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		shape->anchors += event->data.scalar.anchor != NULL;
		break;
	case YAML_SEQUENCE_START_EVENT:
		shape->anchors += event->data.sequence_start.anchor != NULL;
		shape->depth++;
		break;
	case YAML_MAPPING_START_EVENT:
		shape->anchors += event->data.mapping_start.anchor != NULL;
		shape->depth++;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		shape->depth--;
		break;
	default:
		break;
	}
}

static bool accept_shape(const struct shape *shape, size_t line, struct problems *problems)
{
	if (shape->depth > DEPTH_MAX)
		problems_add(problems, line, whole_document,
			     "lists and mappings in each other, more than %d deep", DEPTH_MAX);
	else if (shape->anchors > ANCHORS_MAX)
		problems_add(problems, line, whole_document, "more than %d anchors", ANCHORS_MAX);
	else
		return true;
	return false;
}

/*
 * Composing a document takes time that grows with the square of its depth and of the number of its
 * anchors, so the file must not choose them. What is no YAML passes, because the next parser
 * refuses it.
 */
static bool check_shape(const char *text, size_t length, struct problems *problems)
{
	yaml_parser_t parser CLEANUP(yaml_parser_delete) = {};
	struct shape shape = {};
	bool ends = false;

	if (!yaml_parser_initialize(&parser)) {
		problems->out_of_memory = true;
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	while (!ends) {
		yaml_event_t event;
		size_t line;

		if (!yaml_parser_parse(&parser, &event))
			return true;
		follow_shape(&event, &shape);
		ends = event.type == YAML_STREAM_END_EVENT;
		line = event.start_mark.line + 1;
		yaml_event_delete(&event);
		if (!accept_shape(&shape, line, problems))
			return false;
	}
	return true;
}

/* There may be one document only. */
static bool parse_end(yaml_parser_t *parser, const char *text, size_t length,
		      struct problems *problems)
{
	yaml_document_t second CLEANUP(yaml_document_delete) = {};

	if (!yaml_parser_load(parser, &second)) {
		report_syntax(parser, text, length, problems);
		return false;
	}
	if (yaml_document_get_root_node(&second)) {
		problems_add(problems, second.start_mark.line + 1, whole_document,
			     "a second document begins here, one was expected");
		return false;
	}
	return true;
}

bool document_parse(const char *text, size_t length, struct problems *problems,
		    yaml_document_t *document)
{
	yaml_parser_t parser CLEANUP(yaml_parser_delete) = {};

	if (!check_shape(text, length, problems))
		return false;
	if (!yaml_parser_initialize(&parser)) {
		problems->out_of_memory = true;
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	if (!yaml_parser_load(&parser, document)) {
		report_syntax(&parser, text, length, problems);
		return false;
	}
	if (!yaml_document_get_root_node(document)) {
		problems_add(problems, 0, whole_document, "empty, a configuration was expected");
		return false;
	}
	return parse_end(&parser, text, length, problems);
}

size_t node_line(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

/* "[2]..." in a list; the path moves on behind it. */
static const yaml_node_t *step_into_list(yaml_document_t *document, const yaml_node_t *node,
					 const char **path)
{
	size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	char *end;
	size_t index;

	if (**path != '[')
		return NULL;
	index = strtoul(*path + 1, &end, 10);
	if (*end != ']' || index >= count)
		return NULL;
	*path = end + 1;
	return yaml_document_get_node(document, node->data.sequence.items.start[index]);
}

/* "key..." or ".key..." in a mapping. A key may have dots: the longest that fits is meant. */
static const yaml_node_t *step_into_mapping(yaml_document_t *document, const yaml_node_t *node,
					    const char **path)
{
	const char *rest = *path + (**path == '.');
	const yaml_node_t *value = NULL;
	size_t longest = 0;

	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(document, pair->key);
		size_t length;

		if (key->type != YAML_SCALAR_NODE)
			continue;
		length = key->data.scalar.length;
		if (length <= longest || length > strlen(rest) ||
		    memcmp(rest, key->data.scalar.value, length) != 0 ||
		    !strchr(".[", rest[length])) /* it finds the NUL as well */
			continue;
		longest = length;
		value = yaml_document_get_node(document, pair->value);
	}
	if (value)
		*path = rest + longest;
	return value;
}

/* Follows the path as far as there are nodes. *path is what remains of it. */
static const yaml_node_t *walk(yaml_document_t *document, const char **path)
{
	const yaml_node_t *node = NULL,
			  *next = document ? yaml_document_get_root_node(document) : NULL;

	while (next) {
		node = next;
		next = NULL;
		if (node->type == YAML_SEQUENCE_NODE)
			next = step_into_list(document, node, path);
		else if (node->type == YAML_MAPPING_NODE)
			next = step_into_mapping(document, node, path);
	}
	return node;
}

const yaml_node_t *document_node(yaml_document_t *document, struct key_path path)
{
	const char *rest = path.text;
	const yaml_node_t *node = walk(document, &rest);

	return *rest ? NULL : node;
}

size_t document_line(yaml_document_t *document, struct key_path path)
{
	const char *rest = path.text;
	const yaml_node_t *node = walk(document, &rest);

	return node ? node_line(node) : 0;
}
