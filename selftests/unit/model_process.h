/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * codeswap-model as a child, and our end of its socket: what is said to it, and
 * what it says. For one file of a program only, as tap.h.
 */
#ifndef MODEL_PROCESS_H
#define MODEL_PROCESS_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "image_sample.h"

#define PATIENCE_MS	30000
#define ALL_SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* A process with a device, and our end of its socket. */
struct model {
	pid_t pid;
	int fd;
	char said[400];
};

/* An image in memory. */
struct bytes {
	u8 *data;
	size_t size;
};

/* ---- files --------------------------------------------------------------- */

static struct bytes sample(const char *name)
{
	struct bytes file = { .data = malloc(1 << 23) };
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/firmware/%s.mrb", getenv("B"), name);
	f = fopen(path, "rb");
	if (!f || !file.data)
		tap_bail("%s cannot be read", path);
	file.size = fread(file.data, 1, 1 << 23, f);
	fclose(f);
	return file;
}

static struct mrb_header *header(struct bytes file)
{
	return (struct mrb_header *)file.data;
}

/* A memfd with so many bytes in front. */
static int memfd(struct bytes file, size_t front, bool sealed)
{
	int fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)(front + file.size)) ||
	    pwrite(fd, file.data, file.size, (off_t)front) != (ssize_t)file.size ||
	    (sealed && fcntl(fd, F_ADD_SEALS, ALL_SEALS)))
		tap_bail("no memfd");
	return fd;
}

/* ---- the process --------------------------------------------------------- */

static void run(int fd, const char *option, const char *other)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/unit/codeswap-model", getenv("B"));
	if (dup2(fd, 3) == 3)
		execl(path, path, option, other, NULL);
	_exit(127);
}

/* One option or two or, with NULL, none. */
static struct model start(const char *option, const char *other)
{
	struct model m = { .fd = -1 };
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		tap_bail("no socket");
	m.fd = fds[0];
	m.pid = fork();
	if (!m.pid)
		run(fds[1], option, other);
	close(fds[1]);
	return m;
}

/* Its next word; false if it is not the one that is expected. */
static bool says(struct model *m, const char *want)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	ssize_t n = -1;

	if (poll(&p, 1, PATIENCE_MS) == 1)
		n = recv(m->fd, m->said, sizeof(m->said) - 1, 0);
	m->said[n > 0 ? n : 0] = 0;
	if (!strncmp(m->said, want, strlen(want)))
		return true;
	printf("# said '%s'\n# want '%s'\n", m->said, want);
	return false;
}

static bool is_silent(struct model *m, int ms)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };

	return !poll(&p, 1, ms);
}

/* A descriptor goes along, if there is one, and is closed. */
static void ask(struct model *m, int fd, const char *text)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = { .aligned = {
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	} };
	struct iovec iov = { .iov_base = (char *)text, .iov_len = strlen(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.aligned), &fd, sizeof(fd));
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
	}
	if (sendmsg(m->fd, &msg, MSG_NOSIGNAL) < 0)
		tap_bail("'%s' cannot be sent", text);
	if (fd >= 0)
		close(fd);
}

static void load(struct model *m, struct bytes file)
{
	char text[64];

	snprintf(text, sizeof(text), "load 0 %zu", file.size);
	ask(m, memfd(file, 0, true), text);
}

/* What it ends with by itself, when nobody owns it; -1 if it is killed. */
static int ends_with(struct model *m)
{
	int i, status;

	close(m->fd);
	for (i = 0; i < PATIENCE_MS / 10; i++) {
		if (waitpid(m->pid, &status, WNOHANG) == m->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		poll(NULL, 0, 10);
	}
	kill(m->pid, SIGKILL);
	waitpid(m->pid, &status, 0);
	return -1;
}

static bool stops(struct model *m)
{
	return !ends_with(m);
}

static bool runs(struct model *m, struct bytes file, const char *version)
{
	char want[64];

	snprintf(want, sizeof(want), "running hba-sim %s", version);
	load(m, file);
	return says(m, "loading hba-sim") && says(m, want);
}

static bool resets(struct model *m)
{
	ask(m, -1, "reset");
	return says(m, "minimal hba-sim");
}

/* The sentence has the word in it, and the device waits for an image again. */
static bool fails(struct model *m, const char *word)
{
	bool good = says(m, "failed hba-sim ") && strstr(m->said + 15, word);

	if (!good)
		printf("# said '%s'\n# want '%s'\n", m->said, word);
	return says(m, "minimal hba-sim") && good;
}

#endif /* MODEL_PROCESS_H */
