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
#include "master.h"

#define HELLO_MS	1000
#define ANSWER_MS	50
#define HELLO_LIMIT_MS	15000
/* What is missing is asked for again with every so many hellos. */
#define FETCH_HELLOS	5
/* After a file could not be kept. */
#define FETCH_PAUSE_MS	30000

const char *session_name(const struct session *s)
{
	return channel_peer(s->channel)->name;
}

/* ---- which master serves --------------------------------------------------- */

static u64 my_sequence(const struct master *m)
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
	u64 mine = my_sequence(m);
	struct peer *p = NULL;

	if (!mine)
		return false;
	while ((p = peers_next(m->peers, p)))
		if (peer_sequence(p) > mine ||
		    (peer_sequence(p) == mine && strcmp(peer_name(p), name) < 0))
			return false;
	return true;
}

static void look_at_transfers(const struct master *m)
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

static void request_files(struct master *m, struct peer *p);

/* ---- hellos ---------------------------------------------------------------- */

static struct message *make_hello(const struct master *m)
{
	struct message *hello = calloc(1, sizeof(*hello));

	if (!hello)
		return NULL;
	site_say(m->site, hello, MESSAGE_HELLO);
	snprintf(hello->role, sizeof(hello->role), "master");
	hello->sequence = my_sequence(m);
	hello->port = m->port;
	return hello;
}

static void say_hello(const struct master *m)
{
	struct message *hello = make_hello(m);

	if (hello)
		discovery_say(m->site->discovery, hello);
	free(hello);
}

/* On connections, where it is believed. To an operator it is the end of an answer. */
static void tell_sessions(const struct master *m)
{
	struct message *hello = make_hello(m);
	struct session *s;

	TAILQ_FOREACH(s, &m->sessions, link)
		if (hello && s->known && channel_peer(s->channel)->role != ROLE_OPERATOR)
			channel_send(s->channel, hello);
	free(hello);
}

static void end_session(struct session *s);

/* Who has shown a certificate, and does not say hello. */
static void end_strangers(struct master *m)
{
	struct session *s = TAILQ_FIRST(&m->sessions), *next;
	struct channel *ch;

	for (; s; s = next) {
		next = TAILQ_NEXT(s, link);
		if (s->known || now_ms() - s->since < HELLO_LIMIT_MS)
			continue;
		log_line(LOG_NOTICE, "the connection of somebody is closed: no hello within %d s",
			 HELLO_LIMIT_MS / 1000);
		ch = s->channel;
		end_session(s);
		channel_free(ch);
	}
}

static void on_hello_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct master *m = ctx;

	(void)fd;
	(void)what;
	say_hello(m);
	end_strangers(m);
	/* Multicast may get lost for a while: whoever is connected knows better. */
	if (m->hellos % 2)
		tell_sessions(m);
	if (!(m->hellos++ % FETCH_HELLOS) && !fetcher_busy(m->fetcher))
		request_files(m, NULL);
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
	if (!strcmp(hello->role, "master") &&
	    strcmp(hello->name, tls_self(m->site->tls)->name))
		peers_hello(m->peers, hello, from);
}

/* ---- transfers ------------------------------------------------------------- */

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
static void make_transfers(struct master *m)
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

static struct transfer *transfer_of_file(const struct master *m, const char *file)
{
	unsigned int i;

	for (i = 0; i < m->num_transfers; i++)
		if (!strcmp(transfer_image(m->transfers[i])->file, file))
			return m->transfers[i];
	return NULL;
}

/* Of several a combined one, which has the most types in it. */
static struct transfer *transfer_of_any(const struct master *m)
{
	struct transfer *best = NULL;
	unsigned int i;

	for (i = 0; i < m->num_transfers; i++)
		if (!best || transfer_image(m->transfers[i])->num_types >
			     transfer_image(best)->num_types)
			best = m->transfers[i];
	return best;
}

