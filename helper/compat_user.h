/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sources shared with the kernel find there, for userspace.
 */
#ifndef COMPAT_USER_H
#define COMPAT_USER_H

#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
/* As in the kernel: %llu prints it on every architecture. */
typedef unsigned long long u64;

#define U64_MAX		(~0ULL)

#define cpu_to_le16(x)	((__le16)htole16(x))
#define cpu_to_le32(x)	((__le32)htole32(x))
#define cpu_to_le64(x)	((__le64)htole64(x))
#define le16_to_cpu(x)	((u16)le16toh(x))
#define le32_to_cpu(x)	((u32)le32toh(x))
#define le64_to_cpu(x)	((u64)le64toh(x))

#define min_t(type, a, b) ({		\
	type min_a = (a);		\
	type min_b = (b);		\
	min_a < min_b ? min_a : min_b;	\
})

#define max(a, b) ({			\
	__typeof__(a) max_a = (a);	\
	__typeof__(b) max_b = (b);	\
	max_a > max_b ? max_a : max_b;	\
})

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define __printf(a, b)	__attribute__((format(printf, a, b)))

#endif /* COMPAT_USER_H */
