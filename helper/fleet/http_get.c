// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parts of files by HTTP, with libcurl, in libevent's loop: one at a time, on one
 * connection. For a node that multicast does not serve well, and for a site whose
 * images come from a web server far away.
 */
#include <stdlib.h>

#include <curl/curl.h>

#include "../feed.h"
#include "site.h"

#define CONNECT_SECONDS	5L
#define SLOW_BYTES	4096L	/* in a second; slower than that ... */
#define SLOW_SECONDS	10L	/* ... for so long is given up */

/**
 * struct http_get - of one receiver
 * @base: event loop
 * @multi: of libcurl
 * @easy: of libcurl; keeps its connection
 * @timer: libcurl wants to be called
 * @running: a part is on its way
 * @data: what has come
 * @size: bytes of it
 * @wanted: bytes that there are to be
 * @fn: to be told of the end
 * @ctx: for @fn
 */
struct http_get {
	struct event_base *base;
	CURLM *multi;
	CURL *easy;
	struct event *timer;
	bool running;
	u8 *data;
	u32 size;
	u32 wanted;
	http_get_fn *fn;
	void *ctx;
};

static size_t take(char *data, size_t one, size_t n, void *ctx)
{
	struct http_get *h = ctx;

	n *= one;
	/* More than was asked for: whoever sends that may send for ever. */
	if (n > h->wanted - h->size)
		return 0;
	memcpy(h->data + h->size, data, n);
	h->size += n;
	return n;
}

static const char *why_not(const struct http_get *h, CURLcode code, char *text,
			   size_t room)
{
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK && status == 206 && h->size == h->wanted)
		return NULL;
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && status != 206))
		snprintf(text, room,
			 "it answers with status %ld and %u of %u bytes; 206 is what a part has",
			 status, h->size, h->wanted);
	else if (code == CURLE_WRITE_ERROR)
		snprintf(text, room, "the server sends more than the %u bytes that were asked for",
			 h->wanted);
	else
		snprintf(text, room, "%s", curl_easy_strerror(code));
	return text;
}

static void finish(struct http_get *h, CURLcode code)
{
	u8 *data = h->data;
	char text[200];
	const char *error = why_not(h, code, text, sizeof(text));

	curl_multi_remove_handle(h->multi, h->easy);
	h->running = false;
	h->data = NULL;
	/* The callee may ask for the next part. */
	h->fn(data, h->size, error, h->ctx);
	free(data);
}

static void look(struct http_get *h)
{
	CURLMsg *msg;
	int left;

	while (h->running && (msg = curl_multi_info_read(h->multi, &left)))
		if (msg->msg == CURLMSG_DONE) {
			finish(h, msg->data.result);
			return;
		}
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct http_get *h = ctx;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look(h);
}

static int set_timer(CURLM *multi, long ms, void *ctx)
{
	struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	struct http_get *h = ctx;

	(void)multi;
	if (ms < 0)
		event_del(h->timer);
	else
		event_add(h->timer, &t);
	return 0;
}

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
	struct http_get *h = ctx;
	int running, flags = 0;

	if (what & EV_READ)
		flags |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(h->multi, fd, flags, &running);
	look(h);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *ctx,
			void *socket_ctx)
{
	struct event *event = socket_ctx;
	struct http_get *h = ctx;
	short flags = EV_PERSIST;

	(void)easy;
	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		if (what & CURL_POLL_IN)
			flags |= EV_READ;
		if (what & CURL_POLL_OUT)
			flags |= EV_WRITE;
		event = event_new(h->base, fd, flags, on_socket, h);
		if (event)
			event_add(event, NULL);
	}
	curl_multi_assign(h->multi, fd, event);
	return 0;
}

static void set_up(struct http_get *h, const char *proxy)
{
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(h->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h->easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h->easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(h->easy, CURLOPT_MAXREDIRS, 5L);
	curl_easy_setopt(h->easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(h->easy, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	curl_easy_setopt(h->easy, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
	curl_easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
	/* No proxy unless one was named: not what happens to be in the environment. */
	curl_easy_setopt(h->easy, CURLOPT_PROXY, proxy ?: "");
}

/**
 * http_get_new() - make a receiver
 * @base: event loop
 * @proxy: URL of a proxy, or %NULL
 * @fn: to be told when a part has come, or why not
 * @ctx: for @fn
 *
 * Return: to be freed with http_get_free(), or %NULL without memory.
 */
struct http_get *http_get_new(struct event_base *base, const char *proxy,
			      http_get_fn *fn, void *ctx)
{
	struct http_get *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->base = base;
	h->fn = fn;
	h->ctx = ctx;
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	h->timer = event_new(base, -1, 0, on_timer, h);
	if (h->multi && h->easy && h->timer) {
		set_up(h, proxy);
		return h;
	}
	http_get_free(h);
	return NULL;
}

void http_get_free(struct http_get *h)
{
	if (!h)
		return;
	if (h->running)
		curl_multi_remove_handle(h->multi, h->easy);
	if (h->easy)
		curl_easy_cleanup(h->easy);
	if (h->multi)
		curl_multi_cleanup(h->multi);
	if (h->timer)
		event_free(h->timer);
	free(h->data);
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
	char range[64];

	if (h->running)
		return mrb_refuse(err, -EBUSY, "something is fetched already");
	h->data = malloc(size);
	if (!h->data)
		return mrb_refuse(err, -ENOMEM, "out of memory");
	h->size = 0;
	h->wanted = size;
	snprintf(range, sizeof(range), "%llu-%llu", first, first + size - 1);
	curl_easy_setopt(h->easy, CURLOPT_URL, url);
	curl_easy_setopt(h->easy, CURLOPT_RANGE, range);
	if (curl_multi_add_handle(h->multi, h->easy)) {
		free(h->data);
		h->data = NULL;
		return mrb_refuse(err, -EIO, "libcurl does not take it");
	}
	h->running = true;
	return 0;
}
