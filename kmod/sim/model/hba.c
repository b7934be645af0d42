// SPDX-License-Identifier: GPL-2.0-only
/*
 * The adapter as a whole: making, resetting, starting and running it.
 */
#include "hba_private.h"

/* Instructions between two looks at the interrupts, and turns of the harts. */
#define SLICE	256u

/**
 * hba_sizeof - how much memory an adapter takes, for hba_init()
 *
 * Return: bytes
 */
u32 hba_sizeof(void)
{
	return sizeof(struct hba);
}

static bool config_ok(const struct hba_config *c)
{
	const struct hba_port *p = c->port;

	return p && p->translate && p->medium && p->event && p->irq && p->now &&
	       c->rom && c->rom_size >= 4 && c->rom_size <= HBA_ROM_SIZE &&
	       c->ram && c->ram_size >= HBA_RAM_MIN &&
	       c->ram_size <= HBA_RAM_MAX && !(c->ram_size % 4096) &&
	       c->scratch && c->flash && c->pla &&
	       c->harts >= 1 && c->harts <= HBA_MAX_HARTS &&
	       (c->block_size == 512 || c->block_size == 4096);
}

/**
 * hba_init - make an adapter
 * @hba: hba_sizeof() bytes
 * @config: copied; what it points to must stay
 *
 * Its modules are blank, its harts at the boot ROM.
 *
 * Return: 0, or -EINVAL if @config breaks a limit
 */
int hba_init(struct hba *hba, const struct hba_config *config)
{
	u32 i;

	if (!config_ok(config))
		return -EINVAL;
	memset(hba, 0, sizeof(*hba));
	hba->config = *config;
	hba->ram = config->ram;
	hba->ram_size = config->ram_size;
	for (i = 0; i < HBA_MAX_HARTS; i++)
		hba->hart[i].id = i;
	module_init(hba);
	hba_reset(hba);
	return 0;
}

static void start_harts(struct hba *hba, u32 entry, u32 kind, u32 arg)
{
	u32 i;

	clint_reset(hba);
	mailbox_start(hba, kind, arg);
	for (i = 0; i < hba->config.harts; i++)
		hart_start(hba, &hba->hart[i], entry, arg, kind);
	if (hba->config.defect == HBA_DEFECT_HART)
		harts_halt(hba, NULL);
	mailbox_publish(hba);
}

/**
 * hba_reset - reset the adapter
 * @hba: the adapter
 *
 * All harts to the boot ROM; DMA and mailbox are cleared, but the addresses of
 * the rings stay; memories and modules keep their contents.
 */
void hba_reset(struct hba *hba)
{
	dma_reset(hba);
	mailbox_reset(hba);
	module_reset(hba);
	hba_tlb_flush(hba);
	start_harts(hba, HBA_ROM_BASE, HBA_START_RESET, 0);
}

/**
 * hba_start - start all harts at an address
 * @hba: the adapter
 * @entry: of the image
 * @kind: enum hba_start, in a1
 * @arg: in a0
 *
 * Timers, software interrupts and interrupt enables are cleared, commands that
 * were not taken are dropped. DMA goes on, doorbells and link registers stay.
 */
void hba_start(struct hba *hba, u32 entry, u32 kind, u32 arg)
{
	start_harts(hba, entry, kind, arg);
}

/**
 * harts_halt - halt harts, of which one may be in the midst of its turn
 * @hba: the adapter
 * @except: this one goes on; may be %NULL
 */
void harts_halt(struct hba *hba, const struct hart *except)
{
	u32 i;

	for (i = 0; i < hba->config.harts; i++) {
		if (&hba->hart[i] == except)
			continue;
		hba->hart[i].state = HART_HALTED;
		hba->hart[i].resync = true;
	}
}

/**
 * hba_halt - stop all harts until the next start or reset
 * @hba: the adapter
 */
void hba_halt(struct hba *hba)
{
	harts_halt(hba, NULL);
	mailbox_publish(hba);
}

/**
 * hba_hart_pc - where a hart is
 * @hba: the adapter
 * @hart: 0 to config.harts - 1
 *
 * Return: address of the instruction that it executes next.
 */
u32 hba_hart_pc(const struct hba *hba, u32 hart)
{
	return hba->hart[hart].pc;
}

/**
 * hba_hart_steps - how much a hart has done
 * @hba: the adapter
 * @hart: 0 to config.harts - 1
 *
 * Return: instructions it began since hba_init(); starts do not reset it.
 */
