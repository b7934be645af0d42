/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exclusive right to give orders to a site: whoever has it gives orders in an epoch, a
 * number higher than that of all before. Nodes refuse orders of a lower one, so that who has
 * lost the right without noticing does no harm.
 *
 *   a directory   on this machine; the kernel knows whether who has it lives
 *   etcd          for several machines; it ends by itself if it is not renewed
 */
#ifndef FLEET_LEASE_H
#define FLEET_LEASE_H

#include "message.h"

#define LEASE_SECONDS		15
#define LEASE_RENEW_SECONDS	5

struct lease;

/**
 * struct lease_ops - a kind of right
 * @hold: get it, or say who has it: -EBUSY
 * @number: get an epoch of at least @least into &struct lease.epoch; it is known to all who
 *	come later, before this function returns
 * @renew: 0; -EAGAIN: it is not known, try again; other: it is lost
 * @release: give it back, as far as possible, and free
 */
struct lease_ops {
	int (*hold)(struct lease *l, struct mrb_error *err);
	int (*number)(struct lease *l, u64 least, struct mrb_error *err);
	int (*renew)(struct lease *l, struct mrb_error *err);
	void (*release)(struct lease *l);
};

/**
 * struct lease - the right
 * @ops: its kind
 * @holder: who wants it
 * @held: it is ours
 * @epoch: in which orders are given, 0: not yet
 * @until: when it ends unless it is renewed, ms; U64_MAX: not by itself
 */
struct lease {
	const struct lease_ops *ops;
	char holder[MESSAGE_NAME_LEN];
	bool held;
	u64 epoch;
	u64 until;
};

/* lease_local.c, lease_etcd.c: each of them only makes ready to ask */
struct lease *lease_local_new(const char *dir, const char *holder, struct mrb_error *err);
struct lease *lease_etcd_new(const char *urls, const char *tls_dir, const char *site,
			     const char *holder, struct mrb_error *err);

/* lease.c */
int lease_hold(struct lease *l, struct mrb_error *err);
int lease_number(struct lease *l, u64 least, struct mrb_error *err);
int lease_renew(struct lease *l, struct mrb_error *err);
bool lease_is_valid(const struct lease *l);
void lease_free(struct lease *l);

#endif /* FLEET_LEASE_H */
