// SPDX-License-Identifier: GPL-2.0-or-later
/* A file by HTTP, whole or in part (Range, RFC 9110, section 14), by libevent. */
#include <stdlib.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "http_part.h"

#define SLOW_BYTES	4096	/* in a second; codeswap-httpget's limit as well */

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

/* The descriptor is the buffer's from here on, or closed. */
static struct evbuffer *body_of(int fd, u64 first, u64 last)
{
	struct evbuffer *body = evbuffer_new();

	if (body && !evbuffer_add_file(body, fd, (ev_off_t)first, (ev_off_t)(last - first + 1)))
		return body;
	if (body)
		evbuffer_free(body);
	close(fd);
	return NULL;
}

/**
 * http_send_part() - answer with a file, or with the part of it that is asked for
 * @req: request
 * @fd: file; this function's
 * @size: bytes of it, at least 1
 */
void http_send_part(struct evhttp_request *req, int fd, u64 size)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(req);
	const char *range = evhttp_find_header(evhttp_request_get_input_headers(req), "Range");
	u64 first = 0, last = size - 1;
	struct evbuffer *body;
	char text[80];

	if (range && !read_range(range, size, &first, &last)) {
		close(fd);
		evhttp_send_error(req, 416, "Range Not Satisfiable");
		return;
	}
	body = body_of(fd, first, last);
	if (!body) {
		evhttp_send_error(req, HTTP_INTERNAL, NULL);
		return;
	}
	evhttp_add_header(out, "Accept-Ranges", "bytes");
	evhttp_add_header(out, "Content-Type", "application/octet-stream");
	snprintf(text, sizeof(text), "bytes %llu-%llu/%llu", first, last, size);
	if (range)
		evhttp_add_header(out, "Content-Range", text);
	/* libevent counts from the request: who is slow, but goes on, gets all. */
	evhttp_connection_set_timeout(evhttp_request_get_connection(req),
				      HTTP_LIMIT_SECONDS + (int)((last - first) / SLOW_BYTES));
	evhttp_send_reply(req, range ? 206 : HTTP_OK, NULL, body);
	evbuffer_free(body);
}
