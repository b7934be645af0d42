// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a file to the kernel: which images of it are wanted, and feeding them
 * one after another.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd_device.h"

/* An image on its way. */
struct feeding {
	struct session *session;
	const char *label;
	bool stopped;
};

static bool show_progress(u64 fed, u64 size, void *ctx)
{
	struct feeding *f = ctx;

	progress_show(f->label, CODESWAP_PHASE_STAGING, fed * 100 / size);
	f->stopped = session_interrupted(f->session);
	return f->stopped;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The file's name, where it can serve as the image's. */
static const char *image_name(const char *path)
{
	const char *name = base_name(path);

	return csw_image_name_problem(name) ? NULL : name;
}

/* Nothing of a failed feeding is left once its socket is closed. */
static int fed_or_failed(struct session *s, struct csw_socket *sk, int ret,
			 bool stopped, struct fed *fed,
			 const struct csw_error *err, fed_fn *fn)
{
	progress_clear();
	fed->note = csw_note(sk);
	fed->sk = sk;
	if (ret)
		fed->error = err->text;
	if (stopped)
		ret = failed("interrupted: %s; nothing was changed", err->text);
	else
		ret = fn(s, fed);
	csw_close(sk);
	return ret;
}

/* Those that are meant and, if @type is not %NULL, of it. */
static size_t pick_devices(const struct session *s, const struct csw_feed *feed,
			   const char *type, const char **picked)
{
	size_t i, num = 0;

	for (i = 0; i < feed->num_devices; i++)
		if (!type || !strcmp(type, device_list_find(&s->list,
							    feed->devices[i])->type))
			picked[num++] = feed->devices[i];
	return num;
}

static int feed_to(struct session *s, struct csw_feed *how,
		   const struct image_view *view, size_t size, fed_fn *fn)
{
	struct feeding f = { s, view->image.header->device_type, false };
	struct fed fed = { .view = *view };
	struct csw_socket *sk;
	struct csw_error err;
	int ret;

	if (how->num_devices == 1)
		f.label = device_label(device_list_find(&s->list, how->devices[0]));
	sk = csw_open(&err);
	if (!sk)
		return failed("%s", err.text);
	how->image_name = image_name(s->options->path);
	how->progress = show_progress;
	how->ctx = &f;
	ret = csw_stage(sk, how, view->data, size, &fed.update_id, &err);
	return fed_or_failed(s, sk, ret, f.stopped, &fed, &err, fn);
}

/* Of several images, each goes to those devices that have its type. */
static int feed_image(struct session *s, const struct csw_feed *feed,
		      const struct image_view *view, size_t size, bool several,
		      fed_fn *fn)
{
	const char **picked = calloc(feed->num_devices + 1, sizeof(*picked));
	struct csw_feed how = *feed;
	int ret;

	if (!picked)
		return failed("out of memory");
	how.devices = picked;
	how.num_devices = pick_devices(s, feed, several ?
				       view->image.header->device_type : NULL,
				       picked);
	ret = feed_to(s, &how, view, size, fn);
	free(picked);
	return ret;
}

static int feed_by_fd(struct session *s, const struct csw_feed *feed,
		      fed_fn *fn)
{
	const char *path = s->options->path;
	struct csw_feed how = *feed;
	struct fed fed = { 0 };
	struct csw_socket *sk;
	struct csw_error err;
	struct stat st;
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		ret = failed("%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	sk = csw_open(&err);
	if (!sk) {
		close(fd);
		return failed("%s", err.text);
	}
	how.image_name = image_name(path);
	ret = csw_stage_fd(sk, &how, fd, 0, st.st_size, &fed.update_id, &err);
	close(fd);
	return fed_or_failed(s, sk, ret, false, &fed, &err, fn);
}

/* A single image is fed whatever its type: the kernel has the better word. */
static bool is_wanted(const struct session *s, const struct image_view *view)
{
	const char *type = view->image.header->device_type;
	size_t i;

	for (i = 0; i < s->list.num; i++)
		if (!strcmp(s->list.devices[i].type, type) &&
		    is_selected(s->options, &s->list.devices[i]))
			return true;
	return false;
}

static int count_images(const struct image_file *file, unsigned int *num)
{
	struct image_view view = { 0 };
	struct mrb_error err;
	int ret;

	while ((ret = image_view_next(file, &view, &err)) > 0)
		*num = view.number;
	image_view_done(&view);
	if (!ret)
		return CMD_DONE;
	if (view.number > 1)
		return failed("%s: image %u: %s", file->path, view.number,
			      err.text);
	return failed("%s: %s", file->path, err.text);
}

static bool has_image_for(const struct image_file *file,
			  const struct csw_device *d)
{
	struct image_view view = { 0 };
	struct mrb_error err;
	bool found = false;

	while (!found && image_view_next(file, &view, &err) > 0)
		found = !strcmp(view.image.header->device_type, d->type);
	image_view_done(&view);
	return found;
}

/* Of several images: nobody who is named goes away with nothing. */
static int check_devices(const struct session *s, const struct csw_feed *feed,
			 const struct image_file *file, unsigned int num)
{
	const struct csw_device *d;
	size_t i;

	for (i = 0; num > 1 && i < feed->num_devices; i++) {
		d = device_list_find(&s->list, feed->devices[i]);
		if (!has_image_for(file, d))
			return failed("%s: none of its %u images is for %s, which is of type %s",
				      file->path, num, device_label(d), d->type);
	}
	return CMD_DONE;
}

static int feed_wanted(struct session *s, const struct csw_feed *feed,
		       const struct image_file *file, fed_fn *fn)
{
	struct image_view view = { 0 };
	unsigned int num = 0, used = 0;
	struct mrb_error err;
	size_t start = 0;
	int ret = count_images(file, &num);

	if (!ret)
		ret = check_devices(s, feed, file, num);
	while (!ret && image_view_next(file, &view, &err) > 0) {
		if (num == 1 || is_wanted(s, &view)) {
			used++;
			ret = feed_image(s, feed, &view, view.end - start,
					 num > 1, fn);
			if (feed->num_devices == 1)
				break;
		}
		start = view.end;
	}
	image_view_done(&view);
	if (ret || used)
		return ret;
	return failed("%s: none of its %u images is for a device that is here",
		      file->path, num);
}

/**
 * feed_file() - feed what is wanted of a file, and say what is wrong
 * @s: the session; the file is in its options
 * @feed: how; @feed->devices are in the list of @s
 * @fn: called after each image that the kernel has taken or refused
 *
 * Return: exit status.
 */
int feed_file(struct session *s, const struct csw_feed *feed, fed_fn *fn)
{
	struct image_file file;
	struct mrb_error err;
	int ret;

	if (s->options->by_fd)
		return feed_by_fd(s, feed, fn);
	if (image_file_read(&file, s->options->path, &err))
		return failed("%s: %s", s->options->path, err.text);
	ret = feed_wanted(s, feed, &file, fn);
	image_file_free(&file);
	return ret;
}
