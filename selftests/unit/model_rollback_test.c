// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inside of codeswap-model: what a swap that fails leaves behind, in running
 * memory, in the modules and of its own. The firmware samples must have been built,
 * into $B/firmware.
 */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"
#include "../../helper/model/model.h"
#include "../../kmod/sim/model/hba.h"

#define MODULES		2
#define DATA_HEAD	8	/* magic and size, which no image changes */

/* A device without its process, and the end of the socket that its owner has. */
struct fixture {
	struct model_device device;
	int owner;
	char said[400];
};

/* What must be as it was. */
struct snapshot {
	struct hba_module_info info[MODULES];
	u8 module[MODULES][HBA_MOD_CAPACITY_BYTES];
	u8 text[1 << 20];
	u8 data[DATA_HEAD];
};

static void begin(struct fixture *f)
{
	struct model_options options = {
		.type = "hba-sim",
		.harts = 1,
		.memory = 4 << 20,
		.limit_ms = 400,
		.defect = "none",
	};
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		tap_bail("no socket");
	options.fd = fds[0];
	f->owner = fds[1];
	if (!model_device_init(&f->device, &options))
		tap_bail("no device");
}

static void end(struct fixture *f)
{
	model_device_reset(&f->device);
	close(f->owner);
	close(f->device.options.fd);
}

/* Its next words; it runs until it says some. */
static const char *hear(struct fixture *f)
{
	ssize_t n;

	for (;;) {
		n = recv(f->owner, f->said, sizeof(f->said) - 1, MSG_DONTWAIT);
		if (n > 0)
			break;
		model_owner_serve(&f->device, model_device_run(&f->device));
	}
	f->said[n] = 0;
	return f->said;
}

static bool says(struct fixture *f, const char *want)
{
	if (!strncmp(hear(f), want, strlen(want)))
		return true;
	printf("# said '%s'\n# want '%s'\n", f->said, want);
	return false;
}

static void give(struct fixture *f, const char *name,
		 void (*how)(struct model_device *device, int fd, uint64_t offset,
			     uint64_t size))
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/firmware/%s.mrb", getenv("B"), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		tap_bail("%s cannot be read", path);
	how(&f->device, fd, 0, (uint64_t)lseek(fd, 0, SEEK_END));
	close(fd);
}

static const struct mrb_segment *segment(const struct fixture *f, unsigned int kind)
{
	const u8 *tables = f->device.runs.tables;
	const struct mrb_header *h = (const void *)tables;
	const struct mrb_segment *s = (const void *)(tables + h->segments.offset);

	while (s->kind != kind)
		s++;
	return s;
}

static void take(struct fixture *f, struct snapshot *s)
{
	const struct mrb_segment *text = segment(f, MRB_SEG_TEXT);
	const struct hba *hba = f->device.hw.hba;
	unsigned int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < MODULES; i++) {
		hba_module_info(hba, i, &s->info[i]);
		hba_module_read(hba, i, 0, s->module[i], s->info[i].length);
	}
	hba_ram_read(hba, (u32)text->address, s->text, (u32)text->file_size);
	hba_ram_read(hba, (u32)segment(f, MRB_SEG_DATA)->address, s->data, DATA_HEAD);
}

static bool modules_are(const struct fixture *f, u32 flash, u32 pla)
{
	struct hba_module_info info[MODULES];
	unsigned int i;

	for (i = 0; i < MODULES; i++)
		hba_module_info(f->device.hw.hba, i, &info[i]);
	return info[HBA_MODULE_FLASH].version == flash << 16 &&
	       info[HBA_MODULE_PLA].version == pla << 16;
}

static bool nothing_is_left(const struct fixture *f)
{
	const struct model_device *d = &f->device;

	return !d->swap && !d->tried.tables && !d->hw.regions[0].size &&
	       !d->hw.regions[1].size;
}

