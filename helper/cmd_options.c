// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What check, stage and swap are told; cmd_select.c knows what the words mean.
 */
#include <getopt.h>

#include "cmd_device.h"

static const char options_help[] =
"\n"
"IMAGE is a file of one image, or a bundle, of which a device takes the image\n"
"of its type. DEVICE is a name (codeswap0) or a label (cshba0); without any,\n"
"all devices of the image's type are meant.\n"
"\n"
"      --all               every device there is\n"
"      --type TYPE         every device of this type\n"
"      --force             even to the very version that runs\n"
"      --allow-downgrade   to an older version\n"
"      --accept-lost NAME  accept that capability NAME is lost; repeatable\n"
"      --method METHOD     how to overlay: default, full, reset\n"
"      --fd                the kernel reads the file itself; one image\n";

static const char hold_help[] =
"      --hold              wait in ready for 'codeswap release'\n"
"      --serial            several devices one after another\n";

static const char json_help[] =
"      --json              print JSON\n";

/* Options that exist for one verb only are told apart by these. */
enum {
	OPT_FORCE = 256,
	OPT_DOWNGRADE,
	OPT_LOST,
	OPT_METHOD,
	OPT_FD,
	OPT_HOLD,
	OPT_SERIAL,
	OPT_JSON,
	OPT_ALL,
	OPT_TYPE,
};

static const struct option options[] = {
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "allow-downgrade", no_argument, NULL, OPT_DOWNGRADE },
	{ "accept-lost", required_argument, NULL, OPT_LOST },
	{ "method", required_argument, NULL, OPT_METHOD },
	{ "fd", no_argument, NULL, OPT_FD },
	{ "hold", no_argument, NULL, OPT_HOLD },
	{ "serial", no_argument, NULL, OPT_SERIAL },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static int tell_usage(const char *verb, bool asked)
{
	FILE *out = asked ? stdout : stderr;
	bool swap = !strcmp(verb, "swap");

	fprintf(out, swap ? "Usage: codeswap %s [OPTION...] [DEVICE...] [IMAGE]\n" :
			    "Usage: codeswap %s [OPTION...] [DEVICE...] IMAGE\n",
		verb);
	if (swap)
		fputs("\nSwaps to IMAGE, or to the image that is staged.\n",
		      out);
	else if (!strcmp(verb, "stage"))
		fputs("\nFeeds and checks IMAGE, and leaves it staged for 'codeswap swap'.\n",
		      out);
	else
		fputs("\nTells what a swap to IMAGE would find; the device is not touched.\n",
		      out);
	fputs(options_help, out);
	if (swap)
		fputs(hold_help, out);
	if (!strcmp(verb, "check"))
		fputs(json_help, out);
	return asked ? CMD_DONE : CMD_USAGE;
}

static int add_lost(struct update_options *o, const char *name)
{
	const unsigned int room = sizeof(o->accept_lost) /
				  sizeof(o->accept_lost[0]);

	if (o->feed.num_accept_lost == room) {
		failed("--accept-lost is given more than %u times", room);
		return CMD_USAGE;
	}
	o->accept_lost[o->feed.num_accept_lost++] = name;
	return CMD_DONE;
}

static int set_method(struct update_options *o, const char *name)
{
	static const char *const methods[] = {
		[CODESWAP_METHOD_DEFAULT] = "default",
		[CODESWAP_METHOD_FULL] = "full",
		[CODESWAP_METHOD_RESET] = "reset",
	};
	u32 i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(name, methods[i]))
			continue;
		o->feed.method = i;
		return CMD_DONE;
	}
	failed("there is no method '%s'; there are: default, full, reset", name);
	return CMD_USAGE;
}

static int take_option(struct update_options *o, int c, const char *verb)
{
	switch (c) {
	case OPT_FORCE:
		o->feed.force = true;
		return CMD_DONE;
	case OPT_DOWNGRADE:
		o->feed.allow_downgrade = true;
		return CMD_DONE;
	case OPT_LOST:
		return add_lost(o, optarg);
	case OPT_METHOD:
		return set_method(o, optarg);
	case OPT_ALL:
		o->all = true;
		return CMD_DONE;
	case OPT_TYPE:
		o->type = optarg;
		return CMD_DONE;
	case OPT_FD:
		o->by_fd = true;
		return CMD_DONE;
	case OPT_HOLD:
		if (strcmp(verb, "swap"))
			return tell_usage(verb, false);
		o->feed.hold = true;
		return CMD_DONE;
	case OPT_SERIAL:
		if (strcmp(verb, "swap"))
			return tell_usage(verb, false);
		o->feed.serial = true;
		return CMD_DONE;
	case OPT_JSON:
		if (strcmp(verb, "check"))
			return tell_usage(verb, false);
		o->json = true;
		return CMD_DONE;
	default:
		return tell_usage(verb, false);
	}
}

static int take_words(struct update_options *o, int num, char **words,
		      const char *verb)
{
	if (!num && strcmp(verb, "swap"))
		return tell_usage(verb, false);
	if (o->all && o->type) {
		failed("--all and --type are two things");
		return CMD_USAGE;
	}
	o->words = words;
	o->num_words = num;
	return CMD_DONE;
}

/**
 * update_options_read() - read the command line of check, stage or swap
 * @o: set; must stay where it is
 * @argc: of the verb
 * @argv: of the verb
 * @verb: its name
 *
 * Return: CMD_DONE; CMD_USAGE, with the reason printed; -1 if help was asked
 * for and given.
 */
int update_options_read(struct update_options *o, int argc, char **argv,
			const char *verb)
{
	int c, ret = CMD_DONE;

	memset(o, 0, sizeof(*o));
	o->feed.accept_lost = o->accept_lost;
	while (!ret &&
	       (c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			tell_usage(verb, true);
			return -1;
		}
		ret = take_option(o, c, verb);
	}
	return ret ?: take_words(o, argc - optind, argv + optind, verb);
}
