// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes of ours that are to have less power than we do, or another licence:
 * on file descriptor 3 they find a socket, and when it is closed they end.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "site.h"

#define CHILD_FD	3

static int start(const char *path, const char *name, const char *argument, int fd,
		 pid_t *pid)
{
	char *const argv[] = { (char *)name, (char *)argument, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int ret;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, CHILD_FD);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	ret = posix_spawn(pid, path, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -ret;
}

/**
 * spawn_program() - start a program, and talk with it
 * @dir: of it
 * @name: of it in there
 * @argument: for it, or %NULL
 * @pid: set to its process
 * @err: set on failure
 *
 * Return: our end of a socket for packets, that does not block; or a negative
 * errno.
 */
int spawn_program(const char *dir, const char *name, const char *argument,
		  pid_t *pid, struct mrb_error *err)
{
	int fds[2], copy, ret;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return mrb_refuse(err, -errno, "%s: %s", name, strerror(errno));
	/* A descriptor that is put where it is already stays closed on exec. */
	copy = fcntl(fds[1], F_DUPFD_CLOEXEC, CHILD_FD + 1);
	ret = copy < 0 ? -errno : start(path, name, argument, copy, pid);
	if (copy >= 0)
		close(copy);
	close(fds[1]);
	if (!ret && fcntl(fds[0], F_SETFL, O_NONBLOCK))
		ret = -errno;
	if (!ret)
		return fds[0];
	close(fds[0]);
	return mrb_refuse(err, ret, "%s cannot be started: %s", path, strerror(-ret));
}

/**
 * spawn_tell() - send a packet to a program
 * @fd: our end of the socket
 * @packet: bytes
 * @size: of it
 * @file: descriptor to go with it, or -1
 *
 * Return: whether it has been sent; errno if not.
 */
bool spawn_tell(int fd, const void *packet, size_t size, int file)
{
	struct iovec iov = { .iov_base = (void *)packet, .iov_len = size };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (file >= 0) {
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &file, sizeof(int));
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

static int received_file(struct msghdr *msg)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(msg);
	int file = -1;

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&file, CMSG_DATA(head), sizeof(int));
	return file;
}

/**
 * spawn_hear() - take a packet of a program
 * @fd: our end of the socket
 * @packet: set
 * @room: bytes of it at most
 * @file: set to the descriptor that came with it, the caller's, or -1
 *
 * Return: bytes; 0: the program has ended, or its packet is too long; -1: there is
 * none now.
 */
ssize_t spawn_hear(int fd, void *packet, size_t room, int *file)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = packet, .iov_len = room };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);

	*file = -1;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -1 : 0;
	*file = received_file(&msg);
	return msg.msg_flags & MSG_TRUNC ? 0 : n;
}
