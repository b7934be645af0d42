// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap image: everything that is done to image files, and nothing that
 * needs a device.
 */
#include <getopt.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "codeswap.h"
#include "image_tool.h"

static const char build_usage[] =
"Usage: codeswap image build -d DESCRIPTION -e ELF -o IMAGE [--build-id HEX]\n"
"\n"
"Makes an image of a linked ELF file and a description of it.\n"
"\n"
"  -d, --description FILE  a key and its values on a line\n"
"  -e, --elf FILE          statically linked executable\n"
"  -o, --output FILE       image to write\n"
"      --build-id HEX      instead of the one that the linker made\n";

static const char info_usage[] =
"Usage: codeswap image info [--json] FILE\n"
"\n"
"Shows what the images in a file say of themselves.\n";

static const char verify_usage[] =
"Usage: codeswap image verify [--cert CERTIFICATE] FILE\n"
"\n"
"Checks structure, digests and padding of the images in a file, one line for\n"
"each; with --cert their signatures, too (CERTIFICATE in PEM or DER form).\n";

static const char bundle_usage[] =
"Usage: codeswap image bundle BUNDLE IMAGE...\n"
"\n"
"Verifies the images and writes them to BUNDLE, one after another.\n";

static const char sign_usage[] =
"Usage: codeswap image sign --key KEY --cert CERTIFICATE IMAGE SIGNED\n"
"\n"
"Signs every image in a file; signatures that were there are replaced.\n"
"\n"
"      --key KEY           private key, PEM\n"
"      --cert CERTIFICATE  the certificate that goes with it, PEM or DER\n";

static const struct option no_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ }
};

/* 20 bytes at most, two digits each. */
static bool parse_build_id(const char *hex, u8 *id)
{
	size_t i, len = strlen(hex);
	char digits[3] = "";

	if (!len || len % 2 || len / 2 > MRB_BUILD_ID_LEN ||
	    strspn(hex, "0123456789abcdefABCDEF") != len)
		return false;
	memset(id, 0, MRB_BUILD_ID_LEN);
	for (i = 0; i < len / 2; i++) {
		memcpy(digits, hex + 2 * i, 2);
		id[i] = strtoul(digits, NULL, 16);
	}
	return true;
}

static int build(const char *desc_path, const char *elf_path,
		 const char *out_path, struct image_plan *plan)
{
	struct image_elf *elf = NULL;
	struct image_desc desc;
	int ret;

	ret = image_desc_read(&desc, desc_path, plan);
	if (!ret) {
		elf = image_elf_open(elf_path);
		ret = elf ? image_elf_plan(elf, &desc) : -1;
	}
	if (!ret)
		ret = image_build(plan, out_path);
	image_elf_close(elf);
	image_desc_free(&desc);
	return ret ? CMD_FAILED : CMD_DONE;
}

static int run_build(int argc, char **argv)
{
	static const struct option options[] = {
		{ "description", required_argument, NULL, 'd' },
		{ "elf", required_argument, NULL, 'e' },
		{ "output", required_argument, NULL, 'o' },
		{ "build-id", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *desc = NULL, *elf = NULL, *out = NULL;
	struct image_plan plan = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "d:e:o:h", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			desc = optarg;
			break;
		case 'e':
			elf = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 'b':
			plan.has_build_id = parse_build_id(optarg,
							   plan.header.build_id);
			if (plan.has_build_id)
				break;
			failed("build id '%s' is not 1 to %u bytes in hexadecimal digits",
			       optarg, MRB_BUILD_ID_LEN);
			return CMD_USAGE;
		default:
			return usage(build_usage, c == 'h');
		}
	}
	if (!desc || !elf || !out || optind < argc)
		return usage(build_usage, false);
	return build(desc, elf, out, &plan);
}

/* The sentence of a failure, and where: the image matters only in a bundle. */
static int image_failed(const struct image_file *file,
			const struct image_view *view,
			const struct mrb_error *err)
{
	if (view->number > 1)
		return failed("%s: image %u: %s", file->path, view->number,
			      err->text);
	return failed("%s: %s", file->path, err->text);
}

static int show_images(const struct image_file *file, struct json_object *array)
{
	struct image_view view = { 0 };
	struct mrb_error err;
	int ret;

	while ((ret = image_view_next(file, &view, &err)) > 0) {
		if (array) {
			json_object_array_add(array, image_info_json(&view));
			continue;
		}
		if (view.number > 1)
			putchar('\n');
		image_info_print(&view);
	}
	if (ret)
		ret = image_failed(file, &view, &err);
	image_view_done(&view);
	return ret;
}

