/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bootstrap: how THIS release takes over from whatever runs now. It is
 * called by the old image, runs in staging memory, wherever that is, and has
 * no writable data of its own: what it must remember from one call to the
 * next is struct boot, at the start of its workspace. It finds everything
 * else through the hand-over block.
 */
#ifndef FW_BOOTSTRAP_H
#define FW_BOOTSTRAP_H

#include "hw.h"
#include "formats.h"
#include <linux/codeswap_handover.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define BOOT_MAGIC	0x544f4f42u	/* "BOOT" */
#define BOOT_RANGES	16
#define BOOT_MODULES	4
#define BOOT_STATES	8	/* as many as a directory holds */

/* The release that changed link, login protocol and order of initialisation. */
#define RELEASE_LINK_LAST	3

struct boot_range {
	u32 start;
	u32 end;
};

/* A dependent module as it was before. */
struct boot_module {
	const struct mrb_segment *segment;
	u32 base;		/* its registers */
	u32 version;
	u32 patch;
	u32 length;
	u32 *backup;		/* @length bytes, in the workspace */
	bool touched;
};

/**
 * struct boot - what the bootstrap remembers
 * @magic: BOOT_MAGIC once RECONCILE has succeeded
 * @ho: the hand-over block
 * @old: header of the running image
 * @new: header of this image
 * @old_dir: its live state; never written
 * @new_dir: what this image will be started with
 * @from: the login table, if it needs conversion, as it is
 * @to: and as it will be
 * @was: of each table in @new_dir, what it is in @old_dir; %NULL if it is new
 * @old_data: data of the running image, to be carried over; may be %NULL
 * @new_data: where it is carried to
 * @link: link register before SYNC
 * @quiet: in the blackout: QUIESCED tells of all items there are
 * @parked: for each hart but the first: it uses nothing of the old image
 * @workspace_used: bytes, this structure included
 * @ranges: running memory that must stay as it is, or was given away
 * @num_ranges: entries in @ranges
 * @modules: updated or looked at
 * @num_modules: entries in @modules
 */
struct boot {
	u32 magic;
	struct codeswap_handover *ho;
	const struct mrb_header *old;
	const struct mrb_header *new;
	const volatile struct codeswap_state_directory *old_dir;
	struct codeswap_state_directory *new_dir;
	const volatile struct codeswap_state *from;
	struct codeswap_state *to;
	const volatile struct codeswap_state *was[BOOT_STATES];
	const struct image_data *old_data;
	struct image_data *new_data;
	u32 link;
	bool quiet;
	volatile u32 parked[HBA_MAX_HARTS];
	u32 workspace_used;
	struct boot_range ranges[BOOT_RANGES];
	u32 num_ranges;
	struct boot_module modules[BOOT_MODULES];
	u32 num_modules;
};

/* entry.c */
u32 bootstrap_entry(struct codeswap_handover *ho, u32 op);
bool boot_cancelled(const struct boot *b);
bool boot_crosses(const struct boot *b, u32 release);
bool boot_goes_back(const struct boot *b);
void *boot_workspace(struct boot *b, u32 bytes);

/* reconcile.c */
u32 boot_reconcile(struct boot *b);
u32 boot_undo(struct boot *b);

/* compare.c */
u32 boot_compare(struct boot *b);

/* header.c: tables of an image's header */
const struct mrb_segment *header_segment(const struct mrb_header *h, u32 i);
const struct mrb_segment *header_find_segment(const struct mrb_header *h,
					      u32 kind);
const struct mrb_capability *header_capability(const struct mrb_header *h,
					       u32 i);
const struct mrb_capability *header_find_capability(const struct mrb_header *h,
						    const char *name);
const struct mrb_state *header_state(const struct mrb_header *h, u32 i);
const struct mrb_state *header_find_state(const struct mrb_header *h,
					  const volatile char *name);
bool same_name(const volatile char *a, const volatile char *b);

/* memory.c */
bool memory_init(struct boot *b);
u32 memory_take(struct boot *b, u32 bytes);

/* state.c */
u32 boot_build_state(struct boot *b);

/* convert.c */
u32 convert_tables(struct boot *b);
u32 convert_changes(struct boot *b);

/* module.c */
u32 modules_update(struct boot *b);
void modules_undo(struct boot *b);

/* sync.c */
void boot_sync_prepare(struct boot *b);
u32 boot_sync(struct boot *b);
u32 boot_park_hart(struct boot *b);

/* park.c */
void boot_park(volatile __le32 *command);
void boot_park_other(volatile __le32 *command, volatile u32 *parked, u32 msip);

/* text.c: sentences and reports */
struct text {
	char *at;
	u32 room;
};

struct text text_begin(char *buf, u32 size);
void text_add(struct text *text, const char *s);
void text_add_number(struct text *text, u32 n);
void text_add_hex(struct text *text, u32 n);
void text_add_version(struct text *text, const struct mrb_version *v);

/* report.c */
struct item {
	struct codeswap_ho_item *item;	/* NULL: no room for it */
	struct codeswap_ho_item spare;
	struct text from;
	struct text to;
};

void item_begin(struct boot *b, struct item *item, u32 kind,
		const volatile char *name);
void item_end(struct boot *b, struct item *item, u32 verdict, u32 count);
void report(struct boot *b, u32 kind, u32 verdict, u32 count,
	    const volatile char *name, const char *from, const char *to);
void report_prepare(struct boot *b, u32 ahead, u32 kind,
		    const volatile char *name, const char *from, const char *to);
void report_prepared(struct boot *b, u32 verdict, u32 count);
void report_progress(struct boot *b, u32 percent);
struct text refuse_begin(struct boot *b);

#endif /* FW_BOOTSTRAP_H */
