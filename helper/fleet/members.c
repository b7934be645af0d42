// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Members of redundant sets. Who has been one stays one, even if it is dead or this machine
 * starts anew, until an operator says that it is none any more: else a set whose members have
 * all died would seem to be well. So their names and sets are in members.json.
 */
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "../feed.h"
#include "../image_tool.h"
#include "json.h"
#include "members.h"

#define MEMBERS_MAX_BYTES	(1U << 20)
#define MOST_MEMBERS		1088	/* nodes and masters of a site */

/**
 * struct member - of a set
 * @link: of all
 * @name: of it
 * @set: that it is in
 * @state: what it said last; empty if it is not connected
 * @healthy: it serves
 * @leaving: it has been granted to go out of service, and is not back
 */
struct member {
	STAILQ_ENTRY(member) link;
	char name[MESSAGE_NAME_LEN];
	char set[MESSAGE_SET_LEN];
	char state[MESSAGE_STATE_LEN];
	bool healthy;
	bool leaving;
};

STAILQ_HEAD(member_list, member);

/**
 * struct members - all of them
 * @path: of members.json
 * @list: of them
 * @num: of them
 */
struct members {
	char *path;
	struct member_list list;
	unsigned int num;
};

/* It serves; or, where there is no service to be seen to, its device runs. */
bool status_is_healthy(const struct message *status)
{
	if (!strcmp(status->service, "none"))
		return !strcmp(status->state, "running");
	return !strcmp(status->service, "in");
}

static struct member *find(const struct members *ms, const char *name)
{
	struct member *m;

	STAILQ_FOREACH(m, &ms->list, link)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

static struct member *add(struct members *ms, const char *name)
{
	struct member *m = ms->num < MOST_MEMBERS ? calloc(1, sizeof(*m)) : NULL;

	if (!m)
		return NULL;
	snprintf(m->name, sizeof(m->name), "%s", name);
	STAILQ_INSERT_TAIL(&ms->list, m, link);
	ms->num++;
	return m;
}

/* A file that cannot be written costs nothing as long as this process lives. */
static void save(const struct members *ms)
{
	struct json_object *root = json_object_new_object();
	struct mrb_error err;
	struct member *m;
	const char *text;

	STAILQ_FOREACH(m, &ms->list, link)
		json_object_object_add(root, m->name, json_object_new_string(m->set));
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY);
	if (image_file_write(ms->path, text, strlen(text), &err))
		log_line(LOG_WARNING, "%s: %s; who is a member is not known after a restart",
			 ms->path, err.text);
	json_object_put(root);
}

/**
 * members_heard() - somebody says how it is
 * @ms: members
 * @status: of it, on its own connection
 *
 * Who is in no set is no member.
 */
void members_heard(struct members *ms, const struct message *status)
{
	struct member *m = find(ms, status->name);

	if (!m && status->set[0])
		m = add(ms, status->name);
	if (!m)
		return;
	snprintf(m->state, sizeof(m->state), "%s", status->state);
	m->healthy = status_is_healthy(status);
	if (m->healthy && strcmp(status->state, "leaving"))
		m->leaving = false;
	if (!strcmp(m->set, status->set))
		return;
	log_line(LOG_NOTICE, "%s is in set %s", m->name,
		 status->set[0] ? status->set : "none any more");
	snprintf(m->set, sizeof(m->set), "%s", status->set);
	save(ms);
}

/* It is not connected any more. */
void members_lost(struct members *ms, const char *name)
{
	struct member *m = find(ms, name);

	if (!m)
		return;
	m->healthy = false;
	m->state[0] = '\0';
}

/* Goes through those that are not connected. */
void members_away(const struct members *ms, member_fn *fn, void *ctx)
{
	const struct member *m;

	STAILQ_FOREACH(m, &ms->list, link)
		if (!m->state[0])
			fn(m->name, m->set, ctx);
}

/* That it is in, or an empty text. */
const char *members_set(const struct members *ms, const char *name)
{
	const struct member *m = find(ms, name);

	return m ? m->set : "";
}

/* It is none any more; false if it was none. */
bool members_forget(struct members *ms, const char *name)
{
	struct member *m = find(ms, name);

	if (!m)
		return false;
	STAILQ_REMOVE(&ms->list, m, member, link);
	ms->num--;
	free(m);
	save(ms);
	return true;
}

