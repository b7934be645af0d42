// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helper's parts that need no kernel: names, messages, image directories,
 * and the memory of what has failed.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "image_sample.h"
#include "feed.h"
#include "nl_private.h"

static char root[32];

/* ---- names --------------------------------------------------------------- */

static void plain_file_names_are_image_names(void)
{
	static const char *const good[] = {
		"hba-2.0.0.mrb", "a", "with space", ".hidden", "~",
		"123456789012345678901234567890123456789012345678901234567890123",
	};
	static const char *const bad[] = {
		"", "/etc/passwd", "a/b", "../x", "..", "a..b", "x\n", "\x7f",
		"caf\xc3\xa9",
		"1234567890123456789012345678901234567890123456789012345678901234",
	};
	unsigned int i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(!csw_image_name_problem(good[i]), "'%s' is a name", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(csw_image_name_problem(bad[i]), "bad name %u is refused: %s",
		   i, csw_image_name_problem(bad[i]) ?: "it is not");
}

static bool all_named(const char *(*name)(u32), u32 first, u32 last)
{
	u32 i;

	for (i = first; i <= last; i++)
		if (!strcmp(name(i), "?"))
			return false;
	return !strcmp(name(last + 1), "?") && !strcmp(name(~0U), "?");
}

static void every_value_has_a_name(void)
{
	ok(all_named(csw_state_name, 0, CODESWAP_DEVICE_STATE_FAILED), "states");
	ok(all_named(csw_phase_name, 0, CODESWAP_PHASE_PROVING), "phases");
	ok(all_named(csw_result_name, 0, CODESWAP_RESULT_FAILED), "results");
	ok(all_named(csw_reason_name, 0, CODESWAP_REASON_DRIVER), "reasons");
	ok(all_named(csw_item_kind_name, CODESWAP_ITEM_VERSION,
		     CODESWAP_ITEM_BLACKOUT), "kinds of items");
	ok(all_named(csw_item_verdict_name, 0, CODESWAP_ITEM_UNDONE),
	   "verdicts");
	ok(!*csw_item_unit(0) && !*csw_item_unit(~0U) &&
	   !strcmp(csw_item_unit(CODESWAP_ITEM_MODULE), "bytes"),
	   "units only where something is counted");
}

/* ---- messages ------------------------------------------------------------ */

static struct nl_msg *new_message(void)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, 0, 0, 20, 0, 0, CODESWAP_CMD_DEVICE_NTF,
				 1))
		tap_bail("no memory for a message");
	return msg;
}

static void a_message_becomes_a_device(void)
{
	static const uint64_t times[CSW_NUM_PHASES] = { [CODESWAP_PHASE_READY] = 7 };
	struct nl_msg *msg = new_message();
	struct csw_device d = { 0 };

	nla_put_string(msg, CODESWAP_A_DEVICE_NAME, "codeswap0");
	nla_put_string(msg, CODESWAP_A_DEVICE_ERROR, "bell \a and \x1b[2J");
	nla_put_u32(msg, CODESWAP_A_DEVICE_PHASE, CODESWAP_PHASE_READY);
	nla_put_u64(msg, CODESWAP_A_DEVICE_UPDATE_ID, 1ULL << 40);
	nla_put(msg, CODESWAP_A_DEVICE_PHASE_NS, sizeof(times), times);
	is(csw_parse(csw_device_fields, nlmsg_hdr(msg), &d), 0, "is parsed");
	ok(!strcmp(d.name, "codeswap0"), "text");
	ok(!strcmp(d.error, "bell ? and ?[2J"),
	   "bytes that a terminal obeys are replaced: %s", d.error);
	is(d.phase, CODESWAP_PHASE_READY, "enum");
	is(d.update_id, 1ULL << 40, "64 bits");
	is(d.phase_ns[CODESWAP_PHASE_READY], 7, "times");
	ok(CSW_HAS(&d, CODESWAP_A_DEVICE_PHASE), "what is there is present");
	ok(!CSW_HAS(&d, CODESWAP_A_DEVICE_VERSION), "what is not is absent");
	nlmsg_free(msg);
}

