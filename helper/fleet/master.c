// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A master: says hello, takes connections, and passes what is said to whom it
 * concerns. Among the masters that have all of the latest manifest the one whose
 * name comes first serves; the others hear the same and wait. A master that lacks
 * something gets it from another one, just as a node does.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include <event2/listener.h>
#include <openssl/rand.h>

#include "../feed.h"
#include "cell.h"

#define HELLO_MS	1000
#define ANSWER_MS	50
/* What is missing is asked for again with every so many hellos. */
#define FETCH_HELLOS	5

/* Of the manifest, if all that it names is here; or 0. */
u64 master_sequence(const struct master *m)
{
	return master_store_is_whole(m->store) ? master_store_manifest(m->store)->sequence : 0;
}

/**
 * master_serves() - is it this one that broadcasts?
 * @m: master
 *
 * Return: false if another one that is connected does, or nothing is there.
 */
bool master_serves(const struct master *m)
{
	const char *name = tls_self(m->site->tls)->name;
	u64 mine = master_sequence(m);
	struct peer *p = NULL;

	if (m->site->cell)
		return cell_serves(m->site->cell);
	if (!mine)
		return false;
	while ((p = peers_next(m->peers, p)))
		if (peer_sequence(p) > mine ||
		    (peer_sequence(p) == mine && strcmp(peer_name(p), name) < 0))
			return false;
	return true;
}

/* Which master serves may have changed. */
void master_look(const struct master *m)
{
	unsigned int i;

	for (i = 0; i < m->num_transfers; i++)
		transfer_look(m->transfers[i]);
}

/**
 * master_next_sender() - lend the bulk plane to whoever waits for it
 * @m: master
 */
void master_next_sender(struct master *m)
{
	unsigned int i;

	for (i = 0; i < m->num_transfers && !m->sending; i++)
		if (transfer_wants_to_send(m->transfers[i]))
			transfer_send(m->transfers[i]);
}

/* To be freed; or NULL without memory. */
struct message *master_make_hello(const struct master *m)
{
	struct message *hello = calloc(1, sizeof(*hello));

	if (!hello)
		return NULL;
	site_say(m->site, hello, MESSAGE_HELLO);
	snprintf(hello->role, sizeof(hello->role), "master");
	/* A cell that may not give what it has, has nothing. */
	if (!m->site->cell || cell_offers(m->site->cell))
		hello->sequence = master_sequence(m);
	else
		hello->sequence = 0;
	hello->port = m->port;
	return hello;
}

static void say_hello(const struct master *m)
{
	struct message *hello = master_make_hello(m);

	if (hello)
		discovery_say(m->site->discovery, hello);
	free(hello);
}

static void on_hello_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct master *m = ctx;

	(void)fd;
	(void)what;
	say_hello(m);
	sessions_end_strangers(m);
	if (m->site->cell)
		cell_tick(m->site->cell);
	/* Multicast may get lost for a while: whoever is connected knows better. */
	if (m->hellos % 2)
		sessions_tell(m);
	if (m->hellos++ % FETCH_HELLOS || fetcher_busy(m->fetcher))
		return;
	master_install_next(m);
	if (!fetcher_busy(m->fetcher))
		master_request_files(m, NULL);
}

static void on_answer_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	say_hello(ctx);
}

/**
 * master_hello() - somebody is there
 * @m: master
 * @hello: what it says
 * @from: whose datagram it was
 *
 * A node that has just come is not kept waiting for long; nor are many of them
 * answered one by one.
 */
void master_hello(struct master *m, const struct message *hello,
		  const struct sockaddr_in *from)
{
	const struct timeval soon = { .tv_usec = ANSWER_MS * 1000L };

	if (!strcmp(hello->role, "node") && !evtimer_pending(m->answer, NULL))
		event_add(m->answer, &soon);
	if (strcmp(hello->role, "master") || !strcmp(hello->name, tls_self(m->site->tls)->name))
		return;
	if (peers_hello(m->peers, hello, from) && !evtimer_pending(m->answer, NULL))
		event_add(m->answer, &soon);
}

static void drop_transfers(struct master *m)
{
	unsigned int i, num = m->num_transfers;

	m->num_transfers = 0;
	for (i = 0; i < num; i++)
		transfer_free(m->transfers[i]);
	free(m->transfers);
	m->transfers = NULL;
}

