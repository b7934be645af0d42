/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image on its way to a node, in chunks that come in any order, from any
 * sender, and more than once. A chunk is known by its hash alone.
 */
#ifndef FLEET_CHUNKS_H
#define FLEET_CHUNKS_H

#include "manifest.h"

struct chunks;

/* What became of a chunk. */
enum chunk_verdict {
	CHUNK_TAKEN,	/* it was missing */
	CHUNK_KNOWN,	/* it is there already */
	CHUNK_FOREIGN,	/* none of this image, or damaged */
};

/**
 * struct chunk_range - chunks behind one another
 * @first: number of the first one
 * @num: how many
 */
struct chunk_range {
	unsigned int first;
	unsigned int num;
};

struct chunks *chunks_new(const struct manifest *m,
			  const struct manifest_image *image,
			  struct mrb_error *err);
void chunks_free(struct chunks *c);
int chunks_adopt(struct chunks *c, int fd, struct mrb_error *err);
int chunks_put(struct chunks *c, const void *data, size_t size,
	       enum chunk_verdict *verdict, struct mrb_error *err);
unsigned int chunks_missing(const struct chunks *c);
unsigned int chunks_missing_ranges(const struct chunks *c,
				   struct chunk_range *ranges, unsigned int room);
bool chunks_has(const struct chunks *c, unsigned int i);
ssize_t chunks_get(const struct chunks *c, unsigned int i, void *data);
int chunks_finish(struct chunks *c, struct mrb_error *err);
int chunks_fd(const struct chunks *c);
int read_at(int fd, void *data, size_t size, off_t at);

#endif /* FLEET_CHUNKS_H */
