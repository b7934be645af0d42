// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of images: read whole, checked image by image, written whole.
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "image_tool.h"

/**
 * image_file_read() - read a whole file
 * @file: set; to be released with image_file_free()
 * @path: its name; a pipe will do
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int image_file_read(struct image_file *file, const char *path,
		    struct mrb_error *err)
{
	size_t room = 0;
	ssize_t n = -1;
	u8 *larger;
	int fd;

	memset(file, 0, sizeof(*file));
	file->path = path;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mrb_refuse(err, -errno, "%s", strerror(errno));
	do {
		if (file->size == room) {
			room = room ? 2 * room : 1 << 16;
			larger = realloc(file->data, room);
			if (!larger)
				break;
			file->data = larger;
		}
		n = read(fd, file->data + file->size, room - file->size);
		if (n > 0)
			file->size += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n)
		mrb_refuse(err, -errno, "%s", strerror(errno));
	close(fd);
	if (!n)
		return 0;
	image_file_free(file);
	return err->code;
}

/**
 * image_file_open() - open a file whose headers alone are of interest
 * @file: set; to be released with image_file_free()
 * @path: its name; a regular file
 * @err: set on failure
 *
 * Its images can be gone through; their contents are not read.
 *
 * Return: 0, or the code in @err.
 */
int image_file_open(struct image_file *file, const char *path,
		    struct mrb_error *err)
{
	struct stat st;
	int fd;

