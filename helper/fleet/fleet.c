// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap-fleet: an operator's questions and orders to a site. It is what codeswap
 * fleet becomes.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include <json-c/json.h>
#include <openssl/rand.h>

#include "../codeswap.h"
#include "channel.h"

#define DEFAULT_PORT	7373
#define NONCE_BYTES	16
#define LIMIT_SECONDS	10

static const char status_usage[] =
"Usage: codeswap fleet status --master ADDRESS[:PORT] [OPTION...]\n"
"\n"
"Shows the nodes of a site, by what they have signed themselves.\n"
"\n"
"  -m, --master ADDRESS[:PORT]  any master of the site (port: 7373)\n"
"  -t, --tls DIR  with cert.pem, key.pem and ca.pem, of an operator\n"
"                 (default: /etc/codeswap/tls)\n"
"  -j, --json     as JSON\n"
"  -w, --watch    again each second, until interrupted\n"
"  -h, --help     this text\n";

static const char reset_usage[] =
"Usage: codeswap fleet reset --master ADDRESS[:PORT] [OPTION...] [TYPE...]\n"
"\n"
"Takes nodes back to their boot program; they ask for images anew. Without TYPE all\n"
"of them, else those with a module of such a type.\n"
"\n"
"  -m, --master ADDRESS[:PORT]  any master of the site (port: 7373)\n"
"  -t, --tls DIR  with cert.pem, key.pem and ca.pem, of an operator\n"
"                 (default: /etc/codeswap/tls)\n"
"  -h, --help     this text\n";

/**
 * struct fleet - what is asked, and what has been answered
 * @usage: of the verb
 * @to: master
 * @tls_dir: of the operator
 * @json: print that
 * @watch: ask again
 * @order: what is to be said
 * @base: event loop
 * @tls: who the operator is
 * @channel: connection with the master
 * @nonce: of the question
 * @answers: JSON array
 * @error: why there are no more, or an empty text
 * @done: all have answered
 */
struct fleet {
	const char *usage;
	struct sockaddr_in to;
	const char *tls_dir;
	bool json;
	bool watch;
	struct message *order;
	struct event_base *base;
	struct tls *tls;
	struct channel *channel;
	char nonce[MESSAGE_NONCE_LEN];
	struct json_object *answers;
	char error[MESSAGE_TEXT_LEN];
	bool done;
};

static bool read_master(struct fleet *f, const char *text)
{
	char address[INET_ADDRSTRLEN] = "";
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	unsigned long port = DEFAULT_PORT;
	char *end;

	if (len < sizeof(address))
		snprintf(address, sizeof(address), "%.*s", (int)len, text);
	if (colon) {
		port = strtoul(colon + 1, &end, 10);
		if (*end)
			port = 0;
	}
	f->to.sin_family = AF_INET;
	f->to.sin_port = htons((u16)port);
	if (port && port < 65536 && inet_pton(AF_INET, address, &f->to.sin_addr) == 1)
		return true;
	failed("--master %s: an IPv4 address is wanted, and a port behind a colon if it is not %d",
	       text, DEFAULT_PORT);
	return false;
}

/* Returns -1 to go on, or an exit status. */
static int read_options(struct fleet *f, int argc, char **argv)
{
	static const struct option options[] = {
		{ "master", required_argument, NULL, 'm' },
		{ "tls", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "watch", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c;

	f->tls_dir = "/etc/codeswap/tls";
	while ((c = getopt_long(argc, argv, "m:t:jwh", options, NULL)) != -1) {
		switch (c) {
		case 'm':
			if (!read_master(f, optarg))
				return CMD_USAGE;
			break;
		case 't':
			f->tls_dir = optarg;
			break;
		case 'j':
			f->json = true;
			break;
		case 'w':
			f->watch = true;
			break;
		default:
			return usage(f->usage, c == 'h');
		}
	}
	return f->to.sin_port ? -1 : usage(f->usage, false);
}

/* ---- the conversation ------------------------------------------------------ */

static void add_answer(struct fleet *f, const struct message *m, const char *role,
		       bool is_signed)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "node", json_object_new_string(m->name));
	json_object_object_add(o, "role", json_object_new_string(role));
	json_object_object_add(o, "type", json_object_new_string(m->module_type));
	json_object_object_add(o, "state", json_object_new_string(m->state));
	json_object_object_add(o, "version", json_object_new_string(m->version));
	json_object_object_add(o, "progress", json_object_new_uint64(m->progress));
	json_object_object_add(o, "sequence", json_object_new_uint64(m->sequence));
	json_object_object_add(o, "error", json_object_new_string(m->error));
	json_object_object_add(o, "desired", json_object_new_string(m->desired));
	json_object_object_add(o, "set", json_object_new_string(m->set));
	json_object_object_add(o, "service", json_object_new_string(m->service));
	json_object_object_add(o, "order", json_object_new_uint64(m->order));
	json_object_object_add(o, "outcome", json_object_new_string(m->outcome));
	json_object_object_add(o, "epoch", json_object_new_uint64(m->epoch));
	json_object_object_add(o, "holder", json_object_new_string(m->holder));
	json_object_object_add(o, "signed", json_object_new_boolean(is_signed));
	json_object_array_add(f->answers, o);
}

