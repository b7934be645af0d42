/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest of a site: which image each module type is to run. Its form and
 * its trust are described in Documentation/fleet.rst.
 */
#ifndef FLEET_MANIFEST_H
#define FLEET_MANIFEST_H

#include <time.h>

#include "image.h"

#define MANIFEST_FORMAT		1
#define MANIFEST_MAX_BYTES	(4U << 20)
#define MANIFEST_MAX_IMAGES	256
#define MANIFEST_MAX_TYPES	64	/* in one image */
#define MANIFEST_MAX_SIZE	(1ULL << 30)
#define MANIFEST_FILE_LEN	64	/* with the zero */
#define MANIFEST_VERSION_LEN	18	/* 65535.65535.65535 and the zero */

#define CHUNK_MIN_BYTES		(256U << 10)
#define CHUNK_MAX_BYTES		(1U << 20)

/**
 * struct manifest_type - modules that a file has an image for
 * @name: module type
 * @version: of the image for it
 */
struct manifest_type {
	char name[MRB_TYPE_LEN];
	struct mrb_version version;
};

/**
 * struct manifest_image - one file that nodes may get
 * @file: its name in the master's store, a plain one
 * @types: module types that it has an image for
 * @num_types: entries in @types, at least one
 * @version: of the image; of a combined one, of the first in it
 * @security_version: least one of the images in it
 * @size: bytes, with signatures
 * @digest: SHA-256 of all of it
 * @chunks: SHA-256 of each piece of the manifest's chunk size, the last one may
 *	be shorter
 * @num_chunks: entries in @chunks
 */
struct manifest_image {
	char file[MANIFEST_FILE_LEN];
	struct manifest_type *types;
	unsigned int num_types;
	struct mrb_version version;
	u32 security_version;
	u64 size;
	u8 digest[MRB_DIGEST_LEN];
	u8 (*chunks)[MRB_DIGEST_LEN];
	unsigned int num_chunks;
};

/**
 * struct manifest - what is signed
 * @sequence: rises with each manifest of a site
 * @issued: seconds since 1970
 * @expires: from then on it is worth nothing
 * @chunk_bytes: of all chunks but the last of an image
 * @images: each module type is in one of them at most
 * @num_images: entries in @images
 */
struct manifest {
	u64 sequence;
	time_t issued;
	time_t expires;
	u32 chunk_bytes;
	struct manifest_image *images;
	unsigned int num_images;
};

struct manifest *manifest_parse(const char *text, size_t size,
				struct mrb_error *err);
void manifest_free(struct manifest *m);
const struct manifest_image *manifest_find(const struct manifest *m,
					   const char *type);
bool manifest_image_is_for(const struct manifest_image *image, const char *type);
void manifest_version_text(const struct mrb_version *version,
			   char text[MANIFEST_VERSION_LEN]);
int manifest_check_time(const struct manifest *m, time_t now,
			struct mrb_error *err);
int manifest_check_sequence(const struct manifest *m, u64 last,
			    struct mrb_error *err);
u32 manifest_chunk_bytes(const struct manifest *m,
			 const struct manifest_image *image, unsigned int i);

#endif /* FLEET_MANIFEST_H */
