/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing images and feeding them to devices that ask: what codeswapd and
 * codeswap feed have in common.
 */
#ifndef CODESWAP_FEED_H
#define CODESWAP_FEED_H

#include <syslog.h>

#include "image_tool.h"
#include "nl_codeswap.h"

/* feed_log.c: levels are syslog's */
void log_setup(const char *name, bool to_syslog, int level);
__printf(2, 3) void log_line(int level, const char *fmt, ...);
void notify_manager(const char *state);

/* clock.c */
u64 now_ms(void);

/* feed_background.c */
int go_to_background(int *ready_fd);

/**
 * struct store_image - an image in a directory
 * @path: of its file
 * @dir: index of its directory; smaller ones come first
 * @type: device type
 * @version: of the image
 * @build_id: tells images of one version apart
 */
struct store_image {
	const char *path;
	unsigned int dir;
	char type[MRB_TYPE_LEN];
	struct mrb_version version;
	u8 build_id[MRB_BUILD_ID_LEN];
};

/**
 * struct chosen - an open file, and the image in it that is meant
 * @file: the file
 * @view: the image
 */
struct chosen {
	struct image_file file;
	struct image_view view;
};

typedef bool store_skip_fn(const struct store_image *image, void *ctx);
typedef bool store_type_fn(const char *type, void *ctx);

/* feed_store.c */
struct store;
struct store *store_new(const char *const *dirs, unsigned int num);
void store_free(struct store *store);
void store_forget(struct store *store);
void store_scan(struct store *store);
const struct store_image *store_best(const struct store *store,
				     const char *type, store_skip_fn *skip,
				     void *ctx);
const char *store_problem(const struct store *store);
char *store_path(const struct store *store, const char *name);
const char *store_dirs(const struct store *store);
int store_open(struct chosen *chosen, const struct store_image *image,
	       struct mrb_error *err);
int store_open_file(struct chosen *chosen, const char *path,
		    store_type_fn *wanted, void *ctx, struct mrb_error *err);
void store_close(struct chosen *chosen);

/* feed_failures.c: which image has just failed on which device */
struct failures;
struct failures *failures_new(void);
void failures_free(struct failures *f);
void failures_fed(struct failures *f, const char *device, const u8 *build_id,
		  u64 update_id);
void failures_add(struct failures *f, const char *device, const u8 *build_id,
		  const char *why, u64 now_ms);
void failures_load(struct failures *f, const char *path);
int failures_save(const struct failures *f, const char *path);
const char *failures_last(const struct failures *f, const char *device);
bool failures_see(struct failures *f, const struct csw_device *device,
		  u64 now_ms);
void failures_forget(struct failures *f, const char *device);
bool failures_has(const struct failures *f, const char *device,
		  const u8 *build_id, u64 now_ms);

/* feed_answer.c */
int answer_request(struct store *store, struct failures *failures,
		   const struct csw_request *request, const char *chosen,
		   struct csw_error *why);

#endif /* CODESWAP_FEED_H */
