// SPDX-License-Identifier: GPL-2.0-only
/* Images in chunks. */
#include <unistd.h>

#include "tap.h"
#include "fleet_sample.h"
#include "fleet/chunks.h"

static enum chunk_verdict put(struct chunks *c, const u8 *data, size_t size)
{
	enum chunk_verdict verdict;
	struct mrb_error err;

	if (chunks_put(c, data, size, &verdict, &err))
		tap_bail("%s", err.text);
	return verdict;
}

static struct chunks *new_chunks(void)
{
	struct manifest *m = good_manifest();
	struct mrb_error err;
	struct chunks *c = chunks_new(m, &m->images[0], &err);

	if (!c)
		tap_bail("%s", err.text);
	manifest_free(m);
	return c;
}

static void chunks_come_in_any_order(void)
{
	static u8 damaged[CHUNK], back[SIZE];
	struct chunks *c = new_chunks();
	struct chunk_range r[2];
	struct mrb_error err;

	is(chunks_missing(c), 3, "all are missing");
	is(put(c, image + 2 * CHUNK, 1000), CHUNK_TAKEN, "the last one first");
	is(put(c, image + 2 * CHUNK, 1000), CHUNK_KNOWN, "and again");
	memcpy(damaged, image, CHUNK);
	damaged[CHUNK - 1] ^= 1;
	is(put(c, damaged, CHUNK), CHUNK_FOREIGN, "a damaged one");
	is(put(c, image, CHUNK - 1), CHUNK_FOREIGN, "one cut short");
	is(put(c, image, CHUNK + 1), CHUNK_FOREIGN, "one that is too long");
	is(put(c, image, 0), CHUNK_FOREIGN, "an empty one");
	is(chunks_finish(c, &err), -ENODATA, "not whole: %s", err.text);
	is(chunks_missing_ranges(c, r, 2), 1, "one piece is missing");
	ok(r[0].first == 0 && r[0].num == 2, "of two chunks");
	is(put(c, image + CHUNK, CHUNK), CHUNK_TAKEN, "the second");
	ok(!chunks_has(c, 0) && chunks_has(c, 1) && chunks_has(c, 2) &&
	   !chunks_has(c, 3), "it knows what it has");
	is(chunks_get(c, 0, damaged), -ENODATA, "what it has not, it cannot pass on");
	is(put(c, image, CHUNK), CHUNK_TAKEN, "the first");
	ok(!chunks_finish(c, &err), "whole");
	is(pread(chunks_fd(c), back, SIZE, 0), SIZE, "can be read");
	ok(!memcmp(back, image, SIZE), "is the image");
	is(chunks_get(c, 2, damaged), 1000, "can be passed on");
	ok(!memcmp(damaged, image + 2 * CHUNK, 1000), "as it came");
	ok(pwrite(chunks_fd(c), "x", 1, 0) < 0 && errno == EPERM,
	   "cannot be changed any more");
	chunks_free(c);
}

static void what_is_there_need_not_come(void)
{
	static u8 older[SIZE];
	char name[] = "/tmp/fleet-test-XXXXXX";
	struct chunks *c = new_chunks();
	struct chunk_range r[1];
	struct mrb_error err;
	int fd = mkstemp(name);

	memcpy(older, image, SIZE);
	older[CHUNK + 5] ^= 1;
	if (fd < 0 || write(fd, older, SIZE) != SIZE)
		tap_bail("no file for an older version");
	unlink(name);
	ok(!chunks_adopt(c, fd, &err), "an older version is looked through");
	is(chunks_missing_ranges(c, r, 1), 1, "what differs is missing");
	ok(r[0].first == 1 && r[0].num == 1, "and no more");
	is(put(c, image + CHUNK, CHUNK), CHUNK_TAKEN, "it comes");
	ok(!chunks_finish(c, &err), "whole");
	chunks_free(c);
	close(fd);
}

static void ranges_without_room(void)
{
	struct chunks *c = new_chunks();
	struct chunk_range r[2];

	put(c, image + CHUNK, CHUNK);
	is(chunks_missing_ranges(c, r, 1), 1, "room for one of two");
	ok(r[0].first == 0 && r[0].num == 1, "the first");
	is(chunks_missing_ranges(c, r, 2), 2, "room for both");
	ok(r[1].first == 2 && r[1].num == 1, "the last as well");
	chunks_free(c);
}

/* Each chunk is what the manifest says, but the whole is not. */
static void a_manifest_that_contradicts_itself(void)
{
	struct mrb_error err;
	struct manifest *m;
	struct chunks *c;

	manifest_text(HEAD, "]}");
	replace_once(text, hex_all, hex_chunk[0]);
	m = manifest_parse(text, strlen(text), &err);
	c = m ? chunks_new(m, &m->images[0], &err) : NULL;
	if (!c)
		tap_bail("%s", err.text);
	put(c, image, CHUNK);
	put(c, image + CHUNK, CHUNK);
	put(c, image + 2 * CHUNK, 1000);
	is(chunks_finish(c, &err), -EBADMSG, "%s", err.text);
	chunks_free(c);
	manifest_free(m);
}

int main(void)
{
	make_image();
	chunks_come_in_any_order();
	what_is_there_need_not_come();
	ranges_without_room();
	a_manifest_that_contradicts_itself();
	return tap_done();
}
