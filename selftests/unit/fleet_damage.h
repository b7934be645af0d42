/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes from elsewhere, cut short and damaged: nothing of it may be taken. */
#ifndef FLEET_DAMAGE_H
#define FLEET_DAMAGE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* In memory of exactly its size, for the sanitizer. */
static inline bool is_refused_by(bool (*reads)(const char *, size_t),
				 const char *bytes, size_t size)
{
	char *copy = malloc(size ?: 1);
	bool good;

	memcpy(copy, bytes, size);
	good = reads(copy, size);
	free(copy);
	return !good;
}

/* Cut short anywhere, and with any byte out of ASCII: how many can be read? */
static inline unsigned int damaged_ones_read(bool (*reads)(const char *, size_t),
					     char *bytes, size_t size)
{
	unsigned int read = 0;
	size_t i;

	for (i = 0; i < size; i++)
		read += !is_refused_by(reads, bytes, i);
	for (i = 0; i < size; i++) {
		bytes[i] ^= 0x80;
		read += !is_refused_by(reads, bytes, size);
		bytes[i] ^= 0x80;
	}
	return read;
}

#endif /* FLEET_DAMAGE_H */