/* A new manifest: who still wants something asks again. */
void master_make_transfers(struct master *m)
{
	const struct manifest *manifest = master_store_manifest(m->store);
	unsigned int i;

	drop_transfers(m);
	http_serve_forget(m->http);
	m->transfers = calloc(manifest->num_images, sizeof(struct transfer *));
	for (i = 0; m->transfers && i < manifest->num_images; i++) {
		m->transfers[i] = transfer_new(m, &manifest->images[i]);
		if (!m->transfers[i])
			break;
		m->num_transfers++;
	}
}

/**
 * master_reload() - look at the store anew
 * @m: master
 */
void master_reload(struct master *m)
{
	struct mrb_error err;

	if (master_store_load(m->store, &err)) {
		log_line(LOG_ERR, "%s; %s", err.text, master_store_manifest(m->store) ?
			 "what was there before is served on" :
			 "there is nothing to be served yet");
		return;
	}
	master_make_transfers(m);
	sessions_tell(m);
	say_hello(m);
	if (m->site->cell)
		cell_look(m->site->cell);
}

/**
 * master_lost() - a file is not any more what it was when the store was looked at
 * @m: master
 * @image: of its manifest
 *
 * Another master serves, until this one has fetched the file from there.
 */
void master_lost(struct master *m, const struct manifest_image *image)
{
	master_store_lost(m->store, image);
	sessions_tell(m);
	say_hello(m);
	master_request_files(m, NULL);
}

static int listen_on(struct master *m, struct mrb_error *err)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr = m->site->address,
		.sin_port = htons((u16)m->site->options->port),
	};
	socklen_t len = sizeof(at);

	m->listener = evconnlistener_new_bind(m->site->base, session_accept, m,
					      LEV_OPT_CLOSE_ON_FREE |
					      LEV_OPT_CLOSE_ON_EXEC |
					      LEV_OPT_REUSEABLE, 512,
					      (struct sockaddr *)&at, sizeof(at));
	if (!m->listener ||
	    getsockname(evconnlistener_get_fd(m->listener), (struct sockaddr *)&at, &len))
		return mrb_refuse(err, -errno, "listening on %s: %s",
				  m->site->options->management, strerror(errno));
	m->port = ntohs(at.sin_port);
	return 0;
}

/* A cell's high-speed interconnect may be off. */
const struct in_addr *master_http_address(const struct master *m)
{
	return m->site->options->cell ? &m->site->address : &m->site->bulk_address;
}

static int start(struct master *m, struct mrb_error *err)
{
	const struct timeval often = { .tv_sec = HELLO_MS / 1000 };
	const struct site_options *o = m->site->options;

	if (listen_on(m, err))
		return err->code;
	if (o->http_port) {
		m->http = http_serve_new(m, *master_http_address(m), (u16)o->http_port, err);
		if (!m->http)
			return err->code;
	}
	master_reload(m);
	say_hello(m);
	return event_add(m->hello, &often) ? mrb_refuse(err, -ENOMEM, "out of memory") : 0;
}

/**
 * master_new() - begin to be a master
 * @s: site
 * @err: set on failure
 *
 * Return: to be freed with master_free(), or %NULL.
 */
struct master *master_new(struct site *s, struct mrb_error *err)
{
	struct master *m = calloc(1, sizeof(*m));

	if (m) {
		m->site = s;
		TAILQ_INIT(&m->sessions);
		m->store = master_store_new(s);
		m->peers = peers_new(s, "master", &master_peers_ops, m);
		m->members = members_open(s->options->state_dir, err);
		m->hello = event_new(s->base, -1, EV_PERSIST, on_hello_timer, m);
		m->answer = event_new(s->base, -1, 0, on_answer_timer, m);
	}
	if (m && !m->members) {
		master_free(m);
		return NULL;
	}
	if (m && m->peers)
		m->fetcher = fetcher_new(s, m->peers, &master_fetcher_ops, m);
	if (!m || !m->store || !m->fetcher || !m->hello || !m->answer ||
	    RAND_bytes((u8 *)&m->sender, sizeof(m->sender)) != 1) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		master_free(m);
		return NULL;
	}
	/* Two numbers are no one's in NORM. */
	m->sender = m->sender % 0xfffffffdU + 1;
	if (!start(m, err))
		return m;
	master_free(m);
	return NULL;
}

void master_free(struct master *m)
{
	if (!m)
		return;
	if (m->listener)
		evconnlistener_free(m->listener);
	drop_transfers(m);
	sessions_end(m);
	http_serve_free(m->http);
	fetcher_free(m->fetcher);
	peers_free(m->peers);
	if (m->hello)
		event_free(m->hello);
	if (m->answer)
		event_free(m->answer);
	master_store_free(m->store);
	members_close(m->members);
	free(m->install_url);
	free(m);
}
