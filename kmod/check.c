// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host can tell of an image and a device before the device is
 * touched: type, size, versions, capabilities, formats of live state. The
 * same comparisons serve an update, which wants the first refusal, and a
 * check, which wants to hear everything.
 */
#include <linux/math64.h>

#include "update.h"

/**
 * struct comparison - one look at an image and a device
 * @cdev: device
 * @old: what runs, %NULL in the boot ROM
 * @new: image
 * @params: what the user allows
 * @fn: takes items, may be %NULL
 * @data: for @fn
 * @err: the first refusal
 */
struct comparison {
	struct codeswap_device *cdev;
	const struct mrb_image *old;
	const struct mrb_image *new;
	const struct csw_params *params;
	csw_item_fn fn;
	void *data;
	struct csw_error *err;
};

static void say(struct comparison *c, u32 kind, u32 verdict, const char *name,
		const char *from, const char *to)
{
	struct csw_item item = { .kind = kind, .verdict = verdict };

	if (!c->fn)
		return;
	strscpy(item.name, name, sizeof(item.name));
	strscpy(item.from, from, sizeof(item.from));
	strscpy(item.to, to, sizeof(item.to));
	c->fn(c->data, &item);
}

/* Keeps the first refusal; all of them become items. */
__printf(4, 5)
static void refuse(struct comparison *c, enum codeswap_reason reason, int code,
		   const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	if (c->err->code)
		return;
	va_start(args, fmt);
	vaf.va = &args;
	csw_error(c->err, reason, code, "%pV", &vaf);
	va_end(args);
}

static void check_type(struct comparison *c)
{
	const char *type = c->new->header->device_type;

	if (strcmp(type, c->cdev->type))
		refuse(c, CODESWAP_REASON_DEVICE_TYPE, -EINVAL,
		       "the image is for type %s, and %s is of type %s",
		       type, c->cdev->label, c->cdev->type);
}

/* Before the signature has come, only whether there will be one is known. */
static void check_signature(struct comparison *c, enum csw_trust trust)
{
	if (!READ_ONCE(c->cdev->require_signature))
		return;
	if (trust == CSW_UNSIGNED)
		refuse(c, CODESWAP_REASON_SIGNATURE, -ENOKEY,
		       "the image is not signed, and %s takes signed ones only (require_signature)",
		       c->cdev->label);
	if (trust == CSW_UNKNOWN_KEY)
		refuse(c, CODESWAP_REASON_SIGNATURE, -ENOKEY,
		       "the image is signed with a key that is not in the keyring .codeswap, and %s takes no other (require_signature)",
		       c->cdev->label);
}

static void check_size(struct comparison *c)
{
	u64 base = le64_to_cpu(c->new->header->load_address);
	u64 size = le64_to_cpu(c->new->header->memory_size);
	u64 memory_base, memory_size;
	char from[CODESWAP_ITEM_TEXT_LEN], to[CODESWAP_ITEM_TEXT_LEN];
	bool fits;

	memory_base = c->cdev->memory_base;
	memory_size = c->cdev->memory_size;
	fits = mrb_within(base, size, memory_base, memory_size);
	if (!fits)
		refuse(c, CODESWAP_REASON_TOO_LARGE, -EFBIG,
		       "the image wants %llu bytes at 0x%llx, and the running memory of %s is %llu bytes at 0x%llx",
		       size, base, c->cdev->label, memory_size, memory_base);
	if (!c->old || c->params->method == CODESWAP_METHOD_RESET)
		return;
	snprintf(from, sizeof(from), "%llu",
		 le64_to_cpu(c->old->header->memory_size));
	snprintf(to, sizeof(to), "%llu", size);
	say(c, CODESWAP_ITEM_SIZE, fits ? CODESWAP_ITEM_COMPATIBLE :
	    CODESWAP_ITEM_REFUSED, "memory", from, to);
	snprintf(from, sizeof(from), "0x%llx",
		 le64_to_cpu(c->old->header->load_address));
	snprintf(to, sizeof(to), "0x%llx", base);
	say(c, CODESWAP_ITEM_LOAD_ADDRESS, strcmp(from, to) ?
	    CODESWAP_ITEM_REFUSED : CODESWAP_ITEM_COMPATIBLE, "load-address",
	    from, to);
	if (le64_to_cpu(c->old->header->load_address) != base)
		refuse(c, CODESWAP_REASON_MALFORMED, -EINVAL,
		       "the image loads at %s, and the running one lies at %s; an overlay wants the same address",
		       to, from);
}

