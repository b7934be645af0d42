// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a node makes of its device, which is a process codeswap-model: booting,
 * loading, swapping, and what is noted of what fails. The firmware samples must have
 * been built, into $B/firmware, and that program, with the sanitizers, into $B/unit.
 */
#include <fcntl.h>
#include <unistd.h>

#include "tap.h"
#include "../../helper/fleet/device.h"

#define PATIENCE_SECONDS	30

/* Stands for the kernel's, which have a boot program of their own. */
const struct devices_backend kernel_devices;

/* What the test sees of the node. */
struct fixture {
	struct site_options options;
	struct site site;
	struct devices *devices;
	struct device *device;
	enum device_state seen;
	unsigned int changes;
};

static void on_changed(struct device *d, void *ctx)
{
	struct fixture *f = ctx;

	f->device = d;
	f->seen = d->state;
	f->changes++;
}

static void begin(struct fixture *f, bool own_boot)
{
	struct mrb_error err = { .code = 0 };
	static char programs[4096];

	snprintf(programs, sizeof(programs), "%s/unit", getenv("B"));
	memset(f, 0, sizeof(*f));
	f->options.programs = programs;
	f->options.models = 1;
	f->site.options = &f->options;
	f->site.own_boot = own_boot;
	f->site.base = event_base_new();
	f->devices = devices_open(&f->site, on_changed, f, &err);
	if (!f->devices)
		tap_bail("%s", err.text);
	f->device = &f->devices->list[0];
}

static void end(struct fixture *f)
{
	devices_close(f->devices);
	event_base_free(f->site.base);
}

static void too_late(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	*(bool *)ctx = true;
}

/* Until something is told that has not been looked at yet. */
static bool comes(struct fixture *f, enum device_state state)
{
	struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	bool late = false, good;
	struct event *timer = evtimer_new(f->site.base, too_late, &late);

	evtimer_add(timer, &patience);
	while (!f->changes && !late && !event_base_loop(f->site.base, EVLOOP_ONCE))
		;
	event_free(timer);
	good = f->changes && f->seen == state;
	if (!good)
		printf("# it is %s, and should be %s\n", device_state_name(f->device->state),
		       device_state_name(state));
	f->changes = 0;
	return good;
}

static int sample(const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/firmware/%s.mrb", getenv("B"), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		tap_bail("%s cannot be read", path);
	return fd;
}

/* As a manifest would name it; the digest tells one from another, no more. */
static struct manifest_image entry(const char *name)
{
	struct manifest_image image = { .num_types = 0 };

	snprintf(image.file, sizeof(image.file), "%.50s.mrb", name);
	snprintf((char *)image.digest, sizeof(image.digest), "%.31s", name);
	return image;
}

static int give(struct fixture *f, const char *name,
		int (*how)(struct devices *ds, struct device *d,
			   const struct manifest_image *image, int fd, struct mrb_error *err))
{
	struct manifest_image image = entry(name);
	struct mrb_error err = { .code = 0 };
	int fd = sample(name), ret;

	ret = how(f->devices, f->device, &image, fd, &err);
	close(fd);
	if (ret)
		printf("# %s\n", err.text);
	return ret;
}

static bool boots(struct fixture *f, const char *name)
{
	struct mrb_error err = { .code = 0 };
	int fd = sample(name), ret;

	ret = device_boot(f->devices, f->device, fd, &err);
	close(fd);
	return !ret;
}

static bool runs(struct fixture *f, const char *version)
{
	return comes(f, DEVICE_RUNNING) && !strcmp(f->device->version, version);
}

static bool is_noted(const struct fixture *f, const char *name)
{
	struct manifest_image image = entry(name);

	return f->device->has_failed && f->device->error[0] &&
	       !memcmp(f->device->failed, image.digest, sizeof(image.digest));
}

static bool is_clean(const struct fixture *f)
{
	return !f->device->has_failed && !f->device->error[0];
}

static void boot_blocks(struct fixture *f)
{
	ok(comes(f, DEVICE_BLANK), "a cell's device is blank");
	ok(strstr(f->device->error, "no boot block"), "and says why: %s", f->device->error);
	ok(boots(f, "hba-1.1.0") && comes(f, DEVICE_TESTING) && comes(f, DEVICE_BLANK),
	   "with an image for a boot block it stays so");
	ok(strstr(f->device->error, "hba-sim.boot"), "and says why: %s", f->device->error);
	ok(boots(f, "boot-1.0.0") && comes(f, DEVICE_TESTING) && comes(f, DEVICE_MINIMAL),
	   "with a boot block it comes up");
	ok(is_clean(f), "and has no error");
}

static void swaps(struct fixture *f)
{
	ok(give(f, "hba-2.0.0", device_swap), "what runs nothing cannot be swapped");
	ok(f->device->state == DEVICE_MINIMAL && is_clean(f), "and goes on waiting");
	ok(!give(f, "hba-1.1.0", device_load) && f->device->state == DEVICE_LOADING &&
	   runs(f, "1.1.0"), "an image is loaded");
	ok(!give(f, "hba-2.0.0", device_swap) && f->device->state == DEVICE_SWAPPING &&
	   !strcmp(f->device->version, "1.1.0"), "while it swaps the old version runs");
	ok(runs(f, "2.0.0") && is_clean(f), "and then the new one");
}

static void failures(struct fixture *f)
{
	ok(!give(f, "hba-2.0.0-bad-start-crash", device_swap) && runs(f, "2.0.0") &&
	   is_noted(f, "hba-2.0.0-bad-start-crash"), "an image that crashes is rolled back: %s",
	   f->device->error);
	ok(!give(f, "hba-1.1.0", device_swap) && runs(f, "2.0.0") && is_noted(f, "hba-1.1.0"),
	   "an older one is refused: %s", f->device->error);
	ok(give(f, "hba-2.0.0-bad-type", device_swap) && runs(f, "2.0.0") &&
	   is_noted(f, "hba-2.0.0-bad-type"), "one of another type is not even given: %s",
	   f->device->error);
	ok(!give(f, "hba-3.0.0", device_swap) && runs(f, "3.0.0") && is_clean(f),
	   "a good one clears all that");
}

static void boot_blocks_again(struct fixture *f)
{
	ok(boots(f, "hba-1.1.0") && runs(f, "3.0.0") && f->device->error[0] &&
	   !f->device->has_failed, "what runs is not hurt by a wrong boot block: %s",
	   f->device->error);
	ok(boots(f, "boot-1.1.0") && comes(f, DEVICE_MINIMAL) && is_clean(f),
	   "and starts anew from a good one");
}

static void cell(void)
{
	struct fixture f;

	begin(&f, true);
	boot_blocks(&f);
	swaps(&f);
	failures(&f);
	boot_blocks_again(&f);
	end(&f);
}

static void node(void)
{
	struct fixture f;

	begin(&f, false);
	ok(comes(&f, DEVICE_MINIMAL) && is_clean(&f), "a node's device has a boot program");
	f.devices->backend = &kernel_devices;
	ok(!boots(&f, "boot-1.0.0"), "one that is not ours takes no boot block");
	f.devices->backend = &model_devices;
	end(&f);
}

int main(void)
{
	if (!getenv("B"))
		tap_bail("B is not set: it is the build directory");
	cell();
	node();
	return tap_done();
}
