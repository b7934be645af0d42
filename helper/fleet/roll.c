// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loop of a rolling update: look, judge, decide, note, order. What is ordered is in the
 * journal before; nothing is ordered without the right to do so, which is renewed meanwhile.
 */
#include <signal.h>
#include <stdlib.h>

#include "../codeswap.h"
#include "../feed.h"
#include "roll_run.h"

/* From one look to the next one: soon after something has happened, and then less often. */
#define TURN_MIN_MS	20
#define TURN_MAX_MS	200
#define TURN_SHARE	4
#define RETRY_MS	3000

/* ---- what is noted ---------------------------------------------------------------- */

static void tell(const struct roller *u, struct json_object *line)
{
	char text[1024];

	if (u->json) {
		puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN));
	} else {
		roll_sentence(line, text, sizeof(text));
		printf("%s %s\n", json_object_get_string(json_object_object_get(line, "time")),
		       text);
	}
	fflush(stdout);
}

/**
 * roller_note() - into the journal, and then to whoever looks on
 * @u: orchestrator
 * @line: of the journal; the journal's
 *
 * Return: 0, or -EIO, which has been said: then nothing may be done.
 */
int roller_note(struct roller *u, struct json_object *line)
{
	struct mrb_error err;

	if (journal_add(u->journal, line, &err)) {
		failed("%s", err.text);
		return -EIO;
	}
	u->changed_at = now_ms();
	tell(u, line);
	return 0;
}

static int stopped(struct roller *u, const char *why)
{
	roller_note(u, roll_line_why("stopped", why));
	failed("stopped: %s", why);
	return CMD_FAILED;
}

/* It is over: there is room for the next one. */
static int ended(struct roller *u, const char *how)
{
	struct mrb_error err;

	if (roller_note(u, roll_line_why("end", how)))
		return CMD_FAILED;
	return journal_archive(u->journal, u->roll->sequence, &err) ? failed("%s", err.text) :
								      CMD_DONE;
}

/* ---- stopping --------------------------------------------------------------------- */

/* Who has not gone out of service yet stays. The sentence is said, whether or not they hear. */
static int stop_all(struct roller *u, const char *why)
{
	struct mrb_error err;

	if (lease_is_valid(u->lease) &&
	    roller_order(u, "stop", roller_number(u), &err))
		failed("nobody has been told to stop: %s", err.text);
	return stopped(u, why);
}

/* By somebody who wants no more of it. */
static int stop_for_good(struct roller *u)
{
	char why[80];

	snprintf(why, sizeof(why), "by %s", u->asked_by);
	stop_all(u, why);
	ended(u, why);
	return CMD_FAILED;
}

static int lost_to(struct roller *u, const struct roll_member *m)
{
	char why[MESSAGE_TEXT_LEN];

	snprintf(why, sizeof(why),
		 "the right to update is lost: %s goes by epoch %llu of %.63s, and this is epoch %llu",
		 m->name, m->epoch, m->holder, u->roll->epoch);
	return stopped(u, why);
}

/* Masters may be members themselves, and be away for as long as these. */
static int unheard(struct roller *u, const struct mrb_error *err)
{
	u64 now = now_ms();
	char why[MESSAGE_TEXT_LEN];

	if (!u->unheard_since) {
		u->unheard_since = now;
		failed("%s; it is asked again", err->text);
	}
	if (now - u->unheard_since < u->roll->rules.node_seconds * 1000ULL)
		return -1;
	snprintf(why, sizeof(why), "no master has answered for %u s: %.150s",
		 u->roll->rules.node_seconds, err->text);
	return stopped(u, why);
}

/* ---- one turn: -1 to go on, or an exit status ------------------------------------- */

/* Who is seen for the first time is noted, so that it is missed when it goes. */
static int note_members(struct roller *u)
{
	struct json_object *line;
	struct roll_member *m;
	struct mrb_error err;
	unsigned int i;

	for (i = 0; i < u->roll->num_members; i++) {
		m = &u->roll->members[i];
		if (m->is_noted)
			continue;
		line = roll_line_member(m);
		if (journal_add(u->journal, line, &err))
			return failed("%s", err.text);
		m->is_noted = true;
		/* At the beginning, that would be all. */
		if (u->roll->last_order)
			tell(u, line);
	}
	return -1;
}

static int note_results(struct roller *u)
{
	struct roll_member *m;

	while ((m = roll_judge(u->roll, now_ms())))
		if (roller_note(u, roll_line_result(m)))
			return CMD_FAILED;
	return -1;
}

