// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hand-over block and what it points to: all in one private, writable
 * piece of staging memory, laid out here. The device is not trusted with it:
 * what it writes is copied once, and checked then.
 */
#include <linux/ctype.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "trace.h"
#include "update.h"

/* Private memory of the bootstrap begins on a page. */
#define WORKSPACE_ALIGN	4096
#define PART_ALIGN	64

/**
 * struct layout - offsets in the private staging memory
 * @capabilities: struct codeswap_ho_capability[@num_capabilities]
 * @segments: struct codeswap_ho_segment[@num_segments]
 * @reports: struct codeswap_ho_item[CODESWAP_HO_MAX_REPORTS]
 * @old_header: copy of the running image's header and tables
 * @workspace: bytes that the new image's header asks for
 * @size: of the whole
 * @num_capabilities: entries in @capabilities
 * @num_segments: entries in @segments
 */
struct layout {
	size_t capabilities;
	size_t segments;
	size_t reports;
	size_t old_header;
	size_t workspace;
	size_t size;
	unsigned int num_capabilities;
	unsigned int num_segments;
};

static size_t place(size_t *end, size_t len, size_t align)
{
	size_t at = ALIGN(*end, align);

	*end = at + len;
	return at;
}

static void lay_out(struct csw_swap *swap, struct layout *l)
{
	const struct csw_params *params = csw_update_params(swap->update);
	const struct mrb_segment *s;
	size_t end = sizeof(struct codeswap_handover);
	unsigned int i;

	l->num_capabilities = swap->cdev->num_capabilities + params->num_waived;
	l->capabilities = place(&end, l->num_capabilities *
				sizeof(struct codeswap_ho_capability), PART_ALIGN);
	l->num_segments = 0;
	for (i = 0; (s = mrb_segment(&swap->new->image, i)); i++) {
		l->num_segments += !!s->file_size;
		if (le16_to_cpu(s->kind) == MRB_SEG_DATA)
			swap->data_at[i] = place(&end, le64_to_cpu(s->file_size),
						 PART_ALIGN);
	}
	l->segments = place(&end, l->num_segments *
			    sizeof(struct codeswap_ho_segment), PART_ALIGN);
	l->reports = place(&end, CODESWAP_HO_MAX_REPORTS *
			   sizeof(struct codeswap_ho_item), PART_ALIGN);
	l->old_header = place(&end, swap->old->image.tables_size, PART_ALIGN);
	l->workspace = place(&end, le32_to_cpu(swap->new->image.header->workspace_size),
			     WORKSPACE_ALIGN);
	l->size = end;
	swap->reports_at = l->reports;
}

static void write_capabilities(struct csw_swap *swap, size_t at)
{
	const struct csw_params *params = csw_update_params(swap->update);
	struct codeswap_ho_capability cap = {
		.flags = cpu_to_le32(CODESWAP_CAP_WAIVED),
	};
	size_t len = swap->cdev->num_capabilities * sizeof(cap);
	unsigned int i;

	csw_mem_write(swap->work_mem, at, swap->cdev->capabilities, len);
	for (i = 0; i < params->num_waived; i++) {
		strscpy_pad(cap.name, params->waived[i], sizeof(cap.name));
		csw_mem_write(swap->work_mem, at + len + i * sizeof(cap), &cap,
			      sizeof(cap));
	}
}

static void copy_staged(struct csw_swap *swap, const struct mrb_segment *s,
			size_t at)
{
	struct csw_mem *from = csw_update_stage(swap->update)->mem;
	size_t offset = le64_to_cpu(s->offset), left = le64_to_cpu(s->file_size);
	size_t n;
	void *p;

	for (; left; offset += n, at += n, left -= n) {
		p = csw_mem_at(from, offset, &n);
		n = min(n, left);
		csw_mem_write(swap->work_mem, at, p, n);
	}
}

