// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chunks are put where they belong in a file without a name, in memory; the
 * kernel reads the image from there when it is whole. All of its room is
 * reserved at the beginning, so that it cannot run out later.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "chunks.h"

/**
 * struct chunks - an image on its way
 * @chunk_bytes: of all chunks but the last one
 * @size: bytes of the image
 * @digest: of all of it
 * @num: chunks
 * @missing: of them
 * @hashes: of each
 * @have: for each
 * @fd: what has come
 */
struct chunks {
	u32 chunk_bytes;
	u64 size;
	u8 digest[MRB_DIGEST_LEN];
	unsigned int num;
	unsigned int missing;
	u8 (*hashes)[MRB_DIGEST_LEN];
	bool *have;
	int fd;
};

static u32 bytes_of(const struct chunks *c, unsigned int i)
{
	return min_t(u64, c->chunk_bytes, c->size - (u64)i * c->chunk_bytes);
}

/**
 * chunks_new() - make room for an image of which nothing has come
 * @m: manifest; not needed any longer afterwards
 * @image: of it
 * @err: set on failure
 *
 * Return: to be freed with chunks_free(), or %NULL.
 */
struct chunks *chunks_new(const struct manifest *m,
			  const struct manifest_image *image,
			  struct mrb_error *err)
{
	struct chunks *c = calloc(1, sizeof(*c));
	int ret = ENOMEM;

	if (c) {
		c->chunk_bytes = m->chunk_bytes;
		c->size = image->size;
		c->num = image->num_chunks;
		c->missing = c->num;
		memcpy(c->digest, image->digest, sizeof(c->digest));
		c->hashes = calloc(c->num, sizeof(*c->hashes));
		c->have = calloc(c->num, sizeof(*c->have));
		c->fd = memfd_create(image->file, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	}
	if (c && c->hashes && c->have && c->fd >= 0)
		ret = posix_fallocate(c->fd, 0, (off_t)c->size);
	if (!ret) {
		memcpy(c->hashes, image->chunks, c->num * sizeof(*c->hashes));
		return c;
	}
	chunks_free(c);
	mrb_refuse(err, -ret, "no room for %s, %llu bytes: %s", image->file,
		   image->size, strerror(ret));
	return NULL;
}

void chunks_free(struct chunks *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	free(c->hashes);
	free(c->have);
	free(c);
}

static bool hash(const void *data, size_t size, u8 digest[MRB_DIGEST_LEN])
{
	return EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL);
}

static int write_at(const struct chunks *c, unsigned int i, const u8 *data)
{
	off_t at = (off_t)i * c->chunk_bytes;
	size_t left = bytes_of(c, i);
	ssize_t n;

	while (left) {
		n = pwrite(c->fd, data, left, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		at += n;
		left -= n;
	}
	return 0;
}

/**
 * chunks_put() - a chunk has come
 * @c: the image
 * @data: bytes, from whomever
 * @size: how many
 * @verdict: set to what became of it
 * @err: set on failure
 *
 * The same bytes may be wanted in several places; they are put in all.
 *
 * Return: 0, or the code in @err: what is good cannot be kept.
 */
int chunks_put(struct chunks *c, const void *data, size_t size,
	       enum chunk_verdict *verdict, struct mrb_error *err)
{
	u8 digest[MRB_DIGEST_LEN];
	unsigned int i;
	int ret;

	*verdict = CHUNK_FOREIGN;
	if (!size || size > c->chunk_bytes || !hash(data, size, digest))
		return 0;
	for (i = 0; i < c->num; i++) {
		if (bytes_of(c, i) != size ||
		    memcmp(c->hashes[i], digest, sizeof(digest)))
			continue;
		if (*verdict == CHUNK_FOREIGN)
			*verdict = CHUNK_KNOWN;
		if (c->have[i])
			continue;
		ret = write_at(c, i, data);
		if (ret)
			return mrb_refuse(err, ret, "a chunk cannot be kept: %s",
					  strerror(-ret));
		c->have[i] = true;
		c->missing--;
		*verdict = CHUNK_TAKEN;
	}
	return 0;
}

/**
 * read_at() - read all of a part of a file
 * @fd: file
 * @data: room for @size bytes
 * @size: bytes
 * @at: offset of them
 *
 * Return: 0, -ENODATA if the file ends before, or another negative errno.
 */
int read_at(int fd, void *data, size_t size, off_t at)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(fd, (u8 *)data + done, size - done,
			  at + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ENODATA;
		done += n;
	}
	return 0;
}

