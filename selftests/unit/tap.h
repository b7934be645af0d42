/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test Anything Protocol for one program: ok() for each check, and at the end
 *
 *	return tap_done();
 *
 * which prints the plan and is the exit status. Results are counted in one
 * place, so include this from one file of a program only.
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef __printf
#define __printf(a, b)	__attribute__((format(printf, a, b)))
#endif
#ifndef __noreturn
#define __noreturn	__attribute__((noreturn))
#endif

#define TAP_EXIT_SKIP	4	/* as kselftest has it */

static int tap_count;
static int tap_failed;

/* One result line; returns @good, so that a test can stop early. */
__printf(4, 5)
static inline bool tap_result(bool good, const char *file, int line,
			      const char *format, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

#define ok(good, ...)	tap_result(good, __FILE__, __LINE__, __VA_ARGS__)

/* Unsigned numbers, which are shown if they differ. */
#define is(have, want, ...) \
	tap_is((unsigned long long)(have), (unsigned long long)(want), \
	       __FILE__, __LINE__, __VA_ARGS__)

#define tap_is(have, want, file, line, ...) ({				\
	unsigned long long tap_have = (have), tap_want = (want);	\
	bool tap_good = tap_result(tap_have == tap_want, file, line,	\
				   __VA_ARGS__);			\
	if (!tap_good)							\
		printf("# have 0x%llx, want 0x%llx\n", tap_have, tap_want); \
	tap_good;							\
})

/* A check that cannot run here, and why. */
__printf(1, 2)
static inline void tap_skip(const char *format, ...)
{
	va_list ap;

	printf("ok %d # SKIP ", ++tap_count);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* The whole program cannot run here. */
__noreturn __printf(1, 2)
static inline void tap_skip_all(const char *format, ...)
{
	va_list ap;

	printf("1..0 # SKIP ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	exit(TAP_EXIT_SKIP);
}

/* Going on makes no sense: a failure of the test itself. */
__noreturn __printf(1, 2)
static inline void tap_bail(const char *format, ...)
{
	va_list ap;

	printf("Bail out! ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed || !tap_count;
}

#endif /* TAP_H */
