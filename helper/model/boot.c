// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot block of a device that has it in flash, not in a ROM of its own: an
 * image whose type is the device's with ".boot" behind it, which is checked
 * like any other before one instruction of it runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model.h"

#define SUFFIX	".boot"

/**
 * model_boot_take() - get a boot block out of a file, and check it
 * @rom: set; to be released with model_image_drop() if it is taken
 * @o: the device
 * @fd: the file
 * @offset: of the boot block in it
 * @size: bytes
 *
 * Return: false if it is refused; @rom->error says why.
 */
bool model_boot_take(struct model_image *rom, const struct model_options *o, int fd,
		     uint64_t offset, uint64_t size)
{
	char type[MRB_TYPE_LEN + sizeof(SUFFIX)];
	struct model_fit fit = {
		.type = type,
		.base = HBA_ROM_BASE,
		.size = HBA_ROM_SIZE,
		.is_rom = true,
	};

	memset(rom, 0, sizeof(*rom));
	snprintf(type, sizeof(type), "%s" SUFFIX, o->type);
	if (strlen(type) < MRB_TYPE_LEN)
		return model_image_take(rom, fd, offset, size, &fit);
	snprintf(rom->error, sizeof(rom->error),
		 "type %s is too long to have a boot block: %s may have %u characters", o->type,
		 type, MRB_TYPE_LEN - 1);
	return false;
}

/**
 * model_boot_open() - the same of the file that the options name
 * @rom: set; as above
 * @o: the device
 *
 * Return: as above; a file that is not there is a boot block that is not there.
 */
bool model_boot_open(struct model_image *rom, const struct model_options *o)
{
	int fd = *o->boot ? open(o->boot, O_RDONLY | O_CLOEXEC) : -1;
	bool good;

	memset(rom, 0, sizeof(*rom));
	if (fd >= 0) {
		good = model_boot_take(rom, o, fd, 0, INT64_MAX);
		close(fd);
		return good;
	}
	if (!*o->boot)
		snprintf(rom->error, sizeof(rom->error), "the device has no boot block");
	else
		snprintf(rom->error, sizeof(rom->error),
			 "the boot block, %.80s, cannot be read: %s", o->boot,
			 strerror(errno));
	return false;
}
