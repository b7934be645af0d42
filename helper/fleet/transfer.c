// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file of the manifest on its way from this master to those who want it:
 *
 *   idle      nobody wants it
 *   window    somebody does, and others may
 *   waiting   the window is over, and another master serves
 *   offered   they are told, and say what they lack
 *   queued    another file is being sent
 *   sending   what somebody lacks is sent, once for all
 *   sent      those who have all of it say so; to the others it is offered again
 *   settling  all have it, and make it run
 *
 * Each of the redundant masters hears of the requests and of the ends, and keeps
 * the window. Only the one that serves goes on from there; if it dies, the next
 * one does, and what has arrived need not be sent again, because it asks first.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "../feed.h"
#include "master.h"

/* What has been sent is on its way through many processes for a while. */
#define LINGER_MS	250
#define LINGER_EACH_MS	5
/* A window that is over, and no other master does anything about it. */
#define TAKEOVER_MS	15000
#define SETTLE_MS	5000
/* Offers that somebody does not answer before it has to ask anew. */
#define MAX_SILENT	3
/* Offers to somebody that has all chunks, and does not say how it went. */
#define MAX_OFFERS	30
/* So long the file is not offered again to somebody on whom it has failed. */
#define FAILURE_MS	60000
/* A round takes no longer than so many times what its bytes need, and this. */
#define ROUND_TIMES	8
#define ROUND_MS	20000
/* Rounds after which somebody has to use HTTP, or ask anew. */
#define MAX_ROUNDS	12

/* Nodes, and masters that fetch it. */
#define MAX_PARTICIPANTS	(SITE_MAX_NODES + SITE_MAX_MASTERS)

enum transfer_state { IDLE, WINDOW, WAITING, OFFERED, QUEUED, SENDING, SENT, SETTLING };

/**
 * struct participant - somebody wants the file
 * @session: its connection
 * @asked: it has been offered the file, and has not answered
 * @answered: @missing is what it lacked when it was last offered the file
 * @sequence: of the manifest that it has been offered the file of
 * @silent: offers that it has not answered
 * @offers: made to it
 * @missing: for each chunk
 */
struct participant {
	struct session *session;
	bool asked;
	bool answered;
	u64 sequence;
	unsigned int silent;
	unsigned int offers;
	bool missing[];
};

/* Somebody on whom the file has failed: it need not ask for it again. */
struct failure {
	STAILQ_ENTRY(failure) link;
	char name[MESSAGE_NAME_LEN];
	u64 until;
};

STAILQ_HEAD(failure_list, failure);

/**
 * struct transfer - a file of the manifest
 * @master: whose
 * @image: of its manifest
 * @state: see above
 * @window: of requests
 * @participants: who wants it; behind the first @num of them, room for others
 * @num: of them
 * @failures: who has had it, and it failed
 * @timer: when to look again
 * @file: what is sent, or %NULL
 * @offer: number of the present offer
 * @since: the present state, ms
 * @limit: of the present round, ms
 * @begun: when the first offer was made, ms
 * @rounds: of sending
 * @in_round: chunks of the present one
 * @bytes: on the wire
 * @served: participants that have it, of this offer
 */
struct transfer {
	struct master *master;
	const struct manifest_image *image;
	enum transfer_state state;
	struct window window;
	struct participant *participants[MAX_PARTICIPANTS];
	unsigned int num;
	struct failure_list failures;
	struct event *timer;
	struct chunks *file;
	u64 offer;
	u64 since;
	u64 limit;
	u64 begun;
	unsigned int rounds;
	unsigned int in_round;
	u64 bytes;
	unsigned int served;
};

static void enter(struct transfer *t, enum transfer_state state)
{
	t->state = state;
	t->since = now_ms();
}

static void look_at(struct transfer *t, u64 when)
{
	u64 now = now_ms(), ms = when > now ? when - now : 0;
	const struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};

	event_add(t->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	transfer_look(ctx);
}

/* ---- who wants it ---------------------------------------------------------- */

static struct participant *find(const struct transfer *t, const struct session *s)
{
	unsigned int i;

	for (i = 0; i < t->num; i++)
		if (t->participants[i]->session == s)
			return t->participants[i];
	return NULL;
}

