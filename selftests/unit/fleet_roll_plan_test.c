// SPDX-License-Identifier: GPL-2.0-only
/* What a rolling update does next: sets, groups, canaries, errors; [D9]. */
#include <string.h>

#include "tap.h"
#include "fleet_roll.h"

/* Of four members in A, and four in B. */
static struct roll *eight(void)
{
	static const char *const names[] = { "a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4" };
	struct roll *r = sample_roll();
	unsigned int i;

	/* As they happen to answer. */
	for (i = ARRAY_SIZE(names); i > 0; i--)
		runs(r, names[i - 1], names[i - 1][0] == 'a' ? "A" : "B", OLD);
	return r;
}

static void set_by_set_one_by_one(void)
{
	static const char *const order[] = { "a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4" };
	struct roll *r = eight();
	struct roll_step *step;
	unsigned int i, j, good = 0, sets = 0;
	u64 now = 1000;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		step = decide(r, now);
		if (step->action == ROLL_SET_DONE) {
			r->set_done[step->set] = true;
			sets++;
			step = decide(r, now);
		}
		good += orders(step, order[i]);
		carry(r, step, 100 + i, now);
		good += decide(r, now)->action == ROLL_WAIT;
		says(r, order[i], i < 4 ? "A" : "B", OLD, true, 100 + i, "");
		good += decide(r, now)->action == ROLL_WAIT;
		says(r, order[i], i < 4 ? "A" : "B", "", false, 100 + i, "");
		good += decide(r, now)->action == ROLL_WAIT;
		roll_look_begin(r);
		for (j = 0; j < ARRAY_SIZE(order); j++)
			runs(r, order[j], j < 4 ? "A" : "B", j <= i ? NEW : OLD);
		now += 5000;
	}
	is(good, 4 * ARRAY_SIZE(order), "one after the other, each awaited until it is back [D9]");
	is(sets, 1, "set B only when set A is done");
	step = decide(r, now);
	ok(step->action == ROLL_SET_DONE && step->set == 1 && step->good == 4, "then B is done");
	r->set_done[1] = true;
	ok(decide(r, now)->action == ROLL_END, "and that is the end");
	roll_free(r);
}

static void groups_have_the_size_that_is_allowed(void)
{
	static const struct {
		unsigned int value;
		bool percent;
		const char *names;
	} shares[] = {
		{ 1, false, "a1" }, { 2, false, "a1 a2" }, { 3, false, "a1 a2 a3" },
		{ 9, false, "a1 a2 a3 a4" }, { 1, true, "a1" }, { 24, true, "a1" },
		{ 25, true, "a1" }, { 49, true, "a1" }, { 50, true, "a1 a2" },
		{ 99, true, "a1 a2 a3" }, { 100, true, "a1 a2 a3 a4" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shares); i++) {
		struct roll *r = eight();

		r->rules.max_unavailable.value = shares[i].value;
		r->rules.max_unavailable.is_percent = shares[i].percent;
		ok(orders(decide(r, 1), shares[i].names), "max-unavailable %u%s of 4: %s",
		   shares[i].value, shares[i].percent ? "%" : "", shares[i].names);
		roll_free(r);
	}
}

static void who_is_out_already_leaves_less_room(void)
{
	struct roll *r = eight();

	r->rules.max_unavailable.value = 2;
	says(r, "a3", "A", NEW, false, 0, "");
	ok(orders(decide(r, 1), "a1"), "one that is coming up counts as unavailable");
	says(r, "a4", "A", NEW, false, 0, "");
	ok(decide(r, 2)->action == ROLL_WAIT, "two leave no room");
	runs(r, "a4", "A", NEW);
	ok(orders(decide(r, 3), "a1"), "one that is back makes room");
	roll_look_begin(r);
	runs(r, "a1", "A", OLD);
	runs(r, "a2", "A", OLD);
	ok(decide(r, 4)->action == ROLL_WAIT, "those that do not answer are unavailable");
	roll_free(r);

	r = eight();
	says(r, "a3", "A", "", false, 0, "");
	ok(orders(decide(r, 1), "a3"),
	   "one that is out of service, with another version, goes first, and alone");
	roll_free(r);
}

