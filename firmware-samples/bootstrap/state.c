// SPDX-License-Identifier: GPL-2.0-only
/*
 * The new state directory: tables whose format stays are named by both
 * directories, others are converted into memory of their own, structures that
 * are new begin empty. The old directory stays as it is.
 */
#include "bootstrap.h"

#define JOURNAL_ENTRIES	1024u

_Static_assert(ARRAY_SIZE(((struct boot *)0)->was) ==
	       ARRAY_SIZE(((struct codeswap_state_directory *)0)->states),
	       "BOOT_STATES is another number than a directory has states");

static u32 refuse_format(struct boot *b, const volatile char *name, u32 format,
			 const struct mrb_state *accepts)
{
	char copy[MRB_NAME_LEN];
	struct text reason;
	u32 i;

	for (i = 0; i < MRB_NAME_LEN - 1 && name[i]; i++)
		copy[i] = name[i];
	copy[i] = 0;
	reason = refuse_begin(b);
	text_add(&reason, "state '");
	text_add(&reason, copy);
	text_add(&reason, "' is in format ");
	text_add_number(&reason, format);
	text_add(&reason, "; this image takes over ");
	if (!accepts) {
		text_add(&reason, "no such state");
		return CODESWAP_VERDICT_REFUSED;
	}
	text_add(&reason, "formats ");
	text_add_number(&reason, accepts->accepts_min);
	text_add(&reason, " to ");
	text_add_number(&reason, accepts->accepts_max);
	return CODESWAP_VERDICT_REFUSED;
}

static void report_format(struct boot *b, const volatile char *name, u32 from,
			  u32 to, u32 verdict)
{
	struct item item;

	item_begin(b, &item, CODESWAP_ITEM_STATE_FORMAT, name);
	text_add(&item.from, "format ");
	text_add_number(&item.from, from);
	if (to) {
		text_add(&item.to, "format ");
		text_add_number(&item.to, to);
	} else {
		text_add(&item.to, "not kept");
	}
	item_end(b, &item, verdict, 0);
}

/* Is each old table something this image can take over, or says it drops? */
static u32 check_formats(struct boot *b)
{
	u32 verdict = CODESWAP_VERDICT_OK;
	u32 i;

	for (i = 0; i < b->old_dir->count; i++) {
		const volatile struct codeswap_state *old =
			&b->old_dir->states[i];
		const struct mrb_state *new =
			header_find_state(b->new, old->name);

		if (!new || old->format < new->accepts_min ||
		    old->format > new->accepts_max) {
			report_format(b, old->name, old->format,
				      new ? new->emits : 0,
				      CODESWAP_ITEM_REFUSED);
			verdict = refuse_format(b, old->name, old->format, new);
		} else {
			report_format(b, old->name, old->format, new->emits,
				      old->format == new->emits ?
				      CODESWAP_ITEM_COMPATIBLE :
				      CODESWAP_ITEM_RECONCILED);
		}
	}
	return verdict;
}

static const volatile struct codeswap_state *
find_old(struct boot *b, const char *name)
{
	u32 i;

	for (i = 0; i < b->old_dir->count; i++)
		if (same_name(b->old_dir->states[i].name, name))
			return &b->old_dir->states[i];
	return NULL;
}

static bool make_directory(struct boot *b)
{
	u32 end = HBA_RAM_BASE + mbox_read(HBA_MBOX_RAM_SIZE);
	u32 start = b->ho->new_base + (u32)b->new->memory_size;
	struct codeswap_state_directory *dir;
	u32 journal;

	dir = device_ptr(memory_take(b, sizeof(*dir)));
	journal = memory_take(b, JOURNAL_ENTRIES *
			      sizeof(struct codeswap_change));
	if (!dir || !journal)
		return false;
	*dir = (struct codeswap_state_directory){
		.magic = CODESWAP_STATE_MAGIC,
		.version = CODESWAP_STATE_VERSION,
		.size = sizeof(*dir),
		.generation = b->old_dir->generation + 1,
		.arena = start,
		.arena_size = end - start,
		.journal = journal,
		.journal_capacity = JOURNAL_ENTRIES,
	};
	b->new_dir = dir;
	return true;
}

