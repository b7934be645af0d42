// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the flash into the devices: boot blocks, and then firmware. All of a file is compared
 * with the manifest each time before any of it runs.
 */
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"

/* Is it what devices of some type start from? */
bool cell_image_is_boot(const struct manifest_image *image)
{
	size_t len = strlen(image->types[0].name);

	return len > strlen(BOOT_SUFFIX) &&
	       !strcmp(image->types[0].name + len - strlen(BOOT_SUFFIX), BOOT_SUFFIX);
}

static const struct manifest_image *find(const struct cell *c, const struct device *d,
					 const char *suffix)
{
	const struct manifest *m = master_store_manifest(c->master->store);
	char type[MRB_TYPE_LEN + sizeof(BOOT_SUFFIX)];

	snprintf(type, sizeof(type), "%s%s", d->type, suffix);
	return m ? manifest_find(m, type) : NULL;
}

/* Another manifest is needed; until it comes, this one is neither gone by nor given. */
static void lacks_image(struct cell *c, const struct device *d, const char *suffix)
{
	const struct manifest *m = master_store_manifest(c->master->store);

	if (!m) {
		cell_set_problem(c, CELL_NO_MANIFEST);
		return;
	}
	c->bad = m->sequence;
	cell_set_problem(c, "manifest %llu has no image of type %s%s; install one that has",
			 m->sequence, d->type, suffix);
}

/* The file, compared; what is damaged is known to be from then on. Or NULL. */
static struct chunks *read_file(struct cell *c, const struct manifest_image *image)
{
	struct mrb_error err;
	struct chunks *file;

	if (!image || !master_store_has(c->master->store, image))
		return NULL;
	file = master_store_open(c->master->store, image, &err);
	if (file)
		return file;
	log_line(LOG_WARNING, "%s; it is errored", err.text);
	cell_set_problem(c, "%s", err.text);
	master_lost(c->master, image);
	return NULL;
}

static void keep(struct cell *c, const struct device *d, struct chunks *file)
{
	unsigned int i = d - c->devices->list;

	chunks_free(c->files[i]);
	c->files[i] = file;
}

void cell_drop_files(struct cell *c)
{
	unsigned int i;

	for (i = 0; i < SITE_MAX_DEVICES; i++) {
		chunks_free(c->files[i]);
		c->files[i] = NULL;
	}
}

static bool give_boot_block(struct cell *c, struct device *d)
{
	const struct manifest_image *image = find(c, d, BOOT_SUFFIX);
	struct chunks *file = read_file(c, image);
	struct mrb_error err;

	if (!image)
		lacks_image(c, d, BOOT_SUFFIX);
	if (!file)
		return false;
	keep(c, d, file);
	memcpy(c->boots[d - c->devices->list], image->digest, MRB_DIGEST_LEN);
	if (!device_boot(c->devices, d, chunks_fd(file), &err))
		return true;
	log_line(LOG_ERR, "%s: its boot block: %s", d->name, err.text);
	return false;
}

/* To all that have none; false if one of them stays without. */
bool cell_give_boot_blocks(struct cell *c)
{
	bool all = true;
	unsigned int i;

	for (i = 0; i < c->devices->num; i++)
		if (c->devices->list[i].state == DEVICE_BLANK &&
		    !give_boot_block(c, &c->devices->list[i]))
			all = false;
	return all;
}

static bool has_another_boot_block(const struct cell *c, const struct device *d)
{
	const struct manifest_image *image = find(c, d, BOOT_SUFFIX);

	return c->site->own_boot && d->state != DEVICE_GONE && image &&
	       memcmp(c->boots[d - c->devices->list], image->digest, MRB_DIGEST_LEN);
}

/* Those that have started from another one start again; false if none has. */
bool cell_renew_boot_blocks(struct cell *c)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < c->devices->num; i++)
		if (has_another_boot_block(c, &c->devices->list[i]) &&
		    give_boot_block(c, &c->devices->list[i]))
			any = true;
	return any;
}

static bool give_firmware(struct cell *c, struct device *d)
{
	const struct manifest_image *image = find(c, d, "");
	struct chunks *file = read_file(c, image);
	struct mrb_error err;

	if (!image)
		lacks_image(c, d, "");
	if (!file)
		return false;
	keep(c, d, file);
	return !device_load(c->devices, d, image, chunks_fd(file), &err);
}

/* To all; false if one of them does not get any. */
bool cell_give_firmware(struct cell *c)
{
	unsigned int i;

	for (i = 0; i < c->devices->num; i++)
		if (c->devices->list[i].state == DEVICE_MINIMAL &&
		    !give_firmware(c, &c->devices->list[i]))
			return false;
	return true;
}

/* Does a device run something else than the manifest wants by now? */
bool cell_has_another_firmware(const struct cell *c)
{
	unsigned int i;

	for (i = 0; i < c->devices->num; i++) {
		const struct device *d = &c->devices->list[i];
		const struct manifest_image *image = find(c, d, "");

		if (d->state != DEVICE_GONE && image &&
		    memcmp(d->given, image->digest, sizeof(d->given)))
			return true;
	}
	return false;
}

/* All that are there, and there is one. */
bool cell_devices_are(const struct cell *c, enum device_state state)
{
	unsigned int i, num = 0;

	for (i = 0; i < c->devices->num; i++) {
		if (c->devices->list[i].state == DEVICE_GONE)
			continue;
		if (c->devices->list[i].state != state)
			return false;
		num++;
	}
	return num;
}

/* One that has not run what it was given, or NULL. */
const struct device *cell_failed_device(const struct cell *c)
{
	unsigned int i;

	for (i = 0; i < c->devices->num; i++)
		if (c->devices->list[i].state == DEVICE_MINIMAL &&
		    c->devices->list[i].has_failed)
			return &c->devices->list[i];
	return NULL;
}
