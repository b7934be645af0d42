/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a node's devices are to its site, wherever they are: behind the kernel's
 * generic netlink family, or as models in processes of their own.
 */
#ifndef FLEET_DEVICE_H
#define FLEET_DEVICE_H

#include "site.h"

/* What a device does. */
enum device_state {
	DEVICE_TESTING,		/* its boot program tests it */
	DEVICE_MINIMAL,		/* it waits for an image */
	DEVICE_LOADING,		/* it is given one */
	DEVICE_RUNNING,		/* fully operational */
	DEVICE_SWAPPING,	/* the same, while another image is to take over */
	DEVICE_BLANK,		/* it has no boot block, and runs nothing */
	DEVICE_GONE,
};

/**
 * struct device - one of them
 * @name: for people
 * @type: module type; empty: any image will do
 * @state: what it does
 * @version: of the image that runs, or empty; while swapping, of the old one
 * @request: of the kernel, that an image would answer
 * @update: of the kernel, that swaps
 * @error: why the last image did not run, or empty
 * @failed: digest of the file of that image
 * @has_failed: there is such
 * @file: image that is being given to it, of the manifest
 * @given: digest of that file
 */
struct device {
	char name[MESSAGE_NAME_LEN];
	char type[MRB_TYPE_LEN];
	enum device_state state;
	char version[MESSAGE_VERSION_LEN];
	u64 request;
	u64 update;
	char error[MESSAGE_TEXT_LEN];
	u8 failed[MRB_DIGEST_LEN];
	bool has_failed;
	char file[MANIFEST_FILE_LEN];
	u8 given[MRB_DIGEST_LEN];
};

struct devices;

/**
 * struct devices_backend - where devices are
 * @open: find them; tells of each by devices_changed()
 * @close: forget them
 * @load: give an image to one that is minimal: bytes of a file from an offset on
 * @swap: have an image take over from the one that runs: bytes as for @load
 * @reset: take one back to its boot program
 * @boot: put a boot block into one, and start it from there: bytes as for @load;
 *	%NULL: what they boot from is not ours
 */
struct devices_backend {
	int (*open)(struct devices *ds, struct mrb_error *err);
	void (*close)(struct devices *ds);
	int (*load)(struct devices *ds, struct device *d, int fd, u64 offset, u64 size,
		    struct mrb_error *err);
	int (*swap)(struct devices *ds, struct device *d, int fd, u64 offset, u64 size,
		    struct mrb_error *err);
	int (*reset)(struct devices *ds, struct device *d, struct mrb_error *err);
	int (*boot)(struct devices *ds, struct device *d, int fd, u64 offset, u64 size,
		    struct mrb_error *err);
};

typedef void device_fn(struct device *d, void *ctx);

/**
 * struct devices - of a node
 * @site: whose
 * @backend: where they are
 * @private: the backend's
 * @changed: to be told when one does something else
 * @ctx: for @changed
 * @list: of them
 * @num: entries in @list
 */
struct devices {
	struct site *site;
	const struct devices_backend *backend;
	void *private;
	device_fn *changed;
	void *ctx;
	struct device list[SITE_MAX_DEVICES];
	unsigned int num;
};

extern const struct devices_backend kernel_devices;
extern const struct devices_backend model_devices;

/* device.c */
struct devices *devices_open(struct site *s, device_fn *changed, void *ctx,
			     struct mrb_error *err);
void devices_close(struct devices *ds);
struct device *devices_add(struct devices *ds, const char *name);
void devices_set(struct devices *ds, struct device *d, enum device_state state);
int device_load(struct devices *ds, struct device *d,
		const struct manifest_image *image, int fd, struct mrb_error *err);
int device_swap(struct devices *ds, struct device *d,
		const struct manifest_image *image, int fd, struct mrb_error *err);
int device_boot(struct devices *ds, struct device *d, int fd, struct mrb_error *err);
int device_reset(struct devices *ds, struct device *d, struct mrb_error *err);
void devices_reset(struct devices *ds, const struct message *types, const char *by);
bool device_has_failed(const struct device *d, const struct manifest_image *image);
bool device_wants(const struct device *d, const struct manifest_image *image);
const char *device_state_name(enum device_state state);

#endif /* FLEET_DEVICE_H */
