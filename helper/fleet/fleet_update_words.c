// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap fleet update resume, pause, stop, show, roll-back: what is done with an update
 * that has begun, whether its orchestrator runs or not.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../codeswap.h"
#include "fleet_update.h"

/* ---- what is known of it ---------------------------------------------------------- */

/* The journal, to be read only; NULL if there is none, or if @status says that it failed. */
static struct journal *look_up(const char *dir, struct roll **r, int *status)
{
	char *path = journal_last(dir);
	struct journal *j = NULL;
	struct mrb_error err;

	*status = CMD_DONE;
	*r = roll_new();
	if (path && *r) {
		j = journal_open_file(path, false, &err);
		if (!j || roll_replay(*r, j, &err)) {
			*status = failed("%s", err.text);
			journal_close(j);
			j = NULL;
		}
	}
	free(path);
	return j;
}

int update_show(struct update_options *o)
{
	struct roll *r;
	int ret;
	struct journal *j = look_up(o->dir, &r, &ret);

	if (j)
		roll_show_journal(j, r, o->fleet.json);
	else if (!ret)
		ret = failed("there is no journal in %s: no update has begun there", o->dir);
	journal_close(j);
	roll_free(r);
	return ret;
}

/* ---- going on --------------------------------------------------------------------- */

static int go_on(struct roller *u)
{
	struct mrb_error err;

	if (u->roll->phase == ROLL_NONE)
		return failed("there is no update in %s that could go on", u->dir);
	if (roller_look(u, false, &err))
		return failed("%s", err.text);
	if (update_number(u))
		return CMD_FAILED;
	roll_try_again(u->roll);
	return roller_note(u, roll_line_resumed(u->roll)) ? CMD_FAILED : roller_run(u);
}

int update_resume(struct update_options *o)
{
	struct roller u = { 0 };
	struct roll *r;
	int ret;
	struct journal *j = look_up(o->dir, &r, &ret);

	if (!j && !ret)
		ret = failed("there is no journal in %s: no update has begun there", o->dir);
	journal_close(j);
	if (!ret)
		ret = update_options_masters(o, &r->rules);
	ret = ret ?: fleet_begin(&o->fleet);
	ret = ret ?: update_hold(&u, o);
	ret = ret ?: update_open(&u, o->dir);
	ret = ret ?: go_on(&u);
	update_close(&u, o);
	roll_free(r);
	return ret;
}

int update_pause(struct update_options *o)
{
	char answer[CONTROL_ANSWER_LEN];
	struct mrb_error err;

	if (control_ask(o->dir, "pause", answer, &err))
		return failed("%s", err.text);
	puts(answer);
	return CMD_DONE;
}

/* ---- stopping --------------------------------------------------------------------- */

/* In an emergency the number that the nodes know is good enough. */
static int fence(struct roller *u)
{
	struct mrb_error err;

	if (roller_look(u, false, &err))
		return failed("%s", err.text);
	if (lease_number(u->lease, u->highest + 1, &err)) {
		failed("%s; one more than the highest epoch that nodes know is taken", err.text);
		u->lease->epoch = u->highest + 1;
	}
	u->roll->epoch = u->lease->epoch;
	snprintf(u->roll->holder, sizeof(u->roll->holder), "%s", u->lease->holder);
	if (roller_order(u, "stop", roller_number(u), &err))
		return failed("%s", err.text);
	printf("all have been told to stop, in epoch %llu of %s\n", u->roll->epoch,
	       u->roll->holder);
	return CMD_DONE;
}

static int close_journal(struct roller *u, const char *dir)
{
	struct mrb_error err;

	if (update_open(u, dir))
		return CMD_FAILED;
	if (u->roll->phase == ROLL_NONE)
		return CMD_DONE;
	if (roller_note(u, roll_line_why("stopped", "by an operator")) ||
	    roller_note(u, roll_line_why("end", "by an operator")))
		return CMD_FAILED;
	return journal_archive(u->journal, u->roll->sequence, &err) ? failed("%s", err.text) :
								      CMD_DONE;
}

/* Whoever has the right now: nodes refuse it from here on. */
static int stop_without(struct update_options *o)
{
	struct roller u = { 0 };
	bool held;
	int ret = fleet_begin(&o->fleet);

	if (ret) {
		update_close(&u, o);
		return ret;
	}
	held = !update_hold(&u, o);
	if (!u.lease) {
		update_close(&u, o);
		return CMD_FAILED;
	}
	if (!held)
		failed("the right to update is taken all the same");
	u.roll = roll_new();
	ret = u.roll ? fence(&u) : failed("out of memory");
	if (u.lock->held && !ret)
		ret = close_journal(&u, o->dir);
	update_close(&u, o);
	return ret;
}

int update_stop(struct update_options *o)
{
	char answer[CONTROL_ANSWER_LEN];
	struct mrb_error err;
	struct journal *j;
	struct roll *r;
	int ret = control_ask(o->dir, "stop", answer, &err);

	if (!ret) {
		puts(answer);
		return CMD_DONE;
	}
	if (ret != -ENOENT)
		failed("%s", err.text);
	j = look_up(o->dir, &r, &ret);
	journal_close(j);
	if (r) {
		ret = update_options_masters(o, &r->rules);
		ret = ret ?: stop_without(o);
	}
	roll_free(r);
	return ret;
}

/* ---- back ------------------------------------------------------------------------- */

/* In the opposite order; and nobody is tried out with what ran before. */
static void turn_round(struct roll_rules *to, const struct roll_rules *from)
{
	unsigned int i;

	*to = *from;
	to->canary = 0;
	for (i = 0; i < from->num_sets; i++)
		memcpy(to->sets[i], from->sets[from->num_sets - 1 - i], sizeof(to->sets[i]));
}

static int end_old(struct roller *u, const char *dir)
{
	struct mrb_error err;

	if (update_open(u, dir))
		return CMD_FAILED;
	if (u->roll->phase == ROLL_NONE)
		return CMD_DONE;
	if (roller_note(u, roll_line_why("end", "it is rolled back")))
		return CMD_FAILED;
	if (journal_archive(u->journal, u->roll->sequence, &err))
		return failed("%s", err.text);
	journal_close(u->journal);
	u->journal = NULL;
	return update_open(u, dir);
}

/*
 * Who was not changed runs what the old images are already, and so is ordered nothing: that
 * needs no list.
 */
int update_roll_back(struct update_options *o, const char *dir)
{
	struct roll_rules rules;
	struct roller u = { 0 };
	struct roll *r;
	int ret;
	struct journal *j = look_up(o->dir, &r, &ret);

	if (!j && !ret)
		ret = failed("there is no journal in %s: there is nothing to be rolled back",
			     o->dir);
	journal_close(j);
	if (!ret) {
		turn_round(&rules, &r->rules);
		ret = update_options_masters(o, &r->rules);
	}
	ret = ret ?: fleet_begin(&o->fleet);
	ret = ret ?: update_hold(&u, o);
	ret = ret ?: install_dir(&o->fleet, dir, NULL, o->seconds, r->sequence);
	ret = ret ?: end_old(&u, o->dir);
	ret = ret ?: update_start(&u, &rules);
	update_close(&u, o);
	roll_free(r);
	return ret;
}
