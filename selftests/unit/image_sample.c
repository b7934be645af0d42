// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include <openssl/evp.h>

#include "image_sample.h"

const struct sample_spec sample_typical = {
	.data = true,
	.modules = 2,
	.capabilities = 2,
	.states = 2,
};

/* An image that grows. */
struct maker {
	u8 *image;
	u64 end;
	u8 *entry;
	u32 entry_size;
	unsigned int segments;
};

void sample_sha256(const void *data, size_t size, u8 *digest)
{
	if (!EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL))
		abort();
}

void *sample_digest_new(void)
{
	return EVP_MD_CTX_new();
}

void sample_digest_free(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void digest_init(void *ctx)
{
	if (!EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		abort();
}

static void digest_update(void *ctx, const void *data, size_t len)
{
	if (!EVP_DigestUpdate(ctx, data, len))
		abort();
}

static void digest_final(void *ctx, u8 *digest)
{
	if (!EVP_DigestFinal_ex(ctx, digest, NULL))
		abort();
}

const struct mrb_digest_ops sample_ops = {
	.init = digest_init,
	.update = digest_update,
	.final = digest_final,
};

static u32 place(struct mrb_table *table, u32 at, u32 count, u32 size)
{
	table->offset = cpu_to_le32(at);
	table->count = cpu_to_le16(count);
	table->entry_size = cpu_to_le16(size);
	return at + count * size;
}

/* Returns where the tables end. */
static u32 place_tables(struct mrb_header *h, const struct sample_spec *spec)
{
	u32 at = sizeof(*h) + spec->extra_header;
	u32 extra = spec->extra_entry;
	unsigned int segments = 2 + (spec->data ? 2 : 0) + spec->modules;

	h->header_size = cpu_to_le16(at);
	at = place(&h->segments, at, segments,
		   sizeof(struct mrb_segment) + extra);
	at = place(&h->capabilities, at, spec->capabilities,
		   sizeof(struct mrb_capability) + extra);
	at = place(&h->states, at, spec->states,
		   sizeof(struct mrb_state) + extra);
	if (spec->tables_size)
		at = spec->tables_size;
	h->tables_size = cpu_to_le32(at);
	return at;
}

static struct mrb_segment *add_segment(struct maker *m, unsigned int kind,
				       u64 size, u64 address)
{
	struct mrb_segment *s = (void *)m->entry;
	u64 i;

	m->entry += m->entry_size;
	m->segments++;
	s->kind = cpu_to_le16(kind);
	s->align = cpu_to_le32(64);
	s->address = cpu_to_le64(address);
	if (address)
		s->mem_size = cpu_to_le64(size);
	if (kind == MRB_SEG_BSS)
		return s;
	m->end = (m->end + 63) & ~63ULL;
	s->offset = cpu_to_le64(m->end);
	s->file_size = cpu_to_le64(size);
	for (i = 0; i < size; i++)
		m->image[m->end + i] = 16 * m->segments + i % 13 + 1;
	sample_sha256(m->image + m->end, size, s->digest);
	m->end += size;
	return s;
}

static void add_segments(struct maker *m, const struct sample_spec *spec)
{
	static const char *const names[] = { "flash", "pla" };
	struct mrb_header *h = (void *)m->image;
	struct mrb_segment *s;
	unsigned int i;

	add_segment(m, MRB_SEG_TEXT, 256, SAMPLE_BASE);
	if (spec->data) {
		add_segment(m, MRB_SEG_DATA, 64, SAMPLE_BASE + 0x1000);
		add_segment(m, MRB_SEG_BSS, 0x200, SAMPLE_BASE + 0x1040);
	}
	s = add_segment(m, MRB_SEG_BOOTSTRAP, 128, 0);
	h->bootstrap_entry = cpu_to_le64(le64_to_cpu(s->offset) + 4);
	for (i = 0; i < spec->modules; i++) {
		s = add_segment(m, MRB_SEG_MODULE, 40 + 56 * (i % 2), 0);
		s->target_version.minor = cpu_to_le16(i + 1);
		if (i < 2)
			strcpy(s->target, names[i]);
		else	/* as long as it may be */
			sprintf(s->target, "module.%024u", i);
	}
}

static void add_names(u8 *image, const struct sample_spec *spec)
{
	const struct mrb_header *h = (void *)image;
	struct mrb_capability *c;
	struct mrb_state *s;
	unsigned int i;

	for (i = 0; i < spec->capabilities; i++) {
		c = (void *)(image + le32_to_cpu(h->capabilities.offset) +
			     i * le16_to_cpu(h->capabilities.entry_size));
		sprintf(c->name, "capability-%u", i);
		c->flags = cpu_to_le32(i % 3 + 1);
	}
	for (i = 0; i < spec->states; i++) {
		s = (void *)(image + le32_to_cpu(h->states.offset) +
			     i * le16_to_cpu(h->states.entry_size));
		sprintf(s->name, "State_%u.x", i);
		s->emits = cpu_to_le32(i);
		s->accepts_max = cpu_to_le32(i);
	}
}

static void fill_header(struct mrb_header *h)
{
	memcpy(h->magic, MRB_MAGIC, MRB_MAGIC_LEN);
	h->header_version = cpu_to_le16(1);
	h->release = cpu_to_le32(3);
	strcpy(h->device_type, "hba-sim");
	h->version.major = cpu_to_le16(2);
	h->security_version = cpu_to_le32(1);
	h->declared_blackout_us = cpu_to_le32(2000);
	h->build_id[0] = 0xab;
	h->load_address = cpu_to_le64(SAMPLE_BASE);
	h->memory_size = cpu_to_le64(SAMPLE_MEMORY);
	h->cold_entry = cpu_to_le64(SAMPLE_BASE);
	h->warm_entry = cpu_to_le64(SAMPLE_BASE + 8);
	h->workspace_size = cpu_to_le32(4096);
}

void sample_seal(u8 *image)
{
	struct mrb_header *h = (void *)image;

	memset(h->header_digest, 0, sizeof(h->header_digest));
	sample_sha256(image, le32_to_cpu(h->tables_size), h->header_digest);
}

u8 *sample_make(const struct sample_spec *spec, size_t *size)
{
	size_t room = spec->image_size ?: MRB_MAX_TABLES + 65536;
	struct maker m = { .image = calloc(1, room) };
	struct mrb_header *h = (void *)m.image;

	if (!h)
		abort();
	fill_header(h);
	m.end = place_tables(h, spec);
	m.entry = m.image + le32_to_cpu(h->segments.offset);
	m.entry_size = le16_to_cpu(h->segments.entry_size);
	add_segments(&m, spec);
	add_names(m.image, spec);
	/* Some padding behind the last segment, which must be zero, too. */
	*size = spec->image_size ?: ((m.end + 7) & ~7ULL) + 8;
	h->image_size = cpu_to_le64(*size);
	sample_seal(m.image);
	m.image = realloc(m.image, *size);
	return m.image;
}
