// SPDX-License-Identifier: GPL-2.0-or-later
/* Verbs: running them, and what all of them say alike. */
#include <stdlib.h>

#include "codeswap.h"

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

/**
 * flush_output() - the end of a program
 * @status: of its verb
 *
 * Return: exit status; output that did not reach its reader is a failure, whatever
 * the verb did.
 */
int flush_output(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		failed("writing to standard output: %s", strerror(errno));
		return status ? status : CMD_FAILED;
	}
	return status;
}
