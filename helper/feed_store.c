// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The image directories: which images there are, the best one of a type, and
 * files by name. Only headers are looked at here; whether an image is whole is
 * for the kernel to say. What was read of a file is kept until the file
 * changes.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed.h"

#define MAX_FILE	(1U << 30)

/**
 * struct store_file - a file in a directory
 * @path: its name
 * @stat: as it was when it was read
 * @seen: in the scan that runs
 * @images: in it; none, if it is not of images
 * @num: entries in @images
 * @problem: why there are no more, for people; %NULL if it is whole
 */
struct store_file {
	char *path;
	struct stat stat;
	bool seen;
	struct store_image *images;
	unsigned int num;
	char *problem;
};

/**
 * struct store - the image directories
 * @dirs: their names, in order of precedence
 * @num_dirs: entries in @dirs
 * @dirs_text: the same for people
 * @files: in them, in no order
 * @num: entries in @files
 */
struct store {
	char **dirs;
	unsigned int num_dirs;
	char *dirs_text;
	struct store_file **files;
	unsigned int num;
};

static bool add_dir(struct store *store, const char *dir)
{
	char *text;

	store->dirs[store->num_dirs] = strdup(dir);
	if (!store->dirs[store->num_dirs])
		return false;
	store->num_dirs++;
	if (asprintf(&text, "%s%s%s", store->dirs_text ?: "",
		     store->dirs_text ? ", " : "", dir) < 0)
		return false;
	free(store->dirs_text);
	store->dirs_text = text;
	return true;
}

static const char *const default_dirs[] = {
	"/lib/firmware/codeswap",
	"/var/lib/codeswap",
};

/**
 * store_new() - make a store
 * @dirs: names of directories, the first takes precedence; copied
 * @num: entries in @dirs; 0: the default directories
 *
 * Return: the store, empty until store_scan(), or %NULL without memory.
 */
struct store *store_new(const char *const *dirs, unsigned int num)
{
	struct store *store = calloc(1, sizeof(*store));
	unsigned int i;

	if (!store)
		return NULL;
	if (!num) {
		dirs = default_dirs;
		num = sizeof(default_dirs) / sizeof(default_dirs[0]);
	}
	store->dirs = calloc(num, sizeof(*store->dirs));
	for (i = 0; store->dirs && i < num; i++)
		if (!add_dir(store, dirs[i]))
			break;
	if (store->num_dirs == num && i == num)
		return store;
	store_free(store);
	return NULL;
}

static void free_file(struct store_file *file)
{
	free(file->images);
	free(file->problem);
	free(file->path);
	free(file);
}

/**
 * store_forget() - forget what was read of the files
 * @store: the store
 */
void store_forget(struct store *store)
{
	while (store->num)
		free_file(store->files[--store->num]);
	free(store->files);
	store->files = NULL;
}

void store_free(struct store *store)
{
	store_forget(store);
	while (store->num_dirs)
		free(store->dirs[--store->num_dirs]);
	free(store->dirs);
	free(store->dirs_text);
	free(store);
}

/* The directories, for a sentence. */
const char *store_dirs(const struct store *store)
{
	return store->dirs_text;
}

static bool has_magic(const char *path)
{
	char magic[MRB_MAGIC_LEN];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, magic, sizeof(magic));
	close(fd);
	return n == sizeof(magic) && !memcmp(magic, MRB_MAGIC, MRB_MAGIC_LEN);
}

static bool add_image(struct store_file *file, const struct image_view *view,
		      unsigned int dir)
{
	const struct mrb_header *h = view->image.header;
	struct store_image *image, *larger;

	larger = realloc(file->images, (file->num + 1) * sizeof(*larger));
	if (!larger)
		return false;
	file->images = larger;
	image = &larger[file->num++];
	image->path = file->path;
	image->dir = dir;
	memcpy(image->type, h->device_type, sizeof(image->type));
	image->version = h->version;
	memcpy(image->build_id, h->build_id, sizeof(image->build_id));
	return true;
}

__printf(2, 3) static void set_problem(struct store_file *file,
				       const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&file->problem, fmt, args) < 0)
		file->problem = NULL;
	va_end(args);
	if (file->problem)
		log_line(LOG_WARNING, "%s", file->problem);
}

/* Images in front of one that is damaged are good to have. */
static void read_images(struct store_file *file, unsigned int dir)
{
	struct image_view view = { 0 };
	struct image_file headers;
	struct mrb_error err;
	int ret;

	if (image_file_open(&headers, file->path, &err)) {
		set_problem(file, "%s: %s", file->path, err.text);
		return;
	}
	while ((ret = image_view_next(&headers, &view, &err)) > 0)
		if (!add_image(file, &view, dir))
			break;
	if (ret < 0)
		set_problem(file, "%s: image %u: %s", file->path, view.number,
			    err.text);
	image_view_done(&view);
	image_file_free(&headers);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct store_file *find_file(const struct store *store,
				    const char *path)
{
	unsigned int i;

	for (i = 0; i < store->num; i++)
		if (!strcmp(store->files[i]->path, path))
			return store->files[i];
	return NULL;
}

/* Takes @path. */
static struct store_file *add_file(struct store *store, char *path)
{
	struct store_file *file = calloc(1, sizeof(*file));
	struct store_file **larger;

	larger = realloc(store->files,
			 (store->num + 1) * sizeof(struct store_file *));
	if (larger)
		store->files = larger;
	if (!larger || !file) {
		free(file);
		free(path);
		return NULL;
	}
	file->path = path;
	store->files[store->num++] = file;
	return file;
}

static void scan_file(struct store *store, unsigned int dir, char *path)
{
	struct store_file *file;
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
		free(path);
		return;
	}
	file = find_file(store, path);
	if (file)
		free(path);
	else
		file = add_file(store, path);
	if (!file)
		return;
	file->seen = true;
	if (same_file(&file->stat, &st))
		return;
	file->stat = st;
	free(file->images);
	free(file->problem);
	file->images = NULL;
	file->num = 0;
	file->problem = NULL;
	if (has_magic(file->path))
		read_images(file, dir);
}

