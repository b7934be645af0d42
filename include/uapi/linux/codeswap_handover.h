/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The hand-over block: what the host, the old image and the bootstrap of the
 * new image tell one another during an update. It lies in the private part of
 * staging memory. Firmware includes this file as it is; see
 * Documentation/device-abi.rst.
 *
 * Numbers are little-endian, addresses are device addresses. A field has one
 * writer, named in square brackets.
 */
#ifndef _UAPI_LINUX_CODESWAP_HANDOVER_H
#define _UAPI_LINUX_CODESWAP_HANDOVER_H

#include <linux/types.h>
#include <linux/mrb.h>

#define CODESWAP_HO_MAGIC	0x4f485343	/* "CSHO" */
#define CODESWAP_HO_VERSION	1
#define CODESWAP_HO_REASON_LEN	128
#define CODESWAP_HO_MAX_REPORTS	128

/* How the new image's release stands to the old one's. */
enum codeswap_relation {
	CODESWAP_REL_EQUAL = 0,
	CODESWAP_REL_ONE_AHEAD = 1,
	CODESWAP_REL_SEVERAL_AHEAD = 2,
	CODESWAP_REL_BEHIND = 3,
};

#define CODESWAP_HO_FORCED	(1U << 0)	/* same version, on purpose */

/*
 * What the old image calls the bootstrap for:
 *
 *	__u32 bootstrap(struct codeswap_handover *ho, __u32 op);
 *
 * RECONCILE: in the old image's thread, interrupts on, I/O running. May take
 *	long; looks at @command now and then; returns a verdict.
 * SYNC: in the blackout, all I/O finished, interrupts off. Takes over what
 *	changed since RECONCILE, reports itself quiesced to the host, and parks
 *	inside staging memory. Returns only if the host says RESUME.
 * PARK: of each processor but the one that calls SYNC, at the same time, I/O
 *	finished, interrupts off. Parks inside staging memory; SYNC does not
 *	report before all are there. Returns when SYNC does.
 * UNDO: takes back whatever it did outside staging memory; interrupts on.
 */
enum codeswap_bootstrap_op {
	CODESWAP_BOOT_RECONCILE = 1,
	CODESWAP_BOOT_SYNC = 2,
	CODESWAP_BOOT_UNDO = 3,
	CODESWAP_BOOT_PARK = 4,
};

enum codeswap_verdict {
	CODESWAP_VERDICT_OK = 0,
	CODESWAP_VERDICT_REFUSED = 1,	/* @reason says why; all is undone */
	CODESWAP_VERDICT_CANCELLED = 2,	/* host asked; all is undone */
	CODESWAP_VERDICT_RESUMED = 3,	/* from SYNC: the old image goes on */
};

/* Host's word to a bootstrap that works or is parked. */
enum codeswap_ho_command {
	CODESWAP_HO_CMD_NONE = 0,
	CODESWAP_HO_CMD_CANCEL = 1,
	CODESWAP_HO_CMD_RESUME = 2,
};

/**
 * struct codeswap_ho_capability - one named boolean of device or environment
 * @name: NUL-terminated
 * @flags: CODESWAP_CAP_*
 * @reserved: zero
 */
struct codeswap_ho_capability {
	char name[MRB_NAME_LEN];
	__le32 flags;
	__le32 reserved;
};

#define CODESWAP_CAP_PRESENT	(1U << 0)	/* device or environment has it */
#define CODESWAP_CAP_USED	(1U << 1)	/* environment relies on the image having it */
#define CODESWAP_CAP_WAIVED	(1U << 2)	/* operator accepts its loss */

/**
 * struct codeswap_ho_segment - a segment of the new image as it is staged
 * @staged: where its bytes lie now; for data a private, writable copy
 * @address: where it will run; 0 for bootstrap and module
 * @size: bytes
 * @kind: enum mrb_segment_kind
 * @index: position in the image's segment table
 */
struct codeswap_ho_segment {
	__le64 staged;
	__le64 address;
	__le64 size;
	__le32 kind;
	__le32 index;
};

/* What an item report is about. */
enum codeswap_item_kind {
	CODESWAP_ITEM_VERSION = 1,
	CODESWAP_ITEM_CAPABILITY = 2,
	CODESWAP_ITEM_SIZE = 3,
	CODESWAP_ITEM_LOAD_ADDRESS = 4,
	CODESWAP_ITEM_STATE_FORMAT = 5,
	CODESWAP_ITEM_INIT_ORDER = 6,
	CODESWAP_ITEM_CONVERT = 7,	/* structure converted, count: entries */
	CODESWAP_ITEM_REGISTER = 8,	/* registers reset */
	CODESWAP_ITEM_CLEAR = 9,	/* buffers or caches cleared, count: bytes */
	CODESWAP_ITEM_INIT = 10,	/* structure new in this image */
	CODESWAP_ITEM_CARRY = 11,	/* persistent data carried over, count: entries */
	CODESWAP_ITEM_PROTOCOL = 12,	/* parameter list or protocol changed */
	CODESWAP_ITEM_MODULE = 13,	/* dependent module, count: bytes burned */
	CODESWAP_ITEM_SYNC = 14,	/* changed meanwhile, count: entries */
	CODESWAP_ITEM_OVERLAY = 15,	/* host: to be copied, count: bytes */
	CODESWAP_ITEM_BLACKOUT = 16,	/* host: expected, count: microseconds */
};

