// SPDX-License-Identifier: GPL-2.0-only
/*
 * What many nodes need and no network: windows, on a clock that is told;
 * manifests; images in chunks.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "tap.h"
#include "cms.h"
#include "fleet/message.h"
#include "fleet/trust.h"
#include "fleet/window.h"

/* ---- windows ------------------------------------------------------------- */

struct window_case {
	const char *name;
	struct window_rules rules;
	u64 requests[6];	/* when; the first one at 0 */
	unsigned int num;
	u64 end;
};

static const struct window_case window_cases[] = {
	{ "one request", { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0 }, 1, 100 },
	{ "fixed, from the first", { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50, 99 }, 3, 100 },
	{ "fixed, from the latest", { WINDOW_FIXED, WINDOW_FROM_LATEST, 100, 1000, 0 },
	  { 0, 50, 99 }, 3, 199 },
	{ "renewed, nobody came", { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0 }, 1, 100 },
	{ "renewed once", { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50, 99 }, 3, 200 },
	{ "renewed twice", { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50, 150 }, 3, 300 },
	{ "renewed, from the latest", { WINDOW_RENEW, WINDOW_FROM_LATEST, 100, 1000, 0 },
	  { 0, 50, 140 }, 3, 240 },
	{ "shrinking", { WINDOW_SHRINK, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50, 120, 160 }, 4, 187 },
	{ "shrinking, nobody in the second", { WINDOW_SHRINK, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50 }, 2, 150 },
	{ "shrinking, from the latest", { WINDOW_SHRINK, WINDOW_FROM_LATEST, 100, 1000, 0 },
	  { 0, 50, 90 }, 3, 115 },
	{ "shrinking to nothing", { WINDOW_SHRINK, WINDOW_FROM_LATEST, 2, 1000, 0 },
	  { 0, 1, 1, 1 }, 4, 1 },
	{ "the limit, of those renewed", { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 250, 0 },
	  { 0, 50, 150, 220 }, 4, 250 },
	{ "the limit, from the latest", { WINDOW_FIXED, WINDOW_FROM_LATEST, 100, 250, 0 },
	  { 0, 90, 180, 240 }, 4, 250 },
	{ "all have come", { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 1000, 3 },
	  { 0, 10, 20 }, 3, 20 },
	{ "all but one have come", { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 1000, 4 },
	  { 0, 10, 20 }, 3, 100 },
	{ "no window at all", { WINDOW_FIXED, WINDOW_FROM_FIRST, 0, 0, 0 },
	  { 0 }, 1, 0 },
};

/* Millisecond by millisecond: when it is over, counted from the first request. */
static u64 window_ends(const struct window_case *c, u64 start)
{
	unsigned int next = 0;
	struct window w;
	u64 now;

	window_init(&w, &c->rules);
	for (now = start; now < start + 5000; now++) {
		while (next < c->num && c->requests[next] == now - start) {
			window_request(&w, now);
			next++;
		}
		if (window_over(&w, now))
			return now - start;
	}
	return U64_MAX;
}

static void windows_end_when_they_should(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(window_cases); i++) {
		is(window_ends(&window_cases[i], 0), window_cases[i].end,
		   "%s", window_cases[i].name);
		is(window_ends(&window_cases[i], 1ULL << 40), window_cases[i].end,
		   "%s, late", window_cases[i].name);
	}
}

/* Who comes late to look at the clock finds the same end. */
static void a_late_look_does_not_move_the_end(void)
{
	struct window_rules rules = { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 1000, 0 };
	struct window w;

	window_init(&w, &rules);
	is(window_end(&w), U64_MAX, "nothing to wait for");
	ok(!window_over(&w, 1000), "and nothing is over");
	window_request(&w, 0);
	window_request(&w, 60);
	ok(!window_over(&w, 170), "the second window is on");
	is(window_end(&w), 200, "and counted from the end of the first");
	ok(window_over(&w, 450), "over, at whatever time one looks");
	ok(!window_over(&w, 450), "once");
	window_request(&w, 500);
	is(window_end(&w), 600, "the next one begins anew");
	is(w.requests, 1, "with its own requests");
}

