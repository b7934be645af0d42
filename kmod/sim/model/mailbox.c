// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailbox: commands and doorbells in, events and interrupts out, straps and
 * link registers.
 */
#include "hba_private.h"

#define DOORBELLS	(HBA_PEND_IO | HBA_PEND_ADMIN)

/**
 * mailbox_reset - as after power-on
 * @hba: the adapter
 *
 * The addresses of the rings stay: the host set them, and will use them again
 * with the image it starts next.
 */
void mailbox_reset(struct hba *hba)
{
	struct hba_mailbox *m = &hba->mailbox;
	u32 io_page = m->io_page;
	u32 admin_page = m->admin_page;

	memset(m, 0, sizeof(*m));
	m->io_page = io_page;
	m->admin_page = admin_page;
}

/**
 * mailbox_start - another image takes over
 * @hba: the adapter
 * @kind: enum hba_start
 * @arg: for START_ARG
 *
 * Doorbells stay rung. Commands that the image before did not take were meant
 * for it alone, and are dropped.
 */
void mailbox_start(struct hba *hba, u32 kind, u32 arg)
{
	struct hba_mailbox *m = &hba->mailbox;

	memset(m->enable, 0, sizeof(m->enable));
	m->owner = 0;
	m->count = 0;
	hba_word_and(&m->pending, ~HBA_PEND_CMD);
	memset(m->evt_arg, 0, sizeof(m->evt_arg));
	m->start_kind = kind;
	m->start_arg = arg;
}

/**
 * mailbox_publish - bring up to date what hba_work_pending() looks at
 * @hba: the adapter
 *
 * Called at the end of everything that may change the state of a hart.
 */
void mailbox_publish(struct hba *hba)
{
	u32 busy = 0;
	u32 wake = 0;
	u32 i;

	for (i = 0; i < hba->config.harts; i++) {
		const struct hart *h = &hba->hart[i];

		if (hart_runnable(hba, h))
			busy = 1;
		else if (h->state == HART_WAITING && h->mie & MIP_MEIP)
			wake |= hba->mailbox.enable[i];
	}
	hba_word_set(&hba->mailbox.wake, wake);
	hba_word_set(&hba->mailbox.busy, busy);
}

/**
 * mailbox_event - tell the owner
 * @hba: the adapter
 * @code: enum hba_event_code
 * @arg: its arguments
 */
void mailbox_event(struct hba *hba, u32 code, const u32 arg[4])
{
	struct hba_event event = { .code = code };

	memcpy(event.arg, arg, sizeof(event.arg));
	hba->config.port->event(hba->config.ctx, &event);
}

/**
 * hba_command - queue a command for the firmware
 * @hba: the adapter
 * @code: enum hba_command
 * @arg0: its first argument
 * @arg1: its second argument
 *
 * Return: false: the queue is full, or @code is HBA_CMD_NONE
 */
bool hba_command(struct hba *hba, u32 code, u32 arg0, u32 arg1)
{
	struct hba_mailbox *m = &hba->mailbox;
	struct hba_mailbox_command *c;

	if (code == HBA_CMD_NONE || m->count == HBA_CMD_DEPTH)
		return false;
	c = &m->queue[(m->head + m->count++) % HBA_CMD_DEPTH];
	c->code = code;
	c->arg[0] = arg0;
	c->arg[1] = arg1;
	hba_word_or(&m->pending, HBA_PEND_CMD);
	return true;
}

static void pop_command(struct hba_mailbox *m)
{
	if (!m->count)
		return;
	m->head = (m->head + 1) % HBA_CMD_DEPTH;
	if (!--m->count)
		hba_word_and(&m->pending, ~HBA_PEND_CMD);
}

/**
 * hba_doorbell - ring
 * @hba: the adapter
 * @pending: HBA_PEND_IO, HBA_PEND_ADMIN or both; other bits are ignored
 *
 * Context: any. Full barrier: the firmware that sees the bit sees the ring's
 * entries as well. The caller then wakes up whoever calls hba_run().
 */
void hba_doorbell(struct hba *hba, u32 pending)
{
	hba_word_or(&hba->mailbox.pending, pending & DOORBELLS);
}

/**
 * hba_work_pending - would hba_run() do something
 * @hba: the adapter
 *
 * Context: any. Timers are not looked at: see hba_deadline().
 *
 * Return: true if a hart runs, or the mailbox would wake one
 */
bool hba_work_pending(const struct hba *hba)
{
	const struct hba_mailbox *m = &hba->mailbox;

	return hba_word_get(&m->busy) ||
	       hba_word_get(&m->pending) & hba_word_get(&m->wake);
}

/**
 * hba_set_rings - tell the firmware where the rings are
 * @hba: the adapter
 * @io_page: IOVA of struct hba_ring_page, 0 if there is none
 * @admin_page: likewise
 */
void hba_set_rings(struct hba *hba, u32 io_page, u32 admin_page)
{
	hba->mailbox.io_page = io_page;
	hba->mailbox.admin_page = admin_page;
}

/* The oldest command, all zero if there is none. */
static u32 command_word(const struct hba_mailbox *m, u32 offset)
{
	const struct hba_mailbox_command *c = &m->queue[m->head];

	if (!m->count)
		return 0;
	if (offset == HBA_MBOX_CMD)
		return c->code;
	return c->arg[offset == HBA_MBOX_CMD_ARG1];
}

