/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files have in common that read images; not those of the device model. */
#ifndef MODEL_PARSER_H
#define MODEL_PARSER_H

#include "image.h"
#include "model.h"

_Static_assert(MODEL_TEXT_LEN == MRB_ERROR_LEN, "sentences have one length");

/* Tables that have been checked once. */
static inline struct mrb_image model_parsed(const void *tables)
{
	const struct mrb_header *h = tables;

	return (struct mrb_image){
		.tables = tables,
		.tables_size = le32_to_cpu(h->tables_size),
		.image_size = le64_to_cpu(h->image_size),
		.header = h,
	};
}

/* image.c */
void model_sha256(const void *data, size_t size, u8 digest[MRB_DIGEST_LEN]);

/* check.c */
int model_check_fit(const struct mrb_image *mrb, const struct model_fit *fit,
		    struct mrb_error *err);

#endif /* MODEL_PARSER_H */