static void check_version(struct comparison *c)
{
	const struct mrb_header *old = c->old->header, *new = c->new->header;
	char from[CSW_VERSION_LEN], to[CSW_VERSION_LEN];
	bool behind;

	csw_version(from, &old->version);
	csw_version(to, &new->version);
	behind = le32_to_cpu(new->release) < le32_to_cpu(old->release);
	if (behind && !c->params->allow_downgrade)
		refuse(c, CODESWAP_REASON_DOWNGRADE, -EPERM,
		       "version %s is older than the running %s; --allow-downgrade takes it all the same",
		       to, from);
	say(c, CODESWAP_ITEM_VERSION,
	    !behind ? CODESWAP_ITEM_COMPATIBLE : c->params->allow_downgrade ?
	    CODESWAP_ITEM_ACCEPTED : CODESWAP_ITEM_REFUSED, "version", from, to);
}

static void check_security(struct comparison *c)
{
	u32 new = le32_to_cpu(c->new->header->security_version);
	u32 floor = READ_ONCE(c->cdev->security_floor);

	if (new < floor)
		refuse(c, CODESWAP_REASON_SECURITY_VERSION, -EPERM,
		       "security version %u is below %u, which has run on %s; nothing overrides that",
		       new, floor, c->cdev->label);
}

static bool waived(const struct csw_params *params, const char *name)
{
	unsigned int i;

	for (i = 0; i < params->num_waived; i++)
		if (!strcmp(params->waived[i], name))
			return true;
	return false;
}

static bool provides(const struct mrb_image *image, const char *name)
{
	const struct mrb_capability *cap = mrb_find_capability(image, name);

	return cap && le32_to_cpu(cap->flags) & MRB_CAP_PROVIDED;
}

static void lose(struct comparison *c, const char *name, const char *who)
{
	bool accepted = waived(c->params, name);

	say(c, CODESWAP_ITEM_CAPABILITY, accepted ? CODESWAP_ITEM_ACCEPTED :
	    CODESWAP_ITEM_REFUSED, name, "present", "lost");
	if (!accepted)
		refuse(c, CODESWAP_REASON_CAPABILITY_LOST, -EOPNOTSUPP,
		       "capability %s, which %s, is not in the new image; --accept-lost %s takes it all the same",
		       name, who, name);
}

static u32 device_flags(const struct codeswap_device *cdev, const char *name)
{
	unsigned int i;

	for (i = 0; i < cdev->num_capabilities; i++)
		if (!strcmp(cdev->capabilities[i].name, name))
			return le32_to_cpu(cdev->capabilities[i].flags);
	return 0;
}

static void check_lost(struct comparison *c)
{
	const struct codeswap_ho_capability *used = c->cdev->capabilities;
	const struct mrb_capability *cap;
	unsigned int i;

	/* It ran without them. */
	if (c->params->again)
		return;
	for (i = 0; c->old && (cap = mrb_capability(c->old, i)); i++)
		if (le32_to_cpu(cap->flags) & MRB_CAP_PROVIDED &&
		    !provides(c->new, cap->name))
			lose(c, cap->name, "the running image has");
	for (i = 0; i < c->cdev->num_capabilities; i++) {
		if (!(le32_to_cpu(used[i].flags) & CODESWAP_CAP_USED) ||
		    provides(c->new, used[i].name))
			continue;
		if (!c->old || !provides(c->old, used[i].name))
			lose(c, used[i].name, "the driver uses");
	}
}

static void check_required(struct comparison *c)
{
	const struct mrb_capability *cap;
	unsigned int i;
	bool gained;

	for (i = 0; (cap = mrb_capability(c->new, i)); i++) {
		gained = c->old && le32_to_cpu(cap->flags) & MRB_CAP_PROVIDED &&
			 !provides(c->old, cap->name);
		if (gained)
			say(c, CODESWAP_ITEM_CAPABILITY, CODESWAP_ITEM_COMPATIBLE,
			    cap->name, "absent", "present");
		if (!(le32_to_cpu(cap->flags) & MRB_CAP_REQUIRED) ||
		    device_flags(c->cdev, cap->name) & CODESWAP_CAP_PRESENT)
			continue;
		say(c, CODESWAP_ITEM_CAPABILITY, CODESWAP_ITEM_REFUSED,
		    cap->name, "absent", "required");
		refuse(c, CODESWAP_REASON_CAPABILITY_MISSING, -EOPNOTSUPP,
		       "the image requires capability %s, which %s does not have",
		       cap->name, c->cdev->label);
	}
}

