// SPDX-License-Identifier: GPL-2.0-only
/* Who must have signed a manifest. */
#include <unistd.h>

#include <openssl/pem.h>

#include "tap.h"
#include "cms.h"
#include "fleet_damage.h"
#include "fleet_sample.h"
#include "fleet/trust.h"

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

static bool reads(const char *bytes, size_t size)
{
	struct mrb_error err;
	struct signed_manifest *s = signed_parse(bytes, size, &err);

	signed_free(s);
	return s;
}

static void signed_manifests_travel(void)
{
	struct signed_manifest *s = new_signed(), *back;
	struct mrb_error err;
	size_t size;
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
	is(damaged_ones_read(reads, file, size), 0,
	   "cut short, or with a byte out of ASCII, it is none");
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

int main(void)
{
	make_image();
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
	return tap_done();
}
