// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What operators order, passed on to those who are meant; and who may go out of service, so
 * that not all do who could take over from one another.
 */
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"

/* To an operator it is the end of the answer. */
static void say_hello(const struct master *m, const struct session *operator)
{
	struct message *hello = master_make_hello(m);

	if (hello)
		channel_send(operator->channel, hello);
	free(hello);
}

static unsigned int pass_on(const struct master *m, const struct message *order)
{
	unsigned int num = 0;
	struct session *s;

	TAILQ_FOREACH(s, &m->sessions, link)
		if ((s->is_node || s->is_cell) && message_is_for(order, session_name(s)))
			num += channel_send(s->channel, order);
	return num;
}

/* Back to the boot programs. */
void order_reset(struct master *m, const struct session *operator,
		 const struct message *order)
{
	struct message *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return;
	site_say(m->site, copy, MESSAGE_RESET);
	memcpy(copy->types, order->types, sizeof(copy->types));
	copy->num_types = order->num_types;
	log_line(LOG_NOTICE, "reset of %u nodes by order of %s", pass_on(m, copy),
		 session_name(operator));
	if (m->site->cell)
		cell_reset(m->site->cell, copy, session_name(operator));
	free(copy);
	say_hello(m, operator);
}

/**
 * order_forget() - some are no members any more
 * @m: master
 * @order: who
 */
void order_forget(struct master *m, const struct message *order)
{
	unsigned int i;

	for (i = 0; i < order->num_targets; i++)
		if (members_forget(m->members, order->targets[i]))
			log_line(LOG_NOTICE, "%s is no member any more, by order of %s",
				 order->targets[i], order->name);
}

/* Whoever may be asked for leave has to know, too. */
static void tell_masters(const struct master *m, const struct message *order)
{
	struct session *s;

	TAILQ_FOREACH(s, &m->sessions, link)
		if (s->known && !s->is_node && channel_peer(s->channel)->role == ROLE_MASTER)
			channel_send(s->channel, order);
}

/**
 * order_pass_on() - an operator orders something
 * @m: master
 * @operator: its connection
 * @order: for nodes, or for this master
 */
void order_pass_on(struct master *m, const struct session *operator,
		   const struct message *order)
{
	struct message *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return;
	*copy = *order;
	site_say(m->site, copy, MESSAGE_ORDER);
	copy->sequence = order->sequence;
	if (!strcmp(order->word, "forget")) {
		order_forget(m, order);
		tell_masters(m, copy);
	} else if (m->site->cell) {
		cell_order(m->site->cell, copy);
	}
	if (strcmp(order->word, "forget"))
		log_line(strcmp(order->word, "renew") ? LOG_NOTICE : LOG_DEBUG,
			 "order %llu, %s, to %u nodes, by order of %s", order->order,
			 order->word, pass_on(m, copy), session_name(operator));
	copy->manifest = NULL;
	copy->proof = NULL;
	free(copy);
	say_hello(m, operator);
}

/* A node wants to go out of service. */
void order_answer_leave(struct master *m, const struct session *s,
			const struct message *leave)
{
	struct message *grant = calloc(1, sizeof(*grant));
	struct mrb_error err = { 0 };

	if (!grant)
		return;
	site_say(m->site, grant, MESSAGE_GRANT);
	members_may_leave(m->members, session_name(s), leave, &err);
	snprintf(grant->error, sizeof(grant->error), "%s", err.code ? err.text : "");
	log_line(LOG_INFO, "%s of set %s may %s%s", session_name(s), leave->set,
		 err.code ? "not go out of service: " : "go out of service", grant->error);
	channel_send(s->channel, grant);
	free(grant);
}
