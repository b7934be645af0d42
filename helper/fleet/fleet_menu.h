/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * codeswap fleet menu: the menu of a site. One event loop: looks at the site, keys, signals,
 * and the command that was begun by a key are events of it, so that none waits for another.
 */
#ifndef FLEET_MENU_H
#define FLEET_MENU_H

#include <sys/types.h>

#include "fleet_menu_list.h"
#include "fleet_talk.h"

#define MENU_INPUT_LEN	256
#define MENU_LINE_LEN	1024

/* Words of a command: options with their values, and what it is about. */
#define MENU_MAX_WORDS	(10 + 2 * FLEET_MAX_MASTERS)

enum menu_page {
	PAGE_LIST,
	PAGE_DETAILS,
	PAGE_HELP,
};

enum menu_mode {
	MODE_KEYS,	/* a key is an action */
	MODE_INPUT,	/* or a character of an answer */
	MODE_CONFIRM,	/* or yes, or no */
};

struct menu_action;

/**
 * struct menu_run - a command
 * @pid: of it, or 0: none is on
 * @verb: of it
 * @name: what it is about, or an empty text
 * @command: as it can be typed into a shell; of the last one, too
 * @pipe: what it prints; of the menu
 * @event: something is in there
 * @text: what it has printed
 * @len: bytes in @text
 */
struct menu_run {
	pid_t pid;
	const char *verb;
	char name[MENU_INPUT_LEN];
	char command[MENU_LINE_LEN];
	int pipe;
	struct event *event;
	char text[MENU_LINE_LEN];
	size_t len;
};

/**
 * struct menu - all of it
 * @fleet: site
 * @masters: as they were given
 * @tls: the same, or %NULL
 * @list: machines
 * @lost: why the master does not answer, or an empty text
 * @asked: when it was asked last
 * @is_asked: and has not answered yet
 * @is_due: it is to be asked anew
 * @page: what is seen
 * @mode: what keys mean
 * @action: what is to be confirmed
 * @input: what it is about; with %MODE_INPUT, what has been typed
 * @run: command that is on, or was last
 * @said: what is to be said below
 * @quit: it is over
 */
struct menu {
	struct fleet fleet;
	const char *masters[FLEET_MAX_MASTERS];
	const char *tls;
	struct menu_list list;
	char lost[MESSAGE_TEXT_LEN];
	u64 asked;
	bool is_asked;
	bool is_due;
	enum menu_page page;
	enum menu_mode mode;
	const struct menu_action *action;
	char input[MENU_INPUT_LEN];
	struct menu_run run;
	char said[MENU_LINE_LEN];
	bool quit;
};

/**
 * struct menu_action - what a key does
 * @key: it
 * @is_of_type: it is not about one machine, but about all of its device's type
 * @verb: of the command
 * @word: in front of the names, or %NULL
 * @help: what it does
 * @question: what is asked before; what it is about follows
 * @rest: and this, or %NULL
 * @everywhere: the same, if it may be about all, or %NULL
 * @input: what is asked for first, or %NULL: it is about the selected machine
 */
struct menu_action {
	int key;
	bool is_of_type;
	const char *verb;
	const char *word;
	const char *help;
	const char *question;
	const char *rest;
	const char *everywhere;
	const char *input;
};

/* fleet_menu.c */
void menu_quit(struct menu *m);

/* fleet_menu_keys.c */
const struct menu_action *menu_actions(unsigned int *num);
void menu_key(struct menu *m, int key);
void menu_question(const struct menu *m, char *text, size_t room);

/* fleet_menu_run.c */
void menu_run(struct menu *m, const struct menu_action *action, const char *name);
void menu_run_stop(struct menu *m);

/* fleet_menu_screen.c */
int menu_screen_begin(void);
void menu_screen_end(void);
void menu_screen_resize(void);
int menu_screen_key(void);
unsigned int menu_screen_rows(void);
void menu_screen_draw(struct menu *m);

#endif /* FLEET_MENU_H */
