// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MRB parser: what it must refuse, what it must accept, and what it says
 * of what it accepted.
 */
#include <stdlib.h>

#include "image_fuzz.h"
#include "image_malformed.h"
#include "image_sample.h"
#include "tap.h"

#define MUTATIONS	200000

/* Notes a condition that is not met; the test goes on. */
#define EXPECT(good, what)	do {					\
	if (!(what)) {							\
		printf("# line %d: not so: %s\n", __LINE__, #what);	\
		*(good) = false;					\
	}								\
} while (0)

static void apply(u8 *image, const struct edit *e)
{
	size_t i;

	for (i = 0; i < e->size; i++)
		image[e->offset + i] = e->size > 8 ? e->value :
						     e->value >> (8 * i);
}

/* Outputs are poisoned: nothing may rely on what was there. */
static int parse(struct mrb_image *image, const u8 *data, size_t size,
		 struct mrb_error *err)
{
	memset(image, 0xa5, sizeof(*image));
	memset(err, 0xa5, sizeof(*err));
	return mrb_parse(image, data, size, err);
}

static void test_malformed(const struct malformed *m)
{
	struct mrb_error err = { 0 };
	struct mrb_image image;
	bool good = true;
	size_t size, i;
	u8 *data;

	data = sample_make(&sample_typical, &size);
	for (i = 0; i < 2; i++)
		apply(data, &m->edits[i]);
	EXPECT(&good, parse(&image, data, size, &err) == m->code);
	EXPECT(&good, err.code == m->code);
	EXPECT(&good, memchr(err.text, 0, sizeof(err.text)));
	EXPECT(&good, strstr(err.text, m->text));
	if (!good)
		printf("# %d: %.160s\n", err.code, err.text);
	ok(good, "refused: %s", m->name);
	free(data);
}

/* Every length from nothing to one byte too little, in exact memory. */
static void test_short(void)
{
	struct mrb_image image;
	struct mrb_error err;
	bool good = true;
	size_t size, len;
	u8 *data, *copy;
	int code;

	data = sample_make(&sample_typical, &size);
	for (len = 0; len < SAMPLE_TABLES; len++) {
		copy = malloc(len ?: 1);
		memcpy(copy, data, len);
		code = len < MRB_MAGIC_LEN ? -ENOEXEC : -EBADMSG;
		EXPECT(&good, parse(&image, copy, len, &err) == code);
		if (len >= MRB_MAGIC_LEN)
			EXPECT(&good, strstr(err.text, "image ends after"));
		free(copy);
	}
	EXPECT(&good, !parse(&image, data, len, &err));
	ok(good, "refused: tables cut short anywhere");
	free(data);
}

static u64 sum_of_parts(const struct mrb_image *image, unsigned int *parts)
{
	struct mrb_part part;
	u64 sum = 0;

	for (*parts = 0; mrb_part(image, *parts, &part); ++*parts)
		sum += part.size;
	return sum;
}

/* Feeds an image in pieces; 0 is all at once. */
static int check(const u8 *data, size_t size, size_t piece,
		 struct mrb_error *err)
{
	void *ctx = sample_digest_new();
	struct mrb_image image;
	struct mrb_check c;
	size_t at, n;
	int ret;

	ret = parse(&image, data, size, err);
	mrb_check_begin(&c, &image, &sample_ops, ctx);
	for (at = 0; !ret && at < size; at += n) {
		n = piece && piece < size - at ? piece : size - at;
		ret = mrb_check_feed(&c, data + at, n, err);
	}
	if (!ret)
		ret = mrb_check_end(&c, err);
	sample_digest_free(ctx);
	return ret;
}

