// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text description of an image: a key and its values on a line, '#' begins
 * a comment. What it means is in Documentation/image-format.rst.
 */
#include <libgen.h>
#include <stdint.h>
#include <stdlib.h>

#include "codeswap.h"
#include "image_tool.h"

#define MAX_VALUES	6

/* A line while it is looked at. */
struct line {
	struct image_desc *desc;
	unsigned int number;
	const struct key *key;
	const char *values[MAX_VALUES];
};

/**
 * struct key - first word of a line
 * @name: the word
 * @values: what must follow, for people
 * @num_values: how many words that is
 * @once: may be given only once
 * @required: must be given
 * @take: looks at the values; prints what is wrong and returns -1
 * @field: where @take puts the value, if that depends on the key
 */
struct key {
	const char *name;
	const char *values;
	int num_values;
	bool once;
	bool required;
	int (*take)(const struct line *line);
	size_t field;
};

static __printf(2, 3) int line_error(const struct line *line,
				     const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	failed("%s:%u: %s", line->desc->path, line->number, text);
	return -1;
}

/**
 * image_number() - read a number, decimal or 0x hexadecimal
 * @text: nothing but the number
 * @max: largest that will do
 * @value: set
 *
 * Return: true if it is one.
 */
bool image_number(const char *text, u64 max, u64 *value)
{
	char *end;

	/* strtoull() would take blanks, signs and octal numbers as well. */
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, strncasecmp(text, "0x", 2) ? 10 : 16);
	return !errno && !*end && *value <= max;
}

/**
 * image_plan_add() - add a segment to a plan
 * @plan: the plan
 * @kind: enum mrb_segment_kind
 *
 * Return: the segment to be filled in, or %NULL if there are too many.
 */
struct image_blob *image_plan_add(struct image_plan *plan, unsigned int kind)
{
	struct image_blob *blob;

	if (plan->num_blobs == MRB_MAX_SEGMENTS)
		return NULL;
	blob = &plan->blobs[plan->num_blobs++];
	memset(blob, 0, sizeof(*blob));
	blob->kind = kind;
	blob->align = 64;
	return blob;
}

/* Into a field of an image: padded with NULs, without one if it is too long. */
static void put_text(char *field, size_t size, const char *text)
{
	memset(field, 0, size);
	memcpy(field, text, strnlen(text, size));
}

static int take_name(const struct line *line, const char *text, char *name)
{
	const char *problem;

	put_text(name, MRB_NAME_LEN, text);
	problem = mrb_name_problem(name);
	if (problem)
		return line_error(line, "the name '%s' %s", text, problem);
	return 0;
}

static int take_version_text(const struct line *line, const char *text,
			     struct mrb_version *version)
{
	__le16 *fields[] = { &version->major, &version->minor,
			     &version->patch };
	char *copy = strdup(text), *rest = copy, *word;
	unsigned int i = 0;
	bool good;
	u64 number;

	/* A number may be hexadecimal elsewhere, but not here. */
	while (strspn(text, "0123456789.") == strlen(text) &&
	       i < ARRAY_SIZE(fields) && (word = strsep(&rest, ".")) &&
	       image_number(word, UINT16_MAX, &number))
		*fields[i++] = cpu_to_le16(number);
	good = i == ARRAY_SIZE(fields) && !rest;
	free(copy);
	if (!good)
		return line_error(line,
				  "'%s' is no version; write three numbers from 0 to %u, as in 2.0.0",
				  text, UINT16_MAX);
	return 0;
}

static int take_u32_text(const struct line *line, const char *text, u32 *value)
{
	u64 number;

	if (!image_number(text, UINT32_MAX, &number))
		return line_error(line, "'%s' is no number from 0 to %u", text,
				  UINT32_MAX);
	*value = number;
	return 0;
}

static int take_type(const struct line *line)
{
	char *type = line->desc->plan->header.device_type;
	const char *problem;

	put_text(type, MRB_TYPE_LEN, line->values[0]);
	problem = mrb_type_problem(type);
	if (problem)
		return line_error(line, "the type '%s' %s", line->values[0],
				  problem);
	return 0;
}

static int take_version(const struct line *line)
{
	return take_version_text(line, line->values[0],
				 &line->desc->plan->header.version);
}

static int take_number(const struct line *line)
{
	char *header = (char *)&line->desc->plan->header;
	__le32 field;
	u32 value = 0;

	if (take_u32_text(line, line->values[0], &value))
		return -1;
	field = cpu_to_le32(value);
	memcpy(header + line->key->field, &field, sizeof(field));
	return 0;
}