/**
 * chunks_adopt() - take what another file has of the image
 * @c: the image
 * @fd: of an older version of it, or of a part of it
 * @err: set on failure
 *
 * Chunks are looked for at multiples of the chunk size.
 *
 * Return: 0, or the code in @err.
 */
int chunks_adopt(struct chunks *c, int fd, struct mrb_error *err)
{
	enum chunk_verdict verdict;
	u8 *data = malloc(c->chunk_bytes);
	unsigned int i;
	int ret = 0;

	if (!data)
		return mrb_refuse(err, -ENOMEM, "out of memory");
	for (i = 0; i < c->num && !ret; i++)
		if (!read_at(fd, data, bytes_of(c, i), (off_t)i * c->chunk_bytes))
			ret = chunks_put(c, data, bytes_of(c, i), &verdict, err);
	free(data);
	return ret;
}

unsigned int chunks_missing(const struct chunks *c)
{
	return c->missing;
}

bool chunks_has(const struct chunks *c, unsigned int i)
{
	return i < c->num && c->have[i];
}

/**
 * chunks_missing_ranges() - what to ask for
 * @c: the image
 * @ranges: set, in ascending order
 * @room: entries that there are in @ranges
 *
 * Return: entries set. With too little room the last ones are left out.
 */
unsigned int chunks_missing_ranges(const struct chunks *c,
				   struct chunk_range *ranges, unsigned int room)
{
	unsigned int i, num = 0;

	for (i = 0; i < c->num; i++) {
		if (c->have[i])
			continue;
		if (num && ranges[num - 1].first + ranges[num - 1].num == i) {
			ranges[num - 1].num++;
			continue;
		}
		if (num == room)
			break;
		ranges[num++] = (struct chunk_range){ i, 1 };
	}
	return num;
}

/**
 * chunks_get() - read a chunk, to pass it on
 * @c: the image
 * @i: number of the chunk
 * @data: room for a chunk
 *
 * Return: bytes, or a negative errno: -ENODATA if it has not come.
 */
ssize_t chunks_get(const struct chunks *c, unsigned int i, void *data)
{
	int ret;

	if (!chunks_has(c, i))
		return -ENODATA;
	ret = read_at(c->fd, data, bytes_of(c, i), (off_t)i * c->chunk_bytes);
	return ret ?: (ssize_t)bytes_of(c, i);
}

static int digest_all(const struct chunks *c, u8 digest[MRB_DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	u8 *data = malloc(c->chunk_bytes);
	int ret = ctx && data &&
		  EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) ? 0 : -ENOMEM;
	unsigned int i;

	for (i = 0; i < c->num && !ret; i++) {
		ret = read_at(c->fd, data, bytes_of(c, i),
			      (off_t)i * c->chunk_bytes);
		if (!ret && !EVP_DigestUpdate(ctx, data, bytes_of(c, i)))
			ret = -EIO;
	}
	if (!ret && !EVP_DigestFinal_ex(ctx, digest, NULL))
		ret = -EIO;
	EVP_MD_CTX_free(ctx);
	free(data);
	return ret;
}

/**
 * chunks_finish() - is the image what the manifest says?
 * @c: the image; nothing can be changed in it afterwards
 * @err: set on failure
 *
 * Return: 0, -ENODATA if chunks are missing, -EBADMSG, or another errno.
 */
int chunks_finish(struct chunks *c, struct mrb_error *err)
{
	u8 digest[MRB_DIGEST_LEN];
	int ret;

	if (c->missing)
		return mrb_refuse(err, -ENODATA, "%u of %u chunks are missing",
				  c->missing, c->num);
	/* What is digested here is what will be fed. */
	ret = fcntl(c->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK |
		    F_SEAL_GROW | F_SEAL_SEAL) ? -errno : digest_all(c, digest);
	if (ret)
		return mrb_refuse(err, ret, "the image cannot be sealed and read again: %s",
				  strerror(-ret));
	if (memcmp(digest, c->digest, sizeof(digest)))
		return mrb_refuse(err, -EBADMSG,
				  "all chunks are good, but the image is not that of the manifest");
	return 0;
}

/* The image, as far as it has come. The caller does not close it. */
int chunks_fd(const struct chunks *c)
{
	return c->fd;
}
