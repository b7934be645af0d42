// SPDX-License-Identifier: GPL-2.0-only
/* What the menu of a site shows, without a terminal. */
#include <string.h>

#include "tap.h"
#include "fleet/fleet_menu_list.h"

static struct menu_list list;
static char text[MENU_MAX_COLUMNS + 1];

static void hear_all(const char *name, const char *type, const char *set, const char *state,
		     const char *error)
{
	static struct message m;

	memset(&m, 0, sizeof(m));
	m.type = MESSAGE_STATUS;
	m.progress = 42;
	strcpy(m.name, name);
	strcpy(m.module_type, type);
	strcpy(m.set, set);
	strcpy(m.state, state);
	strcpy(m.version, "1.1.0");
	strcpy(m.error, error);
	strcpy(m.service, "in");
	menu_list_hear(&list, &m, strcmp(state, "silent") ? "master" : "");
}

static void hear(const char *name, const char *set)
{
	hear_all(name, "hba-sim", set, "running", "");
}

/* look: at cells of these names, in that order */
static void look(const char *names)
{
	char copy[256], *name, *rest = copy;

	strcpy(copy, names);
	menu_list_begin(&list);
	while ((name = strtok_r(rest, " ", &rest)))
		hear(name, "");
	menu_list_end(&list);
}

static void fresh(void)
{
	menu_list_free(&list);
}

static bool names_are(const char *want)
{
	char have[256] = "";
	unsigned int i;

	for (i = 0; i < list.num; i++) {
		strcat(have, i ? " " : "");
		strcat(have, list.items[i].name);
	}
	if (!strcmp(have, want))
		return true;
	printf("# have '%s', want '%s'\n", have, want);
	return false;
}

static bool text_is(const char *want)
{
	if (!strcmp(text, want))
		return true;
	printf("# have '%s'\n# want '%s'\n", text, want);
	return false;
}

static bool row_is(unsigned int i, unsigned int columns, const char *want)
{
	menu_row(&list, i, columns, text, sizeof(text));
	return text_is(want);
}

static void order_and_selection(void)
{
	fresh();
	ok(!menu_list_selected(&list), "of none, none is selected");
	menu_list_move(&list, 1);
	is(list.cursor, 0, "nor by moving");
	menu_list_begin(&list);
	hear("b1", "B");
	hear("a2", "A");
	hear("c", "");
	hear("a1", "A");
	menu_list_end(&list);
	ok(names_are("c a1 a2 b1"), "by set and name");
	is(list.cursor, 0, "the first one is selected");
	menu_list_move(&list, 2);
	ok(!strcmp(menu_list_selected(&list)->name, "a2"), "another one is");
	hear("a0", "A");
	ok(!strcmp(menu_list_selected(&list)->name, "a2"), "it stays so when others come");
	menu_list_begin(&list);
	hear("a2", "Z");
	ok(!strcmp(menu_list_selected(&list)->name, "a2"), "and when it is in another set");
	ok(names_are("c a0 a1 b1 a2"), "with its place");
	menu_list_move(&list, 100);
	is(list.cursor, 4, "not below the last");
	menu_list_move(&list, -100);
	is(list.cursor, 0, "nor above the first");
}

static void who_is_gone(void)
{
	fresh();
	look("c1 c2 c3");
	look("c1 c3");
	ok(names_are("c1 c2 c3"), "who is not heard of any more is listed");
	ok(!strcmp(list.items[1].state, "gone"), "as gone");
	look("c3 c2 c1");
	ok(!strcmp(list.items[1].state, "running"), "until it is back");
	look("c1 c2");
	menu_list_move(&list, 2);
	menu_list_drop(&list, "c3");
	ok(names_are("c1 c2"), "or has been forgotten");
	is(list.cursor, 1, "then the last one is selected");
	menu_list_drop(&list, "c1");
	ok(names_are("c1 c2"), "who is there is not forgotten");
	menu_list_begin(&list);
	hear("c1", "");
	ok(!strcmp(list.items[1].state, "running"),
	   "nobody is gone before all have answered");
}

static void silence(void)
{
	fresh();
	look("c1");
	menu_list_begin(&list);
	hear_all("c1", "any", "", "silent", "it has not answered");
	menu_list_end(&list);
	is(list.num, 1, "who is silent has one line");
	ok(!strcmp(list.items[0].state, "silent") && !strcmp(list.items[0].type, "hba-sim"),
	   "with what it said before");
	menu_list_begin(&list);
	hear_all("c9", "any", "", "silent", "it has not answered");
	menu_list_end(&list);
	ok(names_are("c1 c9"), "also one that never said anything");
}

