// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/validation.h"

#include <stdlib.h>

#include "ctl/base/cleanup.h"

void validation_refuse(const struct validation *validation, struct key_path path,
		       const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	problems_add_list(validation->problems, document_line(validation->document, path), path,
			  format, arguments);
	va_end(arguments);
}

void validation_note(const struct validation *validation, struct key_path path, const char *format,
		     ...)
{
	char *note CLEANUP(cleanup_free) = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&note, format, arguments);
	va_end(arguments);
	if (length < 0)
		validation->problems->out_of_memory = true;
	else
		problems_add_note(validation->problems, document_line(validation->document, path),
				  path, "note: %s", note);
}

void validation_refuse_reuse(const struct validation *validation, struct key_path path,
			     const char *value, struct key_path first)
{
	size_t line = document_line(validation->document, first);

	if (line)
		validation_refuse(validation, path, "%s is already %s, in line %zu", value,
				  first.text, line);
	else
		validation_refuse(validation, path, "%s is already %s", value, first.text);
}

bool validation_is_given(const struct validation *validation, struct key_path path, const char *key)
{
	return document_node(validation->document, key_path("%s.%s", path.text, key));
}
