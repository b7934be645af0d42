// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap list: the devices, one line each.
 */
#include <getopt.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "cmd_device.h"

static const char list_usage[] =
"Usage: codeswap list [--json]\n"
"\n"
"Lists the devices that can be given new microcode.\n";

static void add_device(const struct csw_device *device, void *ctx)
{
	struct device_list *list = ctx;
	struct csw_device *larger;

	larger = realloc(list->devices, (list->num + 1) * sizeof(*larger));
	if (!larger) {
		list->full = true;
		return;
	}
	list->devices = larger;
	list->devices[list->num++] = *device;
}

/**
 * device_list_read() - read all devices, and say what is wrong
 * @sk: socket
 * @list: set; its devices are the caller's to free, also after a failure
 *
 * Return: exit status.
 */
int device_list_read(struct csw_socket *sk, struct device_list *list)
{
	struct csw_error err;

	memset(list, 0, sizeof(*list));
	if (csw_devices(sk, add_device, list, &err))
		return failed("%s", err.text);
	return list->full ? failed("out of memory") : CMD_DONE;
}

/**
 * device_list_find() - look for a device
 * @list: where
 * @name: or label
 *
 * Return: the device, or %NULL.
 */
const struct csw_device *device_list_find(const struct device_list *list,
					  const char *name)
{
	size_t i;

	for (i = 0; i < list->num; i++)
		if (!strcmp(list->devices[i].name, name) ||
		    !strcmp(list->devices[i].label, name))
			return &list->devices[i];
	return NULL;
}

static void print_device(const struct csw_device *d)
{
	char blackout[TIME_LEN] = "-";

	if (d->blackout_ns)
		time_text(d->blackout_ns, blackout);
	printf("%-12s %-10s %-12s %-8s %-10s %-12s %-12s %s\n", d->name,
	       d->label[0] ? d->label : "-", d->type, csw_state_name(d->state),
	       d->version[0] ? d->version : "-", csw_phase_name(d->phase),
	       csw_result_name(d->result), blackout);
}

static void print_list(const struct device_list *list, bool json)
{
	struct json_object *array = json ? json_object_new_array() : NULL;
	size_t i;

	if (!json && list->num)
		printf("%-12s %-10s %-12s %-8s %-10s %-12s %-12s %s\n", "NAME",
		       "LABEL", "TYPE", "STATE", "VERSION", "PHASE", "RESULT",
		       "BLACKOUT");
	for (i = 0; i < list->num; i++) {
		if (json)
			json_object_array_add(array,
					      object_json(csw_device_fields,
							  &list->devices[i]));
		else
			print_device(&list->devices[i]);
	}
	if (json)
		print_json(array, true);
}

int cmd_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct device_list list;
	struct csw_socket *sk;
	struct csw_error err;
	bool json = false;
	int c, ret;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'j')
			return usage(list_usage, c == 'h');
		json = true;
	}
	if (optind < argc)
		return usage(list_usage, false);
	sk = csw_open(&err);
	if (!sk)
		return failed("%s", err.text);
	ret = device_list_read(sk, &list);
	if (!ret)
		print_list(&list, json);
	free(list.devices);
	csw_close(sk);
	return ret;
}
