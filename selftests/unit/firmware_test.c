// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sample firmware in the device model: boot ROM, I/O, logins, restarts.
 * Usage: firmware_test [DIRECTORY], by default $B/firmware.
 */
#include "firmware_host.h"
#include "firmware_suite.h"

/* Boots an image and logs eight initiators in. */
static struct fw_host *boot(const char *name, u32 ram_size, u32 max_logins)
{
	struct fw_host *h = fw_host_new(firmware, suite_harts, ram_size, max_logins);
	struct fw_image *image = suite_image(name);

	if (!fw_boot(h, image))
		tap_bail("%s does not boot", name);
	h->io_logins = 8;
	if (!fw_login_many(h, 0, 8))
		tap_bail("%s takes no logins", name);
	return h;
}

static void rom_tests_and_asks(void)
{
	struct fw_host *h = fw_host_new(firmware, suite_harts, HBA_RAM_DEFAULT, 64);
	struct hba_event e = { 0 };
	u64 first;
	u32 i, left = 0;

	memset(h->config.ram, 0xa5, HBA_RAM_DEFAULT);
	ok(fw_await(h, HBA_EVT_IMAGE_REQUEST, &e), "the boot ROM asks for an image");
	is(e.arg[0], 0, "its self-test finds nothing wrong");
	is(e.arg[1], 0x10000, "it says its version");
	ok(h->instructions < 4000000, "the self-test of 4 MiB is quick: %llu instructions",
	   (unsigned long long)h->instructions);
	for (i = 0; i < HBA_RAM_DEFAULT; i++)
		left += ((u8 *)h->config.ram)[i] != 0;
	is(left, 0, "running memory keeps nothing of the time before");
	first = h->clock;
	ok(fw_await(h, HBA_EVT_IMAGE_REQUEST, &e), "the request is repeated");
	ok(h->clock - first > 4000000000ull, "but slowly: after %llu ms",
	   (unsigned long long)(h->clock - first) / 1000000);
	fw_host_free(h);
}

/* A word changes between the writing and the reading of all pages. */
static void rom_finds_broken_memory(void)
{
	struct fw_host *h = fw_host_new(firmware, suite_harts, HBA_RAM_MIN, 64);
	u32 last = HBA_RAM_BASE + HBA_RAM_MIN - 4096;
	u32 word = 0, steps = 0;
	struct hba_event e = { 0 };

	while (word != last && steps++ < 1000000) {
		fw_pump(h, 1);
		hba_ram_read(h->hba, last, &word, 4);
	}
	word = ~0u;
	hba_ram_write(h->hba, HBA_RAM_BASE + 4096 * 3, &word, 4);
	ok(fw_await(h, HBA_EVT_IMAGE_REQUEST, &e), "with broken memory the ROM asks as well");
	is(e.arg[0], 2, "and says that running memory is broken");
	fw_host_free(h);
}

static struct fw_host *broken(enum hba_defect defect)
{
	struct fw_host *h = fw_host_new(firmware, suite_harts, HBA_RAM_MIN, 64);

	h->config.defect = defect;
	if (hba_init(h->hba, &h->config))
		printf("Bail out! no adapter\n");
	return h;
}

static void rom_on_broken_hardware(void)
{
	struct fw_host *h = broken(HBA_DEFECT_FLASH);
	struct hba_event e = { 0 };
	u32 i;

	ok(fw_await(h, HBA_EVT_IMAGE_REQUEST, &e), "with broken flash the ROM asks as well");
	is(e.arg[0], 8, "and says that flash is broken");
	fw_host_free(h);

	h = broken(HBA_DEFECT_HART);
	for (i = 0; i < 100; i++)
		fw_pump(h, 1);
	ok(!hba_hart_steps(h->hba, 0) && hba_run(h->hba, 1, NULL) == HBA_RUN_HALTED,
	   "without harts nothing is executed");
	hba_start(h->hba, HBA_RAM_BASE, HBA_START_COLD, 0);
	fw_pump(h, 1);
	ok(!hba_hart_steps(h->hba, 0), "a start does not change that");
	fw_host_free(h);
}

