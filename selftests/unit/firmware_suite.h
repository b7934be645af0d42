/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs of firmware tests begin and end with. All that they test
 * must hold however many harts the adapter has.
 */
#ifndef FIRMWARE_SUITE_H
#define FIRMWARE_SUITE_H

#include "firmware_host.h"
#include "tap.h"

#define SUITE_IMAGES	16

static char firmware[4096];	/* directory */
static u32 suite_harts;		/* of every adapter that is made now */

static struct suite_entry {
	char name[64];
	struct fw_image image;
} suite[SUITE_IMAGES];

static void suite_begin(int argc, char **argv)
{
	const char *build = getenv("B");

	if (argc > 1)
		snprintf(firmware, sizeof(firmware), "%s", argv[1]);
	else if (build)
		snprintf(firmware, sizeof(firmware), "%s/firmware", build);
	else
		tap_bail("usage: %s DIRECTORY, or set B", argv[0]);
}

/* Loaded once; it is an error of the build if it is not sound. */
static struct fw_image *suite_image(const char *name)
{
	char error[FW_ERROR_LEN];
	struct suite_entry *e = suite;

	for (; e->name[0]; e++)
		if (!strcmp(e->name, name))
			return &e->image;
	snprintf(e->name, sizeof(e->name), "%s", name);
	if (!fw_image_load(&e->image, firmware, name, error))
		tap_bail("%s: %s", name, error);
	return &e->image;
}

/* The whole suite with one hart, with two, and with four. */
static void suite_with_harts(void (*tests)(void))
{
	for (suite_harts = 1; suite_harts <= HBA_MAX_HARTS; suite_harts *= 2) {
		printf("# harts: %u\n", suite_harts);
		tests();
	}
}

static void suite_end(void)
{
	struct suite_entry *e;

	for (e = suite; e < suite + SUITE_IMAGES; e++)
		if (e->name[0])
			fw_image_free(&e->image);
}

#endif /* FIRMWARE_SUITE_H */
