// SPDX-License-Identifier: GPL-2.0-or-later
/* What is the same for devices, wherever they are. */
#include <stdlib.h>

#include "../feed.h"
#include "device.h"

static const char *const state_names[] = {
	[DEVICE_TESTING] = "testing",
	[DEVICE_MINIMAL] = "minimal",
	[DEVICE_LOADING] = "loading",
	[DEVICE_RUNNING] = "running",
	[DEVICE_GONE] = "gone",
};

const char *device_state_name(enum device_state state)
{
	return (unsigned int)state < ARRAY_SIZE(state_names) ? state_names[state] : "?";
}

/**
 * devices_open() - find the devices of this node
 * @s: site
 * @changed: to be told of what they do, from now on
 * @ctx: for @changed
 * @err: set on failure
 *
 * Return: to be closed with devices_close(), or %NULL.
 */
struct devices *devices_open(struct site *s, device_fn *changed, void *ctx,
			     struct mrb_error *err)
{
	struct devices *ds = calloc(1, sizeof(*ds));

	if (!ds) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	ds->site = s;
	ds->changed = changed;
	ds->ctx = ctx;
	ds->backend = s->options->models ? &model_devices : &kernel_devices;
	if (!ds->backend->open(ds, err))
		return ds;
	devices_close(ds);
	return NULL;
}

void devices_close(struct devices *ds)
{
	if (ds)
		ds->backend->close(ds);
	free(ds);
}

/* The device of that name, a new one if there is none; or NULL: too many. */
struct device *devices_add(struct devices *ds, const char *name)
{
	struct device *d, *gone = NULL;
	unsigned int i;

	for (i = 0; i < ds->num; i++) {
		d = &ds->list[i];
		if (!strcmp(d->name, name))
			return d;
		if (d->state == DEVICE_GONE)
			gone = d;
	}
	if (!gone && ds->num == SITE_MAX_DEVICES) {
		log_line(LOG_ERR, "%s: there are %d devices already; this one is left out",
			 name, SITE_MAX_DEVICES);
		return NULL;
	}
	d = gone ?: &ds->list[ds->num++];
	memset(d, 0, sizeof(*d));
	snprintf(d->name, sizeof(d->name), "%s", name);
	return d;
}

static void note_failure(struct device *d)
{
	if (d->state != DEVICE_LOADING || !d->file[0])
		return;
	memcpy(d->failed, d->given, sizeof(d->failed));
	d->has_failed = true;
}

/* A device does something else. Back from loading, its image has failed. */
void devices_set(struct devices *ds, struct device *d, enum device_state state)
{
	if (state == DEVICE_MINIMAL)
		note_failure(d);
	if (state == DEVICE_RUNNING) {
		d->has_failed = false;
		d->error[0] = '\0';
	} else {
		d->version[0] = '\0';
	}
	if (state != DEVICE_LOADING)
		d->file[0] = '\0';
	log_line(LOG_NOTICE, "%s is %s%s%s%s%s", d->name, device_state_name(state),
		 d->version[0] ? " with version " : "", d->version,
		 state == DEVICE_MINIMAL && d->error[0] ? ": " : "",
		 state == DEVICE_MINIMAL ? d->error : "");
	d->state = state;
	ds->changed(d, ds->ctx);
}

static bool has_type(const struct manifest_image *image, const char *type)
{
	unsigned int i;

	for (i = 0; i < image->num_types; i++)
		if (!strcmp(image->types[i], type))
			return true;
	return !*type;
}

/* It waits for an image, and this one has been given to it. */
bool device_has_failed(const struct device *d, const struct manifest_image *image)
{
	return d->state == DEVICE_MINIMAL && d->has_failed &&
	       !memcmp(d->failed, image->digest, sizeof(d->failed));
}

/* It waits for an image of that type, and this one has not failed on it. */
bool device_wants(const struct device *d, const struct manifest_image *image)
{
	return d->state == DEVICE_MINIMAL && has_type(image, d->type) &&
	       !device_has_failed(d, image);
}

/* The image in the file that is of the device's type. */
static int find_image(const struct device *d, int fd, u64 *offset, u64 *size,
		      struct mrb_error *err)
{
	struct image_view view = { 0 };
	struct image_file file;
	char path[32];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = image_file_open(&file, path, err);
	if (ret)
		return ret;
	while ((ret = image_view_next(&file, &view, err)) > 0) {
		if (d->type[0] && strcmp(view.image.header->device_type, d->type))
			continue;
		*offset = view.start;
		*size = view.end - view.start;
		break;
	}
	if (!ret)
		ret = mrb_refuse(err, -ENOENT, "the file has no image of type %s", d->type);
	image_view_done(&view);
	image_file_free(&file);
	return ret < 0 ? ret : 0;
}

/**
 * device_load() - give it an image
 * @ds: the devices
 * @d: one that wants it
 * @image: what is in the file
 * @fd: the file
 * @err: set on failure
 *
 * How it went is told by &struct devices.changed.
 *
 * Return: 0, or the code in @err; it then waits for another one.
 */
int device_load(struct devices *ds, struct device *d,
		const struct manifest_image *image, int fd, struct mrb_error *err)
{
	u64 offset = 0, size = 0;
	int ret;

	snprintf(d->file, sizeof(d->file), "%s", image->file);
	memcpy(d->given, image->digest, sizeof(d->given));
	d->error[0] = '\0';
	d->state = DEVICE_LOADING;
	ret = find_image(d, fd, &offset, &size, err);
	if (!ret)
		ret = ds->backend->load(ds, d, fd, offset, size, err);
	if (!ret)
		return 0;
	snprintf(d->error, sizeof(d->error), "%s", err->text);
	devices_set(ds, d, DEVICE_MINIMAL);
	return ret;
}

/* Back to its boot program; &struct devices.changed tells when it is there. */
int device_reset(struct devices *ds, struct device *d, struct mrb_error *err)
{
	d->has_failed = false;
	return ds->backend->reset(ds, d, err);
}
