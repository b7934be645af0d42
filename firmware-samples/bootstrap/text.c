// SPDX-License-Identifier: GPL-2.0-only
/* Text into fields of fixed size: cut off where they end, always terminated. */
#include "bootstrap.h"

struct text text_begin(char *buf, u32 size)
{
	struct text text = { .at = buf, .room = size };

	*buf = 0;
	return text;
}

void text_add(struct text *text, const char *s)
{
	for (; *s && text->room > 1; s++, text->room--)
		*text->at++ = *s;
	*text->at = 0;
}

void text_add_number(struct text *text, u32 n)
{
	char digits[11];
	u32 i = sizeof(digits) - 1;

	digits[i] = 0;
	do {
		digits[--i] = '0' + n % 10;
		n /= 10;
	} while (n);
	text_add(text, digits + i);
}

void text_add_hex(struct text *text, u32 n)
{
	char digits[11] = "0x";
	u32 i;

	for (i = 0; i < 8; i++) {
		u32 nibble = n >> (28 - 4 * i) & 0xf;

		digits[2 + i] = nibble < 10 ? '0' + nibble : 'a' + nibble - 10;
	}
	text_add(text, digits);
}

void text_add_version(struct text *text, const struct mrb_version *v)
{
	text_add_number(text, v->major);
	text_add(text, ".");
	text_add_number(text, v->minor);
	text_add(text, ".");
	text_add_number(text, v->patch);
}