static void rules_that_make_no_sense(void)
{
	struct window_rules good = { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 100, 0 };
	struct window_rules longer = { WINDOW_FIXED, WINDOW_FROM_FIRST, 101, 100, 0 };
	struct window_rules endless = { WINDOW_FIXED, WINDOW_FROM_FIRST, 1, U64_MAX, 0 };

	ok(!window_rules_problem(&good), "good rules");
	ok(window_rules_problem(&longer), "%s", window_rules_problem(&longer));
	ok(window_rules_problem(&endless), "%s", window_rules_problem(&endless));
}

/* ---- an image, and the manifest of it ------------------------------------ */

#define CHUNK	CHUNK_MIN_BYTES
#define SIZE	(2 * CHUNK + 1000)

static u8 image[SIZE];
static char hex_all[65], hex_chunk[3][65];
static char text[4096];

static void put_hex(const void *data, size_t size, char hex[65])
{
	u8 digest[MRB_DIGEST_LEN];
	unsigned int i;

	EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void make_image(void)
{
	unsigned int i;
	u32 x = 1;

	for (i = 0; i < SIZE; i++) {
		x = x * 1664525 + 1013904223;
		image[i] = x >> 24;
	}
	put_hex(image, SIZE, hex_all);
	put_hex(image, CHUNK, hex_chunk[0]);
	put_hex(image + CHUNK, CHUNK, hex_chunk[1]);
	put_hex(image + 2 * CHUNK, 1000, hex_chunk[2]);
}

#define HEAD "{\"codeswap-manifest\":1,\"sequence\":7,"				\
	"\"issued\":\"2026-11-01T00:00:00Z\",\"expires\":\"2026-12-01T00:00:00Z\","	\
	"\"chunk-bytes\":262144,\"images\":["

/* Of one image for two types; @head and @tail stand around it. */
static const char *manifest_text(const char *head, const char *tail)
{
	snprintf(text, sizeof(text),
		 "%s{\"file\":\"hba-2.0.0.mrb\",\"types\":[\"hba\",\"hba mini\"],"
		 "\"version\":\"2.0.1\",\"security-version\":3,\"size\":%u,"
		 "\"sha256\":\"%s\",\"chunks\":[\"%s\",\"%s\",\"%s\"]}%s",
		 head, SIZE, hex_all, hex_chunk[0], hex_chunk[1], hex_chunk[2],
		 tail);
	return text;
}

static struct manifest *good_manifest(void)
{
	const char *good = manifest_text(HEAD, "],\"later\":[{}]}");
	struct mrb_error err;
	struct manifest *m = manifest_parse(good, strlen(good), &err);

	if (!m)
		tap_bail("the good manifest is refused: %s", err.text);
	return m;
}

static void a_manifest_is_read(void)
{
	struct manifest *m = good_manifest();
	const struct manifest_image *i = manifest_find(m, "hba mini");
	struct mrb_error err;

	is(m->sequence, 7, "sequence");
	is(m->expires - m->issued, 30 * 86400, "times");
	ok(i && i == manifest_find(m, "hba"), "one image for two types");
	ok(!manifest_find(m, "nic"), "none for a third");
	ok(!strcmp(i->file, "hba-2.0.0.mrb"), "file");
	is(le16_to_cpu(i->version.patch), 1, "version");
	is(i->size, SIZE, "size");
	is(i->num_chunks, 3, "chunks");
	is(manifest_chunk_bytes(m, i, 1), CHUNK, "all are of one size");
	is(manifest_chunk_bytes(m, i, 2), 1000, "but the last");
	ok(!manifest_check_time(m, m->issued, &err), "from when it is issued");
	ok(!manifest_check_time(m, m->expires - 1, &err), "until it expires");
	is(manifest_check_time(m, m->expires, &err), -ESTALE, "%s", err.text);
	is(manifest_check_time(m, m->issued - 1, &err), -ETIME, "%s", err.text);
	ok(!manifest_check_sequence(m, 0, &err), "the first one");
	ok(!manifest_check_sequence(m, 7, &err), "the same again");
	is(manifest_check_sequence(m, 8, &err), -ESTALE, "%s", err.text);
	manifest_free(m);
}

/* What is replaced in the good one, and by what. */
static const struct {
	const char *what, *old, *new;
} bad_manifests[] = {
	{ "no JSON", "{\"codeswap", "{codeswap" },
	{ "no object", HEAD, "[" },
	{ "no format", "codeswap-manifest", "manifest" },
	{ "a newer format", "manifest\":1", "manifest\":2" },
	{ "a format that is text", "manifest\":1", "manifest\":\"1\"" },
	{ "sequence 0", "\"sequence\":7", "\"sequence\":0" },
	{ "a negative sequence", "\"sequence\":7", "\"sequence\":-7" },
	{ "a huge sequence", "\"sequence\":7", "\"sequence\":18446744073709551615" },
	{ "a sequence that is no integer", "\"sequence\":7", "\"sequence\":7.5" },
	{ "a time that is none", "2026-11-01T", "2026-13-01T" },
	{ "a time with more behind it", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z " },
	{ "expired before it is issued", "2026-12-01", "2026-10-01" },
	{ "small chunks", "262144", "131072" },
	{ "large chunks", "262144", "2097152" },
	{ "chunks of an odd size", "262144", "262145" },
	{ "no images", "\"images\":[", "\"images\":[],\"x\":[" },
	{ "images that are none", "\"images\":[", "\"images\":[7," },
	{ "a path", "hba-2.0.0.mrb", "../a.mrb" },
	{ "a hidden file", "hba-2.0.0.mrb", ".mrb" },
	{ "a file with a line feed", "hba-2.0.0.mrb", "a\\n.mrb" },
	{ "a file that ends early", "hba-2.0.0.mrb", "a\\u0000.mrb" },
	{ "no file", "hba-2.0.0.mrb", "" },
	{ "no types", "\"hba\",\"hba mini\"", "" },
	{ "a type twice", "\"hba\",\"hba mini\"", "\"hba\",\"hba\"" },
	{ "a type that is a number", "\"hba\",", "7," },
	{ "a type that is too long", "hba mini", "0123456789012345678901234567890123456789" },
	{ "a type that is not printable", "hba mini", "hba\\tmini" },
	{ "no version", "2.0.1", "2.0" },
	{ "a negative version", "2.0.1", "2.-0.1" },
	{ "a version that is too large", "2.0.1", "2.0.65536" },
	{ "a version with more behind it", "2.0.1", "2.0.1.5" },
	{ "no security version", "security-version", "security" },
	{ "an endless image", "\"size\":", "\"size\":99999" },
	{ "an image that is longer than its chunks", "\"size\":", "\"size\":9" },
	{ "an empty image", "\"size\":", "\"size\":0,\"x\":" },
	{ "too few chunks", "\"chunks\":[", "\"chunks\":[],\"x\":[" },
	{ "too many chunks", "\"chunks\":[", "\"chunks\":[\"\"," },
	{ "a digest that is too short", "\"sha256\":\"", "\"sha256\":\"\",\"x\":\"" },
	{ "a chunk that is no digest", "\"chunks\":[\"", "\"chunks\":[\"G" },
};

static void replace_once(char *in, const char *old, const char *new)
{
	char *at = strstr(in, old);
	size_t behind;

	if (!at)
		tap_bail("'%s' is not in the manifest", old);
	behind = strlen(at + strlen(old)) + 1;
	memmove(at + strlen(new), at + strlen(old), behind);
	memcpy(at, new, strlen(new));
}

static void bad_manifests_are_refused(void)
{
	struct mrb_error err;
	struct manifest *m;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_manifests); i++) {
		manifest_text(HEAD, "]}");
		replace_once(text, bad_manifests[i].old, bad_manifests[i].new);
		err.text[0] = '\0';
		m = manifest_parse(text, strlen(text), &err);
		ok(!m && err.text[0], "%s: %s", bad_manifests[i].what, err.text);
		manifest_free(m);
	}
}

