// SPDX-License-Identifier: GPL-2.0-only
/*
 * One image, as it arrives and after. Header and tables are collected first,
 * because they say how much memory the rest wants; from there on every byte
 * goes straight to where it stays, and is digested on its way.
 */
#include <linux/slab.h>

#include "update.h"

/**
 * csw_stage_new() - begin to stage an image
 *
 * Return: the stage with one reference, or %NULL.
 */
struct csw_stage *csw_stage_new(void)
{
	struct csw_stage *stage = kzalloc(sizeof(*stage), GFP_KERNEL);

	if (!stage)
		return NULL;
	refcount_set(&stage->ref, 1);
	stage->head_size = MRB_PROBE_SIZE;
	stage->head = kvzalloc(MRB_MAX_TABLES, GFP_KERNEL);
	stage->sha = kzalloc(sizeof(*stage->sha), GFP_KERNEL);
	if (!stage->head || !stage->sha) {
		csw_stage_put(stage);
		return NULL;
	}
	return stage;
}

struct csw_stage *csw_stage_get(struct csw_stage *stage)
{
	refcount_inc(&stage->ref);
	return stage;
}

void csw_stage_put(struct csw_stage *stage)
{
	if (!stage || !refcount_dec_and_test(&stage->ref))
		return;
	csw_mem_free(stage->mem);
	csw_header_put(stage->header);
	kvfree(stage->head);
	kvfree(stage->signature);
	kfree(stage->sha);
	kfree(stage);
}

static enum codeswap_reason reason_of(int code)
{
	switch (code) {
	case -ENOEXEC:
		return CODESWAP_REASON_NOT_AN_IMAGE;
	case -EPROTONOSUPPORT:
		return CODESWAP_REASON_TOO_NEW;
	case -EFBIG:
		return CODESWAP_REASON_TOO_LARGE;
	case -ENOMEM:
		return CODESWAP_REASON_NO_MEMORY;
	default:
		return CODESWAP_REASON_MALFORMED;
	}
}

static int refuse(struct csw_error *err, const struct mrb_error *why)
{
	return csw_error(err, reason_of(why->code), why->code, "%s", why->text);
}

static bool is_signed(const struct csw_stage *stage)
{
	return le32_to_cpu(stage->header->image.header->flags) & MRB_F_SIGNED;
}

/* All of header and tables is there: make room for the rest. */
static int begin_body(struct csw_stage *stage, const char *name,
		      struct csw_error *err)
{
	struct mrb_error why = {};
	int ret;

	stage->header = csw_header_new(stage->head, stage->head_size, name, &why);
	if (!stage->header)
		return refuse(err, &why);
	stage->mem = csw_mem_alloc(stage->header->image.image_size);
	if (!stage->mem)
		return csw_error(err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
				 "no memory to stage an image of %llu bytes",
				 stage->header->image.image_size);
	csw_mem_write(stage->mem, 0, stage->head, stage->head_size);
	mrb_check_begin(&stage->check, &stage->header->image, &csw_sha256,
			stage->sha);
	ret = mrb_check_feed(&stage->check, stage->head, stage->head_size, &why);
	if (ret)
		return csw_error(err, CODESWAP_REASON_DIGEST, ret, "%s", why.text);
	kvfree(stage->head);
	stage->head = NULL;
	if (is_signed(stage))
		stage->header->trust = CSW_PENDING;
	return 0;
}

static ssize_t write_head(struct csw_stage *stage, struct iov_iter *from,
			  const char *name, struct csw_error *err)
{
	size_t want = stage->head_size - stage->received;
	struct mrb_error why = {};
	size_t n;
	int ret;

	n = copy_from_iter(stage->head + stage->received,
			   min(want, iov_iter_count(from)), from);
	if (!n)
		return -EFAULT;
	stage->received += n;
	if (stage->received < stage->head_size)
		return n;
	if (stage->received == MRB_PROBE_SIZE) {
		ret = mrb_probe(stage->head, stage->received,
				&stage->head_size, &why);
		if (ret)
			return refuse(err, &why);
		if (stage->received < stage->head_size)
			return n;
	}
	ret = begin_body(stage, name, err);
	return ret ?: n;
}

/* Bytes that are in their place in staging memory already. */
static int body_came(struct csw_stage *stage, const void *p, size_t n,
		     struct csw_error *err)
{
	struct mrb_error why = {};
	int ret = mrb_check_feed(&stage->check, p, n, &why);

	if (ret)
		return csw_error(err, CODESWAP_REASON_DIGEST, ret, "%s", why.text);
	stage->received += n;
	return 0;
}

static ssize_t write_body(struct csw_stage *stage, struct iov_iter *from,
			  struct csw_error *err)
{
	size_t n, room;
	void *p;
	int ret;

	p = csw_mem_at(stage->mem, stage->received, &room);
	if (!p)
		return -EINVAL;
	n = copy_from_iter(p, min(room, iov_iter_count(from)), from);
	if (!n)
		return -EFAULT;
	ret = body_came(stage, p, n, err);
	return ret ?: n;
}

