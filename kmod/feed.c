// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image that is being fed, by whatever door: its bytes, what may follow
 * them, and the longest pause between two pieces.
 *
 * Locks: feed->lock is taken before job->lock.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/sched/signal.h>

#include "door.h"

static void drop_job(struct csw_feed *feed, const struct csw_error *why)
{
	struct csw_job *job = feed->job;

	lockdep_assert_held(&feed->lock);
	feed->job = NULL;
	if (!job)
		return;
	/* Others may hold the job too, so that the put alone ends nothing. */
	csw_job_abandon(job, why);
	csw_job_put(job);
}

static void idle_work(struct work_struct *work)
{
	struct csw_feed *feed = container_of(to_delayed_work(work),
					     struct csw_feed, idle);
	struct csw_error why;

	mutex_lock(&feed->lock);
	/* A piece may have come while this waited for the lock. */
	if (feed->job && feed->deadline &&
	    time_after_eq(jiffies, feed->deadline)) {
		csw_error(&why, CODESWAP_REASON_TIMEOUT, -ETIMEDOUT,
			  "no further piece of the image came for %u ms (limits/staging); %llu bytes had come",
			  feed->limit_ms, feed->received);
		csw_feed_end(feed, &why);
	}
	mutex_unlock(&feed->lock);
}

void csw_feed_init(struct csw_feed *feed)
{
	mutex_init(&feed->lock);
	INIT_DELAYED_WORK(&feed->idle, idle_work);
}

/**
 * csw_feed_exit() - nobody will feed any more
 * @feed: nobody else uses it
 */
void csw_feed_exit(struct csw_feed *feed)
{
	cancel_delayed_work_sync(&feed->idle);
	mutex_lock(&feed->lock);
	drop_job(feed, NULL);
	mutex_unlock(&feed->lock);
	mutex_destroy(&feed->lock);
}

static void piece_came(struct csw_feed *feed)
{
	unsigned long limit = msecs_to_jiffies(feed->limit_ms);

	feed->deadline = jiffies + limit;
	/* Zero stands for none. */
	feed->deadline += !feed->deadline;
	mod_delayed_work(csw_workqueue, &feed->idle, limit);
}

/**
 * csw_feed_begin() - begin to feed an image
 * @feed: @feed->lock held, nothing is being fed
 * @job: its reference passes to @feed
 * @limit_ms: longest pause between two pieces
 */
void csw_feed_begin(struct csw_feed *feed, struct csw_job *job,
		    unsigned int limit_ms)
{
	lockdep_assert_held(&feed->lock);
	feed->job = job;
	feed->received = 0;
	feed->whole = false;
	memset(&feed->ended, 0, sizeof(feed->ended));
	feed->limit_ms = limit_ms;
	piece_came(feed);
}

/**
 * csw_feed_rest() - no limit counts until the next piece
 * @feed: @feed->lock held
 */
void csw_feed_rest(struct csw_feed *feed)
{
	lockdep_assert_held(&feed->lock);
	feed->deadline = 0;
	cancel_delayed_work(&feed->idle);
}

/**
 * csw_feed_end() - the feed is over; what was not started or kept is undone
 * @feed: @feed->lock held
 * @why: for whoever goes on feeding nevertheless; %NULL if all went well
 */
void csw_feed_end(struct csw_feed *feed, const struct csw_error *why)
{
	csw_feed_rest(feed);
	drop_job(feed, why);
	if (why)
		feed->ended = *why;
}

/* @n: bytes of a piece, or why there is none */
static int took(struct csw_feed *feed, ssize_t n, struct csw_error *err)
{
	if (n < 0) {
		csw_feed_end(feed, err);
		return n;
	}
	feed->received += n;
	feed->whole = csw_job_complete(feed->job);
	piece_came(feed);
	return 0;
}

