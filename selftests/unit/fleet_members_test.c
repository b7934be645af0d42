// SPDX-License-Identifier: GPL-2.0-only
/* Who may go out of service, and who has to wait. */
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"
#include "fleet/members.h"

static char dir[32];

static struct members *open_members(void)
{
	struct mrb_error err;
	struct members *ms = members_open(dir, &err);

	if (!ms)
		printf("# %s\n", err.text);
	return ms;
}

static void hear(struct members *ms, const char *name, const char *set, const char *state,
		 const char *service)
{
	static struct message m;

	memset(&m, 0, sizeof(m));
	m.type = MESSAGE_STATUS;
	strcpy(m.name, name);
	strcpy(m.set, set);
	strcpy(m.state, state);
	strcpy(m.service, service);
	members_heard(ms, &m);
}

static bool may(struct members *ms, const char *name, const char *set, const char *what_for)
{
	static struct message m;
	struct mrb_error err;

	memset(&m, 0, sizeof(m));
	strcpy(m.set, set);
	strcpy(m.word, what_for);
	if (!members_may_leave(ms, name, &m, &err))
		return true;
	printf("# %s: %s\n", name, err.text);
	return false;
}

static void two_sets(struct members *ms)
{
	hear(ms, "a1", "A", "running", "in");
	hear(ms, "a2", "A", "running", "in");
	hear(ms, "b1", "B", "running", "in");
	hear(ms, "b2", "B", "running", "in");
}

static void one_set_at_a_time(void)
{
	struct members *ms = open_members();

	two_sets(ms);
	ok(may(ms, "a1", "A", "update"), "all are in service: one may go");
	ok(may(ms, "a2", "A", "update"), "so may another one of its set");
	ok(!may(ms, "b1", "B", "update"), "but nobody of another one");
	hear(ms, "a1", "A", "leaving", "in");
	ok(!may(ms, "b1", "B", "update"), "while it still serves, neither");
	hear(ms, "a1", "A", "minimal", "out");
	hear(ms, "a1", "A", "running", "in");
	ok(!may(ms, "b1", "B", "update"), "nor when one of two is back");
	hear(ms, "a2", "A", "running", "in");
	ok(may(ms, "b1", "B", "update"), "but when both are");
	members_close(ms);
}

static void who_is_not_well(void)
{
	struct members *ms = open_members();

	two_sets(ms);
	hear(ms, "b2", "B", "running", "out");
	ok(!may(ms, "a1", "A", "update"), "one of another set does not serve");
	ok(may(ms, "b1", "B", "update"), "of its own, it does not matter");
	two_sets(ms);
	members_lost(ms, "b2");
	ok(!may(ms, "a1", "A", "update"), "one of another set is not connected");
	members_close(ms);

	ms = open_members();
	hear(ms, "a1", "A", "running", "in");
	hear(ms, "b1", "B", "running", "in");
	ok(!may(ms, "a1", "A", "update"), "nor has been since this machine has started");
	ok(members_forget(ms, "a2") && members_forget(ms, "b2"), "until it is none any more");
	ok(may(ms, "a1", "A", "update"), "then it does not count");
	ok(!members_forget(ms, "b9"), "who never was one cannot be forgotten");
	members_close(ms);
}

static void repairs(void)
{
	struct members *ms = open_members();

	two_sets(ms);
	hear(ms, "a2", "A", "errored", "out");
	ok(may(ms, "a1", "A", "repair"), "the last one of a set repairs if all of another serve");
	ok(!may(ms, "b1", "B", "repair") || !may(ms, "b2", "B", "repair"),
	   "which then does not go as a whole");
	two_sets(ms);
	hear(ms, "a2", "A", "errored", "out");
	hear(ms, "b2", "B", "errored", "out");
	ok(!may(ms, "a1", "A", "repair"), "but not when one of them does not");
	hear(ms, "a3", "A", "running", "in");
	ok(may(ms, "a1", "A", "repair"), "one of two does, though some of another set are out");
	ok(!may(ms, "a3", "A", "repair"), "the other one of them then does not");
	members_forget(ms, "a3");
	members_close(ms);
}

static void others(void)
{
	struct members *ms = open_members();

	ok(may(ms, "x", "", "update"), "who is in no set may go");
	members_forget(ms, "b1");
	members_forget(ms, "b2");
	hear(ms, "a1", "A", "running", "in");
	ok(!may(ms, "a1", "A", "update"), "the last one of the only set may not");
	hear(ms, "a2", "A", "running", "none");
	ok(may(ms, "a1", "A", "update"), "one of two may; without a service, what runs serves");
	hear(ms, "a2", "C", "running", "in");
	members_close(ms);
	ms = open_members();
	hear(ms, "a1", "A", "running", "in");
	ok(!may(ms, "a1", "A", "update"), "who has changed its set is in the other one");
	members_close(ms);
}

static void damaged(void)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/members.json", dir);
	f = fopen(path, "w");
	fputs("[\"a1\"]", f);
	fclose(f);
	ok(!open_members(), "a damaged list is refused");
	unlink(path);
}

int main(void)
{
	strcpy(dir, "/tmp/members.XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	one_set_at_a_time();
	who_is_not_well();
	repairs();
	others();
	damaged();
	rmdir(dir);
	return tap_done();
}
