// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What lines of the menu say. Names and sentences come from other machines: none of their
 * bytes may mean something to a terminal.
 */
#include "fleet_menu_list.h"

/* Of columns, in the order of the screen; the last one has the rest of the line. */
enum {
	COLUMN_NAME,
	COLUMN_SET,
	COLUMN_STATE,
	COLUMN_VERSION,
	COLUMN_DESIRED,
	COLUMN_SERVICE,
	COLUMN_PROGRESS,
	COLUMN_PROBLEM,
	COLUMNS,
};

static const unsigned int widths[COLUMNS] = { 15, 8, 10, 9, 9, 4, 4, 0 };

/* What a wider terminal has more is for sentences, but names may need some. */
#define USUAL_COLUMNS	80U
#define MORE_NAME	24U

/**
 * menu_plain() - copy a text that anybody may have written
 * @to: set
 * @room: of it; what is longer is cut off
 * @from: text
 */
void menu_plain(char *to, size_t room, const char *from)
{
	size_t i;

	for (i = 0; from[i] && i + 1 < room; i++) {
		to[i] = from[i];
		if (to[i] < ' ' || to[i] > '~')
			to[i] = '?';
	}
	to[i] = '\0';
}

/* ---- lines of the list ------------------------------------------------------------ */

/* One that does not fit ends in a tilde. */
static size_t add_column(char *line, size_t at, unsigned int width, const char *text)
{
	size_t len = strlen(text);

	if (len > width && width)
		snprintf(line + at, width + 1, "%.*s~", (int)width - 1, text);
	else
		snprintf(line + at, width + 1, "%-*s", (int)width, text);
	return at + width;
}

static void join(const char *const texts[COLUMNS], char mark, unsigned int columns, char *text,
		 size_t room)
{
	unsigned int i, width, more = 0;
	char line[MENU_MAX_COLUMNS + 1];
	size_t at = 1;

	if (columns >= room)
		columns = (unsigned int)room - 1;
	if (columns > MENU_MAX_COLUMNS)
		columns = MENU_MAX_COLUMNS;
	if (columns > USUAL_COLUMNS)
		more = (columns - USUAL_COLUMNS) / 3;
	if (more > MORE_NAME)
		more = MORE_NAME;
	line[0] = mark;
	for (i = 0; i < COLUMNS && at < columns; i++) {
		width = i == COLUMN_NAME ? widths[i] + more : widths[i];
		if (i == COLUMN_PROBLEM || at + width > columns)
			width = columns - (unsigned int)at;
		at = add_column(line, at, width, texts[i]);
		if (at < columns)
			line[at++] = ' ';
	}
	while (at > 1 && line[at - 1] == ' ')
		at--;
	line[at] = '\0';
	snprintf(text, room, "%s", line);
}

/* Above the list. */
void menu_headings(unsigned int columns, char *text, size_t room)
{
	static const char *const names[COLUMNS] = {
		"NAME", "SET", "STATE", "VERSION", "DESIRED", "SERV", "%", "PROBLEM",
	};

	join(names, ' ', columns, text, room);
}

static bool has_name_of(const struct menu_list *l, unsigned int i, unsigned int other)
{
	return other < l->num && !strcmp(l->items[i].name, l->items[other].name);
}

/**
 * menu_row() - a line of the list
 * @l: list
 * @i: which item
 * @columns: of the terminal
 * @text: set; no longer than that
 * @room: of @text
 */
