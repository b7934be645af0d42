// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages: from bytes to a structure and back, by one table of fields. What a
 * type of message does not have is left out of both.
 */
#include <stdint.h>
#include <stdlib.h>

#include "json.h"
#include "message.h"

static const char *const type_names[MESSAGE_TYPES] = {
	[MESSAGE_HELLO] = "hello",
	[MESSAGE_REQUEST] = "request",
	[MESSAGE_OFFER] = "offer",
	[MESSAGE_ACK] = "ack",
	[MESSAGE_READY] = "ready",
	[MESSAGE_STATUS] = "status",
	[MESSAGE_RESET] = "reset",
	[MESSAGE_QUERY] = "query",
	[MESSAGE_ORDER] = "order",
	[MESSAGE_LEAVE] = "leave",
	[MESSAGE_GRANT] = "grant",
	[MESSAGE_UPDATE] = "update",
	[MESSAGE_INSTALL] = "install",
};

/* A LONG text is of any length, and may be left empty. */
enum kind { TEXT, LONG, NUMBER, TYPES, TARGETS, RANGES };

#define IN(type)	(1U << MESSAGE_##type)
#define EVERY		((1U << MESSAGE_TYPES) - 1)

/**
 * struct field - a field of messages
 * @name: in JSON
 * @kind: how it is written
 * @in: types of message that have it
 * @may_be_empty: text of no characters will do
 * @offset: in struct message
 * @room: of a text with its zero; the largest value of a number
 */
struct field {
	const char *name;
	enum kind kind;
	unsigned int in;
	bool may_be_empty;
	size_t offset;
	u64 room;
};

#define TEXT_FIELD(name_, member, in_, empty) { \
	.name = (name_), .kind = TEXT, .in = (in_), .may_be_empty = (empty), \
	.offset = offsetof(struct message, member), \
	.room = sizeof(((struct message *)0)->member) }
#define NUMBER_FIELD(name_, member, in_, most) { \
	.name = (name_), .kind = NUMBER, .in = (in_), \
	.offset = offsetof(struct message, member), .room = (most) }
#define LONG_FIELD(name_, member, in_) { \
	.name = (name_), .kind = LONG, .in = (in_), \
	.offset = offsetof(struct message, member) }
#define OTHER_FIELD(name_, kind_, in_) { \
	.name = (name_), .kind = (kind_), .in = (in_) }

static const struct field fields[] = {
	TEXT_FIELD("name", name, EVERY, false),
	TEXT_FIELD("role", role, IN(HELLO), false),
	NUMBER_FIELD("port", port, IN(HELLO) | IN(OFFER), 65535),
	NUMBER_FIELD("sequence", sequence, EVERY, INT64_MAX),
	NUMBER_FIELD("offer", offer, IN(OFFER) | IN(ACK) | IN(READY), INT64_MAX),
	OTHER_FIELD("types", TYPES, IN(REQUEST) | IN(RESET)),
	TEXT_FIELD("file", file, IN(OFFER) | IN(ACK) | IN(READY), false),
	TEXT_FIELD("group", group, IN(OFFER), false),
	NUMBER_FIELD("sender", sender, IN(OFFER), UINT32_MAX),
	TEXT_FIELD("url", url, IN(OFFER) | IN(INSTALL), true),
	OTHER_FIELD("missing", RANGES, IN(ACK)),
	TEXT_FIELD("module-type", module_type, IN(STATUS), false),
	TEXT_FIELD("state", state, IN(STATUS), false),
	TEXT_FIELD("version", version, IN(STATUS), true),
	NUMBER_FIELD("progress", progress, IN(STATUS), 100),
	NUMBER_FIELD("more", more, IN(STATUS), MESSAGE_MAX_TYPES),
	TEXT_FIELD("error", error, IN(READY) | IN(STATUS) | IN(GRANT), true),
	TEXT_FIELD("nonce", nonce, IN(STATUS) | IN(QUERY), true),
	TEXT_FIELD("set", set, IN(STATUS) | IN(LEAVE), true),
	TEXT_FIELD("desired", desired, IN(STATUS), true),
	TEXT_FIELD("service", service, IN(STATUS), false),
	NUMBER_FIELD("order", order, IN(STATUS) | IN(ORDER), INT64_MAX),
	TEXT_FIELD("outcome", outcome, IN(STATUS), true),
	TEXT_FIELD("word", word, IN(ORDER) | IN(LEAVE), false),
	TEXT_FIELD("method", method, IN(ORDER), true),
	OTHER_FIELD("targets", TARGETS, IN(ORDER)),
	NUMBER_FIELD("epoch", epoch, IN(STATUS) | IN(ORDER), INT64_MAX),
	TEXT_FIELD("holder", holder, IN(STATUS) | IN(ORDER), true),
	LONG_FIELD("manifest", manifest, IN(OFFER) | IN(INSTALL) | IN(UPDATE)),
	LONG_FIELD("proof", proof, IN(STATUS)),
};

