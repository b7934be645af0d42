// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices, items and requests as programs read them. The keys are the names
 * of the attributes in the netlink specification; what the kernel did not
 * tell is absent.
 */
#include <json-c/json.h>

#include "cmd_device.h"

/* Nanoseconds under the names of the phases. */
static struct json_object *times_json(const u64 *times)
{
	struct json_object *o = json_object_new_object();
	u32 i;

	for (i = 0; i < CSW_NUM_PHASES; i++)
		json_object_object_add(o, csw_phase_name(i),
				       json_object_new_uint64(times[i]));
	return o;
}

static struct json_object *bytes_json(const u8 *bytes, size_t len)
{
	char text[2 * MRB_BUILD_ID_LEN + 1] = "";
	size_t i;

	for (i = 0; i < len && i < MRB_BUILD_ID_LEN; i++)
		snprintf(text + 2 * i, sizeof("00"), "%02x", bytes[i]);
	return json_object_new_string(text);
}

static struct json_object *value_json(const struct csw_field *f,
				      const void *value)
{
	u32 v32;
	u64 v64;

	switch (f->kind) {
	case CSW_TEXT:
		return json_object_new_string(value);
	case CSW_U32:
		memcpy(&v32, value, sizeof(v32));
		return json_object_new_uint64(v32);
	case CSW_ENUM:
		memcpy(&v32, value, sizeof(v32));
		return json_object_new_string(f->to_name(v32));
	case CSW_U64:
		memcpy(&v64, value, sizeof(v64));
		return json_object_new_uint64(v64);
	case CSW_BYTES:
		return bytes_json(value, f->size);
	case CSW_TIMES:
		return times_json(value);
	}
	return NULL;
}

/**
 * object_json() - an object for programs
 * @fields: of the object
 * @object: a device, item or request
 *
 * Return: a JSON object that the caller owns.
 */
struct json_object *object_json(const struct csw_field *fields,
				const void *object)
{
	struct json_object *o = json_object_new_object();
	u64 present;

	memcpy(&present, object, sizeof(present));
	for (; fields->name; fields++)
		if (present & (1ULL << fields->attr))
			json_object_object_add(o, fields->name,
					       value_json(fields, (const char *)object +
							  fields->offset));
	return o;
}

/**
 * print_json() - print and release
 * @o: what; released
 * @pretty: on many lines, else on one
 */
void print_json(struct json_object *o, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (pretty)
		flags |= JSON_C_TO_STRING_PRETTY;
	puts(json_object_to_json_string_ext(o, flags));
	json_object_put(o);
}
