// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal of a rolling update: what is in it comes back, whatever the orchestrator was
 * doing when it died; and nothing is made of one that somebody has changed; [D9].
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "fleet_roll.h"

static char dir[48];
static char path[64];

static struct journal *open_journal(void)
{
	struct mrb_error err;
	struct journal *j = journal_open(dir, &err);

	if (!j)
		tap_bail("%s", err.text);
	return j;
}

static void add(struct journal *j, struct json_object *line)
{
	struct mrb_error err;

	if (journal_add(j, line, &err))
		tap_bail("%s", err.text);
}

static struct roll *replayed(const struct journal *j)
{
	struct roll *r = roll_new();
	struct mrb_error err;

	if (!r || roll_replay(r, j, &err))
		tap_bail("%s", r ? err.text : "out of memory");
	return r;
}

static size_t read_file(char *bytes, size_t room)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, room);

	if (n < 0)
		tap_bail("%s cannot be read", path);
	close(fd);
	return (size_t)n;
}

static void put_file(const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd))
		tap_bail("%s cannot be written", path);
}

/* One of everything. */
static struct journal *sample_journal(void)
{
	struct journal *j = open_journal();
	struct roll *r = sample_roll();
	struct roll_step step = { .canary = true, .num = 1, .good = 1, .total = 2 };

	r->rules.max_unavailable = (struct roll_share){ 25, true };
	r->rules.canary = 1;
	runs(r, "a1", "A", OLD);
	runs(r, "a2", "A", OLD);
	add(j, roll_line_begin(r));
	add(j, roll_line_member(&r->members[0]));
	add(j, roll_line_member(&r->members[1]));
	step.members[0] = &r->members[0];
	add(j, roll_line_group(r, &step, 5000001));
	r->members[0].standing = ROLL_FAILED;
	strcpy(r->members[0].why, "a \"quoted\" reason");
	add(j, roll_line_result(&r->members[0]));
	add(j, roll_line_why("stopped", "one has failed"));
	r->epoch = 6;
	strcpy(r->holder, "another");
	add(j, roll_line_resumed(r));
	add(j, roll_line_group(r, &step, 6000001));
	r->members[0].standing = ROLL_DONE;
	add(j, roll_line_result(&r->members[0]));
	add(j, roll_line_why("forgotten", "a2"));
	add(j, roll_line_set(r, &step));
	add(j, roll_line_why("paused", "by an operator"));
	roll_free(r);
	return j;
}

static void all_of_it_comes_back(void)
{
	struct journal *j = sample_journal();
	struct roll *r;

	journal_close(j);
	j = open_journal();
	r = replayed(j);
	is(journal_lines(j), 12, "all lines are there after a restart");
	ok(r->rules.num_sets == 2 && !strcmp(r->rules.sets[1], "B"), "with the sets");
	ok(r->rules.max_unavailable.value == 25 && r->rules.max_unavailable.is_percent &&
	   r->rules.success == 100 && r->rules.canary == 1 && r->rules.node_seconds == SECONDS,
	   "the rules");
	ok(!strcmp(r->rules.masters[0], "10.71.255.1:7373") && !strcmp(r->rules.method, "live"),
	   "whom to speak with");
	ok(r->sequence == SEQ && !strcmp(roll_desired_version(r, "hba") ?: "", NEW),
	   "what is desired");
	ok(r->epoch == 6 && !strcmp(r->holder, "another"), "whose orders count");
	is(r->last_order, 6000001, "the last order");
	ok(r->num_members == 1 && r->members[0].standing == ROLL_DONE &&
	   r->members[0].is_canary && r->members[0].was_ordered, "who was done, as what");
	ok(r->set_done[0] && !r->set_done[1], "which set is done");
	ok(r->phase == ROLL_PAUSED && !strcmp(r->why, "by an operator"), "that it is paused");
	roll_free(r);
	journal_close(j);
	unlink(path);
}

