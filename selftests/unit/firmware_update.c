// SPDX-License-Identifier: GPL-2.0-only
/* A swap from the host's side. */
#include <stdio.h>
#include <stdlib.h>

#include "firmware_update.h"

/* Staging memory: the image is read-only for the device, the rest is not. */
#define IMAGE_AT	HBA_IOVA_STAGING
#define DATA_AT		(HBA_IOVA_STAGING + 0x01000000u)
#define PRIVATE_AT	(HBA_IOVA_STAGING + 0x02000000u)
#define HO_AT		0x0000u		/* within the private part */
#define HEADER_AT	0x1000u
#define SEGMENTS_AT	0x3000u
#define CAPS_AT		0x4000u
#define REPORTS_AT	0x5000u
#define WORKSPACE_AT	0x10000u

static u8 *private_part(struct fw_update *u)
{
	return (u8 *)u->ho - HO_AT;
}

static u32 pages(u64 bytes)
{
	return ((u32)bytes + 4095) & ~4095u;
}

static void put_segments(struct fw_update *u)
{
	struct codeswap_ho_segment *s = (void *)(private_part(u) + SEGMENTS_AT);
	unsigned int i;

	for (i = 0; i < u->new->num_segments; i++) {
		const struct mrb_segment *m = &u->new->segments[i];
		bool data = m->kind == MRB_SEG_DATA;

		if (!m->file_size)
			continue;
		s[u->ho->segment_count++] = (struct codeswap_ho_segment){
			.staged = data ? DATA_AT : IMAGE_AT + m->offset,
			.address = m->address,
			.size = m->file_size,
			.kind = m->kind,
			.index = i,
		};
	}
}

static void put_capability(struct fw_update *u, const char *name, u32 flags)
{
	struct codeswap_ho_capability *c =
		(void *)(private_part(u) + CAPS_AT);

	if (u->absent && !strcmp(u->absent, name))
		return;
	c += u->ho->capability_count++;
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->flags = flags;
}

/* What the adapter's driver says, and what the operator accepts. */
static void put_capabilities(struct fw_update *u)
{
	const struct mrb_capability *c;
	unsigned int i;

	put_capability(u, "flash", CODESWAP_CAP_PRESENT);
	put_capability(u, "pla", CODESWAP_CAP_PRESENT);
	put_capability(u, "login-table", CODESWAP_CAP_USED);
	for (i = 0; (c = fw_image_capability(u->old, i)); i++)
		if (u->waive && (c->flags & MRB_CAP_PROVIDED) &&
		    !fw_image_provides(u->new, c->name))
			put_capability(u, c->name, CODESWAP_CAP_WAIVED);
}

static u32 relation(const struct fw_update *u)
{
	u32 old = u->old->header->release, new = u->new->header->release;

	if (new == old)
		return CODESWAP_REL_EQUAL;
	if (new < old)
		return CODESWAP_REL_BEHIND;
	return new == old + 1 ? CODESWAP_REL_ONE_AHEAD :
	       CODESWAP_REL_SEVERAL_AHEAD;
}

static void put_handover(struct fw_update *u)
{
	const struct mrb_header *old = u->old->header, *new = u->new->header;

	*u->ho = (struct codeswap_handover){
		.magic = CODESWAP_HO_MAGIC,
		.version = CODESWAP_HO_VERSION,
		.size = sizeof(*u->ho),
		.relation = relation(u),
		.old_image = PRIVATE_AT + HEADER_AT,
		.old_base = old->load_address,
		.new_image = IMAGE_AT,
		.new_base = new->load_address,
		.old_version = old->version,
		.new_version = new->version,
		.old_security = old->security_version,
		.new_security = new->security_version,
		.capabilities = PRIVATE_AT + CAPS_AT,
		.segments = PRIVATE_AT + SEGMENTS_AT,
		.workspace = PRIVATE_AT + WORKSPACE_AT,
		.workspace_size = new->workspace_size,
		.reports = PRIVATE_AT + REPORTS_AT,
		.report_capacity = CODESWAP_HO_MAX_REPORTS,
	};
	put_segments(u);
	put_capabilities(u);
}

