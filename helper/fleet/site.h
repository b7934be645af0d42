/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A site: nodes that want images, masters that have them, and two networks, one
 * for what they say and one for what they send. Documentation/fleet.rst tells how
 * it works. All of it runs in one thread, in libevent's loop.
 */
#ifndef FLEET_SITE_H
#define FLEET_SITE_H

#include <netinet/in.h>

#include <event2/event.h>

#include "channel.h"
#include "trust.h"
#include "window.h"

#define SITE_PORT		7373
#define SITE_MAX_MASTERS	31	/* cells are masters, all of them */
#define SITE_MAX_NODES		1024
#define SITE_MAX_DEVICES	64

/**
 * struct site_options - what an operator has said
 * @name: of this machine; has to be that of its certificate
 * @management: interface on which is spoken
 * @bulk: interface over which images go
 * @tls_dir: see tls_open()
 * @trust_dir: see trust_open()
 * @state_dir: of what survives a reset
 * @http_proxy: through which chunks are fetched, or %NULL
 * @store_dir: of a master
 * @url: where its store can be had, or %NULL: at its HTTP port
 * @set: of redundant machines that this one is in, or %NULL
 * @service: program that sees to what this machine serves, or %NULL
 * @service_seconds: for each call of it
 * @programs: directory of the programs that are started
 * @rate: bits in a second, at which a master sends
 * @window: of a master
 * @discovery: group and port of hellos
 * @broadcast: group and port of images
 * @threshold: see trust_open()
 * @models: a node has so many model devices instead of the kernel's
 * @port: of TCP, at which a master listens; 0: any
 * @ack_ms: how long a master waits for those to whom it has offered something
 * @http_port: at which a master serves its store, 0 not at all
 * @verbose: how much is said
 * @ready_fd: where to tell a waiting parent that all is up, or -1
 * @node: this is a node
 * @master: this is a master
 * @cell: this is a cell, and so a master
 * @foreground: stay there, and log to standard error
 */
struct site_options {
	const char *name;
	const char *management;
	const char *bulk;
	const char *tls_dir;
	const char *trust_dir;
	const char *state_dir;
	const char *http_proxy;
	const char *store_dir;
	const char *url;
	const char *set;
	const char *service;
	unsigned int service_seconds;
	const char *programs;
	u64 rate;
	struct window_rules window;
	struct sockaddr_in discovery;
	struct sockaddr_in broadcast;
	unsigned int threshold;
	unsigned int models;
	unsigned int port;
	unsigned int ack_ms;
	unsigned int http_port;
	unsigned int verbose;
	int ready_fd;
	bool node;
	bool master;
	bool cell;
	bool foreground;
};

struct bulk;
struct cell;
struct discovery;
struct fetcher;
struct link;
struct master;
struct node;
struct peers;
struct settings;

/**
 * struct site - this machine's part of it
 * @options: as an operator has them
 * @base: event loop
 * @address: of this machine on the management interface
 * @bulk_address: the same on the bulk interface
 * @tls: who it is
 * @trust: whose manifests count
 * @settings: what survives a reset
 * @discovery: hellos
 * @bulk: the process that sends and receives
 * @node: %NULL if it is none
 * @master: %NULL if it is none
 * @cell: %NULL if it is none
 * @link: of the bulk plane, of a cell; else %NULL: it is up
 * @own_boot: a cell's models start from boot blocks in its flash
 */
struct site {
	const struct site_options *options;
	struct event_base *base;
	struct in_addr address;
	struct in_addr bulk_address;
	struct tls *tls;
	struct trust *trust;
	struct settings *settings;
	struct discovery *discovery;
	struct bulk *bulk;
	struct node *node;
	struct master *master;
	struct cell *cell;
	struct link *link;
	bool own_boot;
};

/* site_options.c: -1 to go on, or an exit status */
int site_options_read(struct site_options *o, int argc, char **argv);

/* site.c */
int site_run(const struct site_options *options);
void site_say(const struct site *s, struct message *m, enum message_type type);
void site_look_in(struct event *timer, u64 ms);

/* seldom.c: what anybody can make us say */

/**
 * struct seldom - something that is not to be said too often
 * @next: when it may be said again, ms
 * @kept: how often it was not said since
 */
struct seldom {
	u64 next;
	unsigned int kept;
};

__printf(3, 4) void say_seldom(struct seldom *s, int level, const char *fmt, ...);

/* accept.c */
struct manifest *site_accept(struct site *s, const char *text, u64 sequence,
			     struct mrb_error *err);
struct manifest *site_accept_own(struct site *s, const char *text, struct mrb_error *err);

/* spawn.c */
int spawn_program(const char *dir, const char *name, const char *argument,
		  pid_t *pid, struct mrb_error *err);
