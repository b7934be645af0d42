/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets that answer as they are told to, for the tests of rolling updates. One file of a
 * program includes it, after tap.h.
 */
#ifndef FLEET_ROLL_TEST_H
#define FLEET_ROLL_TEST_H

#include "fleet/roll.h"

#define OLD	"1.1.0"
#define NEW	"2.0.0"
#define SEQ	8
#define SECONDS	120

/* Something to begin with: sets A and B, one at a time. */
static inline struct roll *sample_roll(void)
{
	struct roll *r = roll_new();
	struct roll_rules *o;

	if (!r)
		tap_bail("out of memory");
	o = &r->rules;
	strcpy(o->sets[0], "A");
	strcpy(o->sets[1], "B");
	o->num_sets = 2;
	o->max_unavailable.value = 1;
	o->success = 100;
	o->node_seconds = SECONDS;
	strcpy(o->method, "live");
	strcpy(o->masters[0], "10.71.255.1:7373");
	o->num_masters = 1;
	strcpy(o->tls_dir, "/etc/codeswap/tls");
	strcpy(o->site, "default");
	r->sequence = SEQ;
	roll_desires(r, "hba", NEW);
	r->epoch = 5;
	strcpy(r->holder, "desk");
	return r;
}

/* How a device of a member is, in short. */
static inline void device_says(struct roll *r, const char *name, const char *set,
			       const char *version, bool serves, u64 order,
			       const char *outcome)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		tap_bail("out of memory");
	m->type = MESSAGE_STATUS;
	snprintf(m->name, sizeof(m->name), "%s", name);
	snprintf(m->set, sizeof(m->set), "%s", set);
	strcpy(m->module_type, "hba");
	strcpy(m->state, serves ? "running" : "loading");
	snprintf(m->version, sizeof(m->version), "%s", version);
	strcpy(m->service, serves ? "in" : "out");
	m->order = order;
	snprintf(m->outcome, sizeof(m->outcome), "%s", outcome);
	m->sequence = strcmp(version, NEW) ? SEQ - 1 : SEQ;
	m->epoch = r->epoch;
	snprintf(m->holder, sizeof(m->holder), "%s", r->holder);
	roll_look_at(r, m);
	free(m);
}

/* How a member is that has one device, whatever it said before. */
static inline void says(struct roll *r, const char *name, const char *set, const char *version,
			bool serves, u64 order, const char *outcome)
{
	struct roll_member *m = roll_find(r, name);

	if (m)
		m->is_present = false;
	device_says(r, name, set, version, serves, order, outcome);
}

static inline void runs(struct roll *r, const char *name, const char *set, const char *version)
{
	says(r, name, set, version, true, 0, "");
}

/* All results that there are, and then the next step. */
static inline struct roll_step *decide(struct roll *r, u64 now)
{
	static struct roll_step step;

	while (roll_judge(r, now))
		;
	roll_next(r, &step);
	return &step;
}

static inline bool orders(const struct roll_step *step, const char *names)
{
	char text[512] = "";
	unsigned int i;

	for (i = 0; step->action == ROLL_ORDER && i < step->num; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 step->members[i]->name);
	if (!strcmp(text, names))
		return true;
	printf("# action %d, ordered '%s', wanted '%s' %s\n", step->action, text, names, step->why);
	return false;
}

/* As roll.c does it. */
static inline void carry(struct roll *r, const struct roll_step *step, u64 number, u64 now)
{
	unsigned int i;

	for (i = 0; i < step->num; i++) {
		step->members[i]->standing = ROLL_ORDERED;
		step->members[i]->was_ordered = true;
		step->members[i]->is_canary |= step->canary;
		step->members[i]->ordered = number;
		step->members[i]->since = now;
	}
	r->last_order = number;
}

#endif /* FLEET_ROLL_TEST_H */
