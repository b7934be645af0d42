// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image on its way to the device, which sees nothing of it before all of it
 * has been checked: by the kernel's own parser, and as kmod/check.c would.
 * Signatures are not looked at; whoever hands an image over has seen to that.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "image.h"
#include "model.h"

_Static_assert(MODEL_TEXT_LEN == MRB_ERROR_LEN, "sentences have one length");

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

/* What the device has beside its harts, by the names that images know. */
static bool has_capability(const char *name)
{
	return !strcmp(name, "flash") || !strcmp(name, "pla");
}

static int check_required(const struct mrb_image *mrb, struct mrb_error *err)
{
	const struct mrb_capability *cap;
	unsigned int i;

	for (i = 0; (cap = mrb_capability(mrb, i)); i++)
		if (le32_to_cpu(cap->flags) & MRB_CAP_REQUIRED &&
		    !has_capability(cap->name))
			return mrb_refuse(err, -EOPNOTSUPP,
					  "the image requires capability %s, which the device does not have",
					  cap->name);
	return 0;
}

static int check_fit(const struct mrb_image *mrb, const struct model_fit *fit,
		     struct mrb_error *err)
{
	const struct mrb_header *h = mrb->header;
	u64 base = le64_to_cpu(h->load_address);
	u64 size = le64_to_cpu(h->memory_size);
	u32 security = le32_to_cpu(h->security_version);

	if (strcmp(h->device_type, fit->type))
		return mrb_refuse(err, -EINVAL,
				  "the image is for type %s, and the device is of type %s",
				  h->device_type, fit->type);
	if (!mrb_within(base, size, fit->base, fit->size))
		return mrb_refuse(err, -EFBIG,
				  "the image wants %llu bytes at 0x%llx, and the running memory of the device is %u bytes at 0x%x",
				  size, base, fit->size, fit->base);
	if (security < fit->floor)
		return mrb_refuse(err, -EPERM,
				  "security version %u is below %u, which has run on the device; nothing overrides that",
				  security, fit->floor);
	return check_required(mrb, err);
}

/* All of it is in running memory, so that 32 bits will do. */
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

static void describe(struct model_image *image, const struct mrb_image *mrb)
{
	const struct mrb_header *h = mrb->header;

	image->entry = (u32)le64_to_cpu(h->cold_entry);
	image->version[0] = le16_to_cpu(h->version.major);
	image->version[1] = le16_to_cpu(h->version.minor);
	image->version[2] = le16_to_cpu(h->version.patch);
	image->security = le32_to_cpu(h->security_version);
	find_pieces(image, mrb);
}

static int check(struct model_image *image, const struct model_fit *fit,
		 struct mrb_error *err)
{
	void *tables = copy_tables(image, err);
	struct mrb_image mrb;

	if (!tables)
		return err->code;
	if (!mrb_parse(&mrb, tables, image->size, err) &&
	    !check_fit(&mrb, fit, err) && !check_bytes(image, &mrb, err))
		describe(image, &mrb);
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

void model_image_drop(struct model_image *image)
{
	if (image->map)
		munmap(image->map, image->map_size);
	image->map = NULL;
	image->num_pieces = 0;
}
