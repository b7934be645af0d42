/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What chardev.c, which has the files, and chardev_write.c, which takes what
 * is written to them, share.
 */
#ifndef CSW_CHARDEV_H
#define CSW_CHARDEV_H

#include "door.h"

#define CSW_LINE_LEN	(CSW_ERROR_LEN + 48)

/* What comes next. */
enum csw_door_mode {
	MODE_FRESH,		/* the first byte */
	MODE_LINE,		/* a line */
	MODE_IMAGE,		/* bytes of an image */
	MODE_BETWEEN,		/* behind an image: signature, image, or the end */
};

/**
 * struct csw_door - an opening of a character device
 * @ref: one of the file's, one of a swap's that nobody waits for
 * @cdev: its device, a reference; %NULL for all
 * @feed: the image that is coming; @feed.lock protects what follows
 * @mode: what comes next
 * @fitted: an image of the stream was for a device here
 * @failed: what every further write gets
 * @line: the last result, for readers
 * @read: bytes of @line that have been read
 * @end_lock: protects @busy, @ended and @end
 * @busy: a swap is on that nobody waits for
 * @ended: it has ended since, as @end tells
 * @end: code 0 if it succeeded
 * @wait: woken then
 */
struct csw_door {
	struct kref ref;
	struct codeswap_device *cdev;
	struct csw_feed feed;
	enum csw_door_mode mode;
	bool fitted;
	int failed;
	char line[CSW_LINE_LEN];
	size_t read;
	spinlock_t end_lock;		/* protects busy, ended, end */
	bool busy;
	bool ended;
	struct csw_error end;
	wait_queue_head_t wait;
};

/* chardev.c */
void csw_door_note(struct csw_door *door, const struct csw_error *err);
int csw_door_fail(struct csw_door *door, const struct csw_error *err);
void csw_door_ended(void *data, int code, const struct csw_error *err);
void csw_door_set_busy(struct csw_door *door, bool busy);
bool csw_door_busy(struct csw_door *door);
void csw_door_put(struct csw_door *door);

/* chardev_write.c */
ssize_t csw_door_write(struct csw_door *door, struct iov_iter *from, bool nowait);

#endif /* CSW_CHARDEV_H */
