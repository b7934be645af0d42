// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a master has: the directory of a signed manifest, site.manifest, and of the
 * files that are in it. What is not as the manifest says is not there.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "../feed.h"
#include "master.h"

#define MANIFEST_NAME	"site.manifest"
#define NOT_OURS	(~0U)
/* Files that are looked through for chunks of a newer one. */
#define MOST_ADOPTED	16

/**
 * struct master_store - the directory
 * @site: of this master
 * @dir: name
 * @manifest: what it is to have, or %NULL
 * @text: of the file of the manifest
 * @has: for each of its images: is the file there, and whole?
 */
struct master_store {
	struct site *site;
	const char *dir;
	struct manifest *manifest;
	char *text;
	bool *has;
};

static bool set_path(const struct master_store *st, const char *name, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/%s", st->dir, name) < PATH_MAX;
}

/* Number of a file, perhaps of another copy of the manifest, or NOT_OURS. */
static unsigned int index_of(const struct master_store *st,
			     const struct manifest_image *image)
{
	unsigned int i;

	for (i = 0; st->manifest && i < st->manifest->num_images; i++)
		if (!strcmp(st->manifest->images[i].file, image->file) &&
		    !memcmp(st->manifest->images[i].digest, image->digest,
			    sizeof(image->digest)))
			return i;
	return NOT_OURS;
}

/**
 * master_store_open() - read a file of the store
 * @st: store
 * @image: of its manifest
 * @err: set on failure
 *
 * Return: the file, in memory, as the manifest has it; to be freed with
 * chunks_free(). Or %NULL.
 */
struct chunks *master_store_open(const struct master_store *st,
				 const struct manifest_image *image,
				 struct mrb_error *err)
{
	struct chunks *c = chunks_new(st->manifest, image, err);
	char path[PATH_MAX];
	int ret, fd;

	if (!c)
		return NULL;
	fd = set_path(st, image->file, path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		ret = mrb_refuse(err, -errno, "%s: %s", path, strerror(errno));
	else
		ret = chunks_adopt(c, fd, err);
	if (fd >= 0)
		close(fd);
	if (!ret && chunks_missing(c))
		ret = mrb_refuse(err, -EBADMSG,
				 "%s is not the file of the manifest: %u of %u chunks differ",
				 path, chunks_missing(c), image->num_chunks);
	if (!ret)
		ret = chunks_finish(c, err);
	if (!ret)
		return c;
	chunks_free(c);
	return NULL;
}

static void look_at_files(struct master_store *st)
{
	struct mrb_error err;
	struct chunks *c;
	unsigned int i;

	for (i = 0; i < st->manifest->num_images; i++) {
		c = master_store_open(st, &st->manifest->images[i], &err);
		st->has[i] = c;
		if (!c)
			log_line(LOG_WARNING, "%s; it is fetched from another master",
				 err.text);
		chunks_free(c);
	}
}

/* Compare what is there with the manifest, again. */
void master_store_look(struct master_store *st)
{
	if (st->manifest)
		look_at_files(st);
}

static int go_by(struct master_store *st, struct manifest *m, const char *text,
		 struct mrb_error *err)
{
	bool *has = calloc(m->num_images, sizeof(*has));
	char *copy = strdup(text);