static void odd_attributes_do_no_harm(void)
{
	char text[3 * CODESWAP_NAME_LEN];
	uint64_t many[3 * CSW_NUM_PHASES];
	struct nl_msg *msg = new_message();
	struct csw_device d = { 0 };

	memset(text, 'x', sizeof(text));
	memset(many, 0xff, sizeof(many));
	nla_put(msg, CODESWAP_A_DEVICE_NAME, sizeof(text), text);
	nla_put(msg, CODESWAP_A_DEVICE_STATE, 2, text);
	nla_put(msg, CODESWAP_A_DEVICE_SWAPS, 4, text);
	nla_put(msg, CODESWAP_A_DEVICE_PHASE_NS, sizeof(many), many);
	nla_put(msg, CODESWAP_A_DEVICE_BUILD_ID, 3, text);
	nla_put(msg, CODESWAP_A_DEVICE_MAX + 1, 3, text);
	is(csw_parse(csw_device_fields, nlmsg_hdr(msg), &d), 0, "is parsed");
	is(strlen(d.name), CODESWAP_NAME_LEN - 1,
	   "text without end is cut to its room");
	ok(!CSW_HAS(&d, CODESWAP_A_DEVICE_STATE) &&
	   !CSW_HAS(&d, CODESWAP_A_DEVICE_SWAPS),
	   "numbers of other sizes are absent");
	ok(!d.memory_size && !d.swaps, "long arrays stay in their room");
	ok(d.build_id[2] == 'x' && !d.build_id[3], "short bytes are padded");
	nlmsg_free(msg);
}

/* ---- image directories --------------------------------------------------- */

/* What an image in a test is told by. */
struct sample {
	const char *type;
	u16 major;
	u16 minor;
	u8 id;
	bool is_signed;
};

static char *path_of(const char *name)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static u8 *make_image(const struct sample *sample, size_t *size)
{
	u8 *image = sample_make(&sample_typical, size);
	struct mrb_header *h = (void *)image;

	memset(h->device_type, 0, sizeof(h->device_type));
	strcpy(h->device_type, sample->type);
	h->version.major = cpu_to_le16(sample->major);
	h->version.minor = cpu_to_le16(sample->minor);
	h->build_id[0] = sample->id;
	h->flags = cpu_to_le32(sample->is_signed ? MRB_F_SIGNED : 0);
	sample_seal(image);
	return image;
}

static void append(const char *name, const void *data, size_t size)
{
	FILE *f = fopen(path_of(name), "a");

	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		tap_bail("cannot write %s", name);
}

static void add_image(const char *name, const char *type, u16 major, u16 minor,
		      u8 id)
{
	struct sample sample = { type, major, minor, id, false };
	size_t size;
	u8 *image = make_image(&sample, &size);

	append(name, image, size);
	free(image);
}

static void add_signed(const char *name, const char *type, u16 major, u8 id)
{
	struct sample sample = { type, major, 0, id, true };
	struct mrb_signature s = { .size = cpu_to_le32(5) };
	size_t size;
	u8 *image = make_image(&sample, &size);

	append(name, image, size);
	free(image);
	memcpy(s.magic, MRB_SIGNATURE_MAGIC, sizeof(s.magic));
	append(name, &s, sizeof(s));
	append(name, "12345", 5);
}

static void add_half(const char *name, const char *type, u16 major)
{
	struct sample sample = { type, major, 0, 99, false };
	size_t size;
	u8 *image = make_image(&sample, &size);

	append(name, image, size / 2);
	free(image);
}

static struct store *open_store(void)
{
	const char *const dirs[] = { path_of("first"), path_of("second"),
				     path_of("missing") };
	struct store *store = store_new(dirs, 3);

	if (!store)
		tap_bail("no memory for a store");
	return store;
}

static u8 best_id(struct store *store, const char *type, store_skip_fn *skip)
{
	const struct store_image *image;
	u8 limit = 40;

	store_scan(store);
	image = store_best(store, type, skip, &limit);
	return image ? image->build_id[0] : 0;
}

static bool id_is_below(const struct store_image *image, void *ctx)
{
	return image->build_id[0] < *(u8 *)ctx;
}