static void canaries_go_first(void)
{
	struct roll *r = eight();
	struct roll_step *step;

	r->rules.canary = 2;
	r->rules.max_unavailable.value = 3;
	step = decide(r, 1);
	ok(orders(step, "a1 a2") && step->canary, "two canaries, though three might go");
	carry(r, step, 1, 1);
	runs(r, "a1", "A", NEW);
	ok(decide(r, 2)->action == ROLL_WAIT, "nobody goes before both are back");
	runs(r, "a2", "A", NEW);
	step = decide(r, 3);
	ok(orders(step, "a3 a4") && !step->canary, "then the others");
	roll_free(r);

	r = eight();
	r->rules.canary = 2;
	step = decide(r, 1);
	ok(orders(step, "a1") && step->canary, "canaries as well no more than may be out");
	carry(r, step, 1, 1);
	runs(r, "a1", "A", NEW);
	step = decide(r, 2);
	ok(orders(step, "a2") && step->canary, "and so one after the other");
	roll_free(r);

	r = eight();
	r->rules.canary = 1;
	r->rules.stop_on_errors = 100;
	r->rules.success = 0;
	carry(r, decide(r, 1), 1, 1);
	says(r, "a1", "A", OLD, true, 1, "failed");
	step = decide(r, 2);
	ok(step->action == ROLL_STOP && strstr(step->why, "canary a1"),
	   "a canary may not fail, whatever else may: %s", step->why);
	roll_free(r);
}

static void errors_stop_it(void)
{
	struct roll *r = eight();
	struct roll_step *step;

	carry(r, decide(r, 1), 1, 1);
	says(r, "a1", "A", OLD, true, 1, "failed");
	step = decide(r, 2);
	ok(step->action == ROLL_STOP && strstr(step->why, "a1"), "the first error: %s", step->why);
	roll_free(r);

	r = eight();
	r->rules.stop_on_errors = 25;
	r->rules.success = 50;
	carry(r, decide(r, 1), 1, 1);
	says(r, "a1", "A", OLD, true, 1, "failed");
	step = decide(r, 2);
	ok(orders(step, "a2"), "one of eight is no more than 25 %%");
	carry(r, step, 2, 2);
	says(r, "a2", "A", OLD, true, 2, "failed");
	step = decide(r, 3);
	ok(orders(step, "a3"), "nor are two");
	carry(r, step, 3, 3);
	says(r, "a3", "A", OLD, true, 3, "failed");
	ok(decide(r, 4)->action == ROLL_STOP, "three are");
	roll_free(r);
}

/* One of four has failed, and serves with the old version. */
static struct roll_step *after_failure(unsigned int success)
{
	struct roll *r = eight();
	struct roll_step *step;

	r->rules.stop_on_errors = 50;
	r->rules.success = success;
	carry(r, decide(r, 1), 1, 1);
	says(r, "a1", "A", OLD, true, 1, "failed");
	runs(r, "a2", "A", NEW);
	runs(r, "a3", "A", NEW);
	runs(r, "a4", "A", NEW);
	step = decide(r, 2);
	roll_free(r);
	return step;
}

static void a_set_has_to_succeed(void)
{
	struct roll_step *step = after_failure(75);

	ok(step->action == ROLL_SET_DONE && step->good == 3 && step->total == 4,
	   "three of four are 75 %%");
	step = after_failure(76);
	ok(step->action == ROLL_STOP && strstr(step->why, "3 of 4"), "but not 76: %s", step->why);
	ok(after_failure(0)->action == ROLL_SET_DONE, "0 %% are always there");
}

static void who_has_failed_and_is_out_leaves_no_room(void)
{
	struct roll *r = eight();
	struct roll_step *step;

	r->rules.stop_on_errors = 50;
	carry(r, decide(r, 1), 1, 1);
	says(r, "a1", "A", "", false, 1, "failed");
	step = decide(r, 2);
	ok(step->action == ROLL_STOP && strstr(step->why, "nobody else"),
	   "it would wait for ever: %s", step->why);
	roll_free(r);
}

