/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the device model needs from where it is compiled: fixed-width types,
 * little-endian conversion, atomic words. Kernel and userspace, nothing else.
 */
#ifndef HBA_PORT_H
#define HBA_PORT_H

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>
#include <asm/byteorder.h>

typedef atomic_t hba_word;

static inline u32 hba_word_get(const hba_word *w)
{
	return (u32)atomic_read_acquire(w);
}

static inline void hba_word_set(hba_word *w, u32 v)
{
	atomic_set_release(w, (int)v);
}

/* Full barriers, so that what was written before is seen with the bit. */
static inline u32 hba_word_or(hba_word *w, u32 v)
{
	return (u32)atomic_fetch_or((int)v, w);
}

static inline u32 hba_word_and(hba_word *w, u32 v)
{
	return (u32)atomic_fetch_and((int)v, w);
}

static inline void hba_fence(void)
{
	/* Order for memory that the host works on at the same time. */
	smp_mb();
}

static inline u64 hba_div(u64 dividend, u32 divisor)
{
	return div_u64(dividend, divisor);
}

/* One access where it can be one: the other side may be writing the word. */
static inline u16 hba_get16(const void *p)
{
	__le16 v;

	if (!((unsigned long)p & 1))
		return le16_to_cpu(READ_ONCE(*(const __le16 *)p));
	memcpy(&v, p, sizeof(v));
	return le16_to_cpu(v);
}

static inline u32 hba_get32(const void *p)
{
	__le32 v;

	if (!((unsigned long)p & 3))
		return le32_to_cpu(READ_ONCE(*(const __le32 *)p));
	memcpy(&v, p, sizeof(v));
	return le32_to_cpu(v);
}

static inline void hba_put16(void *p, u16 value)
{
	__le16 v = cpu_to_le16(value);

	if (!((unsigned long)p & 1))
		WRITE_ONCE(*(__le16 *)p, v);
	else
		memcpy(p, &v, sizeof(v));
}

static inline void hba_put32(void *p, u32 value)
{
	__le32 v = cpu_to_le32(value);

	if (!((unsigned long)p & 3))
		WRITE_ONCE(*(__le32 *)p, v);
	else
		memcpy(p, &v, sizeof(v));
}

#else /* userspace */

#include <linux/types.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

typedef struct { u32 v; } hba_word;

static inline u32 hba_word_get(const hba_word *w)
{
	return __atomic_load_n(&w->v, __ATOMIC_ACQUIRE);
}

static inline void hba_word_set(hba_word *w, u32 v)
{
	__atomic_store_n(&w->v, v, __ATOMIC_RELEASE);
}

static inline u32 hba_word_or(hba_word *w, u32 v)
{
	return __atomic_fetch_or(&w->v, v, __ATOMIC_SEQ_CST);
}

static inline u32 hba_word_and(hba_word *w, u32 v)
{
	return __atomic_fetch_and(&w->v, v, __ATOMIC_SEQ_CST);
}

static inline void hba_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline u64 hba_div(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HBA_LE16(v)	(v)
#define HBA_LE32(v)	(v)
#else
#define HBA_LE16(v)	__builtin_bswap16(v)
#define HBA_LE32(v)	__builtin_bswap32(v)
#endif

typedef u16 __attribute__((may_alias)) hba_le16;
typedef u32 __attribute__((may_alias)) hba_le32;

/* One access where it can be one: the other side may be writing the word. */
static inline u16 hba_get16(const void *p)
{
	u16 v;

	if (!((uintptr_t)p & 1))
		v = __atomic_load_n((const hba_le16 *)p, __ATOMIC_RELAXED);
	else
		memcpy(&v, p, sizeof(v));
	return HBA_LE16(v);
}

static inline u32 hba_get32(const void *p)
{
	u32 v;

	if (!((uintptr_t)p & 3))
		v = __atomic_load_n((const hba_le32 *)p, __ATOMIC_RELAXED);
	else
		memcpy(&v, p, sizeof(v));
	return HBA_LE32(v);
}

static inline void hba_put16(void *p, u16 value)
{
	u16 v = HBA_LE16(value);

	if (!((uintptr_t)p & 1))
		__atomic_store_n((hba_le16 *)p, v, __ATOMIC_RELAXED);
	else
		memcpy(p, &v, sizeof(v));
}

static inline void hba_put32(void *p, u32 value)
{
	u32 v = HBA_LE32(value);

	if (!((uintptr_t)p & 3))
		__atomic_store_n((hba_le32 *)p, v, __ATOMIC_RELAXED);
	else
		memcpy(p, &v, sizeof(v));
}

#endif /* __KERNEL__ */

#endif /* HBA_PORT_H */
