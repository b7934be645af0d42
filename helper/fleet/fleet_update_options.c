// SPDX-License-Identifier: GPL-2.0-or-later
/* codeswap fleet update: its words and options. */
#include <getopt.h>
#include <stdlib.h>

#include "../codeswap.h"
#include "fleet_update.h"

static const char usage_text[] =
"Usage: codeswap fleet update --master ADDRESS[:PORT] --set A,B,... [OPTION...]\n"
"       codeswap fleet update resume | pause | stop | show [OPTION...]\n"
"       codeswap fleet update roll-back [OPTION...] DIR\n"
"\n"
"Takes sets of redundant machines to the manifest that the masters have, one set after\n"
"the other, so that the service as a whole goes on.\n"
"\n"
"  -m, --master ADDRESS[:PORT]  any master of the site (port: 7373); repeatable,\n"
"                           the next one is asked where one does not answer\n"
"  -s, --set A,B,...        the sets, in the order in which they are updated\n"
"      --max-unavailable N|P%  so many members of a set out of service at once (1)\n"
"      --canary N           so many members of the first set go first, alone (0)\n"
"      --success P%         of a set, in service with the new version, before the\n"
"                           next set is begun (100%)\n"
"      --stop-on-errors P%  more failed members than that stop it (0%: the first)\n"
"      --node-seconds N     so long a member may take, or be away (120)\n"
"      --method live|reboot  a live swap where the image allows it (live)\n"
"      --dry-run            show the plan, and change nothing\n"
"\n"
"  resume     go on with an update that was paused, has stopped, or whose\n"
"             orchestrator has died; who had failed is given another try\n"
"  pause      when nobody is on its way any more; then the exit status of the update\n"
"             that runs is 3\n"
"  stop       at once and for good; who has not gone out of service stays\n"
"  show       how far it is, and the journal\n"
"  roll-back  install DIR, whose manifest has a higher sequence and names the old\n"
"             images, and update in the reverse order of sets\n"
"\n"
"      --state DIR          of journal, lock and control\n"
"                           (default: " UPDATE_DEFAULT_DIR ")\n"
"      --etcd URL[,URL...]  the right to update is kept there, not in --state\n"
"      --etcd-tls DIR       with ca.pem of that etcd, and cert.pem and key.pem for it\n"
"      --site NAME          what the right is called in etcd (default: default)\n"
"      --holder NAME        of who updates, unlike any other's\n"
"                           (default: operator@machine:process)\n"
"      --seconds N          with roll-back: for the masters to have it (600)\n"
"  -t, --tls DIR            with cert.pem, key.pem and ca.pem, of an operator\n"
"                           (default: /etc/codeswap/tls)\n"
"  -j, --json               as JSON, one object in a line\n"
"  -h, --help               this text\n";

enum {
	OPT_MAX = 256, OPT_CANARY, OPT_SUCCESS, OPT_ERRORS, OPT_NODE_SECONDS, OPT_METHOD,
	OPT_DRY, OPT_STATE, OPT_ETCD, OPT_ETCD_TLS, OPT_SITE, OPT_HOLDER,
	OPT_SECONDS,
};

static const struct option long_options[] = {
	FLEET_OPTIONS,
	{ "set", required_argument, NULL, 's' },
	{ "max-unavailable", required_argument, NULL, OPT_MAX },
	{ "canary", required_argument, NULL, OPT_CANARY },
	{ "success", required_argument, NULL, OPT_SUCCESS },
	{ "stop-on-errors", required_argument, NULL, OPT_ERRORS },
	{ "node-seconds", required_argument, NULL, OPT_NODE_SECONDS },
	{ "method", required_argument, NULL, OPT_METHOD },
	{ "dry-run", no_argument, NULL, OPT_DRY },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "etcd", required_argument, NULL, OPT_ETCD },
	{ "etcd-tls", required_argument, NULL, OPT_ETCD_TLS },
	{ "site", required_argument, NULL, OPT_SITE },
	{ "holder", required_argument, NULL, OPT_HOLDER },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ }
};

__printf(1, 2)
static bool wrong(const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	failed("%s", text);
	return false;
}

/* Decimal digits, and what stands behind them. */
static bool read_digits(const char *text, unsigned int *value, const char **rest)
{
	unsigned long number;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	number = strtoul(text, &end, 10);
	*rest = end;
	*value = (unsigned int)number;
	return number <= UINT32_MAX;
}

