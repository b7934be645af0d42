// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap fleet status: how all of a site are.
 */
#include <getopt.h>
#include <unistd.h>

#include <json-c/json.h>

#include "../codeswap.h"
#include "fleet_talk.h"

static const char usage_text[] =
"Usage: codeswap fleet status --master ADDRESS[:PORT] [OPTION...]\n"
"\n"
"Shows the nodes of a site, by what they have signed themselves.\n"
"\n"
"  -m, --master ADDRESS[:PORT]  any master of the site (port: 7373); repeatable,\n"
"                 the next one is asked where one does not answer\n"
"  -t, --tls DIR  with cert.pem, key.pem and ca.pem, of an operator\n"
"                 (default: /etc/codeswap/tls)\n"
"  -j, --json     as JSON\n"
"  -w, --watch    again each second, until interrupted\n"
"  -h, --help     this text\n";

static void add_answer(struct json_object *answers, const struct message *m,
		       const char *role, bool is_signed)
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
	json_object_array_add(answers, o);
}

static void on_status(const struct message *m, const struct identity *from, void *ctx)
{
	struct json_object **answers = ctx;

	/* What masters want others to run is no state of theirs; see codeswap fleet update. */
	if (from && from->role == ROLE_MASTER && !strcmp(m->state, "desired"))
		return;
	add_answer(*answers, m, from ? site_role_name(from->role) : "node", from);
}

/* ---- showing ---------------------------------------------------------------------- */

static const char *text_of(struct json_object *o, const char *name)
{
	return json_object_get_string(json_object_object_get(o, name));
}

/* A column that is empty is to be seen, too. */
static const char *or_dash(const char *text)
{
	return *text && strcmp(text, "none") ? text : "-";
}

static int by_name(const void *a, const void *b)
{
	struct json_object *const *left = a, *const *right = b;
	int ret = strcmp(text_of(*left, "role"), text_of(*right, "role"));

	return ret ?: strcmp(text_of(*left, "node"), text_of(*right, "node"));
}

static void show(struct json_object *answers, bool json)
{
	size_t i, num = json_object_array_length(answers);

	json_object_array_sort(answers, by_name);
	if (json) {
		puts(json_object_to_json_string_ext(answers, JSON_C_TO_STRING_PRETTY));
		return;
	}
	printf("%-20s %-7s %-16s %-10s %-9s %4s %8s %-8s %-7s  %s\n", "NODE", "ROLE", "TYPE",
	       "STATE", "VERSION", "%", "MANIFEST", "SET", "SERVICE", "ERROR");
	for (i = 0; i < num; i++) {
		struct json_object *o = json_object_array_get_idx(answers, i);

		printf("%-20s %-7s %-16s %-10s %-9s %4s %8s %-8s %-7s  %s\n",
		       text_of(o, "node"), text_of(o, "role"), text_of(o, "type"),
		       text_of(o, "state"), text_of(o, "version"), text_of(o, "progress"),
		       text_of(o, "sequence"), or_dash(text_of(o, "set")),
		       or_dash(text_of(o, "service")), text_of(o, "error"));
	}
}

static int show_once(struct fleet *f, bool watch)
{
	struct json_object *answers = json_object_new_array();
	struct mrb_error err;
	int ret;

	f->status = on_status;
	f->ctx = &answers;
	fleet_order(f, MESSAGE_QUERY);
	ret = fleet_talk(f, &err) ? failed("%s", err.text) : CMD_DONE;
	if (!ret) {
		if (watch && isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		show(answers, f->json);
		fflush(stdout);
	}
	json_object_put(answers);
	return ret;
}

int fleet_status(int argc, char **argv)
{
	static const struct option options[] = {
		FLEET_OPTIONS,
		{ "watch", no_argument, NULL, 'w' },
		{ }
	};
	struct fleet f = { 0 };
	bool watch = false;
	int c, ret;

	while ((c = getopt_long(argc, argv, "m:t:jhw", options, NULL)) != -1) {
		ret = -1;
		if (c == 'w')
			watch = true;
		else
			ret = fleet_option(&f, c, optarg, usage_text);
		if (ret >= 0)
			return ret;
	}
	if (!fleet_has_master(&f))
		return CMD_USAGE;
	if (optind != argc)
		return usage(usage_text, false);
	ret = fleet_begin(&f);
	do {
		ret = ret ?: show_once(&f, watch);
	} while (watch && !ret && !sleep(1));
	fleet_end(&f);
	return ret;
}