static int begin_signature(struct csw_stage *stage, struct csw_error *err)
{
	u32 size = 0;

	if (mrb_follow(&stage->trailer, sizeof(stage->trailer), &size) !=
	    MRB_FOLLOW_SIGNATURE)
		return csw_error(err, CODESWAP_REASON_SIGNATURE, -EBADMSG,
				 "the image says that it is signed, and what follows its %llu bytes is no signature",
				 stage->received);
	stage->signature = kvmalloc(size, GFP_KERNEL);
	if (!stage->signature)
		return csw_error(err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
				 "no memory for a signature of %u bytes", size);
	return 0;
}

static u32 signature_size(const struct csw_stage *stage)
{
	return le32_to_cpu(stage->trailer.size);
}

static ssize_t take_signature(struct csw_stage *stage, struct iov_iter *from,
			      struct csw_error *err)
{
	size_t head = sizeof(stage->trailer), want, n;
	void *p;
	int ret;

	if (stage->signature) {
		p = stage->signature + (stage->behind - head);
		want = head + signature_size(stage) - stage->behind;
	} else {
		p = (u8 *)&stage->trailer + stage->behind;
		want = head - stage->behind;
	}
	n = copy_from_iter(p, min(want, iov_iter_count(from)), from);
	if (!n)
		return -EFAULT;
	stage->behind += n;
	if (stage->signature || stage->behind < head)
		return n;
	ret = begin_signature(stage, err);
	return ret ?: n;
}

/**
 * csw_stage_write() - the next bytes of an image
 * @stage: not complete
 * @from: source; at least one byte
 * @name: that the image was asked for by, for its header
 * @err: why not
 *
 * Takes up to the end of header and tables, or up to the end of a chunk: call
 * again while something is left and the image is not complete.
 *
 * Return: bytes taken, or a negative errno with @err set (but for -EFAULT).
 */
ssize_t csw_stage_write(struct csw_stage *stage, struct iov_iter *from,
			const char *name, struct csw_error *err)
{
	if (stage->head)
		return write_head(stage, from, name, err);
	if (stage->received < csw_stage_size(stage))
		return write_body(stage, from, err);
	return take_signature(stage, from, err);
}

/**
 * csw_stage_takes_file() - is what comes next the body of the image?
 * @stage: stage
 */
bool csw_stage_takes_file(const struct csw_stage *stage)
{
	return !stage->head && stage->received < csw_stage_size(stage);
}

/**
 * csw_stage_place() - where the next bytes of the body belong
 * @stage: csw_stage_takes_file()
 * @room: set to the bytes that there is room for
 *
 * Return: their place, until they come by csw_stage_placed().
 */
void *csw_stage_place(const struct csw_stage *stage, size_t *room)
{
	return csw_mem_at(stage->mem, stage->received, room);
}

/**
 * csw_stage_placed() - the next bytes of the body are in their place
 * @stage: stage
 * @n: of them, as many as there was room for at the most
 * @err: why they are not good
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_stage_placed(struct csw_stage *stage, size_t n, struct csw_error *err)
{
	size_t room;

	return body_came(stage, csw_stage_place(stage, &room), n, err);
}

u64 csw_stage_size(const struct csw_stage *stage)
{
	return stage->header ? stage->header->image.image_size : 0;
}

bool csw_stage_complete(const struct csw_stage *stage)
{
	if (stage->head || stage->received < csw_stage_size(stage))
		return false;
	return !is_signed(stage) ||
	       (stage->signature && stage->behind ==
		sizeof(stage->trailer) + signature_size(stage));
}

/**
 * csw_stage_finish() - no more bytes will come
 * @stage: stage
 * @err: why it is not a good image
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_stage_finish(struct csw_stage *stage, struct csw_error *err)
{
	struct mrb_error why = {};
	int ret;

	if (!stage->received)
		return csw_error(err, CODESWAP_REASON_TRUNCATED, -ENODATA,
				 "no byte of an image has come");
	if (!stage->header)
		return csw_error(err, CODESWAP_REASON_TRUNCATED, -ENODATA,
				 "the image ends after %llu bytes, within its header of %u",
				 stage->received, stage->head_size);
	if (stage->received == csw_stage_size(stage) && !csw_stage_complete(stage))
		return csw_error(err, CODESWAP_REASON_TRUNCATED, -ENODATA,
				 "the image is signed, and ends after %u bytes of its signature",
				 stage->behind);
	if (!csw_stage_complete(stage))
		return csw_error(err, CODESWAP_REASON_TRUNCATED, -ENODATA,
				 "the image ends after %llu of %llu bytes",
				 stage->received, csw_stage_size(stage));
	ret = mrb_check_end(&stage->check, &why);
	if (ret)
		return csw_error(err, CODESWAP_REASON_DIGEST, ret, "%s", why.text);
	if (!is_signed(stage))
		return 0;
	return csw_signature_check(stage->header, stage->signature,
				   signature_size(stage), err);
}