static void check_state(struct comparison *c, const struct mrb_state *old)
{
	const struct mrb_state *new = mrb_find_state(c->new, old->name);
	u32 format = le32_to_cpu(old->emits), min = 0, max = 0;
	char from[CODESWAP_ITEM_TEXT_LEN], to[CODESWAP_ITEM_TEXT_LEN];

	if (!format)
		return;
	if (new) {
		min = le32_to_cpu(new->accepts_min);
		max = le32_to_cpu(new->accepts_max);
	}
	snprintf(from, sizeof(from), "format %u", format);
	snprintf(to, sizeof(to), "accepts %u to %u", min, max);
	if (format < min || format > max) {
		say(c, CODESWAP_ITEM_STATE_FORMAT, CODESWAP_ITEM_REFUSED,
		    old->name, from, to);
		refuse(c, CODESWAP_REASON_STATE_FORMAT, -EOPNOTSUPP,
		       "live state %s is in format %u, and the new image accepts %u to %u",
		       old->name, format, min, max);
		return;
	}
	say(c, CODESWAP_ITEM_STATE_FORMAT,
	    le32_to_cpu(new->emits) == format ? CODESWAP_ITEM_COMPATIBLE :
	    CODESWAP_ITEM_RECONCILED, old->name, from, to);
}

static void check_states(struct comparison *c)
{
	const struct mrb_state *state;
	unsigned int i;

	for (i = 0; (state = mrb_state(c->old, i)); i++)
		check_state(c, state);
}

static struct csw_header *running_header(struct codeswap_device *cdev)
{
	struct csw_header *header;

	mutex_lock(&cdev->lock);
	header = csw_header_get(cdev->running);
	mutex_unlock(&cdev->lock);
	return header;
}

/**
 * csw_is_running() - whether an image is the very one that runs
 * @cdev: device
 * @new: image
 *
 * By the digest of header and tables, which hold those of all else: the same
 * code under another description may lack a capability.
 */
bool csw_is_running(struct codeswap_device *cdev, const struct csw_header *new)
{
	const struct mrb_header *a, *b = new->image.header;
	struct csw_header *old = running_header(cdev);
	bool same = false;

	if (old) {
		a = old->image.header;
		same = !memcmp(a->header_digest, b->header_digest,
			       sizeof(a->header_digest));
	}
	csw_header_put(old);
	return same;
}

/* Says what is to be copied, and what that is expected to cost. */
static void say_plan(struct comparison *c, const struct csw_plan *plan)
{
	u64 us = div_u64(plan->predicted_ns, NSEC_PER_USEC);
	u32 budget = READ_ONCE(c->cdev->budget_us);
	bool reset = c->params->method == CODESWAP_METHOD_RESET;
	bool above = budget && (reset || us > budget);
	struct csw_item item = {
		.kind = CODESWAP_ITEM_OVERLAY,
		.name = "text-and-data",
		.count = plan->bytes,
	};

	snprintf(item.from, sizeof(item.from), "%llu bytes", plan->total);
	snprintf(item.to, sizeof(item.to), "%u extents", plan->extents);
	if (c->fn)
		c->fn(c->data, &item);
	if (!c->old)
		return;

	item.kind = CODESWAP_ITEM_BLACKOUT;
	item.verdict = !above ? CODESWAP_ITEM_COMPATIBLE : c->params->force ?
		       CODESWAP_ITEM_ACCEPTED : CODESWAP_ITEM_REFUSED;
	item.count = us;
	strscpy(item.name, "predicted", sizeof(item.name));
	strscpy(item.to, reset ? "not known" : "expected", sizeof(item.to));
	strscpy(item.from, "no budget", sizeof(item.from));
	if (budget)
		snprintf(item.from, sizeof(item.from), "budget %u us", budget);
	if (c->fn)
		c->fn(c->data, &item);
	if (above && !c->params->force && reset)
		refuse(c, CODESWAP_REASON_OVER_BUDGET, -ETIME,
		       "how long a reset takes is not known, and the budget of %s is %u us (budget_us); --force resets all the same",
		       c->cdev->label, budget);
	else if (above && !c->params->force)
		refuse(c, CODESWAP_REASON_OVER_BUDGET, -ETIME,
		       "a blackout of %llu us is expected, and the budget of %s is %u us (budget_us); --force swaps all the same",
		       us, c->cdev->label, budget);
}

/**
 * csw_check_plan() - compare an overlay with what the operator allows
 * @cdev: device
 * @new: image
 * @old: image that runs, or %NULL
 * @copied: what is to be copied
 * @params: what the user allows
 * @fn: takes items; may be %NULL
 * @data: for @fn
 * @plan: set
 * @err: why not
 *
 * Context: process; takes @cdev->lock for a moment.
 * Return: 0, or -ETIME with @err set.
 */