static void who_vanishes_is_an_error_in_time(void)
{
	struct roll *r = eight();
	struct roll_step *step;

	carry(r, decide(r, 1000), 1, 1000);
	roll_look_begin(r);
	runs(r, "a2", "A", OLD);
	ok(decide(r, 2000)->action == ROLL_WAIT, "one that is on its way does not answer");
	step = decide(r, 1000 + SECONDS * 1000 - 1);
	ok(step->action == ROLL_WAIT, "until its time is over");
	step = decide(r, 1000 + SECONDS * 1000);
	ok(step->action == ROLL_STOP && strstr(step->why, "has not answered for 120 s"), "%s",
	   step->why);
	roll_free(r);

	r = eight();
	decide(r, 1000);
	roll_look_begin(r);
	for (char name[] = "b1"; name[1] < '4'; name[1]++)
		runs(r, name, "B", OLD);
	roll_find(r, "a1")->is_present = true;
	roll_find(r, "a2")->is_present = true;
	roll_find(r, "a3")->is_present = true;
	ok(decide(r, 2000)->action == ROLL_WAIT, "a4 is away, and leaves no room");
	ok(decide(r, 1000 + SECONDS * 1000)->action == ROLL_STOP, "that stops it in time, too");
	roll_free(r);

	r = eight();
	roll_find(r, "a4")->is_present = false;
	ok(decide(r, 1)->action == ROLL_WAIT, "one that is away is waited for");
	ok(roll_forget(r, "a4") && orders(decide(r, 2), "a1"), "until it is forgotten");
	ok(!roll_forget(r, "a4"), "which it can be once");
	roll_free(r);
}

/* It was dead before the update began, but the master remembers it. */
static void who_is_missed_by_a_master_is_waited_for(void)
{
	struct message *m = calloc(1, sizeof(*m));
	struct roll *r = eight();

	if (!m)
		tap_bail("out of memory");
	strcpy(m->name, "a5");
	strcpy(m->set, "A");
	strcpy(m->state, "silent");
	roll_miss(r, m);
	ok(roll_find(r, "a5") && decide(r, 1000)->action == ROLL_WAIT, "it is a member, and away");
	ok(decide(r, 1000 + SECONDS * 1000)->action == ROLL_STOP, "which stops it in time");
	strcpy(m->name, "a1");
	roll_miss(r, m);
	ok(roll_find(r, "a1")->is_present, "who has answered has answered");
	strcpy(m->name, "c1");
	strcpy(m->set, "C");
	roll_miss(r, m);
	ok(!roll_find(r, "c1"), "other sets are no matter");
	roll_free(r);
	free(m);
}

static void who_comes_is_taken_along(void)
{
	struct roll *r = sample_roll();
	struct roll_step *step;

	runs(r, "a1", "A", NEW);
	runs(r, "b1", "B", OLD);
	step = decide(r, 1);
	ok(step->action == ROLL_SET_DONE && !step->set, "who has the version is not ordered");
	r->set_done[0] = true;
	runs(r, "a0", "A", OLD);
	ok(orders(decide(r, 2), "a0"), "a newcomer of a set that was done is taken first");
	runs(r, "a0", "A", NEW);
	ok(orders(decide(r, 3), "b1"), "then the next set");
	runs(r, "c1", "C", OLD);
	ok(!roll_find(r, "c1"), "other sets are no matter");
	runs(r, "b1", "C", OLD);
	ok(!roll_find(r, "b1"), "nor is who goes to one");
	roll_free(r);
}