static void write_segments(struct csw_swap *swap, size_t at)
{
	struct codeswap_ho_segment ho = {};
	const struct mrb_segment *s;
	unsigned int i;

	for (i = 0; (s = mrb_segment(&swap->new->image, i)); i++) {
		if (!s->file_size)
			continue;
		if (le16_to_cpu(s->kind) == MRB_SEG_DATA) {
			copy_staged(swap, s, swap->data_at[i]);
			ho.staged = cpu_to_le64(swap->work.address + swap->data_at[i]);
		} else {
			ho.staged = cpu_to_le64(swap->image.address +
						le64_to_cpu(s->offset));
		}
		ho.address = s->address;
		ho.size = s->file_size;
		ho.kind = cpu_to_le32(le16_to_cpu(s->kind));
		ho.index = cpu_to_le32(i);
		csw_mem_write(swap->work_mem, at, &ho, sizeof(ho));
		at += sizeof(ho);
	}
}

static void write_block(struct csw_swap *swap, const struct layout *l)
{
	const struct mrb_header *old = swap->old->image.header;
	const struct mrb_header *new = swap->new->image.header;
	u64 base = swap->work.address;
	struct codeswap_handover ho = {
		.magic = cpu_to_le32(CODESWAP_HO_MAGIC),
		.version = cpu_to_le16(CODESWAP_HO_VERSION),
		.size = cpu_to_le16(sizeof(ho)),
		.relation = cpu_to_le32(csw_relation(swap->old, swap->new)),
		.old_image = cpu_to_le64(base + l->old_header),
		.old_base = old->load_address,
		.new_image = cpu_to_le64(swap->image.address),
		.new_base = new->load_address,
		.old_version = old->version,
		.new_version = new->version,
		.old_security = old->security_version,
		.new_security = new->security_version,
		.capabilities = cpu_to_le64(base + l->capabilities),
		.segments = cpu_to_le64(base + l->segments),
		.capability_count = cpu_to_le32(l->num_capabilities),
		.segment_count = cpu_to_le32(l->num_segments),
		.workspace = cpu_to_le64(base + l->workspace),
		.workspace_size = cpu_to_le64(le32_to_cpu(new->workspace_size)),
		.reports = cpu_to_le64(base + l->reports),
		.report_capacity = cpu_to_le32(CODESWAP_HO_MAX_REPORTS),
	};

	if (csw_update_params(swap->update)->force)
		ho.flags |= cpu_to_le32(CODESWAP_HO_FORCED);
	csw_mem_write(swap->work_mem, 0, &ho, sizeof(ho));
}

static int alloc_items(struct codeswap_device *cdev)
{
	struct csw_item *items;

	if (cdev->items)
		return 0;
	items = kvcalloc(CODESWAP_HO_MAX_REPORTS, sizeof(*items), GFP_KERNEL);
	if (!items)
		return -ENOMEM;
	mutex_lock(&cdev->lock);
	cdev->items = items;
	mutex_unlock(&cdev->lock);
	return 0;
}

/**
 * csw_handover_create() - map the image and make the hand-over block
 * @swap: update, its image staged
 *
 * Return: 0 or a negative errno; csw_handover_destroy() is right after either.
 */
int csw_handover_create(struct csw_swap *swap)
{
	struct layout l;
	int ret;

	ret = alloc_items(swap->cdev);
	if (ret)
		return ret;
	lay_out(swap, &l);
	swap->work_mem = csw_mem_alloc(l.size);
	if (!swap->work_mem)
		return -ENOMEM;
	ret = csw_map(&swap->image, swap->cdev,
		      csw_update_stage(swap->update)->mem, false);
	if (ret)
		return ret;
	ret = csw_map(&swap->work, swap->cdev, swap->work_mem, true);
	if (ret)
		return ret;
	csw_map_for_cpu(&swap->work);
	write_capabilities(swap, l.capabilities);
	write_segments(swap, l.segments);
	csw_mem_write(swap->work_mem, l.old_header, swap->old->bytes,
		      swap->old->image.tables_size);
	write_block(swap, &l);
	csw_map_for_device(&swap->work);
	return 0;
}

void csw_handover_destroy(struct csw_swap *swap)
{
	csw_unmap(&swap->work);
	csw_unmap(&swap->image);
	csw_mem_free(swap->work_mem);
	swap->work_mem = NULL;
}