void menu_row(const struct menu_list *l, unsigned int i, unsigned int columns, char *text,
	      size_t room)
{
	const struct menu_item *item = &l->items[i];
	const char *const texts[COLUMNS] = {
		[COLUMN_NAME] = item->name,
		[COLUMN_SET] = item->set,
		[COLUMN_STATE] = item->state,
		[COLUMN_VERSION] = item->version,
		[COLUMN_DESIRED] = item->desired,
		[COLUMN_SERVICE] = item->service,
		[COLUMN_PROBLEM] = item->error,
	};
	char name[MESSAGE_NAME_LEN + MRB_TYPE_LEN], progress[24] = "";
	const char *with[COLUMNS];

	memcpy(with, texts, sizeof(with));
	with[COLUMN_PROGRESS] = progress;
	if (strcmp(item->state, "running") && strcmp(item->state, "gone"))
		snprintf(progress, sizeof(progress), "%llu", item->progress);
	/* A machine with several devices has several lines. */
	if (has_name_of(l, i, i + 1) || (i && has_name_of(l, i, i - 1))) {
		snprintf(name, sizeof(name), "%s %s", item->name, item->type);
		with[COLUMN_NAME] = name;
	}
	join(with, i == l->cursor ? '>' : ' ', columns, text, room);
}

/* How many there are, and of how many something is to be said. */
void menu_summary(const struct menu_list *l, char *text, size_t room)
{
	unsigned int i, gone = 0, troubled = 0;

	for (i = 0; i < l->num; i++) {
		if (!strcmp(l->items[i].state, "gone"))
			gone++;
		else
			troubled += l->items[i].error[0] != '\0';
	}
	snprintf(text, room, "manifest %llu; %u devices, %u with a problem, %u gone", l->sequence,
		 l->num - gone, troubled, gone);
}

/* ---- all of one ------------------------------------------------------------------- */

/**
 * menu_detail() - a line of all that is known of a machine
 * @item: machine
 * @line: which one, from 0
 * @text: set
 * @room: of @text
 *
 * Return: false if there are less lines.
 */
bool menu_detail(const struct menu_item *item, unsigned int line, char *text, size_t room)
{
	const u64 numbers[] = { item->progress, item->sequence, item->order, item->epoch };
	char number[ARRAY_SIZE(numbers)][24];
	const char *const fields[][2] = {
		{ "name", item->name },
		{ "certificate of", item->role[0] ? item->role : "(not signed)" },
		{ "type", item->type },
		{ "set", item->set[0] ? item->set : "(none)" },
		{ "state", item->state },
		{ "progress, %", number[0] },
		{ "version", item->version },
		{ "desired", item->desired },
		{ "manifest", number[1] },
		{ "service", item->service },
		{ "last order", number[2] },
		{ "its outcome", item->outcome },
		{ "epoch", number[3] },
		{ "its holder", item->holder },
		{ "problem", item->error[0] ? item->error : "(none)" },
	};
	unsigned int i;

	if (line >= ARRAY_SIZE(fields))
		return false;
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		snprintf(number[i], sizeof(number[i]), "%llu", numbers[i]);
	snprintf(text, room, "%-15s %s", fields[line][0], fields[line][1]);
	return true;
}

/* ---- commands --------------------------------------------------------------------- */

/* No shell makes anything else of it. */
static bool is_usual(const char *word)
{
	const char *c;

	for (c = word; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9') && !strchr("_-+=./:,@%", *c))
			return false;
	return c > word;
}

static void add(char *text, size_t room, size_t *at, const char *more, size_t len)
{
	if (*at + len < room) {
		memcpy(text + *at, more, len);
		*at += len;
	}
	text[*at] = '\0';
}

/**
 * menu_command() - a command, as it can be typed into a shell
 * @words: of it; %NULL ends them
 * @text: set
 * @room: of @text
 */
void menu_command(const char *const *words, char *text, size_t room)
{
	size_t at = 0;
	const char *c;

	text[0] = '\0';
	for (; *words; words++) {
		if (at)
			add(text, room, &at, " ", 1);
		if (is_usual(*words)) {
			add(text, room, &at, *words, strlen(*words));
			continue;
		}
		add(text, room, &at, "'", 1);
		for (c = *words; *c; c++)
			add(text, room, &at, *c == '\'' ? "'\\''" : c, *c == '\'' ? 4 : 1);
		add(text, room, &at, "'", 1);
	}
}
