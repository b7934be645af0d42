// SPDX-License-Identifier: GPL-2.0-or-later
/* Which cell repairs the others. */
#include "cell_choice.h"

static unsigned int serving_in(const struct cell_view *views, unsigned int num, const char *set)
{
	unsigned int i, n = 0;

	for (i = 0; i < num; i++)
		n += views[i].in_service && !strcmp(views[i].set, set);
	return n;
}

/* Is @a rather to be taken than @b? */
static bool is_better(const struct cell_view *views, unsigned int num,
		      const struct cell_view *a, const struct cell_view *b)
{
	unsigned int left = serving_in(views, num, a->set);
	unsigned int right = serving_in(views, num, b->set);

	if (a->sequence != b->sequence)
		return a->sequence > b->sequence;
	if (a->at_rendezvous != b->at_rendezvous)
		return a->at_rendezvous;
	if (a->in_service != b->in_service)
		return !a->in_service;
	if (left != right)
		return left > right;
	return strcmp(a->name, b->name) < 0;
}

/**
 * cell_choose() - the one that is to repair others
 * @views: all that can be asked
 * @num: entries in @views
 *
 * It has the latest of what there is. Who is at the rendezvous anyway, or serves nobody,
 * goes first; then whose set can do without it most easily; then the first by name.
 *
 * Return: one of @views, or %NULL if none has anything.
 */
const struct cell_view *cell_choose(const struct cell_view *views, unsigned int num)
{
	const struct cell_view *best = NULL;
	unsigned int i;

	for (i = 0; i < num; i++)
		if (views[i].sequence &&
		    (!best || is_better(views, num, &views[i], best)))
			best = &views[i];
	return best;
}