/* The word for a type, or "?". */
const char *message_name(enum message_type type)
{
	return (unsigned int)type < MESSAGE_TYPES ? type_names[type] : "?";
}

/* Is @text one of @num texts with room for @room bytes each? None stands for all. */
static bool is_meant(const char *first, size_t room, unsigned int num, const char *text)
{
	unsigned int i;

	for (i = 0; i < num; i++)
		if (!strcmp(first + i * room, text))
			return true;
	return !num;
}

/* Is somebody of that name meant by the order? */
bool message_is_for(const struct message *order, const char *name)
{
	return is_meant(order->targets[0], sizeof(order->targets[0]), order->num_targets, name);
}

/* Are modules of that type meant? */
bool message_is_for_type(const struct message *m, const char *type)
{
	return is_meant(m->types[0], sizeof(m->types[0]), m->num_types, type);
}

static int malformed(struct mrb_error *err, const struct message *m,
		     const char *field)
{
	return mrb_refuse(err, -EBADMSG, "%s: the field '%s' is missing or malformed",
			  message_name(m->type), field);
}

/* Printable, and as long as there is room for. */
static bool copy_text(struct json_object *value, char *text, size_t room,
		      bool may_be_empty)
{
	size_t len, i;
	const char *from;

	if (!json_object_is_type(value, json_type_string))
		return false;
	from = json_object_get_string(value);
	len = json_object_get_string_len(value);
	if (len >= room || (!len && !may_be_empty))
		return false;
	for (i = 0; i < len; i++)
		if (from[i] < ' ' || from[i] > '~')
			return false;
	memcpy(text, from, len + 1);
	return true;
}

static bool get_number(struct json_object *value, u64 most, u64 *number)
{
	if (!json_object_is_type(value, json_type_int) ||
	    json_object_get_int64(value) < 0)
		return false;
	*number = json_object_get_uint64(value);
	return *number <= most;
}

/* A list of up to @most words, for each of which there are @room characters. */
static bool read_words(struct json_object *value, char *words, size_t room,
		       size_t most, unsigned int *num_words)
{
	size_t num, i;

	if (!json_object_is_type(value, json_type_array))
		return false;
	num = json_object_array_length(value);
	if (num > most)
		return false;
	for (i = 0; i < num; i++)
		if (!copy_text(json_object_array_get_idx(value, i), words + i * room,
			       room, false))
			return false;
	*num_words = num;
	return true;
}

/* [first, number] each, in ascending order and apart. */
static bool read_range(struct json_object *pair, u64 least,
		       struct chunk_range *range)
{
	u64 first, num;

	if (!json_object_is_type(pair, json_type_array) ||
	    json_object_array_length(pair) != 2 ||
	    !get_number(json_object_array_get_idx(pair, 0), UINT32_MAX, &first) ||
	    !get_number(json_object_array_get_idx(pair, 1), UINT32_MAX, &num) ||
	    first < least || !num || first + num > UINT32_MAX)
		return false;
	range->first = first;
	range->num = num;
	return true;
}

static bool read_ranges(struct message *m, struct json_object *value)
{
	size_t num, i;
	u64 least = 0;

	if (!json_object_is_type(value, json_type_array))
		return false;
	num = json_object_array_length(value);
	if (num > MESSAGE_MAX_RANGES)
		return false;
	for (i = 0; i < num; i++) {
		if (!read_range(json_object_array_get_idx(value, i), least,
				&m->ranges[i]))
			return false;
		least = (u64)m->ranges[i].first + m->ranges[i].num + 1;
	}
	m->num_ranges = num;
	return true;
}

static bool read_long(struct json_object *value, char **text)
{
	if (!json_object_is_type(value, json_type_string))
		return false;
	if (!json_object_get_string_len(value))
		return true;
	*text = strdup(json_object_get_string(value));
	return *text;
}

static bool read_field(struct message *m, const struct field *f,
		       struct json_object *value)
{
	char *at = (char *)m + f->offset;

	switch (f->kind) {
	case TEXT:
		return copy_text(value, at, f->room, f->may_be_empty);
	case NUMBER:
		return get_number(value, f->room, (u64 *)(void *)at);
	case TYPES:
		return read_words(value, m->types[0], MRB_TYPE_LEN, MESSAGE_MAX_TYPES,
				  &m->num_types);
	case TARGETS:
		return read_words(value, m->targets[0], MESSAGE_NAME_LEN,
				  MESSAGE_MAX_TARGETS, &m->num_targets);
	case RANGES:
		return read_ranges(m, value);
	case LONG:
		return read_long(value, (char **)(void *)at);
	}
	return false;
}