static void the_best_image_is_found(void)
{
	struct store *store = open_store();

	is(best_id(store, "hba", NULL), 0, "nothing in empty directories");
	add_image("second/a.mrb", "hba", 1, 9, 10);
	add_image("second/z.mrb", "hba", 1, 10, 20);
	is(best_id(store, "hba", NULL), 20, "1.10 is higher than 1.9");
	add_image("first/z.mrb", "hba", 1, 10, 30);
	is(best_id(store, "hba", NULL), 30,
	   "of equal versions, the first directory's");
	add_image("second/nic.mrb", "nic", 9, 0, 50);
	is(best_id(store, "hba", NULL), 30, "other types do not count");
	is(best_id(store, "", NULL), 50, "without a type, they do");
	is(best_id(store, "hb", NULL), 0, "types are compared as a whole");
	add_half("first/half.mrb", "hba", 8);
	append("first/junk", "not an image", 12);
	add_image("first/.new.mrb", "hba", 7, 0, 60);
	is(best_id(store, "hba", NULL), 30,
	   "nor halves, other files, names with a dot in front");
	add_image("first/old.mrb", "hba", 1, 0, 70);
	is(best_id(store, "hba", id_is_below), 70,
	   "what is skipped makes room for the next best");
	store_free(store);
}

static void changed_files_are_looked_at_again(void)
{
	struct store *store = open_store();

	is(best_id(store, "hba", NULL), 30, "before");
	add_image("first/old.mrb", "hba", 3, 0, 80);
	is(best_id(store, "hba", NULL), 80, "a file has become a bundle");
	unlink(path_of("first/old.mrb"));
	is(best_id(store, "hba", NULL), 30, "and has gone");
	store_forget(store);
	is(best_id(store, "hba", NULL), 30, "all is found again");
	store_free(store);
}

static void an_image_of_a_bundle_is_loaded(void)
{
	const struct store_image *image;
	struct store *store = open_store();
	struct chosen chosen;
	struct mrb_error err;
	char magic[MRB_MAGIC_LEN];
	size_t alone;

	add_image("first/bundle.mrb", "nic", 1, 0, 90);
	add_signed("first/bundle.mrb", "hba", 4, 91);
	add_image("first/bundle.mrb", "hba", 2, 0, 92);
	store_scan(store);
	image = store_best(store, "hba", NULL, NULL);
	if (!image || store_open(&chosen, image, &err))
		tap_bail("the bundle's image cannot be loaded");
	is(chosen.view.image.header->build_id[0], 91, "the one that is meant");
	alone = chosen.view.image.image_size;
	is(chosen.view.end - chosen.view.start, alone + sizeof(struct mrb_signature) + 5,
	   "with its signature, without its neighbours");
	ok(pread(chosen.file.fd, magic, sizeof(magic),
		 chosen.view.start) == sizeof(magic) &&
	   !memcmp(magic, MRB_MAGIC, sizeof(magic)), "from its first byte on");
	store_close(&chosen);
	unlink(path_of("first/bundle.mrb"));
	add_image("first/bundle.mrb", "hba", 4, 0, 93);
	ok(store_open(&chosen, image, &err) == -ENOENT,
	   "what is not there any more is not loaded: %s", err.text);
	store_free(store);
}

static bool type_is(const char *type, void *ctx)
{
	return !strcmp(type, ctx);
}

static void files_are_found_by_name(void)
{
	struct store *store = open_store();
	char *path = store_path(store, "z.mrb");
	struct chosen chosen;
	struct mrb_error err;

	ok(path && !strcmp(path, path_of("first/z.mrb")),
	   "in the first directory that has one");
	free(path);
	path = store_path(store, "nic.mrb");
	ok(path && !strcmp(path, path_of("second/nic.mrb")),
	   "in a later one, if it must be");
	ok(!store_path(store, "none.mrb"), "not at all");
	ok(!store_path(store, "."), "a directory is no file");
	ok(!store_open_file(&chosen, path, type_is, "hba", &err) &&
	   chosen.view.image.header->build_id[0] == 50,
	   "an image of no wanted type is loaded for the kernel to refuse");
	store_close(&chosen);
	free(path);
	path = strdup(path_of("first/junk"));
	ok(store_open_file(&chosen, path, type_is, "hba", &err) == -ENOEXEC,
	   "what is no image is not loaded: %s", err.text);
	free(path);
	store_free(store);
}

/* ---- failures ------------------------------------------------------------ */