/* Killed in the middle of a write, at any byte. */
static void a_torn_line_is_none(void)
{
	static char bytes[1 << 16];
	unsigned int lines = 0, good = 0, goes_on = 0;
	size_t size, cut;
	struct journal *j = sample_journal();

	journal_close(j);
	size = read_file(bytes, sizeof(bytes));
	for (cut = 0; cut <= size; cut++) {
		struct roll *r;

		lines += cut && bytes[cut - 1] == '\n';
		put_file(bytes, cut);
		j = open_journal();
		r = replayed(j);
		good += journal_lines(j) == lines;
		roll_free(r);
		if (lines)
			add(j, roll_line_why("paused", "again"));
		journal_close(j);
		j = open_journal();
		goes_on += journal_lines(j) == (lines ? lines + 1 : 0);
		journal_close(j);
	}
	is(good, size + 1, "cut at each of %zu bytes, all whole lines count [D9]", size);
	is(goes_on, size + 1, "and it goes on from there");
	unlink(path);
}

static bool is_refused(struct mrb_error *err)
{
	struct journal *j = journal_open(dir, err);
	bool refused = !j;

	journal_close(j);
	return refused;
}

static void a_changed_line_is_refused(void)
{
	static char bytes[1 << 16];
	struct mrb_error err = { 0 };
	unsigned int refused = 0;
	size_t size, at, last, first;
	char kept;

	journal_close(sample_journal());
	size = read_file(bytes, sizeof(bytes));
	for (last = size - 1; bytes[last - 1] != '\n'; last--)
		;
	for (at = 0; at < last; at++) {
		kept = bytes[at];
		bytes[at] ^= 1;
		put_file(bytes, size);
		refused += is_refused(&err);
		bytes[at] = kept;
	}
	is(refused, last, "a change of any of %zu bytes before the last line is noticed", last);
	ok(strstr(err.text, "is not as it was written"), "%s", err.text);
	first = (size_t)(strchr(bytes, '\n') + 1 - bytes);
	put_file(bytes + first, size - first);
	ok(is_refused(&err), "so is a line that is gone");
	at = last + (size_t)(strstr(bytes + last, "operator") - (bytes + last));
	bytes[at] = 'O';
	put_file(bytes, size);
	ok(is_refused(&err), "and a last one that is whole, and another");
	unlink(path);
}

static void lines_that_are_not_known_are_refused(void)
{
	struct roll *r = roll_new();
	struct mrb_error err = { 0 };
	struct journal *j = open_journal();

	add(j, roll_line_why("paused", "before it began"));
	ok(roll_replay(r, j, &err) == -EBADMSG, "it has to begin with the beginning: %s", err.text);
	journal_close(j);
	unlink(path);
	roll_free(r);
	r = roll_new();
	j = sample_journal();
	add(j, roll_line_why("danced", ""));
	ok(roll_replay(r, j, &err) == -EBADMSG && strstr(err.text, "danced"), "%s", err.text);
	journal_close(j);
	unlink(path);
	roll_free(r);
}

static void a_finished_one_makes_room(void)
{
	struct journal *j = sample_journal();
	struct mrb_error err;
	char *last;

	last = journal_last(dir);
	ok(last && !strcmp(last, path), "the one that goes on is the last one");
	free(last);
	ok(!journal_archive(j, SEQ, &err) && access(path, F_OK), "it is moved away");
	journal_close(j);
	last = journal_last(dir);
	ok(last && strstr(last, "/journal-8-20"), "and is the last one still: %s", last ?: "none");
	j = journal_open_file(last, false, &err);
	ok(j && journal_lines(j) == 12, "to be read");
	journal_close(j);
	unlink(last);
	free(last);
}

/* ---- an orchestrator that dies ---------------------------------------------------- */

/* Nodes, in two sets; who is ordered goes down, comes up, and is back. */
static struct {
	const char *name;
	u64 heard;
	unsigned int down;	/* so many looks */
	unsigned int updated;
	bool is_new;
} nodes[] = {
	{ .name = "a1" }, { .name = "a2" }, { .name = "b1" }, { .name = "b2" }, { .name = "b3" },
};

static unsigned int most_down;
static bool two_sets_down;

static void look(struct roll *r)
{
	unsigned int i, down = 0;
	bool a = false, b = false;

	roll_look_begin(r);
	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		bool is_down = nodes[i].down;

		down += is_down;
		a |= is_down && nodes[i].name[0] == 'a';
		b |= is_down && nodes[i].name[0] == 'b';
		if (is_down && !--nodes[i].down)
			nodes[i].is_new = true;
		says(r, nodes[i].name, nodes[i].name[0] == 'a' ? "A" : "B",
		     is_down ? "" : nodes[i].is_new ? NEW : OLD, !is_down, nodes[i].heard,
		     is_down ? "" : "done");
	}
	most_down = down > most_down ? down : most_down;
	two_sets_down |= a && b;
}