static void rom_leaves_modules_alone(void)
{
	struct fw_host *h = fw_host_new(firmware, suite_harts, HBA_RAM_MIN, 64);
	struct hba_module_info info = { .version = 0x10000, .length = 16 };
	struct hba_event e = { 0 };
	char contents[16] = "";

	hba_module_write(h->hba, HBA_MODULE_FLASH, &info, "0123456789abcde");
	ok(fw_await(h, HBA_EVT_IMAGE_REQUEST, &e) && !e.arg[0],
	   "a flash module with contents passes the ROM's test");
	hba_module_info(h->hba, HBA_MODULE_FLASH, &info);
	hba_module_read(h->hba, HBA_MODULE_FLASH, 0, contents, 16);
	ok(info.version == 0x10000 && info.length == 16 &&
	   !strcmp(contents, "0123456789abcde"), "and keeps them");
	fw_host_free(h);
}

static void io_is_served(const char *name, u32 format, u32 delay)
{
	struct fw_host *h = boot(name, HBA_RAM_DEFAULT, 256);
	u64 spent;

	h->delay = delay;
	fw_busy_harts(h);
	spent = h->instructions;
	ok(fw_io_run(h, 3000) && fw_io_drain(h),
	   "%s serves I/O, medium %s", name, delay ? "late" : "at once");
	spent = h->instructions - spent;
	is(fw_busy_harts(h), suite_harts, "  all harts have a share in it");
	is(h->failed, 0, "  no request failed");
	is(h->corrupt, 0, "  no read brought wrong data");
	is(h->dropped, 0, "  no completion came twice");
	is(h->moved, h->asked, "  nothing was written twice");
	is(fw_wrong_logins(h, format), 0,
	   "  logins and their request counters are right");
	is(h->crashes + h->bus_errors, 0, "  no crash, no bus error");
	printf("# %llu instructions for a request\n",
	       (unsigned long long)(spent / 3000));
	fw_host_free(h);
}

static void discards_are_counted(const char *name, u32 expected)
{
	struct fw_host *h = boot(name, HBA_RAM_MIN, 16);
	struct hba_login before, after;

	fw_query(h, 0, &before);
	fw_io_submit(h, 0, HBA_OP_DISCARD, 0, 0, 8);
	fw_io_drain(h);
	fw_query(h, 0, &after);
	is(after.requests - before.requests, expected,
	   "%s counts %s for a discard", name, expected ? "one" : "nothing");
	fw_host_free(h);
}

struct bad_request {
	const char *what;
	u32 status;
	u32 opcode;
	u32 handle_add;
	u64 wwpn_add;
	u64 sector;
	u32 bytes;
	u64 iova;
};

static void bad_requests_are_refused(void)
{
	static const struct bad_request bad[] = {
		{ "good one", HBA_ST_GOOD, HBA_OP_READ,
		  0, 0, 0, 512, HBA_IOVA_REQUEST },
		{ "unknown opcode", HBA_ST_INVALID, 99,
		  0, 0, 0, 512, HBA_IOVA_REQUEST },
		{ "old handle", HBA_ST_NOT_LOGGED_IN, HBA_OP_READ,
		  0x10000, 0, 0, 512, HBA_IOVA_REQUEST },
		{ "free slot", HBA_ST_NOT_LOGGED_IN, HBA_OP_READ,
		  12, 0, 0, 512, HBA_IOVA_REQUEST },
		{ "slot too far", HBA_ST_NOT_LOGGED_IN, HBA_OP_READ,
		  0xff00, 0, 0, 512, HBA_IOVA_REQUEST },
		{ "another's wwpn", HBA_ST_NOT_LOGGED_IN, HBA_OP_READ,
		  0, 1, 0, 512, HBA_IOVA_REQUEST },
		{ "no bytes", HBA_ST_INVALID, HBA_OP_READ,
		  0, 0, 0, 0, HBA_IOVA_REQUEST },
		{ "part of a block", HBA_ST_INVALID, HBA_OP_WRITE,
		  0, 0, 0, 100, HBA_IOVA_REQUEST },
		{ "end of the medium", HBA_ST_RANGE, HBA_OP_READ,
		  0, 0, FW_SECTORS - 1, 1024, HBA_IOVA_REQUEST },
		{ "far beyond it", HBA_ST_RANGE, HBA_OP_READ,
		  0, 0, ~0ull, 512, HBA_IOVA_REQUEST },
		{ "memory not mapped", HBA_ST_BUS, HBA_OP_READ,
		  0, 0, 0, 512, 0x7000000000ull },
	};
	struct fw_host *h = boot("hba-1.0.0", HBA_RAM_MIN, 16);
	u32 i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hba_request r = {
			.opcode = (u16)bad[i].opcode,
			.initiator = h->login[0].handle + bad[i].handle_add,
			.wwpn = h->login[0].wwpn + bad[i].wwpn_add,
			.sector = bad[i].sector,
			.bytes = bad[i].bytes,
			.iova = bad[i].iova,
		};

		is(fw_io_raw(h, &r), bad[i].status, "request with %s", bad[i].what);
	}
	is(h->crashes, 0, "none of them crashes the firmware");
	fw_host_free(h);
}

