// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logins. A handle is the slot in the table and how often the slot was given
 * away, so that an old handle of a slot in use again is found out. Free slots
 * form a list through the table; those never used lie above the high-water
 * mark and hold nothing: login and logout cost the same with 65536 of them.
 */
#include "hba.h"

static struct codeswap_state *logins;
static struct login_control *control;
static login_entry *table;
static u64 *counters;

static void *table_of(const char *name)
{
	struct codeswap_state *state = state_find(name);

	if (!state)
		panic();
	return device_ptr(state->address);
}

void login_init(void)
{
	logins = &state_dir->states[STATE_INDEX_LOGINS];
	table = device_ptr(logins->address);
	control = table_of(STATE_CONTROL);
	counters = table_of(STATE_COUNTERS);
}

static login_entry *login_get(u32 handle)
{
	login_entry *login = &table[LOGIN_SLOT(handle)];

	if (LOGIN_SLOT(handle) >= control->high_water || !login->wwpn ||
	    login->handle != handle)
		return NULL;
	return login;
}

bool login_valid(u32 handle, u64 wwpn)
{
	const login_entry *login = login_get(handle);

	return login && login->wwpn == wwpn;
}

/* Returns a slot with the handle it is to have, or NULL. */
static login_entry *take_slot(void)
{
	login_entry *login;
	u32 slot;

	if (control->free_head) {
		login = &table[control->free_head - 1];
		control->free_head = login->credits;
		login->handle = LOGIN_NEXT_HANDLE(login->handle);
		return login;
	}
	slot = control->high_water;
	if (slot >= logins->capacity)
		return NULL;
	control->high_water = slot + 1;
	login = &table[slot];
	login->handle = LOGIN_NEXT_HANDLE(slot);
	return login;
}

static void set_priority(login_entry *login, u32 parameters)
{
#if FW_LOGIN_FORMAT >= 2
	u32 wanted = LOGIN_PARAM_PRIORITY(parameters);

	login->priority = wanted ? wanted - 1 : LOGIN_PRIORITY_DEFAULT;
#endif
}

static bool parameters_valid(u32 parameters)
{
#if FW_LOGIN_FORMAT >= 2
	return LOGIN_PARAM_PRIORITY(parameters) <= LOGIN_PRIORITIES;
#else
	return true;
#endif
}

u32 login_add(u64 wwpn, u32 parameters, u32 *handle)
{
	login_entry *login;
	u32 slot;

	if (!wwpn || !parameters_valid(parameters))
		return HBA_ST_INVALID;
	login = take_slot();
	if (!login)
		return HBA_ST_FULL;
	slot = LOGIN_SLOT(login->handle);
	login->credits = LOGIN_PARAM_CREDITS(parameters);
	if (!login->credits)
		login->credits = LOGIN_CREDITS_DEFAULT;
	set_priority(login, parameters);
	counters[slot] = 0;
	login->wwpn = wwpn;
	logins->used++;
	state_journal(STATE_INDEX_LOGINS, slot);
	*handle = login->handle;
	return HBA_ST_GOOD;
}

u32 login_remove(u32 handle)
{
	login_entry *login = login_get(handle);
	u32 slot = LOGIN_SLOT(handle);

	if (!login)
		return HBA_ST_NOT_LOGGED_IN;
	login->wwpn = 0;
	login->credits = control->free_head;
	control->free_head = slot + 1;
	logins->used--;
	state_journal(STATE_INDEX_LOGINS, slot);
	return HBA_ST_GOOD;
}

/* A handle that is not logged in gets an answer as well: no wwpn. */
u32 login_query(u32 handle, struct hba_login *answer)
{
	const login_entry *login = login_get(handle);

	*answer = (struct hba_login){
		.handle = handle,
		.format = FW_LOGIN_FORMAT,
	};
	if (!login)
		return HBA_ST_GOOD;
	answer->wwpn = login->wwpn;
	answer->credits = login->credits;
	answer->requests = counters[LOGIN_SLOT(handle)];
#if FW_LOGIN_FORMAT >= 2
	answer->priority = login->priority;
#endif
	return HBA_ST_GOOD;
}

void login_count(u32 *count, u32 *capacity)
{
	*count = logins->used;
	*capacity = logins->capacity;
}

/* Counts a request that is done. The login may have gone meanwhile. */
void login_count_request(u32 handle, u32 opcode)
{
	const login_entry *login = login_get(handle);

	if (!login)
		return;
	if (opcode == HBA_OP_DISCARD && !FW_COUNT_DISCARDS)
		return;
	counters[LOGIN_SLOT(handle)]++;
#if FW_LOGIN_FORMAT >= 2
	stats_count(login->priority);
#endif
}
