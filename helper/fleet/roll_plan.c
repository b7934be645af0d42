// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is to be done next: decided anew each time, from the rules, what was ordered and what
 * is seen. No clock, no network, nothing that is remembered beside struct roll.
 *
 *   sets    in the order given; the next one when all of the last one that have not failed
 *           are in service with the new version, and enough of them
 *   groups  in a set, so many as may be out of service, less those that are out already;
 *           the next one when nobody of the last one is on its way
 *   canary  the first members of the first set are groups of their own; none may fail
 */
#include "roll.h"

#define PERCENT	100ULL

/* ---- members ---------------------------------------------------------------------- */

/* In service with what it is to run. */
bool roll_is_good(const struct roll_member *m)
{
	return m->is_present && m->in_service && m->is_current;
}

/* It is there to take the order, and has not; it can be asked again, by another number. */
bool roll_is_refused(const struct roll_member *m)
{
	return m->standing == ROLL_ORDERED && m->is_present && m->heard == m->ordered &&
	       !strcmp(m->outcome, "refused");
}

/* Versions can be equal in two manifests: who was ordered has to go by the new one. */
static bool is_back(const struct roll *r, const struct roll_member *m)
{
	if (m->heard == m->ordered && !m->outcome[0])
		return false;
	return roll_is_good(m) && m->sequence >= r->sequence;
}

/**
 * roll_lost_to() - has somebody else the right to update by now?
 * @r: update
 *
 * Return: a member that goes by somebody else's orders, or %NULL.
 */
const struct roll_member *roll_lost_to(const struct roll *r)
{
	const struct roll_member *m;
	unsigned int i;

	for (i = 0; i < r->num_members; i++) {
		m = &r->members[i];
		if (m->is_present && (m->epoch > r->epoch ||
				      (m->epoch == r->epoch && strcmp(m->holder, r->holder))))
			return m;
	}
	return NULL;
}

static void fail_late(const struct roll *r, struct roll_member *m)
{
	unsigned int seconds = r->rules.node_seconds;

	m->standing = ROLL_FAILED;
	if (!m->is_present)
		snprintf(m->why, sizeof(m->why), "it has not answered for %u s", seconds);
	else if (m->ordered)
		snprintf(m->why, sizeof(m->why), "it is not back after %u s: %s %s, %s%s%.120s",
			 seconds, m->state, m->version[0] ? m->version : "without a version",
			 m->in_service ? "in service" : "out of service",
			 m->error[0] ? ": " : "", m->error);
	else
		snprintf(m->why, sizeof(m->why), "it has not been in service for %u s: %s%s%.150s",
			 seconds, m->state, m->error[0] ? ": " : "", m->error);
}

/* Returns true if it stands somewhere else than before. */
static bool judge(const struct roll *r, struct roll_member *m, u64 now)
{
	bool ordered = m->standing == ROLL_ORDERED;
	bool well = ordered ? is_back(r, m) : roll_is_good(m);

	if (!m->since)
		m->since = now;
	if (well) {
		m->since = now;
		if (m->standing == ROLL_DONE)
			return false;
		m->standing = ROLL_DONE;
		m->why[0] = '\0';
		return true;
	}
	if (m->standing == ROLL_FAILED)
		return false;
	if (ordered && m->is_present && m->heard == m->ordered && !strcmp(m->outcome, "failed")) {
		m->standing = ROLL_FAILED;
		snprintf(m->why, sizeof(m->why), "%s",
			 m->error[0] ? m->error : "it says that it has failed, and not why");
		return true;
	}
	/* Who waits for its turn, and is well but for its version, waits as long as it takes. */
	if (m->standing == ROLL_TO_DO && m->is_present && m->in_service) {
		m->since = now;
		return false;
	}
	if (now - m->since < r->rules.node_seconds * 1000ULL)
		return false;
	fail_late(r, m);
	return true;
}

/**
 * roll_judge() - what has become of members
 * @r: update, after all have been looked at
 * @now: ms, of a clock that does not jump
 *
 * Return: one that has been done or has failed since it was judged last, or %NULL if there
 * is none any more.
 */
struct roll_member *roll_judge(struct roll *r, u64 now)
{
	unsigned int i;

	for (i = 0; i < r->num_members; i++)
		if (judge(r, &r->members[i], now))
			return &r->members[i];
	return NULL;
}

/* ---- sets ------------------------------------------------------------------------- */

/**
 * struct count - members of a set
 * @total: all
 * @good: in service with the new version
 * @failed: given up
 * @lost: given up, and not in service
 * @away: neither on their way by an order nor in service
 * @on_way: by an order
 * @to_do: there, and to be ordered
 */
struct count {
	unsigned int total;
	unsigned int good;
	unsigned int failed;
	unsigned int lost;
	unsigned int away;
	unsigned int on_way;
	unsigned int to_do;
};

static bool is_in(const struct roll *r, const struct roll_member *m, unsigned int set)
{
	return !strcmp(m->set, r->rules.sets[set]);
}

/* One that went down after it was done is no work: it has to come back by itself. */
static bool is_to_do(const struct roll_member *m)
{
	return m->is_present && !m->is_current && m->standing == ROLL_TO_DO;
}

static struct count count(const struct roll *r, unsigned int set)
{
	const struct roll_member *m;
	struct count c = { 0 };
	unsigned int i;