/* Somebody of the set serves, other than that one. */
static bool serves_without(const struct members *ms, const char *set, const char *name)
{
	const struct member *m;

	STAILQ_FOREACH(m, &ms->list, link)
		if (!strcmp(m->set, set) && strcmp(m->name, name) && m->healthy && !m->leaving)
			return true;
	return false;
}

/* Does all of all other sets serve, and is there any? */
static int check_others(const struct members *ms, const char *set, bool *any,
			struct mrb_error *err)
{
	const struct member *m;

	STAILQ_FOREACH(m, &ms->list, link) {
		if (!m->set[0] || !strcmp(m->set, set))
			continue;
		*any = true;
		if (m->leaving)
			return mrb_refuse(err, -EAGAIN,
					  "%s of set %s is going out of service, or is not back",
					  m->name, m->set);
		if (!m->healthy)
			return mrb_refuse(err, -EAGAIN, "%s of set %s is not in service: %s%s",
					  m->name, m->set,
					  m->state[0] ? "its device is " : "it is not connected",
					  m->state);
	}
	return 0;
}

/**
 * members_may_leave() - may somebody go out of service?
 * @ms: members
 * @name: who
 * @leave: what it asks; who is in no set may go, since nobody counts on it
 * @err: set if not
 *
 * To be updated: all members of all other sets have to serve; where there is no other
 * set, somebody else of its own has to. To repair others, which are out of service already,
 * it is enough that its own set goes on without it. What an operator has approved
 * may be anyway. Who has been told that it may, keeps
 * those of other sets from it until it is back.
 *
 * Return: 0, or -EAGAIN.
 */
int members_may_leave(struct members *ms, const char *name, const struct message *leave,
		      struct mrb_error *err)
{
	bool goes_on = serves_without(ms, leave->set, name), others = false;
	struct member *self = find(ms, name);

	if (!leave->set[0])
		return 0;
	if (!strcmp(leave->word, "approved")) {
		log_line(LOG_NOTICE, "%s of set %s goes because an operator has approved it",
			 name, leave->set);
	} else if (strcmp(leave->word, "repair") || !goes_on) {
		if (check_others(ms, leave->set, &others, err))
			return err->code;
		if (!others && !goes_on)
			return mrb_refuse(err, -EAGAIN, "nobody else of set %s is in service",
					  leave->set);
	}
	if (self)
		self->leaving = true;
	return 0;
}

static int read_file(struct members *ms, struct mrb_error *err)
{
	struct json_object *root;
	struct image_file file;
	struct member *m;

	if (access(ms->path, F_OK) && errno == ENOENT)
		return 0;
	if (image_file_read(&file, ms->path, err))
		return err->code;
	root = json_read("a list of members", (const char *)file.data, file.size,
			 MEMBERS_MAX_BYTES, err);
	image_file_free(&file);
	if (!root)
		return err->code;
	if (!json_object_is_type(root, json_type_object)) {
		json_object_put(root);
		return mrb_refuse(err, -EBADMSG, "it is no list of members");
	}
	json_object_object_foreach(root, name, set) {
		m = add(ms, name);
		if (m)
			snprintf(m->set, sizeof(m->set), "%s", json_object_get_string(set) ?: "");
	}
	json_object_put(root);
	return 0;
}

/**
 * members_open() - read who they are
 * @dir: of what survives a reset
 * @err: set on failure
 *
 * Return: to be closed with members_close(), or %NULL.
 */
struct members *members_open(const char *dir, struct mrb_error *err)
{
	struct members *ms = calloc(1, sizeof(*ms));
	struct mrb_error why;

	if (!ms || asprintf(&ms->path, "%s/members.json", dir) < 0) {
		free(ms);
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	STAILQ_INIT(&ms->list);
	if (!read_file(ms, &why))
		return ms;
	mrb_refuse(err, why.code,
		   "%s: %s; put the last good one there, or remove it: who is connected is known anew",
		   ms->path, why.text);
	members_close(ms);
	return NULL;
}

void members_close(struct members *ms)
{
	struct member *m;

	if (!ms)
		return;
	while ((m = STAILQ_FIRST(&ms->list))) {
		STAILQ_REMOVE_HEAD(&ms->list, link);
		free(m);
	}
	free(ms->path);
	free(ms);
}
