// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The images of a manifest by HTTP, read-only, at the address by which this machine reaches
 * the master, and at a port that is free. By libevent.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fleet_files.h"
#include "http_part.h"

/**
 * struct fleet_files - a server
 * @manifest: what it names is served, and nothing else
 * @dir: of the images
 * @http: of libevent
 * @url: where they can be had
 */
struct fleet_files {
	const struct manifest *manifest;
	const char *dir;
	struct evhttp *http;
	char url[64];
};

static int open_image(const struct fleet_files *ff, const char *name)
{
	char path[512];
	unsigned int i;

	for (i = 0; i < ff->manifest->num_images; i++) {
		if (strcmp(ff->manifest->images[i].file, name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", ff->dir, name);
		return open(path, O_RDONLY | O_CLOEXEC);
	}
	return -1;
}

static void on_request(struct evhttp_request *req, void *ctx)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	struct stat st;
	int fd = path && path[0] == '/' ? open_image(ctx, path + 1) : -1;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0) {
		http_send_part(req, fd, (u64)st.st_size);
		return;
	}
	if (fd >= 0)
		close(fd);
	evhttp_send_error(req, HTTP_NOTFOUND, NULL);
}

/* The address that this machine has on the way there; nothing is sent. */
static bool address_towards(const struct sockaddr_in *to, char text[INET_ADDRSTRLEN])
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in self;
	socklen_t len = sizeof(self);
	bool found;

	found = fd >= 0 && !connect(fd, (const struct sockaddr *)to, sizeof(*to)) &&
		!getsockname(fd, (struct sockaddr *)&self, &len) &&
		inet_ntop(AF_INET, &self.sin_addr, text, INET_ADDRSTRLEN);
	if (fd >= 0)
		close(fd);
	return found;
}

static int begin(struct fleet_files *ff, const struct fleet *f, struct mrb_error *err)
{
	struct evhttp_bound_socket *bound;
	char address[INET_ADDRSTRLEN];
	struct sockaddr_in self = { 0 };
	socklen_t len = sizeof(self);

	if (!address_towards(&f->masters[f->current], address))
		return mrb_refuse(err, -errno, "no way leads to the master: %s", strerror(errno));
	ff->http = evhttp_new(f->base);
	bound = ff->http ? evhttp_bind_socket_with_handle(ff->http, address, 0) : NULL;
	if (!bound ||
	    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&self, &len))
		return mrb_refuse(err, -errno, "the images cannot be served at %s: %s", address,
				  strerror(errno));
	evhttp_set_allowed_methods(ff->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_timeout(ff->http, HTTP_LIMIT_SECONDS);
	evhttp_set_max_headers_size(ff->http, HTTP_MAX_HEADERS);
	evhttp_set_max_body_size(ff->http, 0);
	evhttp_set_gencb(ff->http, on_request, ff);
	snprintf(ff->url, sizeof(ff->url), "http://%s:%u", address, ntohs(self.sin_port));
	return 0;
}

/**
 * fleet_files_new() - begin to serve
 * @f: site, with the master that answers
 * @m: manifest; it has to stay
 * @dir: of the images; it has to stay
 * @err: set on failure
 *
 * Return: to be freed with fleet_files_free(), or %NULL.
 */
struct fleet_files *fleet_files_new(const struct fleet *f, const struct manifest *m,
				    const char *dir, struct mrb_error *err)
{
	struct fleet_files *ff = calloc(1, sizeof(*ff));

	if (!ff) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	ff->manifest = m;
	ff->dir = dir;
	if (!begin(ff, f, err))
		return ff;
	fleet_files_free(ff);
	return NULL;
}

const char *fleet_files_url(const struct fleet_files *ff)
{
	return ff->url;
}

void fleet_files_free(struct fleet_files *ff)
{
	if (!ff)
		return;
	if (ff->http)
		evhttp_free(ff->http);
	free(ff);
}
