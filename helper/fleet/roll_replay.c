// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the lines of a journal to an update, as far as it had come. What has been ordered and
 * has no result is on its way: the order is said again, by its number, and who has heard it
 * does nothing twice.
 */
#include <stdint.h>
#include <stdlib.h>

#include "roll.h"

static bool get_text(struct json_object *line, const char *name, char *text, size_t room)
{
	struct json_object *value;

	if (!json_object_object_get_ex(line, name, &value) ||
	    !json_object_is_type(value, json_type_string) ||
	    (size_t)json_object_get_string_len(value) >= room)
		return false;
	snprintf(text, room, "%s", json_object_get_string(value));
	return true;
}

/* Journals from before there was such a field do not have it. */
static bool get_later_text(struct json_object *line, const char *name, char *text, size_t room)
{
	*text = '\0';
	return !json_object_object_get_ex(line, name, NULL) || get_text(line, name, text, room);
}

static bool get_number(struct json_object *line, const char *name, u64 *number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(line, name, &value) ||
	    !json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return false;
	*number = json_object_get_uint64(value);
	return true;
}

static bool get_unsigned(struct json_object *line, const char *name, unsigned int *number)
{
	u64 value;

	if (!get_number(line, name, &value) || value > UINT32_MAX)
		return false;
	*number = (unsigned int)value;
	return true;
}

static bool get_words(struct json_object *line, const char *name, char *first, size_t room,
		      unsigned int most, unsigned int *num)
{
	struct json_object *array;
	const char *word;
	size_t i;

	if (!json_object_object_get_ex(line, name, &array) ||
	    !json_object_is_type(array, json_type_array) ||
	    json_object_array_length(array) > most)
		return false;
	*num = (unsigned int)json_object_array_length(array);
	for (i = 0; i < *num; i++) {
		word = json_object_get_string(json_object_array_get_idx(array, i));
		if (!word || strlen(word) >= room)
			return false;
		snprintf(first + i * room, room, "%s", word);
	}
	return true;
}

static bool get_share(struct json_object *line, const char *name, struct roll_share *share)
{
	char text[16], *end;

	if (!get_text(line, name, text, sizeof(text)))
		return false;
	share->value = (unsigned int)strtoul(text, &end, 10);
	share->is_percent = *end == '%';
	return end != text;
}

static bool get_desired(struct roll *r, struct json_object *line)
{
	struct json_object *desired;

	if (!json_object_object_get_ex(line, "desired", &desired) ||
	    !json_object_is_type(desired, json_type_object))
		return false;
	json_object_object_foreach(desired, type, version)
		if (!roll_desires(r, type, json_object_get_string(version) ?: ""))
			return false;
	return true;
}

/* ---- one line each ---------------------------------------------------------------- */

static bool take_right(struct roll *r, struct json_object *line)
{
	r->phase = ROLL_RUNNING;
	r->why[0] = '\0';
	return get_number(line, "epoch", &r->epoch) &&
	       get_text(line, "holder", r->holder, sizeof(r->holder));
}

static bool take_begin(struct roll *r, struct json_object *line)
{
	struct roll_rules *o = &r->rules;

	return r->phase == ROLL_NONE && take_right(r, line) &&
	       get_words(line, "sets", o->sets[0], sizeof(o->sets[0]), ROLL_MAX_SETS,
			 &o->num_sets) &&
	       get_share(line, "max-unavailable", &o->max_unavailable) &&
	       get_unsigned(line, "success", &o->success) &&
	       get_unsigned(line, "stop-on-errors", &o->stop_on_errors) &&
	       get_unsigned(line, "canary", &o->canary) &&
	       get_unsigned(line, "node-seconds", &o->node_seconds) &&
	       get_text(line, "method", o->method, sizeof(o->method)) &&
	       get_words(line, "masters", o->masters[0], sizeof(o->masters[0]),
			 ROLL_MAX_MASTERS, &o->num_masters) &&
	       get_text(line, "tls", o->tls_dir, sizeof(o->tls_dir)) &&
	       get_text(line, "etcd", o->etcd, sizeof(o->etcd)) &&
	       get_later_text(line, "etcd-tls", o->etcd_tls, sizeof(o->etcd_tls)) &&
	       get_text(line, "site", o->site, sizeof(o->site)) &&
	       get_number(line, "sequence", &r->sequence) && get_desired(r, line);
}

/* Who had failed may have been mended; the time of who is on its way begins anew. */
void roll_try_again(struct roll *r)
{
	unsigned int i;

	for (i = 0; i < r->num_members; i++) {
		r->members[i].since = 0;
		if (r->members[i].standing == ROLL_FAILED)
			r->members[i].standing = ROLL_TO_DO;
	}
}

