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
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"
#include "transfer.h"

/* What has been sent is on its way through many processes for a while. */
#define LINGER_MS	250
#define LINGER_EACH_MS	5
/* A window that is over, and no other master does anything about it. */
#define TAKEOVER_MS	15000
#define SETTLE_MS	5000
/* Rounds after which somebody has to use HTTP, or ask anew. */
#define MAX_ROUNDS	12

/* From now on it does that. */
void transfer_enter(struct transfer *t, enum transfer_state state)
{
	t->state = state;
	t->since = now_ms();
}

/* At that time, ms, transfer_look() is due. */
void transfer_look_at(struct transfer *t, u64 when)
{
	u64 now = now_ms();

	site_look_in(t->timer, when > now ? when - now : 0);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	transfer_look(ctx);
}

static void end(struct transfer *t)
{
	if (t->begun)
		log_line(LOG_NOTICE,
			 "%s: %u have it after %llu ms; %u rounds, %llu bytes sent, %u.%02u times the file",
			 t->image->file, t->served, now_ms() - t->begun, t->rounds,
			 t->bytes, (unsigned int)(t->bytes / t->image->size),
			 (unsigned int)(t->bytes % t->image->size * 100 / t->image->size));
	transfer_stop_sending(t);
	chunks_free(t->file);
	t->file = NULL;
	t->begun = 0;
	t->rounds = 0;
	t->bytes = 0;
	t->served = 0;
	event_del(t->timer);
	window_init(&t->window, &t->master->site->options->window);
	transfer_enter(t, IDLE);
	master_next_sender(t->master);
	if (t->master->site->cell)
		cell_look(t->master->site->cell);
}

static void begin(struct transfer *t)
{
	struct mrb_error err;

	t->file = t->file ?: master_store_open(t->master->store, t->image, &err);
	if (!t->file) {
		log_line(LOG_ERR, "%s; it is fetched from another master", err.text);
		transfer_look_at(t, now_ms() + 1000);
		master_lost(t->master, t->image);
		return;
	}
	t->begun = t->begun ?: now_ms();
	t->offer = ++t->master->offers;
	log_line(LOG_NOTICE, "broadcast of %s to %u nodes", t->image->file, t->num);
	participants_offer(t);
}

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
		transfer_look_at(t, limit);
	} else if (!transfer_is_missing(t)) {
		transfer_enter(t, SETTLING);
		transfer_look_at(t, t->since + SETTLE_MS);
	} else if (t->rounds >= MAX_ROUNDS) {
		log_line(LOG_WARNING,
			 "%s: %u do not get all of it in %u rounds; they have to ask again",
			 t->image->file, t->num, t->rounds);
		t->num = 0;
		end(t);
	} else {
		transfer_enter(t, QUEUED);
		master_next_sender(t->master);
	}
}

/* Is it for this one to serve? */
static void look_at_masters(struct transfer *t)
{
	bool late = now_ms() - t->since >= TAKEOVER_MS &&
		    master_store_has(t->master->store, t->image);

	if ((!late && !master_serves(t->master)) ||
	    (t->master->site->cell && !cell_may_send(t->master->site->cell, t->image))) {
		transfer_look_at(t, now_ms() + 1000);
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
		transfer_look_at(t, window_end(&t->window));
		return;
	}
	transfer_enter(t, WAITING);
	look_at_masters(t);
}

static void look_at_rest(struct transfer *t)
{
	u64 limit = t->since + LINGER_MS + (u64)t->num * LINGER_EACH_MS;

	if (!transfer_is_missing(t)) {
		transfer_enter(t, SETTLING);
		transfer_look_at(t, t->since + SETTLE_MS);
	} else if (now_ms() < limit) {
		transfer_look_at(t, limit);
	} else {
		participants_offer(t);
	}
}

/* Somebody asks for repair for ever, or the process hangs. */
static void look_at_round(struct transfer *t)
{
	if (now_ms() - t->since < t->limit) {
		transfer_look_at(t, t->since + t->limit);
		return;
	}
	log_line(LOG_WARNING, "%s: round %u does not end within %llu ms; it is ended",
		 t->image->file, t->rounds, t->limit);
	transfer_stop_sending(t);
	participants_offer(t);
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
			participants_offer(t);
		else
			transfer_look_at(t, t->since + SETTLE_MS);
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
	struct participant *p = participant_find(t, s);

	if (p || participant_has_failed(t, session_name(s)))
		return;
	p = participant_add(t, s);
	if (!p)
		return;
	log_line(LOG_INFO, "%s asks for %s", session_name(s), t->image->file);
	switch (t->state) {
	case SETTLING:
	case IDLE:
		transfer_enter(t, WINDOW);
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
		participant_offer(t, p);
		break;
	}
}

/* Somebody has joined, and lacks something, or nothing. */
void transfer_ack(struct transfer *t, const struct session *s, const struct message *m)
{
	struct participant *p = participant_find(t, s);

	if (!p || m->offer != t->offer) {
		log_line(LOG_DEBUG, "%s acknowledges offer %llu, which is not made to it",
			 session_name(s), m->offer);
		return;
	}
	if (!participant_set_missing(t, p, m)) {
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
	struct participant *p = participant_find(t, s);

	if (m->error[0]) {
		log_line(LOG_WARNING, "%s: %s: %s", t->image->file, session_name(s), m->error);
		participant_note_failure(t, session_name(s));
	} else if (p) {
		log_line(LOG_INFO, "%s has %s", session_name(s), t->image->file);
		t->served++;
	}
	if (!p)
		return;
	participant_drop(t, p);
	transfer_look(t);
}

/* Somebody is not connected any more. */
void transfer_lost(struct transfer *t, const struct session *s)
{
	struct participant *p = participant_find(t, s);

	if (!p)
		return;
	participant_drop(t, p);
	transfer_look(t);
}

const struct manifest_image *transfer_image(const struct transfer *t)
{
	return t->image;
}

/* Somebody waits for it, or gets it. */
bool transfer_is_wanted(const struct transfer *t)
{
	return t->num && t->state != IDLE;
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

	transfer_stop_sending(t);
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
