// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parser on hostile bytes. What must hold for any of them: no access out
 * of bounds (the sanitizers see to that), a refusal says why, and what is
 * accepted keeps its promises. Built with IMAGE_FUZZ_MAIN it reads files, for
 * AFL and for looking at a crash again; with -fsanitize=fuzzer, by itself.
 */
#include <stdlib.h>

#include "image_fuzz.h"
#include "image_sample.h"

#define PROMISE(what)	do { if (!(what)) abort(); } while (0)

static void promise_refusal(int ret, const struct mrb_error *err)
{
	PROMISE(ret < 0 && ret == err->code);
	PROMISE(err->text[0] && strnlen(err->text, MRB_ERROR_LEN) <
		MRB_ERROR_LEN - 1);
	PROMISE(!strchr(err->text, '\n'));
}

/* Every part behind the one before it, all within the image. */
static void promise_parts(const struct mrb_image *image)
{
	struct mrb_part part;
	unsigned int i;
	u64 end = 0;

	for (i = 0; mrb_part(image, i, &part); i++) {
		PROMISE(part.size && part.offset >= end);
		PROMISE(part.size <= image->image_size - part.offset);
		PROMISE((part.segment < 0) == !i);
		end = part.offset + part.size;
	}
	PROMISE(i >= 3);	/* tables, text, bootstrap */
}

static void promise_segments(const struct mrb_image *image)
{
	u64 base = le64_to_cpu(image->header->load_address);
	u64 room = le64_to_cpu(image->header->memory_size);
	const struct mrb_segment *s;
	unsigned int i;
	u64 at, size;

	for (i = 0; (s = mrb_segment(image, i)); i++) {
		at = le64_to_cpu(s->address);
		size = le64_to_cpu(s->mem_size);
		if (size)
			PROMISE(at >= base && at - base < room &&
				size <= room - (at - base));
		PROMISE(memchr(s->target, 0, sizeof(s->target)));
		PROMISE(strcmp(mrb_segment_kind_name(le16_to_cpu(s->kind)),
			       "unknown"));
	}
	PROMISE(i == mrb_num_segments(image) && i <= MRB_MAX_SEGMENTS);
}

static void promise_names(const struct mrb_image *image)
{
	const struct mrb_capability *c;
	const struct mrb_state *s;
	unsigned int i;

	for (i = 0; (c = mrb_capability(image, i)); i++)
		PROMISE(mrb_find_capability(image, c->name) == c);
	for (i = 0; (s = mrb_state(image, i)); i++)
		PROMISE(mrb_find_state(image, s->name) == s);
}

/* The bytes as a stream, in pieces that fall on no boundary. */
static int feed(const struct mrb_image *image, const u8 *data, size_t size,
		struct mrb_error *err)
{
	void *ctx = sample_digest_new();
	struct mrb_check check;
	size_t at, n;
	int ret = 0;

	if (size > image->image_size)
		size = image->image_size;
	mrb_check_begin(&check, image, &sample_ops, ctx);
	for (at = 0; !ret && at < size; at += n) {
		n = min_t(size_t, size - at, 1 + at % 251);
		ret = mrb_check_feed(&check, data + at, n, err);
	}
	if (!ret)
		ret = mrb_check_end(&check, err);
	sample_digest_free(ctx);
	return ret;
}

/**
 * image_fuzz_one() - put bytes through all of the parser
 * @data: the bytes, aligned to 8
 * @size: how many
 *
 * Aborts if a promise is broken.
 *
 * Return: how far they got.
 */
enum image_fuzz_depth image_fuzz_one(const u8 *data, size_t size)
{
	struct mrb_image image;
	struct mrb_error err;
	u32 needed = 0, signature;
	int ret;

	mrb_follow(data, size, &signature);
	PROMISE(signature <= MRB_MAX_SIGNATURE);
	ret = mrb_probe(data, size, &needed, &err);
	if (ret) {
		promise_refusal(ret, &err);
		return IMAGE_FUZZ_PROBE;
	}
	PROMISE(needed >= sizeof(struct mrb_header) &&
		needed <= MRB_MAX_TABLES);
	ret = mrb_parse(&image, data, size, &err);
	if (ret) {
		promise_refusal(ret, &err);
		return IMAGE_FUZZ_PARSE;
	}
	promise_parts(&image);
	promise_segments(&image);
	promise_names(&image);
	ret = feed(&image, data, size, &err);
	if (ret) {
		promise_refusal(ret, &err);
		return IMAGE_FUZZ_CHECK;
	}
	return IMAGE_FUZZ_GOOD;
}

#ifndef IMAGE_FUZZ_LIBRARY
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	/* malloc() aligns, and lets ASan see the byte behind the last one. */
	u8 *copy = malloc(size ?: 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	image_fuzz_one(copy, size);
	free(copy);
	return 0;
}
#endif

#ifdef IMAGE_FUZZ_MAIN
int main(int argc, char **argv)
{
	size_t room = MRB_MAX_IMAGE + MRB_MAX_TABLES, size;
	u8 *data = malloc(room);
	FILE *f;
	int i;

	for (i = 1; data && i < argc; i++) {
		f = fopen(argv[i], "re");
		if (!f) {
			perror(argv[i]);
			return 1;
		}
		size = fread(data, 1, room, f);
		fclose(f);
		LLVMFuzzerTestOneInput(data, size);
	}
	free(data);
	return 0;
}
#endif
