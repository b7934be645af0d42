// SPDX-License-Identifier: GPL-2.0-or-later
/* The one place where bytes from elsewhere become JSON objects. */
#include "json.h"

#define MAX_DEPTH	6

/**
 * json_read() - read one value, and nothing behind it
 * @what: it should be, for people: "a message"
 * @bytes: JSON in UTF-8; need not end with a zero
 * @size: how many
 * @most: more are refused; less than 2 GiB
 * @err: set on failure
 *
 * Return: the value, the caller's, or %NULL.
 */
struct json_object *json_read(const char *what, const char *bytes, size_t size,
			      size_t most, struct mrb_error *err)
{
	struct json_tokener *tok;
	struct json_object *root;

	if (!size || size > most) {
		mrb_refuse(err, -EFBIG, "%s of %zu bytes; 1 to %zu are allowed",
			   what, size, most);
		return NULL;
	}
	tok = json_tokener_new_ex(MAX_DEPTH);
	if (!tok) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
			       JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tok, bytes, (int)size);
	if (!root || json_tokener_get_parse_end(tok) != size) {
		mrb_refuse(err, -EBADMSG, "%s that is no JSON: %s at byte %zu",
			   what, json_tokener_error_desc(json_tokener_get_error(tok)),
			   json_tokener_get_parse_end(tok));
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tok);
	return root;
}
