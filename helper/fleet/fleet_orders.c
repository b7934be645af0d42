// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap fleet reset: an order without more to it.
 */
#include <getopt.h>

#include "../codeswap.h"
#include "fleet_talk.h"

static const char reset_usage[] =
"Usage: codeswap fleet reset --master ADDRESS[:PORT] [OPTION...] [TYPE...]\n"
"\n"
"Takes nodes back to their boot program; they ask for images anew. Without TYPE all\n"
"of them, else those with a module of such a type.\n"
"\n"
"  -m, --master ADDRESS[:PORT]  any master of the site (port: 7373); repeatable,\n"
"                 the next one is told where one does not answer\n"
"  -t, --tls DIR  with cert.pem, key.pem and ca.pem, of an operator\n"
"                 (default: /etc/codeswap/tls)\n"
"  -h, --help     this text\n";

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

static int say(struct fleet *f)
{
	struct mrb_error err;

	return fleet_talk(f, &err) ? failed("%s", err.text) : CMD_DONE;
}

int fleet_reset(int argc, char **argv)
{
	static const struct option options[] = {
		FLEET_OPTIONS,
		{ }
	};
	struct fleet f = { 0 };
	int c, ret;

	while ((c = getopt_long(argc, argv, "m:t:jh", options, NULL)) != -1) {
		ret = fleet_option(&f, c, optarg, reset_usage);
		if (ret >= 0)
			return ret;
	}
	if (!fleet_has_master(&f))
		return CMD_USAGE;
	ret = fleet_begin(&f);
	if (!ret) {
		fleet_order(&f, MESSAGE_RESET);
		ret = add_types(f.say, argc - optind, argv + optind);
	}
	ret = ret ?: say(&f);
	fleet_end(&f);
	return ret;
}