static void fails(struct fixture *f, const char *name)
{
	static struct snapshot before, after;

	take(f, &before);
	give(f, name, model_device_swap);
	ok(says(f, "swapping") && says(f, "failed") && says(f, "running hba-sim 1.1.0"),
	   "%s fails", name);
	take(f, &after);
	ok(!memcmp(before.info, after.info, sizeof(before.info)) &&
	   !memcmp(before.module, after.module, sizeof(before.module)),
	   "  the modules are as they were");
	ok(!memcmp(before.text, after.text, sizeof(before.text)), "  so is text");
	ok(!memcmp(before.data, after.data, sizeof(before.data)), "  so is data");
	ok(nothing_is_left(f), "  nothing is left of the other image");
}

/* With modules that are not blank, and an image that was swapped in itself. */
static void failures(void)
{
	static const char *const bad[] = {
		"refuse", "crash", "hang", "hang-irqoff", "start-crash", "mute", "version",
		"lost", "corrupt-digest",
	};
	struct fixture f;
	char name[64];
	size_t i;

	begin(&f);
	says(&f, "minimal");
	give(&f, "hba-1.0.0", model_device_load);
	says(&f, "loading");
	says(&f, "running hba-sim 1.0.0");
	give(&f, "hba-1.1.0", model_device_swap);
	ok(says(&f, "swapping") && says(&f, "running hba-sim 1.1.0") && modules_are(&f, 1, 1),
	   "1.1.0 takes over, with its modules");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(name, sizeof(name), "hba-2.0.0-bad-%s", bad[i]);
		fails(&f, name);
	}
	give(&f, "hba-3.0.0", model_device_swap);
	ok(says(&f, "swapping") && says(&f, "running hba-sim 3.0.0") && modules_are(&f, 2, 3),
	   "after all that 3.0.0 takes over, with its modules");
	ok(nothing_is_left(&f), "nothing is left of the swap");
	end(&f);
}

/* An image that ran wild has written where nothing was overlaid. */
static void wild_image(void)
{
	static struct snapshot before, after;
	const struct mrb_segment *text;
	struct fixture f;

	begin(&f);
	says(&f, "minimal");
	give(&f, "hba-2.0.0", model_device_load);
	says(&f, "loading");
	says(&f, "running");
	take(&f, &before);
	give(&f, "hba-2.0.0-bad-mute", model_device_swap);
	says(&f, "swapping");
	/* It is on trial when it has been started, and hangs then. */
	while (f.device.proof.kind != HBA_START_WARM)
		model_owner_serve(&f.device, model_device_run(&f.device));
	text = segment(&f, MRB_SEG_TEXT);
	memset(f.device.hw.memory + (text->address - HBA_RAM_BASE), 0xff, text->file_size);
	ok(says(&f, "failed hba-sim rolled back") && says(&f, "running hba-sim 2.0.0"),
	   "an image that has overwritten all text is rolled back");
	take(&f, &after);
	ok(!memcmp(before.text, after.text, sizeof(before.text)), "  text is as it was");
	end(&f);
}

/* What nobody has another copy of cannot be put back. */
static void lost_old_image(void)
{
	const struct mrb_segment *s;
	struct fixture f;

	begin(&f);
	says(&f, "minimal");
	give(&f, "hba-1.1.0", model_device_load);
	says(&f, "loading");
	says(&f, "running");
	/* Before the swap, and where the image does not stumble over it. */
	s = segment(&f, MRB_SEG_TEXT);
	f.device.hw.memory[s->address + s->file_size - 1 - HBA_RAM_BASE] ^= 1;
	give(&f, "hba-2.0.0-bad-mute", model_device_swap);
	ok(says(&f, "swapping") && says(&f, "failed") &&
	   strstr(f.said, "and the old image cannot be restarted"),
	   "text that was damaged before is not run again: %s", f.said);
	ok(says(&f, "minimal"), "  the device asks for an image");
	ok(nothing_is_left(&f) && !f.device.runs.tables, "  and nothing is left of both");
	end(&f);
}

int main(void)
{
	if (!getenv("B"))
		tap_bail("B is not set: it is the build directory");
	failures();
	wild_image();
	lost_old_image();
	return tap_done();
}