	if (!has || !copy) {
		free(has);
		free(copy);
		manifest_free(m);
		return mrb_refuse(err, -ENOMEM, "out of memory");
	}
	manifest_free(st->manifest);
	free(st->text);
	free(st->has);
	st->manifest = m;
	st->text = copy;
	st->has = has;
	look_at_files(st);
	log_line(LOG_NOTICE, "manifest %llu with %u files, %s", m->sequence,
		 m->num_images, master_store_is_whole(st) ? "all of them here" :
		 "not all of them here");
	return 0;
}

static char *read_manifest(const struct master_store *st, struct mrb_error *err)
{
	struct image_file file;
	char path[PATH_MAX];
	struct mrb_error why;
	char *text;

	if (!set_path(st, MANIFEST_NAME, path)) {
		mrb_refuse(err, -ENAMETOOLONG, "%s: the name is too long", st->dir);
		return NULL;
	}
	if (image_file_read(&file, path, &why)) {
		mrb_refuse(err, why.code, "%s: %s", path, why.text);
		return NULL;
	}
	text = strndup((char *)file.data, file.size);
	image_file_free(&file);
	if (!text)
		mrb_refuse(err, -ENOMEM, "out of memory");
	return text;
}

/**
 * master_store_load() - look at the directory
 * @st: store; on failure it stays as it was
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int master_store_load(struct master_store *st, struct mrb_error *err)
{
	char *text = read_manifest(st, err);
	struct manifest *m;
	struct mrb_error why;
	int ret;

	if (!text)
		return err->code;
	m = st->site->options->cell ? site_accept_own(st->site, text, &why) :
	    site_accept(st->site, text, 0, &why);
	if (m)
		ret = go_by(st, m, text, err);
	else
		ret = mrb_refuse(err, why.code, "%s/%s: %s", st->dir, MANIFEST_NAME,
				 why.text);
	free(text);
	return ret;
}

/**
 * master_store_take_manifest() - go by a manifest of another master
 * @st: store
 * @text: file of a signed manifest
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int master_store_take_manifest(struct master_store *st, const char *text,
			       struct mrb_error *err)
{
	struct manifest *m = site_accept(st->site, text, 0, err);

	return m ? go_by(st, m, text, err) : err->code;
}

static void adopt_from(const struct master_store *st, const char *name, struct chunks *c)
{
	unsigned int before = chunks_missing(c);
	char path[PATH_MAX];
	struct mrb_error err;
	int fd;

	fd = set_path(st, name, path) ?
	     open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	if (fd < 0)
		return;
	if (chunks_adopt(c, fd, &err))
		log_line(LOG_WARNING, "%s: %s", path, err.text);
	close(fd);
	if (before != chunks_missing(c))
		log_line(LOG_INFO, "%u chunks are in %s already",
			 before - chunks_missing(c), path);
}

/**
 * master_store_adopt() - take what is there of a file that is to be fetched
 * @st: store
 * @image: of its manifest
 * @c: the file
 *
 * That may be the file itself, damaged, or an older version of it under another
 * name: only what differs has to travel.
 */
void master_store_adopt(const struct master_store *st,
			const struct manifest_image *image, struct chunks *c)
{
	unsigned int looked_at = 0;
	struct dirent *entry;
	DIR *dir;

	adopt_from(st, image->file, c);
	dir = opendir(st->dir);
	while (dir && chunks_missing(c) && looked_at < MOST_ADOPTED &&
	       (entry = readdir(dir))) {
		if (entry->d_type != DT_REG || !strcmp(entry->d_name, image->file) ||
		    !strcmp(entry->d_name, MANIFEST_NAME))
			continue;
		adopt_from(st, entry->d_name, c);
		looked_at++;
	}
	if (dir)
		closedir(dir);
}

static int write_manifest(const struct master_store *st, struct mrb_error *err)
{
	char path[PATH_MAX];

	if (!set_path(st, MANIFEST_NAME, path))
		return mrb_refuse(err, -ENAMETOOLONG, "the name is too long");
	return image_file_write(path, st->text, strlen(st->text), err);
}

static int copy_file(const char *path, const struct manifest_image *image,
		     const struct chunks *c, struct mrb_error *err)
{
	u8 *data = malloc(image->size);
	int ret;

	if (!data || read_at(chunks_fd(c), data, image->size, 0))
		ret = mrb_refuse(err, -ENOMEM, "out of memory");
	else
		ret = image_file_write(path, data, image->size, err);
	free(data);
	return ret;
}

/**
 * master_store_keep() - a file of the manifest has come
 * @st: store
 * @image: of its manifest
 * @c: the file
 * @err: set on failure
 *
 * The manifest is written when all of it is there, so that what is there fits
 * together at any time.
 *
 * Return: 0, or the code in @err.
 */
int master_store_keep(struct master_store *st, const struct manifest_image *image,
		      const struct chunks *c, struct mrb_error *err)
{
	unsigned int i = index_of(st, image);
	char path[PATH_MAX];

	if (i == NOT_OURS || !set_path(st, image->file, path))
		return mrb_refuse(err, -ENOENT, "it is not of manifest %llu",
				  st->manifest->sequence);
	if (copy_file(path, &st->manifest->images[i], c, err))
		return err->code;
	st->has[i] = true;
	return master_store_is_whole(st) ? write_manifest(st, err) : 0;
}

const struct manifest *master_store_manifest(const struct master_store *st)
{
	return st->manifest;
}

const char *master_store_text(const struct master_store *st)
{
	return st->text;
}

/* All that the manifest names is there. */
bool master_store_is_whole(const struct master_store *st)
{
	unsigned int i;

	for (i = 0; st->manifest && i < st->manifest->num_images; i++)
		if (!st->has[i])
			return false;
	return st->manifest;
}

bool master_store_has(const struct master_store *st,
		      const struct manifest_image *image)
{
	unsigned int i = index_of(st, image);

	return i != NOT_OURS && st->has[i];
}

/* What was there is damaged, or gone. */
void master_store_lost(struct master_store *st, const struct manifest_image *image)
{
	unsigned int i = index_of(st, image);

	if (i != NOT_OURS)
		st->has[i] = false;
}

/* Empty until master_store_load(); or NULL without memory. */
struct master_store *master_store_new(struct site *s)
{
	struct master_store *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->site = s;
	st->dir = s->options->store_dir;
	return st;
}

void master_store_free(struct master_store *st)
{
	if (!st)
		return;
	manifest_free(st->manifest);
	free(st->text);
	free(st->has);
	free(st);
}
