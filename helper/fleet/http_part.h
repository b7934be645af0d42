/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of files by HTTP, for masters and for operators who install something. */
#ifndef FLEET_HTTP_PART_H
#define FLEET_HTTP_PART_H

#include <event2/http.h>

#include "image.h"

#define HTTP_LIMIT_SECONDS	30
#define HTTP_MAX_HEADERS	8192

void http_send_part(struct evhttp_request *req, int fd, u64 size);

#endif /* FLEET_HTTP_PART_H */
