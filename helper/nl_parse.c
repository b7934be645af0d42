// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From messages to structures: one table for each kind of object. The same
 * tables serve those who show the objects.
 */
#include "nl_private.h"

#define FIELD(type, member) \
	.offset = offsetof(struct type, member), \
	.size = sizeof(((struct type *)0)->member)

#define DEVICE(attr_, name_, kind_, member, ...) { \
	.name = (name_), .attr = CODESWAP_A_DEVICE_##attr_, .kind = (kind_), \
	FIELD(csw_device, member), __VA_ARGS__ }

const struct csw_field csw_device_fields[] = {
	DEVICE(NAME, "name", CSW_TEXT, name),
	DEVICE(ID, "id", CSW_U32, id),
	DEVICE(LABEL, "label", CSW_TEXT, label),
	DEVICE(TYPE, "type", CSW_TEXT, type),
	DEVICE(STATE, "state", CSW_ENUM, state, .to_name = csw_state_name),
	DEVICE(PHASE, "phase", CSW_ENUM, phase, .to_name = csw_phase_name),
	DEVICE(RESULT, "result", CSW_ENUM, result, .to_name = csw_result_name),
	DEVICE(REASON, "reason", CSW_ENUM, reason, .to_name = csw_reason_name),
	DEVICE(ERROR_PHASE, "error-phase", CSW_ENUM, error_phase,
	       .to_name = csw_phase_name),
	DEVICE(ERROR, "error", CSW_TEXT, error),
	DEVICE(VERSION, "version", CSW_TEXT, version),
	DEVICE(BUILD_ID, "build-id", CSW_BYTES, build_id),
	DEVICE(SECURITY_VERSION, "security-version", CSW_U32, security_version),
	DEVICE(NEW_VERSION, "new-version", CSW_TEXT, new_version),
	DEVICE(IMAGE_NAME, "image-name", CSW_TEXT, image_name),
	DEVICE(PROGRESS, "progress", CSW_U32, progress),
	DEVICE(DECLARED_US, "declared-us", CSW_U32, declared_us),
	DEVICE(BUDGET_US, "budget-us", CSW_U32, budget_us),
	DEVICE(PREDICTED_NS, "predicted-ns", CSW_U64, predicted_ns),
	DEVICE(OVERLAY_BYTES, "overlay-bytes", CSW_U64, overlay_bytes),
	DEVICE(OVERLAY_EXTENTS, "overlay-extents", CSW_U32, overlay_extents),
	DEVICE(BLACKOUT_NS, "blackout-ns", CSW_U64, blackout_ns),
	DEVICE(BLACKOUT_COUNT, "blackout-count", CSW_U32, blackout_count),
	DEVICE(BLACKOUT_MIN_NS, "blackout-min-ns", CSW_U64, blackout_min_ns),
	DEVICE(BLACKOUT_MEDIAN_NS, "blackout-median-ns", CSW_U64,
	       blackout_median_ns),
	DEVICE(BLACKOUT_P99_NS, "blackout-p99-ns", CSW_U64, blackout_p99_ns),
	DEVICE(BLACKOUT_MAX_NS, "blackout-max-ns", CSW_U64, blackout_max_ns),
	DEVICE(UPDATE_ID, "update-id", CSW_U64, update_id),
	DEVICE(PHASE_NS, "phase-ns", CSW_TIMES, phase_ns),
	DEVICE(MEMORY_SIZE, "memory-size", CSW_U64, memory_size),
	DEVICE(SWAPS, "swaps", CSW_U64, swaps),
	{ }
};

#define ITEM(attr_, name_, kind_, member, ...) { \
	.name = (name_), .attr = CODESWAP_A_ITEM_##attr_, .kind = (kind_), \
	FIELD(csw_item, member), __VA_ARGS__ }

const struct csw_field csw_item_fields[] = {
	ITEM(DEVICE, "device", CSW_TEXT, device),
	ITEM(UPDATE_ID, "update-id", CSW_U64, update_id),
	ITEM(INDEX, "index", CSW_U32, index),
	ITEM(KIND, "kind", CSW_ENUM, kind, .to_name = csw_item_kind_name),
	ITEM(VERDICT, "verdict", CSW_ENUM, verdict,
	     .to_name = csw_item_verdict_name),
	ITEM(COUNT, "count", CSW_U64, count),
	ITEM(NAME, "name", CSW_TEXT, name),
	ITEM(FROM, "from", CSW_TEXT, from),
	ITEM(TO, "to", CSW_TEXT, to),
	{ }
};

#define REQUEST(attr_, name_, kind_, member) { \
	.name = (name_), .attr = CODESWAP_A_REQUEST_##attr_, \
	.kind = (kind_), FIELD(csw_request, member) }

const struct csw_field csw_request_fields[] = {
	REQUEST(ID, "id", CSW_U64, id),
	REQUEST(DEVICE, "device", CSW_TEXT, device),
	REQUEST(TYPE, "type", CSW_TEXT, type),
	REQUEST(IMAGE_NAME, "image-name", CSW_TEXT, image_name),
	{ }
};

#define MAX_ATTR	CODESWAP_A_DEVICE_MAX

_Static_assert((int)CODESWAP_A_ITEM_MAX <= (int)MAX_ATTR &&
	       (int)CODESWAP_A_REQUEST_MAX <= (int)MAX_ATTR,
	       "one array of attributes serves all objects");

/* Attributes are aligned to 4 bytes only, hence the copies. */
static bool read_field(const struct csw_field *f, const struct nlattr *a,
		       void *to)
{
	size_t len = nla_len(a);
	uint32_t v32;
	uint64_t v64;

	switch (f->kind) {
	case CSW_TEXT:
		csw_copy_text(to, f->size, nla_data(a), len);
		return true;
	case CSW_U32:
	case CSW_ENUM:
		if (len != sizeof(v32))
			return false;
		v32 = nla_get_u32(a);
		memcpy(to, &v32, sizeof(v32));
		return true;
	case CSW_U64:
		if (len != sizeof(v64))
			return false;
		v64 = nla_get_u64(a);
		memcpy(to, &v64, sizeof(v64));
		return true;
	case CSW_BYTES:
	case CSW_TIMES:
		memcpy(to, nla_data(a), len < f->size ? len : f->size);
		return true;
	}
	return false;
}

/*
 * Fill in @object, a structure that begins with its u64 present, from a
 * message. A field that another kernel sends in another shape counts as
 * absent. Returns 0, or -EBADMSG if these are no attributes.
 */
int csw_parse(const struct csw_field *fields, struct nlmsghdr *header,
	      void *object)
{
	struct nlattr *tb[MAX_ATTR + 1];
	u64 present = 0;

	if (genlmsg_parse(header, 0, tb, MAX_ATTR, NULL))
		return -EBADMSG;
	for (; fields->name; fields++)
		if (tb[fields->attr] &&
		    read_field(fields, tb[fields->attr],
			       (char *)object + fields->offset))
			present |= 1ULL << fields->attr;
	memcpy(object, &present, sizeof(present));
	return 0;
}