static void blocks_may_be_large(void)
{
	struct fw_host *h = fw_host_new(firmware, suite_harts, HBA_RAM_MIN, 16);
	struct hba_request r = {
		.opcode = HBA_OP_WRITE,
		.iova = HBA_IOVA_REQUEST,
		.bytes = 8192,
	};

	h->config.block_size = 4096;
	hba_init(h->hba, &h->config);
	ok(fw_boot(h, suite_image("hba-2.0.0")) && fw_login_many(h, 0, 1),
	   "an adapter with blocks of 4096 bytes");
	r.initiator = h->login[0].handle;
	r.wwpn = h->login[0].wwpn;
	is(fw_io_raw(h, &r), HBA_ST_GOOD, "two blocks are written");
	r.bytes = 4096 + 512;
	is(fw_io_raw(h, &r), HBA_ST_INVALID, "a part of one is not");
	r.bytes = 4096;
	r.sector = 7;
	is(fw_io_raw(h, &r), HBA_ST_INVALID, "nor one that begins inside another");
	fw_host_free(h);
}

static void logins_come_and_go(const char *name, u32 format)
{
	struct fw_host *h = boot(name, HBA_RAM_MIN, 300);
	u32 i, logins, capacity, stale;

	ok(fw_login_many(h, 8, 292), "%s: 300 of 300 logins", name);
	is(fw_login(h, 300), HBA_ST_FULL, "the next one is refused politely");
	for (i = 1; i < 300; i += 3)
		fw_logout(h, i);
	ok(fw_login_count(h, &logins, &capacity), "logins are counted");
	is(logins, fw_live_logins(h), "  so many are logged in");
	is(capacity, 300, "  of so many");
	stale = h->login[1].handle;
	for (i = 400; i < 500; i++)
		fw_login(h, i);
	is(fw_login(h, 300), HBA_ST_FULL, "freed slots are all used again");
	is(fw_wrong_logins(h, format), 0, "every login is what it should be");
	h->login[1].handle = stale;
	is(fw_logout(h, 1), HBA_ST_NOT_LOGGED_IN, "the old handle of a slot is no good");
	is(fw_admin_wait(h, fw_admin_post(h, 77, 0)), 1, "an unknown request is answered");
	fw_host_free(h);
}

static void table_is_fitted_to_memory(void)
{
	struct fw_host *h = boot("hba-1.1.0", HBA_RAM_MIN, 65536);
	u32 logins, capacity;

	ok(fw_login_count(h, &logins, &capacity), "65536 logins asked of 1 MiB");
	is(capacity, 32768, "half of them are what memory holds");
	fw_host_free(h);
	h = boot("hba-2.0.0", HBA_RAM_DEFAULT, 65536);
	ok(fw_login_count(h, &logins, &capacity), "and of 4 MiB");
	is(capacity, 65536, "all of them");
	fw_host_free(h);
}

static void priorities_are_kept(void)
{
	struct fw_host *h = boot("hba-2.0.0", HBA_RAM_MIN, 16);

	h->login[9].priority = 6;
	is(fw_login(h, 9), HBA_ST_GOOD, "release 3 takes a priority with a login");
	h->login[10].priority = 8;
	is(fw_login(h, 10), HBA_ST_INVALID, "but none above 7");
	is(fw_wrong_logins(h, 2), 0, "and tells it");
	fw_host_free(h);
}

