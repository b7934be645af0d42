/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the menu of a site shows, without a terminal: the machines, which of them is
 * selected, which part of the list is seen, and what lines say. All text in it can be shown
 * on any terminal: what is no ASCII character is a question mark.
 */
#ifndef FLEET_MENU_LIST_H
#define FLEET_MENU_LIST_H

#include "message.h"

#define MENU_MAX_COLUMNS	512
#define MENU_TITLE_LEN		96

/**
 * struct menu_item - a device of a machine; or a machine of which no device is known
 * @name: of the machine
 * @role: of its certificate
 * @type: of the device; "any" or "master" if there is none
 * @set: see &struct message, as for the next ones
 * @state: the same, or "gone": the last look has not found it
 * @version: the same
 * @desired: the same
 * @service: the same
 * @outcome: the same
 * @holder: the same
 * @error: the same
 * @progress: the same
 * @sequence: the same
 * @order: the same
 * @epoch: the same
 * @look: the last one that has found it
 */
struct menu_item {
	char name[MESSAGE_NAME_LEN];
	char role[MESSAGE_STATE_LEN];
	char type[MRB_TYPE_LEN];
	char set[MESSAGE_SET_LEN];
	char state[MESSAGE_STATE_LEN];
	char version[MESSAGE_VERSION_LEN];
	char desired[MESSAGE_VERSION_LEN];
	char service[MESSAGE_STATE_LEN];
	char outcome[MESSAGE_STATE_LEN];
	char holder[MESSAGE_NAME_LEN];
	char error[MESSAGE_TEXT_LEN];
	u64 progress;
	u64 sequence;
	u64 order;
	u64 epoch;
	unsigned int look;
};

/**
 * struct menu_list - all of them, by set and name
 * @items: they
 * @num: entries in @items
 * @room: entries that @items has room for
 * @look: number of the look that is on, or was the last one
 * @cursor: the one that is selected
 * @top: the first that is seen
 * @is_moved: the operator has selected that one
 * @sequence: of the manifest of the master that is asked
 */
struct menu_list {
	struct menu_item *items;
	unsigned int num;
	unsigned int room;
	unsigned int look;
	unsigned int cursor;
	unsigned int top;
	bool is_moved;
	u64 sequence;
};

/* fleet_menu_list.c */
void menu_list_begin(struct menu_list *l);
void menu_list_hear(struct menu_list *l, const struct message *m, const char *role);
void menu_list_end(struct menu_list *l);
void menu_list_drop(struct menu_list *l, const char *name);
void menu_list_move(struct menu_list *l, int by);
void menu_list_scroll(struct menu_list *l, unsigned int rows);
const struct menu_item *menu_list_selected(const struct menu_list *l);
void menu_list_free(struct menu_list *l);

/* fleet_menu_text.c */
void menu_plain(char *to, size_t room, const char *from);
void menu_headings(unsigned int columns, char *text, size_t room);
void menu_row(const struct menu_list *l, unsigned int i, unsigned int columns, char *text,
	      size_t room);
void menu_summary(const struct menu_list *l, char *text, size_t room);
bool menu_detail(const struct menu_item *item, unsigned int line, char *text, size_t room);
void menu_command(const char *const *words, char *text, size_t room);

#endif /* FLEET_MENU_LIST_H */
