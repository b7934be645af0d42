/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts discards, too. Can be gone back to from any later release so far. */
#define FW_MAJOR		1
#define FW_MINOR		1
#define FW_PATCH		0
#define FW_MEMORY_SIZE		0x10000	/* running memory it keeps for itself */
#define FW_LOGIN_FORMAT		1
#define FW_COUNT_DISCARDS	1
#define FW_LINK_LAST		0	/* order of initialisation */
#define FW_LINK_DEFAULT		0x010	/* if flash says nothing */
#define FW_FLASH_MAJOR		1	/* contents this image understands */
#define FW_PLA_GUARD		0