/**
 * csw_feed_write() - the next bytes of the image
 * @feed: @feed->lock held
 * @from: at least one byte; left over is what lies behind the image
 * @err: why not; the feed has ended then
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_feed_write(struct csw_feed *feed, struct iov_iter *from,
		   struct csw_error *err)
{
	lockdep_assert_held(&feed->lock);
	return took(feed, csw_job_write(feed->job, from, err), err);
}

/**
 * csw_feed_buffer() - the next bytes of one image and of its signature
 * @feed: @feed->lock held
 * @buf: bytes
 * @len: of them, at least one
 * @err: why not; the feed has ended then
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_feed_buffer(struct csw_feed *feed, const void *buf, size_t len,
		    struct csw_error *err)
{
	struct kvec vec = { .iov_base = (void *)buf, .iov_len = len };
	struct iov_iter from;
	int ret = 0;

	iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, len);
	if (!feed->whole)
		ret = csw_feed_write(feed, &from, err);
	if (ret || !iov_iter_count(&from))
		return ret;
	csw_error(err, CODESWAP_REASON_MALFORMED, -EBADMSG,
		  "%zu bytes follow the end of the image at byte %llu; feed the images of a bundle one by one",
		  iov_iter_count(&from), feed->received);
	csw_feed_end(feed, err);
	return err->code;
}

static ssize_t read_file(struct file *file, void *p, size_t room, loff_t *pos,
			 struct csw_error *err)
{
	loff_t at = *pos;
	ssize_t n = kernel_read(file, p, room, pos);

	return n >= 0 ? n :
	       csw_error(err, CODESWAP_REASON_INTERRUPTED, n,
			 "the file cannot be read at offset %lld (error %zd)",
			 at, n);
}

/*
 * The body goes straight to its place; what is before and behind it does not.
 * No lock of the job is held over the read: who knows how long it takes.
 */
static ssize_t read_piece(struct csw_feed *feed, struct file *file, loff_t *pos,
			  u64 left, void *buf, struct csw_error *err)
{
	size_t room;
	ssize_t n;
	void *p;
	int ret;

	p = feed->whole ? NULL : csw_job_place(feed->job, &room);
	if (p) {
		n = read_file(file, p, min_t(u64, room, left), pos, err);
		n = csw_job_placed(feed->job, n, err);
		ret = took(feed, n, err);
		return ret ?: n;
	}
	n = read_file(file, buf, min_t(u64, PAGE_SIZE, left), pos, err);
	if (n > 0) {
		ret = csw_feed_buffer(feed, buf, n, err);
		return ret ?: n;
	}
	if (n < 0)
		csw_feed_end(feed, err);
	return n;
}

/**
 * csw_feed_file() - one image and its signature, from a file
 * @feed: @feed->lock held
 * @file: a regular one, open for reading
 * @pos: where in it they begin
 * @size: bytes; less may come if the file ends before
 * @err: why not; the feed has ended then, unless the caller is being killed
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_feed_file(struct csw_feed *feed, struct file *file, loff_t pos,
		  u64 size, struct csw_error *err)
{
	void *buf = (void *)__get_free_page(GFP_KERNEL);
	u64 left = size;
	ssize_t n;

	if (!buf) {
		csw_error(err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
			  "no memory to read the file");
		csw_feed_end(feed, err);
		return err->code;
	}
	do {
		n = left ? read_piece(feed, file, &pos, left, buf, err) : 0;
		left -= max_t(ssize_t, n, 0);
		/* Its socket goes with it, and so ends what was half fed. */
		if (n > 0 && fatal_signal_pending(current))
			n = csw_error(err, CODESWAP_REASON_INTERRUPTED, -EINTR,
				      "killed after %llu of %llu bytes of the file",
				      size - left, size);
	} while (n > 0);
	free_page((unsigned long)buf);
	return n;
}

/**
 * csw_feed_finish() - no more bytes will come: check the image
 * @feed: @feed->lock held, with a job
 * @err: why not; the caller ends the feed, unless it was a check, whose items
 *	are of interest
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_feed_finish(struct csw_feed *feed, struct csw_error *err)
{
	lockdep_assert_held(&feed->lock);
	csw_feed_rest(feed);
	return csw_job_finish(feed->job, err);
}

/**
 * csw_refused() - note in a device's result what never became an update
 * @cdev: device, or %NULL
 * @err: why
 *
 * The result of an update that is on at the moment is left alone.
 */
void csw_refused(struct codeswap_device *cdev, const struct csw_error *err)
{
	bool noted;

	if (!cdev)
		return;
	mutex_lock(&cdev->lock);
	noted = !cdev->update && !cdev->gone;
	if (noted)
		csw_set_result(cdev, CODESWAP_RESULT_REFUSED, err);
	mutex_unlock(&cdev->lock);
	if (noted)
		csw_notify_device(cdev);
}