static void take_status(struct fleet *f, const struct message *m)
{
	struct identity from;
	struct mrb_error err;
	struct message *inner;

	/* Who says nothing signs nothing: the master tells of it. */
	if (!m->proof && !strcmp(m->state, "silent")) {
		add_answer(f, m, "node", false);
		return;
	}
	inner = report_check(f->tls, m, f->nonce, &from, &err);
	if (inner)
		add_answer(f, inner, site_role_name(from.role), true);
	else
		failed("%s", err.text);
	message_free(inner);
}

static void on_ready(struct channel *ch, void *ctx)
{
	struct fleet *f = ctx;

	if (channel_peer(ch)->role != ROLE_MASTER) {
		snprintf(f->error, sizeof(f->error), "there is %s, which is a %s and no master",
			 channel_peer(ch)->name, site_role_name(channel_peer(ch)->role));
		event_base_loopbreak(f->base);
		return;
	}
	channel_send(ch, f->order);
}

static void on_message(struct channel *ch, const struct message *m, void *ctx)
{
	struct fleet *f = ctx;

	(void)ch;
	if (m->type == MESSAGE_STATUS)
		take_status(f, m);
	/* The end of what it has to say. */
	if (m->type != MESSAGE_HELLO)
		return;
	f->done = true;
	event_base_loopbreak(f->base);
}

static void on_closed(struct channel *ch, const char *why, void *ctx)
{
	struct fleet *f = ctx;

	(void)ch;
	f->channel = NULL;
	snprintf(f->error, sizeof(f->error), "%s", why ?: "the master has closed the connection");
	event_base_loopbreak(f->base);
}

static const struct channel_ops channel_ops = {
	.ready = on_ready,
	.message = on_message,
	.closed = on_closed,
	.most = MESSAGE_MAX_SMALL,
};

static void new_nonce(struct fleet *f)
{
	u8 bytes[NONCE_BYTES];
	unsigned int i;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		memset(bytes, 0, sizeof(bytes));
	for (i = 0; i < NONCE_BYTES; i++)
		snprintf(f->nonce + (size_t)i * 2, 3, "%02x", bytes[i]);
	snprintf(f->order->nonce, sizeof(f->order->nonce), "%s", f->nonce);
}

/* Returns an exit status. */
static int talk(struct fleet *f)
{
	const struct timeval limit = { .tv_sec = LIMIT_SECONDS };
	char address[INET_ADDRSTRLEN];
	struct mrb_error err;

	new_nonce(f);
	f->done = false;
	f->channel = channel_connect(f->base, f->tls, &f->to, NULL, &channel_ops, f, &err);
	if (!f->channel)
		return failed("%s", err.text);
	event_base_loopexit(f->base, &limit);
	event_base_dispatch(f->base);
	channel_free(f->channel);
	f->channel = NULL;
	if (f->done)
		return CMD_DONE;
	inet_ntop(AF_INET, &f->to.sin_addr, address, sizeof(address));
	return failed("master at %s, port %u: %s", address, ntohs(f->to.sin_port),
		      f->error[0] ? f->error : "no answer");
}

/* ---- showing --------------------------------------------------------------- */

static const char *text_of(struct json_object *o, const char *name)
{
	return json_object_get_string(json_object_object_get(o, name));
}