static bool take_resumed(struct roll *r, struct json_object *line)
{
	roll_try_again(r);
	return take_right(r, line);
}

static bool take_member(struct roll *r, struct json_object *line)
{
	char name[MESSAGE_NAME_LEN], set[MESSAGE_SET_LEN];
	struct roll_member *m;

	if (!get_text(line, "name", name, sizeof(name)) ||
	    !get_text(line, "set", set, sizeof(set)))
		return false;
	m = roll_find(r, name) ?: roll_add(r, name, set);
	if (m)
		m->is_noted = true;
	return m;
}

static bool take_group(struct roll *r, struct json_object *line)
{
	struct json_object *names = json_object_object_get(line, "names");
	bool canary = json_object_get_boolean(json_object_object_get(line, "canary"));
	struct roll_member *m;
	size_t i;

	if (!get_number(line, "order", &r->last_order) ||
	    !json_object_is_type(names, json_type_array))
		return false;
	for (i = 0; i < json_object_array_length(names); i++) {
		m = roll_find(r, json_object_get_string(json_object_array_get_idx(names, i)) ?: "");
		if (!m)
			return false;
		m->standing = ROLL_ORDERED;
		m->was_ordered = true;
		m->is_canary |= canary;
		m->ordered = r->last_order;
	}
	return true;
}

static bool take_result(struct roll *r, struct json_object *line)
{
	char name[MESSAGE_NAME_LEN], result[16];
	struct roll_member *m;

	if (!get_text(line, "name", name, sizeof(name)) ||
	    !get_text(line, "result", result, sizeof(result)))
		return false;
	m = roll_find(r, name);
	if (!m || !get_text(line, "why", m->why, sizeof(m->why)))
		return false;
	m->standing = strcmp(result, "done") ? ROLL_FAILED : ROLL_DONE;
	return true;
}

static bool take_set(struct roll *r, struct json_object *line)
{
	char set[MESSAGE_SET_LEN];
	int i;

	if (!get_text(line, "set", set, sizeof(set)))
		return false;
	i = roll_set_index(r, set);
	if (i >= 0)
		r->set_done[i] = true;
	return i >= 0;
}

static bool take_forgotten(struct roll *r, struct json_object *line)
{
	char name[MESSAGE_NAME_LEN];

	if (!get_text(line, "why", name, sizeof(name)))
		return false;
	roll_forget(r, name);
	return true;
}

static bool take_paused(struct roll *r, struct json_object *line)
{
	r->phase = ROLL_PAUSED;
	return get_text(line, "why", r->why, sizeof(r->why));
}

static bool take_stopped(struct roll *r, struct json_object *line)
{
	r->phase = ROLL_STOPPED;
	return get_text(line, "why", r->why, sizeof(r->why));
}

static bool take_end(struct roll *r, struct json_object *line)
{
	r->phase = ROLL_ENDED;
	return get_text(line, "why", r->why, sizeof(r->why));
}

static const struct {
	const char *event;
	bool (*take)(struct roll *r, struct json_object *line);
} events[] = {
	{ "begin", take_begin },
	{ "resumed", take_resumed },
	{ "member", take_member },
	{ "group", take_group },
	{ "result", take_result },
	{ "set", take_set },
	{ "forgotten", take_forgotten },
	{ "paused", take_paused },
	{ "stopped", take_stopped },
	{ "end", take_end },
};

static bool take_line(struct roll *r, struct json_object *line)
{
	char event[32];
	size_t i;

	if (!get_text(line, "event", event, sizeof(event)))
		return false;
	/* It all begins with what is wanted. */
	if (r->phase == ROLL_NONE && strcmp(event, "begin"))
		return false;
	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (!strcmp(event, events[i].event))
			return events[i].take(r, line);
	return false;
}

/**
 * roll_replay() - where an update is by its journal
 * @r: a new one
 * @j: journal
 * @err: set on failure
 *
 * Return: 0, or -EBADMSG: it says what this program does not write.
 */
int roll_replay(struct roll *r, const struct journal *j, struct mrb_error *err)
{
	unsigned int i;

	for (i = 0; i < journal_lines(j); i++)
		if (!take_line(r, journal_line(j, i)))
			return mrb_refuse(err, -EBADMSG,
					  "the journal's line %u says what this version does not know: %.120s",
					  i + 1, json_object_get_string(journal_line(j, i)));
	return 0;
}
