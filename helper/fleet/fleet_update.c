// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap fleet update: the beginning of an update. First the right to it, then a look at
 * who there is and which epochs have been, then the journal, and only then orders.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../codeswap.h"
#include "fleet_update.h"

static int make_dirs(const char *dir)
{
	char path[ROLL_PATH_LEN];
	char *slash;

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		return failed("--state %s: a path of up to %d characters is wanted", dir,
			      ROLL_PATH_LEN - 1);
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	if (mkdir(path, 0700) && errno != EEXIST)
		return failed("--state %s: %s", dir, strerror(errno));
	return CMD_DONE;
}

static void name_holder(const struct update_options *o, char holder[MESSAGE_NAME_LEN])
{
	char machine[32] = "";

	gethostname(machine, sizeof(machine) - 1);
	if (o->holder)
		snprintf(holder, MESSAGE_NAME_LEN, "%s", o->holder);
	else
		snprintf(holder, MESSAGE_NAME_LEN, "%.20s@%s:%d", tls_self(o->fleet.tls)->name,
			 machine, getpid());
}

/**
 * update_hold() - get the right to update
 * @u: orchestrator
 * @o: options, whose fleet has begun
 *
 * The lock is needed in any case: there is one journal in a directory.
 *
 * Return: exit status.
 */
int update_hold(struct roller *u, struct update_options *o)
{
	char holder[MESSAGE_NAME_LEN];
	struct mrb_error err;

	u->fleet = &o->fleet;
	u->dir = o->dir;
	u->json = o->fleet.json;
	name_holder(o, holder);
	if (make_dirs(o->dir))
		return CMD_FAILED;
	u->lock = lease_local_new(o->dir, holder, &err);
	u->lease = u->lock;
	if (u->lock && o->etcd)
		u->lease = lease_etcd_new(o->etcd, o->etcd_tls, o->site ?: "default", holder,
					  &err);
	if (!u->lease || lease_hold(u->lock, &err) ||
	    (u->lease != u->lock && lease_hold(u->lease, &err)))
		return failed("%s", err.text);
	return CMD_DONE;
}

/**
 * update_open() - read the journal, once it cannot change any more
 * @u: orchestrator that has the lock
 * @dir: of the update
 *
 * Return: exit status.
 */
int update_open(struct roller *u, const char *dir)
{
	struct mrb_error err;

	roll_free(u->roll);
	u->roll = roll_new();
	if (!u->roll)
		return failed("out of memory");
	u->journal = journal_open(dir, &err);
	if (!u->journal || roll_replay(u->roll, u->journal, &err))
		return failed("%s", err.text);
	/* It had ended, and was not moved away in time. */
	if (u->roll->phase != ROLL_ENDED)
		return CMD_DONE;
	if (journal_archive(u->journal, u->roll->sequence, &err))
		return failed("%s", err.text);
	journal_close(u->journal);
	u->journal = NULL;
	return update_open(u, dir);
}

/* The right is given back. */
void update_release(struct roller *u)
{
	journal_close(u->journal);
	roll_free(u->roll);
	if (u->lease != u->lock)
		lease_free(u->lease);
	lease_free(u->lock);
}

void update_close(struct roller *u, struct update_options *o)
{
	update_release(u);
	fleet_end(&o->fleet);
}

/**
 * update_number() - the epoch in which orders are given
 * @u: orchestrator that has had a look
 *
 * Return: exit status.
 */
int update_number(struct roller *u)
{
	struct mrb_error err;

	if (lease_number(u->lease, u->highest + 1, &err))
		return failed("%s", err.text);
	u->roll->epoch = u->lease->epoch;
	snprintf(u->roll->holder, sizeof(u->roll->holder), "%s", u->lease->holder);
	return CMD_DONE;
}

static int refuse_second(const struct roller *u)
{
	static const char *const how[ROLL_ENDED + 1] = {
		[ROLL_NONE] = "has not begun",
		[ROLL_RUNNING] = "was going on when its orchestrator died",
		[ROLL_PAUSED] = "is paused",
		[ROLL_STOPPED] = "has stopped",
		[ROLL_ENDED] = "has ended",
	};

	return failed("an update to manifest %llu %s: resume it, roll it back, or stop it for good",
		      u->roll->sequence, how[u->roll->phase]);
}

/* From the first look on. */
int update_start(struct roller *u, const struct roll_rules *rules)
{
	struct mrb_error err;

	if (u->roll->phase != ROLL_NONE)
		return refuse_second(u);
	u->roll->rules = *rules;
	if (roller_look(u, true, &err) || roller_desired(u, &err))
		return failed("%s", err.text);
	if (update_number(u))
		return CMD_FAILED;
	return roller_note(u, roll_line_begin(u->roll)) ? CMD_FAILED : roller_run(u);
}

static int dry_run(struct update_options *o)
{
	struct roller u = { .fleet = &o->fleet, .roll = roll_new() };
	struct mrb_error err;
	int ret = CMD_DONE;

	if (!u.roll)
		return failed("out of memory");
	u.roll->rules = o->rules;
	if (roller_look(&u, true, &err) || roller_desired(&u, &err))
		ret = failed("%s", err.text);
	else
		roll_show_plan(u.roll, o->fleet.json);
	roll_free(u.roll);
	return ret;
}

/**
 * update_begin() - codeswap fleet update
 * @o: options
 *
 * Return: exit status.
 */
int update_begin(struct update_options *o)
{
	struct roller u = { 0 };
	int ret = fleet_begin(&o->fleet);

	if (!ret && o->dry_run) {
		ret = dry_run(o);
		fleet_end(&o->fleet);
		return ret;
	}
	ret = ret ?: update_hold(&u, o);
	ret = ret ?: update_open(&u, o->dir);
	ret = ret ?: update_start(&u, &o->rules);
	update_close(&u, o);
	return ret;
}
