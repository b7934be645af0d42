// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parts of files by HTTP, one at a time: codeswap-httpget fetches them. For a node
 * that multicast does not serve well, and for a site whose images come from a web
 * server far away.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../feed.h"
#include "site.h"

#define PROGRAM	"codeswap-httpget"

/**
 * struct http_get - the process
 * @pid: of it
 * @fd: socket
 * @event: it answers
 * @wanted: bytes of the part that is fetched, 0 for none
 * @fn: to be told of the end
 * @ctx: for @fn
 */
struct http_get {
	pid_t pid;
	int fd;
	struct event *event;
	u32 wanted;
	http_get_fn *fn;
	void *ctx;
};

static u8 *read_part(int file, u32 size)
{
	u8 *data = malloc(size);

	if (data && !read_at(file, data, size, 0))
		return data;
	free(data);
	return NULL;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	char text[HTTP_GET_TEXT];
	struct http_get *h = ctx;
	u32 size = h->wanted;
	u8 *data = NULL;
	int file = -1;
	ssize_t n;

	(void)what;
	n = spawn_hear(fd, text, sizeof(text) - 1, &file);
	if (n < 0)
		return;
	text[n] = '\0';
	if (!n)
		event_del(h->event);
	if (n && !*text && file >= 0)
		data = read_part(file, size);
	if (file >= 0)
		close(file);
	h->wanted = 0;
	/* The callee may ask for the next part, or free all this. */
	if (size)
		h->fn(data, data ? size : 0,
		      data ? NULL : *text ? text : PROGRAM " has ended", h->ctx);
	free(data);
}

/**
 * http_get_new() - make a receiver
 * @s: site
 * @fn: to be told when a part has come, or why not
 * @ctx: for @fn
 * @err: set on failure
 *
 * Return: to be freed with http_get_free(), or %NULL.
 */
struct http_get *http_get_new(const struct site *s, http_get_fn *fn, void *ctx,
			      struct mrb_error *err)
{
	struct http_get *h = calloc(1, sizeof(*h));

	if (!h) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	h->fn = fn;
	h->ctx = ctx;
	h->fd = spawn_program(s->options->programs, PROGRAM, s->options->http_proxy,
			      &h->pid, err);
	if (h->fd < 0)
		h->pid = 0;
	else
		h->event = event_new(s->base, h->fd, EV_READ | EV_PERSIST, on_readable, h);
	if (h->event && !event_add(h->event, NULL))
		return h;
	http_get_free(h);
	return NULL;
}

void http_get_free(struct http_get *h)
{
	if (!h)
		return;
	if (h->event)
		event_free(h->event);
	if (h->fd >= 0)
		close(h->fd);
	if (h->pid) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	free(h);
}

/**
 * http_get_range() - begin to fetch a part of a file
 * @h: receiver that fetches nothing now
 * @url: of the file
 * @first: offset of the part
 * @size: bytes of it
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int http_get_range(struct http_get *h, const char *url, u64 first, u32 size,
		   struct mrb_error *err)
{
	char text[MESSAGE_URL_LEN + MANIFEST_FILE_LEN + 64];
	int len = snprintf(text, sizeof(text), "%llu %u %s", first, size, url);

	if (h->wanted)
		return mrb_refuse(err, -EBUSY, "something is fetched already");
	if (!spawn_tell(h->fd, text, (size_t)len, -1))
		return mrb_refuse(err, -errno, PROGRAM ": %s", strerror(errno));
	h->wanted = size;
	return 0;
}
