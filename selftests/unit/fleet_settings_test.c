// SPDX-License-Identifier: GPL-2.0-only
/* What survives a reset of a node. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "fleet_sample.h"
#include "fleet/site.h"

static char dir[32];
static char path[64];

static struct settings *open_settings(void)
{
	struct mrb_error err;
	struct settings *s = settings_open(dir, &err);

	if (!s)
		printf("# %s\n", err.text);
	return s;
}

static void nothing_is_known_at_first(void)
{
	struct settings *s = open_settings();

	ok(s && !settings_sequence(s), "without a file, no manifest has been accepted");
	ok(s && !settings_desired(s, "hba"), "and no version is desired");
	settings_close(s);
}

static void what_is_accepted_stays(void)
{
	struct settings *s = open_settings();
	struct manifest *m = good_manifest();
	struct mrb_error err;
	const char *version;

	ok(!settings_accept(s, m, &err), "a manifest is accepted");
	settings_close(s);
	s = open_settings();
	is(settings_sequence(s), 7, "its number is there after a reset");
	version = settings_desired(s, "hba mini");
	ok(version && !strcmp(version, "2.0.1"), "and the version that a type is to run");
	ok(!settings_desired(s, "nic"), "of the types that it names");
	settings_close(s);
	manifest_free(m);
}

static void a_number_means_what_it_meant_first(void)
{
	struct settings *s = open_settings();
	struct manifest *m = good_manifest();
	struct mrb_error err = { 0 };

	m->expires++;
	ok(!settings_accept(s, m, &err), "the same number with the same images is accepted");
	m->images[0].digest[0] ^= 1;
	ok(settings_accept(s, m, &err) < 0 && strstr(err.text, "twice"),
	   "with another one it is not: %s", err.text);
	settings_close(s);
	manifest_free(m);
}

static void what_cannot_be_kept_is_not_gone_by(void)
{
	struct settings *s = open_settings();
	struct manifest *m = good_manifest();
	struct mrb_error err = { 0 };

	m->sequence = 8;
	/* Nothing can be put beside it, root or not. */
	unlink(path);
	rmdir(dir);
	ok(settings_accept(s, m, &err) < 0 && err.text[0],
	   "where it cannot be written, a manifest is refused: %s", err.text);
	is(settings_sequence(s), 7, "and the last one stays");
	settings_close(s);
	manifest_free(m);
	if (mkdir(dir, 0700))
		tap_bail("%s cannot be made again", dir);
}

static bool fences(struct settings *s, u64 epoch, const char *holder)
{
	struct mrb_error err;

	if (!settings_fence(s, epoch, holder, &err))
		return true;
	printf("# %s\n", err.text);
	return false;
}

static void the_highest_epoch_counts(void)
{
	struct settings *s = open_settings();

	ok(!settings_epoch(s) && !*settings_holder(s), "nobody has given orders yet");
	ok(!fences(s, 0, "desk1"), "epoch 0 is none");
	ok(fences(s, 3, "desk1") && fences(s, 3, "desk1"), "an epoch is its holder's");
	ok(!fences(s, 3, "desk2"), "and nobody else's");
	ok(fences(s, 4, "desk2"), "a higher one counts");
	ok(!fences(s, 3, "desk1"), "and the lower one no more");
	settings_close(s);
	s = open_settings();
	ok(!fences(s, 3, "desk1") && !fences(s, 4, "desk1") && fences(s, 4, "desk2"),
	   "nor after a reset");
	is(settings_sequence(s), 7, "the manifest's number is what it was");
	ok(settings_desired(s, "hba mini"), "so are the versions");
	settings_close(s);
}

static void flags_stay(void)
{
	struct settings *s = open_settings();
	struct mrb_error err;
	bool is_good = true;

	ok(!settings_flag(s, "auto-update", &is_good) && is_good, "what was never set is off");
	ok(!settings_set_flag(s, "auto-update", true, &err), "it is switched on");
	settings_close(s);
	s = open_settings();
	ok(settings_flag(s, "auto-update", &is_good) && is_good, "and stays so");
	settings_close(s);
}

static void put_file(const char *bytes)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(bytes, file) < 0 || fclose(file))
		tap_bail("%s cannot be written", path);
}

static void damaged_settings_are_not_begun_anew(void)
{
	static const char *const bad[] = {
		"", "{", "[]", "7", "{}", "{\"sequence\":\"7\"}", "{\"sequence\":-1}",
		"{\"sequence\":7.5}", "{\"desired\":{}}",
	};
	struct mrb_error err;
	struct settings *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		put_file(bad[i]);
		s = settings_open(dir, &err);
		ok(!s && strstr(err.text, "settings.json"), "'%s': %s", bad[i],
		   s ? "taken" : err.text);
		settings_close(s);
	}
	unlink(path);
}

static void a_damaged_flag_is_off(void)
{
	struct settings *s;
	bool is_good = true;

	put_file("{\"sequence\":7,\"auto-update\":\"yes\"}");
	s = open_settings();
	ok(s && !settings_flag(s, "auto-update", &is_good) && !is_good,
	   "a damaged flag is off, and said to be damaged");
	settings_close(s);
	unlink(path);
}

static void no_directory_is_a_sentence(void)
{
	struct mrb_error err;

	ok(!settings_open("/nonexistent/site", &err) && strstr(err.text, "directory"),
	   "%s", err.text);
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/codeswap-settings.XXXXXX");
	if (!mkdtemp(dir))
		tap_bail("no directory");
	snprintf(path, sizeof(path), "%s/settings.json", dir);
	make_image();
	nothing_is_known_at_first();
	what_is_accepted_stays();
	a_number_means_what_it_meant_first();
	the_highest_epoch_counts();
	flags_stay();
	what_cannot_be_kept_is_not_gone_by();
	damaged_settings_are_not_begun_anew();
	a_damaged_flag_is_off();
	no_directory_is_a_sentence();
	rmdir(dir);
	return tap_done();
}
