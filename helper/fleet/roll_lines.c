// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lines of a journal, and the sentences that people read of them. Times are in UTC.
 */
#include <time.h>

#include "roll.h"

static void add_text(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, json_object_new_string(text));
}

static void add_number(struct json_object *o, const char *name, u64 number)
{
	json_object_object_add(o, name, json_object_new_uint64(number));
}

/* A line with its time, to be added to. */
struct json_object *roll_line(const char *event)
{
	struct json_object *o = json_object_new_object();
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	add_text(o, "time", text);
	add_text(o, "event", event);
	return o;
}

static struct json_object *words(const char *first, size_t room, unsigned int num)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < num; i++)
		json_object_array_add(array, json_object_new_string(first + i * room));
	return array;
}

static void add_share(struct json_object *o, const char *name, const struct roll_share *share)
{
	char text[16];

	snprintf(text, sizeof(text), "%u%s", share->value, share->is_percent ? "%" : "");
	add_text(o, name, text);
}

/* Everything that it takes to go on with it. */
struct json_object *roll_line_begin(const struct roll *r)
{
	const struct roll_rules *rules = &r->rules;
	struct json_object *o = roll_line("begin"), *desired = json_object_new_object();
	unsigned int i;

	json_object_object_add(o, "sets",
			       words(rules->sets[0], sizeof(rules->sets[0]), rules->num_sets));
	add_share(o, "max-unavailable", &rules->max_unavailable);
	add_number(o, "success", rules->success);
	add_number(o, "stop-on-errors", rules->stop_on_errors);
	add_number(o, "canary", rules->canary);
	add_number(o, "node-seconds", rules->node_seconds);
	add_text(o, "method", rules->method);
	json_object_object_add(o, "masters", words(rules->masters[0], sizeof(rules->masters[0]),
						   rules->num_masters));
	add_text(o, "tls", rules->tls_dir);
	add_text(o, "etcd", rules->etcd);
	add_text(o, "etcd-tls", rules->etcd_tls);
	add_text(o, "site", rules->site);
	add_number(o, "sequence", r->sequence);
	for (i = 0; i < r->num_desired; i++)
		add_text(desired, r->desired[i].type, r->desired[i].version);
	json_object_object_add(o, "desired", desired);
	add_number(o, "epoch", r->epoch);
	add_text(o, "holder", r->holder);
	return o;
}

/* Somebody else orders from now on; who had failed is given another try. */
struct json_object *roll_line_resumed(const struct roll *r)
{
	struct json_object *o = roll_line("resumed");

	add_number(o, "epoch", r->epoch);
	add_text(o, "holder", r->holder);
	return o;
}

struct json_object *roll_line_member(const struct roll_member *m)
{
	struct json_object *o = roll_line("member");

	add_text(o, "name", m->name);
	add_text(o, "set", m->set);
	add_text(o, "version", m->version);
	return o;
}

struct json_object *roll_line_group(const struct roll *r, const struct roll_step *step,
				    u64 number)
{
	struct json_object *o = roll_line("group"), *names = json_object_new_array();
	unsigned int i;

	add_number(o, "order", number);
	add_text(o, "set", r->rules.sets[step->set]);
	json_object_object_add(o, "canary", json_object_new_boolean(step->canary));
	for (i = 0; i < step->num; i++)
		json_object_array_add(names, json_object_new_string(step->members[i]->name));
	json_object_object_add(o, "names", names);
	return o;
}

struct json_object *roll_line_result(const struct roll_member *m)
{
	struct json_object *o = roll_line("result");

	add_text(o, "name", m->name);
	add_text(o, "set", m->set);
	add_text(o, "result", m->standing == ROLL_DONE ? "done" : "failed");
	add_text(o, "version", m->version);
	add_text(o, "why", m->why);
	return o;
}

struct json_object *roll_line_set(const struct roll *r, const struct roll_step *step)
{
	struct json_object *o = roll_line("set");

	add_text(o, "set", r->rules.sets[step->set]);
	add_number(o, "good", step->good);
	add_number(o, "total", step->total);
	return o;
}

/* Paused, stopped, forgotten, end: whatever there is to be said of it. */
struct json_object *roll_line_why(const char *event, const char *why)
{
	struct json_object *o = roll_line(event);

	add_text(o, "why", why);
	return o;
}

/* ---- sentences -------------------------------------------------------------------- */

static const char *text_of(struct json_object *o, const char *name)
{
	return json_object_get_string(json_object_object_get(o, name)) ?: "";
}

/* "node1, node2", as far as there is room. */
static void list(struct json_object *names, char *text, size_t room)
{
	size_t i, at = 0;

	*text = '\0';
	for (i = 0; i < json_object_array_length(names) && at < room; i++)
		at += (size_t)snprintf(text + at, room - at, "%s%s", i ? ", " : "",
				       json_object_get_string(json_object_array_get_idx(names, i)));
}

static void say_begin(struct json_object *o, char *text, size_t room)
{
	char sets[256];

	list(json_object_object_get(o, "sets"), sets, sizeof(sets));
	snprintf(text, room, "update to manifest %s, sets %s, by %s, in epoch %s of %s",
		 text_of(o, "sequence"), sets, text_of(o, "method"), text_of(o, "epoch"),
		 text_of(o, "holder"));
}

static void say_group(struct json_object *o, char *text, size_t room)
{
	char names[512];

	list(json_object_object_get(o, "names"), names, sizeof(names));
	snprintf(text, room, "set %s: %s%s: order %s", text_of(o, "set"),
		 json_object_get_boolean(json_object_object_get(o, "canary")) ? "canary " : "",
		 names, text_of(o, "order"));
}

static void say_result(struct json_object *o, char *text, size_t room)
{
	bool done = !strcmp(text_of(o, "result"), "done");

	if (done)
		snprintf(text, room, "set %s: %s is in service with version %s", text_of(o, "set"),
			 text_of(o, "name"), text_of(o, "version"));
	else
		snprintf(text, room, "set %s: %s has failed: %s", text_of(o, "set"),
			 text_of(o, "name"), text_of(o, "why"));
}

/**
 * roll_sentence() - what a line says, for people
 * @line: of a journal
 * @text: set
 * @room: bytes of @text
 */
void roll_sentence(struct json_object *line, char *text, size_t room)
{
	const char *event = text_of(line, "event"), *why = text_of(line, "why");

	if (!strcmp(event, "begin"))
		say_begin(line, text, room);
	else if (!strcmp(event, "group"))
		say_group(line, text, room);
	else if (!strcmp(event, "result"))
		say_result(line, text, room);
	else if (!strcmp(event, "member"))
		snprintf(text, room, "set %s: %s is a member, with version %s",
			 text_of(line, "set"), text_of(line, "name"), text_of(line, "version"));
	else if (!strcmp(event, "set"))
		snprintf(text, room, "set %s is done: %s of %s are in service with the new version",
			 text_of(line, "set"), text_of(line, "good"), text_of(line, "total"));
	else if (!strcmp(event, "resumed"))
		snprintf(text, room, "resumed, in epoch %s of %s", text_of(line, "epoch"),
			 text_of(line, "holder"));
	else
		snprintf(text, room, "%s%s%s", event, *why ? ": " : "", why);
}
