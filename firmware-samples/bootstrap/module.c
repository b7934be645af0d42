// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dependent modules that come with the image. What is burned over is kept in
 * the workspace first, so that the bootstrap can put it back as long as the
 * old image runs; after the overlay that is the host's business.
 */
#include "bootstrap.h"
#include "fault.h"
#include "guard.h"

#define SLICE	256u		/* words between two looks at the host's word */

static u32 reg(const struct boot_module *m, u32 offset)
{
	return mmio_read(m->base + offset);
}

static void set_reg(const struct boot_module *m, u32 offset, u32 value)
{
	mmio_write(m->base + offset, value);
}

static u32 registers_of(const char *target)
{
	if (same_name(target, "flash"))
		return HBA_FLASH_BASE;
	if (same_name(target, "pla"))
		return HBA_PLA_BASE;
	return 0;
}

static u32 crc32(const u8 *p, u32 bytes)
{
	u32 crc = ~0u;
	u32 bit;

	while (bytes--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static u32 refuse(struct boot *b, const char *target, const char *problem)
{
	struct text reason = refuse_begin(b);

	text_add(&reason, "module '");
	text_add(&reason, target);
	text_add(&reason, "' ");
	text_add(&reason, problem);
	return CODESWAP_VERDICT_REFUSED;
}

static bool keep_backup(struct boot *b, struct boot_module *m)
{
	u32 i;

	m->version = reg(m, HBA_MOD_VERSION);
	m->patch = reg(m, HBA_MOD_PATCH);
	m->length = m->version == HBA_MOD_BLANK ? 0 : reg(m, HBA_MOD_LENGTH);
	m->backup = boot_workspace(b, m->length + 4);
	if (!m->backup)
		return false;
	set_reg(m, HBA_MOD_ADDR, 0);
	for (i = 0; i < m->length; i += 4)
		m->backup[i / 4] = reg(m, HBA_MOD_DATA);
	return true;
}

static void commit(const struct boot_module *m, u32 version, u32 patch,
		   u32 length)
{
	set_reg(m, HBA_MOD_NEW_VERSION, version);
	set_reg(m, HBA_MOD_NEW_PATCH, patch);
	set_reg(m, HBA_MOD_NEW_LENGTH, length);
	set_reg(m, HBA_MOD_CMD, HBA_MOD_COMMIT);
}

static u32 target_version(const struct boot_module *m)
{
	return (u32)m->segment->target_version.major << 16 |
	       m->segment->target_version.minor;
}

static bool is_current(const struct boot_module *m)
{
	return reg(m, HBA_MOD_VERSION) == target_version(m) &&
	       reg(m, HBA_MOD_PATCH) == m->segment->target_version.patch;
}

static u32 burn(struct boot *b, struct boot_module *m, const u32 *contents,
		u32 bytes)
{
	u32 i;

	m->touched = true;
	set_reg(m, HBA_MOD_CMD, HBA_MOD_ERASE);
	set_reg(m, HBA_MOD_ADDR, 0);
	for (i = 0; i < bytes / 4; i++) {
		if (i % SLICE == 0 && boot_cancelled(b))
			return CODESWAP_VERDICT_CANCELLED;
		if (i == bytes / 8)
			fault_burning();
		set_reg(m, HBA_MOD_DATA, contents[i]);
	}
	commit(m, target_version(m), m->segment->target_version.patch, bytes);
	if (!is_current(m) ||
	    reg(m, HBA_MOD_CRC) != crc32((const u8 *)contents, bytes))
		return refuse(b, m->segment->target,
			      "reads back other than it was burned; replace the adapter");
	return CODESWAP_VERDICT_OK;
}

static void add_version(struct text *text, u32 version, u32 patch)
{
	struct mrb_version v = {
		.major = version >> 16,
		.minor = version & 0xffff,
		.patch = patch,
	};

	if (version == HBA_MOD_BLANK)
		text_add(text, "blank");
	else
		text_add_version(text, &v);
}

static void report_module(struct boot *b, const struct boot_module *m,
			  u32 verdict, u32 bytes)
{
	struct item item;

	item_begin(b, &item, CODESWAP_ITEM_MODULE, m->segment->target);
	if (verdict == CODESWAP_ITEM_UNDONE)
		text_add_version(&item.from, &m->segment->target_version);
	else
		add_version(&item.from, m->version, m->patch);
	add_version(&item.to, reg(m, HBA_MOD_VERSION), reg(m, HBA_MOD_PATCH));
	item_end(b, &item, verdict, bytes);
}

/* Burns what is not there yet; @staged holds it. */
static u32 update(struct boot *b, struct boot_module *m,
		  const struct codeswap_ho_segment *staged)
{
	u32 verdict;

	if (staged->size > reg(m, HBA_MOD_CAPACITY) || staged->size % 4)
		return refuse(b, m->segment->target,
			      "does not hold contents of that size, in whole words");
	if (!keep_backup(b, m))
		return refuse(b, m->segment->target,
			      "is larger than the workspace in which to keep its old contents");
	if (is_current(m)) {
		report_module(b, m, CODESWAP_ITEM_COMPATIBLE, 0);
		return CODESWAP_VERDICT_OK;
	}
	verdict = burn(b, m, device_ptr(staged->staged), staged->size);
	if (verdict == CODESWAP_VERDICT_OK)
		report_module(b, m, CODESWAP_ITEM_RECONCILED, staged->size);
	return verdict;
}

static u32 update_segment(struct boot *b,
			  const struct codeswap_ho_segment *staged)
{
	const struct mrb_segment *segment =
		header_segment(b->new, staged->index);
	u32 base = segment ? registers_of(segment->target) : 0;
	struct boot_module *m;

	if (!base || b->num_modules == BOOT_MODULES)
		return refuse(b, segment ? segment->target : "?",
			      "is not on this adapter; the adapter has 'flash' and 'pla'");
	m = &b->modules[b->num_modules++];
	m->segment = segment;
	m->base = base;
	m->touched = false;
	return update(b, m, staged);
}

/* New logic must do what images rely on before the old one is overlaid. */
static u32 check_logic(struct boot *b)
{
	if (!header_find_capability(b->new, "guard") || guard_works())
		return CODESWAP_VERDICT_OK;
	return refuse(b, "pla", "computes a wrong guard");
}

u32 modules_update(struct boot *b)
{
	const struct codeswap_ho_segment *staged = device_ptr(b->ho->segments);
	u32 i;

	for (i = 0; i < b->ho->segment_count; i++, staged++) {
		u32 verdict;

		if (staged->kind != MRB_SEG_MODULE)
			continue;
		verdict = update_segment(b, staged);
		if (verdict != CODESWAP_VERDICT_OK)
			return verdict;
	}
	return check_logic(b);
}

/* A module that was blank is left blank. */
static void restore(const struct boot_module *m)
{
	u32 i;

	set_reg(m, HBA_MOD_CMD, HBA_MOD_ERASE);
	if (m->version == HBA_MOD_BLANK)
		return;
	set_reg(m, HBA_MOD_ADDR, 0);
	for (i = 0; i < m->length; i += 4)
		set_reg(m, HBA_MOD_DATA, m->backup[i / 4]);
	commit(m, m->version, m->patch, m->length);
}

void modules_undo(struct boot *b)
{
	u32 i;

	for (i = b->num_modules; i-- > 0; ) {
		struct boot_module *m = &b->modules[i];

		if (!m->touched)
			continue;
		restore(m);
		m->touched = false;
		report_module(b, m, CODESWAP_ITEM_UNDONE, m->length);
	}
}
