// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image on its way to the device, which sees nothing of it before all of it
 * has been checked: by the kernel's own parser, and as kmod/check.c would (check.c).
 * Signatures are not looked at; whoever hands an image over has seen to that.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "parser.h"

#define MAX_BYTES	(MRB_MAX_IMAGE + sizeof(struct mrb_signature) + MRB_MAX_SIGNATURE)

/* What a file needs so that nobody can change it under our eyes. */
#define SEALS		(F_SEAL_WRITE | F_SEAL_SHRINK)

static void sha_init(void *ctx)
{
	sha256_init(ctx);
}

static void sha_update(void *ctx, const void *data, size_t len)
{
	sha256_update(ctx, len, data);
}

static void sha_final(void *ctx, u8 digest[MRB_DIGEST_LEN])
{
	sha256_digest(ctx, MRB_DIGEST_LEN, digest);
}

static const struct mrb_digest_ops sha_ops = {
	.init = sha_init,
	.update = sha_update,
	.final = sha_final,
};

void model_sha256(const void *data, size_t size, u8 digest[MRB_DIGEST_LEN])
{
	struct sha256_ctx ctx;

	sha_init(&ctx);
	sha_update(&ctx, data, size);
	sha_final(&ctx, digest);
}

/* Reads as much as there is. */
static int copy(u8 *to, int fd, uint64_t offset, size_t size, size_t *have)
{
	ssize_t n;

	for (*have = 0; *have < size; *have += (size_t)n) {
		n = pread(fd, to + *have, size - *have, (off_t)(offset + *have));
		if (n < 0 && errno == EINTR) {
			n = 0;
			continue;
		}
		if (n < 0)
			return -errno;
		if (!n)
			break;
	}
	return 0;
}

/*
 * A sealed file is looked at where it is. Any other could change between the
 * check and its use, or be cut off under a mapping: it is copied.
 */
static int map(struct model_image *image, int fd, uint64_t offset, size_t size)
{
	int seals = fcntl(fd, F_GET_SEALS);
	bool sealed = seals >= 0 && (seals & SEALS) == SEALS;
	size_t skip = sealed ? offset % (size_t)sysconf(_SC_PAGESIZE) : 0;
	void *p;
	int ret;

	p = sealed ? mmap(NULL, skip + size, PROT_READ, MAP_SHARED | MAP_POPULATE,
			  fd, (off_t)(offset - skip)) :
		     mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	image->map = p;
	image->map_size = skip + size;
	image->data = (u8 *)p + skip;
	image->size = size;
	if (sealed)
		return 0;
	ret = copy(p, fd, offset, size, &image->size);
	if (!ret)
		return 0;
	model_image_drop(image);
	return ret;
}

static int get_bytes(struct model_image *image, int fd, uint64_t offset,
		     uint64_t size, struct mrb_error *err)
{
	struct stat st;
	int ret;

	if (fstat(fd, &st))
		return mrb_refuse(err, -errno, "the image cannot be read: %s",
				  strerror(errno));
	if (!S_ISREG(st.st_mode))
		return mrb_refuse(err, -EINVAL, "the image is not in a regular file");
	if (offset >= (uint64_t)st.st_size)
		return mrb_refuse(err, -EBADMSG,
				  "the file has %llu bytes; no image begins at byte %llu",
				  (u64)st.st_size, (u64)offset);
	size = min_t(uint64_t, size, (uint64_t)st.st_size - offset);
	if (!size)
		return mrb_refuse(err, -EBADMSG, "image has no bytes");
	if (size > MAX_BYTES)
		return mrb_refuse(err, -EFBIG,
				  "%llu bytes are more than the %u of the largest image",
				  (u64)size, MRB_MAX_IMAGE);
	ret = map(image, fd, offset, size);
	if (ret)
		return mrb_refuse(err, ret, "the image cannot be read: %s",
				  strerror(-ret));
	return 0;
}

/* The image may lie anywhere; the parser wants it aligned. */
static void *copy_tables(const struct model_image *image, struct mrb_error *err)
{
	void *tables;
	u32 size;

	if (mrb_probe(image->data, image->size, &size, err))
		return NULL;
	tables = calloc(1, size);
	if (!tables)
		mrb_refuse(err, -ENOMEM, "out of memory");
	else
		memcpy(tables, image->data, min_t(size_t, size, image->size));
	return tables;
}