static void scan_dir(struct store *store, unsigned int index)
{
	DIR *dir = opendir(store->dirs[index]);
	struct dirent *entry;
	char *path;

	if (!dir) {
		log_line(LOG_DEBUG, "%s: %s", store->dirs[index],
			 strerror(errno));
		return;
	}
	while ((entry = readdir(dir))) {
		/* Programs that replace files begin temporary names so. */
		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%s", store->dirs[index],
			     entry->d_name) >= 0)
			scan_file(store, index, path);
	}
	closedir(dir);
}

/**
 * store_scan() - look what is in the directories now
 * @store: the store; images found earlier may be gone afterwards
 */
void store_scan(struct store *store)
{
	unsigned int i, kept = 0;

	for (i = 0; i < store->num; i++)
		store->files[i]->seen = false;
	for (i = 0; i < store->num_dirs; i++)
		scan_dir(store, i);
	for (i = 0; i < store->num; i++) {
		if (store->files[i]->seen)
			store->files[kept++] = store->files[i];
		else
			free_file(store->files[i]);
	}
	store->num = kept;
}

/**
 * store_problem() - what is not whole in the directories
 * @store: the store, scanned
 *
 * Return: a file and what is wrong with it, until the next scan; or %NULL.
 */
const char *store_problem(const struct store *store)
{
	unsigned int i;

	for (i = 0; i < store->num; i++)
		if (store->files[i]->problem)
			return store->files[i]->problem;
	return NULL;
}

/* Higher versions first, then the order of directories, then of names. */
static bool is_better(const struct store_image *a, const struct store_image *b)
{
	int order = mrb_version_cmp(&a->version, &b->version);

	if (order)
		return order > 0;
	if (a->dir != b->dir)
		return a->dir < b->dir;
	return strcmp(a->path, b->path) < 0;
}

/**
 * store_best() - find the best image of a type
 * @store: the store, scanned
 * @type: device type, or "" for any
 * @skip: tells which images do not count; may be %NULL
 * @ctx: for @skip
 *
 * Return: an image that is there until the next scan, or %NULL.
 */
const struct store_image *store_best(const struct store *store,
				     const char *type, store_skip_fn *skip,
				     void *ctx)
{
	const struct store_image *image, *best = NULL;
	const struct store_file *file;
	unsigned int i, j;

	for (i = 0; i < store->num; i++) {
		file = store->files[i];
		for (j = 0; j < file->num; j++) {
			image = &file->images[j];
			if ((*type && strcmp(image->type, type)) ||
			    (best && !is_better(image, best)) ||
			    (skip && skip(image, ctx)))
				continue;
			best = image;
		}
	}
	return best;
}

/**
 * store_path() - find a file by name
 * @store: the store
 * @name: that csw_image_name_problem() finds nothing wrong with
 *
 * Return: path of the first one, to be freed, or %NULL.
 */
char *store_path(const struct store *store, const char *name)
{
	unsigned int i;
	struct stat st;
	char *path;

	for (i = 0; i < store->num_dirs; i++) {
		if (asprintf(&path, "%s/%s", store->dirs[i], name) < 0)
			return NULL;
		if (!stat(path, &st) && S_ISREG(st.st_mode))
			return path;
		free(path);
	}
	return NULL;
}

/**
 * store_open() - open the file of an image that was found
 * @chosen: set; to be released with store_close() unless this fails
 * @image: the image
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int store_open(struct chosen *chosen, const struct store_image *image,
	       struct mrb_error *err)
{
	const struct mrb_header *h;
	int ret;

	memset(chosen, 0, sizeof(*chosen));
	ret = image_file_open(&chosen->file, image->path, err);
	if (ret)
		return ret;
	while ((ret = image_view_next(&chosen->file, &chosen->view, err)) > 0) {
		h = chosen->view.image.header;
		if (!strcmp(h->device_type, image->type) &&
		    !memcmp(h->build_id, image->build_id, MRB_BUILD_ID_LEN) &&
		    !mrb_version_cmp(&h->version, &image->version))
			return 0;
	}
	if (!ret)
		ret = mrb_refuse(err, -ENOENT,
				 "the image of type %s is not in the file any more",
				 image->type);
	store_close(chosen);
	return ret;
}

/**
 * store_open_file() - open a file, and pick an image of it
 * @chosen: set; to be released with store_close() unless this fails
 * @path: of the file
 * @wanted: tells which types will do; without any, the first image is taken
 * @ctx: for @wanted
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int store_open_file(struct chosen *chosen, const char *path,
		    store_type_fn *wanted, void *ctx, struct mrb_error *err)
{
	int ret;

	memset(chosen, 0, sizeof(*chosen));
	ret = image_file_open(&chosen->file, path, err);
	if (ret)
		return ret;
	while ((ret = image_view_next(&chosen->file, &chosen->view, err)) > 0)
		if (wanted(chosen->view.image.header->device_type, ctx))
			return 0;
	if (!ret) {
		image_view_done(&chosen->view);
		memset(&chosen->view, 0, sizeof(chosen->view));
		ret = image_view_next(&chosen->file, &chosen->view, err);
		if (ret > 0)
			return 0;
	}
	store_close(chosen);
	return ret;
}

void store_close(struct chosen *chosen)
{
	image_view_done(&chosen->view);
	image_file_free(&chosen->file);
}
