/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMAGE_FUZZ_H
#define IMAGE_FUZZ_H

#include "image.h"

/* Which step refused some bytes. */
enum image_fuzz_depth {
	IMAGE_FUZZ_PROBE,
	IMAGE_FUZZ_PARSE,
	IMAGE_FUZZ_CHECK,
	IMAGE_FUZZ_GOOD,
	IMAGE_FUZZ_DEPTHS,
};

enum image_fuzz_depth image_fuzz_one(const u8 *data, size_t size);

#endif /* IMAGE_FUZZ_H */