	memset(file, 0, sizeof(*file));
	file->path = path;
	/* Of a pipe, do not wait for the other end. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return mrb_refuse(err, -errno, "%s", strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return mrb_refuse(err, -EINVAL, "not a regular file");
	}
	file->is_open = true;
	file->fd = fd;
	file->size = st.st_size;
	return 0;
}

void image_file_free(struct image_file *file)
{
	if (file->is_open)
		close(file->fd);
	file->is_open = false;
	free(file->data);
	file->data = NULL;
	file->size = 0;
}

/* Copies up to @len bytes at @offset. Returns how many there are, or an errno. */
static int get_bytes(const struct image_file *file, size_t offset, void *buf,
		     u32 len)
{
	u32 done = 0;
	ssize_t n;

	len = (u32)min_t(size_t, len, file->size - offset);
	if (!file->is_open) {
		memcpy(buf, file->data + offset, len);
		return (int)len;
	}
	while (done < len) {
		n = pread(file->fd, (u8 *)buf + done, len - done,
			  (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += (u32)n;
	}
	return (int)done;
}

static int write_all(int fd, const u8 *p, size_t size)
{
	ssize_t n;

	while (size) {
		n = write(fd, p, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		size -= n;
	}
	return fsync(fd) && errno != EINVAL ? -errno : 0;
}

static mode_t new_file_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* Its new entry; a file system that cannot do that has its own ways. */
static void sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

/**
 * image_file_write() - replace a file, or leave it as it is, also when power fails
 * @path: its name; a temporary file beside it is renamed
 * @data: its bytes
 * @size: how many
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int image_file_write(const char *path, const void *data, size_t size,
		     struct mrb_error *err)
{
	char *temporary;
	int fd, ret;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return mrb_refuse(err, -ENOMEM, "out of memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		mrb_refuse(err, -errno, "%s", strerror(errno));
		free(temporary);
		return err->code;
	}
	ret = write_all(fd, data, size);
	if (!ret && fchmod(fd, new_file_mode()))
		ret = -errno;
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(temporary, path))
		ret = -errno;
	if (!ret)
		sync_directory(path);
	if (ret) {
		unlink(temporary);
		mrb_refuse(err, ret, "%s", strerror(-ret));
	}
	free(temporary);
	return ret;
}

static int view_signature(const struct image_file *file,
			  struct image_view *view, struct mrb_error *err)
{
	bool is_signed = le32_to_cpu(view->image.header->flags) & MRB_F_SIGNED;
	u8 next[sizeof(struct mrb_signature)];
	int n = get_bytes(file, view->end, next, sizeof(next));
	size_t left;
	u32 size;

	view->signature = NULL;
	view->signature_size = 0;
	if (n < 0)
		return mrb_refuse(err, n, "%s", strerror(-n));
	switch (mrb_follow(next, n, &size)) {
	case MRB_FOLLOW_END:
	case MRB_FOLLOW_IMAGE:
		if (is_signed)
			return mrb_refuse(err, -EBADMSG,
					  "header says that the image is signed, but no signature follows");
		return 0;
	case MRB_FOLLOW_JUNK:
		return mrb_refuse(err, -EBADMSG,
				  "byte %zu of the file begins neither an image nor a signature",
				  view->end);
	case MRB_FOLLOW_SIGNATURE:
		break;
	}
	if (!is_signed)
		return mrb_refuse(err, -EBADMSG,
				  "a signature follows the image, but its header does not say that it is signed");
	view->end += sizeof(next);
	left = file->size - view->end;
	if (left < size)
		return mrb_refuse(err, -EBADMSG,
				  "signature ends after %zu of %u bytes", left,
				  size);
	if (!file->is_open)
		view->signature = file->data + view->end;
	view->signature_size = size;
	view->end += size;
	return 0;
}

/* Images in a bundle may begin anywhere; the parser wants them aligned. */
static void *copy_tables(const struct image_file *file, size_t start,
			 struct mrb_error *err)
{
	u8 head[MRB_PROBE_SIZE];
	int n = get_bytes(file, start, head, sizeof(head));
	void *tables;
	u32 size;

	if (n >= 0 && mrb_probe(head, n, &size, err))
		return NULL;
	tables = n < 0 ? NULL : calloc(1, size);
	if (tables)
		n = get_bytes(file, start, tables, size);
	/* The file may have changed: what it says of its size has been checked. */
	if (tables && n >= 0)
		return memcpy(tables, head, min_t(size_t, size, sizeof(head)));
	free(tables);
	mrb_refuse(err, n < 0 ? n : -ENOMEM, "%s",
		   strerror(n < 0 ? -n : ENOMEM));
	return NULL;
}

/**
 * image_view_next() - go to the next image of a file
 * @file: the file
 * @view: zeroed before the first call; to be released with image_view_done()
 * @err: set on failure
 *
 * Return: 1 if @view is set, 0 behind the last image, or the code in @err.
 */
int image_view_next(const struct image_file *file, struct image_view *view,
		    struct mrb_error *err)
{
	size_t left = file->size - view->end;
	u64 size;

	image_view_done(view);
	if (!left && view->number)
		return 0;
	view->number++;
	view->start = view->end;
	view->data = file->is_open ? NULL : file->data + view->start;
	view->image.tables = copy_tables(file, view->start, err);
	if (!view->image.tables)
		return err->code;
	if (mrb_parse(&view->image, view->image.tables, left, err))
		return err->code;
	size = view->image.image_size;
	if (left < size)
		return mrb_refuse(err, -EBADMSG,
				  "image ends after %zu bytes; its header says %llu",
				  left, size);
	view->end += size;
	return view_signature(file, view, err) ?: 1;
}

void image_view_done(struct image_view *view)
{
	free((void *)view->image.tables);
	view->image.tables = NULL;
}

static void evp_init(void *ctx)
{
	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
}

static void evp_update(void *ctx, const void *data, size_t len)
{
	EVP_DigestUpdate(ctx, data, len);
}

/* A digester that failed leaves zeros, which are nothing's digest. */
static void evp_final(void *ctx, u8 digest[MRB_DIGEST_LEN])
{
	memset(digest, 0, MRB_DIGEST_LEN);
	EVP_DigestFinal_ex(ctx, digest, NULL);
}

static const struct mrb_digest_ops evp_ops = {
	.init = evp_init,
	.update = evp_update,
	.final = evp_final,
};

/**
 * image_view_check() - check digests and padding of an image
 * @view: the image
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int image_view_check(const struct image_view *view, struct mrb_error *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct mrb_check check;

	if (!ctx)
		return mrb_refuse(err, -ENOMEM, "out of memory");
	err->code = 0;
	mrb_check_begin(&check, &view->image, &evp_ops, ctx);
	if (!mrb_check_feed(&check, view->data, view->image.image_size, err))
		mrb_check_end(&check, err);
	EVP_MD_CTX_free(ctx);
	return err->code;
}

void image_sha256(const void *data, size_t size, u8 digest[MRB_DIGEST_LEN])
{
	if (!EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL))
		memset(digest, 0, MRB_DIGEST_LEN);
}
