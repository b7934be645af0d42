// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap-sited: codeswapd as a part of a site of many nodes. It is what codeswapd
 * becomes when it has a role.
 */
#include "../feed.h"
#include "site.h"

int main(int argc, char **argv)
{
	struct site_options options = { .ready_fd = -1 };
	int level, ret = site_options_read(&options, argc, argv);

	if (ret >= 0)
		return ret;
	level = options.verbose > 1 ? LOG_DEBUG :
		options.verbose ? LOG_INFO : LOG_NOTICE;
	log_setup("codeswapd", false, level);
	if (!options.foreground) {
		ret = go_to_background(&options.ready_fd);
		if (ret < 0) {
			log_line(LOG_ERR, "going to the background: %s", strerror(-ret));
			return 1;
		}
		log_setup("codeswapd", true, level);
	}
	return site_run(&options);
}
