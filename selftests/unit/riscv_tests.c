// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs programs in the manner of upstream's riscv-tests on the device model:
 *
 *	riscv_tests FILE...
 *
 * Each is an ELF file for RV32 with physical addresses in running memory and a
 * symbol "tohost": 1 stored there is a pass, any other odd number is twice the
 * number of the case that failed, plus one.
 */
#include <elf.h>

#include "tap.h"
#include "model_board.h"

#define CHUNK	1000u
#define LIMIT	50000000u	/* instructions for one program */

struct file {
	u8 *data;
	size_t size;
};

static bool read_file(const char *path, struct file *f)
{
	FILE *in = fopen(path, "rb");
	long size;

	if (!in)
		return false;
	size = fseek(in, 0, SEEK_END) ? -1 : ftell(in);
	if (size < 0 || fseek(in, 0, SEEK_SET)) {
		fclose(in);
		return false;
	}
	f->size = (size_t)size;
	f->data = board_alloc(f->size + 1);	/* ends with a NUL */
	if (fread(f->data, 1, f->size, in) != f->size)
		f->size = 0;
	fclose(in);
	return f->size;
}

/* @count entries of @size bytes at @offset, all of them in the file. */
static const void *table(const struct file *f, u64 offset, u64 count, u64 size)
{
	if (offset > f->size || count * size > f->size - offset)
		return NULL;
	return f->data + offset;
}

static const Elf32_Ehdr *elf_header(const struct file *f)
{
	const Elf32_Ehdr *e = table(f, 0, 1, sizeof(*e));

	if (!e || memcmp(e->e_ident, ELFMAG, SELFMAG) || e->e_ident[EI_CLASS] != ELFCLASS32 ||
	    e->e_ident[EI_DATA] != ELFDATA2LSB || e->e_machine != EM_RISCV)
		return NULL;
	return e;
}

static bool load(struct board *b, const struct file *f)
{
	const Elf32_Ehdr *e = elf_header(f);
	const Elf32_Phdr *p;
	u32 i;

	if (!e || e->e_phentsize != sizeof(*p))
		return false;
	for (i = 0; i < e->e_phnum; i++) {
		const u8 *bytes;

		p = table(f, e->e_phoff + (u64)i * sizeof(*p), 1, sizeof(*p));
		if (!p)
			return false;
		if (p->p_type != PT_LOAD || !p->p_filesz)
			continue;
		bytes = table(f, p->p_offset, 1, p->p_filesz);
		if (!bytes || !hba_ram_write(b->hba, p->p_paddr, bytes, p->p_filesz))
			return false;
	}
	return true;
}

/* Address of a symbol, 0 if there is none. */
static u32 symbol(const struct file *f, const char *name)
{
	const Elf32_Ehdr *e = elf_header(f);
	const Elf32_Shdr *s = table(f, e->e_shoff, e->e_shnum, sizeof(*s));
	u32 i, j;

	for (i = 0; s && i < e->e_shnum; i++) {
		const Elf32_Sym *sym;
		u32 count = s[i].sh_size / sizeof(*sym);

		if (s[i].sh_type != SHT_SYMTAB || s[i].sh_link >= e->e_shnum)
			continue;
		sym = table(f, s[i].sh_offset, count, sizeof(*sym));
		for (j = 0; sym && j < count; j++) {
			u64 at = (u64)s[s[i].sh_link].sh_offset + sym[j].st_name;

			if (at < f->size && !strcmp((const char *)f->data + at, name))
				return sym[j].st_value;
		}
	}
	return 0;
}

/* Runs until something is in tohost; 0 if it never is. */
static u32 run(struct board *b, u32 entry, u32 tohost)
{
	u32 executed = 0, n, value = 0;

	hba_start(b->hba, entry, HBA_START_COLD, 0);
	while (!value && executed < LIMIT) {
		enum hba_run result = hba_run(b->hba, CHUNK, &n);

		executed += n;
		b->now += 10 * CHUNK;
		value = board_ram32(b, tohost);
		if (result == HBA_RUN_HALTED)
			break;
		if (result == HBA_RUN_WAIT)
			executed += CHUNK;	/* time goes on all the same */
	}
	return value;
}

static void test(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct file f = { 0 };
	struct board board;
	u32 tohost, value;

	board_init(&board, 1);
	if (!read_file(path, &f) || !load(&board, &f)) {
		ok(false, "%s: not an RV32 program for 0x%x to 0x%x", name, HBA_RAM_BASE,
		   HBA_RAM_BASE + board.config.ram_size);
		goto out;
	}
	tohost = symbol(&f, "tohost");
	if (!tohost) {
		ok(false, "%s: no symbol tohost", name);
		goto out;
	}
	value = run(&board, elf_header(&f)->e_entry, tohost);
	ok(value == 1, "%s", name);
	if (!value)
		printf("# never reported; pc 0x%x mcause 0x%x mepc 0x%x mtval 0x%x\n",
		       board_hart(&board)->pc, board_hart(&board)->mcause,
		       board_hart(&board)->mepc, board_hart(&board)->mtval);
	else if (value != 1)
		printf("# case %u failed\n", value >> 1);
out:
	free(f.data);
	board_exit(&board);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: riscv_tests FILE...\n");
		return 2;
	}
	for (i = 1; i < argc; i++)
		test(argv[i]);
	return tap_done();
}