static void test_good(const char *name, const struct sample_spec *spec,
		      unsigned int segments)
{
	struct mrb_error err = { 0 };
	struct mrb_image image;
	unsigned int parts;
	bool good = true;
	u32 needed = 0;
	size_t size;
	u8 *data;

	data = sample_make(spec, &size);
	EXPECT(&good, !mrb_probe(data, MRB_PROBE_SIZE, &needed, &err));
	EXPECT(&good, !parse(&image, data, needed, &err));
	if (good) {
		EXPECT(&good, image.tables == data);
		EXPECT(&good, (const u8 *)image.header == data);
		EXPECT(&good, image.tables_size == needed);
		EXPECT(&good, image.image_size == size);
		EXPECT(&good, mrb_num_segments(&image) == segments);
		EXPECT(&good, mrb_num_capabilities(&image) == spec->capabilities);
		EXPECT(&good, mrb_num_states(&image) == spec->states);
		EXPECT(&good, !mrb_segment(&image, segments));
		EXPECT(&good, sum_of_parts(&image, &parts) <= size);
		EXPECT(&good, parts == 1 + segments - spec->data);
		EXPECT(&good, !check(data, size, 0, &err));
	}
	if (!good)
		printf("# %d: %.160s\n", err.code, err.text);
	ok(good, "accepted: %s", name);
	free(data);
}

static void test_all_good(void)
{
	const struct sample_spec minimal = { 0 };
	const struct sample_spec maximal = {
		.data = true,
		.modules = MRB_MAX_SEGMENTS - 4,
		.capabilities = MRB_MAX_CAPABILITIES,
		.states = MRB_MAX_STATES,
		.tables_size = MRB_MAX_TABLES,
		.image_size = MRB_MAX_IMAGE,
	};
	struct sample_spec newer = sample_typical;

	test_good("minimal", &minimal, 2);
	test_good("typical", &sample_typical, SAMPLE_SEGMENTS);
	test_good("maximal", &maximal, MRB_MAX_SEGMENTS);
	newer.extra_header = 24;
	test_good("larger header, extra bytes zero", &newer, SAMPLE_SEGMENTS);
	newer.extra_entry = 40;
	test_good("larger header and entries, extra bytes zero", &newer,
		  SAMPLE_SEGMENTS);
}

/* The last byte that this reader does not know, of header and of each table. */
static void test_newer(void)
{
	struct sample_spec newer = sample_typical;
	struct mrb_image image;
	struct mrb_error err;
	bool good = true;
	size_t size, i;
	u8 *data;

	newer.extra_header = 16;
	newer.extra_entry = 8;
	for (i = 0; i < 4; i++) {
		struct mrb_table *tables;
		size_t last = sizeof(struct mrb_header) + 15;

		data = sample_make(&newer, &size);
		tables = &((struct mrb_header *)data)->segments;
		if (i)
			last = le32_to_cpu(tables[i - 1].offset) +
			       le16_to_cpu(tables[i - 1].count) *
			       le16_to_cpu(tables[i - 1].entry_size) - 1;
		data[last] = 1;
		EXPECT(&good, parse(&image, data, size, &err) ==
			      -EPROTONOSUPPORT);
		EXPECT(&good, strstr(err.text, "newer than understood"));
		free(data);
	}
	ok(good, "refused: bytes set that only a newer reader knows");
}

static void test_top_of_memory(void)
{
	static const struct edit edits[] = {
		H(load_address, 0 - SAMPLE_MEMORY),
		H(cold_entry, 0 - SAMPLE_MEMORY),
		H(warm_entry, 0 - SAMPLE_MEMORY + 255),
		SEG(TEXT, address, 0 - SAMPLE_MEMORY),
		SEG(DATA, address, 0 - SAMPLE_MEMORY + 256),
		SEG(BSS, address, 0 - 0x200ULL),
	};
	struct mrb_image image;
	struct mrb_error err;
	bool good = true;
	size_t size, i;
	u8 *data;

	data = sample_make(&sample_typical, &size);
	for (i = 0; i < ARRAY_SIZE(edits); i++)
		apply(data, &edits[i]);
	EXPECT(&good, !parse(&image, data, size, &err));
	ok(good, "accepted: memory that ends with the last address");
	free(data);
}

