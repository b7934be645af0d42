/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making manifests, for those who sign them. */
#ifndef FLEET_MAKE_H
#define FLEET_MAKE_H

#include "manifest.h"

/**
 * struct manifest_plan - what is to be in a manifest
 * @sequence: number
 * @issued: now, seconds since 1970
 * @expires: the same
 * @chunk_bytes: of a chunk
 * @paths: image files; in the manifest they have their last component as name
 * @num_paths: entries in @paths
 */
struct manifest_plan {
	u64 sequence;
	time_t issued;
	time_t expires;
	u32 chunk_bytes;
	char **paths;
	unsigned int num_paths;
};

char *manifest_make(const struct manifest_plan *plan, const char **path,
		    struct mrb_error *err);

#endif /* FLEET_MAKE_H */
