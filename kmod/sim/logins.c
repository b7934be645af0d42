// SPDX-License-Identifier: GPL-2.0-only
/*
 * Initiators. In a real adapter they come over the fabric; here the driver
 * plays them: some at every cold start, on whose behalf I/O is done; others by
 * hand or as background churn, to have the firmware's login table change while
 * it is being carried over.
 *
 * The driver's list is the truth that the firmware's table is compared with.
 */
#include <linux/slab.h>

#include "sim.h"

#define CHURN_MAX	10000
#define CREDITS_MAX	37

struct sim_login *sim_login_find(struct sim_adapter *ad, u64 wwpn)
{
	struct sim_login *login;

	lockdep_assert_held(&ad->lock);
	hash_for_each_possible(ad->logins_by_wwpn, login, hash, wwpn)
		if (login->wwpn == wwpn)
			return login;
	return NULL;
}

/* The firmware has entered it in its table. */
void sim_login_enter(struct sim_adapter *ad, struct sim_login *login)
{
	lockdep_assert_held(&ad->lock);
	list_add_tail(&login->list, &ad->logins);
	hash_add(ad->logins_by_wwpn, &login->hash, login->wwpn);
	if (login->carries_io)
		list_add_tail(&login->io_list, &ad->io_logins);
}

/* It was leaving, and does not. */
void sim_login_stay(struct sim_adapter *ad, struct sim_login *login)
{
	lockdep_assert_held(&ad->lock);
	login->leaving = false;
	if (login->carries_io)
		list_add_tail(&login->io_list, &ad->io_logins);
}

/* The firmware has removed it from its table, or lost that. */
void sim_login_remove(struct sim_login *login)
{
	list_del(&login->list);
	hash_del(&login->hash);
	list_del(&login->io_list);
	kfree(login);
}

static int log_in(struct sim_adapter *ad, u64 wwpn, u32 epoch,
		  int (*send)(struct sim_adapter *ad, struct sim_admin *op))
{
	struct sim_admin op = {
		.opcode = HBA_OP_LOGIN,
		.epoch = epoch,
		.wwpn = wwpn,
		.bytes = 1 + wwpn % CREDITS_MAX,
	};
	int error;

	op.login = kzalloc(sizeof(*op.login), GFP_NOIO);
	if (!op.login)
		return -ENOMEM;
	INIT_LIST_HEAD(&op.login->io_list);
	op.login->wwpn = wwpn;
	op.login->credits = op.bytes;
	op.login->carries_io = epoch != SIM_ANY_EPOCH;
	error = send(ad, &op);
	/* Still ours if it was not sent. */
	kfree(op.login);
	return error;
}

/**
 * sim_login - log an initiator in
 * @ad: adapter
 * @wwpn: its name, not 0
 *
 * Waits, interruptibly, until the firmware has done it.
 *
 * Return: as sim_admin().
 */
int sim_login(struct sim_adapter *ad, u64 wwpn)
{
	if (!wwpn)
		return -EINVAL;
	return log_in(ad, wwpn, SIM_ANY_EPOCH, sim_admin);
}

/* From now on the initiator is given no more requests. */
static int begin_logout(struct sim_adapter *ad, u64 wwpn)
{
	struct sim_login *login = sim_login_find(ad, wwpn);

	if (!login)
		return -ENOENT;
	if (login->leaving)
		return -EALREADY;
	/* I/O needs at least one. */
	if (!list_empty(&login->io_list) && list_is_singular(&ad->io_logins))
		return -EBUSY;
	list_del_init(&login->io_list);
	login->leaving = true;
	return 0;
}

static void abort_logout(struct sim_adapter *ad, u64 wwpn)
{
	struct sim_login *login = sim_login_find(ad, wwpn);

	if (login && login->leaving)
		sim_login_stay(ad, login);
}

/* Also when there is nothing to wait for any more; sim_admin() finds out. */
static bool drained(struct sim_adapter *ad, u64 wwpn)
{
	struct sim_login *login = sim_login_find(ad, wwpn);

	return ad->gone || !login || !login->in_flight;
}

/**
 * sim_logout - log an initiator out, once its requests are done
 * @ad: adapter
 * @wwpn: its name
 *
 * Return: as sim_admin(); and -ENOENT not logged in, -EALREADY about to be
 * logged out, -EBUSY the last one that carries I/O.
 */
