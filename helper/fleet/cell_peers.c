// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What cells have to do with one another. A cell whose firmware is errored asks the others
 * (pull); one that has what is desired tells those that have something older (push). Which one
 * gives, all decide alike.
 */
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"

/* Others are told again that they should have something else. */
#define PUSH_MS		5000
/* So long those are waited for who are on their way to the rendezvous. */
#define COMING_MS	3000

/* ---- who gives ---------------------------------------------------------------- */

/* Would it give what it has? Also because others have been ordered to get it. */
bool cell_offers(const struct cell *c)
{
	u64 sequence = master_sequence(c->master);
	struct mrb_error err;

	return sequence && sequence != c->bad &&
	       (cell_may_act(c) || c->installed || now_ms() < c->ordered) &&
	       !manifest_check_time(master_store_manifest(c->master->store), time(NULL), &err);
}

static bool is_at_rendezvous(const struct cell *c)
{
	return c->state == CELL_RENDEZVOUS;
}

/* As others see it, see cell_heard(). */
static bool is_in_service(const struct cell *c)
{
	return duty_counts(c->duty) &&
	       (duty_state(c->duty) == DUTY_IN || duty_state(c->duty) == DUTY_LEAVING);
}

static void view_self(const struct cell *c, struct cell_view *v)
{
	memset(v, 0, sizeof(*v));
	snprintf(v->name, sizeof(v->name), "%s", tls_self(c->site->tls)->name);
	snprintf(v->set, sizeof(v->set), "%s", c->site->options->set ?: "");
	v->sequence = cell_offers(c) ? master_sequence(c->master) : 0;
	v->at_rendezvous = is_at_rendezvous(c);
	v->in_service = is_in_service(c);
}

/* By its own connection to this cell; until it has made one, by its name alone. */
static void view_peer(const struct cell *c, const struct peer *p, struct cell_view *v)
{
	const struct session *s;

	memset(v, 0, sizeof(*v));
	v->sequence = peer_sequence(p);
	TAILQ_FOREACH(s, &c->master->sessions, link) {
		if (!s->is_cell || strcmp(session_name(s), peer_name(p)))
			continue;
		*v = s->view;
		/* What it has is nothing to those who agree with this one. */
		v->sequence = s->disagrees ? 0 : peer_sequence(p);
	}
	snprintf(v->name, sizeof(v->name), "%s", peer_name(p));
}

/* Is it for this cell to repair others? */
bool cell_serves(const struct cell *c)
{
	struct cell_view views[SITE_MAX_MASTERS + 1];
	const struct peer *p = NULL;
	unsigned int num = 1;

	view_self(c, &views[0]);
	while ((p = peers_next(c->master->peers, p)) && num < ARRAY_SIZE(views))
		view_peer(c, p, &views[num++]);
	return cell_choose(views, num) == &views[0];
}

/* Is somebody on its way to the rendezvous, who may need the same? */
static bool others_come(const struct cell *c)
{
	const struct session *s;

	TAILQ_FOREACH(s, &c->master->sessions, link)
		if (s->comes && now_ms() - s->changed < COMING_MS)
			return true;
	return false;
}

/* Is there somebody who will want what this cell is to give, and has not asked yet? */
bool cell_is_awaited(const struct cell *c)
{
	const struct session *s;

	TAILQ_FOREACH(s, &c->master->sessions, link)
		if ((s->comes || s->is_errored) && now_ms() - s->changed < COMING_MS)
			return cell_serves(c);
	return false;
}

/**
 * cell_may_send() - is the file to be sent now?
 * @c: cell that serves; one that runs goes to the rendezvous
 * @image: of its manifest
 *
 * Boot blocks go over the management interconnect, for which nobody is reset.
 */
bool cell_may_send(struct cell *c, const struct manifest_image *image)
{
	if (cell_image_is_boot(image))
		return true;
	if (is_at_rendezvous(c))
		return !others_come(c);
	if (c->state == CELL_RUNNING && duty_state(c->duty) != DUTY_STARTING)
		cell_go(c, ERRAND_HELP);
	return false;
}

