/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * MRB: the "Microcode Reconstruct and Boot" image format.
 *
 * An image is one header, its tables, and the bytes of its segments. All
 * numbers are little-endian; all offsets count from the first byte of the
 * image; every byte that no table describes is zero. An optional signature
 * trailer follows the image. A bundle is images one after another, no more.
 *
 * The format is described in Documentation/image-format.rst.
 */
#ifndef _UAPI_LINUX_MRB_H
#define _UAPI_LINUX_MRB_H

#include <linux/types.h>

/* Not text in any encoding, and damaged by any conversion of line ends. */
#define MRB_MAGIC		"\x89MRB\r\n\x1a\n"
#define MRB_MAGIC_LEN		8
#define MRB_HEADER_VERSION	1

#define MRB_TYPE_LEN		32	/* device type, NUL included */
#define MRB_NAME_LEN		32	/* any other name, NUL included */
#define MRB_BUILD_ID_LEN	20
#define MRB_DIGEST_LEN		32	/* SHA-256 */

#define MRB_MAX_IMAGE		(64U << 20)
#define MRB_MAX_TABLES		(64U << 10)	/* header and tables together */
#define MRB_MAX_WORKSPACE	(64U << 20)
#define MRB_MAX_SEGMENTS	32
#define MRB_MAX_CAPABILITIES	64
#define MRB_MAX_STATES		32
#define MRB_MAX_SIGNATURE	(64U << 10)

/**
 * struct mrb_version - version of an image or of a dependent module
 * @major: incompatible change
 * @minor: compatible change
 * @patch: correction
 * @reserved: zero
 */
struct mrb_version {
	__le16 major;
	__le16 minor;
	__le16 patch;
	__le16 reserved;
};

/**
 * struct mrb_table - where a table lies
 * @offset: of the first entry, multiple of 8, within @tables_size
 * @count: number of entries
 * @entry_size: bytes of one entry; larger than the structure known to the
 *	reader is accepted if the bytes beyond it are zero
 */
struct mrb_table {
	__le32 offset;
	__le16 count;
	__le16 entry_size;
};

/* A signature trailer follows the image; signed itself, so that nobody can strip it. */
#define MRB_F_SIGNED		(1U << 0)

/**
 * struct mrb_header - first bytes of an image
 * @magic: MRB_MAGIC
 * @header_version: MRB_HEADER_VERSION; a reader refuses a newer one
 * @header_size: sizeof(struct mrb_header) as the writer knew it
 * @tables_size: bytes of header and tables together, multiple of 8, at most
 *	MRB_MAX_TABLES; the bytes that @header_digest covers
 * @image_size: bytes of the whole image without the signature trailer
 * @flags: MRB_F_*, others zero
 * @release: position in the author's sequence of releases, counted from 1;
 *	the difference of two tells equal, one ahead, several ahead, behind
 * @device_type: NUL-terminated, NUL-padded, printable ASCII
 * @version: for people
 * @security_version: never goes down on a device, whatever @version does
 * @declared_blackout_us: the author's worst case, microseconds
 * @build_id: the linker's, unique for the contents; zero-padded
 * @reserved0: zero
 * @load_address: device address of the first byte of the image's memory
 * @memory_size: bytes from @load_address that belong to the image; bss,
 *	stacks and all
 * @cold_entry: device address to start at when nothing is set up
 * @warm_entry: device address to start at when memory holds reconciled state
 * @bootstrap_entry: offset of the bootstrap's first instruction in the image,
 *	inside a segment of kind MRB_SEG_BOOTSTRAP
 * @workspace_size: bytes of private staging memory the bootstrap asks for,
 *	at most MRB_MAX_WORKSPACE
 * @reserved1: zero
 * @segments: table of struct mrb_segment, in order of their offsets
 * @capabilities: table of struct mrb_capability
 * @states: table of struct mrb_state
 * @header_digest: SHA-256 of the first @tables_size bytes with this field zero
 */
