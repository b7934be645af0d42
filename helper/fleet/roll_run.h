/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The orchestrator of a rolling update: what it has beside the plan.
 */
#ifndef FLEET_ROLL_RUN_H
#define FLEET_ROLL_RUN_H

#include "fleet_talk.h"
#include "lease.h"
#include "roll.h"

#define ROLL_PAUSED_STATUS	3	/* exit status */

/* What it has been told to do. */
enum roller_wish {
	ROLLER_GO,
	ROLLER_PAUSE,		/* when nobody is on its way any more */
	ROLLER_LEAVE,		/* at once; who is on its way goes on by itself */
	ROLLER_STOP,
};

/**
 * struct roller - an orchestrator
 * @fleet: conversation with masters
 * @roll: the update
 * @journal: of it
 * @lock: on @dir
 * @lease: right to update; @lock, or that of an etcd
 * @dir: of journal, lock and control
 * @json: progress is told as the lines of the journal
 * @wish: what it has been told to do
 * @asked_by: whoever wanted that
 * @is_lost: the right is
 * @lost_why: that is so
 * @renew_due: nodes are to hear that the right is held still
 * @prepare_due: nodes are to fetch what they will swap to
 * @changed_at: when something has been noted last, ms
 * @orders: in this epoch, so far
 * @retry_at: when those who have refused are asked again, ms
 * @unheard_since: no master has answered since then, ms, or 0
 * @newest: sequence of the manifest that masters have now, 0 if they do not say
 * @is_incomplete: the master has not got all images of it
 * @highest: epoch that anybody at the site has heard of
 */
struct roller {
	struct fleet *fleet;
	struct roll *roll;
	struct journal *journal;
	struct lease *lock;
	struct lease *lease;
	const char *dir;
	bool json;
	enum roller_wish wish;
	const char *asked_by;
	bool is_lost;
	char lost_why[MESSAGE_TEXT_LEN];
	bool renew_due;
	bool prepare_due;
	u64 changed_at;
	u64 orders;
	u64 retry_at;
	u64 unheard_since;
	u64 newest;
	bool is_incomplete;
	u64 highest;
};

/* roll_orders.c: what is asked and said */
int roller_look(struct roller *u, bool first, struct mrb_error *err);
u64 roller_number(struct roller *u);
int roller_order(struct roller *u, const char *word, u64 number, struct mrb_error *err);
int roller_prepare(struct roller *u, struct mrb_error *err);
int roller_repeat(struct roller *u, struct mrb_error *err);
int roller_desired(struct roller *u, struct mrb_error *err);

/* roll.c: the loop; returns an exit status */
int roller_note(struct roller *u, struct json_object *line);
int roller_run(struct roller *u);

/* roll_show.c */
void roll_show_plan(struct roll *r, bool json);
void roll_show_journal(const struct journal *j, const struct roll *r, bool json);

/* roll_control.c */
#define CONTROL_ANSWER_LEN	256

/**
 * typedef control_fn - somebody wants something
 * @word: that
 * @answer: to be set to a sentence
 * @room: bytes of @answer
 * @ctx: of the caller
 */
typedef void control_fn(const char *word, char *answer, size_t room, void *ctx);

struct control;
struct control *control_open(const char *dir, struct event_base *base, control_fn *fn,
			     void *ctx, struct mrb_error *err);
void control_close(struct control *c);
int control_ask(const char *dir, const char *word, char answer[CONTROL_ANSWER_LEN],
		struct mrb_error *err);

#endif /* FLEET_ROLL_RUN_H */