/**
 * cell_may_fetch() - is the file to be fetched now?
 * @c: cell
 * @image: of its manifest
 *
 * The firmware at the rendezvous only.
 */
bool cell_may_fetch(const struct cell *c, const struct manifest_image *image)
{
	if (c->master->install_url)
		return true;
	return cell_may_act(c) && (cell_image_is_boot(image) || c->state == CELL_ERRORED);
}

/* Is it for this cell to ask others? One that runs is told when there is something newer. */
bool cell_may_ask(const struct cell *c)
{
	return cell_may_act(c) &&
	       (c->state == CELL_BLANK || c->state == CELL_ERRORED || c->order.on);
}

/* Would any other cell give what this one lacks? */
bool cell_is_offered(const struct cell *c)
{
	const struct peer *p = NULL;

	while ((p = peers_next(c->master->peers, p)))
		if (peer_sequence(p) && peer_sequence(p) >= settings_sequence(c->site->settings))
			return true;
	return false;
}

/* Does anybody wait for something that this cell is to give? */
bool cell_is_wanted(const struct cell *c)
{
	unsigned int i;

	for (i = 0; i < c->master->num_transfers; i++)
		if (transfer_is_wanted(c->master->transfers[i]))
			return cell_serves(c);
	return false;
}

/* ---- what others say of themselves ---------------------------------------------- */

static bool is_errored(const struct message *status)
{
	return !strcmp(status->state, "errored") || !strcmp(status->state, "blank");
}

/* Where an operator has configured it away, its request is not waited for. */
static void request_for(struct cell *c, struct session *s)
{
	bool is_good = true;
	unsigned int i;

	if (!settings_flag(c->site->settings, FLAG_NO_ACK, &is_good))
		return;
	for (i = 0; i < c->master->num_transfers; i++)
		transfer_request(c->master->transfers[i], s);
}

/* It has got what it asked for, from whomever. */
static void end_requests(const struct cell *c, const struct session *s)
{
	unsigned int i;

	for (i = 0; i < c->master->num_transfers; i++)
		transfer_lost(c->master->transfers[i], s);
}

/* Each goes on by the one that it had first. */
static void look_at_desired(struct cell *c, struct session *s, const struct message *status)
{
	const char *mine = settings_desired(c->site->settings, status->module_type);
	bool disagrees = mine && status->desired[0] && strcmp(mine, status->desired) &&
			 status->sequence == settings_sequence(c->site->settings);

	if (disagrees && !s->disagrees) {
		cell_set_problem(c,
				 "manifest %llu of cell %s wants %s, and %s here: the number was given twice; install one with a higher number",
				 status->sequence, session_name(s), status->desired, mine);
		log_line(LOG_WARNING, "%s", c->problem);
	}
	s->disagrees = disagrees;
}

/**
 * cell_heard() - another cell says how it is
 * @c: this cell
 * @s: its connection
 * @status: what it says
 */
void cell_heard(struct cell *c, struct session *s, const struct message *status)
{
	struct cell_view *v = &s->view;
	bool comes = !strcmp(status->state, "blank") || !strcmp(status->state, "testing");

	if (comes != s->comes || is_errored(status) != s->is_errored)
		s->changed = now_ms();
	s->is_cell = true;
	s->runs = !strcmp(status->state, "running");
	s->comes = comes;
	s->goes_by = status->sequence;
	snprintf(v->set, sizeof(v->set), "%s", status->set);
	v->at_rendezvous = !strcmp(status->state, "rendezvous");
	v->in_service = strcmp(status->service, "none") && status_is_healthy(status);
	s->is_errored = is_errored(status);
	look_at_desired(c, s, status);
	if (s->is_errored)
		request_for(c, s);
	if (s->runs)
		end_requests(c, s);
	master_look(c->master);
}

/* ---- push ----------------------------------------------------------------------- */

