// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live state: a directory and its tables in the arena, the running memory
 * behind the image. A cold start makes them, from the top of memory down, so
 * that a larger image finds room below; any other start takes what the
 * directory names, which may be a bootstrap's work.
 */
#include "hba.h"

#define JOURNAL_ENTRIES	1024u
#define ALIGNMENT	64u

struct codeswap_state_directory *state_dir;
static bool journalling;

static bool same_name(const char *a, const char *b)
{
	u32 i;

	for (i = 0; i < MRB_NAME_LEN && a[i] == b[i]; i++)
		if (!a[i])
			return true;
	return false;
}

struct codeswap_state *state_find(const char *name)
{
	u32 i;

	for (i = 0; i < state_dir->count; i++)
		if (same_name(state_dir->states[i].name, name))
			return &state_dir->states[i];
	return NULL;
}

static u32 arena_start(void)
{
	return HBA_RAM_BASE + FW_MEMORY_SIZE;
}

static u32 take_down(u32 *top, u32 bytes)
{
	*top = (*top - bytes) & ~(ALIGNMENT - 1);
	return *top;
}

static void clear(u32 start, u32 bytes)
{
	u32 *word;

	for (word = (u32 *)start; (u32)word < start + bytes; word++)
		*word = 0;
}

/* Entries of logins are not cleared: login-control says which have a meaning. */
static struct codeswap_state *add_table(const char *name, u32 entry_size,
					u32 capacity, u32 format, u32 *top)
{
	struct codeswap_state *state = &state_dir->states[state_dir->count++];
	u32 i;

	for (i = 0; name[i]; i++)
		state->name[i] = name[i];
	state->format = format;
	state->entry_size = entry_size;
	state->capacity = capacity;
	state->address = take_down(top, entry_size * capacity);
	return state;
}

static void add_empty_table(const char *name, u32 entry_size, u32 capacity,
			    u32 *top)
{
	struct codeswap_state *state;

	state = add_table(name, entry_size, capacity, 1, top);
	clear(state->address, entry_size * capacity);
}

/*
 * As many logins as the strap says, or half of that, and half again, until
 * memory holds them; HBA_OP_LOGIN_COUNT tells the host how many it got.
 */
static u32 login_capacity(void)
{
	u32 room = mbox_read(HBA_MBOX_RAM_SIZE) - FW_MEMORY_SIZE;
	u32 others = sizeof(*state_dir) + 8 * ALIGNMENT +
		     JOURNAL_ENTRIES * sizeof(struct codeswap_change) +
		     sizeof(struct login_control) + LOGIN_PRIORITIES * 8;
	u32 capacity = mbox_read(HBA_MBOX_MAX_LOGINS);

	if (capacity > LOGIN_MAX)
		capacity = LOGIN_MAX;
	while (capacity &&
	       capacity * (sizeof(login_entry) + sizeof(u64)) > room - others)
		capacity /= 2;
	return capacity;
}

static void state_cold(void)
{
	u32 end = HBA_RAM_BASE + mbox_read(HBA_MBOX_RAM_SIZE);
	u32 capacity = login_capacity();
	u32 top = end;

	state_dir = device_ptr(take_down(&top, sizeof(*state_dir)));
	clear((u32)state_dir, sizeof(*state_dir));
	state_dir->magic = CODESWAP_STATE_MAGIC;
	state_dir->version = CODESWAP_STATE_VERSION;
	state_dir->size = sizeof(*state_dir);
	state_dir->arena = arena_start();
	state_dir->arena_size = end - arena_start();
	state_dir->journal_capacity = JOURNAL_ENTRIES;
	state_dir->journal = take_down(&top, JOURNAL_ENTRIES *
				       sizeof(struct codeswap_change));
	/* STATE_INDEX_LOGINS is the first. */
	add_table(STATE_LOGINS, sizeof(login_entry), capacity,
		  FW_LOGIN_FORMAT, &top);
	add_empty_table(STATE_CONTROL, sizeof(struct login_control), 1, &top);
	add_table(STATE_COUNTERS, sizeof(u64), capacity, 1, &top);
#if FW_LOGIN_FORMAT >= 2
	add_empty_table(STATE_STATS, sizeof(u64), LOGIN_PRIORITIES, &top);
#endif
}

static bool directory_is_mine(void)
{
	const struct codeswap_state *logins = &state_dir->states[0];

	return state_dir->magic == CODESWAP_STATE_MAGIC &&
	       state_dir->version == CODESWAP_STATE_VERSION &&
	       same_name(logins->name, STATE_LOGINS) &&
	       logins->format == FW_LOGIN_FORMAT &&
	       logins->entry_size == sizeof(login_entry);
}

void state_init(u32 argument, u32 kind)
{
	if (kind == HBA_START_COLD) {
		state_cold();
		return;
	}
	state_dir = device_ptr(argument);
	if (!directory_is_mine())
		panic();
}

void state_journal_start(void)
{
	u32 flags = irq_save();

	harts_lock();
	state_dir->journal_count = 0;
	journalling = true;
	harts_unlock();
	irq_restore(flags);
}

void state_journal_stop(void)
{
	journalling = false;
}

/* Call it after the change: the bootstrap may look at once. */
void state_journal(u32 state, u32 entry)
{
	struct codeswap_change *journal = device_ptr(state_dir->journal);
	u32 count = state_dir->journal_count;

	if (!journalling)
		return;
	if (count < state_dir->journal_capacity) {
		journal[count].state = state;
		journal[count].entry = entry;
	}
	fence();
	if (count <= state_dir->journal_capacity)
		state_dir->journal_count = count + 1;
}
