/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live state that outlives an update: what it looks like in every format that
 * has ever been in the field. Images know their own format; bootstraps know
 * all those that they can take over.
 *
 * login-table	  format 1 (releases 1, 2) or 2 (from release 3); journalled
 * login-control  format 1; one entry; shared by old and new directory
 * login-counters format 1; one __le64 per login, shared as well
 * priority-stats format 1 (from release 3); one __le64 per priority
 *
 * Counters have a table of their own because they change with every request:
 * both directories name the same one, so whichever image serves a request
 * counts it, and neither journal nor copy nor rollback can lose a count. The
 * control block changes only with admin work, which waits while a new image
 * is being proved, so it may be shared too.
 */
#ifndef FW_FORMATS_H
#define FW_FORMATS_H

#include <linux/types.h>

#define STATE_LOGINS	"login-table"
#define STATE_CONTROL	"login-control"
#define STATE_COUNTERS	"login-counters"
#define STATE_STATS	"priority-stats"

#define LOGIN_MAX	65536u		/* a slot is 16 bits of the handle */
#define LOGIN_SLOT(handle)	((handle) & 0xffffu)
#define LOGIN_NEXT_HANDLE(handle)	((handle) + 0x10000u)

#define LOGIN_CREDITS_DEFAULT	16u
#define LOGIN_PRIORITIES	8u
#define LOGIN_PRIORITY_DEFAULT	1u

/**
 * struct login_v1 - a login, format 1
 * @wwpn: of the initiator; 0: the entry is free
 * @handle: slot, and in the upper half how often the slot was given away; of
 *	a free entry the last one it had
 * @credits: granted; of a free entry the next free slot plus one, 0 at the end
 */
struct login_v1 {
	__le64 wwpn;
	__le32 handle;
	__le32 credits;
};

/**
 * struct login_v2 - a login, format 2
 * @wwpn: as in format 1
 * @handle: as in format 1
 * @credits: as in format 1
 * @priority: 0 to LOGIN_PRIORITIES - 1; logins from format 1 get
 *	LOGIN_PRIORITY_DEFAULT
 * @reserved: zero
 */
struct login_v2 {
	__le64 wwpn;
	__le32 handle;
	__le32 credits;
	__le32 priority;
	__le32 reserved[3];
};

/**
 * struct login_control - what belongs to the login table as a whole
 * @high_water: entries from here on were never used and hold nothing
 * @free_head: first free slot below @high_water plus one; 0: none
 * @reserved: zero
 */
struct login_control {
	__le32 high_water;
	__le32 free_head;
	__le32 reserved[6];
};

/*
 * Parameters of HBA_OP_LOGIN, in the request's @bytes: credits wanted in the
 * lower half (0: the default), and from release 3 on priority wanted plus one
 * in the upper half (0: the default). Older releases ignore the upper half.
 */
#define LOGIN_PARAM_CREDITS(bytes)	((bytes) & 0xffffu)
#define LOGIN_PARAM_PRIORITY(bytes)	((bytes) >> 16)

#define IMAGE_DATA_MAGIC	0x41444248u	/* "HBDA" */

/**
 * struct image_data - first thing in the data segment of every image
 * @magic: IMAGE_DATA_MAGIC
 * @size: sizeof(struct image_data)
 * @heartbeats: sent so far; the bootstrap carries it into the staged data
 * @thread_slice: least ticks the thread gets under a flood of interrupts
 */
struct image_data {
	__le32 magic;
	__le32 size;
	__le32 heartbeats;
	__le32 thread_slice;
};

/*
 * The settings block at the start of the flash module, and the values of
 * HBA_MBOX_LINK_CTRL in use: speed in Gbit/s, bit 8: long frames.
 */
#define FLASH_MAGIC		0x4b4e494cu	/* "LINK" */
#define FLASH_WORD_MAGIC	0u		/* byte offsets */
#define FLASH_WORD_LINK		4u
#define LINK_DOWN		0x000u

#endif /* FW_FORMATS_H */
