// SPDX-License-Identifier: GPL-2.0-only
/*
 * codeswap-model: an image takes over from the one that runs, or cannot, and then
 * the old one runs. The firmware samples must have been built, into $B/firmware,
 * and the program, with the sanitizers, into $B/unit.
 */
#include "model_process.h"

#define FAULT_LIMIT	"--limit=500"	/* ms, where somebody is waited for in vain */

static void swap(struct model *m, struct bytes file)
{
	char text[64];

	snprintf(text, sizeof(text), "swap 0 %zu", file.size);
	ask(m, memfd(file, 0, true), text);
}

static struct model running(const char *name, const char *version, const char *option)
{
	struct bytes file = sample(name);
	struct model m = start(option, FAULT_LIMIT);

	if (!says(&m, "minimal") || !runs(&m, file, version))
		tap_bail("%s does not run", name);
	free(file.data);
	return m;
}

static bool is_running(struct model *m, const char *version)
{
	char want[64];

	snprintf(want, sizeof(want), "running hba-sim %s", version);
	return says(m, want) && !strcmp(m->said, want);
}

static bool swaps(struct model *m, const char *name, const char *version)
{
	struct bytes file = sample(name);

	swap(m, file);
	free(file.data);
	return says(m, "swapping hba-sim") && is_running(m, version);
}

/* The sentence has the word in it, and the old version runs. */
static bool stays(struct model *m, struct bytes file, const char *word, const char *version)
{
	bool good;

	swap(m, file);
	good = says(m, "swapping hba-sim") && says(m, "failed hba-sim ") &&
	       strstr(m->said, word);
	if (!good)
		printf("# said '%s'\n# want '%s'\n", m->said, word);
	else
		printf("# %s\n", m->said);
	return is_running(m, version) && good;
}

/* The way up, and that what was swapped in can be swapped away. */
static void way_up(const char *harts)
{
	struct model m = running("hba-1.0.0", "1.0.0", harts);

	ok(swaps(&m, "hba-1.1.0", "1.1.0"), "%s: 1.0.0 to 1.1.0", harts);
	ok(swaps(&m, "hba-2.0.0", "2.0.0"), "on to 2.0.0, which burns a module");
	ok(swaps(&m, "hba-3.0.0", "3.0.0"), "on to 3.0.0, which burns two");
	ok(swaps(&m, "hba-3.0.0", "3.0.0"), "once more to the same, which is nothing to do");
	ok(is_silent(&m, 200), "it goes on");
	ok(resets(&m), "a reset leads back to the boot ROM");
	ok(stops(&m), "it ends with its owner");
}

static void several_ahead(void)
{
	struct model m = running("hba-1.1.0", "1.1.0", "--harts=2");

	ok(swaps(&m, "hba-3.0.0", "3.0.0"), "several releases ahead in one step");
	ok(stops(&m), "it ends");
}

static void signed_and_unsealed(void)
{
	struct model m = running("hba-1.1.0", "1.1.0", "--harts=1");
	struct bytes file = sample("hba-2.0.0-signed");
	char text[64];

	snprintf(text, sizeof(text), "swap 1003 %zu", file.size);
	ask(&m, memfd(file, 1003, false), text);
	ok(says(&m, "swapping") && is_running(&m, "2.0.0"),
	   "a signed image takes over from the middle of a file that is not sealed");
	snprintf(text, sizeof(text), "swap 1003 %zu", file.size);
	ok(resets(&m) && runs(&m, file, "2.0.0"), "and is loaded after a reset");
	ok(stops(&m), "it ends");
	free(file.data);
}

/* Everything between refused at once and rolled back. */
static const struct {
	const char *name, *word;
} bad[] = {
	{ "type", "is for type nic, and the device is of type hba-sim" },
	{ "truncated", "image ends after" },
	{ "corrupt-digest", "does not match its digest" },
	{ "nonesuch", "requires capability nonesuch" },
	{ "lost", "capability discard, which the running image has" },
	{ "unsigned", "no signature follows" },
	{ "refuse", "bootstrap refused: this image was built to refuse" },
	{ "crash", "the bootstrap crashed: cause 0x" },
	{ "hang", "the bootstrap did not end within 500 ms" },
	{ "hang-irqoff", "rolled back: the bootstrap did not end within 500 ms" },
	{ "start-crash", "rolled back: the image crashed: cause 0x" },
	{ "mute", "rolled back: 0 of 3 heartbeats came within 500 ms" },
	{ "version", "rolled back: the image says that it is version 2.0.0, and its header says" },
};

