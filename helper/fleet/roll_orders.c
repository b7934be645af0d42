// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the orchestrator asks and says. Numbers of orders are EPOCH * 1000000 and counted up:
 * no two orders have the same one, whoever has given them.
 */
#include <stdlib.h>

#include "roll_run.h"

#define PER_EPOCH	1000000ULL

/**
 * struct look - what has been heard of all
 * @list: of members, copies
 * @is_silent: it is a master that says so of one
 * @num: entries in @list
 * @desired: new ones, from the master
 * @num_desired: entries in @desired
 * @newest: sequence of the manifest of the master
 * @highest: epoch
 * @is_incomplete: it has not got all images of that manifest
 */
struct look {
	struct message *list[ROLL_MAX_MEMBERS];
	bool is_silent[ROLL_MAX_MEMBERS];
	unsigned int num;
	struct roll_desired desired[MESSAGE_MAX_TYPES];
	unsigned int num_desired;
	u64 newest;
	u64 highest;
	bool is_incomplete;
};

static void take_desired(struct look *l, const struct message *m)
{
	struct roll_desired *d = &l->desired[l->num_desired];

	if (m->sequence > l->newest) {
		l->newest = m->sequence;
		l->num_desired = 0;
		d = l->desired;
	}
	if (m->sequence < l->newest || l->num_desired == MESSAGE_MAX_TYPES)
		return;
	snprintf(d->type, sizeof(d->type), "%s", m->module_type);
	snprintf(d->version, sizeof(d->version), "%s", m->version);
	l->num_desired++;
}

/* What nobody has signed is no member's word: who is silent is away, and said to be. */
static void on_status(const struct message *m, const struct identity *from, void *ctx)
{
	struct look *l = ctx;
	struct message *copy;

	if (from && from->role == ROLE_MASTER && !strcmp(m->state, "desired")) {
		take_desired(l, m);
		return;
	}
	l->is_incomplete |= from && from->role == ROLE_MASTER &&
			    !strcmp(m->module_type, "master") &&
			    !strcmp(m->state, "incomplete");
	if (from && m->epoch > l->highest)
		l->highest = m->epoch;
	copy = l->num < ROLL_MAX_MEMBERS && m->set[0] ? malloc(sizeof(*copy)) : NULL;
	if (!copy)
		return;
	*copy = *m;
	copy->manifest = NULL;
	copy->proof = NULL;
	l->is_silent[l->num] = !from;
	l->list[l->num++] = copy;
}

/* Once it has begun, what is desired stays as it was: a new manifest is a new update. */
static void take_look(struct roller *u, const struct look *l, bool first)
{
	unsigned int i;

	u->newest = l->newest;
	u->highest = l->highest;
	u->is_incomplete = l->is_incomplete;
	for (i = 0; first && i < l->num_desired; i++)
		roll_desires(u->roll, l->desired[i].type, l->desired[i].version);
	if (first)
		u->roll->sequence = l->newest;
	roll_look_begin(u->roll);
	for (i = 0; i < l->num; i++) {
		if (l->is_silent[i])
			roll_miss(u->roll, l->list[i]);
		else
			roll_look_at(u->roll, l->list[i]);
	}
}

/**
 * roller_look() - how are all?
 * @u: orchestrator
 * @first: what masters desire now is what members are taken to
 * @err: set on failure
 *
 * Return: 0, or the code in @err: no master answers.
 */
int roller_look(struct roller *u, bool first, struct mrb_error *err)
{
	struct look *l = calloc(1, sizeof(*l));
	unsigned int i;
	int ret;

	if (!l)
		return mrb_refuse(err, -ENOMEM, "out of memory");
	u->fleet->status = on_status;
	u->fleet->ctx = l;
	fleet_order(u->fleet, MESSAGE_QUERY);
	ret = fleet_talk(u->fleet, err);
	u->fleet->status = NULL;
	if (!ret)
		take_look(u, l, first);
	for (i = 0; i < l->num; i++)
		free(l->list[i]);
	free(l);
	return ret;
}

/**
 * roller_desired() - is there anything that could be updated?
 * @u: orchestrator that has had its first look
 * @err: set if not
 *
 * Return: 0, or the code in @err.
 */
