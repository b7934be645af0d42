// SPDX-License-Identifier: GPL-2.0-only
/* The two functions that a freestanding compiler may call on its own. */
#include <linux/types.h>

void *memcpy(void *to, const void *from, u32 n);
void *memset(void *to, int c, u32 n);

/* By words where both ends allow it: every request is copied once. */
void *memcpy(void *to, const void *from, u32 n)
{
	const u8 *s = from;
	u8 *d = to;

	if (!(((u32)s | (u32)d) & 3)) {
		for (; n >= 16; n -= 16, s += 16, d += 16) {
			((u32 *)d)[0] = ((const u32 *)s)[0];
			((u32 *)d)[1] = ((const u32 *)s)[1];
			((u32 *)d)[2] = ((const u32 *)s)[2];
			((u32 *)d)[3] = ((const u32 *)s)[3];
		}
		for (; n >= 4; n -= 4, s += 4, d += 4)
			*(u32 *)d = *(const u32 *)s;
	}
	while (n--)
		*d++ = *s++;
	return to;
}

void *memset(void *to, int c, u32 n)
{
	u32 word = (u8)c * 0x01010101u;
	u8 *d = to;

	if (!((u32)d & 3))
		for (; n >= 4; n -= 4, d += 4)
			*(u32 *)d = word;
	while (n--)
		*d++ = (u8)c;
	return to;
}
