// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The menu on a terminal, by curses, which sends what differs from before and no more: a
 * serial line of 9600 baud takes two seconds for all of a screen. For the same reason there is
 * a mark at the selected line, and not another colour of it.
 *
 *	master and summary
 *	headings
 *	the list, or details, or help
 *	what is wrong with the selected machine
 *	keys
 *	a question, or what came of the last command, in two lines
 *	that command, in two lines
 */
#include <curses.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../codeswap.h"
#include "../feed.h"
#include "fleet_menu.h"

#define LINES_ABOVE	2
#define LINES_BELOW	6

/* A key that begins with an escape may come in parts. */
#define ESCAPE_MS	200

/* A master that takes longer is said to be slow. */
#define SLOW_MS		2000

static SCREEN *screen;

/* ---- the terminal ----------------------------------------------------------------- */

/**
 * menu_screen_begin() - take the terminal
 *
 * Return: an exit status; why it fails has been said.
 */
int menu_screen_begin(void)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return failed("the menu needs a terminal; for scripts there are the other verbs");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return failed("TERM is '%s': no terminal of that name is known, or of use",
			      term ?: "");
	set_escdelay(ESCAPE_MS);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	idlok(stdscr, TRUE);
	return CMD_DONE;
}

/* As it was. One that has no second screen shows the last picture above the prompt. */
void menu_screen_end(void)
{
	if (!screen)
		return;
	wmove(stdscr, LINES - 1, 0);
	wclrtoeol(stdscr);
	wrefresh(stdscr);
	endwin();
	delscreen(screen);
	screen = NULL;
}

/* It has another size, or somebody else has written on it. */
void menu_screen_resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	clearok(stdscr, TRUE);
}

/* Returns a key, or -1: there is none. */
int menu_screen_key(void)
{
	int key;

	/* That it has another size is no answer to anything. */
	do {
		key = wgetch(stdscr);
	} while (key == KEY_RESIZE);
	return key == ERR ? -1 : key;
}

/* Lines for the list. */
unsigned int menu_screen_rows(void)
{
	int rows = LINES - LINES_ABOVE - LINES_BELOW;

	return rows > 1 ? (unsigned int)rows : 1;
}

/* ---- lines ------------------------------------------------------------------------ */

static void put_line(int row, const char *text)
{
	char plain[MENU_LINE_LEN];

	menu_plain(plain, sizeof(plain), text);
	if (row >= 0 && row < LINES)
		mvwaddnstr(stdscr, row, 0, plain, COLS);
}

/* Returns how many lines it takes, @most of them at most. */
static int put_lines(int row, int most, const char *text)
{
	int i, num = ((int)strlen(text) + COLS - 1) / COLS;

	if (num > most)
		num = most;
	for (i = 0; i < num; i++)
		put_line(row + i, text + (ptrdiff_t)i * COLS);
	return num ?: 1;
}

static void draw_title(const struct menu *m)
{
	char text[MENU_LINE_LEN], summary[MENU_TITLE_LEN], address[32];
	u64 ms = now_ms() - m->asked;

	menu_summary(&m->list, summary, sizeof(summary));
	fleet_address(&m->fleet, m->fleet.current, address, sizeof(address));
	if (m->is_asked && ms > SLOW_MS)
		snprintf(text, sizeof(text), "%s: no answer for %llu s", address, ms / 1000);
	else if (m->lost[0])
		snprintf(text, sizeof(text), "lost, trying again: %s", m->lost);
	else if (!m->list.num)
		snprintf(text, sizeof(text), "%s: asking", address);
	else
		snprintf(text, sizeof(text), "%s: %s", address, summary);
	put_line(0, text);
}

static void draw_list(struct menu *m)
{
	unsigned int i, rows = menu_screen_rows();
	char text[MENU_MAX_COLUMNS + 1];

	menu_headings((unsigned int)COLS, text, sizeof(text));
	put_line(1, text);
	menu_list_scroll(&m->list, rows);
	for (i = 0; i < rows && m->list.top + i < m->list.num; i++) {
		menu_row(&m->list, m->list.top + i, (unsigned int)COLS, text, sizeof(text));
		put_line(LINES_ABOVE + (int)i, text);
	}
}

static void draw_details(const struct menu *m)
{
	const struct menu_item *item = menu_list_selected(&m->list);
	int row = LINES_ABOVE, last = LINES - LINES_BELOW;
	char text[MENU_LINE_LEN];
	unsigned int i;

	put_line(1, item ? "DETAILS" : "DETAILS: nobody is selected");
	for (i = 0; item && row < last && menu_detail(item, i, text, sizeof(text)); i++)
		row += put_lines(row, last - row, text);
}

static void draw_help(void)
{
	static const char *const others[] = {
		"j, k, arrows    another machine; ^F, ^B by pages; g, G to the ends",
		"d, Enter        all that is known of it",
		"h, ?            this, and back",
		"^L              the screen anew",
		"q               quit",
	};
	const struct menu_action *a;
	unsigned int i, num;
	char text[128];
	int row = LINES_ABOVE;

	put_line(1, "KEY, AND COMMAND");
	a = menu_actions(&num);
	for (i = 0; i < num; i++) {
		snprintf(text, sizeof(text), "%c  %-8s %-3s %s", a[i].key, a[i].verb,
			 a[i].word ?: "", a[i].help);
		put_line(row++, text);
	}
	for (i = 0; i < ARRAY_SIZE(others); i++)
		put_line(row++, others[i]);
}

static const char keys[] =
"a approve  u/U auto  c/C ack  r reset  f forget  i install  d details  h help  q";

static void draw_below(const struct menu *m)
{
	const struct menu_item *item = menu_list_selected(&m->list);
	char text[MENU_LINE_LEN];
	int row = LINES - LINES_BELOW, skip;

	if (item && item->error[0] && m->page == PAGE_LIST) {
		snprintf(text, sizeof(text), "%s: %s", item->name, item->error);
		put_line(row, text);
	}
	put_line(row + 1, keys);
	menu_question(m, text, sizeof(text));
	/* Of what is typed, the end is to be seen. */
	skip = (int)strlen(text) - COLS + 1;
	if (!text[0])
		put_lines(row + 2, 2, m->said);
	else
		put_line(row + 2, m->mode == MODE_INPUT && skip > 0 ? text + skip : text);
	put_lines(row + 4, 2, m->run.command);
}

static void place_cursor(const struct menu *m)
{
	char text[MENU_LINE_LEN];
	int len;

	menu_question(m, text, sizeof(text));
	len = (int)strlen(text);
	if (m->mode != MODE_KEYS)
		wmove(stdscr, LINES - LINES_BELOW + 2, len < COLS ? len : COLS - 1);
	else
		wmove(stdscr, LINES_ABOVE + (int)(m->list.cursor - m->list.top), 0);
}

/**
 * menu_screen_draw() - show how all is now
 * @m: menu
 */
void menu_screen_draw(struct menu *m)
{
	werase(stdscr);
	draw_title(m);
	if (m->page == PAGE_LIST)
		draw_list(m);
	else if (m->page == PAGE_DETAILS)
		draw_details(m);
	else
		draw_help();
	draw_below(m);
	place_cursor(m);
	wrefresh(stdscr);
}
