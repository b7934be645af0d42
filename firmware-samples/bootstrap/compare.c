// SPDX-License-Identifier: GPL-2.0-only
/* What can be told from the two headers and the environment alone. */
#include "bootstrap.h"

static const char *relation_name(u32 relation)
{
	switch (relation) {
	case CODESWAP_REL_EQUAL:
		return " (same)";
	case CODESWAP_REL_ONE_AHEAD:
		return " (one ahead)";
	case CODESWAP_REL_SEVERAL_AHEAD:
		return " (several ahead)";
	default:
		return " (behind)";
	}
}

static void compare_versions(struct boot *b)
{
	struct item item;

	item_begin(b, &item, CODESWAP_ITEM_VERSION, "version");
	text_add_version(&item.from, &b->ho->old_version);
	text_add_version(&item.to, &b->ho->new_version);
	text_add(&item.to, relation_name(b->ho->relation));
	item_end(b, &item, CODESWAP_ITEM_COMPATIBLE, 0);
}

/* Room for the larger of them is made sure of by memory_init(). */
static void compare_sizes(struct boot *b)
{
	bool same = b->old->memory_size == b->new->memory_size;
	struct item item;

	item_begin(b, &item, CODESWAP_ITEM_SIZE, "memory");
	text_add_number(&item.from, b->old->memory_size);
	text_add_number(&item.to, b->new->memory_size);
	item_end(b, &item, same ? CODESWAP_ITEM_COMPATIBLE :
		 CODESWAP_ITEM_RECONCILED, 0);
}

/* The overlay puts this image where the old one is, or nowhere. */
static u32 compare_addresses(struct boot *b)
{
	bool same = b->ho->old_base == b->ho->new_base;
	struct text reason;
	struct item item;

	item_begin(b, &item, CODESWAP_ITEM_LOAD_ADDRESS, "load-address");
	text_add_hex(&item.from, b->ho->old_base);
	text_add_hex(&item.to, b->ho->new_base);
	item_end(b, &item, same ? CODESWAP_ITEM_COMPATIBLE :
		 CODESWAP_ITEM_REFUSED, 0);
	if (same)
		return CODESWAP_VERDICT_OK;
	reason = refuse_begin(b);
	text_add(&reason, "the running image is at ");
	text_add_hex(&reason, b->ho->old_base);
	text_add(&reason, ", this one is linked for ");
	text_add_hex(&reason, b->ho->new_base);
	return CODESWAP_VERDICT_REFUSED;
}

/*
 * What device, environment and operator say of a capability, each perhaps in
 * an entry of its own; 0 if they do not know it.
 */
static u32 environment_flags(struct boot *b, const char *name)
{
	const struct codeswap_ho_capability *c = device_ptr(b->ho->capabilities);
	u32 flags = 0;
	u32 i;

	for (i = 0; i < b->ho->capability_count; i++)
		if (same_name(c[i].name, name))
			flags |= c[i].flags;
	return flags;
}

static bool provides(const struct mrb_header *h, const char *name)
{
	const struct mrb_capability *c = header_find_capability(h, name);

	return c && (c->flags & MRB_CAP_PROVIDED);
}

static u32 refuse_capability(struct boot *b, const char *before,
			     const char *name, const char *after)
{
	struct text reason = refuse_begin(b);

	text_add(&reason, before);
	text_add(&reason, name);
	text_add(&reason, after);
	return CODESWAP_VERDICT_REFUSED;
}

/* A loss is accepted on the operator's word only. */
static u32 capability_lost(struct boot *b, const char *name)
{
	bool waived = environment_flags(b, name) & CODESWAP_CAP_WAIVED;

	report(b, CODESWAP_ITEM_CAPABILITY, waived ? CODESWAP_ITEM_ACCEPTED :
	       CODESWAP_ITEM_REFUSED, 0, name, "provided", "lost");
	if (waived)
		return CODESWAP_VERDICT_OK;
	return refuse_capability(b, "capability '", name,
				 "' would be lost; accept that explicitly, or stay");
}

static u32 compare_old_capabilities(struct boot *b)
{
	const struct mrb_capability *c;
	u32 verdict = CODESWAP_VERDICT_OK;
	u32 i;

	for (i = 0; (c = header_capability(b->old, i)); i++)
		if ((c->flags & MRB_CAP_PROVIDED) && !provides(b->new, c->name) &&
		    capability_lost(b, c->name) != CODESWAP_VERDICT_OK)
			verdict = CODESWAP_VERDICT_REFUSED;
	return verdict;
}

static u32 compare_new_capability(struct boot *b,
				  const struct mrb_capability *c)
{
	if ((c->flags & MRB_CAP_PROVIDED) && !provides(b->old, c->name))
		report(b, CODESWAP_ITEM_CAPABILITY, CODESWAP_ITEM_COMPATIBLE, 0,
		       c->name, "none", "gained");
	if (!(c->flags & MRB_CAP_REQUIRED) ||
	    (environment_flags(b, c->name) & CODESWAP_CAP_PRESENT))
		return CODESWAP_VERDICT_OK;
	report(b, CODESWAP_ITEM_CAPABILITY, CODESWAP_ITEM_REFUSED, 0,
	       c->name, "absent", "required");
	return refuse_capability(b, "this image requires '", c->name,
				 "', which the device does not have");
}

static u32 compare_new_capabilities(struct boot *b)
{
	const struct mrb_capability *c;
	u32 verdict = CODESWAP_VERDICT_OK;
	u32 i;

	for (i = 0; (c = header_capability(b->new, i)); i++)
		if (compare_new_capability(b, c) != CODESWAP_VERDICT_OK)
			verdict = CODESWAP_VERDICT_REFUSED;
	return verdict;
}

/* Everything is looked at, so that the host hears of all there is. */
u32 boot_compare(struct boot *b)
{
	u32 verdict;

	compare_versions(b);
	compare_sizes(b);
	verdict = compare_addresses(b);
	if (compare_old_capabilities(b) != CODESWAP_VERDICT_OK)
		verdict = CODESWAP_VERDICT_REFUSED;
	if (compare_new_capabilities(b) != CODESWAP_VERDICT_OK)
		verdict = CODESWAP_VERDICT_REFUSED;
	return verdict;
}
