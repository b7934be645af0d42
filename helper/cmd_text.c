// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices and items as people read them.
 */
#include "cmd_device.h"

/**
 * time_text() - a time with a unit that suits it
 * @ns: nanoseconds
 * @text: TIME_LEN bytes
 *
 * Return: @text.
 */
const char *time_text(u64 ns, char *text)
{
	if (ns < 1000)
		snprintf(text, TIME_LEN, "%llu ns", ns);
	else if (ns < 1000000)
		snprintf(text, TIME_LEN, "%.3f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		snprintf(text, TIME_LEN, "%.3f ms", (double)ns / 1e6);
	else
		snprintf(text, TIME_LEN, "%.3f s", (double)ns / 1e9);
	return text;
}

/**
 * device_label() - what people call a device
 * @device: the device
 *
 * Return: its label, or its name where it has none.
 */
const char *device_label(const struct csw_device *device)
{
	return device->label[0] ? device->label : device->name;
}

/**
 * print_item() - one line about what an update found or did
 * @prefix: in front of it
 * @item: the item
 */
void print_item(const char *prefix, const struct csw_item *item)
{
	const char *unit = csw_item_unit(item->kind);

	printf("%s%-13s %-10s %s", prefix, csw_item_kind_name(item->kind),
	       csw_item_verdict_name(item->verdict), item->name);
	if (item->from[0] || item->to[0])
		printf(" %s -> %s", item->from[0] ? item->from : "none",
		       item->to[0] ? item->to : "none");
	if (item->count && *unit)
		printf(" (%llu %s)", item->count, unit);
	else if (item->count)
		printf(" (%llu)", item->count);
	putchar('\n');
}

static void print_times(const u64 *times)
{
	char text[TIME_LEN];
	u32 i;

	putchar('\n');
	for (i = CODESWAP_PHASE_STAGING; i < CSW_NUM_PHASES; i++)
		if (times[i])
			printf("    %-17s %s\n", csw_phase_name(i),
			       time_text(times[i], text));
}

static void print_bytes(const u8 *bytes, size_t len)
{
	while (len--)
		printf("%02x", *bytes++);
	putchar('\n');
}

static void print_value(const struct csw_field *f, const void *value)
{
	u32 v32;
	u64 v64;

	switch (f->kind) {
	case CSW_TEXT:
		printf("%s\n", (const char *)value);
		break;
	case CSW_U32:
		memcpy(&v32, value, sizeof(v32));
		printf("%u\n", v32);
		break;
	case CSW_ENUM:
		memcpy(&v32, value, sizeof(v32));
		printf("%s\n", f->to_name(v32));
		break;
	case CSW_U64:
		memcpy(&v64, value, sizeof(v64));
		printf("%llu\n", v64);
		break;
	case CSW_BYTES:
		print_bytes(value, f->size);
		break;
	case CSW_TIMES:
		print_times(value);
		break;
	}
}

/**
 * print_fields() - a line for each field that the kernel told
 * @fields: of the object
 * @object: a device, item or request
 */
void print_fields(const struct csw_field *fields, const void *object)
{
	u64 present;

	memcpy(&present, object, sizeof(present));
	for (; fields->name; fields++) {
		if (!(present & (1ULL << fields->attr)))
			continue;
		printf("  %s:%*s", fields->name,
		       18 - (int)strlen(fields->name), "");
		print_value(fields, (const char *)object + fields->offset);
	}
}