/* In memory of exactly its size, for the sanitizer. */
static bool is_refused(const char *bytes, size_t size)
{
	char *copy = malloc(size ?: 1);
	struct mrb_error err;
	struct manifest *m;

	memcpy(copy, bytes, size);
	m = manifest_parse(copy, size, &err);
	free(copy);
	manifest_free(m);
	return !m;
}

static void no_part_of_a_manifest_is_one(void)
{
	size_t size = strlen(manifest_text(HEAD, "]}")), i;
	unsigned int accepted = 0;

	for (i = 0; i < size; i++)
		accepted += !is_refused(text, i);
	is(accepted, 0, "cut short anywhere, it is refused");
	for (i = 0; i < size; i++) {
		text[i] ^= 0x80;
		accepted += !is_refused(text, size);
		text[i] ^= 0x80;
	}
	is(accepted, 0, "with any byte out of ASCII, too");
	ok(!is_refused(text, size), "and the whole one is good");
	strcat(text, "x");
	ok(is_refused(text, size + 1), "with something behind it, it is none");
}

/* ---- chunks -------------------------------------------------------------- */

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

/* ---- trust --------------------------------------------------------------- */

struct person {
	EVP_PKEY *key;
	X509 *cert;
};

static struct person author, operator, stranger;
static char dir[32];

