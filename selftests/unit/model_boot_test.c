// SPDX-License-Identifier: GPL-2.0-only
/*
 * codeswap-model with a boot block from a file: nothing runs that has not been
 * verified, and what is wrong can be put right. The firmware samples must have been
 * built, into $B/firmware, and the program, with the sanitizers, into $B/unit.
 */
#include "model_process.h"

#define FAULT_LIMIT	"--limit=500"	/* ms, where somebody is waited for in vain */

static void boot(struct model *m, struct bytes file)
{
	char text[64];

	snprintf(text, sizeof(text), "boot 0 %zu", file.size);
	ask(m, memfd(file, 0, true), text);
}

/* Started with a boot block in a file of its own. */
static struct model start_from(struct bytes file)
{
	int made = memfd(file, 0, false);
	/* For the other process, whose socket is at 3. */
	int fd = fcntl(made, F_DUPFD, 10);
	struct model m;
	char option[64];

	close(made);
	snprintf(option, sizeof(option), "--boot=/proc/self/fd/%d", fd);
	m = start(option, FAULT_LIMIT);
	close(fd);
	return m;
}

/* The sentence has the word in it, and nothing runs. */
static bool is_blank(struct model *m, const char *word)
{
	bool good = says(m, "failed hba-sim ") && strstr(m->said, word);

	printf("# %s\n", m->said);
	return says(m, "blank hba-sim") && good;
}

static void good_blocks(void)
{
	struct bytes old = sample("boot-1.0.0"), new = sample("boot-1.1.0");
	struct bytes image = sample("hba-1.1.0");
	struct model m = start_from(old);

	ok(says(&m, "minimal hba-sim"), "a boot block from a file asks for an image");
	ok(runs(&m, image, "1.1.0"), "which runs");
	boot(&m, new);
	ok(says(&m, "minimal hba-sim"), "another boot block starts at once");
	ok(runs(&m, image, "1.1.0") && resets(&m), "and does the same");
	ok(stops(&m), "it ends");
	free(old.data);
	free(new.data);
	free(image.data);
}

static void nothing_there(const char *option, const char *word)
{
	struct bytes file = sample("boot-1.0.0"), image = sample("hba-1.1.0");
	struct model m = start(option, FAULT_LIMIT);

	ok(is_blank(&m, word), "'%s' leaves it blank: %s", option, word);
	ok(is_silent(&m, 700), "nothing runs there");
	load(&m, image);
	ok(is_blank(&m, "no boot block"), "it takes no image");
	ask(&m, -1, "reset");
	ok(is_blank(&m, "no boot block"), "nor a reset");
	boot(&m, file);
	ok(says(&m, "minimal hba-sim"), "but a boot block");
	ok(runs(&m, image, "1.1.0"), "and then an image");
	ok(stops(&m), "it ends");
	free(file.data);
	free(image.data);
}

static void wrong_block(struct bytes file, const char *word, const char *what)
{
	struct model m = start_from(file);

	ok(is_blank(&m, word), "%s is not run: %s", what, word);
	ok(stops(&m), "it ends");
}

static struct mrb_segment *first_segment(struct bytes file)
{
	return (void *)(file.data + le32_to_cpu(header(file)->segments.offset));
}

static void entry_elsewhere(struct bytes file)
{
	header(file)->cold_entry = cpu_to_le64(le64_to_cpu(header(file)->cold_entry) + 4);
	sample_seal(file.data);
	wrong_block(file, "starts at 0x10004, and the device at 0x10000",
		    "a boot block that starts elsewhere");
}

static void data_in_rom(struct bytes file)
{
	first_segment(file)->kind = cpu_to_le16(MRB_SEG_DATA);
	sample_seal(file.data);
	wrong_block(file, "lies in no text segment", "a boot block of data");
}

