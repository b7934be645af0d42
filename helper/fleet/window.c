// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The window in which requests are gathered, so that one broadcast answers them
 * all (D3). There may be several, one after another: where requests came in the
 * present one, another follows, until one passes in which nobody came.
 */
#include "window.h"

#define MAX_MS	3600000

/**
 * window_rules_problem() - can one wait like that?
 * @rules: the rules
 *
 * Return: %NULL, or what is wrong with them, for people.
 */
const char *window_rules_problem(const struct window_rules *rules)
{
	if (rules->limit_ms > MAX_MS)
		return "nobody can be made to wait for more than an hour";
	if (rules->length_ms > rules->limit_ms)
		return "a window is longer than the limit of all windows together";
	return NULL;
}

void window_init(struct window *w, const struct window_rules *rules)
{
	memset(w, 0, sizeof(*w));
	w->rules = *rules;
}

static void begin(struct window *w, u64 base, u64 length)
{
	w->base = base;
	w->length = length;
	w->joined = 0;
}

static u64 next_length(const struct window *w)
{
	return w->rules.kind == WINDOW_SHRINK ? w->length / 2 : w->length;
}

/**
 * window_request() - somebody wants an image
 * @w: window; opens if it is not
 * @now: the time
 */
void window_request(struct window *w, u64 now)
{
	w->requests++;
	if (!w->open) {
		w->open = true;
		w->first = now;
		begin(w, now, w->rules.length_ms);
	} else if (w->rules.from == WINDOW_FROM_LATEST) {
		begin(w, now, next_length(w));
	} else {
		w->joined++;
	}
}

/**
 * window_end() - when to call window_over()
 * @w: window
 *
 * Return: a time, which may have passed; %U64_MAX if there is no request.
 */
u64 window_end(const struct window *w)
{
	if (!w->open)
		return U64_MAX;
	if (w->rules.all && w->requests >= w->rules.all)
		return w->first;
	return min_t(u64, w->base + w->length, w->first + w->rules.limit_ms);
}

static bool is_renewed(const struct window *w)
{
	return w->rules.kind != WINDOW_FIXED && w->joined && next_length(w);
}

/**
 * window_over() - is it time to broadcast?
 * @w: window; if so, closed, and @w->requests begins anew with the next one
 * @now: the time
 *
 * Return: true once, when the end has come.
 */
bool window_over(struct window *w, u64 now)
{
	u64 end = window_end(w);

	while (end <= now && end < w->first + w->rules.limit_ms &&
	       is_renewed(w) &&
	       !(w->rules.all && w->requests >= w->rules.all)) {
		begin(w, end, next_length(w));
		end = window_end(w);
	}
	if (end > now)
		return false;
	w->open = false;
	w->requests = 0;
	return true;
}