static void make_person(struct person *p, const char *name)
{
	X509_NAME *subject;

	p->key = EVP_EC_gen("P-256");
	p->cert = X509_new();
	if (!p->key || !p->cert)
		tap_bail("no key for %s", name);
	subject = X509_get_subject_name(p->cert);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const u8 *)name,
				   -1, -1, 0);
	X509_set_issuer_name(p->cert, subject);
	X509_gmtime_adj(X509_getm_notBefore(p->cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(p->cert), 86400);
	X509_set_pubkey(p->cert, p->key);
	if (!X509_sign(p->cert, p->key, EVP_sha256()))
		tap_bail("no certificate for %s", name);
}

static void free_person(struct person *p)
{
	EVP_PKEY_free(p->key);
	X509_free(p->cert);
}

/* Of one person or of two. */
static void trust_role(const char *role, const struct person *a,
		       const struct person *b)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, role);
	file = fopen(path, "w");
	if (!file || !PEM_write_X509(file, a->cert) ||
	    (b && !PEM_write_X509(file, b->cert)))
		tap_bail("%s cannot be written", path);
	fclose(file);
}

static void forget_role(const char *role)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, role);
	unlink(path);
}

static void sign(struct signed_manifest *s, const char *role,
		 const struct person *p)
{
	struct mrb_error err;
	size_t size;
	u8 *message = cms_sign(s->text, s->size, p->cert, p->key, &size, &err);

	if (!message || signed_add(s, role, message, size, &err))
		tap_bail("%s", err.text);
	OPENSSL_free(message);
}

static int check(unsigned int threshold, const struct signed_manifest *s,
		 struct mrb_error *err)
{
	struct trust *t = trust_open(dir, threshold, err);
	int ret = t ? trust_check(t, s, err) : 1;

	trust_close(t);
	return ret;
}

static struct signed_manifest *new_signed(void)
{
	manifest_text(HEAD, "]}");
	return signed_new(text, strlen(text));
}

static void two_must_have_signed(void)
{
	struct signed_manifest *s = new_signed();
	struct mrb_error err;

	trust_role("author.pem", &author, NULL);
	trust_role("operator.pem", &operator, NULL);
	trust_role("notes.txt", &stranger, NULL);
	is(check(0, s, &err), -EKEYREJECTED, "nobody: %s", err.text);
	sign(s, "author", &author);
	is(check(0, s, &err), -EKEYREJECTED, "one: %s", err.text);
	ok(!check(1, s, &err), "one of two, where one will do");
	sign(s, "operator", &stranger);
	is(check(0, s, &err), -EKEYREJECTED, "and a stranger: %s", err.text);
	sign(s, "operator", &author);
	is(check(0, s, &err), -EKEYREJECTED, "the same one twice: %s", err.text);
	sign(s, "operator", &operator);
	ok(!check(0, s, &err), "both");
	s->text[20] ^= 1;
	is(check(1, s, &err), -EKEYREJECTED, "of another text: %s", err.text);
	s->text[20] ^= 1;
	s->signatures[0].message[s->signatures[0].size - 1] ^= 1;
	is(check(0, s, &err), -EKEYREJECTED, "a damaged signature: %s", err.text);
	signed_free(s);
}

