// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap: the command line. One verb, one cmd_*.c.
 */
#include "codeswap.h"

/* It needs more libraries than an initramfs should have. */
static int cmd_fleet(int argc, char **argv)
{
	(void)argc;
	program_exec("codeswap-fleet", argv);
	return failed("%s/codeswap-fleet: %s", programs_dir(), strerror(errno));
}

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

int main(int argc, char **argv)
{
	return flush_output(command_run("codeswap", commands, argc, argv));
}