int roller_desired(struct roller *u, struct mrb_error *err)
{
	const struct roll *r = u->roll;
	unsigned int set, i;

	if (!r->num_desired)
		return mrb_refuse(err, -ENOENT,
				  "the master has no manifest: codeswap fleet install brings one");
	if (u->is_incomplete)
		return mrb_refuse(err, -EAGAIN,
				  "the master has not got all images of manifest %llu yet: wait for that",
				  r->sequence);
	for (set = 0; set < r->rules.num_sets; set++) {
		for (i = 0; i < r->num_members; i++)
			if (!strcmp(r->members[i].set, r->rules.sets[set]))
				break;
		if (i == r->num_members)
			return mrb_refuse(err, -ENOENT,
					  "set %s has no members that answer; codeswap fleet status shows who is in which set",
					  r->rules.sets[set]);
	}
	return 0;
}

/* ---- orders ----------------------------------------------------------------------- */

/* A number that no order has had. */
u64 roller_number(struct roller *u)
{
	return u->roll->epoch * PER_EPOCH + ++u->orders;
}

static void fill(const struct roller *u, const char *word, u64 number)
{
	struct message *m;

	fleet_order(u->fleet, MESSAGE_ORDER);
	m = u->fleet->say;
	m->order = number;
	m->epoch = u->roll->epoch;
	m->sequence = u->roll->sequence;
	snprintf(m->word, sizeof(m->word), "%s", word);
	snprintf(m->method, sizeof(m->method), "%s", u->roll->rules.method);
	snprintf(m->holder, sizeof(m->holder), "%s", u->roll->holder);
}

/**
 * roller_order() - say something to all
 * @u: orchestrator
 * @word: what
 * @number: of the order
 * @err: set on failure
 *
 * Return: 0, or the code in @err: no master has heard it.
 */
int roller_order(struct roller *u, const char *word, u64 number, struct mrb_error *err)
{
	fill(u, word, number);
	return fleet_talk(u->fleet, err);
}

static bool has_to_hear(const struct roll_member *m)
{
	return m->standing == ROLL_ORDERED && m->is_present && m->heard != m->ordered;
}

/**
 * roller_repeat() - say orders to those who have not heard them
 * @u: orchestrator whose right is valid
 * @err: set on failure
 *
 * Who has heard one does nothing twice; who was started anew has forgotten that it has.
 *
 * Return: 0, or the code in @err: no master has heard it.
 */
int roller_repeat(struct roller *u, struct mrb_error *err)
{
	struct message *say = u->fleet->say;
	const struct roll *r = u->roll;
	unsigned int i, j = 0;

	for (i = 0; i < r->num_members; i = j) {
		for (; i < r->num_members && !has_to_hear(&r->members[i]); i++)
			;
		if (i == r->num_members)
			break;
		fill(u, "update", r->members[i].ordered);
		for (j = i; j < r->num_members && say->num_targets < MESSAGE_MAX_TARGETS; j++) {
			if (!has_to_hear(&r->members[j]))
				continue;
			if (r->members[j].ordered != r->members[i].ordered)
				break;
			snprintf(say->targets[say->num_targets++], MESSAGE_NAME_LEN, "%s",
				 r->members[j].name);
		}
		if (fleet_talk(u->fleet, err))
			return err->code;
	}
	return 0;
}

static bool is_to_prepare(const struct roll_member *m)
{
	return m->is_present && !m->is_current &&
	       (m->standing == ROLL_TO_DO || m->standing == ROLL_ORDERED);
}

/**
 * roller_prepare() - have all whose turn will come fetch what they will swap to
 * @u: orchestrator whose right is valid, of an update by live swaps
 * @err: set on failure
 *
 * So one broadcast is enough for all of them. It changes nothing, and nobody waits for it:
 * whoever has not prepared fetches when it is its turn.
 *
 * Return: 0, or the code in @err: no master has heard it.
 */
int roller_prepare(struct roller *u, struct mrb_error *err)
{
	struct message *say = u->fleet->say;
	const struct roll *r = u->roll;
	unsigned int i = 0;

	while (i < r->num_members) {
		fill(u, "prepare", roller_number(u));
		for (; i < r->num_members && say->num_targets < MESSAGE_MAX_TARGETS; i++)
			if (is_to_prepare(&r->members[i]))
				snprintf(say->targets[say->num_targets++], MESSAGE_NAME_LEN,
					 "%s", r->members[i].name);
		if (say->num_targets && fleet_talk(u->fleet, err))
			return err->code;
	}
	return 0;
}
