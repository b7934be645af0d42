/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON that somebody else has written. */
#ifndef FLEET_JSON_H
#define FLEET_JSON_H

#include <json-c/json.h>

#include "image.h"

struct json_object *json_read(const char *what, const char *bytes, size_t size,
			      size_t most, struct mrb_error *err);

#endif /* FLEET_JSON_H */
