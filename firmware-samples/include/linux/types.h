/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Just enough of <linux/types.h> for a freestanding riscv32 compiler, so that
 * firmware includes the uapi headers as they are. The hart is little-endian:
 * __leNN are plain integers.
 */
#ifndef FW_LINUX_TYPES_H
#define FW_LINUX_TYPES_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;

typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

#endif /* FW_LINUX_TYPES_H */