static void request_type(struct master *m, struct session *s, const char *type)
{
	const struct manifest *manifest = master_store_manifest(m->store);
	const struct manifest_image *image = manifest ? manifest_find(manifest, type) : NULL;
	struct transfer *t = image ? transfer_of_file(m, image->file) : NULL;

	if (t)
		transfer_request(t, s);
	else if (manifest)
		log_line(LOG_WARNING,
			 "%s asks for an image of type %s, which manifest %llu does not have",
			 session_name(s), type, manifest->sequence);
	else
		log_line(LOG_WARNING,
			 "%s asks for an image of type %s, and there is no manifest here",
			 session_name(s), type);
}

static void on_request(struct master *m, struct session *s, const struct message *request)
{
	struct transfer *any;
	unsigned int i;

	for (i = 0; i < request->num_types; i++)
		request_type(m, s, request->types[i]);
	if (request->num_types)
		return;
	/* A master wants all that there is. */
	for (i = 0; i < m->num_transfers && !s->is_node; i++)
		transfer_request(m->transfers[i], s);
	any = s->is_node ? transfer_of_any(m) : NULL;
	if (any)
		transfer_request(any, s);
}

static void on_answer(const struct master *m, const struct session *s,
		      const struct message *answer)
{
	struct transfer *t = transfer_of_file(m, answer->file);

	if (!t)
		log_line(LOG_DEBUG, "%s speaks of %s, which is not in the manifest",
			 session_name(s), answer->file);
	else if (answer->type == MESSAGE_ACK)
		transfer_ack(t, s, answer);
	else
		transfer_ready(t, s, answer);
}

/* ---- sessions -------------------------------------------------------------- */

static void order_reset(const struct master *m, const struct session *operator,
			const struct message *order)
{
	struct message *copy = calloc(1, sizeof(*copy));
	unsigned int num = 0;
	struct session *s;

	if (!copy)
		return;
	site_say(m->site, copy, MESSAGE_RESET);
	memcpy(copy->types, order->types, sizeof(copy->types));
	copy->num_types = order->num_types;
	TAILQ_FOREACH(s, &m->sessions, link)
		if (s->is_node)
			num += channel_send(s->channel, copy);
	log_line(LOG_NOTICE, "reset of %u nodes by order of %s", num,
		 session_name(operator));
	site_say(m->site, copy, MESSAGE_HELLO);
	channel_send(operator->channel, copy);
	free(copy);
}

/* What a role may say. Anything else is dropped, with a sentence. */
static const unsigned int may_say[SITE_ROLES] = {
	[ROLE_NODE] = 1U << MESSAGE_HELLO | 1U << MESSAGE_REQUEST | 1U << MESSAGE_ACK |
		      1U << MESSAGE_READY | 1U << MESSAGE_STATUS,
	[ROLE_MASTER] = 1U << MESSAGE_HELLO | 1U << MESSAGE_REQUEST | 1U << MESSAGE_ACK |
			1U << MESSAGE_READY | 1U << MESSAGE_STATUS,
	[ROLE_OPERATOR] = 1U << MESSAGE_RESET | 1U << MESSAGE_QUERY,
};

/* Who comes a second time has lost its first connection. */
static void on_hello(struct session *s, const struct message *hello)
{
	struct session *old;

	if (strcmp(hello->role, "node") && channel_peer(s->channel)->role != ROLE_MASTER) {
		log_line(LOG_WARNING, "%s says hello as %s, and its certificate is a %s's",
			 session_name(s), hello->role,
			 site_role_name(channel_peer(s->channel)->role));
		return;
	}
	s->is_node = !strcmp(hello->role, "node");
	TAILQ_FOREACH(old, &s->master->sessions, link)
		if (old != s && old->known && old->is_node == s->is_node &&
		    !strcmp(session_name(old), session_name(s)))
			break;
	s->known = true;
	if (!old)
		return;
	channel_free(old->channel);
	end_session(old);
}

