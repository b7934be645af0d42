/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MRB parser. Pure: allocates nothing, locks nothing, has no globals; the
 * same source is compiled into the module, the helper and the unit tests.
 */
#ifndef CSW_IMAGE_H
#define CSW_IMAGE_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#else
#include "compat_user.h"
#endif
#include <linux/mrb.h>

#define MRB_ERROR_LEN	160

/**
 * struct mrb_error - what is wrong with an image
 * @code: negative errno: -ENOEXEC not an MRB image, -EPROTONOSUPPORT newer
 *	than understood, -EFBIG too large, -EBADMSG malformed or digest wrong
 * @text: one sentence with the value and the limit, without a full stop
 */
struct mrb_error {
	int code;
	char text[MRB_ERROR_LEN];
};

/**
 * struct mrb_image - a header and tables that have been checked
 * @tables: the bytes, @tables_size of them, owned by the caller
 * @tables_size: bytes of header and tables
 * @image_size: bytes of the image without signature trailer
 * @header: first bytes of @tables; every field has been checked against the
 *	limits of the format
 */
struct mrb_image {
	const void *tables;
	u32 tables_size;
	u64 image_size;
	const struct mrb_header *header;
};

/* The first MRB_PROBE_SIZE bytes tell how many are needed for mrb_parse(). */
#define MRB_PROBE_SIZE	sizeof(struct mrb_header)

int mrb_probe(const void *buf, size_t len, u32 *tables_size, struct mrb_error *err);
int mrb_parse(struct mrb_image *image, const void *tables, size_t len, struct mrb_error *err);

unsigned int mrb_num_segments(const struct mrb_image *image);
const struct mrb_segment *mrb_segment(const struct mrb_image *image, unsigned int i);
unsigned int mrb_num_capabilities(const struct mrb_image *image);
const struct mrb_capability *mrb_capability(const struct mrb_image *image, unsigned int i);
unsigned int mrb_num_states(const struct mrb_image *image);
const struct mrb_state *mrb_state(const struct mrb_image *image, unsigned int i);

/* %NULL if there is none of that name. */
const struct mrb_capability *mrb_find_capability(const struct mrb_image *image, const char *name);
const struct mrb_state *mrb_find_state(const struct mrb_image *image, const char *name);

int mrb_version_cmp(const struct mrb_version *a, const struct mrb_version *b);
const char *mrb_segment_kind_name(unsigned int kind);

/*
 * The parts of an image in the order of their bytes, for whoever digests them
 * as they arrive: first the tables (digest: header_digest, over the tables
 * with that field zero), then every segment with bytes in it. Bytes between
 * parts must be zero.
 */
struct mrb_part {
	u64 offset;
	u64 size;
	const u8 *digest;
	int segment;		/* index, -1 for the tables */
};

/* Returns false when @i is beyond the last part. */
bool mrb_part(const struct mrb_image *image, unsigned int i, struct mrb_part *part);

/**
 * struct mrb_digest_ops - SHA-256, of whatever library
 * @init: begin a digest
 * @update: go on with it
 * @final: end it
 */
struct mrb_digest_ops {
	void (*init)(void *ctx);
	void (*update)(void *ctx, const void *data, size_t len);
	void (*final)(void *ctx, u8 digest[MRB_DIGEST_LEN]);
};

/**
 * struct mrb_check - an image whose bytes are checked as they arrive
 * @image: checked by mrb_parse()
 * @ops: digester
 * @ctx: its context, owned by the caller
 * @position: bytes that have arrived
 * @part: the part that comes next or has begun, as in mrb_part()
 */
struct mrb_check {
	const struct mrb_image *image;
	const struct mrb_digest_ops *ops;
	void *ctx;
	u64 position;
	unsigned int part;
};

void mrb_check_begin(struct mrb_check *check, const struct mrb_image *image,
		     const struct mrb_digest_ops *ops, void *ctx);
int mrb_check_feed(struct mrb_check *check, const void *buf, size_t len, struct mrb_error *err);
int mrb_check_end(const struct mrb_check *check, struct mrb_error *err);

/*
 * What comes at @buf, behind an image: a signature trailer, another image, or
 * something else. @len is at least sizeof(struct mrb_signature), or all that
 * is left. @signature_size is set to the size of the message behind the
 * trailer, 0 if there is none.
 */
enum mrb_follow { MRB_FOLLOW_END, MRB_FOLLOW_IMAGE, MRB_FOLLOW_SIGNATURE, MRB_FOLLOW_JUNK };
enum mrb_follow mrb_follow(const void *buf, size_t len, u32 *signature_size);

bool mrb_zero(const void *buf, size_t len);
const char *mrb_name_problem(const char *name);
const char *mrb_type_problem(const char *type);

/* Between the files of the parser. */

__printf(3, 4)
int mrb_refuse(struct mrb_error *err, int code, const char *fmt, ...);
int mrb_check_contents(const struct mrb_image *image, struct mrb_error *err);

/* Whether @size bytes at @start lie in the @room bytes at @from. */
static inline bool mrb_within(u64 start, u64 size, u64 from, u64 room)
{
	return start >= from && start - from <= room &&
	       size <= room - (start - from);
}

/* Whether two ranges have a byte in common. Their ends are not computed. */
static inline bool mrb_overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a_size && b_size && (a <= b ? b - a < a_size : a - b < b_size);
}

#endif /* CSW_IMAGE_H */
