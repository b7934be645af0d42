// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plan, as it would be carried out if nobody failed; and a journal, as a page.
 */
#include <stdlib.h>

#include "../codeswap.h"
#include "roll_run.h"

/* ---- plans ------------------------------------------------------------------------ */

static struct json_object *member_json(const struct roll_member *m)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "name", json_object_new_string(m->name));
	json_object_object_add(o, "type", json_object_new_string(m->type));
	json_object_object_add(o, "state", json_object_new_string(m->state));
	json_object_object_add(o, "version", json_object_new_string(m->version));
	json_object_object_add(o, "desired", json_object_new_string(m->desired));
	json_object_object_add(o, "in-service", json_object_new_boolean(m->in_service));
	return o;
}

static struct json_object *group_json(const struct roll *r, const struct roll_step *step)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	unsigned int i;

	json_object_object_add(o, "set", json_object_new_string(r->rules.sets[step->set]));
	json_object_object_add(o, "canary", json_object_new_boolean(step->canary));
	for (i = 0; i < step->num; i++)
		json_object_array_add(list, member_json(step->members[i]));
	json_object_object_add(o, "members", list);
	return o;
}

static void print_group(const struct roll *r, const struct roll_step *step, unsigned int number)
{
	const struct roll_member *m;
	unsigned int i;

	printf("group %u, set %s%s\n", number, r->rules.sets[step->set],
	       step->canary ? ", canary" : "");
	for (i = 0; i < step->num; i++) {
		m = step->members[i];
		printf("  %-20s %-16s %s -> %s", m->name, m->type,
		       m->version[0] ? m->version : "nothing", m->desired);
		printf("%s%s\n", m->in_service ? "" : ", out of service now: ",
		       m->in_service ? "" : m->state);
	}
}

/* What has been ordered is well at once; who is out of service already comes back. */
static void carry_out(struct roll *r, const struct roll_step *step)
{
	unsigned int i;

	for (i = 0; i < step->num; i++) {
		step->members[i]->standing = ROLL_DONE;
		step->members[i]->is_current = true;
		step->members[i]->in_service = true;
		step->members[i]->is_canary |= step->canary;
	}
	if (step->action == ROLL_SET_DONE)
		r->set_done[step->set] = true;
}

/* Who would keep it from going on, since nobody orders it anything. */
static void print_hindrances(const struct roll *r, struct json_object *list)
{
	const struct roll_member *m;
	unsigned int i;

	for (i = 0; i < r->num_members; i++) {
		m = &r->members[i];
		if (m->in_service || !m->is_current)
			continue;
		if (list)
			json_object_array_add(list, member_json(m));
		else
			printf("%s of set %s is not in service: it is awaited for %u s: %s %s\n",
			       m->name, m->set, r->rules.node_seconds, m->state, m->error);
	}
}

static void print_rules(const struct roll *r)
{
	const struct roll_rules *o = &r->rules;

	printf("it stops if\n");
	printf("  more than %u %% of %u members fail, each within %u s, or a canary does\n",
	       o->stop_on_errors, r->num_members, o->node_seconds);
	printf("  less than %u %% of a set are in service with the new version at its end\n",
	       o->success);
	printf("  the right to update is lost\n");
}

/**
 * roll_show_plan() - what an update would do
 * @r: update that has not begun; it is used up
 * @json: as JSON
 */
void roll_show_plan(struct roll *r, bool json)
{
	struct json_object *root = json_object_new_object(), *groups = json_object_new_array();
	struct json_object *hindrances = json_object_new_array();
	struct roll_step *step = calloc(1, sizeof(*step));
	unsigned int number = 0;

	json_object_object_add(root, "sequence", json_object_new_uint64(r->sequence));
	json_object_object_add(root, "method", json_object_new_string(r->rules.method));
	json_object_object_add(root, "groups", groups);
	json_object_object_add(root, "waited-for", hindrances);
	if (!json)
		printf("to manifest %llu, by %s\n", r->sequence, r->rules.method);
	print_hindrances(r, json ? hindrances : NULL);
	while (step) {
		roll_next(r, step);
		if (step->action != ROLL_ORDER && step->action != ROLL_SET_DONE)
			break;
		if (step->action == ROLL_ORDER && json)
			json_object_array_add(groups, group_json(r, step));
		else if (step->action == ROLL_ORDER)
			print_group(r, step, ++number);
		carry_out(r, step);
	}
	if (json)
		puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY));
	else if (number)
		print_rules(r);
	else
		puts("there is nothing to be ordered");
	json_object_put(root);
	free(step);
}

/* ---- journals --------------------------------------------------------------------- */

static const char *const phases[] = {
	[ROLL_NONE] = "has not begun",
	[ROLL_RUNNING] = "is going on, or its orchestrator has died, and it can be resumed",
	[ROLL_PAUSED] = "is paused",
	[ROLL_STOPPED] = "has stopped",
	[ROLL_ENDED] = "has ended",
};

static const char *const standings[] = {
	[ROLL_TO_DO] = "to do",
	[ROLL_ORDERED] = "on its way",
	[ROLL_DONE] = "done",
	[ROLL_FAILED] = "failed",
};

static void print_members(const struct roll *r)
{
	const struct roll_member *m;
	unsigned int set, i;

	printf("%-16s %-20s %-11s %s\n", "SET", "MEMBER", "STANDING", "WHY");
	for (set = 0; set < r->rules.num_sets; set++) {
		for (i = 0; i < r->num_members; i++) {
			m = &r->members[i];
			if (!strcmp(m->set, r->rules.sets[set]))
				printf("%-16s %-20s %-11s %s\n", m->set, m->name,
				       standings[m->standing],
				       m->standing == ROLL_FAILED ? m->why : "");
		}
	}
}

static void show_json(const struct journal *j, const struct roll *r)
{
	struct json_object *root = json_object_new_object(), *lines = json_object_new_array();
	static const char *const words[] = { "none", "running", "paused", "stopped", "ended" };
	unsigned int i;

	json_object_object_add(root, "phase", json_object_new_string(words[r->phase]));
	json_object_object_add(root, "why", json_object_new_string(r->why));
	json_object_object_add(root, "sequence", json_object_new_uint64(r->sequence));
	for (i = 0; i < journal_lines(j); i++)
		json_object_array_add(lines, json_object_get(journal_line(j, i)));
	json_object_object_add(root, "journal", lines);
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY));
	json_object_put(root);
}

/**
 * roll_show_journal() - how far an update is, and how it came there
 * @j: its journal
 * @r: replayed from it
 * @json: as JSON
 */
void roll_show_journal(const struct journal *j, const struct roll *r, bool json)
{
	struct json_object *line;
	char text[1024];
	unsigned int i;

	if (json) {
		show_json(j, r);
		return;
	}
	printf("the update to manifest %llu %s%s%s\n\n", r->sequence, phases[r->phase],
	       r->why[0] ? ": " : "", r->why);
	print_members(r);
	puts("");
	for (i = 0; i < journal_lines(j); i++) {
		line = journal_line(j, i);
		roll_sentence(line, text, sizeof(text));
		printf("%s %s\n", json_object_get_string(json_object_object_get(line, "time")),
		       text);
	}
}
