// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap manifest: what a site is to run, made where images are released,
 * signed where each key is, and checked as a node would.
 */
#include <getopt.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "cms.h"
#include "codeswap.h"
#include "fleet/make.h"
#include "fleet/trust.h"
#include "image_tool.h"

#define DEFAULT_DAYS	30
#define MAX_DAYS	3650
#define DEFAULT_CHUNK	(512U << 10)

static const char make_usage[] =
"Usage: codeswap manifest make --sequence N [--days D] [--chunk-bytes N]\n"
"                              MANIFEST IMAGE...\n"
"\n"
"Writes MANIFEST, without signatures, for the images: one for each module type,\n"
"or files of several (codeswap image bundle).\n"
"\n"
"      --sequence N       higher than that of every manifest before it\n"
"      --days D           for how long it is good (30)\n"
"      --chunk-bytes N    262144, 524288 (the default) or 1048576\n";

static const char sign_usage[] =
"Usage: codeswap manifest sign --role ROLE --key KEY --cert CERTIFICATE MANIFEST\n"
"\n"
"Adds a role's signature to MANIFEST, or replaces the one it has.\n"
"\n"
"      --role ROLE         author, operator, or whom nodes know\n"
"      --key KEY           private key, PEM\n"
"      --cert CERTIFICATE  the certificate that goes with it, PEM or DER\n";

static const char verify_usage[] =
"Usage: codeswap manifest verify --trust DIR [--threshold N] [--after N] MANIFEST\n"
"\n"
"Checks a manifest as a node does: signatures, time, sequence.\n"
"\n"
"      --trust DIR         a file ROLE.pem of certificates for each role\n"
"      --threshold N       so many roles must have signed (all that DIR knows)\n"
"      --after N           sequence of the manifest that was accepted last\n";

static const char show_usage[] =
"Usage: codeswap manifest show MANIFEST\n"
"\n"
"Prints what is signed, and who says to have signed it; nothing is checked.\n";

static struct signed_manifest *read_signed(const char *path)
{
	struct signed_manifest *s = NULL;
	struct image_file file;
	struct mrb_error err;

	if (image_file_read(&file, path, &err)) {
		failed("%s: %s", path, err.text);
		return NULL;
	}
	s = signed_parse((const char *)file.data, file.size, &err);
	if (!s)
		failed("%s: %s", path, err.text);
	image_file_free(&file);
	return s;
}

static int write_signed(const struct signed_manifest *s, const char *path)
{
	struct mrb_error err;
	size_t size;
	char *text = signed_format(s, &size);
	int ret = CMD_DONE;

	if (!text)
		return failed("out of memory");
	if (image_file_write(path, text, size, &err))
		ret = failed("%s: %s", path, err.text);
	free(text);
	return ret;
}

static bool read_number(const char *option, const char *text, u64 least, u64 most,
			u64 *value)
{
	if (image_number(text, most, value) && *value >= least)
		return true;
	failed("--%s %s: a number from %llu to %llu is wanted", option, text, least,
	       most);
	return false;
}

/* What is there and no manifest stays: it is an image, and MANIFEST was forgotten. */
static bool may_be_replaced(const char *path)
{
	struct signed_manifest *s;
	struct image_file file;
	struct mrb_error err;

	if (image_file_read(&file, path, &err))
		return true;
	s = signed_parse((const char *)file.data, file.size, &err);
	image_file_free(&file);
	signed_free(s);
	if (!s)
		failed("%s is there, and is no manifest: MANIFEST comes first, and then the images",
		       path);
	return s;
}

static int make(const struct manifest_plan *plan, const char *out)
{
	struct signed_manifest *s;
	const char *path = NULL;
	struct mrb_error err;
	char *text = manifest_make(plan, &path, &err);
	int ret;

	if (!text)
		return path ? failed("%s: %s", path, err.text) :
			      failed("%s", err.text);
	s = signed_new(text, strlen(text));
	ret = s ? write_signed(s, out) : failed("out of memory");
	signed_free(s);
	free(text);
	return ret;
}