static void a_key_can_follow_another(void)
{
	struct signed_manifest *s = new_signed();
	struct mrb_error err;

	trust_role("author.pem", &stranger, &author);
	sign(s, "author", &author);
	sign(s, "operator", &operator);
	ok(!check(0, s, &err), "the old key");
	sign(s, "author", &stranger);
	ok(!check(0, s, &err), "the new key");
	trust_role("author.pem", &author, NULL);
	is(check(0, s, &err), -EKEYREJECTED, "the new one, not known: %s", err.text);
	signed_free(s);
}

static void nobody_is_two(void)
{
	struct mrb_error err;

	trust_role("friend.pem", &operator, NULL);
	ok(!trust_open(dir, 0, &err), "a key in two roles: %s", err.text);
	trust_role("friend.pem", &stranger, NULL);
	ok(!trust_open(dir, 4, &err), "more than there are: %s", err.text);
	forget_role("friend.pem");
	forget_role("author.pem");
	forget_role("operator.pem");
	ok(!trust_open(dir, 0, &err), "nobody: %s", err.text);
	ok(!trust_open("/nonesuch", 0, &err), "no directory: %s", err.text);
}

static void signed_manifests_travel(void)
{
	struct signed_manifest *s = new_signed(), *back;
	struct mrb_error err;
	size_t size, i;
	char *file;

	trust_role("author.pem", &author, NULL);
	trust_role("operator.pem", &operator, NULL);
	sign(s, "author", &author);
	sign(s, "operator", &operator);
	file = signed_format(s, &size);
	back = file ? signed_parse(file, size, &err) : NULL;
	ok(back && back->size == s->size && !memcmp(back->text, s->text, s->size),
	   "the text is as it was");
	ok(back && !check(0, back, &err), "and so are the signatures");
	signed_free(back);
	for (i = 0; i < size; i++) {
		char *copy = malloc(i ?: 1);

		memcpy(copy, file, i);
		back = signed_parse(copy, i, &err);
		free(copy);
		if (back)
			break;
	}
	is(i, size, "cut short, it is none");
	signed_free(i == size ? NULL : back);
	free(file);
	signed_free(s);
}

static const char *const bad_signed[] = {
	"", "[]", "{}", "{\"codeswap-signed-manifest\":2}",
	"{\"codeswap-signed-manifest\":1,\"manifest\":7,\"signatures\":[]}",
	"{\"codeswap-signed-manifest\":1,\"manifest\":\"\",\"signatures\":[]}",
	"{\"codeswap-signed-manifest\":1,\"manifest\":\"{}\"}",
	"{\"codeswap-signed-manifest\":1,\"manifest\":\"{}\",\"signatures\":[7]}",
	"{\"codeswap-signed-manifest\":1,\"manifest\":\"{}\",\"signatures\":"
		"[{\"role\":\"author\",\"cms\":\"AAA\"}]}",
	"{\"codeswap-signed-manifest\":1,\"manifest\":\"{}\",\"signatures\":"
		"[{\"role\":\"author\",\"cms\":\"A*==\"}]}",
	"{\"codeswap-signed-manifest\":1,\"manifest\":\"{}\",\"signatures\":"
		"[{\"role\":\"../x\",\"cms\":\"AAAA\"}]}",
	"{\"codeswap-signed-manifest\":1,\"manifest\":\"{}\",\"signatures\":"
		"[{\"role\":\"a\\u0000b\",\"cms\":\"AAAA\"}]}",
	"{\"codeswap-signed-manifest\":1,\"manifest\":\"{}\",\"signatures\":"
		"[7,7,7,7,7,7,7,7,7]}",
};

static void what_is_no_signed_manifest(void)
{
	struct signed_manifest *s;
	struct mrb_error err;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_signed); i++) {
		err.text[0] = '\0';
		s = signed_parse(bad_signed[i], strlen(bad_signed[i]), &err);
		ok(!s && err.text[0], "%s", err.text);
		signed_free(s);
	}
}