static bool read_number(const char *name, const char *text, unsigned int least,
			unsigned int most, unsigned int *value)
{
	const char *rest;

	if (read_digits(text, value, &rest) && !*rest && *value >= least && *value <= most)
		return true;
	return wrong("--%s %s: a number of %u to %u is wanted", name, text, least, most);
}

static bool read_percent(const char *name, const char *text, unsigned int *value)
{
	const char *rest;

	if (read_digits(text, value, &rest) && (!*rest || !strcmp(rest, "%")) && *value <= 100)
		return true;
	return wrong("--%s %s: 0%% to 100%% is wanted", name, text);
}

static bool read_share(const char *text, struct roll_share *share)
{
	const char *rest;

	if (read_digits(text, &share->value, &rest) && share->value) {
		share->is_percent = !strcmp(rest, "%");
		if (share->is_percent ? share->value <= 100 : !*rest)
			return true;
	}
	return wrong("--max-unavailable %s: a number from 1, or 1%% to 100%% is wanted", text);
}

static bool add_set(struct roll_rules *rules, const char *name, size_t len)
{
	unsigned int i;

	if (!len || len >= MESSAGE_SET_LEN)
		return wrong("--set: the name of a set has 1 to %d characters, and not '%.*s'",
			     MESSAGE_SET_LEN - 1, (int)len, name);
	if (rules->num_sets == ROLL_MAX_SETS)
		return wrong("--set: %d sets can be given", ROLL_MAX_SETS);
	for (i = 0; i < rules->num_sets; i++)
		if (strlen(rules->sets[i]) == len && !strncmp(rules->sets[i], name, len))
			return wrong("--set: set %s is there twice", rules->sets[i]);
	snprintf(rules->sets[rules->num_sets++], MESSAGE_SET_LEN, "%.*s", (int)len, name);
	return true;
}

static bool read_sets(struct roll_rules *rules, const char *text)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (!add_set(rules, text, len))
			return false;
		if (!text[len])
			return true;
	}
}

static bool read_method(struct roll_rules *rules, const char *text)
{
	if (strcmp(text, "live") && strcmp(text, "reboot"))
		return wrong("--method %s: live or reboot is wanted", text);
	snprintf(rules->method, sizeof(rules->method), "%s", text);
	return true;
}

/* Goes through messages and into files. */
static bool read_name(const char *option, const char *text, size_t room, const char **name)
{
	size_t i;

	*name = text;
	for (i = 0; text[i] > ' ' && text[i] <= '~'; i++)
		;
	if (i && !text[i] && i < room)
		return true;
	return wrong("--%s %s: 1 to %zu letters, digits or signs are wanted", option, text,
		     room - 1);
}

static bool read_rule(struct roll_rules *rules, int c, const char *text)
{
	switch (c) {
	case 's':
		return read_sets(rules, text);
	case OPT_MAX:
		return read_share(text, &rules->max_unavailable);
	case OPT_CANARY:
		return read_number("canary", text, 0, ROLL_MAX_MEMBERS, &rules->canary);
	case OPT_SUCCESS:
		return read_percent("success", text, &rules->success);
	case OPT_ERRORS:
		return read_percent("stop-on-errors", text, &rules->stop_on_errors);
	case OPT_NODE_SECONDS:
		return read_number("node-seconds", text, 1, 86400, &rules->node_seconds);
	case OPT_METHOD:
		return read_method(rules, text);
	}
	return false;
}

/* -1 to go on, or an exit status. */
static int read_one(struct update_options *o, int c, const char *text)
{
	switch (c) {
	case OPT_DRY:
		o->dry_run = true;
		return -1;
	case OPT_STATE:
		o->dir = text;
		return -1;
	case OPT_ETCD:
		return read_name("etcd", text, ROLL_PATH_LEN, &o->etcd) ? -1 : CMD_USAGE;
	case OPT_ETCD_TLS:
		return read_name("etcd-tls", text, ROLL_PATH_LEN, &o->etcd_tls) ? -1 : CMD_USAGE;
	case OPT_SITE:
		return read_name("site", text, MESSAGE_NAME_LEN, &o->site) ? -1 : CMD_USAGE;
	case OPT_HOLDER:
		return read_name("holder", text, MESSAGE_NAME_LEN, &o->holder) ? -1 : CMD_USAGE;
	case OPT_SECONDS:
		return read_number("seconds", text, 1, 86400, &o->seconds) ? -1 : CMD_USAGE;
	case 'm': case 't': case 'j': case 'h': case '?':
		return fleet_option(&o->fleet, c, text, usage_text);
	default:
		return read_rule(&o->rules, c, text) ? -1 : CMD_USAGE;
	}
}

