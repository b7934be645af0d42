/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codeswap fleet update: what its words share. */
#ifndef FLEET_UPDATE_H
#define FLEET_UPDATE_H

#include "roll_run.h"

#define UPDATE_DEFAULT_DIR	"/var/lib/codeswap/update"

/**
 * struct update_options - what an operator has said
 * @fleet: masters, TLS, JSON
 * @rules: of an update that begins
 * @dir: of lock, journal and control
 * @holder: name of who updates, or %NULL: made up
 * @etcd: URLs, or %NULL
 * @etcd_tls: directory of certificates for it, or %NULL
 * @site: what the right is called in etcd, or %NULL
 * @dry_run: show the plan and do nothing
 * @seconds: so long masters may take to have all of what is installed
 */
struct update_options {
	struct fleet fleet;
	struct roll_rules rules;
	const char *dir;
	const char *holder;
	const char *etcd;
	const char *etcd_tls;
	const char *site;
	bool dry_run;
	unsigned int seconds;
};

/* fleet_update_options.c: exit status */
int update_options_masters(struct update_options *o, const struct roll_rules *rules);

/* fleet_update.c: exit statuses */
int update_begin(struct update_options *o);
int update_hold(struct roller *u, struct update_options *o);
int update_open(struct roller *u, const char *dir);
int update_number(struct roller *u);
int update_start(struct roller *u, const struct roll_rules *rules);
void update_release(struct roller *u);
void update_close(struct roller *u, struct update_options *o);

/* fleet_update_words.c: exit statuses */
int update_resume(struct update_options *o);
int update_pause(struct update_options *o);
int update_stop(struct update_options *o);
int update_show(struct update_options *o);
int update_roll_back(struct update_options *o, const char *dir);

/* fleet_install.c: exit status */
int install_dir(struct fleet *f, const char *dir, const char *url, unsigned int seconds,
		u64 above);

#endif /* FLEET_UPDATE_H */