static int order(struct roller *u, const struct roll_step *step)
{
	u64 number = roller_number(u);
	struct roll_member *m;
	unsigned int i;

	if (roller_note(u, roll_line_group(u->roll, step, number)))
		return CMD_FAILED;
	u->roll->last_order = number;
	for (i = 0; i < step->num; i++) {
		m = step->members[i];
		if (m->standing != ROLL_ORDERED)
			m->since = now_ms();
		m->standing = ROLL_ORDERED;
		m->was_ordered = true;
		m->is_canary |= step->canary;
		m->ordered = number;
	}
	u->retry_at = now_ms() + RETRY_MS;
	return -1;
}

/* Who has refused because of somebody else may be able to later, but hears no number twice. */
static int ask_again(struct roller *u)
{
	struct roll_step *step;
	unsigned int i;
	int ret = -1;

	if (now_ms() < u->retry_at)
		return -1;
	step = calloc(1, sizeof(*step));
	for (i = 0; step && i < u->roll->num_members; i++) {
		if (!roll_is_refused(&u->roll->members[i]))
			continue;
		if (!step->num)
			step->set = (unsigned int)roll_set_index(u->roll, u->roll->members[i].set);
		step->members[step->num++] = &u->roll->members[i];
	}
	if (step && step->num)
		ret = order(u, step);
	free(step);
	return ret;
}

static int done(struct roller *u)
{
	const struct roll *r = u->roll;
	unsigned int i, good = 0;
	char how[80];

	for (i = 0; i < r->num_members; i++)
		good += roll_is_good(&r->members[i]);
	snprintf(how, sizeof(how), "%u of %u members are in service with manifest %llu", good,
		 r->num_members, r->sequence);
	return ended(u, how);
}

static int go_on(struct roller *u)
{
	struct roll_step *step = calloc(1, sizeof(*step));
	int ret = -1;

	if (!step)
		return failed("out of memory");
	roll_next(u->roll, step);
	if (step->action == ROLL_STOP) {
		ret = stop_all(u, step->why);
	} else if (step->action == ROLL_END) {
		ret = done(u);
	} else if (step->action == ROLL_SET_DONE) {
		if (roller_note(u, roll_line_set(u->roll, step)))
			ret = CMD_FAILED;
		u->roll->set_done[step->set] = true;
	} else if (step->action == ROLL_ORDER && u->wish == ROLLER_GO) {
		ret = order(u, step);
	} else if (u->wish == ROLLER_GO) {
		ret = ask_again(u);
	}
	free(step);
	return ret;
}

/* Those who have refused are not on their way. */
static bool is_anybody_on_way(const struct roll *r)
{
	unsigned int i;

	for (i = 0; i < r->num_members; i++)
		if (r->members[i].standing == ROLL_ORDERED && !roll_is_refused(&r->members[i]))
			return true;
	return false;
}

static int pause_now(struct roller *u)
{
	char why[80];

	snprintf(why, sizeof(why), "by %s", u->asked_by);
	return roller_note(u, roll_line_why("paused", why)) ? CMD_FAILED : ROLL_PAUSED_STATUS;
}

/* Says what is to be said; only now, since the right may have been lost meanwhile. */
static int say(struct roller *u)
{
	struct mrb_error err;
	int ret = 0;

	if (!lease_is_valid(u->lease))
		return -1;
	if (u->renew_due)
		ret = roller_order(u, "renew", roller_number(u), &err);
	u->renew_due = u->renew_due && ret;
	if (!ret && u->prepare_due)
		ret = roller_prepare(u, &err);
	u->prepare_due = u->prepare_due && ret;
	ret = ret ?: roller_repeat(u, &err);
	return ret ? unheard(u, &err) : -1;
}

static int seen(struct roller *u)
{
	const struct roll_member *other = roll_lost_to(u->roll);
	char why[MESSAGE_TEXT_LEN];
	int ret;

	if (other)
		return lost_to(u, other);
	if (u->newest > u->roll->sequence) {
		snprintf(why, sizeof(why),
			 "manifest %llu has been installed meanwhile, and this is an update to %llu: stop it, and begin anew",
			 u->newest, u->roll->sequence);
		return stop_all(u, why);
	}
	ret = note_members(u);
	if (ret < 0)
		ret = note_results(u);
	if (ret < 0)
		ret = go_on(u);
	if (ret < 0 && u->wish == ROLLER_PAUSE && !is_anybody_on_way(u->roll))
		ret = pause_now(u);
	return ret < 0 ? say(u) : ret;
}