static void keep_modules(struct fw_update *u)
{
	u32 id;

	for (id = 0; id < 2; id++) {
		hba_module_info(u->host->hba, id, &u->modules[id].info);
		hba_module_read(u->host->hba, id, 0, u->modules[id].contents,
				HBA_MOD_CAPACITY_BYTES);
	}
}

/* @waive and @absent must have been set. */
void fw_stage(struct fw_update *u, struct fw_host *h, const struct fw_image *old,
	      const struct fw_image *new)
{
	const struct mrb_segment *data = fw_image_segment(new, MRB_SEG_DATA);
	u8 *image, *private;

	u->host = h;
	u->old = old;
	u->new = new;
	image = fw_map(h, IMAGE_AT, pages(new->size), false);
	memcpy(image, new->bytes, new->size);
	u->data = fw_map(h, DATA_AT, pages(data->file_size), true);
	memcpy(u->data, new->bytes + data->offset, data->file_size);
	private = fw_map(h, PRIVATE_AT, pages(WORKSPACE_AT +
					      new->header->workspace_size),
			 true);
	u->ho = (void *)(private + HO_AT);
	u->items = (void *)(private + REPORTS_AT);
	memcpy(private + HEADER_AT, old->bytes, old->header->tables_size);
	put_handover(u);
	keep_modules(u);
	u->old_data = NULL;
}

/* The device must not reach it afterwards: a later access is a crash. */
void fw_release(struct fw_update *u)
{
	fw_unmap(u->host, IMAGE_AT);
	fw_unmap(u->host, DATA_AT);
	fw_unmap(u->host, PRIVATE_AT);
	free(u->old_data);
	u->old_data = NULL;
}

void fw_update_interrupt(struct fw_update *u)
{
	fw_forget_events(u->host);
	hba_command(u->host->hba, HBA_CMD_UPDATE, PRIVATE_AT + HO_AT, 0);
}

/* Of the bootstrap that works; FW_CRASHED if it crashed. */
u32 fw_verdict(struct fw_update *u)
{
	struct fw_host *h = u->host;
	u32 pumps;

	for (pumps = 0; pumps < 20000; pumps++) {
		struct hba_event *e;

		while (h->events_taken < h->events) {
			e = &h->event[h->events_taken++];
			if (e->code == HBA_EVT_RECONCILED)
				return e->arg[0];
			if (e->code == HBA_EVT_BOOTSTRAP_CRASH)
				return FW_CRASHED;
		}
		fw_forget_events(h);
		fw_pump(h, 1000);
	}
	return FW_NO_VERDICT;
}

u32 fw_reconcile(struct fw_update *u)
{
	fw_update_interrupt(u);
	return fw_verdict(u);
}

u32 fw_undo(struct fw_update *u)
{
	struct hba_event e;

	hba_command(u->host->hba, HBA_CMD_UNDO, 0, 0);
	return fw_await(u->host, HBA_EVT_UNDONE, &e) ? e.arg[0] : FW_NO_VERDICT;
}

u32 fw_quiesce(struct fw_update *u)
{
	struct hba_event e;

	hba_command(u->host->hba, HBA_CMD_QUIESCE, 0, 0);
	return fw_await(u->host, HBA_EVT_QUIESCED, &e) ? e.arg[0] :
	       FW_NO_VERDICT;
}

bool fw_resume(struct fw_update *u)
{
	u->ho->command = CODESWAP_HO_CMD_RESUME;
	hba_command(u->host->hba, HBA_CMD_RESUME, 0, 0);
	if (!fw_await(u->host, HBA_EVT_RESUMED, NULL))
		return false;
	u->ho->command = CODESWAP_HO_CMD_NONE;
	return true;
}

static void put_back(struct fw_update *u, const struct fw_image *image,
		     const u8 *data)
{
	struct hba *hba = u->host->hba;
	unsigned int i;

	for (i = 0; i < image->num_segments; i++) {
		const struct mrb_segment *s = &image->segments[i];

		if (s->kind == MRB_SEG_TEXT)
			hba_ram_write(hba, (u32)s->address,
				      image->bytes + s->offset,
				      (u32)s->file_size);
		else if (s->kind == MRB_SEG_DATA)
			hba_ram_write(hba, (u32)s->address, data,
				      (u32)s->file_size);
	}
}

