// SPDX-License-Identifier: GPL-2.0-only
/* Manifests: what is in them, and what is none. */
#include "tap.h"
#include "fleet_damage.h"
#include "fleet_sample.h"

static void a_manifest_is_read(void)
{
	struct manifest *m = good_manifest();
	const struct manifest_image *i = manifest_find(m, "hba mini");
	struct mrb_error err;

	is(m->sequence, 7, "sequence");
	is(m->expires - m->issued, 30 * 86400, "times");
	ok(i && i == manifest_find(m, "hba"), "one image for two types");
	ok(!manifest_find(m, "nic"), "none for a third");
	ok(!strcmp(i->file, "hba-2.0.0.mrb"), "file");
	is(le16_to_cpu(i->version.patch), 1, "version");
	is(i->size, SIZE, "size");
	is(i->num_chunks, 3, "chunks");
	is(manifest_chunk_bytes(m, i, 1), CHUNK, "all are of one size");
	is(manifest_chunk_bytes(m, i, 2), 1000, "but the last");
	ok(!manifest_check_time(m, m->issued, &err), "from when it is issued");
	ok(!manifest_check_time(m, m->expires - 1, &err), "until it expires");
	is(manifest_check_time(m, m->expires, &err), -ESTALE, "%s", err.text);
	is(manifest_check_time(m, m->issued - 1, &err), -ETIME, "%s", err.text);
	ok(!manifest_check_sequence(m, 0, &err), "the first one");
	ok(!manifest_check_sequence(m, 7, &err), "the same again");
	is(manifest_check_sequence(m, 8, &err), -ESTALE, "%s", err.text);
	manifest_free(m);
}

/* What is replaced in the good one, and by what. */
static const struct {
	const char *what, *old, *new;
} bad_manifests[] = {
	{ "no JSON", "{\"codeswap", "{codeswap" },
	{ "no object", HEAD, "[" },
	{ "no format", "codeswap-manifest", "manifest" },
	{ "a newer format", "manifest\":1", "manifest\":2" },
	{ "a format that is text", "manifest\":1", "manifest\":\"1\"" },
	{ "sequence 0", "\"sequence\":7", "\"sequence\":0" },
	{ "a negative sequence", "\"sequence\":7", "\"sequence\":-7" },
	{ "a huge sequence", "\"sequence\":7", "\"sequence\":18446744073709551615" },
	{ "a sequence that is no integer", "\"sequence\":7", "\"sequence\":7.5" },
	{ "a time that is none", "2026-11-01T", "2026-13-01T" },
	{ "a time with more behind it", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z " },
	{ "expired before it is issued", "2026-12-01", "2026-10-01" },
	{ "small chunks", "262144", "131072" },
	{ "large chunks", "262144", "2097152" },
	{ "chunks of an odd size", "262144", "262145" },
	{ "no images", "\"images\":[", "\"images\":[],\"x\":[" },
	{ "images that are none", "\"images\":[", "\"images\":[7," },
	{ "a path", "hba-2.0.0.mrb", "../a.mrb" },
	{ "a hidden file", "hba-2.0.0.mrb", ".mrb" },
	{ "a file with a line feed", "hba-2.0.0.mrb", "a\\n.mrb" },
	{ "a file that ends early", "hba-2.0.0.mrb", "a\\u0000.mrb" },
	{ "no file", "hba-2.0.0.mrb", "" },
	{ "no types", "\"hba\",\"hba mini\"", "" },
	{ "a type twice", "\"hba\",\"hba mini\"", "\"hba\",\"hba\"" },
	{ "a type that is a number", "\"hba\",", "7," },
	{ "a type that is too long", "hba mini", "0123456789012345678901234567890123456789" },
	{ "a type that is not printable", "hba mini", "hba\\tmini" },
	{ "no version", "2.0.1", "2.0" },
	{ "a negative version", "2.0.1", "2.-0.1" },
	{ "a version that is too large", "2.0.1", "2.0.65536" },
	{ "a version with more behind it", "2.0.1", "2.0.1.5" },
	{ "fewer versions than types", "\"version\"", "\"versions\":[\"2.0.1\"],\"version\"" },
	{ "versions that are no list", "\"version\"", "\"versions\":7,\"version\"" },
	{ "versions of which one is a number", "\"version\"",
	  "\"versions\":[\"2.0.1\",7],\"version\"" },
	{ "no security version", "security-version", "security" },
	{ "an endless image", "\"size\":", "\"size\":99999" },
	{ "an image that is longer than its chunks", "\"size\":", "\"size\":9" },
	{ "an empty image", "\"size\":", "\"size\":0,\"x\":" },
	{ "too few chunks", "\"chunks\":[", "\"chunks\":[],\"x\":[" },
	{ "too many chunks", "\"chunks\":[", "\"chunks\":[\"\"," },
	{ "a digest that is too short", "\"sha256\":\"", "\"sha256\":\"\",\"x\":\"" },
	{ "a chunk that is no digest", "\"chunks\":[\"", "\"chunks\":[\"G" },
};

static void bad_manifests_are_refused(void)
{
	struct mrb_error err;
	struct manifest *m;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_manifests); i++) {
		manifest_text(HEAD, "]}");
		replace_once(text, bad_manifests[i].old, bad_manifests[i].new);
		err.text[0] = '\0';
		m = manifest_parse(text, strlen(text), &err);
		ok(!m && err.text[0], "%s: %s", bad_manifests[i].what, err.text);
		manifest_free(m);
	}
}

/* What a type of a manifest is to run. */
static const char *version_for(const struct manifest *m, const char *type)
{
	const struct manifest_image *of = manifest_find(m, type);
	static char version[MANIFEST_VERSION_LEN];
	unsigned int i;

	for (i = 0; i < of->num_types; i++)
		if (!strcmp(of->types[i].name, type))
			manifest_version_text(&of->types[i].version, version);
	return version;
}

static void types_have_versions(void)
{
	struct mrb_error err;
	struct manifest *m = good_manifest();

	ok(!strcmp(version_for(m, "hba mini"), "2.0.1"), "that of the file");
	manifest_free(m);
	manifest_text(HEAD, "]}");
	replace_once(text, "\"version\"", "\"versions\":[\"2.0.1\",\"65535.1.0\"],\"version\"");
	m = manifest_parse(text, strlen(text), &err);
	ok(m && !strcmp(version_for(m, "hba"), "2.0.1"), "or each its own");
	ok(m && !strcmp(version_for(m, "hba mini"), "65535.1.0"), "also the last one");
	manifest_free(m);
}

static bool reads(const char *bytes, size_t size)
{
	struct mrb_error err;
	struct manifest *m = manifest_parse(bytes, size, &err);

	manifest_free(m);
	return m;
}

static void no_part_of_a_manifest_is_one(void)
{
	size_t size = strlen(manifest_text(HEAD, "]}"));

	is(damaged_ones_read(reads, text, size), 0,
	   "cut short, or with a byte out of ASCII, it is refused");
	ok(!is_refused_by(reads, text, size), "and the whole one is good");
	strcat(text, "x");
	ok(is_refused_by(reads, text, size + 1),
	   "with something behind it, it is none");
}

int main(void)
{
	make_image();
	a_manifest_is_read();
	types_have_versions();
	bad_manifests_are_refused();
	no_part_of_a_manifest_is_one();
	return tap_done();
}
