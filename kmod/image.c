// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MRB parser and checker. What comes in is hostile: every number is
 * compared with its limits before it is used, sums are avoided where they could
 * overflow, and nothing is believed twice. The caller keeps the bytes still.
 *
 * The sentences are for the person at the keyboard. They say what was found
 * and what would have been right.
 */
#include "image.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#endif

#define MRB_NUM_TABLES	3

/* A table as the header describes it, beside what this reader knows of it. */
struct table {
	const char *name;
	u32 offset;
	u32 count;
	u32 entry_size;
	u32 known_size;
	u32 max_count;
};

/**
 * mrb_refuse() - say what is wrong with an image
 * @err: set
 * @code: negative errno
 * @fmt: one sentence without a full stop
 *
 * Return: @code.
 */
int mrb_refuse(struct mrb_error *err, int code, const char *fmt, ...)
{
	va_list args;

	err->code = code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return code;
}

/**
 * mrb_zero() - tell whether bytes are all zero
 * @buf: the bytes
 * @len: how many; none are all zero
 *
 * Return: true if they are.
 */
bool mrb_zero(const void *buf, size_t len)
{
	const u8 *p = buf;

	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static const char *padding_problem(const char *s, size_t len, size_t size)
{
	if (!len)
		return "is empty";
	if (len == size)
		return "is longer than 31 characters";
	if (!mrb_zero(s + len, size - len))
		return "is followed by bytes that are not zero";
	return NULL;
}

/**
 * mrb_name_problem() - what is wrong with a name
 * @name: MRB_NAME_LEN bytes
 *
 * Return: the second half of a sentence, or %NULL if nothing is wrong.
 */
const char *mrb_name_problem(const char *name)
{
	size_t i, len = strnlen(name, MRB_NAME_LEN);

	for (i = 0; i < len; i++)
		if (!name_char(name[i]))
			return "has characters other than letters, digits, '-', '_', '.'";
	return padding_problem(name, len, MRB_NAME_LEN);
}

/**
 * mrb_type_problem() - what is wrong with a device type
 * @type: MRB_TYPE_LEN bytes
 *
 * Return: the second half of a sentence, or %NULL if nothing is wrong.
 */
const char *mrb_type_problem(const char *type)
{
	size_t i, len = strnlen(type, MRB_TYPE_LEN);

	for (i = 0; i < len; i++)
		if (type[i] < ' ' || type[i] > '~')
			return "has characters other than printable ASCII";
	return padding_problem(type, len, MRB_TYPE_LEN);
}

static int check_sizes(const struct mrb_header *h, struct mrb_error *err)
{
	u32 header_size = le16_to_cpu(h->header_size);
	u32 tables_size = le32_to_cpu(h->tables_size);
	u64 image_size = le64_to_cpu(h->image_size);

	if (header_size < sizeof(*h) || header_size % 8)
		return mrb_refuse(err, -EBADMSG,
				  "header size is %u bytes; it must be a multiple of 8, at least %zu",
				  header_size, sizeof(*h));
	if (tables_size > MRB_MAX_TABLES)
		return mrb_refuse(err, -EFBIG,
				  "header and tables are %u bytes; at most %u are allowed",
				  tables_size, MRB_MAX_TABLES);
	if (tables_size < header_size || tables_size % 8)
		return mrb_refuse(err, -EBADMSG,
				  "tables size is %u bytes; it must be a multiple of 8, at least the header's %u",
				  tables_size, header_size);
	if (image_size > MRB_MAX_IMAGE)
		return mrb_refuse(err, -EFBIG,
				  "image is %llu bytes; at most %u are allowed",
				  image_size, MRB_MAX_IMAGE);
	if (image_size < tables_size)
		return mrb_refuse(err, -EBADMSG,
				  "image size is %llu bytes; header and tables alone are %u",
				  image_size, tables_size);
	return 0;
}

/**
 * mrb_probe() - tell how many bytes mrb_parse() needs
 * @buf: first bytes of an image, at least MRB_PROBE_SIZE; any alignment
 * @len: bytes there are
 * @tables_size: set to the size of header and tables, at most MRB_MAX_TABLES
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int mrb_probe(const void *buf, size_t len, u32 *tables_size,
	      struct mrb_error *err)
{
	struct mrb_header h;
	u32 version;

	if (len < MRB_MAGIC_LEN || memcmp(buf, MRB_MAGIC, MRB_MAGIC_LEN))
		return mrb_refuse(err, -ENOEXEC,
				  "not an MRB image: it does not begin with the MRB magic");
	if (len < sizeof(h))
		return mrb_refuse(err, -EBADMSG,
				  "image ends after %zu bytes; its header alone is %zu",
				  len, sizeof(h));
	memcpy(&h, buf, sizeof(h));
	version = le16_to_cpu(h.header_version);
	if (version > MRB_HEADER_VERSION)
		return mrb_refuse(err, -EPROTONOSUPPORT,
				  "image has header version %u, newer than %u, the newest understood; use a newer codeswap",
				  version, MRB_HEADER_VERSION);
	if (!version)
		return mrb_refuse(err, -EBADMSG,
				  "image has header version 0; versions count from 1");
	if (check_sizes(&h, err))
		return err->code;
	*tables_size = le32_to_cpu(h.tables_size);
	return 0;
}

static void table_init(struct table *t, const char *name,
		       const struct mrb_table *raw, u32 known_size, u32 max)
{
	t->name = name;
	t->offset = le32_to_cpu(raw->offset);
	t->count = le16_to_cpu(raw->count);
	t->entry_size = le16_to_cpu(raw->entry_size);
	t->known_size = known_size;
	t->max_count = max;
}

static void get_tables(const struct mrb_header *h,
		       struct table tables[MRB_NUM_TABLES])
{
	table_init(&tables[0], "segments", &h->segments,
		   sizeof(struct mrb_segment), MRB_MAX_SEGMENTS);
	table_init(&tables[1], "capabilities", &h->capabilities,
		   sizeof(struct mrb_capability), MRB_MAX_CAPABILITIES);
	table_init(&tables[2], "states", &h->states,
		   sizeof(struct mrb_state), MRB_MAX_STATES);
}

static u32 table_bytes(const struct table *t)
{
	return t->count * t->entry_size;
}

static int check_table(const struct mrb_image *image, const struct table *t,
		       struct mrb_error *err)
{
	u32 header_size = le16_to_cpu(image->header->header_size);
	const u8 *entry;
	u32 i;

	if (t->count > t->max_count)
		return mrb_refuse(err, -EFBIG, "image has %u %s; at most %u are allowed",
				  t->count, t->name, t->max_count);
	if (t->entry_size < t->known_size || t->entry_size % 8)
		return mrb_refuse(err, -EBADMSG,
				  "entry size of the table of %s is %u bytes; it must be a multiple of 8, at least %u",
				  t->name, t->entry_size, t->known_size);
	if (t->offset % 8)
		return mrb_refuse(err, -EBADMSG,
				  "table of %s starts at byte %u, which is not a multiple of 8",
				  t->name, t->offset);
	if (!mrb_within(t->offset, table_bytes(t), header_size,
			image->tables_size - header_size))
		return mrb_refuse(err, -EBADMSG,
				  "table of %s (%u bytes at byte %u) lies outside bytes %u to %u, the room for tables",
				  t->name, table_bytes(t), t->offset, header_size,
				  image->tables_size);

	entry = (const u8 *)image->tables + t->offset;
	for (i = 0; i < t->count; i++, entry += t->entry_size)
		if (!mrb_zero(entry + t->known_size,
			      t->entry_size - t->known_size))
			return mrb_refuse(err, -EPROTONOSUPPORT,
					  "entry %u of the table of %s uses fields newer than understood; use a newer codeswap",
					  i, t->name);
	return 0;
}

/* Everything behind the header is a multiple of 8 long and aligned to 8. */
static int check_gaps(const struct mrb_image *image,
		      const struct table tables[MRB_NUM_TABLES],
		      struct mrb_error *err)
{
	u32 at = le16_to_cpu(image->header->header_size);
	unsigned int i;

	for (; at < image->tables_size; at += 8) {
		for (i = 0; i < MRB_NUM_TABLES; i++)
			if (mrb_within(at, 8, tables[i].offset,
				       table_bytes(&tables[i])))
				break;
		if (i == MRB_NUM_TABLES &&
		    !mrb_zero((const u8 *)image->tables + at, 8))
			return mrb_refuse(err, -EBADMSG,
					  "bytes %u to %u belong to no table and are not zero",
					  at, at + 8);
	}
	return 0;
}

static int check_tables(const struct mrb_image *image, struct mrb_error *err)
{
	struct table t[MRB_NUM_TABLES];
	unsigned int i, j;

	get_tables(image->header, t);
	for (i = 0; i < MRB_NUM_TABLES; i++) {
		if (check_table(image, &t[i], err))
			return err->code;
		for (j = 0; j < i; j++)
			if (mrb_overlap(t[i].offset, table_bytes(&t[i]),
					t[j].offset, table_bytes(&t[j])))
				return mrb_refuse(err, -EBADMSG,
						  "tables of %s and of %s overlap at byte %u",
						  t[j].name, t[i].name,
						  max(t[i].offset, t[j].offset));
	}
	return check_gaps(image, t, err);
}

static int check_reserved(const struct mrb_header *h, struct mrb_error *err)
{
	u32 known = sizeof(*h);

	if (!mrb_zero((const u8 *)h + known, le16_to_cpu(h->header_size) - known))
		return mrb_refuse(err, -EPROTONOSUPPORT,
				  "header uses fields newer than understood; use a newer codeswap");
	if (le32_to_cpu(h->flags) & ~MRB_F_SIGNED)
		return mrb_refuse(err, -EBADMSG,
				  "header flags are 0x%x; all but 0x%x must be zero",
				  le32_to_cpu(h->flags), MRB_F_SIGNED);
	if (h->version.reserved)
		return mrb_refuse(err, -EBADMSG,
				  "reserved field of the image version is 0x%x; it must be zero",
				  le16_to_cpu(h->version.reserved));
	if (h->reserved0 || h->reserved1)
		return mrb_refuse(err, -EBADMSG,
				  "reserved fields of the header are 0x%x and 0x%x; they must be zero",
				  le32_to_cpu(h->reserved0),
				  le32_to_cpu(h->reserved1));
	return 0;
}

static int check_header(const struct mrb_header *h, struct mrb_error *err)
{
	u64 base = le64_to_cpu(h->load_address);
	u64 size = le64_to_cpu(h->memory_size);
	const char *problem;

	if (check_reserved(h, err))
		return err->code;
	if (!h->release)
		return mrb_refuse(err, -EBADMSG, "release is 0; releases count from 1");
	problem = mrb_type_problem(h->device_type);
	if (problem)
		return mrb_refuse(err, -EBADMSG, "device type %s", problem);
	if (!size)
		return mrb_refuse(err, -EBADMSG, "memory size is 0 bytes; at least 1 is needed");
	if (size - 1 > U64_MAX - base)
		return mrb_refuse(err, -EBADMSG,
				  "memory of 0x%llx bytes at load address 0x%llx goes beyond 64-bit addresses",
				  size, base);
	if (le32_to_cpu(h->workspace_size) > MRB_MAX_WORKSPACE)
		return mrb_refuse(err, -EFBIG,
				  "workspace is %u bytes; at most %u are allowed",
				  le32_to_cpu(h->workspace_size), MRB_MAX_WORKSPACE);
	return 0;
}

/**
 * mrb_parse() - check header and tables, all that the format says of them
 * @image: set on success; points into @tables, which must outlive it
 * @tables: first bytes of an image, aligned to 8, not changed by anybody
 * @len: bytes there are; mrb_probe() tells how many are needed
 * @err: set on failure
 *
 * Digests and what lies behind the tables are not looked at: see
 * mrb_check_feed().
 *
 * Return: 0, or the code in @err.
 */
int mrb_parse(struct mrb_image *image, const void *tables, size_t len,
	      struct mrb_error *err)
{
	const struct mrb_header *h = tables;
	u32 size;

	if (mrb_probe(tables, len, &size, err))
		return err->code;
	if (len < size)
		return mrb_refuse(err, -EBADMSG,
				  "image ends after %zu bytes; header and tables are %u",
				  len, size);
	image->tables = tables;
	image->tables_size = size;
	image->image_size = le64_to_cpu(h->image_size);
	image->header = h;

	/* The order matters: each step relies on those before it. */
	if (check_header(h, err) || check_tables(image, err))
		return err->code;
	return mrb_check_contents(image, err);
}

static const void *entry(const struct mrb_image *image,
			 const struct mrb_table *table, unsigned int i)
{
	if (i >= le16_to_cpu(table->count))
		return NULL;
	return (const u8 *)image->tables + le32_to_cpu(table->offset) +
	       i * le16_to_cpu(table->entry_size);
}

unsigned int mrb_num_segments(const struct mrb_image *image)
{
	return le16_to_cpu(image->header->segments.count);
}

const struct mrb_segment *mrb_segment(const struct mrb_image *image,
				      unsigned int i)
{
	return entry(image, &image->header->segments, i);
}

unsigned int mrb_num_capabilities(const struct mrb_image *image)
{
	return le16_to_cpu(image->header->capabilities.count);
}

const struct mrb_capability *mrb_capability(const struct mrb_image *image,
					    unsigned int i)
{
	return entry(image, &image->header->capabilities, i);
}

unsigned int mrb_num_states(const struct mrb_image *image)
{
	return le16_to_cpu(image->header->states.count);
}

const struct mrb_state *mrb_state(const struct mrb_image *image, unsigned int i)
{
	return entry(image, &image->header->states, i);
}

const struct mrb_capability *mrb_find_capability(const struct mrb_image *image,
						 const char *name)
{
	const struct mrb_capability *c;
	unsigned int i;

	for (i = 0; (c = mrb_capability(image, i)); i++)
		if (!strncmp(c->name, name, sizeof(c->name)))
			return c;
	return NULL;
}

const struct mrb_state *mrb_find_state(const struct mrb_image *image,
				       const char *name)
{
	const struct mrb_state *s;
	unsigned int i;

	for (i = 0; (s = mrb_state(image, i)); i++)
		if (!strncmp(s->name, name, sizeof(s->name)))
			return s;
	return NULL;
}

static int cmp16(__le16 a, __le16 b)
{
	return (int)le16_to_cpu(a) - (int)le16_to_cpu(b);
}

/**
 * mrb_version_cmp() - compare two versions
 * @a: one
 * @b: the other
 *
 * Return: less than, equal to or greater than 0 as @a is older than, equal to
 * or newer than @b.
 */
int mrb_version_cmp(const struct mrb_version *a, const struct mrb_version *b)
{
	return cmp16(a->major, b->major) ?: cmp16(a->minor, b->minor) ?:
	       cmp16(a->patch, b->patch);
}

const char *mrb_segment_kind_name(unsigned int kind)
{
	switch (kind) {
	case MRB_SEG_TEXT:
		return "text";
	case MRB_SEG_DATA:
		return "data";
	case MRB_SEG_BSS:
		return "bss";
	case MRB_SEG_BOOTSTRAP:
		return "bootstrap";
	case MRB_SEG_MODULE:
		return "module";
	default:
		return "unknown";
	}
}
