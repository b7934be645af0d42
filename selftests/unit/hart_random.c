// SPDX-License-Identifier: GPL-2.0-only
/* Random programs: valid for the most part, always forward, so they end. */
#include "hart_programs.h"

static u64 random_state;

void random_seed(u32 seed)
{
	random_state = seed;
}

/* Steele and others: SplitMix64. */
u32 rnd(void)
{
	u64 z = random_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (u32)(z >> 32);
}

u32 below(u32 n)
{
	return rnd() % n;
}

static u32 any_register(void)
{
	return below(28);
}

static u32 free_register(void)
{
	return below(26);
}

static u32 random_csr(void)
{
	static const u32 csr[] = { 0x340, 0x342, 0x343, 0x340, 0x301, 0xf14, 0xf11, 0x7c0 };
	u32 number = csr[below(ARRAY_SIZE(csr))];
	u32 f3 = 1 + below(3) + 4 * below(2);

	u32 source = number >> 10 == 3 ? 26 : any_register();

	return I_TYPE(number, below(3) ? source : 0, f3, free_register(), 0x73);
}

static u32 random_jump(void)
{
	s32 forward = 4 + 4 * (s32)below(6) + (below(8) ? 0 : 2);
	static const u8 kinds[] = { 0, 1, 4, 5, 6, 7 };

	if (below(4))
		return B_TYPE(forward, any_register(), any_register(), kinds[below(6)]);
	return JAL(free_register(), forward);
}

static u32 random_op(void)
{
	u32 f7 = below(2);
	u32 f3 = below(8);

	if (!f7 && (f3 == 0 || f3 == 5) && below(2))
		f7 = 0x20;
	return R_TYPE(f7, any_register(), any_register(), f3, free_register(), 0x33);
}

/*
 * auipc x28, and a jump by it. The instructions before are more than the
 * other jumps reach, so that none lands between the two: x28 is fresh.
 */
static void random_far_jump(struct program *p)
{
	for (u32 i = 0; i < 6; i++)
		emit(p, random_op());
	emit(p, 28 << 7 | 0x17);
	emit(p, JALR(free_register(), 8 + 4 * below(4) + below(2), 28));
}

static u32 random_access(void)
{
	static const u8 loads[] = { 0, 1, 2, 4, 5 };
	u32 base = 26 + below(2);
	u32 offset = below(8) ? below(64) : below(4096);

	if (below(2))
		return I_TYPE(offset, base, loads[below(5)], free_register(), 0x03);
	return S_TYPE(offset, any_register(), base, below(3));
}

static u32 random_shift(void)
{
	u32 right = below(2);

	return R_TYPE(right && below(2) ? 0x20 : 0, below(32), any_register(), right ? 5 : 1,
		      free_register(), 0x13);
}

static u32 random_immediate(void)
{
	static const u8 plain[] = { 0, 2, 3, 4, 6, 7 };

	return I_TYPE(below(4096), any_register(), plain[below(6)], free_register(), 0x13);
}

static u32 random_other(void)
{
	static const u32 rare[] = { ECALL, EBREAK, 0x0ff0000f, 0x0000100f, 0x0000002b, 0 };

	switch (below(4)) {
	case 0:
		return (rnd() & ~0xfffu) | free_register() << 7 | 0x37;
	case 1:
		return (rnd() & ~0xfffu) | free_register() << 7 | 0x17;
	case 2:
		return random_csr();
	default:
		return rare[below(ARRAY_SIZE(rare))];
	}
}

void random_body(struct program *p, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		switch (below(8)) {
		case 0:
		case 1:
			emit(p, random_op());
			break;
		case 2:
			emit(p, random_immediate());
			break;
		case 3:
			emit(p, random_shift());
			break;
		case 4:
			emit(p, random_access());
			break;
		case 5:
			emit(p, random_jump());
			break;
		case 6:
			random_far_jump(p);
			break;
		default:
			emit(p, random_other());
			break;
		}
	}
	for (u32 i = 0; i < 16; i++)	/* the last jumps land here */
		emit(p, NOP);
}