static void deliver(const struct roll *r)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		const struct roll_member *m = roll_find(r, nodes[i].name);

		if (!m || m->standing != ROLL_ORDERED || nodes[i].heard == m->ordered)
			continue;
		nodes[i].heard = m->ordered;
		nodes[i].down = 3;
		nodes[i].updated++;
	}
}

/* Notes @line; false: it is dead, just after that. */
static bool note(struct journal *j, struct json_object *line, unsigned int *life)
{
	add(j, line);
	return --*life;
}

static bool take_turn(struct roll *r, struct journal *j, u64 now, unsigned int *life)
{
	static struct roll_step step;
	struct roll_member *m;
	unsigned int i;

	look(r);
	for (i = 0; i < r->num_members; i++) {
		if (r->members[i].is_noted)
			continue;
		r->members[i].is_noted = true;
		if (!note(j, roll_line_member(&r->members[i]), life))
			return false;
	}
	while ((m = roll_judge(r, now)))
		if (!note(j, roll_line_result(m), life))
			return false;
	roll_next(r, &step);
	if (step.action == ROLL_ORDER) {
		if (!note(j, roll_line_group(r, &step, r->epoch * 1000 + now), life))
			return false;
		carry(r, &step, r->epoch * 1000 + now, now);
	} else if (step.action == ROLL_SET_DONE) {
		r->set_done[step.set] = true;
		if (!note(j, roll_line_set(r, &step), life))
			return false;
	} else if (step.action == ROLL_END) {
		r->phase = ROLL_ENDED;
		return note(j, roll_line_why("end", "all is well"), life);
	} else if (step.action == ROLL_STOP) {
		tap_bail("it has stopped: %s", step.why);
	}
	deliver(r);
	return true;
}

/* One life of an orchestrator; false if it has died. */
static bool live(unsigned int life)
{
	struct journal *j = open_journal();
	struct roll *r = replayed(j);
	bool alive = true;
	u64 now = 1;

	if (r->phase == ROLL_NONE) {
		roll_free(r);
		r = sample_roll();
		alive = note(j, roll_line_begin(r), &life);
	} else if (r->phase != ROLL_ENDED) {
		r->epoch++;
		roll_try_again(r);
		alive = note(j, roll_line_resumed(r), &life);
	}
	while (alive && r->phase != ROLL_ENDED)
		alive = take_turn(r, j, now++, &life);
	roll_free(r);
	journal_close(j);
	return alive;
}

static bool all_once(void)
{
	unsigned int i;
	bool good = true;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		good &= nodes[i].is_new && nodes[i].updated == 1;
		nodes[i].is_new = false;
		nodes[i].updated = 0;
		nodes[i].heard = 0;
		nodes[i].down = 0;
	}
	return good;
}

static void it_may_die_after_each_line(void)
{
	unsigned int life, good = 0;
	bool died = true;

	for (life = 1; died; life++) {
		unlink(path);
		died = !live(life);
		/* Dead just after the last line is not told from the end. */
		good += live(1000) && all_once();
	}
	life--;
	ok(life > 5 + 5 + 5, "it was killed after each of %u lines", life - 1);
	is(good, life, "each time, all nodes were updated, and each of them once [D9]");
	is(most_down, 1, "one was down at a time");
	ok(!two_sets_down, "and never both sets");
	unlink(path);
}

/* Time and again, until it has come to the end in spite of that. */
static void it_may_die_all_the_time(void)
{
	unsigned int lives = 0;

	/* One line says that it goes on; a second one is what it gets on by. */
	while (!live(2) && lives < 100)
		lives++;
	ok(lives > 10 && lives < 100, "it died %u times", lives);
	ok(all_once(), "and all nodes were updated, each of them once");
	unlink(path);
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/codeswap-journal.XXXXXX");
	if (!mkdtemp(dir))
		tap_bail("no directory");
	snprintf(path, sizeof(path), "%s/journal", dir);
	all_of_it_comes_back();
	a_torn_line_is_none();
	a_changed_line_is_refused();
	lines_that_are_not_known_are_refused();
	a_finished_one_makes_room();
	it_may_die_after_each_line();
	it_may_die_all_the_time();
	rmdir(dir);
	return tap_done();
}