static int run_info(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct json_object *array = NULL;
	struct image_file file;
	struct mrb_error err;
	bool json = false;
	int c, ret;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'j')
			return usage(info_usage, c == 'h');
		json = true;
	}
	if (optind + 1 != argc)
		return usage(info_usage, false);
	if (image_file_read(&file, argv[optind], &err))
		return failed("%s: %s", argv[optind], err.text);
	if (json)
		array = json_object_new_array();
	ret = show_images(&file, array);
	if (!ret && array)
		puts(json_object_to_json_string_ext(array,
						    JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(array);
	image_file_free(&file);
	return ret;
}

static void print_verified(const struct image_file *file,
			   const struct image_view *view, bool signature)
{
	const struct mrb_header *h = view->image.header;
	const char *state = "not signed";

	if (view->signature)
		state = signature ? "signature good" : "signature not checked";
	printf("%s: image %u: %s %u.%u.%u, %llu bytes, digests good, %s\n",
	       file->path, view->number, h->device_type,
	       le16_to_cpu(h->version.major), le16_to_cpu(h->version.minor),
	       le16_to_cpu(h->version.patch), view->image.image_size, state);
}

/* @cert: check the signatures as well, unless %NULL. @quiet: only failures. */
static int verify_images(const struct image_file *file,
			 const struct image_cert *cert, bool quiet)
{
	struct image_view view = { 0 };
	struct mrb_error err;
	int ret;

	while ((ret = image_view_next(file, &view, &err)) > 0) {
		ret = image_view_check(&view, &err);
		if (!ret && cert)
			ret = image_cert_check(cert, &view, &err);
		if (ret)
			break;
		if (!quiet)
			print_verified(file, &view, cert);
	}
	if (ret)
		ret = image_failed(file, &view, &err);
	image_view_done(&view);
	return ret;
}

static int verify(const char *path, const char *cert_path)
{
	struct image_cert *cert = NULL;
	struct image_file file;
	struct mrb_error err;
	int ret;

	if (cert_path) {
		cert = image_cert_open(cert_path);
		if (!cert)
			return CMD_FAILED;
	}
	if (image_file_read(&file, path, &err)) {
		ret = failed("%s: %s", path, err.text);
	} else {
		ret = verify_images(&file, cert, false);
		image_file_free(&file);
	}
	image_cert_close(cert);
	return ret;
}

static int run_verify(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cert", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *cert = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'c')
			return usage(verify_usage, c == 'h');
		cert = optarg;
	}
	if (optind + 1 != argc)
		return usage(verify_usage, false);
	return verify(argv[optind], cert);
}

static int append(struct image_file *bundle, const struct image_file *file)
{
	u8 *larger = realloc(bundle->data, bundle->size + file->size);

	if (!larger)
		return failed("%s: out of memory", bundle->path);
	memcpy(larger + bundle->size, file->data, file->size);
	bundle->data = larger;
	bundle->size += file->size;
	return CMD_DONE;
}

static int append_verified(struct image_file *bundle, const char *path)
{
	struct image_file file;
	struct mrb_error err;
	int ret;

	if (image_file_read(&file, path, &err))
		return failed("%s: %s", path, err.text);
	ret = verify_images(&file, NULL, true);
	if (!ret)
		ret = append(bundle, &file);
	image_file_free(&file);
	return ret;
}

static int run_bundle(int argc, char **argv)
{
	struct image_file bundle = { 0 };
	struct mrb_error err;
	int c, ret = CMD_DONE;

	while ((c = getopt_long(argc, argv, "h", no_options, NULL)) != -1)
		return usage(bundle_usage, c == 'h');
	if (argc - optind < 2)
		return usage(bundle_usage, false);
	bundle.path = argv[optind++];
	for (; !ret && optind < argc; optind++)
		ret = append_verified(&bundle, argv[optind]);
	if (!ret && image_file_write(bundle.path, bundle.data, bundle.size,
				     &err))
		ret = failed("%s: %s", bundle.path, err.text);
	image_file_free(&bundle);
	return ret;
}

static int sign(const char *key, const char *cert, const char *path,
		const char *out_path)
{
	struct image_file file;
	struct mrb_error err;
	int ret;

	if (image_file_read(&file, path, &err))
		return failed("%s: %s", path, err.text);
	/* A signature on bytes that are wrong would bless them. */
	ret = verify_images(&file, NULL, true);
	if (!ret)
		ret = image_sign(&file, key, cert, out_path) ? CMD_FAILED :
							       CMD_DONE;
	image_file_free(&file);
	return ret;
}

static int run_sign(int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "cert", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *key = NULL, *cert = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'k')
			key = optarg;
		else if (c == 'c')
			cert = optarg;
		else
			return usage(sign_usage, c == 'h');
	}
	if (!key || !cert || optind + 2 != argc)
		return usage(sign_usage, false);
	return sign(key, cert, argv[optind], argv[optind + 1]);
}

int cmd_image(int argc, char **argv)
{
	static const struct command verbs[] = {
		{ "build", run_build, "make an image of an ELF file" },
		{ "info", run_info, "show what images say of themselves" },
		{ "verify", run_verify, "check structure, digests, signatures" },
		{ "bundle", run_bundle, "put images into one file" },
		{ "sign", run_sign, "sign the images in a file" },
		{ }
	};

	return command_run("codeswap image", verbs, argc, argv);
}
