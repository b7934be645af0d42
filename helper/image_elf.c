// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an image takes from a linked ELF file: the run-time segments from the
 * program headers, the bootstrap from its section, entry points from the
 * symbols, the build id from its note.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <gelf.h>
#include <libelf.h>

#include "codeswap.h"
#include "image_tool.h"

#define BOOTSTRAP_SECTION	".bootstrap"
#define MEMORY_SIZE_SYMBOL	"__memory_size"

struct image_elf {
	const char *path;
	int fd;
	Elf *elf;
	const u8 *bytes;	/* of the whole file */
	size_t size;
	GElf_Shdr bootstrap;
};

static __printf(2, 3) int elf_error(const struct image_elf *e,
				    const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	failed("%s: %s", e->path, text);
	return -1;
}

static const char *section_name(const struct image_elf *e,
				const GElf_Shdr *shdr)
{
	size_t names;

	if (elf_getshdrstrndx(e->elf, &names))
		return "";
	return elf_strptr(e->elf, names, shdr->sh_name) ?: "";
}

/* The bytes of a range of the file, %NULL if it has not so many. */
static const u8 *file_bytes(const struct image_elf *e, u64 offset, u64 size)
{
	return mrb_within(offset, size, 0, e->size) ? e->bytes + offset : NULL;
}

static int check_kind(const struct image_elf *e)
{
	GElf_Ehdr ehdr;

	if (elf_kind(e->elf) != ELF_K_ELF || !gelf_getehdr(e->elf, &ehdr))
		return elf_error(e, "not an ELF file");
	if (ehdr.e_type != ET_EXEC)
		return elf_error(e,
				 "not a linked executable (ELF type %u, need %u); link it statically, at fixed addresses",
				 ehdr.e_type, ET_EXEC);
	return 0;
}

static int find_bootstrap(struct image_elf *e)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(e->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) ||
		    strcmp(section_name(e, &shdr), BOOTSTRAP_SECTION))
			continue;
		if (shdr.sh_type == SHT_NOBITS || !shdr.sh_size)
			return elf_error(e, "section %s has no bytes",
					 BOOTSTRAP_SECTION);
		if (!file_bytes(e, shdr.sh_offset, shdr.sh_size))
			return elf_error(e, "section %s lies outside the file",
					 BOOTSTRAP_SECTION);
		e->bootstrap = shdr;
		return 0;
	}
	return elf_error(e,
			 "there is no section %s; an image needs a bootstrap",
			 BOOTSTRAP_SECTION);
}

static int open_elf(struct image_elf *e)
{
	e->fd = open(e->path, O_RDONLY | O_CLOEXEC);
	if (e->fd < 0)
		return elf_error(e, "%s", strerror(errno));
	if (elf_version(EV_CURRENT) == EV_NONE)
		return elf_error(e, "%s", elf_errmsg(-1));
	e->elf = elf_begin(e->fd, ELF_C_READ, NULL);
	if (!e->elf)
		return elf_error(e, "%s", elf_errmsg(-1));
	if (check_kind(e))
		return -1;
	e->bytes = (const u8 *)elf_rawfile(e->elf, &e->size);
	if (!e->bytes)
		return elf_error(e, "%s", elf_errmsg(-1));
	return find_bootstrap(e);
}

/**
 * image_elf_open() - open an ELF file that is to become an image
 * @path: its name
 *
 * Return: the file, to be closed with image_elf_close(), or %NULL after an
 * error was printed.
 */
struct image_elf *image_elf_open(const char *path)
{
	struct image_elf *e = calloc(1, sizeof(*e));

	if (!e) {
		failed("%s: out of memory", path);
		return NULL;
	}
	e->path = path;
	if (!open_elf(e))
		return e;
	image_elf_close(e);
	return NULL;
}

void image_elf_close(struct image_elf *e)
{
	if (!e)
		return;
	elf_end(e->elf);
	if (e->fd >= 0)
		close(e->fd);
	free(e);
}

/* Whether a symbol table has @name, and where that is. */
static bool table_symbol(const struct image_elf *e, Elf_Scn *scn,
			 const GElf_Shdr *shdr, const char *name, u64 *value)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	const char *found;
	GElf_Sym sym;
	int i;

	for (i = 0; data && gelf_getsym(data, i, &sym); i++) {
		found = elf_strptr(e->elf, shdr->sh_link, sym.st_name);
		if (!found || strcmp(found, name) ||
		    sym.st_shndx == SHN_UNDEF)
			continue;
		*value = sym.st_value;
		return true;
	}
	return false;
}

static bool find_symbol(const struct image_elf *e, const char *name, u64 *value)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(e->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB &&
		    table_symbol(e, scn, &shdr, name, value))
			return true;
	return false;
}

/* The value of an entry's symbol; @name is what goes without a line. */
static int entry_symbol(const struct image_elf *e,
			const struct image_desc *desc, const char *key,
			const struct image_word *word, const char *name,
			u64 *value)
{
	if (find_symbol(e, word->text ?: name, value))
		return 0;
	if (word->text)
		failed("%s:%u: symbol '%s' is not defined in %s", desc->path,
		       word->line, word->text, e->path);
	else
		failed("%s: symbol '%s' is not defined; define it, or name another by '%s' in %s",
		       e->path, name, key, desc->path);
	return -1;
}

