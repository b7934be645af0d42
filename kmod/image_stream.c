// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image as it arrives, byte after byte: which digest the bytes belong to,
 * which must be zero, and what comes behind them.
 */
#include "image.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/string.h>
#endif

#define DIGEST_FIELD	offsetof(struct mrb_header, header_digest)

/**
 * mrb_part() - the parts of an image in the order of their bytes
 * @image: checked by mrb_parse()
 * @i: 0 for header and tables, then one for each segment with bytes
 * @part: set
 *
 * Return: false if @i is beyond the last part.
 */
bool mrb_part(const struct mrb_image *image, unsigned int i,
	      struct mrb_part *part)
{
	const struct mrb_segment *s;
	unsigned int n;

	if (!i) {
		part->offset = 0;
		part->size = image->tables_size;
		part->digest = image->header->header_digest;
		part->segment = -1;
		return true;
	}
	for (n = 0; (s = mrb_segment(image, n)); n++)
		if (s->file_size && !--i)
			break;
	if (!s)
		return false;
	part->offset = le64_to_cpu(s->offset);
	part->size = le64_to_cpu(s->file_size);
	part->digest = s->digest;
	part->segment = n;
	return true;
}

/**
 * mrb_check_begin() - begin to check an image's bytes
 * @check: set up; holds nothing that would have to be released
 * @image: checked by mrb_parse(), must outlive @check
 * @ops: digester
 * @ctx: for @ops
 */
void mrb_check_begin(struct mrb_check *check, const struct mrb_image *image,
		     const struct mrb_digest_ops *ops, void *ctx)
{
	check->image = image;
	check->ops = ops;
	check->ctx = ctx;
	check->position = 0;
	check->part = 0;
}

/* Padding in front of the next part, or behind the last one. */
static int feed_padding(struct mrb_check *check, const u8 *p, size_t len,
			struct mrb_error *err)
{
	size_t i = 0;

	if (!mrb_zero(p, len)) {
		while (!p[i])
			i++;
		return mrb_refuse(err, -EBADMSG,
				  "byte %llu belongs to no segment and is 0x%02x; it must be zero",
				  check->position + i, p[i]);
	}
	check->position += len;
	return 0;
}

/* The header's own digest is made with its field zero. */
static size_t digest_tables(struct mrb_check *check, const u8 *p, size_t len)
{
	static const u8 blank[MRB_DIGEST_LEN];
	u64 at = check->position;

	if (at < DIGEST_FIELD) {
		len = min_t(u64, len, DIGEST_FIELD - at);
	} else if (at < DIGEST_FIELD + MRB_DIGEST_LEN) {
		len = min_t(u64, len, DIGEST_FIELD + MRB_DIGEST_LEN - at);
		p = blank;
	}
	check->ops->update(check->ctx, p, len);
	return len;
}

static int end_part(struct mrb_check *check, const struct mrb_part *part,
		    struct mrb_error *err)
{
	u8 digest[MRB_DIGEST_LEN];

	check->part++;
	check->ops->final(check->ctx, digest);
	if (!memcmp(digest, part->digest, sizeof(digest)))
		return 0;
	if (part->segment < 0)
		return mrb_refuse(err, -EBADMSG,
				  "header and tables do not match their digest; the image is corrupt");
	return mrb_refuse(err, -EBADMSG,
			  "segment %d (%llu bytes at byte %llu) does not match its digest; the image is corrupt",
			  part->segment, part->size, part->offset);
}

static int feed_part(struct mrb_check *check, const struct mrb_part *part,
		     const u8 *p, size_t len, struct mrb_error *err)
{
	size_t n;

	if (check->position == part->offset)
		check->ops->init(check->ctx);
	while (len) {
		n = len;
		if (part->segment < 0)
			n = digest_tables(check, p, len);
		else
			check->ops->update(check->ctx, p, n);
		check->position += n;
		p += n;
		len -= n;
	}
	if (check->position < part->offset + part->size)
		return 0;
	return end_part(check, part, err);
}

/**
 * mrb_check_feed() - check bytes of an image
 * @check: where the check stands
 * @buf: the bytes that follow those of the last call, beginning with the
 *	header and the tables themselves
 * @len: how many; more than the image has are refused
 * @err: set on failure
 *
 * A digest is compared as soon as its last byte has arrived. After a failure
 * @check must not be used any more.
 *
 * Return: 0, or the code in @err.
 */
int mrb_check_feed(struct mrb_check *check, const void *buf, size_t len,
		   struct mrb_error *err)
{
	u64 image_size = check->image->image_size;
	const u8 *p = buf;
	struct mrb_part part;
	size_t n;
	int ret;

	if (len > image_size - check->position)
		return mrb_refuse(err, -EBADMSG,
				  "%zu bytes follow byte %llu of an image of %llu bytes",
				  len, check->position, image_size);
	for (; len; p += n, len -= n) {
		if (!mrb_part(check->image, check->part, &part)) {
			n = len;
			ret = feed_padding(check, p, n, err);
		} else if (check->position < part.offset) {
			n = min_t(u64, len, part.offset - check->position);
			ret = feed_padding(check, p, n, err);
		} else {
			n = min_t(u64, len,
				  part.offset + part.size - check->position);
			ret = feed_part(check, &part, p, n, err);
		}
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * mrb_check_end() - tell whether all of an image has been checked
 * @check: where the check stands
 * @err: set on failure
 *
 * Return: 0, or the code in @err if bytes are missing.
 */
int mrb_check_end(const struct mrb_check *check, struct mrb_error *err)
{
	if (check->position == check->image->image_size)
		return 0;
	return mrb_refuse(err, -EBADMSG,
			  "image ends after %llu bytes; its header says %llu",
			  check->position, check->image->image_size);
}

/**
 * mrb_follow() - tell what comes behind an image
 * @buf: the bytes behind an image or behind its signature; any alignment
 * @len: at least sizeof(struct mrb_signature), or all that is left
 * @signature_size: set to the size of the message behind the trailer, else 0
 *
 * Return: what it is.
 */
enum mrb_follow mrb_follow(const void *buf, size_t len, u32 *signature_size)
{
	struct mrb_signature trailer;
	u32 size;

	*signature_size = 0;
	if (!len)
		return MRB_FOLLOW_END;
	if (len >= MRB_MAGIC_LEN && !memcmp(buf, MRB_MAGIC, MRB_MAGIC_LEN))
		return MRB_FOLLOW_IMAGE;
	if (len < sizeof(trailer))
		return MRB_FOLLOW_JUNK;
	memcpy(&trailer, buf, sizeof(trailer));
	size = le32_to_cpu(trailer.size);
	if (memcmp(trailer.magic, MRB_SIGNATURE_MAGIC, MRB_MAGIC_LEN) ||
	    !size || size > MRB_MAX_SIGNATURE || trailer.reserved)
		return MRB_FOLLOW_JUNK;
	*signature_size = size;
	return MRB_FOLLOW_SIGNATURE;
}
