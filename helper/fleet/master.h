/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A master: what its parts share. */
#ifndef FLEET_MASTER_H
#define FLEET_MASTER_H

#include <sys/queue.h>

#include "bulk.h"
#include "cell_choice.h"
#include "members.h"

struct http_serve;
struct query;
struct master_store;
struct transfer;

/**
 * struct session - somebody is connected with this master
 * @link: of all
 * @master: this one
 * @channel: connection; ready once @known
 * @since: when it has connected, ms
 * @known: it has said hello
 * @is_node: as a node, which a master may be too
 * @is_cell: it has said how it is as a cell
 * @runs: and that its firmware runs
 * @is_errored: and that its firmware is not what it is to be
 * @disagrees: and that its manifest wants another version than this cell's of the same number
 * @comes: and that it is on its way to the rendezvous
 * @changed: when either of these did, ms
 * @goes_by: and the number of the manifest by which it does
 * @view: what else is known of a cell
 * @manifest: number of the one that it goes by
 * @query: whose answer is awaited, or %NULL
 */
struct session {
	TAILQ_ENTRY(session) link;
	struct master *master;
	struct channel *channel;
	u64 since;
	bool known;
	bool is_node;
	bool is_cell;
	bool runs;
	bool is_errored;
	bool disagrees;
	bool comes;
	u64 changed;
	u64 goes_by;
	struct cell_view view;
	u64 manifest;
	struct query *query;
};

TAILQ_HEAD(session_list, session);

/**
 * struct master - this machine as a master
 * @site: its site
 * @store: what it has
 * @sessions: who is connected
 * @num_sessions: of them
 * @listener: for more of them
 * @port: of @listener
 * @hello: when to say hello
 * @answer: when to say hello to nodes that have just come
 * @hellos: that were said
 * @members: of redundant sets
 * @peers: other masters
 * @fetcher: gets images from them
 * @fetch_after: not before, ms
 * @install_url: where files can be had that an operator installs, or %NULL
 * @http: serves the store
 * @transfers: one for each file of the manifest
 * @num_transfers: entries in @transfers
 * @sending: the one that the bulk plane is lent to, or %NULL
 * @sender: number of this master in the bulk plane
 * @offers: made so far
 */
struct master {
	struct site *site;
	struct master_store *store;
	struct session_list sessions;
	unsigned int num_sessions;
	struct evconnlistener *listener;
	u16 port;
	struct event *hello;
	struct event *answer;
	unsigned int hellos;
	struct members *members;
	struct peers *peers;
	struct fetcher *fetcher;
	u64 fetch_after;
	char *install_url;
	struct http_serve *http;
	struct transfer **transfers;
	unsigned int num_transfers;
	struct transfer *sending;
	u32 sender;
	u64 offers;
};

/* master.c */
struct master *master_new(struct site *s, struct mrb_error *err);
void master_free(struct master *m);
void master_hello(struct master *m, const struct message *hello,
		  const struct sockaddr_in *from);
void master_reload(struct master *m);
void master_lost(struct master *m, const struct manifest_image *image);
u64 master_sequence(const struct master *m);
bool master_serves(const struct master *m);
struct message *master_make_hello(const struct master *m);
void master_make_transfers(struct master *m);
void master_look(const struct master *m);
const struct in_addr *master_http_address(const struct master *m);
void master_next_sender(struct master *m);

/* orders.c: what operators order, and what nodes ask leave for */
void order_reset(struct master *m, const struct session *operator,
		 const struct message *order);
void order_forget(struct master *m, const struct message *order);
void order_pass_on(struct master *m, const struct session *operator,
		   const struct message *order);
void order_answer_leave(struct master *m, const struct session *s,
			const struct message *leave);

/* session.c: who is connected */
const char *session_name(const struct session *s);
void session_accept(struct evconnlistener *listener, evutil_socket_t fd,
		    struct sockaddr *from, int len, void *ctx);
void sessions_tell(const struct master *m);
void sessions_end_strangers(struct master *m);
void sessions_end(struct master *m);

/* install.c: from an operator */
void master_install(struct master *m, const struct session *operator,
		    const struct message *order);
void master_install_next(struct master *m);

/* master_copy.c: from another master */
extern const struct fetcher_ops master_fetcher_ops;
extern const struct peers_ops master_peers_ops;
void master_request_files(struct master *m, struct peer *p);

/* master_store.c: what a master has */
struct master_store *master_store_new(struct site *s);
void master_store_free(struct master_store *st);
int master_store_load(struct master_store *st, struct mrb_error *err);
int master_store_keep(struct master_store *st, const struct manifest_image *image,
		      const struct chunks *c, struct mrb_error *err);
int master_store_take_manifest(struct master_store *st, const char *text,
			       struct mrb_error *err);
const struct manifest *master_store_manifest(const struct master_store *st);
const char *master_store_text(const struct master_store *st);
bool master_store_is_whole(const struct master_store *st);
bool master_store_has(const struct master_store *st,
		      const struct manifest_image *image);
void master_store_look(struct master_store *st);
void master_store_lost(struct master_store *st, const struct manifest_image *image);
void master_store_adopt(const struct master_store *st,
			const struct manifest_image *image, struct chunks *c);
struct chunks *master_store_open(const struct master_store *st,
				 const struct manifest_image *image,
				 struct mrb_error *err);

/* transfer.c: a file of the manifest, and who wants it */
struct transfer *transfer_new(struct master *m, const struct manifest_image *image);
void transfer_free(struct transfer *t);
const struct manifest_image *transfer_image(const struct transfer *t);
void transfer_request(struct transfer *t, struct session *s);
void transfer_ack(struct transfer *t, const struct session *s, const struct message *m);
void transfer_ready(struct transfer *t, const struct session *s,
		    const struct message *m);
void transfer_lost(struct transfer *t, const struct session *s);
void transfer_look(struct transfer *t);
bool transfer_wants_to_send(const struct transfer *t);
void transfer_send(struct transfer *t);
bool transfer_is_wanted(const struct transfer *t);
bool transfer_is_on(const struct transfer *t);
unsigned int transfer_progress(const struct transfer *t);

/* query.c: operators and their questions */
void query_begin(struct master *m, struct session *operator, const struct message *query);
void query_answer(struct session *node, const struct message *m);
void query_lost(struct master *m, struct session *s);

/* http_serve.c */
struct http_serve *http_serve_new(struct master *m, struct in_addr address, u16 port,
				  struct mrb_error *err);
void http_serve_forget(struct http_serve *h);
void http_serve_free(struct http_serve *h);

#endif /* FLEET_MASTER_H */
