/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An image file as the tests of the firmware need it. No type of the parser
 * here: its u64 is not the device model's.
 */
#ifndef FIRMWARE_IMAGE_H
#define FIRMWARE_IMAGE_H

#include <linux/mrb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_ERROR_LEN	200

/**
 * struct fw_image - an image in memory
 * @bytes: the file; its header is in place
 * @size: bytes
 * @header: @bytes
 * @segments: its table
 * @num_segments: entries
 */
struct fw_image {
	uint8_t *bytes;
	size_t size;
	const struct mrb_header *header;
	const struct mrb_segment *segments;
	unsigned int num_segments;
};

/* False, with one sentence in @error, if it is not there or not sound. */
bool fw_image_load(struct fw_image *image, const char *directory,
		   const char *name, char error[FW_ERROR_LEN]);
void fw_image_free(struct fw_image *image);
const struct mrb_segment *fw_image_segment(const struct fw_image *image,
					   unsigned int kind);
const struct mrb_state *fw_image_state(const struct fw_image *image,
				       const char *name);
const struct mrb_capability *fw_image_capability(const struct fw_image *image,
						 unsigned int i);
bool fw_image_provides(const struct fw_image *image, const char *name);

#endif /* FIRMWARE_IMAGE_H */
