// SPDX-License-Identifier: GPL-2.0-only
/*
 * codeswap-model, the device of a node in a process: what it says to its owner,
 * what it refuses, what it costs. The firmware samples must have been built,
 * into $B/firmware, and the program, with the sanitizers, into $B/unit.
 */
#include <time.h>

#include "model_process.h"

#define FAULT_LIMIT	"500"	/* ms, where somebody is waited for in vain */

static bool refuses(struct model *m, struct bytes file, const char *word)
{
	load(m, file);
	return says(m, "loading hba-sim") && fails(m, word);
}

static u64 cpu_ns(const struct model *m)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(m->pid, &clock) || clock_gettime(clock, &t))
		tap_bail("no CPU clock of the process");
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void is_idle(struct model *m, const char *when)
{
	u64 before = cpu_ns(m), used;
	bool silent = is_silent(m, 1000);

	used = cpu_ns(m) - before;
	ok(silent && used < 50 * 1000000,
	   "%s it is idle: %llu us of CPU time in a second", when, used / 1000);
}

static void life(const char *harts)
{
	struct bytes old = sample("hba-1.1.0"), new = sample("hba-3.0.0");
	struct model m = start(harts, NULL);

	ok(says(&m, "minimal hba-sim"), "%s: it asks for an image", harts);
	is_idle(&m, "minimal,");
	ok(runs(&m, old, "1.1.0"), "it runs the image, which tells its version");
	is_idle(&m, "running,");
	load(&m, new);
	ok(says(&m, "failed hba-sim version 1.1.0 is running"), "it takes no other: %s", m.said);
	ok(says(&m, "running hba-sim 1.1.0") && is_silent(&m, 200), "and goes on");
	ok(resets(&m), "a reset leads back to the boot ROM");
	ok(runs(&m, new, "3.0.0"), "and so to the other image");
	ok(stops(&m), "it ends with its owner");
	free(old.data);
	free(new.data);
}

static void bad_samples(struct model *m)
{
	static const struct { const char *name, *word; } bad[] = {
		{ "type", "is for type nic, and the device is of type hba-sim" },
		{ "truncated", "image ends after 16512 bytes; its header says 33024" },
		{ "corrupt-digest", "does not match its digest" },
		{ "nonesuch", "requires capability nonesuch" },
		{ "unsigned", "no signature follows" },
		{ "version", "says that it is version 2.0.0, and its header says 1.9.9" },
	};
	struct bytes file;
	char name[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(name, sizeof(name), "hba-2.0.0-bad-%s", bad[i].name);
		file = sample(name);
		ok(refuses(m, file, bad[i].word), "%s: ... %s", name, bad[i].word);
		free(file.data);
	}
}

static void cut_short(struct model *m, struct bytes file)
{
	size_t sizes[] = { 1, MRB_PROBE_SIZE - 1, MRB_PROBE_SIZE, 1000, 4096, 8191,
			   file.size / 2, file.size - 1 };
	unsigned int i, refused = 0;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		file.size = sizes[i];
		refused += refuses(m, file, "");
	}
	is(refused, ARRAY_SIZE(sizes), "an image that is cut short is refused");
}

static void with_bits_turned(struct model *m, struct bytes file)
{
	unsigned int refused = 0, tried = 0;
	size_t at;

	for (at = 0; at < file.size; at += file.size / 150) {
		file.data[at] ^= 1 << at % 8;
		refused += refuses(m, file, "");
		file.data[at] ^= 1 << at % 8;
		tried++;
	}
	is(refused, tried, "with any bit turned over it is, too");
}

static void with_wrong_fields(struct model *m, struct bytes file)
{
	struct mrb_header *h = header(file), good = *h;

	h->load_address = cpu_to_le64(0x90000000);
	sample_seal(file.data);
	ok(refuses(m, file, "lies outside"), "so it is if it lies elsewhere than its segments");
	*h = good;
	h->memory_size = cpu_to_le64(1 << 30);
	sample_seal(file.data);
	ok(refuses(m, file, "wants 1073741824 bytes at 0x80000000"),
	   "or wants more memory than there is");
	*h = good;
}

static void with_more_behind(struct model *m, struct bytes file)
{
	memset(file.data + file.size, 0, 8);
	file.size += 8;
	ok(refuses(m, file, "8 bytes follow"), "or has bytes behind it");
}

/* A crash in the first instruction, which is all that the digests allow. */
static void crashes(struct model *m, struct bytes file)
{
	struct mrb_segment *s = (void *)(file.data + le32_to_cpu(header(file)->segments.offset));
	u8 *text = file.data + le64_to_cpu(s->offset);

	memset(text, 0, 4096);
	sample_sha256(text, le64_to_cpu(s->file_size), s->digest);
	sample_seal(file.data);
	ok(refuses(m, file, "the image crashed: cause 0x"), "an image that crashes");
}

static void bad_images(void)
{
	struct bytes file = sample("hba-1.1.0"), other = sample("hba-1.1.0");
	struct model m = start(NULL, NULL);

	says(&m, "minimal");
	bad_samples(&m);
	cut_short(&m, file);
	with_bits_turned(&m, file);
	with_wrong_fields(&m, file);
	with_more_behind(&m, other);
	sample_seal(file.data);
	ok(runs(&m, file, "1.1.0"), "after all that the good image runs");
	ok(stops(&m), "it ends");
	free(file.data);
	free(other.data);
}

