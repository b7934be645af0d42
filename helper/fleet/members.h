/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who belongs to a site of redundant sets, as a master (or a cell) knows it: who may go out
 * of service, and who has to wait, because somebody of another set is out already.
 */
#ifndef FLEET_MEMBERS_H
#define FLEET_MEMBERS_H

#include "message.h"

struct members;

struct members *members_open(const char *dir, struct mrb_error *err);
void members_close(struct members *ms);
void members_heard(struct members *ms, const struct message *status);
void members_lost(struct members *ms, const char *name);
typedef void member_fn(const char *name, const char *set, void *ctx);
void members_away(const struct members *ms, member_fn *fn, void *ctx);
const char *members_set(const struct members *ms, const char *name);
bool members_forget(struct members *ms, const char *name);
int members_may_leave(struct members *ms, const char *name, const struct message *leave,
		      struct mrb_error *err);
bool status_is_healthy(const struct message *status);

#endif /* FLEET_MEMBERS_H */
