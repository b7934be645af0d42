// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap: the command line. One verb, one cmd_*.c.
 */
#include <stdlib.h>

#include "codeswap.h"

static const struct command commands[] = {
	{ "list", cmd_list, "list devices" },
	{ "show", cmd_show, "show all about devices" },
	{ "check", cmd_check, "tell what a swap would find" },
	{ "stage", cmd_stage, "feed an image and leave it staged" },
	{ "feed", cmd_feed, "feed devices that ask, until they run" },
	{ "swap", cmd_swap, "swap to an image, or to the staged one" },
	{ "release", cmd_release, "let an update go on that is held in ready" },
	{ "cancel", cmd_cancel, "give up an update, or a staged image" },
	{ "rollback", cmd_rollback, "go back to the image that ran before" },
	{ "reset", cmd_reset, "reset a device to its boot ROM" },
	{ "monitor", cmd_monitor, "print events as they come" },
	{ "log", cmd_log, "show what the last update found and did" },
	{ "image", cmd_image, "build, inspect, verify, bundle and sign image files" },
	{ "fleet", cmd_fleet, "see and reset the nodes of a site" },
	{ "manifest", cmd_manifest, "make, sign and verify what a site is to run" },
	{ }
};

/**
 * failed() - say why a verb fails
 * @fmt: one sentence without a full stop
 *
 * Return: CMD_FAILED.
 */
int failed(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("codeswap: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return CMD_FAILED;
}

/**
 * usage() - say how a verb is used
 * @text: lines
 * @asked: the user wanted to know
 *
 * Return: CMD_DONE if @asked, else CMD_USAGE.
 */
int usage(const char *text, bool asked)
{
	fputs(text, asked ? stdout : stderr);
	return asked ? CMD_DONE : CMD_USAGE;
}

static int list_commands(const char *program, const struct command *table,
			 bool asked)
{
	FILE *out = asked ? stdout : stderr;

	fprintf(out, "Usage: %s VERB [ARGUMENT...]\n\nVerbs:\n", program);
	for (; table->name; table++)
		fprintf(out, "  %-10s %s\n", table->name, table->help);
	fprintf(out, "\n'%s VERB --help' tells more.\n", program);
	return asked ? CMD_DONE : CMD_USAGE;
}

/**
 * command_run() - run the verb that argv[1] names
 * @program: words in front of the verb
 * @table: verbs there are
 * @argc: entries in @argv
 * @argv: argument vector
 *
 * Return: exit status.
 */
int command_run(const char *program, const struct command *table, int argc,
		char **argv)
{
	const struct command *c;

	if (argc < 2)
		return list_commands(program, table, false);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help"))
		return list_commands(program, table, true);
	for (c = table; c->name; c++)
		if (!strcmp(argv[1], c->name))
			return c->run(argc - 1, argv + 1);
	failed("there is no verb '%s'; '%s --help' lists them", argv[1],
	       program);
	return CMD_USAGE;
}

/* Output that did not reach its reader is a failure, whatever the verb did. */
static int flush_output(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		failed("writing to standard output: %s", strerror(errno));
		return status ? status : CMD_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	return flush_output(command_run("codeswap", commands, argc, argv));
}