static int run_make(int argc, char **argv)
{
	static const struct option options[] = {
		{ "sequence", required_argument, NULL, 's' },
		{ "days", required_argument, NULL, 'd' },
		{ "chunk-bytes", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	u64 sequence = 0, days = DEFAULT_DAYS, chunk = DEFAULT_CHUNK;
	struct manifest_plan plan = { .issued = time(NULL) };
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 's')
			good = read_number("sequence", optarg, 1, INT64_MAX,
					   &sequence);
		else if (c == 'd')
			good = read_number("days", optarg, 1, MAX_DAYS, &days);
		else if (c == 'c')
			good = read_number("chunk-bytes", optarg, CHUNK_MIN_BYTES,
					   CHUNK_MAX_BYTES, &chunk);
		else
			return usage(make_usage, c == 'h');
	}
	if (!good)
		return CMD_USAGE;
	if (!sequence) {
		failed("--sequence N is missing: higher than that of every manifest before it");
		return CMD_USAGE;
	}
	if (argc - optind < 2)
		return usage(make_usage, false);
	if (!may_be_replaced(argv[optind]))
		return CMD_FAILED;
	plan.sequence = sequence;
	plan.expires = plan.issued + (time_t)days * 86400;
	plan.chunk_bytes = chunk;
	plan.paths = argv + optind + 1;
	plan.num_paths = argc - optind - 1;
	return make(&plan, argv[optind]);
}

static int sign(const char *role, const char *key_path, const char *cert_path,
		const char *path)
{
	struct signed_manifest *s;
	struct mrb_error err;
	EVP_PKEY *key;
	X509 *cert;
	size_t size;
	u8 *message;
	int ret;

	if (cms_read_signer(key_path, cert_path, &key, &cert, &err))
		return failed("%s", err.text);
	s = read_signed(path);
	message = s ? cms_sign(s->text, s->size, cert, key, &size, &err) : NULL;
	if (!s)
		ret = CMD_FAILED;
	else if (!message || signed_add(s, role, message, size, &err))
		ret = failed("%s: %s", path, err.text);
	else
		ret = write_signed(s, path);
	OPENSSL_free(message);
	signed_free(s);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ret;
}

static int run_sign(int argc, char **argv)
{
	static const struct option options[] = {
		{ "role", required_argument, NULL, 'r' },
		{ "key", required_argument, NULL, 'k' },
		{ "cert", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *role = NULL, *key = NULL, *cert = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'r')
			role = optarg;
		else if (c == 'k')
			key = optarg;
		else if (c == 'c')
			cert = optarg;
		else
			return usage(sign_usage, c == 'h');
	}
	if (!role || !key || !cert || optind + 1 != argc)
		return usage(sign_usage, false);
	return sign(role, key, cert, argv[optind]);
}

static int verify(const char *dir, unsigned int threshold, u64 after,
		  const char *path)
{
	struct signed_manifest *s = read_signed(path);
	struct manifest *m = NULL;
	struct mrb_error err;
	struct trust *t;
	int ret = CMD_DONE;

	if (!s)
		return CMD_FAILED;
	t = trust_open(dir, threshold, &err);
	if (!t)
		ret = failed("%s", err.text);
	else if (!trust_check(t, s, &err))
		m = manifest_parse(s->text, s->size, &err);
	if (m && !manifest_check_time(m, time(NULL), &err) &&
	    !manifest_check_sequence(m, after, &err))
		printf("%s: manifest %llu, %u images, is good\n", path,
		       m->sequence, m->num_images);
	else if (t)
		ret = failed("%s: %s", path, err.text);
	manifest_free(m);
	trust_close(t);
	signed_free(s);
	return ret;
}

static int run_verify(int argc, char **argv)
{
	static const struct option options[] = {
		{ "trust", required_argument, NULL, 't' },
		{ "threshold", required_argument, NULL, 'n' },
		{ "after", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	u64 threshold = 0, after = 0;
	const char *dir = NULL;
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 't')
			dir = optarg;
		else if (c == 'n')
			good = read_number("threshold", optarg, 1, TRUST_MAX_ROLES,
					   &threshold);
		else if (c == 'a')
			good = read_number("after", optarg, 0, INT64_MAX, &after);
		else
			return usage(verify_usage, c == 'h');
	}
	if (!good)
		return CMD_USAGE;
	if (!dir || optind + 1 != argc)
		return usage(verify_usage, false);
	return verify(dir, threshold, after, argv[optind]);
}

static int run_show(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct signed_manifest *s;
	unsigned int i;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		return usage(show_usage, c == 'h');
	if (optind + 1 != argc)
		return usage(show_usage, false);
	s = read_signed(argv[optind]);
	if (!s)
		return CMD_FAILED;
	printf("%s\n", s->text);
	for (i = 0; i < s->num; i++)
		printf("signature of %s, %zu bytes\n", s->signatures[i].role,
		       s->signatures[i].size);
	signed_free(s);
	return CMD_DONE;
}

int cmd_manifest(int argc, char **argv)
{
	static const struct command verbs[] = {
		{ "make", run_make, "write the manifest of image files" },
		{ "sign", run_sign, "add a role's signature" },
		{ "verify", run_verify, "check it as a node does" },
		{ "show", run_show, "print it" },
		{ }
	};

	return command_run("codeswap manifest", verbs, argc, argv);
}
