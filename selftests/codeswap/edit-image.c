// SPDX-License-Identifier: GPL-2.0-only
/*
 * edit-image IN OUT [FIELD=VALUE]...
 *
 * Make a bad image of a good one: fields of the header (image_size=77), of a
 * segment (segment3.offset=0x10), or any byte (byte4096=0xff) take other
 * values. The header's digest is put right afterwards, so that a reader who
 * refuses the image does so for the field and not for the digest; unless the
 * digest itself is among the fields.
 */
#include <errno.h>
#include <linux/mrb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct field {
	const char *name;
	size_t offset;
	size_t size;
};

#define FIELD(type, member) \
	{ #member, offsetof(struct type, member), sizeof(((struct type *)0)->member) }

/* In an array of characters a value is the first byte. */
static const struct field header_fields[] = {
	FIELD(mrb_header, magic),
	FIELD(mrb_header, header_version),
	FIELD(mrb_header, header_size),
	FIELD(mrb_header, tables_size),
	FIELD(mrb_header, image_size),
	FIELD(mrb_header, release),
	FIELD(mrb_header, device_type),
	FIELD(mrb_header, security_version),
	FIELD(mrb_header, reserved0),
	FIELD(mrb_header, load_address),
	FIELD(mrb_header, memory_size),
	FIELD(mrb_header, cold_entry),
	FIELD(mrb_header, warm_entry),
	FIELD(mrb_header, bootstrap_entry),
	FIELD(mrb_header, workspace_size),
	FIELD(mrb_header, segments.offset),
	FIELD(mrb_header, segments.count),
	FIELD(mrb_header, segments.entry_size),
	FIELD(mrb_header, capabilities.offset),
	FIELD(mrb_header, capabilities.count),
	FIELD(mrb_header, states.offset),
	FIELD(mrb_header, states.count),
	FIELD(mrb_header, states.entry_size),
	FIELD(mrb_header, header_digest),
};

static const struct field segment_fields[] = {
	FIELD(mrb_segment, kind),
	FIELD(mrb_segment, align),
	FIELD(mrb_segment, offset),
	FIELD(mrb_segment, file_size),
	FIELD(mrb_segment, mem_size),
	FIELD(mrb_segment, address),
	FIELD(mrb_segment, target),
	FIELD(mrb_segment, digest),
};

struct image {
	uint8_t *bytes;
	size_t size;
	uint32_t tables_size;		/* before it was edited, as is the next */
	uint32_t segments;
	bool keep_digest;
};

/* ---- SHA-256, FIPS 180-4 ------------------------------------------------- */

static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void expand(uint32_t w[64], const uint8_t block[64])
{
	int i;

	for (i = 0; i < 16; i++)
		w[i] = big_endian(block + 4 * i);
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
}

static void sha256_block(uint32_t state[8], const uint8_t block[64])
{
	uint32_t s[8], w[64], t1, t2;
	int i;

	expand(w, block);
	memcpy(s, state, sizeof(s));
	for (i = 0; i < 64; i++) {
		t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) +
		     ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constants[i] + w[i];
		t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) +
		     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		state[i] += s[i];
}

static void sha256(const uint8_t *buf, size_t len, uint8_t digest[32])
{
	uint32_t state[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};
	uint64_t bits = (uint64_t)len * 8;
	uint8_t last[128] = {};
	size_t rest, i;

	for (; len >= 64; buf += 64, len -= 64)
		sha256_block(state, buf);
	memcpy(last, buf, len);
	last[len] = 0x80;
	rest = len < 56 ? 64 : 128;
	for (i = 0; i < 8; i++)
		last[rest - 1 - i] = bits >> (8 * i);
	for (i = 0; i < rest; i += 64)
		sha256_block(state, last + i);
	for (i = 0; i < 32; i++)
		digest[i] = state[i / 4] >> (24 - 8 * (i % 4));
}

/* ---- the image ----------------------------------------------------------- */

