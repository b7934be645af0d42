// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store by HTTP, read-only: the files of the manifest, whole or in part, for
 * nodes that multicast does not serve well. By libevent. What is sent need not be
 * secret, and who gets it compares hashes: there is no TLS.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>

#include "../feed.h"
#include "http_part.h"
#include "master.h"

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

static void on_request(struct evhttp_request *req, void *ctx)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	const struct manifest_image *image = NULL;
	struct http_serve *h = ctx;
	struct chunks *c;
	int fd;

	if (path && path[0] == '/')
		image = find(h, path + 1);
	c = image ? open_file(h, image) : NULL;
	fd = c ? fcntl(chunks_fd(c), F_DUPFD_CLOEXEC, 0) : -1;
	if (fd >= 0)
		http_send_part(req, fd, image->size);
	else if (c)
		evhttp_send_error(req, HTTP_INTERNAL, NULL);
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
	evhttp_set_timeout(h->http, HTTP_LIMIT_SECONDS);
	evhttp_set_max_headers_size(h->http, HTTP_MAX_HEADERS);
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