static void set_name(struct codeswap_state *state, const char *name)
{
	u32 i;

	for (i = 0; i < MRB_NAME_LEN; i++)
		state->name[i] = name[i];
}

/* Shared: nothing is copied, so there is nothing that could grow stale. */
static void carry(struct boot *b, const volatile struct codeswap_state *old,
		  struct codeswap_state *state)
{
	bool counted = same_name(old->name, STATE_LOGINS);

	state->format = old->format;
	state->entry_size = old->entry_size;
	state->capacity = old->capacity;
	state->used = old->used;
	state->address = old->address;
	report(b, CODESWAP_ITEM_CARRY, CODESWAP_ITEM_COMPATIBLE,
	       counted ? old->used : old->capacity, old->name,
	       "in place", "in place");
}

/* Only login tables have ever changed their format. */
static bool prepare_conversion(struct boot *b,
			       const volatile struct codeswap_state *old,
			       struct codeswap_state *state, u32 format)
{
	state->format = format;
	state->entry_size = format == 1 ? sizeof(struct login_v1) :
			    sizeof(struct login_v2);
	state->capacity = old->capacity;
	state->address = memory_take(b, state->entry_size * state->capacity);
	b->from = old;
	b->to = state;
	return state->address;
}

static bool begin_empty(struct boot *b, struct codeswap_state *state,
			u32 format)
{
	u64 *entries;
	u32 i;

	state->format = format;
	state->entry_size = sizeof(*entries);
	state->capacity = LOGIN_PRIORITIES;
	entries = device_ptr(memory_take(b, LOGIN_PRIORITIES *
					 sizeof(*entries)));
	if (!entries)
		return false;
	for (i = 0; i < LOGIN_PRIORITIES; i++)
		entries[i] = 0;
	state->address = (u32)entries;
	report(b, CODESWAP_ITEM_INIT, CODESWAP_ITEM_RECONCILED,
	       LOGIN_PRIORITIES, state->name, "none", "empty");
	return true;
}

static u32 refuse_unknown(struct boot *b, const char *name, u32 format)
{
	struct text reason = refuse_begin(b);

	text_add(&reason, "this bootstrap does not know how to make state '");
	text_add(&reason, name);
	text_add(&reason, "' in format ");
	text_add_number(&reason, format);
	return CODESWAP_VERDICT_REFUSED;
}

static u32 build_table(struct boot *b, const struct mrb_state *want)
{
	const volatile struct codeswap_state *old = find_old(b, want->name);
	struct codeswap_state *state;
	bool done;

	if (b->new_dir->count == ARRAY_SIZE(b->new_dir->states))
		return refuse_unknown(b, want->name, want->emits);
	b->was[b->new_dir->count] = old;
	state = &b->new_dir->states[b->new_dir->count++];
	set_name(state, want->name);
	if (old && old->format == want->emits) {
		carry(b, old, state);
		return CODESWAP_VERDICT_OK;
	}
	if (old && same_name(want->name, STATE_LOGINS))
		done = prepare_conversion(b, old, state, want->emits);
	else if (!old && same_name(want->name, STATE_STATS))
		done = begin_empty(b, state, want->emits);
	else
		return refuse_unknown(b, want->name, want->emits);
	return done ? CODESWAP_VERDICT_OK : CODESWAP_VERDICT_REFUSED;
}

u32 boot_build_state(struct boot *b)
{
	const struct mrb_state *want;
	u32 verdict = check_formats(b);
	u32 i;

	if (verdict != CODESWAP_VERDICT_OK)
		return verdict;
	if (!memory_init(b) || !make_directory(b))
		return CODESWAP_VERDICT_REFUSED;
	for (i = 0; (want = header_state(b->new, i)); i++) {
		if (!want->emits)
			continue;
		verdict = build_table(b, want);
		if (verdict != CODESWAP_VERDICT_OK)
			return verdict;
	}
	return convert_tables(b);
}