/* What the journal is to have. */
static int keep_masters(struct update_options *o)
{
	unsigned int i;

	for (i = 0; i < o->fleet.num_masters; i++)
		fleet_address(&o->fleet, i, o->rules.masters[i], ROLL_ADDRESS_LEN);
	o->rules.num_masters = o->fleet.num_masters;
	if (strlen(o->fleet.tls_dir) >= ROLL_PATH_LEN)
		return failed("--tls %s: a path of up to %d characters is wanted",
			      o->fleet.tls_dir, ROLL_PATH_LEN - 1);
	snprintf(o->rules.tls_dir, ROLL_PATH_LEN, "%s", o->fleet.tls_dir);
	snprintf(o->rules.etcd, ROLL_PATH_LEN, "%s", o->etcd ?: "");
	snprintf(o->rules.etcd_tls, ROLL_PATH_LEN, "%s", o->etcd_tls ?: "");
	snprintf(o->rules.site, MESSAGE_NAME_LEN, "%s", o->site ?: "default");
	return -1;
}

/**
 * update_options_masters() - what an operator has not said, the journal has
 * @o: options
 * @rules: of the journal
 *
 * Return: exit status.
 */
int update_options_masters(struct update_options *o, const struct roll_rules *rules)
{
	unsigned int i, given = o->fleet.num_masters;

	for (i = 0; !given && i < rules->num_masters; i++)
		if (!fleet_add_master(&o->fleet, rules->masters[i]))
			return CMD_FAILED;
	if (!o->fleet.num_masters) {
		failed("--master is missing, and there is no journal that names one");
		return CMD_USAGE;
	}
	if (!o->fleet.tls_dir && rules->tls_dir[0])
		o->fleet.tls_dir = rules->tls_dir;
	if (!o->etcd && rules->etcd[0])
		o->etcd = rules->etcd;
	if (!o->etcd_tls && rules->etcd_tls[0])
		o->etcd_tls = rules->etcd_tls;
	if (!o->site && rules->site[0])
		o->site = rules->site;
	return CMD_DONE;
}

static int run_word(struct update_options *o, const char *word, int argc, char **argv)
{
	static const struct {
		const char *word;
		int (*run)(struct update_options *o);
	} words[] = {
		{ "resume", update_resume },
		{ "pause", update_pause },
		{ "stop", update_stop },
		{ "show", update_show },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i].word))
			return argc ? usage(usage_text, false) : words[i].run(o);
	if (!strcmp(word, "roll-back"))
		return argc == 1 ? update_roll_back(o, argv[0]) : usage(usage_text, false);
	failed("there is no '%s' of an update; it is resume, pause, stop, show or roll-back",
	       word);
	return CMD_USAGE;
}

static void set_defaults(struct update_options *o)
{
	o->dir = UPDATE_DEFAULT_DIR;
	o->seconds = 600;
	o->rules.max_unavailable.value = 1;
	o->rules.success = 100;
	o->rules.node_seconds = 120;
	snprintf(o->rules.method, sizeof(o->rules.method), "live");
}

int fleet_update(int argc, char **argv)
{
	struct update_options o = { 0 };
	int c, ret;

	set_defaults(&o);
	while ((c = getopt_long(argc, argv, "m:t:jhs:", long_options, NULL)) != -1) {
		ret = read_one(&o, c, optarg);
		if (ret >= 0)
			return ret;
	}
	if (optind < argc)
		return run_word(&o, argv[optind], argc - optind - 1, argv + optind + 1);
	if (!fleet_has_master(&o.fleet))
		return CMD_USAGE;
	if (!o.rules.num_sets) {
		failed("--set A,B,... is missing: the sets, in the order of their updates");
		return CMD_USAGE;
	}
	if (!o.fleet.tls_dir)
		o.fleet.tls_dir = "/etc/codeswap/tls";
	ret = keep_masters(&o);
	return ret >= 0 ? ret : update_begin(&o);
}
