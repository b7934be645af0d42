// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written to a character device: images, one after another, or the
 * name of an image.
 */
#include <linux/string.h>
#include <linux/uio.h>

#include "chardev.h"

static const struct csw_error success;

static int begin_image(struct csw_door *door, struct csw_error *err)
{
	const struct csw_params params = {};
	struct csw_job *job = csw_job_create(&params);
	int ret;

	if (!job)
		return csw_error(err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
				 "no memory to stage an image");
	if (door->cdev) {
		ret = csw_job_bind(job, &door->cdev, 1, err);
		if (ret) {
			csw_job_put(job);
			return ret;
		}
	}
	csw_feed_begin(&door->feed, job, csw_staging_limit(door->cdev));
	door->mode = MODE_IMAGE;
	return 0;
}

static int swap_image(struct csw_door *door, bool nowait, struct csw_error *err)
{
	struct csw_job *job = door->feed.job;
	int ret;

	if (nowait) {
		csw_door_set_busy(door, true);
		csw_job_on_end(job, csw_door_ended, door);
	}
	ret = csw_job_start(job, false, err);
	/* What is told of a job that has not been started is known already. */
	if (ret && nowait)
		csw_door_set_busy(door, false);
	if (!ret && !nowait)
		ret = csw_job_wait(job, err);
	if (!ret && !nowait)
		csw_door_note(door, &success);
	return ret;
}

/*
 * An image has come. That it is for no device here is a failure only if it is
 * the whole stream, as far as one can tell: if nothing lies behind it.
 */
static int image_came(struct csw_door *door, bool last, bool nowait,
		      struct csw_error *err)
{
	bool skipped = csw_job_skipped(door->feed.job);
	int ret;

	ret = csw_feed_finish(&door->feed, err);
	if (!ret)
		ret = swap_image(door, nowait, err);
	csw_feed_end(&door->feed, NULL);
	door->mode = MODE_BETWEEN;
	door->fitted |= !skipped;
	if (!skipped || !ret)
		return ret;
	if (last && !door->fitted)
		csw_door_note(door, err);
	return last && !door->fitted ? 1 : 0;
}

static int write_image(struct csw_door *door, struct iov_iter *from, bool nowait,
		       struct csw_error *err)
{
	int ret = csw_feed_write(&door->feed, from, err);

	if (ret || !door->feed.whole)
		return ret;
	return image_came(door, !iov_iter_count(from), nowait, err);
}

static int first_byte(struct iov_iter *from, u8 *first, struct csw_error *err)
{
	if (copy_from_iter(first, 1, from) != 1)
		return csw_error(err, CODESWAP_REASON_INTERRUPTED, -EFAULT,
				 "the writer's memory cannot be read");
	iov_iter_revert(from, 1);
	return 0;
}

static int write_between(struct csw_door *door, struct iov_iter *from,
			 struct csw_error *err)
{
	u8 first;
	int ret = first_byte(from, &first, err);

	if (ret)
		return ret;
	if (first != (u8)MRB_MAGIC[0])
		return csw_error(err, CODESWAP_REASON_NOT_AN_IMAGE, -ENOEXEC,
				 "what follows an image is not another image");
	return begin_image(door, err);
}

static int swap_by_name(struct csw_door *door, const char *name, bool nowait,
			struct csw_error *err)
{
	const struct csw_params params = {};
	int ret;

	if (!nowait) {
		ret = csw_request_by_name(door->cdev, &params, name, err);
		if (!ret)
			csw_door_note(door, &success);
		return ret;
	}
	csw_door_set_busy(door, true);
	ret = csw_request_start_told(door->cdev, &params, name, csw_door_ended,
				     door, err);
	if (ret) {
		csw_door_set_busy(door, false);
		csw_door_put(door);
	}
	return ret;
}

/* All that is written at once is one line. */
static int write_line(struct csw_door *door, struct iov_iter *from, bool nowait,
		      struct csw_error *err)
{
	char line[CODESWAP_NAME_LEN + 1] = "";
	size_t len = iov_iter_count(from);

	if (len > CODESWAP_NAME_LEN) {
		csw_error(err, CODESWAP_REASON_NOT_AN_IMAGE, -EINVAL,
			  "%zu bytes that neither begin as an MRB image does nor are the name of one, of at most %u characters",
			  len, CODESWAP_NAME_LEN - 1);
		csw_refused(door->cdev, err);
		return err->code;
	}
	if (copy_from_iter(line, len, from) != len)
		return csw_error(err, CODESWAP_REASON_INTERRUPTED, -EFAULT,
				 "the writer's memory cannot be read");
	if (line[len - 1] == '\n')
		line[--len] = '\0';
	if (strchr(line, '\n')) {
		csw_error(err, CODESWAP_REASON_NOT_AN_IMAGE, -EINVAL,
			  "a line ends after %zu of %zu characters; one write is one line with one name",
			  strcspn(line, "\n"), len);
		csw_refused(door->cdev, err);
		return err->code;
	}
	if (strlen(line) != len) {
		csw_error(err, CODESWAP_REASON_NOT_AN_IMAGE, -EINVAL,
			  "neither an MRB image nor the name of one: byte 0x00 at offset %zu",
			  strlen(line));
		csw_refused(door->cdev, err);
		return err->code;
	}
	return swap_by_name(door, line, nowait, err);
}

/* The first byte of all tells an image from a name. */
static int write_first(struct csw_door *door, struct iov_iter *from,
		       struct csw_error *err)
{
	u8 first;
	int ret = first_byte(from, &first, err);

	if (ret)
		return ret;
	if (first == (u8)MRB_MAGIC[0])
		return begin_image(door, err);
	door->mode = MODE_LINE;
	return 0;
}

static int write_some(struct csw_door *door, struct iov_iter *from, bool nowait,
		      struct csw_error *err)
{
	switch (door->mode) {
	case MODE_FRESH:
		return write_first(door, from, err);
	case MODE_LINE:
		return write_line(door, from, nowait, err);
	case MODE_IMAGE:
		if (door->feed.job)
			return write_image(door, from, nowait, err);
		/* The pause was too long. */
		*err = door->feed.ended;
		return err->code;
	default:
		return write_between(door, from, err);
	}
}

ssize_t csw_door_write(struct csw_door *door, struct iov_iter *from, bool nowait)
{
	size_t count = iov_iter_count(from);
	struct csw_error err = {};
	int ret = 0;

	while (!ret && iov_iter_count(from)) {
		ret = write_some(door, from, nowait, &err);
		if (nowait && csw_door_busy(door))
			break;
	}
	if (ret < 0)
		return csw_door_fail(door, &err);
	/* For no device here: not the end of it, another image may follow. */
	if (ret > 0)
		return err.code;
	return count - iov_iter_count(from);
}