enum codeswap_item_verdict {
	CODESWAP_ITEM_COMPATIBLE = 0,
	CODESWAP_ITEM_RECONCILED = 1,
	CODESWAP_ITEM_ACCEPTED = 2,	/* a loss, on the operator's word */
	CODESWAP_ITEM_REFUSED = 3,
	CODESWAP_ITEM_UNDONE = 4,
};

#define CODESWAP_ITEM_TEXT_LEN	24

/**
 * struct codeswap_ho_item - one thing the bootstrap found or did
 * @kind: enum codeswap_item_kind
 * @verdict: enum codeswap_item_verdict
 * @count: in the unit that @kind names
 * @name: of the thing
 * @from: what it was, for people
 * @to: what it is now
 */
struct codeswap_ho_item {
	__le32 kind;
	__le32 verdict;
	__le64 count;
	char name[MRB_NAME_LEN];
	char from[CODESWAP_ITEM_TEXT_LEN];
	char to[CODESWAP_ITEM_TEXT_LEN];
};

/**
 * struct codeswap_handover - the hand-over block
 * @magic: CODESWAP_HO_MAGIC [host]
 * @version: CODESWAP_HO_VERSION [host]
 * @size: sizeof(struct codeswap_handover) [host]
 * @flags: CODESWAP_HO_* [host]
 * @relation: enum codeswap_relation [host]
 * @old_image: copy of the running image's header and tables [host]
 * @old_base: load address of the running image [host]
 * @new_image: the staged image, its header first [host]
 * @new_base: load address of the new image [host]
 * @old_version: [host]
 * @new_version: [host]
 * @old_security: security version of the running image [host]
 * @new_security: of the new image [host]
 * @capabilities: array of struct codeswap_ho_capability: device and
 *	environment; those of the images are in their headers [host]
 * @segments: array of struct codeswap_ho_segment, all of the new image's with
 *	bytes in it [host]
 * @capability_count: entries in @capabilities [host]
 * @segment_count: entries in @segments [host]
 * @workspace: private memory of the bootstrap, zeroed [host]
 * @workspace_size: bytes, as the new image's header asks [host]
 * @reports: array of struct codeswap_ho_item, filled from 0 [host]
 * @report_capacity: entries in @reports [host]
 * @command: enum codeswap_ho_command [host]
 * @old_state: state directory of the old image [old image, before it calls]
 * @new_state: state directory for the new image's warm entry [bootstrap]
 * @report_count: valid items; grows only [bootstrap]
 * @progress: 0 to 100 per cent of RECONCILE [bootstrap]
 * @reason: sentence on a refusal, NUL-terminated [bootstrap]
 */
struct codeswap_handover {
	__le32 magic;
	__le16 version;
	__le16 size;
	__le32 flags;
	__le32 relation;
	__le64 old_image;
	__le64 old_base;
	__le64 new_image;
	__le64 new_base;
	struct mrb_version old_version;
	struct mrb_version new_version;
	__le32 old_security;
	__le32 new_security;
	__le64 capabilities;
	__le64 segments;
	__le32 capability_count;
	__le32 segment_count;
	__le64 workspace;
	__le64 workspace_size;
	__le64 reports;
	__le32 report_capacity;
	__le32 command;
	__le64 old_state;
	__le64 new_state;
	__le32 report_count;
	__le32 progress;
	char reason[CODESWAP_HO_REASON_LEN];
};

/*
 * The table of live state. The running image owns its directory; a bootstrap
 * reads the old one, builds another elsewhere in device memory, and leaves
 * the old one and all that it points to as they are, so that a rollback finds
 * them. Tables whose format did not change may be named by both.
 */
#define CODESWAP_STATE_MAGIC	0x44535343	/* "CSSD" */
#define CODESWAP_STATE_VERSION	1

/**
 * struct codeswap_state - one table of live state
 * @name: as in the image's struct mrb_state
 * @format: format the entries are in now
 * @entry_size: bytes of one entry
 * @capacity: entries there is room for
 * @used: entries in use
 * @address: of the first entry
 * @reserved: zero
 */
struct codeswap_state {
	char name[MRB_NAME_LEN];
	__le32 format;
	__le32 entry_size;
	__le32 capacity;
	__le32 used;
	__le64 address;
	__le64 reserved;
};

/**
 * struct codeswap_change - one entry that changed while a bootstrap worked
 * @state: index of the table in the directory
 * @entry: index of the entry in the table
 */
struct codeswap_change {
	__le32 state;
	__le32 entry;
};

/**
 * struct codeswap_state_directory - all live state of a running image
 * @magic: CODESWAP_STATE_MAGIC
 * @version: CODESWAP_STATE_VERSION
 * @size: sizeof(struct codeswap_state_directory)
 * @count: tables in @states
 * @generation: grows by one with every directory a bootstrap makes
 * @arena: memory that tables may lie in
 * @arena_size: bytes
 * @journal: array of struct codeswap_change
 * @journal_capacity: entries in @journal
 * @journal_count: changes noted since the update interrupt; above
 *	@journal_capacity: some are missing, all entries must be looked at
 * @states: the tables
 */
struct codeswap_state_directory {
	__le32 magic;
	__le16 version;
	__le16 size;
	__le32 count;
	__le32 generation;
	__le64 arena;
	__le64 arena_size;
	__le64 journal;
	__le32 journal_capacity;
	__le32 journal_count;
	struct codeswap_state states[8];
};

#endif /* _UAPI_LINUX_CODESWAP_HANDOVER_H */
