// SPDX-License-Identifier: BSD-2-Clause
/*
 * codeswap-mcastd: receives and sends chunks by NORM (RFC 5740) for codeswapd,
 * which has started it with the other end of a socketpair. A process of its own
 * because libnorm parses what anybody has sent, and because parts of it have
 * a licence that the GPL does not go with; so nothing here is under the GPL.
 *
 * What comes from codeswapd is checked as well: a packet that is wrong is
 * answered by MCAST_PROBLEM, and nothing changes.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mcastd.h"

#define EVENTS_PAUSE_MS	5

static int control = 3;
static NormInstanceHandle norm;

NormInstanceHandle norm_instance(void)
{
	return norm;
}

static void attach_fd(struct msghdr *msg, int fd)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
}

/* Too many descriptors on their way: those of other nodes' mcastd count too. */
static bool is_passing(int error)
{
	return error == EINTR || error == ETOOMANYREFS || error == ENOBUFS ||
	       error == ENOMEM || error == EAGAIN;
}

/**
 * tell() - say something to codeswapd
 * @packet: one of mcast_protocol.h
 * @size: of it
 * @fd: to go with it, -1 for none
 *
 * Waits while codeswapd has not read what was said before. Does not return if it
 * is gone.
 */
void tell(const void *packet, size_t size, int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room = { 0 };
	struct iovec iov = { (void *)packet, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		msg.msg_control = room.space;
		msg.msg_controllen = sizeof(room.space);
		attach_fd(&msg, fd);
	}
	while (sendmsg(control, &msg, MSG_NOSIGNAL) < 0) {
		if (!is_passing(errno))
			_exit(0);
		if (errno != EINTR)
			poll(NULL, 0, 10);
	}
}

/**
 * problem() - say what does not work
 * @tag: of the packet or session that it is about
 * @fmt: like printf(), one sentence
 */
void problem(uint64_t tag, const char *fmt, ...)
{
	struct mcast_problem p = { .head = { .type = MCAST_PROBLEM, .tag = tag } };
	va_list args;

	va_start(args, fmt);
	vsnprintf(p.text, sizeof(p.text), fmt, args);
	va_end(args);
	tell(&p, sizeof(p), -1);
}

/* One packet, and the descriptor that came with it. */
static union {
	struct mcast_packet head;
	struct mcast_join join;
	struct mcast_want want;
	struct mcast_send send;
	struct mcast_send_chunk chunk;
	char space[MCAST_MAX_PACKET];
} in;

static void want(size_t size)
{
	const uint64_t num = in.want.num;

	if (num > MCAST_MAX_HASHES ||
	    size != sizeof(in.want) + num * MCAST_HASH_BYTES)
		problem(in.head.tag, "a list of hashes has another length than it says");
	else if (receive_is_tag(in.head.tag))
		receive_want(&in.want);
	else
		problem(in.head.tag, "nothing is received with that tag");
}

/* Packets of a session that sends. */
static void to_sender(void)
{
	if (!send_is_tag(in.head.tag))
		problem(in.head.tag, "nothing is sent with that tag");
	else if (in.head.type == MCAST_SEND_CHUNK)
		send_chunk(&in.chunk);
	else if (in.head.type == MCAST_SEND_END)
		send_end();
	else
		send_stop();
}

static void to_receiver(size_t size, int fd)
{
	(void)fd;
	if (in.head.type == MCAST_WANT)
		want(size);
	else if (in.head.type == MCAST_JOIN)
		receive_join(&in.join);
	else if (receive_is_tag(in.head.tag))
		receive_leave();
	else
		problem(in.head.tag, "nothing is received with that tag");
}