static const u8 id_a[MRB_BUILD_ID_LEN] = "a", id_b[MRB_BUILD_ID_LEN] = "b";

static bool see(struct failures *f, const char *name, u64 update_id, u32 phase,
		u32 result)
{
	struct csw_device d = {
		.update_id = update_id,
		.phase = phase,
		.result = result,
	};

	strcpy(d.name, name);
	return failures_see(f, &d, 1000);
}

static void a_failure_is_remembered_for_a_while(void)
{
	struct failures *f = failures_new();

	failures_fed(f, "codeswap0", id_a, 5);
	ok(!failures_has(f, "codeswap0", id_a, 1000), "not before it failed");
	ok(!see(f, "codeswap0", 5, CODESWAP_PHASE_PROVING,
		CODESWAP_RESULT_FAILED), "an older result does not count");
	ok(!see(f, "codeswap0", 4, CODESWAP_PHASE_IDLE, CODESWAP_RESULT_FAILED),
	   "nor another update");
	ok(!see(f, "codeswap1", 5, CODESWAP_PHASE_IDLE, CODESWAP_RESULT_FAILED),
	   "nor another device");
	ok(see(f, "codeswap0", 5, CODESWAP_PHASE_IDLE, CODESWAP_RESULT_FAILED),
	   "it fails");
	ok(!see(f, "codeswap0", 5, CODESWAP_PHASE_IDLE, CODESWAP_RESULT_FAILED),
	   "once");
	ok(failures_has(f, "codeswap0", id_a, 1001), "and is remembered");
	ok(!failures_has(f, "codeswap0", id_b, 1001), "not the other image");
	ok(!failures_has(f, "codeswap1", id_a, 1001), "not on other devices");
	ok(!failures_has(f, "codeswap0", id_a, 1000 + 300000),
	   "after five minutes it may be tried again");
	failures_free(f);
}

static void what_ended_well_is_forgotten(void)
{
	struct failures *f = failures_new();
	u8 id[MRB_BUILD_ID_LEN] = { 0 };
	unsigned int i;

	failures_fed(f, "codeswap0", id_a, 1);
	ok(!see(f, "codeswap0", 1, CODESWAP_PHASE_IDLE, CODESWAP_RESULT_SUCCESS),
	   "success is no failure");
	failures_fed(f, "codeswap0", id_b, 2);
	ok(!see(f, "codeswap0", 2, CODESWAP_PHASE_IDLE,
		CODESWAP_RESULT_CANCELLED), "nor is a cancelled update");
	ok(!failures_has(f, "codeswap0", id_a, 1) &&
	   !failures_has(f, "codeswap0", id_b, 1), "neither is remembered");
	for (i = 0; i < 1000; i++) {
		id[0] = i;
		id[1] = i >> 8;
		failures_add(f, i % 2 ? "codeswap0" : "codeswap1", id, "one", 1);
	}
	failures_add(f, "codeswap1", id_a, "the last", 1);
	ok(failures_has(f, "codeswap1", id_a, 2), "many failures have room");
	ok(!strcmp(failures_last(f, "codeswap1"), "the last"), "it is known why");
	failures_forget(f, "codeswap0");
	ok(failures_has(f, "codeswap1", id_a, 2), "another device is forgotten");
	failures_forget(f, NULL);
	ok(!failures_has(f, "codeswap1", id_a, 2) &&
	   !failures_last(f, "codeswap1"), "all are forgotten");
	failures_free(f);
}

static void make_directories(void)
{
	snprintf(root, sizeof(root), "/tmp/codeswap-helper-XXXXXX");
	if (!mkdtemp(root) || mkdir(path_of("first"), 0700) ||
	    mkdir(path_of("second"), 0700))
		tap_bail("cannot make directories in /tmp");
}

static void remove_directories(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ok(!system(command), "directories are removed");
}

int main(void)
{
	plain_file_names_are_image_names();
	every_value_has_a_name();
	a_message_becomes_a_device();
	odd_attributes_do_no_harm();
	make_directories();
	the_best_image_is_found();
	changed_files_are_looked_at_again();
	an_image_of_a_bundle_is_loaded();
	files_are_found_by_name();
	remove_directories();
	a_failure_is_remembered_for_a_while();
	what_ended_well_is_forgotten();
	return tap_done();
}
