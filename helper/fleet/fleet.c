// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap-fleet: an operator's questions and orders to a site. It is what codeswap
 * fleet becomes.
 */
#include "../codeswap.h"
#include "fleet_talk.h"

static const struct command verbs[] = {
	{ "status", fleet_status, "show the nodes of a site" },
	{ "menu", fleet_menu, "show them on a terminal, and give commands by keys" },
	{ "reset", fleet_reset, "take nodes back to their boot program" },
	{ "install", fleet_install, "bring a manifest and its images to a master" },
	{ "update", fleet_update, "take sets to that manifest, one after the other" },
	{ "approve", fleet_approve, "let happen what cells wait for" },
	{ "auto", fleet_auto, "have cells wait for an operator, or not" },
	{ "ack", fleet_ack, "have cells wait for requests, or not" },
	{ "forget", fleet_forget, "tell that machines are members no more" },
	{ }
};

int main(int argc, char **argv)
{
	return flush_output(command_run("codeswap fleet", verbs, argc, argv));
}
