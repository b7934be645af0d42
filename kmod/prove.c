// SPDX-License-Identifier: GPL-2.0-only
/* Start an image, and see whether it lives and is what it should be. */
#include <linux/jiffies.h>

#include "update.h"

/* One answer could be luck; a thread that died after it would not answer the next. */
#define HEARTBEATS	3

static int crashed(struct csw_swap *swap)
{
	const struct codeswap_crash *c = &swap->cdev->crash;

	return csw_error(&swap->error, CODESWAP_REASON_CRASH, -EIO,
			 "the image crashed: cause 0x%llx at 0x%llx, value 0x%llx",
			 c->cause, c->pc, c->value);
}

static int compare_version(struct csw_swap *swap, const struct csw_header *header)
{
	const struct mrb_version *said = &swap->cdev->started.version;
	const struct mrb_version *want = &header->image.header->version;
	char a[CSW_VERSION_LEN], b[CSW_VERSION_LEN];

	if (!mrb_version_cmp(said, want))
		return 0;
	return csw_error(&swap->error, CODESWAP_REASON_NOT_HEALTHY, -EIO,
			 "the image says that it is version %s, and its header says %s",
			 csw_version(a, said), csw_version(b, want));
}

static u64 entry_of(const struct csw_header *header, enum codeswap_start kind)
{
	const struct mrb_header *h = header->image.header;

	return le64_to_cpu(kind == CODESWAP_START_COLD ? h->cold_entry :
							 h->warm_entry);
}

/**
 * csw_start() - start an image and wait for its first word
 * @swap: update
 * @header: of the image that is in running memory
 * @kind: how
 * @argument: state directory, 0 for a cold start
 *
 * Return: 0, or a negative errno with @swap->error set.
 */
int csw_start(struct csw_swap *swap, const struct csw_header *header,
	      enum codeswap_start kind, u64 argument)
{
	struct codeswap_device *cdev = swap->cdev;
	unsigned int limit = cdev->limits.start;
	unsigned long event;
	int ret;

	csw_event_forget(cdev, ~0UL);
	ret = swap->ops->start(cdev, kind, entry_of(header, kind), argument);
	if (ret)
		return csw_error(&swap->error, CODESWAP_REASON_DRIVER, ret,
				 "the driver cannot start the image: error %d", ret);
	event = csw_event_poll_ms(cdev, CSW_EV_STARTED | CSW_EV_CRASH, limit);
	if (event & CSW_EV_CRASH)
		return crashed(swap);
	if (!event)
		return csw_error(&swap->error, CODESWAP_REASON_NOT_HEALTHY,
				 -ETIMEDOUT,
				 "the image did not report that it started within %u ms (limits/start)",
				 limit);
	csw_event_forget(cdev, CSW_EV_IMAGE_REQUEST);
	return compare_version(swap, header);
}

static int rolled_back(struct csw_swap *swap)
{
	return csw_error(&swap->error, CODESWAP_REASON_CANCELLED, -ECANCELED,
			 "rolled back on request while the new image was proving");
}

/* After this csw_rollback() says that it is too late. */
static int last_word(struct csw_swap *swap, const bool *stop)
{
	bool asked;

	mutex_lock(&swap->cdev->lock);
	asked = *stop;
	swap->update->proved = !asked;
	mutex_unlock(&swap->cdev->lock);
	return asked ? rolled_back(swap) : 0;
}

/**
 * csw_prove() - ask an image that was started for signs of life
 * @swap: update
 * @stop: give up when this becomes true; may be %NULL
 *
 * Return: 0, -ECANCELED, or a negative errno; @swap->error is set.
 */
int csw_prove(struct csw_swap *swap, bool *stop)
{
	struct codeswap_device *cdev = swap->cdev;
	unsigned int limit = cdev->limits.proving, n;
	unsigned long left = msecs_to_jiffies(limit), event;
	int ret;

	for (n = 0; n < HEARTBEATS; n++) {
		ret = swap->ops->ping(cdev);
		if (ret)
			return csw_error(&swap->error, CODESWAP_REASON_DRIVER, ret,
					 "the driver cannot ask for a heartbeat: error %d",
					 ret);
		event = csw_event_wait(cdev, CSW_EV_HEARTBEAT | CSW_EV_CRASH,
				       stop, &left);
		if (event & CSW_EV_CRASH)
			return crashed(swap);
		if (!event && stop && READ_ONCE(*stop))
			return rolled_back(swap);
		if (!event)
			return csw_error(&swap->error, CODESWAP_REASON_NOT_HEALTHY,
					 -ETIMEDOUT,
					 "%u of %u heartbeats came within %u ms (limits/proving)",
					 n, HEARTBEATS, limit);
	}
	return stop ? last_word(swap, stop) : 0;
}
