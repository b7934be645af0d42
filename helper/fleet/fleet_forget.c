// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap fleet forget: machines that will not come back. Masters have no others wait for
 * them, and neither does an update.
 */
#include <getopt.h>
#include <unistd.h>

#include "../codeswap.h"
#include "fleet_update.h"

static const char usage_text[] =
"Usage: codeswap fleet forget --master ADDRESS[:PORT] [OPTION...] NAME...\n"
"\n"
"Machines of that name will not come back: they are members of their set no more. One\n"
"that comes back all the same is a member again.\n"
"\n"
"  -m, --master ADDRESS[:PORT]  a master of the site (port: 7373)\n"
"      --state DIR    of an update that is not to wait for them either\n"
"                     (default: /var/lib/codeswap/update)\n"
"  -t, --tls DIR      with cert.pem, key.pem and ca.pem, of an operator\n"
"                     (default: /etc/codeswap/tls)\n"
"  -h, --help         this text\n";

static int tell_master(struct fleet *f, int num, char **names)
{
	struct message *m = f->say;
	struct mrb_error err;
	int i;

	if (num > MESSAGE_MAX_TARGETS)
		return failed("%d names are too many; %d can be given", num, MESSAGE_MAX_TARGETS);
	fleet_order(f, MESSAGE_ORDER);
	snprintf(m->word, sizeof(m->word), "forget");
	for (i = 0; i < num; i++) {
		if (!*names[i] || strlen(names[i]) >= MESSAGE_NAME_LEN)
			return failed("'%s' is no name: it has 1 to %d characters", names[i],
				      MESSAGE_NAME_LEN - 1);
		snprintf(m->targets[m->num_targets++], MESSAGE_NAME_LEN, "%s", names[i]);
	}
	return fleet_talk(f, &err) ? failed("%s", err.text) : CMD_DONE;
}

/* Of an update that does not run now: it is to know when it goes on. */
static int note_names(struct update_options *o, int num, char **names)
{
	struct roller u = { 0 };
	int i, ret = update_hold(&u, o);

	ret = ret ?: update_open(&u, o->dir);
	for (i = 0; i < num && !ret && u.roll->phase != ROLL_NONE; i++)
		if (roll_find(u.roll, names[i]) &&
		    roller_note(&u, roll_line_why("forgotten", names[i])))
			ret = CMD_FAILED;
	update_release(&u);
	return ret;
}

static int tell_update(struct update_options *o, int num, char **names)
{
	char word[CONTROL_ANSWER_LEN], answer[CONTROL_ANSWER_LEN];
	struct mrb_error err;
	int i, ret;

	if (access(o->dir, F_OK))
		return CMD_DONE;
	for (i = 0; i < num; i++) {
		snprintf(word, sizeof(word), "forget %s", names[i]);
		ret = control_ask(o->dir, word, answer, &err);
		if (ret == -ENOENT)
			return note_names(o, num, names);
		if (ret)
			return failed("%s", err.text);
		puts(answer);
	}
	return CMD_DONE;
}

int fleet_forget(int argc, char **argv)
{
	static const struct option options[] = {
		FLEET_OPTIONS,
		{ "state", required_argument, NULL, 's' },
		{ }
	};
	struct update_options o = { .dir = UPDATE_DEFAULT_DIR };
	int c, ret;

	while ((c = getopt_long(argc, argv, "m:t:jh", options, NULL)) != -1) {
		ret = -1;
		if (c == 's')
			o.dir = optarg;
		else
			ret = fleet_option(&o.fleet, c, optarg, usage_text);
		if (ret >= 0)
			return ret;
	}
	if (!fleet_has_master(&o.fleet))
		return CMD_USAGE;
	if (optind == argc)
		return usage(usage_text, false);
	ret = fleet_begin(&o.fleet);
	ret = ret ?: tell_master(&o.fleet, argc - optind, argv + optind);
	ret = ret ?: tell_update(&o, argc - optind, argv + optind);
	fleet_end(&o.fleet);
	return ret;
}
