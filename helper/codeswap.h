/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command-line program: what its verbs share.
 */
#ifndef CODESWAP_H
#define CODESWAP_H

#include "programs.h"

/* Exit status of every verb. */
enum {
	CMD_DONE = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
};

/**
 * struct command - a verb
 * @name: as it is typed; %NULL ends a table
 * @run: gets the verb itself as argv[0]; returns an exit status
 * @help: one line for the list of verbs
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

/* cmd_run.c */
int command_run(const char *program, const struct command *table, int argc,
		char **argv);
int usage(const char *text, bool asked);
__printf(1, 2) int failed(const char *fmt, ...);
int flush_output(int status);

/* cmd_image.c */
int cmd_image(int argc, char **argv);

/* cmd_manifest.c */
int cmd_manifest(int argc, char **argv);

/* cmd_list.c */
int cmd_list(int argc, char **argv);

/* cmd_show.c */
int cmd_show(int argc, char **argv);
int cmd_log(int argc, char **argv);

/* cmd_check.c */
int cmd_check(int argc, char **argv);

/* cmd_swap.c */
int cmd_stage(int argc, char **argv);
int cmd_swap(int argc, char **argv);

/* cmd_feed.c */
int cmd_feed(int argc, char **argv);

/* cmd_control.c */
int cmd_cancel(int argc, char **argv);
int cmd_release(int argc, char **argv);
int cmd_rollback(int argc, char **argv);
int cmd_reset(int argc, char **argv);

/* cmd_monitor.c */
int cmd_monitor(int argc, char **argv);

#endif /* CODESWAP_H */