ssize_t spawn_hear(int fd, void *packet, size_t room, int *file);
bool spawn_tell(int fd, const void *packet, size_t size, int file);

/* settings.c */
struct settings *settings_open(const char *dir, struct mrb_error *err);
void settings_close(struct settings *s);
u64 settings_sequence(const struct settings *s);
int settings_accept(struct settings *s, const struct manifest *m,
		    struct mrb_error *err);
const char *settings_desired(const struct settings *s, const char *type);
u64 settings_epoch(const struct settings *s);
const char *settings_holder(const struct settings *s);
int settings_fence(struct settings *s, u64 epoch, const char *holder, struct mrb_error *err);
bool settings_flag(const struct settings *s, const char *name, bool *is_good);
int settings_set_flag(struct settings *s, const char *name, bool on, struct mrb_error *err);

/* discovery.c */
typedef void hello_fn(const struct message *m, const struct sockaddr_in *from,
		      void *ctx);
struct discovery *discovery_open(struct site *s, hello_fn *fn, void *ctx,
				 struct mrb_error *err);
void discovery_close(struct discovery *d);
void discovery_say(const struct discovery *d, const struct message *m);

/* peers.c: the masters that this machine is connected with */
struct peer;

/**
 * struct peers_ops - what is to be told of them
 * @ready: a master is there
 * @message: it says something
 * @gone: it is not there any more
 */
struct peers_ops {
	void (*ready)(struct peer *p, void *ctx);
	void (*message)(struct peer *p, const struct message *m, void *ctx);
	void (*gone)(struct peer *p, void *ctx);
};

struct peers *peers_new(struct site *s, const char *role,
			const struct peers_ops *ops, void *ctx);
void peers_free(struct peers *ps);
bool peers_hello(struct peers *ps, const struct message *m,
		 const struct sockaddr_in *from);
void peers_send(struct peers *ps, const struct message *m);
struct peer *peers_next(const struct peers *ps, const struct peer *after);
bool peer_send(struct peer *p, const struct message *m);
const char *peer_name(const struct peer *p);
u64 peer_sequence(const struct peer *p);

/* fetch.c: getting images from masters, for a node and for a redundant master */

/**
 * struct fetcher_ops - who wants images, and what for
 * @wants: is the image wanted?
 * @adopt: what is here of it already goes into @c; may be %NULL
 * @refuses: why it is not wanted though somebody waits for such, or %NULL
 * @taken: it has come, whole
 * @accepted: a manifest is to be gone by
 */
struct fetcher_ops {
	bool (*wants)(const struct manifest *m, const struct manifest_image *image,
		      void *ctx);
	void (*adopt)(const struct manifest_image *image, struct chunks *c, void *ctx);
	const char *(*refuses)(const struct manifest_image *image, void *ctx);
	void (*taken)(const struct manifest *m, const struct manifest_image *image,
		      struct chunks *c, void *ctx);
	void (*accepted)(const struct manifest *m, const char *text, void *ctx);
};

struct fetcher *fetcher_new(struct site *s, struct peers *peers,
			    const struct fetcher_ops *ops, void *ctx);
void fetcher_free(struct fetcher *f);
void fetcher_offer(struct fetcher *f, struct peer *p, const struct message *m);
int fetcher_install(struct fetcher *f, const char *text, u64 sequence,
		    struct mrb_error *err);
bool fetcher_from(struct fetcher *f, const char *url);
void fetcher_gone(struct fetcher *f, const struct peer *p);
bool fetcher_hello(struct fetcher *f, const struct peer *p);
void fetcher_ready(struct fetcher *f, const char *error);
void fetcher_drop(struct fetcher *f);
bool fetcher_busy(const struct fetcher *f);
unsigned int fetcher_progress(const struct fetcher *f);

/* http_get.c: chunks by HTTP */
#define HTTP_GET_TEXT	256	/* of a sentence */

struct http_get;
typedef void http_get_fn(const void *data, size_t size, const char *error,
			 void *ctx);
struct http_get *http_get_new(const struct site *s, http_get_fn *fn, void *ctx,
			      struct mrb_error *err);
void http_get_free(struct http_get *h);
int http_get_range(struct http_get *h, const char *url, u64 first, u32 size,
		   struct mrb_error *err);

/* link.c: of the bulk plane */
typedef void link_fn(void *ctx);
struct link *link_open(struct site *s, link_fn *fn, void *ctx, struct mrb_error *err);
void link_close(struct link *l);
void link_enable(struct link *l, bool on);
bool link_is_up(const struct link *l);
bool link_is_awaited(const struct link *l);

/* node.c */
struct node *node_new(struct site *s, struct mrb_error *err);
void node_free(struct node *n);
void node_hello(struct node *n, const struct message *m,
		const struct sockaddr_in *from);

#endif /* FLEET_SITE_H */
