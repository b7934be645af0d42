// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words for the numbers of the protocol, and what names may look like.
 */
#include "nl_codeswap.h"

#define NAME_OF(table, value) \
	((value) < sizeof(table) / sizeof((table)[0]) && (table)[value] ? \
	 (table)[value] : "?")

static const char *const states[] = {
	[CODESWAP_DEVICE_STATE_MINIMAL] = "minimal",
	[CODESWAP_DEVICE_STATE_RUNNING] = "running",
	[CODESWAP_DEVICE_STATE_FAILED] = "failed",
};

static const char *const phases[] = {
	[CODESWAP_PHASE_IDLE] = "idle",
	[CODESWAP_PHASE_STAGING] = "staging",
	[CODESWAP_PHASE_STAGED] = "staged",
	[CODESWAP_PHASE_RECONCILING] = "reconciling",
	[CODESWAP_PHASE_READY] = "ready",
	[CODESWAP_PHASE_QUIESCING] = "quiescing",
	[CODESWAP_PHASE_OVERLAYING] = "overlaying",
	[CODESWAP_PHASE_VERIFYING] = "verifying",
	[CODESWAP_PHASE_PROVING] = "proving",
};

static const char *const results[] = {
	[CODESWAP_RESULT_NONE] = "none",
	[CODESWAP_RESULT_SUCCESS] = "success",
	[CODESWAP_RESULT_REFUSED] = "refused",
	[CODESWAP_RESULT_CANCELLED] = "cancelled",
	[CODESWAP_RESULT_ROLLED_BACK] = "rolled-back",
	[CODESWAP_RESULT_NEED_RESET] = "need-reset",
	[CODESWAP_RESULT_FAILED] = "failed",
};

static const char *const reasons[] = {
	[CODESWAP_REASON_NONE] = "none",
	[CODESWAP_REASON_NOT_AN_IMAGE] = "not-an-image",
	[CODESWAP_REASON_TOO_NEW] = "too-new",
	[CODESWAP_REASON_MALFORMED] = "malformed",
	[CODESWAP_REASON_TRUNCATED] = "truncated",
	[CODESWAP_REASON_DIGEST] = "digest",
	[CODESWAP_REASON_SIGNATURE] = "signature",
	[CODESWAP_REASON_DEVICE_TYPE] = "device-type",
	[CODESWAP_REASON_TOO_LARGE] = "too-large",
	[CODESWAP_REASON_DOWNGRADE] = "downgrade",
	[CODESWAP_REASON_SECURITY_VERSION] = "security-version",
	[CODESWAP_REASON_CAPABILITY_LOST] = "capability-lost",
	[CODESWAP_REASON_CAPABILITY_MISSING] = "capability-missing",
	[CODESWAP_REASON_STATE_FORMAT] = "state-format",
	[CODESWAP_REASON_BOOTSTRAP_REFUSED] = "bootstrap-refused",
	[CODESWAP_REASON_BOOTSTRAP_CRASH] = "bootstrap-crash",
	[CODESWAP_REASON_BOOTSTRAP_HANG] = "bootstrap-hang",
	[CODESWAP_REASON_TIMEOUT] = "timeout",
	[CODESWAP_REASON_VERIFY] = "verify",
	[CODESWAP_REASON_NOT_HEALTHY] = "not-healthy",
	[CODESWAP_REASON_CRASH] = "crash",
	[CODESWAP_REASON_CANCELLED] = "cancelled",
	[CODESWAP_REASON_INTERRUPTED] = "interrupted",
	[CODESWAP_REASON_DEVICE_GONE] = "device-gone",
	[CODESWAP_REASON_BUSY] = "busy",
	[CODESWAP_REASON_NO_IMAGE] = "no-image",
	[CODESWAP_REASON_NO_MEMORY] = "no-memory",
	[CODESWAP_REASON_NOT_RUNNING] = "not-running",
	[CODESWAP_REASON_OVER_BUDGET] = "over-budget",
	[CODESWAP_REASON_DRIVER] = "driver",
};