static int take_word(const struct line *line)
{
	char *desc = (char *)line->desc;
	struct image_word *word = (void *)(desc + line->key->field);

	free(word->text);
	word->text = strdup(line->values[0]);
	word->line = line->number;
	return word->text ? 0 : line_error(line, "out of memory");
}

/* "capability NAME provided" and "... required" may both be given. */
static int take_capability(const struct line *line)
{
	struct image_plan *plan = line->desc->plan;
	struct mrb_capability *c = plan->capabilities;
	char name[MRB_NAME_LEN];
	u32 flag;

	if (take_name(line, line->values[0], name))
		return -1;
	if (!strcmp(line->values[1], "provided"))
		flag = MRB_CAP_PROVIDED;
	else if (!strcmp(line->values[1], "required"))
		flag = MRB_CAP_REQUIRED;
	else
		return line_error(line,
				  "a capability is 'provided' or 'required', not '%s'",
				  line->values[1]);
	while (c < plan->capabilities + plan->num_capabilities &&
	       strcmp(c->name, name))
		c++;
	if (c == plan->capabilities + MRB_MAX_CAPABILITIES)
		return line_error(line, "more than %u capabilities",
				  MRB_MAX_CAPABILITIES);
	if (c == plan->capabilities + plan->num_capabilities)
		plan->num_capabilities++;
	if (le32_to_cpu(c->flags) & flag)
		return line_error(line, "capability %s is %s already", name,
				  line->values[1]);
	memcpy(c->name, name, sizeof(c->name));
	c->flags |= cpu_to_le32(flag);
	return 0;
}

/* state NAME emits N accepts MIN MAX */
static int take_state(const struct line *line)
{
	struct image_plan *plan = line->desc->plan;
	struct mrb_state *s = plan->states;
	char name[MRB_NAME_LEN];
	u32 emits = 0, min = 0, max = 0;

	if (take_name(line, line->values[0], name))
		return -1;
	if (strcmp(line->values[1], "emits") ||
	    strcmp(line->values[3], "accepts"))
		return line_error(line, "write: state %s", line->key->values);
	if (take_u32_text(line, line->values[2], &emits) ||
	    take_u32_text(line, line->values[4], &min) ||
	    take_u32_text(line, line->values[5], &max))
		return -1;
	if (max < min)
		return line_error(line,
				  "state %s accepts formats from %u to %u; the first must not be above the second",
				  name, min, max);
	for (; s < plan->states + plan->num_states; s++)
		if (!strcmp(s->name, name))
			return line_error(line, "state %s is given twice", name);
	if (plan->num_states == MRB_MAX_STATES)
		return line_error(line, "more than %u states", MRB_MAX_STATES);
	plan->num_states++;
	memcpy(s->name, name, sizeof(s->name));
	s->emits = cpu_to_le32(emits);
	s->accepts_min = cpu_to_le32(min);
	s->accepts_max = cpu_to_le32(max);
	return 0;
}

/* Names of files are meant from where the description lies. */
static char *beside(const char *desc_path, const char *name)
{
	char *copy, *path = NULL;

	if (*name == '/')
		return strdup(name);
	copy = strdup(desc_path);
	if (copy && asprintf(&path, "%s/%s", dirname(copy), name) < 0)
		path = NULL;
	free(copy);
	return path;
}

static int read_module(const struct line *line, const char *name,
		       struct image_blob *blob)
{
	char *path = beside(line->desc->path, name);
	struct image_file file;
	struct mrb_error err;
	int ret = 0;

	if (!path)
		return line_error(line, "out of memory");
	if (image_file_read(&file, path, &err)) {
		ret = line_error(line, "%s: %s", path, err.text);
	} else if (!file.size || file.size > MRB_MAX_IMAGE) {
		ret = line_error(line, "%s is %zu bytes; a module has 1 to %u",
				 path, file.size, MRB_MAX_IMAGE);
		image_file_free(&file);
	} else {
		blob->data = file.data;
		blob->size = file.size;
	}
	free(path);
	return ret;
}

/* module TARGET VERSION FILE */
static int take_module(const struct line *line)
{
	struct image_plan *plan = line->desc->plan;
	struct image_blob *blob;
	unsigned int i;

	blob = image_plan_add(plan, MRB_SEG_MODULE);
	if (!blob)
		return line_error(line, "more than %u modules",
				  MRB_MAX_SEGMENTS);
	if (take_name(line, line->values[0], blob->target) ||
	    take_version_text(line, line->values[1], &blob->version))
		return -1;
	for (i = 0; i + 1 < plan->num_blobs; i++)
		if (!strcmp(plan->blobs[i].target, blob->target))
			return line_error(line, "module %s is given twice",
					  blob->target);
	return read_module(line, line->values[2], blob);
}