/* The block lies in the first chunk: a chunk is a page at the least. */
static struct codeswap_handover *block(struct csw_swap *swap)
{
	size_t room;

	BUILD_BUG_ON(sizeof(struct codeswap_handover) > PAGE_SIZE);
	return csw_mem_at(swap->work_mem, 0, &room);
}

/**
 * csw_handover_command() - say something to a bootstrap that works or is parked
 * @swap: update
 * @command: what
 */
void csw_handover_command(struct csw_swap *swap,
			  enum codeswap_ho_command command)
{
	WRITE_ONCE(block(swap)->command, cpu_to_le32(command));
	csw_map_for_device(&swap->work);
}

u64 csw_handover_old_state(struct csw_swap *swap)
{
	csw_map_for_cpu(&swap->work);
	return le64_to_cpu(READ_ONCE(block(swap)->old_state));
}

u64 csw_handover_new_state(struct csw_swap *swap)
{
	csw_map_for_cpu(&swap->work);
	return le64_to_cpu(READ_ONCE(block(swap)->new_state));
}

/* Text from a device: ended, and nothing in it that a terminal would act on. */
static void clean(char *text, size_t size)
{
	size_t i;

	text[size - 1] = '\0';
	for (i = 0; text[i]; i++)
		if (!isascii(text[i]) || !isprint(text[i]))
			text[i] = '?';
	memset(text + i, 0, size - i);
}

/**
 * csw_handover_reason() - why the bootstrap refused
 * @swap: update
 * @buf: set
 * @len: of @buf
 */
void csw_handover_reason(struct csw_swap *swap, char *buf, size_t len)
{
	char reason[CODESWAP_HO_REASON_LEN];

	csw_map_for_cpu(&swap->work);
	csw_mem_read(swap->work_mem, offsetof(struct codeswap_handover, reason),
		     reason, sizeof(reason));
	clean(reason, sizeof(reason));
	strscpy(buf, reason[0] ? reason : "it gave no reason", len);
}

static void take_item(struct csw_swap *swap, unsigned int i)
{
	struct codeswap_device *cdev = swap->cdev;
	struct codeswap_ho_item ho;
	struct csw_item item;

	csw_mem_read(swap->work_mem, swap->reports_at + i * sizeof(ho), &ho,
		     sizeof(ho));
	clean(ho.name, sizeof(ho.name));
	clean(ho.from, sizeof(ho.from));
	clean(ho.to, sizeof(ho.to));
	item.kind = min_t(u32, le32_to_cpu(ho.kind), CODESWAP_ITEM_BLACKOUT + 1);
	item.verdict = min_t(u32, le32_to_cpu(ho.verdict),
			     CODESWAP_ITEM_UNDONE + 1);
	item.count = le64_to_cpu(ho.count);
	memcpy(item.name, ho.name, sizeof(item.name));
	memcpy(item.from, ho.from, sizeof(item.from));
	memcpy(item.to, ho.to, sizeof(item.to));

	mutex_lock(&cdev->lock);
	cdev->items[i] = item;
	cdev->num_items = i + 1;
	mutex_unlock(&cdev->lock);
	trace_codeswap_item(cdev, &item);
	csw_notify_item(cdev, swap->update->id, i, &item);
}

/**
 * csw_handover_items() - take the items that have been reported since
 * @swap: update
 */
void csw_handover_items(struct csw_swap *swap)
{
	struct codeswap_handover *ho = block(swap);
	u32 count, progress;

	csw_map_for_cpu(&swap->work);
	count = min_t(u32, le32_to_cpu(READ_ONCE(ho->report_count)),
		      CODESWAP_HO_MAX_REPORTS);
	progress = le32_to_cpu(READ_ONCE(ho->progress));
	while (swap->reports_seen < count)
		take_item(swap, swap->reports_seen++);
	mutex_lock(&swap->cdev->lock);
	csw_set_progress(swap->cdev, progress);
	mutex_unlock(&swap->cdev->lock);
}