static void push_to(const struct cell *c, const struct session *s)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	log_line(LOG_NOTICE, "%s goes by manifest %llu, and is told of manifest %llu",
		 session_name(s), s->goes_by, master_sequence(c->master));
	site_say(c->site, m, MESSAGE_UPDATE);
	m->sequence = master_sequence(c->master);
	m->manifest = (char *)master_store_text(c->master->store);
	channel_send(s->channel, m);
	free(m);
}

static bool is_older(const struct cell *c, const struct session *s)
{
	return s->is_cell && s->runs && s->goes_by < master_sequence(c->master);
}

/* Whose turn it is: the set after the last one, so that one that may not go keeps none. */
static const char *next_set(const struct cell *c)
{
	const struct session *s;
	const char *set = NULL;

	TAILQ_FOREACH(s, &c->master->sessions, link)
		if (is_older(c, s) && (!set || !strcmp(set, c->pushed_set)))
			set = s->view.set;
	return set;
}

/* To cells that run something older: those of one set at a time. */
static void push(struct cell *c)
{
	const struct session *s;
	const char *set;

	/* What others are to run, it runs itself. Whether they do, is for them to say. */
	if (c->state != CELL_RUNNING || now_ms() - c->pushed < PUSH_MS || !cell_serves(c))
		return;
	set = next_set(c);
	if (!set)
		return;
	snprintf(c->pushed_set, sizeof(c->pushed_set), "%s", set);
	c->pushed = now_ms();
	TAILQ_FOREACH(s, &c->master->sessions, link)
		if (is_older(c, s) && !strcmp(s->view.set, c->pushed_set))
			push_to(c, s);
}

/**
 * cell_tells() - another cell asks for what it lacks
 * @c: this cell
 * @s: its connection
 *
 * One that runs has been ordered to be updated and lacks the manifest so far. That it is told;
 * nobody goes out of service for it. For the firmware it asks at the rendezvous: were this
 * cell there before, the other one could not leave, because this one is not in service.
 *
 * Return: true if it gets no files now.
 */
bool cell_tells(const struct cell *c, const struct session *s)
{
	if (!s->is_cell || !s->runs)
		return false;
	if (s->goes_by < master_sequence(c->master) && cell_serves(c))
		push_to(c, s);
	return true;
}

/* Another cell has something newer; what it says is checked before anything is done. */
static void on_update(struct cell *c, const struct peer *p, const struct message *m)
{
	struct mrb_error err;

	if (m->sequence <= settings_sequence(c->site->settings) || !m->manifest)
		return;
	if (!cell_may_act(c)) {
		cell_set_problem(c, "cell %s has manifest %llu; an operator has to approve it",
				 peer_name(p), m->sequence);
		cell_tell(c, NULL);
		return;
	}
	log_line(LOG_NOTICE, "cell %s has manifest %llu", peer_name(p), m->sequence);
	if (fetcher_install(c->master->fetcher, m->manifest, m->sequence, &err))
		log_line(LOG_WARNING, "what cell %s has is refused: %s", peer_name(p), err.text);
	cell_look(c);
}

/* ---- connections ------------------------------------------------------------------ */

static void answer(const struct cell *c, struct peer *p, const struct message *query)
{
	struct message *m = cell_report(c, query->nonce);

	if (m)
		peer_send(p, m);
	message_free(m);
}

/**
 * cell_peer_says() - another cell says something on this cell's connection to it
 * @c: this cell
 * @p: the other one
 * @m: what it says
 */
void cell_peer_says(struct cell *c, struct peer *p, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_UPDATE:
		on_update(c, p, m);
		break;
	case MESSAGE_QUERY:
		answer(c, p, m);
		break;
	case MESSAGE_RESET:
		cell_reset(c, m, peer_name(p));
		break;
	case MESSAGE_ORDER:
		cell_order(c, m);
		break;
	case MESSAGE_GRANT:
		duty_grant(c->duty, p, m);
		break;
	default:
		break;
	}
}

/* Once a second. */
void cell_tick(struct cell *c)
{
	push(c);
	cell_look(c);
}
