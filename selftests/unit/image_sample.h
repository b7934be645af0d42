/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images made by hand, without the builder, so that the parser is not judged
 * by its own relative.
 */
#ifndef IMAGE_SAMPLE_H
#define IMAGE_SAMPLE_H

#include "image.h"

/**
 * struct sample_spec - what an image is to look like
 * @data: has a data segment and a bss segment
 * @modules: module segments
 * @capabilities: number of them
 * @states: number of them
 * @extra_header: bytes that the header is larger than this reader knows
 * @extra_entry: the same of every table's entries
 * @tables_size: pad the tables to this size, unless zero
 * @image_size: pad the image to this size, unless zero
 */
struct sample_spec {
	bool data;
	unsigned int modules;
	unsigned int capabilities;
	unsigned int states;
	u32 extra_header;
	u32 extra_entry;
	u32 tables_size;
	u64 image_size;
};

/* The one most tests are made from; the places of its entries are fixed. */
extern const struct sample_spec sample_typical;

enum {
	SAMPLE_TEXT,
	SAMPLE_DATA,
	SAMPLE_BSS,
	SAMPLE_BOOTSTRAP,
	SAMPLE_FLASH,
	SAMPLE_PLA,
	SAMPLE_SEGMENTS,
};

#define SAMPLE_BASE		0x80000000ULL
#define SAMPLE_MEMORY		0x10000ULL
#define SAMPLE_SEGMENT(i)	(sizeof(struct mrb_header) + \
				 (i) * sizeof(struct mrb_segment))
#define SAMPLE_CAPABILITY(i)	(SAMPLE_SEGMENT(SAMPLE_SEGMENTS) + \
				 (i) * sizeof(struct mrb_capability))
#define SAMPLE_STATE(i)		(SAMPLE_CAPABILITY(2) + \
				 (i) * sizeof(struct mrb_state))
#define SAMPLE_TABLES		SAMPLE_STATE(2)

/* Returns memory to be freed, digests filled in. */
u8 *sample_make(const struct sample_spec *spec, size_t *size);

/* Makes the header's digest right again. */
void sample_seal(u8 *image);

void sample_sha256(const void *data, size_t size, u8 *digest);
extern const struct mrb_digest_ops sample_ops;

/* For @ops; freed by sample_digest_free(). */
void *sample_digest_new(void);
void sample_digest_free(void *ctx);

#endif /* IMAGE_SAMPLE_H */