static void test_lookup(void)
{
	static const char *const kinds[] = { "text", "data", "bss", "bootstrap", "module",
					     "module" };
	const struct mrb_segment *s;
	struct mrb_image image;
	struct mrb_error err;
	bool good = true;
	unsigned int i;
	size_t size;
	u8 *data;

	data = sample_make(&sample_typical, &size);
	EXPECT(&good, !parse(&image, data, size, &err));
	for (i = 0; (s = mrb_segment(&image, i)); i++)
		EXPECT(&good, !strcmp(mrb_segment_kind_name(le16_to_cpu(s->kind)),
				      kinds[i]));
	EXPECT(&good, !strcmp(mrb_segment_kind_name(0), "unknown"));
	EXPECT(&good, mrb_find_capability(&image, "capability-1") ==
		      mrb_capability(&image, 1));
	EXPECT(&good, !mrb_find_capability(&image, "capability-"));
	EXPECT(&good, !mrb_find_capability(&image, ""));
	EXPECT(&good, mrb_find_state(&image, "State_0.x") ==
		      mrb_state(&image, 0));
	EXPECT(&good, !mrb_find_state(&image, "State_0.x-and-what-is-longer-than-a-name"));
	EXPECT(&good, !mrb_capability(&image, 2) && !mrb_state(&image, 2));
	ok(good, "entries are found by index and by name");
	free(data);
}

static void test_version_cmp(void)
{
	static const u16 order[][3] = { /* ascending */
		{ 0, 0, 1 }, { 0, 1, 0 }, { 1, 0, 0 }, { 1, 0, 65535 },
		{ 1, 256, 1 }, { 255, 0, 0 }, { 256, 0, 0 }, { 65535, 0, 0 },
	};
	const int n = ARRAY_SIZE(order);
	struct mrb_version v[2] = { 0 };
	bool good = true;
	int i, j, c;

	for (i = 0; i < n * n; i++) {
		for (j = 0; j < 2; j++) {
			const u16 *o = order[j ? i % n : i / n];

			v[j].major = cpu_to_le16(o[0]);
			v[j].minor = cpu_to_le16(o[1]);
			v[j].patch = cpu_to_le16(o[2]);
		}
		c = mrb_version_cmp(&v[0], &v[1]);
		EXPECT(&good, (c > 0) - (c < 0) ==
			      (i / n > i % n) - (i / n < i % n));
	}
	ok(good, "versions are ordered");
}

/* Tables first, then what has bytes: bss is left out. */
static void test_parts(void)
{
	static const int expected[] = { -1, SAMPLE_TEXT, SAMPLE_DATA,
					SAMPLE_BOOTSTRAP, SAMPLE_FLASH,
					SAMPLE_PLA };
	struct mrb_image image;
	struct mrb_error err;
	struct mrb_part part;
	bool good = true;
	unsigned int i;
	size_t size;
	u8 *data;

	data = sample_make(&sample_typical, &size);
	EXPECT(&good, !parse(&image, data, size, &err));
	for (i = 0; mrb_part(&image, i, &part); i++) {
		const struct mrb_segment *s;

		EXPECT(&good, i < 6 && part.segment == expected[i]);
		if (part.segment < 0) {
			EXPECT(&good, part.offset == 0);
			EXPECT(&good, part.size == SAMPLE_TABLES);
			EXPECT(&good, part.digest ==
				      image.header->header_digest);
			continue;
		}
		s = mrb_segment(&image, part.segment);
		EXPECT(&good, part.offset == le64_to_cpu(s->offset));
		EXPECT(&good, part.size == le64_to_cpu(s->file_size));
		EXPECT(&good, part.digest == s->digest);
	}
	EXPECT(&good, i == 6);
	EXPECT(&good, !mrb_part(&image, ~0U, &part));
	ok(good, "parts come in the order of their bytes");
	free(data);
}

static void test_pieces(void)
{
	struct mrb_error err = { 0 };
	bool good = true;
	size_t size, piece;
	u8 *data;

	data = sample_make(&sample_typical, &size);
	for (piece = 0; piece <= size; piece++)
		EXPECT(&good, !check(data, size, piece, &err));
	ok(good, "digests are right in pieces of any size");
	free(data);
}

/* No byte of an image can be changed without somebody noticing. */
static void test_any_byte(void)
{
	static const size_t pieces[] = { 0, 7, 512 };
	struct mrb_error err;
	bool good = true;
	size_t size, i;
	u8 *data;

	data = sample_make(&sample_typical, &size);
	for (i = 0; i < size; i++) {
		data[i] ^= 0x10;
		err.text[0] = '\0';
		EXPECT(&good, check(data, size, pieces[i % 3], &err) < 0);
		EXPECT(&good, err.text[0]);
		data[i] ^= 0x10;
	}
	EXPECT(&good, !check(data, size, 0, &err));
	ok(good, "refused: any byte changed");
	free(data);
}

