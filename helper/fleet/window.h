/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time that a master waits for further requests before it broadcasts. No
 * clock in here: the caller tells the time, in milliseconds of any origin.
 */
#ifndef FLEET_WINDOW_H
#define FLEET_WINDOW_H

#include "compat_user.h"

/* What further requests do to the window's length. */
enum window_kind {
	WINDOW_FIXED,	/* nothing */
	WINDOW_RENEW,	/* another window of the same length follows */
	WINDOW_SHRINK,	/* the same, of half the length each time */
};

/* Where a window is counted from. */
enum window_from {
	WINDOW_FROM_FIRST,	/* the first request of it */
	WINDOW_FROM_LATEST,	/* the latest one, which so moves its end */
};

/**
 * struct window_rules - how long to wait
 * @kind: see enum window_kind
 * @from: see enum window_from
 * @length_ms: of the first window
 * @limit_ms: after the first request it is over, whatever else comes; at least
 *	@length_ms
 * @all: as many requests are all that can come, and nothing is waited for any
 *	more; 0: nobody knows how many there are
 */
struct window_rules {
	enum window_kind kind;
	enum window_from from;
	u64 length_ms;
	u64 limit_ms;
	unsigned int all;
};

/**
 * struct window - requests are being gathered
 * @rules: how long
 * @open: there has been a request since the last broadcast
 * @first: when the first one came
 * @base: what the present window is counted from
 * @length: of the present window
 * @requests: since it is open
 * @joined: in the present window, without the one that opened it
 */
struct window {
	struct window_rules rules;
	bool open;
	u64 first;
	u64 base;
	u64 length;
	unsigned int requests;
	unsigned int joined;
};

const char *window_rules_problem(const struct window_rules *rules);
void window_init(struct window *w, const struct window_rules *rules);
void window_request(struct window *w, u64 now);
u64 window_end(const struct window *w);
bool window_over(struct window *w, u64 now);

#endif /* FLEET_WINDOW_H */
