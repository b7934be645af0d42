/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An operator's conversation with the masters of a site: one connection, one question or
 * order, and what is answered, until the master has no more to say.
 */
#ifndef FLEET_TALK_H
#define FLEET_TALK_H

#include <netinet/in.h>

#include <event2/event.h>

#include "channel.h"

#define FLEET_MAX_MASTERS	8
#define FLEET_PORT		7373

/**
 * typedef fleet_status_fn - somebody says how it is
 * @m: status
 * @from: who has signed it; or %NULL: a master says that of somebody who is silent
 * @ctx: of the caller
 */
typedef void fleet_status_fn(const struct message *m, const struct identity *from, void *ctx);

/**
 * struct fleet - a site, as an operator reaches it
 * @masters: any of them will do; the first that answers is kept
 * @num_masters: entries in @masters
 * @current: the one that is spoken with
 * @tls_dir: of the operator
 * @json: print that
 * @say: question or order, to be filled in before fleet_talk()
 * @base: event loop; events of others go on while it is spoken
 * @tls: who the operator is
 * @status: what to do with answers, or %NULL
 * @ctx: for @status
 * @channel: connection
 * @limit: of a conversation
 * @nonce: of the question
 * @error: why there are no more answers, or an empty text
 * @refusal: why the master does not do what it was told, or an empty text
 * @done: all have answered
 */
struct fleet {
	struct sockaddr_in masters[FLEET_MAX_MASTERS];
	unsigned int num_masters;
	unsigned int current;
	const char *tls_dir;
	bool json;
	struct message *say;
	struct event_base *base;
	struct tls *tls;
	fleet_status_fn *status;
	void *ctx;
	struct channel *channel;
	struct event *limit;
	char nonce[MESSAGE_NONCE_LEN];
	char error[MESSAGE_TEXT_LEN];
	char refusal[MESSAGE_TEXT_LEN];
	bool done;
};

#define FLEET_OPTIONS \
	{ "master", required_argument, NULL, 'm' }, \
	{ "tls", required_argument, NULL, 't' }, \
	{ "json", no_argument, NULL, 'j' }, \
	{ "help", no_argument, NULL, 'h' }

bool fleet_add_master(struct fleet *f, const char *text);
bool fleet_has_master(const struct fleet *f);
int fleet_option(struct fleet *f, int c, const char *text, const char *usage_text);
int fleet_begin(struct fleet *f);
void fleet_end(struct fleet *f);
void fleet_order(struct fleet *f, enum message_type type);
int fleet_talk(struct fleet *f, struct mrb_error *err);
void fleet_wait(struct fleet *f, unsigned int ms);
void fleet_address(const struct fleet *f, unsigned int i, char *text, size_t room);

/* ---- verbs: they get themselves as argv[0], and return an exit status ------------- */

/* fleet_status.c */
int fleet_status(int argc, char **argv);

/* fleet_orders.c */
int fleet_reset(int argc, char **argv);

/* fleet_cells.c */
int fleet_approve(int argc, char **argv);
int fleet_auto(int argc, char **argv);
int fleet_ack(int argc, char **argv);

/* fleet_menu.c */
int fleet_menu(int argc, char **argv);

/* fleet_forget.c */
int fleet_forget(int argc, char **argv);

/* fleet_install.c */
int fleet_install(int argc, char **argv);

/* fleet_update_options.c */
int fleet_update(int argc, char **argv);

#endif /* FLEET_TALK_H */
