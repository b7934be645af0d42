/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the doors share (chardev.c, netlink*.c, request.c) and nothing below
 * them sees: an image as it is being fed, and names.
 */
#ifndef CSW_DOOR_H
#define CSW_DOOR_H

#include "csw.h"

/* Without a device there are no limits of its own: those of a new device. */
#define CSW_DEFAULT_LIMIT_MS	30000

/**
 * struct csw_feed - one image, while it is being fed
 * @lock: held by whoever calls csw_feed_*(), and by @idle
 * @job: holds a reference; %NULL if nothing is being fed
 * @received: bytes that have come, a signature included
 * @whole: all of the image has come
 * @limit_ms: longest pause between two pieces
 * @deadline: jiffies at which the pause is too long
 * @idle: ends the feed then
 * @ended: why there is no job any more; code 0 if there never was one
 */
struct csw_feed {
	struct mutex lock;		/* protects all below */
	struct csw_job *job;
	u64 received;
	bool whole;
	unsigned int limit_ms;
	unsigned long deadline;
	struct delayed_work idle;
	struct csw_error ended;
};

/* The longest pause between two pieces of an image for @cdev, or for any. */
static inline unsigned int csw_staging_limit(const struct codeswap_device *cdev)
{
	return cdev ? READ_ONCE(cdev->limits.staging) : CSW_DEFAULT_LIMIT_MS;
}

/* feed.c */
void csw_feed_init(struct csw_feed *feed);
void csw_feed_exit(struct csw_feed *feed);
void csw_feed_begin(struct csw_feed *feed, struct csw_job *job,
		    unsigned int limit_ms);
int csw_feed_write(struct csw_feed *feed, struct iov_iter *from,
		   struct csw_error *err);
void csw_feed_rest(struct csw_feed *feed);
int csw_feed_finish(struct csw_feed *feed, struct csw_error *err);
void csw_feed_end(struct csw_feed *feed, const struct csw_error *why);
int csw_feed_buffer(struct csw_feed *feed, const void *buf, size_t len,
		    struct csw_error *err);
int csw_feed_file(struct csw_feed *feed, struct file *file, loff_t pos,
		  u64 size, struct csw_error *err);
void csw_refused(struct codeswap_device *cdev, const struct csw_error *err);

/* request.c */
typedef void (*csw_end_fn)(void *data, int code, const struct csw_error *err);
int csw_request_start_told(struct codeswap_device *cdev,
			   const struct csw_params *params, const char *name,
			   csw_end_fn fn, void *data, struct csw_error *err);
int csw_name_check(const char *name, struct csw_error *err);

/* chardev.c */
struct device *csw_chardev_device(void);

#endif /* CSW_DOOR_H */
