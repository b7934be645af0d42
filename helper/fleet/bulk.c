// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Talking with codeswap-mcastd. Packets to it that do not fit into the socket
 * wait in a queue; if it dies, it is started again, and who was sending or
 * receiving is told.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../feed.h"
#include "../mcast/mcast_protocol.h"
#include "bulk.h"

#define PROGRAM		"codeswap-mcastd"
#define RESTART_MS	1000

/* A packet that waits, with a file beside it or -1. */
struct packet {
	STAILQ_ENTRY(packet) link;
	int fd;
	size_t size;
	u8 bytes[];
};

STAILQ_HEAD(packet_queue, packet);

/**
 * struct bulk - the process
 * @site: whose
 * @pid: of it, 0 if there is none
 * @fd: socket
 * @readable: it says something
 * @writable: it can be told more
 * @again: when it is to be started again
 * @queue: what it is to be told
 * @tag: of the latest session
 * @receiver: who receives, or %NULL
 * @receiver_ctx: for @receiver
 * @receiver_tag: of that session
 * @sender: who sends, or %NULL
 * @sender_ctx: for @sender
 * @sender_tag: of that session
 */
struct bulk {
	struct site *site;
	pid_t pid;
	int fd;
	struct event *readable;
	struct event *writable;
	struct event *again;
	struct packet_queue queue;
	u64 tag;
	const struct bulk_receiver *receiver;
	void *receiver_ctx;
	u64 receiver_tag;
	const struct bulk_sender *sender;
	void *sender_ctx;
	u64 sender_tag;
};

static bool start(struct bulk *b, struct mrb_error *err);

/* ---- telling it ------------------------------------------------------------ */

