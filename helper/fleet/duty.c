// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In service and out of it:
 *
 *   out       the device does not run, or the service has been stopped
 *   starting  the device runs; the service is started
 *   in        it serves; asked every few seconds
 *   sick      the service says that it does not
 *   leaving   all masters are asked whether this machine may go; any of them can say no
 *   draining  the service is stopped, and then whoever wanted that may go on
 *
 * A machine whose service is out already harms nobody by staying out, and asks nobody.
 */
#include <stdlib.h>

#include "../feed.h"
#include "duty.h"
#include "master.h"

/* How often the service is asked how it is, while it is to come up and later. */
#define SOON_MS		200
#define LATER_MS	2000
/* An answer of a master takes no longer. */
#define ANSWER_MS	5000
#define WHY_LEN		MESSAGE_TEXT_LEN

/**
 * struct duty - of this machine
 * @site: its
 * @peers: masters, who are asked
 * @ops: of the owner
 * @ctx: for @ops
 * @service: program
 * @state: see above
 * @since: it is in @state, ms
 * @before: what it was before it was leaving
 * @timer: to look again
 * @awaited: masters whose answers are awaited
 * @num_awaited: entries in @awaited
 * @problem: of the service, or empty
 */
struct duty {
	struct site *site;
	struct peers *peers;
	const struct duty_ops *ops;
	void *ctx;
	struct service *service;
	enum duty_state state;
	u64 since;
	enum duty_state before;
	struct event *timer;
	const struct peer *awaited[SITE_MAX_MASTERS];
	unsigned int num_awaited;
	char problem[WHY_LEN];
};

static const char *const state_names[DUTY_STATES] = {
	[DUTY_OUT] = "out of service",
	[DUTY_STARTING] = "starting",
	[DUTY_IN] = "in service",
	[DUTY_SICK] = "not serving",
	[DUTY_LEAVING] = "leaving",
	[DUTY_DRAINING] = "draining",
};

enum duty_state duty_state(const struct duty *d)
{
	return d->state;
}

static void enter(struct duty *d, enum duty_state state)
{
	if (d->state == state)
		return;
	log_line(LOG_INFO, "this machine is %s%s%s", state_names[state],
		 state == DUTY_SICK ? ": " : "", state == DUTY_SICK ? d->problem : "");
	d->state = state;
	d->since = now_ms();
	event_del(d->timer);
	d->ops->changed(d->ctx);
}

/* ---- into service ------------------------------------------------------------ */

static void on_status(const char *problem, void *ctx)
{
	struct duty *d = ctx;
	bool up = d->state == DUTY_STARTING &&
		  now_ms() - d->since < d->site->options->service_seconds * 1000ULL;

	/* It was asked before this machine was to go. */
	if (d->state != DUTY_STARTING && d->state != DUTY_IN && d->state != DUTY_SICK)
		return;
	snprintf(d->problem, sizeof(d->problem), "%s", problem ?: "");
	if (!problem)
		enter(d, DUTY_IN);
	else if (!up)
		enter(d, DUTY_SICK);
	if (d->site->options->service)
		site_look_in(d->timer, up && problem ? SOON_MS : LATER_MS);
}

static void on_started(const char *problem, void *ctx)
{
	struct duty *d = ctx;

	if (!problem) {
		service_call(d->service, "status", on_status, d);
		return;
	}
	snprintf(d->problem, sizeof(d->problem), "%s", problem);
	enter(d, DUTY_SICK);
	site_look_in(d->timer, LATER_MS);
}

/**
 * duty_begin() - the device runs: into service
 * @d: duty
 */
void duty_begin(struct duty *d)
{
	if (d->state == DUTY_IN || d->state == DUTY_STARTING || d->state == DUTY_SICK)
		return;
	enter(d, DUTY_STARTING);
	service_call(d->service, "start", on_started, d);
}

/* ---- out of service ------------------------------------------------------------- */

static void stay(struct duty *d, const char *why)
{
	d->num_awaited = 0;
	enter(d, d->before);
	if (d->site->options->service)
		site_look_in(d->timer, LATER_MS);
	d->ops->stays(why, d->ctx);
}

static void on_stopped(const char *problem, void *ctx)
{
	struct duty *d = ctx;

	if (problem)
		snprintf(d->problem, sizeof(d->problem), "%s", problem);
	/* Where the device has gone already, there is nothing to go back to. */
	if (problem && d->before != DUTY_OUT) {
		d->before = DUTY_SICK;
		stay(d, problem);
		return;
	}
	enter(d, DUTY_OUT);
	d->ops->out(d->ctx);
}

static void drain(struct duty *d)
{
	enter(d, DUTY_DRAINING);
	service_call(d->service, "stop", on_stopped, d);
}

/* A machine that is a master too is asked as well. */
static int ask_self(const struct duty *d, const struct message *leave, struct mrb_error *err)
{
	const struct master *m = d->site->master;

	return m ? members_may_leave(m->members, leave->name, leave, err) : 0;
}

