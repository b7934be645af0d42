// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap check: what a swap would find. The device is not touched.
 */
#include <json-c/json.h>

#include "cmd_device.h"

/*
 * Where items go: JSON, or lines if there is none. Those of an update are not
 * meant: the image was refused before there was anything to compare.
 */
static void take_item(const struct csw_item *item, void *ctx)
{
	struct json_object *items = ctx;

	if (item->update_id)
		return;
	if (items)
		json_object_array_add(items,
				      object_json(csw_item_fields, item));
	else
		print_item("  ", item);
}

/* The kernel wants a device named, though the items are those of the check. */
static const char *some_device(const struct session *s, const char *type)
{
	size_t i;

	for (i = 0; i < s->list.num; i++)
		if ((!type || !strcmp(s->list.devices[i].type, type)) &&
		    is_selected(s->options, &s->list.devices[i]))
			return s->list.devices[i].name;
	return NULL;
}

static void add_result(struct json_object *images, const char *type,
		       const char *error, struct json_object *items)
{
	struct json_object *o = json_object_new_object();

	if (type)
		json_object_object_add(o, "type", json_object_new_string(type));
	json_object_object_add(o, "accepted", json_object_new_boolean(!error));
	if (error)
		json_object_object_add(o, "error",
				       json_object_new_string(error));
	json_object_object_add(o, "items", items);
	json_object_array_add(images, o);
}

static int checked(struct session *s, const struct fed *fed)
{
	struct json_object *images = s->options->images, *items = NULL;
	const char *type = NULL, *device;
	struct csw_error err;
	int ret = CMD_DONE;

	if (images)
		items = json_object_new_array();
	if (fed->view.image.tables)
		type = fed->view.image.header->device_type;
	device = some_device(s, type);
	if (device && csw_items(fed->sk, device, take_item, items, &err) &&
	    !fed->error)
		ret = failed("%s", err.text);
	if (images)
		add_result(images, type, fed->error, items);
	if (fed->error)
		return failed("%s", fed->error);
	if (!images)
		printf("accepted%s%s\n", *fed->note ? ": " : "", fed->note);
	return ret;
}

int cmd_check(int argc, char **argv)
{
	struct update_options o;
	struct session s;
	int ret = update_options_read(&o, argc, argv, "check");

	if (ret)
		return ret < 0 ? CMD_DONE : ret;
	if (o.json)
		o.images = json_object_new_array();
	o.feed.check_only = true;
	ret = session_begin(&s, &o);
	if (!ret)
		ret = select_devices(&s, &o, true);
	if (!ret)
		ret = feed_file(&s, &o.feed, checked);
	session_end(&s);
	if (o.json)
		print_json(o.images, true);
	return ret;
}