static uint32_t little_endian(const uint8_t *p, size_t size)
{
	uint32_t value = 0;

	while (size--)
		value = value << 8 | p[size];
	return value;
}

static bool set(struct image *image, size_t offset, size_t size, uint64_t value)
{
	if (size > sizeof(value))
		size = 1;
	if (offset + size > image->size) {
		fprintf(stderr, "byte %zu is not in the image\n", offset);
		return false;
	}
	for (; size--; value >>= 8)
		image->bytes[offset++] = value;
	return true;
}

static const struct field *find(const struct field *fields, size_t num,
				const char *name)
{
	while (num--)
		if (strcmp(fields[num].name, name) == 0)
			return &fields[num];
	return NULL;
}

/* edit: @name is a field of the header, segmentN.FIELD, or byteN. */
static bool edit(struct image *image, const char *name, uint64_t value)
{
	const struct field *f;
	unsigned int number;
	int used = 0;

	if (sscanf(name, "byte%u%n", &number, &used) == 1 && !name[used])
		return set(image, number, 1, value);
	if (sscanf(name, "segment%u.%n", &number, &used) == 1 && used) {
		f = find(segment_fields, ARRAY_SIZE(segment_fields), name + used);
		if (f)
			return set(image, image->segments + f->offset +
				   number * sizeof(struct mrb_segment),
				   f->size, value);
	}
	f = find(header_fields, ARRAY_SIZE(header_fields), name);
	if (!f) {
		fprintf(stderr, "there is no field %s\n", name);
		return false;
	}
	if (strcmp(name, "header_digest") == 0)
		image->keep_digest = true;
	return set(image, f->offset, f->size, value);
}

static bool edit_word(struct image *image, char *word)
{
	char *value = strchr(word, '='), *end;
	uint64_t number;

	if (!value) {
		fprintf(stderr, "%s: FIELD=VALUE is wanted\n", word);
		return false;
	}
	*value++ = '\0';
	number = strtoull(value, &end, 0);
	if (end == value || *end) {
		fprintf(stderr, "%s: '%s' is not a number\n", word, value);
		return false;
	}
	return edit(image, word, number);
}

static void seal(struct image *image)
{
	uint8_t *digest = image->bytes + offsetof(struct mrb_header, header_digest);

	if (image->keep_digest)
		return;
	memset(digest, 0, MRB_DIGEST_LEN);
	sha256(image->bytes, image->tables_size, digest);
}

static bool load(struct image *image, const char *path)
{
	const struct mrb_header *h;
	FILE *file = fopen(path, "rb");

	image->bytes = malloc(MRB_MAX_IMAGE);
	if (!file || !image->bytes)
		return false;
	image->size = fread(image->bytes, 1, MRB_MAX_IMAGE, file);
	fclose(file);
	if (image->size < sizeof(*h) ||
	    memcmp(image->bytes, MRB_MAGIC, MRB_MAGIC_LEN) != 0) {
		errno = ENOEXEC;
		return false;
	}
	h = (const void *)image->bytes;
	image->tables_size = little_endian((const void *)&h->tables_size, 4);
	image->segments = little_endian((const void *)&h->segments.offset, 4);
	return image->tables_size <= image->size;
}

static bool store(const struct image *image, const char *path)
{
	FILE *file = fopen(path, "wb");
	bool good;

	if (!file)
		return false;
	good = fwrite(image->bytes, 1, image->size, file) == image->size;
	return fclose(file) == 0 && good;
}

int main(int argc, char **argv)
{
	struct image image = {};
	int i;

	if (argc < 3) {
		fprintf(stderr, "usage: edit-image IN OUT [FIELD=VALUE]...\n");
		return 2;
	}
	if (!load(&image, argv[1])) {
		perror(argv[1]);
		return 1;
	}
	for (i = 3; i < argc; i++)
		if (!edit_word(&image, argv[i]))
			return 2;
	seal(&image);
	if (!store(&image, argv[2])) {
		perror(argv[2]);
		return 1;
	}
	return 0;
}