	for (i = 0; i < r->num_members; i++) {
		m = &r->members[i];
		if (!is_in(r, m, set))
			continue;
		c.total++;
		c.good += roll_is_good(m);
		c.failed += m->standing == ROLL_FAILED && !roll_is_good(m);
		c.lost += m->standing == ROLL_FAILED && !(m->is_present && m->in_service);
		c.on_way += m->standing == ROLL_ORDERED;
		c.away += m->standing != ROLL_ORDERED && (!m->is_present || !m->in_service);
		c.to_do += is_to_do(m);
	}
	return c;
}

/* Rounded down, but at least one: else nothing would ever happen. */
static unsigned int most_away(const struct roll_share *share, unsigned int total)
{
	u64 most = share->is_percent ? (u64)total * share->value / PERCENT : share->value;

	return most ? (unsigned int)most : 1;
}

/* So many members of a set may be taken out of service now. */
unsigned int roll_room(const struct roll *r, unsigned int set)
{
	struct count c = count(r, set);
	unsigned int most = most_away(&r->rules.max_unavailable, c.total);
	unsigned int away = c.away + c.on_way;

	return away < most ? most - away : 0;
}

/* ---- stopping --------------------------------------------------------------------- */

__printf(2, 3)
static bool stop(struct roll_step *step, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(step->why, sizeof(step->why), fmt, args);
	va_end(args);
	step->action = ROLL_STOP;
	return true;
}

static bool too_many_errors(const struct roll *r, struct roll_step *step)
{
	const struct roll_member *m, *last = NULL;
	unsigned int i, num = 0;

	for (i = 0; i < r->num_members; i++) {
		m = &r->members[i];
		if (m->standing != ROLL_FAILED)
			continue;
		num++;
		last = m;
		if (m->is_canary)
			return stop(step, "canary %s of set %s has failed: %.150s", m->name,
				    m->set, m->why);
	}
	if (num * PERCENT <= (u64)r->rules.stop_on_errors * r->num_members)
		return false;
	return stop(step, "%u of %u members have failed, and %u %% may; %s of set %s: %.120s", num,
		    r->num_members, r->rules.stop_on_errors, last->name, last->set, last->why);
}

/* ---- groups ----------------------------------------------------------------------- */

/* Canaries of the first set that have still to be found. */
static unsigned int canaries_left(const struct roll *r, unsigned int set)
{
	unsigned int i, num = 0;

	if (set)
		return 0;
	for (i = 0; i < r->num_members; i++)
		num += is_in(r, &r->members[i], set) && r->members[i].is_canary;
	return num < r->rules.canary ? r->rules.canary - num : 0;
}

/*
 * Who is out of service takes nothing away from it, and so goes first, beside those for
 * whom there is room.
 */
static void choose(struct roll *r, unsigned int set, struct roll_step *step)
{
	unsigned int canaries = canaries_left(r, set), room = roll_room(r, set), i, pass;
	unsigned int most = canaries ?: ROLL_MAX_MEMBERS;
	struct roll_member *m;

	step->canary = canaries;
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < r->num_members && step->num < most; i++) {
			m = &r->members[i];
			if (!is_in(r, m, set) || !is_to_do(m) || m->in_service != pass)
				continue;
			if (pass && !room)
				break;
			room -= pass;
			step->members[step->num++] = m;
		}
	}
	step->action = step->num ? ROLL_ORDER : ROLL_WAIT;
}

/* Whom nobody waits for any more leaves no room for others: that would never change. */
static bool is_stuck(const struct roll *r, unsigned int set, const struct count *c,
		     struct roll_step *step)
{
	unsigned int most = most_away(&r->rules.max_unavailable, c->total);

	if (step->action != ROLL_WAIT || c->lost < most)
		return false;
	return stop(step,
		    "set %s: %u members have failed and are out of service, and no more than %u may be: nobody else can go",
		    r->rules.sets[set], c->lost, most);
}

/* Returns true if the set is the one to go on with; false if it is done. */
static bool look_at_set(struct roll *r, unsigned int set, struct roll_step *step)
{
	struct count c = count(r, set);

	step->set = set;
	step->good = c.good;
	step->total = c.total;
	if (c.on_way)
		return true;
	if (c.to_do) {
		choose(r, set, step);
		is_stuck(r, set, &c, step);
		return true;
	}
	if (c.good + c.failed < c.total)
		return true;
	if (c.good * PERCENT < (u64)r->rules.success * c.total)
		return stop(step,
			    "set %s: %u of %u members are in service with the new version; %u %% have to be",
			    r->rules.sets[set], c.good, c.total, r->rules.success);
	if (r->set_done[set])
		return false;
	step->action = ROLL_SET_DONE;
	return true;
}

/**
 * roll_next() - what is to be done next
 * @r: update, after roll_judge() has found nothing more
 * @step: set
 *
 * Once a set is done, @set_done says that it has been told; but a set in which somebody
 * comes, or goes down, is gone back to before others go on.
 */
void roll_next(struct roll *r, struct roll_step *step)
{
	unsigned int set;

	memset(step, 0, sizeof(*step));
	step->action = ROLL_WAIT;
	if (too_many_errors(r, step))
		return;
	for (set = 0; set < r->rules.num_sets; set++)
		if (look_at_set(r, set, step))
			return;
	step->action = ROLL_END;
}
