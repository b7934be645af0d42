// SPDX-License-Identifier: GPL-2.0-only
/*
 * Staging memory: the new image as it came, and the hand-over block with all
 * that it points to, in one private, writable piece. Documentation/device-abi.rst
 * tells what lies where; kmod/handover.c is the same for the kernel. What the device
 * writes is looked at once, and not trusted.
 */
#include <ctype.h>
#include <sys/mman.h>

#include <linux/codeswap_handover.h>

#include "parser.h"

/* The larger of both is 64 MiB and a signature; there is room for twice that. */
#define IMAGE_AT	HBA_IOVA_STAGING
#define WORK_AT		(HBA_IOVA_STAGING + 0x08000000u)

/* Private memory of the bootstrap begins on a page. */
#define WORKSPACE_ALIGN	4096
#define PART_ALIGN	64

/* What the device has, in the words of an update. */
static const char *const present[] = { "flash", "pla" };

/**
 * struct layout - offsets in the private part
 * @capabilities: struct codeswap_ho_capability for each of present[]
 * @segments: struct codeswap_ho_segment, for each segment with bytes
 * @num_segments: so many
 * @reports: struct codeswap_ho_item[CODESWAP_HO_MAX_REPORTS]
 * @old_header: copy of the running image's header and tables
 * @workspace: as much as the new image's header asks for
 * @end: of all
 */
struct layout {
	size_t capabilities;
	size_t segments;
	unsigned int num_segments;
	size_t reports;
	size_t old_header;
	size_t workspace;
	size_t end;
};

static size_t place(struct layout *l, size_t size, size_t align)
{
	size_t at = (l->end + align - 1) / align * align;

	l->end = at + size;
	return at;
}

static bool is_data(const struct mrb_segment *s)
{
	return le16_to_cpu(s->kind) == MRB_SEG_DATA;
}

static void lay_out(struct model_staging *s, struct layout *l, const struct mrb_image *old,
		    const struct mrb_image *new)
{
	const struct mrb_segment *segment;
	unsigned int i;

	memset(l, 0, sizeof(*l));
	place(l, sizeof(struct codeswap_handover), PART_ALIGN);
	l->capabilities = place(l, ARRAY_SIZE(present) *
				sizeof(struct codeswap_ho_capability), PART_ALIGN);
	for (i = 0; (segment = mrb_segment(new, i)); i++) {
		l->num_segments += segment->file_size != 0;
		if (is_data(segment))
			s->data_at[i] = place(l, le64_to_cpu(segment->file_size), PART_ALIGN);
	}
	l->segments = place(l, l->num_segments * sizeof(struct codeswap_ho_segment),
			    PART_ALIGN);
	l->reports = place(l, CODESWAP_HO_MAX_REPORTS * sizeof(struct codeswap_ho_item),
			   PART_ALIGN);
	l->old_header = place(l, old->tables_size, PART_ALIGN);
	l->workspace = place(l, le32_to_cpu(new->header->workspace_size), WORKSPACE_ALIGN);
}

static void put_capabilities(struct model_staging *s, const struct layout *l)
{
	struct codeswap_ho_capability *c = (void *)(s->work + l->capabilities);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(present); i++) {
		snprintf(c[i].name, sizeof(c[i].name), "%s", present[i]);
		c[i].flags = cpu_to_le32(CODESWAP_CAP_PRESENT);
	}
}

/* Data as a copy, which the bootstrap may change; the rest where it lies. */
static void put_segments(struct model_staging *s, const struct layout *l,
			 const struct mrb_image *new)
{
	struct codeswap_ho_segment *ho = (void *)(s->work + l->segments);
	const struct mrb_segment *segment;
	u64 offset, staged;
	unsigned int i;

	for (i = 0; (segment = mrb_segment(new, i)); i++) {
		if (!segment->file_size)
			continue;
		offset = le64_to_cpu(segment->offset);
		staged = IMAGE_AT + offset;
		if (is_data(segment)) {
			memcpy(s->work + s->data_at[i], s->image->data + offset,
			       le64_to_cpu(segment->file_size));
			staged = WORK_AT + s->data_at[i];
		}
		*ho++ = (struct codeswap_ho_segment){
			.staged = cpu_to_le64(staged),
			.address = segment->address,
			.size = segment->file_size,
			.kind = cpu_to_le32(le16_to_cpu(segment->kind)),
			.index = cpu_to_le32(i),
		};
	}
}

static enum codeswap_relation relation(const struct mrb_header *old,
				       const struct mrb_header *new)
{
	u32 from = le32_to_cpu(old->release), to = le32_to_cpu(new->release);

	if (to <= from)
		return to == from ? CODESWAP_REL_EQUAL : CODESWAP_REL_BEHIND;
	return to - from == 1 ? CODESWAP_REL_ONE_AHEAD : CODESWAP_REL_SEVERAL_AHEAD;
}

