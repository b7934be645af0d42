// SPDX-License-Identifier: GPL-2.0-only
/*
 * Admin requests. The firmware may leave them alone for long: there is no
 * image, or a new one is being proved. Who waits for one can be interrupted;
 * the request stays in the ring, then, and what it does to the firmware's
 * login table is entered in the driver's list all the same.
 */
#include <linux/slab.h>

#include "sim.h"

static struct sim_admin_slot *free_slot(struct sim_adapter *ad)
{
	unsigned int i;

	for (i = 0; i < SIM_ADMIN_SLOTS; i++)
		if (!ad->slots[i].busy)
			return &ad->slots[i];
	return NULL;
}

/* Why @op will never be sent; 0 if it will, sooner or later. */
static int void_error(struct sim_adapter *ad, const struct sim_admin *op)
{
	if (ad->gone)
		return -ENODEV;
	if (op->epoch != SIM_ANY_EPOCH && op->epoch != ad->epoch)
		return -ECONNRESET;
	return 0;
}

static bool may_send(struct sim_adapter *ad, const struct sim_admin *op)
{
	lockdep_assert_held(&ad->lock);
	if (void_error(ad, op))
		return true;
	/* With an epoch: one of those that the gate waits for. */
	return (ad->gate || op->epoch != SIM_ANY_EPOCH) && free_slot(ad);
}

static bool login_is_sent(struct sim_adapter *ad, u64 wwpn)
{
	unsigned int i;

	for (i = 0; i < SIM_ADMIN_SLOTS; i++)
		if (ad->slots[i].busy && ad->slots[i].opcode == HBA_OP_LOGIN &&
		    ad->slots[i].login->wwpn == wwpn)
			return true;
	return false;
}

/* What the list of logins says against @op. */
static int check(struct sim_adapter *ad, struct sim_admin *op)
{
	int error = void_error(ad, op);

	if (error)
		return error;
	if (op->opcode == HBA_OP_LOGIN &&
	    (sim_login_find(ad, op->wwpn) || login_is_sent(ad, op->wwpn)))
		return -EEXIST;
	if (op->opcode != HBA_OP_LOGOUT)
		return 0;

	/* It is leaving, but a reset may have come first. */
	op->login = sim_login_find(ad, op->wwpn);
	if (!op->login || !op->login->leaving || op->login->in_flight)
		return -ECONNRESET;
	op->handle = op->login->handle;
	return 0;
}

static struct sim_admin_slot *put_in_ring(struct sim_adapter *ad,
					  struct sim_admin *op)
{
	struct sim_admin_slot *slot = free_slot(ad);
	unsigned int tag = slot - ad->slots;
	struct hba_request request = {
		.tag = cpu_to_le16(tag),
		.opcode = cpu_to_le16(op->opcode),
		.generation = cpu_to_le32(++ad->generation),
		.initiator = cpu_to_le32(op->handle),
		.sector = cpu_to_le64(op->wwpn),
		.iova = cpu_to_le64(SIM_ADMIN_IOVA + SIM_RING_ANSWERS +
				    tag * sizeof(struct hba_login)),
		.bytes = cpu_to_le32(op->bytes),
		.wwpn = cpu_to_le64(op->wwpn),
	};

	slot->busy = true;
	slot->op = op;
	slot->login = op->login;
	slot->opcode = op->opcode;
	slot->generation = ad->generation;
	memset(&ad->admin.answers[tag], 0, sizeof(struct hba_login));
	sim_ring_put(&ad->admin, &request);
	return slot;
}

/* Waits until @op may be sent, sends it; under lock, which is dropped. */
static int send(struct sim_adapter *ad, struct sim_admin *op,
		struct sim_admin_slot **slot)
{
	int error;

	op->sent = false;
	op->done = false;
	error = wait_event_interruptible_lock_irq(ad->admin_wq,
						  may_send(ad, op), ad->lock);
	if (!error)
		error = check(ad, op);
	if (error)
		return error;

	*slot = put_in_ring(ad, op);
	op->login = NULL;
	op->sent = true;
	sim_doorbell(ad, HBA_PEND_ADMIN);
	return 0;
}

/**
 * sim_admin - send an admin request and wait for its completion
 * @ad: adapter
 * @op: the request. For a login, @op->login is consumed when it is sent, and
 *	is %NULL then
 *
 * Return: 0 with the results in @op; a negative errno: -ENODEV no power,
 * -ECONNRESET the device was reset, -EEXIST, -ENOENT, -ENOSPC what the login
 * table says, -EIO any other status, -ERESTARTSYS a signal came.
 */