static void on_message(struct channel *ch, const struct message *msg, void *ctx)
{
	const struct identity *who = channel_peer(ch);
	struct session *s = ctx;

	if (!(may_say[who->role] & 1U << msg->type)) {
		log_line(LOG_WARNING, "%s says %s, which a %s may not", who->name,
			 message_name(msg->type), site_role_name(who->role));
		return;
	}
	if (!s->known && msg->type != MESSAGE_HELLO) {
		log_line(LOG_WARNING, "%s says %s, and no hello before", who->name,
			 message_name(msg->type));
		return;
	}
	switch (msg->type) {
	case MESSAGE_HELLO:
		on_hello(s, msg);
		break;
	case MESSAGE_REQUEST:
		on_request(s->master, s, msg);
		break;
	case MESSAGE_ACK:
	case MESSAGE_READY:
		on_answer(s->master, s, msg);
		break;
	case MESSAGE_STATUS:
		query_answer(s, msg);
		break;
	case MESSAGE_RESET:
		order_reset(s->master, s, msg);
		break;
	case MESSAGE_QUERY:
		query_begin(s->master, s, msg);
		break;
	default:
		break;
	}
}

static void end_session(struct session *s)
{
	struct master *m = s->master;
	unsigned int i;

	query_lost(m, s);
	for (i = 0; i < m->num_transfers; i++)
		transfer_lost(m->transfers[i], s);
	TAILQ_REMOVE(&m->sessions, s, link);
	m->num_sessions--;
	free(s);
}

static void on_closed(struct channel *ch, const char *why, void *ctx)
{
	struct session *s = ctx;

	if (why)
		log_line(LOG_NOTICE, "the connection of %s is closed: %s",
			 s->known ? channel_peer(ch)->name : "somebody", why);
	else
		log_line(LOG_DEBUG, "%s has gone", session_name(s));
	end_session(s);
}

static void on_ready(struct channel *ch, void *ctx)
{
	const struct identity *who = channel_peer(ch);
	struct session *s = ctx;
	struct message *hello;

	s->known = who->role == ROLE_OPERATOR;
	log_line(LOG_DEBUG, "the %s %s is connected", site_role_name(who->role), who->name);
	hello = make_hello(s->master);
	if (hello && !s->known)
		channel_send(ch, hello);
	free(hello);
}

static const struct channel_ops session_ops = {
	.ready = on_ready,
	.message = on_message,
	.closed = on_closed,
	.most = MESSAGE_MAX_SMALL,
};

static void on_connection(struct evconnlistener *listener, evutil_socket_t fd,
			  struct sockaddr *from, int len, void *ctx)
{
	struct master *m = ctx;
	struct session *s;
	struct mrb_error err;

	(void)listener;
	(void)from;
	(void)len;
	s = m->num_sessions < SITE_MAX_NODES + SITE_MAX_MASTERS ? calloc(1, sizeof(*s)) : NULL;
	if (!s) {
		log_line(LOG_WARNING, "somebody connects, and there are %u already; it has to wait",
			 m->num_sessions);
		evutil_closesocket(fd);
		return;
	}
	s->master = m;
	s->since = now_ms();
	s->channel = channel_accept(m->site->base, m->site->tls, fd, &session_ops, s, &err);
	if (!s->channel) {
		log_line(LOG_ERR, "%s", err.text);
		free(s);
		return;
	}
	TAILQ_INSERT_TAIL(&m->sessions, s, link);
	m->num_sessions++;
}

/* ---- other masters --------------------------------------------------------- */

static bool wants(const struct manifest *manifest, const struct manifest_image *image,
		  void *ctx)
{
	const struct master *m = ctx;

	(void)manifest;
	return now_ms() >= m->fetch_after && !master_store_has(m->store, image);
}

static void accepted(const struct manifest *manifest, const char *text, void *ctx)
{
	struct master *m = ctx;
	struct mrb_error err;
	const struct manifest *mine = master_store_manifest(m->store);

	if (mine && mine->sequence >= manifest->sequence)
		return;
	if (master_store_take_manifest(m->store, text, &err))
		log_line(LOG_ERR, "%s", err.text);
	make_transfers(m);
	tell_sessions(m);
}

static void taken(const struct manifest *manifest, const struct manifest_image *image,
		  struct chunks *c, void *ctx)
{
	struct master *m = ctx;
	char file[MANIFEST_FILE_LEN];
	struct mrb_error err;
	int ret;