u64 hba_hart_steps(const struct hba *hba, u32 hart)
{
	return hba->hart[hart].steps;
}

/* One turn of one hart: its interrupts, then some instructions. */
static u32 turn(struct hba *hba, struct hart *h, u32 max)
{
	if (!max || h->state == HART_HALTED)
		return 0;
	hart_interrupt(hba, h);
	if (h->state != HART_RUNNING)
		return 0;
	return hart_slice(hba, h, max < SLICE ? max : SLICE);
}

static enum hba_run sum_up(const struct hba *hba)
{
	enum hba_run result = HBA_RUN_HALTED;
	u32 i;

	for (i = 0; i < hba->config.harts; i++) {
		if (hart_runnable(hba, &hba->hart[i]))
			return HBA_RUN_BUDGET;
		if (hba->hart[i].state == HART_WAITING)
			result = HBA_RUN_WAIT;
	}
	return result;
}

/**
 * hba_run - run the harts
 * @hba: the adapter
 * @budget: instructions for each hart at most
 * @executed: result, may be %NULL: instructions of all harts together
 *
 * Harts take turns, which end early when a hart stores to a device or finds
 * the mutex taken: who holds it gets on all the sooner. A hart that waits is
 * asked again in every round, as another may have woken it. The run is over
 * with the round in which a hart has used up its budget, or the others would
 * use up theirs in waiting for it.
 *
 * Return: why it came back
 */
enum hba_run hba_run(struct hba *hba, u32 budget, u32 *executed)
{
	u32 left[HBA_MAX_HARTS];
	bool used_up = false;
	u32 total = 0;
	u32 round, i;

	for (i = 0; i < hba->config.harts; i++)
		left[i] = budget;
	do {
		round = 0;
		for (i = 0; i < hba->config.harts; i++) {
			u32 n = turn(hba, &hba->hart[i], left[i]);

			left[i] -= n;
			round += n;
			used_up |= !left[i];
		}
		total += round;
	} while (round && !used_up);
	if (executed)
		*executed = total;
	mailbox_publish(hba);
	return sum_up(hba);
}

/**
 * hba_deadline - when to call hba_run() again if nothing else happens
 * @hba: the adapter, of which hba_run() said HBA_RUN_WAIT
 *
 * Return: a value of port->now(), ~0 if no hart waits for its timer
 */
u64 hba_deadline(const struct hba *hba)
{
	u64 first = ~0ull;
	u32 i;

	for (i = 0; i < hba->config.harts; i++) {
		const struct hart *h = &hba->hart[i];
		u64 at;

		if (h->state == HART_HALTED || !(h->mie & MIP_MTIP))
			continue;
		at = clint_deadline(hba, i);
		if (at < first)
			first = at;
	}
	return first;
}

static bool in_ram(const struct hba *hba, u32 address, u32 bytes)
{
	return bytes <= hba->ram_size &&
	       address - HBA_RAM_BASE <= hba->ram_size - bytes;
}

/**
 * hba_ram_read - read running memory
 * @hba: the adapter
 * @address: device address
 * @buf: result
 * @bytes: how many
 *
 * Return: false: not all of it is running memory
 */
bool hba_ram_read(const struct hba *hba, u32 address, void *buf, u32 bytes)
{
	if (!in_ram(hba, address, bytes))
		return false;
	memcpy(buf, hba->ram + (address - HBA_RAM_BASE), bytes);
	return true;
}

/**
 * hba_ram_write - write running memory
 * @hba: the adapter
 * @address: device address
 * @buf: what
 * @bytes: how many
 *
 * The harts see it with their next instruction.
 *
 * Return: false: not all of it is running memory, nothing is written
 */
bool hba_ram_write(struct hba *hba, u32 address, const void *buf, u32 bytes)
{
	if (!in_ram(hba, address, bytes))
		return false;
	memcpy(hba->ram + (address - HBA_RAM_BASE), buf, bytes);
	return true;
}

/**
 * hba_tlb_flush - forget what port->translate() said
 * @hba: the adapter
 *
 * After this returns the model holds no pointer from translate() any more.
 */
void hba_tlb_flush(struct hba *hba)
{
	u32 i;

	for (i = 0; i < HBA_MAX_HARTS; i++) {
		hba->hart[i].fetch.size = 0;
		hba->hart[i].load.size = 0;
		hba->hart[i].store.size = 0;
	}
}
