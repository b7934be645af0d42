// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is in the sets that are updated. Who has been seen once stays a member: one that is
 * away is unavailable, until an operator says that it is forgotten. A machine with several
 * devices is as good as the worst of them.
 */
#include <stdlib.h>

#include "roll.h"

struct roll *roll_new(void)
{
	struct roll *r = calloc(1, sizeof(*r));

	if (r)
		r->members = calloc(ROLL_MAX_MEMBERS, sizeof(*r->members));
	if (r && r->members)
		return r;
	free(r);
	return NULL;
}

void roll_free(struct roll *r)
{
	if (r)
		free(r->members);
	free(r);
}

struct roll_member *roll_find(const struct roll *r, const char *name)
{
	unsigned int i;

	for (i = 0; i < r->num_members; i++)
		if (!strcmp(r->members[i].name, name))
			return &r->members[i];
	return NULL;
}

/**
 * roll_add() - there is one more member
 * @r: update
 * @name: of it
 * @set: that it is in
 *
 * Members are kept in the order of their names, so that a plan is the same each time; so
 * pointers to members do not hold afterwards.
 *
 * Return: it, or %NULL: there are too many.
 */
struct roll_member *roll_add(struct roll *r, const char *name, const char *set)
{
	unsigned int at = r->num_members;

	if (r->num_members == ROLL_MAX_MEMBERS)
		return NULL;
	while (at && strcmp(r->members[at - 1].name, name) > 0)
		at--;
	memmove(&r->members[at + 1], &r->members[at],
		(r->num_members - at) * sizeof(*r->members));
	memset(&r->members[at], 0, sizeof(*r->members));
	r->num_members++;
	snprintf(r->members[at].name, sizeof(r->members[at].name), "%s", name);
	snprintf(r->members[at].set, sizeof(r->members[at].set), "%s", set);
	return &r->members[at];
}

/* It is no member any more; false if it was none. */
bool roll_forget(struct roll *r, const char *name)
{
	struct roll_member *m = roll_find(r, name);

	if (!m)
		return false;
	r->num_members--;
	memmove(m, m + 1, (size_t)(r->members + r->num_members - m) * sizeof(*m));
	return true;
}

/* Where a set is in the order of sets, or -1. */
int roll_set_index(const struct roll *r, const char *set)
{
	unsigned int i;

	for (i = 0; i < r->rules.num_sets; i++)
		if (!strcmp(r->rules.sets[i], set))
			return (int)i;
	return -1;
}

/* What a module type is to run, or NULL if nothing. */
const char *roll_desired_version(const struct roll *r, const char *type)
{
	unsigned int i;

	for (i = 0; i < r->num_desired; i++)
		if (!strcmp(r->desired[i].type, type))
			return r->desired[i].version;
	return NULL;
}

/* A module type is to run that; false if there are too many types. */
bool roll_desires(struct roll *r, const char *type, const char *version)
{
	struct roll_desired *d = &r->desired[r->num_desired];

	if (r->num_desired == MESSAGE_MAX_TYPES)
		return false;
	snprintf(d->type, sizeof(d->type), "%s", type);
	snprintf(d->version, sizeof(d->version), "%s", version);
	r->num_desired++;
	return true;
}

/* ---- what is seen ----------------------------------------------------------------- */

/* All are asked: who does not answer is away. */
void roll_look_begin(struct roll *r)
{
	unsigned int i;

	for (i = 0; i < r->num_members; i++)
		r->members[i].is_present = false;
}

/* As codeswapd has it, in members.c. */
static bool serves(const struct message *status)
{
	if (!strcmp(status->service, "none"))
		return !strcmp(status->state, "running");
	return !strcmp(status->service, "in");
}

static bool is_current(const struct roll *r, const struct message *status)
{
	const char *version = roll_desired_version(r, status->module_type);

	/* A device for which the manifest has no image has nothing to come to. */
	if (!version)
		return !strcmp(status->state, "running");
	return !strcmp(status->version, version);
}

static void look_at_device(struct roll *r, struct roll_member *m, const struct message *status)
{
	const char *desired = roll_desired_version(r, status->module_type);

	snprintf(m->type, sizeof(m->type), "%s", status->module_type);
	snprintf(m->state, sizeof(m->state), "%s", status->state);
	snprintf(m->version, sizeof(m->version), "%s", status->version);
	snprintf(m->desired, sizeof(m->desired), "%s", desired ?: "");
	snprintf(m->error, sizeof(m->error), "%s", status->error);
	m->sequence = status->sequence;
}

/**
 * roll_miss() - a master says that a member says nothing
 * @r: update
 * @status: that; it is not signed by the member, and so only makes it one that is away
 */
void roll_miss(struct roll *r, const struct message *status)
{
	if (roll_set_index(r, status->set) >= 0 && !roll_find(r, status->name))
		roll_add(r, status->name, status->set);
}

/**
 * roll_look_at() - a member says how it is
 * @r: update; the member is added if it is in one of the sets, and is none any more if it is
 *	in another one
 * @status: what it has signed
 */
void roll_look_at(struct roll *r, const struct message *status)
{
	struct roll_member *m = roll_find(r, status->name);
	bool current = is_current(r, status);

	if (roll_set_index(r, status->set) < 0) {
		roll_forget(r, status->name);
		return;
	}
	if (!m)
		m = roll_add(r, status->name, status->set);
	if (!m)
		return;
	snprintf(m->set, sizeof(m->set), "%s", status->set);
	if (!m->is_present || (m->is_current && !current))
		look_at_device(r, m, status);
	m->in_service = serves(status) && (!m->is_present || m->in_service);
	m->is_current = current && (!m->is_present || m->is_current);
	m->epoch = status->epoch;
	m->heard = status->order;
	snprintf(m->holder, sizeof(m->holder), "%s", status->holder);
	snprintf(m->outcome, sizeof(m->outcome), "%s", status->outcome);
	m->is_present = true;
}
