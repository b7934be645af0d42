/* SPDX-License-Identifier: GPL-2.0-only */
/* Relies on the guard unit of the new programmable logic. */
#define FW_MAJOR		3
#define FW_MINOR		0
#define FW_PATCH		0
#ifndef FW_MEMORY_SIZE
#define FW_MEMORY_SIZE		0x18000	/* running memory it keeps for itself */
#endif
#define FW_LOGIN_FORMAT		2
#define FW_COUNT_DISCARDS	1
#define FW_LINK_LAST		1	/* order of initialisation */
#define FW_LINK_DEFAULT		0x120	/* if flash says nothing */
#define FW_FLASH_MAJOR		2	/* contents this image understands */
#define FW_PLA_GUARD		1
