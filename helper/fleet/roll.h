/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rolling update: sets of redundant machines, one after the other, each in groups, so that
 * the service as a whole goes on. Documentation/man/codeswap.8.rst tells an operator how.
 *
 * What is to be done next follows from what is seen and what was done: roll_plan.c, without
 * clock and network. What was done is in a journal, from which it goes on after the
 * orchestrator has died.
 */
#ifndef FLEET_ROLL_H
#define FLEET_ROLL_H

#include <json-c/json.h>

#include "message.h"

#define ROLL_MAX_SETS		16
#define ROLL_MAX_MEMBERS	1088
#define ROLL_MAX_MASTERS	8
#define ROLL_ADDRESS_LEN	24	/* ADDRESS:PORT */
#define ROLL_PATH_LEN		256

/**
 * struct roll_share - so many, or so many of a hundred
 * @value: of them
 * @is_percent: of the whole
 */
struct roll_share {
	unsigned int value;
	bool is_percent;
};

/**
 * struct roll_rules - what an operator has said
 * @sets: in the order in which they are updated
 * @num_sets: entries in @sets
 * @max_unavailable: so many members of a set may be out of service at once
 * @success: so many per cent of a set have to be in service with the new version
 * @stop_on_errors: more per cent of all members that have failed stop everything
 * @canary: so many members of the first set go first, by themselves
 * @node_seconds: so long a member may take, or be away
 * @method: "live" or "reboot"
 * @masters: any of them is spoken with
 * @num_masters: entries in @masters
 * @tls_dir: of the operator
 * @etcd: URLs behind commas, or empty: the right to update is that of a local directory
 * @etcd_tls: directory of certificates for that, or empty
 * @site: what the right is called in etcd
 */
struct roll_rules {
	char sets[ROLL_MAX_SETS][MESSAGE_SET_LEN];
	unsigned int num_sets;
	struct roll_share max_unavailable;
	unsigned int success;
	unsigned int stop_on_errors;
	unsigned int canary;
	unsigned int node_seconds;
	char method[MESSAGE_STATE_LEN];
	char masters[ROLL_MAX_MASTERS][ROLL_ADDRESS_LEN];
	unsigned int num_masters;
	char tls_dir[ROLL_PATH_LEN];
	char etcd[ROLL_PATH_LEN];
	char etcd_tls[ROLL_PATH_LEN];
	char site[MESSAGE_NAME_LEN];
};

/* How far a member is. */
enum roll_standing {
	ROLL_TO_DO,
	ROLL_ORDERED,
	ROLL_DONE,
	ROLL_FAILED,
};

/**
 * struct roll_member - of a set
 * @name: of it
 * @set: that it is in
 * @type: of a module of it
 * @state: what it does
 * @version: that runs
 * @desired: that is to run, by the master
 * @error: what it says is wrong
 * @is_present: it has answered the last question
 * @in_service: it serves
 * @is_current: it runs what is to run
 * @sequence: of the manifest that it goes by
 * @epoch: the highest it has heard of
 * @holder: of that epoch
 * @heard: number of the last order that it has heard
 * @outcome: of that one
 * @standing: how far it is
 * @is_noted: the journal has it
 * @was_ordered: it has been given an order at some time
 * @is_canary: it went first
 * @ordered: number of the order that it has to hear
 * @since: when that was given, or when it was well for the last time; ms
 * @why: it has failed
 */
struct roll_member {
	char name[MESSAGE_NAME_LEN];
	char set[MESSAGE_SET_LEN];
	char type[MRB_TYPE_LEN];
	char state[MESSAGE_STATE_LEN];
	char version[MESSAGE_VERSION_LEN];
	char desired[MESSAGE_VERSION_LEN];
	char error[MESSAGE_TEXT_LEN];
	bool is_present;
	bool in_service;
	bool is_current;
	u64 sequence;
	u64 epoch;
	char holder[MESSAGE_NAME_LEN];
	u64 heard;
	char outcome[MESSAGE_STATE_LEN];
	enum roll_standing standing;
	bool is_noted;
	bool was_ordered;
	bool is_canary;
	u64 ordered;
	u64 since;
	char why[MESSAGE_TEXT_LEN];
};

/**
 * struct roll_desired - what a module type is to run
 * @type: of modules
 * @version: of the image
 */
struct roll_desired {
	char type[MRB_TYPE_LEN];
	char version[MESSAGE_VERSION_LEN];
};

