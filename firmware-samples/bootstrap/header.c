// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of an image's header. The host has checked both headers; entries may
 * be larger than they are known here.
 */
#include "bootstrap.h"

static const void *entry(const struct mrb_header *h,
			 const struct mrb_table *table, u32 i)
{
	if (i >= table->count)
		return NULL;
	return (const u8 *)h + table->offset + i * table->entry_size;
}

bool same_name(const volatile char *a, const volatile char *b)
{
	u32 i;

	for (i = 0; i < MRB_NAME_LEN && a[i] == b[i]; i++)
		if (!a[i])
			return true;
	return false;
}

const struct mrb_segment *header_segment(const struct mrb_header *h, u32 i)
{
	return entry(h, &h->segments, i);
}

const struct mrb_segment *header_find_segment(const struct mrb_header *h,
					      u32 kind)
{
	const struct mrb_segment *segment;
	u32 i;

	for (i = 0; (segment = header_segment(h, i)); i++)
		if (segment->kind == kind)
			return segment;
	return NULL;
}

const struct mrb_capability *header_capability(const struct mrb_header *h,
					       u32 i)
{
	return entry(h, &h->capabilities, i);
}

const struct mrb_capability *header_find_capability(const struct mrb_header *h,
						    const char *name)
{
	const struct mrb_capability *capability;
	u32 i;

	for (i = 0; (capability = header_capability(h, i)); i++)
		if (same_name(capability->name, name))
			return capability;
	return NULL;
}

const struct mrb_state *header_state(const struct mrb_header *h, u32 i)
{
	return entry(h, &h->states, i);
}

const struct mrb_state *header_find_state(const struct mrb_header *h,
					  const volatile char *name)
{
	const struct mrb_state *state;
	u32 i;

	for (i = 0; (state = header_state(h, i)); i++)
		if (same_name(state->name, name))
			return state;
	return NULL;
}