int sim_admin(struct sim_adapter *ad, struct sim_admin *op)
{
	struct sim_admin_slot *slot;
	int error;

	spin_lock_irq(&ad->lock);
	error = send(ad, op, &slot);
	if (error)
		goto unlock;
	error = wait_event_interruptible_lock_irq(ad->admin_wq, op->done,
						  ad->lock);
	if (error)
		slot->op = NULL;
	else
		error = op->error;
unlock:
	spin_unlock_irq(&ad->lock);
	return error;
}

/* As sim_admin(), but returns when the request is sent, without results. */
int sim_admin_post(struct sim_adapter *ad, struct sim_admin *op)
{
	struct sim_admin_slot *slot;
	int error;

	spin_lock_irq(&ad->lock);
	error = send(ad, op, &slot);
	if (!error)
		slot->op = NULL;
	spin_unlock_irq(&ad->lock);
	return error;
}

static bool is_drained(struct sim_adapter *ad, u32 epoch)
{
	unsigned int i;

	if (ad->gone || ad->epoch != epoch)
		return true;
	for (i = 0; i < SIM_ADMIN_SLOTS; i++)
		if (ad->slots[i].busy)
			return false;
	return true;
}

/* Waits until all that was sent is done, or void. */
int sim_admin_drain(struct sim_adapter *ad, u32 epoch)
{
	int error;

	spin_lock_irq(&ad->lock);
	error = wait_event_interruptible_lock_irq(ad->admin_wq,
						  is_drained(ad, epoch),
						  ad->lock);
	spin_unlock_irq(&ad->lock);
	return error;
}

static int to_errno(u16 status)
{
	switch (status) {
	case HBA_ST_GOOD:
		return 0;
	case HBA_ST_FULL:
		return -ENOSPC;
	case HBA_ST_NOT_LOGGED_IN:
		return -ENOENT;
	default:
		return -EIO;
	}
}

/* Enters in the list of logins what the firmware has done. */
static void apply(struct sim_adapter *ad, struct sim_admin_slot *slot,
		  int error, u32 handle)
{
	struct sim_login *login = slot->login;

	if (!login)
		return;
	if (slot->opcode == HBA_OP_LOGIN && error) {
		kfree(login);
	} else if (slot->opcode == HBA_OP_LOGIN) {
		login->handle = handle;
		sim_login_enter(ad, login);
	} else if (error) {
		sim_login_stay(ad, login);
	} else {
		sim_login_remove(login);
	}
}

static void end(struct sim_adapter *ad, struct sim_admin_slot *slot, int error,
		const struct hba_completion *completion)
{
	struct sim_admin *op = slot->op;

	lockdep_assert_held(&ad->lock);
	apply(ad, slot, error, le32_to_cpu(completion->info0));
	if (op) {
		op->error = error;
		op->info[0] = le32_to_cpu(completion->info0);
		op->info[1] = le32_to_cpu(completion->info1);
		op->answer = ad->admin.answers[slot - ad->slots];
		op->done = true;
	}
	slot->busy = false;
	slot->op = NULL;
	slot->login = NULL;
}

static void end_one(struct sim_adapter *ad,
		    const struct hba_completion *completion)
{
	u16 tag = le16_to_cpu(completion->tag);
	struct sim_admin_slot *slot;
	int error;

	if (tag >= SIM_ADMIN_SLOTS) {
		sim_count(ad, SIM_UNKNOWN);
		return;
	}
	slot = &ad->slots[tag];
	if (!slot->busy ||
	    slot->generation != le32_to_cpu(completion->generation)) {
		sim_count(ad, SIM_DUPLICATES);
		return;
	}
	error = to_errno(le16_to_cpu(completion->status));
	if (error && slot->login)
		sim_count(ad, SIM_LOGIN_FAILURES);
	end(ad, slot, error, completion);
}

/* Ends the requests that the firmware has completed. The hart thread alone. */
void sim_admin_reap(struct sim_adapter *ad)
{
	struct hba_completion completion;

	spin_lock_irq(&ad->lock);
	while (sim_ring_get(ad, &ad->admin, &completion))
		end_one(ad, &completion);
	spin_unlock_irq(&ad->lock);
	wake_up_all(&ad->admin_wq);
}

/* Ends all requests that were sent, and with them what they would have done. */
void sim_admin_fail(struct sim_adapter *ad, int error)
{
	static const struct hba_completion none;
	unsigned int i;

	lockdep_assert_held(&ad->lock);
	for (i = 0; i < SIM_ADMIN_SLOTS; i++)
		if (ad->slots[i].busy)
			end(ad, &ad->slots[i], error, &none);
	wake_up_all(&ad->admin_wq);
}