static void bad_image(struct model *m, const char *name, const char *word)
{
	struct bytes file;
	char path[64];

	snprintf(path, sizeof(path), "hba-2.0.0-bad-%s", name);
	file = sample(path);
	ok(stays(m, file, word, "1.1.0"), "%s: ... %s", path, word);
	free(file.data);
}

/* One after another on the same device, which must not wear out. */
static void bad_images(const char *harts)
{
	struct model m = running("hba-1.1.0", "1.1.0", harts);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		bad_image(&m, bad[i].name, bad[i].word);
	ok(swaps(&m, "hba-2.0.0", "2.0.0"), "%s: after all that the good image takes over", harts);
	ok(stops(&m), "it ends");
}

static void refusals(void)
{
	struct model m = running("hba-2.0.0", "2.0.0", "--harts=1");
	struct bytes file = sample("hba-1.1.0"), moved = sample("hba-2.0.0-moved");

	ok(stays(&m, file, "version 1.1.0 is older than the one that runs", "2.0.0"),
	   "an older release is refused");
	ok(stays(&m, moved, "loads at 0x80100000", "2.0.0"), "so is one at another address");
	header(moved)->security_version = 0;
	sample_seal(moved.data);
	ok(stays(&m, moved, "security version 0 is below 1", "2.0.0"),
	   "or of a lower security version");
	ok(resets(&m) && runs(&m, file, "1.1.0"), "a reset makes room for the older one");
	ok(stops(&m), "it ends");
	free(file.data);
	free(moved.data);
}

/* A hart that does not gather, in the image that runs. */
static void old_image_that_does_not_park(void)
{
	struct model m = running("hba-1.1.0-bad-park", "1.1.0", "--harts=2");
	struct bytes file = sample("hba-2.0.0");

	ok(stays(&m, file, "rolled back: the device was not quiet within 500 ms", "1.1.0"),
	   "no swap leads away from an image whose hart does not park");
	ok(resets(&m) && runs(&m, file, "2.0.0"), "but a reset does");
	ok(stops(&m), "it ends");
	free(file.data);
}

static void not_now(void)
{
	struct bytes file = sample("hba-1.1.0"), hang = sample("hba-2.0.0-bad-hang");
	struct model m = start("--limit=5000", NULL);

	says(&m, "minimal");
	swap(&m, file);
	ok(fails(&m, "no image runs"), "what asks for an image has nothing to swap");
	ok(runs(&m, file, "1.1.0"), "it is loaded");
	ask(&m, -1, "swap 0 100");
	ok(says(&m, "failed hba-sim no file came") && is_running(&m, "1.1.0"),
	   "without a file it goes on");
	ask(&m, -1, "swap 0");
	ok(says(&m, "failed hba-sim to swap needs an offset") && is_running(&m, "1.1.0"),
	   "and without a size");
	swap(&m, hang);
	says(&m, "swapping");
	swap(&m, file);
	ok(says(&m, "failed hba-sim another image is being started"), "one swap at a time");
	ok(resets(&m), "a reset ends it");
	ok(runs(&m, file, "1.1.0"), "and the device is as it was");
	swap(&m, hang);
	says(&m, "swapping");
	ok(stops(&m), "so does the owner's end");
	free(file.data);
	free(hang.data);
}

int main(void)
{
	if (!getenv("B"))
		tap_bail("B is not set: it is the build directory");
	way_up("--harts=1");
	way_up("--harts=4");
	several_ahead();
	signed_and_unsealed();
	bad_images("--harts=1");
	bad_images("--harts=2");
	refusals();
	old_image_that_does_not_park();
	not_now();
	return tap_done();
}
