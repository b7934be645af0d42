// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machines of a site, as they were heard of look by look. Whoever is not heard of any more
 * stays in the list: it is those an operator has to see to.
 */
#include <stdlib.h>

#include "fleet_menu_list.h"

/* No type of a device: there is none, or it is not known yet. */
static bool is_vague(const char *type)
{
	return !strcmp(type, "any") || !strcmp(type, "master");
}

static int compare(const struct menu_item *a, const struct menu_item *b)
{
	return strcmp(a->set, b->set) ?: strcmp(a->name, b->name) ?: strcmp(a->type, b->type);
}

static void remove_at(struct menu_list *l, unsigned int i)
{
	l->num--;
	memmove(l->items + i, l->items + i + 1, (l->num - i) * sizeof(*l->items));
	if (l->cursor > i || (l->cursor == l->num && l->cursor))
		l->cursor--;
}

/* The selection stays with the machine, not with the line; at first it is the first one. */
static unsigned int insert(struct menu_list *l, const struct menu_item *item)
{
	unsigned int i = 0, room = l->room ? l->room * 2 : 32;
	struct menu_item *items = l->items;

	if (l->num == l->room) {
		items = reallocarray(l->items, room, sizeof(*items));
		if (!items)
			return 0;
		l->items = items;
		l->room = room;
	}
	while (i < l->num && compare(items + i, item) <= 0)
		i++;
	memmove(items + i + 1, items + i, (l->num - i) * sizeof(*items));
	if (l->num && l->is_moved && i <= l->cursor)
		l->cursor++;
	l->num++;
	items[i] = *item;
	return i;
}

/* Its set may be another one now, and its place. */
static void replace(struct menu_list *l, struct menu_item *item, const struct menu_item *by)
{
	unsigned int i = (unsigned int)(item - l->items);
	bool is_selected = l->is_moved && l->cursor == i;

	if (!compare(item, by)) {
		*item = *by;
		return;
	}
	remove_at(l, i);
	i = insert(l, by);
	if (is_selected)
		l->cursor = i;
}

/*
 * The line of whom @new is about: of that device; or the one that stood for a machine without.
 * A machine with several devices of a type has several lines, in no certain order.
 */
static struct menu_item *find(const struct menu_list *l, const struct menu_item *new)
{
	struct menu_item *vague = NULL, *item;
	unsigned int i;

	for (i = 0; i < l->num; i++) {
		item = &l->items[i];
		if (strcmp(item->name, new->name))
			continue;
		if (!strcmp(item->type, new->type) && item->look != l->look)
			return item;
		if (is_vague(item->type) || is_vague(new->type))
			vague = vague ?: item;
	}
	return vague;
}

static void fill(struct menu_item *item, const struct message *m, const char *role)
{
	menu_plain(item->name, sizeof(item->name), m->name);
	menu_plain(item->role, sizeof(item->role), role);
	menu_plain(item->type, sizeof(item->type), m->module_type);
	menu_plain(item->set, sizeof(item->set), m->set);
	menu_plain(item->state, sizeof(item->state), m->state);
	menu_plain(item->version, sizeof(item->version), m->version);
	menu_plain(item->desired, sizeof(item->desired), m->desired);
	menu_plain(item->service, sizeof(item->service), m->service);
	menu_plain(item->outcome, sizeof(item->outcome), m->outcome);
	menu_plain(item->holder, sizeof(item->holder), m->holder);
	menu_plain(item->error, sizeof(item->error), m->error);
	item->progress = m->progress;
	item->sequence = m->sequence;
	item->order = m->order;
	item->epoch = m->epoch;
}

/* It says nothing, but is connected: all that it said before is what is known. */
static bool hear_silence(struct menu_list *l, const struct menu_item *new)
{
	bool is_known = false;
	unsigned int i;

	for (i = 0; i < l->num; i++) {
		struct menu_item *item = &l->items[i];

		if (strcmp(item->name, new->name))
			continue;
		memcpy(item->state, new->state, sizeof(item->state));
		memcpy(item->error, new->error, sizeof(item->error));
		item->look = l->look;
		is_known = true;
	}
	return is_known;
}

/**
 * menu_list_hear() - somebody is so
 * @l: list
 * @m: status
 * @role: of who has signed it, or an empty text if nobody has
 */
void menu_list_hear(struct menu_list *l, const struct message *m, const char *role)
{
	struct menu_item new = { .look = l->look }, *item;

	if (!strcmp(m->state, "desired")) {
		l->sequence = m->sequence;
		return;
	}
	fill(&new, m, role);
	if (!*role && hear_silence(l, &new))
		return;
	item = find(l, &new);
	if (!item) {
		insert(l, &new);
		return;
	}
	if (is_vague(new.type) && !is_vague(item->type)) {
		/* That it is a master as well is no news of a machine with devices. */
		if (!strcmp(new.type, "master"))
			return;
		memcpy(new.type, item->type, sizeof(new.type));
	}
	replace(l, item, &new);
}

/* A look begins: who is there? */
void menu_list_begin(struct menu_list *l)
{
	l->look++;
}

static bool is_heard(const struct menu_list *l, const char *name)
{
	unsigned int i;

	for (i = 0; i < l->num; i++)
		if (l->items[i].look == l->look && !strcmp(l->items[i].name, name))
			return true;
	return false;
}

/* All have answered who will. A machine that has, and lacks a device, has one less. */
void menu_list_end(struct menu_list *l)
{
	unsigned int i = 0;

	while (i < l->num) {
		struct menu_item *item = &l->items[i];

		if (item->look != l->look && is_heard(l, item->name)) {
			remove_at(l, i);
			continue;
		}
		if (item->look != l->look) {
			menu_plain(item->state, sizeof(item->state), "gone");
			menu_plain(item->error, sizeof(item->error), "it is not connected");
		}
		i++;
	}
}

static bool is_away(const struct menu_item *item)
{
	return !strcmp(item->state, "gone") || !strcmp(item->state, "silent");
}

/* It was forgotten by order. One that is connected all the same stays. */
void menu_list_drop(struct menu_list *l, const char *name)
{
	unsigned int i = 0;

	while (i < l->num) {
		if (strcmp(l->items[i].name, name) || !is_away(&l->items[i]))
			i++;
		else
			remove_at(l, i);
	}
}

/* The selection goes down by so many lines, or up, but not over an end. */
void menu_list_move(struct menu_list *l, int by)
{
	long to = (long)l->cursor + by;

	if (!l->num)
		return;
	l->is_moved = true;
	if (to < 0)
		to = 0;
	l->cursor = to < (long)l->num ? (unsigned int)to : l->num - 1;
}

/**
 * menu_list_scroll() - have the selection seen, and no empty lines at the end
 * @l: list
 * @rows: lines that can be seen
 */
void menu_list_scroll(struct menu_list *l, unsigned int rows)
{
	if (l->cursor < l->top)
		l->top = l->cursor;
	if (rows && l->cursor >= l->top + rows)
		l->top = l->cursor - rows + 1;
	if (l->top + rows > l->num)
		l->top = l->num > rows ? l->num - rows : 0;
}

/* Returns %NULL if there is none. */
const struct menu_item *menu_list_selected(const struct menu_list *l)
{
	return l->num ? &l->items[l->cursor] : NULL;
}

void menu_list_free(struct menu_list *l)
{
	free(l->items);
	memset(l, 0, sizeof(*l));
}
