// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap fleet approve, auto, ack: what an operator tells cells. An order is heard by who
 * is connected and is not answered, so those that are named are looked for first.
 */
#include <getopt.h>
#include <time.h>

#include "../codeswap.h"
#include "fleet_talk.h"

#define MASTER_HELP \
"  -m, --master CELL[:PORT]  address of any cell of the site (port: 7373); repeatable,\n" \
"                 the next one is told where one does not answer\n" \
"  -t, --tls DIR  with cert.pem, key.pem and ca.pem, of an operator\n" \
"                 (default: /etc/codeswap/tls)\n" \
"  -h, --help     this text\n"

static const char approve_usage[] =
"Usage: codeswap fleet approve --master CELL[:PORT] [OPTION...] [NAME...]\n"
"\n"
"What cells wait for an operator with may happen, once: to be repaired, to be updated, to\n"
"repair others. Without NAME all of them are told. A cell that is at rest takes it as\n"
"approval of what comes next.\n"
"\n" MASTER_HELP;

static const char auto_usage[] =
"Usage: codeswap fleet auto on|off --master CELL[:PORT] [OPTION...] [NAME...]\n"
"\n"
"Switches auto-update of cells: with it on they ask, give, and are updated without an\n"
"operator. It is kept over resets. Without NAME all of them are told.\n"
"\n" MASTER_HELP;

static const char ack_usage[] =
"Usage: codeswap fleet ack on|off --master CELL[:PORT] [OPTION...] [NAME...]\n"
"\n"
"Off: a cell that has what is desired does not wait for the request of one that it knows\n"
"to be errored. It is kept over resets. Without NAME all of them are told.\n"
"\n" MASTER_HELP;

/**
 * struct call - who is meant, and who has answered
 * @fleet: site
 * @names: who is meant
 * @num: entries in @names, 0 for all
 * @is_there: of these, a bit each
 */
struct call {
	struct fleet fleet;
	char **names;
	unsigned int num;
	u64 is_there;
};

/* A master vouches for those who are silent. A node has nothing that waits for approval. */
static void on_status(const struct message *m, const struct identity *from, void *ctx)
{
	struct call *c = ctx;
	unsigned int i;

	if (from && from->role != ROLE_MASTER)
		return;
	for (i = 0; i < c->num; i++)
		if (!strcmp(c->names[i], m->name))
			c->is_there |= 1ULL << i;
}

static int look_for(struct call *c)
{
	struct fleet *f = &c->fleet;
	struct mrb_error err;
	unsigned int i;

	f->status = on_status;
	f->ctx = c;
	fleet_order(f, MESSAGE_QUERY);
	if (fleet_talk(f, &err))
		return failed("%s", err.text);
	f->status = NULL;
	for (i = 0; i < c->num; i++)
		if (!(c->is_there >> i & 1))
			return failed("there is no cell '%s'; see codeswap fleet status",
				      c->names[i]);
	return CMD_DONE;
}

/* Numbers go up with the clock: no two orders of a person have the same. */
static u64 order_number(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

static int say(struct call *c, const char *word)
{
	struct message *m = c->fleet.say;
	struct mrb_error err;
	unsigned int i;

	fleet_order(&c->fleet, MESSAGE_ORDER);
	m->order = order_number();
	snprintf(m->word, sizeof(m->word), "%s", word);
	snprintf(m->holder, sizeof(m->holder), "%s", m->name);
	for (i = 0; i < c->num; i++)
		snprintf(m->targets[m->num_targets++], MESSAGE_NAME_LEN, "%s", c->names[i]);
	return fleet_talk(&c->fleet, &err) ? failed("%s", err.text) : CMD_DONE;
}

static int check_names(const struct call *c)
{
	unsigned int i;

	if (c->num > MESSAGE_MAX_TARGETS)
		return failed("%u names are too many; %d can be given", c->num,
			      MESSAGE_MAX_TARGETS);
	for (i = 0; i < c->num; i++)
		if (!*c->names[i] || strlen(c->names[i]) >= MESSAGE_NAME_LEN)
			return failed("'%s' is no name: it has 1 to %d characters", c->names[i],
				      MESSAGE_NAME_LEN - 1);
	return CMD_DONE;
}

static int tell(struct call *c, const char *word)
{
	int ret = check_names(c);

	if (ret)
		return ret;
	ret = fleet_begin(&c->fleet);
	if (c->num)
		ret = ret ?: look_for(c);
	ret = ret ?: say(c, word);
	fleet_end(&c->fleet);
	return ret;
}

/* Returns -1, with the words behind the options in @c, or an exit status. */
static int read_line(struct call *c, int argc, char **argv, const char *usage_text)
{
	static const struct option options[] = {
		FLEET_OPTIONS,
		{ }
	};
	int o, ret;

	while ((o = getopt_long(argc, argv, "m:t:jh", options, NULL)) != -1) {
		ret = fleet_option(&c->fleet, o, optarg, usage_text);
		if (ret >= 0)
			return ret;
	}
	if (!fleet_has_master(&c->fleet))
		return CMD_USAGE;
	c->names = argv + optind;
	c->num = (unsigned int)(argc - optind);
	return -1;
}

int fleet_approve(int argc, char **argv)
{
	struct call c = { 0 };
	int ret = read_line(&c, argc, argv, approve_usage);

	return ret >= 0 ? ret : tell(&c, "approve");
}

static int switch_flag(int argc, char **argv, const char *on, const char *off,
		       const char *usage_text)
{
	struct call c = { 0 };
	int ret = read_line(&c, argc, argv, usage_text);
	bool is_on;

	if (ret >= 0)
		return ret;
	if (!c.num)
		return usage(usage_text, false);
	is_on = !strcmp(*c.names, "on");
	if (!is_on && strcmp(*c.names, "off")) {
		failed("%s '%s': on or off is wanted", argv[0], *c.names);
		return CMD_USAGE;
	}
	c.names++;
	c.num--;
	return tell(&c, is_on ? on : off);
}

int fleet_auto(int argc, char **argv)
{
	return switch_flag(argc, argv, "auto-on", "auto-off", auto_usage);
}

int fleet_ack(int argc, char **argv)
{
	return switch_flag(argc, argv, "ack-on", "ack-off", ack_usage);
}
