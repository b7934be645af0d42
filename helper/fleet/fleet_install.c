// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap fleet install: a manifest, and its images, to a master. The manifest is said; the
 * images it gets by HTTP from this program, which serves them for as long as that takes. What
 * is sent need not be secret, and who gets it compares hashes: there is no TLS.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../codeswap.h"
#include "../feed.h"
#include "fleet_files.h"
#include "fleet_update.h"
#include "trust.h"

#define TURN_MS		500
#define DEFAULT_SECONDS	600

static const char usage_text[] =
"Usage: codeswap fleet install --master ADDRESS[:PORT] [OPTION...] DIR\n"
"\n"
"Brings what is in DIR to a master: site.manifest, signed, and the images that it names.\n"
"Ends when the master has all of it; other masters fetch it from that one.\n"
"\n"
"  -m, --master ADDRESS[:PORT]  any master of the site (port: 7373)\n"
"  -u, --url URL      the images can be had there; else the master gets them from here\n"
"      --seconds N    wait no longer than that (600)\n"
"  -t, --tls DIR      with cert.pem, key.pem and ca.pem, of an operator\n"
"                     (default: /etc/codeswap/tls)\n"
"  -h, --help         this text\n";

/**
 * struct install - what is brought to a master
 * @fleet: site
 * @text: of the signed manifest
 * @manifest: of it
 * @is_there: the master has all of it
 * @state: of the master, as it said last
 * @sequence: of its manifest
 * @error: that it said last
 * @is_interrupted: by a signal
 */
struct install {
	struct fleet *fleet;
	char *text;
	struct manifest *manifest;
	bool is_there;
	char state[MESSAGE_STATE_LEN];
	u64 sequence;
	char error[MESSAGE_TEXT_LEN];
	bool is_interrupted;
};

/* ---- what is brought -------------------------------------------------------------- */

static int read_manifest(struct install *in, const char *dir)
{
	struct signed_manifest *s = NULL;
	struct image_file file;
	struct mrb_error err;
	char path[512];

	snprintf(path, sizeof(path), "%s/site.manifest", dir);
	if (image_file_read(&file, path, &err))
		return failed("%s: %s", path, err.text);
	s = signed_parse((const char *)file.data, file.size, &err);
	if (s)
		in->manifest = manifest_parse(s->text, s->size, &err);
	if (in->manifest)
		in->text = strndup((const char *)file.data, file.size);
	image_file_free(&file);
	signed_free(s);
	if (in->manifest)
		return in->text ? CMD_DONE : failed("out of memory");
	return failed("%s: %s", path, err.text);
}

static int check_images(const struct install *in, const char *dir)
{
	char path[512];
	unsigned int i;

	for (i = 0; i < in->manifest->num_images; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, in->manifest->images[i].file);
		if (access(path, R_OK))
			return failed("%s: %s, and the manifest names it", path, strerror(errno));
	}
	return CMD_DONE;
}

/* ---- whether it is there ---------------------------------------------------------- */

static void on_status(const struct message *m, const struct identity *from, void *ctx)
{
	struct install *in = ctx;

	if (!from || from->role != ROLE_MASTER || strcmp(m->module_type, "master") ||
	    !strcmp(m->state, "desired"))
		return;
	in->sequence = m->sequence;
	snprintf(in->state, sizeof(in->state), "%s", m->state);
	snprintf(in->error, sizeof(in->error), "%s", m->error);
	in->is_there |= m->sequence == in->manifest->sequence && strcmp(m->state, "incomplete");
}

static int ask(struct install *in)
{
	struct mrb_error err;
	int ret;

	in->fleet->status = on_status;
	in->fleet->ctx = in;
	fleet_order(in->fleet, MESSAGE_QUERY);
	ret = fleet_talk(in->fleet, &err);
	in->fleet->status = NULL;
	return ret ? failed("%s", err.text) : CMD_DONE;
}

static int say(struct install *in, const char *url)
{
	struct mrb_error err;
	struct message *m;

	fleet_order(in->fleet, MESSAGE_INSTALL);
	m = in->fleet->say;
	m->sequence = in->manifest->sequence;
	m->manifest = strdup(in->text);
	if (!m->manifest)
		return failed("out of memory");
	if (snprintf(m->url, sizeof(m->url), "%s", url) >= (int)sizeof(m->url))
		return failed("--url %s: up to %zu characters are wanted", url, sizeof(m->url) - 1);
	if (fleet_talk(in->fleet, &err))
		return failed("%s", err.text);
	if (!in->fleet->refusal[0])
		return CMD_DONE;
	return failed("the master does not take manifest %llu: %s", in->manifest->sequence,
		      in->fleet->refusal);
}