/* The hart is parked; bss is not written: the image clears its own. */
bool fw_overlay(struct fw_update *u)
{
	const struct mrb_segment *data = fw_image_segment(u->old, MRB_SEG_DATA);

	u->old_data = malloc(data->file_size);
	u->old_state = (u32)u->ho->old_state;
	if (!u->old_data ||
	    !hba_ram_read(u->host->hba, (u32)data->address, u->old_data,
			  (u32)data->file_size))
		return false;
	put_back(u, u->new, u->data);
	return true;
}

static bool start(struct fw_update *u, const struct fw_image *image, u32 kind,
		  u32 state)
{
	struct fw_host *h = u->host;
	struct hba_event e;

	fw_forget_events(h);
	hba_start(h->hba, (u32)image->header->warm_entry, kind, state);
	if (!fw_await(h, HBA_EVT_STARTED, &e))
		return false;
	h->counts_discards = image->header->release > 1;
	return e.arg[0] == ((u32)image->header->version.major << 16 |
			    image->header->version.minor) &&
	       e.arg[1] == image->header->version.patch &&
	       e.arg[2] == kind && e.arg[3] == state;
}

bool fw_start_new(struct fw_update *u)
{
	return start(u, u->new, HBA_START_WARM, (u32)u->ho->new_state);
}

bool fw_prove(struct fw_update *u)
{
	u32 i;

	for (i = 0; i < 3; i++) {
		hba_command(u->host->hba, HBA_CMD_PING, 0, 0);
		if (!fw_await(u->host, HBA_EVT_HEARTBEAT, NULL))
			return false;
	}
	return true;
}

void fw_commit(struct fw_update *u)
{
	hba_command(u->host->hba, HBA_CMD_COMMIT, 0, 0);
}

void fw_restore_modules(struct fw_update *u)
{
	u32 id;

	for (id = 0; id < 2; id++)
		hba_module_write(u->host->hba, id, &u->modules[id].info,
				 u->modules[id].contents);
}

bool fw_modules_unchanged(struct fw_update *u)
{
	u8 contents[HBA_MOD_CAPACITY_BYTES];
	struct hba_module_info info;
	u32 id;

	for (id = 0; id < 2; id++) {
		const struct fw_module *m = &u->modules[id];

		hba_module_info(u->host->hba, id, &info);
		hba_module_read(u->host->hba, id, 0, contents, info.length);
		if (info.version != m->info.version ||
		    info.patch != m->info.patch ||
		    info.length != m->info.length ||
		    memcmp(contents, m->contents, info.length))
			return false;
	}
	return true;
}

/* After the overlay: everything as it was before it. */
bool fw_rollback(struct fw_update *u)
{
	put_back(u, u->old, u->old_data);
	fw_restore_modules(u);
	return start(u, u->old, HBA_START_ROLLBACK, u->old_state);
}

/* Before the overlay, when the hart does not listen any more. */
bool fw_restart_old(struct fw_update *u)
{
	fw_restore_modules(u);
	return start(u, u->old, HBA_START_ROLLBACK, (u32)u->ho->old_state);
}

/* All of it, as it goes when nothing is wrong. */
bool fw_swap(struct fw_update *u)
{
	return fw_reconcile(u) == CODESWAP_VERDICT_OK &&
	       fw_quiesce(u) == CODESWAP_VERDICT_OK && fw_overlay(u) &&
	       fw_start_new(u) && fw_prove(u) && (fw_commit(u), true);
}

const struct codeswap_ho_item *fw_item(const struct fw_update *u, u32 kind,
				       const char *name)
{
	u32 i;

	for (i = 0; i < u->ho->report_count; i++)
		if (u->items[i].kind == kind &&
		    !strcmp(u->items[i].name, name))
			return &u->items[i];
	return NULL;
}