/* The last one takes its place; its memory is for the next one that comes. */
static void drop(struct transfer *t, struct participant *p)
{
	unsigned int i = 0;

	while (t->participants[i] != p)
		i++;
	t->participants[i] = t->participants[--t->num];
	t->participants[t->num] = p;
}

static bool has_failed(struct transfer *t, const char *name)
{
	struct failure *f;

	/* The first one is the oldest. */
	while ((f = STAILQ_FIRST(&t->failures)) && f->until < now_ms()) {
		STAILQ_REMOVE_HEAD(&t->failures, link);
		free(f);
	}
	STAILQ_FOREACH(f, &t->failures, link)
		if (!strcmp(f->name, name))
			return true;
	return false;
}

static void note_failure(struct transfer *t, const char *name)
{
	struct failure *f = has_failed(t, name) ? NULL : calloc(1, sizeof(*f));

	if (!f)
		return;
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->until = now_ms() + FAILURE_MS;
	STAILQ_INSERT_TAIL(&t->failures, f, link);
}

/* ---- offers ---------------------------------------------------------------- */

static void set_url(const struct master *m, struct message *offer)
{
	const struct site_options *o = m->site->options;
	char address[INET_ADDRSTRLEN];

	if (o->url)
		snprintf(offer->url, sizeof(offer->url), "%s", o->url);
	else if (m->http)
		snprintf(offer->url, sizeof(offer->url), "http://%s:%u/",
			 inet_ntop(AF_INET, &m->site->bulk_address, address,
				   sizeof(address)), o->http_port);
}

static void fill_offer(const struct transfer *t, struct message *offer)
{
	const struct sockaddr_in *to = &t->master->site->options->broadcast;

	site_say(t->master->site, offer, MESSAGE_OFFER);
	offer->sequence = master_store_manifest(t->master->store)->sequence;
	offer->offer = t->offer;
	snprintf(offer->file, sizeof(offer->file), "%s", t->image->file);
	inet_ntop(AF_INET, &to->sin_addr, offer->group, sizeof(offer->group));
	offer->port = ntohs(to->sin_port);
	offer->sender = t->master->sender;
	set_url(t->master, offer);
}

/* The manifest goes with it until one has been answered. */
static void offer_to(struct transfer *t, struct participant *p, struct message *offer)
{
	struct session *s = p->session;

	offer->manifest = NULL;
	if (s->manifest != offer->sequence)
		offer->manifest = (char *)master_store_text(t->master->store);
	p->asked = channel_send(s->channel, offer);
	p->answered = false;
	p->silent++;
	p->offers++;
	p->sequence = offer->sequence;
	offer->manifest = NULL;
}

static void offer_to_one(struct transfer *t, struct participant *p)
{
	struct message *offer = calloc(1, sizeof(*offer));

	if (!offer)
		return;
	fill_offer(t, offer);
	offer_to(t, p, offer);
	free(offer);
}

static void drop_silent(struct transfer *t)
{
	unsigned int i;

	for (i = t->num; i-- > 0;) {
		struct participant *p = t->participants[i];

		if (p->silent < MAX_SILENT && p->offers < MAX_OFFERS)
			continue;
		log_line(LOG_WARNING, "%s: %s does not %s; it has to ask again",
			 t->image->file, session_name(p->session),
			 p->silent >= MAX_SILENT ? "answer" : "say what became of it");
		drop(t, p);
	}
}

static void offer_to_all(struct transfer *t)
{
	struct message *offer;
	unsigned int i;

	drop_silent(t);
	offer = calloc(1, sizeof(*offer));
	if (!offer)
		return;
	fill_offer(t, offer);
	for (i = 0; i < t->num; i++)
		offer_to(t, t->participants[i], offer);
	free(offer);
	enter(t, OFFERED);
	look_at(t, t->since + t->master->site->options->ack_ms);
}

/* ---- sending --------------------------------------------------------------- */

/* The session has stayed since the last round, for who was late. */
static void stop_sending(struct transfer *t)
{
	bulk_stop(t->master->site->bulk, t);
	if (t->master->sending == t)
		t->master->sending = NULL;
}