static void put_block(struct model_staging *s, const struct layout *l,
		      const struct mrb_header *old, const struct mrb_header *new)
{
	struct codeswap_handover *ho = (void *)s->work;

	*ho = (struct codeswap_handover){
		.magic = cpu_to_le32(CODESWAP_HO_MAGIC),
		.version = cpu_to_le16(CODESWAP_HO_VERSION),
		.size = cpu_to_le16(sizeof(*ho)),
		.relation = cpu_to_le32(relation(old, new)),
		.old_image = cpu_to_le64(WORK_AT + l->old_header),
		.old_base = old->load_address,
		.new_image = cpu_to_le64(IMAGE_AT),
		.new_base = new->load_address,
		.old_version = old->version,
		.new_version = new->version,
		.old_security = old->security_version,
		.new_security = new->security_version,
		.capabilities = cpu_to_le64(WORK_AT + l->capabilities),
		.capability_count = cpu_to_le32(ARRAY_SIZE(present)),
		.segments = cpu_to_le64(WORK_AT + l->segments),
		.segment_count = cpu_to_le32(l->num_segments),
		.workspace = cpu_to_le64(WORK_AT + l->workspace),
		.workspace_size = cpu_to_le64(le32_to_cpu(new->workspace_size)),
		.reports = cpu_to_le64(WORK_AT + l->reports),
		.report_capacity = cpu_to_le32(CODESWAP_HO_MAX_REPORTS),
	};
}

/**
 * model_staging_make() - lay out what a bootstrap needs
 * @s: set; to be released with model_staging_free() whatever this returns
 * @image: that is to take over; stays until then
 * @running: tables of the image that runs
 *
 * Return: false if there is no memory.
 */
bool model_staging_make(struct model_staging *s, const struct model_image *image,
			const void *running)
{
	struct mrb_image old = model_parsed(running);
	struct mrb_image new = model_parsed(image->firmware.tables);
	struct layout l;
	void *work;

	memset(s, 0, sizeof(*s));
	lay_out(s, &l, &old, &new);
	work = mmap(NULL, l.end, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (work == MAP_FAILED)
		return false;
	s->image = image;
	s->work = work;
	s->work_size = l.end;
	put_capabilities(s, &l);
	put_segments(s, &l, &new);
	memcpy(s->work + l.old_header, running, old.tables_size);
	put_block(s, &l, old.header, new.header);
	return true;
}

void model_staging_free(struct model_staging *s)
{
	if (s->work)
		munmap(s->work, s->work_size);
	s->work = NULL;
}

/* Until model_hardware_detach() the device sees both parts. */
void model_staging_attach(const struct model_staging *s, struct model_hardware *hw)
{
	struct mrb_image new = model_parsed(s->image->firmware.tables);
	struct model_region image = {
		.address = IMAGE_AT,
		.size = (u32)new.image_size,
		.memory = (u8 *)s->image->data,	/* not writable: only read */
	};
	struct model_region work = {
		.address = WORK_AT,
		.size = (u32)s->work_size,
		.memory = s->work,
		.writable = true,
	};

	model_hardware_attach(hw, &image);
	model_hardware_attach(hw, &work);
}

/* Of the hand-over block, as the device sees it. */
uint32_t model_staging_address(void)
{
	return WORK_AT;
}

/* Something to a bootstrap that works: enum codeswap_ho_command. */
void model_staging_command(const struct model_staging *s, uint32_t command)
{
	struct codeswap_handover *ho = (void *)s->work;

	ho->command = cpu_to_le32(command);
}

/* The state directory of the new or the old image; false if it is no address. */
bool model_staging_state(const struct model_staging *s, bool new, uint32_t *address)
{
	const struct codeswap_handover *ho = (const void *)s->work;
	u64 state = le64_to_cpu(new ? ho->new_state : ho->old_state);

	*address = (u32)state;
	return state == *address;
}

/**
 * model_staging_reason() - why the bootstrap refused
 * @s: staging memory
 * @text: set, to printable text
 * @size: of @text
 */
void model_staging_reason(const struct model_staging *s, char *text, size_t size)
{
	const struct codeswap_handover *ho = (const void *)s->work;
	size_t i, len = strnlen(ho->reason, sizeof(ho->reason));

	snprintf(text, size, "%.*s", (int)len, len ? ho->reason : "");
	for (i = 0; text[i]; i++)
		if (!isascii(text[i]) || !isprint(text[i]))
			text[i] = '?';
	if (!len)
		snprintf(text, size, "it gave no reason");
}
