// SPDX-License-Identifier: GPL-2.0-only
/* The window in which requests are gathered, on a clock that is told. */
#include "tap.h"
#include "fleet/window.h"

struct window_case {
	const char *name;
	struct window_rules rules;
	u64 requests[6];	/* when; the first one at 0 */
	unsigned int num;
	u64 end;
};

static const struct window_case window_cases[] = {
	{ "one request", { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0 }, 1, 100 },
	{ "fixed, from the first", { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50, 99 }, 3, 100 },
	{ "fixed, from the latest", { WINDOW_FIXED, WINDOW_FROM_LATEST, 100, 1000, 0 },
	  { 0, 50, 99 }, 3, 199 },
	{ "renewed, nobody came", { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0 }, 1, 100 },
	{ "renewed once", { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50, 99 }, 3, 200 },
	{ "renewed twice", { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50, 150 }, 3, 300 },
	{ "renewed, from the latest", { WINDOW_RENEW, WINDOW_FROM_LATEST, 100, 1000, 0 },
	  { 0, 50, 140 }, 3, 240 },
	{ "shrinking", { WINDOW_SHRINK, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50, 120, 160 }, 4, 187 },
	{ "shrinking, nobody in the second", { WINDOW_SHRINK, WINDOW_FROM_FIRST, 100, 1000, 0 },
	  { 0, 50 }, 2, 150 },
	{ "shrinking, from the latest", { WINDOW_SHRINK, WINDOW_FROM_LATEST, 100, 1000, 0 },
	  { 0, 50, 90 }, 3, 115 },
	{ "shrinking to nothing", { WINDOW_SHRINK, WINDOW_FROM_LATEST, 2, 1000, 0 },
	  { 0, 1, 1, 1 }, 4, 1 },
	{ "the limit, of those renewed", { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 250, 0 },
	  { 0, 50, 150, 220 }, 4, 250 },
	{ "the limit, from the latest", { WINDOW_FIXED, WINDOW_FROM_LATEST, 100, 250, 0 },
	  { 0, 90, 180, 240 }, 4, 250 },
	{ "all have come", { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 1000, 3 },
	  { 0, 10, 20 }, 3, 20 },
	{ "all but one have come", { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 1000, 4 },
	  { 0, 10, 20 }, 3, 100 },
	{ "no window at all", { WINDOW_FIXED, WINDOW_FROM_FIRST, 0, 0, 0 },
	  { 0 }, 1, 0 },
};

/* Millisecond by millisecond: when it is over, counted from the first request. */
static u64 window_ends(const struct window_case *c, u64 start)
{
	unsigned int next = 0;
	struct window w;
	u64 now;

	window_init(&w, &c->rules);
	for (now = start; now < start + 5000; now++) {
		while (next < c->num && c->requests[next] == now - start) {
			window_request(&w, now);
			next++;
		}
		if (window_over(&w, now))
			return now - start;
	}
	return U64_MAX;
}

static void windows_end_when_they_should(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(window_cases); i++) {
		is(window_ends(&window_cases[i], 0), window_cases[i].end,
		   "%s", window_cases[i].name);
		is(window_ends(&window_cases[i], 1ULL << 40), window_cases[i].end,
		   "%s, late", window_cases[i].name);
	}
}

/* Who comes late to look at the clock finds the same end. */
static void a_late_look_does_not_move_the_end(void)
{
	struct window_rules rules = { WINDOW_RENEW, WINDOW_FROM_FIRST, 100, 1000, 0 };
	struct window w;

	window_init(&w, &rules);
	is(window_end(&w), U64_MAX, "nothing to wait for");
	ok(!window_over(&w, 1000), "and nothing is over");
	window_request(&w, 0);
	window_request(&w, 60);
	ok(!window_over(&w, 170), "the second window is on");
	is(window_end(&w), 200, "and counted from the end of the first");
	ok(window_over(&w, 450), "over, at whatever time one looks");
	ok(!window_over(&w, 450), "once");
	window_request(&w, 500);
	is(window_end(&w), 600, "the next one begins anew");
	is(w.requests, 1, "with its own requests");
}

static void rules_that_make_no_sense(void)
{
	struct window_rules good = { WINDOW_FIXED, WINDOW_FROM_FIRST, 100, 100, 0 };
	struct window_rules longer = { WINDOW_FIXED, WINDOW_FROM_FIRST, 101, 100, 0 };
	struct window_rules endless = { WINDOW_FIXED, WINDOW_FROM_FIRST, 1, U64_MAX, 0 };

	ok(!window_rules_problem(&good), "good rules");
	ok(window_rules_problem(&longer), "%s", window_rules_problem(&longer));
	ok(window_rules_problem(&endless), "%s", window_rules_problem(&endless));
}

int main(void)
{
	windows_end_when_they_should();
	a_late_look_does_not_move_the_end();
	rules_that_make_no_sense();
	return tap_done();
}