static void end(struct transfer *t)
{
	if (t->begun)
		log_line(LOG_NOTICE,
			 "%s: %u have it after %llu ms; %u rounds, %llu bytes sent, %u.%02u times the file",
			 t->image->file, t->served, now_ms() - t->begun, t->rounds,
			 t->bytes, (unsigned int)(t->bytes / t->image->size),
			 (unsigned int)(t->bytes % t->image->size * 100 / t->image->size));
	stop_sending(t);
	chunks_free(t->file);
	t->file = NULL;
	t->begun = 0;
	t->rounds = 0;
	t->bytes = 0;
	t->served = 0;
	event_del(t->timer);
	window_init(&t->window, &t->master->site->options->window);
	enter(t, IDLE);
	master_next_sender(t->master);
}

static void begin(struct transfer *t)
{
	struct mrb_error err;

	t->file = t->file ?: master_store_open(t->master->store, t->image, &err);
	if (!t->file) {
		log_line(LOG_ERR, "%s; nobody can be served with it", err.text);
		return;
	}
	t->begun = t->begun ?: now_ms();
	t->offer = ++t->master->offers;
	log_line(LOG_NOTICE, "broadcast of %s to %u nodes", t->image->file, t->num);
	offer_to_all(t);
}

static bool is_missing(const struct transfer *t, unsigned int i)
{
	unsigned int n;

	for (n = 0; n < t->num; n++)
		if (t->participants[n]->answered && t->participants[n]->missing[i])
			return true;
	return false;
}

static bool anything_is_missing(const struct transfer *t)
{
	unsigned int i;

	for (i = 0; i < t->image->num_chunks; i++)
		if (is_missing(t, i))
			return true;
	return false;
}

static void on_progress(unsigned int chunks, void *ctx)
{
	const struct transfer *t = ctx;

	log_line(LOG_DEBUG, "%s: %u of %u chunks are sent", t->image->file, chunks,
		 t->in_round);
}

static void on_sent(u64 bytes, void *ctx)
{
	struct transfer *t = ctx;

	if (t->state != SENDING)
		return;
	t->bytes += bytes;
	log_line(LOG_INFO, "%s: round %u is over, %llu bytes", t->image->file,
		 t->rounds, bytes);
	t->master->sending = NULL;
	enter(t, SENT);
	transfer_look(t);
	master_next_sender(t->master);
}

/* The process has died, and is started again: go on from where all are. */
static void on_failed(const char *why, void *ctx)
{
	struct transfer *t = ctx;

	log_line(LOG_ERR, "%s cannot be sent: %s", t->image->file, why);
	t->master->sending = NULL;
	if (t->state != SENDING)
		return;
	enter(t, OFFERED);
	look_at(t, now_ms() + 2000);
}

static const struct bulk_sender sender = {
	.progress = on_progress,
	.sent = on_sent,
	.failed = on_failed,
};

bool transfer_wants_to_send(const struct transfer *t)
{
	return t->state == QUEUED;
}

/**
 * transfer_send() - begin a round: the bulk plane is free
 * @t: transfer that wants to send
 */
void transfer_send(struct transfer *t)
{
	const struct manifest *m = master_store_manifest(t->master->store);
	struct bulk *bulk = t->master->site->bulk;
	struct bulk_route route = {
		.port = ntohs(t->master->site->options->broadcast.sin_port),
		.sender = t->master->sender,
	};
	u64 bits = 0;
	unsigned int i;

	inet_ntop(AF_INET, &t->master->site->options->broadcast.sin_addr, route.group,
		  sizeof(route.group));
	if (!bulk_send(bulk, &route, chunks_fd(t->file), t->num, &sender, t)) {
		log_line(LOG_WARNING, "%s waits: nothing can be sent now", t->image->file);
		look_at(t, now_ms() + 2000);
		return;
	}
	t->master->sending = t;
	t->in_round = 0;
	for (i = 0; i < t->image->num_chunks; i++) {
		if (!is_missing(t, i))
			continue;
		bulk_send_chunk(bulk, (u64)i * m->chunk_bytes,
				manifest_chunk_bytes(m, t->image, i),
				t->image->chunks[i]);
		t->in_round++;
		bits += 8ULL * manifest_chunk_bytes(m, t->image, i);
	}
	bulk_send_end(bulk);
	t->rounds++;
	enter(t, SENDING);
	t->limit = ROUND_MS + bits * ROUND_TIMES * 1000 / t->master->site->options->rate;
	look_at(t, t->since + t->limit);
	log_line(LOG_INFO, "%s: round %u, %u of %u chunks to %u nodes", t->image->file,
		 t->rounds, t->in_round, t->image->num_chunks, t->num);
}