/* How a journal ends so far. */
enum roll_phase {
	ROLL_NONE,		/* there is none */
	ROLL_RUNNING,		/* or the orchestrator has died */
	ROLL_PAUSED,
	ROLL_STOPPED,
	ROLL_ENDED,
};

/**
 * struct roll - an update
 * @rules: of it
 * @sequence: of the manifest that members are taken to
 * @desired: by that
 * @num_desired: entries in @desired
 * @epoch: of the right to update
 * @holder: of it
 * @last_order: number of the last order, 0 if there was none
 * @members: of all sets of @rules
 * @num_members: entries in @members
 * @set_done: of each set, whether that has been told
 * @phase: how far it is
 * @why: it has stopped
 */
struct roll {
	struct roll_rules rules;
	u64 sequence;
	struct roll_desired desired[MESSAGE_MAX_TYPES];
	unsigned int num_desired;
	u64 epoch;
	char holder[MESSAGE_NAME_LEN];
	u64 last_order;
	struct roll_member *members;
	unsigned int num_members;
	bool set_done[ROLL_MAX_SETS];
	enum roll_phase phase;
	char why[MESSAGE_TEXT_LEN];
};

/* ---- roll_members.c: who there is ------------------------------------------------- */

struct roll *roll_new(void);
void roll_free(struct roll *r);
struct roll_member *roll_find(const struct roll *r, const char *name);
struct roll_member *roll_add(struct roll *r, const char *name, const char *set);
bool roll_forget(struct roll *r, const char *name);
int roll_set_index(const struct roll *r, const char *set);
void roll_look_begin(struct roll *r);
void roll_miss(struct roll *r, const struct message *status);
void roll_look_at(struct roll *r, const struct message *status);
bool roll_desires(struct roll *r, const char *type, const char *version);
const char *roll_desired_version(const struct roll *r, const char *type);

/* ---- roll_plan.c: what is to be done next ----------------------------------------- */

enum roll_action {
	ROLL_WAIT,		/* for members that are on their way */
	ROLL_ORDER,		/* these members */
	ROLL_SET_DONE,
	ROLL_STOP,
	ROLL_END,
};

/**
 * struct roll_step - what is to be done next
 * @action: that
 * @set: that it is about
 * @members: to be ordered
 * @num: entries in @members
 * @canary: they go first
 * @good: members of a set that is done, in service with the new version
 * @total: all members of it
 * @why: to stop
 */
struct roll_step {
	enum roll_action action;
	unsigned int set;
	struct roll_member *members[ROLL_MAX_MEMBERS];
	unsigned int num;
	bool canary;
	unsigned int good;
	unsigned int total;
	char why[MESSAGE_TEXT_LEN];
};

bool roll_is_good(const struct roll_member *m);
const struct roll_member *roll_lost_to(const struct roll *r);
struct roll_member *roll_judge(struct roll *r, u64 now);
void roll_next(struct roll *r, struct roll_step *step);
bool roll_is_refused(const struct roll_member *m);
unsigned int roll_room(const struct roll *r, unsigned int set);

/* ---- roll_journal.c: lines on a disk ---------------------------------------------- */

struct journal;
struct journal *journal_open(const char *dir, struct mrb_error *err);
void journal_close(struct journal *j);
unsigned int journal_lines(const struct journal *j);
struct json_object *journal_line(const struct journal *j, unsigned int i);
int journal_add(struct journal *j, struct json_object *line, struct mrb_error *err);
char *journal_last(const char *dir);
int journal_archive(struct journal *j, u64 sequence, struct mrb_error *err);
struct journal *journal_open_file(const char *path, bool to_add, struct mrb_error *err);

/* ---- roll_lines.c: what the lines say --------------------------------------------- */

struct json_object *roll_line(const char *event);
struct json_object *roll_line_begin(const struct roll *r);
struct json_object *roll_line_resumed(const struct roll *r);
struct json_object *roll_line_member(const struct roll_member *m);
struct json_object *roll_line_group(const struct roll *r, const struct roll_step *step,
				    u64 number);
struct json_object *roll_line_result(const struct roll_member *m);
struct json_object *roll_line_set(const struct roll *r, const struct roll_step *step);
struct json_object *roll_line_why(const char *event, const char *why);
void roll_sentence(struct json_object *line, char *text, size_t room);

/* ---- roll_replay.c: from lines to an update --------------------------------------- */

void roll_try_again(struct roll *r);
int roll_replay(struct roll *r, const struct journal *j, struct mrb_error *err);

#endif /* FLEET_ROLL_H */