static void refused_at(bool *good, u8 *data, size_t size, size_t at,
		       const char *text)
{
	struct mrb_error err = { 0 };

	data[at] ^= 1;
	EXPECT(good, check(data, size, 0, &err) == -EBADMSG);
	EXPECT(good, strstr(err.text, text));
	if (!*good)
		printf("# %.160s\n", err.text);
	data[at] ^= 1;
}

static void test_what_is_corrupt(void)
{
	bool good = true;
	size_t size;
	u8 *data;

	data = sample_make(&sample_typical, &size);
	refused_at(&good, data, size, offsetof(struct mrb_header, build_id),
		   "header and tables do not match their digest");
	refused_at(&good, data, size, offsetof(struct mrb_header, header_digest),
		   "header and tables do not match their digest");
	refused_at(&good, data, size, 1088 + 255,
		   "segment 0 (256 bytes at byte 1088) does not match");
	refused_at(&good, data, size, 1408,
		   "segment 3 (128 bytes at byte 1408) does not match");
	refused_at(&good, data, size, SAMPLE_TABLES + 3,
		   "byte 1059 belongs to no segment and is 0x01");
	refused_at(&good, data, size, size - 1, "belongs to no segment");
	ok(good, "a refusal names the segment or the byte");
	free(data);
}

static void test_amount(void)
{
	void *ctx = sample_digest_new();
	struct mrb_image image;
	struct mrb_check c;
	struct mrb_error err;
	bool good = true;
	size_t size;
	u8 *data;

	data = sample_make(&sample_typical, &size);
	EXPECT(&good, !parse(&image, data, size, &err));
	mrb_check_begin(&c, &image, &sample_ops, ctx);
	EXPECT(&good, mrb_check_end(&c, &err) == -EBADMSG);
	EXPECT(&good, !mrb_check_feed(&c, data, size - 1, &err));
	EXPECT(&good, mrb_check_end(&c, &err) == -EBADMSG);
	EXPECT(&good, strstr(err.text, "image ends after"));
	EXPECT(&good, !mrb_check_feed(&c, data + size - 1, 1, &err));
	EXPECT(&good, !mrb_check_end(&c, &err));
	EXPECT(&good, !mrb_check_feed(&c, data, 0, &err));
	/* Zero, so that it is not refused as padding. */
	EXPECT(&good, mrb_check_feed(&c, "", 1, &err) == -EBADMSG);
	EXPECT(&good, strstr(err.text, "1 bytes follow byte"));
	ok(good, "refused: a byte missing, a byte too much");
	sample_digest_free(ctx);
	free(data);
}

static void test_follow(void)
{
	struct mrb_signature s = { .size = cpu_to_le32(700) };
	u8 bytes[64] = MRB_MAGIC;
	bool good = true;
	u32 size = 1;

	memcpy(s.magic, MRB_SIGNATURE_MAGIC, MRB_MAGIC_LEN);
	EXPECT(&good, mrb_follow(bytes, 0, &size) == MRB_FOLLOW_END && !size);
	EXPECT(&good, mrb_follow(bytes, 16, &size) == MRB_FOLLOW_IMAGE);
	EXPECT(&good, mrb_follow(bytes, 7, &size) == MRB_FOLLOW_JUNK);
	EXPECT(&good, mrb_follow(bytes + 1, 16, &size) == MRB_FOLLOW_JUNK);
	/* Behind a signature, nothing is aligned. */
	memcpy(bytes + 3, &s, sizeof(s));
	EXPECT(&good, mrb_follow(bytes + 3, 16, &size) == MRB_FOLLOW_SIGNATURE);
	EXPECT(&good, size == 700);
	EXPECT(&good, mrb_follow(&s, 15, &size) == MRB_FOLLOW_JUNK && !size);
	s.size = cpu_to_le32(MRB_MAX_SIGNATURE);
	EXPECT(&good, mrb_follow(&s, 16, &size) == MRB_FOLLOW_SIGNATURE);
	s.size = cpu_to_le32(MRB_MAX_SIGNATURE + 1);
	EXPECT(&good, mrb_follow(&s, 16, &size) == MRB_FOLLOW_JUNK && !size);
	s.size = 0;
	EXPECT(&good, mrb_follow(&s, 16, &size) == MRB_FOLLOW_JUNK);
	s.size = cpu_to_le32(1);
	s.reserved = cpu_to_le32(1);
	EXPECT(&good, mrb_follow(&s, 16, &size) == MRB_FOLLOW_JUNK);
	ok(good, "what follows an image is told apart");
}