/* ---- what to do next ------------------------------------------------------- */

static bool all_have_answered(const struct transfer *t)
{
	unsigned int i;

	for (i = 0; i < t->num; i++)
		if (t->participants[i]->asked && !t->participants[i]->answered)
			return false;
	return true;
}

static void look_at_answers(struct transfer *t)
{
	u64 limit = t->since + t->master->site->options->ack_ms;

	if (!all_have_answered(t) && now_ms() < limit) {
		look_at(t, limit);
	} else if (!anything_is_missing(t)) {
		enter(t, SETTLING);
		look_at(t, t->since + SETTLE_MS);
	} else if (t->rounds >= MAX_ROUNDS) {
		log_line(LOG_WARNING,
			 "%s: %u do not get all of it in %u rounds; they have to ask again",
			 t->image->file, t->num, t->rounds);
		t->num = 0;
		end(t);
	} else {
		enter(t, QUEUED);
		master_next_sender(t->master);
	}
}

/* Is it for this one to serve? */
static void look_at_masters(struct transfer *t)
{
	bool late = now_ms() - t->since >= TAKEOVER_MS &&
		    master_store_has(t->master->store, t->image);

	if (!late && !master_serves(t->master)) {
		look_at(t, now_ms() + 1000);
		return;
	}
	if (late)
		log_line(LOG_WARNING,
			 "%s: %u still wait for it, and no other master has served them",
			 t->image->file, t->num);
	begin(t);
}

static void look_at_window(struct transfer *t)
{
	if (!window_over(&t->window, now_ms())) {
		look_at(t, window_end(&t->window));
		return;
	}
	enter(t, WAITING);
	look_at_masters(t);
}

static void look_at_rest(struct transfer *t)
{
	u64 limit = t->since + LINGER_MS + (u64)t->num * LINGER_EACH_MS;

	if (!anything_is_missing(t)) {
		enter(t, SETTLING);
		look_at(t, t->since + SETTLE_MS);
	} else if (now_ms() < limit) {
		look_at(t, limit);
	} else {
		offer_to_all(t);
	}
}

/* Somebody asks for repair for ever, or the process hangs. */
static void look_at_round(struct transfer *t)
{
	if (now_ms() - t->since < t->limit) {
		look_at(t, t->since + t->limit);
		return;
	}
	log_line(LOG_WARNING, "%s: round %u does not end within %llu ms; it is ended",
		 t->image->file, t->rounds, t->limit);
	stop_sending(t);
	offer_to_all(t);
	master_next_sender(t->master);
}

/**
 * transfer_look() - something has changed, or time has passed
 * @t: transfer
 */
void transfer_look(struct transfer *t)
{
	if (!t->num && t->state != IDLE && t->state != SENDING) {
		end(t);
		return;
	}
	switch (t->state) {
	case WINDOW:
		look_at_window(t);
		break;
	case WAITING:
		look_at_masters(t);
		break;
	case OFFERED:
		look_at_answers(t);
		break;
	case QUEUED:
		master_next_sender(t->master);
		break;
	case SETTLING:
		if (now_ms() - t->since >= SETTLE_MS)
			offer_to_all(t);
		else
			look_at(t, t->since + SETTLE_MS);
		break;
	case SENDING:
		look_at_round(t);
		break;
	case SENT:
		look_at_rest(t);
		break;
	case IDLE:
		break;
	}
}

/* ---- what is heard --------------------------------------------------------- */

static struct participant *add(struct transfer *t, struct session *s)
{
	const size_t size = sizeof(struct participant) +
			    t->image->num_chunks * sizeof(bool);
	struct participant *p;

	if (t->num == MAX_PARTICIPANTS)
		return NULL;
	p = t->participants[t->num] ?: malloc(size);
	if (!p)
		return NULL;
	memset(p, 0, size);
	p->session = s;
	t->participants[t->num++] = p;
	return p;
}

/**
 * transfer_request() - somebody wants the file
 * @t: transfer
 * @s: its connection
 *
 * Who comes while it is sent takes part at once; who comes later waits for the
 * next window.
 */
