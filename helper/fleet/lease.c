// SPDX-License-Identifier: GPL-2.0-or-later
/* The right to give orders, of whichever kind. */
#include "../feed.h"
#include "lease.h"

/**
 * lease_hold() - get the right
 * @l: lease
 * @err: set on failure
 *
 * Return: 0; -EBUSY: somebody else has it; another code of @err.
 */
int lease_hold(struct lease *l, struct mrb_error *err)
{
	int ret = l->ops->hold(l, err);

	l->held = !ret;
	return ret;
}

/**
 * lease_number() - get the epoch to give orders in
 * @l: lease; need not be held where the orders are to stop somebody who does not answer
 * @least: higher than all that nodes have heard of
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int lease_number(struct lease *l, u64 least, struct mrb_error *err)
{
	return l->ops->number(l, least, err);
}

/* Nothing may be ordered when it is not. */
bool lease_is_valid(const struct lease *l)
{
	return l->held && now_ms() < l->until;
}

/**
 * lease_renew() - keep the right
 * @l: lease
 * @err: set on failure
 *
 * Return: 0; -EAGAIN: that failed, and it is valid still; other: it is lost.
 */
int lease_renew(struct lease *l, struct mrb_error *err)
{
	struct mrb_error why;
	int ret = l->ops->renew(l, &why);

	if (!ret && lease_is_valid(l))
		return 0;
	if (ret == -EAGAIN && lease_is_valid(l))
		return mrb_refuse(err, ret, "%s", why.text);
	l->held = false;
	if (ret && ret != -EAGAIN)
		return mrb_refuse(err, ret, "the right to update is lost: %s", why.text);
	return mrb_refuse(err, -ETIME,
			  "the right to update could not be renewed within %d s and has ended%s%s",
			  LEASE_SECONDS, ret ? ": " : "", ret ? why.text : "");
}

void lease_free(struct lease *l)
{
	if (l)
		l->ops->release(l);
}
