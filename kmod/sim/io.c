// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O requests between the block layer and the ring.
 *
 * A request is in flight from sim_io_submit() until it is reaped or failed,
 * whatever happens to the device meanwhile. It is in the ring as long as it
 * has a login. While the gate is closed (the device is in its boot ROM, or
 * its initiators are not logged in yet) requests wait without; when it opens,
 * all go to the ring in the order in which they came.
 */
#include "sim.h"

static void put_in_ring(struct sim_adapter *ad, struct sim_cmd *cmd)
{
	struct request *rq = blk_mq_rq_from_pdu(cmd);
	struct hba_request request = {
		.tag = cpu_to_le16(rq->tag),
		.opcode = cpu_to_le16(cmd->opcode),
		.generation = cpu_to_le32(cmd->generation),
		.flags = cpu_to_le32(cmd->fua ? HBA_REQ_FUA : 0),
		.sector = cpu_to_le64(blk_rq_pos(rq)),
		.iova = cpu_to_le64(HBA_IOVA_REQUEST +
				    rq->tag * HBA_IOVA_REQUEST_STRIDE),
		.bytes = cpu_to_le32(blk_rq_bytes(rq)),
	};

	lockdep_assert_held(&ad->lock);
	cmd->login = list_first_entry(&ad->io_logins, struct sim_login, io_list);
	list_move_tail(&cmd->login->io_list, &ad->io_logins);
	cmd->login->in_flight++;
	request.initiator = cpu_to_le32(cmd->login->handle);
	request.wwpn = cpu_to_le64(cmd->login->wwpn);
	sim_ring_put(&ad->io, &request);
}

/**
 * sim_io_submit - let a request in
 * @ad: adapter
 * @cmd: request, its data mapped
 *
 * Return: 0, or -ENODEV if the power is off; @cmd is then still the caller's.
 */
int sim_io_submit(struct sim_adapter *ad, struct sim_cmd *cmd)
{
	struct request *rq = blk_mq_rq_from_pdu(cmd);
	unsigned long flags;
	bool gone, gate;

	spin_lock_irqsave(&ad->lock, flags);
	gone = ad->gone;
	gate = ad->gate;
	if (!gone) {
		cmd->generation = ++ad->generation;
		cmd->login = NULL;
		list_add_tail(&cmd->list, &ad->in_flight);
		/* Pairs with the acquire in slot_translate(). */
		smp_store_release(&ad->cmds[rq->tag], cmd);
		if (gate)
			put_in_ring(ad, cmd);
	}
	spin_unlock_irqrestore(&ad->lock, flags);

	if (gone)
		return -ENODEV;
	sim_count(ad, SIM_REQUESTS);
	if (gate)
		sim_doorbell(ad, HBA_PEND_IO);
	return 0;
}

static blk_status_t to_blk_status(struct sim_adapter *ad, u16 status)
{
	if (status == HBA_ST_GOOD)
		return BLK_STS_OK;
	sim_count(ad, SIM_ERRORS);
	if (status == HBA_ST_NOT_LOGGED_IN)
		sim_count(ad, SIM_NOT_LOGGED_IN);
	return status == HBA_ST_MEDIUM ? BLK_STS_MEDIUM : BLK_STS_IOERR;
}

/*
 * The request that a completion ends; %NULL if none. A request is ended once:
 * firmware that was started in the middle of things may complete what its
 * predecessor has completed already.
 */
static struct sim_cmd *take(struct sim_adapter *ad,
			    const struct hba_completion *completion)
{
	u16 tag = le16_to_cpu(completion->tag);
	struct sim_cmd *cmd;

	lockdep_assert_held(&ad->lock);
	if (tag >= SIM_QUEUE_DEPTH_MAX) {
		sim_count(ad, SIM_UNKNOWN);
		return NULL;
	}
	cmd = ad->cmds[tag];
	if (!cmd || !cmd->login ||
	    cmd->generation != le32_to_cpu(completion->generation)) {
		sim_count(ad, SIM_DUPLICATES);
		return NULL;
	}

	ad->cmds[tag] = NULL;
	cmd->status = to_blk_status(ad, le16_to_cpu(completion->status));
	if (!--cmd->login->in_flight && cmd->login->leaving)
		wake_up_all(&ad->admin_wq);
	sim_count(ad, SIM_COMPLETIONS);
	return cmd;
}

static void end_all(struct sim_adapter *ad, struct list_head *done)
{
	struct sim_cmd *cmd, *next;

	list_for_each_entry_safe(cmd, next, done, list)
		sim_disk_end(ad, cmd);
}

static bool moves_data(struct list_head *done)
{
	struct sim_cmd *cmd;

	/* Pairs with the release in later_work(). */
	list_for_each_entry(cmd, done, list)
		if (atomic_read_acquire(&cmd->put_off))
			return true;
	return false;
}

/* Ends the requests that the firmware has completed. The hart thread alone. */
void sim_io_reap(struct sim_adapter *ad)
{
	struct hba_completion completion;
	struct sim_cmd *cmd;
	LIST_HEAD(done);

	spin_lock_irq(&ad->lock);
	while (sim_ring_get(ad, &ad->io, &completion)) {
		cmd = take(ad, &completion);
		if (cmd)
			list_move_tail(&cmd->list, &done);
	}
	spin_unlock_irq(&ad->lock);
	/* Firmware that is wrong about it must not cost the host its memory. */
	if (moves_data(&done))
		sim_medium_drain(ad);
	end_all(ad, &done);
}

/* Closes the gate; the ring is about to be cleared. */
void sim_io_park(struct sim_adapter *ad)
{
	struct sim_cmd *cmd;

	lockdep_assert_held(&ad->lock);
	ad->gate = false;
	list_for_each_entry(cmd, &ad->in_flight, list)
		cmd->login = NULL;
}

/**
 * sim_io_open - open the gate
 * @ad: adapter
 * @epoch: for which the logins have been made
 *
 * It stays closed if the device has been reset since, or nobody is logged in.
 */
void sim_io_open(struct sim_adapter *ad, u32 epoch)
{
	struct sim_cmd *cmd;

	spin_lock_irq(&ad->lock);
	if (!ad->gone && ad->epoch == epoch && !list_empty(&ad->io_logins)) {
		ad->gate = true;
		list_for_each_entry(cmd, &ad->in_flight, list) {
			put_in_ring(ad, cmd);
			sim_count(ad, SIM_RESUBMITTED);
		}
	}
	spin_unlock_irq(&ad->lock);

	sim_doorbell(ad, HBA_PEND_IO);
	wake_up_all(&ad->admin_wq);
}

/* The power is off and the hart has stopped: nobody will complete these. */
void sim_io_fail(struct sim_adapter *ad)
{
	struct sim_cmd *cmd;
	LIST_HEAD(done);

	spin_lock_irq(&ad->lock);
	list_splice_init(&ad->in_flight, &done);
	memset(ad->cmds, 0, sizeof(ad->cmds));
	spin_unlock_irq(&ad->lock);

	/* Whoever switched it off knows why. */
	list_for_each_entry(cmd, &done, list) {
		cmd->status = BLK_STS_IOERR;
		blk_mq_rq_from_pdu(cmd)->rq_flags |= RQF_QUIET;
	}
	end_all(ad, &done);
}