static int read_type(struct message *m, struct json_object *root,
		     struct mrb_error *err)
{
	struct json_object *value;
	u64 format;
	int i;

	if (!json_object_is_type(root, json_type_object) ||
	    !json_object_object_get_ex(root, "codeswap", &value) ||
	    !get_number(value, INT64_MAX, &format))
		return mrb_refuse(err, -EBADMSG, "this is no message of codeswap's");
	if (format != MESSAGE_FORMAT)
		return mrb_refuse(err, -EPROTONOSUPPORT,
				  "a message of format %llu; this program speaks %u",
				  format, MESSAGE_FORMAT);
	for (i = 0; i < MESSAGE_TYPES; i++) {
		if (!json_object_object_get_ex(root, "type", &value) ||
		    strcmp(json_object_get_string(value) ?: "", type_names[i]))
			continue;
		m->type = i;
		return 0;
	}
	return mrb_refuse(err, -EOPNOTSUPP, "a message of a type that is not known");
}

static int read_message(struct message *m, struct json_object *root,
			struct mrb_error *err)
{
	struct json_object *value;
	const struct field *f;
	size_t i;

	if (read_type(m, root, err))
		return err->code;
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		f = &fields[i];
		if (f->in & (1U << m->type) &&
		    (!json_object_object_get_ex(root, f->name, &value) ||
		     !read_field(m, f, value)))
			return malformed(err, m, f->name);
	}
	return 0;
}

/**
 * message_parse() - read a message
 * @bytes: JSON; need not end with a zero
 * @size: how many
 * @err: set on failure
 *
 * Return: the message, to be freed with message_free(), or %NULL.
 */
struct message *message_parse(const char *bytes, size_t size,
			      struct mrb_error *err)
{
	struct message *m = calloc(1, sizeof(*m));
	struct json_object *root;
	int ret;

	if (!m) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	root = json_read("a message", bytes, size, MESSAGE_MAX_BYTES, err);
	ret = root ? read_message(m, root, err) : err->code;
	json_object_put(root);
	if (!ret)
		return m;
	message_free(m);
	return NULL;
}

void message_free(struct message *m)
{
	if (m) {
		free(m->manifest);
		free(m->proof);
	}
	free(m);
}

static struct json_object *words_json(const char *words, size_t room, unsigned int num)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < num; i++)
		json_object_array_add(array, json_object_new_string(words + i * room));
	return array;
}

static struct json_object *ranges_json(const struct message *m)
{
	struct json_object *array = json_object_new_array(), *pair;
	unsigned int i;

	for (i = 0; i < m->num_ranges; i++) {
		pair = json_object_new_array();
		json_object_array_add(pair, json_object_new_int64(m->ranges[i].first));
		json_object_array_add(pair, json_object_new_int64(m->ranges[i].num));
		json_object_array_add(array, pair);
	}
	return array;
}

static struct json_object *field_json(const struct message *m,
				      const struct field *f)
{
	const char *at = (const char *)m + f->offset, *text;

	switch (f->kind) {
	case TEXT:
		return json_object_new_string(at);
	case NUMBER:
		return json_object_new_uint64(*(const u64 *)(const void *)at);
	case TYPES:
		return words_json(m->types[0], MRB_TYPE_LEN, m->num_types);
	case TARGETS:
		return words_json(m->targets[0], MESSAGE_NAME_LEN, m->num_targets);
	case RANGES:
		return ranges_json(m);
	case LONG:
		text = *(char *const *)(const void *)at;
		return json_object_new_string(text ?: "");
	}
	return NULL;
}

/**
 * message_format() - write a message
 * @m: message
 * @size: set to the bytes, without the zero behind them
 *
 * Return: text to be freed, or %NULL without memory.
 */
char *message_format(const struct message *m, size_t *size)
{
	struct json_object *root = json_object_new_object();
	char *text;
	size_t i;

	json_object_object_add(root, "codeswap",
			       json_object_new_int(MESSAGE_FORMAT));
	json_object_object_add(root, "type",
			       json_object_new_string(message_name(m->type)));
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].in & (1U << m->type))
			json_object_object_add(root, fields[i].name,
					       field_json(m, &fields[i]));
	text = strdup(json_object_to_json_string_ext(root,
						     JSON_C_TO_STRING_PLAIN));
	json_object_put(root);
	*size = text ? strlen(text) : 0;
	return text;
}
