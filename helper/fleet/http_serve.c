// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store by HTTP, read-only: the files of the manifest, whole or in part, for
 * nodes that multicast does not serve well. By libevent. What is sent need not be
 * secret, and who gets it compares hashes: there is no TLS.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "../feed.h"
#include "master.h"

#define LIMIT_SECONDS	30
#define SLOW_BYTES	4096	/* in a second; codeswap-httpget's limit as well */
#define MAX_HEADERS	8192

/**
 * struct http_serve - a server
 * @master: whose store
 * @http: of libevent
 * @image: that @file is, or %NULL
 * @file: the last one that was asked for, or %NULL
 */
struct http_serve {
	struct master *master;
	struct evhttp *http;
	const struct manifest_image *image;
	struct chunks *file;
};

static const struct manifest_image *find(const struct http_serve *h, const char *name)
{
	const struct manifest *m = master_store_manifest(h->master->store);
	unsigned int i;

	for (i = 0; m && i < m->num_images; i++)
		if (!strcmp(m->images[i].file, name))
			return &m->images[i];
	return NULL;
}

static struct chunks *open_file(struct http_serve *h, const struct manifest_image *image)
{
	struct mrb_error err;

	if (h->image == image && h->file)
		return h->file;
	chunks_free(h->file);
	h->image = image;
	h->file = master_store_open(h->master->store, image, &err);
	if (!h->file)
		log_line(LOG_WARNING, "%s", err.text);
	return h->file;
}

/* "bytes=FIRST-LAST", and nothing more elaborate. */
static bool read_range(const char *text, u64 size, u64 *first, u64 *last)
{
	char *end;

	if (strncmp(text, "bytes=", 6) || text[6] < '0' || text[6] > '9')
		return false;
	*first = strtoull(text + 6, &end, 10);
	if (*end++ != '-')
		return false;
	*last = size - 1;
	if (*end >= '0' && *end <= '9')
		*last = strtoull(end, &end, 10);
	if (*last >= size)
		*last = size - 1;
	return !*end && *first <= *last;
}

static void send_part(struct evhttp_request *req, const struct chunks *c, u64 size)
{
	struct evkeyvalq *in = evhttp_request_get_input_headers(req);
	struct evkeyvalq *out = evhttp_request_get_output_headers(req);
	const char *range = evhttp_find_header(in, "Range");
	struct evbuffer *body = evbuffer_new();
	u64 first = 0, last = size - 1;
	char text[80];
	int fd = -1;

	if (range && !read_range(range, size, &first, &last)) {
		evhttp_send_error(req, 416, "Range Not Satisfiable");
		evbuffer_free(body);
		return;
	}
	evhttp_add_header(out, "Accept-Ranges", "bytes");
	evhttp_add_header(out, "Content-Type", "application/octet-stream");
	snprintf(text, sizeof(text), "bytes %llu-%llu/%llu", first, last, size);
	if (range)
		evhttp_add_header(out, "Content-Range", text);
	/* libevent counts from the request: who is slow, but goes on, gets all. */
	evhttp_connection_set_timeout(evhttp_request_get_connection(req),
				      LIMIT_SECONDS + (int)((last - first) / SLOW_BYTES));
	fd = fcntl(chunks_fd(c), F_DUPFD_CLOEXEC, 0);
	if (!body || fd < 0 ||
	    evbuffer_add_file(body, fd, (ev_off_t)first, (ev_off_t)(last - first + 1)))
		evhttp_send_error(req, HTTP_INTERNAL, NULL);
	else
		evhttp_send_reply(req, range ? 206 : HTTP_OK, NULL, body);
	if (body)
		evbuffer_free(body);
}

static void on_request(struct evhttp_request *req, void *ctx)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	const struct manifest_image *image = NULL;
	struct http_serve *h = ctx;
	struct chunks *c;

	if (path && path[0] == '/')
		image = find(h, path + 1);
	c = image ? open_file(h, image) : NULL;
	if (c)
		send_part(req, c, image->size);
	else
		evhttp_send_error(req, HTTP_NOTFOUND, NULL);
}

/**
 * http_serve_new() - begin to serve
 * @m: master whose store it is
 * @address: where
 * @port: where
 * @err: set on failure
 *
 * Return: to be freed with http_serve_free(), or %NULL.
 */
struct http_serve *http_serve_new(struct master *m, struct in_addr address, u16 port,
				  struct mrb_error *err)
{
	struct http_serve *h = calloc(1, sizeof(*h));
	char text[INET_ADDRSTRLEN];

	if (h)
		h->http = evhttp_new(m->site->base);
	if (!h || !h->http) {
		free(h);
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	h->master = m;
	evhttp_set_allowed_methods(h->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_timeout(h->http, LIMIT_SECONDS);
	evhttp_set_max_headers_size(h->http, MAX_HEADERS);
	evhttp_set_max_body_size(h->http, 0);
	evhttp_set_gencb(h->http, on_request, h);
	inet_ntop(AF_INET, &address, text, sizeof(text));
	if (!evhttp_bind_socket(h->http, text, port))
		return h;
	mrb_refuse(err, -errno, "the store cannot be served at %s, port %u: %s", text, port,
		   strerror(errno));
	http_serve_free(h);
	return NULL;
}

/* There is another manifest. */
void http_serve_forget(struct http_serve *h)
{
	if (!h)
		return;
	chunks_free(h->file);
	h->file = NULL;
	h->image = NULL;
}

void http_serve_free(struct http_serve *h)
{
	if (!h)
		return;
	evhttp_free(h->http);
	chunks_free(h->file);
	free(h);
}