static void trust_is_earned(void)
{
	snprintf(dir, sizeof(dir), "/tmp/fleet-trust-XXXXXX");
	if (!mkdtemp(dir))
		tap_bail("no directory");
	make_person(&author, "author");
	make_person(&operator, "operator");
	make_person(&stranger, "stranger");
	two_must_have_signed();
	a_key_can_follow_another();
	nobody_is_two();
	signed_manifests_travel();
	what_is_no_signed_manifest();
	forget_role("author.pem");
	forget_role("operator.pem");
	forget_role("notes.txt");
	rmdir(dir);
	free_person(&author);
	free_person(&operator);
	free_person(&stranger);
}

/* ---- messages ------------------------------------------------------------ */

static void fill_message(struct message *m, enum message_type type)
{
	memset(m, 0, sizeof(*m));
	m->type = type;
	strcpy(m->name, "rack7-node12");
	strcpy(m->role, "master");
	m->port = 4711;
	m->sequence = 17;
	m->offer = 3;
	strcpy(m->types[0], "hba");
	strcpy(m->types[1], "hba mini");
	m->num_types = 2;
	strcpy(m->file, "hba-2.0.0.mrb");
	strcpy(m->group, "ff02::1:2");
	m->sender = 0xc0a80001;
	m->ranges[0] = (struct chunk_range){ 0, 2 };
	m->ranges[1] = (struct chunk_range){ 5, 1 };
	m->num_ranges = 2;
	strcpy(m->module_type, "hba");
	strcpy(m->state, "receiving");
	m->progress = 40;
	strcpy(m->error, "chunk 3: a wrong \"hash\"");
	strcpy(m->nonce, "0123456789abcdef");
	m->manifest = (char *)"{\"signed\"}";
}

/* What a type has not is not in its message, so compare what is written. */
static void messages_travel(void)
{
	static struct message m;
	struct message *back;
	struct mrb_error err;
	size_t size, again;
	char *bytes, *second;
	int type;

	for (type = 0; type < MESSAGE_TYPES; type++) {
		fill_message(&m, type);
		bytes = message_format(&m, &size);
		back = bytes ? message_parse(bytes, size, &err) : NULL;
		second = back ? message_format(back, &again) : NULL;
		ok(second && again == size && !memcmp(bytes, second, size),
		   "%s: %zu bytes", message_name(type), size);
		message_free(back);
		free(bytes);
		free(second);
	}
}

static void fields_arrive(void)
{
	static struct message m;
	struct message *back;
	struct mrb_error err;
	size_t size;
	char *bytes;

	fill_message(&m, MESSAGE_ACK);
	bytes = message_format(&m, &size);
	back = message_parse(bytes, size, &err);
	ok(back && back->type == MESSAGE_ACK && !strcmp(back->name, m.name) &&
	   !strcmp(back->file, m.file) && back->offer == 3 && back->sequence == 17,
	   "who, and of what");
	ok(back && back->num_ranges == 2 && back->ranges[1].first == 5 &&
	   back->ranges[1].num == 1, "what is missing");
	ok(back && !back->num_types && !back->error[0], "and nothing else");
	message_free(back);
	free(bytes);
}

/* In memory of exactly its size. */
static bool is_no_message(const char *bytes, size_t size)
{
	char *copy = malloc(size ?: 1);
	struct mrb_error err;
	struct message *m;

	memcpy(copy, bytes, size);
	m = message_parse(copy, size, &err);
	free(copy);
	message_free(m);
	return !m;
}

static void no_part_of_a_message_is_one(void)
{
	static struct message m;
	unsigned int accepted = 0;
	size_t size, i;
	char *bytes;
	int type;

	for (type = 0; type < MESSAGE_TYPES; type++) {
		fill_message(&m, type);
		bytes = message_format(&m, &size);
		for (i = 0; i < size; i++)
			accepted += !is_no_message(bytes, i);
		for (i = 0; i < size; i++) {
			bytes[i] ^= 0x80;
			accepted += !is_no_message(bytes, size);
			bytes[i] ^= 0x80;
		}
		free(bytes);
	}
	is(accepted, 0, "cut short, or with a byte out of ASCII: none is taken");
}