	(void)manifest;
	memcpy(file, image->file, sizeof(file));
	ret = master_store_keep(m->store, image, c, &err);
	fetcher_ready(m->fetcher, "");
	if (ret) {
		log_line(LOG_ERR,
			 "%s cannot be kept: %s; make room in %s, it is not served meanwhile",
			 file, err.text, m->site->options->store_dir);
		m->fetch_after = now_ms() + FETCH_PAUSE_MS;
	}
	fetcher_drop(m->fetcher);
	if (ret)
		return;
	log_line(LOG_NOTICE, "%s is kept", file);
	if (master_store_is_whole(m->store))
		tell_sessions(m);
	else
		request_files(m, NULL);
}

static const struct fetcher_ops fetcher_ops = {
	.wants = wants,
	.taken = taken,
	.accepted = accepted,
};

/* Of a master that has more than this one; of all such, if it is NULL. */
static void request_files(struct master *m, struct peer *p)
{
	struct message *request = calloc(1, sizeof(*request));
	struct peer *q = NULL;

	if (!request)
		return;
	site_say(m->site, request, MESSAGE_REQUEST);
	while ((q = peers_next(m->peers, q)))
		if ((!p || p == q) && peer_sequence(q) > my_sequence(m) &&
		    now_ms() >= m->fetch_after)
			peer_send(q, request);
	free(request);
}

static void on_peer_ready(struct peer *p, void *ctx)
{
	(void)p;
	(void)ctx;
}

static void on_peer_message(struct peer *p, const struct message *msg, void *ctx)
{
	struct master *m = ctx;

	if (msg->type == MESSAGE_OFFER)
		fetcher_offer(m->fetcher, p, msg);
	if (msg->type != MESSAGE_HELLO)
		return;
	fetcher_hello(m->fetcher, p);
	request_files(m, p);
	look_at_transfers(m);
}

static void on_peer_gone(struct peer *p, void *ctx)
{
	struct master *m = ctx;

	fetcher_gone(m->fetcher, p);
	look_at_transfers(m);
}

static const struct peers_ops peers_ops = {
	.ready = on_peer_ready,
	.message = on_peer_message,
	.gone = on_peer_gone,
};

/* ---- beginning and end ----------------------------------------------------- */

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
	make_transfers(m);
	tell_sessions(m);
	say_hello(m);
}

static int listen_on(struct master *m, struct mrb_error *err)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr = m->site->address,
		.sin_port = htons((u16)m->site->options->port),
	};
	socklen_t len = sizeof(at);

	m->listener = evconnlistener_new_bind(m->site->base, on_connection, m,
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

static int start(struct master *m, struct mrb_error *err)
{
	const struct timeval often = { .tv_sec = HELLO_MS / 1000 };
	const struct site_options *o = m->site->options;

	if (listen_on(m, err))
		return err->code;
	if (o->http_port) {
		m->http = http_serve_new(m, m->site->bulk_address, (u16)o->http_port, err);
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
		m->peers = peers_new(s, "master", &peers_ops, m);
		m->hello = event_new(s->base, -1, EV_PERSIST, on_hello_timer, m);
		m->answer = event_new(s->base, -1, 0, on_answer_timer, m);
	}
	if (m && m->peers)
		m->fetcher = fetcher_new(s, m->peers, &fetcher_ops, m);
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
	struct channel *ch;

	if (!m)
		return;
	if (m->listener)
		evconnlistener_free(m->listener);
	drop_transfers(m);
	while (!TAILQ_EMPTY(&m->sessions)) {
		ch = TAILQ_FIRST(&m->sessions)->channel;
		end_session(TAILQ_FIRST(&m->sessions));
		channel_free(ch);
	}
	http_serve_free(m->http);
	fetcher_free(m->fetcher);
	peers_free(m->peers);
	if (m->hello)
		event_free(m->hello);
	if (m->answer)
		event_free(m->answer);
	master_store_free(m->store);
	free(m);
}