static void ask(struct duty *d, const char *what_for, struct mrb_error *err)
{
	struct message *m = calloc(1, sizeof(*m));
	struct peer *p = NULL;

	d->num_awaited = 0;
	if (!m) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return;
	}
	site_say(d->site, m, MESSAGE_LEAVE);
	snprintf(m->set, sizeof(m->set), "%s", d->site->options->set);
	snprintf(m->word, sizeof(m->word), "%s", what_for);
	if (!ask_self(d, m, err)) {
		while ((p = peers_next(d->peers, p)) && d->num_awaited < ARRAY_SIZE(d->awaited))
			if (peer_send(p, m))
				d->awaited[d->num_awaited++] = p;
		if (!d->num_awaited)
			mrb_refuse(err, -ENOTCONN,
				   "nobody is there who could say whether the other sets are in service");
	}
	free(m);
}

/**
 * duty_leave() - go out of service, if that may be
 * @d: duty
 * @what_for: "update" or "repair", see members_may_leave()
 *
 * What comes of it is told by &struct duty_ops.out or &struct duty_ops.stays, also
 * before this function returns.
 */
void duty_leave(struct duty *d, const char *what_for)
{
	struct mrb_error err = { 0 };

	if (d->state == DUTY_LEAVING || d->state == DUTY_DRAINING)
		return;
	if (d->state == DUTY_OUT) {
		d->ops->out(d->ctx);
		return;
	}
	d->before = d->state;
	if (!d->site->options->set || d->state != DUTY_IN) {
		drain(d);
		return;
	}
	enter(d, DUTY_LEAVING);
	ask(d, what_for, &err);
	if (err.code)
		stay(d, err.text);
	else
		site_look_in(d->timer, ANSWER_MS);
}

/**
 * duty_stay() - it need not go any more
 * @d: duty
 * @why: for &struct duty_ops.stays
 *
 * Return: false if it has gone.
 */
bool duty_stay(struct duty *d, const char *why)
{
	if (d->state != DUTY_LEAVING)
		return false;
	stay(d, why);
	return true;
}

/* The device does not run any more, whoever counted on it. */
void duty_end(struct duty *d)
{
	if (d->state == DUTY_OUT || d->state == DUTY_DRAINING)
		return;
	d->num_awaited = 0;
	d->before = DUTY_OUT;
	drain(d);
}

static bool answered(struct duty *d, const struct peer *p)
{
	unsigned int i;

	for (i = 0; i < d->num_awaited; i++) {
		if (d->awaited[i] != p)
			continue;
		d->awaited[i] = d->awaited[--d->num_awaited];
		return true;
	}
	return false;
}

/* A master says whether this machine may go. */
void duty_grant(struct duty *d, const struct peer *p, const struct message *grant)
{
	if (d->state != DUTY_LEAVING || !answered(d, p))
		return;
	if (grant->error[0])
		stay(d, grant->error);
	else if (!d->num_awaited)
		drain(d);
}

/* A master that has died cannot say no, but might have. */
void duty_gone(struct duty *d, const struct peer *p)
{
	char why[WHY_LEN];

	if (d->state != DUTY_LEAVING || !answered(d, p))
		return;
	snprintf(why, sizeof(why), "master %s has died before it answered", peer_name(p));
	stay(d, why);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct duty *d = ctx;
	char why[WHY_LEN];

	(void)fd;
	(void)what;
	if (d->state == DUTY_LEAVING) {
		snprintf(why, sizeof(why), "master %s does not answer within %d s",
			 peer_name(d->awaited[0]), ANSWER_MS / 1000);
		stay(d, why);
	} else if (d->state == DUTY_IN || d->state == DUTY_SICK || d->state == DUTY_STARTING) {
		service_call(d->service, "status", on_status, d);
	}
}

/* Why the service does not serve, or an empty text. */
const char *duty_problem(const struct duty *d)
{
	return d->problem;
}

/* Does anybody count on this machine? Then others are told of it. */
bool duty_counts(const struct duty *d)
{
	return d->site->options->set || d->site->options->service;
}

/* What others are told of it. */
void duty_fill(const struct duty *d, struct message *status)
{
	const struct site_options *o = d->site->options;

	snprintf(status->set, sizeof(status->set), "%s", o->set ?: "");
	if (duty_counts(d))
		snprintf(status->service, sizeof(status->service), "%s",
			 d->state == DUTY_IN || d->state == DUTY_LEAVING ? "in" : "out");
	if (d->state >= DUTY_LEAVING || d->state == DUTY_STARTING)
		snprintf(status->state, sizeof(status->state), "%s", state_names[d->state]);
	if (d->state == DUTY_SICK && !status->error[0])
		snprintf(status->error, sizeof(status->error), "%s", d->problem);
}

/**
 * duty_new() - begin, out of service
 * @s: site
 * @peers: masters, who are asked
 * @ops: what to tell
 * @ctx: for @ops
 * @err: set on failure
 *
 * Return: to be freed with duty_free(), or %NULL.
 */
struct duty *duty_new(struct site *s, struct peers *peers, const struct duty_ops *ops,
		      void *ctx, struct mrb_error *err)
{
	struct duty *d = calloc(1, sizeof(*d));

	if (d) {
		d->site = s;
		d->peers = peers;
		d->ops = ops;
		d->ctx = ctx;
		d->service = service_new(s);
		d->timer = event_new(s->base, -1, 0, on_timer, d);
	}
	if (d && d->service && d->timer)
		return d;
	mrb_refuse(err, -ENOMEM, "out of memory");
	duty_free(d);
	return NULL;
}

void duty_free(struct duty *d)
{
	if (!d)
		return;
	service_free(d->service);
	if (d->timer)
		event_free(d->timer);
	free(d);
}
