// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/document.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"

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

/* Nothing may follow the document. */
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
		    !strchr(".[", rest[length])) /* which finds the end, too */
			continue;
		longest = length;
		value = yaml_document_get_node(document, pair->value);
	}
	if (value)
		*path = rest + longest;
	return value;
}

/* As far along the path as there are nodes; *path is what remains of it. */
static const yaml_node_t *walk(yaml_document_t *document, const char **path)
{
	const yaml_node_t *node = NULL, *next = yaml_document_get_root_node(document);

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

	return node_line(walk(document, &rest));
}
