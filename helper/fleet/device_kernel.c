// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices that the kernel has, by its generic netlink family. A device that
 * waits for an image has a request there; what is fed answers it. The family
 * may come later, and go.
 */
#include <stdlib.h>

#include "../feed.h"
#include "device.h"

/**
 * struct kernel - the family
 * @devices: of it
 * @family: tells when it comes and goes
 * @family_event: it has
 * @events: of devices, or %NULL
 * @events_event: there are some
 */
struct kernel {
	struct devices *devices;
	struct csw_socket *family;
	struct event *family_event;
	struct csw_socket *events;
	struct event *events_event;
};

static void lose_all(struct kernel *k)
{
	unsigned int i;

	for (i = 0; i < k->devices->num; i++)
		if (k->devices->list[i].state != DEVICE_GONE)
			devices_set(k->devices, &k->devices->list[i], DEVICE_GONE);
}

/*
 * The end of a swap is told with its number. What it had to say is of interest if it
 * is not success.
 */
static bool is_swapping(struct device *d, const struct csw_device *from)
{
	if (d->state != DEVICE_SWAPPING)
		return false;
	if (from->phase != CODESWAP_PHASE_IDLE || from->update_id != d->update)
		return true;
	if (from->result != CODESWAP_RESULT_SUCCESS)
		snprintf(d->error, sizeof(d->error), "%s",
			 from->error[0] ? from->error : "the swap did not succeed");
	return false;
}

static void see_running(struct kernel *k, struct device *d, const struct csw_device *from)
{
	/* It has to prove healthy first. */
	if (d->state == DEVICE_LOADING && from->phase != CODESWAP_PHASE_IDLE)
		return;
	if (is_swapping(d, from))
		return;
	if (d->state == DEVICE_RUNNING) {
		if (!strcmp(d->version, from->version))
			return;
		/* Somebody else has swapped. */
		d->error[0] = '\0';
	}
	snprintf(d->version, sizeof(d->version), "%s", from->version);
	d->request = 0;
	d->update = 0;
	devices_set(k->devices, d, DEVICE_RUNNING);
}

/* A device that has no request yet is on its way to one. */
static void see_device(const struct csw_device *from, void *ctx)
{
	struct kernel *k = ctx;
	struct device *d = devices_add(k->devices, from->label[0] ? from->label : from->name);

	if (!d)
		return;
	snprintf(d->type, sizeof(d->type), "%s", from->type);
	if (from->state == CODESWAP_DEVICE_STATE_RUNNING) {
		see_running(k, d, from);
		return;
	}
	if (from->error[0])
		snprintf(d->error, sizeof(d->error), "%s", from->error);
	if (d->state == DEVICE_RUNNING || d->state == DEVICE_SWAPPING)
		devices_set(k->devices, d, DEVICE_TESTING);
}

static void see_request(const struct csw_request *request, void *ctx)
{
	struct kernel *k = ctx;
	struct csw_device device;
	struct csw_socket *sk;
	struct csw_error err;
	struct device *d = NULL;

	/* By name somebody asks for a file that is to be here: not for a site. */
	if (request->image_name[0] || !request->device[0])
		return;
	sk = csw_open(&err);
	if (sk && !csw_device_get(sk, request->device, &device, &err))
		d = devices_add(k->devices, device.label[0] ? device.label : device.name);
	csw_close(sk);
	if (!d || d->request == request->id)
		return;
	snprintf(d->type, sizeof(d->type), "%s", device.type);
	d->request = request->id;
	devices_set(k->devices, d, DEVICE_MINIMAL);
}

static void lose_device(struct kernel *k, const struct csw_device *from)
{
	unsigned int i;

	for (i = 0; i < k->devices->num; i++) {
		struct device *d = &k->devices->list[i];

		if (d->state != DEVICE_GONE &&
		    (!strcmp(d->name, from->label) || !strcmp(d->name, from->name)))
			devices_set(k->devices, d, DEVICE_GONE);
	}
}

static void on_event(const struct csw_event *event, void *ctx)
{
	switch (event->command) {
	case CODESWAP_CMD_DEVICE_NTF:
		see_device(&event->device, ctx);
		break;
	case CODESWAP_CMD_DEVICE_DEL_NTF:
		lose_device(ctx, &event->device);
		break;
	case CODESWAP_CMD_REQUEST_NTF:
		see_request(&event->request, ctx);
		break;
	}
}

static int look_at_all(struct kernel *k, struct csw_error *err)
{
	struct csw_socket *sk = csw_open(err);
	int ret;

	if (!sk)
		return err->code;
	ret = csw_devices(sk, see_device, k, err);
	if (!ret)
		ret = csw_requests(sk, see_request, k, err);
	csw_close(sk);
	return ret;
}

static void drop_events(struct kernel *k)
{
	if (k->events_event)
		event_free(k->events_event);
	csw_close(k->events);
	k->events_event = NULL;
	k->events = NULL;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx);