/* 0 if there is no such packet. MCAST_WANT is at least that long. */
static size_t size_of(uint32_t type)
{
	switch (type) {
	case MCAST_JOIN:
		return sizeof(struct mcast_join);
	case MCAST_WANT:
		return sizeof(struct mcast_want);
	case MCAST_SEND:
		return sizeof(struct mcast_send);
	case MCAST_SEND_CHUNK:
		return sizeof(struct mcast_send_chunk);
	case MCAST_LEAVE:
	case MCAST_SEND_END:
	case MCAST_STOP:
		return sizeof(struct mcast_packet);
	default:
		return 0;
	}
}

static void handle(size_t size, int fd)
{
	const size_t needed = size < sizeof(in.head) ? 0 : size_of(in.head.type);

	if (!needed)
		problem(0, "there is no such packet");
	else if (size < needed || (size > needed && in.head.type != MCAST_WANT))
		problem(in.head.tag, "packet %u has %zu bytes instead of %zu",
			in.head.type, size, needed);
	else if (in.head.type == MCAST_SEND)
		send_begin(&in.send, fd);
	else if (in.head.type > MCAST_SEND)
		to_sender();
	else
		to_receiver(size, fd);
}

static int take_fd(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* There is room for one descriptor: the kernel closes any more. */
static bool next_packet(void)
{
	union {
		char space[CMSG_LEN(sizeof(int))];
		struct cmsghdr align;
	} room;
	struct iovec iov = { &in, sizeof(in) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room.space),
	};
	ssize_t size = recvmsg(control, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd;

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (size <= 0)
		_exit(0);
	fd = take_fd(&msg);
	if (msg.msg_flags & MSG_TRUNC)
		problem(0, "a packet is longer than %u bytes", MCAST_MAX_PACKET);
	else
		handle((size_t)size, fd);
	if (fd >= 0)
		close(fd);
	return true;
}

static void next_events(void)
{
	NormEvent event;

	while (NormGetNextEvent(norm, &event, false)) {
		if (!event.session)
			continue;
		receive_event(&event);
		send_event(&event);
	}
}

/*
 * What codeswapd wants goes first, so that nothing wanted is given up. libnorm
 * has an event for each datagram that is not the last of its object, but the next
 * one not before this has been taken: with a pause in between, most are saved.
 */
static void serve(void)
{
	struct pollfd fds[] = {
		{ .fd = control, .events = POLLIN },
		{ .fd = NormGetDescriptor(norm), .events = POLLIN },
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		while (next_packet())
			;
		if (fds[1].revents) {
			next_events();
			poll(fds, 1, EVENTS_PAUSE_MS);
		}
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: codeswap-mcastd [--fd N] [--user NAME]\n"
		"Started by codeswapd, with a socket as file descriptor N (3).\n");
	return 2;
}

static bool is_socket(int fd)
{
	socklen_t size = sizeof(int);
	int type = 0;

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) &&
	       type == SOCK_SEQPACKET;
}

static bool options(int argc, char **argv, const char **user)
{
	static const struct option names[] = {
		{ "fd", required_argument, NULL, 'f' },
		{ "user", required_argument, NULL, 'u' },
		{ 0 }
	};
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'u') {
			*user = optarg;
		} else if (c == 'f') {
			control = (int)strtoul(optarg, &end, 10);
			if (*end || end == optarg)
				return false;
		} else {
			return false;
		}
	}
	return optind == argc && is_socket(control);
}

int main(int argc, char **argv)
{
	const struct mcast_packet ready = { .type = MCAST_READY };
	const char *user = "nobody";
	const char *why;

	if (!options(argc, argv, &user))
		return usage();
	why = sandbox_enter(user);
	if (why) {
		fprintf(stderr, "codeswap-mcastd: %s\n", why);
		return 1;
	}
	/* Making the filter has taken much for a moment. */
	malloc_trim(0);
	norm = NormCreateInstance(false);
	if (!norm) {
		fprintf(stderr, "codeswap-mcastd: libnorm does not start\n");
		return 1;
	}
	NormSetAllocationFunctions(norm, receive_alloc, receive_free);
	tell(&ready, sizeof(ready), -1);
	serve();
}
