/* SPDX-License-Identifier: GPL-2.0-only */
/* The second block of text and of data of an image built with FW_BIG. */
#ifndef FW_FAR_H
#define FW_FAR_H

#define FAR_TABLE_WORDS	524288	/* 2 MiB in front of the code */
#define FAR_PATCH_WORDS	1024
#ifdef FW_PATCHED
#define FAR_PATCH	0xffffffff
#else
#define FAR_PATCH	0
#endif
#define FAR_DATA_WORDS	4096
#define FAR_DATA_WORD	3
#define FAR_SUM		(FAR_DATA_WORDS * FAR_DATA_WORD)

#ifndef __ASSEMBLER__
#include <linux/types.h>

u32 far_sum(void);
#endif

#endif /* FW_FAR_H */
