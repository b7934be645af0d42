// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking what there is: devices, items, requests.
 */
#include <stdlib.h>

#include "nl_private.h"

/* A dump that the kernel cut because something went is begun again. */
#define DUMP_TRIES	10

/**
 * struct dump - objects of one kind, as the kernel lists them
 * @fields: of the objects
 * @size: of an object
 * @objects: that have come
 * @num: of them
 * @full: memory was out
 */
struct dump {
	const struct csw_field *fields;
	size_t size;
	char *objects;
	size_t num;
	bool full;
};

static void take_object(struct nlmsghdr *header, void *ctx)
{
	struct dump *dump = ctx;
	char *larger, *object;

	larger = realloc(dump->objects, (dump->num + 1) * dump->size);
	if (!larger) {
		dump->full = true;
		return;
	}
	dump->objects = larger;
	object = larger + dump->num * dump->size;
	memset(object, 0, dump->size);
	if (!csw_parse(dump->fields, header, object))
		dump->num++;
}

static int dump_once(struct csw_socket *sk, struct dump *dump, int command,
		     const char *device, struct csw_error *err)
{
	struct nl_msg *msg;

	msg = csw_request_new(sk, command, NLM_F_DUMP, 256,
			      err);
	if (!msg)
		return err->code;
	if (device && nla_put_string(msg, CODESWAP_A_ITEM_DEVICE, device)) {
		nlmsg_free(msg);
		return csw_error(err, -EINVAL,
				 "device name '%s' is too long for a message",
				 device);
	}
	return csw_request_send(sk, msg, take_object, dump, err);
}

/* The objects are the caller's to free, also after a failure. */
static int read_dump(struct csw_socket *sk, struct dump *dump, int command,
		     const char *device, struct csw_error *err)
{
	int i, ret = -EINTR;

	for (i = 0; ret == -EINTR && i < DUMP_TRIES; i++) {
		dump->num = 0;
		ret = dump_once(sk, dump, command, device, err);
	}
	if (!ret && dump->full)
		ret = csw_error(err, -ENOMEM, "out of memory");
	return ret;
}

/**
 * csw_devices() - look at all devices
 * @sk: the socket
 * @fn: called for each, in the order of their numbers
 * @ctx: for @fn
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int csw_devices(struct csw_socket *sk, csw_device_fn *fn, void *ctx,
		struct csw_error *err)
{
	struct dump dump = {
		.fields = csw_device_fields,
		.size = sizeof(struct csw_device),
	};
	int ret = read_dump(sk, &dump, CODESWAP_CMD_DEVICE_GET, NULL, err);
	size_t i;

	for (i = 0; !ret && i < dump.num; i++)
		fn((struct csw_device *)dump.objects + i, ctx);
	free(dump.objects);
	return ret;
}

struct device_search {
	const char *name;
	struct csw_device *found;
	bool is_found;
};

static void search_device(const struct csw_device *device, void *ctx)
{
	struct device_search *search = ctx;

	if (search->is_found || (strcmp(device->name, search->name) &&
				 strcmp(device->label, search->name)))
		return;
	*search->found = *device;
	search->is_found = true;
}

/**
 * csw_device_get() - look at one device
 * @sk: the socket
 * @name: of the device, or its label
 * @device: set
 * @err: set on failure; code -ENODEV: there is none of that name
 *
 * Return: 0, or the code in @err.
 */
int csw_device_get(struct csw_socket *sk, const char *name,
		   struct csw_device *device, struct csw_error *err)
{
	struct device_search search = { .name = name, .found = device };
	int ret = csw_devices(sk, search_device, &search, err);

	if (!ret && !search.is_found)
		ret = csw_error(err, -ENODEV,
				"there is no device '%s'; 'codeswap list' shows what there is",
				name);
	return ret;
}

/**
 * csw_items() - look at what the last or current update of a device did
 * @sk: the socket; if it has fed an image for a check, the items of that check
 *	are told, whichever device is named
 * @device: its name or label
 * @fn: called for each item, in the order of their indices
 * @ctx: for @fn
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int csw_items(struct csw_socket *sk, const char *device, csw_item_fn *fn,
	      void *ctx, struct csw_error *err)
{
	struct dump dump = {
		.fields = csw_item_fields,
		.size = sizeof(struct csw_item),
	};
	int ret = read_dump(sk, &dump, CODESWAP_CMD_ITEM_GET, device, err);
	size_t i;

	for (i = 0; !ret && i < dump.num; i++)
		fn((struct csw_item *)dump.objects + i, ctx);
	free(dump.objects);
	return ret;
}

/**
 * csw_requests() - look at the image requests that nobody has answered
 * @sk: the socket
 * @fn: called for each
 * @ctx: for @fn
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int csw_requests(struct csw_socket *sk, csw_request_fn *fn, void *ctx,
		 struct csw_error *err)
{
	struct dump dump = {
		.fields = csw_request_fields,
		.size = sizeof(struct csw_request),
	};
	int ret = read_dump(sk, &dump, CODESWAP_CMD_REQUEST_GET, NULL, err);
	size_t i;

	for (i = 0; !ret && i < dump.num; i++)
		fn((struct csw_request *)dump.objects + i, ctx);
	free(dump.objects);
	return ret;
}