/* The state directory: found by its magic, as only the driver was told. */
static u32 find_state(struct fw_host *h)
{
	u32 at, end = HBA_RAM_BASE + h->config.ram_size;
	u32 words[2];

	for (at = end - 64; at >= HBA_RAM_BASE; at -= 64) {
		hba_ram_read(h->hba, at, words, sizeof(words));
		if (words[0] == CODESWAP_STATE_MAGIC &&
		    words[1] == ((u32)sizeof(struct codeswap_state_directory) << 16 |
				 CODESWAP_STATE_VERSION))
			return at;
	}
	return 0;
}

/*
 * Stopped at any instruction and started again: nothing is lost. @chop: see
 * struct fw_host; it brings harts between any two instructions of each other.
 */
static void restarts_lose_nothing(const char *name, u32 chop)
{
	struct fw_host *h = boot(name, HBA_RAM_MIN, 64);
	struct fw_image *image = suite_image(name);
	u32 state = find_state(h);
	u32 i, started = 0;

	h->delay = 6;
	h->chop = chop;
	for (i = 0; i < 400; i++) {
		h->load = true;
		fw_pump(h, 1 + fw_random(h, 3000));
		fw_forget_events(h);
		hba_start(h->hba, (u32)image->header->warm_entry,
			  HBA_START_ROLLBACK, state);
		started += fw_await(h, HBA_EVT_STARTED, NULL);
	}
	is(started, 400, "%s: 400 restarts at any instruction under load, %s turns",
	   name, chop ? "short" : "long");
	ok(fw_io_run(h, 500), "  I/O goes on");
	ok(fw_io_drain(h), "  no request is lost");
	is(h->failed, 0, "  none failed");
	is(h->corrupt, 0, "  no data was wrong");
	is(h->crashes, 0, "  no crash");
	printf("# %llu requests, %llu completions told twice and dropped\n",
	       (unsigned long long)h->completed, (unsigned long long)h->dropped);
	fw_host_free(h);
}

/* The ring pages come after the image. */
static void rings_may_come_late(void)
{
	struct fw_host *h = fw_host_new(firmware, suite_harts, HBA_RAM_MIN, 16);

	ok(fw_await(h, HBA_EVT_IMAGE_REQUEST, NULL) &&
	   fw_load_cold(h, suite_image("hba-1.0.0")), "started without rings");
	hba_set_rings(h->hba, HBA_IOVA_RINGS, HBA_IOVA_RINGS + 0x10000);
	h->io_logins = 1;
	ok(fw_login_many(h, 0, 1) && fw_io_run(h, 100),
	   "rings are found at the first doorbell");
	fw_host_free(h);
}

static void reset_brings_the_rom_back(void)
{
	struct fw_host *h = boot("hba-1.0.0", HBA_RAM_MIN, 16);

	fw_forget_events(h);
	hba_reset(h->hba);
	ok(fw_await(h, HBA_EVT_IMAGE_REQUEST, NULL),
	   "after a reset the ROM asks again");
	fw_host_free(h);
}

static void all_tests(void)
{
	rom_tests_and_asks();
	rom_finds_broken_memory();
	rom_on_broken_hardware();
	rom_leaves_modules_alone();
	rings_may_come_late();
	reset_brings_the_rom_back();
	io_is_served("hba-1.0.0", 1, 0);
	io_is_served("hba-1.1.0", 1, 10);
	io_is_served("hba-2.0.0", 2, 0);
	io_is_served("hba-3.0.0", 2, 10);
	discards_are_counted("hba-1.0.0", 0);
	discards_are_counted("hba-1.1.0", 1);
	bad_requests_are_refused();
	blocks_may_be_large();
	logins_come_and_go("hba-1.1.0", 1);
	logins_come_and_go("hba-3.0.0", 2);
	table_is_fitted_to_memory();
	priorities_are_kept();
	restarts_lose_nothing("hba-1.0.0", 0);
	restarts_lose_nothing("hba-3.0.0", 0);
	restarts_lose_nothing("hba-3.0.0", 5);
}

int main(int argc, char **argv)
{
	suite_begin(argc, argv);
	suite_with_harts(all_tests);
	suite_end();
	return tap_done();
}
