// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap cancel, release, rollback, reset: orders without options.
 */
#include <getopt.h>

#include "cmd_device.h"

static const char control_usage[] =
"Usage: codeswap cancel | release | rollback | reset DEVICE\n"
"\n"
"  cancel    give up an update before the point of no return, or forget the\n"
"            image that is staged\n"
"  release   let an update go on that is held in ready\n"
"  rollback  before the new image has proved healthy, go back to the old one;\n"
"            later, ask for the image that ran before, and swap to it\n"
"  reset     reset the device to its boot ROM; it asks for an image again\n";

static int control(int argc, char **argv, int command)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct csw_socket *sk;
	struct csw_error err;
	int c, ret;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		return usage(control_usage, c == 'h');
	if (optind + 1 != argc)
		return usage(control_usage, false);
	sk = csw_open(&err);
	if (!sk)
		return failed("%s", err.text);
	ret = csw_control(sk, command, argv[optind], &err);
	if (ret)
		ret = failed("%s", err.text);
	else if (*csw_note(sk))
		printf("%s\n", csw_note(sk));
	csw_close(sk);
	return ret;
}

int cmd_cancel(int argc, char **argv)
{
	return control(argc, argv, CODESWAP_CMD_CANCEL);
}

int cmd_release(int argc, char **argv)
{
	return control(argc, argv, CODESWAP_CMD_RELEASE);
}

int cmd_rollback(int argc, char **argv)
{
	return control(argc, argv, CODESWAP_CMD_ROLLBACK);
}

int cmd_reset(int argc, char **argv)
{
	return control(argc, argv, CODESWAP_CMD_RESET);
}
