// SPDX-License-Identifier: GPL-2.0-only
/* The right to give orders, by a directory: one at a time, and numbers that rise. */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "fleet/lease.h"

static char dir[48];
static char path[64];

static struct lease *new_lease(const char *holder)
{
	struct mrb_error err;
	struct lease *l = lease_local_new(dir, holder, &err);

	if (!l)
		tap_bail("%s", err.text);
	return l;
}

static void one_at_a_time(void)
{
	struct lease *first = new_lease("desk3"), *second = new_lease("desk4");
	struct mrb_error err = { 0 };

	ok(!lease_is_valid(first), "nobody has it at first");
	ok(!lease_hold(first, &err) && lease_is_valid(first), "one can have it");
	ok(lease_hold(second, &err) == -EBUSY && strstr(err.text, "desk3"),
	   "a second one is told: %s", err.text);
	ok(!lease_is_valid(second), "and does not have it");
	lease_free(first);
	ok(!lease_hold(second, &err) && lease_is_valid(second),
	   "until the first one gives it back");
	lease_free(second);
}

/* The kernel sees to that. */
static void a_dead_one_has_it_no_more(void)
{
	struct mrb_error err;
	struct lease *l;
	pid_t child = fork();
	int status;

	if (!child) {
		l = new_lease("dead");
		/* No sanitizer is to complain of what is not freed. */
		_exit(lease_hold(l, &err) ? 1 : 0);
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && !WEXITSTATUS(status), "one has had it, and died");
	l = new_lease("alive");
	ok(!lease_hold(l, &err), "another one can have it at once");
	lease_free(l);
}

static u64 take(u64 least)
{
	struct lease *l = new_lease("desk3");
	struct mrb_error err;
	u64 epoch;

	if (lease_hold(l, &err) || lease_number(l, least, &err))
		tap_bail("%s", err.text);
	epoch = l->epoch;
	lease_free(l);
	return epoch;
}

static void epochs_rise(void)
{
	is(take(1), 1, "the first epoch");
	is(take(1), 2, "the next one, after a restart");
	is(take(7), 7, "nodes know a higher one: at least one more than that");
	is(take(3), 8, "and never less than before");
	unlink(path);
	is(take(9), 9, "the file is lost: what the nodes know counts");
}

static void a_number_that_is_taken_ends_it(void)
{
	struct lease *l = new_lease("desk3"), *other = new_lease("desk4");
	struct mrb_error err = { 0 };

	ok(!lease_hold(l, &err) && !lease_number(l, 1, &err), "one has it");
	ok(!lease_renew(l, &err), "and keeps it");
	ok(lease_hold(other, &err) == -EBUSY && !lease_number(other, 1, &err) &&
	   other->epoch == l->epoch + 1, "another one takes a number over its head, to stop it");
	ok(lease_renew(l, &err) && err.code != -EAGAIN && strstr(err.text, "desk4"), "%s",
	   err.text);
	ok(!lease_is_valid(l), "so it is lost");
	lease_free(l);
	lease_free(other);
}

static void a_damaged_file_is_a_sentence(void)
{
	struct lease *l = new_lease("desk3");
	struct mrb_error err = { 0 };
	int fd = open(path, O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, "rubbish\n", 8) != 8)
		tap_bail("%s cannot be written", path);
	close(fd);
	ok(lease_hold(l, &err) && strstr(err.text, path), "%s", err.text);
	ok(!lease_is_valid(l), "and nobody has it");
	lease_free(l);
	unlink(path);
	l = lease_local_new("/nonexistent/update", "desk3", &err);
	ok(!l && strstr(err.text, "No such file"), "%s", err.text);
	lease_free(l);
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/codeswap-lease.XXXXXX");
	if (!mkdtemp(dir))
		tap_bail("no directory");
	snprintf(path, sizeof(path), "%s/lock", dir);
	one_at_a_time();
	a_dead_one_has_it_no_more();
	epochs_rise();
	a_number_that_is_taken_ends_it();
	a_damaged_file_is_a_sentence();
	unlink(path);
	rmdir(dir);
	return tap_done();
}