static int turn(struct roller *u)
{
	struct mrb_error err;

	if (!u->is_lost && roller_look(u, false, &err)) {
		if (u->wish == ROLLER_STOP)
			return stop_for_good(u);
		return u->wish == ROLLER_LEAVE ? pause_now(u) : unheard(u, &err);
	}
	u->unheard_since = 0;
	if (u->is_lost)
		return stopped(u, u->lost_why);
	if (u->wish == ROLLER_STOP)
		return stop_for_good(u);
	if (u->wish == ROLLER_LEAVE)
		return pause_now(u);
	return seen(u);
}

/* ---- what happens meanwhile ------------------------------------------------------- */

static void on_renew(evutil_socket_t fd, short what, void *ctx)
{
	struct roller *u = ctx;
	struct mrb_error err;
	int ret = lease_renew(u->lease, &err);

	(void)fd;
	(void)what;
	u->renew_due |= !ret;
	if (ret == -EAGAIN)
		failed("%s; the right to update is renewed again in %d s", err.text,
		       LEASE_RENEW_SECONDS);
	if (!ret || ret == -EAGAIN || u->is_lost)
		return;
	u->is_lost = true;
	snprintf(u->lost_why, sizeof(u->lost_why), "%s", err.text);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct roller *u = ctx;

	(void)what;
	u->asked_by = number == SIGINT ? "SIGINT" : "SIGTERM";
	/* A second one is impatient. */
	if (u->wish == ROLLER_GO && is_anybody_on_way(u->roll))
		failed("who is on its way is waited for; again, and it is not");
	u->wish = u->wish == ROLLER_GO ? ROLLER_PAUSE : ROLLER_LEAVE;
}

static void forget_one(struct roller *u, const char *name, char *answer, size_t room)
{
	if (!roll_find(u->roll, name)) {
		snprintf(answer, room, "%s is no member of the sets that are updated", name);
		return;
	}
	if (roller_note(u, roll_line_why("forgotten", name))) {
		snprintf(answer, room, "the journal cannot be written");
		return;
	}
	roll_forget(u->roll, name);
	snprintf(answer, room, "%s is no member any more", name);
}

static void on_word(const char *word, char *answer, size_t room, void *ctx)
{
	struct roller *u = ctx;

	u->asked_by = "an operator";
	if (!strcmp(word, "pause")) {
		u->wish = u->wish == ROLLER_GO ? ROLLER_PAUSE : u->wish;
		snprintf(answer, room, "the update pauses when nobody is on its way any more");
	} else if (!strcmp(word, "stop")) {
		u->wish = ROLLER_STOP;
		snprintf(answer, room, "the update stops: who has not gone out of service stays");
	} else if (!strncmp(word, "forget ", 7)) {
		forget_one(u, word + 7, answer, room);
	} else {
		snprintf(answer, room, "'%s' is not known", word);
	}
}

/* ---- the loop --------------------------------------------------------------------- */

/* Many take long to answer: they are left alone for as long as that has taken. */
static unsigned int until_next_turn(const struct roller *u, u64 begun)
{
	u64 now = now_ms(), wait = (now - u->changed_at) / TURN_SHARE;

	if (wait < now - begun)
		wait = now - begun;
	return wait < TURN_MIN_MS ? TURN_MIN_MS : wait > TURN_MAX_MS ? TURN_MAX_MS :
								      (unsigned int)wait;
}

static int loop(struct roller *u)
{
	u64 begun = now_ms();
	int ret;

	while ((ret = turn(u)) < 0) {
		fleet_wait(u->fleet, until_next_turn(u, begun));
		begun = now_ms();
	}
	return ret;
}

/**
 * roller_run() - do it, until it is done, paused or stopped
 * @u: orchestrator whose journal says that it has begun
 *
 * Return: exit status.
 */
int roller_run(struct roller *u)
{
	const struct timeval renew = { .tv_sec = LEASE_RENEW_SECONDS };
	struct event_base *base = u->fleet->base;
	struct event *events[] = {
		event_new(base, -1, EV_PERSIST, on_renew, u),
		evsignal_new(base, SIGINT, on_signal, u),
		evsignal_new(base, SIGTERM, on_signal, u),
	};
	struct mrb_error err;
	struct control *control = control_open(u->dir, base, on_word, u, &err);
	int ret = CMD_FAILED;
	unsigned int i;

	u->renew_due = true;
	u->prepare_due = !strcmp(u->roll->rules.method, "live");
	u->changed_at = now_ms();
	if (!control)
		failed("%s", err.text);
	else if (!events[0] || !events[1] || !events[2] ||
		 event_add(events[0], &renew) || event_add(events[1], NULL) ||
		 event_add(events[2], NULL))
		failed("out of memory");
	else
		ret = loop(u);
	control_close(control);
	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (events[i])
			event_free(events[i]);
	return ret;
}