/*
 * Any byte may be any other: whatever comes of it, nothing is read or written
 * where it should not be.
 */
static void damaged_messages_do_no_harm(void)
{
	static struct message m;
	unsigned int taken = 0;
	size_t size, i;
	u32 x = 7;
	char *bytes, was;
	int round;

	fill_message(&m, MESSAGE_ACK);
	bytes = message_format(&m, &size);
	for (round = 0; round < 20000; round++) {
		x = x * 1664525 + 1013904223;
		i = (x >> 8) % size;
		was = bytes[i];
		bytes[i] = (char)(x >> 24);
		taken += !is_no_message(bytes, size);
		bytes[i] = was;
	}
	ok(taken < 20000, "%u of 20000 damaged ones can still be read", taken);
	free(bytes);
}

static const char *const bad_messages[] = {
	"", "7", "{}", "{\"codeswap\":1}", "{\"codeswap\":2,\"type\":\"hello\"}",
	"{\"codeswap\":1,\"type\":7}", "{\"codeswap\":1,\"type\":\"shout\"}",
	"{\"codeswap\":1,\"type\":\"hello\"}",
	"{\"codeswap\":1,\"type\":\"hello\",\"name\":\"\",\"role\":\"node\","
		"\"port\":0,\"sequence\":0}",
	"{\"codeswap\":1,\"type\":\"hello\",\"name\":\"a\",\"role\":\"node\","
		"\"port\":65536,\"sequence\":0}",
	"{\"codeswap\":1,\"type\":\"hello\",\"name\":\"a\",\"role\":\"node\","
		"\"port\":-1,\"sequence\":0}",
	"{\"codeswap\":1,\"type\":\"hello\",\"name\":\"a\\n\",\"role\":\"node\","
		"\"port\":0,\"sequence\":0}",
	"{\"codeswap\":1,\"type\":\"request\",\"name\":\"a\",\"sequence\":0,"
		"\"types\":\"hba\"}",
	"{\"codeswap\":1,\"type\":\"request\",\"name\":\"a\",\"sequence\":0,"
		"\"types\":[\"0123456789012345678901234567890123456789\"]}",
	"{\"codeswap\":1,\"type\":\"ack\",\"name\":\"a\",\"sequence\":0,\"offer\":1,"
		"\"file\":\"f\",\"missing\":[[0,0]]}",
	"{\"codeswap\":1,\"type\":\"ack\",\"name\":\"a\",\"sequence\":0,\"offer\":1,"
		"\"file\":\"f\",\"missing\":[[0,2],[1,1]]}",
	"{\"codeswap\":1,\"type\":\"ack\",\"name\":\"a\",\"sequence\":0,\"offer\":1,"
		"\"file\":\"f\",\"missing\":[[4294967295,2]]}",
	"{\"codeswap\":1,\"type\":\"ack\",\"name\":\"a\",\"sequence\":0,\"offer\":1,"
		"\"file\":\"f\",\"missing\":[[0,1,2]]}",
};

static void what_is_no_message(void)
{
	struct mrb_error err;
	struct message *m;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_messages); i++) {
		err.text[0] = '\0';
		m = message_parse(bad_messages[i], strlen(bad_messages[i]), &err);
		ok(!m && err.text[0], "%u: %s", i, err.text);
		message_free(m);
	}
}

int main(void)
{
	make_image();
	windows_end_when_they_should();
	a_late_look_does_not_move_the_end();
	rules_that_make_no_sense();
	a_manifest_is_read();
	bad_manifests_are_refused();
	no_part_of_a_manifest_is_one();
	chunks_come_in_any_order();
	what_is_there_need_not_come();
	ranges_without_room();
	a_manifest_that_contradicts_itself();
	trust_is_earned();
	messages_travel();
	fields_arrive();
	no_part_of_a_message_is_one();
	damaged_messages_do_no_harm();
	what_is_no_message();
	return tap_done();
}