void transfer_request(struct transfer *t, struct session *s)
{
	struct participant *p = find(t, s);

	if (p || has_failed(t, session_name(s)))
		return;
	p = add(t, s);
	if (!p)
		return;
	log_line(LOG_INFO, "%s asks for %s", session_name(s), t->image->file);
	switch (t->state) {
	case SETTLING:
	case IDLE:
		enter(t, WINDOW);
		window_init(&t->window, &t->master->site->options->window);
		__attribute__((fallthrough));
	case WINDOW:
		window_request(&t->window, now_ms());
		look_at_window(t);
		break;
	case WAITING:
		break;
	case OFFERED:
	case QUEUED:
	case SENDING:
	case SENT:
		offer_to_one(t, p);
		break;
	}
}

static bool set_missing(const struct transfer *t, struct participant *p,
			const struct message *m)
{
	unsigned int i, n;

	for (i = 0; i < m->num_ranges; i++)
		if (m->ranges[i].first >= t->image->num_chunks ||
		    m->ranges[i].num > t->image->num_chunks - m->ranges[i].first)
			return false;

	memset(p->missing, 0, t->image->num_chunks * sizeof(bool));
	for (i = 0; i < m->num_ranges; i++)
		for (n = 0; n < m->ranges[i].num; n++)
			p->missing[m->ranges[i].first + n] = true;
	return true;
}

/* Somebody has joined, and lacks something, or nothing. */
void transfer_ack(struct transfer *t, const struct session *s, const struct message *m)
{
	struct participant *p = find(t, s);

	if (!p || m->offer != t->offer) {
		log_line(LOG_DEBUG, "%s acknowledges offer %llu, which is not made to it",
			 session_name(s), m->offer);
		return;
	}
	if (!set_missing(t, p, m)) {
		log_line(LOG_WARNING, "%s: %s lacks chunks that there are not; it is not heard",
			 t->image->file, session_name(s));
		return;
	}
	/* So it goes by that manifest, and need not be sent it again. */
	p->session->manifest = p->sequence;
	p->answered = true;
	p->silent = 0;
	if (t->state == OFFERED || t->state == SENT)
		transfer_look(t);
}

/* It runs there, or never will. */
void transfer_ready(struct transfer *t, const struct session *s, const struct message *m)
{
	struct participant *p = find(t, s);

	if (m->error[0]) {
		log_line(LOG_WARNING, "%s: %s: %s", t->image->file, session_name(s), m->error);
		note_failure(t, session_name(s));
	} else if (p) {
		log_line(LOG_INFO, "%s has %s", session_name(s), t->image->file);
		t->served++;
	}
	if (!p)
		return;
	drop(t, p);
	transfer_look(t);
}

/* Somebody is not connected any more. */
void transfer_lost(struct transfer *t, const struct session *s)
{
	struct participant *p = find(t, s);

	if (!p)
		return;
	drop(t, p);
	transfer_look(t);
}

const struct manifest_image *transfer_image(const struct transfer *t)
{
	return t->image;
}

bool transfer_is_on(const struct transfer *t)
{
	return t->begun;
}

/* Of those who wanted it, so many have it, in per cent. */
unsigned int transfer_progress(const struct transfer *t)
{
	unsigned int all = t->served + t->num;

	return all ? t->served * 100 / all : 0;
}

/* Of a file of the master's manifest; or NULL without memory. */
struct transfer *transfer_new(struct master *m, const struct manifest_image *image)
{
	struct transfer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->master = m;
	t->image = image;
	STAILQ_INIT(&t->failures);
	window_init(&t->window, &m->site->options->window);
	t->timer = event_new(m->site->base, -1, 0, on_timer, t);
	if (t->timer)
		return t;
	free(t);
	return NULL;
}

void transfer_free(struct transfer *t)
{
	struct failure *f;
	unsigned int i;

	stop_sending(t);
	for (i = 0; i < MAX_PARTICIPANTS; i++)
		free(t->participants[i]);
	while (!STAILQ_EMPTY(&t->failures)) {
		f = STAILQ_FIRST(&t->failures);
		STAILQ_REMOVE_HEAD(&t->failures, link);
		free(f);
	}
	chunks_free(t->file);
	event_free(t->timer);
	free(t);
}
