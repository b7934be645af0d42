// SPDX-License-Identifier: GPL-2.0-or-later
/* What keys do. */
#include <curses.h>

#include "fleet_menu.h"

#define KEY_ESCAPE	27
#define KEY_DELETE	127
#define CTRL(c)		((c) & 0x1f)

static const struct menu_action actions[] = {
	{
		.key = 'a',
		.verb = "approve",
		.help = "what the cell waits for may happen, once",
		.question = "approve what",
		.rest = " waits for",
		.everywhere = "all cells",
	}, {
		.key = 'u',
		.verb = "auto",
		.word = "on",
		.help = "from now on the cell waits for nobody (auto-update)",
		.question = "switch auto-update on at",
		.everywhere = "all cells",
	}, {
		.key = 'U',
		.verb = "auto",
		.word = "off",
		.help = "it waits for an operator again",
		.question = "switch auto-update off at",
		.everywhere = "all cells",
	}, {
		.key = 'c',
		.verb = "ack",
		.word = "on",
		.help = "the cell gives to who has asked (acknowledged)",
		.question = "have",
		.rest = " wait for requests",
		.everywhere = "all cells",
	}, {
		.key = 'C',
		.verb = "ack",
		.word = "off",
		.help = "it gives to who is errored, too, and has not asked",
		.question = "have",
		.rest = " give without request",
		.everywhere = "all cells",
	}, {
		.key = 'r',
		.verb = "reset",
		.help = "nodes' devices of that type go back to their boot program",
		.question = "reset all nodes' devices of type",
		.everywhere = "all types",
		.is_of_type = true,
	}, {
		.key = 'f',
		.verb = "forget",
		.help = "a machine will not come back, and is no member any more",
		.question = "forget",
		.input = "name of who will not come back",
	}, {
		.key = 'i',
		.verb = "install",
		.help = "bring a manifest and its images to the master",
		.question = "install",
		.input = "directory of site.manifest and its images",
	},
};

const struct menu_action *menu_actions(unsigned int *num)
{
	*num = ARRAY_SIZE(actions);
	return actions;
}

static void say(struct menu *m, const char *text)
{
	snprintf(m->said, sizeof(m->said), "%s", text);
}

/**
 * menu_question() - what the menu wants to know
 * @m: menu
 * @text: set; empty if it wants to know nothing
 * @room: of @text
 */
void menu_question(const struct menu *m, char *text, size_t room)
{
	const struct menu_action *a = m->action;

	text[0] = '\0';
	if (m->mode == MODE_INPUT)
		snprintf(text, room, "%s: %s", a->input, m->input);
	if (m->mode != MODE_CONFIRM)
		return;
	snprintf(text, room, "%s %s%s? y: yes%s%s, other keys: no", a->question, m->input,
		 a->rest ?: "", a->everywhere ? ", A: at " : "", a->everywhere ?: "");
}

static const char *subject(const struct menu_action *action, const struct menu_item *item)
{
	if (!item || !strcmp(action->verb, "install"))
		return "";
	return action->is_of_type ? item->type : item->name;
}

static void begin(struct menu *m, const struct menu_action *action)
{
	const struct menu_item *item = menu_list_selected(&m->list);

	if (m->run.pid) {
		snprintf(m->said, sizeof(m->said), "%s is not over yet", m->run.verb);
		return;
	}
	if (!item && !action->input) {
		say(m, "nobody is selected");
		return;
	}
	if (item && action->is_of_type &&
	    (!strcmp(item->type, "any") || !strcmp(item->type, "master"))) {
		snprintf(m->said, sizeof(m->said), "no device of %s is known", item->name);
		return;
	}
	m->action = action;
	m->said[0] = '\0';
	snprintf(m->input, sizeof(m->input), "%s", subject(action, item));
	m->mode = action->input ? MODE_INPUT : MODE_CONFIRM;
}

static void confirm(struct menu *m, int key)
{
	m->mode = MODE_KEYS;
	if (key == 'y')
		menu_run(m, m->action, m->input);
	else if (key == 'A' && m->action->everywhere)
		menu_run(m, m->action, "");
	else
		say(m, "nothing is done");
}

static void edit(struct menu *m, int key)
{
	size_t len = strlen(m->input);

	if (key == KEY_ESCAPE || ((key == '\n' || key == '\r' || key == KEY_ENTER) && !len)) {
		m->mode = MODE_KEYS;
		say(m, "nothing is done");
	} else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		m->mode = MODE_CONFIRM;
	} else if (key == KEY_BACKSPACE || key == KEY_DELETE || key == CTRL('h')) {
		m->input[len ? len - 1 : 0] = '\0';
	} else if (key == CTRL('u')) {
		m->input[0] = '\0';
	} else if (key >= ' ' && key < 256 && len + 1 < sizeof(m->input)) {
		m->input[len] = (char)key;
		m->input[len + 1] = '\0';
	}
}

/* Returns whether it was such a key. */
static bool move_to(struct menu *m, int key)
{
	int rows = (int)menu_screen_rows();

	switch (key) {
	case KEY_UP:
	case 'k':
		menu_list_move(&m->list, -1);
		return true;
	case KEY_DOWN:
	case 'j':
		menu_list_move(&m->list, 1);
		return true;
	case KEY_PPAGE:
	case CTRL('b'):
		menu_list_move(&m->list, -rows);
		return true;
	case KEY_NPAGE:
	case CTRL('f'):
		menu_list_move(&m->list, rows);
		return true;
	case KEY_HOME:
	case 'g':
		menu_list_move(&m->list, -(int)m->list.num);
		return true;
	case KEY_END:
	case 'G':
		menu_list_move(&m->list, (int)m->list.num);
		return true;
	default:
		return false;
	}
}

static void leave(struct menu *m)
{
	if (m->page == PAGE_LIST)
		menu_quit(m);
	m->page = PAGE_LIST;
}

static void command(struct menu *m, int key)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(actions); i++)
		if (actions[i].key == key)
			begin(m, &actions[i]);
}

/**
 * menu_key() - the operator has pressed a key
 * @m: menu
 * @key: as curses has it
 */
void menu_key(struct menu *m, int key)
{
	if (m->mode == MODE_CONFIRM) {
		confirm(m, key);
	} else if (m->mode == MODE_INPUT) {
		edit(m, key);
	} else if (!move_to(m, key)) {
		switch (key) {
		case 'q':
			leave(m);
			break;
		case KEY_ESCAPE:
			m->page = PAGE_LIST;
			break;
		case 'd':
		case '\n':
		case '\r':
		case KEY_ENTER:
			m->page = m->page == PAGE_DETAILS ? PAGE_LIST : PAGE_DETAILS;
			break;
		case 'h':
		case '?':
			m->page = m->page == PAGE_HELP ? PAGE_LIST : PAGE_HELP;
			break;
		case CTRL('l'):
			menu_screen_resize();
			break;
		default:
			command(m, key);
		}
	}
}