static void wrong_blocks(void)
{
	struct bytes file = sample("boot-1.0.0"), image = sample("hba-1.1.0");
	size_t at = le64_to_cpu(first_segment(file)->offset) + 100;

	file.data[at] ^= 4;
	wrong_block(file, "does not match its digest", "a boot block with a bit turned over");
	file.data[at] ^= 4;
	file.size -= 10;
	wrong_block(file, "image ends after", "a boot block that is cut short");
	file.size += 10;
	wrong_block(image, "is for type hba-sim, and the device is of type hba-sim.boot",
		    "an image that is no boot block");
	entry_elsewhere(file);
	free(file.data);
	file = sample("boot-1.0.0");
	data_in_rom(file);
	free(file.data);
	free(image.data);
}

/* A device that runs is not put at risk by a boot block that is wrong. */
static void refused_while_running(void)
{
	struct bytes file = sample("boot-1.1.0"), image = sample("hba-1.1.0");
	struct model m = start(FAULT_LIMIT, NULL);

	says(&m, "minimal");
	boot(&m, image);
	ok(fails(&m, "is of type hba-sim.boot"), "an image is no boot block");
	runs(&m, image, "1.1.0");
	file.data[file.size - 9] ^= 1;
	boot(&m, file);
	ok(says(&m, "failed hba-sim ") && strstr(m.said, "digest") &&
	   says(&m, "running hba-sim 1.1.0"), "a damaged one is refused, and the image goes on");
	file.data[file.size - 9] ^= 1;
	boot(&m, file);
	ok(says(&m, "minimal"), "a good one takes its place");
	ok(stops(&m), "it ends");
	free(file.data);
	free(image.data);
}

static void block_that_hangs(void)
{
	struct bytes hang = sample("boot-1.0.0-bad-hang"), file = sample("boot-1.0.0");
	struct bytes image = sample("hba-1.1.0");
	struct model m = start_from(hang);

	ok(says(&m, "failed hba-sim the boot ROM has not asked for an image within 500 ms"),
	   "a boot block that hangs is noticed");
	load(&m, image);
	ok(says(&m, "failed hba-sim the boot ROM has not asked"), "the device gets no image");
	boot(&m, file);
	ok(says(&m, "minimal"), "a good boot block mends it");
	ok(runs(&m, image, "1.1.0"), "and the image runs");
	ok(stops(&m), "it ends");
	free(hang.data);
	free(file.data);
	free(image.data);
}

/* In the midst of everything. */
static void any_state(void)
{
	struct bytes file = sample("boot-1.1.0"), image = sample("hba-1.1.0");
	struct bytes silent = sample("hba-2.0.0-bad-silent"), hang = sample("hba-2.0.0-bad-hang");
	struct model m = start("--limit=5000", NULL);
	char text[64];

	boot(&m, file);
	ok(says(&m, "minimal"), "while the boot ROM tests");
	load(&m, silent);
	says(&m, "loading");
	boot(&m, file);
	ok(says(&m, "minimal"), "while an image is being started");
	runs(&m, image, "1.1.0");
	snprintf(text, sizeof(text), "swap 0 %zu", hang.size);
	ask(&m, memfd(hang, 0, true), text);
	says(&m, "swapping");
	boot(&m, file);
	ok(says(&m, "minimal"), "while one is being swapped in");
	ok(runs(&m, image, "1.1.0"), "it is as good as new");
	ok(stops(&m), "it ends");
	free(file.data);
	free(image.data);
	free(silent.data);
	free(hang.data);
}

static void type_too_long(void)
{
	struct model m = start("--type=a-type-of-twenty-nine-letters", "--boot=");
	struct bytes file = sample("boot-1.0.0");

	says(&m, "failed");
	says(&m, "blank");
	boot(&m, file);
	ok(says(&m, "failed") && strstr(m.said, "is too long to have a boot block"),
	   "a type may be too long: %s", m.said);
	ok(stops(&m), "it ends");
	free(file.data);
}

int main(void)
{
	if (!getenv("B"))
		tap_bail("B is not set: it is the build directory");
	good_blocks();
	nothing_there("--boot=", "the device has no boot block");
	nothing_there("--boot=/nonexistent", "cannot be read: No such file");
	wrong_blocks();
	refused_while_running();
	block_that_hangs();
	any_state();
	type_too_long();
	return tap_done();
}