static void a_set_that_goes_down_again_is_waited_for(void)
{
	struct roll *r = eight();
	char name[] = "a1";

	for (; name[1] <= '4'; name[1]++)
		runs(r, name, "A", NEW);
	decide(r, 1000);
	r->set_done[0] = true;
	ok(orders(decide(r, 1000), "b1"), "B is next");
	says(r, "a2", "A", NEW, false, 0, "");
	ok(decide(r, 2000)->action == ROLL_WAIT, "but not while somebody of A is out");
	ok(decide(r, 1000 + SECONDS * 1000)->action == ROLL_STOP, "which it may not be for long");
	roll_free(r);
}

static void who_is_back_has_the_manifest_too(void)
{
	struct roll *r = eight();
	struct roll_member *m;

	carry(r, decide(r, 1), 1, 1);
	says(r, "a1", "A", NEW, true, 1, "");
	decide(r, 2);
	m = roll_find(r, "a1");
	ok(m->standing == ROLL_ORDERED, "who says that it is at it is not back");
	says(r, "a1", "A", NEW, true, 1, "done");
	m->sequence = SEQ - 1;
	decide(r, 3);
	ok(m->standing == ROLL_ORDERED, "nor is who goes by the old manifest");
	m->sequence = SEQ;
	decide(r, 4);
	ok(m->standing == ROLL_DONE, "else it is");
	roll_free(r);
}

static void who_refuses_can_be_asked_again(void)
{
	struct roll *r = eight();
	struct roll_member *m;

	carry(r, decide(r, 1000), 1, 1000);
	says(r, "a1", "A", OLD, true, 1, "refused");
	ok(decide(r, 2000)->action == ROLL_WAIT && roll_is_refused(roll_find(r, "a1")),
	   "to refuse is no failure");
	m = roll_find(r, "a1");
	m->ordered = 2;
	ok(!roll_is_refused(m), "a new order is not refused yet");
	ok(decide(r, 1000 + SECONDS * 1000)->action == ROLL_STOP, "but not for ever");
	roll_free(r);
}

static void the_right_is_lost_to_others(void)
{
	struct roll *r = eight();

	ok(!roll_lost_to(r), "all go by this epoch");
	roll_find(r, "b2")->epoch = 4;
	ok(!roll_lost_to(r), "or by an older one");
	strcpy(roll_find(r, "b2")->holder, "other");
	ok(!roll_lost_to(r), "whosever that was");
	roll_find(r, "b2")->epoch = 5;
	ok(roll_lost_to(r), "but not by the same one of another");
	strcpy(roll_find(r, "b2")->holder, "desk");
	roll_find(r, "b2")->epoch = 6;
	ok(roll_lost_to(r) == roll_find(r, "b2"), "nor by a newer one");
	roll_free(r);
}

static void a_machine_is_as_good_as_its_worst_device(void)
{
	struct roll *r = sample_roll();

	roll_look_begin(r);
	device_says(r, "a1", "A", NEW, true, 0, "");
	device_says(r, "a1", "A", OLD, true, 0, "");
	ok(!roll_is_good(roll_find(r, "a1")), "new, and then old");
	roll_look_begin(r);
	device_says(r, "a1", "A", OLD, true, 0, "");
	device_says(r, "a1", "A", NEW, true, 0, "");
	ok(!roll_is_good(roll_find(r, "a1")), "old, and then new");
	roll_look_begin(r);
	device_says(r, "a1", "A", NEW, true, 0, "");
	device_says(r, "a1", "A", NEW, true, 0, "");
	ok(roll_is_good(roll_find(r, "a1")), "both new");
	roll_free(r);
}

int main(void)
{
	set_by_set_one_by_one();
	groups_have_the_size_that_is_allowed();
	who_is_out_already_leaves_less_room();
	canaries_go_first();
	errors_stop_it();
	a_set_has_to_succeed();
	who_has_failed_and_is_out_leaves_no_room();
	who_vanishes_is_an_error_in_time();
	who_is_missed_by_a_master_is_waited_for();
	who_comes_is_taken_along();
	a_set_that_goes_down_again_is_waited_for();
	who_is_back_has_the_manifest_too();
	who_refuses_can_be_asked_again();
	the_right_is_lost_to_others();
	a_machine_is_as_good_as_its_worst_device();
	return tap_done();
}