int sim_logout(struct sim_adapter *ad, u64 wwpn)
{
	struct sim_admin op = { .opcode = HBA_OP_LOGOUT, .wwpn = wwpn };
	int error, waited = 0;

	spin_lock_irq(&ad->lock);
	op.epoch = ad->epoch;
	error = begin_logout(ad, wwpn);
	if (!error)
		waited = wait_event_interruptible_lock_irq(ad->admin_wq,
							   drained(ad, wwpn),
							   ad->lock);
	spin_unlock_irq(&ad->lock);
	if (error)
		return error;

	error = waited ?: sim_admin(ad, &op);
	if (error && !op.sent) {
		spin_lock_irq(&ad->lock);
		abort_logout(ad, wwpn);
		spin_unlock_irq(&ad->lock);
	}
	return error;
}

/*
 * After a cold start, before the gate opens. Ends early when the device is
 * reset meanwhile: the next start queues it again.
 */
static void logins_work(struct work_struct *work)
{
	struct sim_adapter *ad = container_of(work, struct sim_adapter,
					      logins_work);
	u32 epoch = READ_ONCE(ad->login_epoch);
	u64 i;

	/* Ends early when memory is short: a few are better than none. */
	for (i = 0; i < ad->config.logins; i++)
		if (log_in(ad, SIM_WWPN | i, epoch, sim_admin_post))
			break;
	if (!sim_admin_drain(ad, epoch))
		sim_io_open(ad, epoch);
	if (READ_ONCE(ad->gate))
		sim_disk_show(ad);
}

/* The firmware has started cold: its login table is empty. */
void sim_logins_begin(struct sim_adapter *ad)
{
	unsigned long flags;

	spin_lock_irqsave(&ad->lock, flags);
	/* Once, however often the firmware says that it has started. */
	if (ad->login_epoch != ad->epoch) {
		WRITE_ONCE(ad->login_epoch, ad->epoch);
		queue_work(sim_wq, &ad->logins_work);
	}
	spin_unlock_irqrestore(&ad->lock, flags);
}

/* The firmware's login table is lost. */
void sim_logins_forget(struct sim_adapter *ad)
{
	struct sim_login *login, *next;

	lockdep_assert_held(&ad->lock);
	list_for_each_entry_safe(login, next, &ad->logins, list)
		sim_login_remove(login);
}

/* Logs the next initiator of churn in, or out if it is in. */
static int churn_one(struct sim_adapter *ad)
{
	u64 wwpn = SIM_WWPN_CHURN | (ad->churn_next % SIM_CHURN_INITIATORS);
	bool in;

	spin_lock_irq(&ad->lock);
	in = sim_login_find(ad, wwpn);
	spin_unlock_irq(&ad->lock);
	ad->churn_next++;
	return in ? sim_logout(ad, wwpn) : sim_login(ad, wwpn);
}

static void churn_work(struct work_struct *work)
{
	struct sim_adapter *ad = container_of(to_delayed_work(work),
					      struct sim_adapter, churn_work);
	unsigned int rate = READ_ONCE(ad->churn);
	unsigned int pause;

	if (!rate)
		return;
	pause = max(1U, HZ / rate);
	for (ad->churn_owed += rate * pause; ad->churn_owed >= HZ;
	     ad->churn_owed -= HZ)
		if (churn_one(ad) == -ENODEV)
			return;
	queue_delayed_work(sim_wq, &ad->churn_work, pause);
}

/* Sets logins and logouts a second, 0 for none. */
void sim_churn(struct sim_adapter *ad, unsigned int rate)
{
	WRITE_ONCE(ad->churn, min_t(unsigned int, rate, CHURN_MAX));
	if (rate)
		mod_delayed_work(sim_wq, &ad->churn_work, 0);
}

void sim_logins_init(struct sim_adapter *ad)
{
	INIT_LIST_HEAD(&ad->logins);
	INIT_LIST_HEAD(&ad->io_logins);
	hash_init(ad->logins_by_wwpn);
	INIT_WORK(&ad->logins_work, logins_work);
	INIT_DELAYED_WORK(&ad->churn_work, churn_work);
}

/* The power is off: what waits for the firmware has been woken. */
void sim_logins_exit(struct sim_adapter *ad)
{
	WRITE_ONCE(ad->churn, 0);
	cancel_delayed_work_sync(&ad->churn_work);
	cancel_work_sync(&ad->logins_work);

	spin_lock_irq(&ad->lock);
	sim_logins_forget(ad);
	spin_unlock_irq(&ad->lock);
}
