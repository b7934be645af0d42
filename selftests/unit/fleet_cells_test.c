// SPDX-License-Identifier: GPL-2.0-only
/* Which cell repairs the others. */
#include "tap.h"
#include "fleet/cell_choice.h"

#define MOST	5

struct choice_case {
	const char *name;
	struct cell_view views[MOST];
	unsigned int num;
	const char *best;
};

static const struct choice_case cases[] = {
	{ "nobody is there", { { "", "", 0, false, false } }, 0, NULL },
	{ "nobody has anything", { { "a1", "A", 0, true, false } }, 1, NULL },
	{ "one", { { "a1", "A", 0, true, false }, { "a2", "A", 7, false, true } }, 2, "a2" },
	{ "the latest, whatever else",
	  { { "a1", "A", 6, true, false }, { "b1", "B", 7, false, true } }, 2, "b1" },
	{ "who is at the rendezvous, before who is idle",
	  { { "a1", "", 7, false, false }, { "b1", "", 7, true, true } }, 2, "b1" },
	{ "who serves nobody, before who serves",
	  { { "a1", "A", 7, false, true }, { "b1", "B", 7, false, false } }, 2, "b1" },
	{ "whose set has more that serve",
	  { { "a1", "A", 7, false, true }, { "b1", "B", 7, false, true },
	    { "b2", "B", 0, false, true } }, 3, "b1" },
	{ "those of the set need not have it",
	  { { "a1", "A", 7, false, true }, { "a2", "A", 7, false, false },
	    { "b1", "B", 7, false, true }, { "b2", "B", 3, false, true } }, 4, "a2" },
	{ "the first by name",
	  { { "c3", "", 7, false, false }, { "c1", "", 7, false, false },
	    { "c2", "", 7, false, false } }, 3, "c1" },
};

/* All cells see the same, in an order of their own: all have to choose the same. */
static bool in_any_order(const struct choice_case *c)
{
	struct cell_view views[MOST];
	const struct cell_view *best;
	unsigned int turn, i;

	for (turn = 0; turn <= c->num; turn++) {
		for (i = 0; i < c->num; i++)
			views[(i + turn) % c->num] = c->views[i];
		best = cell_choose(views, c->num);
		if (!best != !c->best || (best && strcmp(best->name, c->best)))
			return false;
	}
	return true;
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		ok(in_any_order(&cases[i]), "%s", cases[i].name);
	return tap_done();
}
