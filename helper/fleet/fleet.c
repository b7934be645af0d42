// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap-fleet: an operator's questions and orders to a site. It is what codeswap
 * fleet becomes.
 */
#include "../codeswap.h"
#include "fleet_talk.h"

static const struct command verbs[] = {
	{ "status", fleet_status, "show the nodes of a site" },
	{ "reset", fleet_reset, "take nodes back to their boot program" },
	{ }
};

int main(int argc, char **argv)
{
	return flush_output(command_run("codeswap fleet", verbs, argc, argv));
}
