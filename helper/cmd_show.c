// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap show: everything about devices. codeswap log: what the last or
 * current update of one found and did.
 */
#include <getopt.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "cmd_device.h"

static const char show_usage[] =
"Usage: codeswap show [--json] [DEVICE...]\n"
"\n"
"Shows all that is known of devices (by default all of them): state, the last\n"
"or current update with its times, and what it found and did.\n";

static const char log_usage[] =
"Usage: codeswap log [--json] DEVICE\n"
"\n"
"Shows what the last or current update of a device found and did.\n";

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

/* Where items go: a JSON array, or lines. */
struct item_sink {
	struct json_object *array;
	const char *heading;
};

static void take_item(const struct csw_item *item, void *ctx)
{
	struct item_sink *sink = ctx;

	if (sink->array) {
		json_object_array_add(sink->array,
				      object_json(csw_item_fields, item));
		return;
	}
	if (sink->heading)
		puts(sink->heading);
	sink->heading = NULL;
	print_item("    ", item);
}

static int show_items(struct csw_socket *sk, const char *device,
		      struct item_sink *sink)
{
	struct csw_error err;

	if (csw_items(sk, device, take_item, sink, &err))
		return failed("%s: %s", device, err.text);
	return CMD_DONE;
}

/* @array: for JSON, else %NULL. */
static int show_device(struct csw_socket *sk, const struct csw_device *d,
		       struct json_object *array)
{
	struct item_sink sink = { .heading = "  items:" };
	struct json_object *o;

	if (!array) {
		printf("%s\n", device_label(d));
		print_fields(csw_device_fields, d);
		return show_items(sk, d->name, &sink);
	}
	o = object_json(csw_device_fields, d);
	sink.array = json_object_new_array();
	json_object_object_add(o, "items", sink.array);
	json_object_array_add(array, o);
	return show_items(sk, d->name, &sink);
}

static int show_named(struct csw_socket *sk, const struct device_list *list,
		      const char *name, struct json_object *array)
{
	const struct csw_device *d = device_list_find(list, name);

	if (d)
		return show_device(sk, d, array);
	return failed("there is no device '%s'; 'codeswap list' shows what there is",
		      name);
}

static int show(struct csw_socket *sk, int num, char **names, bool json)
{
	struct json_object *array = json ? json_object_new_array() : NULL;
	struct device_list list;
	int ret = device_list_read(sk, &list);
	size_t i;

	for (i = 0; !ret && !num && i < list.num; i++)
		ret = show_device(sk, &list.devices[i], array);
	for (i = 0; !ret && i < (size_t)num; i++)
		ret = show_named(sk, &list, names[i], array);
	if (json && !ret)
		print_json(array, true);
	else
		json_object_put(array);
	free(list.devices);
	return ret;
}

/* Both verbs know the same options. False: exit with @status. */
static bool read_options(int argc, char **argv, const char *text, bool *json,
			 int *status)
{
	int c;

	*json = false;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'j') {
			*status = usage(text, c == 'h');
			return false;
		}
		*json = true;
	}
	return true;
}

int cmd_show(int argc, char **argv)
{
	struct csw_socket *sk;
	struct csw_error err;
	bool json;
	int ret;

	if (!read_options(argc, argv, show_usage, &json, &ret))
		return ret;
	sk = csw_open(&err);
	if (!sk)
		return failed("%s", err.text);
	ret = show(sk, argc - optind, argv + optind, json);
	csw_close(sk);
	return ret;
}

int cmd_log(int argc, char **argv)
{
	struct item_sink sink = { 0 };
	struct csw_device device;
	struct csw_socket *sk;
	struct csw_error err;
	bool json;
	int ret;

	if (!read_options(argc, argv, log_usage, &json, &ret))
		return ret;
	if (optind + 1 != argc)
		return usage(log_usage, false);
	sk = csw_open(&err);
	if (!sk)
		return failed("%s", err.text);
	if (json)
		sink.array = json_object_new_array();
	if (csw_device_get(sk, argv[optind], &device, &err))
		ret = failed("%s", err.text);
	else
		ret = show_items(sk, device.name, &sink);
	if (json && !ret)
		print_json(sink.array, true);
	else
		json_object_put(sink.array);
	csw_close(sk);
	return ret;
}