static void dead_images(void)
{
	struct bytes file = sample("hba-1.1.0");
	struct model m = start("--limit=" FAULT_LIMIT, NULL);

	says(&m, "minimal");
	crashes(&m, file);
	free(file.data);
	file = sample("hba-2.0.0-bad-silent");
	ok(refuses(&m, file, "0 of 3 heartbeats came within " FAULT_LIMIT " ms"),
	   "an image that hangs");
	load(&m, file);
	ok(says(&m, "loading"), "it is started once more");
	load(&m, file);
	ok(says(&m, "failed hba-sim another image is being started"),
	   "none is taken meanwhile");
	ok(resets(&m), "a reset ends it");
	load(&m, file);
	says(&m, "loading");
	ok(stops(&m), "the owner's end does, too");
	free(file.data);
}

static void security_version_only_rises(void)
{
	struct bytes file = sample("hba-1.1.0");
	struct model m = start(NULL, NULL);

	says(&m, "minimal");
	header(file)->security_version = cpu_to_le32(7);
	sample_seal(file.data);
	ok(runs(&m, file, "1.1.0"), "an image of security version 7 runs");
	resets(&m);
	header(file)->security_version = cpu_to_le32(6);
	sample_seal(file.data);
	ok(refuses(&m, file, "security version 6 is below 7"), "then none of 6");
	ok(stops(&m), "it ends");
	free(file.data);
}

/* Images anywhere in a file, which is sealed or not. */
static void parts_of_files(void)
{
	static const size_t fronts[] = { 1, 8, 4095, 4096, 33024, 1000003 };
	struct bytes file = sample("hba-2.0.0-signed");
	struct model m = start(NULL, NULL);
	unsigned int i, ran = 0;
	char text[64];

	says(&m, "minimal");
	for (i = 0; i < 2 * ARRAY_SIZE(fronts); i++) {
		snprintf(text, sizeof(text), "load %zu %zu", fronts[i / 2], file.size);
		ask(&m, memfd(file, fronts[i / 2], i % 2), text);
		ran += says(&m, "loading") && says(&m, "running hba-sim 2.0.0") &&
		       resets(&m);
	}
	is(ran, i, "a signed image runs wherever it lies in a file");
	snprintf(text, sizeof(text), "load 4 %zu", file.size);
	ask(&m, memfd(file, 8, true), text);
	ok(says(&m, "loading") && fails(&m, "not an MRB image"), "but not from beside it");
	ask(&m, memfd(file, 0, false), "load 40000 1000");
	ok(says(&m, "loading") && fails(&m, "no image begins at byte 40000"),
	   "nor from behind the file's end");
	ok(stops(&m), "it ends");
	free(file.data);
}

static void odd_requests(void)
{
	static const char *const odd[] = {
		"x", "Reset", "reset ", "load", "load ", "load 0", "load 0 ", "load  0 1",
		"load -1 5", "load 0 0x10", "load 1 99999999999999999999",
		"load 9223372036854775807 1", "load 0 100", "load 0 5 5",
		"swap", "swap ", "swap 0", "boot", "boot ", "boot 0 x", "boot 0 100",
		NULL,
	};
	struct model m = start(NULL, NULL);
	unsigned int i, answered = 0;
	char long_one[300];
	int fds[2];

	memset(long_one, 'x', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = 0;
	says(&m, "minimal");
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		ask(&m, -1, odd[i] ?: long_one);
		answered += fails(&m, "");
	}
	is(answered, i, "requests that make no sense get a sentence");
	if (pipe(fds))
		tap_bail("no pipe");
	ask(&m, fds[0], "load 0 100");
	ok(says(&m, "loading") && fails(&m, "regular file"), "a pipe is no file");
	close(fds[1]);
	ask(&m, memfd((struct bytes){ .size = 0 }, 100, true), "load 0 0");
	ok(says(&m, "loading") && fails(&m, "image has no bytes"), "nothing is no image");
	ok(stops(&m), "it ends");
}

static void broken_device(const char *defect, const char *word)
{
	struct bytes file = sample("hba-1.1.0");
	struct model m = start(defect, "--limit=" FAULT_LIMIT);

	ok(says(&m, "failed hba-sim ") && strstr(m.said, word), "%s: %s", defect, m.said);
	load(&m, file);
	ok(says(&m, "failed hba-sim ") && strstr(m.said, word), "it gets no image");
	ask(&m, -1, "reset");
	ok(says(&m, "failed hba-sim ") && strstr(m.said, word), "a reset does not mend it");
	ok(stops(&m), "it ends");
	free(file.data);
}

/* Each says why, on standard error, which is not to be seen here. */
static void misuse(void)
{
	static const char *const wrong[] = {
		"--harts=0", "--harts=5", "--type=", "--type=a b", "--limit=0", "--limit=1x",
		"--fd=0x3", "--defect=rust", "--memory=67108865", "image", "--image",
	};
	int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC), loud = dup(2);
	unsigned int i, refused = 0;
	struct model m;

	dup2(quiet, 2);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		m = start(wrong[i], NULL);
		refused += ends_with(&m) == 2;
	}
	m = start("--memory=4097", NULL);
	refused += ends_with(&m) == 1;
	m = start("--fd=1000", NULL);
	refused += ends_with(&m) == 1;
	dup2(loud, 2);
	close(loud);
	close(quiet);
	is(refused, i + 2, "wrong options are refused");
}

int main(void)
{
	if (!getenv("B"))
		tap_bail("B is not set: it is the build directory");
	life("--harts=1");
	life("--harts=4");
	bad_images();
	dead_images();
	security_version_only_rises();
	parts_of_files();
	odd_requests();
	broken_device("--defect=flash", "the self-test of the device failed with code 0x8");
	broken_device("--defect=hart", "has not asked for an image within " FAULT_LIMIT " ms");
	misuse();
	return tap_done();
}
