/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others count on a machine for: that it is in service. Going out of service is asked
 * for first, so that not all who could take over are out at the same time.
 */
#ifndef FLEET_DUTY_H
#define FLEET_DUTY_H

#include "site.h"

/* ---- service.c: the program that sees to the service ----------------------- */

/**
 * typedef service_fn - what is told of a call of the program
 * @problem: %NULL if it was well, else why not
 * @ctx: of the caller
 */
typedef void service_fn(const char *problem, void *ctx);

struct service *service_new(struct site *s);
void service_free(struct service *sv);
void service_call(struct service *sv, const char *verb, service_fn *fn, void *ctx);
bool service_is_called(const struct service *sv);

/* ---- duty.c ----------------------------------------------------------------- */

/* Where it stands. */
enum duty_state {
	DUTY_OUT,		/* of service */
	DUTY_STARTING,		/* the program has been asked to start */
	DUTY_IN,
	DUTY_SICK,		/* the program says that it does not serve */
	DUTY_LEAVING,		/* masters are asked whether it may go */
	DUTY_DRAINING,		/* the program has been asked to stop */
	DUTY_STATES,
};

/**
 * struct duty_ops - what the owner is told
 * @changed: it stands somewhere else: others should know
 * @out: it is out of service, whoever has wanted that
 * @stays: it is not, and why
 */
struct duty_ops {
	void (*changed)(void *ctx);
	void (*out)(void *ctx);
	void (*stays)(const char *why, void *ctx);
};

struct duty *duty_new(struct site *s, struct peers *peers, const struct duty_ops *ops,
		      void *ctx, struct mrb_error *err);
void duty_free(struct duty *d);
void duty_begin(struct duty *d);
void duty_leave(struct duty *d, const char *what_for);
bool duty_stay(struct duty *d, const char *why);
void duty_end(struct duty *d);
void duty_grant(struct duty *d, const struct peer *p, const struct message *grant);
void duty_gone(struct duty *d, const struct peer *p);
enum duty_state duty_state(const struct duty *d);
const char *duty_problem(const struct duty *d);
bool duty_counts(const struct duty *d);
void duty_fill(const struct duty *d, struct message *status);

#endif /* FLEET_DUTY_H */