static int by_name(const void *a, const void *b)
{
	struct json_object *const *left = a, *const *right = b;
	int ret = strcmp(text_of(*left, "role"), text_of(*right, "role"));

	return ret ?: strcmp(text_of(*left, "node"), text_of(*right, "node"));
}

static void show(const struct fleet *f)
{
	size_t i, num = json_object_array_length(f->answers);

	json_object_array_sort(f->answers, by_name);
	if (f->json) {
		puts(json_object_to_json_string_ext(f->answers, JSON_C_TO_STRING_PRETTY));
		return;
	}
	printf("%-20s %-7s %-16s %-10s %-9s %4s %8s  %s\n", "NODE", "ROLE", "TYPE", "STATE",
	       "VERSION", "%", "MANIFEST", "ERROR");
	for (i = 0; i < num; i++) {
		struct json_object *o = json_object_array_get_idx(f->answers, i);

		printf("%-20s %-7s %-16s %-10s %-9s %4s %8s  %s\n", text_of(o, "node"),
		       text_of(o, "role"), text_of(o, "type"), text_of(o, "state"),
		       text_of(o, "version"), text_of(o, "progress"),
		       text_of(o, "sequence"), text_of(o, "error"));
	}
}

/* ---- verbs ----------------------------------------------------------------- */

/* Returns an exit status. */
static int set_up(struct fleet *f, enum message_type type)
{
	struct mrb_error err;

	f->base = event_base_new();
	f->order = calloc(1, sizeof(*f->order));
	if (!f->base || !f->order)
		return failed("out of memory");
	f->tls = tls_open(f->tls_dir, &err);
	if (!f->tls)
		return failed("%s", err.text);
	if (tls_self(f->tls)->role != ROLE_OPERATOR)
		return failed("the certificate in %s is of a %s; an operator's is needed",
			      f->tls_dir, site_role_name(tls_self(f->tls)->role));
	f->order->type = type;
	snprintf(f->order->name, sizeof(f->order->name), "%s", tls_self(f->tls)->name);
	return CMD_DONE;
}

static void tear_down(struct fleet *f)
{
	free(f->order);
	tls_close(f->tls);
	if (f->base)
		event_base_free(f->base);
}

static int show_once(struct fleet *f)
{
	int ret;

	f->answers = json_object_new_array();
	ret = talk(f);
	if (!ret) {
		if (f->watch && isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		show(f);
		fflush(stdout);
	}
	json_object_put(f->answers);
	return ret;
}

static int status(int argc, char **argv)
{
	struct fleet f = { .usage = status_usage };
	int ret = read_options(&f, argc, argv);

	if (ret >= 0)
		return ret;
	if (optind != argc)
		return usage(status_usage, false);
	ret = set_up(&f, MESSAGE_QUERY);
	do {
		ret = ret ?: show_once(&f);
	} while (f.watch && !ret && !sleep(1));
	tear_down(&f);
	return ret;
}

static int add_types(struct message *m, int num, char **types)
{
	int i;

	if (num > MESSAGE_MAX_TYPES)
		return failed("%d types are too many; %d can be given", num, MESSAGE_MAX_TYPES);
	for (i = 0; i < num; i++) {
		if (!*types[i] || strlen(types[i]) >= MRB_TYPE_LEN)
			return failed("'%s' is no module type: it has 1 to %d characters",
				      types[i], MRB_TYPE_LEN - 1);
		snprintf(m->types[i], MRB_TYPE_LEN, "%s", types[i]);
	}
	m->num_types = num;
	return CMD_DONE;
}

static int reset(int argc, char **argv)
{
	struct fleet f = { .usage = reset_usage };
	int ret = read_options(&f, argc, argv);

	if (ret >= 0)
		return ret;
	ret = set_up(&f, MESSAGE_RESET);
	ret = ret ?: add_types(f.order, argc - optind, argv + optind);
	ret = ret ?: talk(&f);
	tear_down(&f);
	return ret;
}

static const struct command verbs[] = {
	{ "status", status, "show the nodes of a site" },
	{ "reset", reset, "take nodes back to their boot program" },
	{ }
};

int main(int argc, char **argv)
{
	return flush_output(command_run("codeswap fleet", verbs, argc, argv));
}