int csw_check_plan(struct codeswap_device *cdev, const struct csw_header *new,
		   const struct csw_header *old, const struct csw_ranges *copied,
		   const struct csw_params *params, csw_item_fn fn, void *data,
		   struct csw_plan *plan, struct csw_error *err)
{
	struct comparison c = {
		.cdev = cdev,
		.old = old ? &old->image : NULL,
		.new = &new->image,
		.params = params,
		.fn = fn,
		.data = data,
		.err = err,
	};
	const struct mrb_segment *s;
	unsigned int i;

	memset(err, 0, sizeof(*err));
	memset(plan, 0, sizeof(*plan));
	for (i = 0; (s = mrb_segment(&new->image, i)); i++)
		if (le16_to_cpu(s->kind) == MRB_SEG_TEXT ||
		    le16_to_cpu(s->kind) == MRB_SEG_DATA)
			plan->total += le64_to_cpu(s->file_size);
	plan->bytes = csw_ranges_bytes(copied);
	plan->extents = copied->num;
	if (old && params->method != CODESWAP_METHOD_RESET)
		plan->predicted_ns =
			csw_times_predict(cdev, plan->bytes,
					  le32_to_cpu(new->image.header->declared_blackout_us));
	say_plan(&c, plan);
	return err->code;
}

/* As csw_overlay_plan(), but nothing is mapped. op_lock is held. */
static int find_copied(struct codeswap_device *cdev, const struct csw_header *old,
		       const struct csw_header *new, const struct csw_mem *mem,
		       const struct csw_params *params,
		       struct csw_ranges *copied)
{
	struct csw_ranges same = {}, none = {};
	int ret = 0;

	if (old && params->method == CODESWAP_METHOD_DEFAULT)
		ret = csw_find_same(cdev, &old->image, &new->image, mem, 0, &same);
	if (!ret)
		ret = csw_add_segments(copied, &new->image, MRB_SEG_TEXT, &same,
				       NULL);
	if (!ret)
		ret = csw_add_segments(copied, &new->image, MRB_SEG_DATA, &none,
				       NULL);
	csw_ranges_free(&same);
	return ret;
}

/**
 * csw_check_overlay() - the overlay's part of a check
 * @cdev: device
 * @new: image
 * @mem: its bytes
 * @params: what the user allows
 * @fn: takes items
 * @data: for @fn
 * @err: why not
 *
 * Says nothing while an update or a reset has the device: then what runs now is
 * not what would be overlaid.
 *
 * Context: process; may take @cdev->op_lock.
 * Return: 0 or a negative errno with @err set.
 */
int csw_check_overlay(struct codeswap_device *cdev, const struct csw_header *new,
		      const struct csw_mem *mem, const struct csw_params *params,
		      csw_item_fn fn, void *data, struct csw_error *err)
{
	struct csw_ranges copied = {};
	struct csw_header *old;
	struct csw_plan plan;
	int ret;

	if (!mutex_trylock(&cdev->op_lock))
		return 0;
	old = running_header(cdev);
	ret = cdev->gone ? -ENODEV :
	      find_copied(cdev, old, new, mem, params, &copied);
	if (ret)
		csw_error(err, CODESWAP_REASON_DRIVER, ret,
			  "the memory of %s cannot be compared: error %d",
			  cdev->label, ret);
	else
		ret = csw_check_plan(cdev, new, old, &copied, params, fn, data,
				     &plan, err);
	csw_header_put(old);
	csw_ranges_free(&copied);
	csw_op_unlock(cdev);
	return ret;
}

/**
 * csw_check() - compare an image with a device and what runs on it
 * @cdev: device
 * @new: image
 * @params: what the user allows
 * @fn: takes one item after another; may be %NULL
 * @data: for @fn
 * @err: the first thing that does not fit
 *
 * Context: process; takes @cdev->lock for a moment.
 * Return: 0, or a negative errno with @err set.
 */
int csw_check(struct codeswap_device *cdev, const struct csw_header *new,
	      const struct csw_params *params, csw_item_fn fn, void *data,
	      struct csw_error *err)
{
	struct csw_header *old = running_header(cdev);
	struct comparison c = {
		.cdev = cdev,
		.old = old ? &old->image : NULL,
		.new = &new->image,
		.params = params,
		.fn = fn,
		.data = data,
		.err = err,
	};

	memset(err, 0, sizeof(*err));
	check_type(&c);
	check_signature(&c, new->trust);
	check_size(&c);
	if (old)
		check_version(&c);
	check_security(&c);
	check_required(&c);
	check_lost(&c);
	if (old && params->method != CODESWAP_METHOD_RESET)
		check_states(&c);
	csw_header_put(old);
	return err->code;
}