static bool section_in(const GElf_Shdr *shdr, const GElf_Phdr *phdr)
{
	if (!(shdr->sh_flags & SHF_ALLOC) || !shdr->sh_size ||
	    !mrb_within(shdr->sh_addr, shdr->sh_size, phdr->p_vaddr,
			phdr->p_memsz))
		return false;
	return shdr->sh_type == SHT_NOBITS ||
	       mrb_within(shdr->sh_offset, shdr->sh_size, phdr->p_offset,
			  phdr->p_filesz);
}

/*
 * Whether a program header holds something that runs. One for the bootstrap
 * does not, nor one that the linker made for the ELF headers alone. Returns
 * -1 for a mixture.
 */
static int holds_runtime(const struct image_elf *e, const GElf_Phdr *phdr)
{
	unsigned int bootstrap = 0, other = 0;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(e->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || !section_in(&shdr, phdr))
			continue;
		if (strcmp(section_name(e, &shdr), BOOTSTRAP_SECTION))
			other++;
		else
			bootstrap++;
	}
	if (bootstrap && other)
		return elf_error(e,
				 "program header at 0x%llx holds section %s and others; give it one of its own",
				 (u64)phdr->p_vaddr, BOOTSTRAP_SECTION);
	return other > 0;
}

static int add_segment(const struct image_elf *e, struct image_plan *plan,
		       unsigned int kind, u64 address, u64 size, const u8 *data)
{
	struct image_blob *blob = image_plan_add(plan, kind);

	if (!blob)
		return elf_error(e, "more than %u segments", MRB_MAX_SEGMENTS);
	blob->address = address;
	blob->size = size;
	blob->data = data;
	return 0;
}

static int add_program_header(const struct image_elf *e,
			      struct image_plan *plan, const GElf_Phdr *phdr)
{
	bool writable = phdr->p_flags & PF_W;
	u64 more = phdr->p_memsz - phdr->p_filesz;
	const u8 *data = file_bytes(e, phdr->p_offset, phdr->p_filesz);

	if (!data || phdr->p_memsz < phdr->p_filesz)
		return elf_error(e, "program header at 0x%llx lies outside the file",
				 (u64)phdr->p_vaddr);
	if (writable && phdr->p_flags & PF_X)
		return elf_error(e,
				 "program header at 0x%llx is both writable and executable; link text and data apart",
				 (u64)phdr->p_vaddr);
	if (!writable && more)
		return elf_error(e,
				 "program header at 0x%llx is not writable, but %llu bytes larger in memory than in the file",
				 (u64)phdr->p_vaddr, more);
	if (phdr->p_filesz &&
	    add_segment(e, plan, writable ? MRB_SEG_DATA : MRB_SEG_TEXT,
			phdr->p_vaddr, phdr->p_filesz, data))
		return -1;
	if (more)
		return add_segment(e, plan, MRB_SEG_BSS,
				   phdr->p_vaddr + phdr->p_filesz, more, NULL);
	return 0;
}

