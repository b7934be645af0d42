// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The right to give orders, of one machine: a lock on a file, which the kernel lets go of
 * when its holder dies. In the file is the last epoch, since it must not be given twice, and
 * who has the lock.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "lease.h"

/* "EPOCH PID HOLDER"; in one sector, and so written whole or not at all. */
#define LINE_LEN	128

/**
 * struct local - of a directory
 * @lease: what all kinds have
 * @path: of the file
 * @fd: of it
 */
struct local {
	struct lease lease;
	char *path;
	int fd;
};

static struct local *local_of(struct lease *l)
{
	return (struct local *)l;
}

static int read_line(const struct local *lo, u64 *epoch, char who[LINE_LEN],
		     struct mrb_error *err)
{
	char line[LINE_LEN + 1] = "", *end;
	ssize_t n = pread(lo->fd, line, LINE_LEN, 0);

	*epoch = 0;
	*who = '\0';
	if (n < 0)
		return mrb_refuse(err, -errno, "%s: %s", lo->path, strerror(errno));
	if (!n)
		return 0;
	*epoch = strtoull(line, &end, 10);
	if (end == line || *end != ' ' || *epoch > INT64_MAX)
		return mrb_refuse(err, -EBADMSG,
				  "%s: there is no epoch in it; remove it, and the highest that the nodes know counts",
				  lo->path);
	snprintf(who, LINE_LEN, "%.*s", (int)strcspn(end + 1, "\n"), end + 1);
	return 0;
}

static int write_line(const struct local *lo, u64 epoch, struct mrb_error *err)
{
	char line[LINE_LEN + 1];

	snprintf(line, sizeof(line), "%llu process %d, %s\n", epoch, getpid(), lo->lease.holder);
	/* What remains of a longer line is blank. */
	memset(line + strlen(line), ' ', LINE_LEN - strlen(line));
	line[LINE_LEN - 1] = '\n';
	if (pwrite(lo->fd, line, LINE_LEN, 0) == LINE_LEN && !fdatasync(lo->fd))
		return 0;
	return mrb_refuse(err, -errno, "%s: %s", lo->path, strerror(errno));
}

static int hold(struct lease *l, struct mrb_error *err)
{
	struct local *lo = local_of(l);
	struct mrb_error why;
	char who[LINE_LEN];
	u64 last = 0;

	if (!flock(lo->fd, LOCK_EX | LOCK_NB)) {
		l->until = U64_MAX;
		return read_line(lo, &last, who, err) ?: write_line(lo, last, err);
	}
	if (errno != EWOULDBLOCK)
		return mrb_refuse(err, -errno, "%s: %s", lo->path, strerror(errno));
	if (read_line(lo, &last, who, &why))
		who[0] = '\0';
	return mrb_refuse(err, -EBUSY,
			  "somebody updates already, by the directory of %s: %s; wait for its end, or stop it",
			  lo->path, *who ? who : "who is not known");
}

static int number(struct lease *l, u64 least, struct mrb_error *err)
{
	struct local *lo = local_of(l);
	char who[LINE_LEN];
	u64 last = 0;

	if (read_line(lo, &last, who, err))
		return err->code;
	if (last >= least)
		least = last + 1;
	if (write_line(lo, least, err))
		return err->code;
	l->epoch = least;
	return 0;
}

/* The kernel keeps it; but a number that somebody else has taken ends ours. */
static int renew(struct lease *l, struct mrb_error *err)
{
	struct local *lo = local_of(l);
	char who[LINE_LEN];
	u64 last = 0;

	if (read_line(lo, &last, who, err))
		return err->code;
	if (last == l->epoch)
		return 0;
	return mrb_refuse(err, -EPERM, "epoch %llu has been taken by %s", last, who);
}

static void release(struct lease *l)
{
	struct local *lo = local_of(l);

	if (lo->fd >= 0)
		close(lo->fd);
	free(lo->path);
	free(lo);
}

static const struct lease_ops local_ops = {
	.hold = hold,
	.number = number,
	.renew = renew,
	.release = release,
};

/**
 * lease_local_new() - the right that a directory is for
 * @dir: it is there
 * @holder: who wants it
 * @err: set on failure
 *
 * Return: to be freed with lease_free(), or %NULL.
 */
struct lease *lease_local_new(const char *dir, const char *holder, struct mrb_error *err)
{
	struct local *lo = calloc(1, sizeof(*lo));

	if (!lo || asprintf(&lo->path, "%s/lock", dir) < 0) {
		free(lo);
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	lo->lease.ops = &local_ops;
	snprintf(lo->lease.holder, sizeof(lo->lease.holder), "%s", holder);
	lo->fd = open(lo->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lo->fd >= 0)
		return &lo->lease;
	mrb_refuse(err, -errno, "%s: %s", lo->path, strerror(errno));
	release(&lo->lease);
	return NULL;
}
