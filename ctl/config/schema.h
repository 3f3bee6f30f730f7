/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a YAML document into structs, as tables of fields say. A table describes a mapping: its
 * keys, how the value of each is read, and the member of the struct that takes it. These functions
 * do not know what the tables describe.
 */
#ifndef VIPD_CONFIG_SCHEMA_H
#define VIPD_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "ctl/config/problems.h"
#include "ctl/config/values.h"

struct reader {
	yaml_document_t *document;
	struct problems *problems;
	void *root; /* the outermost struct, for fields that refer to others */
};

/* A node of the document and the way to it. */
struct place {
	const struct place *parent; /* NULL: this is the document's root */
	const char *key;            /* its key in the parent, if that is a mapping */
	size_t index;               /* its index in the parent, if that is a list and key is NULL */
	const yaml_node_t *node;
};

struct field;

/* @target is the struct that the field's table describes. */
typedef void (*field_reader)(const struct reader *reader, const struct place *place,
			     const struct field *field, void *target);

struct field {
	const char *key; /* NULL ends the table; with fields, it goes on with those */
	const char *about;
	bool required;
	size_t offset; /* of the member */

	/* What the value is, one of these. */
	const struct value_type *type; /* a scalar, under the rule */
	struct value_rule rule;
	const struct field *fields; /* a mapping; the member is the struct it describes */
	const struct list *list;    /* a list */
	field_reader read;          /* a value of its own kind, which this reads */
};

/* The member of a struct that a field reads into. */
#define MEMBER(structure, member)                                                                  \
	.offset = offsetof(struct structure, member),                                              \
	.rule.size = sizeof(((struct structure *)NULL)->member)
#define RANGE(low, high) .rule.min = (low), .rule.max = (high)
#define REQUIRED         .required = true

/*
 * The member is a pointer to an array, allocated here and owned by the struct; or, with in_place,
 * the array itself. Elements that could not be read have a place as well, so indices are the same
 * as in the file.
 */
struct list {
	const char *expected; /* "a list of addresses" */
	struct field element; /* without key and offset */
	size_t element_size;
	const void *defaults; /* what an element is before it is read; NULL: all zero */
	size_t count_offset;  /* of the size_t beside the array that counts the elements */
	size_t max;
	bool may_be_empty;
	bool in_place;
};

/**
 * schema_read() - read a node as a field says
 * @target: the struct that the field's table describes; what could not be read stays as it was.
 *
 * Problems go to the reader's list.
 */
void schema_read(const struct reader *reader, const struct place *place, const struct field *field,
		 void *target);

/** schema_read_mapping() - read a mapping into @target by a table. */
void schema_read_mapping(const struct reader *reader, const struct place *place,
			 const struct field *fields, void *target);

/** schema_read_list() - read a list; @array is the member, of the struct @target. */
void schema_read_list(const struct reader *reader, const struct place *place,
		      const struct list *list, void *array, void *target);

/** schema_read_value() - read a scalar. Return: whether @value was stored. */
bool schema_read_value(const struct reader *reader, const struct place *place,
		       const struct value_type *type, const struct value_rule *rule, void *value);

/** schema_refuse() - add a problem with the value at a place. */
void schema_refuse(const struct reader *reader, const struct place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** schema_scalar() - the text of a node, or NULL if it is none or has NULs. */
const char *schema_scalar(const yaml_node_t *node);

/* A node as a problem quotes it: "text", a list, a mapping, an empty value. */
struct quote {
	char text[128];
};
struct quote schema_quote(const yaml_node_t *node);

#endif