static void drop_first(struct bulk *b)
{
	struct packet *p = STAILQ_FIRST(&b->queue);

	STAILQ_REMOVE_HEAD(&b->queue, link);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct bulk *b = ctx;

	(void)what;
	while (!STAILQ_EMPTY(&b->queue)) {
		const struct packet *p = STAILQ_FIRST(&b->queue);

		if (!spawn_tell(fd, p->bytes, p->size, p->fd) &&
		    (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) {
			event_add(b->writable, NULL);
			return;
		}
		/* If it has died, the other event tells. */
		drop_first(b);
	}
}

static bool tell(struct bulk *b, const void *bytes, size_t size, int fd)
{
	struct packet *p = b->pid ? malloc(sizeof(*p) + size) : NULL;

	if (!p)
		return false;
	p->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	p->size = size;
	memcpy(p->bytes, bytes, size);
	STAILQ_INSERT_TAIL(&b->queue, p, link);
	on_writable(b->fd, EV_WRITE, b);
	return true;
}

/* ---- hearing it ------------------------------------------------------------ */

static void lose_receiver(struct bulk *b, const char *why)
{
	const struct bulk_receiver *ops = b->receiver;

	b->receiver = NULL;
	if (ops)
		ops->lost(why, b->receiver_ctx);
}

static void lose_sender(struct bulk *b, const char *why)
{
	const struct bulk_sender *ops = b->sender;

	b->sender = NULL;
	if (ops)
		ops->failed(why, b->sender_ctx);
}

static void take_chunk(struct bulk *b, const struct mcast_chunk *packet, int fd)
{
	size_t size = packet->size;
	u8 *data;

	if (!b->receiver || packet->head.tag != b->receiver_tag || fd < 0 ||
	    size > CHUNK_MAX_BYTES)
		return;
	data = malloc(size);
	if (data && !read_at(fd, data, size, 0))
		b->receiver->chunk(data, size, b->receiver_ctx);
	free(data);
}

static void take_problem(struct bulk *b, struct mcast_problem *packet)
{
	packet->text[sizeof(packet->text) - 1] = '\0';
	log_line(LOG_WARNING, "%s: %s", PROGRAM, packet->text);
	if (packet->head.tag == b->receiver_tag)
		lose_receiver(b, packet->text);
	else if (packet->head.tag == b->sender_tag)
		lose_sender(b, packet->text);
}

union any_packet {
	struct mcast_packet head;
	struct mcast_chunk chunk;
	struct mcast_progress progress;
	struct mcast_sent sent;
	struct mcast_problem problem;
};

static void take_packet(struct bulk *b, union any_packet *p, size_t size, int fd)
{
	bool sending = b->sender && p->head.tag == b->sender_tag;

	if (p->head.type == MCAST_CHUNK && size == sizeof(p->chunk))
		take_chunk(b, &p->chunk, fd);
	else if (p->head.type == MCAST_JOINED && b->receiver && p->head.tag == b->receiver_tag)
		b->receiver->joined(b->receiver_ctx);
	else if (p->head.type == MCAST_PROBLEM && size == sizeof(p->problem))
		take_problem(b, &p->problem);
	else if (p->head.type == MCAST_PROGRESS && size == sizeof(p->progress) && sending)
		b->sender->progress(p->progress.chunks, b->sender_ctx);
	else if (p->head.type == MCAST_SENT && size == sizeof(p->sent) && sending)
		b->sender->sent(p->sent.bytes, b->sender_ctx);
}

static void has_died(struct bulk *b)
{
	const struct timeval soon = { .tv_sec = RESTART_MS / 1000 };
	int status = 0;

	event_free(b->readable);
	event_free(b->writable);
	b->readable = NULL;
	b->writable = NULL;
	close(b->fd);
	b->fd = -1;
	kill(b->pid, SIGKILL);
	waitpid(b->pid, &status, 0);
	b->pid = 0;
	while (!STAILQ_EMPTY(&b->queue))
		drop_first(b);
	log_line(LOG_ERR, "%s has ended by %s %d; it is started again", PROGRAM,
		 WIFSIGNALED(status) ? "signal" : "status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	event_add(b->again, &soon);
	lose_receiver(b, PROGRAM " has ended");
	lose_sender(b, PROGRAM " has ended");
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	union any_packet packet;
	struct bulk *b = ctx;
	int file;
	ssize_t n;

	(void)what;
	n = spawn_hear(fd, &packet, sizeof(packet), &file);
	if (!n)
		has_died(b);
	else if (n >= (ssize_t)sizeof(packet.head))
		take_packet(b, &packet, (size_t)n, file);
	if (file >= 0)
		close(file);
}

static void start_again(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval later = { .tv_sec = 10 };
	struct bulk *b = ctx;
	struct mrb_error err;

	(void)fd;
	(void)what;
	if (start(b, &err))
		return;
	log_line(LOG_ERR, "%s", err.text);
	event_add(b->again, &later);
}

static bool start(struct bulk *b, struct mrb_error *err)
{
	b->fd = spawn_program(b->site->options->programs, PROGRAM, NULL, &b->pid, err);
	if (b->fd < 0) {
		b->pid = 0;
		return false;
	}
	b->readable = event_new(b->site->base, b->fd, EV_READ | EV_PERSIST,
				on_readable, b);
	b->writable = event_new(b->site->base, b->fd, EV_WRITE, on_writable, b);
	if (b->readable && b->writable && !event_add(b->readable, NULL))
		return true;
	mrb_refuse(err, -ENOMEM, "out of memory");
	return false;
}

/**
 * bulk_open() - start the process
 * @s: site
 * @err: set on failure
 *
 * Return: to be closed with bulk_close(), or %NULL.
 */
struct bulk *bulk_open(struct site *s, struct mrb_error *err)
{
	struct bulk *b = calloc(1, sizeof(*b));

	if (!b) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	b->site = s;
	b->fd = -1;
	STAILQ_INIT(&b->queue);
	b->again = event_new(s->base, -1, 0, start_again, b);
	if (b->again && start(b, err))
		return b;
	bulk_close(b);
	return NULL;
}

void bulk_close(struct bulk *b)
{
	if (!b)
		return;
	if (b->readable)
		event_free(b->readable);
	if (b->writable)
		event_free(b->writable);
	if (b->again)
		event_free(b->again);
	if (b->fd >= 0)
		close(b->fd);
	if (b->pid) {
		kill(b->pid, SIGKILL);
		waitpid(b->pid, NULL, 0);
	}
	while (!STAILQ_EMPTY(&b->queue))
		drop_first(b);
	free(b);
}

/* ---- receiving ------------------------------------------------------------- */

static void set_route(const struct bulk *b, struct mcast_route *to,
		      const struct bulk_route *route)
{
	snprintf(to->group, sizeof(to->group), "%s", route->group);
	snprintf(to->interface, sizeof(to->interface), "%s", b->site->options->bulk);
	to->sender = route->sender;
	to->port = route->port;
	to->ttl = 1;
	/* A master that is a node hears itself. */
	to->loopback = b->site->options->node;
}

/**
 * bulk_join() - receive
 * @b: bulk plane
 * @route: where, and from whom
 * @ops: who receives
 * @ctx: for @ops
 *
 * Return: false if somebody else receives already, or there is no process.
 */
bool bulk_join(struct bulk *b, const struct bulk_route *route,
	       const struct bulk_receiver *ops, void *ctx)
{
	struct mcast_join packet = {
		.head = { .type = MCAST_JOIN, .tag = b->tag + 1 },
	};

	if (b->receiver && b->receiver_ctx != ctx)
		return false;
	set_route(b, &packet.route, route);
	if (!tell(b, &packet, sizeof(packet), -1))
		return false;
	b->receiver_tag = ++b->tag;
	b->receiver = ops;
	b->receiver_ctx = ctx;
	return true;
}

/* These as well; nobody is asked to send others again. */
void bulk_want(struct bulk *b, const u8 (*hashes)[MRB_DIGEST_LEN],
	       unsigned int num)
{
	struct {
		struct mcast_want head;
		u8 hashes[MCAST_MAX_HASHES][MCAST_HASH_BYTES];
	} *packet;
	unsigned int n;

	packet = calloc(1, sizeof(*packet));
	for (; packet && num; hashes += n, num -= n) {
		n = min_t(unsigned int, num, MCAST_MAX_HASHES);
		packet->head.head.type = MCAST_WANT;
		packet->head.head.tag = b->receiver_tag;
		packet->head.num = n;
		memcpy(packet->hashes, hashes, (size_t)n * MCAST_HASH_BYTES);
		tell(b, packet, sizeof(packet->head) + (size_t)n * MCAST_HASH_BYTES, -1);
	}
	free(packet);
}

/* Receive no longer, if it is @ctx that does. */
void bulk_leave(struct bulk *b, const void *ctx)
{
	struct mcast_packet packet = { .type = MCAST_LEAVE, .tag = b->receiver_tag };

	if (!b->receiver || b->receiver_ctx != ctx)
		return;
	b->receiver = NULL;
	tell(b, &packet, sizeof(packet), -1);
}

/* ---- sending --------------------------------------------------------------- */

/**
 * bulk_send() - begin to send a file
 * @b: bulk plane
 * @route: where, and as whom
 * @fd: the file, sealed
 * @receivers: about how many there are
 * @ops: what to tell
 * @ctx: for @ops
 *
 * Whoever was sending does not any longer.
 *
 * Return: false if there is no process.
 */
bool bulk_send(struct bulk *b, const struct bulk_route *route, int fd,
	       unsigned int receivers, const struct bulk_sender *ops, void *ctx)
{
	struct mcast_send packet = {
		.head = { .type = MCAST_SEND, .tag = b->tag + 1 },
		.rate = b->site->options->rate,
		.receivers = receivers,
	};

	set_route(b, &packet.route, route);
	if (!tell(b, &packet, sizeof(packet), fd))
		return false;
	b->sender_tag = ++b->tag;
	b->sender = ops;
	b->sender_ctx = ctx;
	return true;
}

void bulk_send_chunk(struct bulk *b, u64 offset, u32 size, const u8 *hash)
{
	struct mcast_send_chunk packet = {
		.head = { .type = MCAST_SEND_CHUNK, .tag = b->sender_tag },
		.offset = offset,
		.size = size,
	};

	memcpy(packet.hash, hash, sizeof(packet.hash));
	tell(b, &packet, sizeof(packet), -1);
}

/* No more in this round; &struct bulk_sender.sent tells of its end. */
void bulk_send_end(struct bulk *b)
{
	struct mcast_packet packet = { .type = MCAST_SEND_END, .tag = b->sender_tag };

	tell(b, &packet, sizeof(packet), -1);
}

/* Send no longer, if it is @ctx that does. */
void bulk_stop(struct bulk *b, const void *ctx)
{
	struct mcast_packet packet = { .type = MCAST_STOP, .tag = b->sender_tag };

	if (!b->sender || b->sender_ctx != ctx)
		return;
	b->sender = NULL;
	tell(b, &packet, sizeof(packet), -1);
}
