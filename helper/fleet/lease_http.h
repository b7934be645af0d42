/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON to an etcd, and back. */
#ifndef FLEET_LEASE_HTTP_H
#define FLEET_LEASE_HTTP_H

#include <json-c/json.h>

#include "image.h"

struct lease_http;

struct lease_http *lease_http_new(const char *urls, const char *tls_dir,
				  struct mrb_error *err);
void lease_http_free(struct lease_http *h);
struct json_object *lease_http_post(struct lease_http *h, const char *path, const char *body,
				    struct mrb_error *err);

#endif /* FLEET_LEASE_HTTP_H */