/* Events first, then what is there already: nothing falls between them. */
static int find(struct kernel *k, struct csw_error *err)
{
	drop_events(k);
	k->events = csw_open(err);
	if (k->events && !csw_join(k->events, CODESWAP_MCGRP_EVENTS, err) &&
	    !csw_join(k->events, CODESWAP_MCGRP_REQUESTS, err) &&
	    !look_at_all(k, err)) {
		k->events_event = event_new(k->devices->site->base,
					    csw_fd(k->events), EV_READ | EV_PERSIST,
					    on_readable, k);
		if (k->events_event && !event_add(k->events_event, NULL))
			return 0;
		csw_error(err, -ENOMEM, "out of memory");
	}
	drop_events(k);
	return err->code;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct kernel *k = ctx;
	struct csw_error err;
	int ret;

	(void)fd;
	(void)what;
	ret = csw_receive(k->events, on_event, k, &err);
	if (ret == -ENOBUFS)
		ret = look_at_all(k, &err);
	if (!ret)
		return;
	log_line(LOG_WARNING, "%s", err.text);
	if (find(k, &err))
		log_line(LOG_WARNING, "%s; waiting for codeswap", err.text);
}

static void on_family(bool present, void *ctx)
{
	struct kernel *k = ctx;
	struct csw_error err;

	if (!present) {
		log_line(LOG_NOTICE, "codeswap has gone; waiting for it");
		drop_events(k);
		lose_all(k);
	} else if (find(k, &err)) {
		log_line(LOG_WARNING, "codeswap has come: %s", err.text);
	}
}

static void on_family_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct kernel *k = ctx;
	struct csw_error err;

	(void)fd;
	(void)what;
	if (csw_receive_family(k->family, on_family, k, &err))
		log_line(LOG_WARNING, "%s", err.text);
}

static int kernel_open(struct devices *ds, struct mrb_error *err)
{
	struct kernel *k = calloc(1, sizeof(*k));
	struct csw_error why;

	ds->private = k;
	if (!k)
		return mrb_refuse(err, -ENOMEM, "out of memory");
	k->devices = ds;
	k->family = csw_watch_family(&why);
	if (!k->family)
		return mrb_refuse(err, why.code, "%s", why.text);
	k->family_event = event_new(ds->site->base, csw_fd(k->family),
				    EV_READ | EV_PERSIST, on_family_readable, k);
	if (!k->family_event || event_add(k->family_event, NULL))
		return mrb_refuse(err, -ENOMEM, "out of memory");
	if (find(k, &why) && why.code != -ENOENT)
		return mrb_refuse(err, why.code, "%s", why.text);
	return 0;
}

static void kernel_close(struct devices *ds)
{
	struct kernel *k = ds->private;

	if (!k)
		return;
	drop_events(k);
	if (k->family_event)
		event_free(k->family_event);
	csw_close(k->family);
	free(k);
}

static int kernel_load(struct devices *ds, struct device *d, int fd, u64 offset,
		       u64 size, struct mrb_error *err)
{
	struct csw_feed how = {
		.request_id = d->request,
		.image_name = csw_image_name_problem(d->file) ? NULL : d->file,
	};
	struct csw_error why;
	struct csw_socket *sk = csw_open(&why);
	u64 update_id;
	int ret;

	(void)ds;
	if (!sk)
		return mrb_refuse(err, why.code, "%s", why.text);
	d->request = 0;
	ret = csw_stage_fd(sk, &how, fd, offset, size, &update_id, &why);
	csw_close(sk);
	return ret ? mrb_refuse(err, ret, "%s", why.text) : 0;
}

static int stage_and_swap(struct csw_socket *sk, struct device *d, int fd, u64 offset,
			  u64 size, struct csw_error *why)
{
	const char *const devices[] = { d->name };
	struct csw_feed how = {
		.devices = devices,
		.num_devices = ARRAY_SIZE(devices),
		.image_name = csw_image_name_problem(d->file) ? NULL : d->file,
	};
	struct csw_error ignored;
	u64 update_id = 0;
	int ret;

	ret = csw_stage_fd(sk, &how, fd, offset, size, &update_id, why);
	if (ret)
		return ret;
	ret = csw_swap(sk, d->name, false, false, &d->update, why);
	/* What is staged would keep the device to itself. */
	if (ret)
		csw_control(sk, CODESWAP_CMD_CANCEL, d->name, &ignored);
	return ret;
}

/* The kernel reads the image while we wait, as for a load; the swap is its own. */
static int kernel_swap(struct devices *ds, struct device *d, int fd, u64 offset,
		       u64 size, struct mrb_error *err)
{
	struct csw_error why;
	struct csw_socket *sk = csw_open(&why);
	int ret;

	(void)ds;
	if (!sk)
		return mrb_refuse(err, why.code, "%s", why.text);
	d->update = 0;
	ret = stage_and_swap(sk, d, fd, offset, size, &why);
	csw_close(sk);
	return ret ? mrb_refuse(err, ret, "%s", why.text) : 0;
}

static int kernel_reset(struct devices *ds, struct device *d, struct mrb_error *err)
{
	struct csw_error why;
	struct csw_socket *sk = csw_open(&why);
	int ret;

	(void)ds;
	if (!sk)
		return mrb_refuse(err, why.code, "%s", why.text);
	ret = csw_control(sk, CODESWAP_CMD_RESET, d->name, &why);
	csw_close(sk);
	return ret ? mrb_refuse(err, ret, "%s", why.text) : 0;
}

const struct devices_backend kernel_devices = {
	.open = kernel_open,
	.close = kernel_close,
	.load = kernel_load,
	.swap = kernel_swap,
	.reset = kernel_reset,
};