struct mrb_header {
	__u8 magic[MRB_MAGIC_LEN];
	__le16 header_version;
	__le16 header_size;
	__le32 tables_size;
	__le64 image_size;
	__le32 flags;
	__le32 release;
	char device_type[MRB_TYPE_LEN];
	struct mrb_version version;
	__le32 security_version;
	__le32 declared_blackout_us;
	__u8 build_id[MRB_BUILD_ID_LEN];
	__le32 reserved0;
	__le64 load_address;
	__le64 memory_size;
	__le64 cold_entry;
	__le64 warm_entry;
	__le64 bootstrap_entry;
	__le32 workspace_size;
	__le32 reserved1;
	struct mrb_table segments;
	struct mrb_table capabilities;
	struct mrb_table states;
	__u8 header_digest[MRB_DIGEST_LEN];
};

/**
 * enum mrb_segment_kind - what a segment is
 * @MRB_SEG_TEXT: code and constants; overlaid, never changes while it runs
 * @MRB_SEG_DATA: initialised data; overlaid as the bootstrap left it
 * @MRB_SEG_BSS: no bytes in the image; the image's own entry code clears it
 * @MRB_SEG_BOOTSTRAP: runs in staging memory, position-independent and
 *	without writable data of its own; not overlaid
 * @MRB_SEG_MODULE: contents for a dependent module (flash, logic); not overlaid
 */
enum mrb_segment_kind {
	MRB_SEG_TEXT = 1,
	MRB_SEG_DATA = 2,
	MRB_SEG_BSS = 3,
	MRB_SEG_BOOTSTRAP = 4,
	MRB_SEG_MODULE = 5,
};

/**
 * struct mrb_segment - one block of the image
 * @kind: enum mrb_segment_kind
 * @reserved: zero
 * @align: of @offset, a power of two from 8 to 4096
 * @offset: of the first byte in the image, at or after @tables_size; for bss
 *	zero
 * @file_size: bytes in the image; zero for bss
 * @mem_size: bytes in device memory: equal to @file_size, for bss its size;
 *	zero for bootstrap and module
 * @address: device address in running memory; zero for bootstrap and module
 * @target: name of the module to update; empty for other kinds
 * @target_version: version the module has afterwards; zero for other kinds
 * @digest: SHA-256 of the @file_size bytes; zero for bss
 */
struct mrb_segment {
	__le16 kind;
	__le16 reserved;
	__le32 align;
	__le64 offset;
	__le64 file_size;
	__le64 mem_size;
	__le64 address;
	char target[MRB_NAME_LEN];
	struct mrb_version target_version;
	__u8 digest[MRB_DIGEST_LEN];
};

#define MRB_CAP_PROVIDED	(1U << 0)	/* the image can do it */
#define MRB_CAP_REQUIRED	(1U << 1)	/* the environment must have it */

/**
 * struct mrb_capability - a named boolean
 * @name: NUL-terminated, NUL-padded; letters, digits, '-', '_', '.'
 * @flags: MRB_CAP_*, at least one
 * @reserved: zero
 */
struct mrb_capability {
	char name[MRB_NAME_LEN];
	__le32 flags;
	__le32 reserved;
};

/**
 * struct mrb_state - a piece of live state that outlives an update
 * @name: as in struct mrb_capability
 * @emits: format this image writes; 0: it keeps no such state
 * @accepts_min: oldest format its bootstrap can take over
 * @accepts_max: newest one, not less than @accepts_min
 * @reserved: zero
 */
struct mrb_state {
	char name[MRB_NAME_LEN];
	__le32 emits;
	__le32 accepts_min;
	__le32 accepts_max;
	__le32 reserved;
};

#define MRB_SIGNATURE_MAGIC	"\x89MRBSIG\n"

/**
 * struct mrb_signature - trailer directly behind the image's last byte, there if
 *	and only if the header has MRB_F_SIGNED
 * @magic: MRB_SIGNATURE_MAGIC
 * @size: bytes of the PKCS#7 message that follows, at most MRB_MAX_SIGNATURE
 * @reserved: zero
 *
 * The message is detached, in DER form, over the first @tables_size bytes of
 * the image: these hold the digest of everything else.
 */
struct mrb_signature {
	__u8 magic[MRB_MAGIC_LEN];
	__le32 size;
	__le32 reserved;
};

#endif /* _UAPI_LINUX_MRB_H */
