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
	[DEVICE_SWAPPING] = "swapping",
	[DEVICE_BLANK] = "blank",
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
	if (!d->file[0])
		return;
	memcpy(d->failed, d->given, sizeof(d->failed));
	d->has_failed = true;
}

/* With an error it goes on with what it ran before. */
static void note_running(struct device *d)
{
	if ((d->state == DEVICE_SWAPPING || d->state == DEVICE_RUNNING) && d->error[0]) {
		note_failure(d);
		return;
	}
	d->has_failed = false;
	d->error[0] = '\0';
}

/* What there is to say of a device that does something else. */
static void say(const struct device *d, enum device_state state)
{
	bool explains = d->error[0] && (state == DEVICE_MINIMAL || state == DEVICE_RUNNING ||
					state == DEVICE_BLANK);

	log_line(LOG_NOTICE, "%s is %s%s%s%s%s", d->name, device_state_name(state),
		 d->version[0] ? " with version " : "", d->version,
		 explains ? ": " : "", explains ? d->error : "");
}

/* A device does something else. Back from loading, its image has failed. */
void devices_set(struct devices *ds, struct device *d, enum device_state state)
{
	if (state == DEVICE_MINIMAL && d->state == DEVICE_LOADING)
		note_failure(d);
	if (state == DEVICE_RUNNING)
		note_running(d);
	else if (state != DEVICE_SWAPPING)
		d->version[0] = '\0';
	if (state != DEVICE_LOADING && state != DEVICE_SWAPPING)
		d->file[0] = '\0';
	say(d, state);
	d->state = state;
	ds->changed(d, ds->ctx);
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
	return d->state == DEVICE_MINIMAL && !device_has_failed(d, image) &&
	       (!*d->type || manifest_image_is_for(image, d->type));
}

/* The image in the file that is of that type; of any, if the type is empty. */
static int find_image(const char *type, int fd, u64 *offset, u64 *size,
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
		if (*type && strcmp(view.image.header->device_type, type))
			continue;
		*offset = view.start;
		*size = view.end - view.start;
		break;
	}
	if (!ret)
		ret = mrb_refuse(err, -ENOENT, "the file has no image of type %s", type);
	image_view_done(&view);
	image_file_free(&file);
	return ret < 0 ? ret : 0;
}

static void begin(struct device *d, const struct manifest_image *image,
		  enum device_state state)
{
	snprintf(d->file, sizeof(d->file), "%s", image->file);
	memcpy(d->given, image->digest, sizeof(d->given));
	d->error[0] = '\0';
	d->state = state;
}

/* It did not even begin; it is where it was. */
static int not_begun(struct devices *ds, struct device *d, enum device_state state,
		     const struct mrb_error *err)
{
	snprintf(d->error, sizeof(d->error), "%s", err->text);
	devices_set(ds, d, state);
	return err->code;
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

	begin(d, image, DEVICE_LOADING);
	ret = find_image(d->type, fd, &offset, &size, err);
	if (!ret)
		ret = ds->backend->load(ds, d, fd, offset, size, err);
	return ret ? not_begun(ds, d, DEVICE_MINIMAL, err) : 0;
}

/**
 * device_swap() - have an image take over from the one that runs
 * @ds: the devices
 * @d: one that runs
 * @image: what is in the file
 * @fd: the file
 * @err: set on failure
 *
 * How it went is told by &struct devices.changed: it runs, and has the new version; or
 * it has the old one, and an error, and the image is noted as one that failed. If not
 * even the old one can be brought back, the device comes back minimal, as after a reset.
 *
 * Return: 0, or the code in @err; it then goes on with the old image, which has been told
 * as well.
 */
int device_swap(struct devices *ds, struct device *d,
		const struct manifest_image *image, int fd, struct mrb_error *err)
{
	u64 offset = 0, size = 0;
	int ret;

	if (d->state != DEVICE_RUNNING)
		return mrb_refuse(err, -EBUSY, "%s is %s; only what runs can be swapped",
				  d->name, device_state_name(d->state));
	begin(d, image, DEVICE_SWAPPING);
	ret = find_image(d->type, fd, &offset, &size, err);
	if (!ret)
		ret = ds->backend->swap(ds, d, fd, offset, size, err);
	return ret ? not_begun(ds, d, DEVICE_RUNNING, err) : 0;
}

/**
 * device_boot() - put a boot block into it, and start it from there
 * @ds: the devices
 * @d: one of them, whatever it does
 * @fd: file with the boot block, one image
 * @err: set on failure
 *
 * How it went is told by &struct devices.changed: it comes up minimal, as after power on;
 * or, if it finds the boot block wrong, it goes on with what it did, and has an error.
 *
 * Return: 0, or the code in @err; then nothing has changed.
 */
int device_boot(struct devices *ds, struct device *d, int fd, struct mrb_error *err)
{
	u64 offset = 0, size = 0;
	int ret;

	if (!ds->backend->boot)
		return mrb_refuse(err, -EOPNOTSUPP,
				  "%s has a boot program of its own, which cannot be written",
				  d->name);
	ret = find_image("", fd, &offset, &size, err);
	if (!ret)
		ret = ds->backend->boot(ds, d, fd, offset, size, err);
	if (ret)
		return ret;
	d->has_failed = false;
	d->error[0] = '\0';
	/* What it did otherwise it does until it says something else. */
	if (d->state == DEVICE_BLANK)
		devices_set(ds, d, DEVICE_TESTING);
	return 0;
}

/* Back to its boot program; &struct devices.changed tells when it is there. */
int device_reset(struct devices *ds, struct device *d, struct mrb_error *err)
{
	d->has_failed = false;
	return ds->backend->reset(ds, d, err);
}

/**
 * devices_reset() - back to the boot programs
 * @ds: the devices
 * @types: of those that are meant; none for all
 * @by: whose order that is, for people; %NULL: nobody's
 *
 * One that cannot be reset goes on with what it does, which is logged.
 */
void devices_reset(struct devices *ds, const struct message *types, const char *by)
{
	struct mrb_error err;
	unsigned int i;

	for (i = 0; i < ds->num; i++) {
		struct device *d = &ds->list[i];

		if (d->state == DEVICE_GONE || !message_is_for_type(types, d->type))
			continue;
		log_line(LOG_NOTICE, "%s is reset%s%s", d->name, by ? " by order of " : "",
			 by ?: "");
		if (device_reset(ds, d, &err))
			log_line(LOG_ERR, "%s cannot be reset: %s", d->name, err.text);
		/* What it says next is of the time after it. */
		d->version[0] = '\0';
	}
}