static int not_there(const struct install *in, const char *why)
{
	return failed("manifest %llu is not installed: %s; the master has manifest %llu, %s%s%s",
		      in->manifest->sequence, why, in->sequence,
		      in->state[0] ? in->state : "silent", in->error[0] ? ": " : "", in->error);
}

static int await(struct install *in, unsigned int seconds)
{
	u64 until = now_ms() + seconds * 1000ULL;
	char why[64];

	while (!in->is_there && !in->is_interrupted && now_ms() < until) {
		fleet_wait(in->fleet, TURN_MS);
		if (ask(in))
			return CMD_FAILED;
		if (in->sequence > in->manifest->sequence)
			return not_there(in, "there is a newer one");
	}
	if (in->is_there)
		return CMD_DONE;
	snprintf(why, sizeof(why), "it has not come within %u s", seconds);
	return not_there(in, in->is_interrupted ? "it was interrupted" : why);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct install *in = ctx;

	(void)number;
	(void)what;
	in->is_interrupted = true;
}

static int bring(struct install *in, const char *dir, const char *url, unsigned int seconds)
{
	struct fleet_files *files = NULL;
	struct mrb_error err;
	int ret = CMD_DONE;

	if (!url) {
		if (check_images(in, dir))
			return CMD_FAILED;
		files = fleet_files_new(in->fleet, in->manifest, dir, &err);
		if (!files)
			return failed("%s", err.text);
		url = fleet_files_url(files);
	}
	ret = say(in, url) ?: await(in, seconds);
	fleet_files_free(files);
	return ret;
}

/**
 * install_dir() - bring a manifest and its images to a master
 * @f: site; it has begun
 * @dir: with site.manifest
 * @url: where the images can be had, or %NULL: from here
 * @seconds: wait no longer
 * @above: its sequence has to be higher than that
 *
 * Return: exit status.
 */
int install_dir(struct fleet *f, const char *dir, const char *url, unsigned int seconds,
		u64 above)
{
	struct install in = { .fleet = f };
	struct event *signals[] = {
		evsignal_new(f->base, SIGINT, on_signal, &in),
		evsignal_new(f->base, SIGTERM, on_signal, &in),
	};
	int ret = read_manifest(&in, dir);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!ret && (!signals[i] || event_add(signals[i], NULL)))
			ret = failed("out of memory");
	if (!ret && in.manifest->sequence <= above)
		ret = failed("%s: manifest %llu, and the update is to %llu: the way back is higher",
			     dir, in.manifest->sequence, above);
	ret = ret ?: ask(&in);
	if (!ret && !in.is_there)
		ret = bring(&in, dir, url, seconds);
	if (!ret)
		printf("manifest %llu is installed, with %u images\n", in.manifest->sequence,
		       in.manifest->num_images);
	fflush(stdout);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (signals[i])
			event_free(signals[i]);
	manifest_free(in.manifest);
	free(in.text);
	return ret;
}

static bool read_seconds(const char *text, unsigned int *seconds)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*seconds = (unsigned int)number;
	if (*text >= '0' && *text <= '9' && !*end && number && number <= 86400)
		return true;
	failed("--seconds %s: a number of 1 to 86400 is wanted", text);
	return false;
}

int fleet_install(int argc, char **argv)
{
	static const struct option options[] = {
		FLEET_OPTIONS,
		{ "url", required_argument, NULL, 'u' },
		{ "seconds", required_argument, NULL, 's' },
		{ }
	};
	unsigned int seconds = DEFAULT_SECONDS;
	const char *url = NULL;
	struct fleet f = { 0 };
	int c, ret;

	while ((c = getopt_long(argc, argv, "m:t:jhu:", options, NULL)) != -1) {
		ret = -1;
		if (c == 'u')
			url = optarg;
		else if (c == 's')
			ret = read_seconds(optarg, &seconds) ? -1 : CMD_USAGE;
		else
			ret = fleet_option(&f, c, optarg, usage_text);
		if (ret >= 0)
			return ret;
	}
	if (!fleet_has_master(&f))
		return CMD_USAGE;
	if (optind + 1 != argc)
		return usage(usage_text, false);
	ret = fleet_begin(&f);
	ret = ret ?: install_dir(&f, argv[optind], url, seconds, 0);
	fleet_end(&f);
	return ret;
}