#define NUMBER(n, f) { .name = (n), .values = "NUMBER", .num_values = 1, \
	.once = true, .take = take_number,				 \
	.field = offsetof(struct mrb_header, f) }
#define WORD(n, v, f) { .name = (n), .values = (v), .num_values = 1,	\
	.once = true, .take = take_word,				\
	.field = offsetof(struct image_desc, f) }

static const struct key keys[] = {
	{ "type", "NAME", 1, true, true, take_type, 0 },
	{ "version", "MAJOR.MINOR.PATCH", 1, true, true, take_version, 0 },
	{ "release", "NUMBER", 1, true, true, take_number,
	  offsetof(struct mrb_header, release) },
	NUMBER("security", security_version),
	NUMBER("declared-blackout-us", declared_blackout_us),
	NUMBER("workspace", workspace_size),
	{ "capability", "NAME provided|required", 2, false, false,
	  take_capability, 0 },
	{ "state", "NAME emits NUMBER accepts MIN MAX", 6, false, false,
	  take_state, 0 },
	{ "module", "TARGET VERSION FILE", 3, false, false, take_module, 0 },
	WORD("entry-cold", "SYMBOL", cold),
	WORD("entry-warm", "SYMBOL", warm),
	WORD("entry-bootstrap", "SYMBOL", bootstrap),
	WORD("memory-size", "SYMBOL|NUMBER", memory_size),
	WORD("load-address", "NUMBER", load_address),
};

static const struct key *find_key(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static int take_line(struct line *line, char *text, unsigned int *seen)
{
	const char *blanks = " \t\r\n";
	char *word, *save;
	int n = 0;

	text[strcspn(text, "#")] = '\0';
	word = strtok_r(text, blanks, &save);
	if (!word)
		return 0;
	line->key = find_key(word);
	if (!line->key)
		return line_error(line, "there is no key '%s'", word);
	while ((word = strtok_r(NULL, blanks, &save))) {
		if (n == line->key->num_values)
			return line_error(line, "'%s' is too much; write: %s %s",
					  word, line->key->name,
					  line->key->values);
		line->values[n++] = word;
	}
	if (n < line->key->num_values)
		return line_error(line, "a value is missing; write: %s %s",
				  line->key->name, line->key->values);
	if (line->key->once && seen[line->key - keys])
		return line_error(line, "'%s' was given on line %u already",
				  line->key->name, seen[line->key - keys]);
	seen[line->key - keys] = line->number;
	return line->key->take(line);
}

static int read_lines(struct image_desc *desc, FILE *f)
{
	struct line line = { .desc = desc };
	unsigned int seen[ARRAY_SIZE(keys)] = { 0 };
	char *text = NULL;
	size_t i, room = 0;
	int ret = 0;

	while (!ret && getline(&text, &room, f) >= 0) {
		line.number++;
		ret = take_line(&line, text, seen);
	}
	free(text);
	if (!ret && ferror(f)) {
		failed("%s: %s", desc->path, strerror(errno));
		ret = -1;
	}
	for (i = 0; !ret && i < ARRAY_SIZE(keys); i++)
		if (keys[i].required && !seen[i]) {
			failed("%s: the line '%s %s' is missing", desc->path,
			       keys[i].name, keys[i].values);
			ret = -1;
		}
	return ret;
}

/**
 * image_desc_read() - read a description
 * @desc: set; to be released with image_desc_free(), failure or not
 * @path: its file
 * @plan: zeroed; filled with what does not depend on the ELF file
 *
 * Return: 0, or -1 after an error was printed.
 */
int image_desc_read(struct image_desc *desc, const char *path,
		    struct image_plan *plan)
{
	FILE *f;
	int ret;

	memset(desc, 0, sizeof(*desc));
	desc->path = path;
	desc->plan = plan;
	f = fopen(path, "re");
	if (!f) {
		failed("%s: %s", path, strerror(errno));
		return -1;
	}
	ret = read_lines(desc, f);
	fclose(f);
	return ret;
}

void image_desc_free(struct image_desc *desc)
{
	unsigned int i;

	for (i = 0; i < desc->plan->num_blobs; i++)
		if (desc->plan->blobs[i].kind == MRB_SEG_MODULE)
			free((void *)desc->plan->blobs[i].data);
	free(desc->cold.text);
	free(desc->warm.text);
	free(desc->bootstrap.text);
	free(desc->memory_size.text);
	free(desc->load_address.text);
}