static const char *const item_kinds[] = {
	[CODESWAP_ITEM_VERSION] = "version",
	[CODESWAP_ITEM_CAPABILITY] = "capability",
	[CODESWAP_ITEM_SIZE] = "size",
	[CODESWAP_ITEM_LOAD_ADDRESS] = "load-address",
	[CODESWAP_ITEM_STATE_FORMAT] = "state-format",
	[CODESWAP_ITEM_INIT_ORDER] = "init-order",
	[CODESWAP_ITEM_CONVERT] = "convert",
	[CODESWAP_ITEM_REGISTER] = "register",
	[CODESWAP_ITEM_CLEAR] = "clear",
	[CODESWAP_ITEM_INIT] = "init",
	[CODESWAP_ITEM_CARRY] = "carry",
	[CODESWAP_ITEM_PROTOCOL] = "protocol",
	[CODESWAP_ITEM_MODULE] = "module",
	[CODESWAP_ITEM_SYNC] = "sync",
	[CODESWAP_ITEM_OVERLAY] = "overlay",
	[CODESWAP_ITEM_BLACKOUT] = "blackout",
};

static const char *const item_verdicts[] = {
	[CODESWAP_ITEM_COMPATIBLE] = "compatible",
	[CODESWAP_ITEM_RECONCILED] = "reconciled",
	[CODESWAP_ITEM_ACCEPTED] = "accepted",
	[CODESWAP_ITEM_REFUSED] = "refused",
	[CODESWAP_ITEM_UNDONE] = "undone",
};

/* What an item's count counts, where it counts anything. */
static const char *const item_units[] = {
	[CODESWAP_ITEM_CONVERT] = "entries",
	[CODESWAP_ITEM_CLEAR] = "bytes",
	[CODESWAP_ITEM_CARRY] = "entries",
	[CODESWAP_ITEM_MODULE] = "bytes",
	[CODESWAP_ITEM_SYNC] = "entries",
	[CODESWAP_ITEM_OVERLAY] = "bytes",
	[CODESWAP_ITEM_BLACKOUT] = "us",
};

const char *csw_state_name(u32 state)
{
	return NAME_OF(states, state);
}

const char *csw_phase_name(u32 phase)
{
	return NAME_OF(phases, phase);
}

const char *csw_result_name(u32 result)
{
	return NAME_OF(results, result);
}

const char *csw_reason_name(u32 reason)
{
	return NAME_OF(reasons, reason);
}

const char *csw_item_kind_name(u32 kind)
{
	return NAME_OF(item_kinds, kind);
}

const char *csw_item_verdict_name(u32 verdict)
{
	return NAME_OF(item_verdicts, verdict);
}

/**
 * csw_item_unit() - what the count of an item counts
 * @kind: enum codeswap_item_kind
 *
 * Return: a plural, or "" where there is nothing to count.
 */
const char *csw_item_unit(u32 kind)
{
	const char *unit = NAME_OF(item_units, kind);

	return *unit == '?' ? "" : unit;
}

/**
 * csw_image_name_problem() - what is wrong with the name of an image
 * @name: as it came from whoever wants the image
 *
 * A name is that of a file in an image directory, and nothing that could lead
 * out of it.
 *
 * Return: the second half of a sentence, or %NULL if nothing is wrong.
 */
const char *csw_image_name_problem(const char *name)
{
	size_t i, len = strlen(name);

	if (!len)
		return "is empty";
	if (len > CODESWAP_NAME_LEN - 1)
		return "is longer than 63 characters";
	if (strchr(name, '/'))
		return "has a '/' in it; only a plain file name is allowed";
	if (strstr(name, ".."))
		return "has '..' in it; only a plain file name is allowed";
	for (i = 0; i < len; i++)
		if (name[i] < ' ' || name[i] > '~')
			return "has characters other than printable ASCII";
	return NULL;
}