static bool read_strap(const struct hba *hba, u32 offset, u32 *value)
{
	const struct hba_config *c = &hba->config;

	switch (offset) {
	case HBA_MBOX_RAM_SIZE:
		*value = c->ram_size;
		return true;
	case HBA_MBOX_HARTS:
		*value = c->harts;
		return true;
	case HBA_MBOX_BLOCK_SIZE:
		*value = c->block_size;
		return true;
	case HBA_MBOX_SECTORS_LO:
		*value = (u32)c->sectors;
		return true;
	case HBA_MBOX_SECTORS_HI:
		*value = (u32)(c->sectors >> 32);
		return true;
	case HBA_MBOX_MAX_LOGINS:
		*value = c->max_logins;
		return true;
	default:
		return false;
	}
}

/* A hart that does not get it has nothing to do with the rest of its turn. */
static bool take_mutex(struct hba *hba, u32 hart)
{
	struct hba_mailbox *m = &hba->mailbox;

	if (!m->owner)
		m->owner = hart + 1;
	else if (m->owner != hart + 1)
		hba->hart[hart].resync = true;
	return m->owner == hart + 1;
}

/* Cuts @offset down to a bank's own. False: there is no such hart. */
static bool split_bank(const struct hba *hba, u32 *offset, u32 *hart)
{
	*hart = *offset / HBA_MBOX_STRIDE;
	*offset %= HBA_MBOX_STRIDE;
	return *hart < hba->config.harts;
}

bool mailbox_read(struct hba *hba, u32 offset, u32 *value)
{
	const struct hba_mailbox *m = &hba->mailbox;
	u32 hart;

	if (!split_bank(hba, &offset, &hart))
		return false;
	switch (offset) {
	case HBA_MBOX_PENDING:
		*value = hba_word_get(&m->pending);
		return true;
	case HBA_MBOX_ENABLE:
		*value = m->enable[hart];
		return true;
	case HBA_MBOX_CMD:
	case HBA_MBOX_CMD_ARG0:
	case HBA_MBOX_CMD_ARG1:
		*value = command_word(m, offset);
		return true;
	case HBA_MBOX_IO_PAGE:
		*value = m->io_page;
		return true;
	case HBA_MBOX_ADMIN_PAGE:
		*value = m->admin_page;
		return true;
	case HBA_MBOX_START_ARG:
		*value = m->start_arg;
		return true;
	case HBA_MBOX_START_KIND:
		*value = m->start_kind;
		return true;
	case HBA_MBOX_SCRATCH0:
	case HBA_MBOX_SCRATCH1:
		*value = m->scratch[offset == HBA_MBOX_SCRATCH1];
		return true;
	case HBA_MBOX_LINK_CTRL:
		*value = m->link_ctrl;
		return true;
	case HBA_MBOX_CACHE_CTRL:
		*value = m->cache_bytes;
		return true;
	case HBA_MBOX_MUTEX:
		*value = take_mutex(hba, hart);
		return true;
	default:
		return read_strap(hba, offset, value);
	}
}

/* What only the hardware says, the firmware cannot say in its name. */
static void post_event(struct hba *hba, u32 hart, u32 code)
{
	if (code != HBA_EVT_NONE && code != HBA_EVT_BUS_ERROR &&
	    code != HBA_EVT_HART_STOPPED)
		mailbox_event(hba, code, hba->mailbox.evt_arg[hart]);
}

/* Registers that are the hart's own. */
static bool write_banked(struct hba *hba, u32 hart, u32 offset, u32 value)
{
	struct hba_mailbox *m = &hba->mailbox;

	switch (offset) {
	case HBA_MBOX_ENABLE:
		m->enable[hart] = value & (DOORBELLS | HBA_PEND_CMD |
					   HBA_PEND_DMA);
		return true;
	case HBA_MBOX_EVT_ARG0:
	case HBA_MBOX_EVT_ARG1:
	case HBA_MBOX_EVT_ARG2:
	case HBA_MBOX_EVT_ARG3:
		m->evt_arg[hart][(offset - HBA_MBOX_EVT_ARG0) / 4] = value;
		return true;
	case HBA_MBOX_EVT_POST:
		post_event(hba, hart, value);
		return true;
	case HBA_MBOX_MUTEX:
		if (m->owner == hart + 1)
			m->owner = 0;
		return true;
	case HBA_MBOX_STOP:
		harts_halt(hba, &hba->hart[hart]);
		return true;
	default:
		return false;
	}
}

bool mailbox_write(struct hba *hba, u32 offset, u32 value)
{
	struct hba_mailbox *m = &hba->mailbox;
	u32 hart;

	if (!split_bank(hba, &offset, &hart))
		return false;
	switch (offset) {
	case HBA_MBOX_PENDING:
		hba_word_and(&m->pending, ~(value & DOORBELLS));
		return true;
	case HBA_MBOX_CMD_POP:
		pop_command(m);
		return true;
	case HBA_MBOX_IRQ:
		hba->config.port->irq(hba->config.ctx,
				      value & (HBA_IRQ_IO | HBA_IRQ_ADMIN));
		return true;
	case HBA_MBOX_SCRATCH0:
	case HBA_MBOX_SCRATCH1:
		m->scratch[offset == HBA_MBOX_SCRATCH1] = value;
		return true;
	case HBA_MBOX_LINK_CTRL:
		m->link_ctrl = value;
		return true;
	case HBA_MBOX_CACHE_CTRL:
		if (value & HBA_CACHE_CLEAR)
			m->cache_bytes = 0;
		return true;
	default:
		return write_banked(hba, hart, offset, value);
	}
}
