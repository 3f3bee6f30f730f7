/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One YAML document in memory, and where in the text its parts are.
 */
#ifndef VIPD_CONFIG_DOCUMENT_H
#define VIPD_CONFIG_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "ctl/config/problems.h"

/**
 * document_parse() - text to nodes
 * @text: exactly one YAML document; need not end with a NUL.
 * @document: zeroed; yaml_document_delete() it, after a failure too.
 *
 * Return: whether @document has a root node; else @problems has the reason.
 */
bool document_parse(const char *text, size_t length, struct problems *problems,
		    yaml_document_t *document);

/** node_line() - the line a node begins in, counted from 1. */
size_t node_line(const yaml_node_t *node);

/**
 * document_node() - the node at a path such as "instances[0].vips[2]".
 * @document: NULL if there is none, which has no nodes.
 *
 * Return: the node, or NULL if the document has none there.
 */
const yaml_node_t *document_node(yaml_document_t *document, struct key_path path);

/**
 * document_line() - the line of the node at a path, or of the innermost one around it that exists
 *
 * Return: counted from 1; 0 without a document.
 */
size_t document_line(yaml_document_t *document, struct key_path path);

#endif
