// SPDX-License-Identifier: GPL-2.0-only
/* Flash and PLA: erase, write, commit, the host's own way, checksums. */
#include "tap.h"
#include "model_board.h"

#define F(reg)	(HBA_FLASH_BASE + HBA_MOD_##reg)
#define P(reg)	(HBA_PLA_BASE + HBA_##reg)

static void test_blank(struct board *b)
{
	ok(board_get(b, F(VERSION)) == HBA_MOD_BLANK && !board_get(b, F(LENGTH)) &&
	   board_get(b, F(CAPACITY)) == HBA_MOD_CAPACITY_BYTES, "a new module is blank");
	is(board_get(b, F(DATA)), ~0u, "and reads as all ones");
}

static void test_burn(struct board *b)
{
	board_put(b, F(CMD), HBA_MOD_ERASE);
	board_put(b, F(ADDR), 2);
	is(board_get(b, F(ADDR)), 0, "the address is a multiple of 4");
	board_put(b, F(DATA), 0x34333231);
	board_put(b, F(DATA), 0x38373635);
	board_put(b, F(DATA), 0x39);
	is(board_get(b, F(ADDR)), 12, "a write moves it on");
	is(board_get(b, F(VERSION)), HBA_MOD_BLANK, "blank until the commit");
	board_put(b, F(NEW_VERSION), 2 << 16 | 1);
	board_put(b, F(NEW_PATCH), 3);
	board_put(b, F(NEW_LENGTH), HBA_MOD_CAPACITY_BYTES + 1);
	board_put(b, F(CMD), HBA_MOD_COMMIT);
	is(board_get(b, F(VERSION)), HBA_MOD_BLANK, "longer than the capacity: no commit");
	board_put(b, F(NEW_LENGTH), 9);
	board_put(b, F(CMD), HBA_MOD_COMMIT);
	ok(board_get(b, F(VERSION)) == 0x20001 && board_get(b, F(PATCH)) == 3 &&
	   board_get(b, F(LENGTH)) == 9, "a commit sets version and length");
	is(board_get(b, F(CRC)), 0xcbf43926, "CRC-32 of \"123456789\"");
}

static void test_protected(struct board *b)
{
	board_put(b, F(ADDR), 0);
	board_put(b, F(DATA), 0);
	board_put(b, F(NEW_VERSION), 9 << 16);
	board_put(b, F(CMD), HBA_MOD_COMMIT);
	board_put(b, F(CMD), 99);
	board_put(b, F(ADDR), 0);
	ok(board_get(b, F(DATA)) == 0x34333231 && board_get(b, F(VERSION)) == 0x20001,
	   "a valid module cannot be written without an erase");
	is(board_get(b, F(DATA)), 0x38373635, "a read moves the address on too");
	board_put(b, F(ADDR), HBA_MOD_CAPACITY_BYTES);
	is(board_get(b, F(DATA)), 0, "nothing beyond the capacity");
	board_put(b, F(ADDR), 0xfffffffc);
	board_put(b, F(DATA), 1);
	is(board_get(b, F(ADDR)), 0xfffffffc, "not even at the end of the numbers");
}

static void test_host(struct board *b)
{
	struct hba_module_info info;
	char buf[HBA_MOD_CAPACITY_BYTES];

	hba_module_info(b->hba, HBA_MODULE_FLASH, &info);
	ok(info.version == 0x20001 && info.patch == 3 && info.length == 9, "the host sees it");
	ok(hba_module_read(b->hba, HBA_MODULE_FLASH, 1, buf, 8) && !memcmp(buf, "23456789", 8),
	   "and reads the contents");
	ok(hba_module_read(b->hba, HBA_MODULE_FLASH, 0, buf, sizeof(buf)) &&
	   !hba_module_read(b->hba, HBA_MODULE_FLASH, 1, buf, sizeof(buf)) &&
	   !hba_module_read(b->hba, HBA_MODULE_FLASH, ~0u, buf, 2) &&
	   !hba_module_read(b->hba, (enum hba_module_id)2, 0, buf, 1), "not beyond the capacity");
	info = (struct hba_module_info){ .version = 1 << 16, .patch = 7, .length = 9 };
	ok(hba_module_write(b->hba, HBA_MODULE_PLA, &info, "123456789"), "the host writes at once");
	ok(board_get(b, P(MOD_VERSION)) == 1 << 16 && board_get(b, P(MOD_CRC)) == 0xcbf43926 &&
	   board_get(b, P(MOD_PATCH)) == 7, "version and checksum are valid");
	info.length = HBA_MOD_CAPACITY_BYTES + 1;
	ok(!hba_module_write(b->hba, HBA_MODULE_PLA, &info, buf) &&
	   board_get(b, P(MOD_VERSION)) == 1 << 16, "too long: refused, nothing has changed");
	info = (struct hba_module_info){ .version = HBA_MOD_BLANK };
	ok(hba_module_write(b->hba, HBA_MODULE_PLA, &info, NULL) &&
	   board_get(b, P(MOD_VERSION)) == HBA_MOD_BLANK, "it can be left blank");
}

static void test_kept(struct board *b)
{
	hba_start(b->hba, BOARD_CODE, HBA_START_COLD, 0);
	hba_reset(b->hba);
	ok(board_get(b, F(VERSION)) == 0x20001 && board_get(b, F(LENGTH)) == 9 &&
	   board_get(b, F(DATA)) == 0x34333231, "contents survive start and reset");
	ok(!board_get(b, F(NEW_VERSION)) && !board_get(b, F(NEW_LENGTH)), "registers do not");
}

static void test_guard(struct board *b)
{
	u32 i;

	board_put(b, P(PLA_GUARD_RESET), 0);
	is(board_get(b, P(PLA_GUARD_OUT)), 0, "the guard begins with zero");
	/* 32 bytes of ones: a vector of the T10 protection information model */
	for (i = 0; i < 8; i++)
		board_put(b, P(PLA_GUARD_IN), 0xffffffff);
	is(board_get(b, P(PLA_GUARD_OUT)), 0xa293, "CRC-16/T10-DIF of 32 bytes 0xff");
	board_put(b, P(PLA_GUARD_RESET), 0);
	board_put(b, P(PLA_GUARD_IN), 0x03020100);
	board_put(b, P(PLA_GUARD_IN), 0x07060504);
	for (i = 8; i < 32; i += 4)
		board_put(b, P(PLA_GUARD_IN), (i + 3) << 24 | (i + 2) << 16 | (i + 1) << 8 | i);
	is(board_get(b, P(PLA_GUARD_OUT)), 0x0224, "of the bytes 0 to 31, in order of memory");
}

int main(void)
{
	struct board board;

	board_init(&board, 1);
	test_blank(&board);
	test_burn(&board);
	test_protected(&board);
	test_host(&board);
	test_kept(&board);
	test_guard(&board);
	board_exit(&board);
	return tap_done();
}
