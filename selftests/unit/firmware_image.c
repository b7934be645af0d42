// SPDX-License-Identifier: GPL-2.0-only
/* Image files, read and checked by the parser that the kernel uses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware_image.h"
#include "image.h"
#include "image_sample.h"

static bool read_file(struct fw_image *image, const char *path)
{
	FILE *f = fopen(path, "rb");
	long size;
	bool good;

	if (!f)
		return false;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	image->size = size > 0 ? (size_t)size : 0;
	image->bytes = malloc(image->size + 1);
	good = image->bytes &&
	       fread(image->bytes, 1, image->size, f) == image->size;
	fclose(f);
	return good;
}

static int check_digests(const struct mrb_image *mrb,
			 const struct fw_image *image, struct mrb_error *err)
{
	void *ctx = sample_digest_new();
	struct mrb_check check;
	int ret;

	mrb_check_begin(&check, mrb, &sample_ops, ctx);
	ret = mrb_check_feed(&check, image->bytes, image->size, err);
	if (!ret)
		ret = mrb_check_end(&check, err);
	sample_digest_free(ctx);
	return ret;
}

static int check(struct fw_image *image, struct mrb_error *err)
{
	struct mrb_image mrb;
	u32 tables_size;
	int ret;

	ret = mrb_probe(image->bytes, image->size, &tables_size, err);
	if (!ret)
		ret = mrb_parse(&mrb, image->bytes, tables_size, err);
	if (!ret)
		ret = check_digests(&mrb, image, err);
	if (ret)
		return ret;
	image->header = (const void *)image->bytes;
	image->segments = mrb_segment(&mrb, 0);
	image->num_segments = mrb_num_segments(&mrb);
	return 0;
}

bool fw_image_load(struct fw_image *image, const char *directory,
		   const char *name, char error[FW_ERROR_LEN])
{
	struct mrb_error err = { .code = 0 };
	char path[4096];

	memset(image, 0, sizeof(*image));
	*error = 0;
	snprintf(path, sizeof(path), "%s/%s.mrb", directory, name);
	if (!read_file(image, path)) {
		snprintf(error, FW_ERROR_LEN, "%.150s cannot be read", path);
		return false;
	}
	if (!check(image, &err))
		return true;
	snprintf(error, FW_ERROR_LEN, "%s", err.text);
	return false;
}

void fw_image_free(struct fw_image *image)
{
	free(image->bytes);
	memset(image, 0, sizeof(*image));
}

const struct mrb_segment *fw_image_segment(const struct fw_image *image,
					   unsigned int kind)
{
	unsigned int i;

	for (i = 0; i < image->num_segments; i++)
		if (image->segments[i].kind == kind)
			return &image->segments[i];
	return NULL;
}

static const void *entry(const struct fw_image *image,
			 const struct mrb_table *table, unsigned int i)
{
	if (i >= table->count)
		return NULL;
	return image->bytes + table->offset + (size_t)i * table->entry_size;
}

const struct mrb_state *fw_image_state(const struct fw_image *image,
				       const char *name)
{
	const struct mrb_state *s;
	unsigned int i;

	for (i = 0; (s = entry(image, &image->header->states, i)); i++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

const struct mrb_capability *fw_image_capability(const struct fw_image *image,
						 unsigned int i)
{
	return entry(image, &image->header->capabilities, i);
}

bool fw_image_provides(const struct fw_image *image, const char *name)
{
	const struct mrb_capability *c;
	unsigned int i;

	for (i = 0; (c = fw_image_capability(image, i)); i++)
		if (!strcmp(c->name, name))
			return c->flags & MRB_CAP_PROVIDED;
	return false;
}