static void devices(void)
{
	fresh();
	menu_list_begin(&list);
	hear_all("c1", "master", "", "standby", "");
	hear_all("c1", "hba-sim", "", "running", "");
	menu_list_end(&list);
	is(list.num, 1, "a cell is a master, and has one line");
	ok(!strcmp(list.items[0].state, "running"), "which is the cell's");
	menu_list_begin(&list);
	hear_all("c1", "master", "", "standby", "");
	hear_all("c1", "any", "", "blank", "");
	menu_list_end(&list);
	is(list.num, 1, "also when its device cannot be asked");
	ok(!strcmp(list.items[0].state, "blank") && !strcmp(list.items[0].type, "hba-sim"),
	   "whose type is known");
	menu_list_begin(&list);
	hear_all("c1", "hba-sim", "", "running", "");
	hear_all("c1", "hba-sim", "", "running", "");
	hear_all("c1", "nic", "", "running", "");
	menu_list_end(&list);
	is(list.num, 3, "who has three devices has three lines");
	ok(row_is(2, 36, " c1 nic                   running"), "which tell them apart");
	look("c1");
	is(list.num, 1, "and less when it has less");
}

static void scrolling(void)
{
	fresh();
	look("c01 c02 c03 c04 c05 c06 c07 c08 c09 c10");
	menu_list_scroll(&list, 4);
	is(list.top, 0, "at first from the first one");
	menu_list_move(&list, 3);
	menu_list_scroll(&list, 4);
	is(list.top, 0, "as long as the selected one is seen");
	menu_list_move(&list, 1);
	menu_list_scroll(&list, 4);
	is(list.top, 1, "then by one line");
	menu_list_move(&list, -4);
	menu_list_scroll(&list, 4);
	is(list.top, 0, "and back");
	menu_list_move(&list, 9);
	menu_list_scroll(&list, 4);
	is(list.top, 6, "to the end");
	menu_list_scroll(&list, 8);
	is(list.top, 2, "a larger terminal has no empty lines");
	menu_list_scroll(&list, 20);
	is(list.top, 0, "unless it shows all");
	menu_list_scroll(&list, 1);
	is(list.top, 9, "one line is that of the selected one");
}

static void rows(void)
{
	fresh();
	menu_headings(80, text, sizeof(text));
	ok(text_is(" NAME            SET      STATE      VERSION   DESIRED   SERV %    PROBLEM"),
	   "what columns are called");
	menu_list_begin(&list);
	hear_all("c1", "hba-sim", "A", "errored", "hba.mrb is missing");
	hear_all("a-rather-long-name", "hba-sim", "B", "running", "");
	menu_list_end(&list);
	ok(row_is(0, 80, ">c1              A        errored    1.1.0               "
			 "in   42   hba.mrb is m~"),
	   "a sentence that does not fit is cut off");
	ok(row_is(0, 98, ">c1                    A        errored    1.1.0               "
			 "in   42   hba.mrb is missing"),
	   "on a wider terminal it is not");
	ok(row_is(1, 80,
		  " a-rather-long-~ B        running    1.1.0               in"),
	   "so is a name; what runs is not on its way");
	ok(row_is(1, 10, " a-rather~"), "a narrow terminal");
	ok(row_is(1, 1, " "), "hardly one");
	menu_summary(&list, text, sizeof(text));
	ok(text_is("manifest 0; 2 devices, 1 with a problem, 0 gone"), "and all of them");
}

static void bytes_of_others(void)
{
	fresh();
	menu_list_begin(&list);
	hear_all("c\033[2J", "hba-sim", "\x9bZ", "running", "a\nb\a\xc3\xa4");
	menu_list_end(&list);
	ok(!strcmp(list.items[0].name, "c?[2J") && !strcmp(list.items[0].set, "?Z") &&
	   !strcmp(list.items[0].error, "a?b???"), "nothing that terminals obey is shown");
	menu_list_begin(&list);
	hear_all("c\033[2J", "hba-sim", "", "running", "");
	menu_list_end(&list);
	is(list.num, 1, "and it is the same machine all the same");
}

static void all_of_one(void)
{
	unsigned int i = 0;
	bool has_problem = false;

	fresh();
	menu_list_begin(&list);
	hear_all("c1", "hba-sim", "A", "errored", "hba.mrb is missing");
	while (menu_detail(&list.items[0], i, text, sizeof(text))) {
		has_problem |= !strcmp(text, "problem         hba.mrb is missing");
		i++;
	}
	is(i, 15, "details have a line for each field");
	ok(has_problem, "one is what is wrong");
}

static void commands(void)
{
	static const char *const usual[] = {
		"codeswap", "fleet", "approve", "--master", "10.0.0.1", "c2", NULL
	};
	static const char *const odd[] = { "install", "/srv/it's here", "", NULL };
	char small[12];

	menu_command(usual, text, sizeof(text));
	ok(text_is("codeswap fleet approve --master 10.0.0.1 c2"), "a command");
	menu_command(odd, text, sizeof(text));
	ok(text_is("install '/srv/it'\\''s here' ''"), "what a shell would not take as it is");
	menu_command(usual, small, sizeof(small));
	ok(strlen(small) < sizeof(small), "one that is too long");
}

int main(void)
{
	order_and_selection();
	who_is_gone();
	silence();
	devices();
	scrolling();
	rows();
	bytes_of_others();
	all_of_one();
	commands();
	fresh();
	return tap_done();
}