static int add_runtime(const struct image_elf *e, struct image_plan *plan)
{
	GElf_Phdr phdr;
	size_t count;
	int i, ret;

	if (elf_getphdrnum(e->elf, &count))
		return elf_error(e, "%s", elf_errmsg(-1));
	for (i = 0; i < (int)count; i++) {
		if (!gelf_getphdr(e->elf, i, &phdr) || phdr.p_type != PT_LOAD)
			continue;
		ret = holds_runtime(e, &phdr);
		if (ret > 0)
			ret = add_program_header(e, plan, &phdr);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int add_bootstrap(const struct image_elf *e,
			 const struct image_desc *desc)
{
	struct image_plan *plan = desc->plan;
	const GElf_Shdr *b = &e->bootstrap;
	struct image_blob *blob;
	u64 entry;

	if (entry_symbol(e, desc, "entry-bootstrap", &desc->bootstrap,
			 "bootstrap_entry", &entry))
		return -1;
	if (!mrb_within(entry, 1, b->sh_addr, b->sh_size))
		return elf_error(e,
				 "symbol '%s' (0x%llx) is not in section %s",
				 desc->bootstrap.text ?: "bootstrap_entry",
				 entry, BOOTSTRAP_SECTION);
	plan->bootstrap_offset = entry - b->sh_addr;
	if (add_segment(e, plan, MRB_SEG_BOOTSTRAP, 0, b->sh_size,
			e->bytes + b->sh_offset))
		return -1;
	blob = &plan->blobs[plan->num_blobs - 1];
	if (b->sh_addralign > 4096)
		return elf_error(e,
				 "section %s has alignment %llu; at most 4096 is allowed",
				 BOOTSTRAP_SECTION, (u64)b->sh_addralign);
	if (b->sh_addralign > blob->align)
		blob->align = b->sh_addralign;
	return 0;
}

static bool is_runtime(const struct image_blob *blob)
{
	return blob->kind == MRB_SEG_TEXT || blob->kind == MRB_SEG_DATA ||
	       blob->kind == MRB_SEG_BSS;
}

static int load_address(const struct image_elf *e,
			const struct image_desc *desc, u64 *base)
{
	const struct image_plan *plan = desc->plan;
	u64 lowest = U64_MAX;
	unsigned int i;

	for (i = 0; i < plan->num_blobs; i++)
		if (is_runtime(&plan->blobs[i]) &&
		    plan->blobs[i].address < lowest)
			lowest = plan->blobs[i].address;
	*base = lowest;
	if (!desc->load_address.text)
		return 0;
	if (!image_number(desc->load_address.text, U64_MAX, base)) {
		failed("%s:%u: load address '%s' is no number", desc->path,
		       desc->load_address.line, desc->load_address.text);
		return -1;
	}
	if (lowest < *base)
		return elf_error(e,
				 "program header at 0x%llx lies below the load address 0x%llx",
				 lowest, *base);
	return 0;
}

static int memory_size(const struct image_elf *e, const struct image_desc *desc,
		       u64 base, u64 *size)
{
	const struct image_word *word = &desc->memory_size;
	const struct image_plan *plan = desc->plan;
	unsigned int i;
	u64 end;

	if (word->text) {
		if (image_number(word->text, U64_MAX, size) ||
		    find_symbol(e, word->text, size))
			return 0;
		failed("%s:%u: '%s' is no number, nor a symbol defined in %s",
		       desc->path, word->line, word->text, e->path);
		return -1;
	}
	if (find_symbol(e, MEMORY_SIZE_SYMBOL, size))
		return 0;
	for (*size = 0, i = 0; i < plan->num_blobs; i++) {
		end = plan->blobs[i].address - base + plan->blobs[i].size;
		if (is_runtime(&plan->blobs[i]) && end > *size)
			*size = end;
	}
	return 0;
}

static int plan_memory(const struct image_elf *e, const struct image_desc *desc)
{
	struct mrb_header *h = &desc->plan->header;
	u64 cold, warm, base, size;

	if (entry_symbol(e, desc, "entry-cold", &desc->cold, "cold_entry",
			 &cold) ||
	    entry_symbol(e, desc, "entry-warm", &desc->warm, "warm_entry",
			 &warm) ||
	    load_address(e, desc, &base) || memory_size(e, desc, base, &size))
		return -1;
	h->cold_entry = cpu_to_le64(cold);
	h->warm_entry = cpu_to_le64(warm);
	h->load_address = cpu_to_le64(base);
	h->memory_size = cpu_to_le64(size);
	return 0;
}

/* Looks for a GNU build id among the notes of one section. */
static bool note_build_id(Elf_Data *data, struct image_plan *plan)
{
	size_t offset = 0, name, desc;
	const u8 *bytes;
	GElf_Nhdr note;

	if (!data)
		return false;
	bytes = data->d_buf;
	while ((offset = gelf_getnote(data, offset, &note, &name, &desc))) {
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp(bytes + name, "GNU", 4))
			continue;
		memcpy(plan->header.build_id, bytes + desc,
		       min_t(size_t, note.n_descsz, MRB_BUILD_ID_LEN));
		return true;
	}
	return false;
}

static void find_build_id(const struct image_elf *e, struct image_plan *plan)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while (!plan->has_build_id && (scn = elf_nextscn(e->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_NOTE)
			plan->has_build_id =
				note_build_id(elf_getdata(scn, NULL), plan);
}

/* Modules were there first; they go behind what the device runs. */
static void modules_last(struct image_plan *plan, unsigned int modules)
{
	struct image_blob sorted[MRB_MAX_SEGMENTS];
	unsigned int rest = plan->num_blobs - modules;

	memcpy(sorted, plan->blobs + modules, rest * sizeof(sorted[0]));
	memcpy(sorted + rest, plan->blobs, modules * sizeof(sorted[0]));
	memcpy(plan->blobs, sorted, plan->num_blobs * sizeof(sorted[0]));
}

/**
 * image_elf_plan() - complete a plan with what the ELF file holds
 * @e: the file; must stay open while the plan is used
 * @desc: description that the plan was begun with
 *
 * Return: 0, or -1 after an error was printed.
 */
int image_elf_plan(struct image_elf *e, const struct image_desc *desc)
{
	struct image_plan *plan = desc->plan;
	unsigned int modules = plan->num_blobs;
	int ret;

	ret = add_runtime(e, plan);
	if (!ret && plan->num_blobs == modules)
		ret = elf_error(e, "no program header holds anything that runs");
	if (!ret)
		ret = plan_memory(e, desc);
	if (!ret)
		ret = add_bootstrap(e, desc);
	/* Whatever happened: the plan's owner releases the modules. */
	modules_last(plan, modules);
	if (!ret && !plan->has_build_id)
		find_build_id(e, plan);
	return ret;
}
