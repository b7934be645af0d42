// SPDX-License-Identifier: GPL-2.0-or-later
/* What operators order a cell to do. */
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"

/* Whoever has the right to give orders says so every few seconds. */
#define HOLDER_MS	30000

/* The order is carried out, or will not be. */
void cell_order_end(struct cell *c, const char *outcome)
{
	if (!c->order.on)
		return;
	c->order.on = false;
	c->order.outcome = outcome;
	log_line(LOG_NOTICE, "order %llu is %s", c->order.number, outcome);
	cell_tell(c, NULL);
}

/* Is it carried out? */
void cell_order_look(struct cell *c)
{
	if (!c->order.on || c->state != CELL_RUNNING || c->started < c->order.sequence)
		return;
	if (duty_state(c->duty) == DUTY_IN) {
		cell_order_end(c, "done");
	} else if (duty_state(c->duty) == DUTY_SICK) {
		cell_set_problem(c, "%s", duty_problem(c->duty));
		cell_order_end(c, "failed");
	}
}

static bool counts(struct cell *c, const struct message *m)
{
	struct mrb_error err;
	u64 was;

	if (settings_fence(c->site->settings, m->epoch, m->holder, &err)) {
		log_line(LOG_WARNING, "order %llu is refused: %s", m->order, err.text);
		cell_set_problem(c, "%s", err.text);
		return false;
	}
	was = c->ordered;
	c->ordered = now_ms() + HOLDER_MS;
	/* From now on this cell gives what it has. */
	if (was <= now_ms())
		sessions_tell(c->master);
	return true;
}

static void on_update(struct cell *c, const struct message *m)
{
	struct cell_order *o = &c->order;

	if (m->order == o->number)
		return;
	if (o->on) {
		log_line(LOG_WARNING, "order %llu is not taken: order %llu is carried out",
			 m->order, o->number);
		return;
	}
	log_line(LOG_NOTICE, "order %llu of %s: manifest %llu", m->order, m->holder,
		 m->sequence);
	*o = (struct cell_order){ .number = m->order, .sequence = m->sequence, .on = true };
	if (!counts(c, m)) {
		cell_order_end(c, "refused");
		return;
	}
	c->problem[0] = '\0';
	/* Others know of the manifest, if this cell does not. */
	master_request_files(c->master, NULL);
	cell_look(c);
}

static void on_stop(struct cell *c, const struct message *m)
{
	if (!counts(c, m))
		return;
	c->approved = false;
	/* Who has gone already goes on: out of service it would be of no use to anybody. */
	if (!duty_stay(c->duty, "the update has been stopped") && c->errand == ERRAND_NONE &&
	    c->state == CELL_RUNNING && c->started < c->order.sequence)
		cell_order_end(c, "refused");
}

static void on_approve(struct cell *c, const struct message *m)
{
	log_line(LOG_NOTICE, "%s has approved what this cell waits for", m->holder);
	c->approved = true;
	/* What it lacks it lacks until it is there. */
	if (c->state == CELL_RUNNING)
		c->problem[0] = '\0';
	sessions_tell(c->master);
	master_request_files(c->master, NULL);
	cell_look(c);
}

static void set_flag(struct cell *c, const char *name, bool on)
{
	struct mrb_error err;

	if (settings_set_flag(c->site->settings, name, on, &err))
		log_line(LOG_ERR, "%s", err.text);
	else
		log_line(LOG_NOTICE, "%s is %s", name, on ? "on" : "off");
	sessions_tell(c->master);
	cell_look(c);
}

/**
 * cell_order() - an operator orders something
 * @c: cell
 * @m: order
 */
void cell_order(struct cell *c, const struct message *m)
{
	if (!message_is_for(m, tls_self(c->site->tls)->name))
		return;
	if (!strcmp(m->word, "update"))
		on_update(c, m);
	else if (!strcmp(m->word, "stop"))
		on_stop(c, m);
	else if (!strcmp(m->word, "renew"))
		counts(c, m);
	else if (!strcmp(m->word, "prepare"))
		log_line(LOG_DEBUG, "cells fetch nothing before they need it");
	else if (!strcmp(m->word, "approve"))
		on_approve(c, m);
	else if (!strcmp(m->word, "auto-on") || !strcmp(m->word, "auto-off"))
		set_flag(c, FLAG_AUTO, !strcmp(m->word, "auto-on"));
	else if (!strcmp(m->word, "ack-on") || !strcmp(m->word, "ack-off"))
		set_flag(c, FLAG_NO_ACK, !strcmp(m->word, "ack-off"));
	else
		log_line(LOG_WARNING, "order %llu is '%s', which cells do not know", m->order,
			 m->word);
}
