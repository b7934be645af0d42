// SPDX-License-Identifier: GPL-2.0-only
/*
 * Login tables from one format to another. Logins come and go meanwhile; the
 * old image notes each in its journal, and what was copied half-way is copied
 * again in the blackout.
 */
#include "bootstrap.h"

#define SLICE	256u		/* entries between two looks at the host's word */

/* Any format goes through the widest one. */
static void read_login(const volatile void *table, u32 format, u32 slot,
		       struct login_v2 *login)
{
	const volatile struct login_v1 *v1 = table;
	const volatile struct login_v2 *v2 = table;

	if (format == 1) {
		login->wwpn = v1[slot].wwpn;
		login->handle = v1[slot].handle;
		login->credits = v1[slot].credits;
		login->priority = LOGIN_PRIORITY_DEFAULT;
	} else {
		login->wwpn = v2[slot].wwpn;
		login->handle = v2[slot].handle;
		login->credits = v2[slot].credits;
		login->priority = v2[slot].priority;
	}
	login->reserved[0] = 0;
	login->reserved[1] = 0;
	login->reserved[2] = 0;
}

static void write_login(void *table, u32 format, u32 slot,
			const struct login_v2 *login)
{
	struct login_v1 *v1 = table;
	struct login_v2 *v2 = table;

	if (format == 2) {
		v2[slot] = *login;
		return;
	}
	v1[slot].wwpn = login->wwpn;
	v1[slot].handle = login->handle;
	v1[slot].credits = login->credits;
}

/* Free entries, too: the list of them runs through the table. */
static bool convert(struct boot *b, u32 slot)
{
	struct login_v2 login;

	read_login(device_ptr(b->from->address), b->from->format, slot, &login);
	write_login(device_ptr(b->to->address), b->to->format, slot, &login);
	return login.wwpn;
}

/* Entries from here on were never used, in either table. */
static u32 high_water(struct boot *b)
{
	const volatile struct codeswap_state *state = b->old_dir->states;
	const volatile struct login_control *control;
	u32 i;

	for (i = 0; i < b->old_dir->count; i++, state++) {
		if (!same_name(state->name, STATE_CONTROL))
			continue;
		control = device_ptr(state->address);
		if (control->high_water < b->from->capacity)
			return control->high_water;
		break;
	}
	return b->from->capacity;
}

static void add_format(struct text *text, const volatile struct codeswap_state *s)
{
	text_add(text, "format ");
	text_add_number(text, s->format);
	text_add(text, ", ");
	text_add_number(text, s->entry_size);
	text_add(text, " bytes");
}

static void report_conversion(struct boot *b, u32 logins)
{
	struct item item;

	item_begin(b, &item, CODESWAP_ITEM_CONVERT, STATE_LOGINS);
	add_format(&item.from, b->from);
	add_format(&item.to, b->to);
	item_end(b, &item, CODESWAP_ITEM_RECONCILED, logins);
}

/* Beside running I/O, in slices; from 20 to 60 per cent of the work. */
u32 convert_tables(struct boot *b)
{
	u32 logins = 0;
	u32 slot, count;

	if (!b->from)
		return CODESWAP_VERDICT_OK;
	count = high_water(b);
	for (slot = 0; slot < count; slot++) {
		if (slot % SLICE == 0) {
			if (boot_cancelled(b))
				return CODESWAP_VERDICT_CANCELLED;
			report_progress(b, 20 + slot * 40 / count);
		}
		logins += convert(b, slot);
	}
	report_conversion(b, logins);
	return CODESWAP_VERDICT_OK;
}

static u32 convert_all(struct boot *b)
{
	u32 count = high_water(b);
	u32 slot;

	for (slot = 0; slot < count; slot++)
		convert(b, slot);
	return count;
}

/*
 * In the blackout: what the journal names, or everything if it ran over.
 * Returns the number of entries. A table in place needs nothing.
 */
u32 convert_changes(struct boot *b)
{
	const volatile struct codeswap_change *change =
		device_ptr(b->old_dir->journal);
	u32 count = b->old_dir->journal_count;
	u32 i;

	if (!b->from)
		return count;
	if (count > b->old_dir->journal_capacity)
		return convert_all(b);
	for (i = 0; i < count; i++)
		if (&b->old_dir->states[change[i].state] == b->from &&
		    change[i].entry < b->from->capacity)
			convert(b, change[i].entry);
	return count;
}
