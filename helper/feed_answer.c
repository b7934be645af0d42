// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answering one request: by name, the file of that name; else the one that the
 * operator has chosen, or the best image, if it has not just failed on the device.
 * Each feeding has a socket of its own, because what is not fed to the end dies
 * with its socket.
 */
#include <stdlib.h>

#include "feed.h"

/* A request at work. */
struct answer {
	struct store *store;
	struct failures *failures;
	const struct csw_request *request;
	const char *chosen;	/* by the operator, or NULL */
	struct csw_error *why;
	struct csw_socket *sk;
	bool begun;		/* the kernel wants the image */
};

/* Who asks, for people. */
static const char *asker(const struct csw_request *r)
{
	return r->device[0] ? r->device : "somebody";
}

static int refuse(struct answer *a, int code, const char *why)
{
	struct csw_error err;

	csw_error(a->why, code, "%s", why);
	log_line(LOG_NOTICE, "request %llu of %s: %s", a->request->id,
		 asker(a->request), why);
	if (csw_request_fail(a->sk, a->request->id, why, &err))
		log_line(LOG_DEBUG, "request %llu: %s", a->request->id,
			 err.text);
	return -1;
}

__printf(3, 4)
static int refuse_with(struct answer *a, int code, const char *fmt, ...)
{
	char text[CSW_ERROR_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return refuse(a, code, text);
}

static bool note_begun(u64 fed, u64 size, void *ctx)
{
	struct answer *a = ctx;

	(void)fed;
	(void)size;
	a->begun = true;
	return false;
}

/* Returns 0, or the code in @err; @a->begun tells how far it came. */
static int feed(struct answer *a, const struct chosen *chosen,
		struct csw_error *err)
{
	const struct csw_request *r = a->request;
	const char *slash = strrchr(chosen->file.path, '/');
	const char *name = slash ? slash + 1 : chosen->file.path;
	struct csw_feed how = {
		.request_id = r->id,
		.image_name = csw_image_name_problem(name) ? NULL : name,
		.progress = note_begun,
		.ctx = a,
	};
	struct csw_socket *sk = csw_open(err);
	u64 update_id = 0;
	int ret;

	if (!sk)
		return err->code;
	a->begun = false;
	log_line(LOG_INFO, "request %llu of %s: feeding %s", r->id, asker(r),
		 chosen->file.path);
	ret = csw_stage_fd(sk, &how, chosen->file.fd, chosen->view.start,
			   chosen->view.end - chosen->view.start, &update_id,
			   err);
	csw_close(sk);
	if (ret)
		return ret;
	log_line(LOG_INFO, "request %llu of %s: fed %s", r->id, asker(r),
		 chosen->file.path);
	if (r->device[0] && update_id)
		failures_fed(a->failures, r->device,
			     chosen->view.image.header->build_id, update_id);
	return 0;
}

/* Somebody else was faster, or whoever asked does not wait any more. */
static bool is_gone(const struct csw_error *err)
{
	return err->code == -ENOENT || err->code == -ESRCH ||
	       err->code == -ENODEV || err->code == -EALREADY;
}

static int feed_or_refuse(struct answer *a, const struct chosen *chosen)
{
	struct csw_error err;

	if (!feed(a, chosen, &err))
		return 0;
	if (!a->begun && is_gone(&err)) {
		log_line(LOG_DEBUG, "request %llu: %s", a->request->id,
			 err.text);
		return 0;
	}
	return refuse_with(a, err.code, "%s: %s", chosen->file.path, err.text);
}

/* Types of all devices, for a name that somebody wants for whatever it is. */
struct types {
	const char *wanted;
	bool found;
};

static void match_type(const struct csw_device *device, void *ctx)
{
	struct types *types = ctx;

	if (!strcmp(device->type, types->wanted))
		types->found = true;
}

static bool type_is_wanted(const char *type, void *ctx)
{
	struct types types = { .wanted = type };
	struct answer *a = ctx;
	struct csw_error err;

	if (a->request->type[0])
		return !strcmp(a->request->type, type);
	return !csw_devices(a->sk, match_type, &types, &err) && types.found;
}

static int answer_by_name(struct answer *a, const char *name)
{
	const char *problem = csw_image_name_problem(name);
	struct chosen chosen;
	struct mrb_error err;
	char *path;
	int ret;

	if (problem)
		return refuse_with(a, -ENOENT, "image name '%s' %s", name, problem);
	path = store_path(a->store, name);
	if (!path)
		return refuse_with(a, -ENOENT, "there is no image '%s' in %s", name,
				   store_dirs(a->store));
	if (store_open_file(&chosen, path, type_is_wanted, a, &err)) {
		ret = refuse_with(a, -ENOENT, "%s: %s", path, err.text);
	} else {
		ret = feed_or_refuse(a, &chosen);
		store_close(&chosen);
	}
	free(path);
	return ret;
}

/* Once: what has failed fails again, and the boot is to go on. */
static int answer_by_choice(struct answer *a)
{
	const char *last = failures_last(a->failures, a->request->device);

	if (last)
		return refuse_with(a, -ENOENT, "the image that was chosen, '%s', failed: %s",
				   a->chosen, last);
	return answer_by_name(a, a->chosen);
}

static bool has_failed(const struct store_image *image, void *ctx)
{
	const struct answer *a = ctx;

	return failures_has(a->failures, a->request->device, image->build_id,
			    now_ms());
}

static int refuse_none(struct answer *a)
{
	const struct csw_request *r = a->request;
	const char *type = r->type[0] ? r->type : "any";
	const char *problem = store_problem(a->store);
	const char *last = failures_last(a->failures, r->device);

	if (store_best(a->store, r->type, NULL, NULL))
		return refuse_with(a, -ENOENT, "all images of type %s in %s failed, the last: %s",
				   type, store_dirs(a->store), last ?: "unknown");
	return refuse_with(a, -ENOENT, "there is no image of type %s in %s%s%s", type,
			   store_dirs(a->store), problem ? "; " : "",
			   problem ?: "");
}

/*
 * An image that cannot be fed is as one that failed, so that the loop ends.
 * Returns 0 if it was fed, 1 if the next one should be tried, -1 if not.
 */
static int try_image(struct answer *a, const struct store_image *image)
{
	struct chosen chosen;
	struct mrb_error bad;
	struct csw_error err;
	int ret;

	if (store_open(&chosen, image, &bad)) {
		csw_error(&err, bad.code, "%s", bad.text);
		a->begun = true;
	} else {
		ret = feed(a, &chosen, &err);
		store_close(&chosen);
		if (!ret)
			return 0;
	}
	if (!a->begun && is_gone(&err)) {
		log_line(LOG_DEBUG, "request %llu: %s", a->request->id,
			 err.text);
		return 0;
	}
	log_line(LOG_WARNING, "request %llu of %s: %s: %s", a->request->id,
		 asker(a->request), image->path, err.text);
	if (!a->begun && err.code != -EFBIG)
		return refuse(a, err.code, err.text);
	failures_add(a->failures, a->request->device, image->build_id, err.text,
		     now_ms());
	return 1;
}

static int answer_by_type(struct answer *a)
{
	const struct store_image *image;
	int ret = 1;

	store_scan(a->store);
	while (ret > 0) {
		image = store_best(a->store, a->request->type, has_failed, a);
		if (!image)
			return refuse_none(a);
		ret = try_image(a, image);
	}
	return ret;
}

/**
 * answer_request() - feed an image, or say why there is none
 * @store: image directories
 * @failures: what is not to be tried
 * @request: what is wanted
 * @chosen: name of the file for a device that asks for any image, or %NULL: the
 *	best one
 * @why: why there is none
 *
 * Return: 0 if an image was fed or is not needed any more, else negative; the
 * reason has been logged, and told to the kernel.
 */
int answer_request(struct store *store, struct failures *failures,
		   const struct csw_request *request, const char *chosen,
		   struct csw_error *why)
{
	struct answer a = {
		.store = store,
		.failures = failures,
		.request = request,
		.chosen = chosen,
		.why = why,
	};
	int ret;

	memset(why, 0, sizeof(*why));
	a.sk = csw_open(why);
	if (!a.sk) {
		log_line(LOG_WARNING, "request %llu: %s", request->id,
			 why->text);
		return why->code;
	}
	if (request->image_name[0])
		ret = answer_by_name(&a, request->image_name);
	else if (chosen)
		ret = answer_by_choice(&a);
	else
		ret = answer_by_type(&a);
	csw_close(a.sk);
	return ret;
}