/* Behind an image that says that it is signed there is the signature, no more. */
static int check_end(const struct model_image *image,
		     const struct mrb_image *mrb, struct mrb_error *err)
{
	bool is_signed = le32_to_cpu(mrb->header->flags) & MRB_F_SIGNED;
	const u8 *rest = image->data + mrb->image_size;
	size_t left = image->size - mrb->image_size;
	size_t trailer = sizeof(struct mrb_signature);
	u32 size;

	switch (mrb_follow(rest, left, &size)) {
	case MRB_FOLLOW_END:
		if (!is_signed)
			return 0;
		return mrb_refuse(err, -EBADMSG,
				  "header says that the image is signed, but no signature follows");
	case MRB_FOLLOW_SIGNATURE:
		if (is_signed && left == trailer + size)
			return 0;
		break;
	case MRB_FOLLOW_IMAGE:
	case MRB_FOLLOW_JUNK:
		break;
	}
	return mrb_refuse(err, -EBADMSG,
			  "%zu bytes follow the image of %llu bytes, and they are not its signature",
			  left, mrb->image_size);
}

static int check_bytes(const struct model_image *image,
		       const struct mrb_image *mrb, struct mrb_error *err)
{
	struct sha256_ctx ctx;
	struct mrb_check check;
	size_t size = min_t(u64, image->size, mrb->image_size);

	mrb_check_begin(&check, mrb, &sha_ops, &ctx);
	if (mrb_check_feed(&check, image->data, size, err) ||
	    mrb_check_end(&check, err))
		return err->code;
	return check_end(image, mrb, err);
}

/* All of it is in memory of the device, so that 32 bits will do. */
static void find_pieces(struct model_image *image, const struct mrb_image *mrb)
{
	const struct mrb_segment *s;
	struct model_piece *p;
	unsigned int i, kind;

	for (i = 0; (s = mrb_segment(mrb, i)); i++) {
		kind = le16_to_cpu(s->kind);
		if (kind != MRB_SEG_TEXT && kind != MRB_SEG_DATA)
			continue;
		p = &image->pieces[image->num_pieces++];
		p->address = (u32)le64_to_cpu(s->address);
		p->size = (u32)le64_to_cpu(s->file_size);
		p->data = image->data + le64_to_cpu(s->offset);
	}
}

/* Takes @tables. */
static void describe(struct model_image *image, void *tables)
{
	struct model_firmware *f = &image->firmware;
	struct mrb_image mrb = model_parsed(tables);
	const struct mrb_header *h = mrb.header;

	f->version[0] = le16_to_cpu(h->version.major);
	f->version[1] = le16_to_cpu(h->version.minor);
	f->version[2] = le16_to_cpu(h->version.patch);
	f->security = le32_to_cpu(h->security_version);
	f->cold = (u32)le64_to_cpu(h->cold_entry);
	f->warm = (u32)le64_to_cpu(h->warm_entry);
	f->tables = tables;
	find_pieces(image, &mrb);
}

static int check(struct model_image *image, const struct model_fit *fit,
		 struct mrb_error *err)
{
	void *tables = copy_tables(image, err);
	struct mrb_image mrb;

	if (!tables)
		return err->code;
	if (!mrb_parse(&mrb, tables, image->size, err) &&
	    !model_check_fit(&mrb, fit, err) && !check_bytes(image, &mrb, err))
		describe(image, tables);
	else
		free(tables);
	return err->code;
}

/**
 * model_image_take() - get an image out of a file, and check it
 * @image: set; to be released with model_image_drop() if it is taken
 * @fd: the file
 * @offset: of the image in it
 * @size: bytes, with the signature if there is one; if the file has fewer, the
 *	image is incomplete, and that is what will be said
 * @fit: what it must fit
 *
 * Return: false if it is refused; @image->error says why.
 */
bool model_image_take(struct model_image *image, int fd, uint64_t offset,
		      uint64_t size, const struct model_fit *fit)
{
	struct mrb_error err = { .code = 0 };

	memset(image, 0, sizeof(*image));
	if (!get_bytes(image, fd, offset, size, &err) &&
	    !check(image, fit, &err))
		return true;
	model_image_drop(image);
	memcpy(image->error, err.text, sizeof(image->error));
	return false;
}

/**
 * model_image_drop() - forget an image
 * @image: it; what somebody has taken out of @image->firmware stays
 */
void model_image_drop(struct model_image *image)
{
	if (image->map)
		munmap(image->map, image->map_size);
	free(image->firmware.tables);
	image->firmware.tables = NULL;
	image->map = NULL;
	image->num_pieces = 0;
}

/* Whether it is that very image: its tables hold the digests of all else. */
bool model_image_is(const struct model_image *image, const void *tables)
{
	const struct mrb_header *a = image->firmware.tables, *b = tables;

	return !memcmp(a->header_digest, b->header_digest, sizeof(a->header_digest));
}
