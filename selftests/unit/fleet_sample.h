/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An image of three chunks and a manifest of it, for the tests of many nodes.
 * One file of a program includes it, after tap.h.
 */
#ifndef FLEET_SAMPLE_H
#define FLEET_SAMPLE_H

#include <openssl/evp.h>

#include "fleet/manifest.h"

#define CHUNK	CHUNK_MIN_BYTES
#define SIZE	(2 * CHUNK + 1000)

static u8 image[SIZE];
static char hex_all[65], hex_chunk[3][65];
static char text[4096];

static inline void put_hex(const void *data, size_t size, char hex[65])
{
	u8 digest[MRB_DIGEST_LEN];
	unsigned int i;

	EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static inline void make_image(void)
{
	unsigned int i;
	u32 x = 1;

	for (i = 0; i < SIZE; i++) {
		x = x * 1664525 + 1013904223;
		image[i] = x >> 24;
	}
	put_hex(image, SIZE, hex_all);
	put_hex(image, CHUNK, hex_chunk[0]);
	put_hex(image + CHUNK, CHUNK, hex_chunk[1]);
	put_hex(image + 2 * CHUNK, 1000, hex_chunk[2]);
}

#define HEAD "{\"codeswap-manifest\":1,\"sequence\":7,"				\
	"\"issued\":\"2026-11-01T00:00:00Z\",\"expires\":\"2026-12-01T00:00:00Z\","	\
	"\"chunk-bytes\":262144,\"images\":["

/* Of one image for two types; @head and @tail stand around it. */
static inline const char *manifest_text(const char *head, const char *tail)
{
	snprintf(text, sizeof(text),
		 "%s{\"file\":\"hba-2.0.0.mrb\",\"types\":[\"hba\",\"hba mini\"],"
		 "\"version\":\"2.0.1\",\"security-version\":3,\"size\":%u,"
		 "\"sha256\":\"%s\",\"chunks\":[\"%s\",\"%s\",\"%s\"]}%s",
		 head, SIZE, hex_all, hex_chunk[0], hex_chunk[1], hex_chunk[2],
		 tail);
	return text;
}

static inline struct manifest *good_manifest(void)
{
	const char *good = manifest_text(HEAD, "],\"later\":[{}]}");
	struct mrb_error err;
	struct manifest *m = manifest_parse(good, strlen(good), &err);

	if (!m)
		tap_bail("the good manifest is refused: %s", err.text);
	return m;
}

static inline void replace_once(char *in, const char *old, const char *new)
{
	char *at = strstr(in, old);
	size_t behind;

	if (!at)
		tap_bail("'%s' is not in the manifest", old);
	behind = strlen(at + strlen(old)) + 1;
	memmove(at + strlen(new), at + strlen(old), behind);
	memcpy(at, new, strlen(new));
}

#endif /* FLEET_SAMPLE_H */