/* The same numbers on every machine: a failure can be looked at again. */
static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Mostly values that lie at some limit. */
static void mutate(u8 *data, size_t size, u64 *state)
{
	static const u64 values[] = { 0, 1, 7, 8, 32, 33, 64, 65, 208, 0x1000,
				      0x10000, 0x4000000, 0x7fffffff, 0x80000000,
				      0xffffffff, 0xffffffff80000000, ~0ULL - 7,
				      ~0ULL };
	u64 r = next_random(state), value = next_random(state);
	size_t width = 1 << (r & 3);
	size_t at = (r >> 8) % (size / width) * width;
	size_t i;

	if (r & 0x30)
		value = values[(r >> 40) % ARRAY_SIZE(values)];
	if (r & 0x40)	/* near what was there */
		value = data[at] + (value & 15) - 8;
	for (i = 0; i < width; i++)
		data[at + i] = value >> (8 * i);
}

static enum image_fuzz_depth mutate_one(const u8 *sample, size_t size,
					u64 *state)
{
	u64 r = next_random(state);
	u8 *data = malloc(size);
	enum image_fuzz_depth depth;
	unsigned int i, tables;

	memcpy(data, sample, size);
	/* Where the numbers are, most of the time. */
	tables = r & 7 ? SAMPLE_TABLES : size;
	if (tables > size)
		tables = size;
	for (i = 0; i <= ((r >> 3) & 3); i++)
		mutate(data, tables, state);
	if (r & 0x100 && le32_to_cpu(((struct mrb_header *)data)->tables_size) <= size)
		sample_seal(data);
	if (!(r & 0xe00)) {	/* cut short, in memory of that size */
		size = (r >> 12) % size + 1;
		data = realloc(data, size);
	}
	depth = image_fuzz_one(data, size);
	free(data);
	return depth;
}

static void test_mutations(void)
{
	const struct sample_spec minimal = { 0 };
	unsigned int i, depths[IMAGE_FUZZ_DEPTHS] = { 0 };
	struct sample_spec newer = sample_typical;
	u64 state = 0x9e3779b97f4a7c15;
	bool good = true;
	size_t sizes[3];
	u8 *samples[3];

	newer.extra_header = 8;
	newer.extra_entry = 8;
	samples[0] = sample_make(&minimal, &sizes[0]);
	samples[1] = sample_make(&sample_typical, &sizes[1]);
	samples[2] = sample_make(&newer, &sizes[2]);
	for (i = 0; i < MUTATIONS; i++)
		depths[mutate_one(samples[i % 3], sizes[i % 3], &state)]++;
	printf("# of %u: %u refused by probe, %u by parse, %u by check, %u good\n",
	       MUTATIONS, depths[IMAGE_FUZZ_PROBE], depths[IMAGE_FUZZ_PARSE],
	       depths[IMAGE_FUZZ_CHECK], depths[IMAGE_FUZZ_GOOD]);
	for (i = 0; i < IMAGE_FUZZ_DEPTHS; i++)
		EXPECT(&good, depths[i] > MUTATIONS / 200);
	ok(good, "%u mutations break no promise", MUTATIONS);
	for (i = 0; i < 3; i++)
		free(samples[i]);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(malformed); i++)
		test_malformed(&malformed[i]);
	test_short();
	test_newer();
	test_all_good();
	test_top_of_memory();
	test_lookup();
	test_version_cmp();
	test_parts();
	test_pieces();
	test_any_byte();
	test_what_is_corrupt();
	test_amount();
	test_follow();
	test_mutations();
	return tap_done();
}
