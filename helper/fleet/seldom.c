// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What anybody on the network can make a machine say, without a certificate: it is
 * said, but no journal is filled with it.
 */
#include "../feed.h"
#include "site.h"

#define PAUSE_MS	10000

/**
 * say_seldom() - say something, unless it was said a moment ago
 * @s: of this kind of sentence
 * @level: syslog's
 * @fmt: one sentence without a full stop
 */
void say_seldom(struct seldom *s, int level, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (now_ms() < s->next) {
		s->kept++;
		return;
	}
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (s->kept)
		log_line(level, "%s (and %u like it before)", text, s->kept);
	else
		log_line(level, "%s", text);
	s->kept = 0;
	s->next = now_ms() + PAUSE_MS;
}
